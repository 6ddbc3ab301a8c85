package people

import (
	"slices"

	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// sendsUnasked tells the purposes a person can say yes or no to.
func sendsUnasked(p noticedef.Purpose) bool { return p.Class != "service" && p.Class != "internal" }

// matrix asks "may we?" for every purpose and channel of the notice in force.
func (c *card) matrix(v *page.PersonView) error {
	if !c.SeesPermissions() {
		return nil
	}
	channels := c.Facts.Channels()
	for _, ch := range channels {
		v.May.Channels = append(v.May.Channels, c.Channel(ch))
	}
	pack := ""
	for _, p := range c.Facts.Purposes {
		if len(p.Channels) == 0 {
			continue
		}
		row := page.MayRow{Purpose: p.Title.In(c.Lang()), Basis: c.Basis(p.Basis.Kind)}
		for _, ch := range channels {
			cell := page.MayCell{}
			if slices.Contains(p.Channels, ch) {
				var err error
				if cell, pack, err = c.cell(p.ID, ch); err != nil {
					return err
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		v.May.Rows = append(v.May.Rows, row)
	}
	v.PackNote = c.T("person.pack_note", "n", c.Version, "pack", pack)
	return nil
}

// cell is the answer for one purpose and channel, with the evidence it rests on.
func (c *card) cell(purpose, channel string) (page.MayCell, string, error) {
	q, err := c.InForce.PermitQuestion(purpose, channel, c.tx.Time())
	if err != nil {
		return page.MayCell{}, "", err
	}
	s, err := c.Outbox.DecideOne(c.tx, c.p.ID, q, nil)
	if err != nil {
		return page.MayCell{}, "", err
	}
	code, allowed := s.Verdict.Code, s.Verdict.Allowed
	if why := outbox.Why(s, channel); why != "" {
		code, allowed = why, false
	}
	entry, at := c.ground(code, purpose, channel, s.Verdict)
	cell := page.MayCell{Tone: desk.Tone(allowed, code), Reason: c.Code(code)}
	if at != 0 {
		cell.Reason = c.T("may.since", "reason", cell.Reason, "at", desk.Time(at))
	}
	if entry != "" {
		cell.Href = path(c.p.ID) + "/evidence/" + entry
	}
	return cell, s.Verdict.Pack, nil
}

// ground is the ledger's entry a verdict rests on, and since when it holds.
func (c *card) ground(code, purpose, channel string, v permit.Verdict) (entry string, at int64) {
	switch code {
	case permit.CodeProhibitedAll, permit.CodeProhibitedChannel, permit.CodeProhibitedPurpose, permit.CodeProhibitedResearch, permit.CodeProhibitedProfiling:
		return c.prohibition(code, purpose, channel)
	case permit.CodeConsentWithdrawn:
		for _, g := range c.standing.Consents {
			if g.Purpose == purpose && g.Channel == channel && g.Withdrawn > at {
				entry, at = g.Ended, g.Withdrawn
			}
		}
		return entry, at
	}
	for _, b := range v.Because {
		if e := c.entryOf(b.Evidence); e != nil {
			return b.Evidence, e.Effective
		}
	}
	return "", 0
}

// prohibition finds the entry that forbids.
func (c *card) prohibition(code, purpose, channel string) (string, int64) {
	scopes := map[string][]string{
		permit.CodeProhibitedAll:       {outbox.ScopeAll},
		permit.CodeProhibitedChannel:   {outbox.ScopeChannel(channel)},
		permit.CodeProhibitedPurpose:   {"purpose:" + purpose, outbox.ScopePurpose(purpose, channel)},
		permit.CodeProhibitedResearch:  {outbox.ScopeResearch},
		permit.CodeProhibitedProfiling: {outbox.ScopeProfiling},
	}[code]
	for _, f := range c.standing.Prohibitions {
		if slices.Contains(scopes, f.Scope) {
			return f.Entry, f.Since
		}
	}
	return "", 0
}
