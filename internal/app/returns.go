package app

import (
	"context"
	"crypto/tls"

	"kartotek/internal/campaign"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox/pace"
	"kartotek/internal/returns"
)

// judge pauses a newsletter of which too much came back, and gives its name then.
func (h *House) judge(ctx context.Context, by db.By, which id.ID) (name string, err error) {
	var was *campaign.Campaign
	err = h.DB.View(ctx, by, func(tx *db.Tx) error { was, err = h.Campaign.Get(tx, which); return err })
	if fault.Is(err, fault.NotFound) || err == nil && !was.State.Running() {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	d, err := h.Campaign.Judge(ctx, by, which)
	if err != nil || d.Act != pace.Pause {
		return "", err
	}
	return was.Name, nil
}

// returning starts the listener for mail that comes back, when one is set.
func (s *Server) returning(ctx context.Context, cfg *config.Serve) error {
	if cfg.ReturnsListen == "" {
		return nil
	}
	at, err := returns.ReadPlace(cfg.ReturnsListen)
	if err != nil {
		return err
	}
	var cert *tls.Certificate
	if cfg.ReturnsCert != "" {
		pair, err := tls.LoadX509KeyPair(cfg.ReturnsCert, cfg.ReturnsKey)
		if err != nil {
			return fault.New(fault.Invalid, "config.returns_cert", "the certificate for returning mail, or its key, cannot be read").Because(err).In("--returns-cert")
		}
		cert = &pair
	}
	s.Returned, err = s.Returns.Listen(ctx, at, cfg.ReturnDomain, cert)
	return err
}
