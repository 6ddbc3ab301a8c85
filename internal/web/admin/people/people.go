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
//	GET  /people/{id}/evidence/{entry}    evidence.go
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
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// area is the pages with what they remember between requests.
type area struct{ total counter }

// Routes lists the pages about people.
func Routes() []door.Route {
	a := &area{}
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
		get("/people/{id}/evidence/{entry}", evidence),
		get("/people/{id}/verdict/{message}", verdict),
		post("/people/{id}/permission", "permission", permission),
		post("/people/{id}/field", door.SeePeople, setField),
		post("/people/{id}/tag", door.SeePeople, tag(true)),
		post("/people/{id}/untag", door.SeePeople, tag(false)),
		post("/people/{id}/undo", door.SeePeople, undo),
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
func must(d *desk.Desk, tx *db.Tx, who id.ID) (*party.Person, error) {
	p, found, err := d.Party.Get(tx, who)
	if err != nil || found && p.Status != party.Erased {
		return p, err
	}
	to, err := d.Party.Forward(tx, who)
	if err != nil {
		return nil, err
	}
	if to != who {
		if p, found, err = d.Party.Get(tx, to); err != nil || found && p.Status != party.Erased {
			return p, err
		}
	}
	return nil, party.NotFound()
}

// counter remembers how many people there are for a moment, because counting a
// million rows takes longer than showing fifty.
type counter struct {
	mu sync.Mutex
	at time.Time // guarded by mu
	n  int       // guarded by mu
}

// remembered is how long a count is shown before it is made again.
const remembered = 15 * time.Second

func (c *counter) of(d *desk.Desk, tx *db.Tx) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := tx.Time()
	if !c.at.IsZero() && now.Sub(c.at) < remembered && now.Sub(c.at) >= 0 && c.n > 10_000 {
		return c.n, nil
	}
	n, err := d.Party.Count(tx)
	if err == nil {
		c.n, c.at = n, now
	}
	return n, err
}
