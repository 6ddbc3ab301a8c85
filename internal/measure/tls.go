package measure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
)

// Probe is how the program looks at itself from outside.
type Probe struct {
	URL   string         // the public address, such as https://register.example
	Proxy bool           // a proxy stands before the program
	Roots *x509.CertPool // nil: the machine's
}

// The outcomes of a reading.
const (
	Measured = "measured"
	Broken   = "broken" // no connection, or a certificate that browsers refuse
)

// Why nothing is measured.
const (
	BehindProxy = "behind_proxy" // the address is not https here, and a proxy may add it
	Plain       = "plain"        // the address is not https
)

const (
	every    = 24 * time.Hour     // how often is measured
	patience = 10 * time.Second   // how long a measurement may take
	stale    = 8 * 24 * time.Hour // a reading older than this tells nothing
	yearHSTS = 180 * 24 * 3600    // seconds; less is forgotten between two visits
)

// Reading is one measurement.
type Reading struct {
	At      time.Time
	Outcome string    // Measured or Broken
	Version string    // "TLS 1.3"
	Until   time.Time // the certificate's last moment
	HSTS    int64     // max-age in seconds; 0: browsers are not told
}

// Why says why there is nothing to measure; "" when there is.
func (p Probe) Why() string {
	switch {
	case strings.HasPrefix(p.URL, "https://"):
		return ""
	case p.Proxy:
		return BehindProxy
	}
	return Plain
}

// state is how the promise of encryption stands.
func (p Probe) state(r *Reading, now time.Time) string {
	switch {
	case p.Why() != "" || r == nil:
		return Unmeasured
	case now.Sub(r.At) > stale || r.Outcome == Measured && !now.Before(r.Until):
		return Lapsed
	case r.Outcome != Measured:
		return Bad
	case r.Until.Sub(now) < Soon*24*time.Hour || r.HSTS < yearHSTS:
		return Due
	}
	return OK
}

// Read measures: one connection, one GET of /healthz that follows nothing and
// reads no more than a few bytes. A server that cannot be reached, or whose
// certificate does not hold, is a reading too.
func (p Probe) Read(ctx context.Context, c clock.Clock) Reading {
	out := Reading{At: c.Now(), Outcome: Broken}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	at, err := url.Parse(p.URL)
	if err != nil || at.Scheme != "https" {
		return out
	}
	res, err := p.get(ctx, c, at.JoinPath("healthz").String())
	if err != nil {
		return out
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 1024) // so that the connection ends in order; what it says is not asked
	if res.TLS == nil || len(res.TLS.PeerCertificates) == 0 {
		return out
	}
	out.Outcome, out.Version = Measured, tls.VersionName(res.TLS.Version)
	for i, cert := range res.TLS.PeerCertificates {
		if i == 0 || cert.NotAfter.Before(out.Until) {
			out.Until = cert.NotAfter.UTC()
		}
	}
	out.HSTS = maxAge(res.Header.Get("Strict-Transport-Security"))
	return out
}

func (p Probe) get(ctx context.Context, c clock.Clock, at string) (*http.Response, error) {
	client := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:        &tls.Config{RootCAs: p.Roots, MinVersion: tls.VersionTLS10, Time: c.Now}, // an old version is what is to be found out
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(req)
}

// maxAge reads the max-age of a Strict-Transport-Security header, in seconds. RFC 6797 6.1.1
func maxAge(header string) int64 {
	for _, part := range strings.Split(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(strings.TrimSpace(name), "max-age") {
			n, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(value), `"`), 10, 64)
			if errors.Is(err, strconv.ErrRange) && n > 0 || err == nil && n >= 0 {
				return n
			}
			return 0
		}
	}
	return 0
}

var (
	insertReading = db.SQL(db.Reference, `INSERT INTO measure_readings (id, at, outcome, version, until_at, hsts) VALUES ($1, $2, $3, $4, $5, $6)`)
	lastReading   = db.SQL(db.Reference, `SELECT at, outcome, version, until_at, hsts FROM measure_readings ORDER BY at DESC, id DESC LIMIT 1`)
)

// Latest is the last reading; nil when there is none.
func (r *Room) Latest(tx *db.Tx) (*Reading, error) {
	var out Reading
	var at, until int64
	found, err := tx.One(lastReading, []any{&at, &out.Outcome, &out.Version, &until, &out.HSTS})
	if err != nil || !found {
		return nil, err
	}
	out.At, out.Until = clock.FromMs(at), clock.FromMs(until)
	return &out, nil
}

// MeasureTLS measures unless some node has done so within a day, and keeps the
// reading. Where there is nothing to measure it does nothing.
func (r *Room) MeasureTLS(ctx context.Context) error {
	if r.Probe.Why() != "" {
		return nil
	}
	var last *Reading
	err := r.DB.View(ctx, db.System("measure"), func(tx *db.Tx) (err error) { last, err = r.Latest(tx); return err })
	if err != nil || last != nil && r.DB.Now().Sub(last.At) < every {
		return err
	}
	now := r.Probe.Read(ctx, r.DB)
	if ctx.Err() != nil {
		return ctx.Err() // the program is ending: that tells nothing of the address
	}
	return r.DB.Do(ctx, db.System("measure"), func(tx *db.Tx) error {
		_, err := tx.Exec(insertReading, tx.NewID(), tx.Now(), now.Outcome, now.Version, clock.Ms(now.Until), now.HSTS)
		return err
	})
}

// Run measures once a day until ctx ends; tell is given what went wrong.
func (r *Room) Run(ctx context.Context, tell func(error)) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := r.MeasureTLS(ctx); err != nil && ctx.Err() == nil {
			tell(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
