package recipient

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
)

// Gift is a file of many people on its way to a recipient. law: GDPR 15(1)(c), GDPR 19
type Gift struct {
	Categories []string // of the notice; the file holds nothing else
	room       *Room
	bulk       id.ID
}

// Give begins a disclosure of many by a file. Without categories it is all that the
// recipient receives of those the file can hold.
func (r *Room) Give(tx *db.Tx, d Disclosure, holds func(noticedef.Category) bool) (*Gift, error) {
	n, err := r.Notice(tx)
	if err != nil {
		return nil, err
	}
	if n != nil && len(d.Categories) == 0 {
		d.Categories = n.Given(d.Recipient, holds)
	}
	bulk, err := r.Begin(tx, d)
	if err != nil {
		return nil, err
	}
	return &Gift{d.Categories, r, bulk}, nil
}

// Join records people as given, before their lines leave; see Room.Join.
func (g *Gift) Join(tx *db.Tx, people []id.ID) error { return g.room.Join(tx, g.bulk, people) }
