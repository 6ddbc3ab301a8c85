package letters

import (
	"io"
	"kartotek/internal/cli/shell"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

// named is a campaign of a register.
type named struct {
	Campaign    string `arg:"" help:"Name of the campaign, or its id."`
	shell.Store `embed:""`
}

// find reads a campaign by its name or id.
func (n *named) find(tx *db.Tx, h *app.House) (*campaign.Campaign, error) {
	c, err := h.Campaign.Named(tx, n.Campaign)
	if !fault.Is(err, fault.NotFound) {
		return c, err
	}
	if which, wrong := id.Parse(n.Campaign); wrong == nil {
		return h.Campaign.Get(tx, which)
	}
	return nil, err
}

// act does something with a campaign, notes it in the log, and prints how the
// campaign stands then.
func (n *named) act(w *shell.World, name string, fn func(tx *db.Tx, h *app.House, c *campaign.Campaign) error) error {
	return n.With(w, func(h *app.House) error {
		var now *campaign.Campaign
		err := h.DB.Do(w.Ctx, n.Who("newsletter"), func(tx *db.Tx) error {
			c, err := n.find(tx, h)
			if err != nil {
				return err
			}
			if err := fn(tx, h, c); err != nil {
				return err
			}
			if now, err = h.Campaign.Get(tx, c.ID); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "campaign." + name, Kind: "campaign", Object: c.ID.String(), Purpose: c.Purpose})
		})
		if err == nil {
			w.Printf("%s: %s\n", now.Name, now.State)
		}
		return err
	})
}

// Line is a campaign as scripts read it. Times are RFC 3339, "" when not yet.
type Line struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	State   campaign.State   `json:"state"`
	Purpose string           `json:"purpose"`
	Class   string           `json:"class"`
	Subject string           `json:"subject"`
	Changed string           `json:"changed"`
	Starts  string           `json:"starts,omitempty"` // planned
	Waits   string           `json:"waits_until,omitempty"`
	Started string           `json:"started,omitempty"`
	Ended   string           `json:"ended,omitempty"`
	Results campaign.Results `json:"results"`
}

func lineOf(tx *db.Tx, h *app.House, c *campaign.Campaign) (Line, error) {
	out := Line{ID: c.ID.String(), Name: c.Name, State: c.State, Purpose: c.Purpose, Class: string(c.Class), Subject: c.Subject,
		Changed: rfc(clock.FromMs(c.ChangedAt)), Started: rfc(clock.FromMs(c.StartedAt)), Ended: rfc(clock.FromMs(c.DoneAt))}
	if s := c.Options.Schedule; s != nil && c.State == campaign.Scheduled {
		if at, _, err := s.When(); err == nil {
			out.Starts = rfc(at)
		}
	}
	if c.State.Running() {
		out.Waits = rfc(c.QuietUntil(tx.Time()))
	}
	var err error
	out.Results, err = h.Campaign.Results(tx, c.ID)
	return out, err
}

func rfc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type campaignListCmd struct {
	shell.Store `embed:""`
	State       []campaign.State `help:"Only those in this state: draft, scheduled, deciding, sending, choosing, paused, done, stopped."`
	Limit       int              `default:"100" help:"How many at most, the newest first."`
	JSON        bool             `name:"json" help:"Print JSON."`
}

// Run lists campaigns, the newest first.
func (c *campaignListCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		lines := []Line{}
		err := h.DB.View(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) error {
			read := h.Campaign.List
			if len(c.State) > 0 {
				read = func(tx *db.Tx, before id.ID, limit int) ([]campaign.Campaign, error) {
					return h.Campaign.ListIn(tx, c.State, before, limit)
				}
			}
			all, err := read(tx, 0, c.Limit)
			for i := range all {
				l, err := lineOf(tx, h, &all[i])
				if err != nil {
					return err
				}
				lines = append(lines, l)
			}
			return err
		})
		if err != nil || c.JSON {
			return firstOf(err, func() error { return w.JSON(lines) })
		}
		for _, l := range lines {
			w.Printf("%-10s %-13s %6d sent  %6d left out  %s%s\n", l.State, l.ID, l.Results.Sent, l.Results.Audience-l.Results.Allowed, l.Name, l.when())
		}
		return nil
	})
}

// when says what a campaign waits for.
func (l Line) when() string {
	switch {
	case l.Starts != "":
		return "  starts " + l.Starts
	case l.Waits != "":
		return "  waits until " + l.Waits
	}
	return ""
}

func firstOf(err error, fn func() error) error {
	if err != nil {
		return err
	}
	return fn()
}

type campaignCreateCmd struct {
	File        string `arg:"" help:"Campaign file (YAML), as campaign send reads it; - reads standard input."`
	shell.Store `embed:""`
	JSON        bool `name:"json" help:"Print JSON."`
}

func (c *campaignCreateCmd) read(w *shell.World) ([]byte, error) {
	if c.File == "-" {
		return io.ReadAll(io.LimitReader(w.In, def.MaxFile+1))
	}
	return shell.ReadFile(c.File)
}

// Run stores a draft. The same name again changes the draft.
func (c *campaignCreateCmd) Run(w *shell.World) error {
	src, err := c.read(w)
	if err != nil {
		return err
	}
	draft, err := def.ReadFile(src)
	if err != nil {
		return err
	}
	return c.With(w, func(h *app.House) error {
		var line Line
		err := h.DB.Do(w.Ctx, c.Who(draft.Purpose), func(tx *db.Tx) error {
			was, err := h.Campaign.Named(tx, draft.Name)
			if err == nil {
				draft.ID = was.ID
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
			if err := h.Campaign.Read(tx, draft); err != nil {
				return err
			}
			saved, err := h.Campaign.Save(tx, *draft)
			if err != nil {
				return err
			}
			if line, err = lineOf(tx, h, saved); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "campaign.save", Kind: "campaign", Object: saved.ID.String(), Purpose: saved.Purpose})
		})
		if err != nil || c.JSON {
			return firstOf(err, func() error { return w.JSON(line) })
		}
		w.Printf("%s: %s (%s)\n", line.Name, line.State, line.ID)
		return nil
	})
}

type campaignShowCmd struct {
	named   `embed:""`
	BaseURL string `name:"base-url" env:"KARTOTEK_BASE_URL" default:"http://127.0.0.1:8600" placeholder:"URL" help:"Public address that links in the letter begin with."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Shown is a campaign whole, for scripts.
type Shown struct {
	Line
	From     string           `json:"from"`
	ReplyTo  string           `json:"reply_to,omitempty"`
	Language string           `json:"language,omitempty"`
	Audience string           `json:"audience"`
	Format   string           `json:"format,omitempty"`
	Body     string           `json:"body"`
	Options  campaign.Options `json:"options"`
	Checks   []checkLine      `json:"checks,omitempty"` // before it is sent
}

// checkLine is one thing that was looked at before sending.
type checkLine struct {
	Check string         `json:"check"`
	Grade campaign.Grade `json:"grade"`
	Code  string         `json:"code,omitempty"`
}

// Run shows a campaign, and before it is sent what was looked at.
func (c *campaignShowCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		h.Campaign.BaseURL = c.BaseURL
		var out Shown
		var found *campaign.Campaign
		err := h.DB.View(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) (err error) {
			if found, err = c.find(tx, h); err != nil {
				return err
			}
			out.Line, err = lineOf(tx, h, found)
			return err
		})
		if err != nil {
			return err
		}
		out.From, out.ReplyTo, out.Language, out.Audience, out.Format, out.Body, out.Options = found.From, found.ReplyTo, found.Language, found.Audience, found.Format, found.Body, found.Options
		if found.State == campaign.Draft || found.State == campaign.Scheduled {
			all, err := h.Campaign.Findings(w.Ctx, c.Who(found.Purpose), found)
			if err != nil {
				return err
			}
			for _, f := range all {
				if f.Fault != nil {
					f.Code = fault.KeyOf(f.Fault)
				}
				out.Checks = append(out.Checks, checkLine{f.Check, f.Grade, f.Code})
			}
		}
		if c.JSON {
			return w.JSON(out)
		}
		out.print(w)
		return nil
	})
}

func (s *Shown) print(w *shell.World) {
	w.Printf("name      %s\nid        %s\nstate     %s%s\npurpose   %s (%s)\nfrom      %s\nsubject   %s\naudience  %s\n", s.Name, s.ID, s.State, s.when(), s.Purpose, s.Class, s.From, s.Subject, s.Audience)
	r := s.Results
	if r.Audience > 0 {
		w.Printf("results   audience %d · allowed %d · sent %d · failed %d · uncertain %d · waiting %d\n", r.Audience, r.Allowed, r.Sent, r.Failed, r.Uncertain, r.Waiting)
	}
	for _, f := range s.Checks {
		w.Printf("check     %-6s %s %s\n", f.Grade, f.Check, f.Code)
	}
}

type campaignTestCmd struct {
	named     `embed:""`
	To        string `required:"" placeholder:"ADDRESS" help:"Where the test goes."`
	As        string `placeholder:"ADDRESS" help:"Whose values the letter shows; without it nobody's."`
	SMTP      string `name:"smtp" env:"KARTOTEK_SMTP" placeholder:"URL" secret:"" help:"Mail server: smtp://host:port; without it the relays of the register."`
	Processor string `placeholder:"KEY" help:"Who runs the mail server of --smtp: the key of a processor in the notice, with a contract that holds. A server on this machine is your own and needs none; for another it can be left out when exactly one processor of the notice delivers mail."`
	BaseURL   string `name:"base-url" env:"KARTOTEK_BASE_URL" default:"http://127.0.0.1:8600" placeholder:"URL" help:"Public address that links in the letter begin with."`
}

// Run sends a campaign's letters to one address, marked, stored and counted nowhere.
func (c *campaignTestCmd) Run(w *shell.World) error {
	h, err := app.Open(w.Ctx, c.Store.Store, app.Options{SMTP: c.SMTP, BaseURL: c.BaseURL})
	if err != nil {
		return err
	}
	defer h.Close()
	if !h.Campaign.Sends() {
		return shell.Usage("campaign test wants --smtp URL, or a relay in the register (relay add)")
	}
	var found *campaign.Campaign
	var as *party.Person
	err = h.DB.View(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) (err error) {
		if found, err = c.find(tx, h); err != nil || c.As == "" {
			return err
		}
		who, known, err := h.Party.ByAddress(tx, c.As)
		if err != nil || !known {
			return firstOf(err, func() error { return party.NotFound() })
		}
		as, _, err = h.Party.Get(tx, who)
		return err
	})
	if err != nil {
		return err
	}
	if err := appoint(w, h, c.Who(found.Purpose), c.Processor); err != nil {
		return err
	}
	if err := h.Campaign.Test(w.Ctx, c.Who(found.Purpose), found, c.To, as); err != nil {
		return err
	}
	w.Printf("%s: %d sent as a test\n", found.Name, found.Letters())
	return nil
}

type campaignPauseCmd struct {
	named `embed:""`
}

// Run stops handing over; at most the groups under way go out.
func (c *campaignPauseCmd) Run(w *shell.World) error {
	return c.act(w, "pause", func(tx *db.Tx, h *app.House, x *campaign.Campaign) error { return h.Campaign.Pause(tx, x.ID) })
}

type campaignResumeCmd struct {
	named `embed:""`
}

// Run gives a paused campaign's work back to the queue; a running server, or
// campaign send, does it.
func (c *campaignResumeCmd) Run(w *shell.World) error {
	return c.act(w, "resume", func(tx *db.Tx, h *app.House, x *campaign.Campaign) error { return h.Campaign.Resume(tx, x.ID) })
}

type campaignStopCmd struct {
	named `embed:""`
}

// Run ends a campaign for good.
func (c *campaignStopCmd) Run(w *shell.World) error {
	return c.act(w, "stop", func(tx *db.Tx, h *app.House, x *campaign.Campaign) error { return h.Campaign.Stop(tx, x.ID) })
}

type campaignScheduleCmd struct {
	named `embed:""`
	At    string `placeholder:"TIME" xor:"when" required:"" help:"When it starts, by the clock on the wall: '2026-09-01 08:30'. A time the clock skips means the first minute after; of one it shows twice the first."`
	Zone  string `default:"Europe/Helsinki" env:"KARTOTEK_TIMEZONE" help:"Time zone of --at."`
	Never bool   `xor:"when" required:"" help:"Take the time away."`
}

// Run gives a campaign a time, or takes it away. A running server starts it then.
func (c *campaignScheduleCmd) Run(w *shell.World) error {
	if c.Never {
		return c.act(w, "unschedule", func(tx *db.Tx, h *app.House, x *campaign.Campaign) error { return h.Campaign.Unplan(tx, x.ID) })
	}
	at, err := time.Parse("2006-01-02 15:04", c.At)
	if err != nil {
		return shell.Usage("--at wants a date and a time such as '2026-09-01 08:30'")
	}
	s := campaign.Schedule{Date: at.Format(time.DateOnly), Time: at.Format("15:04"), Zone: c.Zone}
	return c.act(w, "schedule", func(tx *db.Tx, h *app.House, x *campaign.Campaign) error {
		when, err := h.Campaign.Plan(tx, x.ID, s)
		if err == nil {
			w.Note("starts %s", rfc(when))
		}
		return err
	})
}

type campaignCopyCmd struct {
	named `embed:""`
	To    string `name:"as" placeholder:"NAME" help:"Name of the copy; without it the next that is free."`
}

// Run makes a draft like a campaign.
func (c *campaignCopyCmd) Run(w *shell.World) error {
	return c.act(w, "copy", func(tx *db.Tx, h *app.House, x *campaign.Campaign) error {
		made, err := h.Campaign.Copy(tx, x.ID, c.To)
		if err == nil {
			*x = *made
		}
		return err
	})
}

type campaignChooseCmd struct {
	named  `embed:""`
	Letter int `arg:"" help:"Number of the letter that everybody who waits gets, from 1."`
}

// Run ends a test of several letters by hand.
func (c *campaignChooseCmd) Run(w *shell.World) error {
	return c.act(w, "choose", func(tx *db.Tx, h *app.House, x *campaign.Campaign) error {
		return h.Campaign.Choose(tx, x.ID, c.Letter, nil)
	})
}
