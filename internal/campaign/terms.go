package campaign

import (
	"strings"

	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/segment"
)

// NoticeTerms gives the terms of the notice in force, for Room.Terms. With no
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
