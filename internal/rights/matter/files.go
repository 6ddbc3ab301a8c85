package matter

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/rightsdef/letter"
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

// Outgoing is a letter to an address that is nobody's in the register.
type Outgoing struct {
	Person, Case, Item      id.ID
	To                      string
	From, FromName, ReplyTo string
	Own                     []string // addresses of ours, never written to
	Letter                  *letter.Letter
}

// Courier carries such letters (package courier): it gives the id of the mail, or 0 when
// the letter is to be printed.
type Courier interface {
	Carry(tx *db.Tx, m Outgoing) (id.ID, error)
	Move(tx *db.Tx, from, to id.ID) error
}

// From is the address a request came from: its agent's, or its sender's.
func (c *Content) From() string {
	if c.Agent != nil && c.Agent.Email != "" {
		return c.Agent.Email
	}
	if c.Requester != nil {
		return c.Requester.Email
	}
	return ""
}
