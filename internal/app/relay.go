package app

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/job"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/relay"
)

// relays furnishes what mail goes out by. A process without a relay sends nothing,
// and leaves the work to one that has some.
func (h *House) relays(opt Options) {
	h.Relay = &relay.Room{DB: h.DB, Keys: h.Keys, Notice: h.noticeAt, Simple: opt.SMTP, Hello: hello(opt.BaseURL), ReturnDomain: opt.ReturnDomain,
		Local: opt.Caught, Node: opt.DB.Node, Prober: preflight.SMTP{Hello: hello(opt.BaseURL)}}
	if !opt.Caught {
		h.Relay.Resolver = net.DefaultResolver
	}
	h.Campaign.ReturnDomain = opt.ReturnDomain
	h.Campaign.Gate = func(ctx context.Context, domain string, many bool) (preflight.Verdict, error) {
		v, _, err := h.Relay.Ready(ctx, domain, many)
		return v, err
	}
	h.Campaign.Checkers = append(h.Campaign.Checkers, h.lookedAt)
	h.Campaign.Channel, h.Campaign.Able = h.Relay.Pool(), h.Relay.Able
	h.Post.Channel = h.Campaign.Channel
}

// hello is our name to mail servers: the host of the public address, when it is a name.
func hello(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return ""
	}
	return u.Hostname()
}

func (h *House) noticeAt(tx *db.Tx) (*noticedef.Notice, error) {
	in, found, err := h.Notice.InForceAt(tx, tx.Time())
	if err != nil || !found {
		return nil, err
	}
	return in.Notice, nil
}

// grades are how a finding about the sender is shown before a campaign is sent.
var grades = map[preflight.State]campaign.Grade{preflight.OK: campaign.Fine, preflight.Warning: campaign.Look, preflight.Unknown: campaign.Look, preflight.Error: campaign.Block}

// lookedAt gives what the look before a send found for a campaign's sender.
func (h *House) lookedAt(ctx context.Context, c *campaign.Campaign) []campaign.Finding {
	_, look, err := h.Relay.Ready(ctx, campaign.DomainOf(c.From), c.Class != "service")
	switch {
	case err != nil:
		return []campaign.Finding{{Check: "sending", Grade: campaign.Look, Code: "not_looked", Fault: err}}
	case look == nil:
		return nil
	}
	var out []campaign.Finding
	for _, f := range look.Findings {
		if f.State == preflight.OK {
			continue
		}
		values := map[string]any{}
		for k, v := range f.Args {
			values[k] = v
		}
		out = append(out, campaign.Finding{Check: "sending", Grade: grades[f.State], Code: f.Key(), Values: values})
	}
	return out
}

// awaitEvery is how often a server without a relay looks whether one was entered.
const awaitEvery = 10 * time.Second

// sending gives a runner the work of those who send.
func (s *Server) sending(run *job.Runner) {
	s.sends = true
	s.Campaign.Handle(run)
	s.Post.Channel = s.Campaign.Channel
	s.Post.Handle(run)
	s.Series.Handle(run)
	s.Subject.Handle(run)
}

// sendLater begins to send once the first relay has been entered, in a server that
// was started without one.
func (s *Server) sendLater(ctx context.Context, log *slog.Logger) {
	if s.sends {
		return
	}
	tick := time.NewTicker(awaitEvery)
	defer tick.Stop()
	for !s.Campaign.Sends() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	run := &job.Runner{DB: s.DB, Workers: s.run.Workers, Log: log}
	s.sending(run)
	_ = run.Run(ctx) // ends with ctx, and logs what goes wrong
}

// keepRelays writes down how the relays fare, until ctx ends.
func (s *Server) keepRelays(ctx context.Context, log *slog.Logger) {
	s.Relay.Run(ctx, func(err error) {
		if !fault.Is(err, fault.Unavailable) {
			log.Error("relays", "error", err)
		}
	})
}

// Through is a channel by way of one server, in place of the relays of the register.
func (h *House) Through(smtpURL string) outbox.Channel {
	h.Relay.Simple = smtpURL
	return h.Relay.Pool()
}
