package keeping

import (
	"slices"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/keep"
	"kartotek/internal/paper"
	"kartotek/internal/recipient"
	"kartotek/internal/retention"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/keeping"
)

func path(who id.ID) string { return "/people/" + who.String() + "/keeping" }

// person shows when each category of one person goes and why, what holds it, what is
// on paper, and who received data. law: GDPR 15(1)(c), 15(1)(d)
func person(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	v := sheet(d, "person")
	err = d.Look(func(tx *db.Tx) error {
		p, err := d.Person(tx, who)
		if err != nil {
			return err
		}
		v.Links = append([]page.Link{{Text: d.Masked(p).Name(), Href: "/people/" + who.String()}}, v.Links...)
		for _, part := range []func(*desk.Desk, *db.Tx, id.ID) (keeping.Card, error){dates, held, onPaper, gone, toTell} {
			c, err := part(d, tx, who)
			if err != nil {
				return err
			}
			v.Cards = append(v.Cards, c)
		}
		return nil
	})
	if err == nil {
		err = d.Read("retention.read", who)
	}
	if err != nil {
		return err
	}
	return d.Render(200, keeping.Sheet(v))
}

func dates(d *desk.Desk, tx *db.Tx, who id.ID) (keeping.Card, error) {
	c := keeping.Card{ID: "dates", Title: d.T("keeping.dates"), Cols: []string{d.T("keeping.category"), d.T("keeping.until")}, None: d.T("keeping.dates_none")}
	all, err := d.Retention.Dates(tx, who)
	if err != nil {
		return c, err
	}
	last := keep.Last(all)
	for i := range last {
		x := &last[i]
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: category(d, x.Category)}, Src: d.PurposeTitle(x.Purpose), Steps: Steps(d, x), Cells: []keeping.Cell{{Text: Until(d, x)}}})
	}
	e, err := d.Retention.Relation(tx, who)
	day := ""
	if e.Ended > 0 {
		day = clock.FromMs(e.Ended).In(d.Printer.Zone()).Format("2006-01-02")
	}
	c.Forms = []keeping.Form{{Action: "/people/" + who.String() + "/relation", Button: d.T("keeping.relation"), Fields: []page.Field{{ID: "ended", Label: d.T("keeping.ended"), Hint: d.T("keeping.ended_hint"), Type: "date", Value: day}}}}
	return c, err
}

func held(d *desk.Desk, tx *db.Tx, who id.ID) (keeping.Card, error) {
	c := keeping.Card{ID: "holds", Title: d.T("keeping.holds"), Text: d.T("keeping.holds_text"), None: d.T("keeping.holds_none"),
		Cols: []string{d.T("keeping.reason"), d.T("keeping.ground"), d.T("keeping.last_day"), d.T("keeping.review"), d.T("keeping.by")}}
	all, err := d.Retention.Holds(tx, who)
	for i := range all {
		h := &all[i]
		r := keeping.Row{Head: page.Link{Text: h.Reason}, Src: categories(d, h.Categories), Cells: []keeping.Cell{{Text: h.Citation}, {Text: on(d, h.Until)}, {Text: on(d, h.Review)}, {Text: h.ByName}}}
		if h.Released > 0 {
			r.Src = d.T("keeping.released", "day", at(d, h.Released), "why", h.ReleasedWhy)
		} else if d.Can("erase") {
			r.Forms = []keeping.Form{{Action: "/people/" + who.String() + "/hold/" + h.ID.String() + "/release", Button: d.T("keeping.release"),
				Fields: []page.Field{{ID: "why-" + h.ID.String(), Name: "why", Label: d.T("keeping.reason"), Required: true, Max: 500}}}}
		}
		c.Rows = append(c.Rows, r)
	}
	var grounds []page.Option
	for _, g := range retention.Grounds {
		grounds = append(grounds, page.Option{Value: g, Text: g + " · " + d.T("keeping.ground_"+g[5:]), On: g == "GDPR 17(3)(e)"})
	}
	all2 := []page.Option{{Value: "", Text: d.T("keeping.every_category"), On: true}}
	for i := range d.Facts.Categories {
		x := &d.Facts.Categories[i]
		all2 = append(all2, page.Option{Value: x.ID, Text: x.Title.In(d.Lang())})
	}
	c.Forms = []keeping.Form{{Action: "/people/" + who.String() + "/hold", Button: d.T("keeping.hold"), Fields: []page.Field{line("reason", d.T("keeping.reason"), true),
		{ID: "citation", Label: d.T("keeping.ground"), Type: "select", Options: grounds}, {ID: "category", Label: d.T("keeping.category"), Type: "select", Options: all2},
		{ID: "until", Label: d.T("keeping.last_day"), Hint: d.T("keeping.last_day_hint"), Type: "date"}, {ID: "review", Label: d.T("keeping.review"), Hint: d.T("keeping.review_hint"), Type: "date", Required: true}}}}
	return c, err
}

func onPaper(d *desk.Desk, tx *db.Tx, who id.ID) (keeping.Card, error) {
	all, err := d.Paper.Of(tx, who)
	c := paperCard(d, all)
	var places []page.Option
	for _, x := range paper.Places(d.Facts) {
		places = append(places, page.Option{Value: x, Text: x})
	}
	if len(places) == 0 {
		c.Text = d.T("keeping.no_places")
		return c, err
	}
	c.Forms = []keeping.Form{{Action: "/people/" + who.String() + "/paper", Button: d.T("keeping.add_paper"), Fields: []page.Field{line("what", d.T("keeping.what"), true),
		{ID: "location", Label: d.T("keeping.where"), Type: "select", Options: places}, line("custodian", d.T("keeping.custodian"), true), line("entry", d.T("keeping.entry"), false),
		{ID: "destroy_on", Label: d.T("keeping.destroy_on"), Type: "date", Required: true}}}}
	return c, err
}

// gone is who received data of the person.
func gone(d *desk.Desk, tx *db.Tx, who id.ID) (keeping.Card, error) {
	c := keeping.Card{ID: "disclosures", Title: d.T("keeping.disclosures"), None: d.T("keeping.disclosures_none"),
		Cols: []string{d.T("keeping.recipient"), d.T("keeping.what"), d.T("keeping.on"), d.T("keeping.by")}}
	all, err := d.Recipient.Of(tx, who)
	for _, x := range all {
		what := x.What
		if x.Derived {
			what = d.Printer.N("keeping.carried", x.Times)
		}
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: recipientName(d, x.Recipient)}, Src: categories(d, x.Categories), Cells: []keeping.Cell{{Text: what}, {Text: at(d, x.At)}, {Text: x.ByName}}})
	}
	c.Forms = giving(d, who)
	return c, err
}

// giving is the form by which somebody notes that a recipient of the notice was given
// something of the person.
func giving(d *desk.Desk, who id.ID) []keeping.Form {
	var to, what, grounds []page.Option
	for i := range d.Facts.Recipients {
		to = append(to, page.Option{Value: d.Facts.Recipients[i].ID, Text: d.Facts.Recipients[i].Name})
	}
	if len(to) == 0 {
		return nil
	}
	for i := range d.Facts.Categories {
		what = append(what, page.Option{Value: d.Facts.Categories[i].ID, Text: d.Facts.Categories[i].Title.In(d.Lang())})
	}
	for _, g := range []string{recipient.OnContract, recipient.OnConsent, recipient.OnLaw} {
		grounds = append(grounds, page.Option{Value: g, Text: d.T("keeping.given_" + g)})
	}
	return []keeping.Form{{Action: "/people/" + who.String() + "/disclosed", Button: d.T("keeping.give"), Fields: []page.Field{
		{ID: "recipient", Label: d.T("keeping.recipient"), Type: "select", Options: to}, {ID: "given", Label: d.T("keeping.category"), Type: "select", Options: what},
		{ID: "basis", Label: d.T("keeping.ground"), Type: "select", Options: grounds}, line("gift", d.T("keeping.what"), true)}}}
}

// disclosed notes a disclosure that was made outside the program. law: GDPR 15(1)(c)
func disclosed(d *desk.Desk) error {
	who, f, err := d.PersonForm()
	if err != nil {
		return err
	}
	x := recipient.Disclosure{Recipient: f.Get("recipient"), Categories: []string{f.Get("given")}, Ground: f.Get("basis"), What: f.Get("gift")}
	return do(d, path(who), "disclosed", func(tx *db.Tx) error { _, err := d.Recipient.Disclose(tx, who, x); return err })
}

func toTell(d *desk.Desk, tx *db.Tx, who id.ID) (keeping.Card, error) {
	all, err := d.Recipient.Notices(tx, who)
	return noticeCard(d, all), err
}

func hold(d *desk.Desk) error {
	who, f, err := d.PersonForm()
	if err != nil {
		return err
	}
	h := retention.Hold{Reason: f.Get("reason"), Citation: f.Get("citation"), Until: f.Get("until"), Review: f.Get("review")}
	h.Categories = slices.DeleteFunc([]string{f.Get("category")}, func(s string) bool { return s == "" })
	return do(d, path(who), "hold", func(tx *db.Tx) error { _, err := d.Retention.Hold(tx, who, h); return err })
}

func release(d *desk.Desk) error {
	who, which, err := ids(d, "hold")
	if err != nil {
		return err
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	return do(d, path(who), "release", func(tx *db.Tx) error { return d.Retention.Release(tx, who, which, f.Get("why")) })
}

func relation(d *desk.Desk) error {
	who, f, err := d.PersonForm()
	if err != nil {
		return err
	}
	return do(d, path(who), "relation", func(tx *db.Tx) error { return d.Retention.End(tx, who, f.Get("ended")) })
}

func addPaper(d *desk.Desk) error {
	who, f, err := d.PersonForm()
	if err != nil {
		return err
	}
	i := paper.Item{What: f.Get("what"), Location: f.Get("location"), Custodian: f.Get("custodian"), Entry: f.Get("entry"), DestroyOn: f.Get("destroy_on")}
	return do(d, path(who), "paper", func(tx *db.Tx) error { _, err := d.Paper.Add(tx, who, i); return err })
}
