package app

import (
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/tree"
)

var (
	forgetTree = db.SQL(db.Local, `DELETE FROM log_pending`)
	slipIn     = db.SQL(db.Local, `INSERT INTO audit_log (id, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, bucket, person_id, n, detail, outcome, salt, digest)
		SELECT id + $2, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, bucket, person_id, n, detail, outcome, salt, digest FROM audit_log WHERE id = $1`)
	wipeOne = db.SQL(db.Local, `UPDATE audit_log SET by_name = 'Nobody' WHERE id = $1`)
	anyOld  = db.SQL(db.Local, `SELECT min(id) FROM audit_log`)
)

// earlierHouse is a register with 30 entries of the log and 10 of the ledger that a
// program without a tree wrote, and 20 of one that has it.
func earlierHouse(t *testing.T) (h *House, oldest id.ID) {
	t.Helper()
	h = newHouse(t)
	do := func(fn func(tx *db.Tx) error) {
		t.Helper()
		if err := h.DB.Do(t.Context(), checker, fn); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		do(func(tx *db.Tx) error {
			_, err := h.Ledger.Record(tx, tx.NewID(), &ledger.Evidence{Text: "yes"}, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
			if err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "person.read"}, audit.Entry{Action: "search"}, audit.Entry{Action: "export"})
		})
	}
	do(func(tx *db.Tx) error {
		if _, err := tx.Exec(forgetTree); err != nil {
			return err
		}
		_, err := tx.One(anyOld, []any{&oldest})
		return err
	})
	fill(t, h, 20)
	return h, oldest
}

// TestAdoptEarlier takes what an earlier program wrote into the tree, once, after which
// a change of it is found as any other.
func TestAdoptEarlier(t *testing.T) {
	h, oldest := earlierHouse(t)
	if v, err := h.Verify(t.Context(), checker, nil); err != nil || v.OK || len(v.Problems) != 40 || v.Problems[0].What != tree.SlippedIn {
		t.Fatalf("before: %+v %v", v, err)
	}
	if _, err := h.AdoptEarlier(t.Context(), checker, ""); fault.KeyOf(err) != "tree.reason" {
		t.Errorf("without a reason: %v", err)
	}
	n, err := h.AdoptEarlier(t.Context(), checker, "kept by last year's program")
	if err != nil || n != 40 {
		t.Fatal(n, err)
	}
	if v, err := h.Verify(t.Context(), checker, nil); err != nil || !v.OK || v.TreeSize != 61 {
		t.Errorf("after: %+v %v", v, err)
	}
	var told []audit.Entry
	_ = h.DB.View(t.Context(), checker, func(tx *db.Tx) (err error) { told, err = audit.Read(tx, audit.Filter{Action: adopted}); return err })
	if len(told) != 1 || told[0].Count != 40 || told[0].Detail["reason"] != "kept by last year's program" {
		t.Errorf("the log says %+v", told)
	}
	if err := h.DB.Do(t.Context(), checker, func(tx *db.Tx) error { _, err := tx.Exec(slipIn, oldest, -5); return err }); err != nil {
		t.Fatal(err)
	}
	if _, err := h.AdoptEarlier(t.Context(), checker, "once more"); fault.KeyOf(err) != "tree.adopted" {
		t.Errorf("a second time: %v", err)
	}
	if v, err := h.Verify(t.Context(), checker, nil); err != nil || v.OK || len(v.Problems) != 1 {
		t.Errorf("one slipped in as if it were old: %+v %v", v.Problems, err)
	}
}

// TestAdoptRefuses lets nothing in that is not what its digest was made of, nothing
// that is younger than the tree, and nothing where there is nothing.
func TestAdoptRefuses(t *testing.T) {
	h, oldest := earlierHouse(t)
	do := func(s *db.Stmt, args ...any) {
		t.Helper()
		if err := h.DB.Do(t.Context(), checker, func(tx *db.Tx) error { _, err := tx.Exec(s, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	do(openLog)
	do(wipeOne, oldest)
	if _, err := h.AdoptEarlier(t.Context(), checker, "kept by last year's program"); fault.KeyOf(err) != "tree.changed" {
		t.Errorf("with a changed entry: %v", err)
	}
	young := newHouse(t)
	fill(t, young, 20)
	if _, err := young.AdoptEarlier(t.Context(), checker, "there are none"); fault.KeyOf(err) != "tree.nothing_earlier" {
		t.Errorf("without any: %v", err)
	}
	var first id.ID
	_ = young.DB.View(t.Context(), checker, func(tx *db.Tx) error { _, err := tx.One(anyOld, []any{&first}); return err })
	if err := young.DB.Do(t.Context(), checker, func(tx *db.Tx) error { _, err := tx.Exec(slipIn, first, 1<<30); return err }); err != nil {
		t.Fatal(err)
	}
	if _, err := young.AdoptEarlier(t.Context(), checker, "slipped in later"); fault.KeyOf(err) != "tree.nothing_earlier" {
		t.Errorf("one that is younger than the tree: %v", err)
	}
}
