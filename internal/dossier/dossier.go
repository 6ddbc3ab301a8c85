// Package dossier is the contract that every room holding personal data signs.
//
// A person who asks what the company knows of them, wants it corrected, moved
// or erased, does not care in which table it lies. Nor should the code that
// answers: it walks one list of keepers and asks each the same few questions.
//
//	Holdings  what do you hold of this person? names and counts      law: GDPR 15(1)
//	Export    write it all out                                       law: GDPR 15(3), 20
//	Erase     remove it, but for what the plan keeps, and why        law: GDPR 17
//	Restrict  stop using it, or start again                          law: GDPR 18
//	Move      this person turned out to be that one                  (duplicates)
//	Columns   which columns are yours?
//
// The package has no tables and decides nothing: who may ask is for the rights
// desk, what must be kept is for the plan it makes. A keeper only does, inside
// the transaction it is given, and says what it did.
//
// # Signing
//
// A room signs by giving its Room these methods (party/keeper.go is a model)
// and by being listed in the house. A column that tells something of a person
// is marked "personal" in the room's schema and named by Columns; Unclaimed
// finds one that nobody names, or that two do. A room without anything to do in
// an act returns nil and says in its comment why.
//
// # What erasing leaves
//
// Erase may leave a row behind when its absence would break something else: a
// tombstone that says "this id was a person", an entry of an append-only
// ledger. What is left must not tell who it was, even to somebody who has a
// guess and wants to check it; a plain hash of an address does not pass.
package dossier

import (
	"fmt"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Keeper is a room that holds personal data.
type Keeper interface {
	// Name is the room's, such as "party".
	Name() string
	// Columns lists the personal columns the room answers for, as "table.column".
	Columns() []string
	// Holdings says what the room holds of a person, leaving out what is empty.
	Holdings(tx *db.Tx, who id.ID) ([]Holding, error)
	// Export writes all of it, oldest first where that makes sense.
	Export(tx *db.Tx, who id.ID, w Writer) error
	// Erase removes it and gives what was removed. Erasing twice does no harm.
	Erase(tx *db.Tx, who id.ID, plan Plan) ([]Holding, error)
	// Restrict stops the use of the person's data, or allows it again.
	Restrict(tx *db.Tx, who id.ID, on bool) error
	// Move gives what the room holds of one person to another. law: GDPR 5(1)(d)
	Move(tx *db.Tx, from, to id.ID) error
}

// Holding is one kind of thing a room holds of a person.
type Holding struct {
	Keeper string `json:"keeper"`
	Kind   string `json:"kind"` // such as "addresses"; stable, the key of its title is "dossier.<keeper>.<kind>"
	Count  int    `json:"count"`
	First  int64  `json:"first,omitempty"` // ms, of the oldest
	Last   int64  `json:"last,omitempty"`  // ms, of the newest
}

// Record is one thing of a holding, as a person reads it.
type Record struct {
	Keeper string  `json:"keeper"`
	Kind   string  `json:"kind"`
	ID     id.ID   `json:"id,omitempty"`
	At     int64   `json:"at,omitempty"` // ms
	Values []Value `json:"values"`
	File   *File   `json:"-"` // the document the record tells of; nil for none
}

// File is a document that a record tells of, such as a letter somebody sent.
type File struct {
	Name string // as it may be called on any computer
	Size int64  // bytes
	Left string // why it is not handed out, of the reasons of package packet; "" when it is
	// Read gives its bytes, while the Export that named it runs.
	Read func() ([]byte, error)
}

// Value is one value of a record with where it came from. law: GDPR 15(1)(g)
type Value struct {
	Name    string `json:"name"`
	Text    string `json:"text"`
	Source  string `json:"source,omitempty"`
	First   int64  `json:"first,omitempty"`   // ms, first collected
	Changed int64  `json:"changed,omitempty"` // ms, last changed
}

// Writer takes the records of an export, one after the other.
type Writer func(Record) error

// Plan says what an erasure keeps, and why; what it does not name is erased.
type Plan struct {
	Ground string            // of the erasure, such as "17(1)(b)"
	Keep   map[string]string // "keeper.kind" to the reason, such as "party.history": "17(3)(e)"
	// Fields are single fields of the person's own row that stay, with the reason; the
	// row is then restricted instead of erased.
	Fields map[string]string
}

// Keeps reports whether a kind of holding stays.
func (p Plan) Keeps(keeper, kind string) bool { return p.Keep[keeper+"."+kind] != "" }

// Keepers is the list of all rooms with personal data, in the order they are asked.
type Keepers []Keeper

// Holdings gathers what every room holds of a person.
func (k Keepers) Holdings(tx *db.Tx, who id.ID) (all []Holding, err error) {
	for _, keeper := range k {
		part, err := keeper.Holdings(tx, who)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", keeper.Name(), err)
		}
		all = append(all, part...)
	}
	return all, nil
}

// Export writes what every room holds of a person.
func (k Keepers) Export(tx *db.Tx, who id.ID, w Writer) error {
	return k.each(func(keeper Keeper) error { return keeper.Export(tx, who, w) })
}

// Erase lets every room erase, and gives what was removed.
func (k Keepers) Erase(tx *db.Tx, who id.ID, plan Plan) (all []Holding, err error) {
	err = k.each(func(keeper Keeper) error {
		part, err := keeper.Erase(tx, who, plan)
		all = append(all, part...)
		return err
	})
	return all, err
}

// Restrict stops the use of a person's data in every room, or allows it again.
func (k Keepers) Restrict(tx *db.Tx, who id.ID, on bool) error {
	return k.each(func(keeper Keeper) error { return keeper.Restrict(tx, who, on) })
}

func (k Keepers) each(fn func(Keeper) error) error {
	for _, keeper := range k {
		if err := fn(keeper); err != nil {
			return fmt.Errorf("%s: %w", keeper.Name(), err)
		}
	}
	return nil
}

// Unclaimed compares the claims with the tables of a register, and lists each
// personal column that no keeper claims, that two claim, or that is claimed and
// does not exist; sorted, empty when all is well.
func (k Keepers) Unclaimed(tables []db.Table) (wrong []string) {
	claims, exists := map[string][]string{}, map[string]bool{}
	for _, keeper := range k {
		for _, c := range keeper.Columns() {
			claims[c] = append(claims[c], keeper.Name())
		}
	}
	for _, t := range tables {
		for _, c := range t.Cols {
			name := t.Name + "." + c.Name
			exists[name] = true
			if c.Personal && len(claims[name]) == 0 {
				wrong = append(wrong, name+" is personal and claimed by nobody")
			}
		}
	}
	for name, by := range claims {
		if len(by) > 1 {
			wrong = append(wrong, fmt.Sprintf("%s is claimed by %v", name, by))
		}
		if !exists[name] {
			wrong = append(wrong, fmt.Sprintf("%s, claimed by %s, does not exist", name, by[0]))
		}
	}
	slices.Sort(wrong)
	return wrong
}
