package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/db"
	"kartotek/internal/id"
)

func (w *world) newsletter(at string) (c *campaign.Campaign) {
	w.t.Helper()
	which, err := id.Parse(strings.TrimPrefix(at, "/outreach/"))
	if err != nil {
		w.t.Fatal(at, err)
	}
	w.do(func(tx *db.Tx) (err error) { c, err = w.Campaign.Get(tx, which); return err })
	return c
}

// refusedWith sends a form that is refused with some words.
func (w *world) refusedWith(path string, form url.Values, words string) {
	w.t.Helper()
	rec := w.ask("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "en")
	own := w.cookie
	defer func() { w.cookie = own }()
	for _, c := range rec.Result().Cookies() {
		w.cookie += "; " + c.Name + "=" + c.Value
	}
	w.get(rec.Header().Get("Location")).has(words)
}

// TestSendingOptions sets, shows and refuses how a newsletter is sent, and a new
// newsletter begins with the limits of the last.
func TestSendingOptions(t *testing.T) {
	w := newWorld(t, "owner")
	at := "/outreach/" + w.letter().String()
	w.get(at).has("No time, no limits, one letter.", "The notice promises this", "In order")
	form := w.form(at + "/options")
	for name, value := range map[string]string{"cap_most": "2", "cap_days": "7", "quiet_from": "21:00", "quiet_to": "08:00", "variant_subject_2": "Andra", "variant_body_3": "Tredje texten.",
		"share": "50", "measure": "complaints", "hours": "6", "archive": "yes"} {
		form.Set(name, value)
	}
	w.post(at+"/options", form)
	w.get(at).has("2 letters a person in 7 days", "21:00–08:00, Europe/Helsinki", "50% of the audience gets one of 3 letters", "Andra", "everybody may read it")
	o := w.newsletter(at).Options
	if o.Split == nil || len(o.Split.Others) != 2 || o.Split.Others[1].Body != "Tredje texten." || o.Split.Measure != def.Complaints || !o.Archive || o.Clicks {
		t.Errorf("%+v", o)
	}
	if again := w.form(at + "/options"); again.Get("cap_most") != "2" || again.Get("variant_subject_2") != "Andra" || again.Get("measure") != "complaints" || again.Get("quiet_to") != "08:00" {
		t.Errorf("the form: %v", again)
	}
	for field, wrong := range map[string][2]string{"cap_days": {"often", "whole number"}, "quiet_to": {"21:00", "begin and end"}, "share": {"0", "1 to 100 per cent"}, "variant_body_2": {"{{ person.shoe }}", "shoe"}} {
		bad := w.form(at + "/options")
		bad.Set(field, wrong[0])
		rec := w.ask("POST", at+"/options", "application/x-www-form-urlencoded", strings.NewReader(bad.Encode()), "en")
		if page := plain(rec.Body.String()); rec.Code != http.StatusOK || !strings.Contains(page, wrong[1]) {
			t.Errorf("%s %q: %d %.600s", field, wrong[0], rec.Code, page)
		}
	}
	next := w.post("/outreach", url.Values{"name": {"Nästa"}, "purpose": {"newsletter"}, "channel": {"email"}, "segment": {"everyone"},
		"from": {"Nordanvind <news@nordanvind.example>"}, "subject": {"Hej"}, "body": {"Hej!"}})
	if o := w.newsletter(next).Options; o.Cap == nil || o.Cap.Most != 2 || o.Quiet == nil || o.Split != nil {
		t.Errorf("the next newsletter: %+v", o)
	}
}

// TestSchedulePages gives a newsletter a time, changes it, takes it away, and lets
// it come.
func TestSchedulePages(t *testing.T) {
	w := newWorld(t, "owner")
	at := "/outreach/" + w.letter().String()
	form := w.form(at)
	form.Set("date", "2027-03-28")
	form.Set("time", "03:30")
	w.post(at+"/schedule", form)
	w.get(at).has("Starts by itself", "never shows 03:30", "04:00")
	w.get("/outreach?state=scheduled").has("Novemberbrevet", "starts")
	w.get("/outreach?state=draft").has("No newsletter in this state.").hasNot("Novemberbrevet")
	form.Set("date", "2020-01-01")
	w.refusedWith(at+"/schedule", form, "passed already")
	w.post(at+"/unschedule", nil)
	w.get(at).hasNot("Starts by itself")
	soon := w.clock.Now().Add(2 * time.Minute).In(helsinki(t))
	form = w.form(at)
	form.Set("date", soon.Format(time.DateOnly))
	form.Set("time", soon.Format("15:04"))
	w.post(at+"/schedule", form)
	w.clock.Move(3 * time.Minute)
	w.work(campaign.KindStart)
	w.work(campaign.KindDecide, campaign.KindSend)
	w.get(at).has("2 of 2 sent")
	if n := w.logged("campaign.start"); n != 1 {
		t.Errorf("%d starts in the log", n)
	}
	if n := w.logged("campaign.schedule"); n != 2 {
		t.Errorf("%d times in the log", n)
	}
}

func helsinki(t *testing.T) *time.Location {
	l, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestChangedSinceSeen refuses to send a letter that is not the one looked at.
func TestChangedSinceSeen(t *testing.T) {
	w := newWorld(t, "owner")
	at := "/outreach/" + w.letter().String()
	seen := w.form(at)
	w.clock.Move(time.Second)
	options := w.form(at + "/options")
	options.Set("archive", "yes")
	w.post(at+"/options", options)
	for _, act := range []string{"/send", "/schedule"} {
		w.refusedWith(at+act, seen, "changed since you looked")
	}
	if c := w.newsletter(at); c.State != campaign.Draft {
		t.Errorf("state %s", c.State)
	}
}

// TestCopyAndTestPages duplicates a newsletter and sends a test of the copy.
func TestCopyAndTestPages(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.post("/outreach/"+w.letter().String()+"/copy", nil)
	w.get(at).has("Novemberbrevet (2)", "draft")
	w.post(at+"/test", url.Values{"to": {"editor@nordanvind.example"}})
	all := w.Catcher.List(10, 0)
	if len(all) != 1 || !strings.HasPrefix(all[0].Subject, letter.Mark) || w.logged("campaign.test") != 1 {
		t.Errorf("%d mails, %+v", len(all), all)
	}
	w.refusedWith(at+"/test", url.Values{"to": {"nobody"}}, "one e-mail address")
}

// TestTrialPages runs a test of two letters and chooses by hand.
func TestTrialPages(t *testing.T) {
	w := newWorld(t, "owner")
	at := "/outreach/" + w.letter().String()
	form := w.form(at + "/options")
	for name, value := range map[string]string{"variant_subject_2": "Andra", "share": "100", "measure": "unsubscribes", "hours": "6"} {
		form.Set(name, value)
	}
	w.post(at+"/options", form)
	w.post(at+"/send", w.form(at))
	w.get("/outreach?state=running").has("Novemberbrevet")
	w.refusedWith(at+"/choose", url.Values{"letter": {"7"}}, "no such letter")
	w.post(at+"/choose", url.Values{"letter": {"2"}})
	w.work(campaign.KindDecide, campaign.KindSend)
	w.get(at).has("2 of 2 sent", "Letter 2", "chosen", "Chosen").hasNot("Send this one to the rest")
}
