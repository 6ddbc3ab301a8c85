package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/outbox"
)

// lost is a channel that never learns what became of a message.
type lost struct{}

func (lost) Name() string                                   { return "email" }
func (l lost) Open(context.Context) (outbox.Session, error) { return l, nil }
func (lost) Alive() bool                                    { return true }
func (lost) Close() error                                   { return nil }
func (lost) Send(_ context.Context, _ outbox.Letter, ask func() error) outbox.Outcome {
	if ask() != nil {
		return outbox.Outcome{State: outbox.Queued}
	}
	return outbox.Outcome{State: outbox.Uncertain, Verb: "DOT"}
}

// TestSettleUncertain settles an uncertain letter on its newsletter's page: one who
// sends may, one who does not may not, and the log keeps who and why.
func TestSettleUncertain(t *testing.T) {
	w := newWorld(t)
	w.Campaign.Channel = lost{}
	who := w.person()
	c := w.sent(campaign.Campaign{Subject: "June", Language: "en", Body: "All is well."})
	list, act := "/outreach/"+c.ID.String()+"/people?state=uncertain", "/outreach/"+c.ID.String()+"/settle"
	owner, low := w.signedIn("owner@nordanvind.example", "owner"), w.signedIn("low@nordanvind.example")
	if got := text(t, w.get(list, "Cookie", owner)); !strings.Contains(got, `action="`+act+`"`) || !strings.Contains(got, who.String()) {
		t.Error("the list has no form to settle by")
	}
	counts := func() (r campaign.Results) {
		w.do(func(tx *db.Tx) (err error) { r, err = w.Campaign.Results(tx, c.ID); return err })
		return r
	}
	post := func(cookie, as, reason string) int {
		return w.post(act, url.Values{"person": {who.String()}, "as": {as}, "reason": {reason}}, "Cookie", cookie).StatusCode
	}
	if status := post(low, "sent", "she answered it"); status < 400 || counts().Uncertain != 1 {
		t.Errorf("somebody without a level: %d", status)
	}
	if post(owner, "queued", "to send it again"); counts().Uncertain != 1 {
		t.Error("settled as something else than an end")
	}
	if status := post(owner, "sent", "she answered it"); status != http.StatusSeeOther {
		t.Errorf("%d", status)
	}
	if r := counts(); r.Uncertain != 0 || r.Sent != 1 || w.logged("campaign.settle") != 1 {
		t.Errorf("%+v, %d in the log", r, w.logged("campaign.settle"))
	}
	if got := text(t, w.get(list, "Cookie", owner)); strings.Contains(got, who.String()) {
		t.Error("still listed")
	}
}
