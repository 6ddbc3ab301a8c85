package ledger

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kartotek/internal/clock"
	"kartotek/internal/id"
)

// TestText pins the layout: receipts in people's hands are checked against it for ever.
func TestText(t *testing.T) {
	e := Entry{ID: 4711, Person: 4097, At: 1_763_000_000_123, Effective: 1_763_000_000_000, Kind: Consent, Purpose: "marketing", Channel: "email",
		SaidBy: ByPerson, Method: "form", Strength: "double opt-in", Notice: 3, ByKind: "system", ByName: "a\\b\nc"}
	want := `kartotek ledger 1
person: 401
entry: 4k7
recorded: 2025-11-13T02:13:20.123Z
effective: 2025-11-13T02:13:20.000Z
kind: consent
purpose: marketing
channel: email
scope: 
said by: person
method: form
strength: double opt-in
expires: 
goods: 
notice: 3
source: 
recorded by kind: system
recorded by: a\\b\nc
`
	if got := e.Text(); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestTextTellsApart holds that no two different entries have the same text.
func TestTextTellsApart(t *testing.T) {
	word := rapid.SampledFrom([]string{"", "a", "\n", "\\", "\\n", "x\nkind: consent", " "})
	entry := rapid.Custom(func(t *rapid.T) Entry {
		return Entry{ID: id.ID(rapid.IntRange(0, 2).Draw(t, "id")), At: rapid.Int64Range(0, 2).Draw(t, "at"), Kind: Kind(word.Draw(t, "kind")),
			Purpose: word.Draw(t, "purpose"), Goods: word.Draw(t, "goods"), ByName: word.Draw(t, "by")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := entry.Draw(t, "a"), entry.Draw(t, "b")
		same := a.ID == b.ID && a.At == b.At && a.Kind == b.Kind && a.Purpose == b.Purpose && a.Goods == b.Goods && a.ByName == b.ByName
		if (a.Text() == b.Text()) != same {
			t.Fatalf("%+v and %+v", a, b)
		}
		if strings.Count(a.Text(), "\n") != 18 {
			t.Fatalf("%q", a.Text())
		}
	})
}

func TestDigestParts(t *testing.T) {
	e := Entry{ID: 1, Person: 2, Salt: make([]byte, 16)}
	ev := &Evidence{Text: "yes"}
	e.Digest = digest(&e, with("", ev))
	sum := EvidenceSum(e.Salt, ev)
	if string(e.EvidenceDigest()) != string(sum[:]) || len(e.Leaf()) != 32 || judged(&e, ev) != "" || judged(&e, nil) != "" {
		t.Error("the parts are not where they are said to be")
	}
	if judged(&e, &Evidence{Text: "no"}) == "" {
		t.Error("changed evidence was taken")
	}
	e.Kind = Lift
	if judged(&e, ev) == "" {
		t.Error("a changed entry was taken")
	}
}

func BenchmarkDigest(b *testing.B) {
	e := Entry{ID: 4711, Person: 4097, At: 1_763_000_000_123, Effective: 1_763_000_000_000, Kind: Consent, Purpose: "marketing", Channel: "email",
		SaidBy: ByImport, Method: "import", Strength: "single", Notice: 3, Source: 77, ByKind: "cli", ByName: "cli:asta", Salt: make([]byte, 16)}
	for b.Loop() {
		digest(&e, nil)
	}
}

func judged(e *Entry, ev *Evidence) string {
	return checkDigest(e, ev, leafSum(e, e.EvidenceDigest()))
}

// TestAppendTime: it writes what the standard library writes, which old digests are of.
func TestAppendTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(-70_000_000_000_000, 260_000_000_000_000).Draw(t, "ms")
		if got, want := string(appendTime(nil, ms)), clock.FromMs(ms).Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Errorf("%d: %s, not %s", ms, got, want)
		}
	})
}
