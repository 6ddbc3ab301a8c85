package admin_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

const shopLink = "https://shop.example/one"

// went sends a newsletter that counts clicks to everybody who may get it.
func (w *world) went(name string) *campaign.Campaign {
	w.t.Helper()
	var c *campaign.Campaign
	w.do(func(tx *db.Tx) (err error) {
		c, err = w.Campaign.Save(tx, campaign.Campaign{Name: name, Purpose: "newsletter", Class: "marketing", Channel: "email", From: "Nordanvind <news@nordanvind.example>",
			Subject: "Hej", Body: "[Läs](" + shopLink + ") [Mer](https://shop.example/two)", Audience: "everyone", Language: "sv", Options: campaign.Options{Clicks: true}})
		if err == nil {
			err = w.Campaign.Start(tx, c.ID)
		}
		return err
	})
	w.work(campaign.KindDecide, campaign.KindSend)
	w.do(func(tx *db.Tx) (err error) { c, err = w.Campaign.Get(tx, c.ID); return err })
	w.clock.Move(2 * time.Minute)
	return c
}

// follows is n people following a link of a newsletter.
func (w *world) follows(c *campaign.Campaign, address string, n int) {
	w.t.Helper()
	var l clicks.Link
	w.do(func(tx *db.Tx) (err error) {
		l, err = w.Clicks.Open(tx, clicks.Token(w.Keys, clicks.LinkID(w.Keys, c.ID, 1, address)))
		return err
	})
	for i := range n {
		w.Clicks.Hit(clicks.Hit{Link: l, At: w.DB.Now(), Source: fmt.Sprint("192.0.2.", i), Method: "GET", Agent: "Mozilla/5.0 Firefox/140.0", Language: "sv"})
	}
	w.clock.Move(time.Minute)
	if err := w.Clicks.Flush(w.t.Context(), w.DB.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// came is a message of a newsletter coming back.
func (w *world) came(c *campaign.Campaign, last string, back outbox.Return) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		m, _, err := w.Outbox.For(tx, w.people[last], c.ID)
		if err == nil {
			_, _, err = w.Outbox.TakeReturn(tx, m, "", back)
		}
		return err
	})
}

// more adds people who want the newsletter, so that there are enough to tell of.
func (w *world) more(n int) {
	for i := range n {
		w.person(100+i, "Extra", fmt.Sprintf("Exempel%02d", i), "Kuusitie", "Tampere", "consent")
	}
}

// TestResults reads what came of a newsletter, in numbers and by person.
func TestResults(t *testing.T) {
	w := newWorld(t, "owner")
	w.more(5)
	c := w.went("Brevet")
	at := "/outreach/" + c.ID.String()
	w.follows(c, shopLink, 3)
	w.came(c, "Exempel00", outbox.Return{Kind: "bounce", Code: "user_unknown", Hard: true})
	w.came(c, "Exempel01", outbox.Return{Kind: "complaint", Code: "abuse"})
	w.do(func(tx *db.Tx) error { return w.Clicks.Left(tx, c.ID, w.people["Exempel02"], clicks.LeftOneClick) })
	if to := w.get(at).link(at + "/results"); to != at+"/results" {
		t.Error(to)
	}
	for _, lang := range i18n.Langs {
		w.read(at+"/results", lang, http.StatusOK).want("svg.plot", 1)
		w.read("/outreach/compare", lang, http.StatusOK).want("table.list", 1)
	}
	w.get(at+"/results").has("7 Sent of 9 in the audience", "6 Delivered", "1 Bounced", "1 Complaints", "2 Said no afterwards", "3 Clicks and 0 by machines", shopLink,
		"the address does not exist", "this is spam", "with one click", "No consent", "Has forbidden all marketing")
	// Did this person get it, when, why?
	w.get(at+"/results?person=Åkesson").has("Åsa Åkesson", "got it", "Consent").link("/people/" + w.people["Åkesson"].String() + "/verdict/")
	w.get(at+"/results?person=Öberg").has("did not get it", "all marketing").hasNot("Åsa")
	w.get(at + "/results?person=Nemo").has("There is no such person")
	w.person(50, "Senare", "Senström", "", "Åbo", "consent")
	w.get(at + "/results?person=Senström").has("was not in the audience")
	if w.logged("campaign.person") != 3 {
		t.Errorf("%d questions about people are in the log", w.logged("campaign.person"))
	}
	w.get("/outreach/compare?sort=clicks").has("Brevet", "42.9%", "(3)")
}

// TestFewGotIt tells nothing of what three people followed.
func TestFewGotIt(t *testing.T) {
	w := newWorld(t, "owner")
	c := w.went("Till några få")
	w.follows(c, shopLink, 1)
	w.get("/outreach/"+c.ID.String()+"/results").has("Too few got the letter").hasNot("1 Clicks", shopLink)
	w.get("/outreach/compare").has("Till några få").hasNot("50%")
	file := w.ask("GET", "/outreach/"+c.ID.String()+"/results.csv", "", nil, "en").Body.String()
	if strings.Contains(file, "click") {
		t.Errorf("the file tells it: %s", file)
	}
}

// TestCompare sorts newsletters by what is asked for.
func TestCompare(t *testing.T) {
	w := newWorld(t, "owner")
	w.more(5)
	first, second := w.went("Zeta first"), w.went("Alfa second")
	w.follows(first, shopLink, 4)
	w.follows(second, shopLink, 2)
	for _, c := range []struct {
		sort  string
		first string
	}{{"", "Alfa"}, {"time", "Alfa"}, {"time&back=1", "Zeta"}, {"name", "Alfa"}, {"name&back=1", "Zeta"}, {"clicks", "Zeta"}, {"clicks&back=1", "Alfa"}, {"nothing", "Alfa"}} {
		d := w.get("/outreach/compare?sort="+c.sort).want("th[aria-sort]", 1)
		if a, z := strings.Index(d.text, "Alfa second"), strings.Index(d.text, "Zeta first"); (a < z) != (c.first == "Alfa") {
			t.Errorf("%s: %d %d", c.sort, a, z)
		}
	}
	w.read("/outreach/compare?after=forged", "en", http.StatusBadRequest)
}

func (w *world) file(path string) [][]string {
	w.t.Helper()
	return w.table(path, w.ask("GET", path, "", nil, "en"))
}

// given reads the file of people that a recipient, or the company itself, gets.
func (w *world) given(path, to string) [][]string {
	w.t.Helper()
	return w.table(path, w.ask("POST", path, "application/x-www-form-urlencoded", strings.NewReader("to="+to), "en"))
}

func (w *world) table(path string, rec *httptest.ResponseRecorder) [][]string {
	w.t.Helper()
	if rec.Code != http.StatusOK || !strings.HasPrefix(rec.Header().Get("Content-Disposition"), "attachment; filename=\"") {
		w.t.Fatalf("%s: %d %v", path, rec.Code, rec.Header())
	}
	body, marked := strings.CutPrefix(rec.Body.String(), "\ufeff")
	all, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || !marked {
		w.t.Fatalf("%v", err)
	}
	return all
}

// TestResultFiles writes figures and people; no cell is a formula, and what the
// reader may not see is not in it.
func TestResultFiles(t *testing.T) {
	w := newWorld(t, "owner")
	w.person(60, "=cmd|' /C calc'!A0", "+Exempel", "", "Åbo", "consent")
	w.more(4)
	c := w.went(`=HYPERLINK("x") Brevet`)
	w.follows(c, shopLink, 2)
	at := "/outreach/" + c.ID.String()
	figures := w.file(at + "/results.csv")
	for _, want := range [][]string{{"sent", "", "7"}, {"left-out", "NO-CONSENT", "1"}, {"click", shopLink, "2"}} {
		if !slices.ContainsFunc(figures, func(r []string) bool { return slices.Equal(r, want) }) {
			t.Errorf("%v is missing from %v", want, figures)
		}
	}
	people := w.given(at+"/people.csv", "own")
	if len(people) != 1+9 {
		t.Errorf("%d rows", len(people))
	}
	for _, row := range append(figures, people...) {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell is a formula: %q", cell)
			}
		}
	}
	if !slices.ContainsFunc(people, func(r []string) bool { return strings.HasPrefix(r[1], "'=cmd") && r[3] == "sent" && r[4] == "CONSENT" }) {
		t.Errorf("%v", people)
	}
	if w.logged("campaign.export") != 2 {
		t.Error("what left the register is not in the log")
	}
	w.signIn("marketing") // may not export
	w.read(at+"/results.csv", "en", http.StatusForbidden)
	if status, _ := w.answered(at+"/people.csv", url.Values{"to": {"own"}}); status != http.StatusForbidden {
		t.Errorf("people are written for somebody who may not export: %d", status)
	}
	w.get(at + "/results").hasNot("as CSV")
	w.signIn("service") // does not work for the purpose at all
	w.read(at+"/results", "en", http.StatusForbidden)
}

// TestFileForRecipient: whoever fetches the people of a newsletter says for whom. A
// recipient gets what the notice says it receives, of nobody whose data is only stored,
// and it is on record of each; one that receives nothing of it, or is not listed, gets
// nothing.
func TestFileForRecipient(t *testing.T) {
	w := newWorld(t, "owner")
	w.person(60, "Bo", "Keptsson", "", "Åbo", "consent")
	w.person(61, "Eva", "Storedsson", "", "Åbo", "consent")
	kept, stored := w.people["Keptsson"], w.people["Storedsson"]
	c := w.went("Brevet")
	w.do(func(tx *db.Tx) error { return w.Party.Restrict(tx, stored, true) })
	at := "/outreach/" + c.ID.String()
	w.get(at+"/results").has("Own use", "Postilinja Oy")
	people := w.given(at+"/people.csv", "mail-relay")
	if !slices.Equal(people[0], []string{"person", "name", "email"}) {
		t.Errorf("the relay is given %v", people[0])
	}
	has := func(who id.ID) bool {
		return slices.ContainsFunc(people, func(r []string) bool { return r[0] == who.String() })
	}
	if !has(kept) || has(stored) {
		t.Errorf("%v", people)
	}
	disclosed := func(who id.ID) (n int) {
		w.do(func(tx *db.Tx) error {
			all, err := w.Recipient.Of(tx, who)
			for _, x := range all {
				if n++; x.Recipient != "mail-relay" || x.What != "Brevet" || strings.Join(x.Categories, " ") != "identity contact" {
					t.Errorf("%+v", x)
				}
			}
			return err
		})
		return n
	}
	if disclosed(kept) != 1 || disclosed(stored) != 0 {
		t.Errorf("on record: %d and %d", disclosed(kept), disclosed(stored))
	}
	for _, to := range []string{"nobody", "sms-gateway"} {
		if _, body := w.answered(at+"/people.csv", url.Values{"to": {to}}); strings.Contains(body, "@") {
			t.Errorf("%s is given people", to)
		}
	}
	w.given(at+"/people.csv", "own")
	if disclosed(kept) != 1 {
		t.Error("the company's own use is on record as a disclosure")
	}
}

// TestPublishing puts a letter into the archive and takes it out.
func TestPublishing(t *testing.T) {
	w := newWorld(t, "marketing")
	c := w.went("Brevet")
	at := "/outreach/" + c.ID.String()
	w.get(at+"/results").has("The letter is not in the archive", "Put in the archive")
	if to := w.post(at+"/archive", url.Values{"on": {"yes"}}); to != at+"/results" {
		t.Error(to)
	}
	w.get(at+"/results").has("Everybody may read the letter", "Take out of the archive").link("/archive/" + c.ID.String() + "/letter")
	w.post(at+"/archive", url.Values{"on": {"no"}})
	w.get(at + "/results").has("The letter is not in the archive")
	if w.logged("campaign.archive") != 1 || w.logged("campaign.unarchive") != 1 {
		t.Error("publishing is not in the log")
	}
	w.read("/outreach/"+id.ID(1).String()+"/results", "en", http.StatusNotFound)
	w.signIn("analyst")
	if rec := w.ask("POST", at+"/archive", "application/x-www-form-urlencoded", strings.NewReader("on=yes"), "en"); rec.Code != http.StatusForbidden {
		t.Errorf("an analyst publishes: %d", rec.Code)
	}
}
