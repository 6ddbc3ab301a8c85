package db_test

import (
	"os"
	"path/filepath"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// schema is a small room of every kind of table.
var schema = []db.Schema{{Room: "shelf", Tables: []db.Table{
	{
		Name: "cards", Kind: db.PersonTable, Key: "bucket, person_id",
		Cols:    db.Cols("bucket int, person_id big, name text personal, city text null, score real null, photo blob null, at big"),
		Indexes: []db.Index{{Name: "cards_city", Cols: "city, person_id"}, {Name: "cards_name", Cols: "bucket, name", Unique: true}},
	},
	{
		Name: "cards_log", Kind: db.PersonTable, Key: "bucket, person_id, id", AppendOnly: true,
		Cols: db.Cols("bucket int, person_id big, id big, what text"),
	},
	{Name: "drawers", Kind: db.ReferenceTable, Key: "id", Cols: db.Cols("id big, title text, n int"), Checks: []string{"n >= 0"}},
	{Name: "names", Kind: db.ValueTable, Key: "value, kind", Cols: db.Cols("value text, kind text, bucket int, person_id big")},
}}}

var (
	cards       = db.Bulk(db.OnePerson, "cards", "bucket, person_id, name, city, score, photo, at", "")
	cardsUpsert = db.Bulk(db.OnePerson, "cards", "bucket, person_id, name, city, score, photo, at", "(bucket, person_id) DO UPDATE SET name = excluded.name")
	countCards  = db.SQL(db.Set, `SELECT count(*), min(at), max(person_id) FROM cards`)
	cardByKey   = db.SQL(db.OnePerson, `SELECT name, city, score, photo FROM cards WHERE bucket = $1 AND person_id = $2`)
	twisted     = db.SQL(db.OnePerson, `SELECT name FROM cards WHERE person_id = $2 AND bucket = $1 AND person_id = $2`)
	byName      = db.SQL(db.Set, `SELECT name FROM cards WHERE name {in $1} ORDER BY name`)
	byID        = db.SQL(db.Set, `SELECT name FROM cards WHERE person_id {in $1} AND at <= $2 ORDER BY name`)
	addLog      = db.SQL(db.OnePerson, `INSERT INTO cards_log (bucket, person_id, id, what) VALUES ($1, $2, $3, $4)`)
	changeLog   = db.SQL(db.OnePerson, `UPDATE cards_log SET what = $3 WHERE bucket = $1 AND person_id = $2`)
	deleteLog   = db.SQL(db.OnePerson, `DELETE FROM cards_log WHERE bucket = $1 AND person_id = $2`)
	addDrawer   = db.SQL(db.Reference, `INSERT INTO drawers (id, title, n) VALUES ($1, $2, $3)`)
	readDrawer  = db.SQL(db.Reference, `SELECT n FROM drawers WHERE id = $1`)
	setDrawer   = db.SQL(db.Reference, `UPDATE drawers SET n = $2 WHERE id = $1`)
	sumDrawers  = db.SQL(db.Reference, `SELECT coalesce(sum(n), 0) FROM drawers`)
	someDrawers = db.SQL(db.Reference, `SELECT id FROM drawers ORDER BY id LIMIT $1 {skip locked}`)
	listIndexes = db.SQL(db.Local, `SELECT name FROM sqlite_master WHERE type = 'index' AND name = $1`)
	pgIndexes   = db.SQL(db.Local, `SELECT indexname FROM pg_indexes WHERE indexname = $1`)
)

var by = db.System("test")

func write(t *testing.T, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Do(t.Context(), by, fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.View(t.Context(), by, fn); err != nil {
		t.Fatal(err)
	}
}

// TestOddFolder holds that a register lies where it was said to, whatever the folder
// is called.
func TestOddFolder(t *testing.T) {
	for _, name := range []string{"no #1", "50%20", "a?b", "å & ö", "[x]*"} {
		dir := filepath.Join(t.TempDir(), name)
		d, err := db.Open(t.Context(), dir, db.Options{Schema: schema})
		if err != nil {
			t.Fatal(name, err)
		}
		if err := d.Close(); err != nil {
			t.Error(name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, db.FileName)); err != nil {
			t.Error(err)
		}
	}
}
