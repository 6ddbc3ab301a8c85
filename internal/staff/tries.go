package staff

import (
	"context"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// The delay after wrong passwords and codes: a number of tries is free, then each
// wrong one doubles the wait, up to a limit; after a hundred in a row a day passes
// between two (NIST SP 800-63B-4, 3.2.2). At that rate guessing a code of six
// digits takes a lifetime. No wait shuts the owner out for good: a passkey is
// asked for no count, and behind a one-time link the codes have a count of their own.
const (
	freeAccount = 5
	freeSource  = 20
	longest     = 15 * time.Minute
	tooMany     = 100
	afterwards  = 24 * time.Hour
	forget      = 30 * 24 * time.Hour // after this long the count of an account begins again
	forgetFrom  = 24 * time.Hour      // and that of a source, which may be a whole office
)

var (
	triesOf = db.SQL(db.Local, `SELECT fails, until, last_at FROM staff_tries WHERE who = $1`)
	addTry  = db.SQL(db.Local, `INSERT INTO staff_tries (who, fails, until, last_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (who) DO UPDATE SET fails = excluded.fails, until = excluded.until, last_at = excluded.last_at`)
	clearTries = db.SQL(db.Local, `DELETE FROM staff_tries WHERE who = $1`)
	backTry    = db.SQL(db.Local, `UPDATE staff_tries SET fails = fails - 1, until = 0 WHERE who = $1 AND fails > 0`)
	sweepTries = db.SQL(db.Local, `DELETE FROM staff_tries WHERE last_at < $1`)
)

// Try is one guess at a secret, counted for the account and for where it comes from.
type Try struct{ account, source string } // both blinded

// signInTry is a guess at a password. Nobody's address is counted as somebody's.
func (r *Room) signInTry(email, source string) Try {
	return Try{r.Keys.Blind("sign-in account", emailKey(email)), r.Keys.Blind("sign-in source", source)}
}

// CodeTry counts a guess at a second factor, before it is looked at, or refuses
// when account or source has to wait. via is the first step: those who came by a
// link do not wait for the guesses of somebody who knows the password.
func (r *Room) CodeTry(ctx context.Context, d *db.DB, account id.ID, via, source string) (Try, error) {
	t := Try{r.Keys.Blind("code account by "+via, account.String()), r.Keys.Blind("code source", source)}
	return t, t.count(ctx, d)
}

// triesFor are the counts of an account.
func (r *Room) triesFor(a *Account) []string {
	out := []string{r.signInTry(a.Email, "").account}
	for _, via := range []string{ViaPassword, ViaLink, ViaOIDC, ViaPasskey} {
		out = append(out, r.Keys.Blind("code account by "+via, a.ID.String()))
	}
	return out
}

// Right says that the guess was right: the account's count begins again, and the
// source gets its try back.
func (t Try) Right(ctx context.Context, d *db.DB) error {
	return d.Do(ctx, db.System("sign-in"), func(tx *db.Tx) error {
		if _, err := tx.Exec(clearTries, t.account); err != nil {
			return err
		}
		_, err := tx.Exec(backTry, t.source)
		return err
	})
}

func (t Try) count(ctx context.Context, d *db.DB) error {
	return d.Do(ctx, db.System("sign-in"), func(tx *db.Tx) error { return count(tx, t.account, t.source) })
}

// count adds a try for the account and the source, or refuses when either has to
// wait. A refused try does not lengthen the wait.
func count(tx *db.Tx, account, source string) error {
	now := tx.Now()
	free := map[string]int{account: freeAccount, source: freeSource}
	old := map[string]time.Duration{account: forget, source: forgetFrom}
	fails := map[string]int{}
	for who := range free {
		var n int
		var until, last int64
		if _, err := tx.One(triesOf, []any{&n, &until, &last}, who); err != nil {
			return err
		}
		if until > now {
			return errWait()
		}
		if now-last > old[who].Milliseconds() {
			n = 0
		}
		fails[who] = n + 1
	}
	for _, who := range []string{account, source} {
		wait := Delay(fails[who] - free[who])
		if who == account && fails[who] >= tooMany {
			wait = afterwards
		}
		if _, err := tx.Exec(addTry, who, fails[who], now+wait.Milliseconds(), now); err != nil {
			return err
		}
	}
	return nil
}

func errWait() error {
	return fault.New(fault.TooMany, "staff.wait", "there were too many wrong tries; wait a little and try again, or ask for a sign-in link")
}

// Delay is how long nobody may try after n failures beyond the free ones: 2 s,
// 4 s, 8 s … up to a quarter of an hour.
func Delay(n int) time.Duration {
	if n <= 0 {
		return 0
	}
	return min(time.Second<<min(n, 20), longest)
}
