package people

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// verdict asks an old question again and shows both answers. law: GDPR 5(2)
func verdict(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	message, err := d.ID("message")
	if err != nil {
		return err
	}
	var v page.VerdictView
	err = d.Look(func(tx *db.Tx) error {
		c, err := open(d, tx, who)
		if err != nil {
			return err
		}
		m, found, err := d.Outbox.Get(tx, who, message)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "page.none", "there is no such message")
		}
		if err != nil {
			return err
		}
		again, err := d.Outbox.Replay(tx, m)
		if err != nil {
			return err
		}
		v = c.replayed(m, again)
		v.Now = tx.Time()
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.Read("verdict.replay", who); err != nil {
		return err
	}
	v.Frame = d.Frame(v.Person.Text, "people")
	return d.Render(200, page.VerdictPage(v))
}

func (c *card) replayed(m *outbox.Message, r outbox.Replayed) page.VerdictView {
	link := func(evidence string) string {
		if c.entryOf(evidence) == nil {
			return ""
		}
		return path(c.p.ID) + "/evidence/" + evidence
	}
	v := page.VerdictView{Person: page.Link{Text: c.p.Name(), Href: path(c.p.ID)}, Same: r.Same, At: desk.Time(m.Decided)}
	stored := r.Stored
	stored.Because = nil
	v.Stored, v.Replayed = c.Verdict(stored, m.Notice, link), c.Verdict(r.Again, m.Notice, link)
	if r.Same {
		v.Stored.Because = v.Replayed.Because // the reasons follow from the code and the facts, which agree
	}
	v.Question = []page.Pair{{Label: c.T("permit.purpose"), Value: c.PurposeTitle(m.Purpose)}, {Label: c.T("verdict.channel"), Value: c.Channel(m.Channel)},
		{Label: c.T("verdict.class"), Value: c.T("class." + string(m.Class))}, {Label: c.T("verdict.at"), Value: c.Printer.Moment(desk.Time(m.Decided))}}
	v.Facts = c.knownThen(r.Facts)
	return v
}

// knownThen lists the facts a decision was made on.
func (c *card) knownThen(f permit.Facts) []page.Pair {
	yesno := map[bool]string{true: c.T("verdict.yes"), false: c.T("verdict.no")}
	var forbidden, consents []string
	for _, p := range f.Prohibitions {
		forbidden = append(forbidden, c.Scope(p))
	}
	for _, x := range f.Consents {
		text := c.PurposeTitle(x.Purpose) + " " + c.Printer.Or("by."+x.Channel, x.Channel) + ", " + c.Printer.Date(x.Given)
		if x.Withdrawn != nil {
			text += " – " + c.Printer.Date(*x.Withdrawn)
		}
		consents = append(consents, text)
	}
	return []page.Pair{
		{Label: c.T("verdict.country"), Value: c.Printer.Country(f.Country)},
		{Label: c.T("verdict.subject"), Value: c.Printer.Or("verdict.subject."+f.Subject, f.Subject)},
		{Label: c.T("verdict.restricted"), Value: yesno[f.Restricted]},
		{Label: c.T("verdict.prohibitions"), Value: c.listed(forbidden)},
		{Label: c.T("verdict.consents"), Value: c.listed(consents)},
		{Label: c.T("verdict.suppressed"), Value: c.listed(f.Suppressed)},
	}
}

func (c *card) listed(list []string) string {
	if len(list) == 0 {
		return c.T("verdict.none")
	}
	return strings.Join(list, "; ")
}
