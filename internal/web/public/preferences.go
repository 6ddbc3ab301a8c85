package public

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/web/page"
	"kartotek/internal/web/public/choices"
)

// preferences shows the choices as they stand.
func preferences(g *guest) error {
	v := page.PreferencesView{Public: g.outside(g.T("prefs.title")), Action: g.URL.Path, Address: g.address, Still: g.T("prefs.still"), WhyURL: g.url(outbox.LinkWhy), DataURL: "/me"}
	err := g.DB.View(g.Context(), g.By(), func(tx *db.Tx) error {
		boxes, stopped, err := g.State(tx)
		v.Groups, v.Stopped = g.Groups(boxes), stopped
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
		before, _, err := g.State(tx)
		if err != nil {
			return err
		}
		if stop {
			_, err = g.Outbox.StopAll(tx, g.message.Person, g.Said("preferences", g.T("prefs.title")+"\n["+g.T("prefs.stop_all")+"]"))
		} else {
			err = g.Save(tx, before, form)
		}
		if err != nil {
			return err
		}
		after, _, err := g.State(tx)
		v.Changes = g.Changes(before, after)
		if unmet := g.Unmet(after, form); len(unmet) > 0 && !stop {
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

// receipts lists what the person has said, each with its receipt.
func (g *guest) receipts(tx *db.Tx) ([]page.ReceiptLink, error) {
	return g.Heard(tx, choices.Most, func(entry id.ID) string {
		return g.url(outbox.LinkPreferences) + "/receipt/" + entry.String() + "?view=1"
	})
}
