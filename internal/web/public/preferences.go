package public

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// channels in the order the page shows them.
var channels = []string{"email", "sms", "call", "post"}

// offers are all purposes and channels of the notice in force that send marketing
// or surveys.
func (g *guest) offers(tx *db.Tx) (out []permit.Question, err error) {
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

// state reads how every box stands, and whether all marketing is stopped.
func (g *guest) state(tx *db.Tx) (boxes []outbox.Choice, stopped bool, err error) {
	offers, err := g.offers(tx)
	if err != nil {
		return nil, false, err
	}
	if boxes, err = g.Outbox.Preferences(tx, g.message.Person, offers); err != nil {
		return nil, false, err
	}
	packed, err := g.Ledger.Standing(tx, g.message.Person)
	_, forbidden := ledger.Unpack(packed)
	stopped = slices.ContainsFunc(forbidden, func(f ledger.Forbidden) bool { return f.Scope == outbox.ScopeAll })
	return boxes, stopped, err
}

// preferences shows the choices as they stand.
func preferences(g *guest) error {
	v := page.PreferencesView{Public: g.outside(g.T("prefs.title")), Action: g.URL.Path, Address: g.address, Still: g.T("prefs.still"), WhyURL: g.url(outbox.LinkWhy)}
	err := g.DB.View(g.Context(), g.by(), func(tx *db.Tx) error {
		boxes, stopped, err := g.state(tx)
		v.Groups, v.Stopped = g.groups(boxes), stopped
		if err == nil {
			v.Receipts, err = g.receipts(tx)
		}
		return err
	})
	if err == nil {
		err = g.look("preferences.open")
	}
	if err != nil {
		return err
	}
	return g.Render(http.StatusOK, page.Preferences(v))
}

// groups puts the boxes under the way each reaches the person.
func (g *guest) groups(boxes []outbox.Choice) (out []page.PreferenceGroup) {
	for i, c := range boxes {
		ch := c.Question.Channel
		if len(out) == 0 || out[len(out)-1].ID != ch {
			out = append(out, page.PreferenceGroup{ID: ch, Title: g.T("prefs.group_" + ch)})
		}
		group := &out[len(out)-1]
		group.Choices = append(group.Choices, page.Choice{ID: "c" + strconv.Itoa(i+1), Value: value(c.Question), Text: g.purpose(c.Question.Purpose), On: c.On})
	}
	return out
}

// savePreferences records what was ticked, or stops all marketing.
func savePreferences(g *guest) error {
	form, err := g.Form(0)
	if err != nil {
		return err
	}
	stop := form.Get("op") == "stop"
	v := page.PreferencesSavedView{Address: g.address, Stopped: stop, BackURL: g.URL.Path}
	detail := map[string]string{"method": "preferences", "all": yes(stop)}
	err = g.act("permission.preferences", detail, func(tx *db.Tx) error {
		v.Still = g.T("prefs.still") // here, because a transaction may run twice
		before, _, err := g.state(tx)
		if err != nil {
			return err
		}
		if stop {
			_, err = g.Outbox.StopAll(tx, g.message.Person, g.said("preferences", g.T("prefs.title")+"\n["+g.T("prefs.stop_all")+"]"))
		} else {
			err = g.save(tx, before, form)
		}
		if err != nil {
			return err
		}
		after, _, err := g.state(tx)
		v.Changes = g.changes(before, after)
		if unmet := g.unmet(after, form); len(unmet) > 0 && !stop {
			v.Still += " " + g.T("prefs.unmet", "what", strings.Join(unmet, ", "))
		}
		detail["changed"] = strconv.Itoa(len(v.Changes))
		if err == nil && slices.ContainsFunc(v.Changes, func(c page.PreferenceChange) bool { return !c.On }) {
			err = g.Clicks.Left(tx, g.message.Campaign, g.message.Person, clicks.LeftPreferences)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.At, v.Public = g.DB.Now(), g.outside(g.T("prefs.saved_title"))
	if stop {
		v.Title = g.T("prefs.stopped_title")
	}
	return g.Render(http.StatusOK, page.PreferencesSaved(v))
}

// save hands the ticks to the outbox. A box that was not on the page the person
// saw stays as it is; one that was, and is not ticked, is a no.
func (g *guest) save(tx *db.Tx, before []outbox.Choice, form door.Fields) error {
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
	_, err := g.Outbox.SavePreferences(tx, g.message.Person, offers, ticks, g.said("preferences", strings.Join(shown, "\n")))
	return err
}

func tick(on bool) string {
	if on {
		return "[x]"
	}
	return "[ ]"
}

func (g *guest) choiceText(q permit.Question) string {
	return g.purpose(q.Purpose) + " " + g.T("by."+q.Channel)
}

// changes lists the boxes that stand otherwise than before.
func (g *guest) changes(before, after []outbox.Choice) (out []page.PreferenceChange) {
	for i, c := range after {
		if i < len(before) && before[i].On != c.On {
			out = append(out, page.PreferenceChange{Text: g.choiceText(c.Question), On: c.On})
		}
	}
	return out
}

// unmet lists what was ticked and is a no all the same: no permission makes an
// address work, or lifts a restriction of processing.
func (g *guest) unmet(after []outbox.Choice, form door.Fields) (out []string) {
	for _, c := range after {
		if !c.On && slices.Contains(form.Values["on"], value(c.Question)) && slices.Contains(form.Values["shown"], value(c.Question)) {
			out = append(out, g.choiceText(c.Question))
		}
	}
	return out
}
