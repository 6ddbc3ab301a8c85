package letters

import (
	"cmp"
	"errors"
	"kartotek/internal/cli/shell"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// Campaign is the group of commands of that name.
type Campaign struct {
	List      campaignListCmd      `cmd:"" help:"List campaigns, the newest first."`
	Create    campaignCreateCmd    `cmd:"" help:"Store a draft described in a file; the same name again changes the draft."`
	Show      campaignShowCmd      `cmd:"" help:"Show a campaign whole, and before it is sent what was looked at."`
	Test      campaignTestCmd      `cmd:"" help:"Send a campaign to one address, marked as a test and not counted."`
	Send      campaignSendCmd      `cmd:"" help:"Send a newsletter or campaign described in a file; the same name again goes on with it."`
	Schedule  campaignScheduleCmd  `cmd:"" help:"Give a draft a time at which a running server starts it."`
	Pause     campaignPauseCmd     `cmd:"" help:"Hand nothing more over."`
	Resume    campaignResumeCmd    `cmd:"" help:"Go on with a paused campaign, on a running server or with campaign send."`
	Stop      campaignStopCmd      `cmd:"" help:"End a campaign for good; who waits gets no letter."`
	Choose    campaignChooseCmd    `cmd:"" help:"End a test of several letters: everybody who waits gets this one."`
	Copy      campaignCopyCmd      `cmd:"" help:"Make a draft like a campaign."`
	Results   campaignResultsCmd   `cmd:"" help:"Show what came of a campaign, or whether one person got it."`
	Uncertain campaignUncertainCmd `cmd:"" help:"List the letters of which nobody knows whether they arrived: who, since when, what the relay said. The reading is logged."`
	Settle    campaignSettleCmd    `cmd:"" help:"Say what became of an uncertain letter; nothing is sent. The log keeps who and why."`
}

type campaignSendCmd struct {
	File        string `arg:"" help:"Campaign file (YAML): name, purpose, class, channel, from, subject, body, audience, options; or the name of a campaign."`
	shell.Store `embed:""`
	SMTP        string `name:"smtp" env:"KARTOTEK_SMTP" placeholder:"URL" secret:"" help:"Mail server: smtp://host:port."`
	Processor   string `placeholder:"KEY" help:"Who runs the mail server of --smtp: the key of a processor in the notice, with a contract that holds. A server on this machine is your own and needs none; for another it can be left out when exactly one processor of the notice delivers mail."`
	BaseURL     string `name:"base-url" env:"KARTOTEK_BASE_URL" default:"http://127.0.0.1:8600" placeholder:"URL" help:"Public address that links in the letter begin with."`
	DryRun      bool   `help:"Decide for everybody; send nothing and store nothing."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// Run sends and reports. Everybody the audience names has a stored verdict afterwards.
func (c *campaignSendCmd) Run(w *shell.World) error {
	letter, err := c.read()
	if err != nil {
		return err
	}
	if u, err := url.Parse(c.SMTP); c.SMTP != "" && (err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps") {
		return shell.Usage("--smtp wants smtp://host:port or smtps://host:port")
	}
	h, err := app.Open(w.Ctx, c.Store.Store, app.Options{SMTP: c.SMTP, BaseURL: c.BaseURL})
	if err != nil {
		return err
	}
	defer h.Close()
	if !h.Campaign.Sends() && !c.DryRun {
		return shell.Usage("campaign send wants --smtp URL, a relay in the register (relay add), or --dry-run")
	}
	if letter == nil {
		if letter, err = c.stored(w, h); err != nil {
			return err
		}
	}
	if !c.DryRun {
		if err := appoint(w, h, c.Who(letter.Purpose), c.Processor); err != nil {
			return err
		}
	}
	bar := shell.NewBar(w.Err)
	out, err := h.Campaign.Run(w.Ctx, letter, campaign.RunOptions{DryRun: c.DryRun, By: c.Who(letter.Purpose), Workers: 8,
		Log: slog.New(slog.DiscardHandler), Watch: func(_ *campaign.Campaign, r campaign.Results) {
			done := int64(r.Sent + r.Failed + r.Uncertain)
			bar.Show(done, int64(r.Allowed), done, "messages")
		}})
	bar.Done()
	if err != nil && out.Audience == 0 {
		return err // refused before anybody was decided about: there is nothing to report
	}
	if out.Blocked == nil {
		out.Blocked = map[string]int{}
	}
	if e := c.report(w, out); err == nil {
		err = e
	}
	if err == nil && out.Waiting > 0 && !c.DryRun {
		err = c.waits(w, h, letter.Name, out)
	}
	return err
}

// appoint settles whose mail server --smtp names, before it is told of anybody.
func appoint(w *shell.World, h *app.House, by db.By, processor string) error {
	return h.DB.Do(w.Ctx, by, func(tx *db.Tx) error { return h.Relay.Appoint(tx, processor) })
}

// waits says what keeps the rest of a campaign from going out now. That a test of
// several letters is out is no failure.
func (c *campaignSendCmd) waits(w *shell.World, h *app.House, name string, out campaign.Results) error {
	var now *campaign.Campaign
	err := h.DB.View(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) (err error) { now, err = h.Campaign.Named(tx, name); return err })
	if err != nil {
		return err
	}
	if now.State == campaign.Choosing {
		w.Note("the test is out; the other %d get the letter that is chosen %s: leave it to a running server, or end it with campaign choose", out.Waiting, rfc(clock.FromMs(now.Options.Split.Due)))
		return nil
	}
	if until := now.QuietUntil(h.DB.Now()); !until.IsZero() {
		return fault.New(fault.Unavailable, "campaign.quiet_now", "%d messages wait for the end of the quiet hours, %s; run the same command again then, or leave it to a running server", out.Waiting, rfc(until))
	}
	return fault.New(fault.Unavailable, "campaign.waiting", "%d messages wait: the mail server asked to come back later; run the same command again in some minutes, or leave it to a running server", out.Waiting)
}

// read reads the file; nil when there is none, and the argument is a name.
func (c *campaignSendCmd) read() (*campaign.Campaign, error) {
	if _, err := os.Stat(c.File); errors.Is(err, os.ErrNotExist) && !strings.ContainsAny(c.File, `/\.`) {
		return nil, nil
	}
	src, err := shell.ReadFile(c.File)
	if err != nil {
		return nil, err
	}
	return def.ReadFile(src)
}

// stored finds the campaign that the argument names.
func (c *campaignSendCmd) stored(w *shell.World, h *app.House) (found *campaign.Campaign, err error) {
	n := named{Campaign: c.File}
	err = h.DB.View(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) error {
		found, err = n.find(tx, h)
		return err
	})
	return found, err
}

func (c *campaignSendCmd) report(w *shell.World, r campaign.Results) error {
	if c.JSON {
		return w.JSON(r)
	}
	w.Printf("audience %d · allowed %d · sent %d · failed %d · uncertain %d\n", r.Audience, r.Allowed, r.Sent, r.Failed, r.Uncertain)
	codes := slices.SortedFunc(maps.Keys(r.Blocked), func(a, b string) int {
		return cmp.Or(r.Blocked[b]-r.Blocked[a], strings.Compare(a, b))
	})
	for _, code := range codes {
		w.Printf("  left out %6d  %s\n", r.Blocked[code], code)
	}
	return nil
}
