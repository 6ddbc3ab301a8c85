package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/staff/apikey"
	"kartotek/internal/web"
	"kartotek/internal/web/api"
	"kartotek/internal/web/door"
)

// key makes an account and a key of its with rights that begin with one of these
// texts; none are all it can have.
func (w *world) key(email string, levels []string, rights ...string) (text string, k *apikey.Key) {
	w.t.Helper()
	account, link := w.member(email, levels...)
	session := strings.TrimPrefix(cookie(w.t, w.post(link, nil)), door.SessionCookie+"=")
	s, err := w.Staff.Session(w.t.Context(), w.DB, session)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.DB.Do(w.t.Context(), db.By{Kind: "staff", ID: account}, func(tx *db.Tx) error {
		in, err := w.Notice.Open(tx, 1)
		if err != nil {
			return err
		}
		offer := apikey.Offer(in.Notice, door.NewActor(s, in).Levels())
		var chosen []string
		for _, r := range offer {
			if len(rights) == 0 || slices.ContainsFunc(rights, func(p string) bool { return strings.HasPrefix(r.String(), p) }) {
				chosen = append(chosen, r.String())
			}
		}
		text, k, err = w.APIKey.Make(tx, s, offer, apikey.New{Name: "Web shop", Until: "2027-06-30", Rights: chosen})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return text, k
}

// call sends JSON with a key, and reads the answer.
func (w *world) call(key, method, path, body string) (int, map[string]any) {
	w.t.Helper()
	headers := []string{"Authorization", "Bearer " + key}
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	res := w.ask(method, "/api/v1"+path, body, headers...)
	raw := text(w.t, res)
	var out map[string]any
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		w.t.Fatalf("%s %s: %d, not JSON: %.200s", method, path, res.StatusCode, raw)
	}
	return res.StatusCode, out
}

func TestAPIPeople(t *testing.T) {
	w := newWorld(t)
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	status, got := w.call(key, "POST", "/people", `{"fields":{"first_name":"Åsa","last_name":"Öbergsson","email":"asa@fjord.example","billing_city":"Vasa"},"source":"web shop"}`)
	if status != http.StatusCreated {
		t.Fatal(status, got)
	}
	who := got["id"].(string)
	status, got = w.call(key, "GET", "/people/"+who, "")
	fields := got["fields"].(map[string]any)
	if status != 200 || fields["last_name"] != "Öbergsson" || fields["billing_city"] != "Vasa" || len(got["withheld"].([]any)) != 0 {
		t.Error(status, got)
	}
	if status, got = w.call(key, "PATCH", "/people/"+who, `{"fields":{"city":"Vasa","billing_city":null},"source":"moved"}`); status != 200 || got["changed"] != true {
		t.Error(status, got)
	}
	_, got = w.call(key, "GET", "/people/"+who, "")
	if fields = got["fields"].(map[string]any); fields["city"] != "Vasa" || fields["billing_city"] != nil {
		t.Error(fields)
	}
	if status, got = w.call(key, "GET", "/people?q=fjord", ""); status != 200 {
		t.Error(status, got)
	}
	if status, got = w.call(key, "GET", "/people?q=asa@fjord.example", ""); status != 200 || len(got["people"].([]any)) != 1 {
		t.Error(status, got)
	}
	if status, got = w.call(key, "POST", "/people", `{"fields":{"email":"asa@fjord.example"},"source":"again"}`); status != http.StatusConflict {
		t.Error(status, got)
	}
	w.do(func(tx *db.Tx) error {
		all, err := audit.Read(tx, audit.Filter{Action: "person.read"})
		if len(all) != 2 || all[0].By.Device != "API key Web shop" || all[0].Person.String() != who || all[0].By.Name != "Maja Exempel" {
			t.Errorf("the log holds %+v", all)
		}
		return err
	})
}

// A list goes on with a mark that works for its owner on this list alone.
func TestAPIPages(t *testing.T) {
	w := newWorld(t)
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	other, _ := w.key("other@nordanvind.example", []string{"owner"})
	for range 5 {
		w.person()
	}
	seen, path := map[string]bool{}, "/people?limit=2"
	for range 3 {
		status, got := w.call(key, "GET", path, "")
		if status != 200 {
			t.Fatal(status, got)
		}
		for _, p := range got["people"].([]any) {
			seen[p.(map[string]any)["id"].(string)] = true
		}
		next, _ := got["next"].(string)
		if next == "" {
			break
		}
		path = "/people?limit=2&after=" + url.QueryEscape(next)
		if status, _ := w.call(other, "GET", path, ""); status != http.StatusBadRequest {
			t.Errorf("somebody else's place in the list: %d", status)
		}
		if status, _ := w.call(key, "GET", "/log?after="+url.QueryEscape(next), ""); status != http.StatusBadRequest {
			t.Errorf("a place in another list: %d", status)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d people, want 5", len(seen))
	}
	for _, bad := range []string{"/people?limit=0", "/people?limit=201", "/people?limit=x", "/people?role=owner", "/people?q=a&q=b", "/people/1/decision?purpose=newsletter"} {
		if status, got := w.call(key, "GET", bad, ""); status != http.StatusUnprocessableEntity || got["field"] == nil {
			t.Errorf("%s: %d %v", bad, status, got)
		}
	}
}

// TestAPISearchPages follows searches by name, by the beginning of an address and by a
// number to their end: everybody once, though one comes and one goes meanwhile.
func TestAPISearchPages(t *testing.T) {
	w := newWorld(t)
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	want := map[string]bool{}
	add := func(n int) string {
		body := fmt.Sprintf(`{"fields":{"first_name":"Aino%02d","last_name":"Koivu","email":"aino%02d@koivu.example","phone":"+35800000%04d"},"source":"web shop"}`, n, n, n)
		status, got := w.call(key, "POST", "/people", body)
		if status != http.StatusCreated {
			t.Fatal(status, got)
		}
		return got["id"].(string)
	}
	for n := range 11 {
		want[add(10+n)] = true
	}
	for i, q := range []string{"koivu", "aino", "aino@", "aino1", "koivu aino", "+35800000"} {
		seen, pages := map[string]int{}, 0
		for after, more := "", true; more; pages++ {
			status, got := w.call(key, "GET", "/people?limit=3&q="+url.QueryEscape(q)+after, "")
			if status != 200 {
				t.Fatal(status, got)
			}
			for _, p := range got["people"].([]any) {
				seen[p.(map[string]any)["id"].(string)]++
			}
			if pages == 1 && q == "koivu" {
				add(1) // above what was shown
			}
			next, _ := got["next"].(string)
			if more = next != ""; more {
				after = "&after=" + url.QueryEscape(next)
				if status, _ := w.call(key, "GET", "/people?q=other"+after, ""); status != http.StatusBadRequest {
					t.Errorf("the place of another search: %d", status)
				}
				if status, _ := w.call(key, "GET", "/people?q="+url.QueryEscape(q)+after+"x", ""); status != http.StatusBadRequest {
					t.Errorf("a forged place: %d", status)
				}
			}
		}
		for who := range want {
			if n := seen[who]; n != 1 && q != "aino@" && q != "aino1" {
				t.Errorf("search %d, %q: somebody was shown %d times in %d pages", i, q, n, pages)
			}
		}
		for who, n := range seen {
			if n > 1 {
				t.Errorf("%q: %s was shown %d times", q, who, n)
			}
		}
	}
}

// What a level hides, a key of its holder's hides too, and names it.
func TestAPIWithholds(t *testing.T) {
	w := newWorld(t)
	var who id.ID
	w.do(func(tx *db.Tx) error {
		p, err := w.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: "a@fjord.example"}, {Name: "last_name", Value: "Ek"}, {Name: "billing_city", Value: "Vasa"}}})
		who = p.ID
		return err
	})
	for name, row := range map[string]struct {
		levels, rights []string
		see, not       string
		status         int
	}{
		"marketing":        {[]string{"marketing"}, nil, "email", "billing_city", 200},
		"owner, narrowed":  {[]string{"owner"}, []string{"relationship/identity/"}, "last_name", "email", 200},
		"only what to do":  {[]string{"owner"}, []string{"relationship//permission"}, "", "", 403},
		"finance, no more": {[]string{"finance"}, nil, "billing_city", "email", 200},
	} {
		key, _ := w.key(strings.NewReplacer(",", "", " ", "").Replace(name)+"@nordanvind.example", row.levels, row.rights...)
		status, got := w.call(key, "GET", "/people/"+who.String(), "")
		if status != row.status {
			t.Errorf("%s: %d %v", name, status, got)
			continue
		}
		if status != 200 {
			continue
		}
		fields, withheld := got["fields"].(map[string]any), got["withheld"].([]any)
		if fields[row.see] == nil || fields[row.not] != nil || !slices.Contains(withheld, any(row.not)) || slices.Contains(withheld, any(row.see)) {
			t.Errorf("%s: %v, withheld %v", name, fields, withheld)
		}
		if status, got := w.call(key, "PATCH", "/people/"+who.String(), `{"fields":{"`+row.not+`":"x"},"source":"y"}`); status != http.StatusForbidden {
			t.Errorf("%s changes what it may not see: %d %v", name, status, got)
		}
	}
}

func TestAPIPermissions(t *testing.T) {
	w := newWorld(t)
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	who := w.person().String()
	ask := func() any {
		status, got := w.call(key, "GET", "/people/"+who+"/decision?purpose=newsletter&channel=email", "")
		if status != 200 || got["notice"] != 1.0 {
			t.Fatal(status, got)
		}
		return got["allowed"]
	}
	if ask() != true {
		t.Error("a consent is not enough")
	}
	today := w.DB.Now().Format(time.DateOnly)
	status, got := w.call(key, "POST", "/people/"+who+"/permissions", `{"act":"prohibit","channel":"email","method":"phone","received":"`+today+`","evidence":"Rang and said no to e-mail."}`)
	if status != 200 || got["changed"] != true || ask() != false {
		t.Error("prohibition:", status, got)
	}
	status, got = w.call(key, "POST", "/people/"+who+"/permissions", `{"act":"consent","purpose":"newsletter","channel":"email","method":"letter","received":"`+today+`","evidence":"Wrote yes."}`)
	if status != 200 || ask() != false {
		t.Error("a consent entered by staff lifts a prohibition:", status, got)
	}
	status, got = w.call(key, "GET", "/people/"+who+"/permissions", "")
	if list, _ := got["entries"].([]any); status != 200 || len(list) != 3 {
		t.Error(status, got)
	}
	for body, field := range map[string]string{
		`{"act":"bless","method":"letter","received":"2026-11-20","evidence":"x"}`:                                                    "act",
		`{"act":"consent","purpose":"newsletter","method":"letter","received":"2026-11-20","evidence":"x"}`:                           "channel",
		`{"act":"consent","purpose":"nonsense","channel":"email","method":"letter","received":"2026-11-20","evidence":"x"}`:           "purpose",
		`{"act":"prohibit","method":"dream","received":"2026-11-20","evidence":"x"}`:                                                  "method",
		`{"act":"prohibit","method":"phone","received":"2027-11-20","evidence":"x"}`:                                                  "received",
		`{"act":"prohibit","method":"phone","received":"2026-11-20","evidence":" "}`:                                                  "evidence",
		`{"act":"prohibit","method":"phone","received":"2026-11-20","evidence":"x","said_by":"person","created_at":1,"consent":true}`: "consent, created_at, said_by",
	} {
		if status, got := w.call(key, "POST", "/people/"+who+"/permissions", body); status != http.StatusUnprocessableEntity || got["field"] != field {
			t.Errorf("%s: %d %v, want %s", body, status, got, field)
		}
	}
}

// TestAPIMassAssignment: no field beside those of the catalogue is ever written.
func TestAPIMassAssignment(t *testing.T) {
	w := newWorld(t)
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	who := w.person().String()
	w.call(key, "GET", "/me", "") // the day of its use is noted
	before := w.dump()
	for body, field := range map[string]string{
		`{"fields":{"city":"Vasa"},"source":"x","role":"owner","tenant":1}`:          "role, tenant",
		`{"fields":{"status":"active","consent":"yes","bucket":"1"},"source":"x"}`:   "fields.bucket, fields.consent, fields.status",
		`{"fields":{"created_at":"2020-01-01"},"source":"x"}`:                        "fields.created_at",
		`{"Fields":{"city":"Vasa"},"source":"x"}`:                                    "Fields",
		`{"fields":{"city":{"$ne":""}},"source":"x"}`:                                "fields",
		`{"fields":{"city":1e308},"source":"x"}`:                                     "fields",
		`{"fields":{},"source":"x"}`:                                                 "fields",
		`{"fields":{"city":"Vasa"}}`:                                                 "source",
		`{"fields":{"city":"Va\nsa"},"source":"x"}`:                                  "fields.city",
		`{"fields":{"city":"` + strings.Repeat("x", 3000) + `"},"source":"x"}`:       "fields.city",
		`{"fields":{"city":"Vasa"},"source":"` + strings.Repeat("long ", 100) + `"}`: "source",
	} {
		status, got := w.call(key, "PATCH", "/people/"+who, body)
		if f, _ := got["field"].(string); status != http.StatusUnprocessableEntity || !strings.HasPrefix(f, field) {
			t.Errorf("%.60s: %d %v, want %s", body, status, got, field)
		}
	}
	if w.dump() != before {
		t.Error("something was written")
	}
}

// TestAPIBombs: what is meant to choke the reader is refused at once.
func TestAPIBombs(t *testing.T) {
	w := newWorld(t)
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	who := w.person().String()
	many := strings.Builder{}
	many.WriteString(`{"fields":{`)
	for i := range 6000 {
		fmt.Fprintf(&many, `"f%d":"",`, i)
	}
	many.WriteString(`"x":""},"source":"x"}`)
	for name, row := range map[string]struct {
		body   string
		status int
	}{
		"deep":        {strings.Repeat("[", 60_000), 400},
		"deep object": {strings.Repeat(`{"a":`, 10_000) + "1", 400},
		"too long":    {`{"source":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		"many names":  {many.String(), 400},
		"twice":       {`{"fields":{"city":"a","city":"b"},"source":"x"}`, 400},
		"twice above": {`{"source":"x","source":"y","fields":{"city":"a"}}`, 400},
		"escaped":     {`{"source":"x","s\u006furce":"y","fields":{"city":"a"}}`, 400},
		"a list":      {`[]`, 400},
		"null":        {`null`, 400},
		"two":         {`{} {}`, 400},
		"cut off":     {`{"source":`, 400},
		"not text":    {"{\"source\":\"\xff\"}", 400},
		"number":      {`{"source":1` + strings.Repeat("0", 50_000) + `}`, 422},
	} {
		began := time.Now()
		status, got := w.call(key, "PATCH", "/people/"+who, row.body)
		if took := time.Since(began); status != row.status || took > 250*time.Millisecond {
			t.Errorf("%s: %d in %s, want %d: %v", name, status, took, row.status, got)
		}
	}
	res := w.ask("PATCH", "/api/v1/people/"+who, "a=b", "Authorization", "Bearer "+key, "Content-Type", urlencoded)
	wantStatus(t, res, http.StatusBadRequest)
}

// TestAPIMatrix tries every operation with a key that may do nothing it asks, on
// somebody who exists and on nobody: the same answer, and nothing changes.
func TestAPIMatrix(t *testing.T) {
	w := newWorld(t)
	who := w.person().String()
	analyst, _ := w.key("analyst@nordanvind.example", []string{"owner"}, "newsletter//report")
	clerk, _ := w.key("clerk@nordanvind.example", []string{"service"}, "relationship/identity/see")
	w.call(analyst, "GET", "/me", "") // the day of their use is noted
	w.call(clerk, "GET", "/me", "")
	before, n := w.dump(), 0
	number := regexp.MustCompile(`"number":"[^"]*"`)
	ask := func(key string, r door.Route, value string) (int, string) {
		headers := []string{"Authorization", "Bearer " + key}
		body := ""
		if r.Method != "GET" {
			body, headers = `{}`, append(headers, "Content-Type", "application/json")
		}
		res := w.ask(r.Method, at(r, value)+"?purpose=newsletter&channel=email", body, headers...)
		return res.StatusCode, number.ReplaceAllString(text(t, res), "")
	}
	for _, r := range api.Routes() {
		if r.Level == door.Public || r.Level == door.SignedIn {
			continue
		}
		n++
		for key, levels := range map[string][]string{analyst: {door.SeePeople, "permission", "decide", "log"}, clerk: {"permission", "decide", "log"}} {
			if !slices.Contains(levels, r.Level) {
				continue
			}
			s1, one := ask(key, r, who)
			s2, two := ask(key, r, "1")
			if s1 != http.StatusForbidden || s2 != s1 || one != two {
				t.Errorf("%s %s: %d %s / %d %s", r.Method, r.Path, s1, one, s2, two)
			}
		}
	}
	if after := w.dump(); n < 8 || after != before {
		t.Errorf("%d operations were tried, or something changed: %s", n, changed(before, after))
	}
}

// TestKeyAgesWithOwner: a key is never more than its owner at that moment.
func TestKeyAgesWithOwner(t *testing.T) {
	w := newWorld(t)
	key, k := w.key("maja@nordanvind.example", []string{"owner"})
	who := w.person().String()
	want := func(status int, why string) {
		t.Helper()
		if got, body := w.call(key, "GET", "/people/"+who, ""); got != status {
			t.Errorf("%s: %d %v", why, got, body)
		}
	}
	want(200, "a new key")
	w.do(func(tx *db.Tx) error { return w.Staff.SetLevels(tx, k.Account, []string{"admin"}) })
	want(403, "the owner may no longer")
	w.do(func(tx *db.Tx) error { return w.Staff.SetLevels(tx, k.Account, []string{"owner"}) })
	want(200, "the owner may again")
	w.do(func(tx *db.Tx) error { return w.Staff.Disable(tx, k.Account) })
	want(401, "the owner is gone")
	w.do(func(tx *db.Tx) error { return w.Staff.Enable(tx, k.Account) })
	want(200, "the owner is back")
	w.do(func(tx *db.Tx) error { return w.APIKey.Revoke(tx, k.Account, k.ID) })
	want(401, "revoked")
}

// TestKeyGuess: missing, unknown, wrong, old and revoked are alike, and guesses end.
func TestKeyGuess(t *testing.T) {
	w := newWorld(t)
	key, k := w.key("maja@nordanvind.example", []string{"owner"})
	number := regexp.MustCompile(`"number":"[^"]*"`)
	said := map[string]bool{}
	for _, bad := range []string{"", "nonsense", key[:len(key)-1] + "0", "ktk_1_" + key[len(key)-32:], "ktk_" + k.ID.String() + "_", key + "x", strings.ToUpper(key)} {
		res := w.ask("GET", "/api/v1/me", "", "Authorization", "Bearer "+bad)
		wantStatus(t, res, http.StatusUnauthorized)
		said[number.ReplaceAllString(text(t, res), "")] = true
		if res.Header.Get("WWW-Authenticate") == "" {
			t.Error("the answer does not say what is missing")
		}
	}
	if len(said) != 1 {
		t.Errorf("the answers differ: %v", said)
	}
	session := w.signedIn("browser@nordanvind.example", "owner")
	wantStatus(t, w.get("/api/v1/me", "Cookie", session), http.StatusUnauthorized)
	wantStatus(t, w.get("/people", "Authorization", "Bearer "+key), http.StatusSeeOther)
	if res := w.ask("GET", "/api/v1/me", "", "Authorization", "Bearer "+key, "Origin", "https://evil.example"); res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another site may read answers")
	}
	last := 0
	for range 30 {
		last = w.ask("GET", "/api/v1/me", "", "Authorization", "Bearer ktk_1_wrong").StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("guess after guess: %d", last)
	}
	w.clock.Move(time.Hour)
	if status, got := w.call(key, "GET", "/me", ""); status != 200 || got["owner"] != "Maja Exempel" || got["name"] != "Web shop" {
		t.Error(status, got)
	}
	if strings.Contains(w.log.String(), "ktk_") || strings.Contains(w.dump(), key[len(key)-32:]) {
		t.Error("a key stands in the log or the database")
	}
	w.clock.Move(400 * 24 * time.Hour)
	if status, _ := w.call(key, "GET", "/me", ""); status != http.StatusUnauthorized {
		t.Error("a key outlives its last day")
	}
}

// TestKeysPage makes and revokes a key as its owner would.
func TestKeysPage(t *testing.T) {
	w := newWorld(t)
	c := w.signedIn("maja@nordanvind.example", "service")
	page := text(t, w.get("/account/keys", "Cookie", c, "Accept-Language", "en"))
	if !strings.Contains(page, "relationship/identity/see") || strings.Contains(page, `/export"`) || strings.Contains(page, "billing") {
		t.Error("the page offers what the account may not, or not what it may")
	}
	form := url.Values{"name": {"Web shop"}, "until": {"2027-11-22"}, "right": {"relationship/identity/edit", "relationship//permission"}}
	made := text(t, w.post("/account/keys", form, "Cookie", c))
	key := regexp.MustCompile(`ktk_[0-9a-z]+_[a-z2-7]{32}`).FindString(made)
	if key == "" {
		t.Fatal("no key on the page")
	}
	if status, got := w.call(key, "GET", "/me", ""); status != 200 || fmt.Sprint(got["rights"]) != "[relationship/identity/see relationship/identity/edit relationship//permission]" {
		t.Error(status, got)
	}
	page = text(t, w.get("/account/keys", "Cookie", c))
	if strings.Contains(page, key) || !strings.Contains(page, "Web shop") {
		t.Error("the key is shown again, or not listed")
	}
	for field, values := range map[string][]string{"until": {"2027-11-25", "2026-11-21", "", "tomorrow"}, "name": {"", strings.Repeat("x", 61)}, "right": {""}} {
		for _, v := range values {
			bad := url.Values{"name": form["name"], "until": form["until"], "right": form["right"]}
			bad.Set(field, v)
			if v == "" && field == "right" {
				bad.Del("right")
			}
			wantStatus(t, w.post("/account/keys", bad, "Cookie", c), http.StatusUnprocessableEntity)
		}
	}
	for _, right := range []string{"relationship//export", "relationship/billing/see", "//staff", "//settings", "relationship//rights", "nonsense", "newsletter//send"} {
		wantStatus(t, w.post("/account/keys", url.Values{"name": {"x"}, "until": {"2027-01-01"}, "right": {right}}, "Cookie", c), http.StatusForbidden)
	}
	which := regexp.MustCompile(`name="key" value="([0-9a-z]+)"`).FindStringSubmatch(page)[1]
	stranger := w.signedIn("other@nordanvind.example", "owner")
	all := url.Values{"name": {"Log"}, "until": {"2027-01-01"}, "right": {"//log", "//notice", "newsletter//send"}}
	if made := text(t, w.post("/account/keys", all, "Cookie", stranger, "Accept-Language", "en")); !strings.Contains(made, "read the log, check notices") {
		t.Error("what the key may is not told")
	}
	wantStatus(t, w.post("/account/keys/revoke", url.Values{"key": {which}}, "Cookie", stranger), http.StatusNotFound)
	wantStatus(t, w.ask("POST", "/account/keys", form.Encode(), "Authorization", "Bearer "+key, "Content-Type", urlencoded), http.StatusUnauthorized)
	wantStatus(t, w.post("/account/keys/revoke", url.Values{"key": {which}}, "Cookie", c), http.StatusSeeOther)
	if status, _ := w.call(key, "GET", "/me", ""); status != http.StatusUnauthorized {
		t.Error("a revoked key works")
	}
}

// TestAPIDocument: every route that is served is described, and the reverse.
func TestAPIDocument(t *testing.T) {
	w := newWorld(t)
	res := w.get("/api/v1/openapi.json")
	wantStatus(t, res, http.StatusOK)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Level string `json:"x-level"`
		}
	}
	if err := json.Unmarshal([]byte(text(t, res)), &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatal(doc.OpenAPI, err)
	}
	var served, described []string
	for line := range strings.Lines(web.Table(routes())) {
		if f := strings.Fields(line); strings.HasPrefix(f[1], "/api/") {
			served = append(served, strings.TrimSpace(line))
		}
	}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			described = append(described, strings.ToUpper(method)+" "+path+"  "+o.Level)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) {
		t.Errorf("served\n%s\ndescribed\n%s", strings.Join(served, "\n"), strings.Join(described, "\n"))
	}
}

// An address under /api that leads nowhere, and a method that is none there, are
// answered for programs.
func TestAPINowhere(t *testing.T) {
	w := newWorld(t)
	for path, status := range map[string]int{"/api/v1/nonsense": 404, "/api/": 404, "/api/v1/me": 405} {
		res := w.ask("DELETE", path, "")
		wantStatus(t, res, status)
		if kind := res.Header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s: %s", path, kind)
		}
	}
}

// changed gives the lines of a dump that were not there before.
func changed(before, after string) string {
	had := map[string]bool{}
	for line := range strings.Lines(before) {
		had[line] = true
	}
	out := ""
	for line := range strings.Lines(after) {
		if !had[line] {
			out += line
		}
	}
	return out[:min(len(out), 500)]
}
