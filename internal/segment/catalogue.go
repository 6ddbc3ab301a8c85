package segment

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/notice"
	"kartotek/internal/segdef"
)

// Catalogue is what a notice in force lets a segment speak of.
type Catalogue struct{ *notice.InForce }

var _ segdef.Purposes = Catalogue{}

// HasPurpose implements segdef.Purposes.
func (c Catalogue) HasPurpose(code string) bool { _, ok := c.Purpose(code); return ok }

// HasChannel implements segdef.Purposes: some purpose uses the channel.
func (c Catalogue) HasChannel(name string) bool {
	for _, p := range c.Notice.Purposes {
		if slices.Contains(p.Channels, name) {
			return true
		}
	}
	return false
}

// FromNotice gives the catalogue of the notice in force, for Room.Catalogue.
func FromNotice(n *notice.Room) func(tx *db.Tx) (segdef.Catalogue, error) {
	return func(tx *db.Tx) (segdef.Catalogue, error) {
		in, found, err := n.InForceAt(tx, tx.Time())
		if err == nil && !found {
			err = notice.None()
		}
		return Catalogue{in}, err
	}
}
