package party_test

import (
	"fmt"
	"testing"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/orgs"
)

func TestCreateAndEdit(t *testing.T) {
	each(t, func(b bench) {
		who := b.person("first_name", "Åsa", "last_name", "Åkesson", "email", "Asa@Exempel.example", "city", "Åbo", "industry", "bakery", "country", "FI", "phone", "+358 00 000 0412")
		p := b.get(who)
		same(b.T, "name", p.Name(), "Åsa Åkesson")
		same(b.T, "packed field", p.Get("industry"), "bakery")
		same(b.T, "bucket", p.ID.Bucket(), who.Bucket())
		same(b.T, "reach", p.Reach, party.HasEmail|party.HasPhone)
		same(b.T, "registered", p.Registered, clock.Ms(dbtest.Start))
		b.edit(who, "city", "Vasa", "industry", "", "title", "boss")
		p = b.get(who)
		same(b.T, "city", p.City, "Vasa")
		same(b.T, "removed field", p.Get("industry"), "")
		same(b.T, "reach after", p.Reach, party.HasEmail|party.HasPhone)
		same(b.T, "history", len(b.history(who)), 1)
		same(b.T, "by address", b.owner("ASA@exempel.example"), who)
		b.edit(who, "city", "Vasa")
		same(b.T, "an edit that changes nothing leaves no trace", len(b.history(who)), 1)
	})
}

func TestRefused(t *testing.T) {
	each(t, func(b bench) {
		who := b.person("email", "a@exempel.example", "last_name", "Ek")
		phone := b.person("phone", "+358 00 000 0412")
		create := func(words ...string) func(*db.Tx) error {
			return func(tx *db.Tx) error { _, err := b.Create(tx, party.New{Fields: pairs(words...)}); return err }
		}
		edit := func(who id.ID, words ...string) func(*db.Tx) error {
			return func(tx *db.Tx) error { _, err := b.Edit(tx, who, 0, pairs(words...)); return err }
		}
		b.refused("party.unlisted_field", create("email", "b@exempel.example", "shoe_size", "43"))
		b.refused("party.unlisted_field", edit(who, "shoe_size", "43"))
		b.refused("party.address_taken", create("email", "A@EXEMPEL.example"))
		b.refused("party.address_taken", create("phone", "+358000000412"))
		b.refused("party.address_taken", edit(phone, "email", "a@exempel.example"))
		b.refused("party.bad_email", create("email", "a at exempel"))
		b.refused("party.bad_phone", create("phone", "call me"))
		b.refused("party.no_identity", create("first_name", "Åsa"))
		b.refused("party.value_too_long", edit(who, "title", fmt.Sprintf("%0501d", 1)))
		b.refused("party.not_found", edit(4096, "title", "x"))
		b.refused("party.bad_tag", func(tx *db.Tx) error { return b.Tag(tx, who, "", true) })
		b.refused("party.bad_status", func(tx *db.Tx) error { return b.SetStatus(tx, who, party.Erased) })
		b.do(func(tx *db.Tx) error {
			n, err := b.Count(tx)
			same(b.T, "people", n, 2)
			return err
		})
	})
}

func TestAddressFollowsEdit(t *testing.T) {
	each(t, func(b bench) {
		who := b.person("email", "old@exempel.example", "last_name", "Ek")
		b.edit(who, "email", "new@exempel.example")
		same(b.T, "the old address is free", b.owner("old@exempel.example"), id.ID(0))
		same(b.T, "the new one leads to the person", b.owner("new@exempel.example"), who)
		other := b.person("email", "old@exempel.example")
		same(b.T, "somebody else may take it", b.owner("old@exempel.example"), other)
		b.edit(who, "email", "", "phone", "+358 00 000 0412")
		same(b.T, "without e-mail the phone leads to the person", b.owner("+358000000412"), who)
	})
}

func TestProvenance(t *testing.T) {
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		b := bench{t, open(d), d}
		start := clock.Ms(d.Now())
		var form, letter id.ID
		b.do(func(tx *db.Tx) (err error) {
			if form, err = b.AddSource(tx, "form", "sign-up"); err == nil {
				letter, err = b.AddSource(tx, "staff", "letter")
			}
			return err
		})
		var who id.ID
		b.do(func(tx *db.Tx) error {
			p, err := b.Create(tx, party.New{Fields: pairs("last_name", "Ek", "city", "Åbo"), Source: form})
			if err == nil {
				who = p.ID
			}
			return err
		})
		c.Move(1000e6)
		b.do(func(tx *db.Tx) error {
			_, err := b.Edit(tx, who, letter, pairs("city", "Vasa", "title", "boss"))
			return err
		})
		p := b.get(who)
		same(t, "untouched", p.OriginOf("last_name"), party.Origin{Source: form, First: start, Changed: start})
		same(t, "changed", p.OriginOf("city"), party.Origin{Source: letter, First: start, Changed: start + 1000})
		same(t, "new", p.OriginOf("title"), party.Origin{Source: letter, First: start + 1000, Changed: start + 1000})
		b.do(func(tx *db.Tx) error {
			s, err := b.SourceOf(tx, letter)
			same(t, "source", s.Label, "letter")
			return err
		})
	}, dbtest.At(c))
}

func TestUndoChain(t *testing.T) {
	each(t, func(b bench) {
		who := b.person("last_name", "Ek", "email", "ek@exempel.example")
		b.edit(who, "city", "Åbo")
		b.edit(who, "city", "Vasa", "email", "vasa@exempel.example")
		first := b.history(who)
		b.refused("party.changed_since", func(tx *db.Tx) error { return b.Undo(tx, who, first[0].ID) })
		b.do(func(tx *db.Tx) error { return b.Undo(tx, who, first[1].ID) })
		same(b.T, "undone", b.get(who).City, "Åbo")
		same(b.T, "address back", b.owner("ek@exempel.example"), who)
		same(b.T, "address given up", b.owner("vasa@exempel.example"), id.ID(0))
		b.refused("party.cannot_undo", func(tx *db.Tx) error { return b.Undo(tx, who, first[1].ID) })
		last := b.history(who)[2]
		b.do(func(tx *db.Tx) error { return b.Undo(tx, who, last.ID) })
		same(b.T, "redone", b.get(who).City, "Vasa")
		same(b.T, "the first undo no longer counts", b.history(who)[1].Undone, false)
		same(b.T, "and is marked as reversed", b.history(who)[2].Undone, true)
		b.do(func(tx *db.Tx) error { return b.Undo(tx, who, first[1].ID) })
		b.do(func(tx *db.Tx) error { return b.Undo(tx, who, first[0].ID) })
		same(b.T, "back at the start", b.get(who).City, "")
	})
}

func TestTags(t *testing.T) {
	each(t, func(b bench) {
		who := b.person("last_name", "Ek")
		tag := func(name string, on bool) { b.do(func(tx *db.Tx) error { return b.Tag(tx, who, name, on) }) }
		tags := func() (s string) {
			b.do(func(tx *db.Tx) error {
				all, err := b.Tags(tx, who)
				s = fmt.Sprint(all)
				return err
			})
			return s
		}
		tag("vip", true)
		tag("vip", true)
		tag("fair", true)
		same(b.T, "tags", tags(), "[fair vip]")
		same(b.T, "history", len(b.history(who)), 2)
		tag("vip", false)
		same(b.T, "removed", tags(), "[fair]")
		removal := b.history(who)[2].ID
		b.do(func(tx *db.Tx) error { return b.Undo(tx, who, removal) })
		same(b.T, "undone", tags(), "[fair vip]")
		undo := b.history(who)[3].ID
		b.do(func(tx *db.Tx) error { return b.Undo(tx, who, undo) })
		same(b.T, "redone", tags(), "[fair]")
		b.do(func(tx *db.Tx) error {
			people, err := b.List(tx, party.Query{Tag: "fair", Limit: 10})
			same(b.T, "by tag", len(people), 1)
			return err
		})
	})
}

func TestSearch(t *testing.T) {
	each(t, func(b bench) {
		asa := b.person("first_name", "Åsa", "last_name", "Åkesson", "email", "asa@exempel.example", "phone", "+358 00 000 0412")
		maria := b.person("first_name", "Maria Elisabet", "last_name", "Mäkelä", "email", "maria@esimerkki.example")
		ake := b.person("first_name", "Åke", "last_name", "Nyberg", "phone", "+358 00 000 0413")
		b.do(func(tx *db.Tx) error {
			_, err := b.AddAddress(tx, ake, party.KindEmail, "home", "nyberg@hem.example", 0)
			return err
		})
		for _, c := range []struct {
			text string
			want []id.ID
		}{
			{"akesson", []id.ID{asa}},
			{"ÅKESSON", []id.ID{asa}},
			{"kess", []id.ID{asa}},
			{"ake", []id.ID{asa, maria, ake}}, // also inside a name
			{"makela", []id.ID{maria}},
			{"maria makela", []id.ID{maria}},
			{"Mäkelä Maria", []id.ID{maria}},
			{"maria elisabet mäkelä", []id.ID{maria}},
			{"asa@exempel.example", []id.ID{asa}},
			{"ASA@", []id.ID{asa}},
			{"nyberg@hem.example", []id.ID{ake}},
			{"+358 00 000 0412", []id.ID{asa}},
			{"+35800000041", []id.ID{asa, ake}},
			{"100%", nil},
			{"_", nil},
			{"nobody", nil},
			{"  ", nil},
		} {
			same(b.T, c.text, b.found(c.text), c.want)
		}
	})
}

func TestListPages(t *testing.T) {
	each(t, func(b bench) {
		want := map[id.ID]bool{}
		for i := range 37 { // several of one name, so that pages break inside it
			want[b.person("last_name", fmt.Sprintf("Ek%c", 'a'+i/10), "first_name", "Åsa", "city", "Åbo", "organisation", "Bageriet")] = true
		}
		b.person("last_name", "Zander", "city", "Vasa")
		org := b.get(anyOf(want)).OrgID
		for name, q := range map[string]party.Query{"all": {}, "city": {City: "abo"}, "organisation": {OrgID: org}} {
			seen, last := map[id.ID]bool{}, ""
			q.Limit = 5
			for {
				var page []party.Person
				b.do(func(tx *db.Tx) (err error) { page, err = b.List(tx, q); return err })
				if len(page) == 0 {
					break
				}
				for _, p := range page {
					if seen[p.ID] || p.LastName < last {
						b.Errorf("%s: %s again, or out of order", name, p.LastName)
					}
					seen[p.ID], last = true, p.LastName
				}
				q.After = party.CursorOf(&page[len(page)-1])
			}
			n := 37
			if name == "all" {
				n++
			}
			same(b.T, name, len(seen), n)
		}
	})
}

func anyOf(ids map[id.ID]bool) id.ID {
	for who := range ids {
		return who
	}
	return 0
}

func TestOrganisations(t *testing.T) {
	each(t, func(b bench) {
		one := b.person("last_name", "Ek", "organisation", "Bageriet Åbo")
		two := b.person("last_name", "Al", "organisation", "BAGERIET ÅBO")
		org := b.get(one).OrgID
		same(b.T, "one organisation", b.get(two).OrgID, org)
		b.do(func(tx *db.Tx) error {
			n, err := b.PeopleAt(tx, org)
			same(b.T, "people", n, 2)
			return err
		})
		b.do(func(tx *db.Tx) error {
			o, _, err := b.Organisation(tx, org)
			if err != nil {
				return err
			}
			o.City = "Åbo"
			return b.EditOrganisation(tx, *o)
		})
		b.do(func(tx *db.Tx) error {
			list, err := b.Organisations(tx, "geriet ab", orgs.Cursor{}, 10)
			if len(list) != 1 || list[0].City != "Åbo" {
				b.Errorf("found %+v", list)
			}
			return err
		})
		b.refused("party.org_name", func(tx *db.Tx) error { _, err := b.CreateOrganisation(tx, orgs.Organisation{}); return err })
		b.refused("party.no_org", func(tx *db.Tx) error { return b.EditOrganisation(tx, orgs.Organisation{ID: 1, Name: "x"}) })
		b.edit(one, "organisation", "")
		same(b.T, "left", b.get(one).OrgID, id.ID(0))
	})
}
