package outreach

import (
	"encoding/csv"
	"io"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect/guard"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/results"
	"kartotek/internal/web/admin/desk"
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
		err = exported(d, rep.Campaign, "figures", 0)
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

// exported logs that figures or people left the register.
func exported(d *desk.Desk, c *campaign.Campaign, what string, n int) error {
	return d.Seen(audit.Entry{Action: "campaign.export", Kind: "campaign", Object: c.ID.String(), Purpose: c.Purpose, Count: n, Detail: map[string]string{"what": what}})
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
// them, as CSV: as much of each as the reader may see. That they leave the register
// is logged before the first of them does.
func peopleFile(d *desk.Desk) error {
	if err := d.NeedPeople(); err != nil {
		return err
	}
	if err := d.NeedSearch(); err != nil {
		return err
	}
	var c *campaign.Campaign
	var res campaign.Results
	err := d.Look(func(tx *db.Tx) (err error) {
		if c, err = read(d, tx); err == nil {
			res, err = d.Campaign.Results(tx, c.ID)
		}
		return err
	})
	if err == nil && c.State == campaign.Draft {
		err = fault.New(fault.NotFound, "campaign.none", "there is no such newsletter")
	}
	if err == nil {
		err = exported(d, c, "people", res.Audience)
	}
	if err != nil {
		return err
	}
	w := table(d, title(c.Name)+"-people.csv")
	defer w.Flush()
	row(w, "person", "name", "email", "state", "code", "decided", "handed", "done", "reply")
	for _, s := range states {
		if err := everybody(d, c, s, w); err != nil {
			return err
		}
	}
	return nil
}

// everybody writes the people of one state, some at a time, each from its own snapshot.
func everybody(d *desk.Desk, c *campaign.Campaign, s outbox.State, w *csv.Writer) error {
	from, more := outbox.Begin(0), true
	for more {
		err := d.Look(func(tx *db.Tx) (err error) {
			var all []outbox.Message
			all, from, more, err = d.Campaign.People(tx, c.ID, s, "", from, fileRows)
			for i := range all {
				if err == nil {
					err = person(d, tx, &all[i], w)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		w.Flush()
	}
	return nil
}

func person(d *desk.Desk, tx *db.Tx, m *outbox.Message, w *csv.Writer) error {
	p, found, err := d.Party.Get(tx, m.Person)
	if err != nil {
		return err
	}
	name, email := "", ""
	if found {
		p = d.Masked(p)
		name, email = p.Name(), p.Email
	}
	row(w, m.Person.String(), name, email, string(m.State), m.Code, stamp(m.Decided), stamp(m.HandedAt), stamp(m.Done), m.Reply.Text)
	return nil
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format("2006-01-02T15:04:05Z07:00")
}
