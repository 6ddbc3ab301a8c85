package people

import (
	"net/url"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

const (
	pageRows = 50  // people on a page
	readRows = 200 // rows read at a time while several filters are on
	maxReads = 10  // readings at most for one page
)

// filters are what the list is narrowed by.
type filters struct {
	Q, City, Tag string
	Org          id.ID
	OrgName      string
}

// list shows people by name, narrowed by search and filters.
func (a *area) list(d *desk.Desk) error {
	if err := d.NeedSearch(); err != nil {
		return err
	}
	f, err := readFilters(d)
	if err == nil {
		err = f.allowed(d)
	}
	if err != nil {
		return err
	}
	after := place{Cursor: first}
	paged, err := d.Cursor(&after)
	if err != nil {
		return err
	}
	v := page.PeopleView{Frame: d.Frame(d.T("nav.people"), "people"), Found: -1, MayImport: d.Can("import"), MayAdd: d.Edits("email")}
	v.Query = f.Q
	var rows []party.Person
	var next place
	var more bool
	err = d.Look(func(tx *db.Tx) (err error) {
		if v.Total, err = a.total.of(d, tx); err != nil {
			return err
		}
		if f.Org != 0 {
			o, found, err := d.Party.Organisation(tx, f.Org)
			if err != nil {
				return err
			}
			if found {
				f.OrgName = o.Name
			}
		}
		if d.Can("merge") {
			if v.Duplicates, err = a.suspects.of(d, tx); err != nil {
				return err
			}
		}
		if rows, next, more, err = find(d, tx, f, after); err != nil {
			return err
		}
		v.Rows, err = Rows(d, tx, rows)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.ReadMany(f.action(), len(v.Rows), f.detail()); err != nil {
		return err
	}
	v.Filters = f.chips(d)
	if !more && !paged {
		v.Found = len(v.Rows)
	}
	if more {
		v.Next = f.address("after", d.SignCursor(next))
	}
	if paged {
		v.First = f.address("", "")
	}
	return d.Render(200, page.People(v))
}

func readFilters(d *desk.Desk) (f filters, err error) {
	q, err := d.Query()
	if err != nil {
		return f, err
	}
	for _, x := range []struct {
		name string
		into *string
	}{{"q", &f.Q}, {"city", &f.City}, {"tag", &f.Tag}} {
		if *x.into, err = q.Line(x.name, 200); err != nil {
			return f, err
		}
	}
	if text := q.Get("organisation"); text != "" {
		if f.Org, err = id.Parse(text); err != nil {
			err = party.NotFound()
		}
	}
	return f, err
}

// allowed refuses to narrow the list by what the reader may not search by.
func (f filters) allowed(d *desk.Desk) error {
	if f.City != "" && !d.Searches("city") || f.Org != 0 && !d.Searches("organisation") {
		return fault.New(fault.Denied, "denied.search", "the access level does not search by this")
	}
	return nil
}

// place is where the list goes on. People with a name come first, by name; those
// known by an address alone come after them.
type place struct {
	party.Cursor
	Nameless bool
}

// first is the place before everybody with a name.
var first = party.Cursor{Key: " ", ID: 1}

// find reads one page of people that pass all filters. The room narrows by one of
// them; the others are looked at here, over a bounded number of rows.
func find(d *desk.Desk, tx *db.Tx, f filters, at place) (out []party.Person, next place, more bool, err error) {
	q := f.query()
	q.Limit = readRows
	if f.count() <= 1 || q.Text != "" {
		q.Limit = pageRows + 1
	}
	if q.Tag != "" && at.Cursor == first {
		at.Cursor = party.Cursor{} // people with a tag are listed by key, not by name
	}
	for range maxReads {
		q.After = at.Cursor
		rows, err := rowsOf(d, tx, q)
		if err != nil {
			return nil, at, false, err
		}
		ended := len(rows) < q.Limit
		for i := range rows {
			if at.Nameless && rows[i].LastName != "" {
				return out, at, false, nil
			}
			ok, err := f.match(d, tx, &rows[i])
			switch {
			case err != nil:
				return nil, at, false, err
			case ok && len(out) == pageRows:
				return out, at, q.Text == "", nil
			case ok:
				out = append(out, rows[i])
			}
			at.Cursor = party.CursorOf(&rows[i])
		}
		if q.Text != "" || ended && (at.Nameless || q.Tag != "") {
			return out, at, false, nil
		}
		if ended {
			at = place{Nameless: true}
		}
	}
	return out, at, len(out) > 0, nil
}

// rowsOf reads people by a query; by a text only as far as the reader may search.
func rowsOf(d *desk.Desk, tx *db.Tx, q party.Query) ([]party.Person, error) {
	if q.Text != "" {
		return d.FindPeople(tx, q.Text, q.Limit)
	}
	return d.Party.List(tx, q)
}

// query is the filter the room narrows by.
func (f filters) query() party.Query {
	switch {
	case f.Org != 0:
		return party.Query{OrgID: f.Org}
	case f.Q != "":
		return party.Query{Text: f.Q}
	case f.City != "":
		return party.Query{City: f.City}
	}
	return party.Query{Tag: f.Tag}
}

func (f filters) count() (n int) {
	for _, on := range []bool{f.Org != 0, f.Q != "", f.City != "", f.Tag != ""} {
		if on {
			n++
		}
	}
	return n
}

// match looks at the filters the room did not narrow by.
func (f filters) match(d *desk.Desk, tx *db.Tx, p *party.Person) (bool, error) {
	if f.count() <= 1 {
		return true, nil
	}
	if f.City != "" && address.Fold(p.City) != address.Fold(f.City) {
		return false, nil
	}
	text := p.Name()
	if d.Searches("email") {
		text += " " + p.Email
	}
	if f.Q != "" && f.Org != 0 && !strings.Contains(address.Fold(text), address.Fold(f.Q)) {
		return false, nil
	}
	if f.Tag == "" {
		return true, nil
	}
	tags, err := d.Party.Tags(tx, p.ID)
	if err != nil {
		return false, err
	}
	for _, t := range tags {
		if address.Fold(t) == address.Fold(f.Tag) {
			return true, nil
		}
	}
	return false, nil
}

// Rows makes the rows of a table of people, with what the reader may see of each.
func Rows(d *desk.Desk, tx *db.Tx, people []party.Person) ([]page.PersonRow, error) {
	letters := d.Letters()
	out := make([]page.PersonRow, 0, len(people))
	for i := range people {
		p := &people[i]
		r := page.PersonRow{Href: path(p.ID), Name: p.Name(), Changed: desk.Time(p.Changed)}
		r.Title, r.Email, r.Country = show(d, p, "title"), show(d, p, "email"), show(d, p, "country")
		r.Organisation = narrowed(d, "organisation", show(d, p, "organisation"), "/people?organisation="+p.OrgID.String())
		r.City = narrowed(d, "city", show(d, p, "city"), "/people?city="+url.QueryEscape(p.City))
		out = append(out, r)
	}
	if letters == "" || !d.SeesPermissions() {
		return out, nil
	}
	return out, summarise(d, tx, people, letters, out)
}

// narrowed is a value that leads to everybody with the same, for those who may
// search by it.
func narrowed(d *desk.Desk, field, value, href string) page.Link {
	if value == "" || !d.Searches(field) {
		return page.Link{Text: value}
	}
	return page.Link{Text: value, Href: href}
}

// show gives a value when the reader may see it.
func show(d *desk.Desk, p *party.Person, field string) string {
	if !d.Sees(field) {
		return ""
	}
	return p.Get(field)
}

// summarise says in a word whether newsletters may be sent to each of some people.
func summarise(d *desk.Desk, tx *db.Tx, people []party.Person, purpose string, rows []page.PersonRow) error {
	q, err := d.InForce.PermitQuestion(purpose, "email", tx.Time())
	if err != nil {
		return err
	}
	yes := d.T("people.may", "what", d.PurposeTitle(purpose))
	return d.Outbox.DecideSome(tx, people, q, func(i int, s *outbox.Subject) error {
		if why := outbox.Why(s, "email"); why != "" {
			rows[i].Permission = page.Chip{Text: d.Code(why), Tone: desk.Tone(false, why)}
			return nil
		}
		rows[i].Permission = page.Chip{Text: yes, Tone: desk.Tone(true, s.Verdict.Code)}
		return nil
	})
}

// chips are the filters as labels, each with the address of the list without it.
func (f filters) chips(d *desk.Desk) (out []page.Chip) {
	add := func(label, value string, without filters) {
		if value != "" {
			out = append(out, page.Chip{Text: d.T("people.filter", "what", label, "value", value), Remove: without.address("", ""), RemoveWording: d.T("people.remove_filter")})
		}
	}
	q, city, tag, org := f, f, f, f
	q.Q, city.City, tag.Tag, org.Org = "", "", "", 0
	add(d.T("people.searched"), f.Q, q)
	add(d.T("people.city"), f.City, city)
	add(d.T("people.tag"), f.Tag, tag)
	add(d.T("people.organisation"), f.OrgName, org)
	return out
}

// address is the list under these filters, with one more field.
func (f filters) address(name, value string) string {
	v := url.Values{}
	for _, x := range [][2]string{{"q", f.Q}, {"city", f.City}, {"tag", f.Tag}, {name, value}} {
		if x[0] != "" && x[1] != "" {
			v.Set(x[0], x[1])
		}
	}
	if f.Org != 0 {
		v.Set("organisation", f.Org.String())
	}
	if len(v) == 0 {
		return "/people"
	}
	return "/people?" + v.Encode()
}

// action names the read in the log.
func (f filters) action() string {
	if f.Q != "" {
		return "person.search"
	}
	return "person.list"
}

// detail says for the log by what the list was narrowed, never to which value.
func (f filters) detail() map[string]string {
	var by []string
	for _, x := range []struct {
		name string
		on   bool
	}{{"q", f.Q != ""}, {"city", f.City != ""}, {"tag", f.Tag != ""}, {"organisation", f.Org != 0}} {
		if x.on {
			by = append(by, x.name)
		}
	}
	if by == nil {
		return nil
	}
	return map[string]string{"by": strings.Join(by, " ")}
}
