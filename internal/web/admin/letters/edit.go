package letters

import (
	"errors"
	"slices"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/post"
	"kartotek/internal/series"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Bounds of the form's fields, in characters.
const (
	maxSubject = 500
	maxBody    = 60_000
)

func newLetter(d *desk.Desk) error {
	if err := d.Need("send"); err != nil {
		return err
	}
	return form(d, &post.Template{}, nil)
}

func edit(d *desk.Desk) error {
	var t *post.Template
	err := d.Look(func(tx *db.Tx) (err error) { t, err = read(d, tx); return err })
	if err == nil {
		err = sends(d, t.Purpose)
	}
	if err != nil {
		return err
	}
	return form(d, t, nil)
}

// form shows the fields; wrong is why they were refused.
func form(d *desk.Desk, t *post.Template, wrong error) error {
	v := page.LetterEditView{Action: "/letters", New: t.ID == 0}
	title := d.T("letters.new")
	if !v.New {
		v.Action, v.DeletePost, title = path(t.ID), path(t.ID)+"/delete", t.Title
	}
	if wrong != nil {
		d.Say(page.No, d.Explain(wrong)+" "+d.T("desk.nothing_stored"))
		var p *post.Promoting
		if errors.As(wrong, &p) {
			v.Found = p.Found
		}
	}
	sendable := func(p noticedef.Purpose) bool {
		return slices.Contains(p.Channels, "email") && d.Actor.CanFor(p.ID, "send")
	}
	v.Head = []page.Field{
		{ID: "title", Label: d.T("letters.field_title"), Value: t.Title, Required: true, Max: 120, Focus: v.New},
		{ID: "name", Label: d.T("letters.field_name"), Hint: d.T("letters.field_name_hint"), Value: t.Name, Required: true, Max: 60},
		{ID: "purpose", Label: d.T("permit.purpose"), Hint: d.T("letters.field_purpose_hint"), Type: "select", Options: d.Purposes(t.Purpose, sendable)},
		{ID: "event", Label: d.T("letters.event"), Hint: d.T("letters.field_event_hint"), Value: t.Event, Max: 120},
		{ID: "from", Label: d.T("mail.from"), Hint: d.T("letters.field_from_hint"), Value: t.From, Max: 200},
		{ID: "reply_to", Label: d.T("letters.field_reply_to"), Value: t.ReplyTo, Max: 200},
	}
	for _, l := range languages {
		x := post.Text{}
		if i := slices.IndexFunc(t.Texts, func(x post.Text) bool { return x.Language == l[0] }); i >= 0 {
			x = t.Texts[i]
		}
		v.Texts = append(v.Texts, page.LetterText{Lang: l[0], Title: l[1],
			Subject: page.Field{ID: "subject_" + l[0], Label: d.T("mail.subject"), Value: x.Subject, Max: maxSubject},
			Body:    page.Field{ID: "body_" + l[0], Label: d.T("edit.body"), Hint: d.T("edit.body_hint"), Type: "textarea", Rows: 10, Value: x.Body}})
	}
	v.Fields = []string{"{{ data.number }}", "{% for x in data.lines %}{{ x.name }}{% endfor %}"}
	for _, f := range d.Facts.Fields() {
		if d.Sees(f.Name) {
			v.Fields = append(v.Fields, "{{ person."+f.Name+" }}")
		}
	}
	v.Frame = d.Frame(title, "outreach")
	return d.Render(200, page.LetterEdit(v))
}

// fill reads the form.
func fill(t *post.Template, f door.Fields) (err error) {
	for _, x := range []struct {
		name string
		into *string
		most int
	}{{"title", &t.Title, 120}, {"name", &t.Name, 60}, {"purpose", &t.Purpose, 60}, {"event", &t.Event, 120}, {"from", &t.From, 200}, {"reply_to", &t.ReplyTo, 200}} {
		if *x.into, err = f.Line(x.name, x.most); err != nil {
			return err
		}
	}
	t.Texts = nil
	for _, l := range languages {
		x := post.Text{Language: l[0]}
		if x.Subject, err = f.Line("subject_"+l[0], maxSubject); err != nil {
			return err
		}
		if x.Body, err = f.Text("body_"+l[0], maxBody); err != nil {
			return err
		}
		if x.Subject != "" || x.Body != "" {
			t.Texts = append(t.Texts, x)
		}
	}
	return nil
}

// save stores a template, new or changed. What is refused comes back as it was
// typed, so that nobody has to write a letter twice.
func save(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	t := &post.Template{}
	var saved *post.Template
	err = d.Act(func(tx *db.Tx) error {
		if d.PathValue("id") != "" {
			old, err := read(d, tx)
			if err != nil {
				return err
			}
			if err := sends(d, old.Purpose); err != nil {
				return err
			}
			t = old
		}
		if err := fill(t, f); err != nil {
			return err
		}
		if err := sends(d, t.Purpose); err != nil {
			return err
		}
		if saved, err = d.Post.SaveTemplate(tx, *t); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "letter.save", Kind: "letter", Object: saved.ID.String(), Purpose: saved.Purpose})
	})
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		return form(d, t, err)
	}
	if err != nil {
		return err
	}
	return d.Done(path(saved.ID), d.T("letters.saved"))
}

func remove(d *desk.Desk) error {
	err := d.Act(func(tx *db.Tx) error {
		t, err := read(d, tx)
		if err == nil {
			err = sends(d, t.Purpose)
		}
		if err != nil {
			return err
		}
		used, err := d.Series.Uses(tx, t.Name)
		if err != nil {
			return err
		}
		for _, x := range used {
			if x.State != series.Stopped {
				return fault.New(fault.Conflict, "post.in_use", "a series sends this letter")
			}
		}
		if err := d.Post.DeleteTemplate(tx, t.ID); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "letter.delete", Kind: "letter", Object: t.ID.String(), Purpose: t.Purpose})
	})
	if err != nil {
		return d.Back("/letters", err)
	}
	return d.Done("/letters", d.T("letters.deleted"))
}
