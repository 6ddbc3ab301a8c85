package clicks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/clicks"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schemas = []db.Schema{party.Schema, ledger.Schema, outbox.Schema, clicks.Schema}
	keys    = seal.Fixed([32]byte{4})
)

const (
	campaign = id.ID(1 << 40)
	shop     = "https://shop.example/one"
	firefox  = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// register is a register with a campaign's links, whose clock a test moves.
type register struct {
	*clicks.Room
	t     *testing.T
	clock *clock.Fixed
	rooms struct {
		party  *party.Room
		ledger *ledger.Room
	}
}

type fields struct{}

func (fields) HasField(string) bool { return true }

func open(t *testing.T, d *db.DB, c *clock.Fixed) *register {
	r := &register{t: t, clock: c}
	r.rooms.party = &party.Room{DB: d, Catalogue: func() party.Catalogue { return fields{} }}
	r.rooms.ledger = &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}
	out := &outbox.Room{DB: d, Party: r.rooms.party, Ledger: r.rooms.ledger, Keys: keys}
	r.Room = &clicks.Room{DB: d, Keys: keys, Outbox: out, Question: func(_ *db.Tx, purpose, channel string, at time.Time) (permit.Question, error) {
		return question(purpose, channel, at)
	}}
	return r
}

func question(purpose, channel string, at time.Time) (permit.Question, error) {
	switch purpose {
	case "newsletter", "following":
		return permit.Question{Class: permit.Marketing, Purpose: purpose, Channel: channel, At: at, Basis: "consent"}, nil
	case "interest":
		return permit.Question{Class: permit.Marketing, Purpose: purpose, Channel: channel, At: at, Basis: "legitimate interest"}, nil
	}
	return permit.Question{}, fault.New(fault.Denied, "notice.no_purpose", "the notice has no such purpose")
}

func each(t *testing.T, fn func(t *testing.T, r *register)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dsn, c := t.TempDir(), clock.At(dbtest.Start)
			if engine == "postgres" {
				dsn = dbtest.Empty(t)
			}
			fn(t, open(t, dbtest.Open(t, dsn, schemas, dbtest.At(c)), c))
		})
	}
}

func (r *register) do(fn func(tx *db.Tx) error) {
	r.t.Helper()
	r.clock.Move(time.Minute)
	if err := r.DB.Do(r.t.Context(), db.System("test"), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *register) register(purpose string, addresses ...string) {
	r.t.Helper()
	r.do(func(tx *db.Tx) error { return r.Register(tx, campaign, 1, purpose, addresses) })
	r.clock.Move(time.Hour)
}

func (r *register) open(token string) (l clicks.Link, err error) {
	err = r.DB.View(r.t.Context(), db.System("test"), func(tx *db.Tx) error { l, err = r.Open(tx, token); return err })
	return l, err
}

func (r *register) link(address string) clicks.Link {
	r.t.Helper()
	l, err := r.open(clicks.Token(keys, clicks.LinkID(keys, campaign, 1, address)))
	if err != nil {
		r.t.Fatal(err)
	}
	return l
}

// hit is a click of a person with a browser, changed as a test wants it.
func (r *register) hit(l clicks.Link, change ...func(*clicks.Hit)) {
	h := clicks.Hit{Link: l, At: r.DB.Now(), Source: "192.0.2.7", Method: "GET", Agent: firefox, Language: "sv"}
	for _, f := range change {
		f(&h)
	}
	r.Hit(h)
}

func (r *register) flush() clicks.Figures {
	r.t.Helper()
	r.clock.Move(3 * time.Second)
	if err := r.Flush(r.t.Context(), r.DB.Now()); err != nil {
		r.t.Fatal(err)
	}
	var f clicks.Figures
	r.do(func(tx *db.Tx) (err error) { f, err = r.Of(tx, campaign); return err })
	return f
}

// TestFollows is where a counted link may lead: what a browser would read as
// another place than it says is refused.
func TestFollows(t *testing.T) {
	for _, c := range []struct {
		address string
		want    bool
	}{
		{shop, true}, {"http://shop.example", true}, {"https://shop.example:8443/å?x=1&y=%20#z", true},
		{"//evil.example", false}, {`\\evil.example`, false}, {"https:evil.example", false}, {"https:/evil.example", false}, {"https:///evil.example", false},
		{"javascript:alert(1)", false}, {"data:text/html,x", false}, {"mailto:info@shop.example", false}, {"/u/x", false}, {"", false},
		{"https://shop.example@evil.example/", false}, {`https://shop.example\@evil.example/`, false}, {"https://shop.example/\r\nSet-Cookie: x", false},
		{"https://shop.example/ x", false}, {"HTTPS://shop.example/", true}, {"ftp://shop.example/", false}, {"https://" + strings.Repeat("a", 2000), false},
	} {
		if got := clicks.Follows(c.address); got != c.want {
			t.Errorf("Follows(%q) = %v", c.address, got)
		}
	}
}

func FuzzFollows(f *testing.F) {
	f.Add(shop)
	f.Add(`https://a.example\@b.example`)
	f.Fuzz(func(t *testing.T, s string) {
		if clicks.Follows(s) && (strings.ContainsAny(s, "\r\n\\ \t") || !strings.HasPrefix(strings.ToLower(s), "http")) {
			t.Errorf("%q is followed", s)
		}
	})
}

// TestOnlyStoredLinks opens what was stored and nothing else.
func TestOnlyStoredLinks(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.register("", shop, "javascript:alert(1)", shop)
		stored := clicks.LinkID(keys, campaign, 1, shop)
		good := clicks.Token(keys, stored)
		if l, err := r.open(good); err != nil || l.Address != shop || l.Campaign != campaign {
			t.Fatalf("%+v %v", l, err)
		}
		other := seal.Fixed([32]byte{5})
		for name, token := range map[string]string{
			"nothing": "", "an address": "https://evil.example", "relative": "//evil.example", "cut": good[:len(good)-1], "longer": good + "A",
			"altered": "A" + good[1:], "another key": clicks.Token(other, stored), "not stored": clicks.Token(keys, stored+1),
			"never led to": clicks.Token(keys, clicks.LinkID(keys, campaign, 1, "javascript:alert(1)")),
			"another use":  keys.Sign("link u", []byte("0123456789abcdef")), "short": keys.Sign("click", []byte("1234")), "NUL": "\x00", "long": strings.Repeat("A", 9000),
		} {
			if l, err := r.open(token); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %+v %v", name, l, err)
			}
		}
	})
}

// TestMachines is the table of what gives a machine away.
func TestMachines(t *testing.T) {
	sent := dbtest.Start.Add(-time.Hour)
	for _, c := range []struct {
		name string
		want string
		hit  clicks.Hit
	}{
		{"a reader", clicks.Human, clicks.Hit{}},
		{"a reader with a telephone by Cubot", clicks.Human, clicks.Hit{Agent: "Mozilla/5.0 (Linux; Android 14; CUBOT X70) Chrome/130.0 Mobile Safari/537.36"}},
		{"a company's old browser", clicks.Human, clicks.Hit{Agent: "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; rv:11.0) like Gecko"}},
		{"HEAD", clicks.Head, clicks.Hit{Method: "HEAD"}},
		{"prefetch", clicks.Prefetch, clicks.Hit{Purpose: "prefetch;prerender"}},
		{"no agent", clicks.Agent, clicks.Hit{Agent: " -"}},
		{"robot", clicks.Agent, clicks.Hit{Agent: "Mozilla/5.0 (compatible; Examplebot/2.1)"}},
		{"library", clicks.Agent, clicks.Hit{Agent: "python-requests/2.32"}},
		{"a mail program looking", clicks.Agent, clicks.Hit{Agent: "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)"}},
		{"no language", clicks.Silent, clicks.Hit{Language: " "}},
		{"within seconds", clicks.Early, clicks.Hit{At: sent.Add(4 * time.Second)}},
		{"after some seconds", clicks.Human, clicks.Hit{At: sent.Add(6 * time.Second)}},
	} {
		h := c.hit
		h.Link.Sent = clock.Ms(sent)
		if h.Method == "" {
			h.Method = "GET"
		}
		if h.Agent == "" {
			h.Agent = firefox
		} else if h.Agent == " -" {
			h.Agent = ""
		}
		if h.Language == "" {
			h.Language = "fi"
		}
		if h.At.IsZero() {
			h.At = dbtest.Start
		}
		if got := h.Judge(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestCounts counts people and machines apart, by link and hour, and keeps nothing else.
func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		links := []string{shop, "https://shop.example/two", "https://shop.example/three", "https://shop.example/four"}
		r.register("", links...)
		one := r.link(shop)
		r.hit(one)
		r.hit(one) // a double click
		r.hit(one, func(h *clicks.Hit) { h.Source = "192.0.2.8" })
		r.hit(one, func(h *clicks.Hit) { h.Method, h.Source = "HEAD", "192.0.2.9" })
		f := r.flush()
		if f.Human != 2 || f.Machines[clicks.Head] != 1 || len(f.Links) != 4 || f.Links[0].Human != 2 || f.Links[0].Machine != 1 || f.Links[0].Address != shop {
			t.Fatalf("%+v", f)
		}
		for _, a := range links { // a scanner that looks like a browser
			r.hit(r.link(a), func(h *clicks.Hit) { h.Source = "203.0.113.5" })
			r.clock.Move(200 * time.Millisecond)
		}
		r.hit(one, func(h *clicks.Hit) { h.Source = "192.0.2.10" }) // a reader meanwhile
		r.clock.Move(time.Hour)
		r.hit(one)
		if f = r.flush(); f.Human != 4 || f.Machines[clicks.Burst] != 4 {
			t.Fatalf("%+v", f)
		}
		var hours []clicks.Hour
		r.do(func(tx *db.Tx) (err error) { hours, err = r.Hours(tx, campaign); return err })
		if len(hours) != 2 || hours[0].Human != 3 || hours[0].Machine != 5 || hours[1].Human != 1 || hours[1].At.Sub(hours[0].At) != time.Hour {
			t.Errorf("%+v", hours)
		}
	})
}

// TestFlood takes a hundred thousand clicks of one client for what they are.
func TestFlood(t *testing.T) {
	r := open(t, dbtest.Open(t, t.TempDir(), schemas, dbtest.At(clock.At(dbtest.Start))), clock.At(dbtest.Start))
	start := time.Now()
	for i := range 150_000 {
		r.hit(clicks.Link{ID: id.ID(i%5000 + 1), Campaign: campaign})
	}
	if f := r.flush(); f.Human != 0 {
		t.Errorf("%+v", f.Human)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

// person is somebody with consents to purposes, and a message of the campaign to them.
func (r *register) person(consents ...string) (who, message id.ID) {
	r.t.Helper()
	r.do(func(tx *db.Tx) error {
		p, err := r.rooms.party.Create(tx, party.New{Fields: []party.Pair{{Name: "last_name", Value: "Exempel"}, {Name: "email", Value: fmt.Sprintf("p%d@people.example", tx.Now())}, {Name: "country", Value: "FI"}}})
		if err != nil {
			return err
		}
		who, message = p.ID, tx.NewID()
		for _, purpose := range consents {
			if _, err := r.rooms.ledger.Record(tx, who, nil, ledger.Entry{Kind: ledger.Consent, Purpose: purpose, Channel: "email", SaidBy: ledger.ByPerson, Method: "form"}); err != nil {
				return err
			}
		}
		return r.Outbox.Add(tx, []outbox.Message{{ID: message, Person: who, Campaign: campaign, Class: permit.Marketing, Purpose: "newsletter", Channel: "email",
			State: outbox.Sent, Code: "CONSENT", HandedAt: tx.Now(), Done: tx.Now(), Attempt: 1}})
	})
	r.clock.Move(time.Hour)
	return who, message
}

func (r *register) noted(who id.ID) (all []clicks.Noted) {
	r.t.Helper()
	r.do(func(tx *db.Tx) (err error) { all, err = r.By(tx, who); return err })
	return all
}

// TestPeople notes a click of a person with a consent of its own alone.
func TestPeople(t *testing.T) {
	for _, c := range []struct {
		name     string
		purpose  string
		consents []string
		withdraw bool
		want     int
	}{
		{"consented", "following", []string{"newsletter", "following"}, false, 1},
		{"not to that", "following", []string{"newsletter"}, false, 0},
		{"withdrawn since", "following", []string{"newsletter", "following"}, true, 0},
		{"the purpose of the letter itself", "newsletter", []string{"newsletter"}, false, 0},
		{"no basis of consent", "interest", []string{"newsletter", "interest"}, false, 0},
		{"not in the notice", "unknown", []string{"newsletter", "unknown"}, false, 0},
		{"none asked for", "", []string{"newsletter", "following"}, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, r *register) {
				r.register(c.purpose, shop)
				who, message := r.person(c.consents...)
				if c.withdraw {
					r.do(func(tx *db.Tx) error {
						_, err := r.rooms.ledger.Record(tx, who, nil, ledger.Entry{Kind: ledger.Withdrawal, Purpose: "following", Channel: "email", SaidBy: ledger.ByPerson, Method: "preferences"})
						return err
					})
				}
				l, err := r.open(clicks.TokenOf(keys, clicks.LinkID(keys, campaign, 1, shop), who, message))
				if err != nil || l.Address != shop || l.Person != who {
					t.Fatalf("%+v %v", l, err)
				}
				r.hit(l)
				if f := r.flush(); f.Human != 1 {
					t.Errorf("%+v", f)
				}
				if all := r.noted(who); len(all) != c.want || c.want > 0 && (all[0].Address != shop || all[0].Times != 1) {
					t.Errorf("%+v", all)
				}
			})
		})
	}
}

// TestErasedMessage leads on, and notes nothing.
func TestErasedMessage(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.register("following", shop)
		who, message := r.person("newsletter", "following")
		token := clicks.TokenOf(keys, clicks.LinkID(keys, campaign, 1, shop), who, message)
		r.do(func(tx *db.Tx) error { _, err := r.Outbox.Erase(tx, who, dossier.Plan{}); return err })
		if l, err := r.open(token); err != nil || l.Address != shop || l.Person != 0 {
			t.Errorf("%+v %v", l, err)
		}
	})
}

// TestKeeper hands out, moves and erases what was noted of a person.
func TestKeeper(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.register("following", shop, "https://shop.example/two")
		who, message := r.person("newsletter", "following")
		other, _ := r.person()
		for _, a := range []string{shop, "https://shop.example/two"} {
			l, err := r.open(clicks.TokenOf(keys, clicks.LinkID(keys, campaign, 1, a), who, message))
			if err != nil {
				t.Fatal(err)
			}
			r.hit(l)
			r.clock.Move(time.Minute)
		}
		r.flush()
		var out []dossier.Record
		r.do(func(tx *db.Tx) error {
			held, err := r.Holdings(tx, who)
			if err != nil || len(held) != 1 || held[0].Count != 2 {
				t.Errorf("%+v %v", held, err)
			}
			if err := r.Move(tx, who, other); err != nil {
				return err
			}
			return r.Export(tx, other, func(rec dossier.Record) error { out = append(out, rec); return nil })
		})
		if len(out) != 2 || len(r.noted(who)) != 0 {
			t.Errorf("%+v", out)
		}
		r.do(func(tx *db.Tx) error { _, err := r.Erase(tx, other, dossier.Plan{}); return err })
		if len(r.noted(other)) != 0 {
			t.Error("something is left")
		}
	})
}

// TestLeft counts the ways people leave.
func TestLeft(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.do(func(tx *db.Tx) error {
			for who := range id.ID(40) {
				if err := r.Left(tx, campaign, who+1, clicks.LeftOneClick); err != nil {
					return err
				}
			}
			return r.Left(tx, campaign, 7, clicks.LeftPreferences)
		})
		if f := r.flush(); f.LeftAll() != 41 || f.Left[clicks.LeftOneClick] != 40 || f.Human != 0 {
			t.Errorf("%+v", f)
		}
	})
	if err := (*clicks.Room)(nil).Left(nil, campaign, 1, clicks.LeftPage); err != nil {
		t.Error(err)
	}
}
