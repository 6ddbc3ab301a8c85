package compose

import (
	"strings"
	"testing"
)

// TestFooterData holds that a letter leads to "My data" beside the ways out, by an
// address that is the same for everybody; the letter everybody may read does not.
func TestFooterData(t *testing.T) {
	for lang, label := range map[string]string{"sv": "Dina uppgifter", "fi": "Omat tietosi", "en": "My data"} {
		for _, class := range []string{"marketing", "survey", "service"} {
			for base, want := range map[string]bool{"https://register.example/": true, "": false} {
				for _, public := range []bool{false, true} {
					tpl, err := Compile(Source{Subject: "Hej", Body: "Text", Class: class, Lang: lang, Sender: sender, Base: base, Public: public})
					if err != nil {
						t.Fatal(err)
					}
					v := vars(nil)
					v.Lang = lang
					m, err := tpl.Render(v)
					inHTML := strings.Contains(m.HTML, `href="https://register.example/me">`+label+"</a>")
					inText := strings.Contains(m.Text, "\n"+label+": https://register.example/me\n")
					if err != nil || inHTML != (want && !public) || inText != inHTML {
						t.Errorf("%s, %s, base %q, public %v: %v\n%s\n%s", lang, class, base, public, err, m.HTML, m.Text)
					}
				}
			}
		}
	}
}

// BenchmarkMailBased is BenchmarkMail as a register with a public address sends it.
func BenchmarkMailBased(b *testing.B) {
	for name, base := range map[string]string{"with": "https://register.example", "without": ""} {
		b.Run(name, func(b *testing.B) {
			tpl, err := Compile(Source{Subject: "Hej {{ person.first_name }}", Body: letter + strings.Repeat("\nVi berättar vad som händer i huset under vintern.\n", 20), Class: "marketing", Lang: "sv", Sender: sender, Base: base})
			if err != nil {
				b.Fatal(err)
			}
			p, err := Prepare(tpl, headers())
			if err != nil {
				b.Fatal(err)
			}
			to := personal("Aino Åkesson", vars(Fields{"first_name": "Aino", "organisation": "Vård Ab", "city": "Åbo"}))
			var buf []byte
			for b.Loop() {
				if buf, err = p.AppendTo(buf[:0], to); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(buf)), "B/mail")
		})
	}
}
