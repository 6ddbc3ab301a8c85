package app

import (
	"context"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/packet"
)

// packets sets the room up that puts packages together.
func (h *House) packets() {
	h.Packet = &packet.Room{DB: h.DB, Keys: h.Keys, Audit: h.Audit, Notice: h.Notice, Given: h.Exchange.One, Keepers: h.Keepers}
	h.Packet.Recipients, h.Packet.Until = h.received, h.until
	h.Party.Movers = append(h.Party.Movers, h.Packet)
	h.Ledger.SourceLabel = func(tx *db.Tx, source id.ID) (string, error) {
		s, err := h.Party.SourceOf(tx, source)
		if err != nil || s.Kind == "" {
			return "", err
		}
		return s.Kind + ": " + s.Label, nil
	}
	h.Outbox.TitleOf = func(tx *db.Tx, campaign id.ID) (string, error) {
		c, err := h.Campaign.Get(tx, campaign)
		if fault.Is(err, fault.NotFound) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return c.Name, nil // the subject may be a template
	}
}

// received names who actually received something of a person. law: GDPR 15(1)(c)
func (h *House) received(tx *db.Tx, who id.ID) (out []packet.Recipient, err error) {
	in, err := h.noticeAt(tx)
	if err != nil {
		return nil, err
	}
	all, err := h.Recipient.Of(tx, who)
	for _, d := range all {
		r := packet.Recipient{Name: d.Recipient, What: d.What, Categories: d.Categories, Purpose: d.Purpose, At: d.At, Times: d.Times}
		for _, listed := range in.Recipients {
			if listed.ID == d.Recipient {
				r.Name, r.Country = listed.Name, listed.Country
			}
		}
		out = append(out, r)
	}
	return out, err
}

// until gives when what a person's data goes. law: GDPR 15(1)(d)
func (h *House) until(tx *db.Tx, who id.ID) (out []packet.Until, err error) {
	all, err := h.Retention.Dates(tx, who)
	for _, d := range all {
		out = append(out, packet.Until{Category: d.Category, Purpose: d.Purpose, On: d.Until, Waits: d.Open, Floor: d.Floor})
	}
	return out, err
}

// AccessPackage puts the package of the person with an address together. law: GDPR 15, GDPR 20
func (h *House) AccessPackage(ctx context.Context, by db.By, address string, opt packet.Options) (*packet.Package, error) {
	var who id.ID
	err := h.DB.View(ctx, by, func(tx *db.Tx) (err error) { who, err = h.find(tx, address); return err })
	if err != nil {
		return nil, err
	}
	return h.Packet.Build(ctx, by, who, opt)
}
