package party

import (
	"slices"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Which of two values a merge takes.
const (
	TakeKeep = "keep"
	TakeGone = "gone"
)

var (
	insMerge = db.SQL(db.OnePerson, `INSERT INTO merges (bucket, person_id, into_id, at) VALUES ($1, $2, $3, $4)`)
	selMerge = db.SQL(db.OnePerson, `SELECT into_id FROM merges WHERE bucket = $1 AND person_id = $2`)
	moveTags = db.SQL(db.Set, `INSERT INTO person_tags (bucket, person_id, tag, source_id, at) SELECT CAST($3 AS BIGINT), CAST($4 AS BIGINT), tag, source_id, at
		FROM person_tags WHERE bucket = $1 AND person_id = $2 ON CONFLICT (bucket, person_id, tag) DO NOTHING`)
	delTags     = db.SQL(db.OnePerson, `DELETE FROM person_tags WHERE bucket = $1 AND person_id = $2`)
	moveChanges = db.SQL(db.Set, `INSERT INTO changes (bucket, person_id, change_id, at, kind, by_kind, by_id, by_name, source_id, diff, undoes, row_hash, prior_hash)
		SELECT CAST($3 AS BIGINT), CAST($4 AS BIGINT), change_id, at, kind, by_kind, by_id, by_name, source_id, diff, undoes, row_hash, prior_hash
		FROM changes WHERE bucket = $1 AND person_id = $2`)
	delChanges = db.SQL(db.OnePerson, `DELETE FROM changes WHERE bucket = $1 AND person_id = $2`)
)

// Merge makes one person of two who are the same. keep stays; gone becomes a
// tombstone that Forward leads on from.
//
// Of each field keep's value is taken, or gone's where keep has none or choose
// names the field with "gone". The parts of the postal address go together. What
// is not taken stays readable: another e-mail address, number or postal address
// becomes a further address, any other value stands in the history entry. Tags,
// addresses and history come along with their sources and dates.
//
// The stricter of the two remains: restricted if either is, a natural person if
// either is, an address bad if either knows it is, and in the ledger every
// prohibition in force on either side.
//
// A transaction otherwise writes one person. A merge is the exception: it takes
// away one person's rows and adds them to another's, which on a register spread
// over machines is an insertion and a deletion in two places.
func (r *Room) Merge(tx *db.Tx, keep, gone id.ID, choose map[string]string) error {
	if keep == gone {
		return fault.New(fault.Invalid, "party.same_person", "these are one and the same entry")
	}
	k, err := r.must(tx, keep)
	if err != nil {
		return err
	}
	g, err := r.must(tx, gone)
	if err != nil {
		return err
	}
	m := &merging{keep: k, gone: g, choose: choose, now: tx.Now()}
	if err := m.fields(); err != nil {
		return err
	}
	if err := r.Move(tx, gone, keep); err != nil {
		return err
	}
	if err := r.storeMerged(tx, m); err != nil {
		return err
	}
	for _, mover := range r.Movers {
		if err := mover.Move(tx, gone, keep); err != nil {
			return err
		}
	}
	return nil
}

// Forward gives the person that somebody turned out to be; who itself when they
// were never merged away.
func (r *Room) Forward(tx *db.Tx, who id.ID) (id.ID, error) {
	for range 20 { // each merge leads to somebody who was there, so this ends; 20 is more than enough
		var into id.ID
		found, err := tx.One(selMerge, []any{&into}, who.Bucket(), int64(who))
		if err != nil || !found {
			return who, err
		}
		who = into
	}
	return who, nil
}

// merging works out the merged row from two.
type merging struct {
	keep, gone *Person
	choose     map[string]string
	now        int64
	diff       []Delta
	spare      []Point // addresses of the row that lost its place
}

var postFields = []string{"street", "postcode", "city", "country"}

// fields fills keep with what the merged row holds.
func (m *merging) fields() error {
	for f, side := range m.choose {
		if side != TakeKeep && side != TakeGone {
			return fault.New(fault.Invalid, "party.merge_choice", "choose keep or gone").In(f)
		}
	}
	before := *m.keep
	merged := before
	merged.Prov = ""
	m.strictest(&merged)
	for _, f := range m.names() {
		side := m.side(f)
		from, other := &before, m.gone
		if side == TakeGone {
			from, other = m.gone, &before
		}
		merged.Set(f, from.Get(f))
		if f == "organisation" {
			merged.OrgID = from.OrgID
		}
		if from.Get(f) != "" {
			merged.setOrigin(f, from.OriginOf(f))
		}
		if lost := other.Get(f); lost != from.Get(f) && (lost != "" || from == m.gone) {
			m.diff = append(m.diff, Delta{Field: f, Old: lost, New: from.Get(f)})
		}
	}
	m.addresses(&before, &merged)
	merged.Changed = m.now
	*m.keep = merged
	return nil
}

// names lists every field either has.
func (m *merging) names() (all []string) {
	for _, p := range []*Person{m.keep, m.gone} {
		p.Each(func(f, _ string) { all = append(all, f) })
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// side says whose value of a field is taken.
func (m *merging) side(field string) string {
	if s := m.choose[field]; s != "" {
		return s
	}
	if slices.Contains(postFields, field) && (PostOf(m.keep).Street != "" || PostOf(m.gone).Street != "") {
		if s := m.choose["street"]; s != "" {
			return s
		}
		return sideOf(PostOf(m.keep).Street)
	}
	return sideOf(m.keep.Get(field))
}

func sideOf(kept string) string {
	if kept == "" {
		return TakeGone
	}
	return TakeKeep
}

// strictest settles what no choice can loosen.
func (m *merging) strictest(p *Person) {
	p.Status = max(m.keep.Status, m.gone.Status) // active < restricted
	p.Kind = min(m.keep.Kind, m.gone.Kind)       // natural < legal
	p.Registered = min(m.keep.Registered, m.gone.Registered)
}

// setOrigin keeps where a value came from, when that is not what the row says.
func (p *Person) setOrigin(field string, o Origin) {
	if p.OriginOf(field) != o {
		p.Prov = p.Prov.With(field, o)
	}
}

// addresses settles the state of the row's addresses, and saves those that lost their place.
func (m *merging) addresses(before, merged *Person) {
	merged.Reach = 0
	for _, pt := range primaries(merged) {
		for _, side := range []*Person{before, m.gone} {
			for _, had := range primaries(side) {
				if had.Kind == pt.Kind && had.norm == pt.norm {
					merged.Reach |= side.Reach & (reachBits[pt.Kind][0] | reachBits[pt.Kind][1])
				}
			}
		}
	}
	for _, side := range []*Person{before, m.gone} {
		for _, had := range primaries(side) {
			if !slices.ContainsFunc(primaries(merged), func(pt Point) bool { return pt.Kind == had.Kind && pt.norm == had.norm }) {
				m.spare = append(m.spare, had)
			}
		}
	}
}

// storeMerged writes the merged row, the tombstone, the spare addresses and the history entry.
func (r *Room) storeMerged(tx *db.Tx, m *merging) error {
	if err := r.bury(tx, m.gone); err != nil {
		return err
	}
	if _, err := tx.Exec(insMerge, m.gone.ID.Bucket(), int64(m.gone.ID), int64(m.keep.ID), tx.Now()); err != nil {
		return err
	}
	if err := r.save(tx, m.keep); err != nil {
		return err
	}
	if err := r.storeSpare(tx, m); err != nil {
		return err
	}
	if err := r.learnNames(tx, m.keep); err != nil {
		return err
	}
	if err := r.forgetNames(tx, nameWords(m.gone, nil)); err != nil {
		return err
	}
	m.diff = append(m.diff, Delta{Field: "merged", New: m.gone.ID.String()})
	return r.record(tx, m.keep.ID, Change{Kind: "merge", Diff: m.diff})
}

// storeSpare keeps the addresses that lost their place in the row, once each.
func (r *Room) storeSpare(tx *db.Tx, m *merging) error {
	there, err := r.points(tx, m.keep.ID)
	if err != nil {
		return err
	}
	for _, pt := range m.spare {
		if slices.ContainsFunc(there, func(t Point) bool { return t.Kind == pt.Kind && t.norm == pt.norm }) {
			continue
		}
		pt.ID, pt.Primary = tx.NewID(), false
		if err := r.addPoint(tx, m.keep.ID, pt); err != nil {
			return err
		}
		there = append(there, pt)
	}
	return nil
}

// bury empties a person's row, leaving a tombstone.
func (r *Room) bury(tx *db.Tx, p *Person) error {
	return r.save(tx, &Person{ID: p.ID, Kind: p.Kind, Status: Erased, Registered: p.Registered, Changed: tx.Now(), SourceID: p.SourceID})
}

// Move gives the rows that stand beside a person's own to another: addresses,
// tags, history, and what leads to them. The row itself is Merge's affair.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	if err := r.moveClaims(tx, from, to); err != nil {
		return err
	}
	if err := r.movePoints(tx, from, to); err != nil {
		return err
	}
	for _, step := range []struct{ copy, del *db.Stmt }{{moveTags, delTags}, {moveChanges, delChanges}} {
		if _, err := tx.Exec(step.copy, from.Bucket(), int64(from), to.Bucket(), int64(to)); err != nil {
			return err
		}
		if _, err := tx.Exec(step.del, from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(delDifferent, from.Bucket(), int64(from))
	return err
}

// moveClaims lets the addresses of one person lead to another.
func (r *Room) moveClaims(tx *db.Tx, from, to id.ID) error {
	claims, err := r.claims(tx, from)
	if err != nil {
		return err
	}
	for _, c := range claims {
		var owner id.ID
		if _, err := tx.One(selIdent, []any{&owner}, c.norm, c.Kind); err != nil {
			return err
		}
		if owner != from {
			continue // a shared number that leads to somebody else
		}
		if _, err := tx.Exec(moveIdent, c.norm, c.Kind, to.Bucket(), int64(to)); err != nil {
			return err
		}
	}
	return nil
}

// claims lists the e-mail addresses and numbers that may lead to a person.
func (r *Room) claims(tx *db.Tx, who id.ID) (all []Point, err error) {
	p, found, err := r.Get(tx, who)
	if err != nil || !found {
		return nil, err
	}
	more, err := r.points(tx, who)
	for _, pt := range append(primaries(p), more...) {
		if pt.Kind != KindPost && pt.norm != "" {
			all = append(all, pt)
		}
	}
	return all, err
}

// movePoints moves further addresses, but for those the other has too.
func (r *Room) movePoints(tx *db.Tx, from, to id.ID) error {
	mine, err := r.points(tx, from)
	if err != nil || len(mine) == 0 {
		return err
	}
	theirs, err := r.Addresses(tx, to)
	if err != nil {
		return err
	}
	for _, pt := range mine {
		if slices.ContainsFunc(theirs, func(t Point) bool { return t.Kind == pt.Kind && t.norm == pt.norm }) {
			continue
		}
		if err := r.addPoint(tx, to, pt); err != nil {
			return err
		}
	}
	_, err = tx.Exec(delPoints, from.Bucket(), int64(from))
	return err
}

// nameWord is an entry of the dictionary of names.
type nameWord struct{ kind, word string }

// nameWords lists the folded names a person has or, by their history, had.
func nameWords(p *Person, history []Change) (all []nameWord) {
	add := func(kind, name string) {
		if w := (nameWord{kind, address.Fold(name)}); w.word != "" && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	add("first", p.FirstName)
	add("last", p.LastName)
	for _, c := range history {
		for _, d := range c.Diff {
			if kind, ok := map[string]string{"first_name": "first", "last_name": "last"}[d.Field]; ok {
				add(kind, d.Old)
				add(kind, d.New)
			}
		}
	}
	return all
}

var (
	usesFirst = db.SQL(db.Set, `SELECT 1 FROM persons WHERE status < 2 AND first_fold = $1 LIMIT 1`)
	usesLast  = db.SQL(db.Set, `SELECT 1 FROM persons WHERE status < 2 AND last_fold = $1 LIMIT 1`)
	delName   = db.SQL(db.Set, `DELETE FROM names WHERE kind = $1 AND value = $2`)
)

// forgetNames takes words out of the dictionary that nobody is called any more.
func (r *Room) forgetNames(tx *db.Tx, words []nameWord) error {
	for _, w := range words {
		uses := usesFirst
		if w.kind == "last" {
			uses = usesLast
		}
		var one int
		used, err := tx.One(uses, []any{&one}, w.word)
		if err != nil {
			return err
		}
		if used {
			continue
		}
		if _, err := tx.Exec(delName, w.kind, w.word); err != nil {
			return err
		}
	}
	return nil
}
