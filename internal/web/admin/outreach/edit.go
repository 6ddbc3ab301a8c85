package outreach

import (
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/compose/blocks"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/permit"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// newLetter is the form of a new newsletter, with what can be known beforehand.
func newLetter(d *desk.Desk) error {
	if err := d.Need("send"); err != nil {
		return err
	}
	c := d.Facts.Controller
	draft := &campaign.Campaign{Purpose: d.Letters(), Channel: "email", From: c.Name + " <" + c.Email + ">", Audience: "everyone", Language: d.Lang()}
	return form(d, draft, nil)
}

// edit is the form of a draft.
func (a *area) edit(d *desk.Desk) error {
	var c *campaign.Campaign
	err := d.Look(func(tx *db.Tx) (err error) { c, err = read(d, tx); return err })
	if err != nil {
		return err
	}
	if c.State != campaign.Draft {
		return d.Redirect(path(c.ID))
	}
	large, err := d.Large()
	if err != nil {
		return err
	}
	if large { // deciding takes seconds; the newsletter's own page does it
		return form(d, c, nil)
	}
	res, err := a.forecasts.of(d, c)
	if err != nil {
		return form(d, c, nil) // what is missing is said on the newsletter's own page
	}
	return form(d, c, &page.Reach{In: res.Audience, May: res.Allowed, Out: res.Audience - res.Allowed, AsOf: res.AsOf})
}

func form(d *desk.Desk, c *campaign.Campaign, reach *page.Reach) error {
	v := page.NewsletterEditView{Action: "/outreach", New: c.ID == 0, Reach: reach}
	title := d.T("outreach.new")
	if !v.New {
		v.Action, v.PreviewURL, v.DeletePost, title = path(c.ID), path(c.ID)+"/preview", path(c.ID)+"/delete", c.Name
	}
	audiences, err := audiences(d, c.Audience)
	if err != nil {
		return err
	}
	sendable := func(p noticedef.Purpose) bool {
		return slices.Contains(p.Channels, "email") && d.Actor.CanFor(p.ID, "send")
	}
	v.Name = page.Field{ID: "name", Label: d.T("edit.name"), Hint: d.T("edit.name_hint"), Value: c.Name, Required: true, Max: 200, Focus: v.New}
	v.Purpose = page.Field{ID: "purpose", Label: d.T("permit.purpose"), Type: "select", Options: d.Purposes(c.Purpose, sendable)}
	v.Channel = page.Field{ID: "channel", Label: d.T("permit.channel"), Type: "select", Options: []page.Option{{Value: "email", Text: d.Channel("email"), On: true}}}
	v.Segment = page.Field{ID: "segment", Label: d.T("edit.segment"), Type: "select", Options: audiences}
	v.From = page.Field{ID: "from", Label: d.T("mail.from"), Value: c.From, Required: true, Max: 200}
	v.Subject = page.Field{ID: "subject", Label: d.T("mail.subject"), Value: c.Subject, Required: true, Max: 500}
	v.Body = page.Field{ID: "body", Label: d.T("edit.body"), Hint: d.T("edit.body_hint"), Type: "textarea", Rows: 18, Value: c.Body}
	if c.Format == "blocks" { // the editor alone can write them
		v.Body = page.Field{}
	}
	if !v.New {
		v.ComposeURL = path(c.ID) + "/compose"
	}
	for _, f := range d.Facts.Fields() {
		used := slices.ContainsFunc(d.Facts.Purposes, func(p noticedef.Purpose) bool { return p.ID == c.Purpose && slices.Contains(p.Uses, f.Category) })
		if used && d.Sees(f.Name) {
			v.Fields = append(v.Fields, "{{ person."+f.Name+" }}")
		}
	}
	v.Frame = d.Frame(title, "outreach")
	return d.Render(200, page.NewsletterEdit(v))
}

// audiences are everyone, the saved segments, and what the draft has if neither.
func audiences(d *desk.Desk, chosen string) ([]page.Option, error) {
	out := []page.Option{{Value: "everyone", Text: d.T("edit.everyone"), On: chosen == "everyone" || chosen == ""}}
	found := out[0].On
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Segment.List(tx)
		for _, s := range all {
			if d.MaySelectText(s.Text) != nil {
				continue
			}
			on := s.Text == chosen && !found
			found = found || on
			out = append(out, page.Option{Value: s.Text, Text: s.Name, On: on})
		}
		return err
	})
	if !found && d.MaySelectText(chosen) == nil {
		out = append(out, page.Option{Value: chosen, Text: chosen, On: true})
	}
	return out, err
}

// saveLetter stores a draft, new or changed.
func saveLetter(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	var saved *campaign.Campaign
	back := "/outreach/new"
	err = d.Act(func(tx *db.Tx) error {
		c := campaign.Campaign{Language: d.Lang()}
		if d.PathValue("id") != "" {
			old, err := read(d, tx)
			if err != nil {
				return err
			}
			c, back = *old, path(old.ID)+"/edit"
		} else if c.Options, err = d.Campaign.Usual(tx); err != nil {
			return err
		}
		if err := fill(d, &c, f); err != nil {
			return err
		}
		if err := d.MaySend(c.Purpose); err != nil {
			return err
		}
		if err := d.MaySelectText(c.Audience); err != nil {
			return err
		}
		if err := d.Campaign.Read(tx, &c); err != nil {
			return err
		}
		if saved, err = d.Campaign.Save(tx, c); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.save", Kind: "campaign", Object: saved.ID.String()})
	})
	if err != nil {
		return again(d, f, back, err)
	}
	if f.Get("op") == "preview" {
		return d.Redirect(path(saved.ID) + "/preview")
	}
	if f.Get("op") == "compose" {
		return d.Redirect(path(saved.ID) + "/compose")
	}
	return d.Done(path(saved.ID), d.T("edit.saved"))
}

func fill(d *desk.Desk, c *campaign.Campaign, f door.Fields) (err error) {
	for _, x := range []struct {
		name string
		into *string
		most int
	}{{"name", &c.Name, 200}, {"purpose", &c.Purpose, 60}, {"from", &c.From, 200}, {"subject", &c.Subject, 500}, {"segment", &c.Audience, 4096}} {
		if *x.into, err = f.Need(x.name, x.most); err != nil {
			return err
		}
	}
	if err := fillBody(c, f); err != nil {
		return err
	}
	c.Channel, c.Class = "email", ""
	if p, ok := d.Facts.Purpose(c.Purpose); ok {
		c.Class = permit.Class(p.Class)
	}
	return nil
}

// fillBody takes the text over; one in blocks is written in the editor, and one that
// is not written yet is begun there.
func fillBody(c *campaign.Campaign, f door.Fields) (err error) {
	if c.Format == "blocks" {
		return nil
	}
	if c.Body, err = f.Text("body", 300_000); err == nil && c.Body == "" {
		c.Format, c.Body = "blocks", (&blocks.Letter{}).String()
	}
	return err
}

// again shows the form once more with what was typed and what is wrong with it,
// so that nobody has to write a letter twice.
func again(d *desk.Desk, f door.Fields, back string, err error) error {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
	default:
		return err
	}
	c := &campaign.Campaign{Name: f.Get("name"), Purpose: f.Get("purpose"), From: f.Get("from"), Subject: f.Get("subject"), Body: f.Get("body"), Format: f.Get("format"), Audience: f.Get("segment")}
	if strings.HasSuffix(back, "/edit") {
		c.ID, _ = d.ID("id")
	}
	return refused(d, c, err)
}

func refused(d *desk.Desk, c *campaign.Campaign, err error) error {
	d.Say(page.No, d.Explain(err)+" "+d.T("desk.nothing_stored"))
	return form(d, c, nil)
}

// remove deletes a draft.
func remove(d *desk.Desk) error {
	err := d.Act(func(tx *db.Tx) error {
		c, err := read(d, tx)
		if err != nil {
			return err
		}
		if err := d.MaySend(c.Purpose); err != nil {
			return err
		}
		if err := d.Campaign.Delete(tx, c.ID); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.delete", Kind: "campaign", Object: c.ID.String()})
	})
	if err != nil {
		return d.Back("/outreach", err)
	}
	return d.Done("/outreach", d.T("edit.deleted"))
}
