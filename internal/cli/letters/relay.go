package letters

import (
	"context"
	"errors"
	"kartotek/internal/cli/shell"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/dkim"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/relay"
)

// Relay is the group of commands of that name.
type Relay struct {
	Add     relayAddCmd     `cmd:"" help:"Enter a server that takes outgoing mail, with the processor of the notice that runs it."`
	Set     relaySetCmd     `cmd:"" help:"Change how a relay is used, or its address."`
	List    relayListCmd    `cmd:"" help:"List the relays and how they fare."`
	Check   relayCheckCmd   `cmd:"" help:"Reach for the relays, and look whether the world is ready for mail from a domain."`
	Disable relayDisableCmd `cmd:"" help:"Take a relay out of use."`
	Enable  relayEnableCmd  `cmd:"" help:"Take a relay into use again."`
	DKIM    relayDKIMCmd    `cmd:"" name:"dkim" help:"Print the DNS records of a domain's signing keys; make keys if there are none."`
}

// relayFields are what may be said of a relay.
type relayFields struct {
	Recipient   string `help:"Id of the processor in the notice (recipients) that runs the relay." placeholder:"ID"`
	Pool        string `help:"Group that campaigns may ask for." placeholder:"NAME"`
	Priority    int    `help:"The lowest is used while one of it is well." default:"0"`
	Weight      int    `help:"Share among relays of the same priority, 1 to 100." default:"1"`
	Signs       bool   `help:"The relay signs with DKIM itself."`
	Connections int    `help:"Most connections at once; 0: no limit." default:"0"`
	Rate        int    `help:"Most messages a minute to one provider; 0: no limit." default:"0"`
	Daily       int    `help:"Most messages a day to one provider; 0: no limit." default:"0"`
	New         bool   `help:"Its address is new to the world: warm it up over two weeks."`
}

func (f *relayFields) fill(a *relay.Relay, now time.Time) {
	a.Recipient, a.Pool, a.Priority, a.Weight, a.Signs = f.Recipient, f.Pool, f.Priority, f.Weight, f.Signs
	a.Connections, a.Rate, a.Daily = f.Connections, f.Rate, f.Daily
	if f.New && a.Started.IsZero() {
		a.Started = now
	}
}

type relayAddCmd struct {
	shell.Store `embed:""`
	Name        string `arg:"" help:"Name of the relay: small letters, digits, dots and hyphens."`
	URL         string `name:"url" required:"" env:"KARTOTEK_RELAY_URL" placeholder:"URL" secret:"" help:"smtp://[user:password@]host:port, or smtps://."`
	relayFields `embed:""`
}

// Run enters a relay.
func (c *relayAddCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		a := relay.Relay{Name: c.Name, URL: c.URL}
		c.fill(&a, h.DB.Now())
		return h.DB.Do(w.Ctx, c.Who("relay"), func(tx *db.Tx) error { _, err := h.Relay.Add(tx, a); return err })
	})
}

type relaySetCmd struct {
	shell.Store `embed:""`
	Name        string `arg:"" help:"Name of the relay."`
	URL         string `name:"url" env:"KARTOTEK_RELAY_URL" placeholder:"URL" secret:"" help:"Another address; without it the address stays."`
	relayFields `embed:""`
}

// Run changes a relay: what is not given goes back to its usual value, but for address and processor.
func (c *relaySetCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		return h.DB.Do(w.Ctx, c.Who("relay"), func(tx *db.Tx) error {
			old, err := h.Relay.Named(tx, c.Name)
			if err != nil {
				return err
			}
			a := *old
			c.fill(&a, tx.Time())
			if c.Recipient == "" {
				a.Recipient = old.Recipient
			}
			if c.URL != "" {
				a.URL = c.URL
			}
			_, err = h.Relay.Change(tx, a)
			return err
		})
	})
}

// relayShown is a relay as it is printed: never with its password.
type relayShown struct {
	Name        string       `json:"name"`
	Host        string       `json:"host"`
	Recipient   string       `json:"recipient,omitempty"`
	Pool        string       `json:"pool,omitempty"`
	Priority    int          `json:"priority"`
	Weight      int          `json:"weight"`
	Signs       bool         `json:"signs"`
	State       relay.State  `json:"state"`
	Refused     string       `json:"refused,omitempty"`
	Resting     *time.Time   `json:"resting_until,omitempty"`
	Last30      relay.Counts `json:"last_30_days"`
	Unreachable string       `json:"unreachable,omitempty"`
}

func showRelay(s *relay.Standing) relayShown {
	out := relayShown{Name: s.Name, Host: s.Host, Recipient: s.Recipient, Pool: s.Pool, Priority: s.Priority, Weight: s.Weight, Signs: s.Signs, State: s.State, Last30: s.Counts}
	if s.Refused != nil {
		out.Refused = fault.KeyOf(s.Refused)
	}
	if !s.Resting.IsZero() {
		out.Resting = &s.Resting
	}
	return out
}

func (s *relayShown) print(w *shell.World) {
	state := string(s.State)
	switch {
	case s.Refused != "":
		state = "refused: " + s.Refused
	case s.Unreachable != "":
		state = "unreachable: " + s.Unreachable
	case s.Resting != nil:
		state = "resting until " + s.Resting.Format(time.DateTime)
	}
	w.Printf("%-20s %-32s %-16s priority %d, weight %d, taken %d  %s\n", s.Name, s.Host, s.Recipient, s.Priority, s.Weight, s.Last30.Taken, state)
}

type relayListCmd struct {
	shell.Store `embed:""`
	JSON        bool `name:"json" help:"Print JSON."`
}

// Run lists the relays.
func (c *relayListCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		health, err := relayHealth(w.Ctx, h, c.Who("relay"))
		if err != nil {
			return err
		}
		out := []relayShown{}
		for i := range health.Relays {
			out = append(out, showRelay(&health.Relays[i]))
		}
		if c.JSON {
			return w.JSON(out)
		}
		for i := range out {
			out[i].print(w)
		}
		return nil
	})
}

func relayHealth(ctx context.Context, h *app.House, by db.By) (out *relay.Health, err error) {
	err = h.DB.View(ctx, by, func(tx *db.Tx) error { out, err = h.Relay.Health(tx, h.Outbox, 30); return err })
	return out, err
}

type relayCheckCmd struct {
	shell.Store `embed:""`
	Name        string `arg:"" optional:"" help:"Only this relay."`
	From        string `placeholder:"DOMAIN" help:"Look at SPF, DKIM, DMARC, MX, names and TLS for mail from this domain."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// Run reaches for the relays and looks at the domain; what is wrong ends with exit code 1.
func (c *relayCheckCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		all, wrong, err := c.relays(w.Ctx, h)
		if err != nil {
			return err
		}
		report := struct {
			Relays   []relayShown        `json:"relays"`
			Findings []preflight.Finding `json:"findings,omitempty"`
			Verdict  preflight.Verdict   `json:"verdict,omitempty"`
		}{Relays: all}
		if c.From != "" {
			l, err := h.Relay.Look(w.Ctx, c.From)
			if err != nil {
				return err
			}
			report.Findings, report.Verdict = l.Findings, l.Verdict(true)
			wrong = wrong || report.Verdict != preflight.Go
		}
		if c.JSON {
			err = w.JSON(report)
		} else {
			for i := range all {
				all[i].print(w)
			}
			for _, f := range report.Findings {
				w.Printf("%-8s %-6s %s %v\n", f.State, f.Check, f.Code, f.Pairs())
			}
		}
		if err == nil && wrong {
			err = shell.ErrFindings
		}
		return err
	})
}

// relays reaches for each relay in use.
func (c *relayCheckCmd) relays(ctx context.Context, h *app.House) (out []relayShown, wrong bool, err error) {
	out = []relayShown{}
	var all []*relay.Relay
	err = h.DB.View(ctx, c.Who("relay"), func(tx *db.Tx) (err error) { all, err = h.Relay.List(tx); return err })
	health, err2 := relayHealth(ctx, h, c.Who("relay"))
	if err != nil || err2 != nil {
		return nil, false, errors.Join(err, err2)
	}
	for i := range health.Relays {
		s := showRelay(&health.Relays[i])
		if c.Name != "" && s.Name != c.Name {
			continue
		}
		for _, a := range all {
			if a.Name != s.Name || a.State != relay.Active || s.Refused != "" {
				continue
			}
			if err := h.Relay.Probe(ctx, a); err != nil {
				s.Unreachable = fault.KeyOf(err)
			}
		}
		wrong = wrong || s.Refused != "" || s.Unreachable != ""
		out = append(out, s)
	}
	if c.Name != "" && len(out) == 0 {
		err = fault.New(fault.NotFound, "relay.none", "there is no such relay")
	}
	return out, wrong, err
}

type relayDisableCmd struct {
	shell.Store `embed:""`
	Name        string `arg:"" help:"Name of the relay."`
}

// Run takes a relay out of use.
func (c *relayDisableCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		return h.DB.Do(w.Ctx, c.Who("relay"), func(tx *db.Tx) error { return h.Relay.Disable(tx, c.Name) })
	})
}

type relayEnableCmd struct {
	shell.Store `embed:""`
	Name        string `arg:"" help:"Name of the relay."`
}

// Run takes a relay into use again.
func (c *relayEnableCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		return h.DB.Do(w.Ctx, c.Who("relay"), func(tx *db.Tx) error { return h.Relay.Enable(tx, c.Name) })
	})
}

type relayDKIMCmd struct {
	shell.Store `embed:""`
	Domain      string   `arg:"" help:"Domain of the senders' addresses."`
	Kind        []string `enum:"rsa,ed25519" default:"rsa" help:"Kinds of key to have: rsa, which every receiver reads, or rsa,ed25519."`
	Use         bool     `help:"Sign with new keys at once, without waiting a day for DNS."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

// keyShown is a key as it is printed.
type keyShown struct {
	Name   string    `json:"name"`
	Kind   dkim.Kind `json:"kind"`
	State  string    `json:"state"`
	Record string    `json:"record"`
	Zone   string    `json:"zone"`
}

// Run makes the keys that are missing and prints the records of those in use or to come.
func (c *relayDKIMCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		var out []keyShown
		err := h.DB.Do(w.Ctx, c.Who("relay"), func(tx *db.Tx) error {
			out = out[:0]
			all, err := h.Relay.DomainKeys(tx, c.Domain, c.Kind, c.Use)
			for _, k := range all {
				out = append(out, keyShown{k.Name(), k.Kind, k.State, k.Record, k.Zone})
			}
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(out)
		}
		for _, k := range out {
			w.Printf("; %s key, %s\n%s\n", k.Kind, k.State, k.Zone)
		}
		return nil
	})
}
