package party

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party/words"
)

// maxValue is the most characters one field holds; free text has its own home.
const maxValue = 500

// New is what a person to be created is known by.
type New struct {
	Kind   Kind
	Fields []Pair // catalogue fields, e-mail and phone among them
	Tags   []string
	Source id.ID
}

// Create adds a person. Unknown fields, a value that is too long, an address
// that is none, or one that already belongs to somebody, are refused.
func (r *Room) Create(tx *db.Tx, cmd New) (*Person, error) {
	p := &Person{ID: tx.NewID(), Kind: cmd.Kind, Registered: tx.Now(), Changed: tx.Now(), SourceID: cmd.Source}
	for _, f := range cmd.Fields {
		if err := r.check(f.Name, f.Value); err != nil {
			return nil, err
		}
		p.Set(f.Name, f.Value)
	}
	p.Phone = tidyPhone(p.Phone, p.Country)
	if p.Email == "" && p.Phone == "" && p.LastName == "" {
		return nil, fault.New(fault.Invalid, "party.no_identity", "give at least an e-mail address, a phone number or a last name")
	}
	if err := r.claim(tx, p); err != nil {
		return nil, err
	}
	if err := r.joinOrganisation(tx, p); err != nil {
		return nil, err
	}
	if err := r.heed(tx, p); err != nil {
		return nil, err
	}
	if err := r.insert(tx, p); err != nil {
		return nil, err
	}
	for _, tag := range cmd.Tags {
		if err := r.Tag(tx, p.ID, tag, true); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// heed marks those addresses of a row that are not to be used.
func (r *Room) heed(tx *db.Tx, p *Person) error {
	if r.Held == nil {
		return nil
	}
	held, err := r.Held(tx, p)
	p.Reach |= held
	return err
}

func (r *Room) insert(tx *db.Tx, p *Person) error {
	p.settle()
	if err := tx.Bulk(insPersons, 1, func(_ int, dst []any) { fillPerson(p, dst) }); err != nil {
		return err
	}
	return r.learnNames(tx, p)
}

func (r *Room) learnNames(tx *db.Tx, p *Person) error {
	return words.Learn(tx, nameWords(p, nil))
}

// check refuses what the notice does not list and what cannot be stored.
func (r *Room) check(field, value string) error {
	if !r.Catalogue().HasField(field) {
		return fault.New(fault.Invalid, "party.unlisted_field", "the register notice lists no such field").In(field)
	}
	if utf8.RuneCountInString(value) > maxValue || !utf8.ValidString(value) {
		return fault.New(fault.TooLarge, "party.value_too_long", "a value has at most %d characters", maxValue).In(field)
	}
	return nil
}

// claim takes the person's address for them, or says whose it is already.
func (r *Room) claim(tx *db.Tx, p *Person) error {
	if p.Email != "" {
		norm, err := address.Email(p.Email)
		if err != nil {
			return fault.New(fault.Invalid, "party.bad_email", "this is not an e-mail address").In("email").Because(err)
		}
		return claimOne(tx, "email", norm, p.ID)
	}
	if p.Phone != "" {
		norm, err := address.Phone(p.Phone, p.Country)
		if err != nil {
			return fault.New(fault.Invalid, "party.bad_phone", "this is not a phone number").In("phone").Because(err)
		}
		p.Phone = norm
		return claimOne(tx, "phone", norm, p.ID)
	}
	return nil
}

// tidyPhone writes a number in the form it is searched and compared in; one that
// is not recognised stays as it was written.
func tidyPhone(number, country string) string {
	if norm, err := address.Phone(number, country); err == nil {
		return norm
	}
	return number
}

// claimOne takes an address for a person; taking one's own again does nothing.
func claimOne(tx *db.Tx, kind, norm string, who id.ID) error {
	n, err := tx.Exec(claimIdent, norm, kind, who.Bucket(), int64(who))
	if err != nil || n > 0 {
		return err
	}
	var owner id.ID
	if _, err := tx.One(selIdent, []any{&owner}, norm, kind); err != nil || owner == who {
		return err
	}
	return fault.New(fault.Conflict, "party.address_taken", "the address belongs to somebody in the register already").In(kind)
}

// Edit changes fields of a person; each value keeps its source and dates, and
// the change can be undone. An empty value removes the field.
func (r *Room) Edit(tx *db.Tx, who id.ID, source id.ID, values []Pair) (changed bool, err error) {
	p, err := r.must(tx, who)
	if err != nil {
		return false, err
	}
	for _, v := range values {
		if err := r.check(v.Name, v.Value); err != nil {
			return false, err
		}
	}
	return r.apply(tx, p, Change{Kind: "edit", Source: source}, values)
}

// must reads a person that has to be there.
func (r *Room) must(tx *db.Tx, who id.ID) (*Person, error) {
	p, found, err := r.Get(tx, who)
	if err == nil && (!found || p.Status == Erased) {
		return nil, NotFound()
	}
	return p, err
}

// NotFound is the answer for a person that is not there, or not for this reader.
func NotFound() error {
	return fault.New(fault.NotFound, "party.not_found", "there is no such person in the register")
}

// apply sets values on p, stores row and history, and moves addresses and organisation along.
func (r *Room) apply(tx *db.Tx, p *Person, c Change, values []Pair) (bool, error) {
	before := *p
	for _, v := range values {
		old := p.Get(v.Name)
		if v.Name == "phone" {
			v.Value = tidyPhone(v.Value, p.Country)
		}
		if old == v.Value {
			continue
		}
		origin := before.OriginOf(v.Name)
		if old == "" {
			origin.First = tx.Now()
		}
		p.Set(v.Name, v.Value)
		p.Prov = p.Prov.With(v.Name, Origin{Source: c.Source, First: origin.First, Changed: tx.Now()})
		c.Diff = append(c.Diff, Delta{Field: v.Name, Old: old, New: v.Value})
	}
	if len(c.Diff) == 0 {
		return false, nil
	}
	if err := r.readdress(tx, &before, p); err != nil {
		return false, err
	}
	if before.Org != p.Org {
		if err := r.joinOrganisation(tx, p); err != nil {
			return false, err
		}
	}
	p.Changed = tx.Now()
	if err := r.save(tx, p); err != nil {
		return false, err
	}
	if err := r.learnNames(tx, p); err != nil {
		return false, err
	}
	return true, r.record(tx, p.ID, c)
}

// joinOrganisation finds or makes the organisation a person's row names.
func (r *Room) joinOrganisation(tx *db.Tx, p *Person) (err error) {
	p.OrgID = 0
	if p.Org != "" {
		p.OrgID, err = r.Join(tx, p.Org, p.SourceID)
	}
	return err
}

// readdress gives up the old address and claims the new one when it changed.
func (r *Room) readdress(tx *db.Tx, before, p *Person) error {
	if before.Email == p.Email && before.Phone == p.Phone {
		return nil
	}
	if before.Email != p.Email {
		p.Reach &^= BadEmail | EmailVerified
	}
	if before.Phone != p.Phone {
		p.Reach &^= BadPhone | PhoneVerified
	}
	for _, a := range []struct{ kind, value string }{{"email", before.Email}, {"phone", before.Phone}} {
		if _, norm, err := Identify(a.value); err == nil {
			if _, err := tx.Exec(delIdent, norm, a.kind, int64(p.ID)); err != nil {
				return err
			}
		}
	}
	if err := r.claim(tx, p); err != nil {
		return err
	}
	if err := r.heed(tx, p); err != nil {
		return err
	}
	return r.claimPoints(tx, p.ID)
}

func (r *Room) save(tx *db.Tx, p *Person) error {
	p.settle()
	dst := make([]any, 24)
	fillPerson(p, dst)
	_, err := tx.Exec(updPerson, dst...)
	return err
}

// SetStatus restricts a person, or lifts the restriction. law: GDPR 18
func (r *Room) SetStatus(tx *db.Tx, who id.ID, s Status) error {
	if s != Active && s != Restricted {
		return fault.New(fault.Invalid, "party.bad_status", "a person is active or restricted; erasing is an act of its own")
	}
	p, err := r.must(tx, who)
	if err != nil {
		return err
	}
	was := p.Status
	p.Status = s
	if err := r.save(tx, p); err != nil {
		return err
	}
	return r.record(tx, who, Change{Kind: "status", Diff: []Delta{{Field: "status", Old: statusName[was], New: statusName[s]}}})
}

// String names the status.
func (s Status) String() string { return statusName[s] }

var statusName = map[Status]string{Active: "active", Restricted: "restricted", Erased: "erased"}

// MarkReach sets or clears what is known of a person's addresses, such as BadEmail after a bounce.
func (r *Room) MarkReach(tx *db.Tx, who id.ID, bits Reach, on bool) error {
	p, err := r.must(tx, who)
	if err != nil {
		return err
	}
	was := p.Reach
	p.Reach = p.Reach.with(bits, on)
	if was == p.Reach {
		return nil
	}
	return r.save(tx, p)
}

// Tag adds or removes a tag. Tags are at most 60 characters.
func (r *Room) Tag(tx *db.Tx, who id.ID, tag string, on bool) error {
	if tag == "" || utf8.RuneCountInString(tag) > 60 {
		return fault.New(fault.Invalid, "party.bad_tag", "a tag has 1 to 60 characters").In("tag")
	}
	if !on {
		n, err := tx.Exec(delTag, who.Bucket(), int64(who), tag)
		if err != nil || n == 0 {
			return err
		}
		return r.record(tx, who, Change{Kind: "tag", Diff: []Delta{{Field: "tag", Old: tag}}})
	}
	tags, err := r.Tags(tx, who)
	if err != nil || slices.Contains(tags, tag) {
		return err
	}
	err = tx.Bulk(insTags, 1, func(_ int, d []any) {
		d[0], d[1], d[2], d[3], d[4] = who.Bucket(), int64(who), tag, int64(0), tx.Now()
	})
	if err != nil {
		return err
	}
	return r.record(tx, who, Change{Kind: "tag", Diff: []Delta{{Field: "tag", New: tag}}})
}

var (
	delTag     = db.SQL(db.OnePerson, `DELETE FROM person_tags WHERE bucket = $1 AND person_id = $2 AND tag = $3`)
	selTagsAll = db.SQL(db.Set, `SELECT person_id, tag FROM person_tags WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id, tag`)
)

// Tags lists a person's tags.
func (r *Room) Tags(tx *db.Tx, who id.ID) (tags []string, err error) {
	all, err := r.tagRecords(tx, who)
	for _, rec := range all {
		tags = append(tags, rec.Values[0].Text)
	}
	return tags, err
}

// TagsOf gives the tags of everybody in a range of buckets.
func (r *Room) TagsOf(tx *db.Tx, lo, hi int) (map[id.ID][]string, error) {
	out := map[id.ID][]string{}
	err := tx.Each(selTagsAll, func(scan db.Scan) error {
		var who id.ID
		var tag string
		if err := scan(&who, &tag); err != nil {
			return err
		}
		out[who] = append(out[who], tag)
		return nil
	}, lo, hi)
	return out, err
}

// AddSource records where values come from: kind is person, form, registration,
// staff, import or third_party; label is shown beside each value.
func (r *Room) AddSource(tx *db.Tx, kind, label string) (id.ID, error) {
	src := tx.NewID()
	_, err := tx.Exec(insSource, int64(src), kind, label, tx.Now(), tx.By().Name)
	return src, err
}

// Source is where values came from.
type Source struct {
	Kind, Label, By string
	At              int64
}

// SourceOf reads a source; the zero Source when there is none.
func (r *Room) SourceOf(tx *db.Tx, src id.ID) (s Source, err error) {
	_, err = tx.One(selSource, []any{&s.Kind, &s.Label, &s.At, &s.By}, int64(src))
	return s, err
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only types of this package, which always encode
	}
	return string(b)
}
