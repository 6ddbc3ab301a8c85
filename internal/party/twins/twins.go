// Package twins finds people who stand in the register twice, and makes one of two.
//
// It is a part of the room party, whose tables it reads, with a subject of its
// own: that two entries are one person is never certain, and what follows when it
// is said wrongly is hard to undo. So the search only suggests, with what a pair
// shares and how much that weighs; somebody decides; and a merge loosens nothing.
// law: GDPR 5(1)(d)
//
//	find.go    Duplicates walks three indexes for pairs that may be one
//	twins.go   Apart notes that a pair is two people, so that it is not asked again
//	merge.go   Merge works out the row of both, and lets party.Room.Absorb carry it out
//
// The work of a search follows the number of people, never its square, and is cut
// into windows, so that a page can stop after any of them and go on by a Cursor.
// The table "different" holds what Apart noted; it is erased with the person.
package twins

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

// Room is the open room that people are looked for and merged in.
type Room struct{ Party *party.Room }

var (
	insDifferent = db.SQL(db.OnePerson, `INSERT INTO different (bucket, person_id, other_id, at, by_name) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (bucket, person_id, other_id) DO NOTHING`)
	selDifferent = db.SQL(db.OnePerson, `SELECT 1 FROM different WHERE bucket = $1 AND person_id = $2 AND other_id = $3`)
)

// Apart remembers that two people are not one.
func (r Room) Apart(tx *db.Tx, a, b id.ID) error {
	if a == b {
		return samePerson()
	}
	a, b = min(a, b), max(a, b)
	_, err := tx.Exec(insDifferent, a.Bucket(), int64(a), int64(b), tx.Now(), tx.By().Name)
	return err
}

func samePerson() error {
	return fault.New(fault.Invalid, "party.same_person", "these are one and the same entry")
}
