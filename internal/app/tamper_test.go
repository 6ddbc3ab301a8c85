package app

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/ledger"
	"kartotek/internal/tree"
)

// tampered is a register in the hands of somebody who may write to its database.
type tampered struct {
	*testing.T
	h    *House
	raw  *sql.DB
	ids  []int64 // of the log, in its order
	told int64   // an entry of the ledger
}

// logTables are the tables that the log is made of.
var logTables = []string{"audit_log", "entries", "log_tiles", "log_heads", "log_pending"}

func (x *tampered) exec(text string, args ...any) {
	x.Helper()
	if _, err := x.raw.ExecContext(x.Context(), text, args...); err != nil {
		x.Fatalf("%s: %v", text, err)
	}
}

// keep puts a copy of the log aside; restore puts it back.
func (x *tampered) keep() {
	for _, name := range logTables {
		x.exec("CREATE TABLE kept_" + name + " AS SELECT * FROM " + name)
	}
}

func (x *tampered) restore() {
	for _, name := range logTables {
		x.exec("DELETE FROM " + name)
		x.exec("INSERT INTO " + name + " SELECT * FROM kept_" + name)
	}
}

// open fills a register, on an engine, and takes the guards of its log away.
func (x *tampered) open(at config.Store, engine, place string) {
	x.Helper()
	x.h = noticed(x.T, at)
	fill(x.T, x.h, 300)
	who := plant(x.T, x.h, "t")
	x.h.try(x.T, func(tx *db.Tx) error {
		all, err := x.h.Ledger.Record(tx, who, nil, ledger.Entry{Kind: ledger.Prohibition, Scope: "all-marketing", SaidBy: ledger.ByPerson, Method: "form"})
		if err == nil {
			x.told = int64(all[0].ID)
		}
		return err
	})
	fill(x.T, x.h, 300)
	var err error
	if x.raw, err = sql.Open(engine, place); err != nil {
		x.Fatal(err)
	}
	x.Cleanup(func() { x.raw.Close() })
	for _, name := range []string{"audit_log", "entries"} {
		if engine == "pgx" {
			x.exec("GRANT UPDATE, DELETE ON " + name + " TO CURRENT_USER")
			continue
		}
		x.exec("DROP TRIGGER " + name + "_no_update")
		x.exec("DROP TRIGGER " + name + "_no_delete")
	}
	rows, err := x.raw.Query("SELECT id FROM audit_log ORDER BY id")
	if err != nil {
		x.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		x.ids = append(x.ids, 0)
		if err := rows.Scan(&x.ids[len(x.ids)-1]); err != nil {
			x.Fatal(err)
		}
	}
}

// swap lets two entries change places.
func (x *tampered) swap(a, b int64) {
	x.exec("UPDATE audit_log SET id = -1 WHERE id = $1", a)
	x.exec("UPDATE audit_log SET id = $1 WHERE id = $2", a, b)
	x.exec("UPDATE audit_log SET id = $1 WHERE id = -1", b)
}

// exchange lets two leaves of the first tile say that they are of each other's entries.
func (x *tampered) exchange(a, b int) {
	var refs []byte
	if err := x.raw.QueryRow("SELECT refs FROM log_tiles WHERE level = 0 AND n = 0").Scan(&refs); err != nil {
		x.Fatal(err)
	}
	const size = 9 // kind and key
	first, second := slices.Clone(refs[a*size:(a+1)*size]), slices.Clone(refs[b*size:(b+1)*size])
	copy(refs[a*size:], second)
	copy(refs[b*size:], first)
	x.exec("UPDATE log_tiles SET refs = $1 WHERE level = 0 AND n = 0", refs)
}

// TestVerifyNames does to the log what somebody with the database in hands could, on
// both engines: verification finds it, and names the first entry that is wrong.
func TestVerifyNames(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		x := &tampered{T: t}
		x.open(config.Store{Data: dir}, "sqlite", "file:"+filepath.Join(dir, db.FileName))
		x.all()
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := dbtest.Empty(t)
		x := &tampered{T: t}
		x.open(config.Store{DSN: dsn, Keys: t.TempDir()}, "pgx", dsn)
		x.all()
	})
}

func (x *tampered) all() {
	if v, err := x.h.Verify(x.Context(), checker, nil); err != nil || !v.OK {
		x.Fatalf("wrong to begin with: %+v %v", v.Problems, err)
	}
	x.keep()
	at := func(n int) int64 { return x.ids[n] }
	last := len(x.ids) - 1
	for _, c := range []struct {
		name, what string
		entry      int64
		do         func()
	}{
		{"changed", tree.Changed, at(40), func() { x.exec("UPDATE audit_log SET by_name = 'Nobody' WHERE id = $1", at(40)) }},
		{"two changed", tree.Changed, at(7), func() {
			x.exec("UPDATE audit_log SET outcome = 'ok2' WHERE id IN ($1, $2)", at(500), at(7))
		}},
		{"its digest changed", tree.Digest, at(41), func() {
			x.exec("UPDATE audit_log SET digest = (SELECT digest FROM audit_log WHERE id = $2) WHERE id = $1", at(41), at(42))
		}},
		{"removed", tree.Removed, at(299), func() { x.exec("DELETE FROM audit_log WHERE id = $1", at(299)) }},
		{"the first removed", tree.Removed, at(0), func() { x.exec("DELETE FROM audit_log WHERE id = $1", at(0)) }},
		{"reordered", tree.Changed, at(10), func() { x.swap(at(10), at(400)) }}, // an entry's key is part of it
		{"reordered in the tree", tree.Moved, at(20), func() { x.exchange(10, 20) }},
		{"the end cut off", tree.Removed, at(200), func() { x.exec("DELETE FROM audit_log WHERE id >= $1", at(200)) }},
		{"the end cut off, with its tree", "its end was cut off", 0, func() {
			x.exec("DELETE FROM audit_log WHERE id >= $1", at(256))
			x.exec("DELETE FROM log_tiles WHERE level = 0 AND n >= 1")
		}},
		{"slipped in", tree.SlippedIn, at(last) + 1, func() {
			x.exec(`INSERT INTO audit_log (id, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, bucket, person_id, n, detail, outcome, salt, digest)
				SELECT id + 1, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, bucket, person_id, n, detail, outcome, salt, digest FROM audit_log WHERE id = $1`, at(last))
		}},
		{"the tree changed", "hashes of the log for entries 0 to 255", 0, func() { x.exec("UPDATE log_tiles SET hashes = refs WHERE level = 0 AND n = 0") }},
		{"no heads", "", 0, func() { x.exec("DELETE FROM log_heads") }},
		{"a permission turned round", tree.Changed, x.told, func() { x.exec("UPDATE entries SET kind = 'lift' WHERE entry_id = $1", x.told) }},
	} {
		c.do()
		v, err := x.h.Verify(x.Context(), checker, nil)
		switch {
		case err != nil:
			x.Errorf("%s: %v", c.name, err)
		case v.OK:
			x.Errorf("%s: not found", c.name)
		case int64(v.Problems[0].Entry) != c.entry || !strings.Contains(v.Problems[0].What, c.what):
			x.Errorf("%s: the first is %s, want %q of %d", c.name, v.Problems[0], c.what, c.entry)
		}
		x.restore()
		if v, err := x.h.Verify(x.Context(), checker, nil); err != nil || !v.OK {
			x.Fatalf("after %s was mended: %+v %v", c.name, v.Problems, err)
		}
	}
	fill(x.T, x.h, 20)
	x.restore() // the old copy as a whole
	if v, err := x.h.Verify(x.Context(), checker, nil); err != nil || v.OK || !strings.Contains(v.Problems[0].What, "an old copy was put back") {
		x.Errorf("an old copy: %+v %v", v.Problems, err)
	}
}
