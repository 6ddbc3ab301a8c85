// Package party keeps the people and organisations of the register.
//
// # What is kept
//
// A person is one row: names, position, organisation, place, the first e-mail
// address and phone number, and the remaining fields of the notice's catalogue
// packed as JSON. The catalogue comes from the notice in force: a field it does
// not list is refused by name. law: GDPR 5(1)(c)
//
// Every value has a source and two dates, first collected and last changed. They
// are usually those of the whole row, so only exceptions are stored (prov).
//
//	persons        (bucket, person_id)             one row a person, clustered by bucket
//	points         (bucket, person_id, point_id)   further typed addresses
//	person_tags    (bucket, person_id, tag)
//	changes        (bucket, person_id, change_id)  history: what was, what became, by whom; the basis of undo
//	merges         (bucket, person_id)             a person merged away -> the one they turned out to be
//	different      (bucket, person_id, other_id)   two that look like one person and are not
//	identifiers    (value, kind)                   what is unique across people: an address -> its person
//	organisations  (org_id)
//	names          (kind, value)                   the distinct folded names, for search by a part of a name
//	sources        (source_id)                     where values came from: an import, a form, staff
//
// # How people are found
//
// An exact address is one look-up in identifiers. A part of a name is first
// looked for among the distinct names, of which there are few however many
// people there are, and then by index: the cost follows the page, not the
// register. Lists page by key, never by offset.
//
// # Acts
//
// Acts are methods on Room that take a transaction: Create, Edit, Undo, Tag,
// AddAddress, Absorb. They are the same for pages, imports, jobs and commands.
//
// # Folders within the room
//
// orgs has the organisations, packed the form of the packed fields. twins is about
// who stands in the register twice: it works out what becomes of two rows; Absorb
// carries it out, and keeps the strictest permissions by asking every room through
// dossier.Keeper to move what it holds.
package party

import (
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party/orgs"
	"kartotek/internal/party/packed"
)

// Room is the open room. Catalogue says which fields the notice in force lists.
type Room struct {
	orgs.Book // organisations
	DB        *db.DB
	Catalogue func() Catalogue
	Movers    []Mover // rooms that hold rows of people, asked when two people become one
	// Held tells which of a person's addresses are not to be used whoever has them,
	// as bits such as BadEmail. It is asked when an address comes into a row; it may be nil.
	Held func(tx *db.Tx, p *Person) (Reach, error)
}

// The packed texts of a row, by the names that go with a Person.
type (
	Fields     = packed.Fields
	Pair       = packed.Pair
	Provenance = packed.Provenance
	Origin     = packed.Origin
)

// Catalogue is the field catalogue of the notice in force.
type Catalogue interface {
	HasField(name string) bool
}

// Mover is the part of dossier.Keeper that merging needs.
type Mover interface {
	Move(tx *db.Tx, from, to id.ID) error
}

// Kind tells a natural person from an address that belongs to an organisation itself.
type Kind int64

// The kinds.
const (
	Natural Kind = iota
	Legal        // a role address such as info@, no named person behind it
)

// Status is what may happen to a person's row at all.
type Status int64

// The statuses.
const (
	Active     Status = iota
	Restricted        // law: GDPR 18
	Erased            // a tombstone: nothing personal left; law: GDPR 17
)

// Reach are bits about a person's addresses, kept on the row so that deciding
// over a million people reads one table.
type Reach int64

// The bits of Reach.
const (
	HasEmail Reach = 1 << iota
	HasPhone
	HasPost
	BadEmail // the address does not exist or refused for good
	BadPhone
	BadPost
	EmailVerified
	PhoneVerified
)

// Person is one person's row.
type Person struct {
	ID         id.ID
	Kind       Kind
	Status     Status
	Reach      Reach
	FirstName  string
	LastName   string
	Title      string
	Language   string
	Country    string // ISO 3166 alpha-2, or as given when not recognised
	City       string
	Org        string // the organisation's name, copied here
	OrgID      id.ID
	Email      string // as written; the key is its normal form in identifiers
	Phone      string // E.164 when recognised
	Fields     Fields // the other fields of the catalogue
	Prov       Provenance
	Registered int64 // ms
	Changed    int64 // ms
	SourceID   id.ID
	RowHash    int64 // of the import row last applied; 0 when none
}

// Name is the person's name for display; the e-mail's mailbox when there is none.
func (p *Person) Name() string {
	switch {
	case p.FirstName != "" && p.LastName != "":
		return p.FirstName + " " + p.LastName
	case p.FirstName+p.LastName != "":
		return p.FirstName + p.LastName
	case p.Email != "":
		return p.Email
	}
	return p.Phone
}

// Subject is the person's kind in the words of a decision.
func (p *Person) Subject() string {
	if p.Kind == Legal {
		return "legal"
	}
	return "natural"
}

// Get gives a field of the catalogue by name.
func (p *Person) Get(field string) string {
	if col := p.column(field); col != nil {
		return *col
	}
	return p.Fields.Get(field)
}

// Set gives a field a value, in its column or among the packed ones.
func (p *Person) Set(field, value string) {
	if col := p.column(field); col != nil {
		*col = value
		return
	}
	p.Fields = p.Fields.With(field, value)
}

// ColumnFields are the catalogue fields that have a column of their own.
var ColumnFields = []string{"first_name", "last_name", "title", "language", "country", "city", "organisation", "email", "phone"}

func (p *Person) column(field string) *string {
	switch field {
	case "first_name":
		return &p.FirstName
	case "last_name":
		return &p.LastName
	case "title":
		return &p.Title
	case "language":
		return &p.Language
	case "country":
		return &p.Country
	case "city":
		return &p.City
	case "organisation":
		return &p.Org
	case "email":
		return &p.Email
	case "phone":
		return &p.Phone
	}
	return nil
}

// Each calls fn for every field that has a value, columns first.
func (p *Person) Each(fn func(field, value string)) {
	for _, f := range ColumnFields {
		if v := *p.column(f); v != "" {
			fn(f, v)
		}
	}
	p.Fields.Each(fn)
}

// OriginOf gives the source and dates of one field's value.
func (p *Person) OriginOf(field string) Origin {
	if o, ok := p.Prov.Get(field); ok {
		return o
	}
	return Origin{Source: p.SourceID, First: p.Registered, Changed: p.Registered}
}

// settle brings Reach in line with the addresses the person has.
func (p *Person) settle() {
	p.Reach = p.Reach.with(HasEmail, p.Email != "").with(HasPhone, p.Phone != "").
		with(HasPost, p.Fields.Get("street") != "" && p.City != "")
}

func (r Reach) with(bit Reach, on bool) Reach {
	if on {
		return r | bit
	}
	return r &^ bit
}

// Has reports whether all the bits are set.
func (r Reach) Has(bits Reach) bool { return r&bits == bits }

// RegisteredOn is the date of registration, for display and segments.
func (p *Person) RegisteredOn() string {
	return clock.FromMs(p.Registered).Format("2006-01-02")
}

// SetColumn gives a field that has a column of its own its value; false when it has none.
func (p *Person) SetColumn(field, value string) bool {
	col := p.column(field)
	if col == nil {
		return false
	}
	*col = value
	return true
}
