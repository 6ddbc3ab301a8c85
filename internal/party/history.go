package party

import (
	"encoding/json"
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Delta is one field's change.
type Delta struct {
	Field string `json:"f"`
	Old   string `json:"o,omitempty"`
	New   string `json:"n,omitempty"`
}

// Change is one entry of a person's history.
type Change struct {
	ID      id.ID
	At      int64
	Kind    string // edit, tag, address, status, import, merge, undo
	ByKind  string
	ByID    id.ID
	ByName  string
	Source  id.ID
	Diff    []Delta
	Undoes  id.ID // the change this one reverses
	RowHash int64 // of the import row applied
	Prior   int64 // of the one applied before
	Undone  bool  // some later change reverses this one
}

func fillChange(dst []any, tx *db.Tx, who, change id.ID, c *Change) {
	by := tx.By()
	dst[0], dst[1], dst[2], dst[3], dst[4] = int64(who.Bucket()), int64(who), int64(change), tx.Now(), c.Kind
	dst[5], dst[6], dst[7], dst[8] = by.Kind, int64(by.ID), by.Name, int64(c.Source)
	dst[9], dst[10], dst[11], dst[12] = marshal(c.Diff), int64(c.Undoes), c.RowHash, c.Prior
}

func (r *Room) record(tx *db.Tx, who id.ID, c Change) error {
	change := tx.NewID()
	return tx.Bulk(insChange, 1, func(_ int, dst []any) { fillChange(dst, tx, who, change, &c) })
}

var selChanges = db.SQL(db.OnePerson, `SELECT change_id, at, kind, by_kind, by_id, by_name, source_id, diff, undoes, row_hash, prior_hash
	FROM changes WHERE bucket = $1 AND person_id = $2 ORDER BY change_id`)

// History lists every change of a person, oldest first.
func (r *Room) History(tx *db.Tx, who id.ID) (all []Change, err error) {
	err = tx.Each(selChanges, func(scan db.Scan) error {
		var c Change
		var diff string
		err := scan(&c.ID, &c.At, &c.Kind, &c.ByKind, &c.ByID, &c.ByName, &c.Source, &diff, &c.Undoes, &c.RowHash, &c.Prior)
		if err != nil {
			return err
		}
		all = append(all, c)
		return json.Unmarshal([]byte(diff), &all[len(all)-1].Diff)
	}, who.Bucket(), int64(who))
	undone := map[id.ID]bool{}
	for i := len(all) - 1; i >= 0; i-- {
		all[i].Undone = undone[all[i].ID]
		if all[i].Undoes != 0 && !all[i].Undone {
			undone[all[i].Undoes] = true
		}
	}
	return all, err
}

// finalKinds are changes that are reversed by an act of their own, not by undo.
var finalKinds = []string{"merge", "status", "verification", "promote"}

// Undo reverses one change of a person's history. A field that has changed
// again since is left alone and the undo refused, so that nothing newer is lost.
func (r *Room) Undo(tx *db.Tx, who, change id.ID) error {
	p, err := r.must(tx, who)
	if err != nil {
		return err
	}
	all, err := r.History(tx, who)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.ID == change {
			return r.undo(tx, p, c)
		}
	}
	return fault.New(fault.NotFound, "party.no_change", "there is no such change in this person's history")
}

func (r *Room) undo(tx *db.Tx, p *Person, c Change) error {
	if c.Undone || slices.Contains(finalKinds, c.Kind) {
		return fault.New(fault.Conflict, "party.cannot_undo", "this change cannot be undone (any more)")
	}
	reverse := Change{Kind: "undo", Source: c.Source, Undoes: c.ID}
	if c.Kind == "import" {
		p.RowHash = c.Prior // the row may be imported again
	}
	var back []Pair
	for _, d := range c.Diff {
		side, err := r.undoBeside(tx, p, c, d)
		if err != nil {
			return err
		}
		if side {
			reverse.Diff = append(reverse.Diff, Delta{Field: d.Field, Old: d.New, New: d.Old})
			continue
		}
		if p.Get(d.Field) != d.New {
			return fault.New(fault.Conflict, "party.changed_since", "the value has changed since; edit it instead").In(d.Field)
		}
		if d.Old != "" {
			if err := r.check(d.Field, d.Old); err != nil {
				return err // the notice no longer lists the field
			}
		}
		back = append(back, Pair{Name: d.Field, Value: d.Old})
	}
	changed, err := r.apply(tx, p, reverse, back)
	if err == nil && !changed {
		err = r.record(tx, p.ID, reverse)
	}
	return err
}

// undoBeside reverses a change of what stands beside the row: tags and further addresses.
func (r *Room) undoBeside(tx *db.Tx, p *Person, c Change, d Delta) (done bool, err error) {
	switch {
	case d.Field == "tag":
		return true, r.undoTag(tx, p.ID, d)
	case strings.HasPrefix(d.Field, addressField):
		return true, r.undoAddress(tx, p, c, d)
	}
	return false, nil
}

func (r *Room) undoTag(tx *db.Tx, who id.ID, d Delta) error {
	if d.New != "" {
		_, err := tx.Exec(delTag, who.Bucket(), int64(who), d.New)
		return err
	}
	return tx.Bulk(insTags, 1, func(_ int, dst []any) {
		dst[0], dst[1], dst[2], dst[3], dst[4] = int64(who.Bucket()), int64(who), d.Old, int64(0), tx.Now()
	})
}
