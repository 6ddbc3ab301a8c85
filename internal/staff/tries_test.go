package staff

import (
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

// BenchmarkRefusal measures refusals of a known and an unknown address, to be
// compared: go test -bench Refusal -count 10 ./internal/staff
func BenchmarkRefusal(b *testing.B) {
	c := clock.At(dbtest.Start)
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Clock: c, Schema: schema})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	var a *Account
	err = d.Do(b.Context(), cli, func(tx *db.Tx) (err error) {
		a, err = room.Create(tx, NewAccount{Name: "Asta Ek", Email: "asta.ek@bolaget.example"})
		return err
	})
	if err == nil {
		err = room.SetPassword(b.Context(), d, cli, PasswordChange{Account: a.ID, New: phrase})
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, email := range []string{"asta.ek@bolaget.example", "nobody@bolaget.example"} {
		b.Run(email[:strings.Index(email, "@")], func(b *testing.B) {
			for b.Loop() {
				if _, err := room.SignIn(b.Context(), d, Credentials{Email: email, Password: "wrong", Source: fmt.Sprint(c.Now().UnixNano())}); fault.KeyOf(err) != "staff.wrong" {
					b.Fatal(err)
				}
				c.Move(25 * time.Hour) // no wait, and not yet forgotten
			}
		})
	}
}
