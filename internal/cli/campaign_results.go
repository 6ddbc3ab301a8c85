package cli

import (
	"encoding/csv"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/clock"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/results"
)

type campaignResultsCmd struct {
	Campaign string `arg:"" help:"Name of the campaign, or its id."`
	store    `embed:""`
	Person   string `placeholder:"ADDRESS" help:"Did this person get it, when, and why?"`
	CSV      bool   `name:"csv" xor:"form" help:"Print CSV: part, what, count."`
	JSON     bool   `name:"json" xor:"form" help:"Print JSON."`
}

// Run prints what came of a campaign, or of it for one person; the latter is logged.
func (c *campaignResultsCmd) Run(w *world) error {
	return c.with(w, func(h *app.House) error {
		if c.Person != "" {
			return c.person(w, h)
		}
		rep, err := h.Report(w.ctx, c.by("newsletter"), c.Campaign)
		if err != nil {
			return err
		}
		if c.JSON {
			return w.json(resultsOf(rep))
		}
		if c.CSV {
			return c.table(w, rep)
		}
		for _, l := range rep.Table() {
			w.printf("%-12s %10s  %s\n", l.Part, l.Count, l.What)
		}
		if rep.Few {
			w.printf("clicks are not told: fewer people got it than the smallest group\n")
		}
		return nil
	})
}

func (c *campaignResultsCmd) table(w *world, rep *results.Report) error {
	out := csv.NewWriter(w.out)
	rows := [][]string{{"part", "what", "count"}}
	for _, l := range rep.Table() {
		rows = append(rows, []string{l.Part, dialect.Guard(l.What), l.Count})
	}
	return out.WriteAll(rows)
}

// campaignReport is a report for scripts.
type campaignReport struct {
	Campaign   string          `json:"campaign"`
	State      string          `json:"state"`
	Audience   int             `json:"audience"`
	Allowed    int             `json:"allowed"`
	Blocked    map[string]int  `json:"blocked"`
	Sent       int             `json:"sent"`
	Delivered  int             `json:"delivered"`
	Failed     int             `json:"failed"`
	Uncertain  int             `json:"uncertain"`
	Waiting    int             `json:"waiting"`
	Bounced    map[string]int  `json:"bounced"`    // by reason
	Complaints map[string]int  `json:"complaints"` // by reason
	SaidNo     map[string]int  `json:"said_no"`    // by way
	Clicks     *campaignClicks `json:"clicks"`     // null where they are not counted, or not told
}

type campaignClicks struct {
	Human    int            `json:"human"`
	Machines map[string]int `json:"machines"` // by what gave them away
	Links    map[string]int `json:"links"`    // of people, by address
}

func resultsOf(r *results.Report) campaignReport {
	out := campaignReport{Campaign: r.Campaign.Name, State: string(r.Campaign.State), Audience: r.Results.Audience, Allowed: r.Results.Allowed, Blocked: r.Results.Blocked,
		Sent: r.Results.Sent, Delivered: r.Delivered, Failed: r.Results.Failed, Uncertain: r.Results.Uncertain, Waiting: r.Results.Waiting,
		Bounced: map[string]int{}, Complaints: map[string]int{}, SaidNo: map[string]int{}}
	for _, b := range r.Back {
		into := out.Bounced
		if b.Complaint {
			into = out.Complaints
		}
		into[b.Reason] += b.N
	}
	for _, way := range r.Left {
		out.SaidNo[way.Way] = way.N
	}
	if r.Campaign.Options.Clicks && !r.Few {
		out.Clicks = &campaignClicks{Human: r.Clicks.Human, Machines: r.Clicks.Machines, Links: map[string]int{}}
		for _, l := range r.Clicks.Links {
			out.Clicks.Links[l.Address] += l.Human
		}
	}
	return out
}

// campaignAnswer is one person's for scripts.
type campaignAnswer struct {
	Asked   bool   `json:"in_audience"`
	Got     bool   `json:"got"`
	State   string `json:"state,omitempty"`
	Code    string `json:"code,omitempty"` // the verdict: why, or why not
	At      string `json:"at,omitempty"`
	Notice  int    `json:"notice_version,omitempty"`
	Rules   string `json:"rule_packs,omitempty"`
	Rests   string `json:"evidence,omitempty"` // the ledger entry the verdict rests on
	Reply   string `json:"reply,omitempty"`    // of the receiving server
	Message string `json:"message,omitempty"`
}

func (c *campaignResultsCmd) person(w *world, h *app.House) error {
	a, err := h.Got(w.ctx, c.by("newsletter"), c.Campaign, c.Person)
	if err != nil {
		return err
	}
	out := campaignAnswer{Asked: a.Found, Got: a.Got}
	if m := a.Message; a.Found {
		out.State, out.Code, out.At = string(m.State), m.Code, a.At.Format(time.RFC3339)
		out.Notice, out.Rules, out.Rests, out.Reply, out.Message = m.Notice, m.Pack, m.Evidence, m.Reply.Text, m.ID.String()
	}
	if c.JSON {
		return w.json(out)
	}
	switch {
	case !a.Found:
		w.printf("no: not in the audience\n")
	case a.Got:
		w.printf("yes: handed over %s, because %s", clock.FromMs(a.Message.HandedAt).Format(time.RFC3339), out.Code)
	default:
		w.printf("no: %s since %s, because %s", out.State, out.At, out.Code)
	}
	if a.Found {
		w.printf(" (notice version %d, rules %s", out.Notice, out.Rules)
		if out.Rests != "" {
			w.printf(", evidence %s", out.Rests)
		}
		w.printf(")\n")
		if out.Reply != "" {
			w.printf("the receiving server said: %s\n", out.Reply)
		}
	}
	return nil
}
