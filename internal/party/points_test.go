package party_test

import (
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

func (b bench) add(who id.ID, kind, label, value string) (pt party.Point) {
	b.Helper()
	b.do(func(tx *db.Tx) (err error) {
		pt, err = b.AddAddress(tx, who, kind, label, value, 0)
		return err
	})
	return pt
}

// addresses writes a person's addresses on one line each.
func (b bench) addresses(who id.ID) string {
	b.Helper()
	var out []string
	b.do(func(tx *db.Tx) error {
		all, err := b.Addresses(tx, who)
		out = nil
		for _, a := range all {
			line := a.Kind + " " + a.Label + " " + strings.ReplaceAll(a.Value, "\n", ",") + " " + a.State.String()
			if a.Primary {
				line += " primary"
			}
			out = append(out, line)
		}
		return err
	})
	return strings.Join(out, "\n")
}

func TestAddresses(t *testing.T) {
	each(t, func(b bench) {
		who := b.person("last_name", "Ek", "email", "ek@exempel.example", "phone", "+358 00 000 0412", "street", "Storgatan 1", "postcode", "00100", "city", "Åbo", "country", "FI")
		work := b.add(who, party.KindEmail, "work", "Ek@Jobb.example")
		again := b.add(who, party.KindEmail, "home", "ek@jobb.example")
		same(b.T, "adding twice", again.ID, work.ID)
		phone := b.add(who, party.KindPhone, "home", "+358 00 000 0500")
		home := b.add(who, party.KindPost, "billing", party.Post{"Lillgatan 2", "65100", "Vasa", "FI"}.String())
		same(b.T, "all", b.addresses(who), `email  ek@exempel.example unverified primary
phone  +358000000412 unverified primary
post  Storgatan 1,00100,Åbo,FI unverified primary
email work Ek@Jobb.example unverified
phone home +358 00 000 0500 unverified
post billing Lillgatan 2,65100,Vasa,FI unverified`)
		same(b.T, "second e-mail finds the person", b.owner("EK@jobb.example"), who)
		same(b.T, "second phone finds the person", b.owner("+358000000500"), who)

		state := func(kind string, point id.ID, s party.AddressState) {
			b.do(func(tx *db.Tx) error { return b.SetAddressState(tx, who, kind, point, s) })
		}
		state(party.KindEmail, work.ID, party.Verified)
		state(party.KindEmail, 0, party.Bad)
		state(party.KindPhone, 0, party.Verified)
		promote := func(point id.ID) { b.do(func(tx *db.Tx) error { return b.Promote(tx, who, point) }) }
		promote(work.ID)
		promote(home.ID)
		promote(phone.ID)
		same(b.T, "promoted", b.addresses(who), `email  Ek@Jobb.example verified primary
phone  +358000000500 unverified primary
post  Lillgatan 2,65100,Vasa,FI unverified primary
email work ek@exempel.example bad
phone home +358000000412 verified
post billing Storgatan 1,00100,Åbo,FI unverified`)
		p := b.get(who)
		same(b.T, "city", p.City, "Vasa")
		same(b.T, "reach", p.Reach, party.HasEmail|party.HasPhone|party.HasPost|party.EmailVerified)
		same(b.T, "both lead to the person", b.owner("ek@exempel.example"), who)
		same(b.T, "and both numbers", b.owner("+358000000412"), who)

		state(party.KindEmail, work.ID, party.Former) // the point now holds the old address
		same(b.T, "a former address is free", b.owner("ek@exempel.example"), id.ID(0))
		b.edit(who, "email", "third@exempel.example")
		same(b.T, "a former address stays free", b.owner("ek@exempel.example"), id.ID(0))
		same(b.T, "numbers are kept when the e-mail changes", b.owner("+358000000412"), who)
		b.do(func(tx *db.Tx) error { return b.RemoveAddress(tx, who, phone.ID) })
		same(b.T, "a removed number is free", b.owner("+358000000412"), id.ID(0))
	})
}

func TestAddressRefused(t *testing.T) {
	each(t, func(b bench) {
		who, other := b.person("last_name", "Ek", "email", "ek@exempel.example"), b.person("email", "al@exempel.example")
		add := func(kind, label, value string) func(*db.Tx) error {
			return func(tx *db.Tx) error { _, err := b.AddAddress(tx, who, kind, label, value, 0); return err }
		}
		b.refused("party.address_taken", add("email", "", "AL@exempel.example"))
		b.refused("party.bad_email", add("email", "", "al"))
		b.refused("party.bad_phone", add("phone", "", "al"))
		b.refused("party.bad_post", add("post", "", "\n00100\nÅbo"))
		b.refused("party.address_kind", add("pigeon", "", "al"))
		b.refused("party.address_label", add("email", "secret", "x@exempel.example"))
		b.refused("party.no_address", func(tx *db.Tx) error { return b.Promote(tx, who, 7) })
		b.refused("party.no_address", func(tx *db.Tx) error { return b.SetAddressState(tx, who, party.KindPhone, 0, party.Bad) })
		b.refused("party.former_primary", func(tx *db.Tx) error { return b.SetAddressState(tx, who, party.KindEmail, 0, party.Former) })
		pt := b.add(who, party.KindEmail, "", "old@exempel.example")
		b.do(func(tx *db.Tx) error { return b.SetAddressState(tx, who, party.KindEmail, pt.ID, party.Former) })
		b.refused("party.former_address", func(tx *db.Tx) error { return b.Promote(tx, who, pt.ID) })
		b.edit(other, "email", "old@exempel.example")
		b.refused("party.address_taken", func(tx *db.Tx) error { return b.SetAddressState(tx, who, party.KindEmail, pt.ID, party.Verified) })
	})
}

func TestAddressUndo(t *testing.T) {
	each(t, func(b bench) {
		who := b.person("last_name", "Ek")
		b.add(who, party.KindEmail, "work", "ek@exempel.example")
		undo := func() {
			h := b.history(who)
			b.do(func(tx *db.Tx) error { return b.Undo(tx, who, h[len(h)-1].ID) })
		}
		undo()
		same(b.T, "undone", b.addresses(who), "")
		same(b.T, "free", b.owner("ek@exempel.example"), id.ID(0))
		undo()
		same(b.T, "redone", b.addresses(who), "email work ek@exempel.example unverified")
		same(b.T, "claimed", b.owner("ek@exempel.example"), who)
	})
}

// FuzzPost: a postal address reads back as it was written, by line.
func FuzzPost(f *testing.F) {
	f.Add("Storgatan 1\n00100\nÅbo\nFI")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if p := party.ParsePost(s); party.ParsePost(p.String()) != p {
			t.Errorf("%q reads as %+v", s, p)
		}
	})
}
