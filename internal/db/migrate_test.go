package db_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
)

// places gives the address of an empty register per engine.
func places(t *testing.T, fn func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { fn(t, dbtest.Empty(t)) })
}

func TestFourOpenAtOnce(t *testing.T) {
	places(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() {
				d, err := db.Open(t.Context(), dsn, db.Options{Clock: clock.At(dbtest.Start), Schema: schema})
				if errs[i] = err; err == nil {
					errs[i] = d.Close()
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		dbtest.Catalogue(t, dbtest.Open(t, dsn, schema))
	})
}

func TestCatalogue(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { dbtest.Catalogue(t, d) })
}

// stepped is the schema after a later program has added to it.
func stepped() []db.Schema {
	s := schema[0]
	s.Steps = []db.Step{{Number: 2, Why: "shelves have room", DDL: []string{
		"ALTER TABLE drawers ADD COLUMN room BIGINT",
		"CREATE TABLE shelves (id BIGINT NOT NULL PRIMARY KEY, seal BLOB)",
	}}}
	return []db.Schema{s}
}

func TestStepsAndNewerSchema(t *testing.T) {
	places(t, func(t *testing.T, dsn string) {
		dbtest.Open(t, dsn, schema).Close()
		dbtest.Open(t, dsn, stepped()).Close()
		dbtest.Open(t, dsn, stepped()).Close() // a second time there is nothing to do
		_, err := db.Open(t.Context(), dsn, db.Options{Schema: schema})
		if !fault.Is(err, fault.Conflict) || fault.KeyOf(err) != "db.newer_schema" {
			t.Errorf("an older program opened a newer register: %v", err)
		}
	})
}

// TestGrow opens a register whose schema has more since: a column of each kind, an
// index, a table. Old rows stay, new ones are written, and the earlier program is
// told that it is too old.
func TestGrow(t *testing.T) {
	later := schema[0]
	later.Tables = slices.Clone(later.Tables)
	at := slices.IndexFunc(later.Tables, func(t db.Table) bool { return t.Name == "cards_log" })
	grown := later.Tables[at]
	grown.Cols = append(slices.Clone(grown.Cols), db.Cols("why text, n int, big big, part real, proof blob, maybe text null")...)
	grown.Indexes = append(slices.Clone(grown.Indexes), db.Index{Name: "cards_log_why", Cols: "bucket, why"})
	later.Tables[at] = grown
	later.Tables = append(later.Tables, db.Table{Name: "shelves", Kind: db.LocalTable, Key: "id", Cols: db.Cols("id big, name text")})
	places(t, func(t *testing.T, dsn string) {
		d := dbtest.Open(t, dsn, schema)
		must(t, d.Do(t.Context(), by, func(tx *db.Tx) error { _, err := tx.Exec(addLog, 3, 3, 1, "old"); return err }))
		d.Close()
		for range 2 {
			d = dbtest.Open(t, dsn, []db.Schema{later})
			if !hasIndex(t, d, "cards_log_why") {
				t.Error("the index is missing")
			}
			n := 0
			must(t, d.View(t.Context(), by, func(tx *db.Tx) error { _, err := tx.One(oldLog, []any{&n}, 3); return err }))
			if n != 1 {
				t.Errorf("%d old rows hold nothing in the new columns", n)
			}
			d.Close()
		}
		_, err := db.Open(t.Context(), dsn, db.Options{Schema: schema})
		if fault.KeyOf(err) != "db.newer_schema" {
			t.Errorf("an older program opened a newer register: %v", err)
		}
	})
}

var oldLog = db.SQL(db.Set, `SELECT count(*) FROM cards_log WHERE bucket = $1 AND why = '' AND n = 0 AND big = 0 AND part = 0 AND maybe IS NULL`)

func TestReadOnlyDoesNotMigrate(t *testing.T) {
	places(t, func(t *testing.T, dsn string) {
		dbtest.Open(t, dsn, schema).Close()
		_, err := db.Open(t.Context(), dsn, db.Options{Schema: stepped(), ReadOnly: true})
		if fault.KeyOf(err) != "db.old_schema" {
			t.Errorf("got %v", err)
		}
	})
}

func hasIndex(t *testing.T, d *db.DB, name string) (found bool) {
	t.Helper()
	view(t, d, func(tx *db.Tx) (err error) {
		q := listIndexes
		if d.Engine() == db.Postgres {
			q = pgIndexes
		}
		found, err = tx.One(q, []any{new(string)}, name)
		return err
	})
	return found
}

func TestWithoutIndexes(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		failed := errors.New("half way")
		err := d.WithoutIndexes(t.Context(), []string{"cards"}, func() error {
			if hasIndex(t, d, "cards_city") || !hasIndex(t, d, "cards_name") {
				t.Error("plain indexes go, unique ones stay")
			}
			return failed
		})
		if !errors.Is(err, failed) || !hasIndex(t, d, "cards_city") {
			t.Errorf("after a failed load: %v, index %v", err, hasIndex(t, d, "cards_city"))
		}
		crashInside(t, d)
		if hasIndex(t, d, "cards_city") {
			t.Fatal("the crash did not happen")
		}
		for range 2 { // the second time there is nothing to do
			if err := d.RepairIndexes(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !hasIndex(t, d, "cards_city") {
			t.Error("the index was not built again")
		}
	})
}

// crashInside leaves WithoutIndexes as a killed process would.
func crashInside(t *testing.T, d *db.DB) {
	defer func() { _ = recover() }()
	_ = d.WithoutIndexes(t.Context(), []string{"cards"}, func() error { panic("killed") })
}

func TestCatalogueFinds(t *testing.T) {
	bad := []db.Schema{{Room: "bad", Tables: []db.Table{
		{Name: "a", Kind: db.PersonTable, Key: "person_id, bucket", Cols: db.Cols("bucket int, person_id big, x text"),
			Indexes: []db.Index{{Name: "a_x", Cols: "x", Unique: true}}},
		{Name: "b", Kind: db.PersonTable, Key: "bucket, person_id", Cols: db.Cols("bucket int, person_id big")},
	}, Steps: []db.Step{{Number: 2, Why: "test", DDL: []string{
		"CREATE TABLE stray (id BIGINT NOT NULL PRIMARY KEY, n INTEGER DEFAULT 7)",
		"CREATE VIEW looking AS SELECT x FROM a",
		"CREATE TABLE c (id BIGINT NOT NULL PRIMARY KEY, bucket INTEGER, person_id BIGINT, FOREIGN KEY (person_id, bucket) REFERENCES a (person_id, bucket))",
	}}}}}
	places(t, func(t *testing.T, dsn string) {
		got := dbtest.CatalogueFindings(t, dbtest.Open(t, dsn, bad))
		for _, want := range []string{"S1 a: the key", "S4 a: the unique index a_x", "S1 stray", "S7 stray.n", "S4 c points to", "S8 "} {
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
				t.Errorf("%q is not among\n%s", want, strings.Join(got, "\n"))
			}
		}
	})
}
