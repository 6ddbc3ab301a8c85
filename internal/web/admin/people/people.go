// Package people is the staff pages about people: the list, one person, what may
// be sent to them and why, the evidence behind it, changes and their undo,
// duplicates and merging.
//
// # Routes
//
//	GET  /people                          list.go       q, city, organisation, tag, after
//	POST /people                          add.go        a new person
//	GET  /people/{id}                     show.go       matrix.go, timeline.go, facts.go
//	POST /people/{id}/permission          permission.go what they said by letter, by phone, in person
//	POST /people/{id}/field, tag, untag   edit.go
//	POST /people/{id}/undo, restrict      edit.go
//	GET  /people/{id}/history             history.go
//	GET  /people/{id}/evidence/{entry}    evidence.go; …/receipt: receipt.go
//	GET  /people/{id}/verdict/{message}   verdict.go
//	GET  /people/duplicates               duplicates.go
//	GET  /people/merge, POST              merge.go
//
// A page shows what the reader's level may see and names what it may not.
package people

import (
	"sync"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// area is the pages with what they remember between requests.
type area struct{ total, suspects counter }

// Routes lists the pages about people.
func Routes() []door.Route {
	a := &area{total: counter{count: total, life: time.Minute}, suspects: counter{count: suspected, life: 5 * time.Minute, always: true}}
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: door.SeePeople, Handler: desk.With(named(h))}
	}
	post := func(path, level string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: level, Handler: desk.With(named(h))}
	}
	return []door.Route{
		get("/people", a.list), post("/people", door.SeePeople, add),
		get("/people/new", newPerson),
		get("/people/duplicates", duplicates),
		get("/people/merge", compare), post("/people/merge", "merge", merge),
		get("/people/{id}", a.show),
		get("/people/{id}/history", history),
		get("/people/{id}/evidence/{entry}", evidence), get("/people/{id}/evidence/{entry}/receipt", proof),
		{Method: "GET", Path: "/people/{id}/verdict/{message}", Level: "decide", Handler: desk.With(named(verdict))},
		post("/people/{id}/permission", "permission", permission),
		post("/people/{id}/ground", "permission", ground),
		post("/people/{id}/field", door.SeePeople, setField),
		post("/people/{id}/tag", door.SeePeople, tag(true)),
		post("/people/{id}/untag", door.SeePeople, tag(false)),
		{Method: "POST", Path: "/people/{id}/undo", Level: door.SeePeople, Does: "undo", Handler: desk.With(named(undo))},
		post("/people/{id}/restrict", "rights", restrict),
	}
}

// named lets nobody in whose level does not see who people are.
func named(h desk.Handler) desk.Handler {
	return func(d *desk.Desk) error {
		if err := d.NeedPeople(); err != nil {
			return err
		}
		return h(d)
	}
}

// path is the page of a person.
func path(who id.ID) string { return "/people/" + who.String() }

// must reads the person a request is about. One who was merged away is given as
// the person they turned out to be.
func must(d *desk.Desk, tx *db.Tx, who id.ID) (*party.Person, error) { return d.Person(tx, who) }

// counter remembers a count for a moment, because counting takes longer than
// showing fifty rows.
type counter struct {
	count  func(*desk.Desk, *db.Tx) (int, error)
	life   time.Duration // how long a count is shown before it is made again
	always bool          // remember small counts too

	mu sync.Mutex
	at time.Time // guarded by mu
	n  int       // guarded by mu
}

const (
	many   = 10_000 // fewer are counted anew each time
	looked = 2      // windows of the register looked at for duplicates
	atMost = 99     // pairs counted
)

func (c *counter) of(d *desk.Desk, tx *db.Tx) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := tx.Time().Sub(c.at); !c.at.IsZero() && age >= 0 && age < c.life && (c.always || c.n > many) {
		return c.n, nil
	}
	n, err := c.count(d, tx)
	if err == nil {
		c.n, c.at = n, tx.Time()
	}
	return n, err
}

func total(d *desk.Desk, tx *db.Tx) (int, error) { return d.Party.Count(tx) }

// suspected counts pairs that may be one person, up to a number that says "many",
// in the first part of a large register.
func suspected(d *desk.Desk, tx *db.Tx) (int, error) {
	pairs, _, err := suspects(d, tx, twins.Cursor{}, atMost, looked)
	return len(pairs), err
}
