package web

import (
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/web/door"
)

// newMisses bounds guesses at API keys per network, each of which is a line in the log.
func newMisses() *door.Limiter { return &door.Limiter{Burst: 20, Every: 15 * time.Second} }

// knowKey finds out which API key asks (RFC 6750 2.1). A session's cookie counts
// for nothing here, so a browser that somebody else's page makes ask is nobody. A
// key that is missing, unknown, wrong, old or revoked gets one and the same answer.
func (s *site) knowKey(r *door.Request) error {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	text = strings.TrimSpace(text)
	missing := !strings.EqualFold(scheme, "Bearer") || text == ""
	if missing {
		text = ""
	} else if !s.misses.Left(s.DB.Now(), r.Client) {
		return fault.New(fault.TooMany, "apikey.too_many", "too many wrong API keys came from this network")
	}
	u, err := s.APIKey.Check(r.Context(), s.DB, text)
	if err == nil && !s.Staff.UnderContract(u.Owner, s.DB.Now()) {
		err = fault.New(fault.SignIn, "apikey.wrong", "the API key is missing or does not work")
	}
	if err == nil {
		r.Actor = door.NewKeyActor(u, r.InForce)
		return nil
	}
	if !fault.Is(err, fault.SignIn) {
		return err
	}
	r.W.Header().Set("WWW-Authenticate", `Bearer realm="kartotek"`)
	if missing {
		return err
	}
	s.misses.Take(s.DB.Now(), r.Client)
	e := audit.Entry{Action: "apikey.refused", Kind: "api key", Outcome: audit.Refused}
	if logErr := s.Audit.Seen(r.Context(), db.System("api key"), e); logErr != nil {
		return logErr
	}
	return err
}
