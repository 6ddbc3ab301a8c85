// Package api is the door for programs: REST over JSON, version 1, under /api/v1.
//
// # Who comes in
//
// A program shows an API key (package staff/apikey) as "Authorization: Bearer
// ktk_…", and nothing else counts: no cookie, and no browser of another site (there
// is no CORS). The key acts for its owner with fewer rights. Each operation is a
// door.Route with a level like a page's, checked before anything is looked up.
//
// # What comes out
//
// JSON. Ids are strings, times RFC 3339 in UTC, dates ISO. What the key may not see
// is left out, and "withheld" names the fields. Lists give at most 200 rows and a
// "next" that leads on, marked so that it works for this key's owner on this list
// alone. Errors are problem+json (RFC 9457) with the program's own code and the
// field at fault; a field nobody knows is refused by name, so that a field more
// than was meant is never written. law: GDPR 25(2)
//
// Every read and act is in the log with the device "API key <name>".
//
// # Shape
//
//	operations   the table: method, path, level, what goes in, what comes out, act
//	Routes       its routes for the sitemap
//	Document     the OpenAPI 3.1 description made of the same table (openapi.go)
//	decode       JSON read strictly and within bounds (body.go)
//
// No rules and no SQL stand here: the acts are those the pages call.
package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"kartotek/internal/notice"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// prefix is where version 1 is served.
const prefix = "/api/v1"

// maxBody is how much an operation reads.
const maxBody = 64 << 10

// operation is one row of the table.
type operation struct {
	method, path string // below prefix
	name         string // operationId
	level        string
	summary      string
	query        []param
	body         any // zero value of what goes in; nil for nothing
	answer       any // zero value of what comes out
	status       int // when it went well; 200 when 0
	run          func(*call) (any, error)
}

// param is a field of the address.
type param struct {
	name, about string
	required    bool
}

var paging = []param{{"limit", "Rows of an answer: 1 to 200, 50 when not given.", false}, {"after", "Where the list goes on: \"next\" of the answer before.", false}}

// operations is the door's table. The description and the routes are made of it.
func operations() []operation {
	return append(messageOperations(), []operation{
		{method: "GET", path: "/me", name: "whoAmI", level: door.SignedIn, summary: "The key, its owner, and what it may do now.", answer: me{}, run: whoAmI},
		{method: "GET", path: "/people", name: "listPeople", level: door.SeePeople, summary: "People by name, or those a search finds.",
			query: append([]param{{"q", "A name, an e-mail address or its beginning, a telephone number. Found people come in pages too, no further down than the 5,000th: narrow the search then.", false}}, paging...), answer: people{}, run: listPeople},
		{method: "POST", path: "/people", name: "addPerson", level: door.SeePeople, summary: "Adds a person.", body: newPerson{}, answer: made{}, status: http.StatusCreated, run: addPerson},
		{method: "GET", path: "/people/{id}", name: "getPerson", level: door.SeePeople, summary: "One person, as far as the key may see.", answer: person{}, run: getPerson},
		{method: "PATCH", path: "/people/{id}", name: "editPerson", level: door.SeePeople, summary: "Changes fields of the catalogue; null or \"\" removes one.", body: edit{}, answer: edited{}, run: editPerson},
		{method: "GET", path: "/people/{id}/permissions", name: "listPermissions", level: door.SeePeople, summary: "What a person allowed and forbade, oldest first.", answer: permissions{}, run: listPermissions},
		{method: "POST", path: "/people/{id}/permissions", name: "addPermission", level: "permission", summary: "Enters what a person said: a consent, its withdrawal, or a prohibition, with evidence.",
			body: said{}, answer: recorded{}, run: addPermission},
		{method: "GET", path: "/people/{id}/decision", name: "decide", level: "decide", summary: "May we write to this person for a purpose by a channel, now, and why?",
			query: []param{{"purpose", "A purpose of the register notice.", true}, {"channel", "A channel of that purpose.", true}}, answer: decision{}, run: decide},
		{method: "GET", path: "/log", name: "readLog", level: "log", summary: "Who did, read or exported what; newest first. Reading it is itself logged.",
			query: append([]param{{"person", "Entries about a person.", false}, {"by", "Entries of an account.", false}, {"action", "Entries of one action.", false},
				{"from", "Not before this date.", false}, {"to", "Before this date.", false}}, paging...), answer: entries{}, run: readLog},
	}...)
}

// Routes are the door's entries of the sitemap.
func Routes() []door.Route {
	out := []door.Route{{Method: "GET", Path: prefix + "/openapi.json", Level: door.Public, Handler: document, Bare: true, Key: true}}
	for _, o := range operations() {
		out = append(out, door.Route{Method: o.method, Path: prefix + o.path, Level: o.level, Handler: desk.Always(o.handle), Body: maxBody, Key: true})
	}
	return out
}

// call is an operation being answered.
type call struct {
	*desk.Desk
	query door.Fields
}

func (o operation) handle(d *desk.Desk) error {
	if d.InForce == nil {
		return notice.None()
	}
	c := &call{Desk: d}
	var err error
	if c.query, err = o.readQuery(d); err != nil {
		return err
	}
	out, err := o.run(c)
	if err != nil {
		return err
	}
	status := o.status
	if status == 0 {
		status = http.StatusOK
	}
	return write(d.Request, status, out)
}

// readQuery refuses fields the operation does not have: a filter that is
// misspelt must not silently give everybody.
func (o operation) readQuery(d *desk.Desk) (door.Fields, error) {
	q, err := d.Query()
	if err != nil {
		return q, err
	}
	known := map[string]bool{"lang": true}
	for _, p := range o.query {
		known[p.name] = true
		if p.required && q.Get(p.name) == "" {
			return q, invalid("form.missing", p.name, "the field is empty")
		}
		if len(q.Values[p.name]) > 1 {
			return q, invalid("api.twice", p.name, "the field is given twice")
		}
	}
	var strange []string
	for name := range q.Values {
		if !known[name] {
			strange = append(strange, name)
		}
	}
	return q, unknown(strange)
}

// write answers with JSON that is made whole before the first byte is sent.
func write(r *door.Request, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	r.W.Header().Set("Content-Type", "application/json")
	r.W.WriteHeader(status)
	_, _ = r.W.Write(append(b, '\n')) // the reader has gone
	return nil
}

// document answers with the description. Tools may keep it for an hour.
func document(r *door.Request) error {
	r.W.Header().Set("Cache-Control", "public, max-age=3600")
	r.W.Header().Set("Content-Type", "application/json")
	_, _ = r.W.Write(described())
	return nil
}

// place joins what the log says of a query: the names of its fields, never their values.
func (c *call) shape() map[string]string {
	var by []string
	for _, name := range sorted(c.query.Values) {
		if name != "limit" && name != "after" && name != "lang" {
			by = append(by, name)
		}
	}
	if by == nil {
		return nil
	}
	return map[string]string{"by": strings.Join(by, " ")}
}
