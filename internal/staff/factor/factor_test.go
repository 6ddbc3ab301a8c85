package factor

import (
	"encoding/base32"
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
	"kartotek/internal/staff"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schema = []db.Schema{audit.Schema, staff.Schema}
	keys   = seal.Fixed([32]byte{3})
	room   = &Room{Keys: keys, Staff: &staff.Room{Keys: keys}, BaseURL: "https://register.example"}
	cli    = db.By{Kind: "cli", Name: "cli:root"}
)

const phrase = "nio gröna hästar i hagen"

// desk is a register with one account, Asta's, signed in, and a clock to move.
type desk struct {
	*testing.T
	d    *db.DB
	c    *clock.Fixed
	asta *staff.Account
	here staff.Opened
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
				k.asta, err = room.Staff.Create(tx, staff.NewAccount{Name: "Asta Ek", Email: "asta.ek@bolaget.example"})
				return err
			})
			k.must(room.Staff.SetPassword(t.Context(), k.d, cli, staff.PasswordChange{Account: k.asta.ID, New: phrase}))
			k.here = k.signIn()
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

func (k *desk) want(err error, key string) {
	k.Helper()
	if fault.KeyOf(err) != key {
		k.Errorf("got %v, want %s", err, key)
	}
}

func (k *desk) do(fn func(*db.Tx) error) {
	k.Helper()
	k.must(k.d.Do(k.Context(), cli, fn))
}

func (k *desk) signIn() staff.Opened {
	k.Helper()
	o, err := room.Staff.SignIn(k.Context(), k.d, staff.Credentials{Email: k.asta.Email, Password: phrase, Source: "192.0.2.1", UserAgent: "Firefox Linux"})
	k.must(err)
	return o
}

// app is an authenticator app.
type app struct{ secret []byte }

func (a app) code(t *testing.T, at time.Time) string {
	t.Helper()
	code, err := codeAt(a.secret, at.Unix()/period)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// addApp sets an app up, and moves the clock so that its next code is a new one.
func (k *desk) addApp() (app, []string) {
	k.Helper()
	offer := room.NewTOTP(k.here.Session, k.c.Now())
	secret, err := base32.StdEncoding.DecodeString(offer.Secret)
	k.must(err)
	a := app{secret}
	codes, err := room.AddTOTP(k.Context(), k.d, cli, k.here.Session, offer.Sealed, a.code(k.T, k.c.Now()), "work phone")
	k.must(err)
	k.c.Move(time.Minute)
	return a, codes
}

func (k *desk) finish(half staff.Opened, code string) (staff.Opened, error) {
	k.Helper()
	return room.FinishCode(k.Context(), k.d, half.Token, code, "192.0.2.1")
}

func (k *desk) logged(action, outcome string) (n int) {
	k.Helper()
	k.do(func(tx *db.Tx) error {
		all, err := audit.Read(tx, audit.Filter{Action: action, Outcome: outcome, Limit: 500})
		n = len(all)
		return err
	})
	return n
}

func TestTOTP(t *testing.T) {
	each(t, func(k *desk) {
		other := k.signIn()
		a, codes := k.addApp()
		if len(codes) != codeCount {
			k.Fatalf("%d recovery codes with the first factor", len(codes))
		}
		_, err := room.Staff.Session(k.Context(), k.d, other.Token)
		k.want(err, "staff.no_session") // other devices are signed out
		if s, err := room.Staff.Session(k.Context(), k.d, k.here.Token); err != nil || !s.Account.Second {
			k.Errorf("the session that added it: %v", err)
		}
		half := k.signIn()
		if !half.Half || half.Session != nil {
			k.Fatalf("the password alone opened %+v", half)
		}
		_, err = room.Staff.Session(k.Context(), k.d, half.Token)
		k.want(err, "staff.no_session")
		code := a.code(k.T, k.c.Now())
		o, err := k.finish(half, code[:3]+" "+code[3:])
		k.must(err)
		s, err := room.Staff.Session(k.Context(), k.d, o.Token)
		k.must(err)
		if !s.Strong || s.Second != TOTP || s.Via != staff.ViaPassword || !s.FreshSecond(k.c.Now()) || s.FreshSecond(k.c.Now().Add(staff.FreshFor)) {
			k.Errorf("session %+v", s)
		}
		_, err = k.finish(half, code)
		k.want(err, "staff.half_over") // a half is finished once
		_, err = k.finish(k.signIn(), code)
		k.want(err, "factor.wrong") // and a code used once
		if k.logged("staff.factor_add", "") != 1 || k.logged("staff.second", audit.Refused) != 1 {
			k.Error("the log lacks something")
		}
	})
}

func TestTOTPClock(t *testing.T) {
	secret := []byte("12345678901234567890") // RFC 6238, appendix B
	for at, want := range map[int64]string{1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		now := time.Unix(at, 0)
		for name, row := range map[string]struct {
			now   time.Time
			last  int64
			right bool
		}{
			"now": {now, 0, true}, "a step late": {now.Add(period * time.Second), 0, true}, "a step early": {now.Add(-period * time.Second), 0, true},
			"two late": {now.Add(2 * period * time.Second), 0, false}, "two early": {now.Add(-2 * period * time.Second), 0, false}, "used": {now, at / period, false},
		} {
			if _, right := stepOf(secret, want, row.now, row.last); right != row.right {
				t.Errorf("%d %s: %v", at, name, right)
			}
		}
	}
	for _, code := range []string{"", "28708", "2870822", "28708２", "abcdef"} {
		if _, right := stepOf(secret, code, time.Unix(59, 0), 0); right {
			t.Errorf("%q was taken", code)
		}
	}
}

// TestSecretIsSealed looks for the secret in the rows.
func TestSecretIsSealed(t *testing.T) {
	each(t, func(k *desk) {
		a, codes := k.addApp()
		k.do(func(tx *db.Tx) error {
			all, err := List(tx, k.asta.ID)
			for _, f := range all {
				if strings.Contains(string(f.sealed), string(a.secret)) || strings.Contains(string(f.sealed), text32.EncodeToString(a.secret)) {
					k.Error("the secret is in the database")
				}
				if _, err := keys.Open(sealedFor(f.ID+1), f.sealed); err == nil {
					k.Error("the secret of one row opens as another's")
				}
			}
			var n int
			for _, c := range codes {
				if found, err := tx.One(db.SQL(db.Reference, `SELECT 1 FROM staff_recovery WHERE code = $1`), []any{&n}, plainCode(c)); err != nil || found {
					k.Errorf("a recovery code is in the database: %v", err)
				}
			}
			return err
		})
	})
}

// TestGuessing is the brute force: ten thousand codes of an attacker who knows the
// password get a few dozen looks, and none after the wait.
func TestGuessing(t *testing.T) {
	each(t, func(k *desk) {
		a, _ := k.addApp()
		half := k.signIn()
		looked, waited, day := 0, 0, k.c.Now()
		for n := range 10_000 {
			if n%100 == 0 {
				k.c.Move(time.Minute)
				half = k.signIn() // the password is right, again and again
			}
			if n%10 == 0 && waited > 500 {
				continue // the rest would only wait too
			}
			code := fmt.Sprintf("%06d", n)
			if code == a.code(k.T, k.c.Now()) {
				continue
			}
			switch _, err := k.finish(half, code); fault.KeyOf(err) {
			case "factor.wrong":
				looked++
			case "staff.wait":
				waited++
			default:
				k.Fatalf("guess %d: %v", n, err)
			}
			if waited > 600 {
				break
			}
		}
		if looked > 20 {
			k.Errorf("%d codes were looked at in %s", looked, k.c.Now().Sub(day))
		}
		_, err := k.finish(half, a.code(k.T, k.c.Now()))
		k.want(err, "staff.wait") // the right code, too, tells nothing now
		var token string
		k.do(func(tx *db.Tx) (err error) { token, err = room.Staff.Link(tx, k.asta.ID, staff.SignInLink); return err })
		byLink, err := room.Staff.FollowLink(k.Context(), k.d, token, "")
		k.must(err)
		if !byLink.Half {
			k.Fatal("a link goes round the second factor")
		}
		if _, err := k.finish(byLink, a.code(k.T, k.c.Now())); err != nil {
			k.Errorf("the owner, by a link: %v", err)
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	each(t, func(k *desk) {
		_, codes := k.addApp()
		o, err := k.finish(k.signIn(), strings.ToLower(codes[3]))
		k.must(err)
		if o.Session.Second != staff.ByRecovery {
			k.Errorf("%+v", o.Session)
		}
		_, err = k.finish(k.signIn(), codes[3])
		k.want(err, "factor.wrong")
		k.do(func(tx *db.Tx) error {
			n, err := Left(tx, k.asta.ID)
			if n != codeCount-1 {
				k.Errorf("%d left", n)
			}
			return err
		})
		var fresh []string
		k.do(func(tx *db.Tx) (err error) { fresh, err = room.NewCodes(tx, o.Session); return err })
		_, err = k.finish(k.signIn(), codes[4])
		k.want(err, "factor.wrong") // new ones end the old
		if _, err := k.finish(k.signIn(), strings.ReplaceAll(fresh[0], "-", " ")); err != nil {
			k.Error(err)
		}
		slices.Sort(fresh)
		if len(slices.Compact(fresh)) != codeCount {
			k.Error("codes repeat")
		}
	})
}

func TestCodeOnceInParallel(t *testing.T) {
	each(t, func(k *desk) {
		a, codes := k.addApp()
		for _, code := range []string{a.code(k.T, k.c.Now()), codes[0]} {
			var halves []staff.Opened
			for range 4 {
				halves = append(halves, k.signIn())
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			opened := 0
			for _, h := range halves {
				wg.Go(func() {
					if _, err := room.FinishCode(k.Context(), k.d, h.Token, code, "192.0.2.1"); err == nil {
						mu.Lock()
						opened++
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if opened != 1 {
				k.Errorf("one code opened %d sessions", opened)
			}
			k.c.Move(time.Hour)
		}
	})
}

func TestHalfEnds(t *testing.T) {
	each(t, func(k *desk) {
		a, _ := k.addApp()
		for name, end := range map[string]func(){
			"time":     func() { k.c.Move(staff.HalfLife) },
			"disabled": func() { k.do(func(tx *db.Tx) error { return room.Staff.Disable(tx, k.asta.ID) }) },
			"password": func() {
				k.must(room.Staff.SetPassword(k.Context(), k.d, cli, staff.PasswordChange{Account: k.asta.ID, New: phrase}))
			},
			"signed out everywhere": func() { k.do(func(tx *db.Tx) error { return room.Staff.RevokeAll(tx, k.asta.ID, 0) }) },
		} {
			half := k.signIn()
			end()
			_, err := k.finish(half, a.code(k.T, k.c.Now()))
			if fault.KeyOf(err) != "staff.half_over" {
				k.Errorf("%s: %v", name, err)
			}
			k.do(func(tx *db.Tx) error { _ = room.Staff.Enable(tx, k.asta.ID); return nil })
		}
		_, err := k.finish(staff.Opened{Token: k.here.Token}, "000000") // a session's key is no half's
		k.want(err, "staff.half_over")
	})
}

func TestOfferBelongsToItsSession(t *testing.T) {
	each(t, func(k *desk) {
		offer := room.NewTOTP(k.here.Session, k.c.Now())
		secret, _ := text32.DecodeString(offer.Secret)
		add := func(s *staff.Session, sealed, code string) error {
			_, err := room.AddTOTP(k.Context(), k.d, cli, s, sealed, code, "")
			return err
		}
		right := app{secret}.code(k.T, k.c.Now())
		k.want(add(k.signIn().Session, offer.Sealed, right), "factor.offer_old") // another session
		k.want(add(k.here.Session, offer.Sealed[1:], right), "factor.offer_old")
		k.want(add(k.here.Session, "", right), "factor.offer_old")
		k.want(add(k.here.Session, offer.Sealed, "000000"), "factor.code_differs")
		k.c.Move(enrolLife)
		k.want(add(k.here.Session, offer.Sealed, app{secret}.code(k.T, k.c.Now())), "factor.offer_old")
	})
}

func TestRemove(t *testing.T) {
	each(t, func(k *desk) {
		k.addApp()
		var all []*Factor
		k.do(func(tx *db.Tx) (err error) { all, err = List(tx, k.asta.ID); return err })
		remove := func(which id.ID) error {
			return k.d.Do(k.Context(), cli, func(tx *db.Tx) error { return room.Remove(tx, k.here.Session, which) })
		}
		k.want(remove(12345), "factor.gone")
		short := func(password string) error {
			return room.Staff.SetPassword(k.Context(), k.d, cli, staff.PasswordChange{Account: k.asta.ID, New: password})
		}
		k.want(short("seven77"), "staff.password_short_beside")
		k.must(short("stork 71")) // enough beside a second factor
		k.want(remove(all[0].ID), "factor.last")
		k.must(short(phrase))
		k.must(remove(all[0].ID))
		k.want(short("stork 71"), "staff.password_short")
		if o := k.signIn(); o.Half {
			k.Error("a second step is asked for, and there is none")
		}
		k.do(func(tx *db.Tx) error {
			n, err := Left(tx, k.asta.ID)
			if n != 0 {
				k.Errorf("%d recovery codes without a factor", n)
			}
			return err
		})
	})
}

func TestReset(t *testing.T) {
	each(t, func(k *desk) {
		a, _ := k.addApp()
		k.do(func(tx *db.Tx) error { return room.Staff.Reset(tx, k.asta.ID) })
		_, err := room.Staff.SignIn(k.Context(), k.d, staff.Credentials{Email: k.asta.Email, Password: phrase})
		k.want(err, "staff.wrong")
		_, err = room.Staff.Session(k.Context(), k.d, k.here.Token)
		k.want(err, "staff.no_session")
		link := func() staff.Opened {
			var token string
			k.do(func(tx *db.Tx) (err error) { token, err = room.Staff.Link(tx, k.asta.ID, staff.SignInLink); return err })
			o, err := room.Staff.FollowLink(k.Context(), k.d, token, "")
			k.must(err)
			return o
		}
		half := link()
		if !half.Half {
			k.Error("a reset took the second factor away")
		}
		_, err = k.finish(half, a.code(k.T, k.c.Now()))
		k.must(err)
		k.do(func(tx *db.Tx) error { return room.RemoveAll(tx, k.asta.ID) })
		if o := link(); o.Half || o.Session.Account.Second {
			k.Error("the second factor stayed")
		}
	})
}

func TestNames(t *testing.T) {
	each(t, func(k *desk) {
		k.addApp()
		k.do(func(tx *db.Tx) error {
			all, err := List(tx, k.asta.ID)
			if err != nil || all[0].Name != "work phone" {
				k.Errorf("%+v %v", all, err)
			}
			k.must(room.Rename(tx, k.asta.ID, all[0].ID, "  phone  "))
			k.want(room.Rename(tx, 99, all[0].ID, "another's"), "factor.gone")
			k.want(room.Rename(tx, k.asta.ID, all[0].ID, strings.Repeat("x", 61)), "staff.label")
			k.want(room.Rename(tx, k.asta.ID, all[0].ID, "two\nlines"), "staff.label")
			all, err = List(tx, k.asta.ID)
			if all[0].Name != "phone" {
				k.Error(all[0].Name)
			}
			return err
		})
	})
}

func TestSQL(t *testing.T) {
	tables := append(slices.Clone(staff.Schema.Tables), audit.Schema.Tables...)
	for _, f := range dbtest.LintSQL(db.Registered(), tables) {
		t.Error(f)
	}
}

func FuzzCode(f *testing.F) {
	f.Add("123456")
	f.Add("AAAAA-bbbbb ccccc\tDDDDD-22222")
	f.Fuzz(func(t *testing.T, typed string) {
		if c := plainCode(typed); strings.ContainsAny(c, " -018") {
			t.Errorf("%q became %q", typed, c)
		}
		if _, right := stepOf([]byte("12345678901234567890"), typed, time.Unix(59, 0), 3); right {
			t.Errorf("%q was taken", typed)
		}
	})
}

func TestQR(t *testing.T) {
	q, err := Draw("otpauth://totp/Kartotek:asta.ek@bolaget.example?secret=JBSWY3DPEHPK3PXP&issuer=Kartotek")
	if err != nil || q.Size < 29 || !strings.HasPrefix(q.Path, "M4 4h7v1h-7z") {
		t.Errorf("%v %d %.40s", err, q.Size, q.Path)
	}
	if _, err := Draw(strings.Repeat("x", 4000)); fault.KeyOf(err) != "factor.qr" {
		t.Errorf("a text too long: %v", err)
	}
}

// BenchmarkRefusal measures, in turns, how far codes that are refused are apart in
// time: one that was never right and one that was used, of an app and for recovery.
// %apart is the distance of the medians of 500 each.
func BenchmarkRefusal(b *testing.B) {
	c := clock.At(dbtest.Start)
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Clock: c, Schema: schema})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	half, codes := protected(b, d, c)
	for name, kinds := range map[string][]string{"app": {"000000", codes[0]}, "recovery": {"aaaaa-aaaaa", codes[1]}} {
		b.Run(name, func(b *testing.B) {
			took := make([][]time.Duration, len(kinds))
			for b.Loop() {
				for n := range 1000 {
					c.Move(25 * time.Hour) // no wait, and not yet forgotten
					begun := time.Now()
					_, err := room.ConfirmCode(b.Context(), d, cli, half.Session, half.Token, kinds[n%2], "192.0.2.1")
					took[n%2] = append(took[n%2], time.Since(begun))
					if fault.KeyOf(err) != "factor.wrong" {
						b.Fatal(err)
					}
				}
			}
			slices.Sort(took[0])
			slices.Sort(took[1])
			wrong, used := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(float64(wrong.Microseconds()), "µs-wrong")
			b.ReportMetric(float64(used.Microseconds()), "µs-used")
			b.ReportMetric(100*float64((wrong-used).Abs())/float64(max(wrong, used)), "%apart")
		})
	}
}

// protected is somebody with an authenticator, of whose codes the first two were used:
// one of the app, one for recovery.
func protected(b *testing.B, d *db.DB, c *clock.Fixed) (staff.Opened, []string) {
	b.Helper()
	var a *staff.Account
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(d.Do(b.Context(), cli, func(tx *db.Tx) (err error) {
		a, err = room.Staff.Create(tx, staff.NewAccount{Name: "Asta Ek", Email: "asta.ek@bolaget.example"})
		return err
	}))
	must(room.Staff.SetPassword(b.Context(), d, cli, staff.PasswordChange{Account: a.ID, New: phrase}))
	here, err := room.Staff.SignIn(b.Context(), d, staff.Credentials{Email: a.Email, Password: phrase, Source: "192.0.2.1"})
	must(err)
	offer := room.NewTOTP(here.Session, c.Now())
	secret, err := base32.StdEncoding.DecodeString(offer.Secret)
	must(err)
	first, err := codeAt(secret, c.Now().Unix()/period)
	must(err)
	recovery, err := room.AddTOTP(b.Context(), d, cli, here.Session, offer.Sealed, first, "work phone")
	must(err)
	here, err = room.ConfirmCode(b.Context(), d, cli, here.Session, here.Token, recovery[0], "192.0.2.1")
	must(err)
	return here, []string{first, recovery[0]}
}
