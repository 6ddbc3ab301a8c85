package cli

import (
	"cmp"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/campaign"
	"kartotek/internal/fault"
)

type campaignCmd struct {
	Results campaignResultsCmd `cmd:"" help:"Show what came of a campaign, or whether one person got it."`
	Send    campaignSendCmd    `cmd:"" help:"Send a newsletter or campaign described in a file; the same name again goes on with it."`
}

type campaignSendCmd struct {
	File    string `arg:"" help:"Campaign file (YAML): name, purpose, class, channel, from, subject, body, audience."`
	store   `embed:""`
	SMTP    string `name:"smtp" env:"KARTOTEK_SMTP" placeholder:"URL" secret:"" help:"Mail server: smtp://host:port."`
	BaseURL string `name:"base-url" env:"KARTOTEK_BASE_URL" default:"http://127.0.0.1:8600" placeholder:"URL" help:"Public address that links in the letter begin with."`
	DryRun  bool   `help:"Decide for everybody; send nothing and store nothing."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run sends and reports. Everybody the audience names has a stored verdict afterwards.
func (c *campaignSendCmd) Run(w *world) error {
	src, err := readFile(c.File)
	if err != nil {
		return err
	}
	letter, err := campaign.ReadFile(src)
	if err != nil {
		return err
	}
	if c.SMTP == "" && !c.DryRun {
		return usage{"campaign send wants --smtp URL, or --dry-run"}
	}
	if u, err := url.Parse(c.SMTP); c.SMTP != "" && (err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps") {
		return usage{"--smtp wants smtp://host:port or smtps://host:port"}
	}
	h, err := app.Open(w.ctx, c.Store, app.Options{SMTP: c.SMTP, BaseURL: c.BaseURL})
	if err != nil {
		return err
	}
	defer h.Close()
	bar := newBar(w.err)
	out, err := h.Campaign.Run(w.ctx, letter, campaign.RunOptions{DryRun: c.DryRun, By: c.by(letter.Purpose), Workers: 2,
		Log: slog.New(slog.DiscardHandler), Watch: func(_ *campaign.Campaign, r campaign.Results) {
			done := int64(r.Sent + r.Failed + r.Uncertain)
			bar.show(done, int64(r.Allowed), done, "messages")
		}})
	bar.done()
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
		err = fault.New(fault.Unavailable, "campaign.waiting", "%d messages wait: the mail server asked to come back later; run the same command again in some minutes, or leave it to a running server", out.Waiting)
	}
	return err
}

func (c *campaignSendCmd) report(w *world, r campaign.Results) error {
	if c.JSON {
		return w.json(r)
	}
	w.printf("audience %d · allowed %d · sent %d · failed %d · uncertain %d\n", r.Audience, r.Allowed, r.Sent, r.Failed, r.Uncertain)
	codes := slices.SortedFunc(maps.Keys(r.Blocked), func(a, b string) int {
		return cmp.Or(r.Blocked[b]-r.Blocked[a], strings.Compare(a, b))
	})
	for _, code := range codes {
		w.printf("  left out %6d  %s\n", r.Blocked[code], code)
	}
	return nil
}
