package demo_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/demo"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
	"kartotek/internal/staff"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var by = db.System("test")

// today is a day on which the demonstration might be started.
var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// suppressor lets the import ask the outbox, as the roof does.
type suppressor struct{ *outbox.Room }

func (s suppressor) Any(tx *db.Tx) (bool, error) { return s.Holds().Any(tx) }

func (s suppressor) Suppressed(tx *db.Tx, kind string, values []string) (map[string]bool, error) {
	out := map[string]bool{}
	held, err := s.Check(tx, kind, values)
	for v, h := range held {
		out[v] = h.All || h.Marketing
	}
	return out, err
}

// words is what segments may speak of.
type words struct{ *notice.InForce }

func (w words) HasPurpose(name string) bool { _, ok := w.Purpose(name); return ok }
func (w words) HasChannel(name string) bool { return slices.Contains(w.Notice.Channels(), name) }

// house is a register with a mail server.
type house struct {
	demo.Rooms
	t     *testing.T
	clock *clock.Fixed
	post  *catcher.Catcher
}

func newHouse(t *testing.T, now time.Time) *house { return houseAt(t, t.TempDir(), now) }

func houseAt(t *testing.T, dsn string, now time.Time) *house {
	t.Helper()
	post, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { post.Close() })
	h := &house{t: t, clock: clock.At(demo.Start(now)), post: post}
	h.DB = dbtest.Open(t, dsn, []db.Schema{job.Schema, audit.Schema, staff.Schema, notice.Schema, party.Schema, ledger.Schema, outbox.Schema,
		segment.Schema, campaign.Schema, exchange.Schema}, dbtest.At(h.clock))
	h.furnish(seal.Fixed([32]byte{1}), t.TempDir())
	return h
}

func (h *house) furnish(keys *seal.Keys, folder string) {
	d := h.DB
	h.Notice, h.Ledger, h.Staff = &notice.Room{DB: d}, &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, &staff.Room{Keys: keys}
	h.Party = &party.Room{DB: d, Catalogue: func() party.Catalogue { in, _ := h.Notice.Current(context.Background()); return in }}
	h.Outbox = &outbox.Room{DB: d, Party: h.Party, Ledger: h.Ledger, Keys: keys,
		Question: func(tx *db.Tx, version int, purpose, channel string, at time.Time) (permit.Question, error) {
			in, err := h.Notice.Open(tx, version)
			if err != nil {
				return permit.Question{}, err
			}
			return in.PermitQuestion(purpose, channel, at)
		}}
	h.Party.Movers = []party.Mover{h.Ledger, h.Outbox}
	h.Segment = &segment.Room{DB: d, Outbox: h.Outbox, Catalogue: func(tx *db.Tx) (segdef.Catalogue, error) {
		in, _, err := h.Notice.InForceAt(tx, tx.Time())
		return words{in}, err
	}}
	h.Campaign = &campaign.Room{DB: d, Outbox: h.Outbox, Segments: h.Segment, Terms: h.terms, BaseURL: "http://127.0.0.1:8600",
		Channel: outbox.Email{URL: h.post.URL()}}
	h.Exchange = &exchange.Room{DB: d, Party: h.Party, Ledger: h.Ledger, Suppress: suppressor{h.Outbox}, Folder: filepath.Join(folder, "imports"),
		Notice: func() (*noticedef.Notice, int, error) {
			in, err := h.Notice.Current(context.Background())
			if err != nil {
				return nil, 0, err
			}
			return in.Notice, in.Number, nil
		}}
}

func (h *house) terms(tx *db.Tx) (*campaign.Terms, error) {
	in, _, err := h.Notice.InForceAt(tx, tx.Time())
	if err != nil {
		return nil, err
	}
	c := in.Notice.Controller
	return &campaign.Terms{Version: in.Number, Question: in.PermitQuestion, Catalogue: words{in}, Language: "sv",
		Sender: compose.Sender{Name: c.Name, Address: c.Address.Street + ", " + c.Address.Postcode + " " + c.Address.City, Contact: c.Email}}, nil
}

func (h *house) invent(now time.Time) demo.Result {
	h.t.Helper()
	out, err := demo.Invent(h.t.Context(), h.Rooms, h.clock, now)
	if err != nil {
		for _, f := range notice.FindingsOf(err) {
			h.t.Logf("%s %s: %s", f.Severity, f.Field, f.Message)
		}
		h.t.Fatal(err)
	}
	return out
}

func (h *house) view(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.DB.View(h.t.Context(), by, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) everybody() (all []party.Person) {
	h.view(func(tx *db.Tx) error {
		return h.Party.Scan(tx, 0, id.Buckets-1, func(p *party.Person) error {
			if p.Status != party.Erased {
				all = append(all, *p)
			}
			return nil
		})
	})
	return all
}

// letters lists the campaigns, the oldest first.
func (h *house) letters() (all []campaign.Campaign) {
	h.view(func(tx *db.Tx) (err error) { all, err = h.Campaign.List(tx, 0, 100); return err })
	slices.Reverse(all)
	return all
}

func (h *house) message(who, letter id.ID) (m *outbox.Message) {
	h.view(func(tx *db.Tx) (err error) { m, _, err = h.Outbox.For(tx, who, letter); return err })
	return m
}

func TestInvent(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { newHouse(t, today).all(t) })
	t.Run("postgres", func(t *testing.T) { houseAt(t, dbtest.Empty(t), today).all(t) })
}

// all invents the register and looks at it from every side.
func (h *house) all(t *testing.T) {
	began := time.Now()
	out := h.invent(today)
	t.Logf("invented in %s", time.Since(began).Round(time.Millisecond))
	if !out.Made || out.SignInToken == "" {
		t.Errorf("got %+v", out)
	}
	if !h.clock.Now().Equal(today) {
		t.Errorf("the clock stands at %s", h.clock.Now())
	}
	t.Run("counts", h.counts)
	t.Run("letters", h.sent)
	t.Run("no means no", h.noMeansNo)
	t.Run("verify", h.verify)
	t.Run("replay", h.replay)
	t.Run("invented", h.inventedOnly)
	t.Run("notice", h.notices)
	t.Run("sign in", func(t *testing.T) { h.signIn(t, out.SignInToken) })
	t.Run("again", h.again)
}

func (h *house) counts(t *testing.T) {
	all := h.everybody()
	orgs, imports, segments, accounts := 0, 0, 0, 0
	h.view(func(tx *db.Tx) (err error) {
		if orgs, err = h.Party.CountOrganisations(tx); err != nil {
			return err
		}
		list, err := h.Exchange.List(tx, 10)
		if err != nil {
			return err
		}
		for _, m := range list {
			t.Logf("import: %+v", m.Counts)
		}
		imports = len(list)
		segs, err := h.Segment.List(tx)
		if err != nil {
			return err
		}
		people, err := staff.List(tx)
		segments, accounts = len(segs), len(people)
		return err
	})
	sources, languages, kinds, tags := map[string]int{}, map[string]int{}, map[string]int{}, 0
	h.view(func(tx *db.Tx) error {
		for _, p := range all {
			src, err := h.Party.SourceOf(tx, p.SourceID)
			if err != nil {
				return err
			}
			sources[src.Kind+" "+src.Label]++
			languages[p.Language]++
			kinds[p.Subject()]++
			mine, err := h.Party.Tags(tx, p.ID)
			if err != nil {
				return err
			}
			tags += len(mine)
		}
		return nil
	})
	t.Logf("%d people, %d organisations, sources %v, languages %v, kinds %v, %d tags", len(all), orgs, sources, languages, kinds, tags)
	if len(all) < 480 || len(all) > 520 || orgs != 80 || imports != 1 || segments != 3 || accounts < 5 || len(sources) < 5 || len(languages) != 3 || tags == 0 {
		t.Errorf("%d people, %d organisations, %d imports, %d segments, %d accounts, %d sources", len(all), orgs, imports, segments, accounts, len(sources))
	}
	pairs := h.duplicates()
	changes, undone := 0, 0
	h.view(func(tx *db.Tx) error {
		for _, p := range all {
			list, err := h.Party.History(tx, p.ID)
			if err != nil {
				return err
			}
			changes += len(list)
			for _, c := range list {
				if c.Undone {
					undone++
				}
			}
		}
		return nil
	})
	t.Logf("%d pairs of likely duplicates, %d changes, %d undone", pairs, changes, undone)
	if pairs < 4 || pairs > 30 || changes < 60 || undone != 1 {
		t.Errorf("%d pairs, %d changes, %d undone", pairs, changes, undone)
	}
}

func (h *house) duplicates() (n int) {
	h.view(func(tx *db.Tx) error {
		for at := (twins.Cursor{}); !at.Done; {
			pairs, next, err := (twins.Room{Party: h.Party}).Duplicates(tx, at, 100)
			if err != nil {
				return err
			}
			n, at = n+len(pairs), next
		}
		return nil
	})
	return n
}

// sent holds that everybody has a verdict on both newsletters, that they left
// people out for many reasons, that addresses found to be wrong by the first are not
// written to by the second, and that a draft waits.
func (h *house) sent(t *testing.T) {
	all := h.letters()
	if len(all) != 3 || all[0].State != campaign.Done || all[1].State != campaign.Done || all[2].State != campaign.Draft {
		t.Fatalf("campaigns: %d", len(all))
	}
	people, total := h.everybody(), 0
	for i, c := range all[:2] {
		var out campaign.Results
		h.view(func(tx *db.Tx) (err error) { out, err = h.Campaign.Results(tx, c.ID); return err })
		t.Logf("%s, %s: audience %d, allowed %d, sent %d, failed %d, blocked %v", c.Name, clock.FromMs(c.DoneAt).Sub(clock.FromMs(c.StartedAt)), out.Audience, out.Allowed, out.Sent, out.Failed, out.Blocked)
		if len(out.Blocked) < 6 || out.Sent < 200 || (out.Failed > 0) != (i == 0) || out.Uncertain != 0 || out.Waiting != 0 {
			t.Errorf("results: %+v", out)
		}
		total += out.Sent
		allowed := map[string]int{}
		for _, p := range people {
			if p.Registered > c.StartedAt {
				continue
			}
			m := h.message(p.ID, c.ID)
			if m == nil || !m.State.Ended() {
				t.Errorf("somebody has no verdict on %s", c.Name)
			} else if m.State == outbox.Sent {
				allowed[m.Code]++
			}
		}
		t.Logf("sent by %v", allowed)
		if len(allowed) < 3 {
			t.Errorf("sent by %v", allowed)
		}
	}
	if h.post.Count() != total {
		t.Errorf("%d mails were caught, %d sent", h.post.Count(), total)
	}
}

// noMeansNo holds that nobody who had said no by the time of a newsletter got it,
// and that some said no between the two.
func (h *house) noMeansNo(t *testing.T) {
	all, between := h.letters(), 0
	mails := map[string]int{}
	for _, m := range h.post.List(catcher.MaxMails, 0) {
		mails[m.To]++
	}
	for _, p := range h.everybody() {
		var entries []ledger.Entry
		h.view(func(tx *db.Tx) (err error) { entries, err = h.Ledger.Entries(tx, p.ID); return err })
		want := 0
		for _, c := range all[:2] {
			m, no := h.message(p.ID, c.ID), refused(ledger.At(entries, c.StartedAt))
			if m != nil && m.State == outbox.Sent {
				want++
				if no || p.Reach.Has(party.BadEmail) {
					t.Errorf("%s reached somebody who had said no", c.Name)
				}
			}
			if no && m != nil && m.State == outbox.Skipped && c.ID == all[1].ID && !refused(ledger.At(entries, all[0].StartedAt)) {
				between++
			}
		}
		if mails[p.Email] != want {
			t.Errorf("a person got %d mails and has %d messages that say sent", mails[p.Email], want)
		}
		delete(mails, p.Email)
	}
	if len(mails) != 0 {
		t.Errorf("%d addresses got mail and are nobody's", len(mails))
	}
	t.Logf("%d people said no between the newsletters and were left out of the second", between)
	if between < 8 {
		t.Errorf("%d people said no between the newsletters", between)
	}
}

// refused reports whether a newsletter by e-mail is forbidden or its consent withdrawn.
func refused(s ledger.Standing) bool {
	for _, p := range s.Prohibitions {
		if p.Scope == "all-marketing" || p.Scope == "channel:email" || strings.HasPrefix(p.Scope, "purpose:newsletter") {
			return true
		}
	}
	return slices.ContainsFunc(s.Consents, func(c ledger.Granted) bool {
		return c.Purpose == "newsletter" && c.Channel == "email" && c.Withdrawn != 0
	})
}

func (h *house) verify(t *testing.T) {
	h.view(func(tx *db.Tx) error {
		n, err := h.Ledger.Verify(tx, func(p ledger.Problem) { t.Errorf("%+v", p) })
		t.Logf("%d entries of the ledger verified", n)
		return err
	})
}

// replay holds that every verdict can be made again.
func (h *house) replay(t *testing.T) {
	letters := h.letters()[:2]
	for _, p := range h.everybody() {
		for _, c := range letters {
			m := h.message(p.ID, c.ID)
			if m == nil {
				continue
			}
			h.view(func(tx *db.Tx) error {
				r, err := h.Outbox.Replay(tx, m)
				if err == nil && !r.Same {
					t.Errorf("%s replayed as %s (%s)", r.Stored.Code, r.Again.Code, r.Changed)
				}
				return err
			})
		}
	}
}

// inventedOnly holds that every address is one nobody can have.
func (h *house) inventedOnly(t *testing.T) {
	for _, p := range h.everybody() {
		if p.Email != "" && !strings.HasSuffix(p.Email, ".example") {
			t.Errorf("an address is not under .example: %s", p.Email)
		}
		if p.Phone != "" && !strings.HasPrefix(p.Phone, "+35800") && !strings.HasPrefix(p.Phone, "+4600") {
			t.Errorf("a number could be somebody's: %s", p.Phone)
		}
	}
	for _, m := range h.post.List(catcher.MaxMails, 0) {
		if !strings.HasSuffix(m.To, ".example") || !strings.HasSuffix(strings.Trim(m.From, "<>"), "@nordanvind.example") {
			t.Errorf("from %s to %s", m.From, m.To)
		}
	}
}

func (h *house) notices(t *testing.T) {
	h.view(func(tx *db.Tx) error {
		all, err := h.Notice.Versions(tx)
		if err != nil {
			return err
		}
		for _, v := range all {
			t.Logf("version %d: effective %s, published %s", v.Number, v.Effective, clock.FromMs(v.Published).Format(time.DateOnly))
		}
		changes, err := h.Notice.Diff(tx, 1, 2)
		if len(all) != 2 || len(changes) < 3 {
			t.Errorf("%d versions, %d changes", len(all), len(changes))
		}
		return err
	})
}

func (h *house) signIn(t *testing.T, token string) {
	o, err := h.Staff.FollowLink(t.Context(), h.DB, token, "Mozilla/5.0 Firefox/140.0")
	if err != nil || !slices.Contains(o.Session.Account.Levels, "owner") {
		t.Errorf("the link does not sign the owner in: %v", err)
	}
	again, err := demo.SignIn(t.Context(), h.Rooms)
	if err != nil || again == "" || again == token {
		t.Errorf("a second link: %v", err)
	}
}

// again holds that a register with a notice is left alone.
func (h *house) again(t *testing.T) {
	before := len(h.everybody())
	out, err := demo.Invent(t.Context(), h.Rooms, clock.At(today), today)
	if err != nil || out.Made || len(h.everybody()) != before {
		t.Errorf("a second time: %+v, %v", out, err)
	}
}

// TestDays holds that the demonstration works on any day it may be started.
func TestDays(t *testing.T) {
	for _, day := range []string{"2025-06-01", "2028-02-29"} {
		t.Run(day, func(t *testing.T) {
			now, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			h := newHouse(t, now.Add(time.Hour))
			h.invent(now.Add(time.Hour))
			h.view(func(tx *db.Tx) error {
				in, _, err := h.Notice.InForceAt(tx, now)
				if err == nil {
					_, found := noticedef.Lint("notice", []byte(in.Source), now)
					for _, f := range found {
						t.Errorf("%s %s: %s", f.Severity, f.Field, f.Message)
					}
				}
				return err
			})
		})
	}
}

func TestRefuses(t *testing.T) {
	h := newHouse(t, today)
	if _, err := demo.Invent(t.Context(), h.Rooms, h.clock, today.AddDate(0, -1, 0)); fault.KeyOf(err) != "demo.clock" {
		t.Errorf("a clock that is too late: %v", err)
	}
	if _, err := demo.Invent(t.Context(), h.Rooms, clock.At(demo.Start(today)), today); fault.KeyOf(err) != "demo.clock" {
		t.Errorf("a clock that is not the register's: %v", err)
	}
	h.Campaign.Channel = nil
	if _, err := demo.Invent(t.Context(), h.Rooms, h.clock, today); fault.KeyOf(err) != "demo.channel" {
		t.Errorf("without a mail server: %v", err)
	}
	if n := len(h.everybody()); n != 0 {
		t.Errorf("%d people", n)
	}
}

// put is a channel that would put everybody off, as relays do with receivers that
// they find slow.
type put struct{ outbox.Channel }

type off struct {
	outbox.Session
	until time.Time
}

func (p put) Open(ctx context.Context) (outbox.Session, error) {
	session, err := p.Channel.Open(ctx)
	return off{session, today.AddDate(1, 0, 0)}, err
}

func (o off) Hold(string) time.Time { return o.until }
func (off) Release(string)          {}

// TestSlowReceivers holds that the newsletters go out to the end although a clock that
// leaps makes every receiver seem slow.
func TestSlowReceivers(t *testing.T) {
	h := newHouse(t, today)
	h.Campaign.Channel = put{h.Campaign.Channel}
	h.invent(today)
	if _, kept := h.Campaign.Channel.(put); !kept {
		t.Error("the channel was not given back")
	}
}
