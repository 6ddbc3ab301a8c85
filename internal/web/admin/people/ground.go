package people

import (
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// ground records what may stand in for a consent: a sale, or a link between an
// offer and the person's work. law: 2002/58 13(2), FI 917/2014 202
func ground(d *desk.Desk) error {
	who, f, err := d.PersonForm()
	if err != nil {
		return err
	}
	evidence := &ledger.Evidence{Language: d.Lang()}
	if evidence.Text, err = needText(f, "evidence", 2000); err != nil {
		return d.Back(path(who)+"#ground", err)
	}
	kind := f.Get("kind")
	err = d.Act(func(tx *db.Tx) error {
		if _, err := must(d, tx, who); err != nil {
			return err
		}
		var err error
		switch kind {
		case "sale":
			err = recordSale(d, tx, who, f, evidence)
		case "role":
			if p, ok := d.Facts.Purpose(f.Get("purpose")); !ok || p.Class != "marketing" {
				return fault.New(fault.Invalid, "notice.no_purpose", "the notice has no such purpose").In("purpose")
			}
			_, err = d.Ledger.RecordRole(tx, who, f.Get("purpose"), evidence)
		default:
			return fault.New(fault.Invalid, "form.choice", "choose one of what the form offers").In("kind")
		}
		if err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "permission." + kind, Kind: "person", Object: who.String(), Person: who})
	})
	if err != nil {
		return d.Back(path(who)+"#ground", err)
	}
	return d.Done(path(who), d.T("ground.saved."+kind))
}

// goodsOf are the product groups the notice lets soft opt-in be about.
func goodsOf(n *noticedef.Notice) (out []string) {
	for _, p := range n.PurposeList() {
		if p.SoftOptIn != nil {
			out = append(out, p.SoftOptIn.Goods...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// grounds fills the form: what was sold, and which purposes can concern somebody's work.
func grounds(c *card, v *page.PersonView) {
	for _, g := range goodsOf(c.Desk.Facts) {
		v.Goods = append(v.Goods, page.Option{Value: g, Text: g})
	}
	for _, p := range c.Desk.Facts.PurposeList() {
		if p.Class == "marketing" {
			v.Offers = append(v.Offers, page.Option{Value: p.ID, Text: p.Title.In(c.Desk.Lang())})
		}
	}
}

// recordSale reads what was sold and when.
func recordSale(d *desk.Desk, tx *db.Tx, who id.ID, f door.Fields, evidence *ledger.Evidence) error {
	sold, goods := f.Get("sold"), f.Values["goods"]
	if _, err := time.Parse(time.DateOnly, sold); err != nil || sold > d.Today() {
		return fault.New(fault.Invalid, "form.date", "the day is a date that has come").In("sold")
	}
	listed := goodsOf(d.Facts)
	for _, g := range goods {
		if !slices.Contains(listed, g) {
			return fault.New(fault.Invalid, "form.choice", "choose one of what the form offers").In("goods")
		}
	}
	from, _ := d.Day(sold)
	_, err := d.Ledger.RecordSale(tx, who, ledger.SaleFacts{On: clock.Ms(from), Goods: goods, Similar: true, Offered: f.Get("offered") != ""}, evidence)
	return err
}
