package admin_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/clicks"
	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
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
	"kartotek/internal/web"
	"kartotek/internal/web/admin"
	"kartotek/internal/web/admin/importing"
	"kartotek/internal/web/door"
)

var schemas = []db.Schema{job.Schema, audit.Schema, staff.Schema, apikey.Schema, access.Schema, measure.Schema, retention.Schema, recipient.Schema, paper.Schema, notice.Schema, party.Schema, ledger.Schema, outbox.Schema,
	segment.Schema, media.Schema, clicks.Schema, returns.Schema, relay.Schema, campaign.Schema, post.Schema, series.Schema, exchange.Schema, rights.Schema, scan.Schema}

// world is a register with its staff pages and somebody signed in.
type world struct {
	*door.Rooms
	t      *testing.T
	clock  *clock.Fixed
	site   http.Handler
	run    *job.Runner
	cookie string
	people map[string]id.ID // by last name
}

type words struct{ *notice.InForce }

func (w words) HasPurpose(name string) bool { _, ok := w.Purpose(name); return ok }
func (w words) HasChannel(name string) bool { return slices.Contains(w.Notice.Channels(), name) }

// newEmpty is a register without a notice.
func newEmpty(t *testing.T) *world {
	t.Helper()
	c := clock.At(dbtest.Start)
	d, err := db.Open(t.Context(), t.TempDir(), db.Options{Clock: c, Schema: schemas})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	mail, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mail.Close() })
	w := &world{t: t, clock: c, people: map[string]id.ID{}, run: &job.Runner{DB: d}}
	keys, n, l := seal.Fixed([32]byte{7}), &notice.Room{DB: d}, &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}
	p := &party.Room{DB: d, Catalogue: func() party.Catalogue { in, _ := n.Current(context.Background()); return in }}
	o := &outbox.Room{DB: d, Party: p, Ledger: l, Keys: keys, Question: func(tx *db.Tx, v int, purpose, channel string, at time.Time) (permit.Question, error) {
		in, err := n.Open(tx, v)
		if err != nil {
			return permit.Question{}, err
		}
		return in.PermitQuestion(purpose, channel, at)
	}}
	p.Movers = []party.Mover{l, o}
	s := &segment.Room{DB: d, Outbox: o, Catalogue: func(*db.Tx) (segdef.Catalogue, error) {
		in, err := n.Current(context.Background())
		return words{in}, err
	}}
	w.Rooms = &door.Rooms{DB: d, Audit: &audit.Room{DB: d}, Keys: keys, Notice: n, Party: p, Ledger: l, Outbox: o, Segment: s, Staff: &staff.Room{Keys: keys}, Access: &access.Room{DB: d, Keys: keys, Staff: &staff.Room{Keys: keys}}, Measure: &measure.Room{DB: d}, Retention: &retention.Room{DB: d, Party: p, Ledger: l, Notice: n},
		Recipient: &recipient.Room{DB: d, Keys: keys, Notice: noticeOf(n)}, Paper: &paper.Room{DB: d, Keys: keys, Notice: noticeOf(n)}, Jobs: w.run,
		Catcher: mail, Log: slog.New(slog.DiscardHandler), Uploads: t.TempDir()}
	w.Media, w.APIKey = &media.Room{DB: d}, &apikey.Room{}
	w.Returns = &returns.Room{DB: d, Outbox: o, Keys: keys}
	w.Relay = &relay.Room{DB: d, Keys: keys, Notice: func(tx *db.Tx) (*noticedef.Notice, error) {
		in, found, err := w.Notice.InForceAt(tx, tx.Time())
		if err != nil || !found {
			return nil, err
		}
		return in.Notice, nil
	}}
	p.Held = o.Holds().Unusable
	w.Clicks = &clicks.Room{DB: d, Keys: keys, Outbox: o, Question: clicks.NoticeQuestion(n)}
	w.Campaign = &campaign.Room{DB: d, Clicks: w.Clicks, Outbox: o, Segments: s, Terms: w.terms, Channel: outbox.Email{URL: mail.URL()}, BaseURL: "http://register.example"}
	w.Exchange = &exchange.Room{DB: d, Party: p, Ledger: l, Folder: t.TempDir(), Notice: func() (*noticedef.Notice, int, error) {
		in, err := n.Current(context.Background())
		if err != nil {
			return nil, 0, err
		}
		return in.Notice, in.Number, nil
	}}
	w.Post = &post.Room{DB: d, Outbox: o, Channel: outbox.Email{URL: mail.URL()}, BaseURL: "http://register.example", Terms: func(tx *db.Tx) (*post.Terms, error) {
		t, err := w.Campaign.Terms(tx)
		if err != nil {
			return nil, err
		}
		uses := t.Uses
		if uses == nil {
			uses = func(string, string) bool { return true }
		}
		return &post.Terms{Version: t.Version, Question: t.Question, Catalogue: t.Catalogue, Uses: uses, Base: t.Base, Sender: t.Sender, Language: t.Language}, nil
	}}
	w.Series = &series.Room{DB: d, Outbox: o, Post: w.Post, Segments: s}
	l.Heard = w.Series.Heard
	w.Post.Handle(w.run)
	w.Series.Handle(w.run)
	w.Campaign.Handle(w.run)
	w.run.Handle(importing.KindPlan, importing.PlanJob(w.Rooms))
	w.run.Handle(importing.KindImport, func(ctx context.Context, j *job.Job) error {
		which, err := id.Parse(j.Key)
		if err == nil {
			_, err = w.Exchange.Run(ctx, which, j.Hold, nil)
		}
		return err
	})
	w.site = web.New(w.Rooms, admin.Routes()...)
	return w
}

func (w *world) terms(tx *db.Tx) (*campaign.Terms, error) {
	in, found, err := w.Notice.InForceAt(tx, tx.Time())
	if err != nil || !found {
		return nil, err
	}
	return &campaign.Terms{Version: in.Number, Question: in.PermitQuestion, Catalogue: words{in}, Language: "sv",
		Sender: compose.Sender{Name: in.Notice.Controller.Name, Address: "Exempelgatan 1, 00100 Helsingfors"}}, nil
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	w.clock.Move(2 * time.Second)
	if err := w.DB.Do(w.t.Context(), db.System("test"), fn); err != nil {
		w.t.Fatal(err)
	}
}

// newWorld is a register with the demo's notice, a few people, and somebody of a
// level signed in.
func newWorld(t *testing.T, level string) *world {
	t.Helper()
	w := newEmpty(t)
	w.do(func(tx *db.Tx) error {
		_, err := w.Rooms.Notice.Publish(tx, noticedef.DemoNotice(), "Maja Exempel", "")
		return err
	})
	for i, x := range []struct{ first, last, org, city, says string }{
		{"Åsa", "Åkesson", "Fjällkliniken Oy", "Esbo", "consent"}, {"Eero", "Öberg", "Fjällkliniken Oy", "Esbo", "prohibit"},
		{"Ylva", "Nygård", "Kyrkslätts skolor", "Kyrkslätt", ""}, {"Kalle", "Aaltonen", "Kuusitie", "Tampere", "consent"},
	} {
		w.person(i, x.first, x.last, x.org, x.city, x.says)
	}
	w.signIn(level)
	return w
}

func (w *world) person(i int, first, last, org, city, says string) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		src, err := w.Party.AddSource(tx, "staff", "mässan")
		if err != nil {
			return err
		}
		p, err := w.Party.Create(tx, party.New{Source: src, Tags: []string{"filter"}, Fields: []party.Pair{{Name: "first_name", Value: first}, {Name: "last_name", Value: last},
			{Name: "organisation", Value: org}, {Name: "city", Value: city}, {Name: "country", Value: "FI"}, {Name: "language", Value: "sv"},
			{Name: "billing_reference", Value: "REF-77"}, {Name: "email", Value: fmt.Sprintf("p%d@fjord.example", i)}}})
		if err != nil {
			return err
		}
		w.people[last] = p.ID
		switch says {
		case "consent":
			_, err = w.Ledger.Record(tx, p.ID, &ledger.Evidence{Text: "Ja, skicka nyhetsbrevet.", Language: "sv"},
				ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
		case "prohibit":
			_, err = w.Outbox.Object(tx, p.ID, outbox.Said{Method: "letter", Evidence: &ledger.Evidence{Text: "Ingen reklam."}}, outbox.ScopeAll)
		}
		return err
	})
}

// signIn makes an account of a level and uses its pages from now on.
func (w *world) signIn(levels ...string) {
	w.t.Helper()
	var token string
	w.do(func(tx *db.Tx) error {
		a, err := w.Staff.Create(tx, staff.NewAccount{Name: "Maja Exempel", Email: "maja." + levels[0] + "@nordanvind.example", Levels: levels})
		if err != nil {
			return err
		}
		token, err = w.Staff.Link(tx, a.ID, staff.SignInLink)
		return err
	})
	o, err := w.Staff.FollowLink(w.t.Context(), w.DB, token, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	w.cookie = door.SessionCookie + "=" + o.Token
}

func (w *world) ask(method, path, kind string, body io.Reader, lang string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Cookie", w.cookie)
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, r)
	return rec
}

// get reads a page that must be there.
func (w *world) get(path string) *doc { w.t.Helper(); return w.read(path, "en", http.StatusOK) }

func (w *world) read(path, lang string, status int) *doc {
	w.t.Helper()
	rec := w.ask("GET", path, "", nil, lang)
	if rec.Code != status {
		w.t.Errorf("GET %s (%s): status %d, want %d: %.400s", path, lang, rec.Code, status, plain(rec.Body.String()))
	}
	return parse(w.t, path, rec.Body.String())
}

// post sends a form that must be answered with a redirect, and gives where to.
func (w *world) post(path string, form url.Values) string {
	w.t.Helper()
	rec := w.ask("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "en")
	if rec.Code != http.StatusSeeOther {
		w.t.Errorf("POST %s: status %d, want 303: %.400s", path, rec.Code, plain(rec.Body.String()))
	}
	return rec.Header().Get("Location")
}

// upload sends files and fields as a browser does.
func (w *world) upload(path string, files map[string]string, fields url.Values) string {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, content := range files {
		f, err := m.CreateFormFile("file", name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	for name := range fields {
		if err := m.WriteField(name, fields.Get(name)); err != nil {
			w.t.Fatal(err)
		}
	}
	m.Close()
	rec := w.ask("POST", path, m.FormDataContentType(), &b, "en")
	if rec.Code != http.StatusSeeOther {
		w.t.Fatalf("POST %s: status %d, want 303: %.400s", path, rec.Code, plain(rec.Body.String()))
	}
	return rec.Header().Get("Location")
}

// work lets the queue run until it is empty.
func (w *world) work(kinds ...string) {
	w.t.Helper()
	run := &job.Runner{DB: w.DB}
	w.Campaign.Handle(run)
	run.Handle(importing.KindPlan, importing.PlanJob(w.Rooms))
	run.Handle(importing.KindImport, func(ctx context.Context, j *job.Job) error {
		which, err := id.Parse(j.Key)
		if err == nil {
			_, err = w.Exchange.Run(ctx, which, j.Hold, nil)
		}
		return err
	})
	if err := run.RunUntilIdle(w.t.Context(), job.Filter{Kinds: kinds}); err != nil {
		w.t.Fatal(err)
	}
}

// logged counts the entries of an action in the log.
func (w *world) logged(action string) (n int) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		all, err := audit.Read(tx, audit.Filter{Action: action, Limit: 500})
		n = len(all)
		return err
	})
	return n
}

// doc is a page as a test reads it.
type doc struct {
	t    *testing.T
	path string
	root *html.Node
	text string
}

func parse(t *testing.T, path, src string) *doc {
	t.Helper()
	root, err := html.Parse(strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	return &doc{t, path, root, plain(src)}
}

// plain is the text of a page without its tags.
func plain(src string) string {
	z := html.NewTokenizer(strings.NewReader(src))
	var b strings.Builder
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.ReplaceAll(strings.Join(strings.Fields(b.String()), " "), "@ ", "@") // addresses may break after @
		case html.TextToken:
			b.Write(z.Text())
			b.WriteByte(' ')
		}
	}
}

// count counts elements: "tag", "tag.class", "#id" or "tag[attr=value]".
func (d *doc) count(sel string) (n int) {
	for e := range d.root.Descendants() {
		if e.Type == html.ElementNode && matches(e, sel) {
			n++
		}
	}
	return n
}

func matches(e *html.Node, sel string) bool {
	if tag, rest, ok := strings.Cut(sel, "["); ok {
		name, value, _ := strings.Cut(strings.TrimSuffix(rest, "]"), "=")
		return (tag == "" || e.Data == tag) && strings.HasPrefix(attr(e, name), value) && attr(e, name) != ""
	}
	if key, ok := strings.CutPrefix(sel, "#"); ok {
		return attr(e, "id") == key
	}
	tag, class, ok := strings.Cut(sel, ".")
	return e.Data == tag && (!ok || slices.Contains(strings.Fields(attr(e, "class")), class))
}

func attr(e *html.Node, name string) string {
	for _, a := range e.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// has wants texts on the page.
func (d *doc) has(texts ...string) *doc {
	d.t.Helper()
	for _, s := range texts {
		if !strings.Contains(d.text, s) {
			d.t.Errorf("%s does not say %q: %.1500s", d.path, s, d.text)
		}
	}
	return d
}

// hasNot wants texts away from the page.
func (d *doc) hasNot(texts ...string) *doc {
	d.t.Helper()
	for _, s := range texts {
		if strings.Contains(d.text, s) {
			d.t.Errorf("%s says %q", d.path, s)
		}
	}
	return d
}

// want wants a number of elements, or with -1 at least one.
func (d *doc) want(sel string, n int) *doc {
	d.t.Helper()
	if got := d.count(sel); n >= 0 && got != n || n < 0 && got == 0 {
		d.t.Errorf("%s has %d of %s, want %d: %.800s", d.path, got, sel, n, d.text)
	}
	return d
}

// link gives the address of the first link or form that begins with a prefix.
func (d *doc) link(prefix string) string {
	for e := range d.root.Descendants() {
		for _, name := range []string{"href", "action"} {
			if e.Type == html.ElementNode && strings.HasPrefix(attr(e, name), prefix) {
				return attr(e, name)
			}
		}
	}
	d.t.Fatalf("%s has no link to %s…", d.path, prefix)
	return ""
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
