package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/db"
)

const clubFile = "Adress,Namn,Brev,Sedan,Stopp,Sko\n" +
	"new1@fjord.example,Nya Ett,jo visst,2024-05-01,,38\n" +
	"new2@fjord.example,Nya Två,jo visst,,,44\n" +
	"new3@fjord.example,Nya Tre,,2024-05-01,,39\n" +
	"p0@fjord.example,Åsa Åkesson,,,ja,40\n"

// clubForm is how a reader fills the form for clubFile.
func clubForm() url.Values {
	return url.Values{"to0": {"email"}, "to1": {"name"}, "to2": {"=consent"}, "yes2": {"newsletter:email"}, "words2": {"jo visst, sure"}, "date2": {"3"},
		"to3": {"=unlisted"}, "to4": {"=prohibition"}, "no4": {"all-marketing"}, "to5": {"=leave"}}
}

// TestMapping: the columns of a plain CSV are explained on the page, tried,
// saved, found again for the next file, and declined.
func TestMapping(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.upload("/import", map[string]string{"club.csv": clubFile}, nil)
	up := strings.TrimSuffix(at, "/plan")
	w.get(at).want("select[id=to]", 6).has("Not in the notice, not stored", "Choose what each column is", "nothing in the row shows")
	f := clubForm()
	if to := w.post(up+"/mapping", f); to != at {
		t.Errorf("trying leads to %s", to)
	}
	w.get(at).has("The columns are read as you chose", "Brev: yes to Newsletter by e-mail, where the cell is: jo visst, sure. The date is taken from Sedan.",
		"Stopp: no to all marketing", "no date in the row (weak)").hasNot("Saved mappings")
	f.Set("act", "save")
	f.Set("name", "Klubben")
	w.post(up+"/mapping", f)
	w.get(at).has("The columns are read by “Klubben”", "Saved mappings")
	if w.logged("mapping.save") != 1 {
		t.Error("saving a mapping is not in the log")
	}

	at = w.upload("/import", map[string]string{"next.csv": clubFile}, nil)
	up = strings.TrimSuffix(at, "/plan")
	w.get(at).has("The file has the same columns as “Klubben”", "Brev: yes to Newsletter by e-mail")
	w.post(up+"/mapping", url.Values{"act": {"use"}, "saved": {""}})
	w.get(at).hasNot("“Klubben”", "How permissions are read")
	w.post(up+"/mapping", url.Values{"act": {"use"}, "saved": {"Klubben"}})
	plan := w.get(at).has("The columns are read by “Klubben”")
	at = w.post(plan.link(up+"/start"), url.Values{})
	w.work("import")
	w.get(at).has("next.csv", "new people")
	w.get("/people/" + w.people["Åkesson"].String()).has("Has forbidden all marketing")
	w.get("/people?q=new3@fjord.example").has("Nya Tre")
	if to := w.post(up+"/mapping", clubForm()); to != up+"/plan" {
		t.Errorf("an import that has begun can be read in another way: %s", to)
	}
}

// What was forgotten or saved after the plan was shown changes nothing of it.
func TestMappingAsShown(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.upload("/import", map[string]string{"club.csv": clubFile}, nil)
	up := strings.TrimSuffix(at, "/plan")
	f := clubForm()
	f.Set("act", "save")
	f.Set("name", "Klubben")
	w.post(up+"/mapping", f)
	second := w.upload("/import", map[string]string{"two.csv": clubFile}, nil)
	w.post(up+"/mapping", url.Values{"act": {"forget"}, "saved": {"Klubben"}})
	w.get(at).hasNot("Saved mappings")
	run := w.post(strings.TrimSuffix(second, "/plan")+"/start", url.Values{})
	w.work("import")
	w.get(run).has("Consent")
	w.get("/people/" + w.people["Åkesson"].String()).has("Has forbidden all marketing")

	plain := w.upload("/import", map[string]string{"three.csv": clubFile}, nil)
	w.get(plain).hasNot("“Klubben”")
	third := w.upload("/import", map[string]string{"four.csv": clubFile}, nil)
	w.post(strings.TrimSuffix(third, "/plan")+"/mapping", f)
	begun := w.post(strings.TrimSuffix(plain, "/plan")+"/start", url.Values{})
	w.do(func(tx *db.Tx) error {
		all, err := w.Exchange.List(tx, 1)
		if err == nil && (!strings.HasSuffix(begun, all[0].ID.String()) || all[0].Options.Mapping != nil) {
			t.Errorf("a mapping saved since is used: %+v", all[0].Options)
		}
		return err
	})
}

// TestMappingRefused: what was typed stays, the fault stands beside its column, and nothing is changed.
func TestMappingRefused(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.upload("/import", map[string]string{"club.csv": clubFile}, nil)
	up := strings.TrimSuffix(at, "/plan")
	for name, x := range map[string]struct {
		field, value, says string
	}{
		"no purpose": {"yes2", "", "Choose what the consent is to"}, "not promised": {"yes2", "newsletter:fax", "Choose what the consent is to"},
		"no scope": {"no4", "", "Choose what the prohibition covers"}, "no is no yes": {"words2", "nej", "can never be a yes"},
		"not in the notice": {"to5", "shoe_size", "The notice does not list that fact"}, "no name": {"name", " ", "Give a name"},
	} {
		f := clubForm()
		f.Set("act", "save")
		f.Set("name", "Klubben")
		f.Set(x.field, x.value)
		rec := w.ask("POST", up+"/mapping", "application/x-www-form-urlencoded", strings.NewReader(f.Encode()), "en")
		doc := parse(t, name, rec.Body.String()).has(x.says, "Nothing has been stored yet").want("span.error", 1)
		if rec.Code != http.StatusUnprocessableEntity || doc.count("option[value="+"=consent") == 0 {
			t.Errorf("%s: status %d", name, rec.Code)
		}
	}
	w.get(at).hasNot("Saved mappings", "The columns are read")
	w.ask("POST", up+"/mapping", "application/x-www-form-urlencoded", strings.NewReader("act=use&saved=nobody"), "en")
	if w.logged("mapping.save") != 0 {
		t.Error("a refused mapping was saved")
	}
}

// A file whose column of addresses nobody recognises is refused with the form that explains it.
func TestMappingOfTheUnrecognised(t *testing.T) {
	w := newWorld(t, "owner")
	at := w.upload("/import", map[string]string{"nr.csv": "Vem,Nr\nNya Ett,+358 00 000 0412\n"}, nil)
	up := strings.TrimSuffix(at, "/plan")
	w.get(at).has("No column holds e-mail addresses").want("select[id=to]", 2)
	w.post(up+"/mapping", url.Values{"to0": {"name"}, "to1": {"phone"}})
	w.get(at).hasNot("No column holds").has("Import 1 people")
}
