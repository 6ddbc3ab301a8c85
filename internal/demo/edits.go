package demo

import (
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
	"kartotek/internal/segment"
)

// planEdits lists what changed about people over time, so that histories have
// something to show and to undo.
func (s *story) planEdits() {
	c, elsa := s.cast, s.desk["Elsa"]
	for i, f := range c.subscribed {
		switch {
		case f.firm != nil && i%5 == 0:
			s.scene(700-i*3, 10, i%60, elsa, s.edit(f, party.Pair{Name: "title", Value: title(f.language, f.firm.Industry, f.n*3+f.n/10*7+1)}))
		case f.firm == nil && i%8 == 1:
			s.scene(640-i*2, 16, i%60, citizen, s.edit(f, s.newHome(f)...))
		case i%12 == 2:
			s.scene(520-i, 11, i%60, elsa, s.edit(f, party.Pair{Name: "phone", Value: phone(f.country, 8000+f.n)}))
		}
		if i%20 == 6 {
			s.scene(430-i, 9, i%60, elsa, s.secondAddress(f))
		}
		if i%33 == 9 {
			s.scene(350-i, 13, i%60, elsa, s.newEmployer(f))
		}
	}
	for i := range 6 {
		s.scene(260-i*17, 14, 30, elsa, s.tag(c.customers[i*9+2], "referens"))
	}
	s.planMistakes()
	s.scene(205, 10, 10, elsa, s.firmMoves(c.firms[12], "Lyktgränd 7"))
	s.scene(140, 10, 40, elsa, s.firmMoves(c.firms[33], "Lyhtykuja 11"))
}

// planMistakes lists what went wrong and was put right: a title given to the wrong
// person, two rows of one person, two people taken for one.
func (s *story) planMistakes() {
	c, elsa := s.cast, s.desk["Elsa"]
	wrong := c.subscribed[0]
	s.scene(230, 9, 15, elsa, s.edit(wrong, party.Pair{Name: "title", Value: titles[wrong.language][6]}))
	s.scene(229, 15, 50, elsa, s.undoLast(wrong))
	keep, gone := c.subscribed[5], c.visitors[2]
	s.scene(120, 11, 25, elsa, func(tx *db.Tx) error {
		if err := (twins.Room{Party: s.Party}).Merge(tx, keep.id, gone.id, nil); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.merge", Kind: "person", Object: gone.id.String(), Person: keep.id})
	})
	a, b := c.subscribed[24], c.visitors[7]
	s.scene(119, 11, 30, elsa, func(tx *db.Tx) error {
		if err := (twins.Room{Party: s.Party}).Apart(tx, a.id, b.id); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.apart", Kind: "person", Object: b.id.String(), Person: a.id})
	})
}

// edit changes fields of somebody, as the source of whoever acts.
func (s *story) edit(f *figure, values ...party.Pair) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		source := s.from.staff
		if tx.By().Kind == "person" {
			var err error
			if source, err = s.Party.AddSource(tx, "person", ""); err != nil {
				return err
			}
		}
		if _, err := s.Party.Edit(tx, f.id, source, values); err != nil {
			return err
		}
		return s.log(tx, "person.edit", f)
	}
}

// newHome is where somebody moves: the town of one of the firms.
func (s *story) newHome(f *figure) []party.Pair {
	o := s.cast.firms[(f.n*13+5)%manyFirms]
	return []party.Pair{{Name: "street", Value: street(f.n+4, f.language)}, {Name: "postcode", Value: o.Postcode},
		{Name: "city", Value: inLanguage(o.City, f.language)}, {Name: "country", Value: o.Country}}
}

func (s *story) newEmployer(f *figure) func(tx *db.Tx) error {
	o := s.cast.firms[(f.n*17+2)%manyFirms]
	return s.edit(f, party.Pair{Name: "organisation", Value: o.Name}, party.Pair{Name: "industry", Value: o.Industry},
		party.Pair{Name: "title", Value: title(f.language, o.Industry, f.n+1)})
}

func (s *story) secondAddress(f *figure) func(tx *db.Tx) error {
	email := s.cast.address(slug(f.first)+"."+slug(f.last)+".privat", "hemma.example")
	if f.language != "sv" {
		email = s.cast.address(slug(f.first)+"."+slug(f.last)+".oma", "koti.example")
	}
	return func(tx *db.Tx) error {
		if _, err := s.Party.AddAddress(tx, f.id, party.KindEmail, "home", email, s.from.staff); err != nil {
			return err
		}
		return s.log(tx, "person.edit", f)
	}
}

func (s *story) tag(f *figure, tag string) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		if err := s.Party.Tag(tx, f.id, tag, true); err != nil {
			return err
		}
		return s.log(tx, "person.edit", f)
	}
}

func (s *story) undoLast(f *figure) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		all, err := s.Party.History(tx, f.id)
		if err != nil {
			return err
		}
		if err := s.Party.Undo(tx, f.id, all[len(all)-1].ID); err != nil {
			return err
		}
		return s.log(tx, "person.undo", f)
	}
}

func (s *story) firmMoves(o *firm, to string) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		o.Street = to
		return s.Party.EditOrganisation(tx, o.Organisation)
	}
}

// planSegments saves the audiences that marketing uses again and again.
func (s *story) planSegments() {
	for i, g := range []segment.Segment{
		{Name: "Prenumeranter på svenska", Text: `language = "sv" and consent "newsletter" "email"`},
		{Name: "Vård och skola", Text: `industry in ("vård", "skola") and organisation is set`},
		{Name: "Kunder i huvudstadsregionen", Text: `tag "kund" and city in ("Helsinki", "Helsingfors", "Espoo", "Esbo", "Vantaa", "Vanda")`},
	} {
		s.scene(62-i, 10, 15, s.desk["Oskar"], func(tx *db.Tx) error {
			_, err := s.Segment.Save(tx, g)
			return err
		})
	}
}
