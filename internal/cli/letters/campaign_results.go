package letters

import (
	"encoding/csv"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/cli/shell"
	"kartotek/internal/clock"
	"kartotek/internal/exchange/dialect/guard"
	"kartotek/internal/results"
)

type campaignResultsCmd struct {
	Campaign    string `arg:"" help:"Name of the campaign, or its id."`
	shell.Store `embed:""`
	Person      string `placeholder:"ADDRESS" help:"Did this person get it, when, and why?"`
	CSV         bool   `name:"csv" xor:"form" help:"Print CSV: part, what, count."`
	JSON        bool   `name:"json" xor:"form" help:"Print JSON."`
}

// Run prints what came of a campaign, or of it for one person; the latter is logged.
func (c *campaignResultsCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		if c.Person != "" {
			return c.person(w, h)
		}
		rep, err := h.Report(w.Ctx, c.Who("newsletter"), c.Campaign)
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(resultsOf(rep))
		}
		if c.CSV {
			return c.table(w, rep)
		}
		for _, l := range rep.Table() {
			w.Printf("%-12s %10s  %s\n", l.Part, l.Count, l.What)
		}
		if rep.Few {
			w.Printf("clicks are not told: fewer people got it than the smallest group\n")
		}
		return nil
	})
}

func (c *campaignResultsCmd) table(w *shell.World, rep *results.Report) error {
	out := csv.NewWriter(w.Out)
	rows := [][]string{{"part", "what", "count"}}
	for _, l := range rep.Table() {
		rows = append(rows, []string{l.Part, guard.Cell(l.What), l.Count})
	}
	return out.WriteAll(rows)
}

// Report is a report for scripts.
type Report struct {
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

func resultsOf(r *results.Report) Report {
	out := Report{Campaign: r.Campaign.Name, State: string(r.Campaign.State), Audience: r.Results.Audience, Allowed: r.Results.Allowed, Blocked: r.Results.Blocked,
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

// Answer is one person's for scripts.
type Answer struct {
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

func (c *campaignResultsCmd) person(w *shell.World, h *app.House) error {
	a, err := h.Got(w.Ctx, c.Who("newsletter"), c.Campaign, c.Person)
	if err != nil {
		return err
	}
	out := Answer{Asked: a.Found, Got: a.Got}
	if m := a.Message; a.Found {
		out.State, out.Code, out.At = string(m.State), m.Code, a.At.Format(time.RFC3339)
		out.Notice, out.Rules, out.Rests, out.Reply, out.Message = m.Notice, m.Pack, m.Evidence, m.Reply.Text, m.ID.String()
	}
	if c.JSON {
		return w.JSON(out)
	}
	switch {
	case !a.Found:
		w.Printf("no: not in the audience\n")
	case a.Got:
		w.Printf("yes: handed over %s, because %s", clock.FromMs(a.Message.HandedAt).Format(time.RFC3339), out.Code)
	default:
		w.Printf("no: %s since %s, because %s", out.State, out.At, out.Code)
	}
	if a.Found {
		w.Printf(" (notice version %d, rules %s", out.Notice, out.Rules)
		if out.Rests != "" {
			w.Printf(", evidence %s", out.Rests)
		}
		w.Printf(")\n")
		if out.Reply != "" {
			w.Printf("the receiving server said: %s\n", out.Reply)
		}
	}
	return nil
}
