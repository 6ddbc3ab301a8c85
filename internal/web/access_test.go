package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/measure"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
)

// twoEyes is the demo's notice with four eyes on sending. Its clerk may take up
// customer service.
func twoEyes() []byte {
	lines := strings.Split(string(noticedef.DemoNotice()), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "  marketing:") {
			lines[i] += "\n    four_eyes: [send]"
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// office is a register under that notice.
func office(t *testing.T) *world {
	w := newEmpty(t)
	w.do(func(tx *db.Tx) error {
		_, err := w.Notice.Publish(tx, twoEyes(), "Maja Exempel", "")
		return err
	})
	return w
}

// colleague is somebody at work, with the cookie of their session.
type colleague struct {
	w       *world
	account *staff.Account
	cookie  string
}

func (w *world) colleague(name string, levels ...string) *colleague {
	w.t.Helper()
	var a *staff.Account
	var token string
	w.do(func(tx *db.Tx) (err error) {
		a, err = w.Staff.Create(tx, staff.NewAccount{Name: name, Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@nordanvind.example", Levels: levels})
		if err == nil {
			token, err = w.Staff.Link(tx, a.ID, staff.SignInLink)
		}
		return err
	})
	o, err := w.Staff.FollowLink(w.t.Context(), w.DB, token, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	return &colleague{w, a, door.SessionCookie + "=" + o.Token}
}

func (c *colleague) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Cookie", c.cookie)
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	c.w.site.ServeHTTP(rec, r)
	return rec
}

func (c *colleague) want(status int, method, path string, form url.Values) string {
	c.w.t.Helper()
	rec := c.ask(method, path, form)
	if rec.Code != status {
		c.w.t.Errorf("%s %s: %d, want %d: %.300s", method, path, rec.Code, status, rec.Body)
	}
	return rec.Body.String()
}

func (w *world) acts(action string) (out []audit.Entry) {
	w.t.Helper()
	w.do(func(tx *db.Tx) (err error) { out, err = audit.Read(tx, audit.Filter{Action: action}); return err })
	return out
}

func TestElevationOnPages(t *testing.T) {
	w := office(t)
	who := w.person()
	clerk, admin := w.colleague("Cia Dahl", "clerk"), w.colleague("Ann Alm", "admin")
	merge := url.Values{"keep": {who.String()}, "drop": {who.String()}}
	clerk.want(http.StatusForbidden, "POST", "/people/merge", merge)
	clerk.want(http.StatusForbidden, "POST", "/access/elevation", url.Values{"level": {"dpo"}, "minutes": {"15"}, "reason": {"curious about it"}})
	clerk.want(http.StatusUnprocessableEntity, "POST", "/access/elevation", url.Values{"level": {"service"}, "minutes": {"15"}, "reason": {""}})
	clerk.want(http.StatusSeeOther, "POST", "/access/elevation", url.Values{"level": {"service"}, "minutes": {"15"}, "reason": {"the desk is alone today"}})
	if body := clerk.want(http.StatusOK, "GET", "/account", nil); !strings.Contains(body, `action="/access/elevation/end"`) {
		t.Error("the page does not say that the level is raised")
	}
	if rec := clerk.ask("POST", "/people/merge", merge); rec.Code == http.StatusForbidden {
		t.Error("the raised level does not help")
	}
	clerk.want(http.StatusOK, "GET", "/people/"+who.String(), nil)
	if e := w.acts("person.read"); len(e) == 0 || !strings.Contains(e[0].By.Level, "clerk +service") {
		t.Errorf("the log does not name the raised level: %+v", e)
	}
	w.clock.Move(15 * time.Minute)
	clerk.want(http.StatusForbidden, "POST", "/people/merge", merge)
	clerk.want(http.StatusSeeOther, "POST", "/access/elevation", url.Values{"level": {"service"}, "minutes": {"240"}, "reason": {"the desk is alone today"}})
	var raised []access.Elevation
	w.do(func(tx *db.Tx) (err error) { raised, err = w.Access.Elevations(tx, w.clock.Now()); return err })
	if body := admin.want(http.StatusOK, "GET", "/access", nil); len(raised) != 1 || !strings.Contains(body, "the desk is alone today") {
		t.Fatalf("an administrator does not see it: %v", raised)
	}
	admin.want(http.StatusSeeOther, "POST", "/access/elevation/end", url.Values{"which": {raised[0].ID.String()}})
	clerk.want(http.StatusForbidden, "POST", "/people/merge", merge)
}

func TestFourEyesOnPages(t *testing.T) {
	w := office(t)
	bo, eva, twin := w.colleague("Bo Ek", "marketing"), w.colleague("Eva Strand", "marketing"), w.colleague("bo  ek", "marketing")
	clerk := w.colleague("Cia Dahl", "clerk")
	form := url.Values{"name": {"November"}, "purpose": {"newsletter"}, "subject": {"Hello"}, "body": {"Text"}, "format": {"markdown"}, "segment": {"everyone"}, "from": {"news@nordanvind.example"}}
	bo.want(http.StatusSeeOther, "POST", "/outreach", form) // a draft waits for nobody
	var letter campaign.Campaign
	read := func() {
		w.do(func(tx *db.Tx) error {
			list, err := w.Campaign.List(tx, 0, 50)
			if err == nil {
				letter = list[0]
			}
			return err
		})
	}
	read()
	path := "/outreach/" + letter.ID.String() + "/send"
	form = url.Values{"version": {strconv.FormatInt(letter.ChangedAt, 36)}}
	body := bo.want(http.StatusAccepted, "POST", path, form)
	if read(); !strings.Contains(body, "Eva Strand") || strings.Contains(body, "Cia Dahl") || letter.State != campaign.Draft {
		t.Errorf("held: %s %.2000s", letter.State, body)
	}
	seen := eva.want(http.StatusOK, "GET", "/outreach/"+letter.ID.String(), nil)
	if !strings.Contains(seen, "Bo Ek") || !strings.Contains(seen, "/preview") {
		t.Errorf("who is to agree does not see what to: %.3000s", seen)
	}
	var waiting []access.Request
	w.do(func(tx *db.Tx) (err error) { waiting, err = w.Access.Waiting(tx); return err })
	if len(waiting) != 1 {
		t.Fatalf("%+v", waiting)
	}
	agree := url.Values{"which": {waiting[0].ID.String()}, "answer": {"approve"}, "reason": {"read and right"}}
	for _, c := range []*colleague{bo, twin} {
		c.want(http.StatusForbidden, "POST", "/access/approvals", agree)
	}
	clerk.want(http.StatusNotFound, "POST", "/access/approvals", agree)
	refused := slices.DeleteFunc(w.acts("access.approve"), func(e audit.Entry) bool { return e.Outcome != audit.Refused })
	if len(refused) != 3 {
		t.Errorf("%d refusals in the log", len(refused))
	}
	eva.want(http.StatusOK, "GET", "/access/approvals", nil)
	eva.want(http.StatusSeeOther, "POST", "/access/approvals", agree)
	more := url.Values{"extra": {""}}
	for k, v := range form {
		more[k] = v
	}
	bo.want(http.StatusAccepted, "POST", path, more) // another form is another act
	if rec := bo.ask("POST", path, form); rec.Code == http.StatusAccepted {
		t.Errorf("the agreed act was held: %.300s", rec.Body)
	}
	bo.want(http.StatusAccepted, "POST", path, form) // once
	bo.want(http.StatusOK, "GET", "/access/approvals", nil)
}

func TestUseIsCounted(t *testing.T) {
	w := office(t)
	who := w.person()
	c := w.colleague("Siv Lund", "service")
	c.want(http.StatusOK, "GET", "/account", nil)
	c.want(http.StatusForbidden, "GET", "/segments", nil)
	c.want(http.StatusOK, "GET", "/people/"+who.String(), nil)
	c.want(http.StatusSeeOther, "POST", "/people/"+who.String()+"/field", url.Values{"field": {"first_name"}, "value": {"Asa"}, "reason": {"asked"}, "version": {""}})
	if err := w.Access.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var used []string
	w.do(func(tx *db.Tx) error {
		list, err := w.Access.Used(tx, c.account.ID)
		for _, u := range list {
			used = append(used, u.Right)
		}
		return err
	})
	for right, want := range map[string]bool{access.Present: true, "see identity": true, "see contact": true, "edit identity": true, "edit contact": false, "segment": false, "merge": false, "permission": false, "see billing": false} {
		if slices.Contains(used, right) != want {
			t.Errorf("%s: counted %v, want %v (%v)", right, !want, want, used)
		}
	}
}

// TestPurposeIsCounted takes down for which purpose a newsletter was made, and nothing
// where a page only offers the purposes.
func TestPurposeIsCounted(t *testing.T) {
	w := newWorld(t)
	c := w.colleague("Bo Ek", "marketing")
	c.want(http.StatusOK, "GET", "/outreach/new", nil)
	form := url.Values{"name": {"November"}, "purpose": {"newsletter"}, "subject": {"Hello"}, "body": {"Text"}, "format": {"markdown"}, "segment": {"everyone"}, "from": {"news@nordanvind.example"}}
	to := c.ask("POST", "/outreach", form).Header().Get("Location")
	c.want(http.StatusSeeOther, "POST", to+"/copy", url.Values{})
	if err := w.Access.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.do(func(tx *db.Tx) error {
		list, err := w.Access.Used(tx, c.account.ID)
		var for1 []string
		for _, u := range list {
			if strings.Contains(u.Right, ": ") {
				for1 = append(for1, u.Right)
			}
		}
		if !slices.Equal(for1, []string{"newsletter: send"}) {
			t.Errorf("counted %v", for1)
		}
		return err
	})
}

func TestReviewOnPages(t *testing.T) {
	w := office(t)
	ann, old := w.colleague("Ann Alm", "admin"), w.colleague("Olle Berg", "finance")
	ann.want(http.StatusSeeOther, "POST", "/access/review/start", url.Values{})
	ann.want(http.StatusOK, "GET", "/access/review", nil)
	var round access.Review
	w.do(func(tx *db.Tx) (err error) { round, _, err = w.Access.Open(tx); return err })
	at := "/access/review/" + round.ID.String()
	ann.want(http.StatusSeeOther, "POST", at+"/line", url.Values{"account": {old.account.ID.String()}, "what": {"disable"}, "reason": {"left the house"}})
	if rec := old.ask("GET", "/account", nil); rec.Code == http.StatusOK {
		t.Error("the disabled account goes on")
	}
	eva := w.colleague("Eva Strand", "admin")
	ann.want(http.StatusForbidden, "POST", at+"/line", url.Values{"account": {ann.account.ID.String()}, "what": {"keep"}, "reason": {"I am needed"}})
	ann.want(http.StatusSeeOther, "POST", at+"/close", url.Values{"next": {"2027-05-22"}}) // back: an account has no answer
	eva.want(http.StatusSeeOther, "POST", at+"/line", url.Values{"account": {ann.account.ID.String()}, "what": {"keep"}, "reason": {"she is needed"}})
	eva.want(http.StatusSeeOther, "POST", at+"/close", url.Values{"next": {"2027-05-22"}})
	page := eva.want(http.StatusOK, "GET", at, nil)
	sum := sha256.Sum256([]byte(eva.want(http.StatusOK, "GET", at+"/document", nil)))
	logged := w.acts("access.review_close")
	if d := hex.EncodeToString(sum[:]); !strings.Contains(page, d) || len(logged) != 1 || logged[0].Detail["digest"] != d {
		t.Error("the page, the log and the document do not agree")
	}
	w.do(func(tx *db.Tx) error {
		in, _, err := w.Notice.InForceAt(tx, tx.Time())
		if err != nil {
			return err
		}
		all, err := w.Measure.Statuses(tx, in)
		for _, s := range all {
			if s.ID == "accounts" && (s.Due != "2027-05-22" || s.State != measure.OK) {
				t.Errorf("the review is no check of its measure: %+v", s)
			}
		}
		return err
	})
}

// TestReviewLowers has somebody use a part of what they may, for long enough to tell: the
// page proposes to take the rest, and the account has no more once it was agreed to.
func TestReviewLowers(t *testing.T) {
	w := office(t)
	ann, bo := w.colleague("Ann Alm", "admin"), w.colleague("Bo Ek", "admin", "finance")
	ann.want(http.StatusOK, "GET", "/account", nil) // use is counted from now on
	if err := w.Access.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.Move(120 * 24 * time.Hour)
	for _, a := range []*colleague{ann, bo} {
		w.Access.Note(a.account.ID, w.clock.Now(), access.Present, "staff", "settings", "log")
	}
	if err := w.Access.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := w.colleague("Kim Lind", "admin")
	again.want(http.StatusSeeOther, "POST", "/access/review/start", url.Values{})
	var round access.Review
	w.do(func(tx *db.Tx) (err error) { round, _, err = w.Access.Open(tx); return err })
	at := "/access/review/" + round.ID.String()
	if page := again.want(http.StatusOK, "GET", "/access/review", nil); !strings.Contains(page, `name="what" value="lower"`) {
		t.Errorf("no lower level is proposed: %.3000s", page)
	}
	again.want(http.StatusSeeOther, "POST", at+"/line", url.Values{"account": {bo.account.ID.String()}, "what": {"lower"}, "reason": {"as proposed"}})
	w.do(func(tx *db.Tx) error {
		a, err := staff.Get(tx, bo.account.ID)
		if err == nil && !slices.Equal(a.Levels, []string{"admin"}) {
			t.Errorf("the account has %v", a.Levels)
		}
		return err
	})
	if e := w.acts("access.review_line"); len(e) != 1 || e[0].Object != bo.account.ID.String() {
		t.Errorf("the answer is logged as %+v", e)
	}
}

func TestLapsedMeasureIsPublic(t *testing.T) {
	w := office(t)
	dpo := w.colleague("Dag Ort", "dpo")
	nobody := func() string {
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, httptest.NewRequest("GET", "/notice/en", nil))
		return rec.Body.String()
	}
	if strings.Contains(nobody(), "was due on") {
		t.Error("something has lapsed already")
	}
	w.clock.Move(2 * 365 * 24 * time.Hour)
	if body := nobody(); !strings.Contains(body, "was due on") {
		t.Errorf("a lapsed measure is not told: %.500s", body)
	}
	dpo = w.colleague("Dag Ort II", "dpo")
	dpo.want(http.StatusOK, "GET", "/access/measures", nil)
	before := strings.Count(nobody(), "was due on")
	today := w.clock.Now().Format(time.DateOnly)
	form := url.Values{"day": {today}, "result": {"in_order"}, "evidence": {"round with the key list"}, "next": {w.clock.Now().AddDate(1, 0, 0).Format(time.DateOnly)}}
	dpo.want(http.StatusUnprocessableEntity, "POST", "/access/measures/premises", url.Values{"day": {today}})
	dpo.want(http.StatusForbidden, "POST", "/access/measures/accounts", form)
	dpo.want(http.StatusSeeOther, "POST", "/access/measures/premises", form)
	dpo.want(http.StatusOK, "GET", "/access/measures/premises", nil)
	if n := strings.Count(nobody(), "was due on"); n != before-1 {
		t.Errorf("%d lines, were %d", n, before)
	}
}

// heldNotice is the demo's notice with four eyes on every act of the owner's.
func heldNotice() []byte {
	lines := strings.Split(string(noticedef.DemoNotice()), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "  owner:") {
			lines[i] += "\n    four_eyes: [" + strings.Join(noticedef.Acts, ", ") + "]"
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// heldDoors are the routes that are an act of the notice: forms, and pages of an act
// that is done by looking.
func heldDoors() map[string][]door.Route {
	out := map[string][]door.Route{}
	for _, r := range routes() {
		act := r.Act()
		if r.Key || r.Drafts || !slices.Contains(noticedef.Acts, act) || r.Method != http.MethodPost && !door.Shows(act) {
			continue
		}
		out[act] = append(out[act], r)
	}
	return out
}

// TestEveryActIsHeld walks the sitemap as somebody who needs a second person's
// consent to every act: whatever is one waits, and nothing was done but asking.
func TestEveryActIsHeld(t *testing.T) {
	w := newEmpty(t)
	w.do(func(tx *db.Tx) error {
		_, err := w.Notice.Publish(tx, heldNotice(), "Maja Exempel", "")
		return err
	})
	who := w.person().String()
	maja := w.colleague("Maja Exempel", "owner")
	w.colleague("Eva Strand", "owner")
	doors := heldDoors()
	before := w.doneSoFar()
	for _, act := range noticedef.Acts {
		if len(doors[act]) == 0 {
			t.Errorf("there is no door by which %q can be held", act)
		}
		for _, r := range doors[act] {
			path := at(r, who)
			rec := maja.ask(r.Method, path, url.Values{})
			body := rec.Body.String()
			if want := map[bool]int{true: http.StatusAccepted, false: http.StatusForbidden}[r.Method == http.MethodPost]; rec.Code != want || !strings.Contains(body, "Eva Strand") {
				t.Errorf("%s %s was not held: %d %.200s", r.Method, r.Path, rec.Code, body)
			}
			if r.Method == http.MethodGet {
				if !strings.Contains(body, `action="`+path+`"`) {
					t.Errorf("%s %s: nobody can be asked", r.Method, r.Path)
				}
				maja.want(http.StatusAccepted, "POST", path, url.Values{})
				maja.want(http.StatusAccepted, "GET", path, nil)
				if rec := maja.ask("HEAD", path, nil); rec.Code != http.StatusConflict {
					t.Errorf("HEAD %s: %d", r.Path, rec.Code)
				}
			}
		}
	}
	if after := w.doneSoFar(); after != before {
		t.Error("something was done without consent")
	}
	asked := 0
	w.do(func(tx *db.Tx) error {
		list, err := w.Access.Waiting(tx)
		asked = len(list)
		return err
	})
	if asked == 0 {
		t.Error("nobody was asked")
	}
}

// doneSoFar is all that is stored, but what was asked and who was here when.
func (w *world) doneSoFar() string {
	var out []string
	for line := range strings.Lines(w.dump()) {
		if !strings.HasPrefix(line, "access_requests") && !strings.HasPrefix(line, "staff_sessions") && !strings.HasPrefix(line, "access_use") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// TestLookingIsHeld holds that a page of an act that is done by looking opens once
// for each consent, and for nothing else than was agreed to.
func TestLookingIsHeld(t *testing.T) {
	w := newEmpty(t)
	w.do(func(tx *db.Tx) error {
		_, err := w.Notice.Publish(tx, heldNotice(), "Maja Exempel", "")
		return err
	})
	maja, eva := w.colleague("Maja Exempel", "owner"), w.colleague("Eva Strand", "owner")
	const path = "/log?outcome=refused"
	maja.want(http.StatusForbidden, "GET", path, nil)
	maja.want(http.StatusAccepted, "POST", path, nil)
	var waiting []access.Request
	w.do(func(tx *db.Tx) (err error) { waiting, err = w.Access.Waiting(tx); return err })
	if len(waiting) != 1 || waiting[0].Route != "GET /log" {
		t.Fatalf("%+v", waiting)
	}
	eva.want(http.StatusSeeOther, "POST", "/access/approvals", url.Values{"which": {waiting[0].ID.String()}, "answer": {"approve"}, "reason": {"for the audit"}})
	maja.want(http.StatusForbidden, "GET", "/log", nil)
	maja.want(http.StatusForbidden, "GET", path+"&day=2027-01-01", nil)
	eva.want(http.StatusForbidden, "GET", path, nil)
	maja.want(http.StatusSeeOther, "POST", path, nil)
	maja.want(http.StatusOK, "GET", path, nil)
	maja.want(http.StatusForbidden, "GET", path, nil)
}

// TestElevationKeepsFourEyes takes up a level that may send without asking, from one
// that may not: the second person is asked all the same.
func TestElevationKeepsFourEyes(t *testing.T) {
	w := newEmpty(t)
	lines := strings.Split(string(noticedef.DemoNotice()), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "  marketing:") {
			lines[i] += "\n    four_eyes: [send]\n    elevate: [owner]"
		}
	}
	w.do(func(tx *db.Tx) error {
		_, err := w.Notice.Publish(tx, []byte(strings.Join(lines, "\n")), "Maja Exempel", "")
		return err
	})
	bo := w.colleague("Bo Ek", "marketing")
	send := "/outreach/" + w.DB.NewID().String() + "/send"
	bo.want(http.StatusAccepted, "POST", send, url.Values{"version": {"1"}})
	bo.want(http.StatusSeeOther, "POST", "/access/elevation", url.Values{"level": {"owner"}, "minutes": {"15"}, "reason": {"nobody else is here"}})
	bo.want(http.StatusAccepted, "POST", send, url.Values{"version": {"2"}})
	if rec := bo.ask("GET", "/log", nil); rec.Code != http.StatusOK {
		t.Errorf("what only the raised level gives: %d", rec.Code)
	}
}
