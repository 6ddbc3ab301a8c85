package ledger

import (
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

// Record adds entries for one person, with their evidence (nil for none), and
// brings the standing up to date. It fills ids, times, actor, salts and digests. Of
// somebody whose key was destroyed it keeps what they say, without evidence.
func (r *Room) Record(tx *db.Tx, who id.ID, evidence *Evidence, entries ...Entry) ([]Entry, error) {
	var p proof
	if evidence != nil {
		var err error
		if p, err = r.prove(tx, who, evidence); err != nil {
			return nil, err
		}
	}
	for i := range entries {
		if err := complete(tx, who, &p, &entries[i]); err != nil {
			return nil, err
		}
	}
	if err := r.store(tx, entries); err != nil {
		return nil, err
	}
	if err := r.Refold(tx, who); err != nil || r.Heard == nil {
		return entries, err
	}
	return entries, r.Heard(tx, who, entries)
}

// complete fills what the caller does not know of an entry, and refuses one that says nothing.
func complete(tx *db.Tx, who id.ID, p *proof, e *Entry) error {
	e.ID, e.Person, e.At, e.Evidence = tx.NewID(), who, tx.Now(), p.id
	e.ByKind, e.ByName = tx.By().Kind, tx.By().Name
	if e.Effective == 0 || e.Effective > e.At {
		e.Effective = e.At // nobody can have said it later than it was recorded
	}
	if err := sensible(e); err != nil {
		return err
	}
	e.Salt = seal.Random(16)
	e.Digest = digest(e, p.plain)
	return nil
}

func sensible(e *Entry) error {
	if strings.ContainsAny(e.Goods, "\n\t") || len(e.Goods) > 500 {
		return fault.New(fault.Invalid, "ledger.bad_goods", "groups of goods are short names separated by spaces")
	}
	for _, s := range []string{e.Purpose, e.Channel, e.Scope} {
		if strings.ContainsAny(s, " \n\t") || len(s) > 120 {
			return fault.New(fault.Invalid, "ledger.bad_name", "purposes, channels and scopes are short names without spaces")
		}
	}
	switch {
	case e.SaidBy != ByPerson && e.SaidBy != ByStaff && e.SaidBy != ByImport:
		return fault.New(fault.Invalid, "ledger.said_by", "an entry says whose act it records")
	case e.Kind == Consent && (e.Purpose == "" || e.Channel == ""):
		return fault.New(fault.Invalid, "ledger.consent_scope", "a consent is for one purpose by one channel")
	case (e.Kind == Prohibition || e.Kind == Lift) && e.Scope == "":
		return fault.New(fault.Invalid, "ledger.scope", "a prohibition says what it forbids")
	}
	return nil
}

// store writes entries, and tells whoever notes them.
func (r *Room) store(tx *db.Tx, entries []Entry) error {
	if err := store(tx, entries); err != nil || r.Noted == nil {
		return err
	}
	return r.Noted(tx, entries)
}

// Entries lists a person's entries, oldest first.
func (r *Room) Entries(tx *db.Tx, who id.ID) (all []Entry, err error) {
	err = tx.Each(selEntries, func(scan db.Scan) error {
		e := Entry{Person: who}
		err := scanEntry(scan, &e)
		all = append(all, e)
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

// Refold computes a person's standing from their entries and stores it.
func (r *Room) Refold(tx *db.Tx, who id.ID) error {
	all, err := r.Entries(tx, who)
	if err != nil {
		return err
	}
	packed := Pack(Fold(all))
	return tx.Bulk(putStanding, 1, func(_ int, d []any) {
		d[0], d[1], d[2], d[3] = int64(who.Bucket()), int64(who), packed, tx.Now()
	})
}

// Standing reads what stands for a person, packed; "" when nothing was ever said.
func (r *Room) Standing(tx *db.Tx, who id.ID) (packed string, err error) {
	_, err = tx.One(selStanding, []any{&packed}, who.Bucket(), int64(who))
	return packed, err
}

// Stand is one person's packed standing.
type Stand struct {
	Person id.ID
	Packed string
}

// Range reads the standings of buckets lo to hi, in key order, appending to buf.
func (r *Room) Range(tx *db.Tx, lo, hi int, buf []Stand) ([]Stand, error) {
	err := tx.Each(selRange, func(scan db.Scan) error {
		var s Stand
		err := scan((*int64)(&s.Person), &s.Packed)
		buf = append(buf, s)
		return err
	}, lo, hi)
	return buf, err
}

// Unpack reads a packed standing into its parts, for pages and exports.
func Unpack(packed string) (consents []permit.Consent, prohibitions []Forbidden) {
	var r Reader
	var f permit.Facts
	r.Facts(packed, "", &f)
	for line := range strings.SplitSeq(packed, "\n") {
		if rest, ok := strings.CutPrefix(line, "p "); ok {
			var part [3]string
			split(rest, part[:])
			prohibitions = append(prohibitions, Forbidden{Scope: part[0], Since: clock.Ms(ms(part[1])), Entry: part[2]})
		}
	}
	return f.Consents, prohibitions
}

// Drop removes what stands for a person who is removed. Entries stay, and one
// more says why nothing stands.
func (r *Room) Drop(tx *db.Tx, who id.ID) error {
	if _, err := r.Record(tx, who, nil, Entry{Kind: Erasure, SaidBy: ByStaff, Method: "removed"}); err != nil {
		return err
	}
	_, err := tx.Exec(delStanding, who.Bucket(), int64(who))
	return err
}
