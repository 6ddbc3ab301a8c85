package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/door"
)

// twoTrades is the demo's notice with two levels that hold every act, each for a
// purpose of its own and on categories the other lacks: what the one may not see is
// closed to it by what it is about and by nothing else.
func twoTrades() []byte {
	const levels = `levels:
  letters:
    title: {sv: Brev, fi: Kirjeet, en: Letters}
    job: {sv: Skriver nyhetsbrev., fi: Kirjoittaa uutiskirjeitä., en: Writes newsletters.}
    newsletter: {identity: edit, contact: edit, permissions: see, act: [segment, send, report, permission, import, export, decide, merge, undo, rights, erase]}
    act: [notice, publish, log, staff, settings]
  care:
    title: {sv: Vård, fi: Hoito, en: Care}
    job: {sv: Vårdar kunderna., fi: Hoitaa asiakkaita., en: Looks after customers.}
    relationship: {identity: edit, contact: edit, employer: edit, orders: see, act: [segment, send, report, permission, import, export, decide, merge, undo, rights, erase]}
    act: [notice, publish, log, staff, settings]
  desk:
    title: {sv: Disk, fi: Tiski, en: Desk}
    job: {sv: Svarar kunderna., fi: Vastaa asiakkaille., en: Answers customers.}
    relationship: {identity: edit, contact: edit, act: [permission, undo, rights]}
`
	return bytes.Replace(noticedef.DemoNotice(), []byte("\nlevels:\n"), []byte("\n"+levels), 1)
}

// trading is a register under that notice.
func trading(t testing.TB) *world {
	w := newEmpty(t)
	w.do(func(tx *db.Tx) error { _, err := w.Notice.Publish(tx, twoTrades(), "Maja Exempel", ""); return err })
	return w
}

// kinds says what each place of a route's path names. An address that names something
// and stands in neither list fails the test.
var kinds = map[string]string{
	"/p/{token}": "preferences", "/p/{token}/receipt/{entry}": "entry", "/u/{token}": "unsubscribe", "/w/{token}": "why",
	"/me/in/{token}": "my link", "/me/confirm/{token}": "my confirmation", "/me/permissions/{entry}": "entry", "/me/cases/{case}": "case", "/me/cases/{case}/letters/{item}": "item",
	"/sign-in/link/{token}": "link", "/signin/link/{token}": "link", "/archive/{id}": "newsletter", "/archive/{id}/{slug}": "slug",
	"/people/{id}": "person", "/people/{id}/evidence/{entry}": "entry", "/people/{id}/verdict/{message}": "message", "/people/{id}/hold/{hold}": "hold",
	"/organisations/{id}": "organisation", "/import/{id}": "upload", "/outreach/{id}": "newsletter", "/letters/{id}": "letter", "/series/{id}": "series",
	"/segments/{id}": "segment", "/pictures/{file}": "picture", "/requests/{id}": "case", "/requests/{id}/letters/{item}": "item", "/requests/{id}/files/{file}": "file",
	"/staff/accounts/{id}": "account", "/staff/levels/{name}": "level", "/log/{id}": "log entry", "/access/review/{id}": "review", "/access/measures/{id}": "measure",
	"/keeping/runs/{run}": "run", "/keeping/paper/{id}": "person", "/keeping/paper/{id}/{paper}": "paper", "/keeping/recipients/{id}": "person",
	"/keeping/recipients/{id}/{notice}": "notice", "/api/v1/messages/{id}": "api message", "/api/v1/people/{id}": "person", "/mail/{id}": "caught mail",
}

// open are addresses that name what everybody may have, or everybody who is signed in.
var open = map[string]string{
	"/static/{file...}": "files of the program", "/m/{file}": "pictures of letters", "/c/{token}": "leads where the link leads, the same for all",
	"/me/erased/{mark}": "a sealed mark opens a certificate that names nobody", "/me/erased/{mark}/pdf": "the same as a document",
	"/notice/{lang}": "the notice is public", "/notice/{lang}/v/{n}": "so is every version", "/notice/{lang}/diff/{a}/{b}": "and what changed",
	"/archive/{lang}": "a language", "/archive/{lang}/rss.xml": "a language", "/notices/{n}/yaml": "the notice is no secret of anybody's", "/notices/diff/{a}/{b}": "nor is what changed",
}

// ofPurpose are the kinds that belong to a purpose: whose level does not work for it is
// told that there is no such thing.
var ofPurpose = []string{"newsletter", "letter", "series", "segment", "api message"}

// place is one part of a path that names something.
type place struct{ name, kind string }

func placesOf(r door.Route) (out []place, unknown string) {
	for _, at := range regexp.MustCompile(`\{[a-z.]+\}`).FindAllStringIndex(r.Path, -1) {
		kind := kinds[r.Path[:at[1]]]
		if kind == "" {
			return nil, r.Path[:at[1]]
		}
		if kind == "upload" && slices.Contains([]string{"/import/{id}", "/import/{id}/live", "/import/{id}/rejects", "/import/{id}/undo"}, r.Path) {
			kind = "import"
		}
		out = append(out, place{r.Path[at[0]:at[1]], kind})
	}
	return out, ""
}

// fill writes values into a path.
func fill(path string, places []place, values []string) string {
	for i, p := range places {
		path = strings.Replace(path, p.name, values[i], 1)
	}
	return path
}

// answer is all of an answer but what differs between any two: status, headers, body,
// with the names asked for written alike.
func (w *world) answer(r door.Route, path string, form url.Values, values []string, headers ...string) (status int, text string) {
	w.t.Helper()
	w.clock.Move(30 * time.Second)
	body := ""
	if r.Method != "GET" {
		body = form.Encode()
		kind := urlencoded
		if r.Key {
			body, kind = "{}", "application/json"
		}
		headers = append(headers, "Content-Type", kind)
	}
	if strings.HasSuffix(r.Path, "/decision") {
		path += "?purpose=newsletter&channel=email"
	}
	res := w.ask(r.Method, path, body, append(headers, "Accept-Language", "en")...)
	var b strings.Builder
	fmt.Fprintln(&b, res.StatusCode)
	for _, name := range []string{"Content-Type", "Location", "Cache-Control", "Content-Disposition", "Set-Cookie", "Content-Language", "WWW-Authenticate"} {
		fmt.Fprintln(&b, name, res.Header.Values(name))
	}
	b.WriteString(readAll(w.t, res))
	text = b.String()
	for _, v := range values {
		text = strings.ReplaceAll(strings.ReplaceAll(text, url.QueryEscape(v), "¤"), v, "¤")
	}
	return res.StatusCode, once.ReplaceAllString(text, "")
}

func readAll(t testing.TB, res *http.Response) string { return text(t, res) }

// once are parts of an answer that no two have alike.
var once = regexp.MustCompile(`"number":"[0-9a-z]+"|number [0-9a-z]{10,}<|\d\d:\d\d(:\d\d)?|(session|flash)=[A-Za-z0-9_-]+`)

// good are forms without which an act stops before it looks for what it is about.
var good = map[string]url.Values{
	"/outreach/{id}":                               {"name": {"Mine"}, "purpose": {"newsletter"}, "subject": {"Hello"}, "body": {"Text"}, "format": {"markdown"}, "segment": {"everyone"}},
	"/outreach/{id}/test":                          {"to": {"bo@nordanvind.example"}},
	"/outreach/{id}/choose":                        {"letter": {"1"}},
	"/outreach/{id}/schedule":                      {"date": {"2026-12-01"}, "time": {"09:00"}},
	"/outreach/{id}/preview":                       {"to": {"bo@nordanvind.example"}},
	"/outreach/{id}/compose":                       {"op": {"save"}, "subject": {"Hello"}, "format": {"markdown"}, "body": {"Text"}},
	"/outreach/{id}/archive":                       {"on": {"yes"}},
	"/outreach/{id}/settle":                        {"person": {"sd289n3r0003"}, "as": {"sent"}, "reason": {"the log of the relay"}},
	"/outreach/{id}/people.csv":                    {"to": {"own"}},
	"/letters/{id}":                                {"name": {"mine"}, "title": {"Mine"}, "purpose": {"newsletter"}, "subject_sv": {"Hej"}, "body_sv": {"Tack"}},
	"/letters/{id}/test":                           {"to": {"bo@nordanvind.example"}, "lang": {"sv"}},
	"/segments/{id}":                               {"name": {"Mine"}, "expression": {"everyone"}, "op": {"save"}},
	"/requests/{id}/match":                         {"person": {"1"}},
	"/people/{id}/field":                           {"field": {"first_name"}, "value": {"Asa"}, "reason": {"asked"}},
	"/people/{id}/tag":                             {"tag": {"vip"}},
	"/people/{id}/permission":                      {"act": {"consent"}, "purpose": {"newsletter"}, "channel": {"email"}, "method": {"phone"}, "evidence": {"Said so by phone"}, "wording": {"Yes"}},
	"/people/{id}/ground":                          {"kind": {"role"}, "purpose": {"newsletter"}, "evidence": {"buys for the firm"}},
	"/people/{id}/hold":                            {"reason": {"a dispute"}, "citation": {"GDPR 17(3)(e)"}, "until": {"2027-05-01"}, "review": {"2027-01-01"}},
	"/people/{id}/paper":                           {"what": {"contract"}, "location": {"shelf 4"}, "custodian": {"Bo"}, "destroy_on": {"2029-01-01"}},
	"/people/{id}/relation":                        {"ended": {"2026-05-01"}},
	"/people/{id}/disclosed":                       {"recipient": {"mail-relay"}, "given": {"contact"}, "basis": {"contract"}, "gift": {"address"}},
	"/people/{id}/restrict":                        {"on": {"yes"}, "why": {"accuracy"}},
	"/people/{id}/undo":                            {"change": {"sd289n3r0003"}},
	"/outreach/{id}/options":                       {"cap": {"3"}, "cap_days": {"7"}, "quiet_from": {"21:00"}, "quiet_to": {"08:00"}},
	"/access/review/{id}/line":                     {"account": {"sd289n3r0003"}, "what": {"keep"}, "reason": {"still works here"}},
	"/staff/accounts/{id}/levels":                  {"level": {"owner"}},
	"/people/{id}/untag":                           {"tag": {"vip"}},
	"/people/{id}/hold/{hold}/release":             {"why": {"over"}},
	"/keeping/paper/{id}/{paper}/out":              {"holder": {"Bo"}, "why": {"asked"}},
	"/keeping/recipients/{id}/{notice}/told":       {"how": {"by mail"}},
	"/keeping/recipients/{id}/{notice}/answer":     {"note": {"done"}},
	"/keeping/recipients/{id}/{notice}/impossible": {"why": {"gone"}},
	"/access/review/{id}/close":                    {"next": {"2027-05-01"}},
	"/staff/accounts/{id}/until":                   {"until": {"2027-05-01"}},
}

// TestReplay takes every route that names something and asks for what is one's own with
// the credentials of another: with none, of somebody without rights, of the wrong kind,
// and of a colleague who works for another purpose. Whoever is not let have it gets,
// letter for letter, the answer of something that is not there, and nothing changes. A
// part of one thing is not had through another.
func TestReplay(t *testing.T) {
	var w *world
	var letters, care *side
	n := 0
	for _, r := range routes() {
		if !strings.Contains(strings.ReplaceAll(r.Path, "{$}", ""), "{") || open[r.Path] != "" {
			continue
		}
		places, unknown := placesOf(r)
		if unknown != "" {
			t.Errorf("%s %s: the test does not know what %s names", r.Method, r.Path, unknown)
			continue
		}
		if n%20 == 0 { // a register that stays small
			w = trading(t)
			letters, care = w.sides()
		}
		n++
		x := replay{w, r, places}
		x.begin(letters, care)
		x.strangers(letters)
		x.colleagues(letters, care)
		x.begin(letters, care) // what was changed is made anew
		x.colleagues(care, letters)
	}
	if n < 100 {
		t.Errorf("only %d routes name something", n)
	}
}

// replay is one route under test.
type replay struct {
	*world
	route  door.Route
	places []place
}

// begin makes what the route names, for both.
func (x replay) begin(sides ...*side) {
	x.t.Helper()
	for _, s := range sides {
		s.begin()
		for _, p := range x.places {
			if s.of(p.kind) == "" {
				x.t.Errorf("%s: there is no %s", x.route.Path, p.kind)
			}
		}
	}
}

// want compares the answer for what is there with that for what is not.
func (x replay) want(who string, real, missing []string, headers ...string) (status int) {
	x.t.Helper()
	before := ""
	if x.route.Method == "POST" { // that no GET changes anything is TestEveryPageOpens
		before = x.state()
	}
	status, there := x.answer(x.route, fill(x.route.Path, x.places, real), good[x.route.Path], real, headers...)
	if before != "" && status >= 300 {
		if after := x.state(); after != before {
			x.t.Errorf("%s %s: %s was refused and yet changed something: %s", x.route.Method, x.route.Path, who, changed(before, after))
		}
	}
	_, not := x.answer(x.route, fill(x.route.Path, x.places, missing), good[x.route.Path], missing, headers...)
	if there != not {
		x.t.Errorf("%s %s: %s is told whether it is there:\n%s\n--- and not there ---\n%s", x.route.Method, x.route.Path, who, apartFrom(there, not), apartFrom(not, there))
	}
	return status
}

// state is all that is stored but when somebody was last there.
func (x replay) state() string {
	return regexp.MustCompile(`(?m)^(staff_sessions|subject_sessions|api_keys)\|.*\n`).ReplaceAllString(x.dump(), "")
}

// apartFrom is what stands around the first place where a text differs from another.
func apartFrom(a, b string) string {
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	return fmt.Sprintf("%.4s … %s", a, a[max(0, at-60):min(len(a), at+160)])
}

func (x replay) values(s *side) (real, missing []string) {
	for _, p := range x.places {
		v := s.of(p.kind)
		real, missing = append(real, v), append(missing, s.missing(p.kind, v))
	}
	return real, missing
}

// credentials are the headers of a side at this route, and those of the wrong kind.
func (x replay) credentials(s *side) (right, wrong []string) {
	cookie, key := []string{"Cookie", s.cookie}, []string{"Authorization", "Bearer " + s.key}
	if x.route.Key {
		return key, cookie
	}
	return cookie, key
}

func (x replay) strangers(s *side) {
	x.t.Helper()
	if x.route.Level == door.Public || x.route.Level == door.SignedIn {
		return // the address itself is the right, or being one of the staff
	}
	real, missing := x.values(s)
	_, wrong := x.credentials(s)
	x.want("nobody", real, missing)
	x.want("a credential of the wrong kind", real, missing, wrong...)
	if !x.route.Key {
		*s.n++
		status := x.want("somebody without levels", real, missing, "Cookie", x.signedIn(fmt.Sprintf("low%d@nordanvind.example", *s.n)))
		if len(good[x.route.Path]) > 0 && status != http.StatusForbidden && status != http.StatusNotFound {
			x.t.Errorf("%s %s: a whole form of somebody without levels is answered %d: is it the level that refuses?", x.route.Method, x.route.Path, status)
		}
	}
}

func (x replay) colleagues(s, other *side) {
	x.t.Helper()
	own, _ := x.values(s)
	theirs, missing := x.values(other)
	mine, _ := x.credentials(s)
	if x.route.Level == door.Self {
		x.clock.Move(10 * time.Minute)
		mine = []string{"Cookie", "me=" + x.signedInSelf(s.subject()).jar["me"]}
	}
	last := len(x.places) - 1
	kind := x.places[last].kind
	if last > 0 && kind != "slug" { // a part of theirs, asked for as one of mine
		x.want(s.name+", by way of its own", append(slices.Clone(own[:last]), theirs[last]), append(slices.Clone(own[:last]), missing[last]), mine...)
	}
	switch {
	case x.route.Level == door.Public:
	case x.route.Level == door.Self, slices.Contains(ofPurpose, kind), slices.Contains(ofPurpose, x.places[0].kind):
		x.want(s.name, theirs, missing, mine...)
	default:
		status, _ := x.answer(x.route, fill(x.route.Path, x.places, theirs), good[x.route.Path], theirs, mine...)
		if status == http.StatusForbidden {
			x.want(s.name, theirs, missing, mine...)
		}
	}
	if status, text := x.answer(x.route, fill(x.route.Path, x.places, own), good[x.route.Path], own, mine...); x.route.Method == "GET" && status >= 400 && closed[s.name+" "+x.route.Path] == "" {
		x.t.Errorf("GET %s: %s does not get its own: %.3s", x.route.Path, s.name, text)
	}
}

// closed are pages that a side's level does not reach for what they show.
var closed = map[string]string{
	"letters /archive/{id}/{slug}": "it was not published", "care /archive/{id}/{slug}": "it was not published",
	"care /w/{token}/receipt":                    "the message rests on no entry",
	"care /people/{id}/evidence/{entry}":         "the level does not see permissions",
	"letters /organisations/{id}":                "the level does not see employers",
	"care /people/{id}/evidence/{entry}/receipt": "the level does not see permissions",
	"care /api/v1/people/{id}/permissions":       "the level does not see permissions",
	"letters /import/{id}/rejects":               "no row was rejected", "care /import/{id}/rejects": "no row was rejected",
	"letters /staff/levels/{name}/edit": "nobody changes a level of their own", "care /staff/levels/{name}/edit": "nobody changes a level of their own",
	"letters /requests/{id}/receipt": "nothing was decided", "care /requests/{id}/receipt": "nothing was decided",
	"letters /me/cases/{case}/receipt": "nothing was decided", "care /me/cases/{case}/receipt": "nothing was decided",
	"letters /log/{id}/proof": "no server takes entries into the tree", "care /log/{id}/proof": "no server takes entries into the tree",
	"letters /mail/{id}/html": "no mail is caught", "care /mail/{id}/html": "no mail is caught",
	"letters /mail/{id}": "no mail is caught", "care /mail/{id}": "no mail is caught",
}
