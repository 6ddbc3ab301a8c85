package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/backup"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/inclusion"
	"kartotek/internal/tree"
)

var checker = db.System("verify")

// TestVerifyFinds changes an entry behind the program's back.
func TestVerifyFinds(t *testing.T) {
	h := newHouse(t)
	fill(t, h, 600)
	v, err := h.Verify(t.Context(), checker, nil)
	if err != nil || !v.OK || v.Log != 600 || v.TreeSize != 600 || v.Waiting != 0 || !strings.Contains(v.Checkpoint, "\n600\n") {
		t.Fatalf("%+v %v", v, err)
	}
	if err := h.DB.Do(t.Context(), checker, func(tx *db.Tx) error {
		if _, err := tx.Exec(openLog); err != nil {
			return err
		}
		_, err := tx.Exec(forgeLog)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	v, err = h.Verify(t.Context(), checker, nil)
	if err != nil || v.OK || len(v.Problems) != listedProblems || v.More != 500 {
		t.Fatalf("%d problems and %d more, %v", len(v.Problems), v.More, err)
	}
	if p := v.Problems[0]; p.Index == nil || *p.Index != 0 || p.What != tree.Changed || p.Log != "audit" {
		t.Errorf("first: %s", p)
	}
}

var (
	openLog  = db.SQL(db.Local, `DROP TRIGGER audit_log_no_update`)
	forgeLog = db.SQL(db.Local, `UPDATE audit_log SET by_name = 'Nobody'`)
)

// TestRestore puts an old copy back: verification says so, and goes on when an
// operator says it was on purpose. A copy of the head kept elsewhere still tells.
func TestRestore(t *testing.T) {
	dir := t.TempDir()
	open := func() *House {
		h, err := Open(t.Context(), config.Store{Data: dir}, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := open()
	fill(t, h, 300)
	h.Close()
	file := filepath.Join(dir, db.FileName)
	copied, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	h = open()
	fill(t, h, 50)
	elsewhere, err := h.Tree.Anchor()
	if err != nil || elsewhere == nil {
		t.Fatal(elsewhere, err)
	}
	h.Close()
	if err := os.WriteFile(file, copied, 0o600); err != nil {
		t.Fatal(err)
	}
	h = open()
	defer h.Close()
	v, err := h.Verify(t.Context(), checker, nil)
	if err != nil || v.OK || !strings.Contains(v.Problems[0].What, "an old copy was put back") {
		t.Fatalf("%+v %v", v.Problems, err)
	}
	if _, err := backup.Accept(t.Context(), h.DB, h.Tree, checker, ""); fault.KeyOf(err) != "tree.reason" {
		t.Errorf("without a reason: %v", err)
	}
	was, err := backup.Accept(t.Context(), h.DB, h.Tree, checker, "the disk failed")
	if err != nil || was != elsewhere.Size {
		t.Fatal(was, err)
	}
	v, err = h.Verify(t.Context(), checker, nil)
	if err != nil || !v.OK || v.Log != 301 {
		t.Errorf("after it was accepted: %+v %v", v, err)
	}
	v, err = h.Verify(t.Context(), checker, map[string]inclusion.Checkpoint{"a copy": *elsewhere})
	if err != nil || v.OK || !strings.Contains(v.Problems[0].What, "a copy says there were") {
		t.Errorf("against the kept head: %+v %v", v, err)
	}
}

// TestReadsOfAnotherProcess keeps a register open and reading, and expects what it
// answered in the log as another program sees it, and in what that one verifies.
func TestReadsOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	open := func() *House {
		h, err := Open(t.Context(), config.Store{Data: dir}, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	serves := open()
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serves.Audit.Run(ctx) }()
	reader := db.By{Kind: "staff", ID: 9, Name: "Asta"}
	for n := range 40 {
		if err := serves.Audit.Seen(t.Context(), reader, audit.Entry{Action: "person.read", Count: n}); err != nil {
			t.Fatal(err)
		}
		if n%10 > 0 {
			continue
		}
		other := open()
		var got []audit.Entry
		err := other.DB.View(t.Context(), checker, func(tx *db.Tx) (err error) { got, err = audit.Read(tx, audit.Filter{By: 9}); return err })
		if err != nil || len(got) != n+1 {
			t.Errorf("%d of %d reads are in the log: %v", len(got), n+1, err)
		}
		if v, err := other.Verify(t.Context(), checker, nil); err != nil || !v.OK || v.Log < n+1 {
			t.Errorf("%+v %v", v, err)
		}
		other.Close()
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if v, err := serves.Verify(t.Context(), checker, nil); err != nil || !v.OK || v.Log != 40 {
		t.Errorf("%+v %v", v, err)
	}
	serves.Close()
}
