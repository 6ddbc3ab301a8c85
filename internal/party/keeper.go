package party

import (
	"errors"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party/words"
)

var _ dossier.Keeper = (*Room)(nil)

// The kinds of holding.
const (
	holdPerson    = "person"
	holdAddresses = "addresses"
	holdTags      = "tags"
	holdHistory   = "history"
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "party" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string {
	return []string{
		"persons.first_name", "persons.last_name", "persons.first_fold", "persons.last_fold", "persons.title", "persons.language",
		"persons.country", "persons.city", "persons.city_fold", "persons.org", "persons.email", "persons.phone", "persons.fields",
		"points.value", "points.norm", "person_tags.tag", "changes.diff", "identifiers.value", "names.value",
	}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) (all []dossier.Holding, err error) {
	p, found, err := r.Get(tx, who)
	if err != nil || !found || p.Status == Erased {
		return nil, err
	}
	all = append(all, dossier.Holding{Keeper: r.Name(), Kind: holdPerson, Count: 1, First: p.Registered, Last: p.Changed})
	points, errPoints := r.Further(tx, who)
	tags, errTags := r.Tags(tx, who)
	history, errHistory := r.History(tx, who)
	if err := errors.Join(errPoints, errTags, errHistory); err != nil {
		return nil, err
	}
	add := func(kind string, n int, first, last int64) {
		if n > 0 {
			all = append(all, dossier.Holding{Keeper: r.Name(), Kind: kind, Count: n, First: first, Last: last})
		}
	}
	add(holdAddresses, len(points), 0, 0)
	add(holdTags, len(tags), 0, 0)
	if n := len(history); n > 0 {
		add(holdHistory, n, history[0].At, history[n-1].At)
	}
	return all, nil
}

// Export implements dossier.Keeper.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	p, found, err := r.Get(tx, who)
	if err != nil || !found || p.Status == Erased {
		return err
	}
	names := sourceNames{r: r, tx: tx, known: map[id.ID]string{}}
	if err := w(r.personRecord(p, &names)); err != nil {
		return err
	}
	points, err := r.Further(tx, who)
	if err != nil {
		return err
	}
	for _, pt := range points {
		rec := dossier.Record{Keeper: r.Name(), Kind: holdAddresses, ID: pt.ID, At: pt.At, Values: []dossier.Value{
			{Name: pt.Kind, Text: pt.Value, Source: names.of(pt.Source), First: pt.At}}}
		rec.Values = append(rec.Values, dossier.Values("label", pt.Label, "state", pt.State.String())...)
		if err := w(rec); err != nil {
			return err
		}
	}
	if err := r.exportBeside(tx, who, w, &names); err != nil {
		return err
	}
	return names.err
}

func (r *Room) personRecord(p *Person, names *sourceNames) dossier.Record {
	rec := dossier.Record{Keeper: r.Name(), Kind: holdPerson, ID: p.ID, At: p.Registered}
	p.Each(func(field, value string) {
		o := p.OriginOf(field)
		rec.Values = append(rec.Values, dossier.Value{Name: field, Text: value, Source: names.of(o.Source), First: o.First, Changed: o.Changed})
	})
	if p.Status == Restricted {
		rec.Values = append(rec.Values, dossier.Value{Name: "status", Text: "restricted"})
	}
	return rec
}

// exportBeside writes tags and history.
func (r *Room) exportBeside(tx *db.Tx, who id.ID, w dossier.Writer, names *sourceNames) error {
	tags, errTags := r.tagRecords(tx, who)
	history, errHistory := r.History(tx, who)
	if err := errors.Join(errTags, errHistory); err != nil {
		return err
	}
	for _, rec := range tags {
		rec.Values[0].Source = names.of(rec.ID)
		rec.ID = 0
		if err := w(rec); err != nil {
			return err
		}
	}
	for _, c := range history {
		rec := dossier.Record{Keeper: r.Name(), Kind: holdHistory, ID: c.ID, At: c.At, Values: dossier.Values("kind", c.Kind, "by_kind", c.ByKind, "source", names.of(c.Source), "recorded_by", dossier.Clerk(c.ByKind, c.ByName))}
		for _, d := range c.Diff {
			rec.Values = append(rec.Values, dossier.Values(d.Field+".was", d.Old, d.Field, d.New)...)
		}
		if err := w(rec); err != nil {
			return err
		}
	}
	return nil
}

var selTagged = db.SQL(db.OnePerson, `SELECT tag, source_id, at FROM person_tags WHERE bucket = $1 AND person_id = $2 ORDER BY tag`)

// tagRecords are the tags of a person; the id of each is its source.
func (r *Room) tagRecords(tx *db.Tx, who id.ID) (all []dossier.Record, err error) {
	err = tx.Each(selTagged, func(scan db.Scan) error {
		rec := dossier.Record{Keeper: r.Name(), Kind: holdTags}
		var tag string
		err := scan(&tag, &rec.ID, &rec.At)
		rec.Values = []dossier.Value{{Name: "tag", Text: tag, First: rec.At}}
		all = append(all, rec)
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: holdPerson, From: dossier.Given, Values: []string{dossier.Catalogue, "status"}},
		{Name: holdAddresses, From: dossier.Given, Values: []string{KindEmail, KindPhone, KindPost, "label", "state"}},
		{Name: holdTags, From: dossier.Ours, Values: []string{"tag"}},
		{Name: holdHistory, From: dossier.Ours, Values: []string{dossier.Catalogue, "kind", "by_kind", "source", "recorded_by", "tag", "status", addressField}},
	}
}

// sourceNames reads each source once.
type sourceNames struct {
	r     *Room
	tx    *db.Tx
	known map[id.ID]string
	err   error
}

func (s *sourceNames) of(src id.ID) string {
	if src == 0 || s.err != nil {
		return ""
	}
	if label, ok := s.known[src]; ok {
		return label
	}
	found, err := s.r.SourceOf(s.tx, src)
	s.err = err
	s.known[src] = found.Kind + ": " + found.Label
	return s.known[src]
}

var clearChanges = db.SQL(db.OnePerson, `UPDATE changes SET diff = '[]', row_hash = 0, prior_hash = 0 WHERE bucket = $1 AND person_id = $2`)

// Erase implements dossier.Keeper. The row becomes a tombstone; its addresses,
// tags and claims go; of the history only when something was done and by which
// member of staff remains; the dictionary forgets names nobody else has; and an
// organisation without a business id or address goes with its last person,
// because it may be a person's business. Where a plan keeps fields, the row stays with
// these alone, and is restricted; where it keeps addresses, tags or history, these stay
// beside it. law: GDPR 17(3), 18(2)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	for _, kind := range []string{holdPerson, holdAddresses, holdTags} {
		if plan.Keeps(r.Name(), kind) && len(plan.Fields) == 0 {
			return nil, fault.New(fault.Conflict, "party.erase_part", "what identifies a person is erased whole; a plan that keeps a part names the fields that stay")
		}
	}
	p, found, err := r.Get(tx, who)
	if err != nil || !found {
		return nil, err
	}
	removed, err := r.Holdings(tx, who)
	if err != nil {
		return nil, err
	}
	removed = slices.DeleteFunc(removed, func(h dossier.Holding) bool { return plan.Keeps(h.Keeper, h.Kind) })
	history, err := r.History(tx, who) // before it is cleared
	if err != nil {
		return nil, err
	}
	if !plan.Keeps(r.Name(), holdAddresses) {
		if err := r.eraseClaims(tx, who, history); err != nil {
			return nil, err
		}
	}
	if err := r.eraseRows(tx, p, plan); err != nil {
		return nil, err
	}
	if err := words.Forget(tx, nameWords(p, history)); err != nil {
		return nil, err
	}
	return removed, r.dissolveAll(tx, p, history)
}

// Claims lists the addresses that lead to a person or, by their history, once did; some
// may come twice.
func (r *Room) Claims(tx *db.Tx, who id.ID, history []Change) ([]Point, error) {
	claims, err := r.claims(tx, who)
	if err != nil {
		return nil, err
	}
	for _, c := range history {
		for _, d := range c.Diff {
			for _, value := range []string{d.Old, d.New} {
				if kind, norm, err := Identify(value); err == nil {
					claims = append(claims, Point{Kind: kind, norm: norm})
				}
			}
		}
	}
	return claims, nil
}

// eraseClaims removes what leads from an address to the person: of addresses they
// have, and of those their history knows.
func (r *Room) eraseClaims(tx *db.Tx, who id.ID, history []Change) error {
	claims, err := r.Claims(tx, who, history)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if err := release(tx, who, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) eraseRows(tx *db.Tx, p *Person, plan dossier.Plan) error {
	if _, err := tx.Exec(delDifferent, p.ID.Bucket(), int64(p.ID)); err != nil {
		return err
	}
	for kind, stmt := range map[string]*db.Stmt{holdAddresses: delPoints, holdTags: delTags, holdHistory: clearChanges} {
		if plan.Keeps(r.Name(), kind) {
			continue
		}
		if _, err := tx.Exec(stmt, p.ID.Bucket(), int64(p.ID)); err != nil {
			return err
		}
	}
	if len(plan.Fields) > 0 {
		return r.reduce(tx, p, plan.Fields)
	}
	return r.bury(tx, p)
}

// NotAsked is the reason of fields that stay only because nobody asked for them to go.
const NotAsked = "NotAsked"

// reduce empties a person's row but for some fields, and restricts it when any of them
// stays for another reason than that nobody asked.
func (r *Room) reduce(tx *db.Tx, p *Person, fields map[string]string) error {
	rest := &Person{ID: p.ID, Kind: p.Kind, Status: p.Status, Registered: p.Registered, Changed: tx.Now(), SourceID: p.SourceID}
	p.Each(func(field, value string) {
		if fields[field] != "" {
			rest.Set(field, value)
			if fields[field] != NotAsked {
				rest.Status = Restricted
			}
			rest.Prov = rest.Prov.With(field, p.OriginOf(field))
		}
	})
	if rest.Org != "" {
		rest.OrgID = p.OrgID
	}
	return r.save(tx, rest)
}

// dissolveAll looks at the organisations a person belongs or belonged to.
func (r *Room) dissolveAll(tx *db.Tx, p *Person, history []Change) error {
	orgs := []id.ID{p.OrgID}
	for _, c := range history {
		for _, d := range c.Diff {
			if d.Field != "organisation" {
				continue
			}
			for _, name := range []string{d.Old, d.New} {
				org, _, err := r.Named(tx, name)
				if err != nil {
					return err
				}
				orgs = append(orgs, org)
			}
		}
	}
	for _, org := range orgs {
		if err := r.dissolve(tx, org); err != nil {
			return err
		}
	}
	return nil
}

// dissolve removes an organisation that has no people, no number and no address of its own.
func (r *Room) dissolve(tx *db.Tx, org id.ID) error {
	if org == 0 {
		return nil
	}
	if n, err := r.PeopleAt(tx, org); err != nil || n > 0 {
		return err
	}
	return r.Book.Dissolve(tx, org)
}

// Restrict implements dossier.Keeper. law: GDPR 18
func (r *Room) Restrict(tx *db.Tx, who id.ID, on bool) error {
	s := Active
	if on {
		s = Restricted
	}
	return r.SetStatus(tx, who, s)
}
