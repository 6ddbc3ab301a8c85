package people

import (
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party/twins"
	"kartotek/internal/permit"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// both reads the two people a request is about.
func both(d *desk.Desk) (a, b id.ID, err error) {
	q := d.URL.Query()
	if a, err = id.Parse(q.Get("a")); err == nil {
		b, err = id.Parse(q.Get("b"))
	}
	if err != nil || a == 0 || b == 0 {
		return 0, 0, fault.New(fault.NotFound, "page.none", "there is no such pair")
	}
	return a, b, nil
}

// compare puts two cards side by side: what will hold of each value, and of each
// permission the strictest.
func compare(d *desk.Desk) error {
	a, b, err := both(d)
	if err != nil {
		return err
	}
	if err := d.Need("merge"); err != nil {
		return err
	}
	v := page.MergeView{Action: "/people/merge?a=" + a.String() + "&b=" + b.String()}
	err = d.Look(func(tx *db.Tx) error {
		x, err := open(d, tx, a)
		if err != nil {
			return err
		}
		y, err := open(d, tx, b)
		if err != nil {
			return err
		}
		v.A, v.B = page.Link{Text: x.p.Name(), Href: path(a)}, page.Link{Text: y.p.Name(), Href: path(b)}
		if v.A.Text == v.B.Text { // told apart by their addresses
			v.A.Text, v.B.Text = joined(v.A.Text, show(d, x.p, "email")), joined(v.B.Text, show(d, y.p, "email"))
		}
		if err := sideBySide(&v, x, y); err != nil {
			return err
		}
		v.Effect = []string{d.T("merge.keeps", "name", v.A.Text, "other", v.B.Text), d.Printer.N("merge.entries", len(y.entries)), d.Printer.N("merge.messages", len(y.messages))}
		return strictest(&v, x, y)
	})
	if err != nil {
		return err
	}
	if err := d.Read("person.compare", a); err != nil {
		return err
	}
	if err := d.Read("person.compare", b); err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("merge.title"), "people")
	return d.Render(200, page.Merge(v))
}

func sideBySide(v *page.MergeView, x, y *card) error {
	for _, f := range x.Facts.Fields() {
		a, b := x.p.Get(f.Name), y.p.Get(f.Name)
		if a == "" && b == "" || !x.Sees(f.Name) {
			continue
		}
		oa, ob := x.p.OriginOf(f.Name), y.p.OriginOf(f.Name)
		srcA, err := x.sources.Say(oa.Source, oa.Changed)
		if err != nil {
			return err
		}
		srcB, err := y.sources.Say(ob.Source, ob.Changed)
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, page.MergeRow{Field: f.Name, Label: f.Title.In(x.Lang()), A: a, B: b, SrcA: srcA, SrcB: srcB, KeepB: a == ""})
	}
	return nil
}

// strictest shows what each purpose and channel will be allowed afterwards.
func strictest(v *page.MergeView, x, y *card) error {
	if !x.SeesPermissions() {
		return nil
	}
	for _, p := range x.Facts.Purposes {
		if !sendsUnasked(p) {
			continue
		}
		for _, ch := range p.Channels {
			row, err := mergedPermission(x, y, p.ID, ch)
			if err != nil {
				return err
			}
			v.Permissions = append(v.Permissions, row)
		}
	}
	return nil
}

func mergedPermission(x, y *card, purpose, channel string) (row page.MergePermission, err error) {
	q, err := x.InForce.PermitQuestion(purpose, channel, x.tx.Time())
	if err != nil {
		return row, err
	}
	a, err := x.Outbox.DecideOne(x.tx, x.p.ID, q, nil)
	if err != nil {
		return row, err
	}
	b, err := y.Outbox.DecideOne(y.tx, y.p.ID, q, nil)
	if err != nil {
		return row, err
	}
	out := permit.Decide(q, permit.Merge(a.Facts, b.Facts))
	chip := func(v permit.Verdict) page.Chip {
		return page.Chip{Text: x.Code(v.Code), Tone: desk.Tone(v.Allowed, v.Code)}
	}
	row = page.MergePermission{What: x.PurposeTitle(purpose) + " · " + x.Channel(channel), A: chip(a.Verdict), B: chip(b.Verdict), Out: chip(out)}
	if a.Verdict.Code != b.Verdict.Code {
		row.Why = x.T("merge.strict")
	}
	return row, nil
}

// merge makes one card of two, or notes that they are two people.
func merge(d *desk.Desk) error {
	a, b, err := both(d)
	if err != nil {
		return err
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	apart := f.Get("op") == "apart"
	choose := map[string]string{}
	for name := range f.Values {
		if field, ok := strings.CutPrefix(name, "keep."); ok && f.Get(name) == "b" && d.Sees(field) {
			choose[field] = twins.TakeGone
		}
	}
	found := twins.Room{Party: d.Party}
	err = d.Act(func(tx *db.Tx) error {
		if apart {
			if err := found.Apart(tx, a, b); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "person.apart", Kind: "person", Object: b.String(), Person: a})
		}
		if err := found.Merge(tx, a, b, choose); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.merge", Kind: "person", Object: b.String(), Person: a})
	})
	if err != nil {
		return d.Back("/people/duplicates", err)
	}
	if apart {
		return d.Done("/people/duplicates", d.T("merge.told_apart"))
	}
	return d.Done(path(a), d.T("merge.done"))
}
