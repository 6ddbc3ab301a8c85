package party

import (
	"errors"
	"slices"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party/words"
)

var (
	insMerge = db.SQL(db.OnePerson, `INSERT INTO merges (bucket, person_id, into_id, at) VALUES ($1, $2, $3, $4)`)
	selMerge = db.SQL(db.OnePerson, `SELECT into_id FROM merges WHERE bucket = $1 AND person_id = $2`)
	moveTags = db.SQL(db.Set, `INSERT INTO person_tags (bucket, person_id, tag, source_id, at) SELECT CAST($3 AS BIGINT), CAST($4 AS BIGINT), tag, source_id, at
		FROM person_tags WHERE bucket = $1 AND person_id = $2 ON CONFLICT (bucket, person_id, tag) DO NOTHING`)
	delTags     = db.SQL(db.OnePerson, `DELETE FROM person_tags WHERE bucket = $1 AND person_id = $2`)
	moveChanges = db.SQL(db.Set, `INSERT INTO changes (bucket, person_id, change_id, at, kind, by_kind, by_id, by_name, source_id, diff, undoes, row_hash, prior_hash)
		SELECT CAST($3 AS BIGINT), CAST($4 AS BIGINT), change_id, at, kind, by_kind, by_id, by_name, source_id, diff, undoes, row_hash, prior_hash
		FROM changes WHERE bucket = $1 AND person_id = $2`)
	delChanges   = db.SQL(db.OnePerson, `DELETE FROM changes WHERE bucket = $1 AND person_id = $2`)
	delDifferent = db.SQL(db.OnePerson, `DELETE FROM different WHERE bucket = $1 AND person_id = $2`)
)

// Forward gives the person that somebody turned out to be; who itself when they
// were never merged away.
func (r *Room) Forward(tx *db.Tx, who id.ID) (id.ID, error) {
	for range 20 { // each merge leads to somebody who was there, so this ends; 20 is more than enough
		var into id.ID
		found, err := tx.One(selMerge, []any{&into}, who.Bucket(), int64(who))
		if err != nil || !found {
			return who, err
		}
		who = into
	}
	return who, nil
}

// Merged is one person made of two, as package twins works it out.
type Merged struct {
	Keep  *Person // the row as it is to be
	Gone  *Person // the row as it was
	Spare []Point // addresses that lost their place in a row
	Diff  []Delta // for the history
}

// Absorb gives one person everything that another has, in this room and in those
// of Movers, and leaves a tombstone that Forward leads on from.
func (r *Room) Absorb(tx *db.Tx, m Merged) error {
	if err := r.Move(tx, m.Gone.ID, m.Keep.ID); err != nil {
		return err
	}
	if err := r.absorbRow(tx, m); err != nil {
		return err
	}
	for _, mover := range r.Movers {
		if err := mover.Move(tx, m.Gone.ID, m.Keep.ID); err != nil {
			return err
		}
	}
	diff := append(m.Diff, Delta{Field: "merged", New: m.Gone.ID.String()})
	return r.record(tx, m.Keep.ID, Change{Kind: "merge", Diff: diff})
}

// absorbRow writes the merged row, the tombstone and the spare addresses.
func (r *Room) absorbRow(tx *db.Tx, m Merged) error {
	if err := r.bury(tx, m.Gone); err != nil {
		return err
	}
	if _, err := tx.Exec(insMerge, m.Gone.ID.Bucket(), int64(m.Gone.ID), int64(m.Keep.ID), tx.Now()); err != nil {
		return err
	}
	if err := errors.Join(r.heed(tx, m.Keep), r.save(tx, m.Keep)); err != nil {
		return err
	}
	if err := r.storeSpare(tx, m); err != nil {
		return err
	}
	if err := r.learnNames(tx, m.Keep); err != nil {
		return err
	}
	return words.Forget(tx, nameWords(m.Gone, nil))
}

// storeSpare keeps the addresses that lost their place in the row, once each.
func (r *Room) storeSpare(tx *db.Tx, m Merged) error {
	there, err := r.Further(tx, m.Keep.ID)
	if err != nil {
		return err
	}
	for _, pt := range m.Spare {
		if slices.ContainsFunc(there, pt.Same) {
			continue
		}
		pt.ID, pt.Primary = tx.NewID(), false
		if err := r.addPoint(tx, m.Keep.ID, pt); err != nil {
			return err
		}
		there = append(there, pt)
	}
	return nil
}

// bury empties a person's row, leaving a tombstone.
func (r *Room) bury(tx *db.Tx, p *Person) error {
	return r.save(tx, &Person{ID: p.ID, Kind: p.Kind, Status: Erased, Registered: p.Registered, Changed: tx.Now(), SourceID: p.SourceID})
}

// Move gives the rows that stand beside a person's own to another: addresses,
// tags, history, and what leads to them. The row itself is Absorb's affair.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	if err := r.moveClaims(tx, from, to); err != nil {
		return err
	}
	if err := r.movePoints(tx, from, to); err != nil {
		return err
	}
	for _, step := range []struct{ copy, del *db.Stmt }{{moveTags, delTags}, {moveChanges, delChanges}} {
		if _, err := tx.Exec(step.copy, from.Bucket(), int64(from), to.Bucket(), int64(to)); err != nil {
			return err
		}
		if _, err := tx.Exec(step.del, from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(delDifferent, from.Bucket(), int64(from))
	return err
}

// moveClaims lets the addresses of one person lead to another.
func (r *Room) moveClaims(tx *db.Tx, from, to id.ID) error {
	claims, err := r.claims(tx, from)
	if err != nil {
		return err
	}
	for _, c := range claims {
		var owner id.ID
		if _, err := tx.One(selIdent, []any{&owner}, c.norm, c.Kind); err != nil {
			return err
		}
		if owner != from {
			continue // a shared number that leads to somebody else
		}
		if _, err := tx.Exec(moveIdent, c.norm, c.Kind, to.Bucket(), int64(to)); err != nil {
			return err
		}
	}
	return nil
}

// claims lists the e-mail addresses and numbers that may lead to a person.
func (r *Room) claims(tx *db.Tx, who id.ID) (all []Point, err error) {
	p, found, err := r.Get(tx, who)
	if err != nil || !found {
		return nil, err
	}
	more, err := r.Further(tx, who)
	for _, pt := range append(Primaries(p), more...) {
		if pt.Kind != KindPost && pt.norm != "" {
			all = append(all, pt)
		}
	}
	return all, err
}

// movePoints moves further addresses, but for those the other has too.
func (r *Room) movePoints(tx *db.Tx, from, to id.ID) error {
	mine, err := r.Further(tx, from)
	if err != nil || len(mine) == 0 {
		return err
	}
	theirs, err := r.Addresses(tx, to)
	if err != nil {
		return err
	}
	for _, pt := range mine {
		if slices.ContainsFunc(theirs, pt.Same) {
			continue
		}
		if err := r.addPoint(tx, to, pt); err != nil {
			return err
		}
	}
	_, err = tx.Exec(delPoints, from.Bucket(), int64(from))
	return err
}

// nameWords lists the folded names a person has or, by their history, had.
func nameWords(p *Person, history []Change) (all []words.Word) {
	add := func(kind, name string) {
		if w := (words.Word{Kind: kind, Text: address.Fold(name)}); w.Text != "" && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	add(words.First, p.FirstName)
	add(words.Last, p.LastName)
	for _, c := range history {
		for _, d := range c.Diff {
			if kind, ok := map[string]string{"first_name": words.First, "last_name": words.Last}[d.Field]; ok {
				add(kind, d.Old)
				add(kind, d.New)
			}
		}
	}
	return all
}
