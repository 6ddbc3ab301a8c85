package party

import (
	"errors"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// The kinds of address, and the fields of the catalogue that allow them.
const (
	KindEmail = "email"
	KindPhone = "phone"
	KindPost  = "post"
)

// AddressState says what is known of an address.
type AddressState int64

// The states.
const (
	Unverified AddressState = iota
	Verified                // the person answered from it
	Bad                     // it does not exist, or refused for good
	Former                  // the person no longer uses it
)

var stateName = map[AddressState]string{Unverified: "unverified", Verified: "verified", Bad: "bad", Former: "former"}

// String is the state's name, the key of its title.
func (s AddressState) String() string { return stateName[s] }

// maxPoints is how many further addresses one person may have.
const maxPoints = 50

// Point is one address of a person. The first of each kind stands in the
// person's row (Point 0, Primary); the others are rows of their own.
type Point struct {
	ID      id.ID
	Kind    string // email, phone, post
	Label   string // work, home, billing, or "" when nobody said
	Value   string // as written; a postal address as Post.String writes it
	State   AddressState
	Source  id.ID
	At      int64 // ms, first collected
	Primary bool
	norm    string
}

// Norm is the form an address is known and compared by; "" for a postal one.
func (pt Point) Norm() string { return pt.norm }

// Same reports whether two addresses are one, however they are written.
func (p Point) Same(o Point) bool { return p.Kind == o.Kind && p.norm == o.norm }

// Post is a postal address in parts.
type Post struct{ Street, Postcode, City, Country string }

// String is the address in one text, a line for each part.
func (p Post) String() string {
	return strings.Join([]string{p.Street, p.Postcode, p.City, p.Country}, "\n")
}

// ParsePost reads what String wrote.
func ParsePost(s string) Post {
	part := append(strings.Split(s, "\n"), "", "", "")
	return Post{part[0], part[1], part[2], part[3]}
}

// PostOf is the postal address in a person's row.
func PostOf(p *Person) Post {
	return Post{p.Fields.Get("street"), p.Fields.Get("postcode"), p.City, p.Country}
}

var (
	selPoints = db.SQL(db.OnePerson, `SELECT point_id, kind, label, value, norm, state, source_id, at FROM points
		WHERE bucket = $1 AND person_id = $2 ORDER BY point_id`)
	insPoint = db.SQL(db.OnePerson, `INSERT INTO points (bucket, person_id, point_id, kind, label, value, norm, state, source_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	updPoint = db.SQL(db.OnePerson, `UPDATE points SET value = $4, norm = $5, state = $6, source_id = $7, at = $8
		WHERE bucket = $1 AND person_id = $2 AND point_id = $3`)
	delPoint  = db.SQL(db.OnePerson, `DELETE FROM points WHERE bucket = $1 AND person_id = $2 AND point_id = $3`)
	delPoints = db.SQL(db.OnePerson, `DELETE FROM points WHERE bucket = $1 AND person_id = $2`)
)

// Further lists a person's further addresses, oldest first.
func (r *Room) Further(tx *db.Tx, who id.ID) (all []Point, err error) {
	err = tx.Each(selPoints, func(scan db.Scan) error {
		var p Point
		err := scan(&p.ID, &p.Kind, &p.Label, &p.Value, &p.norm, &p.State, &p.Source, &p.At)
		all = append(all, p)
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

var selPointsIn = db.SQL(db.Set, `SELECT person_id, point_id, kind, label, value, norm, state, source_id, at FROM points
	WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id, point_id`)

// PointsOf gives the further addresses of everybody in a range of buckets.
func (r *Room) PointsOf(tx *db.Tx, lo, hi int) (map[id.ID][]Point, error) {
	out := map[id.ID][]Point{}
	err := tx.Each(selPointsIn, func(scan db.Scan) error {
		var who id.ID
		var p Point
		err := scan(&who, &p.ID, &p.Kind, &p.Label, &p.Value, &p.norm, &p.State, &p.Source, &p.At)
		out[who] = append(out[who], p)
		return err
	}, lo, hi)
	return out, err
}

// Addresses lists every address of a person: those of the row, then the others.
func (r *Room) Addresses(tx *db.Tx, who id.ID) ([]Point, error) {
	p, err := r.must(tx, who)
	if err != nil {
		return nil, err
	}
	more, err := r.Further(tx, who)
	return append(Primaries(p), more...), err
}

// Primaries are the addresses in a person's row.
func Primaries(p *Person) (all []Point) {
	for _, a := range []struct {
		kind, field, value string
		good, bad          Reach
	}{
		{KindEmail, "email", p.Email, EmailVerified, BadEmail},
		{KindPhone, "phone", p.Phone, PhoneVerified, BadPhone},
		{KindPost, "street", PostOf(p).String(), 0, BadPost},
	} {
		if a.value == "" || a.kind == KindPost && PostOf(p).Street == "" {
			continue
		}
		o := p.OriginOf(a.field)
		norm, _ := normalise(a.kind, a.value, p.Country)
		all = append(all, Point{Kind: a.kind, Value: a.value, State: stateOf(p.Reach, a.good, a.bad),
			Source: o.Source, At: o.First, Primary: true, norm: norm})
	}
	return all
}

func stateOf(r, good, bad Reach) AddressState {
	switch {
	case r&bad != 0:
		return Bad
	case r&good != 0:
		return Verified
	}
	return Unverified
}

// normalise gives the form in which addresses of a kind are compared.
func normalise(kind, value, country string) (string, error) {
	switch kind {
	case KindEmail:
		norm, err := address.Email(value)
		if err != nil {
			return "", fault.New(fault.Invalid, "party.bad_email", "this is not an e-mail address").In(kind).Because(err)
		}
		return norm, nil
	case KindPhone:
		norm, err := address.Phone(value, country)
		if err != nil {
			return "", fault.New(fault.Invalid, "party.bad_phone", "this is not a phone number").In(kind).Because(err)
		}
		return norm, nil
	case KindPost:
		if ParsePost(value).Street == "" {
			return "", fault.New(fault.Invalid, "party.bad_post", "a postal address has at least a street or box").In(kind)
		}
		return strings.Join(strings.Fields(address.Fold(value)), " "), nil
	}
	return "", fault.New(fault.Invalid, "party.address_kind", "an address is an email, phone or post").In("kind")
}

// AddAddress adds a further address. An e-mail address is claimed, so that search
// and import find the person by it, and refused when it is somebody else's; a
// phone number may be shared, and leads to whoever had it first. Adding what the
// person has already gives the address that is there.
func (r *Room) AddAddress(tx *db.Tx, who id.ID, kind, label, value string, source id.ID) (Point, error) {
	p, err := r.must(tx, who)
	if err != nil {
		return Point{}, err
	}
	norm, err := r.checkAddress(kind, label, value, p.Country)
	if err != nil {
		return Point{}, err
	}
	all, err := r.Addresses(tx, who)
	if err != nil {
		return Point{}, err
	}
	for _, there := range all {
		if there.Kind == kind && there.norm == norm {
			return there, nil
		}
	}
	if len(all) >= maxPoints {
		return Point{}, fault.New(fault.TooLarge, "party.many_addresses", "a person has at most %d addresses", maxPoints)
	}
	pt := Point{ID: tx.NewID(), Kind: kind, Label: label, Value: value, Source: source, At: tx.Now(), norm: norm}
	if err := r.addPoint(tx, p.ID, pt); err != nil {
		return Point{}, err
	}
	return pt, r.record(tx, who, Change{Kind: "address", Source: source, Diff: []Delta{{Field: pt.historyField(), New: value}}})
}

func (r *Room) checkAddress(kind, label, value, country string) (norm string, err error) {
	if label != "" && label != "work" && label != "home" && label != "billing" {
		return "", fault.New(fault.Invalid, "party.address_label", "an address is for work, home or billing").In("label")
	}
	if norm, err = normalise(kind, value, country); err != nil {
		return "", err
	}
	field := kind
	if kind == KindPost {
		field = "street"
	}
	return norm, r.check(field, value)
}

// addPoint stores an address and claims it.
func (r *Room) addPoint(tx *db.Tx, who id.ID, pt Point) error {
	if err := claimPoint(tx, who, pt); err != nil {
		return err
	}
	_, err := tx.Exec(insPoint, who.Bucket(), int64(who), int64(pt.ID), pt.Kind, pt.Label, pt.Value, pt.norm, int64(pt.State), int64(pt.Source), pt.At)
	return err
}

// claimPoint takes an address for a person. One they no longer use is left to
// whoever has it now.
func claimPoint(tx *db.Tx, who id.ID, pt Point) error {
	if pt.State == Former || pt.Kind == KindPost {
		return nil
	}
	if pt.Kind == KindPhone {
		_, err := tx.Exec(claimIdent, pt.norm, pt.Kind, who.Bucket(), int64(who))
		return err
	}
	return claimOne(tx, pt.Kind, pt.norm, who)
}

// claimPoints claims a person's further addresses again, after the row gave up one of its own.
func (r *Room) claimPoints(tx *db.Tx, who id.ID) error {
	all, err := r.Further(tx, who)
	if err != nil {
		return err
	}
	for _, pt := range all {
		if err := claimPoint(tx, who, pt); err != nil {
			return err
		}
	}
	return nil
}

// historyField names an address in the person's history.
func (p Point) historyField() string { return addressField + p.Kind + ":" + p.Label }

const addressField = "address:"

// point finds one further address.
func (r *Room) point(tx *db.Tx, who, point id.ID) (Point, error) {
	all, err := r.Further(tx, who)
	if err != nil {
		return Point{}, err
	}
	for _, pt := range all {
		if pt.ID == point {
			return pt, nil
		}
	}
	return Point{}, fault.New(fault.NotFound, "party.no_address", "the person has no such address")
}

// RemoveAddress takes a further address away; one in the row is removed by Edit.
func (r *Room) RemoveAddress(tx *db.Tx, who, point id.ID) error {
	p, err := r.must(tx, who)
	if err != nil {
		return err
	}
	pt, err := r.point(tx, who, point)
	if err != nil {
		return err
	}
	if err := r.dropPoint(tx, p, pt); err != nil {
		return err
	}
	return r.record(tx, who, Change{Kind: "address", Diff: []Delta{{Field: pt.historyField(), Old: pt.Value}}})
}

// dropPoint removes an address, and its claim unless the row has the same.
func (r *Room) dropPoint(tx *db.Tx, p *Person, pt Point) error {
	if _, err := tx.Exec(delPoint, p.ID.Bucket(), int64(p.ID), int64(pt.ID)); err != nil {
		return err
	}
	if err := release(tx, p.ID, pt); err != nil {
		return err
	}
	return r.claim(tx, p)
}

func release(tx *db.Tx, who id.ID, pt Point) error {
	if pt.Kind == KindPost {
		return nil
	}
	_, err := tx.Exec(delIdent, pt.norm, pt.Kind, int64(who))
	return err
}

// SetAddressState records what became known of an address: the further address
// point, or, when point is 0, the one of that kind in the row.
func (r *Room) SetAddressState(tx *db.Tx, who id.ID, kind string, point id.ID, s AddressState) error {
	if stateName[s] == "" {
		return fault.New(fault.Invalid, "party.address_state", "there is no such state of an address").In("state")
	}
	if point == 0 {
		return r.setPrimaryState(tx, who, kind, s)
	}
	pt, err := r.point(tx, who, point)
	if err != nil || pt.State == s {
		return err
	}
	was := pt.State
	pt.State = s
	if s == Former {
		err = release(tx, who, pt)
	} else {
		err = claimPoint(tx, who, pt)
	}
	if err == nil {
		err = r.updatePoint(tx, who, pt)
	}
	if err != nil {
		return err
	}
	return r.recordState(tx, who, pt.historyField(), was, s)
}

func (r *Room) updatePoint(tx *db.Tx, who id.ID, pt Point) error {
	_, err := tx.Exec(updPoint, who.Bucket(), int64(who), int64(pt.ID), pt.Value, pt.norm, int64(pt.State), int64(pt.Source), pt.At)
	return err
}

func (r *Room) recordState(tx *db.Tx, who id.ID, field string, was, is AddressState) error {
	return r.record(tx, who, Change{Kind: "verification", Diff: []Delta{{Field: field, Old: was.String(), New: is.String()}}})
}

// reachBits are the bits that stand for the state of the row's address of a kind.
var reachBits = map[string][2]Reach{KindEmail: {EmailVerified, BadEmail}, KindPhone: {PhoneVerified, BadPhone}, KindPost: {0, BadPost}}

// Known keeps of a Reach what it says of the state of the row's address of a kind.
func (r Reach) Known(kind string) Reach {
	return r & (reachBits[kind][0] | reachBits[kind][1])
}

func (r Reach) withState(kind string, s AddressState) Reach {
	bits := reachBits[kind]
	return r.with(bits[0], s == Verified).with(bits[1], s == Bad)
}

func (r *Room) setPrimaryState(tx *db.Tx, who id.ID, kind string, s AddressState) error {
	p, err := r.must(tx, who)
	if err != nil {
		return err
	}
	for _, pt := range Primaries(p) {
		if pt.Kind != kind {
			continue
		}
		if s == Former {
			return fault.New(fault.Conflict, "party.former_primary", "take another address into use first, or remove this one")
		}
		p.Reach = p.Reach.withState(kind, s)
		if stateOf(p.Reach, reachBits[kind][0], reachBits[kind][1]) == pt.State {
			return nil
		}
		if err := r.save(tx, p); err != nil {
			return err
		}
		return r.recordState(tx, who, addressField+kind, pt.State, s)
	}
	return fault.New(fault.NotFound, "party.no_address", "the person has no such address")
}

// Promote makes a further address the one in the row, which messages go to; the
// one that was there becomes a further address. Each keeps its state and source.
func (r *Room) Promote(tx *db.Tx, who, point id.ID) error {
	p, err := r.must(tx, who)
	if err != nil {
		return err
	}
	pt, err := r.point(tx, who, point)
	if err != nil {
		return err
	}
	if pt.State == Former {
		return fault.New(fault.Conflict, "party.former_address", "the person no longer uses this address")
	}
	var was *Point
	for _, old := range Primaries(p) {
		if old.Kind == pt.Kind {
			was = &old
		}
	}
	diff := p.take(pt, tx.Now())
	p.Changed = tx.Now()
	if err := errors.Join(r.heed(tx, p), r.save(tx, p)); err != nil {
		return err
	}
	if err := r.swapPoint(tx, who, pt, was); err != nil {
		return err
	}
	return r.record(tx, who, Change{Kind: "promote", Source: pt.Source, Diff: diff})
}

// swapPoint puts the old address of the row in the place of the promoted one.
func (r *Room) swapPoint(tx *db.Tx, who id.ID, pt Point, was *Point) error {
	if was == nil {
		_, err := tx.Exec(delPoint, who.Bucket(), int64(who), int64(pt.ID))
		return err
	}
	if err := claimPoint(tx, who, *was); err != nil { // a phone in a row with an e-mail was not claimed
		return err
	}
	was.ID = pt.ID
	return r.updatePoint(tx, who, *was)
}

// take sets the row's address to a further one, and gives what that changed.
func (p *Person) take(pt Point, now int64) (diff []Delta) {
	set := []Pair{{Name: pt.Kind, Value: pt.Value}}
	if pt.Kind == KindPhone {
		set[0].Value = pt.norm
	}
	if pt.Kind == KindPost {
		a := ParsePost(pt.Value)
		set = []Pair{{Name: "street", Value: a.Street}, {Name: "postcode", Value: a.Postcode}, {Name: "city", Value: a.City}, {Name: "country", Value: a.Country}}
	}
	for _, f := range set {
		if old := p.Get(f.Name); old != f.Value {
			diff = append(diff, Delta{Field: f.Name, Old: old, New: f.Value})
			p.Set(f.Name, f.Value)
			p.Prov = p.Prov.With(f.Name, Origin{Source: pt.Source, First: pt.At, Changed: now})
		}
	}
	p.Reach = p.Reach.withState(pt.Kind, pt.State)
	return diff
}

// undoAddress reverses the adding or removing of a further address.
func (r *Room) undoAddress(tx *db.Tx, p *Person, c Change, d Delta) error {
	kind, label, _ := strings.Cut(strings.TrimPrefix(d.Field, addressField), ":")
	if d.Old != "" {
		norm, err := normalise(kind, d.Old, p.Country)
		if err != nil {
			return err
		}
		return r.addPoint(tx, p.ID, Point{ID: tx.NewID(), Kind: kind, Label: label, Value: d.Old, Source: c.Source, At: tx.Now(), norm: norm})
	}
	all, err := r.Further(tx, p.ID)
	if err != nil {
		return err
	}
	for _, pt := range all {
		if pt.Kind == kind && pt.Value == d.New {
			return r.dropPoint(tx, p, pt)
		}
	}
	return fault.New(fault.Conflict, "party.changed_since", "the address has changed since")
}
