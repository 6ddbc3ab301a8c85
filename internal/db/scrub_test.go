package db_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
)

var deleteCard = db.SQL(db.OnePerson, `DELETE FROM cards WHERE bucket = $1 AND person_id = $2`)

// Of what was deleted no byte is left in the folder of an embedded register, neither
// in pages that are free now nor in the log.
func TestScrub(t *testing.T) {
	mark := []byte("a photo that nobody may find again ")
	photo := bytes.Repeat(mark, 4000) // over many pages
	dir := t.TempDir()
	d := dbtest.Open(t, dir, schema)
	holds := func() bool {
		t.Helper()
		found := false
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(raw, mark)
		}
		return found
	}
	write(t, d, func(tx *db.Tx) error {
		return tx.Bulk(cards, 2, func(i int, dst []any) {
			copy(dst, []any{1, 4097 + 4096*i, "n" + string(rune('a'+i)), "c", 1.5, photo, 7})
		})
	})
	if err := d.Scrub(t.Context(), "cards"); err != nil || !holds() {
		t.Fatalf("%v: the photo should be there", err)
	}
	write(t, d, func(tx *db.Tx) error {
		for _, who := range []int64{4097, 8193} {
			if _, err := tx.Exec(deleteCard, 1, who); err != nil {
				return err
			}
		}
		return nil
	})
	if err := d.Scrub(t.Context(), "cards"); err != nil {
		t.Fatal(err)
	}
	if holds() {
		t.Error("bytes of the deleted photo are left in the folder")
	}
}

func TestScrubEngines(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		if err := d.Scrub(t.Context(), "cards", "drawers"); err != nil {
			t.Error(err)
		}
		if err := d.Scrub(t.Context(), "cards; DROP TABLE cards"); (err == nil) != (d.Engine() == db.SQLite) {
			t.Error(err)
		}
	})
}
