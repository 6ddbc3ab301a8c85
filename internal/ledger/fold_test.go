package ledger_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

var (
	purposes = []string{"newsletter", "campaign", "survey"}
	channels = []string{"email", "sms", "call", "post"}
	scopes   = []string{"all-marketing", "channel:email", "channel:sms", "research", "profiling", "purpose:newsletter", "purpose:campaign:sms", "odd"}
	day      = int64(24 * time.Hour / time.Millisecond)
	start    = clock.Ms(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
)

// someEntry draws one entry of the last months.
func someEntry(t *rapid.T, n id.ID) ledger.Entry {
	e := ledger.Entry{ID: n, Effective: start + day*rapid.Int64Range(0, 40).Draw(t, "day")}
	e.At = e.Effective
	e.Kind = rapid.SampledFrom([]ledger.Kind{ledger.Consent, ledger.Consent, ledger.Withdrawal, ledger.Prohibition, ledger.Lift, ledger.Sale, ledger.Role}).Draw(t, "kind")
	e.SaidBy = rapid.SampledFrom([]ledger.SaidBy{ledger.ByPerson, ledger.ByStaff, ledger.ByImport}).Draw(t, "said by")
	switch e.Kind {
	case ledger.Consent:
		e.Purpose, e.Channel = rapid.SampledFrom(purposes).Draw(t, "purpose"), rapid.SampledFrom(channels).Draw(t, "channel")
		if rapid.Bool().Draw(t, "expires") {
			e.Expires = e.Effective + 20*day
		}
	case ledger.Withdrawal:
		e.Purpose, e.Channel = rapid.SampledFrom(append(purposes, "")).Draw(t, "purpose"), rapid.SampledFrom(append(channels, "")).Draw(t, "channel")
	case ledger.Prohibition, ledger.Lift:
		e.Scope = rapid.SampledFrom(scopes).Draw(t, "scope")
	case ledger.Sale:
		e.Scope, e.Goods = rapid.SampledFrom([]string{"cpo", "cp", ""}).Draw(t, "flags"), rapid.SampledFrom([]string{"", "filters", "filters fans"}).Draw(t, "goods")
	case ledger.Role:
		e.Purpose = rapid.SampledFrom(purposes).Draw(t, "purpose")
	}
	return e
}

func someEntries(t *rapid.T, first id.ID) (all []ledger.Entry) {
	for i := range rapid.IntRange(0, 12).Draw(t, "entries") {
		all = append(all, someEntry(t, first+id.ID(i)))
	}
	return all
}

// TestFoldOrder: what stands does not depend on the order entries were written in.
func TestFoldOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := someEntries(t, 1)
		mixed := rapid.Permutation(entries).Draw(t, "order")
		if a, b := ledger.Pack(ledger.Fold(entries)), ledger.Pack(ledger.Fold(mixed)); a != b {
			t.Fatalf("in order:\n%s\nmixed:\n%s", a, b)
		}
	})
}

// TestOthersNeverAllow: an entry by staff or an import lifts no prohibition and
// revives no consent that was withdrawn, wherever in time it stands.
func TestOthersNeverAllow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := someEntries(t, 1)
		e := someEntry(t, 100)
		if e.SaidBy == ledger.ByPerson {
			e.SaidBy = ledger.ByStaff
		}
		before, after := ledger.Fold(entries), ledger.Fold(append(slices.Clone(entries), e))
		for _, p := range before.Prohibitions {
			if !forbids(after, p.Scope) {
				t.Fatalf("%+v lifted %s", e, p.Scope)
			}
		}
		for _, c := range before.Consents {
			if c.Withdrawn != 0 && !live(before, c) && live(after, c) {
				t.Fatalf("%+v revived %s by %s", e, c.Purpose, c.Channel)
			}
		}
	})
}

// live reports whether a consent that was not withdrawn stands for the same purpose and channel.
func live(s ledger.Standing, like ledger.Granted) bool {
	return slices.ContainsFunc(s.Consents, func(c ledger.Granted) bool {
		return c.Withdrawn == 0 && c.Purpose == like.Purpose && c.Channel == like.Channel
	})
}

func forbids(s ledger.Standing, scope string) bool {
	return slices.ContainsFunc(s.Prohibitions, func(p ledger.Forbidden) bool { return p.Scope == scope })
}

// TestBlanketWithdrawal: "nothing by e-mail any more" also covers a consent that
// an import brings afterwards.
func TestBlanketWithdrawal(t *testing.T) {
	all := []ledger.Entry{
		{ID: 1, Kind: ledger.Withdrawal, Channel: "email", SaidBy: ledger.ByPerson, Effective: start},
		{ID: 2, Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByImport, Effective: start + day},
	}
	if got := ledger.Fold(all).Consents; len(got) != 1 || got[0].Withdrawn != start {
		t.Errorf("the import's yes stands: %+v", got)
	}
	all[1].SaidBy = ledger.ByPerson
	if got := ledger.Fold(all).Consents; len(got) != 1 || got[0].Withdrawn != 0 {
		t.Error("the person's own later yes does not stand")
	}
}

// TestPersonWins: a later act of the person's own decides, whatever went before.
func TestPersonWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := someEntries(t, 1)
		e := someEntry(t, 100)
		e.SaidBy, e.Effective = ledger.ByPerson, start+60*day
		s := ledger.Fold(append(entries, e))
		switch e.Kind {
		case ledger.Prohibition, ledger.Lift:
			if forbids(s, e.Scope) != (e.Kind == ledger.Prohibition) {
				t.Fatalf("after %s of %s: %v", e.Kind, e.Scope, s.Prohibitions)
			}
		case ledger.Consent, ledger.Withdrawal:
			live := slices.ContainsFunc(s.Consents, func(c ledger.Granted) bool {
				return c.Withdrawn == 0 && (e.Purpose == "" || c.Purpose == e.Purpose) && (e.Channel == "" || c.Channel == e.Channel)
			})
			if live != (e.Kind == ledger.Consent) {
				t.Fatalf("after %s: %+v", e.Kind, s.Consents)
			}
		}
	})
}

// TestPackRoundTrip: the packed form tells a decision what the standing holds.
func TestPackRoundTrip(t *testing.T) {
	var r ledger.Reader // one for all, as a scan uses it
	rapid.Check(t, func(t *rapid.T) {
		s := ledger.Fold(someEntries(t, 1))
		purpose := rapid.SampledFrom(purposes).Draw(t, "asked")
		var got permit.Facts
		r.Facts(ledger.Pack(s), purpose, &got)
		if want := factsOf(s, purpose); !reflect.DeepEqual(normal(got), normal(want)) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// factsOf is what Reader should read, by the straight way.
func factsOf(s ledger.Standing, purpose string) (f permit.Facts) {
	for _, c := range s.Consents {
		f.Consents = append(f.Consents, permit.Consent{Purpose: c.Purpose, Channel: c.Channel, Given: clock.FromMs(c.Given),
			Withdrawn: moment(c.Withdrawn), Expires: moment(c.Expires), Evidence: c.Entry})
	}
	for _, p := range s.Prohibitions {
		f.Prohibitions = append(f.Prohibitions, p.Scope)
	}
	for _, r := range s.Roles {
		f.RoleRelevant = f.RoleRelevant || r.Purpose == purpose
	}
	if e := s.Sale; e != nil {
		f.SoftOptIn = &permit.SoftOptIn{Sale: clock.FromMs(e.Effective).Format(time.DateOnly), SameController: strings.Contains(e.Scope, "c"),
			SimilarProducts: strings.Contains(e.Scope, "p"), ObjectionOffered: strings.Contains(e.Scope, "o"), Goods: strings.Fields(e.Goods), Evidence: e.ID.String()}
	}
	return f
}

func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := clock.FromMs(ms)
	return &t
}

// normal lets nil and empty lists be equal.
func normal(f permit.Facts) permit.Facts {
	f.Consents, f.Prohibitions = append([]permit.Consent{}, f.Consents...), append([]string{}, f.Prohibitions...)
	if f.SoftOptIn != nil {
		soft := *f.SoftOptIn
		soft.Goods = append([]string{}, soft.Goods...)
		f.SoftOptIn = &soft
	}
	return f
}

// TestMergeIsStrict merges two random ledgers. What holds for every question:
//
//   - a prohibition in force on either side is in force after the merge;
//   - what is allowed after the merge was allowed on at least one side, and was
//     not forbidden on either;
//   - what one side had withdrawn is allowed after it only by a consent the
//     person themselves gave, later than the withdrawal, on the other side.
func TestMergeIsStrict(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	room := &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}
	at := dbtest.Start
	rapid.Check(t, func(t *rapid.T) {
		a, b := d.NewID(), d.NewID()
		sides := map[id.ID][]ledger.Entry{a: someEntries(t, 1), b: someEntries(t, 50)}
		var was [2]ledger.Standing
		var merged ledger.Standing
		err := d.Do(t.Context(), db.System("test"), func(tx *db.Tx) error {
			for i, who := range []id.ID{a, b} {
				if _, err := room.Record(tx, who, nil, sides[who]...); err != nil {
					return err
				}
				all, err := room.Entries(tx, who)
				if err != nil {
					return err
				}
				was[i] = ledger.Fold(all)
			}
			if err := room.Move(tx, b, a); err != nil {
				return err
			}
			all, err := room.Entries(tx, a)
			merged = ledger.Fold(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range was {
			for _, p := range side.Prohibitions {
				if !forbids(merged, p.Scope) {
					t.Fatalf("the merge lifted %s", p.Scope)
				}
			}
		}
		for _, q := range questions(at) {
			strict(t, q, was, merged)
		}
	})
}

func questions(at time.Time) (all []permit.Question) {
	for _, p := range purposes {
		for _, c := range channels {
			class := permit.Marketing
			if p == "survey" {
				class = permit.Survey
			}
			all = append(all, permit.Question{Class: class, Purpose: p, Channel: c, At: at, Basis: "consent"},
				permit.Question{Class: class, Purpose: p, Channel: c, At: at, Basis: permit.BasisInterest})
		}
	}
	return all
}

// strict compares one question's verdicts before and after.
func strict(t *rapid.T, q permit.Question, was [2]ledger.Standing, merged ledger.Standing) {
	decide := func(s ledger.Standing) permit.Verdict {
		f := factsOf(s, q.Purpose)
		f.Country, f.Subject = "FI", "natural"
		return permit.Decide(q, f)
	}
	after := decide(merged)
	if !after.Allowed {
		return
	}
	some := false
	for i, side := range was {
		v := decide(side)
		some = some || v.Allowed
		switch {
		case strings.HasPrefix(v.Code, "PROHIBITED"):
			t.Fatalf("%+v: %s on one side, %s after", q, v.Code, after.Code)
		case v.Code == permit.CodeConsentWithdrawn && !laterYes(q, side, was[1-i]):
			t.Fatalf("%+v: withdrawn on one side, %s after, without a later yes", q, after.Code)
		}
	}
	if !some {
		t.Fatalf("%+v: allowed on neither side, %s after", q, after.Code)
	}
}

// laterYes reports whether the person consented on the other side after withdrawing on this.
func laterYes(q permit.Question, side, other ledger.Standing) bool {
	for _, w := range side.Consents {
		for _, c := range other.Consents {
			if w.Purpose == q.Purpose && w.Channel == q.Channel && c.Purpose == q.Purpose && c.Channel == q.Channel &&
				c.SaidBy == ledger.ByPerson && c.Withdrawn == 0 && c.Given > w.Withdrawn {
				return true
			}
		}
	}
	return false
}
