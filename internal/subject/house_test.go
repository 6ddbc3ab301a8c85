package subject_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/catcher"
	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/post"
	"kartotek/internal/rightsdef"
	"kartotek/internal/seal"
	"kartotek/internal/subject"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{job.Schema, audit.Schema, party.Schema, ledger.Schema, outbox.Schema, post.Schema, subject.Schema}

type catalogue struct{}

func (catalogue) HasField(name string) bool {
	return name == "street" || slices.Contains(party.ColumnFields, name)
}
func (catalogue) HasPurpose(code string) bool { return code == "relationship" }
func (catalogue) HasChannel(name string) bool { return name == "email" }

func question(purpose, channel string, at time.Time) (permit.Question, error) {
	if purpose != "relationship" {
		return permit.Question{}, fault.New(fault.Denied, "notice.not_promised", "not promised")
	}
	return permit.Question{Class: permit.Service, Purpose: purpose, Channel: channel, Basis: "contract", At: at}, nil
}

// house is a register with its mail caught, and a clock the test moves.
type house struct {
	*subject.Room
	t     *testing.T
	clock *clock.Fixed
	mails *catcher.Catcher
	sure  bool // what staff say of everybody
}

func each(t *testing.T, fn func(*testing.T, *house)) {
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		mails, err := catcher.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { mails.Close() })
		keys := seal.Fixed([32]byte{7})
		people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
		out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: keys}
		terms := &post.Terms{Version: 1, Question: question, Catalogue: catalogue{}, Uses: func(string, string) bool { return true }, Language: "en",
			Sender: compose.Sender{Name: "Nordanvind Oy", Address: "Exempelgatan 1, Helsingfors", Contact: "info@nordanvind.example"}}
		letters := &post.Room{DB: d, Outbox: out, BaseURL: "https://register.example", Channel: outbox.Email{URL: mails.URL()},
			Terms: func(*db.Tx) (*post.Terms, error) { return terms, nil }}
		h := &house{t: t, clock: c, mails: mails}
		h.Room = &subject.Room{DB: d, Keys: keys, Party: people, Post: letters, BaseURL: "https://register.example/",
			Purpose: func(*db.Tx) (string, error) { return "relationship", nil },
			Sure: func(*db.Tx, id.ID) (have rightsdef.Certainty, misuse bool, err error) {
				if h.sure {
					have = rightsdef.Facts
				}
				return have, false, nil
			}}
		people.Movers = []party.Mover{out.Ledger, out, letters, h.Room}
		fn(t, h)
	}, dbtest.At(c))
}

func (h *house) try(fn func(*db.Tx) error) error {
	return h.DB.Do(h.t.Context(), db.System("test"), fn)
}

func (h *house) do(fn func(*db.Tx) error) {
	h.t.Helper()
	if err := h.try(fn); err != nil {
		h.t.Fatal(err)
	}
}

func addr(n int) string { return fmt.Sprintf("person%d@people.example", n) }

func (h *house) person(n int, fields ...party.Pair) (who id.ID) {
	h.t.Helper()
	h.do(func(tx *db.Tx) error {
		p, err := h.Party.Create(tx, party.New{Fields: append([]party.Pair{{Name: "email", Value: addr(n)}, {Name: "first_name", Value: "Åsa"},
			{Name: "last_name", Value: "Rea"}, {Name: "country", Value: "FI"}, {Name: "language", Value: "sv"}}, fields...)})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

func (h *house) ask(address, browser string) (a subject.Asked) {
	h.t.Helper()
	h.do(func(tx *db.Tx) (err error) {
		a, err = h.Ask(tx, subject.Asking{Address: address, Lang: "en", Browser: browser})
		return err
	})
	return a
}

// work makes and sends what waits.
func (h *house) work() {
	h.t.Helper()
	for _, kind := range []string{subject.KindLetter, post.KindSend} {
		run := &job.Runner{DB: h.DB, Workers: 1}
		h.Handle(run)
		h.Post.Handle(run)
		h.clock.Move(2 * time.Second)
		if err := run.RunUntilIdle(h.t.Context(), job.Filter{Kinds: []string{kind}}); err != nil {
			h.t.Fatal(err)
		}
		h.do(func(tx *db.Tx) error {
			all, err := job.List(tx, kind, "", 0, 100)
			for _, j := range all {
				if j.Error != "" {
					h.t.Errorf("%s: %s", kind, j.Error)
				}
			}
			return err
		})
	}
}

var link = regexp.MustCompile(`https://register\.example/me/(?:in|confirm)/([A-Z2-7]+)`)

// letters are the tokens of the letters an address got, oldest first; "" for a
// letter without a link.
func (h *house) letters(address string) (out []string) {
	h.t.Helper()
	for _, s := range h.mails.List(catcher.MaxMails, 0) {
		m, _ := h.mails.Get(s.ID)
		if s.To != address {
			continue
		}
		token := ""
		if found := link.FindStringSubmatch(m.Text); found != nil {
			token = found[1]
		}
		out = append([]string{token}, out...)
	}
	return out
}

// link asks for one and gives it.
func (h *house) link(address string) (string, subject.Asked) {
	h.t.Helper()
	a := h.ask(address, "")
	h.work()
	all := h.letters(strings.ToLower(address))
	if len(all) == 0 {
		h.t.Fatalf("no letter came to %s", address)
	}
	return all[len(all)-1], a
}

func (h *house) enter(token, browser, code string) (string, *subject.Session, error) {
	return h.Enter(h.t.Context(), subject.Entering{Token: token, Browser: browser, Code: code, Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"})
}

func (h *house) signedIn(address string) (key string, s *subject.Session) {
	h.t.Helper()
	token, a := h.link(address)
	key, s, err := h.enter(token, a.Browser, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return key, s
}

func (h *house) open(key string) error {
	_, err := h.Session(h.t.Context(), key)
	return err
}

func (h *house) wants(err error, key string) {
	h.t.Helper()
	if got := fault.KeyOf(err); err == nil || got != key {
		h.t.Errorf("%v (%s), want %s", err, got, key)
	}
}
