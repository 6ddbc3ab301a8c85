package party

import (
	"sort"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party/orgs"
	"kartotek/internal/party/words"
)

// Draft is a person on the way into the register by a bulk load: either new, or
// read from it and changed. Key is the normalised address it is known by.
type Draft struct {
	Person
	New     bool
	Dirty   bool // an existing person whose row must be written
	Key     string
	KeyKind string // email or phone
	Changes []Change
	Tags    []string
}

// Lookup finds whose addresses these are; values are normal forms.
func (r *Room) Lookup(tx *db.Tx, kind string, values []string, into map[string]id.ID) error {
	for len(values) > 0 {
		n := min(500, len(values))
		err := tx.Each(selIdents, func(scan db.Scan) error {
			var value string
			var who id.ID
			if err := scan(&value, &who); err != nil {
				return err
			}
			into[value] = who
			return nil
		}, kind, values[:n])
		if err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// AnyIdentifier reports whether the register knows any address at all.
func (r *Room) AnyIdentifier(tx *db.Tx) (found bool, err error) {
	var one int
	return tx.One(cntIdents, []any{&one})
}

// Loader writes drafts in bulk. It remembers names and organisations it has
// seen, so it is used for one load and not concurrently.
type Loader struct {
	room  *Room
	names map[[2]string]bool
	orgs  *orgs.Joiner
}

// NewLoader makes a loader.
func (r *Room) NewLoader() *Loader {
	return &Loader{room: r, names: map[[2]string]bool{}, orgs: orgs.NewJoiner()}
}

// maxRemembered bounds what a loader keeps in memory of names.
const maxRemembered = 200_000

// Write stores drafts: new people in key order, then changed ones.
func (l *Loader) Write(tx *db.Tx, drafts []*Draft) error {
	if err := l.joinAll(tx, drafts); err != nil {
		return err
	}
	var fresh []*Draft
	for _, d := range drafts {
		if d.New {
			d.settle()
			fresh = append(fresh, d)
		} else if d.Dirty {
			if err := l.room.save(tx, &d.Person); err != nil {
				return err
			}
		}
	}
	sort.Slice(fresh, func(a, b int) bool { return before(fresh[a].ID, fresh[b].ID) })
	if err := tx.Bulk(insPersons, len(fresh), func(i int, dst []any) { fillPerson(&fresh[i].Person, dst) }); err != nil {
		return err
	}
	if err := l.identify(tx, fresh); err != nil {
		return err
	}
	if err := l.learn(tx, drafts); err != nil {
		return err
	}
	return l.extras(tx, drafts)
}

// before orders ids as the tables are clustered: by bucket, then id.
func before(a, b id.ID) bool {
	if a.Bucket() != b.Bucket() {
		return a.Bucket() < b.Bucket()
	}
	return a < b
}

func (l *Loader) identify(tx *db.Tx, fresh []*Draft) error {
	byKey := append([]*Draft(nil), fresh...)
	sort.Slice(byKey, func(a, b int) bool { return byKey[a].Key < byKey[b].Key })
	return tx.Bulk(insIdents, len(byKey), func(i int, dst []any) {
		d := byKey[i]
		dst[0], dst[1], dst[2], dst[3] = d.Key, d.KeyKind, int64(d.ID.Bucket()), int64(d.ID)
	})
}

// learn adds names not seen before to the dictionary that searches use.
func (l *Loader) learn(tx *db.Tx, drafts []*Draft) error {
	if len(l.names) > maxRemembered {
		clear(l.names)
	}
	var fresh []words.Word
	for _, d := range drafts {
		for _, n := range [][2]string{{words.First, d.FirstName}, {words.Last, d.LastName}} {
			if n[1] == "" || l.names[n] {
				continue
			}
			l.names[n] = true
			fresh = append(fresh, words.Word{Kind: n[0], Text: address.Fold(n[1])})
		}
	}
	return words.Learn(tx, fresh)
}

// extras writes tags and history.
func (l *Loader) extras(tx *db.Tx, drafts []*Draft) error {
	type tagged struct {
		d   *Draft
		tag string
	}
	type changed struct {
		d *Draft
		c *Change
	}
	var tags []tagged
	var changes []changed
	for _, d := range drafts {
		for _, t := range d.Tags {
			tags = append(tags, tagged{d, t})
		}
		for i := range d.Changes {
			changes = append(changes, changed{d, &d.Changes[i]})
		}
	}
	err := tx.Bulk(insTags, len(tags), func(i int, dst []any) {
		t := tags[i]
		dst[0], dst[1], dst[2], dst[3], dst[4] = int64(t.d.ID.Bucket()), int64(t.d.ID), t.tag, int64(t.d.SourceID), tx.Now()
	})
	if err != nil {
		return err
	}
	return tx.Bulk(insChange, len(changes), func(i int, dst []any) {
		fillChange(dst, tx, changes[i].d.ID, tx.NewID(), changes[i].c)
	})
}

// joinAll gives every draft the id of the organisation it names, making missing ones.
func (l *Loader) joinAll(tx *db.Tx, drafts []*Draft) (err error) {
	var made []orgs.Organisation
	for _, d := range drafts {
		if d.Org == "" || d.OrgID != 0 {
			continue
		}
		org, ok := l.orgs.Known(d.Org)
		if !ok {
			o := orgs.Organisation{Name: d.Org, Industry: d.Fields.Get("industry"), SourceID: d.SourceID}
			if org, err = l.orgs.Join(tx, o, &made); err != nil {
				return err
			}
		}
		d.OrgID = org
	}
	return l.orgs.Write(tx, made)
}

var rowSeen = db.SQL(db.OnePerson, `SELECT 1 FROM changes AS c WHERE c.bucket = $1 AND c.person_id = $2 AND (c.row_hash = $3 OR c.prior_hash = $3)
	AND NOT EXISTS (SELECT 1 FROM changes AS u WHERE u.bucket = $1 AND u.person_id = $2 AND u.undoes = c.change_id) LIMIT 1`)

// RowApplied reports whether an import row with this hash was ever applied to the person, and not undone since.
func (r *Room) RowApplied(tx *db.Tx, p *Person, hash int64) (bool, error) {
	if p.RowHash == hash {
		return true, nil
	}
	var one int
	return tx.One(rowSeen, []any{&one}, p.ID.Bucket(), int64(p.ID), hash)
}

// RemoveImported deletes a person whom the import with this source created, if
// nothing was changed by anybody since; ok is false when it was, or they came otherwise.
func (r *Room) RemoveImported(tx *db.Tx, p *Person, source id.ID) (ok bool, err error) {
	if p.SourceID != source {
		return false, nil
	}
	var one int
	if touched, err := tx.One(anyChange, []any{&one}, p.ID.Bucket(), int64(p.ID), int64(source)); err != nil || touched {
		return false, err
	}
	for _, addr := range []string{p.Email, p.Phone} {
		if kind, value, err := Identify(addr); err == nil {
			if _, err := tx.Exec(delIdent, value, kind, int64(p.ID)); err != nil {
				return false, err
			}
		}
	}
	more, err := r.Further(tx, p.ID)
	for _, pt := range more {
		if err == nil {
			err = release(tx, p.ID, pt)
		}
	}
	for _, rows := range []*db.Stmt{delPoints, delTags, delChanges, delPerson} {
		if err == nil {
			_, err = tx.Exec(rows, p.ID.Bucket(), int64(p.ID))
		}
	}
	return err == nil, err
}

// ImportedChanges lists the changes an import made to people of a range of buckets, newest first.
func (r *Room) ImportedChanges(tx *db.Tx, lo, hi int, source id.ID) (out [][2]id.ID, err error) {
	err = tx.Each(importChanges, func(scan db.Scan) error {
		var c [2]id.ID
		defer func() { out = append(out, c) }()
		return scan(&c[0], &c[1])
	}, lo, hi, int64(source))
	return out, err
}

var (
	anyChange     = db.SQL(db.OnePerson, `SELECT 1 FROM changes WHERE bucket = $1 AND person_id = $2 AND source_id <> $3 LIMIT 1`)
	importChanges = db.SQL(db.Set, `SELECT person_id, change_id FROM changes WHERE bucket BETWEEN $1 AND $2 AND source_id = $3 AND kind IN ('import', 'address')
		ORDER BY bucket, person_id, change_id DESC`)
)
