package recognise

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"kartotek/internal/bounce"
)

// mail is one of testdata/mails.txt.
type mail struct {
	want, raw string
	line      int
}

func mails(t testing.TB) (all []mail) {
	t.Helper()
	raw, err := os.ReadFile("testdata/mails.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(raw)) {
		n++
		if want, ok := strings.CutPrefix(line, "== "); ok {
			all = append(all, mail{want: strings.TrimSpace(want), line: n})
		} else if len(all) > 0 {
			all[len(all)-1].raw += line
		}
	}
	return all
}

// says writes what a mail was understood as, in the way of the file.
func says(raw string) string {
	l := bounce.ReadLetter([]byte(raw), bounce.Usual)
	r := Read(l.Subject, l.Text)
	out := []string{r.Language}
	if r.Language == "" {
		out[0] = "-"
	}
	if l.Automatic() {
		return out[0] + " auto"
	}
	for _, f := range r.Kinds {
		out = append(out, string(f.Kind)+map[Confidence]string{Sure: "!", Maybe: "?"}[f.Confidence])
	}
	if len(r.Kinds) == 0 {
		out = append(out, "none")
	}
	return strings.Join(out, " ")
}

// set makes the order of kinds not count: the file lists them as people would.
func set(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		out[w] = true
	}
	return out
}

func TestMails(t *testing.T) {
	all := mails(t)
	if len(all) < 60 {
		t.Errorf("only %d mails", len(all))
	}
	for _, m := range all {
		got := says(m.raw)
		g, w := set(got), set(m.want)
		same := len(g) == len(w)
		for k := range w {
			same = same && g[k]
		}
		if !same && !(strings.HasSuffix(m.want, " auto") && strings.HasSuffix(got, " auto")) {
			t.Errorf("mails.txt:%d: understood as %q, want %q", m.line, got, m.want)
		}
	}
}

// What is quoted, and what stands in a signature, asks for nothing.
func TestOwn(t *testing.T) {
	for name, c := range map[string]struct{ body, own, rest string }{
		"plain":             {"Radera mig.", "Radera mig.", ""},
		"quoted":            {"Tack.\n> Radera mig.\n> Nu.", "Tack.", "> Radera mig.\n> Nu.\n"},
		"answers between":   {"> Vill du ha allt?\nJa.\n> Säkert?\nJa, allt.", "Ja.\nJa, allt.", "> Vill du ha allt?\n> Säkert?\n"},
		"signature":         {"Hej.\n-- \nRadera AB", "Hej.", ""},
		"closing":           {"Hej.\n\nMed vänlig hälsning,\nBo\nRadera AB", "Hej.", ""},
		"afterthought":      {"Hej.\n\nMvh\nBo\n\nPS. Radera mig.", "Hej.\n\nPS. Radera mig.", ""},
		"closing in a line": {"Hälsningar från Vasa.\nRadera mig.", "Hälsningar från Vasa.\nRadera mig.", ""},
		"wrote":             {"Ei kiitos.\n\nma 2.11.2026 klo 9.12 Testi Oy (uutiset@yhtio.example) kirjoitti:\nPoista huolet!", "Ei kiitos.", "Poista huolet!"},
		"wrote over two":    {"No.\n\nOn Mon, 2 Nov 2026 at 09:12, Example Ltd\n<news@company.example> wrote:\n> Delete it", "No.", "<news@company.example> wrote:\n> Delete it"},
		"outlook":           {"Nej.\n\nFrån: Bo\nSkickat: i går\nRadera", "Nej.", "Skickat: i går\nRadera"},
		"nothing":           {"", "", ""},
	} {
		own, rest := Own(c.body)
		if own != c.own || rest != c.rest {
			t.Errorf("%s: %q and %q, want %q and %q", name, own, rest, c.own, c.rest)
		}
	}
}

func TestPhrasesAreRead(t *testing.T) {
	if n := len(phrases()); n < 100 {
		t.Errorf("only %d phrases", n)
	}
	for _, bad := range []string{"3 radera", "[nothing]\n3 x", "[access]\nradera", "[access]\n9 x", "[access]\n3 {a|b", "[access]\n3 Å", "[access]\n3 x …", "[access]\n3"} {
		if all, err := readPhrases(bad); err == nil {
			t.Errorf("%q was read as %v", bad, all)
		}
	}
}

// Whatever comes in, something comes out, in time, and nothing is sure of nothing.
func FuzzRead(f *testing.F) {
	for _, m := range mails(f) {
		l := bounce.ReadLetter([]byte(m.raw), bounce.Usual)
		f.Add(l.Subject, l.Text)
	}
	f.Add("Fwd: Fwd: Re: x", "> > > radera\n\n-- \n")
	f.Fuzz(func(t *testing.T, subject, body string) {
		r := Read(subject, body)
		for _, k := range r.Kinds {
			if !k.Kind.Known() || k.Confidence < Maybe || k.Confidence > Sure {
				t.Errorf("%+v", k)
			}
		}
		if r.Language != "" && r.Language != "sv" && r.Language != "fi" && r.Language != "en" {
			t.Errorf("language %q", r.Language)
		}
		if !utf8.ValidString(r.Own) || len(r.Own) > maxText+3 {
			t.Errorf("%d bytes of text", len(r.Own))
		}
	})
}
