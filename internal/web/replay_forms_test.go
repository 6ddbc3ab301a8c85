package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/post"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
)

// forms are those whose fields name something, the place where the name is sent, and
// what makes the rest of the form good.
var forms = []struct {
	method, path, field, kind string
	rest                      url.Values
}{
	{"POST", "/account/revoke", "session", "session", nil},
	{"POST", "/account/factor/remove", "factor", "factor", nil},
	{"POST", "/account/factor/name", "factor", "factor", url.Values{"name": {"mine"}}},
	{"POST", "/account/keys/revoke", "key", "key", nil},
	{"POST", "/access/elevation/end", "which", "elevation", nil},
	{"POST", "/access/approvals", "which", "held act", url.Values{"answer": {"approve"}, "reason": {"read and right"}}},
	{"POST", "/people/{id}/undo", "change", "change", nil},
	{"POST", "/requests/{id}/printed", "item", "item", nil},
	{"GET", "/people/{id}", "after", "place", nil},
	{"GET", "/people", "after", "place", nil},
}

// nameless are forms whose fields name nothing that is anybody's, and those other tests
// replay.
var nameless = map[string]string{
	"/language": "", "/me": "an address, TestMineEnumeration", "/me/facts": "the signed-in person's own", "/me/permissions": "the person's own", "/me/object": "the person's own",
	"/me/withdraw": "the person's own", "/me/restrict": "the person's own", "/me/copy": "the person's own", "/me/erase": "the person's own", "/me/address": "TestMineMove",
	"/me/out": "", "/me/out-all": "", "/ask": "TestAsk", "/sign-in": "TestKnownAndUnknown", "/sign-in/passkey": "", "/sign-in/passkey/finish": "TestBadInput",
	"/sign-in/second": "TestSecondStep", "/sign-in/second/passkey": "TestPasskeyPages", "/sign-out": "", "/confirm": "TestConfirm", "/confirm/passkey": "TestPasskeyPages",
	"/account/password": "", "/account/app": "an offer sealed for its session, TestOfferBelongsToItsSession", "/account/passkey": "a ceremony, TestPasskeyRefusals", "/account/passkey/begin": "",
	"/account/codes": "", "/account/device": "", "/account/revoke-others": "", "/account/keys": "",
	"/people": "", "/people/merge": "two people, whom the level sees", "/import": "", "/outreach": "", "/letters": "", "/series": "", "/pictures": "",
	"/sender/look": "", "/sender/relay": "settings of the server", "/sender/relay/state": "settings of the server", "/sender/key": "settings of the server", "/sender/key/use": "settings of the server",
	"/outreach/suppression/check": "an address", "/outreach/suppression/add": "an address", "/outreach/suppression/lift": "an address", "/outreach/suppression/list": "",
	"/outreach/suppression/list/drop": "a list of the register", "/outreach/returns/mailbox": "settings of the server", "/outreach/returns/note": "a note about a person, whom the level sees", "/segments": "", "/segments/count": "", "/requests": "",
	"/notices/check": "", "/notices/publish": "the draft of the register", "/notices/drop": "the draft of the register", "/staff": "", "/access/elevation": "a level",
	"/access/review/start": "", "/requests/mailbox": "settings of the server", "/keeping/preview": "", "/keeping/run": "", "/keeping/settings": "settings of the register",
	"/api/v1/messages": "TestTemplateOfAnother", "/api/v1/events": "the person, whom the level sees", "/api/v1/people": "",
}

// TestReplayForms sends forms that name what is somebody else's: they get the answer of
// a name that nothing has, and nothing changes.
func TestReplayForms(t *testing.T) {
	replayed := map[string]bool{}
	for _, x := range forms {
		replayed[x.path] = true
	}
	for _, r := range routes() {
		if _, told := nameless[r.Path]; r.Method == "POST" && !strings.Contains(r.Path, "{") && !told && !replayed[r.Path] {
			t.Errorf("POST %s: does its form name something? Say so in forms or nameless", r.Path)
		}
	}
	for _, x := range forms {
		t.Run(x.path+" "+x.field, func(t *testing.T) {
			w := trading(t)
			one, other := w.clerks()
			path := x.path
			if strings.Contains(path, "/people/") {
				path = strings.Replace(path, "{id}", one.of("person"), 1)
			}
			if strings.Contains(path, "/requests/") {
				path = strings.Replace(path, "{id}", one.of("case"), 1)
			}
			theirs := other.of(x.kind)
			missing := one.missing(x.kind, theirs)
			if x.kind == "place" {
				missing = theirs[:len(theirs)-1] + "A"
			}
			send := func(value string) string {
				form := url.Values{x.field: {value}}
				for k, v := range x.rest {
					form[k] = v
				}
				r := door.Route{Method: x.method, Path: x.path}
				at := path
				if x.method == "GET" {
					at, form = path+"?"+form.Encode(), nil
				}
				_, got := w.answer(r, at, form, []string{value}, "Cookie", one.cookie)
				return got
			}
			quiet := replay{world: w}
			before := quiet.state()
			there := send(theirs)
			if after := quiet.state(); after != before {
				t.Errorf("something changed: %s", changed(before, after))
			}
			if not := send(missing); there != not {
				t.Errorf("there\n%s\n--- not there ---\n%s", apartFrom(there, not), apartFrom(not, there))
			}
		})
	}
}

// clerks are two people of one level, each with their own.
func (w *world) clerks() (one, other *side) {
	n := new(int)
	for _, name := range []string{"one", "other"} {
		s := &side{world: w, name: name, purpose: "relationship", n: n}
		w.do(func(tx *db.Tx) error {
			a, err := w.Staff.Create(tx, staff.NewAccount{Name: "Clerk " + name, Email: name + "@nordanvind.example", Levels: []string{"desk"}})
			if err == nil {
				s.account = a.ID
			}
			return err
		})
		if s.begin(); one == nil {
			one = s
		}
		other = s
	}
	return one, other
}

// TestTemplateOfAnother names a letter of a purpose the key does not work for.
func TestTemplateOfAnother(t *testing.T) {
	w := trading(t)
	letters, care := w.sides()
	letters.begin()
	care.begin()
	which, _ := id.Parse(care.of("letter"))
	var theirs *post.Template
	w.do(func(tx *db.Tx) (err error) { theirs, err = w.Post.Template(tx, which); return err })
	for _, purpose := range []string{"", `,"purpose":"newsletter"`} {
		var seen []string
		for _, name := range []string{theirs.Name, "no-such-letter"} {
			status, got := w.call(letters.key, "POST", "/messages", `{"person":"`+letters.of("person")+`","template":"`+name+`"`+purpose+`}`)
			delete(got, "number")
			seen = append(seen, fmt.Sprint(status, got))
		}
		if seen[0] != seen[1] || !strings.HasPrefix(seen[0], "404") {
			t.Errorf("there %s, not there %s", seen[0], seen[1])
		}
	}
}
