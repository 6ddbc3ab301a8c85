package admin_test

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
	"kartotek/internal/scan"
)

// desk opens the rights desk of a world.
func (w *world) desk() {
	w.Rights = &rights.Room{DB: w.DB, Keys: w.Keys, Party: w.Party, Outbox: w.Outbox, Post: w.Post, Able: func() bool { return true },
		Needs: rights.Needs{Restrict: w.Party.Restrict},
		Terms: func(*db.Tx) (*rights.Terms, error) {
			return &rights.Terms{Version: 1, Authority: "FI", Country: "FI", Language: "sv", Contact: "privacy@nordanvind.example", Controller: rights.Controller{Name: "Nordanvind Oy", Country: "FI"}}, nil
		}}
	w.Scan = &scan.Room{DB: w.DB, Keys: w.Keys, Media: w.Media, Spend: func(tx *db.Tx, files ...id.ID) error {
		tx.AfterCommit(func() { _, _ = w.Keys.Forget(files...) })
		return nil
	}}
	w.Rights.Files, w.Intake = w.Scan, &intake.Room{DB: w.DB, Keys: w.Keys, Rights: w.Rights, Scan: w.Scan, Party: w.Party}
}

var caseAddress = regexp.MustCompile(`href="(/requests/[0-9a-z]{8,})"`)

// opened enters a request by the form, and gives the address of its case.
func (w *world) opened(form url.Values) string {
	w.t.Helper()
	w.post("/requests", form)
	m := caseAddress.FindStringSubmatch(w.body("/requests"))
	if m == nil {
		w.t.Fatal("the board lists no case")
	}
	return m[1]
}

func (w *world) body(path string) string {
	_, body := w.page(path)
	return body
}

// page asks for a page and gives its status and source.
func (w *world) page(path string) (int, string) {
	w.t.Helper()
	r := w.ask(http.MethodGet, path, "", nil, "en")
	return r.Code, r.Body.String()
}

// TestDesk takes a letter from its arrival to the answer: entered, matched, identity
// asked for and verified, a value corrected, and the letters on the way.
func TestDesk(t *testing.T) {
	w := newWorld(t, "owner")
	w.desk()
	w.get("/requests").has("No open requests")
	arrived := w.clock.Now().Add(-25 * 24 * time.Hour).Format(time.DateOnly)
	form := url.Values{"kind": {"rectification"}, "channel": {"post"}, "arrived": {arrived}, "name": {"Somebody Else"}, "said": {"My city is wrong <script>alert(1)</script>"}, "language": {"en"}}
	at := w.opened(form)
	w.get(at).has("Rectification", "Whose request is it?", "My city is wrong <script>alert(1)</script>", "One month from arrival", "GDPR 12(3)", "Identity not confirmed yet", "Confirmation", "to be printed")
	if raw := w.body(at); strings.Contains(raw, "<script>alert") {
		t.Error("what was written is not escaped")
	}
	w.get("/").has("Rectification R-", "Soon")
	w.get("/requests").has("left")
	who := w.people["Öberg"]
	w.get(at+"?who="+url.QueryEscape("Öberg")).has("This is the person", "Öberg")
	w.post(at+"/match", url.Values{"person": {who.String()}})
	if status, body := w.answered(at+"/ask", url.Values{"why": {rightsdef.WaitIdentity}, "want": {"shared_facts"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Without a doubt nothing more may be asked for") {
		t.Errorf("asking without a doubt: %d", status)
	}
	w.post(at+"/ask", url.Values{"why": {rightsdef.WaitIdentity}, "doubt": {"name-differs"}, "want": {"known_address"}})
	w.get(at).has("Waiting for the person", "still waiting", "Question about identity")
	if status, body := w.answered(at+"/fulfil", url.Values{"field1": {"city"}, "value1": {"Vasa"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "cannot be dealt with in this way now") {
		t.Errorf("carrying out before it is sure: %d", status)
	}
	w.post(at+"/verify", url.Values{"method": {"known_address"}, "checked": {"answered from it"}})
	w.get(at).has("Identity confirmed", "Carry out and answer")
	w.post(at+"/fulfil", url.Values{"field1": {"city"}, "value1": {"Vasa"}})
	w.get(at).has("Carried out", "Answer").hasNot("Carry out and answer")
	w.do(func(tx *db.Tx) error {
		p, _, err := w.Party.Get(tx, who)
		if err == nil && p.City != "Vasa" {
			t.Errorf("city %q", p.City)
		}
		return err
	})
	w.get("/requests").has("No open requests")
	w.get("/requests?state=closed").has("Rectification")
	w.get("/requests/figures").has("1 requests")
	for _, action := range []string{"rights.read", "rights.list", "rights.opened", "rights.fulfilled"} {
		if w.logged(action) == 0 {
			t.Errorf("%s is not in the log", action)
		}
	}
}

// TestDeskLetters reads a letter as the person gets it, prints it and marks it posted.
func TestDeskLetters(t *testing.T) {
	w := newWorld(t, "owner")
	w.desk()
	at := w.opened(url.Values{"kind": {"access", "erasure"}, "channel": {"phone"}, "arrived": {w.clock.Now().Format(time.DateOnly)}, "name": {"Ann"}, "language": {"fi"}})
	w.get(at).has("Belongs with")
	link := regexp.MustCompile(`href="(` + at + `/letters/[0-9a-z]+)"`).FindStringSubmatch(w.body(at))
	if link == nil {
		t.Fatal("no letter")
	}
	w.get(link[1]).has("Nordanvind Oy", "R-20")
	if status, pdf := w.page(link[1] + "/pdf"); status != 200 || !strings.HasPrefix(pdf, "%PDF-") {
		t.Errorf("%d %.20q", status, pdf)
	}
	w.post(at+"/printed", url.Values{"item": {link[1][strings.LastIndexByte(link[1], '/')+1:]}})
	w.get(at).has("posted")
}

// TestDeskRefuses: a refusal as excessive wants both sorts of evidence, and wrong input
// is answered on the page with nothing stored.
func TestDeskRefuses(t *testing.T) {
	w := newWorld(t, "owner")
	w.desk()
	for want, form := range map[string]url.Values{
		"Say which right the request is about":      {"channel": {"post"}, "name": {"Ann"}, "arrived": {"2026-01-02"}},
		"Say who asks":                              {"kind": {"access"}, "channel": {"post"}, "arrived": {"2026-01-02"}},
		"The day of arrival is a day that has come": {"kind": {"access"}, "channel": {"post"}, "name": {"Ann"}, "arrived": {"2926-01-02"}},
		"Say which way the request came":            {"kind": {"access"}, "channel": {"pigeon"}, "name": {"Ann"}, "arrived": {w.clock.Now().Format(time.DateOnly)}},
	} {
		if status, body := w.answered("/requests", form); status != http.StatusUnprocessableEntity || !strings.Contains(plain(body), want) {
			t.Errorf("%s: %d", want, status)
		}
	}
	w.get("/requests").has("No open requests")
	at := w.opened(url.Values{"kind": {"access"}, "channel": {"in_person"}, "arrived": {w.clock.Now().Format(time.DateOnly)}, "name": {"Ann"}})
	refusal := url.Values{"code": {"A12ManifestlyExcessive"}, "reasons": {"Too often."}}
	if status, body := w.answered(at+"/refuse", refusal); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Write down the facts of number, time and effort") {
		t.Errorf("%d", status)
	}
	refusal.Set("objective", strings.Repeat("Twelve requests in two weeks. ", 3))
	refusal.Set("subjective", strings.Repeat("Each offers to stop for money. ", 3))
	refusal.Set("intent", "A12MaliciousIntent")
	w.post(at+"/refuse", refusal)
	w.get(at).has("Refused", "Refusal", "Grounds of the refusal")
	w.post(at+"/reopen", url.Values{})
	w.get(at).has("Being carried out")
	w.post(at+"/withdraw", url.Values{})
	w.get(at).has("Taken back")
	if status, _ := w.page("/requests/zzzzzzzz0001"); status != http.StatusNotFound {
		t.Errorf("a case that is not there: %d", status)
	}
}
