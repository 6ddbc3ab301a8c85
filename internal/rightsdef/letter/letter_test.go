package letter

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"kartotek/internal/i18n"
	"kartotek/internal/law"
	"kartotek/internal/rightsdef"
)

var update = flag.Bool("update", false, "write the golden files anew")

func facts(lang string, k rightsdef.Kind) Facts {
	a, _ := law.AuthorityOf("FI")
	return Facts{Lang: lang, Kind: k, Ref: "R-2026-0042", Received: "2026-11-06", Due: "2026-12-07", Today: "2026-11-09",
		From:    Sender{Name: "Nordanvind Oy", Street: "Exempelgatan 1", Postcode: "00100", City: "Helsingfors", Email: "info@nordanvind.example", BusinessID: "1234567-1"},
		Contact: "dataskydd@nordanvind.example", Name: "Eva Åberg", To: []string{"Eva Åberg", "Provvägen 2 A", "00530 Helsingfors"}, Authority: a}
}

func reason(t *testing.T, code string) rightsdef.Reason {
	t.Helper()
	r, ok := rightsdef.ReasonOf(code)
	if !ok {
		t.Fatal(code)
	}
	return r
}

// all writes a letter of each kind.
func all(t *testing.T, lang string) (out []Letter) {
	more := facts(lang, rightsdef.Access)
	more.Due = "2027-02-08"
	agent := facts(lang, rightsdef.Erasure)
	agent.Agent, agent.Name, agent.To = "Advokatbyrån Prov Ab", "", nil
	return []Letter{
		Received(facts(lang, rightsdef.Access), false, false),
		Received(facts(lang, rightsdef.Objection), true, false),
		Received(facts(lang, rightsdef.Rectification), false, true),
		AskIdentity(facts(lang, rightsdef.Access), "unknown-address", rightsdef.Control),
		AskIdentity(facts(lang, rightsdef.Portability), "name-differs", rightsdef.Facts),
		AskIdentity(agent, "agent", rightsdef.PhotoID),
		AskClarification(facts(lang, rightsdef.Information), "…?"),
		Extend(more, reason(t, "A12Complexity"), "…"),
		Refuse(facts(lang, rightsdef.Erasure), reason(t, "A17LegalClaims"), "…\n\n…", ""),
		Refuse(facts(lang, rightsdef.Access), reason(t, "A15RightsOfOthers"), "…", "…"),
		Refuse(facts(lang, rightsdef.Restriction), reason(t, "A12ManifestlyExcessive"), "…", ""),
		Answer(facts(lang, rightsdef.Access), Done{Part: true}),
		Answer(facts(lang, rightsdef.Access), Done{Nothing: true}),
		Answer(facts(lang, rightsdef.Rectification), Done{Items: []string{"…"}, Recipients: true}),
		Answer(facts(lang, rightsdef.Erasure), Done{Items: []string{"…"}, Recipients: true}),
		Answer(facts(lang, rightsdef.Restriction), Done{}),
		Answer(facts(lang, rightsdef.Portability), Done{}),
		Answer(facts(lang, rightsdef.Objection), Done{Effective: "2026-11-06", Items: []string{i18n.For(lang).T("letter.scope.all-marketing")}}),
		Answer(facts(lang, rightsdef.Withdrawal), Done{Effective: "2026-11-06", Items: []string{i18n.For(lang).T("letter.scope.all-consents")}}),
		Answer(facts(lang, rightsdef.Information), Done{Text: "…"}),
		Lift(facts(lang, rightsdef.Restriction), "2026-12-01", "…"),
	}
}

// TestLetters are read by lawyers: each letter in each language.
func TestLetters(t *testing.T) {
	for _, lang := range i18n.Langs {
		var b strings.Builder
		for _, l := range all(t, lang) {
			b.WriteString(l.Text() + "\n────────\n\n")
		}
		path := "testdata/letters." + lang + ".txt"
		if *update {
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s differs; run with -update and read the difference", path)
		}
	}
}

var leftOver = regexp.MustCompile(`letter\.[a-z]|rights\.[a-z]+\.|\{[a-z]+\}`)

// TestComplete: no letter has a key or a place left over; each names the case and the
// way back; a refusal has the authority's address and the court.
func TestComplete(t *testing.T) {
	for _, lang := range i18n.Langs {
		for _, l := range all(t, lang) {
			text := l.Text()
			if m := leftOver.FindString(text); m != "" {
				t.Errorf("%s %s: %q is left over", lang, l.Kind, m)
			}
			for _, want := range []string{"R-2026-0042", "dataskydd@nordanvind.example", "Exempelgatan 1"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s %s does not say %s", lang, l.Kind, want)
				}
			}
			if l.Kind == Refusal {
				for _, want := range []string{"00531 Hels", "+358 29 566 6700", "79"} {
					if !strings.Contains(text, want) {
						t.Errorf("%s refusal does not say %s", lang, want)
					}
				}
			}
		}
	}
}

// TestForms: what people wrote stays text in HTML, and the PDF of a letter is the same
// bytes each time.
func TestForms(t *testing.T) {
	f := facts("sv", rightsdef.Rectification)
	f.Name = "<b>Eva</b>"
	l := Answer(f, Done{Items: []string{"<script>"}, Text: "rad ett\nrad två"})
	if h := l.HTML(); strings.Contains(h, "<b>") || strings.Contains(h, "<script>") || !strings.Contains(h, "rad ett<br>rad två") {
		t.Error(h)
	}
	one, err := l.PDF()
	if err != nil {
		t.Fatal(err)
	}
	two, err := l.PDF()
	if err != nil || !bytes.Equal(one, two) || !bytes.HasPrefix(one, []byte("%PDF-")) {
		t.Error("the PDF differs", err)
	}
}
