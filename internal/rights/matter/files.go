package matter

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Files keeps documents that came with cases, under the person of the case.
type Files interface {
	Move(tx *db.Tx, from, to id.ID) error
	MoveCase(tx *db.Tx, from, to, of id.ID) error
	DropCase(tx *db.Tx, who, of id.ID) error
}

// FilesOf gives files back, and for nil some that hold nothing.
func FilesOf(f Files) Files {
	if f == nil {
		return none{}
	}
	return f
}

type none struct{}

func (none) Move(*db.Tx, id.ID, id.ID) error            { return nil }
func (none) MoveCase(*db.Tx, id.ID, id.ID, id.ID) error { return nil }
func (none) DropCase(*db.Tx, id.ID, id.ID) error        { return nil }
