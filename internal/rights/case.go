package rights

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/rightsdef"
)

// NotFound is the answer for a case that is not there.
func NotFound() error {
	return fault.New(fault.NotFound, "rights.not_found", "there is no such case; look at its reference again")
}

// today is the day of a transaction where a case is dealt with.
func (c *Case) today(tx *db.Tx) law.Date { return rightsdef.DayIn(c.Country, tx.Now()) }

// timing is what the clock of the case goes by.
func (c *Case) timing() rightsdef.Timing {
	t := rightsdef.Timing{Received: c.Received, Country: c.Country, Extended: c.Clock.Extended}
	for _, p := range c.Pauses {
		t.Pauses = append(t.Pauses, p.Pause)
	}
	return t
}

// wind brings the clock up to a day.
func (c *Case) wind(day law.Date) (err error) {
	c.Clock, err = c.timing().Reckon(day)
	return err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func scanCase(scan db.Scan) (*Case, error) {
	var c Case
	var matched, agent, limits int
	var scope, waiting string
	k := &c.Clock
	err := scan(&c.ID, &c.Ref, &c.Person, &matched, &c.Kind, &scope, &c.Channel, &c.State, &c.Outcome, &c.Code, &c.Language, &c.Country, &c.Received, &c.Recognised,
		&c.Opened, &c.OpenedBy, &c.HandlerID, &c.Handler, &c.Certainty, &c.Delivery, &agent, &c.Staff, &c.Linked, &c.Into, &k.First, &k.Due, &k.Unpaused, &k.Plan,
		&k.Extended, &waiting, &limits, &c.stage, &c.key, &c.Closed, &c.Notice, &k.Pack, &c.Effective, &c.Lift)
	c.Matched, c.Agent, c.Limits, c.Scope = matched == 1, agent == 1, limits == 1, strings.Fields(scope)
	k.Received, k.Waiting = c.Received, law.Date(waiting)
	return &c, err
}

func readCases(tx *db.Tx, s *db.Stmt, args ...any) (all []*Case, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		c, err := scanCase(scan)
		all = append(all, c)
		return err
	}, args...)
	for _, c := range all {
		if err == nil {
			err = c.complete(tx)
		}
	}
	return all, err
}

// complete reads the pauses and brings the clock of an open case up to today. That of
// a closed one stays as it was when it was closed.
func (c *Case) complete(tx *db.Tx) error {
	err := tx.Each(selPauses, func(scan db.Scan) error {
		var p Pause
		err := scan(&p.ID, &p.Asked, &p.Answered, &p.Why, &p.Doubt, &p.Want)
		c.Pauses = append(c.Pauses, p)
		return err
	}, int64(c.ID))
	if err != nil {
		return err
	}
	day := c.today(tx)
	if !c.Open() {
		day = rightsdef.DayIn(c.Country, c.Closed)
	}
	return c.wind(day)
}

func one(all []*Case, err error) (*Case, error) {
	if err == nil && len(all) == 0 {
		err = NotFound()
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Get reads a case with its clock.
func (r *Room) Get(tx *db.Tx, which id.ID) (*Case, error) {
	return one(readCases(tx, selCase, int64(which)))
}

// ByRef reads a case by its reference, such as R-2026-0042, however it is written.
func (r *Room) ByRef(tx *db.Tx, ref string) (*Case, error) {
	return one(readCases(tx, selRef, strings.ToUpper(strings.TrimSpace(ref))))
}

// Of lists the cases of a person, oldest first.
func (r *Room) Of(tx *db.Tx, who id.ID) ([]*Case, error) {
	return readCases(tx, selPerson, int64(who))
}

// Together lists the cases that came with a case, or follow it, without itself.
func (r *Room) Together(tx *db.Tx, c *Case) ([]*Case, error) {
	first := c.ID
	if c.Linked != 0 {
		first = c.Linked
	}
	all, err := readCases(tx, selLinked, int64(first))
	if err != nil || first == c.ID {
		return all, err
	}
	head, err := r.Get(tx, first)
	if err != nil {
		return nil, err
	}
	out := []*Case{head}
	for _, x := range all {
		if x.ID != c.ID {
			out = append(out, x)
		}
	}
	return out, nil
}

// Filter narrows a list of cases.
type Filter struct {
	State   string // open, closed, or all; "" is open
	Kind    rightsdef.Kind
	Stage   rightsdef.Stage
	Handler id.ID
	Person  id.ID
	// After is the last case of the page before; 0 for the first page.
	After id.ID
	Limit int // 0 is 50
}

func (f *Filter) fits(c *Case) bool {
	return (f.Kind == "" || c.Kind == f.Kind) && (f.Stage == "" || c.Clock.Stage == f.Stage) && (f.Handler == 0 || c.HandlerID == f.Handler)
}

// List gives a page of cases: open ones the most pressing first, others the newest
// first. law: GDPR 12(3)
func (r *Room) List(tx *db.Tx, f Filter) (out []*Case, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	if f.Person != 0 {
		all, err := r.Of(tx, f.Person)
		for _, c := range all {
			if f.fits(c) && (f.State == "all" || c.Open() == (f.State != "closed")) {
				out = append(out, c)
			}
		}
		return out, err
	}
	next, err := r.pages(tx, f)
	for err == nil && len(out) < f.Limit {
		var page []*Case
		if page, err = next(); err != nil || len(page) == 0 {
			break
		}
		for _, c := range page {
			if f.fits(c) && len(out) < f.Limit {
				out = append(out, c)
			}
		}
	}
	return out, err
}

// page is how many cases are read at a time.
const page = 100

// pages walks the list in its order from where the filter goes on.
func (r *Room) pages(tx *db.Tx, f Filter) (next func() ([]*Case, error), err error) {
	plan, last := law.Date(""), f.After
	if f.After != 0 {
		c, err := r.Get(tx, f.After)
		if err != nil {
			return nil, err
		}
		plan = c.Clock.Plan
	}
	if f.State == "" || f.State == "open" {
		return func() ([]*Case, error) {
			all, err := readCases(tx, selOpen, string(plan), int64(last), page)
			if n := len(all); n > 0 {
				plan, last = all[n-1].Clock.Plan, all[n-1].ID
			}
			return all, err
		}, nil
	}
	stmt := selAll
	if f.State == "closed" {
		stmt = selClosed
	}
	if last == 0 {
		last = 1<<63 - 1
	}
	return func() ([]*Case, error) {
		all, err := readCases(tx, stmt, int64(last), page)
		if n := len(all); n > 0 {
			last = all[n-1].ID
		}
		return all, err
	}, nil
}

// store writes what may change of a case.
func (c *Case) store(tx *db.Tx) error {
	k := &c.Clock
	n, err := tx.Exec(updCase, int64(c.ID), int64(c.Person), flag(c.Matched), strings.Join(c.Scope, " "), string(c.State), c.Outcome, c.Code, c.Language, int64(c.HandlerID), c.Handler,
		int(c.Certainty), string(c.Delivery), flag(c.Agent), int64(c.Staff), int64(c.Linked), int64(c.Into), string(k.First), string(k.Due), string(k.Unpaused), string(k.Plan),
		string(k.Extended), string(k.Waiting), flag(c.Limits), string(c.stage), c.Closed, k.Pack, string(c.Kind), string(c.Effective), string(c.Lift), c.key)
	if err == nil && n == 0 {
		err = NotFound()
	}
	return err
}

func (c *Case) insert(tx *db.Tx) error {
	k := &c.Clock
	_, err := tx.Exec(insCase, int64(c.ID), c.Ref, int64(c.Person), flag(c.Matched), string(c.Kind), strings.Join(c.Scope, " "), c.Channel, string(c.State), c.Outcome, c.Code, c.Language,
		c.Country, string(c.Received), string(c.Recognised), c.Opened, c.OpenedBy, int64(c.HandlerID), c.Handler, int(c.Certainty), string(c.Delivery), flag(c.Agent), int64(c.Staff),
		int64(c.Linked), int64(c.Into), string(k.First), string(k.Due), string(k.Unpaused), string(k.Plan), string(k.Extended), string(k.Waiting), flag(c.Limits), string(c.stage), c.key,
		c.Closed, c.Notice, k.Pack, string(c.Effective), string(c.Lift))
	return err
}
