// Package matter describes what a case of the rights desk holds of its person: the
// request as it was written, who sent it, letters, notes, and what identity was
// checked by. The room seals each as a whole (Content), so that the rows beside
// hold no personal text. Values is how the person themselves reads it in an access
// package. law: GDPR 15(3)
package matter

import (
	"maps"
	"slices"
	"strings"

	"kartotek/internal/dossier"
	"kartotek/internal/rightsdef/letter"
)

// The kinds of item. Those of identity go when the case is decided.
const (
	Request  = "request"  // what was written or said, and by whom
	Reply    = "reply"    // what the person answered to a question
	Note     = "note"     // of the desk
	Letter   = "letter"   // to the person: see Letters
	Identity = "identity" // what the check of identity was made by
	Weighing = "weighing" // the evidence of a refusal under article 12(5)
	Plan     = "plan"     // what was decided to be done
)

// Content is what an item says. It is sealed as a whole.
type Content struct {
	Text      string            `json:"text,omitempty"`
	Requester *Requester        `json:"requester,omitempty"`
	Agent     *Agent            `json:"agent,omitempty"`
	Letter    *letter.Letter    `json:"letter,omitempty"`
	Facts     map[string]string `json:"facts,omitempty"` // in codes and short words
}

// Requester is who asks, as they gave it.
type Requester struct {
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Address string `json:"address,omitempty"` // postal, a line for each part
}

// Agent asks in somebody's name.
type Agent struct {
	Name         string `json:"name"`
	Organisation string `json:"organisation,omitempty"`
	Email        string `json:"email,omitempty"`
	Address      string `json:"address,omitempty"`
	Authority    string `json:"authority,omitempty"` // what the authority was shown by, such as a signed letter and its day
}

// Values are the content of an item as its person reads it.
func (c *Content) Values(ref, kind string) (out []dossier.Value) {
	add := func(name, text string) {
		if text != "" {
			out = append(out, dossier.Value{Name: name, Text: text})
		}
	}
	add("case", ref)
	add("item", kind)
	add("text", c.Text)
	if q := c.Requester; q != nil {
		add("name", q.Name)
		add("email", q.Email)
		add("phone", q.Phone)
		add("address", q.Address)
	}
	if a := c.Agent; a != nil {
		add("agent", a.Name)
		add("agent_organisation", a.Organisation)
		add("authority", a.Authority)
	}
	if l := c.Letter; l != nil {
		add("subject", l.Subject)
		add("text", l.Body())
	}
	for _, name := range slices.Sorted(maps.Keys(c.Facts)) {
		add(name, c.Facts[name])
	}
	return out
}

// Lines gives the lines of an address on a letter; the e-mail address where there is no other.
func Lines(name, postal, email string) (out []string) {
	if name = strings.TrimSpace(name); name != "" {
		out = append(out, name)
	}
	for line := range strings.SplitSeq(postal, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	if strings.TrimSpace(postal) == "" && email != "" {
		out = append(out, email)
	}
	return out
}
