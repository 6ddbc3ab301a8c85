package keeping

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/recipient"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/keeping"
)

func recipients(d *desk.Desk) error {
	v := sheet(d, "recipients")
	n := 0
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Recipient.Waiting(tx, false, shown)
		n = len(all)
		v.Cards = []keeping.Card{noticeCard(d, all)}
		return err
	})
	if err == nil {
		err = d.ReadMany("recipient.list", n, nil)
	}
	if err != nil {
		return err
	}
	return d.Render(200, keeping.Sheet(v))
}

func recipientName(d *desk.Desk, name string) string {
	if r, ok := d.Facts.Recipient(name); ok {
		return r.Name
	}
	return name
}

func categories(d *desk.Desk, names []string) string {
	out := make([]string, len(names))
	for i, c := range names {
		out[i] = category(d, c)
	}
	return strings.Join(out, ", ")
}

func noticeCard(d *desk.Desk, all []recipient.Notice) keeping.Card {
	c := keeping.Card{ID: "notices", Title: d.T("keeping.to_tell"), None: d.T("keeping.to_tell_none"),
		Cols: []string{d.T("keeping.recipient"), d.T("keeping.of_what"), d.T("keeping.about"), d.T("keeping.state")}}
	for i := range all {
		x := &all[i]
		path := "/keeping/recipients/" + x.Person.String() + "/" + x.ID.String()
		field := func(name, label string) []page.Field {
			return []page.Field{{ID: name + "-" + x.ID.String(), Name: name, Label: d.T("keeping." + label), Required: true, Max: 500}}
		}
		r := keeping.Row{Head: page.Link{Text: recipientName(d, x.Recipient)}, Src: categories(d, x.Categories), Cells: []keeping.Cell{{Text: d.T("keeping.reason_" + x.Reason)}, {Text: x.About}, {}}}
		state := &r.Cells[2].Chip
		switch {
		case !x.Open():
			*state = page.Chip{Text: d.T("keeping.outcome_" + x.Outcome), Tone: page.Yes}
		case x.Told == 0:
			*state = page.Chip{Text: d.T("keeping.not_told"), Tone: page.No}
			r.Forms = append(r.Forms, keeping.Form{Action: path + "/told", Button: d.T("keeping.tell"), Fields: field("how", "how")})
		default:
			*state = page.Chip{Text: d.T("keeping.chase_on", "day", at(d, x.Chase)), Tone: page.Wait}
			r.Forms = append(r.Forms, keeping.Form{Action: path + "/chase", Button: d.T("keeping.chase")}, keeping.Form{Action: path + "/answer", Button: d.T("keeping.answer"), Fields: field("note", "note")})
		}
		if x.Open() {
			r.Forms = append(r.Forms, keeping.Form{Action: path + "/impossible", Button: d.T("keeping.impossible"), Fields: field("why", "why_impossible")})
		}
		c.Rows = append(c.Rows, r)
	}
	return c
}

// onNotice reads the notice and the form's field, and acts.
func onNotice(d *desk.Desk, field, done string, act func(tx *db.Tx, who, which id.ID, text string) error) error {
	who, which, err := ids(d, "notice")
	if err != nil {
		return err
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	return do(d, "/keeping/recipients", done, func(tx *db.Tx) error { return act(tx, who, which, f.Get(field)) })
}

func told(d *desk.Desk) error { return onNotice(d, "how", "told", d.Recipient.Told) }

func acknowledge(d *desk.Desk) error { return onNotice(d, "note", "answer", d.Recipient.Acknowledge) }

func impossible(d *desk.Desk) error {
	return onNotice(d, "why", "impossible", d.Recipient.Impossible)
}

func chase(d *desk.Desk) error {
	return onNotice(d, "", "chase", func(tx *db.Tx, who, which id.ID, _ string) error { return d.Recipient.Chase(tx, who, which) })
}
