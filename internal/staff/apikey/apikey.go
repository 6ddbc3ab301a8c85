// Package apikey keeps the keys by which programs use the register on behalf of a
// member of staff.
//
// A key belongs to the account that made it and can do less than its owner: it
// carries a list of rights, chosen when it was made, and each use is allowed what
// stands in that list and is among the owner's rights at that moment. A level taken
// from the owner is taken from their keys at once; an account that is disabled, or
// whose last day is over, has no working keys. law: GDPR 25(2), GDPR 32(4)
//
// # Shape
//
//	Right         one cell: purpose/category/action, or an act
//	Offer         what an owner may give a key now
//	Key.Act       who acts when the key is used: the owner behind a narrower level
//	Room.Make     makes a key; its text is seen once
//	Room.Check    finds the key of a text
//
// # What no key can do
//
// Acts that ask for a second factor or a second person, and acts that would let a
// key grow: exporting, the rights desk, erasing, publishing, administering accounts
// and the program, making keys (Never). There is nobody at a key's keyboard to ask.
//
// # The text
//
// "ktk_", the key's id, "_", and 160 random bits in base 32. The prefix lets
// scanners of source code find keys that were published by mistake. Only the
// digest of the random part is stored; it is long enough that a plain digest
// cannot be guessed back.
//
// Table: staff_apikeys (reference).
package apikey

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

// Bounds of a key.
const (
	Prefix  = "ktk_"
	secret  = 20  // random bytes
	maxName = 60  // characters
	maxKeys = 50  // of one account, in use
	maxDays = 366 // a key's life: a year, whichever
)

// Via is how a key's actor signed in; no session has it.
const Via = "api-key"

// Room keeps the keys.
type Room struct{}

// Schema is the room's table.
var Schema = db.Schema{Room: "apikey", Tables: []db.Table{{
	Name: "staff_apikeys", Kind: db.ReferenceTable, Key: "id",
	Cols:    db.Cols("id big, account big, name text, secret blob, rights text, until text, created_at big, revoked_at big, used_on text"),
	Indexes: []db.Index{{Name: "staff_apikeys_account", Cols: "account, id"}},
}}}

// Key is one key, without its text.
type Key struct {
	ID        id.ID
	Account   id.ID
	Name      string
	Rights    Rights
	Until     string // last day, ISO date
	CreatedAt time.Time
	RevokedAt time.Time // zero while it is not
	UsedOn    string    // last day it was used, ISO; "" never

	secret []byte
}

// Works reports whether the key itself can be used at a time, whatever its owner is.
func (k *Key) Works(now time.Time) bool {
	return k.RevokedAt.IsZero() && now.UTC().Format(time.DateOnly) <= k.Until
}

const cols = `id, account, name, secret, rights, until, created_at, revoked_at, used_on`

var (
	insertKey = db.SQL(db.Reference, `INSERT INTO staff_apikeys (`+cols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')`)
	keyByID   = db.SQL(db.Reference, `SELECT `+cols+` FROM staff_apikeys WHERE id = $1`)
	keysOf    = db.SQL(db.Reference, `SELECT `+cols+` FROM staff_apikeys WHERE account = $1 ORDER BY id DESC`)
	revokeKey = db.SQL(db.Reference, `UPDATE staff_apikeys SET revoked_at = $3 WHERE id = $1 AND account = $2 AND revoked_at = 0`)
	useKey    = db.SQL(db.Reference, `UPDATE staff_apikeys SET used_on = $2 WHERE id = $1 AND used_on <> $2`)
)

func scanKey(scan db.Scan) (*Key, error) {
	var k Key
	var rights string
	var created, revoked int64
	err := scan(&k.ID, &k.Account, &k.Name, &k.secret, &rights, &k.Until, &created, &revoked, &k.UsedOn)
	k.Rights, k.CreatedAt, k.RevokedAt = ParseRights(rights), clock.FromMs(created), clock.FromMs(revoked)
	return &k, err
}

// New is what Make needs.
type New struct {
	Name   string
	Until  string   // last day, ISO; at most a year away
	Rights []string // as Right.String writes them, of those on offer
}

// Make makes a key for the account of a session, of rights that its owner may give
// away now. The text is seen this once.
func (r *Room) Make(tx *db.Tx, s *staff.Session, offer []Right, n New) (text string, k *Key, err error) {
	if s == nil || s.Via == Via || s.Locked || tx.By().ID != s.Account.ID {
		return "", nil, fault.New(fault.Denied, "apikey.not_own", "only a person who is signed in makes keys, and only their own")
	}
	k = &Key{ID: tx.NewID(), Account: s.Account.ID, Name: strings.TrimSpace(n.Name), Until: n.Until, CreatedAt: tx.Time()}
	if err := k.check(tx.Time()); err != nil {
		return "", nil, err
	}
	if k.Rights, err = choose(offer, n.Rights); err != nil {
		return "", nil, err
	}
	if err := r.room(tx, s.Account.ID); err != nil {
		return "", nil, err
	}
	hidden := strings.ToLower(base32.StdEncoding.EncodeToString(seal.Random(secret)))
	_, err = tx.Exec(insertKey, k.ID, k.Account, k.Name, seal.HashToken(hidden), k.Rights.String(), k.Until, tx.Now())
	if err == nil {
		err = log(tx, "apikey.make", k, map[string]string{"rights": k.Rights.String(), "until": k.Until})
	}
	return Prefix + k.ID.String() + "_" + hidden, k, err
}

// room refuses more keys than anybody can keep an eye on.
func (r *Room) room(tx *db.Tx, account id.ID) error {
	all, err := r.List(tx, account)
	n := 0
	for _, k := range all {
		if k.Works(tx.Time()) {
			n++
		}
	}
	if err == nil && n >= maxKeys {
		err = fault.New(fault.Conflict, "apikey.many", "the account has %d keys; revoke those that are not used", maxKeys)
	}
	return err
}

func (k *Key) check(now time.Time) error {
	if k.Name == "" || utf8.RuneCountInString(k.Name) > maxName || !utf8.ValidString(k.Name) || strings.ContainsFunc(k.Name, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return fault.New(fault.Invalid, "apikey.name", "name the key by the program that uses it, in at most %d characters", maxName).In("name")
	}
	last := now.UTC().AddDate(0, 0, maxDays).Format(time.DateOnly)
	if _, err := time.Parse(time.DateOnly, k.Until); err != nil || k.Until < now.UTC().Format(time.DateOnly) || k.Until > last {
		return fault.New(fault.Invalid, "apikey.until", "the last day is a date from today on, at most a year away").In("until")
	}
	return nil
}

func log(tx *db.Tx, action string, k *Key, detail map[string]string) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "api key", Object: k.ID.String(), Detail: detail})
}

// List gives the keys of an account, the newest first, with those that no longer work.
func (r *Room) List(tx *db.Tx, account id.ID) (out []*Key, err error) {
	err = tx.Each(keysOf, func(scan db.Scan) error {
		k, err := scanKey(scan)
		out = append(out, k)
		return err
	}, account)
	return out, err
}

// Revoke ends a key of an account.
func (r *Room) Revoke(tx *db.Tx, account, key id.ID) error {
	n, err := tx.Exec(revokeKey, key, account, tx.Now())
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "apikey.none", "there is no such key, or it was revoked already")
	}
	if err == nil {
		err = log(tx, "apikey.revoke", &Key{ID: key}, nil)
	}
	return err
}

// errWrong is the one answer to every key that does not work.
func errWrong() error {
	return fault.New(fault.SignIn, "apikey.wrong", "the API key is missing or does not work")
}

// Used is a key with its owner.
type Used struct {
	*Key
	Owner *staff.Account
}

// Check finds the working key of a text, and records the day. Unknown, wrong, old
// and revoked keys, and those whose owner may not sign in, get the same answer
// after the same look-up.
func (r *Room) Check(ctx context.Context, d *db.DB, text string) (u Used, err error) {
	which, hidden := split(text)
	err = d.View(ctx, db.System("api key"), func(tx *db.Tx) error {
		u, err = r.find(tx, which, hidden)
		return err
	})
	if err != nil {
		return Used{}, err
	}
	if today := d.Now().UTC().Format(time.DateOnly); u.UsedOn != today {
		err = d.Do(ctx, db.System("api key"), func(tx *db.Tx) error { _, err := tx.Exec(useKey, u.ID, today); return err })
	}
	return u, err
}

func (r *Room) find(tx *db.Tx, which id.ID, hidden string) (u Used, err error) {
	u.Key = &Key{}
	err = tx.Each(keyByID, func(scan db.Scan) error { u.Key, err = scanKey(scan); return err }, which)
	if err != nil {
		return u, err
	}
	same := subtle.ConstantTimeCompare(u.secret, seal.HashToken(hidden)) == 1
	if !same || !u.Works(tx.Time()) {
		return u, errWrong()
	}
	if u.Owner, err = staff.Get(tx, u.Account); err == nil && !u.Owner.Active(tx.Time()) {
		err = errWrong()
	}
	return u, err
}

// split reads a key's text; anything that is none gives a key that nobody has.
func split(text string) (which id.ID, hidden string) {
	rest, ok := strings.CutPrefix(text, Prefix)
	if !ok || len(text) > 80 {
		return 0, ""
	}
	name, hidden, _ := strings.Cut(rest, "_")
	which, err := id.Parse(name)
	if err != nil {
		return 0, ""
	}
	return which, hidden
}

// Session is how a key's use stands in for one: never strong, never fresh, of a
// device that names the key.
func (u Used) Session() *staff.Session {
	return &staff.Session{ID: u.ID, Account: u.Owner, Device: "API key " + u.Name, Via: Via}
}

// Level gives the level of the owner's behind the key, under a notice.
func (u Used) Level(n *noticedef.Notice, name string) (noticedef.Level, bool) {
	l, ok := n.Level(name)
	if !ok {
		return l, false
	}
	return u.Rights.Narrow(n, l), true
}
