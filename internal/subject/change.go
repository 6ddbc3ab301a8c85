package subject

import (
	"errors"
	"slices"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/rightsdef"
	"kartotek/internal/seal"
)

// Kind is what is confirmed by letter.
type Kind string

// The kinds.
const (
	Move  Kind = "move"  // messages go to another address from now on. law: GDPR 16
	Erase Kind = "erase" // law: GDPR 17
)

// Change is something a person asked for that is confirmed by letter.
type Change struct {
	ID           id.ID
	Kind         Kind
	Address      string // the new one; "" when done or none
	Old, New     bool   // confirmed from the old and from the new address
	Made, DoneAt int64
}

// Needs tells which addresses a change still waits for.
func (c *Change) Needs(sure rightsdef.Certainty) (old, new bool) {
	if c.Kind == Erase {
		return !c.Old, false
	}
	return !c.Old && sure < rightsdef.Facts, !c.New
}

func changing(change id.ID) string { return "subject change " + change.String() }

// Changes lists what a person asked for, oldest first.
func (r *Room) Changes(tx *db.Tx, who id.ID) (all []Change, err error) {
	var sealed [][]byte
	err = tx.Each(selChanges, func(scan db.Scan) error {
		var c Change
		var content []byte
		var old, new int64
		err := scan(&c.ID, &c.Kind, &content, &old, &new, &c.Made, &c.DoneAt)
		c.Old, c.New = old > 0, new > 0
		all, sealed = append(all, c), append(sealed, content)
		return err
	}, who.Bucket(), int64(who))
	for i := range all {
		if err == nil && len(sealed[i]) > 0 {
			var plain []byte
			if plain, err = r.Keys.OpenFor(who, changing(all[i].ID), sealed[i]); errors.Is(err, seal.ErrForgotten) {
				err = nil
			}
			all[i].Address = string(plain)
		}
	}
	return all, err
}

// MoveTo begins the change of the address messages go to: letters go to the old and
// to the new one, and what they link to confirms it. Whether the new one is somebody
// else's already is told to nobody; then no letter comes there.
// law: GDPR 16, 32(1)(b)
func (r *Room) MoveTo(tx *db.Tx, s *Session, to, lang string) (*Change, error) {
	norm, err := address.Email(to)
	if err != nil {
		return nil, fault.New(fault.Invalid, "subject.address", "write one e-mail address, such as name@company.example").In("address").Because(err)
	}
	p, found, err := r.Party.Get(tx, s.Person)
	if err != nil || !found {
		return nil, either(err, party.NotFound())
	}
	old, _ := address.Email(p.Email)
	if old == norm {
		return nil, fault.New(fault.Conflict, "subject.same_address", "messages go to this address already").In("address")
	}
	c, err := r.change(tx, s.Person, Move, norm)
	if err != nil {
		return nil, err
	}
	links := []link{{kind: linkNew, blind: r.blind(norm)}}
	send := []string{norm}
	if wantsOld, _ := c.Needs(s.Certainty); wantsOld {
		if old == "" {
			return nil, fault.New(fault.Conflict, "subject.no_old", "there is no old address to confirm from; ask us to make the change")
		}
		links, send = append(links, link{kind: linkOld, blind: r.blind(old)}), append(send, old)
	}
	for i, l := range links {
		l.person, l.change, l.lang, l.browser, l.expires = s.Person, c.ID, lang, []byte{}, tx.Now()+ConfirmLife.Milliseconds()
		if err := r.post(tx, l, send[i]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// AskErase begins the erasing of everything: a letter goes to the address the
// session began by, and what it links to confirms it. law: GDPR 17(1), 32(1)(b)
func (r *Room) AskErase(tx *db.Tx, s *Session, lang string) (*Change, error) {
	norm, err := r.addressOf(tx, s.Person, s.blind)
	if err != nil {
		return nil, err
	}
	c, err := r.change(tx, s.Person, Erase, "")
	if err != nil {
		return nil, err
	}
	return c, r.post(tx, link{kind: linkErase, blind: s.blind, person: s.Person, change: c.ID, lang: lang, browser: []byte{},
		expires: tx.Now() + ConfirmLife.Milliseconds()}, norm)
}

// change stores what was asked for. Those that were never confirmed go.
func (r *Room) change(tx *db.Tx, who id.ID, kind Kind, to string) (*Change, error) {
	day := tx.Now() - (24 * time.Hour).Milliseconds()
	if _, err := tx.Exec(delChange, who.Bucket(), int64(who), day); err != nil {
		return nil, err
	}
	all, err := r.Changes(tx, who)
	if err != nil {
		return nil, err
	}
	if len(all) >= maxChanges {
		return nil, fault.New(fault.TooMany, "subject.many_changes", "you have asked for this several times today; use the latest letter, or wait until tomorrow")
	}
	c := &Change{ID: tx.NewID(), Kind: kind, Address: to, Made: tx.Now()}
	content := []byte{}
	if to != "" {
		if content, err = r.Keys.SealFor(who, changing(c.ID), []byte(to)); err != nil {
			return nil, err
		}
	}
	if _, err := tx.Exec(insChange, who.Bucket(), int64(who), int64(c.ID), string(kind), content, tx.Now()); err != nil {
		return nil, err
	}
	return c, audit.Write(tx, audit.Entry{Action: "subject.ask_" + string(kind), Person: who})
}

// Confirmation is a change as the page behind its link shows it.
type Confirmation struct {
	Person  id.ID
	Change  Change
	FromNew bool // the link came to the new address
	Lang    string
	// How sure it is who confirms, as with a session.
	Certainty rightsdef.Certainty
	Misuse    bool
}

// LookConfirm finds the change a link confirms, and changes nothing.
func (r *Room) LookConfirm(tx *db.Tx, token string) (*Confirmation, error) {
	_, c, err := r.confirmation(tx, token)
	return c, err
}

func (r *Room) confirmation(tx *db.Tx, token string) (*link, *Confirmation, error) {
	l, err := r.open(tx, token)
	if err == nil && l.change == 0 {
		err = errUsed()
	}
	if err != nil {
		return nil, nil, err
	}
	all, err := r.Changes(tx, l.person)
	i := slices.IndexFunc(all, func(c Change) bool { return c.ID == l.change && c.DoneAt == 0 })
	if err != nil || i < 0 {
		return nil, nil, either(err, errUsed())
	}
	c := &Confirmation{Person: l.person, Change: all[i], FromNew: l.kind == linkNew, Lang: l.lang}
	c.Certainty, c.Misuse, err = r.certainty(tx, l.person)
	return l, c, err
}

// Confirm uses a confirming link up. When nothing is missing any more the address is
// changed; that everything may be erased is told to the caller by Change.DoneAt, and
// the erasing is theirs. Signed-in browsers are signed out by either.
func (r *Room) Confirm(tx *db.Tx, token string) (*Confirmation, error) {
	l, c, err := r.confirmation(tx, token)
	if err != nil {
		return nil, err
	}
	if n, err := tx.Exec(delLink, int64(l.id)); err != nil || n == 0 {
		return nil, either(err, errUsed())
	}
	if l.kind == linkNew {
		c.Change.New = true
	} else {
		c.Change.Old = true
	}
	if old, new := c.Change.Needs(c.Certainty); !old && !new {
		c.Change.DoneAt = tx.Now()
	}
	if err := r.keep(tx, c); err != nil {
		return nil, err
	}
	if c.Change.DoneAt != 0 && c.Change.Kind == Move {
		err = r.move(tx, c.Person, c.Change.Address)
	}
	if err != nil {
		return nil, err
	}
	return c, audit.Write(tx, audit.Entry{Action: "subject.confirm", Person: c.Person, Detail: map[string]string{"kind": string(c.Change.Kind), "link": l.kind}})
}

// keep stores how far a change has come; the address goes when it is done.
func (r *Room) keep(tx *db.Tx, c *Confirmation) error {
	at := func(ok bool) int64 {
		if ok {
			return tx.Now()
		}
		return 0
	}
	content := []byte{}
	if c.Change.Address != "" && c.Change.DoneAt == 0 {
		var err error
		if content, err = r.Keys.SealFor(c.Person, changing(c.Change.ID), []byte(c.Change.Address)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(updChange, c.Person.Bucket(), int64(c.Person), int64(c.Change.ID), at(c.Change.Old), at(c.Change.New), c.Change.DoneAt, content)
	return err
}

// move takes the new address into use, as the person's own word. The old one is
// theirs no longer, and with it go the sessions that began by it.
func (r *Room) move(tx *db.Tx, who id.ID, to string) error {
	src, err := r.Party.AddSource(tx, "person", "my data")
	if err != nil {
		return err
	}
	points, err := r.Party.Addresses(tx, who)
	if err != nil {
		return err
	}
	for _, pt := range points { // one they had beside: it becomes the first
		if norm, err := address.Email(pt.Value); err == nil && pt.Kind == party.KindEmail && norm == to && !pt.Primary {
			if err := r.Party.RemoveAddress(tx, who, pt.ID); err != nil {
				return err
			}
		}
	}
	if _, err := r.Party.Edit(tx, who, src, []party.Pair{{Name: "email", Value: to}}); err != nil {
		return err
	}
	if err := r.Party.SetAddressState(tx, who, party.KindEmail, 0, party.Verified); err != nil {
		return err
	}
	return r.forget(tx, who)
}
