package measure

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schema = []db.Schema{audit.Schema, Schema}

// world is a register with two measures in its notice.
type world struct {
	*testing.T
	d    *db.DB
	c    *clock.Fixed
	room *Room
	in   *notice.InForce
}

func each(t *testing.T, fn func(w *world)) {
	for _, e := range []struct {
		name string
		open func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		t.Run(e.name, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			d := e.open(t, schema, dbtest.At(c))
			in := &notice.InForce{Version: &notice.Version{Number: 1, Effective: "2026-11-01"}, Notice: &noticedef.Notice{Security: []noticedef.Measure{
				{ID: "tls", Measured: true}, {ID: "premises", Owner: "facility manager", Evidence: "plan 3", Next: "2027-05-01"}}}}
			fn(&world{T: t, d: d, c: c, room: &Room{DB: d}, in: in})
		})
	}
}

func (w *world) try(fn func(tx *db.Tx) error) error {
	return w.d.Do(w.Context(), db.By{Kind: "staff", ID: 7, Name: "Asta Ek"}, fn)
}

func (w *world) record(c Check) error {
	return w.try(func(tx *db.Tx) error { _, err := w.room.Record(tx, w.in.Notice, c); return err })
}

// premises is how the second measure stands.
func (w *world) premises() (s Status) {
	w.Helper()
	return w.statuses()[1]
}

func (w *world) statuses() (out []Status) {
	w.Helper()
	if err := w.try(func(tx *db.Tx) (err error) { out, err = w.room.Statuses(tx, w.in); return err }); err != nil {
		w.Fatal(err)
	}
	return out
}

func (w *world) on(day string) {
	at, _ := time.Parse(time.DateOnly, day)
	w.c.Move(at.Add(12 * time.Hour).Sub(w.c.Now()))
}

func TestStates(t *testing.T) {
	each(t, func(w *world) {
		for _, x := range []struct{ day, state string }{{"2026-11-22", OK}, {"2027-03-31", OK}, {"2027-04-01", Due}, {"2027-05-01", Due}, {"2027-05-02", Lapsed}} {
			w.on(x.day)
			if s := w.premises(); s.State != x.state || s.Due != "2027-05-01" {
				w.Errorf("%s: %s, due %s; want %s", x.day, s.State, s.Due, x.state)
			}
		}
		good := Check{Measure: "premises", Day: "2027-05-02", Result: InOrder, Evidence: "round with the key list, ticket 4711", Next: "2028-05-01"}
		if err := w.record(good); err != nil {
			w.Fatal(err)
		}
		if s := w.premises(); s.State != OK || s.Due != "2028-05-01" || s.Last.ByName != "Asta Ek" {
			w.Errorf("%+v", s)
		}
		bad := good
		bad.Result, bad.Next = NotInOrder, "2027-06-01"
		if err := w.record(bad); err != nil {
			w.Fatal(err)
		}
		if s := w.premises(); s.State != Bad {
			w.Errorf("%+v", s)
		}
		w.on("2027-06-02")
		if s := w.premises(); s.State != Lapsed {
			w.Errorf("%+v", s)
		}
		w.in.Effective, w.in.Notice.Security[1].Next = "2027-06-02", "2028-01-01" // a later version promises another day
		if s := w.premises(); s.Due != "2028-01-01" || s.State != Bad {
			w.Errorf("%+v", s)
		}
		w.appendOnly()
	})
}

func (w *world) appendOnly() {
	change := db.SQL(db.Reference, `UPDATE measure_checks SET result = 'in_order'`)
	if err := w.try(func(tx *db.Tx) error { _, err := tx.Exec(change); return err }); err == nil {
		w.Error("a check could be changed")
	}
	var all []Check
	if err := w.try(func(tx *db.Tx) (err error) { all, err = w.room.Checks(tx, "premises"); return err }); err != nil || len(all) != 2 || all[0].Result != NotInOrder {
		w.Errorf("%v %+v", err, all)
	}
}

func TestRecordRefuses(t *testing.T) {
	each(t, func(w *world) {
		good := Check{Measure: "premises", Day: "2026-11-22", Result: InOrder, Evidence: "ticket 4711", Next: "2027-11-22"}
		for key, change := range map[string]func(*Check){
			"measure.none":          func(c *Check) { c.Measure = "moat" },
			"measure.day":           func(c *Check) { c.Day = "2026-11-23" },
			"measure.result":        func(c *Check) { c.Result = "fine" },
			"measure.evidence":      func(c *Check) { c.Evidence = " \n " },
			"measure.evidence_long": func(c *Check) { c.Evidence = strings.Repeat("å", 501) },
			"measure.next":          func(c *Check) { c.Next = "2026-11-22" },
		} {
			c := good
			change(&c)
			if err := w.record(c); fault.KeyOf(err) != key {
				w.Errorf("%s: %v", key, err)
			}
		}
	})
}

func TestTLS(t *testing.T) {
	hsts := "max-age=31536000; includeSubDomains"
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hsts != "" {
			w.Header().Set("Strict-Transport-Security", hsts)
		}
		if r.URL.Path != "/healthz" {
			http.Error(w, "", http.StatusNotFound)
		}
	}))
	defer site.Close()
	roots := x509.NewCertPool()
	roots.AddCert(site.Certificate())
	each(t, func(w *world) {
		hsts = "max-age=31536000; includeSubDomains"
		measured := func(probe Probe, want string) *Reading {
			w.Helper()
			w.room.Probe = probe
			if err := w.room.MeasureTLS(w.Context()); err != nil {
				w.Fatal(err)
			}
			s := w.statuses()[0]
			if s.State != want {
				w.Errorf("%+v: %s, want %s (%+v)", probe.URL, s.State, want, s.Reading)
			}
			return s.Reading
		}
		measured(Probe{URL: "http://register.example"}, Unmeasured)
		measured(Probe{URL: "http://register.example", Proxy: true}, Unmeasured)
		here := Probe{URL: site.URL, Roots: roots}
		r := measured(here, OK)
		if r.Version != "TLS 1.3" || r.HSTS != 31536000 || r.Until.IsZero() {
			w.Errorf("%+v", r)
		}
		hsts = ""
		measured(here, OK) // once a day
		w.c.Move(25 * time.Hour)
		measured(here, Due) // browsers are not told
		w.c.Move(25 * time.Hour)
		measured(Probe{URL: site.URL}, Bad) // a certificate nobody knows
		w.c.Move(25 * time.Hour)
		measured(Probe{URL: "https://127.0.0.1:1", Roots: roots}, Bad)
		w.c.Move(9 * 24 * time.Hour)
		if s := w.statuses()[0]; s.State != Lapsed {
			w.Errorf("an old reading: %+v", s)
		}
	})
}

func FuzzMaxAge(f *testing.F) {
	for _, s := range []string{"max-age=1", `MAX-AGE="31536000"; includeSubDomains`, "max-age=-1", "max-age=99999999999999999999", "", ";;=;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n := maxAge(s); n < 0 {
			t.Errorf("%q: %d", s, n)
		}
	})
}
