package notice_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schemas = []db.Schema{notice.Schema}
	demo    = noticedef.DemoNotice() // in force from 2026-11-15, a week before the tests' day

	_ party.Catalogue = (*notice.InForce)(nil)
)

var changeVersion = db.SQL(db.Reference, `UPDATE notices SET approved_by = 'nobody' WHERE version = $1`)

// edited is the demo's notice with pairs of old and new text.
func edited(t *testing.T, pairs ...string) []byte {
	t.Helper()
	out := demo
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(out, []byte(pairs[i])) {
			t.Fatalf("the notice has no %q", pairs[i])
		}
		out = bytes.Replace(out, []byte(pairs[i]), []byte(pairs[i+1]), 1)
	}
	return out
}

// other is a change of facts that breaks nothing.
func other(t *testing.T) []byte {
	return edited(t, "info@nordanvind.example", "hello@nordanvind.example")
}

type bench struct {
	*testing.T
	*notice.Room
	d *db.DB
	c *clock.Fixed
}

func each(t *testing.T, fn func(b bench)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			d := open(t, schemas, dbtest.At(c))
			fn(bench{t, &notice.Room{DB: d}, d, c})
		})
	}
}

func (b bench) publish(src []byte, effective string) (v *notice.Version, err error) {
	err = b.d.Do(b.Context(), db.System("test"), func(tx *db.Tx) (err error) {
		v, err = b.Publish(tx, src, "Kaisa Esimerkki", effective)
		return err
	})
	return v, err
}

func (b bench) published(src []byte, effective string) *notice.Version {
	b.Helper()
	v, err := b.publish(src, effective)
	if err != nil {
		b.Fatal(err, notice.FindingsOf(err))
	}
	return v
}

func (b bench) view(fn func(tx *db.Tx) error) {
	b.Helper()
	if err := b.d.View(b.Context(), db.System("test"), fn); err != nil {
		b.Fatal(err)
	}
}

// current is the number of the version in force now, 0 for none.
func (b bench) current() int {
	b.Helper()
	in, err := b.Current(b.Context())
	if err != nil {
		same(b.T, "while there is none", fault.KeyOf(err), "notice.none")
		return 0
	}
	return in.Number
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestPublish(t *testing.T) {
	each(t, func(b bench) {
		same(b.T, "before", b.current(), 0)
		v := b.published(demo, "")
		same(b.T, "version", v.Number, 1)
		same(b.T, "effective", v.Effective, "2026-11-15")
		same(b.T, "hash", strings.HasPrefix(v.Hash, "sha256:"), true)
		same(b.T, "in force", b.current(), 1)
		again := b.published(append([]byte("# a comment is no fact\n"), demo...), "")
		same(b.T, "the same facts are not published again", again.Number, 1)
		next := b.published(other(b.T), "")
		same(b.T, "second", next.Number, 2)
		same(b.T, "supersedes", next.Supersedes, 1)
		same(b.T, "in force at once", b.current(), 2)
		b.view(func(tx *db.Tx) error {
			all, err := b.Versions(tx)
			if err != nil || len(all) != 2 {
				b.Fatal(all, err)
			}
			same(b.T, "newest first", all[0].Number, 2)
			same(b.T, "source is kept as handed in", all[1].Source, string(demo))
			same(b.T, "canonical bytes", bytes.HasPrefix(all[1].Canonical, []byte("{")), true)
			changes, err := b.Diff(tx, 1, 2)
			if len(changes) != 1 || changes[0].Path != "controller.email" {
				b.Errorf("diff: %+v", changes)
			}
			return err
		})
		b.view(func(tx *db.Tx) error {
			_, err := b.Version(tx, 9)
			same(b.T, "no such version", fault.KeyOf(err), "notice.no_version")
			return nil
		})
	})
}

// TestGate: what may not be published changes nothing.
func TestGate(t *testing.T) {
	newPurpose := []string{"  newsletter:\n    title:", "  lottery:\n    title: {sv: Lotteri, fi: Arpajaiset, en: Lottery}\n    class: marketing\n    basis: {kind: consent, article: 6(1)(a)}\n    prohibition: marketing\n    uses: [contact]\n    channels: [email]\n    keep: {while: permission, then: 0 days}\n  newsletter:\n    title:"}
	each(t, func(b bench) {
		b.published(demo, "")
		for name, c := range map[string]struct {
			src       []byte
			effective string
			key, code string
		}{
			"not YAML":            {[]byte("notice: ["), "", "notice.not_publishable", "Y01"},
			"unknown key":         {edited(b.T, "authority: FI", "autority: FI"), "", "notice.not_publishable", "Y04"},
			"no authority":        {edited(b.T, "authority: FI ", "# "), "", "notice.not_publishable", "N11"},
			"repealed act":        {edited(b.T, "en: We alone are responsible", "en: By the Personal Data Act (523/1999) we alone are responsible"), "", "notice.not_publishable", "N20"},
			"new purpose":         {edited(b.T, newPurpose...), "", "notice.not_publishable", "R13"},
			"purpose turned ad":   {edited(b.T, "class: survey", "class: marketing"), "", "notice.not_publishable", "R13"},
			"no date":             {demo, "soon", "notice.effective", ""},
			"lapses before start": {demo, "2027-12-01", "notice.not_publishable", "N29"},
		} {
			if name == "no date" || name == "lapses before start" {
				c.src = other(b.T)
			}
			_, err := b.publish(c.src, c.effective)
			same(b.T, name, fault.KeyOf(err), c.key)
			codes := ""
			for _, f := range notice.FindingsOf(err) {
				codes += f.Code + " "
				if f.Line == 0 {
					b.Errorf("%s: %s has no line", name, f.Code)
				}
			}
			if !strings.Contains(codes, c.code) {
				b.Errorf("%s: found %s, want %s", name, codes, c.code)
			}
		}
		err := b.d.Do(b.Context(), db.System("test"), func(tx *db.Tx) error { _, err := b.Publish(tx, other(b.T), " ", ""); return err })
		same(b.T, "approved by nobody", fault.KeyOf(err), "notice.approved_by")
		same(b.T, "in force", b.current(), 1)
		b.view(func(tx *db.Tx) error {
			all, err := b.Versions(tx)
			same(b.T, "versions", len(all), 1)
			return err
		})
		explained := bytes.Replace(edited(b.T, newPurpose...), []byte("    class: marketing\n    basis: {kind: consent, article: 6(1)(a)}\n    prohibition: marketing\n    uses: [contact]\n"),
			[]byte("    class: marketing\n    compatibility: {sv: Ny, med eget samtycke., fi: Uusi, omalla suostumuksella., en: New, with a consent of its own.}\n    basis: {kind: consent, article: 6(1)(a)}\n    prohibition: marketing\n    uses: [contact]\n"), 1)
		explained = bytes.Replace(explained, []byte("{sv: Ny, med eget samtycke., fi: Uusi, omalla suostumuksella., en: New, with a consent of its own.}"),
			[]byte(`{sv: "Ny, med eget samtycke.", fi: "Uusi, omalla suostumuksella.", en: "New, with a consent of its own."}`), 1)
		same(b.T, "with a note", b.published(explained, "").Number, 2)
	})
}

func TestEffectiveDates(t *testing.T) {
	each(t, func(b bench) {
		first := b.published(demo, "2026-11-24")
		same(b.T, "not before its date", b.current(), 0)
		moved := b.published(demo, "2026-11-23")
		same(b.T, "a coming version can be moved", moved.Number, first.Number+1)
		same(b.T, "not yet", b.current(), 0)
		b.c.Move(24 * time.Hour)
		same(b.T, "on its date", b.current(), 2)
		same(b.T, "one in force is not moved", b.published(demo, "2026-11-20").Number, 2)
		b.published(other(b.T), "2026-12-01")
		same(b.T, "the coming one waits", b.current(), 2)
		b.view(func(tx *db.Tx) error {
			for day, want := range map[string]int{"2026-11-22": 0, "2026-11-23": 2, "2026-11-30": 2, "2026-12-01": 3} {
				at, _ := time.Parse(time.DateOnly, day)
				in, found, err := b.InForceAt(tx, at)
				if err != nil {
					return err
				}
				got := 0
				if found {
					got = in.Number
				}
				same(b.T, day, got, want)
			}
			in, err := b.Open(tx, 2)
			same(b.T, "the date is the version's", string(in.Notice.Effective), "2026-11-23")
			return err
		})
	})
}

// TestTwoProcesses: what another process publishes is in force here within a second.
func TestTwoProcesses(t *testing.T) {
	c := clock.At(dbtest.Start)
	folder := t.TempDir()
	open := func() bench {
		d := dbtest.Open(t, folder, schemas, dbtest.At(c))
		return bench{t, &notice.Room{DB: d}, d, c}
	}
	a, b := open(), open()
	a.published(demo, "")
	same(t, "here", a.current(), 1)
	same(t, "there", b.current(), 1)
	a.published(other(t), "")
	same(t, "here at once", a.current(), 2)
	c.Move(time.Second)
	same(t, "there a second later", b.current(), 2)
	kept, _ := b.Current(t.Context())
	again, _ := b.Current(t.Context())
	same(t, "kept in memory", kept == again, true)
}

func TestAppendOnly(t *testing.T) {
	each(t, func(b bench) {
		b.published(demo, "")
		err := b.d.Do(b.Context(), db.System("test"), func(tx *db.Tx) error { _, err := tx.Exec(changeVersion, 1); return err })
		if err == nil {
			b.Error("a published version was changed")
		}
	})
}

func TestPromises(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	b := bench{t, &notice.Room{DB: d}, d, nil}
	b.published(demo, "")
	in, err := b.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "field", in.HasField("first_name"), true)
	same(t, "unlisted field", in.HasField("shoe_size"), false)
	q, err := in.PermitQuestion("newsletter", "email", dbtest.Start)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "class", q.Class, permit.Marketing)
	same(t, "basis", q.Basis, "consent")
	for _, c := range []struct{ purpose, channel, key string }{
		{"newsletter", "post", "notice.not_promised"}, {"newsletter", "", "notice.not_promised"}, {"gossip", "email", "notice.no_purpose"},
	} {
		_, err := in.PermitQuestion(c.purpose, c.channel, dbtest.Start)
		same(t, c.purpose+" "+c.channel, fault.KeyOf(err), c.key)
		same(t, "code", fault.CodeOf(err), fault.Denied)
	}
	var none *notice.InForce
	same(t, "no notice lists no field", none.HasField("first_name"), false)
	_, err = none.PermitQuestion("newsletter", "email", dbtest.Start)
	same(t, "and promises nothing", fault.KeyOf(err), "notice.none")
	_, ok := none.Level("admin")
	same(t, "and knows no level", ok, false)
}

func TestDocument(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	b := bench{t, &notice.Room{DB: d}, d, nil}
	b.published(demo, "")
	b.view(func(tx *db.Tx) error {
		for lang, title := range map[string]string{"sv": "Kund- och marknadsföringsregister", "fi": "Asiakas- ja markkinointirekisteri", "en": "Customer and marketing register"} {
			doc, err := b.Document(tx, 1, lang)
			if err != nil {
				return err
			}
			same(t, lang, strings.Contains(doc.Title, title), true)
			again, err := b.Document(tx, 1, lang)
			same(t, "again", len(again.Sections), len(doc.Sections))
			if err != nil {
				return err
			}
		}
		_, err := b.Document(tx, 1, "da")
		same(t, "another language", fault.KeyOf(err), "notice.no_language")
		_, err = b.Document(tx, 2, "sv")
		same(t, "another version", fault.KeyOf(err), "notice.no_version")
		return nil
	})
}

func BenchmarkCurrent(b *testing.B) {
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Schema: schemas, Clock: clock.At(dbtest.Start)})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	r := &notice.Room{DB: d}
	err = d.Do(b.Context(), db.System("test"), func(tx *db.Tx) error { _, err := r.Publish(tx, demo, "Kaisa", ""); return err })
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Current(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
