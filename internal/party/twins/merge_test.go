package twins_test

import (
	"fmt"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
)

// moved remembers what a room was asked to move.
type moved struct{ from, to id.ID }

func (m *moved) Move(_ *db.Tx, from, to id.ID) error { m.from, m.to = from, to; return nil }

func TestMerge(t *testing.T) {
	each(t, func(b bench) {
		asked := &moved{}
		b.Movers = []party.Mover{asked}
		keep := b.person("first_name", "Åsa", "last_name", "Åkesson", "email", "asa@exempel.example", "city", "Åbo", "title", "boss")
		gone := b.person("first_name", "Asa", "last_name", "Akesson-Nyberg", "email", "asa@jobb.example", "phone", "+358 00 000 0412", "street", "Storgatan 1",
			"postcode", "65100", "city", "Vasa", "industry", "bakery", "title", "chief", "organisation", "Bageriet")
		b.edit(gone, "language", "sv")
		b.add(gone, party.KindEmail, "home", "asa@hem.example")
		b.do(func(tx *db.Tx) error {
			if err := b.Tag(tx, keep, "vip", true); err != nil {
				return err
			}
			if err := b.Tag(tx, gone, "vip", true); err != nil {
				return err
			}
			if err := b.Tag(tx, gone, "fair", true); err != nil {
				return err
			}
			if err := b.MarkReach(tx, gone, party.EmailVerified|party.BadPhone, true); err != nil {
				return err
			}
			return b.SetStatus(tx, gone, party.Restricted)
		})
		b.do(func(tx *db.Tx) error {
			return b.twins.Merge(tx, keep, gone, map[string]string{"title": twins.TakeGone})
		})

		p := b.get(keep)
		same(b.T, "name is keep's", p.Name(), "Åsa Åkesson")
		same(b.T, "title was chosen", p.Title, "chief")
		same(b.T, "what keep lacked comes along", p.Get("industry")+p.Language+p.Org, "bakerysvBageriet")
		same(b.T, "organisation", p.OrgID != 0, true)
		same(b.T, "the postal address goes together", party.PostOf(p), party.Post{Street: "Storgatan 1", Postcode: "65100", City: "Vasa"})
		same(b.T, "restriction stays", p.Status, party.Restricted)
		same(b.T, "reach", p.Reach, party.HasEmail|party.HasPhone|party.HasPost|party.BadPhone)
		same(b.T, "addresses", b.addresses(keep), `email  asa@exempel.example unverified primary
phone  +358000000412 bad primary
post  Storgatan 1,65100,Vasa, unverified primary
email home asa@hem.example unverified
email  asa@jobb.example verified`)
		for _, a := range []string{"asa@exempel.example", "asa@jobb.example", "asa@hem.example", "+358000000412"} {
			same(b.T, "leads to keep: "+a, b.owner(a), keep)
		}
		b.do(func(tx *db.Tx) error {
			tags, err := b.Tags(tx, keep)
			same(b.T, "tags", fmt.Sprint(tags), "[fair vip]")
			return err
		})
		same(b.T, "history of both, and the merge", len(b.history(keep)), 7)
		same(b.T, "others were asked", *asked, moved{gone, keep})
		b.do(func(tx *db.Tx) error {
			to, err := b.Forward(tx, gone)
			same(b.T, "forward", to, keep)
			return err
		})
		same(b.T, "tombstone", *b.get(gone), party.Person{ID: gone, Status: party.Erased, Registered: p.Registered, Changed: p.Changed})
		same(b.T, "no longer found", len(b.found("akesson-nyberg")), 0)
		b.do(func(tx *db.Tx) error {
			n, err := b.Count(tx)
			same(b.T, "people", n, 1)
			return err
		})
		b.refused("party.cannot_undo", func(tx *db.Tx) error {
			all, err := b.History(tx, keep)
			if err != nil {
				return err
			}
			return b.Undo(tx, keep, all[len(all)-1].ID)
		})
		b.refused("party.not_found", func(tx *db.Tx) error { return b.twins.Merge(tx, keep, gone, nil) })
		b.refused("party.same_person", func(tx *db.Tx) error { return b.twins.Merge(tx, keep, keep, nil) })
	})
}

func TestMergeTakesAddressOfGone(t *testing.T) {
	each(t, func(b bench) {
		keep := b.person("email", "one@exempel.example", "phone", "+358 00 000 0412")
		gone := b.person("email", "two@exempel.example", "phone", "+358 00 000 0412")
		b.do(func(tx *db.Tx) error { return b.MarkReach(tx, gone, party.BadPhone, true) })
		b.refused("party.merge_choice", func(tx *db.Tx) error { return b.twins.Merge(tx, keep, gone, map[string]string{"email": "both"}) })
		b.do(func(tx *db.Tx) error {
			return b.twins.Merge(tx, keep, gone, map[string]string{"email": twins.TakeGone})
		})
		same(b.T, "addresses", b.addresses(keep), `email  two@exempel.example unverified primary
phone  +358000000412 bad primary
email  one@exempel.example unverified`)
		same(b.T, "old", b.owner("one@exempel.example"), keep)
		same(b.T, "new", b.owner("two@exempel.example"), keep)
	})
}
