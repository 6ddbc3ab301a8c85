package desk

import "kartotek/internal/db"

// slow is how many people make deciding for everybody too long to wait for when
// nobody asked for it.
const slow = 50_000

// Large reports whether deciding for everybody takes long enough to be done only
// when the reader asks for it.
func (d *Desk) Large() (bool, error) {
	n := 0
	err := d.Look(func(tx *db.Tx) (err error) { n, err = d.Party.Count(tx); return err })
	return n > slow, err
}
