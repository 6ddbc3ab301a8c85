package api

import (
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/staff/apikey"
)

type me struct {
	Key    id.ID    `json:"key"`
	Name   string   `json:"name"`
	Until  string   `json:"until" doc:"last day of the key"`
	Owner  string   `json:"owner"`
	Rights []string `json:"rights" doc:"what the key may do now: purpose/category/action, or purpose//act"`
}

func whoAmI(c *call) (any, error) {
	k := c.Actor.Key()
	out := me{Key: k.ID, Name: k.Name, Until: k.Until, Owner: c.Actor.Name(), Rights: []string{}}
	for _, r := range apikey.Offer(c.Facts, c.Actor.Levels()) {
		out.Rights = append(out.Rights, r.String())
	}
	return out, nil
}

type entry struct {
	ID      id.ID             `json:"id"`
	At      string            `json:"at"`
	Action  string            `json:"action"`
	Outcome string            `json:"outcome" doc:"ok or refused"`
	By      string            `json:"by" doc:"name"`
	ByID    string            `json:"by_id,omitempty" doc:"account"`
	Device  string            `json:"device,omitempty"`
	Purpose string            `json:"purpose,omitempty"`
	Kind    string            `json:"kind,omitempty" doc:"of the object"`
	Object  string            `json:"object,omitempty"`
	Person  string            `json:"person,omitempty"`
	Count   int               `json:"count,omitempty" doc:"people or rows, of searches and lists"`
	Detail  map[string]string `json:"detail,omitempty" doc:"codes and keys"`
}

type entries struct {
	Entries []entry `json:"entries"`
	Next    string  `json:"next,omitempty" doc:"goes into after for the rows that follow; left out at the end"`
}

func readLog(c *call) (any, error) {
	f, err := c.filter()
	if err != nil {
		return nil, err
	}
	if _, err := c.Cursor(&f.After); err != nil {
		return nil, err
	}
	n, err := c.limit()
	if err != nil {
		return nil, err
	}
	if err := c.Audit.Fold(c.Context()); err != nil {
		return nil, err
	}
	f.Limit = n + 1
	out := entries{Entries: []entry{}}
	err = c.Look(func(tx *db.Tx) error {
		all, err := audit.Read(tx, f)
		if len(all) > n {
			all = all[:n]
			out.Next = c.SignCursor(all[n-1].ID)
		}
		for i := range all {
			out.Entries = append(out.Entries, line(&all[i]))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, c.Seen(audit.Entry{Action: "log.read", Kind: "log", Count: len(out.Entries), Person: f.Person, Detail: c.shape(), Purpose: c.Purpose()})
}

func line(e *audit.Entry) entry {
	out := entry{ID: e.ID, At: e.At.UTC().Format(time.RFC3339Nano), Action: e.Action, Outcome: e.Outcome, By: e.By.Name, Device: e.By.Device, Purpose: e.Purpose,
		Kind: e.Kind, Object: e.Object, Count: e.Count, Detail: e.Detail}
	if e.By.ID != 0 {
		out.ByID = e.By.ID.String()
	}
	if e.Person != 0 {
		out.Person = e.Person.String()
	}
	return out
}

func (c *call) filter() (f audit.Filter, err error) {
	if f.Action, err = c.query.Line("action", 60); err != nil {
		return f, err
	}
	for name, into := range map[string]*id.ID{"person": &f.Person, "by": &f.By} {
		if text := c.query.Get(name); text != "" {
			if *into, err = id.Parse(text); err != nil || *into == 0 {
				return f, invalid("form.choice", name, "this is no id")
			}
		}
	}
	for name, into := range map[string]*time.Time{"from": &f.From, "to": &f.To} {
		if text := c.query.Get(name); text != "" {
			if *into, err = time.ParseInLocation(time.DateOnly, text, c.Printer.Zone()); err != nil {
				return f, invalid("form.date", name, "the day is a date")
			}
		}
	}
	return f, nil
}
