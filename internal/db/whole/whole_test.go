package whole_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/db/whole"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var by = db.System("test")

var schema = []db.Schema{{Room: "shelf", Tables: []db.Table{
	{
		Name: "cards", Kind: db.PersonTable, Key: "bucket, person_id",
		Cols:    db.Cols("bucket int, person_id big, name text personal, city text null, score real null, photo blob null, at big"),
		Indexes: []db.Index{{Name: "cards_city", Cols: "city, person_id", Where: "city <> ''"}, {Name: "cards_name", Cols: "bucket, name", Unique: true}},
	},
	{
		Name: "cards_log", Kind: db.PersonTable, Key: "bucket, person_id, id", AppendOnly: true,
		Cols: db.Cols("bucket int, person_id big, id big, what text"),
	},
	{Name: "drawers", Kind: db.ReferenceTable, Key: "id", Cols: db.Cols("id big, title text, n int"), Checks: []string{"n >= 0"}},
}}}

// stepped is the schema of a later program.
func stepped() []db.Schema {
	s := schema[0]
	s.Steps = []db.Step{{Number: 2, Why: "drawers have room", DDL: []string{"ALTER TABLE drawers ADD COLUMN room BIGINT"}}}
	return []db.Schema{s}
}

var (
	cards     = db.Bulk(db.OnePerson, "cards", "bucket, person_id, name, city, score, photo, at", "")
	count     = db.SQL(db.Set, `SELECT count(*) FROM cards`)
	addLog    = db.SQL(db.OnePerson, `INSERT INTO cards_log (bucket, person_id, id, what) VALUES ($1, $2, $3, $4)`)
	deleteLog = db.SQL(db.OnePerson, `DELETE FROM cards_log WHERE bucket = $1 AND person_id = $2`)
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// taken is a register as a backup holds it.
type taken struct {
	steps  map[string]int
	tables []whole.Table
	rows   map[string][]byte
}

func take(t *testing.T, d *db.DB) (out taken) {
	t.Helper()
	out.rows = map[string][]byte{}
	must(t, whole.Take(t.Context(), d, func(w *whole.Taken) error {
		out.steps, out.tables = w.Steps, w.Tables
		for _, f := range w.Tables {
			var b bytes.Buffer
			if _, err := w.Copy(t.Context(), f, &b); err != nil {
				return err
			}
			out.rows[f.Name] = b.Bytes()
		}
		return nil
	}))
	return out
}

func (k taken) put(t *testing.T, dsn string, schemas []db.Schema, mark string, last error) error {
	t.Helper()
	return whole.Replace(t.Context(), dsn, db.Options{Schema: schemas}, mark, func(l *whole.Load) error {
		err := l.Begin(t.Context(), k.steps, k.tables)
		for _, f := range k.tables {
			if err == nil {
				_, err = l.Copy(t.Context(), f, bytes.NewReader(k.rows[f.Name]))
			}
		}
		return errors.Join(err, last)
	}, func() error { return nil })
}

// fillShelf writes a card with a line of its log.
func fillShelf(t *testing.T, d *db.DB, who id.ID) {
	t.Helper()
	must(t, d.Do(t.Context(), by, func(tx *db.Tx) error {
		if err := tx.Bulk(cards, 1, func(_ int, dst []any) {
			copy(dst, []any{int64(who.Bucket()), int64(who), "Åsa " + who.String(), nil, 1.5, []byte{0, 255}, int64(7)})
		}); err != nil {
			return err
		}
		_, err := tx.Exec(addLog, who.Bucket(), who, 1, "made")
		return err
	}))
}

// TestWhole takes a register on PostgreSQL and puts it into an empty database and over
// another register: rows, keys, checks, indexes and guards are those of the one taken.
func TestWhole(t *testing.T) {
	for name, parted := range map[string]bool{"plain": false, "partitioned": true} {
		t.Run(name, func(t *testing.T) {
			part := func(o *db.Options) { o.Partition = parted }
			d := dbtest.Postgres(t, schema, part)
			for i := range 50 {
				fillShelf(t, d, id.ID(1000+i))
			}
			k := take(t, d)
			other := dbtest.Postgres(t, schema)
			fillShelf(t, other, 5)
			for _, dsn := range []string{dbtest.Empty(t), other.Address()} {
				must(t, k.put(t, dsn, schema, "mark-1", nil))
				got := dbtest.Open(t, dsn, schema, part)
				dbtest.Catalogue(t, got)
				if again := take(t, got); !slices.EqualFunc(again.tables, k.tables, sameForm) || len(again.rows["cards"]) != len(k.rows["cards"]) || !bytes.Equal(again.rows["drawers"], k.rows["drawers"]) {
					t.Errorf("another register came back:\n%+v\n%+v", again.tables, k.tables)
				}
				if err := got.Do(t.Context(), by, func(tx *db.Tx) error { _, err := tx.Exec(deleteLog, id.ID(1000).Bucket(), id.ID(1000)); return err }); err == nil {
					t.Error("what is only added to can be deleted from")
				}
				if mark, err := whole.Replaced(t.Context(), got); err != nil || mark != "mark-1" {
					t.Errorf("%q %v", mark, err)
				}
			}
		})
	}
}

func sameForm(a, b whole.Table) bool {
	return a.Name == b.Name && a.Parted == b.Parted && a.Guarded == b.Guarded && slices.Equal(a.Cols, b.Cols) && slices.Equal(a.Keys, b.Keys) && slices.Equal(a.Indexes, b.Indexes)
}

// TestReplaceAllOrNothing: what goes wrong leaves the register that is there.
func TestReplaceAllOrNothing(t *testing.T) {
	d := dbtest.Postgres(t, schema)
	fillShelf(t, d, 1000)
	k := take(t, d)
	dsn := d.Address()
	fillShelf(t, d, 1001)
	newer := take(t, dbtest.Postgres(t, stepped()))
	twice := k
	twice.rows = map[string][]byte{}
	for name, rows := range k.rows {
		twice.rows[name] = rows
	}
	twice.rows["cards"] = k.rows["cards"][:len(k.rows["cards"])-10]
	foreign := k
	foreign.tables = slices.Clone(k.tables)
	foreign.tables[0].Name = "x; DROP TABLE cards"
	release, err := whole.Serving(t.Context(), d, func(error) {})
	must(t, err)
	if err := k.put(t, dsn, schema, "m", nil); fault.KeyOf(err) != "app.held" {
		t.Errorf("while it is served: %v", err)
	}
	release()
	for what, c := range map[string]struct {
		taken
		last error
		key  string
	}{
		"stopped at the end": {k, fault.New(fault.Invalid, "stopped", "stopped"), "stopped"},
		"a newer register":   {newer, nil, "db.newer_schema"},
		"cut rows":           {twice, nil, "internal"},
		"other words":        {foreign, nil, "backup.foreign"},
	} {
		if err := c.put(t, dsn, schema, "m", c.last); fault.KeyOf(err) != c.key {
			t.Errorf("%s: %v", what, err)
		}
		n := 0
		must(t, d.View(t.Context(), by, func(tx *db.Tx) error {
			_, err := tx.One(count, []any{&n})
			return err
		}))
		if mark, _ := whole.Replaced(t.Context(), d); n != 2 || mark != "" {
			t.Errorf("%s: %d cards, mark %q", what, n, mark)
		}
	}
}

// TestOldWhole puts an old register in the place of a newer one; it is brought up to
// date when it is opened.
func TestOldWhole(t *testing.T) {
	old := take(t, dbtest.Postgres(t, schema))
	d := dbtest.Postgres(t, stepped())
	must(t, d.Close())
	must(t, old.put(t, d.Address(), stepped(), "m", nil))
	again := dbtest.Open(t, d.Address(), stepped())
	if n := take(t, again).steps["shelf"]; n != 2 {
		t.Errorf("the steps are at %d", n)
	}
}

// TestAside: a register tried beside another leaves nothing, also when it fails.
func TestAside(t *testing.T) {
	d := dbtest.Postgres(t, schema)
	fillShelf(t, d, 1000)
	k := take(t, d)
	bad := errors.New("bad")
	for _, want := range []error{nil, bad} {
		err := whole.Aside(t.Context(), d.Address(), func(dsn string) error {
			must(t, k.put(t, dsn, schema, "m", nil))
			beside := dbtest.Open(t, dsn, schema)
			fillShelf(t, beside, 1001)
			if err := whole.Aside(t.Context(), d.Address(), func(string) error { return nil }); fault.KeyOf(err) != "backup.drilling" {
				t.Errorf("two at once: %v", err)
			}
			must(t, beside.Close())
			return want
		})
		if !errors.Is(err, want) {
			t.Error(err)
		}
	}
	if again := take(t, d); !bytes.Equal(again.rows["cards"], k.rows["cards"]) {
		t.Error("the register in use was touched")
	}
}
