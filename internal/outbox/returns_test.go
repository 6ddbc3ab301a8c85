package outbox_test

import (
	"errors"
	"slices"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// mailed is a message to a person that left here.
func (w *world) mailed(who id.ID, purpose string) outbox.Message {
	w.t.Helper()
	m := w.queue(who, 77, purpose)
	w.do(func(tx *db.Tx) error {
		d := outbox.Draft{Campaign: 77, Question: ask(purpose, "email", tx.Time()), Notice: 1}
		at := outbox.Begin(0)
		due, err := w.Due(tx, d, &at, id.Buckets-1, 100)
		if err != nil {
			return err
		}
		ready, err := w.NewGroup().HandOver(tx, due, d, nil)
		for i := range ready {
			if err == nil {
				_, err = w.Settle(tx, &ready[i].Message, outbox.Outcome{State: outbox.Sent})
			}
		}
		return err
	})
	return m
}

func (w *world) take(m *outbox.Message, addr string, r outbox.Return) (fresh, acted bool) {
	w.t.Helper()
	w.do(func(tx *db.Tx) (err error) { fresh, acted, err = w.TakeReturn(tx, m, addr, r); return err })
	return fresh, acted
}

// TestTakeReturn says what follows from what came back, and that it follows once.
func TestTakeReturn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		soft, hard, angry, off, forwarded := w.person(1, party.Natural), w.person(2, party.Natural), w.person(3, party.Natural), w.person(4, party.Natural), w.person(5, party.Natural)
		for n, c := range map[id.ID]struct {
			addr  string
			back  outbox.Return
			acted bool
			may   string // verdict code of the next newsletter
		}{
			soft:      {"person1@people.example", outbox.Return{Kind: "bounce", Code: "full", Status: "5.2.2"}, false, permit.CodeConsent},
			hard:      {"PERSON2@people.example", outbox.Return{Kind: "bounce", Code: "user_unknown", Hard: true, Status: "5.1.1"}, true, permit.CodeSuppressed},
			angry:     {"", outbox.Return{Kind: "complaint", Code: "abuse"}, true, permit.CodeProhibitedAll},
			off:       {"", outbox.Return{Kind: "complaint", Code: "opt_out"}, true, permit.CodeProhibitedChannel},
			forwarded: {"elsewhere@other.example", outbox.Return{Kind: "bounce", Code: "user_unknown", Hard: true}, false, permit.CodeConsent},
		} {
			w.say(n, yes("newsletter", "email"))
			m := w.mailed(n, "newsletter")
			fresh, acted := w.take(&m, c.addr, c.back)
			if !fresh || acted != c.acted {
				t.Errorf("%s: fresh %v, acted %v", c.back.Code, fresh, acted)
			}
			if again, _ := w.take(&m, c.addr, c.back); again {
				t.Errorf("%s counts twice", c.back.Code)
			}
			v := w.verdict(n, ask("newsletter", "email", w.clock.Now()))
			if v.Code != c.may {
				t.Errorf("%s: afterwards %s", c.back.Code, v.Code)
			}
			if service := w.verdict(n, ask("relationship", "email", w.clock.Now())); service.Allowed != (c.back.Code != "user_unknown" || !c.acted) {
				t.Errorf("%s: a service message afterwards %s", c.back.Code, service.Code)
			}
		}
		w.do(func(tx *db.Tx) error {
			all, err := w.CountReturns(tx, 77, outbox.Range{Lo: 0, Hi: id.Buckets - 1})
			want := []outbox.ReturnTally{{Kind: "bounce", Code: "full", N: 1}, {Kind: "bounce", Code: "user_unknown", Hard: true, N: 2},
				{Kind: "complaint", Code: "abuse", N: 1}, {Kind: "complaint", Code: "opt_out", N: 1}}
			if err == nil && !slices.Equal(all, want) {
				t.Errorf("counted %+v", all)
			}
			return err
		})
	})
}

// TestReturnThatNamesNobody takes a bounce that says of no address that it does not
// exist: it is about the one the message went to, and no other is marked.
func TestReturnThatNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		gone := outbox.Return{Kind: "bounce", Code: "user_unknown", Hard: true, Status: "5.1.1"}
		unused := func(m outbox.Message, who id.ID) bool {
			t.Helper()
			var stored *outbox.Message
			w.do(func(tx *db.Tx) (err error) { stored, _, err = w.Get(tx, who, m.ID); return err })
			_, acted := w.take(stored, "", gone)
			if bad := w.verdict(who, ask("newsletter", "email", w.clock.Now())).Code == permit.CodeSuppressed; bad != acted {
				t.Errorf("acted %v, suppressed %v", acted, bad)
			}
			return acted
		}
		same, moved, from, to := w.person(1, party.Natural), w.person(2, party.Natural), w.person(3, party.Natural), w.person(4, party.Natural)
		var mails []outbox.Message
		for _, who := range []id.ID{same, moved, from} {
			w.say(who, yes("newsletter", "email"))
			mails = append(mails, w.mailed(who, "newsletter"))
		}
		w.do(func(tx *db.Tx) error {
			src, err := w.Party.AddSource(tx, "staff", "called")
			if err != nil {
				return err
			}
			if _, err := w.Party.Edit(tx, moved, src, []party.Pair{{Name: "email", Value: "another@people.example"}}); err != nil {
				return err
			}
			_, err = w.Party.Edit(tx, same, src, []party.Pair{{Name: "title", Value: "Engineer"}})
			return errors.Join(err, w.Room.Move(tx, from, to))
		})
		if !unused(mails[0], same) {
			t.Error("the address it went to is still used")
		}
		if unused(mails[1], moved) {
			t.Error("an address it never went to is no longer used")
		}
		if unused(mails[2], to) {
			t.Error("the address of whom the card was merged into is no longer used")
		}
	})
}

// TestReturnsFollowThePerson moves what came back with a merge, shows it in the person's own data and forgets it.
func TestReturnsFollowThePerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		from, to := w.person(1, party.Natural), w.person(2, party.Natural)
		w.say(from, yes("newsletter", "email"))
		m := w.mailed(from, "newsletter")
		w.take(&m, "person1@people.example", outbox.Return{Kind: "bounce", Code: "full"})
		kinds := func(who id.ID) (n int) {
			w.do(func(tx *db.Tx) error {
				n = 0
				return w.Export(tx, who, func(r dossier.Record) error {
					if r.Kind == "returns" {
						n++
					}
					return nil
				})
			})
			return n
		}
		if kinds(from) != 1 {
			t.Error("not in the person's data")
		}
		w.do(func(tx *db.Tx) error { return w.Room.Move(tx, from, to) })
		if kinds(from) != 0 || kinds(to) != 1 {
			t.Error("not moved")
		}
		w.do(func(tx *db.Tx) error {
			held, err := w.Erase(tx, to, dossier.Plan{})
			if len(held) != 2 {
				t.Errorf("erased %v", held)
			}
			return err
		})
		if kinds(to) != 0 {
			t.Error("not forgotten")
		}
	})
}
