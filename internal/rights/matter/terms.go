package matter

import (
	"strings"

	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/letter"
)

// Terms is what the desk needs of the notice in force.
type Terms struct {
	Version    int
	Controller Controller
	Contact    string                              // an address people may write to about their data
	Authority  string                              // country of the supervisory authority
	Country    string                              // whose public holidays and time count
	Language   string                              // of the register
	Service    string                              // a service purpose that letters about a case may go out under; "" for none
	Base       string                              // public address of the register
	Purposes   map[string]func(lang string) string // titles of the purposes, by id
}

// Controller is the company, as letters are headed.
type Controller struct {
	Name, Street, Postcode, City, Country, Email, Phone, BusinessID string
}

// Covered names what an objection or withdrawal is about, in the person's language.
func (t *Terms) Covered(lang string, kind rightsdef.Kind, scopes []string) (out []string) {
	if kind == rightsdef.Objection {
		scopes = rightsdef.Objected(scopes)
	}
	for _, s := range scopes {
		out = append(out, t.named(lang, s))
	}
	if len(out) == 0 {
		out = []string{letter.Scope(lang, "all-consents")}
	}
	return out
}

// named names one scope: with our words, or with the notice's title of a purpose.
func (t *Terms) named(lang, scope string) string {
	text := letter.Scope(lang, scope)
	purpose, channel, _ := strings.Cut(strings.TrimPrefix(scope, "purpose:"), ":")
	if title := t.Purposes[purpose]; text == scope && title != nil {
		text = title(lang)
		if channel != "" {
			text += ", " + letter.Scope(lang, "channel:"+channel)
		}
	}
	return text
}
