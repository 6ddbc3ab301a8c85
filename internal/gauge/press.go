package gauge

import (
	"context"
	"io"
	"log/slog"

	"kartotek/internal/app"
	"kartotek/internal/campaign"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// BenchNewsletter sends a short newsletter to everybody who may have it, and gives
// the paths of at most n one-click links in it.
func (h House) BenchNewsletter(ctx context.Context, smtpURL string, n int) (paths []string, err error) {
	h.Campaign.Channel = h.Through(smtpURL)
	by, name := db.System("bench"), "bench "+h.DB.NewID().String()
	_, err = h.Campaign.Run(ctx, &campaign.Campaign{Name: name, Purpose: "newsletter", Class: permit.Marketing, Channel: "email",
		From: "news@nordanvind.example", Subject: "News", Body: "# News\n\nHello {{ person.first_name }}.\n", Audience: "everyone"}, campaign.RunOptions{By: by, Workers: 2})
	if err != nil {
		return nil, err
	}
	err = h.DB.View(ctx, by, func(tx *db.Tx) error {
		c, err := h.Campaign.Named(tx, name)
		if err != nil {
			return err
		}
		at := outbox.Begin(0)
		for len(paths) < n {
			some, err := h.Outbox.InState(tx, c.ID, outbox.Sent, "", &at, id.Buckets-1, 500)
			if err != nil || len(some) == 0 {
				return err
			}
			for i := range some {
				paths = append(paths, h.Outbox.URL("", outbox.LinkUnsubscribe, some[i].Person, some[i].ID))
			}
		}
		return nil
	})
	return paths[:min(n, len(paths))], err
}

// ServeBench serves a register as serve does, on a port of the system's choice, and
// says nothing.
func ServeBench(ctx context.Context, at config.Store) (*app.Server, error) {
	return app.Serve(ctx, config.Serve{Store: at, Listen: "127.0.0.1:0", Timezone: "Europe/Helsinki", Workers: 1}, slog.New(slog.NewTextHandler(io.Discard, nil)))
}
