package staff

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// TestDelay guesses at an account that exists and at one that does not: both
// make the guesser wait, alike, and neither for ever.
func TestDelay(t *testing.T) {
	each(t, func(k *desk) {
		story := func(email string) (out []string) {
			for range 9 {
				_, err := k.signIn(email, "a guess of a password", "198.51.100.7")
				out = append(out, fault.KeyOf(err))
			}
			k.c.Move(3 * time.Second)
			_, err := k.signIn(email, "a guess of a password", "198.51.100.7")
			return append(out, fault.KeyOf(err))
		}
		known, unknown := story(k.asta.Email), story("nobody@bolaget.example")
		if !slices.Equal(known, unknown) || known[5] != "staff.wrong" || known[6] != "staff.wait" || known[9] != "staff.wrong" {
			k.Errorf("known   %v\nunknown %v", known, unknown)
		}
		_, err := k.signIn(k.asta.Email, phrase, "192.0.2.1")
		k.want(err, "staff.wait") // the owner waits too …
		var token string
		k.do(func(tx *db.Tx) (err error) { token, err = room.Link(tx, k.asta.ID, SignInLink); return err })
		if _, err := room.FollowLink(k.Context(), k.d, token, firefox); err != nil { // … but for a link
			k.Error(err)
		}
		k.c.Move(longest)
		k.in()
		if _, err := k.signIn(k.asta.Email, "wrong", "192.0.2.1"); fault.KeyOf(err) != "staff.wrong" {
			k.Errorf("after a good sign-in the count begins again: %v", err)
		}
	})
}

// TestHundredInARow holds that after a hundred wrong tries a day passes between two,
// also over weeks, and that a right one ends it.
func TestHundredInARow(t *testing.T) {
	each(t, func(k *desk) {
		real := idKey
		defer func() { idKey = real }()
		idKey = func([]byte, []byte, uint32, uint32, uint8, uint32) []byte { return make([]byte, 32) } // quick, and never right
		for n := range tooMany {
			_, err := k.signIn(k.asta.Email, "guess", fmt.Sprint(n))
			k.want(err, "staff.wrong")
			k.c.Move(longest)
		}
		idKey = real
		_, err := k.signIn(k.asta.Email, phrase, "192.0.2.1")
		k.want(err, "staff.wait")
		k.c.Move(afterwards)
		k.in()
		k.in()
	})
}

func TestDelayBySource(t *testing.T) {
	each(t, func(k *desk) {
		var last error
		for i := range freeSource + 2 {
			_, last = k.signIn(fmt.Sprintf("guess%d@bolaget.example", i), "x", "198.51.100.7")
		}
		k.want(last, "staff.wait")
		k.in() // from elsewhere
	})
}

func TestParallelGuessesCount(t *testing.T) {
	each(t, func(k *desk) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		checked := 0
		for range 20 {
			wg.Go(func() {
				_, err := k.signIn(k.asta.Email, "guess", "198.51.100.7")
				mu.Lock()
				defer mu.Unlock()
				if fault.KeyOf(err) == "staff.wrong" {
					checked++
				}
			})
		}
		wg.Wait()
		if checked > freeAccount+1 {
			k.Errorf("%d guesses were checked at once", checked)
		}
	})
}

// TestEqualWork counts what a refusal costs: one slow hash and as many rows in the
// log, whether there is such an account or not. Time itself is measured by BenchmarkRefusal.
func TestEqualWork(t *testing.T) {
	each(t, func(k *desk) {
		real := idKey
		defer func() { idKey = real }()
		runs := 0
		idKey = func(password, salt []byte, time, memory uint32, lanes uint8, size uint32) []byte {
			runs++
			if time != ours.time || memory != ours.memory {
				k.Errorf("another cost: %d passes, %d KiB", time, memory)
			}
			return real(password, salt, time, memory, lanes, size)
		}
		k.do(func(tx *db.Tx) error {
			for _, name := range []string{"invited", "disabled"} {
				a, err := room.Create(tx, NewAccount{Name: name, Email: name + "@bolaget.example"})
				if err == nil && name == "disabled" {
					err = room.Disable(tx, a.ID)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		for _, email := range []string{k.asta.Email, "nobody@bolaget.example", "invited@bolaget.example", "disabled@bolaget.example"} {
			before, logged := runs, len(k.log(audit.Filter{Action: "staff.sign_in", Outcome: audit.Refused}))
			_, err := k.signIn(email, "wrong", email)
			k.want(err, "staff.wrong")
			if runs-before != 1 || len(k.log(audit.Filter{Action: "staff.sign_in", Outcome: audit.Refused}))-logged != 1 {
				k.Errorf("%s: %d hashes", email, runs-before)
			}
		}
	})
}

// samples is how often each kind of refusal is measured.
const samples = 500

// BenchmarkRefusal measures how far refusals are apart in time that are not to be told
// apart: of a known address, of nobody's, of one without a password and of a closed
// account; and of links that were used, have ended, or never were. They take turns, so
// that what else the machine does meets all alike. %apart is the distance of the medians
// of 500 each, in parts of the whole; it is to be under 5.
func BenchmarkRefusal(b *testing.B) {
	c := clock.At(dbtest.Start)
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Clock: c, Schema: schema})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	used, ended := strangers(b, d, c)
	b.Run("sign-in", func(b *testing.B) {
		refuse := func(email string) func() error {
			return func() error {
				_, err := room.SignIn(b.Context(), d, Credentials{Email: email, Password: "wrong", Source: fmt.Sprint(c.Now().UnixNano())})
				c.Move(25 * time.Hour) // no wait, and not yet forgotten
				return err
			}
		}
		apart(b, "staff.wrong", refuse("asta@bolaget.example"), refuse("nobody@bolaget.example"), refuse("invited@bolaget.example"), refuse("closed@bolaget.example"))
	})
	b.Run("link", func(b *testing.B) {
		follow := func(token string) func() error {
			return func() error { _, err := room.FollowLink(b.Context(), d, token, "test"); return err }
		}
		apart(b, "staff.link_used", follow(used), follow(ended), follow(seal.Token()), follow("x"))
	})
}

// strangers makes the accounts of the refusals, with a link that was used and one
// that has ended.
func strangers(b *testing.B, d *db.DB, c *clock.Fixed) (used, ended string) {
	b.Helper()
	err := d.Do(b.Context(), cli, func(tx *db.Tx) error {
		for _, name := range []string{"asta", "invited", "closed"} {
			a, err := room.Create(tx, NewAccount{Name: name, Email: name + "@bolaget.example"})
			if err == nil && name == "closed" {
				err = room.Disable(tx, a.ID)
			}
			if err == nil && name == "asta" {
				used, err = room.Link(tx, a.ID, SignInLink)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	var o Opened
	if err == nil {
		o, err = room.FollowLink(b.Context(), d, used, "test")
	}
	if err == nil {
		err = room.SetPassword(b.Context(), d, cli, PasswordChange{Account: o.Session.Account.ID, New: phrase})
	}
	if err == nil {
		err = d.Do(b.Context(), cli, func(tx *db.Tx) (err error) { ended, err = room.Link(tx, o.Session.Account.ID, SignInLink); return err })
	}
	if err != nil {
		b.Fatal(err)
	}
	c.Move(100 * 24 * time.Hour)
	return used, ended
}

// apart measures kinds of refusal in turns.
func apart(b *testing.B, key string, kinds ...func() error) {
	b.Helper()
	took := make([][]time.Duration, len(kinds))
	for b.Loop() {
		for range samples {
			for i, refuse := range kinds {
				begun := time.Now()
				err := refuse()
				took[i] = append(took[i], time.Since(begun))
				if fault.KeyOf(err) != key {
					b.Fatalf("kind %d: %v", i, err)
				}
			}
		}
	}
	var least, most time.Duration
	for i, all := range took {
		slices.Sort(all)
		m := all[len(all)/2]
		b.ReportMetric(float64(m.Microseconds()), fmt.Sprintf("µs-%d", i))
		if least == 0 || m < least {
			least = m
		}
		most = max(most, m)
	}
	b.ReportMetric(100*float64(most-least)/float64(most), "%apart")
}
