package outbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// offers are all purposes and channels a person can be asked about.
func offers(at time.Time) (all []permit.Question) {
	for _, p := range []string{"newsletter", "campaign", "survey", "feedback"} {
		for _, c := range []string{"email", "sms", "call", "post"} {
			all = append(all, ask(p, c, at))
		}
	}
	return all
}

// TestPreferencesAreObeyed ticks boxes at random on top of whatever was said
// before: afterwards every message is decided as ticked, and boxes that were not
// shown stay as they were.
func TestPreferencesAreObeyed(t *testing.T) {
	c := clock.At(dbtest.Start)
	w := &world{open(dbtest.SQLite(t, schemas, dbtest.At(c))), c, t}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		kind := party.Kind(rapid.IntRange(0, 1).Draw(rt, "kind"))
		country := rapid.SampledFrom([]string{"FI", "SE", "DE", ""}).Draw(rt, "country")
		who := w.person(n, kind, party.Pair{Name: "country", Value: country})
		for range rapid.IntRange(0, 5).Draw(rt, "said before") {
			w.say(who, entry(rt))
		}
		for range rapid.IntRange(1, 3).Draw(rt, "saves") {
			saveAndCheck(rt, w, who)
		}
	})
}

func entry(rt *rapid.T) ledger.Entry {
	purpose := rapid.SampledFrom([]string{"newsletter", "campaign", "survey", "feedback"}).Draw(rt, "purpose")
	channel := rapid.SampledFrom([]string{"email", "sms", "call", "post"}).Draw(rt, "channel")
	by := rapid.SampledFrom([]ledger.SaidBy{ledger.ByPerson, ledger.ByStaff, ledger.ByImport}).Draw(rt, "by")
	e := ledger.Entry{Purpose: purpose, Channel: channel, SaidBy: by, Method: "form"}
	switch e.Kind = rapid.SampledFrom([]ledger.Kind{ledger.Consent, ledger.Withdrawal, ledger.Prohibition, ledger.Sale, ledger.Role}).Draw(rt, "entry"); e.Kind {
	case ledger.Prohibition:
		e.Purpose, e.Channel = "", ""
		e.Scope = rapid.SampledFrom([]string{"all-marketing", "research", "profiling", "channel:" + channel, "purpose:" + purpose, "purpose:" + purpose + ":" + channel, "whatever"}).Draw(rt, "scope")
	case ledger.Sale:
		e.Scope = "cpo"
	}
	return e
}

func saveAndCheck(rt *rapid.T, w *world, who id.ID) {
	w.clock.Move(time.Second)
	err := w.DB.Do(w.t.Context(), by, func(tx *db.Tx) error {
		all := offers(tx.Time())
		before, err := w.Preferences(tx, who, all)
		if err != nil {
			return err
		}
		var ticks []outbox.Choice
		want := slices.Clone(before)
		for i, q := range all {
			if rapid.Bool().Draw(rt, "shown") {
				want[i].On = rapid.Bool().Draw(rt, "on")
				ticks = append(ticks, outbox.Choice{Question: q, On: want[i].On})
			}
		}
		if _, err := w.SavePreferences(tx, who, all, ticks, outbox.Said{Method: "preferences", Evidence: &ledger.Evidence{Text: "boxes"}}); err != nil {
			return err
		}
		after, err := w.Preferences(tx, who, all)
		for i := range want {
			if after[i].On != want[i].On {
				rt.Errorf("%s by %s: %v, ticked %v, was %v", want[i].Question.Purpose, want[i].Question.Channel, after[i].On, want[i].On, before[i].On)
			}
		}
		again, err2 := w.SavePreferences(tx, who, all, after, outbox.Said{Method: "preferences"})
		if len(again) != 0 {
			rt.Errorf("saving the same again made %d entries", len(again))
		}
		return firstErr(err, err2)
	})
	if err != nil {
		rt.Fatal(err)
	}
}

func firstErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestUnsubscribe(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i, c := range []struct {
			purpose, code, other string // the verdict on the purpose, and on the newsletter, afterwards
		}{
			{"newsletter", permit.CodeProhibitedChannel, permit.CodeProhibitedChannel},
			{"survey", permit.CodeProhibitedResearch, permit.CodeConsent},
		} {
			who := w.person(i, party.Natural)
			w.say(who, yes("newsletter", "email"), yes("survey", "email"))
			m := w.queue(who, 0, c.purpose)
			for round := range 2 {
				w.do(func(tx *db.Tx) error {
					changed, err := w.Unsubscribe(tx, &m, outbox.Said{Method: "one-click"})
					if changed != (round == 0) {
						t.Errorf("%s, round %d: changed %v", c.purpose, round, changed)
					}
					return err
				})
			}
			if v := w.verdict(who, ask(c.purpose, "email", time.Time{})); v.Code != c.code {
				t.Errorf("%s: %s, want %s", c.purpose, v.Code, c.code)
			}
			if v := w.verdict(who, ask("newsletter", "email", time.Time{})); v.Code != c.other {
				t.Errorf("newsletter after %s: %s, want %s", c.purpose, v.Code, c.other)
			}
			if v := w.verdict(who, ask("relationship", "email", time.Time{})); !v.Allowed {
				t.Errorf("service mail after %s: %s", c.purpose, v.Code)
			}
		}
		who := w.person(9, party.Natural)
		m := w.queue(who, 0, "relationship")
		err := w.DB.Do(t.Context(), by, func(tx *db.Tx) error {
			_, err := w.Unsubscribe(tx, &m, outbox.Said{Method: "one-click"})
			return err
		})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("unsubscribing from duty mail: %v", err)
		}
	})
}

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		who := w.person(1, party.Natural)
		m := w.queue(who, 0, "relationship")
		token := outbox.Token(w.Keys, outbox.LinkPreferences, who, m.ID)
		look := func(kind outbox.Link, token string) (found *outbox.Message, err error) {
			err = w.DB.View(t.Context(), by, func(tx *db.Tx) (err error) { found, err = w.ByToken(tx, kind, token); return err })
			return found, err
		}
		if got, err := look(outbox.LinkPreferences, token); err != nil || got.ID != m.ID {
			t.Fatalf("got %+v, %v", got, err)
		}
		bad := []string{"", token + "A", strings.ToUpper(token), strings.ToLower(token), token + "=", outbox.Token(w.Keys, outbox.LinkWhy, who, m.ID),
			outbox.Token(w.Keys, outbox.LinkPreferences, who, m.ID+1)}
		for i := range len(token) {
			bad = append(bad, token[:i], token[:i]+string('A'+(token[i]+1)%26)+token[i+1:])
		}
		for _, b := range bad {
			if _, err := look(outbox.LinkPreferences, b); b != token && fault.KeyOf(err) != "outbox.no_link" {
				t.Errorf("%q: %v", b, err)
			}
		}
		other := w.person(2, party.Natural)
		w.do(func(tx *db.Tx) error { return w.Move(tx, who, other) })
		if got, err := look(outbox.LinkPreferences, token); err != nil || got.Person != other || got.Addressee() != who {
			t.Errorf("after a merge: %+v, %v", got, err)
		}
		w.do(func(tx *db.Tx) error { _, err := w.Erase(tx, other, dossier.Plan{}); return err })
		if _, err := look(outbox.LinkPreferences, token); !fault.Is(err, fault.NotFound) {
			t.Errorf("after an erasure: %v", err)
		}
	})
}

func TestSuppression(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		who := w.person(1, party.Natural)
		w.say(who, yes("newsletter", "email"))
		letter := ask("newsletter", "email", time.Time{})
		for _, c := range []struct{ class, code string }{{outbox.HoldMarketing, permit.CodeProhibitedChannel}, {outbox.HoldAll, permit.CodeSuppressed}} {
			s := outbox.Suppression{Kind: "email", Class: c.class, Reason: outbox.ReasonStaff}
			w.do(func(tx *db.Tx) error { return w.Suppress(tx, "PERSON1@people.EXAMPLE", s) })
			w.do(func(tx *db.Tx) error { return w.Suppress(tx, "person1@people.example", s) })
			if v := w.verdict(who, letter); v.Code != c.code {
				t.Errorf("%s: %s", c.class, v.Code)
			}
			m := w.queue(who, id.ID(1+len(c.class)), "newsletter")
			w.replays(&m, true)
			w.do(func(tx *db.Tx) error {
				held, err := w.Check(tx, "email", []string{"person1@people.example", "nobody@people.example"})
				if len(held) != 1 {
					t.Errorf("held: %v", held)
				}
				return err
			})
			w.do(func(tx *db.Tx) error { return w.Holds().Release(tx, "person1@people.example", s) })
			if v := w.verdict(who, letter); !v.Allowed {
				t.Errorf("released: %s", v.Code)
			}
			w.replays(&m, true)
		}
	})
}

func (w *world) replays(m *outbox.Message, same bool) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		r, err := w.Replay(tx, m)
		if err == nil && r.Same != same {
			w.t.Errorf("replayed: %+v", r)
		}
		return err
	})
}

// TestReplay replays decisions after much else was said, also by transactions
// that began before the decision and ended after it, and after a merge.
func TestReplay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		who := w.person(1, party.Natural)
		w.say(who, yes("newsletter", "email"))
		var early outbox.Message
		w.do(func(tx *db.Tx) error { // the clock stands: the objection below bears the same time
			d := outbox.Draft{Campaign: 5, Question: ask("newsletter", "email", tx.Time()), Notice: 1}
			s, err := w.DecideOne(tx, who, d.Question, nil)
			if err != nil {
				return err
			}
			early = d.New(tx, s)
			_, err = w.Object(tx, who, outbox.Said{Method: "letter"}, outbox.ScopeAll)
			return firstErr(err, w.Add(tx, []outbox.Message{early}))
		})
		late := w.queue(who, 6, "newsletter")
		if early.Code != permit.CodeConsent || early.Evidence == "" || late.Code != permit.CodeProhibitedAll || late.State != outbox.Skipped {
			t.Errorf("decided %+v and %+v", early, late)
		}
		w.replays(&early, true)
		w.replays(&late, true)
		forged := early
		forged.Code = permit.CodeSoftOptIn
		w.replays(&forged, false)
		forged = early
		forged.Facts = `{"c":"FI","l":"0123456789abcdef"}`
		w.replays(&forged, false)
		other := w.person(2, party.Natural)
		w.do(func(tx *db.Tx) error { return firstErr(w.Ledger.Move(tx, who, other), w.Move(tx, who, other)) })
		var moved []outbox.Message
		w.do(func(tx *db.Tx) (err error) { moved, err = w.Of(tx, other, 0, 10); return err })
		if len(moved) != 2 {
			t.Fatalf("%d messages moved", len(moved))
		}
		for i := range moved {
			w.replays(&moved[i], true)
		}
	})
}

// TestWalkAgreesWithOne holds that deciding in bulk and one by one are the same.
func TestWalkAgreesWithOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want := map[id.ID]string{}
		var people []id.ID
		for i := range 40 {
			who := w.person(i, party.Kind(i%2))
			people = append(people, who)
			w.say(who, [][]ledger.Entry{{yes("newsletter", "email")}, {no("channel:email")}, {no("purpose:newsletter:email"), yes("newsletter", "email")},
				{{Kind: ledger.Sale, Scope: "cpo", SaidBy: ledger.ByStaff}}, nil}[i%5]...)
		}
		w.do(func(tx *db.Tx) error {
			return firstErr(w.Party.SetStatus(tx, people[0], party.Restricted), w.Party.MarkReach(tx, people[5], party.BadEmail, true))
		})
		q := ask("newsletter", "email", w.clock.Now())
		w.do(func(tx *db.Tx) error {
			for _, who := range people {
				s, err := w.DecideOne(tx, who, q, nil)
				if err != nil {
					return err
				}
				want[who] = fmt.Sprintf("%+v", s.Verdict)
			}
			return nil
		})
		n := 0
		err := w.DecideAll(t.Context(), by, q, nil, func(s *outbox.Subject) error {
			n++
			if got := fmt.Sprintf("%+v", s.Verdict); got != want[s.Person.ID] {
				t.Errorf("in bulk %s, alone %s", got, want[s.Person.ID])
			}
			return nil
		})
		if err != nil || n != len(people) {
			t.Errorf("%d people: %v", n, err)
		}
	})
}
