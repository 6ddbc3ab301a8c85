package cli

import (
	"strings"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
)

type logCmd struct {
	store   `embed:""`
	Person  string `placeholder:"ADDRESS" help:"What was done about the person with this address or key."`
	By      string `placeholder:"NAME|ADDRESS" help:"What an account did: its name, address or key."`
	Action  string `placeholder:"ACTION" help:"One kind of act, such as person.read."`
	Outcome string `enum:",ok,refused,failed" default:"" help:"How it ended: ok, refused or failed."`
	From    string `placeholder:"DATE" help:"Not before this day (UTC)."`
	To      string `placeholder:"DATE" help:"Not after this day (UTC)."`
	Limit   int    `default:"50" help:"At most so many entries, newest first; up to 500."`
	JSON    bool   `name:"json" help:"Print one JSON object a line."`
}

// logLine is an entry as --json prints it.
type logLine struct {
	ID      id.ID             `json:"id"`
	At      time.Time         `json:"at"`
	ByKind  string            `json:"by_kind"`
	By      string            `json:"by"`
	Account id.ID             `json:"account,omitempty"`
	Level   string            `json:"level,omitempty"`
	Device  string            `json:"device,omitempty"`
	Purpose string            `json:"purpose,omitempty"`
	Action  string            `json:"action"`
	Kind    string            `json:"kind,omitempty"`
	Object  string            `json:"object,omitempty"`
	Person  id.ID             `json:"person,omitempty"`
	Count   int               `json:"count,omitempty"`
	Detail  map[string]string `json:"detail,omitempty"`
	Outcome string            `json:"outcome"`
}

// Run prints entries of the log, newest first. Reading the log is logged too.
func (c *logCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		var entries []audit.Entry
		err := h.DB.Do(w.Ctx, c.Who("log"), func(tx *db.Tx) error {
			f, err := c.filter(h, tx)
			if err != nil {
				return err
			}
			if entries, err = audit.Read(tx, f); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "log.read", Kind: "log", Person: f.Person, Count: len(entries), Detail: c.detail(f)})
		})
		if err != nil {
			return err
		}
		return c.print(w, entries)
	})
}

func (c *logCmd) print(w *world, entries []audit.Entry) error {
	for i := range entries {
		e := &entries[i]
		if c.JSON {
			if err := w.Line(logLine{e.ID, e.At, e.By.Kind, e.By.Name, e.By.ID, e.By.Level, e.By.Device, e.Purpose, e.Action, e.Kind, e.Object,
				e.Person, e.Count, e.Detail, e.Outcome}); err != nil {
				return err
			}
			continue
		}
		about := e.Object
		if e.Person != 0 {
			about = e.Person.String()
		}
		w.Printf("%s  %-24s %-22s %-8s %-13s %s\n", e.At.Format("2006-01-02 15:04:05"), e.By.Name, e.Action, e.Outcome, about, e.Purpose)
	}
	return nil
}

// detail is what is logged of the question: its shape, never an address.
func (c *logCmd) detail(f audit.Filter) map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"what": f.Action, "outcome": f.Outcome, "from": c.From, "to": c.To} {
		if value != "" {
			out[name] = value
		}
	}
	if f.By != 0 {
		out["who"] = f.By.String()
	}
	return out
}

func (c *logCmd) filter(h *app.House, tx *db.Tx) (f audit.Filter, err error) {
	f = audit.Filter{Action: c.Action, Outcome: c.Outcome, Limit: c.Limit}
	if c.From != "" {
		if f.From, err = day(c.From); err != nil {
			return f, err
		}
	}
	if c.To != "" {
		if f.To, err = day(c.To); err != nil {
			return f, err
		}
		f.To = f.To.AddDate(0, 0, 1)
	}
	if c.By != "" {
		if f.By, err = actor(tx, c.By); err != nil {
			return f, err
		}
	}
	if c.Person != "" {
		f.Person, err = c.who(h, tx)
	}
	return f, err
}

// who finds the person of an address or key. The key of a person who is no
// longer there finds what was done about them.
func (c *logCmd) who(h *app.House, tx *db.Tx) (id.ID, error) {
	if who, err := id.Parse(c.Person); err == nil && !strings.Contains(c.Person, "@") {
		return who, nil
	}
	return h.PersonOf(tx, c.Person)
}

// actor finds an account by address, key or name.
func actor(tx *db.Tx, text string) (id.ID, error) {
	if strings.Contains(text, "@") {
		a, err := account(tx, text)
		if err != nil {
			return 0, err
		}
		return a.ID, nil
	}
	all, err := staff.List(tx)
	if err != nil {
		return 0, err
	}
	for _, a := range all {
		if strings.EqualFold(a.Name, text) || a.ID.String() == text {
			return a.ID, nil
		}
	}
	return 0, fault.New(fault.NotFound, "staff.no_account", "there is no such account")
}
