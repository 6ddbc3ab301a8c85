package bounce

import (
	"strings"
	"testing"
)

// TestNewAddress finds where somebody says they are now, and nothing where they do not.
func TestNewAddress(t *testing.T) {
	const head = "From: Erik <erik@gammal.example>\nTo: b-x@register.example\nSubject: Autosvar\nAuto-Submitted: auto-replied\nContent-Type: text/plain; charset=utf-8\n\n"
	for text, want := range map[string]string{
		"Hej! Min nya e-postadress är Erik@ny.example. Mvh Erik":                                    "erik@ny.example",
		"Jag har bytt e-postadress till erik@ny.example":                                            "erik@ny.example",
		"Sähköpostiosoitteeni on muuttunut: erik@uusi.example":                                      "erik@uusi.example",
		"My e-mail address has changed. Please write to erik@new.example (not erik@gammal.example)": "erik@new.example",
		"I am on holiday. In urgent matters ask bo@firma.example.":                                  "",
		"My new address is erik@a.example or erik@b.example":                                        "",
		"Min nya e-postadress får du när jag är tillbaka.":                                          "",
	} {
		rep, err := Parse(strings.NewReader(head+text), Usual)
		if err != nil || rep.NewAddress != want || rep.Outcomes[0].Kind != AutoReply {
			t.Errorf("%q: %q, %v %v", text, rep.NewAddress, rep.Outcomes, err)
		}
	}
	letter := "From: Erik <erik@gammal.example>\nSubject: Hej\n\nMin nya e-postadress är erik@ny.example"
	if rep, _ := Parse(strings.NewReader(letter), Usual); rep.NewAddress != "" {
		t.Error("a letter from a person is for people", rep.NewAddress)
	}
}
