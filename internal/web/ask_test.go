package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/rights"
	"kartotek/internal/rights/intake"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/door"
)

// withDesk gives a world a desk for requests.
func withDesk(r *door.Rooms) {
	r.Rights = &rights.Room{DB: r.DB, Keys: r.Keys, Party: r.Party, Outbox: r.Outbox, Post: r.Post, Terms: func(*db.Tx) (*rights.Terms, error) {
		return &rights.Terms{Version: 1, Authority: "FI", Country: "FI", Language: "sv", Contact: "dataskydd@nordanvind.example", Controller: rights.Controller{Name: "Nordanvind Oy", Country: "FI"}}, nil
	}}
}

var stampField = regexp.MustCompile(`name="stamp" value="([^"]+)"`)

// filledIn is the form with its stamp, a while after it was opened.
func (w *world) filledIn(fields ...string) url.Values {
	w.t.Helper()
	body := text(w.t, w.get("/ask?lang=en"))
	m := stampField.FindStringSubmatch(body)
	if m == nil {
		w.t.Fatalf("no stamp in %.400s", body)
	}
	w.clock.Move(time.Minute)
	form := url.Values{"stamp": {m[1]}, "answer": {"email"}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return form
}

func (w *world) cases() (all []*rights.Case) {
	w.t.Helper()
	w.do(func(tx *db.Tx) (err error) { all, err = w.Rights.List(tx, rights.Filter{Limit: 1000}); return err })
	return all
}

// Anybody may ask, gets a number, and the same answer whether the register knows them
// or not; what is typed matches nobody.
func TestAsk(t *testing.T) {
	w := newWorld(t, withDesk)
	w.person() // asa1@fjord.example
	number := regexp.MustCompile(`R-\d{4}-\d{4,}`)
	var bodies []string
	for _, email := range []string{"asa1@fjord.example", "bo1@skog.example"} {
		form := w.filledIn("kind", "access", "kind", "erasure", "name", "Åsa Öbergsson", "email", email, "about", "Everything since 2019")
		res := w.post("/ask?lang=en", form)
		wantStatus(t, res, http.StatusOK)
		body := text(t, res)
		if len(number.FindAllString(body, -1)) != 2 || strings.Contains(body, email) || strings.Contains(body, "Öbergsson") {
			t.Errorf("%s", body)
		}
		bodies = append(bodies, regexp.MustCompile(`\d\d:\d\d`).ReplaceAllString(number.ReplaceAllString(body, "R"), "T"))
		if res.Header.Get("Location") != "" {
			t.Error("it leads somewhere else")
		}
		again := w.post("/ask?lang=en", form) // the button pressed twice
		if got := number.FindAllString(text(t, again), -1); strings.Join(got, " ") != strings.Join(number.FindAllString(body, -1), " ") {
			t.Errorf("pressed twice: %v", got)
		}
	}
	if bodies[0] != bodies[1] {
		t.Error("somebody the register knows gets another answer")
	}
	all := w.cases()
	if len(all) != 4 {
		t.Fatalf("%d cases", len(all))
	}
	for _, c := range all {
		if c.Matched || c.Certainty != rightsdef.Claimed || c.Channel != "web" || c.Language != "en" {
			t.Errorf("%+v", c)
		}
	}
	w.do(func(tx *db.Tx) error {
		known := 0
		for _, c := range all {
			who, err := (&intake.Room{DB: w.DB, Keys: w.Keys, Rights: w.Rights, Party: w.Party}).Proposed(tx, c)
			if err != nil {
				return err
			}
			if who != id.ID(0) {
				known++
			}
		}
		if known != 2 {
			t.Errorf("%d cases have somebody proposed, want 2", known)
		}
		return nil
	})
	if strings.Contains(w.log.String(), "fjord.example") || strings.Contains(w.log.String(), "Öbergsson") {
		t.Error("personal data in the log")
	}
}

// In one's own words is enough; what only protects takes effect for who says to be it.
func TestAskInWords(t *testing.T) {
	w := newWorld(t, withDesk)
	who := w.person()
	for about, want := range map[string]rightsdef.Kind{
		"Please delete all my data": rightsdef.Erasure, "Mitä tietoja teillä on minusta?": rightsdef.Access, "Hello there": rightsdef.Information, "Stop sending me newsletters": rightsdef.Objection,
	} {
		wantStatus(t, w.post("/ask", w.filledIn("about", about, "email", "asa1@fjord.example")), http.StatusOK)
		all := w.cases()
		found := false
		for _, c := range all {
			if c.Kind == want {
				found = true
				if c.Matched != (want == rightsdef.Objection) || c.Matched && c.Person != who {
					t.Errorf("%s: matched %v", about, c.Matched)
				}
			}
		}
		if !found {
			t.Errorf("%q is no %s", about, want)
		}
	}
}

// What cannot be answered, and what looks like a program's, comes back filled in; a
// person can put it right, and nothing was opened.
func TestAskAgain(t *testing.T) {
	w := newWorld(t, withDesk)
	for name, c := range map[string]struct {
		fields []string
		before func(form url.Values)
		want   string
	}{
		"nothing":         {[]string{"email", "a@skog.example"}, nil, "Tick what you would like"},
		"nobody":          {[]string{"about", "what do you know about me"}, nil, "Write your name"},
		"no way":          {[]string{"about", "x", "name", "Bo"}, nil, "so that we can answer"},
		"post to nowhere": {[]string{"about", "x", "email", "a@skog.example", "answer", "post"}, func(f url.Values) { f.Set("answer", "post") }, "choose another way"},
		"the trap":        {[]string{"about", "x", "email", "a@skog.example", "homepage", "https://spam.example"}, nil, "looked like a program"},
		"no stamp":        {[]string{"about", "x", "email", "a@skog.example"}, func(f url.Values) { f.Del("stamp") }, "The form was old"},
		"a forged stamp":  {[]string{"about", "x", "email", "a@skog.example"}, func(f url.Values) { f.Set("stamp", f.Get("stamp")+"x") }, "The form was old"},
		"an old one":      {[]string{"about", "x", "email", "a@skog.example"}, func(url.Values) { w.clock.Move(25 * time.Hour) }, "The form was old"},
		"at once":         {[]string{"about", "x", "email", "a@skog.example"}, func(url.Values) { w.clock.Move(-59 * time.Second) }, "looked like a program"},
		"too long":        {[]string{"about", strings.Repeat("x", 10_001), "email", "a@skog.example"}, nil, ""},
	} {
		form := w.filledIn(c.fields...)
		if c.before != nil {
			c.before(form)
		}
		res := w.post("/ask?lang=en", form)
		wantStatus(t, res, http.StatusUnprocessableEntity)
		body := text(t, res)
		if !strings.Contains(body, c.want) || form.Get("email") != "" && !strings.Contains(body, `value="a@skog.example"`) {
			t.Errorf("%s: %.1500s", name, body)
		}
	}
	if n := len(w.cases()); n != 0 {
		t.Errorf("%d cases", n)
	}
}

// One network cannot fill the desk, and looking changes nothing.
func TestAskLimits(t *testing.T) {
	w := newWorld(t, withDesk)
	before := w.dump()
	for _, path := range []string{"/ask", "/ask?lang=sv", "/ask?lang=fi"} {
		res := w.get(path)
		wantStatus(t, res, http.StatusOK)
		body := text(t, res)
		if strings.Contains(body, "<script") && strings.Contains(body, "onsubmit") || !strings.Contains(body, `class="sr" aria-hidden="true"`) {
			t.Errorf("%s: %.300s", path, body)
		}
	}
	if w.dump() != before {
		t.Error("looking at the form changed something")
	}
	refused := 0
	for range 30 {
		form := w.filledIn("kind", "access", "email", "a@skog.example")
		w.clock.Move(-50 * time.Second)
		if res := w.post("/ask", form); res.StatusCode == http.StatusTooManyRequests {
			refused++
		} else {
			wantStatus(t, res, http.StatusOK)
		}
	}
	if refused == 0 {
		t.Error("no limit")
	}
}
