package keeping

import (
	"kartotek/internal/db"
	"kartotek/internal/paper"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/keeping"
)

// shown is how many rows a list has.
const shown = 200

func papers(d *desk.Desk) error {
	v := sheet(d, "paper")
	n := 0
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Paper.Kept(tx, "", shown)
		n = len(all)
		v.Cards = []keeping.Card{paperCard(d, all)}
		return err
	})
	if err == nil {
		err = d.ReadMany("paper.list", n, nil)
	}
	if err != nil {
		return err
	}
	return d.Render(200, keeping.Sheet(v))
}

func paperCard(d *desk.Desk, all []paper.Item) keeping.Card {
	c := keeping.Card{ID: "papers", Title: d.T("keeping.papers"), None: d.T("keeping.papers_none"),
		Cols: []string{d.T("keeping.what"), d.T("keeping.where"), d.T("keeping.custodian"), d.T("keeping.destroy_on"), d.T("keeping.state")}}
	today := d.Today()
	for i := range all {
		x := &all[i]
		path := "/keeping/paper/" + x.Person.String() + "/" + x.ID.String()
		r := keeping.Row{Head: page.Link{Text: x.What, Href: "/people/" + x.Person.String() + "/keeping"}, Src: x.Entry, Cells: []keeping.Cell{{Text: x.Location}, {Text: x.Custodian}, {Text: on(d, x.DestroyOn)}, {}}}
		state := &r.Cells[3].Chip
		switch {
		case !x.Open():
			r.Head.Text, r.Src = d.T("keeping.was_destroyed"), x.Certificate
			*state = page.Chip{Text: at(d, x.Destroyed), Tone: page.Yes}
		case x.OutMove != 0:
			*state = page.Chip{Text: d.T("keeping.is_out"), Tone: page.Wait}
			r.Forms = []keeping.Form{{Action: path + "/in", Button: d.T("keeping.take_in")}}
		default:
			*state = page.Chip{Text: d.T("keeping.in_place")}
			if x.Due(today) {
				*state = page.Chip{Text: d.T("keeping.to_destroy"), Tone: page.No}
			}
			r.Forms = []keeping.Form{{Action: path + "/out", Button: d.T("keeping.take_out"), Fields: []page.Field{line("holder-"+x.ID.String(), d.T("keeping.holder"), true), line("why-"+x.ID.String(), d.T("keeping.what_for"), true)}},
				{Action: path + "/destroy", Button: d.T("keeping.destroy"), Fields: []page.Field{line("certificate-"+x.ID.String(), d.T("keeping.certificate"), true)}}}
			named(r.Forms, "holder", "why", "certificate")
		}
		c.Rows = append(c.Rows, r)
	}
	return c
}

// named gives fields of many rows their names beside ids of their own.
func named(forms []keeping.Form, names ...string) {
	i := 0
	for f := range forms {
		for x := range forms[f].Fields {
			forms[f].Fields[x].Name = names[i]
			i++
		}
	}
}

func takeOut(d *desk.Desk) error {
	who, which, err := ids(d, "paper")
	if err != nil {
		return err
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	return do(d, "/keeping/paper", "out", func(tx *db.Tx) error { return d.Paper.Out(tx, who, which, f.Get("holder"), f.Get("why")) })
}

func takeIn(d *desk.Desk) error {
	who, which, err := ids(d, "paper")
	if err != nil {
		return err
	}
	return do(d, "/keeping/paper", "in", func(tx *db.Tx) error { return d.Paper.In(tx, who, which) })
}

func destroy(d *desk.Desk) error {
	who, which, err := ids(d, "paper")
	if err != nil {
		return err
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	return do(d, "/keeping/paper", "destroy", func(tx *db.Tx) error { return d.Paper.Destroy(tx, who, which, f.Get("certificate")) })
}
