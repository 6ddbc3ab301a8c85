package web_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	letters "kartotek/internal/campaign/letter"
	"kartotek/internal/clicks"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/exchange"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/measure"
	"kartotek/internal/media"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/paper"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/post"
	"kartotek/internal/recipient"
	"kartotek/internal/relay"
	"kartotek/internal/retention"
	"kartotek/internal/returns"
	"kartotek/internal/rights"
	"kartotek/internal/scan"
	"kartotek/internal/seal"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
	"kartotek/internal/series"
	"kartotek/internal/staff"
	"kartotek/internal/staff/apikey"
	"kartotek/internal/staff/oidc"
	"kartotek/internal/subject"
	"kartotek/internal/web"
	"kartotek/internal/web/admin"
	"kartotek/internal/web/api"
	"kartotek/internal/web/door"
	"kartotek/internal/web/public"
	"kartotek/internal/web/public/ask"
)

var schemas = []db.Schema{job.Schema, audit.Schema, staff.Schema, access.Schema, measure.Schema, retention.Schema, recipient.Schema, paper.Schema, oidc.Schema, apikey.Schema, notice.Schema, party.Schema, ledger.Schema, outbox.Schema, relay.Schema, returns.Schema,
	segment.Schema, media.Schema, clicks.Schema, campaign.Schema, post.Schema, series.Schema, exchange.Schema, scan.Schema, rights.Schema, subject.Schema}

func routes() []door.Route {
	return slices.Concat(public.Routes(), ask.Routes(), admin.Routes(), api.Routes())
}

// world is a register with its site, and a clock the test moves.
type world struct {
	*door.Rooms
	t     testing.TB
	clock *clock.Fixed
	site  http.Handler
	log   *bytes.Buffer
	file  string
	n     int
}

// words is what segments may speak of.
type words struct{ *notice.InForce }

func (w words) HasPurpose(name string) bool { _, ok := w.Purpose(name); return ok }
func (w words) HasChannel(name string) bool { return slices.Contains(w.Notice.Channels(), name) }

// newWorld is a register with the demo's notice in force.
func newWorld(t testing.TB, change ...func(*door.Rooms)) *world {
	t.Helper()
	w := newEmpty(t, change...)
	w.do(func(tx *db.Tx) error {
		_, err := w.Notice.Publish(tx, noticedef.DemoNotice(), "Maja Exempel", "")
		return err
	})
	return w
}

func newEmpty(t testing.TB, change ...func(*door.Rooms)) *world {
	t.Helper()
	c, dir := clock.At(dbtest.Start), t.TempDir()
	d, err := db.Open(t.Context(), dir, db.Options{Clock: c, Schema: schemas})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	w := &world{t: t, clock: c, log: &bytes.Buffer{}, file: filepath.Join(dir, db.FileName)}
	keys := seal.Fixed([32]byte{7})
	n := &notice.Room{DB: d}
	l := &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}
	p := &party.Room{DB: d, Catalogue: func() party.Catalogue { in, _ := n.Current(t.Context()); return in }}
	o := &outbox.Room{DB: d, Party: p, Ledger: l, Keys: keys, Question: func(tx *db.Tx, v int, purpose, channel string, at time.Time) (permit.Question, error) {
		in, err := n.Open(tx, v)
		if err != nil {
			return permit.Question{}, err
		}
		return in.PermitQuestion(purpose, channel, at)
	}}
	p.Movers = []party.Mover{l, o}
	k := &clicks.Room{DB: d, Keys: keys, Outbox: o, Question: clicks.NoticeQuestion(n)}
	w.Rooms = &door.Rooms{DB: d, Audit: &audit.Room{DB: d}, Keys: keys, Notice: n, Party: p, Ledger: l, Outbox: o, Clicks: k, Campaign: &campaign.Room{DB: d, Outbox: o, Clicks: k, Terms: letters.NoticeTerms(n), BaseURL: "https://register.example"}, Staff: &staff.Room{Keys: keys}, Access: &access.Room{DB: d, Keys: keys, Staff: &staff.Room{Keys: keys}}, Measure: &measure.Room{DB: d}, Retention: &retention.Room{DB: d, Party: p, Ledger: l, Notice: n},
		Recipient: &recipient.Room{DB: d, Keys: keys, Notice: noticeOf(n)}, Paper: &paper.Room{DB: d, Keys: keys, Notice: noticeOf(n)}, Media: &media.Room{DB: d}, APIKey: &apikey.Room{},
		Segment: &segment.Room{DB: d, Outbox: o, Catalogue: func(*db.Tx) (segdef.Catalogue, error) { in, err := n.Current(t.Context()); return words{in}, err }},
		Jobs:    &job.Runner{DB: d}, Log: slog.New(slog.NewTextHandler(w.log, nil)), Uploads: t.TempDir()}
	w.Returns = &returns.Room{DB: d, Outbox: o, Keys: keys}
	w.Relay = &relay.Room{DB: d, Keys: keys, Notice: func(tx *db.Tx) (*noticedef.Notice, error) {
		in, found, err := n.InForceAt(tx, tx.Time())
		if err != nil || !found {
			return nil, err
		}
		return in.Notice, nil
	}}
	w.Exchange = &exchange.Room{DB: d, Party: p, Ledger: l, Folder: w.Uploads, Notice: func() (*noticedef.Notice, int, error) {
		in, err := n.Current(t.Context())
		if err != nil {
			return nil, 0, err
		}
		return in.Notice, in.Number, nil
	}}
	w.Campaign.Segments = w.Segment
	w.Post = &post.Room{DB: d, Outbox: o, BaseURL: "https://register.example", Terms: func(tx *db.Tx) (*post.Terms, error) {
		t, err := w.Campaign.Terms(tx)
		if err != nil {
			return nil, err
		}
		return &post.Terms{Version: t.Version, Question: t.Question, Catalogue: t.Catalogue, Uses: t.Uses, Base: t.Base, Sender: t.Sender, Language: t.Language}, nil
	}}
	w.Series = &series.Room{DB: d, Outbox: o, Post: w.Post, Segments: w.Segment}
	l.Heard = w.Series.Heard
	w.Subject = &subject.Room{DB: d, Keys: keys, Party: p, Post: w.Post, BaseURL: "https://register.example", Purpose: func(*db.Tx) (string, error) { return "relationship", nil }}
	w.Rights = &rights.Room{DB: d, Keys: keys, Party: p, Outbox: o, Post: w.Post, Terms: func(*db.Tx) (*rights.Terms, error) {
		return &rights.Terms{Version: 1, Controller: rights.Controller{Name: "Nordanvind Oy"}, Contact: "info@nordanvind.example", Authority: "FI", Country: "FI", Language: "sv", Service: "relationship", Base: "https://register.example"}, nil
	}}
	w.Mine.Holdings = dossier.Keepers{p, l, o, w.Post, w.Rights, w.Subject}.Holdings
	withFiles(w.Rooms)
	w.Requests = &returns.Room{DB: d, Keys: keys, Hand: func(context.Context, db.By, []byte, time.Time) (returns.Handed, error) { return returns.Left, nil }}
	for _, f := range change {
		f(w.Rooms)
	}
	w.site = web.New(w.Rooms, routes()...)
	return w
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	w.clock.Move(2 * time.Second)
	if err := w.DB.Do(w.t.Context(), db.System("test"), fn); err != nil {
		w.t.Fatal(err)
	}
}

const wording = "Yes, send me the newsletter."

// person adds somebody who consented to the newsletter by e-mail.
func (w *world) person() id.ID {
	w.t.Helper()
	w.n++
	var who id.ID
	w.do(func(tx *db.Tx) error {
		p, err := w.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "first_name", Value: "Åsa"}, {Name: "last_name", Value: "Öbergsson"},
			{Name: "email", Value: fmt.Sprintf("asa%d@fjord.example", w.n)}, {Name: "country", Value: "FI"}, {Name: "language", Value: "en"}}})
		if err != nil {
			return err
		}
		who = p.ID
		_, err = w.Ledger.Record(tx, who, &ledger.Evidence{Text: wording, Language: "en"},
			ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
		return err
	})
	return who
}

// message writes the row of a newsletter to a person.
func (w *world) message(who id.ID, purpose string) (m outbox.Message) {
	w.t.Helper()
	w.n++
	w.do(func(tx *db.Tx) error {
		c, err := w.Campaign.Save(tx, campaign.Campaign{Name: fmt.Sprint("Letter ", w.n), Purpose: purpose, Channel: "email", Subject: "November letter"})
		if err != nil {
			return err
		}
		in, err := w.Notice.Open(tx, 1)
		if err != nil {
			return err
		}
		q, err := in.PermitQuestion(purpose, "email", tx.Time())
		if err != nil {
			return err
		}
		draft := outbox.Draft{Campaign: c.ID, Question: q, Notice: 1}
		s, err := w.Outbox.DecideOne(tx, who, q, nil)
		if err != nil {
			return err
		}
		m = draft.New(tx, s)
		return w.Outbox.Add(tx, []outbox.Message{m})
	})
	return m
}

func (w *world) link(kind outbox.Link, m outbox.Message) string {
	return "/" + string(kind) + "/" + outbox.Token(w.Keys, kind, m.Person, m.ID)
}

// allowed asks whether a person may be written to now.
func (w *world) allowed(who id.ID, purpose string) (ok bool) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		in, err := w.Notice.Open(tx, 1)
		if err != nil {
			return err
		}
		q, err := in.PermitQuestion(purpose, "email", tx.Time())
		if err != nil {
			return err
		}
		s, err := w.Outbox.DecideOne(tx, who, q, nil)
		if err == nil {
			ok = s.Verdict.Allowed
		}
		return err
	})
	return ok
}

func (w *world) entries(who id.ID) (all []ledger.Entry) {
	w.t.Helper()
	w.do(func(tx *db.Tx) (err error) { all, err = w.Ledger.Entries(tx, who); return err })
	return all
}

// logged counts the entries of an action in the log.
func (w *world) logged(action string) int {
	w.t.Helper()
	var all []audit.Entry
	w.do(func(tx *db.Tx) (err error) {
		all, err = audit.Read(tx, audit.Filter{Action: action, Limit: 500})
		return err
	})
	return len(all)
}

// ask sends a request; the pairs are headers.
func (w *world) ask(method, path, body string, headers ...string) *http.Response {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, path, nil)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, r)
	return rec.Result()
}

func (w *world) get(path string, headers ...string) *http.Response {
	return w.ask("GET", path, "", headers...)
}

const urlencoded = "application/x-www-form-urlencoded"

func (w *world) post(path string, form url.Values, headers ...string) *http.Response {
	return w.ask("POST", path, form.Encode(), append(headers, "Content-Type", urlencoded)...)
}

func text(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantStatus(t testing.TB, r *http.Response, status int) {
	t.Helper()
	if r.StatusCode != status {
		t.Errorf("status %d, want %d: %.300s", r.StatusCode, status, text(t, r))
	}
}

// multipartForm writes one field as multipart/form-data.
func multipartForm(t testing.TB, name, value string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if err := m.WriteField(name, value); err != nil {
		t.Fatal(err)
	}
	m.Close()
	return b.String(), m.FormDataContentType()
}

// dump writes all tables but the log of reads, to see whether anything changed.
func (w *world) dump() string {
	w.t.Helper()
	raw, err := sql.Open("sqlite", "file:"+w.file+"?mode=ro")
	if err != nil {
		w.t.Fatal(err)
	}
	defer raw.Close()
	var b strings.Builder
	for _, table := range w.DB.Tables() {
		if table.Name == audit.Schema.Tables[0].Name || strings.HasPrefix(table.Name, "log_") { // the log and what is made of it
			continue
		}
		rows, err := raw.Query("SELECT * FROM " + table.Name)
		if err != nil {
			w.t.Fatal(err)
		}
		cols, _ := rows.Columns()
		values := make([]any, len(cols))
		for i := range values {
			values[i] = new(any)
		}
		for rows.Next() {
			if err := rows.Scan(values...); err != nil {
				w.t.Fatal(err)
			}
			b.WriteString(table.Name)
			for _, v := range values {
				fmt.Fprintf(&b, "|%v", *v.(*any))
			}
			b.WriteByte('\n')
		}
		rows.Close()
	}
	return b.String()
}

func noticeOf(n *notice.Room) func(tx *db.Tx) (*noticedef.Notice, error) {
	return func(tx *db.Tx) (*noticedef.Notice, error) {
		in, found, err := n.InForceAt(tx, tx.Time())
		if err != nil || !found {
			return nil, err
		}
		return in.Notice, nil
	}
}
