package admin_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/segment"
	"kartotek/internal/staff"
)

// send posts a form and gives the answer, whatever it is.
func (w *world) send(path string, form url.Values) (int, string) {
	w.t.Helper()
	rec := w.ask("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "en")
	return rec.Code, rec.Body.String()
}

// account finds an account by address.
func (w *world) account(email string) (a *staff.Account) {
	w.t.Helper()
	w.do(func(tx *db.Tx) (err error) { a, err = staff.Find(tx, email); return err })
	return a
}

func (w *world) hire(email string, levels ...string) *staff.Account {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		_, err := w.Staff.Create(tx, staff.NewAccount{Name: "Elsa Testinen", Email: email, Levels: levels})
		return err
	})
	return w.account(email)
}

func at(a *staff.Account) string { return "/staff/accounts/" + a.ID.String() }

// TestInvite: an account is made without a right unless one is chosen, and its link
// is shown once and works once.
func TestInvite(t *testing.T) {
	w := newWorld(t, "admin")
	w.get("/staff").has("Maja Exempel", "Operator", "one step only", "in use")
	code, body := w.send("/staff", url.Values{"name": {"Elsa Testinen"}, "email": {"elsa@nordanvind.example"}, "affiliation": {"own"}})
	link := between(body, "/sign-in/link/", "<")
	if code != http.StatusOK || link == "" {
		t.Fatalf("%d %.300s", code, plain(body))
	}
	if a := w.account("elsa@nordanvind.example"); len(a.Levels) != 0 {
		t.Errorf("levels %v", a.Levels)
	}
	w.get("/staff").has("invited", "no level").hasNot(link)
	if _, err := w.Staff.FollowLink(t.Context(), w.DB, link, "test"); err != nil {
		t.Error(err)
	}
	if _, err := w.Staff.FollowLink(t.Context(), w.DB, link, "test"); err == nil {
		t.Error("the link works twice")
	}
	for name, form := range map[string]url.Values{
		"the same address":       {"name": {"E"}, "email": {"ELSA@nordanvind.example"}},
		"no address":             {"name": {"E"}, "email": {"elsa"}},
		"no such level":          {"name": {"E"}, "email": {"e@nordanvind.example"}, "level": {"king"}},
		"a processor not listed": {"name": {"E"}, "email": {"e@nordanvind.example"}, "affiliation": {"nobody"}},
		"yesterday":              {"name": {"E"}, "email": {"e@nordanvind.example"}, "until": {"2020-01-01"}},
	} {
		if code, body := w.send("/staff", form); code != http.StatusUnprocessableEntity || !strings.Contains(body, "Nothing was stored") {
			t.Errorf("%s: %d", name, code)
		}
	}
}

func between(s, from, to string) string {
	_, s, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, to)
	return s
}

// TestPrivilegeGrowth: nobody gives themselves rights, nor others more than they may,
// and each try is logged. law: GDPR 32(4)
func TestPrivilegeGrowth(t *testing.T) {
	w := newWorld(t, "admin")
	me, elsa, dpo := w.account("maja.admin@nordanvind.example"), w.hire("elsa@nordanvind.example", "clerk"), w.hire("kaisa@nordanvind.example", "dpo")
	for _, tc := range []struct {
		path string
		form url.Values
	}{
		{at(me) + "/levels", url.Values{"level": {"admin", "owner"}}},
		{at(me) + "/until", url.Values{"until": {"2099-01-01"}}},
		{at(me) + "/enable", nil}, {at(me) + "/disable", nil}, {at(me) + "/link", nil}, {at(me) + "/sessions", nil},
		{at(elsa) + "/levels", url.Values{"level": {"owner"}}},
		{at(elsa) + "/levels", url.Values{"level": {"clerk", "dpo"}}},
		{at(dpo) + "/link", nil},
		{"/staff", url.Values{"name": {"Elsa"}, "email": {"new@nordanvind.example"}, "level": {"dpo"}}},
	} {
		before := w.logged("staff.refused")
		if code, _ := w.send(tc.path, tc.form); code != http.StatusForbidden {
			t.Errorf("%s %v: %d", tc.path, tc.form, code)
		}
		if w.logged("staff.refused") != before+1 {
			t.Errorf("%s %v: not logged", tc.path, tc.form)
		}
	}
	for _, a := range []*staff.Account{me, elsa, dpo} {
		if now := w.account(a.Email); !slices.Equal(now.Levels, a.Levels) || now.Until != a.Until {
			t.Errorf("%s has %v until %q", a.Email, now.Levels, now.Until)
		}
	}
	// fields that no form has are no way in either
	if code, _ := w.send(at(elsa)+"/until", url.Values{"until": {""}, "level": {"owner"}, "levels": {"owner"}, "created_at": {"0"}}); code != http.StatusSeeOther {
		t.Error(code)
	}
	if now := w.account(elsa.Email); !slices.Equal(now.Levels, []string{"clerk"}) {
		t.Errorf("levels %v", now.Levels)
	}
	w.signIn("marketing")
	for _, p := range []string{"/staff", "/staff/levels", at(elsa), "/staff/accounts/" + id.ID(99).String(), "/staff/levels/finance/edit"} {
		w.read(p, "en", http.StatusForbidden)
	}
}

// TestAccountChanges: levels, last day, closing and opening, sessions, links; each
// with its entry in the log.
func TestAccountChanges(t *testing.T) {
	w := newWorld(t, "admin")
	elsa := w.hire("elsa@nordanvind.example", "clerk")
	for _, step := range []struct {
		path string
		form url.Values
		act  string
		says string
	}{
		{"/levels", url.Values{"level": {"service", "clerk"}}, "staff.levels", "Customer service"},
		{"/until", url.Values{"until": {"2027-06-30"}}, "staff.until", "2027-06-30"},
		{"/disable", nil, "staff.disable", "closed"},
		{"/enable", nil, "staff.enable", "invited"},
		{"/sessions", nil, "staff.sign_out_all", "Elsa"},
	} {
		before := w.logged(step.act)
		if code, body := w.send(at(elsa)+step.path, step.form); code != http.StatusSeeOther {
			t.Errorf("%s: %d %.300s", step.path, code, plain(body))
		}
		if w.logged(step.act) != before+1 {
			t.Errorf("%s is not logged", step.act)
		}
		if page := w.ask("GET", at(elsa), "", nil, "en").Body.String(); !strings.Contains(page, step.says) {
			t.Errorf("%s: the page does not say %q", step.path, step.says)
		}
	}
	if code, body := w.send(at(elsa)+"/link", nil); code != http.StatusOK || between(body, "/sign-in/link/", "<") == "" {
		t.Errorf("a new link: %d", code)
	}
	w.send(at(elsa)+"/levels", url.Values{})
	if a := w.account(elsa.Email); len(a.Levels) != 0 {
		t.Errorf("levels %v", a.Levels)
	}
	w.read("/staff/accounts/"+id.ID(99).String(), "en", http.StatusNotFound)
}

// TestLevelsOutOfReachStay: who may not give a level does not take it away either.
func TestLevelsOutOfReachStay(t *testing.T) {
	w := newWorld(t, "admin")
	kaisa := w.hire("kaisa@nordanvind.example", "dpo", "clerk")
	w.post(at(kaisa)+"/levels", url.Values{"level": {"finance"}})
	if a := w.account(kaisa.Email); !slices.Equal(a.Levels, []string{"dpo", "finance"}) {
		t.Errorf("levels %v", a.Levels)
	}
}

// TestLastAdministrator: somebody is left who can administer accounts.
func TestLastAdministrator(t *testing.T) {
	w := newWorld(t, "owner")
	mikael := w.hire("mikael@nordanvind.example", "admin")
	w.post(at(mikael)+"/disable", nil) // the owner is left
	if a := w.account(mikael.Email); a.DisabledAt.IsZero() {
		t.Error("not closed")
	}
	w.post(at(mikael)+"/enable", nil)
	w.do(func(tx *db.Tx) error { // now the owner's account is no longer one of them
		owner, err := staff.Find(tx, "maja.owner@nordanvind.example")
		if err != nil {
			return err
		}
		can := func(levels []string) bool { return slices.Contains(levels, "admin") }
		if alone, err := w.Staff.Alone(tx, mikael.ID, can); err != nil || !alone {
			t.Errorf("alone %v %v", alone, err)
		}
		if err := w.Staff.KeepOne(tx, mikael.ID, nil, can); err == nil {
			t.Error("the last one was closed")
		}
		if err := w.Staff.KeepOne(tx, mikael.ID, []string{"clerk"}, can); err == nil {
			t.Error("the last one was lowered")
		}
		if err := w.Staff.KeepOne(tx, mikael.ID, []string{"admin", "clerk"}, can); err != nil {
			t.Error(err)
		}
		return w.Staff.KeepOne(tx, owner.ID, nil, can)
	})
}

// TestContractEnds: people of a processor work here as long as its contract holds.
func TestContractEnds(t *testing.T) {
	w := newWorld(t, "admin")
	w.Staff.Contract = func(processor string, at time.Time) bool {
		in, err := w.Notice.Current(context.Background())
		return err == nil && in.Notice.UnderContract(processor, at)
	}
	code, body := w.send("/staff", url.Values{"name": {"Jani Malli"}, "email": {"jani@konesali.example"}, "affiliation": {"mail-relay"}, "level": {"clerk"}})
	link := between(body, "/sign-in/link/", "<")
	o, err := w.Staff.FollowLink(t.Context(), w.DB, link, "test")
	if code != http.StatusOK || err != nil {
		t.Fatal(code, err)
	}
	w.get("/staff").has("Postilinja Oy")
	in, _ := w.Notice.Current(t.Context())
	r, _ := in.Notice.Recipient("mail-relay")
	last, _ := r.Contract.Until.Time()
	w.clock.Move(last.AddDate(0, 0, 1).Sub(w.DB.Now()))
	if _, err := w.Staff.Session(t.Context(), w.DB, o.Token); err == nil {
		t.Error("the session goes on after the contract")
	}
	w.signIn("owner")
	w.get("/staff").has("contract has ended")
	jani := w.account("jani@konesali.example")
	w.do(func(tx *db.Tx) error {
		token, err := w.Staff.Link(tx, jani.ID, staff.SignInLink)
		link = token
		return err
	})
	if _, err := w.Staff.FollowLink(t.Context(), w.DB, link, "test"); err == nil {
		t.Error("signed in after the contract")
	}
}

func flagged(e *html.Node, name string) bool {
	return slices.ContainsFunc(e.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// form is a level's form as a browser would send it back.
func (w *world) form(path string) url.Values {
	w.t.Helper()
	d, f := w.get(path), url.Values{}
	for e := range d.root.Descendants() {
		name := attr(e, "name")
		switch {
		case e.Data == "select":
			for o := range e.Descendants() {
				if o.Data == "option" && flagged(o, "selected") {
					f.Add(name, attr(o, "value"))
				}
			}
		case e.Data != "input" || name == "" || name == "q":
		case attr(e, "type") != "checkbox" || flagged(e, "checked"):
			f.Add(name, attr(e, "value"))
		}
	}
	return f
}

// TestChangeLevel: the matrix as a form, what would come of it, and the notice that
// is published.
func TestChangeLevel(t *testing.T) {
	w := newWorld(t, "admin")
	for _, email := range []string{"a@nordanvind.example", "b@nordanvind.example", "c@nordanvind.example"} {
		w.hire(email, "finance")
	}
	w.get("/staff/levels?level=finance").has("Sends invoices", "Changes", "Elsa Testinen").want("table.may", 1)
	w.get("/staff/levels?level=finance&with=clerk").has("Clerk:")
	f := w.form("/staff/levels/finance/edit")
	if code, body := w.send("/staff/levels/finance/check", f); code != http.StatusUnprocessableEntity || !strings.Contains(body, "like that already") {
		t.Errorf("nothing changed: %d %.300s", code, plain(body))
	}
	f.Set("cell.relationship.billing", "")
	f.Set("cell.relationship.contact", "see")
	f.Add("act.relationship", "decide")
	code, body := w.send("/staff/levels/finance/check", f)
	d := parse(t, "check", body).has("3 people will no longer see billing details", "3 people will see contact details", "3 people may ask whether something may be sent", "version 2").hasNot("search by billing")
	if code != http.StatusOK || d.count("input[type=hidden]") < 5 {
		t.Errorf("%d", code)
	}
	if w.logged("level.set") != 0 {
		t.Error("looking at a change made it")
	}
	w.post("/staff/levels/finance", f)
	in, err := w.Notice.Current(t.Context())
	if err != nil || in.Number != 2 || in.ApprovedBy != "Maja Exempel" {
		t.Fatal(in, err)
	}
	l, _ := in.Level("finance")
	if l.May("relationship", "billing", "see") || !l.May("relationship", "contact", "see") || l.May("relationship", "contact", "search") || !l.CanFor("relationship", "decide") {
		t.Errorf("%s", l.YAML())
	}
	w.get("/staff/levels/history").has("Finance", "Billing details", "Maja Exempel")
	if code, body := w.send("/staff/levels/finance", f); code != http.StatusUnprocessableEntity || !strings.Contains(body, "changed in the meantime") {
		t.Errorf("an old form: %d", code)
	}
}

// TestNewLevel: a level is added, and one nobody may give is refused.
func TestNewLevel(t *testing.T) {
	w := newWorld(t, "admin")
	f := w.form("/staff/levels/new")
	f.Set("name", "guest")
	for lang, title := range map[string]string{"sv": "Gäst", "fi": "Vieras", "en": "Guest"} {
		f.Set("title."+lang, title)
	}
	f.Set("cell.relationship.identity", "see")
	w.send("/staff/levels/-/check", f)
	w.get(w.post("/staff/levels/-", f)).has("Guest", "Sees", "Nobody holds the level")
	for why, change := range map[string]func(url.Values){
		"it is there already":    func(f url.Values) {},
		"a name that is none":    func(f url.Values) { f.Set("name", "All Of Us") },
		"a cell that is none":    func(f url.Values) { f.Set("name", "x"); f.Set("cell.relationship.identity", "steal") },
		"an act that is none":    func(f url.Values) { f.Set("name", "x"); f.Add("act", "rule") },
		"raised to nothing":      func(f url.Values) { f.Set("name", "x"); f.Add("elevate", "king") },
		"one language is missed": func(f url.Values) { f.Set("name", "x"); f.Del("title.fi") },
	} {
		g := w.form("/staff/levels/new")
		for _, k := range []string{"name", "title.sv", "title.fi", "title.en"} {
			g.Set(k, f.Get(k))
		}
		change(g)
		if code, body := w.send("/staff/levels/-", g); code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %.200s", why, code, plain(body))
		}
	}
}

// TestLevelsOfOthersOnly: nobody changes what they hold or could take up, nor lets
// others publish without publishing themselves.
func TestLevelsOfOthersOnly(t *testing.T) {
	w := newWorld(t, "admin")
	w.read("/staff/levels/admin/edit", "en", http.StatusForbidden)
	w.get("/staff/levels?level=admin").has("You hold this level").want("a[href=/staff/levels/admin/edit]", 0)
	f := w.form("/staff/levels/clerk/edit")
	for path, form := range map[string]url.Values{
		"/staff/levels/admin":         with(f, "act", "publish"),
		"/staff/levels/admin/check":   f,
		"/staff/levels/clerk":         with(f, "act", "publish"),
		"/staff/levels/clerk/check":   with(f, "act", "notice"),
		"/staff/levels/finance/check": with(f, "elevate", "dpo"),
	} {
		before := w.logged("staff.refused")
		if code, _ := w.send(path, form); code != http.StatusForbidden || w.logged("staff.refused") != before+1 {
			t.Errorf("%s: %d", path, code)
		}
	}
	w.read("/staff/levels/king/edit", "en", http.StatusNotFound)
	w.read("/staff/levels?level=king", "en", http.StatusNotFound)
	if in, _ := w.Notice.Current(t.Context()); in.Number != 1 {
		t.Error("something was published")
	}
}

func with(f url.Values, name, value string) url.Values {
	out := url.Values{}
	for k, v := range f {
		out[k] = slices.Clone(v)
	}
	out.Add(name, value)
	return out
}

// secret is billing data of a person that nobody may learn who does not see it.
const secret = "bill77@konesali.example"

// billed gives everybody a billing address of their own besides the reference.
func (w *world) billed() {
	w.do(func(tx *db.Tx) error {
		src, err := w.Party.AddSource(tx, "staff", "avtal")
		if err == nil {
			_, err = w.Party.AddAddress(tx, w.people["Åkesson"], party.KindEmail, "billing", secret, src)
		}
		return err
	})
	w.do(func(tx *db.Tx) error {
		src, err := w.Party.AddSource(tx, "staff", "rättat")
		if err == nil {
			_, err = w.Party.Edit(tx, w.people["Åkesson"], src, []party.Pair{{Name: "billing_reference", Value: "REF-88"}})
		}
		return err
	})
	w.do(func(tx *db.Tx) error {
		_, err := w.Segment.Save(tx, segment.Segment{Name: "Fakturor", Text: `billing_reference = "REF-88"`})
		return err
	})
}

// TestBillingStaysHidden: a level that may not see billing data does not learn of it
// by any door.
func TestBillingStaysHidden(t *testing.T) {
	w := newWorld(t, "marketing")
	w.billed()
	asa := "/people/" + w.people["Åkesson"].String()
	hidden := []string{"REF-77", "REF-88", secret, "bill77"}
	for _, p := range []string{asa, asa + "/history", "/people", "/search?q=akesson", "/segments", "/organisations"} {
		w.get(p).hasNot(hidden...)
	}
	for _, p := range []string{"/search?q=" + secret, "/people?q=" + secret, "/people?q=bill77@"} {
		w.get(p).has("No match").hasNot("Åkesson")
	}
	w.get("/search?q=p0@fjord.example").has("Åkesson")
	w.get("/segments").hasNot("Fakturor")
	rule := url.Values{"name": {"X"}, "expression": {`billing_reference = "REF-88"`}, "op": {"save"}}
	if code, body := w.send("/segments", rule); code != http.StatusOK || !strings.Contains(body, "does not list a field") {
		t.Errorf("a segment by billing data: %d", code)
	}
	_, body := w.send("/segments/count", rule)
	parse(t, "count", body).want("b", 0)
	letter := url.Values{"name": {"Brevet"}, "purpose": {"newsletter"}, "channel": {"email"}, "segment": {`billing_reference = "REF-88"`},
		"from": {"Nordanvind <news@nordanvind.example>"}, "subject": {"Hej"}, "body": {"Hej {{ person.first_name }} {{ person.billing_reference }}!"}}
	if code, body := w.send("/outreach", letter); code == http.StatusSeeOther && !strings.Contains(body, "does not list") {
		t.Errorf("a newsletter by billing data: %d %.200s", code, plain(body))
	}
	letter.Set("segment", "everyone")
	if to := w.post("/outreach", letter); to != "/outreach/new" {
		w.get(to + "/preview?as=" + w.people["Åkesson"].String()).has("Åsa").hasNot(hidden...)
		if rec := w.ask("GET", to+"/body?as="+w.people["Åkesson"].String(), "", nil, "en"); strings.Contains(rec.Body.String(), "REF-") {
			t.Error("the letter's body holds billing data")
		}
	}
	w.signIn("finance")
	w.get(asa).has("REF-88", secret)
	w.get("/search?q=" + secret).has("No match") // found by an address, which finance does not search by
}

// TestContactIsNoWayIn: finance finds people by name, and by nothing it does not see.
func TestContactIsNoWayIn(t *testing.T) {
	w := newWorld(t, "finance")
	w.get("/people?q=akesson").has("Åkesson").hasNot("p0@fjord.example", "Esbo", "Fjällkliniken")
	for _, p := range []string{"/people?q=p0@fjord.example", "/search?q=p0@fjord.example", "/search?q=p0@", "/search?q=Fjallkliniken"} {
		w.get(p).has("No match").hasNot("Åkesson", "Fjällkliniken")
	}
	w.read("/people?city=Esbo", "en", http.StatusForbidden)
	w.read("/organisations", "en", http.StatusForbidden)
	w.get("/people/"+w.people["Åkesson"].String()).hasNot("Consent", "mässan@", "Has forbidden")
}

// TestSeeWithoutSearch: a level with [see] reads a card it was led to and browses
// nothing.
func TestSeeWithoutSearch(t *testing.T) {
	w := newWorld(t, "admin")
	f := w.form("/staff/levels/finance/edit")
	f.Set("cell.relationship.identity", "see")
	f.Set("cell.relationship.billing", "see")
	w.post("/staff/levels/finance", f)
	w.signIn("finance")
	asa := "/people/" + w.people["Åkesson"].String()
	w.get(asa).has("Åkesson", "REF-77")
	for _, p := range []string{"/people", "/people?q=akesson", "/search?q=akesson", "/people/duplicates"} {
		w.read(p, "en", http.StatusForbidden)
	}
}

// TestEveryLevelSeesItsOwn: the pages show no category that no level of the reader
// sees, for each level of the notice.
func TestEveryLevelSeesItsOwn(t *testing.T) {
	w := newWorld(t, "none")
	asa := "/people/" + w.people["Åkesson"].String()
	marks := map[string]string{"contact": "p0@fjord.example", "employer": "Fjällkliniken Oy", "billing": "REF-77", "identity": "Åkesson"}
	in, _ := w.Notice.Current(t.Context())
	for _, l := range in.Notice.LevelList() {
		w.signIn(l.Name)
		for _, p := range []string{asa, asa + "/history", "/people", "/search?q=a", "/organisations"} {
			body := w.ask("GET", p, "", nil, "en").Body.String()
			for category, mark := range marks {
				if !l.May("", category, noticedef.See) && strings.Contains(plain(body), mark) {
					t.Errorf("%s reads %s on %s", l.Name, category, p)
				}
			}
		}
	}
}
