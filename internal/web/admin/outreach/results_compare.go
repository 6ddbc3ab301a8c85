package outreach

import (
	"net/url"
	"slices"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/results"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// compareRows is how many newsletters are compared on a page.
const compareRows = 50

// order is how a comparison is sorted.
type order struct {
	column string
	back   bool
}

func readOrder(d *desk.Desk) order {
	q := d.URL.Query()
	o := order{q.Get("sort"), q.Get("back") == "1"}
	if !slices.Contains(results.Columns, o.column) {
		o.column = results.ByTime
	}
	return o
}

// fields writes an order for an address.
func (o order) fields() string {
	s := "sort=" + url.QueryEscape(o.column)
	if o.back {
		s += "&back=1"
	}
	return s
}

// compare shows the newsletters that went out last beside each other.
func compare(d *desk.Desk) error {
	var before id.ID
	if _, err := d.Cursor(&before); err != nil {
		return err
	}
	o := readOrder(d)
	v := page.CompareView{Few: d.T("results.few_note")}
	var all []*results.Report
	err := d.Look(func(tx *db.Tx) (err error) {
		var next id.ID
		if all, next, err = lately(d, tx, before); err == nil && next != 0 {
			v.Next = "/outreach/compare?" + o.fields() + "&after=" + url.QueryEscape(d.SignCursor(next))
		}
		return err
	})
	if err != nil {
		return err
	}
	results.Sort(all, o.column, o.back)
	v.Columns, v.Rows = columns(d, o), rows(d, all)
	v.Frame = d.Frame(d.T("results.compare_title"), "outreach")
	return d.Render(200, page.Compare(v))
}

// lately reads reports of the newsletters that were started, newest first. next is
// the last read when there are more.
func lately(d *desk.Desk, tx *db.Tx, before id.ID) (out []*results.Report, next id.ID, err error) {
	for {
		all, err := d.Campaign.List(tx, before, compareRows)
		if err != nil {
			return nil, 0, err
		}
		for i := range all {
			c := &all[i]
			before = c.ID
			if c.StartedAt == 0 || c.State == campaign.Draft || !Reads(d, c) {
				continue
			}
			r, err := report(d, tx, c)
			if err != nil {
				return nil, 0, err
			}
			if out = append(out, r); len(out) == compareRows {
				return out, before, nil
			}
		}
		if len(all) < compareRows {
			return out, 0, nil
		}
	}
}

// heads are the words over the columns.
var heads = map[string]string{results.ByName: "people.name", results.ByTime: "outreach.when", results.BySent: "newsletter.sent", results.ByDelivered: "results.delivered",
	results.ByBounced: "results.bounced", results.ByComplaints: "results.complaints", results.ByClicks: "results.human", results.ByGone: "results.gone"}

// shown is the columns in the order of the page.
var shown = []string{results.ByName, results.ByTime, results.BySent, results.ByDelivered, results.ByBounced, results.ByComplaints, results.ByClicks, results.ByGone}

func columns(d *desk.Desk, o order) (out []page.CompareColumn) {
	for _, name := range shown {
		c := page.CompareColumn{Text: d.T(heads[name]), Num: name != results.ByName && name != results.ByTime}
		to := order{column: name}
		if name == o.column {
			to.back = !o.back
			c.Order = "descending"
			if (name == results.ByName) != o.back {
				c.Order = "ascending"
			}
		}
		c.Href = "/outreach/compare?" + to.fields()
		out = append(out, c)
	}
	return out
}

// cells are the columns of shares, with how large one looks.
var cells = []struct {
	column string
	count  func(*results.Report) int
	tone   page.Tone
}{
	{results.ByDelivered, func(r *results.Report) int { return r.Delivered }, page.Yes},
	{results.ByBounced, func(r *results.Report) int { return r.Bounced }, page.Wait},
	{results.ByComplaints, func(r *results.Report) int { return r.Complaints }, page.No},
	{results.ByClicks, func(r *results.Report) int { return r.Clicks.Human }, page.Info},
	{results.ByGone, func(r *results.Report) int { return r.Gone }, page.No},
}

func rows(d *desk.Desk, all []*results.Report) (out []page.CompareRow) {
	largest := make([]float64, len(cells))
	for _, r := range all {
		for i, c := range cells {
			largest[i] = max(largest[i], r.Share(c.count(r)))
		}
	}
	for _, r := range all {
		row := page.CompareRow{Newsletter: page.Link{Text: r.Campaign.Name, Href: path(r.Campaign.ID) + "/results"}, Purpose: d.PurposeTitle(r.Campaign.Purpose),
			At: desk.Time(r.Campaign.StartedAt), Sent: r.Results.Sent}
		for i, c := range cells {
			row.Cells = append(row.Cells, cell(d, r, c.column, c.count(r), c.tone, largest[i]))
		}
		out = append(out, row)
	}
	return out
}

// cell is one share. Clicks that are not counted, or of too few people, are not told.
func cell(d *desk.Desk, r *results.Report, column string, n int, tone page.Tone, largest float64) page.CompareCell {
	const fine = 10_000 // parts of a whole, for the length of the bar
	c := page.CompareCell{Label: d.T(heads[column]), Count: n, Part: int(r.Share(n) * fine), Whole: max(1, int(largest*fine)), Tone: tone}
	if r.Results.Sent > 0 && (column != results.ByClicks || r.Campaign.Options.Clicks && !r.Few) {
		c.Share = d.Printer.Percent(r.Share(n))
	}
	return c
}
