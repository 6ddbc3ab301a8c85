package subject

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/seal"
)

// Kinds of link.
const (
	linkSignIn = "sign-in"
	linkOld    = "old"   // confirms a new address from the old one
	linkNew    = "new"   // and from the new
	linkErase  = "erase" // confirms that all is to be erased
)

// Asking is somebody who wants to sign in.
type Asking struct {
	Address string // as typed
	Lang    string // of the page; the letter is in the person's own
	Browser string // what an earlier Asked gave this browser; "" for none
}

// Asked is what the asking browser is told; the same for every address.
type Asked struct {
	Browser string    // kept by the browser
	Code    string    // six digits, for opening the link in another browser
	Until   time.Time // when the link ends
}

// Ask takes down that somebody wants a link. It looks nobody up. One address in one
// form: anything else is refused (Invalid), which tells of the text and not of the
// register.
func (r *Room) Ask(tx *db.Tx, a Asking) (out Asked, err error) {
	norm, err := address.Email(a.Address)
	if err != nil {
		return out, fault.New(fault.Invalid, "subject.address", "write one e-mail address, such as name@company.example").In("address").Because(err)
	}
	blind := r.blind(norm)
	var until int64
	again, err := tx.One(selAsked, []any{&until}, blind, hash(a.Browser), tx.Now())
	if err != nil {
		return out, err
	}
	out = Asked{Browser: a.Browser, Code: r.code(hash(a.Browser)), Until: clock.FromMs(until)}
	if again && a.Browser != "" {
		return out, nil
	}
	return r.ask(tx, norm, blind, a.Lang)
}

func (r *Room) ask(tx *db.Tx, norm, blind, lang string) (out Asked, err error) {
	if _, err := tx.Exec(oldLinks, tx.Now()); err != nil {
		return out, err
	}
	until := tx.Now() + LinkLife.Milliseconds()
	out = Asked{Browser: seal.Token(), Until: clock.FromMs(until)}
	out.Code = r.code(hash(out.Browser))
	l := link{kind: linkSignIn, browser: hash(out.Browser), blind: blind, lang: lang, expires: until}
	return out, r.post(tx, l, norm)
}

// post stores a link without a token and leaves the letter to a job.
func (r *Room) post(tx *db.Tx, l link, norm string) error {
	l.id = tx.NewID()
	_, err := tx.Exec(insLink, int64(l.id), l.kind, []byte{}, l.browser, l.blind, r.Keys.Seal(sealing(l.id), []byte(norm)), int64(l.person), int64(l.change),
		l.lang, tx.Now(), l.expires)
	if err == nil {
		_, _, err = job.Enqueue(tx, KindLetter, l.id.String(), nil, job.Opt{Ahead: true})
	}
	return err
}

func sealing(link id.ID) string { return "subject link " + link.String() }

// hash is what is stored of a secret; nothing of none.
func hash(secret string) []byte {
	if secret == "" {
		return []byte{}
	}
	return seal.HashToken(secret)
}

// code are the six digits that belong to a browser.
func (r *Room) code(browser []byte) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(r.Keys.MAC("subject code", browser))%1_000_000)
}

// link is a row of subject_links.
type link struct {
	id             id.ID
	kind           string
	token, browser []byte
	blind          string
	address        []byte // sealed; empty once the letter is made
	person, change id.ID
	lang           string
	tries          int
	expires        int64
}

func oneLink(tx *db.Tx, s *db.Stmt, args ...any) (*link, bool, error) {
	var l link
	found, err := tx.One(s, []any{&l.id, &l.kind, &l.token, &l.browser, &l.blind, &l.address, &l.person, &l.change, &l.lang, &l.tries, &l.expires}, args...)
	return &l, found, err
}

// open finds the link of a token that was sent and has not ended.
func (r *Room) open(tx *db.Tx, token string) (*link, error) {
	l, found, err := oneLink(tx, selToken, seal.HashToken(token), tx.Now())
	if err == nil && (!found || subtle.ConstantTimeCompare(l.token, seal.HashToken(token)) != 1) {
		err = errUsed()
	}
	return l, err
}

// here reports whether a link was asked for in the browser that holds a secret.
func (l *link) here(browser string) bool {
	return browser != "" && len(l.browser) > 0 && bytes.Equal(hash(browser), l.browser)
}

// Found is a link that is good, as the page with its button shows it.
type Found struct {
	Code   bool // six digits are asked for: it was not asked for in this browser
	Person id.ID
	Lang   string
}

// Look finds a link to sign in with, and changes nothing: a mail scanner that
// follows it finds a page with a button.
func (r *Room) Look(tx *db.Tx, token, browser string) (Found, error) {
	l, err := r.open(tx, token)
	if err == nil && l.kind != linkSignIn {
		err = errUsed()
	}
	if err != nil {
		return Found{}, err
	}
	return Found{Code: !l.here(browser), Person: l.person, Lang: l.lang}, nil
}

// AskHere makes a link bound to this browser out of one that was asked for in
// another, whose six digits are not at hand. Who holds the old link reads the
// address's mail or was given the letter; the new letter goes to the address again,
// so that only the former gets any further. The old link ends.
func (r *Room) AskHere(tx *db.Tx, token string) (out Asked, err error) {
	l, err := r.open(tx, token)
	if err == nil && l.kind != linkSignIn {
		err = errUsed()
	}
	if err != nil {
		return out, err
	}
	norm, err := r.addressOf(tx, l.person, l.blind)
	if err != nil {
		return out, err
	}
	if _, err := tx.Exec(delLink, int64(l.id)); err != nil { // and with it the wait for the next letter
		return out, err
	}
	return r.ask(tx, norm, l.blind, l.lang)
}
