package letters

import (
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/cli/shell"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

type campaignUncertainCmd struct {
	named `embed:""`
	JSON  bool `name:"json" help:"Print JSON."`
}

// UncertainLine is a letter of which nobody knows whether it arrived, for scripts.
type UncertainLine struct {
	Person  string `json:"person"`
	Address string `json:"address,omitempty"` // "" when the person is gone or has none any more
	Since   string `json:"since"`             // when it was handed over
	Reply   string `json:"reply,omitempty"`   // what the relay said, or why there is no answer
}

// Run lists them, after the log has been told that they are read.
func (c *campaignUncertainCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		lines := []UncertainLine{}
		err := h.DB.Do(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) error {
			lines = lines[:0]
			found, err := c.find(tx, h)
			if err != nil {
				return err
			}
			if err := eachUncertain(tx, h, found, func(l UncertainLine) { lines = append(lines, l) }); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "campaign.people", Kind: "campaign", Object: found.ID.String(), Purpose: found.Purpose, Count: len(lines),
				Detail: map[string]string{"state": string(outbox.Uncertain)}})
		})
		if err != nil || c.JSON {
			return firstOf(err, func() error { return w.JSON(lines) })
		}
		for _, l := range lines {
			w.Printf("%s  %s\n", strings.Join([]string{l.Person, l.Since, l.Address}, "  "), l.Reply)
		}
		return nil
	})
}

// eachUncertain gives a campaign's uncertain letters, some at a time.
func eachUncertain(tx *db.Tx, h *app.House, c *campaign.Campaign, fn func(UncertainLine)) error {
	for from, more := outbox.Begin(0), true; more; {
		var some []outbox.Message
		var err error
		if some, from, more, err = h.Campaign.People(tx, c.ID, outbox.Uncertain, "", from, 500); err != nil {
			return err
		}
		for i := range some {
			m := &some[i]
			l := UncertainLine{Person: m.Person.String(), Since: rfc(clock.FromMs(m.HandedAt)), Reply: m.Reply.Text}
			p, found, err := h.Party.Get(tx, m.Person)
			if err != nil {
				return err
			}
			if found {
				l.Address = p.Email
			}
			fn(l)
		}
	}
	return nil
}

type campaignSettleCmd struct {
	Campaign    string `arg:"" help:"Name of the campaign, or its id."`
	Address     string `arg:"" help:"E-mail address of the person, or the id that campaign uncertain gives."`
	shell.Store `embed:""`
	As          outbox.State `required:"" enum:"sent,failed" help:"What became of it: sent or failed."`
	Reason      string       `required:"" placeholder:"TEXT" help:"How you know; kept in the log. Name no personal data."`
}

// Run settles one letter. It sends nothing.
func (c *campaignSettleCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		n := named{Campaign: c.Campaign}
		var left int
		err := h.DB.Do(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) error {
			found, err := n.find(tx, h)
			if err != nil {
				return err
			}
			who, err := id.Parse(c.Address)
			if err != nil {
				var known bool
				if who, known, err = h.Party.ByAddress(tx, c.Address); err == nil && !known {
					err = party.NotFound()
				}
			}
			if err != nil {
				return err
			}
			if err := h.Campaign.Settle(tx, found.ID, who, c.As, c.Reason); err != nil {
				return err
			}
			r, err := h.Campaign.Results(tx, found.ID)
			left = r.Uncertain
			return err
		})
		if err == nil {
			w.Printf("settled as %s; %d uncertain are left\n", c.As, left)
		}
		return err
	})
}
