package exchange

import (
	"context"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
)

// Undone is what undoing an import came to.
type Undone struct {
	Removed   int `json:"removed"`   // people it had created
	Restored  int `json:"restored"`  // people whose values were put back
	Retracted int `json:"retracted"` // people whose imported consents no longer count
	Kept      int `json:"kept"`      // people left as they are, because something happened since
}

// InUse says whether a person must stay because another room holds something of them, such as a message sent.
type InUse func(tx *db.Tx, who id.ID) (bool, error)

// undoBuckets is how many buckets one transaction of an undo takes.
const undoBuckets = 16

// Undo takes an import back, a range of buckets at a time. It can be called
// again after an interruption. Prohibitions the import brought stay.
func (r *Room) Undo(ctx context.Context, by db.By, imp id.ID, inUse InUse) (out Undone, err error) {
	var m *Import
	if err = r.DB.View(ctx, by, func(tx *db.Tx) (err error) { m, err = r.Get(tx, imp); return err }); err != nil {
		return out, err
	}
	if m.State != "done" && m.State != "failed" {
		return out, fault.New(fault.Conflict, "import.not_done", "only an import that has ended can be undone")
	}
	for lo := 0; lo < id.Buckets; lo += undoBuckets {
		var part Undone
		err := r.DB.Do(ctx, by, func(tx *db.Tx) error {
			part = Undone{}
			return r.undoRange(tx, m.Source, lo, lo+undoBuckets-1, inUse, &part)
		})
		if err != nil {
			return out, err
		}
		out.Removed, out.Restored = out.Removed+part.Removed, out.Restored+part.Restored
		out.Retracted, out.Kept = out.Retracted+part.Retracted, out.Kept+part.Kept
	}
	return out, r.DB.Do(ctx, by, func(tx *db.Tx) error {
		m.State = "undone"
		return saveImport(tx, m)
	})
}

func (r *Room) undoRange(tx *db.Tx, source id.ID, lo, hi int, inUse InUse, out *Undone) error {
	if err := r.removeCreated(tx, source, lo, hi, inUse, out); err != nil {
		return err
	}
	if err := r.restore(tx, source, lo, hi, out); err != nil {
		return err
	}
	people, err := r.Ledger.FromSource(tx, lo, hi, source)
	if err != nil {
		return err
	}
	for _, who := range people {
		if err := r.retract(tx, who, source, out); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) removeCreated(tx *db.Tx, source id.ID, lo, hi int, inUse InUse, out *Undone) error {
	var created []party.Person
	err := r.Party.Scan(tx, lo, hi, func(p *party.Person) error {
		if p.SourceID == source && p.Status != party.Erased {
			created = append(created, *p)
		}
		return nil
	})
	for i := range created {
		if err == nil {
			err = r.remove(tx, &created[i], source, inUse, out)
		}
	}
	return err
}

func (r *Room) remove(tx *db.Tx, p *party.Person, source id.ID, inUse InUse, out *Undone) error {
	entries, err := r.Ledger.Entries(tx, p.ID)
	if err != nil {
		return err
	}
	spoke := false
	for i := range entries {
		spoke = spoke || entries[i].Source != source
	}
	used := spoke
	if !used && inUse != nil {
		if used, err = inUse(tx, p.ID); err != nil {
			return err
		}
	}
	if !used {
		gone, err := r.Party.RemoveImported(tx, p, source)
		if err != nil {
			return err
		}
		if gone {
			out.Removed++
			return r.Ledger.Drop(tx, p.ID)
		}
	}
	out.Kept++
	return nil
}

func (r *Room) restore(tx *db.Tx, source id.ID, lo, hi int, out *Undone) error {
	changes, err := r.Party.ImportedChanges(tx, lo, hi, source)
	if err != nil {
		return err
	}
	for _, c := range changes {
		switch err := r.Party.Undo(tx, c[0], c[1]); {
		case err == nil:
			out.Restored++
		case fault.Is(err, fault.Conflict), fault.Is(err, fault.NotFound):
			out.Kept++
		default:
			return err
		}
	}
	return nil
}

// retract records that the import's consents no longer count, once.
func (r *Room) retract(tx *db.Tx, who, source id.ID, out *Undone) error {
	if _, found, err := r.Party.Get(tx, who); err != nil || !found {
		return err
	}
	entries, err := r.Ledger.Entries(tx, who)
	if err != nil {
		return err
	}
	for i := range entries {
		if entries[i].Kind == ledger.Retraction && entries[i].Source == source {
			return nil
		}
	}
	out.Retracted++
	_, err = r.Ledger.Record(tx, who, nil, ledger.Entry{Kind: ledger.Retraction, SaidBy: ledger.ByStaff, Method: "undo", Source: source})
	return err
}
