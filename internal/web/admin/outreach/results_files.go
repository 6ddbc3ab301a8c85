package outreach

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect/guard"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/recipient"
	"kartotek/internal/results"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// figuresFile writes the figures of a newsletter as CSV. They are of nobody.
func figuresFile(d *desk.Desk) error {
	var rep *results.Report
	err := d.Look(func(tx *db.Tx) error {
		c, err := read(d, tx)
		if err == nil {
			rep, err = report(d, tx, c)
		}
		return err
	})
	if err == nil {
		err = d.Seen(entry(rep.Campaign, 0, map[string]string{"what": "figures"}))
	}
	if err != nil {
		return err
	}
	w := table(d, title(rep.Campaign.Name)+"-results.csv")
	defer w.Flush()
	row(w, "part", "what", "count")
	for _, l := range rep.Table() {
		row(w, l.Part, l.What, l.Count)
	}
	return nil // the reader may have gone
}

// entry says in the log that figures or people left the register.
func entry(c *campaign.Campaign, n int, detail map[string]string) audit.Entry {
	return audit.Entry{Action: "campaign.export", Kind: "campaign", Object: c.ID.String(), Purpose: c.Purpose, Count: n, Detail: detail}
}

// table begins a CSV file as spreadsheets in the Nordic countries and elsewhere read
// it: UTF-8 with a mark, commas.
func table(d *desk.Desk, name string) *csv.Writer {
	d.Attach("text/csv; charset=utf-8", name)
	_, _ = io.WriteString(d.W, "\ufeff")
	return csv.NewWriter(d.W)
}

// row writes a line in which no cell is taken for a formula.
func row(w *csv.Writer, cells ...string) {
	for i := range cells {
		cells[i] = guard.Cell(cells[i])
	}
	_ = w.Write(cells)
}

// fileRows is how many people are read at once for a file.
const fileRows = 500

// states are all that a message can be in, as the file lists them.
var states = []outbox.State{outbox.Sent, outbox.Failed, outbox.Uncertain, outbox.Handed, outbox.Retry, outbox.Queued, outbox.Skipped}

// peopleFile writes everybody in a newsletter's audience with what became of it for
// them, as CSV: as much of each as the reader may see and as whoever gets it receives by
// the notice, which is then recorded of each. That they leave the register is logged
// before the first of them does. law: GDPR 15(1)(c)
func peopleFile(d *desk.Desk) error {
	which, f, err := formOf(d)
	if err != nil {
		return err
	}
	if err := errors.Join(d.NeedPeople(), d.NeedSearch()); err != nil {
		return err
	}
	var out *handed
	err = d.Act(func(tx *db.Tx) (err error) {
		out, err = begin(d, tx, f.Get("to"))
		return err
	})
	if err != nil {
		return d.Back(path(which)+"/results", err)
	}
	w := table(d, title(out.campaign.Name)+"-people.csv")
	defer w.Flush()
	row(w, out.cells(fileColumns)...)
	for _, s := range states {
		if err := out.everybody(d, s, w); err != nil {
			return err
		}
	}
	return nil
}

// fileColumns of the file of people, and what of the notice each belongs to: a field, or a
// record by its name.
var (
	fileColumns = []string{"person", "name", "email", "state", "code", "decided", "handed", "done", "reply"}
	belonging   = []string{"", "first_name last_name", "email", ofMessage, ofLedger, ofMessage, ofMessage, ofMessage, ofMessage}
)

const (
	ofMessage = "message"
	ofLedger  = "ledger"
)

// holds reports whether the file of people has something of a category.
func holds(c noticedef.Category) bool {
	if c.Record == ofMessage || c.Record == ofLedger {
		return true
	}
	return slices.ContainsFunc(c.Fields, func(f noticedef.Field) bool {
		return slices.Contains([]string{"first_name", "last_name", "email"}, f.Name)
	})
}

// handed is a file of people on its way.
type handed struct {
	campaign *campaign.Campaign
	gift     *recipient.Gift // nil for the company's own use
	shown    []bool          // of fileColumns
}

// begin logs that a newsletter's people leave the register, for the company's own use or
// to a recipient.
func begin(d *desk.Desk, tx *db.Tx, to string) (*handed, error) {
	c, err := read(d, tx)
	if err == nil && c.State == campaign.Draft {
		err = fault.New(fault.NotFound, "campaign.none", "there is no such newsletter")
	}
	if err != nil {
		return nil, err
	}
	out := &handed{campaign: c}
	detail := map[string]string{"what": "people"}
	if to != "" && to != ownUse {
		detail["to"] = to
		out.gift, err = d.Recipient.Give(tx, recipient.Disclosure{Recipient: to, Purpose: c.Purpose, Ground: recipient.OnContract, What: cut(c.Name)}, holds)
	}
	var res campaign.Results
	if err == nil {
		res, err = d.Campaign.Results(tx, c.ID)
	}
	if err != nil {
		return nil, err
	}
	out.show(d.Facts)
	return out, audit.Write(tx, entry(c, res.Audience, detail))
}

// ownUse is the choice of whoever needs the file within the company.
const ownUse = "own"

// cut keeps of a name as much as a disclosure has room for.
func cut(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), 200)])
}

// show finds out which columns the file has.
func (h *handed) show(n *noticedef.Notice) {
	h.shown = make([]bool, len(fileColumns))
	var fields, records map[string]bool
	if h.gift != nil {
		fields, records = n.Holds(h.gift.Categories)
	}
	for i, of := range belonging {
		h.shown[i] = h.gift == nil || of == "" || records[of] || slices.ContainsFunc(strings.Fields(of), func(f string) bool { return fields[f] })
	}
}

func (h *handed) cells(all []string) (out []string) {
	for i, c := range all {
		if h.shown[i] {
			out = append(out, c)
		}
	}
	return out
}

// everybody writes the people of one state, some at a time. What is given away is
// recorded before it leaves, and of nobody whose data is only stored. law: GDPR 18(2)
func (h *handed) everybody(d *desk.Desk, s outbox.State, w *csv.Writer) error {
	from, more := outbox.Begin(0), true
	read := d.Look
	if h.gift != nil {
		read = d.Act
	}
	for more {
		var rows [][]string
		next := from
		err := read(func(tx *db.Tx) (err error) {
			var all []outbox.Message
			all, next, more, err = d.Campaign.People(tx, h.campaign.ID, s, "", from, fileRows)
			if err == nil {
				rows, err = h.rows(d, tx, all)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range rows {
			row(w, h.cells(r)...)
		}
		w.Flush()
		from = next
	}
	return nil
}

func (h *handed) rows(d *desk.Desk, tx *db.Tx, all []outbox.Message) (out [][]string, err error) {
	var given []id.ID
	for i := range all {
		m := &all[i]
		p, found, err := d.Party.Get(tx, m.Person)
		if err != nil {
			return nil, err
		}
		if h.gift != nil && (!found || p.Status != party.Active) {
			continue
		}
		name, email := "", ""
		if found {
			p = d.Masked(p)
			name, email = p.Name(), p.Email
		}
		given = append(given, m.Person)
		out = append(out, []string{m.Person.String(), name, email, string(m.State), m.Code, stamp(m.Decided), stamp(m.HandedAt), stamp(m.Done), m.Reply.Text})
	}
	if h.gift == nil || len(given) == 0 {
		return out, nil
	}
	return out, h.gift.Join(tx, given)
}

// receivers are those the file can be given to now: the company itself, and recipients
// of the notice that receive something of it and whose contract holds.
func receivers(d *desk.Desk, purpose string) []page.Option {
	out := []page.Option{{Value: ownUse, Text: d.T("results.own_use"), On: true}}
	for i := range d.Facts.Recipients {
		r := &d.Facts.Recipients[i]
		given := d.Facts.Given(r.ID, holds)
		if len(given) > 0 && d.Facts.MayReceive(r.ID, given, purpose, d.DB.Now()) == "" {
			out = append(out, page.Option{Value: r.ID, Text: r.Name})
		}
	}
	return out
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format("2006-01-02T15:04:05Z07:00")
}
