// Package choices is what the pages of the public side share about what a person
// allowed and forbade: the boxes of the preference centre, and the receipts of what
// was said. The preference centre opens by the link of a message, "My data" by
// signing in; both show and do the same.
package choices

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Chooser is a person whose choices are shown.
type Chooser struct {
	*door.Request
	Who id.ID
	For string // the purpose of the message they came by; "" for none
}

// By is the person acting for themselves.
func (g Chooser) By() db.By { return g.ByPerson(g.Who, g.For) }

// Said is how the person said it, with what they were shown as evidence.
func (g Chooser) Said(method, shown string) outbox.Said {
	s := outbox.Said{Method: method, Evidence: &ledger.Evidence{Text: shown, Language: g.Printer.Lang()}}
	if g.Client.IsValid() {
		s.Evidence.IP = g.Client.String()
	}
	if g.InForce != nil {
		s.Notice = g.InForce.Number
	}
	return s
}

// PurposeName names a purpose of the notice in the reader's language.
func (g Chooser) PurposeName(id string) string {
	if p, ok := g.InForce.Purpose(id); ok {
		return p.Title.In(g.Printer.Lang())
	}
	return id
}

// channels in the order the page shows them.
var channels = []string{"email", "sms", "call", "post"}

// offers are all purposes and channels of the notice in force that send marketing
// or surveys.
func (g Chooser) offers(tx *db.Tx) (out []permit.Question, err error) {
	if g.InForce == nil {
		return nil, nil
	}
	for _, channel := range channels {
		for _, p := range g.InForce.Notice.PurposeList() {
			if c := permit.Class(p.Class); c != permit.Marketing && c != permit.Survey || !slices.Contains(p.Channels, channel) {
				continue
			}
			q, err := g.InForce.PermitQuestion(p.ID, channel, tx.Time())
			if err != nil {
				return nil, err
			}
			out = append(out, q)
		}
	}
	return out, nil
}

// value is how a box is called in the form.
func value(q permit.Question) string { return q.Purpose + ":" + q.Channel }

// State reads how every box stands, and whether all marketing is stopped.
func (g Chooser) State(tx *db.Tx) (boxes []outbox.Choice, stopped bool, err error) {
	offers, err := g.offers(tx)
	if err != nil {
		return nil, false, err
	}
	if boxes, err = g.Outbox.Preferences(tx, g.Who, offers); err != nil {
		return nil, false, err
	}
	packed, err := g.Ledger.Standing(tx, g.Who)
	_, forbidden := ledger.Unpack(packed)
	stopped = slices.ContainsFunc(forbidden, func(f ledger.Forbidden) bool { return f.Scope == outbox.ScopeAll })
	return boxes, stopped, err
}

// Groups puts the boxes under the way each reaches the person.
func (g Chooser) Groups(boxes []outbox.Choice) (out []page.PreferenceGroup) {
	for i, c := range boxes {
		ch := c.Question.Channel
		if len(out) == 0 || out[len(out)-1].ID != ch {
			out = append(out, page.PreferenceGroup{ID: ch, Title: g.T("prefs.group_" + ch)})
		}
		group := &out[len(out)-1]
		group.Choices = append(group.Choices, page.Choice{ID: "c" + strconv.Itoa(i+1), Value: value(c.Question), Text: g.PurposeName(c.Question.Purpose), On: c.On})
	}
	return out
}

// Save hands the ticks to the outbox. A box that was not on the page the person
// saw stays as it is; one that was, and is not ticked, is a no.
func (g Chooser) Save(tx *db.Tx, before []outbox.Choice, form door.Fields) error {
	var ticks []outbox.Choice
	var offers []permit.Question
	shown := []string{g.T("prefs.title")}
	for _, c := range before {
		offers = append(offers, c.Question)
		if !slices.Contains(form.Values["shown"], value(c.Question)) {
			continue
		}
		on := slices.Contains(form.Values["on"], value(c.Question))
		ticks = append(ticks, outbox.Choice{Question: c.Question, On: on})
		shown = append(shown, tick(on)+" "+g.choiceText(c.Question))
	}
	if len(ticks) == 0 {
		return nil
	}
	_, err := g.Outbox.SavePreferences(tx, g.Who, offers, ticks, g.Said("preferences", strings.Join(shown, "\n")))
	return err
}

func tick(on bool) string {
	if on {
		return "[x]"
	}
	return "[ ]"
}

func (g Chooser) choiceText(q permit.Question) string {
	return g.PurposeName(q.Purpose) + " " + g.T("by."+q.Channel)
}

// Changes lists the boxes that stand otherwise than before.
func (g Chooser) Changes(before, after []outbox.Choice) (out []page.PreferenceChange) {
	for i, c := range after {
		if i < len(before) && before[i].On != c.On {
			out = append(out, page.PreferenceChange{Text: g.choiceText(c.Question), On: c.On})
		}
	}
	return out
}

// Unmet lists what was ticked and is a no all the same: no permission makes an
// address work, or lifts a restriction of processing.
func (g Chooser) Unmet(after []outbox.Choice, form door.Fields) (out []string) {
	for _, c := range after {
		if !c.On && slices.Contains(form.Values["on"], value(c.Question)) && slices.Contains(form.Values["shown"], value(c.Question)) {
			out = append(out, g.choiceText(c.Question))
		}
	}
	return out
}
