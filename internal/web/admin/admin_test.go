package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
)

// letter saves a draft newsletter.
func (w *world) letter() (which id.ID) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		c, err := w.Campaign.Save(tx, campaign.Campaign{Name: "Novemberbrevet", Purpose: "newsletter", Class: "marketing", Channel: "email",
			From: "Nordanvind <news@nordanvind.example>", Subject: "Hej {{ person.first_name }}", Body: "# Nytt\n\nHej {{ person.first_name }}, luften är ren.", Audience: "everyone", Language: "sv"})
		if err == nil {
			which = c.ID
		}
		return err
	})
	return which
}

// TestPages asks for every page in every language.
func TestPages(t *testing.T) {
	w := newWorld(t, "owner")
	letter := "/outreach/" + w.letter().String()
	asa := "/people/" + w.people["Åkesson"].String()
	org := w.get("/organisations").link("/organisations/")
	evidence := w.get(asa).link(asa + "/evidence/")
	pages := []struct{ path, sel string }{
		{"/", "svg.plot"}, {"/people", "table.list"}, {"/people?city=Esbo", "a.chip"}, {asa, "table.may"}, {asa + "/history", "#main"},
		{evidence, "blockquote.doc"}, {"/people/duplicates", "#main"}, {"/organisations", "table.list"}, {org, "table.list"},
		{"/search?q=akesson", "#people"}, {"/import", "form.form"}, {"/outreach", "table.list"}, {"/outreach/new", "textarea"}, {letter, "div.figs"},
		{letter + "/edit", "textarea"}, {letter + "/preview", "iframe.mail"}, {"/segments", "div.empty"}, {"/segments/new", "div.rule"},
		{"/notices", "table.list"}, {"/log", "table.list"},
	}
	for _, p := range pages {
		for _, lang := range i18n.Langs {
			if d := w.read(p.path, lang, http.StatusOK); d.count(p.sel) == 0 {
				t.Errorf("%s (%s) has no %s: %.300s", p.path, lang, p.sel, d.text)
			}
		}
	}
}

func TestPeopleList(t *testing.T) {
	w := newWorld(t, "owner")
	w.get("/people").has("Åkesson", "Öberg", "may get Newsletter", "Has forbidden all marketing", "No consent", "4 people in the register")
	w.get("/people?city=esbo").has("Åkesson", "Öberg", "2 matches").hasNot("Nygård", "Aaltonen").want("a[href=/people?city=Esbo]", 2)
	w.get("/people?city=esbo&q=akesson").has("Åkesson", "1 match").hasNot("Öberg").want("a.chip", -1)
	w.get("/people?tag=filter").want("td[data-label=Changed]", 4)
	w.get("/people?q=nobody").has("No match")
	w.read("/people?after=forged", "en", http.StatusBadRequest)
	w.read("/people/"+id.ID(12345).String(), "en", http.StatusNotFound)
	if w.logged("person.search") < 2 || w.logged("person.list") < 2 {
		t.Error("reading lists was not logged")
	}
}

// TestPaging walks a list longer than a page: everybody once, the nameless last.
func TestPaging(t *testing.T) {
	w := newWorld(t, "owner")
	for i := range 60 {
		w.person(100+i, "Test", "Person"+string(rune('a'+i%26))+string(rune('a'+i/26)), "", "Vasa", "")
	}
	w.person(200, "", "", "", "Vasa", "")
	first := w.get("/people").hasNot("p200@fjord.example")
	next := w.get(first.link("/people?after="))
	next.has("p200@fjord.example")
	first.has("Öberg")
	if n := first.count("td[data-label=Changed]") + next.count("td[data-label=Changed]"); n != 65 {
		t.Errorf("two pages show %d people, want 65", n)
	}
}

func TestSearch(t *testing.T) {
	w := newWorld(t, "owner")
	w.letter()
	w.get("/search?q=akesson").has("Åkesson", "p0@fjord.example")
	w.get("/search?q=p1@fjord.example").has("Öberg").hasNot("Nygård")
	w.get("/search?q=kyrkslatt").has("Kyrkslätts skolor")
	w.get("/search?q=novemberbrevet").has("Novemberbrevet", "draft")
	w.get("/search?q=zzz").has("No match")
}

func TestAddPerson(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.post("/people", url.Values{"first_name": {"Ingrid"}, "last_name": {"Sandelin"}, "email": {"ingrid@sandelin.example"}, "source": {"mässan 4.11"}})
	w.get(at).has("Ingrid Sandelin", "ingrid@sandelin.example", "mässan 4.11", "No consent")
	if at := w.post("/people", url.Values{"last_name": {"X"}, "email": {"ingrid@sandelin.example"}, "source": {"x"}}); at != "/people" {
		t.Errorf("a taken address leads to %s", at)
	}
	if w.logged("person.create") != 1 {
		t.Error("the log does not have one new person")
	}
}

// TestLetter enters a prohibition that came by post: it holds at once, stands in
// the matrix with its date, and its evidence can be opened.
func TestLetter(t *testing.T) {
	w := newWorld(t, "owner")
	asa := "/people/" + w.people["Åkesson"].String()
	w.get(asa).want("a.yes", -1).has("Consent")
	w.post(asa+"/permission", url.Values{"act": {"prohibit"}, "method": {"letter"}, "evidence": {"Ingen reklam, tack."}, "received": {"2026-11-22"}, "signed": {"2026-11-20"}})
	w.get(asa).has("Has forbidden all marketing 22 Nov 2026", "Prohibition: all marketing", "letter")
	ev := w.get(asa).link(asa + "/evidence/")
	w.get(ev).has("Ingen reklam, tack.", "20 Nov 2026", "In force.")
	w.post(asa+"/permission", url.Values{"act": {"consent"}, "purpose": {"newsletter"}, "channel": {"email"}, "evidence": {"Ja"}, "received": {"2026-11-21"}})
	w.get(asa).has("Has forbidden all marketing")
	for _, bad := range []url.Values{
		{"act": {"prohibit"}, "received": {"2026-11-22"}},
		{"act": {"prohibit"}, "evidence": {"x"}, "received": {"2027-01-01"}},
		{"act": {"erase"}, "evidence": {"x"}, "received": {"2026-11-22"}},
		{"act": {"consent"}, "evidence": {"x"}, "received": {"2026-11-22"}},
		{"act": {"consent"}, "purpose": {"newsletter"}, "channel": {"telex"}, "evidence": {"x"}, "received": {"2026-11-22"}},
	} {
		w.post(asa+"/permission", bad)
	}
	var n int
	w.do(func(tx *db.Tx) error {
		all, err := w.Ledger.Entries(tx, w.people["Åkesson"])
		n = len(all)
		return err
	})
	if n != 3 {
		t.Errorf("the ledger has %d entries, want 3: what was refused was stored", n)
	}
}

func TestEditAndUndo(t *testing.T) {
	w := newWorld(t, "owner")
	asa := "/people/" + w.people["Åkesson"].String()
	w.post(asa+"/field", url.Values{"field": {"title"}, "value": {"Inköpschef"}, "reason": {"ringde 22.11"}})
	w.get(asa).has("Inköpschef", "ringde 22.11")
	w.get(asa + "/history").has("Inköpschef")
	undo := w.get(asa).link(asa + "/undo?change=")
	w.post(undo, url.Values{})
	w.get(asa + "/history").has("undone")
	w.post(asa+"/tag", url.Values{"tag": {"vip"}})
	w.get(asa).has("vip")
	w.post(asa+"/untag", url.Values{"tag": {"vip"}})
	if rec := w.ask("POST", asa+"/field", "application/x-www-form-urlencoded", strings.NewReader("field=shoe_size&value=43&reason=x"), "en"); rec.Code != http.StatusForbidden {
		t.Errorf("a field the notice does not list was taken: %d", rec.Code)
	}
	w.post(asa+"/restrict", url.Values{"on": {"yes"}})
	w.get(asa).has("Processing is restricted", "Lift the restriction")
	w.post(asa+"/restrict", url.Values{"on": {"no"}})
	w.get(asa).has("Restrict processing")
}

func TestMerge(t *testing.T) {
	w := newWorld(t, "owner")
	w.person(50, "Åsa", "Åkesson", "Fjällkliniken Oy", "Esbo", "prohibit")
	at := w.get("/people/duplicates").has("same name", "Åkesson").link("/people/merge?")
	page := w.get(at).has("The strictest holds", "Has forbidden all marketing")
	w.get(w.post(page.link("/people/merge?"), url.Values{"op": {"merge"}})).has("Åkesson", "Has forbidden all marketing", "p50@fjord.example")
	w.get("/people/duplicates").has("No suspected duplicates")
}

func TestOrganisation(t *testing.T) {
	w := newWorld(t, "owner")
	org := w.get("/search?q=fjallkliniken").link("/organisations/")
	w.get(org).has("Åkesson", "Öberg").hasNot("Nygård")
	w.post(org, url.Values{"name": {"Fjällkliniken Ab"}, "city": {"Esbo"}})
	w.get(org).has("Fjällkliniken Ab", "Esbo")
	w.post(org, url.Values{"name": {""}})
	w.get(org).has("Fjällkliniken Ab")
}

// TestLevels: what a level may not see is not shown, and its absence is named.
func TestLevels(t *testing.T) {
	w := newWorld(t, "marketing")
	asa := "/people/" + w.people["Åkesson"].String()
	w.get(asa).has("Billing", "Your level does not see these data").hasNot("REF-77").want("#permission", 0)
	w.read("/log", "en", http.StatusForbidden)
	w.signIn("finance")
	w.get(asa).has("REF-77", "Contact details").hasNot("p0@fjord.example").want("table.may", 1)
	w.read("/outreach", "en", http.StatusForbidden)
	w.read("/import", "en", http.StatusForbidden)
	w.signIn("analyst")
	for _, p := range []string{"/people", asa, "/search?q=akesson", "/organisations"} {
		w.read(p, "en", http.StatusForbidden)
	}
	w.get("/").want("svg.plot", -1)
	w.signIn("clerk")
	if rec := w.ask("POST", asa+"/field", "application/x-www-form-urlencoded", strings.NewReader("field=billing_reference&value=x&reason=y"), "en"); rec.Code != http.StatusForbidden {
		t.Errorf("a clerk changed billing data: %d", rec.Code)
	}
	if rec := w.ask("POST", "/people/merge?a=1&b=2", "application/x-www-form-urlencoded", strings.NewReader(""), "en"); rec.Code != http.StatusForbidden {
		t.Errorf("a clerk may merge: %d", rec.Code)
	}
	w.cookie = ""
	if rec := w.ask("GET", asa, "", nil, "en"); rec.Code == http.StatusOK {
		t.Error("a page was shown to nobody in particular")
	}
}

// TestReadsAreLogged: nobody sees a person without an entry that says so.
func TestReadsAreLogged(t *testing.T) {
	w := newWorld(t, "owner")
	asa := w.people["Åkesson"]
	w.get("/people/" + asa.String())
	w.get("/log?person="+asa.String()).has("read a person", "Maja Exempel")
	if w.logged("person.read") != 1 || w.logged("log.read") != 1 {
		t.Errorf("person.read %d, log.read %d; want 1 and 1", w.logged("person.read"), w.logged("log.read"))
	}
	w.get("/log?what=person.read&day=2026-11-22").has("read a person")
	w.get("/log?day=2020-01-01").has("No match")
	w.read("/log?day=tomorrow", "en", http.StatusBadRequest)
}

func TestSegments(t *testing.T) {
	w := newWorld(t, "owner")
	rule := url.Values{"name": {"Esbo"}, "join": {"all"}, "field.0": {"city"}, "op.0": {"is"}, "value.0": {"esbo"}, "expression": {"everyone"}}
	add := w.ask("POST", "/segments", "application/x-www-form-urlencoded", strings.NewReader(rule.Encode()+"&op=add"), "en")
	if d := parse(t, "add", add.Body.String()); d.count("div.rule") != 2 {
		t.Errorf("the builder has %d rows after adding one, want 2", d.count("div.rule"))
	}
	rule.Set("op", "save")
	at := w.post("/segments", rule)
	w.get(at).has("in the segment").want("div.rule", 1)
	w.get("/segments").has("Esbo", `city = "esbo"`).want("td[data-label=Counted]", 1)
	count := w.ask("POST", "/segments/count", "application/x-www-form-urlencoded", strings.NewReader(rule.Encode()), "en")
	parse(t, "count", count.Body.String()).has("2", "1", "Has forbidden all marketing")
	bad := url.Values{"name": {"X"}, "expression": {"shoe_size = 43"}, "op": {"save"}}
	rec := w.ask("POST", "/segments", "application/x-www-form-urlencoded", strings.NewReader(bad.Encode()), "en")
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "shoe_size") {
		t.Errorf("a field the notice does not list: %d", rec.Code)
	}
	w.post(at+"/delete", url.Values{})
	w.get("/segments").want("div.empty", 1)
}

// TestNewsletter writes, looks at and sends a newsletter, and reads what came of it.
func TestNewsletter(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.post("/outreach", url.Values{"name": {"Brevet"}, "purpose": {"newsletter"}, "channel": {"email"}, "segment": {"everyone"},
		"from": {"Nordanvind <news@nordanvind.example>"}, "subject": {"Hej {{ person.first_name }}"}, "body": {"# Nytt\n\nHej {{ person.first_name }}!"}})
	w.get(at).has("Goes to 2. Leaves 2 out.", "No consent", "Has forbidden all marketing")
	w.get(at+"/preview?as="+w.people["Åkesson"].String()).has("Hej Åsa", "Consent")
	body := w.ask("GET", at+"/body?as="+w.people["Åkesson"].String(), "", nil, "en")
	if csp := body.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || !strings.Contains(body.Body.String(), "Hej Åsa") {
		t.Errorf("the letter's body: policy %q, %.200s", csp, body.Body.String())
	}
	seen := w.form(at)
	w.post(at+"/send", seen)
	w.work(campaign.KindDecide, campaign.KindSend)
	w.get(at).has("2 of 2 sent", "sent", "Taken by the recipient’s server")
	if n := w.Catcher.Count(); n != 2 {
		t.Errorf("%d letters were caught, want 2", n)
	}
	w.get(at+"/live").want("#live", 1).hasNot("Kartotek")
	out := w.get(at+"/people?code=PROHIBITED-ALL").has("Öberg", "Only the person can take their prohibition back").hasNot("Åkesson")
	w.get(out.link("/people/"+w.people["Öberg"].String()+"/verdict/")).has("The same answer", "all marketing")
	w.get(at+"/people?state=sent").has("Åkesson", "Aaltonen").hasNot("Öberg")
	w.get("/people/"+w.people["Öberg"].String()).has("Left out of", "Brevet")
	if at2 := w.post(at+"/send", seen); at2 != at {
		t.Errorf("sending twice leads to %s", at2)
	}
	w.get(at).has("2 of 2 sent")
}

const csvFile = "Email Address,First Name,Last Name,Shoe size\nnew1@fjord.example,Nya,Ett,43\np1@fjord.example,Eero,Öberg,44\nnot an address,X,Y,1\n"

// TestImport: a dry run that stores nothing, the import itself, its rejects, and the way back.
func TestImport(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.upload("/import", map[string]string{"../../etc/list.csv": csvFile}, url.Values{"dialect": {"auto"}})
	plan := w.get(at).has("Nothing has been stored yet", "Shoe size", "list.csv", "new1@", "The e-mail address is not well-formed")
	w.get("/people?q=new1@fjord.example").has("No match")
	at = w.post(plan.link(strings.TrimSuffix(at, "/plan")+"/start"), url.Values{})
	w.get(at).want("progress", 1)
	w.get(at+"/live").want("#live", 1)
	w.work("import")
	done := w.get(at).has("list.csv", "new people", "Undo the whole import")
	rejects := w.ask("GET", done.link(at+"/rejects"), "", nil, "en")
	if !strings.Contains(rejects.Body.String(), "invalid_email") {
		t.Errorf("the file of rejects: %s", rejects.Body.String())
	}
	w.get("/people?q=new1@fjord.example").has("Nya Ett")
	w.get("/people/" + w.people["Öberg"].String()).has("Has forbidden all marketing").hasNot("44")
	w.post(at+"/undo", url.Values{})
	w.get(at).has("The import is undone")
	w.get("/people?q=new1@fjord.example").has("No match")
	w.get("/import").has("list.csv", "undone")
}

// TestLargeImport: a large upload is looked at by a job.
func TestLargeImport(t *testing.T) {
	w := newWorld(t, "owner")
	var b strings.Builder
	b.WriteString("Email Address,First Name\n")
	for i := range 300_000 {
		b.WriteString("row" + id.ID(i+1).String() + "@fjord.example,Nya\n")
	}
	at := w.upload("/import", map[string]string{"big.csv": b.String()}, nil)
	if b.Len() < 8<<20 {
		w.get(at).has("Nothing has been stored yet")
		return
	}
	w.get(at).has("Reading the files").want("progress", 1)
	w.work("import.plan")
	w.get(strings.TrimSuffix(at, "/plan") + "/live").has("See the result")
	w.get(at).has("Nothing has been stored yet")
}

func TestImportRefused(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.upload("/import", map[string]string{"x.csv": "Name\nNobody\n"}, nil)
	plan := w.get(at).want("form", -1)
	plan.hasNot("Import 0 people")
	w.post(strings.TrimSuffix(at, "/plan")+"/drop", url.Values{})
	w.read(at, "en", http.StatusNotFound)
	if at := w.upload("/import", nil, url.Values{"dialect": {"auto"}}); at != "/import" {
		t.Errorf("an upload without files leads to %s", at)
	}
	w.read("/import/"+id.ID(77).String()+"/plan", "en", http.StatusNotFound)
	w.read("/import/..%2f..%2fetc/plan", "en", http.StatusNotFound)
}

func TestNotices(t *testing.T) {
	w := newWorld(t, "owner")
	w.get("/notices").has("Version 1 in force", "Maja Exempel")
	broken := strings.Replace(string(noticedef.DemoNotice()), "kind: consent", "kind: because", 1)
	at := w.upload("/notices/check", map[string]string{"n.yaml": broken}, nil)
	w.get(at).has("stop publishing").want("form[action=/notices/publish]", 0)
	w.post("/notices/publish", url.Values{"draft": {at[strings.Index(at, "=")+1:]}, "approved_by": {"Maja"}, "effective": {"2026-11-22"}})
	w.get("/notices").has("Version 1 in force")
	changed := strings.Replace(string(noticedef.DemoNotice()), "owner: Elsa Testinen", "owner: Oskar Provsson", 1)
	at = w.upload("/notices/check", map[string]string{"n.yaml": changed}, nil)
	w.get(at).has("Oskar Provsson")
	w.post("/notices/drop", url.Values{"draft": {at[strings.Index(at, "=")+1:]}})
	w.read(at, "en", http.StatusNotFound)
	w.read("/notices?draft=../../etc/passwd", "en", http.StatusNotFound)
	at = w.upload("/notices/check", nil, url.Values{"text": {strings.ReplaceAll(changed, "\n", "\r\n")}})
	w.get(at).has("Oskar Provsson").want("textarea[name=text]", 1) // written in the page, as a browser sends it
	if rec := w.ask("GET", "/notices/1/yaml", "", nil, "en"); !strings.Contains(rec.Body.String(), "Nordanvind") {
		t.Error("the file of a version cannot be had")
	}
}

// TestGrounds: a sale and a link to the work let a message go without a consent;
// neither weighs against a prohibition.
func TestGrounds(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.post("/people", url.Values{"last_name": {"Kund"}, "email": {"kund@post.example"}, "country": {"FI"}, "source": {"butiken"}})
	w.get(at).has("Record a sale").want("input[name=goods]", 3)
	w.post(at+"/ground", url.Values{"kind": {"sale"}, "sold": {"2026-10-01"}, "goods": {"filters"}, "offered": {"1"}, "evidence": {"Order 12"}})
	w.get(at).has("Own customer, similar goods", "Sale: filters")
	w.post(at+"/ground", url.Values{"kind": {"sale"}, "sold": {"2126-10-01"}, "goods": {"filters"}, "evidence": {"Order 13"}})
	w.post(at+"/ground", url.Values{"kind": {"sale"}, "sold": {"2026-10-01"}, "goods": {"boats"}, "evidence": {"Order 14"}})
	w.post(at+"/ground", url.Values{"kind": {"role"}, "purpose": {"campaign"}, "evidence": {"Buys filters for the clinic."}})
	if n := w.logged("permission.sale"); n != 1 {
		t.Errorf("%d sales are logged", n)
	}
	w.get(at).has("The work concerns Direct marketing and campaigns")
}

// TestEmpty: a register without a notice shows how to get one and nothing else.
func TestEmpty(t *testing.T) {
	w := newEmpty(t)
	w.signIn("owner")
	w.get("/").has("Publish a notice")
	w.get("/notices").has("No notice is in force")
	if rec := w.ask("GET", "/people", "", nil, "en"); rec.Code == http.StatusOK {
		t.Error("people were shown without a notice")
	}
}
