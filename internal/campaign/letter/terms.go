package letter

import (
	"slices"
	"strings"
	"time"

	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/permit"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
)

// Terms is what a letter needs of the notice in force.
type Terms struct {
	Version int
	// Question gives class and legal basis of a purpose by a channel; an error
	// (Denied) when the notice does not promise it. law: GDPR 5(1)(b)
	Question  func(purpose, channel string, at time.Time) (permit.Question, error)
	Catalogue segdef.Catalogue
	// Uses tells whether the notice lists a person field's category among what a
	// purpose uses; nil tells of none. law: GDPR 5(1)(b)
	Uses     func(purpose, field string) bool
	Base     string // public address that the register's own pictures are under
	Sender   compose.Sender
	Language string // of the register, when a campaign names none
}

// NoticeTerms gives the terms of the notice in force. With no
// notice in force nothing can be sent.
func NoticeTerms(n *notice.Room) func(tx *db.Tx) (*Terms, error) {
	return func(tx *db.Tx) (*Terms, error) {
		in, found, err := n.InForceAt(tx, tx.Time())
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, notice.None()
		}
		return &Terms{Version: in.Number, Question: in.PermitQuestion, Catalogue: segment.Catalogue{InForce: in}, Uses: usesOf(in.Notice),
			Sender: senderOf(in.Notice.Controller), Language: first(in.Notice.Languages)}, nil
	}
}

// senderOf writes the controller as the footer of a letter names it. law: 2002/58 13(4)
func senderOf(c noticedef.Controller) compose.Sender {
	place := strings.TrimSpace(c.Address.Postcode + " " + c.Address.City)
	var parts []string
	for _, p := range []string{c.Address.Street, place, c.Address.Country} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	s := compose.Sender{Name: c.Name, Address: strings.Join(parts, ", "), Contact: c.Email}
	if s.Contact == "" {
		s.Contact = c.Phone
	}
	return s
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// WithBase gives terms under which pictures of the register have their whole
// address. base is the public address of the register.
func WithBase(base string, terms func(tx *db.Tx) (*Terms, error)) func(tx *db.Tx) (*Terms, error) {
	return func(tx *db.Tx) (*Terms, error) {
		t, err := terms(tx)
		if err == nil {
			t.Base = base
		}
		return t, err
	}
}

// usesOf tells which person fields the notice lets the letters of a purpose show:
// those of the categories it lists under uses. law: GDPR 5(1)(b), 13(1)(c)
func usesOf(n *noticedef.Notice) func(purpose, field string) bool {
	return func(purpose, field string) bool {
		p, promised := n.Purpose(purpose)
		f, listed := n.Field(field)
		return promised && listed && slices.Contains(p.Uses, f.Category)
	}
}

// mayUse is usesOf for one purpose; nil, which lets every field through, when the
// terms say nothing of it.
func (t *Terms) mayUse(purpose string) func(field string) bool {
	if t.Uses == nil {
		return nil
	}
	return func(field string) bool { return t.Uses(purpose, field) }
}
