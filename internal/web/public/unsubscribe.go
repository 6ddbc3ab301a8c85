package public

import (
	"net/http"

	"kartotek/internal/db"
	"kartotek/internal/outbox"
	"kartotek/internal/web/page"
)

// unsubscribe shows the button. Opening the page changes nothing.
func unsubscribe(g *guest) error {
	if err := g.look("unsubscribe.open"); err != nil {
		return err
	}
	return g.Render(http.StatusOK, page.Unsubscribe(g.unsubscribeView()))
}

func (g *guest) unsubscribeView() page.UnsubscribeView {
	return page.UnsubscribeView{Public: g.outside(g.T("unsub.title")), Action: g.URL.Path, Address: g.address, What: g.what(),
		Still: g.T("prefs.still"), PrefsURL: g.url(outbox.LinkPreferences), WhyURL: g.url(outbox.LinkWhy)}
}

// oneClick unsubscribes. Mail providers post List-Unsubscribe=One-Click, as
// urlencoded or multipart, without cookies, and take a redirect for a failure; so
// do the page's own button and browsers whose Origin is "null". Whoever may post
// here holds the link, so a POST that says nothing at all is taken for what it can
// only mean. It may come twice or more at the same time. law: GDPR 21(3); RFC 8058
func oneClick(g *guest) error {
	form, err := g.Form(0)
	if err != nil {
		return err
	}
	all := form.Get("op") == "stop-all"
	method, shown := "one-click", "POST List-Unsubscribe=One-Click (RFC 8058)"
	if g.Header.Get("Sec-Fetch-Mode") == "navigate" {
		method, shown = "unsubscribe", g.T("unsub.title")+"\n"+g.what()+"\n["+g.T("unsub.button")+"]"
	}
	if all {
		method, shown = "unsubscribe", g.T("unsub.title")+"\n["+g.T("prefs.stop_all")+"]"
	}
	detail := map[string]string{"method": method, "purpose": g.message.Purpose, "channel": g.message.Channel, "all": yes(all), "new": "no"}
	err = g.act("permission.unsubscribe", detail, func(tx *db.Tx) error {
		changed, err := false, error(nil)
		if all {
			changed, err = g.Outbox.StopAll(tx, g.message.Person, g.Said(method, shown))
		} else {
			changed, err = g.Outbox.Unsubscribe(tx, g.message, g.Said(method, shown))
		}
		detail["new"] = yes(changed)
		if err != nil || !changed {
			return err
		}
		return g.Clicks.Left(tx, g.message.Campaign, g.message.Person, method)
	})
	if err != nil {
		return err
	}
	v := g.unsubscribeView()
	v.Title, v.Done, v.At = g.T("unsub.done"), true, g.DB.Now()
	if all {
		v.What = g.T("scope.all-marketing")
	}
	return g.Render(http.StatusOK, page.Unsubscribe(v))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
