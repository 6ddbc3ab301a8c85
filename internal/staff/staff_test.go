package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schema = []db.Schema{audit.Schema, Schema}
	room   = &Room{Keys: seal.Fixed([32]byte{1})}
	cli    = db.By{Kind: "cli", Name: "cli:root"}
)

const (
	phrase  = "nio gröna hästar i hagen"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// desk is a register with one account, Asta's, and a clock to move.
type desk struct {
	*testing.T
	d    *db.DB
	c    *clock.Fixed
	asta *Account
}

func each(t *testing.T, fn func(k *desk)) {
	t.Helper()
	for _, e := range []struct {
		name string
		open func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		t.Run(e.name, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			k := &desk{T: t, d: e.open(t, schema, dbtest.At(c)), c: c}
			k.do(func(tx *db.Tx) (err error) {
				k.asta, err = room.Create(tx, NewAccount{Name: "Asta Ek", Email: "Asta.Ek@bolaget.example", Levels: []string{"sales"}})
				return err
			})
			k.must(room.SetPassword(t.Context(), k.d, cli, PasswordChange{Account: k.asta.ID, New: phrase}))
			fn(k)
		})
	}
}

func (k *desk) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *desk) do(fn func(*db.Tx) error) {
	k.Helper()
	k.must(k.d.Do(k.Context(), cli, fn))
}

func (k *desk) want(err error, key string) {
	k.Helper()
	if fault.KeyOf(err) != key {
		k.Errorf("got %v, want %s", err, key)
	}
}

func (k *desk) signIn(email, password, source string) (Opened, error) {
	k.Helper()
	return room.SignIn(k.Context(), k.d, Credentials{Email: email, Password: password, Source: source, UserAgent: firefox})
}

func (k *desk) in() Opened {
	k.Helper()
	o, err := k.signIn(k.asta.Email, phrase, "192.0.2.1")
	k.must(err)
	return o
}

func (k *desk) session(token string) (*Session, error) {
	k.Helper()
	return room.Session(k.Context(), k.d, token)
}

func (k *desk) log(f audit.Filter) (out []audit.Entry) {
	k.Helper()
	k.must(k.d.View(k.Context(), cli, func(tx *db.Tx) (err error) { out, err = audit.Read(tx, f); return err }))
	return out
}

func TestSignInAndOut(t *testing.T) {
	each(t, func(k *desk) {
		o := k.in()
		s, err := k.session(o.Token)
		k.must(err)
		if s.Account.ID != k.asta.ID || s.Device != "Firefox on Linux" || s.Via != ViaPassword || len(o.Token) < 26 {
			k.Errorf("session %+v", s)
		}
		if _, err := k.signIn("  ASTA.EK@BOLAGET.example ", phrase, "192.0.2.1"); err != nil {
			k.Errorf("the address in capitals: %v", err)
		}
		if _, err := k.signIn(k.asta.Email, "nio gro\u0308na ha\u0308star i hagen", "192.0.2.1"); err != nil {
			k.Errorf("the same password, composed otherwise: %v", err)
		}
		k.do(func(tx *db.Tx) error { return room.Revoke(tx, k.asta.ID, s.ID) })
		_, err = k.session(o.Token)
		k.want(err, "staff.no_session")
		_, err = k.session(o.Token[:25])
		k.want(err, "staff.no_session")
		entries := k.log(audit.Filter{Action: "staff.sign_in"})
		if len(entries) != 3 || entries[0].By.ID != k.asta.ID || entries[0].By.Device != "Firefox on Linux" {
			k.Errorf("%d sign-ins in the log: %+v", len(entries), entries)
		}
	})
}

// TestRefusals holds that whatever is wrong, the answer is the same.
func TestRefusals(t *testing.T) {
	each(t, func(k *desk) {
		var gone, ended *Account
		k.do(func(tx *db.Tx) (err error) {
			if gone, err = room.Create(tx, NewAccount{Name: "Bo", Email: "bo@bolaget.example"}); err != nil {
				return err
			}
			ended, err = room.Create(tx, NewAccount{Name: "Cia", Email: "cia@byra.example", Affiliation: Processor, Processor: "byra", Until: "2026-11-22"})
			return err
		})
		for _, a := range []*Account{gone, ended} {
			k.must(room.SetPassword(k.Context(), k.d, cli, PasswordChange{Account: a.ID, New: phrase}))
		}
		if _, err := k.signIn(ended.Email, phrase, "x"); err != nil {
			k.Errorf("on the last day: %v", err)
		}
		k.c.Move(24 * time.Hour)
		k.do(func(tx *db.Tx) error {
			if _, err := room.Create(tx, NewAccount{Name: "Dan", Email: "dan@bolaget.example"}); err != nil {
				return err
			}
			return room.Disable(tx, gone.ID)
		})
		answers := map[string]bool{}
		for email, password := range map[string]string{
			k.asta.Email: "wrong", "nobody@bolaget.example": phrase, gone.Email: phrase, ended.Email: phrase, "dan@bolaget.example": "",
			"' OR 1=1 --": phrase, "": "", "a@b.example": strings.Repeat("x", 100_000),
		} {
			_, err := k.signIn(email, password, "192.0.2."+fmt.Sprint(len(email)))
			k.want(err, "staff.wrong")
			answers[err.Error()] = true
		}
		if len(answers) != 1 {
			k.Errorf("different answers: %v", answers)
		}
		if n := len(k.log(audit.Filter{Action: "staff.sign_in", Outcome: audit.Refused})); n != 8 {
			k.Errorf("%d refusals in the log", n)
		}
	})
}

func TestSessionEnds(t *testing.T) {
	each(t, func(k *desk) {
		for name, end := range map[string]func(s *Session){
			"disabled": func(s *Session) { k.do(func(tx *db.Tx) error { return room.Disable(tx, k.asta.ID) }) },
			"other levels": func(s *Session) {
				k.do(func(tx *db.Tx) error { return room.SetLevels(tx, k.asta.ID, []string{"boss"}) })
			},
			"all revoked": func(s *Session) { k.do(func(tx *db.Tx) error { return room.RevokeAll(tx, k.asta.ID, 0) }) },
			"new password": func(s *Session) {
				k.must(room.SetPassword(k.Context(), k.d, cli, PasswordChange{Account: k.asta.ID, New: phrase}))
			},
			"last day over": func(s *Session) {
				k.do(func(tx *db.Tx) error { return room.SetUntil(tx, k.asta.ID, tx.Time().Format(time.DateOnly)) })
				k.c.Move(24 * time.Hour)
			},
		} {
			o := k.in()
			end(o.Session)
			_, err := k.session(o.Token)
			if fault.KeyOf(err) != "staff.no_session" {
				k.Errorf("%s: %v", name, err)
			}
			k.do(func(tx *db.Tx) error { _ = room.Enable(tx, k.asta.ID); return room.SetUntil(tx, k.asta.ID, "") })
		}
	})
}

func TestIdleAndAbsolute(t *testing.T) {
	each(t, func(k *desk) {
		o := k.in()
		for range 3 { // in use, it stays open
			k.c.Move(Idle - time.Minute)
			_, err := k.session(o.Token)
			k.must(err)
		}
		k.c.Move(Idle)
		s, err := k.session(o.Token)
		k.want(err, "staff.locked")
		if s == nil || !s.Locked || s.Act(all).Can("publish") {
			k.Errorf("locked session %+v", s)
		}
		_, err = room.Unlock(k.Context(), k.d, o.Token, "wrong", "192.0.2.1")
		k.want(err, "staff.wrong")
		fresh, err := room.Unlock(k.Context(), k.d, o.Token, phrase, "192.0.2.1")
		k.must(err)
		_, err = k.session(o.Token)
		k.want(err, "staff.no_session")
		if s, err = k.session(fresh.Token); err != nil || s.ID != o.Session.ID {
			k.Errorf("unlocked: %v", err)
		}
		for k.c.Now().Sub(dbtest.Start) < Absolute {
			k.c.Move(10 * time.Minute)
			_, err = k.session(fresh.Token)
		}
		k.want(err, "staff.no_session")
		_, err = room.Unlock(k.Context(), k.d, fresh.Token, phrase, "192.0.2.1")
		k.want(err, "staff.no_session")
		k.do(room.Sweep)
	})
}

func TestSessionsPerDevice(t *testing.T) {
	each(t, func(k *desk) {
		one, two := k.in(), k.in()
		list := func() (out []*Session) {
			k.do(func(tx *db.Tx) (err error) { out, err = room.Sessions(tx, k.asta.ID); return err })
			return out
		}
		if n := len(list()); n != 2 {
			k.Fatalf("%d sessions", n)
		}
		k.do(func(tx *db.Tx) error { return room.RevokeAll(tx, k.asta.ID, two.Session.ID) })
		if l := list(); len(l) != 1 || l[0].ID != two.Session.ID {
			k.Errorf("left: %v", l)
		}
		_, err := k.session(one.Token)
		k.want(err, "staff.no_session")
		err = k.d.Do(k.Context(), cli, func(tx *db.Tx) error { return room.Revoke(tx, 12345, two.Session.ID) })
		k.want(err, "staff.session_gone") // another account's
	})
}

func TestLinks(t *testing.T) {
	each(t, func(k *desk) {
		link := func(kind LinkKind) (token string) {
			k.do(func(tx *db.Tx) (err error) { token, err = room.Link(tx, k.asta.ID, kind); return err })
			return token
		}
		follow := func(token string) error {
			_, err := room.FollowLink(k.Context(), k.d, token, firefox)
			return err
		}
		used := link(SignInLink)
		k.must(follow(used))
		altered := link(SignInLink)
		old := link(SignInLink)
		k.want(follow(used), "staff.link_used")
		k.want(follow(altered[:25]), "staff.link_used")
		k.want(follow(strings.ToLower(altered)), "staff.link_used")
		k.want(follow(""), "staff.link_used")
		k.c.Move(LinkLife)
		k.want(follow(old), "staff.link_used")
		k.must(follow(func() string { l := link(InviteLink); k.c.Move(InviteLife - time.Second); return l }()))
		disabled := link(SignInLink)
		k.do(func(tx *db.Tx) error { return room.Disable(tx, k.asta.ID) })
		k.want(follow(disabled), "staff.link_used")
		err := k.d.Do(k.Context(), cli, func(tx *db.Tx) error { _, err := room.Link(tx, k.asta.ID, SignInLink); return err })
		k.want(err, "staff.not_active")
		if n := len(k.log(audit.Filter{Action: "staff.link", Outcome: audit.Refused})); n != 6 {
			k.Errorf("%d refusals in the log", n)
		}
	})
}

func TestLinkUsedOnceInParallel(t *testing.T) {
	each(t, func(k *desk) {
		var token string
		k.do(func(tx *db.Tx) (err error) { token, err = room.Link(tx, k.asta.ID, SignInLink); return err })
		var wg sync.WaitGroup
		var mu sync.Mutex
		opened := 0
		for range 12 {
			wg.Go(func() {
				if _, err := room.FollowLink(k.Context(), k.d, token, firefox); err == nil {
					mu.Lock()
					opened++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if opened != 1 {
			k.Errorf("the link opened %d sessions", opened)
		}
	})
}

func TestSetPassword(t *testing.T) {
	each(t, func(k *desk) {
		one, two := k.in(), k.in()
		change := func(s *Session, current, password string) error {
			return room.SetPassword(k.Context(), k.d, s.by(), PasswordChange{Session: s, Current: current, New: password, Source: "192.0.2.1"})
		}
		k.want(change(one.Session, "wrong", "another good sentence"), "staff.wrong")
		k.want(change(one.Session, phrase, "short"), "staff.password_short")
		k.must(change(one.Session, phrase, "another good sentence"))
		if _, err := k.session(one.Token); err != nil {
			k.Errorf("the session that changed it: %v", err)
		}
		_, err := k.session(two.Token)
		k.want(err, "staff.no_session")
		_, err = k.signIn(k.asta.Email, phrase, "192.0.2.1")
		k.want(err, "staff.wrong")
		var token string
		k.do(func(tx *db.Tx) (err error) { token, err = room.Link(tx, k.asta.ID, SignInLink); return err })
		forgot, err := room.FollowLink(k.Context(), k.d, token, firefox)
		k.must(err)
		k.must(change(forgot.Session, "", phrase))
		k.in()
		err = room.SetPassword(k.Context(), k.d, db.By{Kind: "staff", ID: 5}, PasswordChange{Account: k.asta.ID, New: phrase})
		k.want(err, "staff.not_own")
	})
}

func TestCreateRefuses(t *testing.T) {
	each(t, func(k *desk) {
		for _, row := range []struct {
			n     NewAccount
			field string
		}{
			{NewAccount{Name: "", Email: "x@bolaget.example"}, "name"},
			{NewAccount{Name: "X\nY", Email: "x@bolaget.example"}, "name"},
			{NewAccount{Name: "X", Email: "x"}, "email"},
			{NewAccount{Name: "X", Email: "x@a.example,y@b.example"}, "email"},
			{NewAccount{Name: "X", Email: "x@a@b.example"}, "email"},
			{NewAccount{Name: "X", Email: "x@bolaget.example", Affiliation: "friend"}, "affiliation"},
			{NewAccount{Name: "X", Email: "x@bolaget.example", Affiliation: Processor}, "affiliation"},
			{NewAccount{Name: "X", Email: "x@bolaget.example", Until: "2026-11-21"}, "until"},
			{NewAccount{Name: "X", Email: "x@bolaget.example", Until: "soon"}, "until"},
			{NewAccount{Name: "X", Email: "ASTA.EK@bolaget.example"}, "email"},
		} {
			err := k.d.Do(k.Context(), cli, func(tx *db.Tx) error { _, err := room.Create(tx, row.n); return err })
			var f *fault.Error
			if f, _ = err.(*fault.Error); f == nil || f.Field != row.field {
				k.Errorf("%+v: %v", row.n, err)
			}
		}
		k.do(func(tx *db.Tx) error {
			all, err := List(tx)
			if len(all) != 1 || !all[0].HasPassword || !slices.Equal(all[0].Levels, []string{"sales"}) {
				k.Errorf("accounts: %+v", all)
			}
			return err
		})
	})
}

// fakeLevel allows one act and one cell.
type fakeLevel struct{ act, cell string }

func (f fakeLevel) May(purpose, category, action string) bool {
	return f.cell == purpose+"/"+category+"/"+action
}
func (f fakeLevel) Can(act string) bool             { return f.act == act }
func (f fakeLevel) CanFor(purpose, act string) bool { return f.act == purpose+"/"+act }

var all = RightsFunc(func(name string) (Level, bool) {
	l, ok := map[string]fakeLevel{"sales": {"import", "relationship/contact/see"}, "boss": {"publish", ""}}[name]
	return l, ok
})

func TestActor(t *testing.T) {
	s := &Session{ID: 4, Device: "Firefox on Linux", Account: &Account{ID: id.ID(9), Name: "Asta", Levels: []string{"boss", "forgotten", "sales"}}}
	a := s.Act(all)
	if !a.Can("import") || !a.Can("publish") || a.Can("export") || !a.May("relationship", "contact", "see") || a.May("relationship", "contact", "edit") || a.CanFor("x", "publish") {
		t.Error("the levels of the actor are not what its account holds")
	}
	if by := a.By("newsletter"); by != (db.By{Kind: "staff", ID: 9, Name: "Asta", Level: "boss forgotten sales", Purpose: "newsletter", Device: "Firefox on Linux"}) {
		t.Errorf("signs as %+v", by)
	}
	var nobody Actor
	if nobody.Can("import") || nobody.May("", "", "") || (&Session{Account: &Account{}}).Act(all).Can("import") || s.Act(nil).Can("import") {
		t.Error("someone without levels may do something")
	}
}

func TestCheckPassword(t *testing.T) {
	for password, want := range map[string]string{
		phrase:                            "internal",
		"correct horse battery staple":    "internal",
		strings.Repeat("äö ü", 5) + "xyz": "internal",
		"fourteen chars":                  "staff.password_short",
		"":                                "staff.password_short",
		strings.Repeat("abcdef q", 33):    "staff.password_long",
		"aaaaaaaaaaaaaaaa":                "staff.password_common",
		"123456789012345":                 "staff.password_common",
		"abcdefghijklmnopqrst":            "staff.password_common",
		"passwordpassword":                "staff.password_common",
		"password12345678":                "staff.password_common",
		"!!Password2026!!":                "staff.password_common",
		"qwe qwe qwe qwe ":                "staff.password_common",
		"ｐａｓｓｗｏｒｄ１２３４５６７８":        "staff.password_common",
		"asta.ek@bolaget.example": "staff.password_own",
		"bolaget.example1":        "staff.password_own",
		"kartotekkartotek1":       "staff.password_own",
	} {
		err := checkPassword(password, false, "Asta Ek", "asta.ek@bolaget.example")
		if got := fault.KeyOf(err); got != want || err == nil && want != "internal" {
			t.Errorf("%q: %v, want %s", password, err, want)
		}
	}
	if n := len(common()); n < 3000 {
		t.Errorf("only %d common passwords", n)
	}
}

func TestPHC(t *testing.T) {
	phc, err := hash(t.Context(), phrase)
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(phc, err)
	}
	for _, row := range []struct {
		password, phc string
		want          bool
	}{
		{phrase, phc, true}, {phrase + " ", phc, false}, {"", phc, false}, {phrase, "", false}, {phrase, nobody, false},
		{phrase, strings.Replace(phc, "m=19456", "m=99999999", 1), false}, {phrase, strings.Replace(phc, "argon2id", "argon2i", 1), false}, {phrase, phc[:len(phc)-1], false},
	} {
		if got, err := matches(t.Context(), row.password, row.phc); got != row.want || err != nil {
			t.Errorf("%s: %v %v", row.phc, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hashing <- struct{}{}
	hashing <- struct{}{}
	if _, err := hash(ctx, phrase); err == nil {
		t.Error("a third hash did not wait")
	}
	<-hashing
	<-hashing
}

func FuzzPHC(f *testing.F) {
	f.Add(nobody)
	f.Add("$argon2id$v=19$m=-1,t=0,p=300$$")
	f.Fuzz(func(t *testing.T, phc string) {
		if c, salt, sum, ok := parsePHC(phc); ok && (len(salt) < 8 || len(sum) != 32 || c.memory > 256*1024 || c.time > 10) {
			t.Errorf("%q was taken: %+v", phc, c)
		}
	})
}

func TestDeviceLabel(t *testing.T) {
	for agent, want := range map[string]string{
		firefox: "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/604.1":     "Safari on iPhone",
		"": "Browser on another system", "<script>\x1b[31m": "Browser on another system",
	} {
		if got := DeviceLabel(agent); got != want {
			t.Errorf("%q: %s", agent, got)
		}
	}
}

func TestSQL(t *testing.T) {
	tables := append(slices.Clone(Schema.Tables), audit.Schema.Tables...)
	for _, f := range dbtest.LintSQL(db.Registered(), tables) {
		t.Error(f)
	}
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { dbtest.Catalogue(t, d) })
}
