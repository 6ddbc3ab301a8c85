package people

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// card is what the page of a person is made from, read in one snapshot.
type card struct {
	*desk.Desk
	tx       *db.Tx
	p        *party.Person
	entries  []ledger.Entry
	standing ledger.Standing
	messages []outbox.Message
	changes  []party.Change
	sources  *desk.Sources
	letters  map[id.ID]string // names of the campaigns in the timeline
}

// show is the page of one person: who it is, what may be sent and why, and
// everything that happened.
func (a *area) show(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	var before int64
	if _, err := d.Cursor(&before); err != nil {
		return err
	}
	var v page.PersonView
	var real id.ID
	err = d.Look(func(tx *db.Tx) error {
		c, err := open(d, tx, who)
		if err != nil {
			return err
		}
		real = c.p.ID
		v, err = c.view(before)
		return err
	})
	if err != nil {
		return err
	}
	if real != who {
		return d.Redirect(path(real))
	}
	if err := d.Read("person.read", who); err != nil {
		return err
	}
	v.Frame = d.Frame(v.Name, "people")
	return d.Render(200, page.Person(v))
}

func open(d *desk.Desk, tx *db.Tx, who id.ID) (*card, error) {
	p, err := must(d, tx, who)
	if err != nil {
		return nil, err
	}
	c := &card{Desk: d, tx: tx, p: p, sources: d.Sources(tx), letters: map[id.ID]string{}}
	if c.entries, err = d.Ledger.Entries(tx, p.ID); err != nil {
		return nil, err
	}
	c.standing = ledger.Fold(c.entries)
	if c.messages, err = d.Outbox.Of(tx, p.ID, 0, timelineRows); err != nil {
		return nil, err
	}
	c.changes, err = d.Party.History(tx, p.ID)
	return c, err
}

func (c *card) view(before int64) (v page.PersonView, err error) {
	v = page.PersonView{ID: c.p.ID.String(), Name: c.p.Name(), Title: show(c.Desk, c.p, "title"), City: show(c.Desk, c.p, "city"),
		Hidden: c.Hidden(), Today: c.Today(), CanEdit: c.editsAny(), CanPermit: c.Can("permission") && c.p.Status != party.Erased}
	v.CanRestrict, v.Restricted = c.Can("rights"), c.p.Status == party.Restricted
	if org := show(c.Desk, c.p, "organisation"); org != "" {
		v.Organisation = page.Link{Text: org, Href: "/organisations/" + c.p.OrgID.String()}
	}
	if v.Restricted {
		v.State = page.Chip{Text: c.T("person.restricted"), Tone: page.No}
	}
	c.chips(&v)
	steps := []func(*page.PersonView) error{c.tags, c.matrix, c.addresses, c.facts, c.kept, c.forms}
	for _, step := range steps {
		if err := step(&v); err != nil {
			return v, err
		}
	}
	v.Timeline, v.Older, err = c.timeline(before)
	return v, err
}

func (c *card) editsAny() bool {
	for _, f := range c.Facts.Fields() {
		if c.Edits(f.Name) {
			return true
		}
	}
	return false
}

// chips say in a word what kind of entry this is.
func (c *card) chips(v *page.PersonView) {
	if c.p.Language != "" && c.Sees("language") {
		v.Chips = append(v.Chips, page.Chip{Text: c.Printer.LangName(c.p.Language)})
	}
	if c.p.Kind == party.Legal {
		v.Chips = append(v.Chips, page.Chip{Text: c.T("person.legal")})
	}
	if c.p.Country != "" && c.Sees("country") {
		v.Chips = append(v.Chips, page.Chip{Text: c.Printer.Country(c.p.Country)})
	}
}

func (c *card) tags(v *page.PersonView) error {
	tags, err := c.Party.Tags(c.tx, c.p.ID)
	for _, t := range tags {
		chip := page.Chip{Text: t, Value: t}
		if v.CanEdit {
			chip.Post = path(c.p.ID) + "/untag"
		}
		v.Tags = append(v.Tags, chip)
	}
	return err
}

// forms fills what the form of a letter, a call or a visit offers.
func (c *card) forms(v *page.PersonView) error {
	if !v.CanPermit {
		return nil
	}
	v.Purposes = append([]page.Option{{Value: "", Text: c.T("permit.all_purposes")}}, c.Desk.Purposes("", sendsUnasked)...)
	v.Channels = append([]page.Option{{Value: "", Text: c.T("permit.all_channels")}}, c.Desk.Channels("")...)
	grounds(c, v)
	for _, m := range desk.Methods {
		v.Methods = append(v.Methods, page.Option{Value: m, Text: c.Method(m)})
	}
	return nil
}
