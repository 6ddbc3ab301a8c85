package media

import (
	"bytes"
	"context"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/job"
	"kartotek/internal/tree"
)

func TestRoom(t *testing.T) {
	dbtest.Each(t, []db.Schema{job.Schema, tree.Schema, audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		r := &Room{DB: d}
		img, err := r.Read(asPNG(t, picture(12, 8)))
		if err != nil {
			t.Fatal(err)
		}
		by := db.System("test")
		do := func(fn func(*db.Tx) error) error { t.Helper(); return d.Do(context.Background(), by, fn) }
		var p, twice Picture
		if err := do(func(tx *db.Tx) (err error) {
			if p, err = r.Add(tx, img, " Filter ", "A filter"); err != nil {
				return err
			}
			twice, err = r.Add(tx, img, "Other", "")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if p.Name != "Filter" || p.Width != 12 || p.Height != 8 || p.Size != int64(len(img.Content)) || twice != p {
			t.Errorf("%+v, then %+v", p, twice)
		}
		if err := do(func(tx *db.Tx) error { return r.Describe(tx, p.File, "Filter", "A new filter") }); err != nil {
			t.Error(err)
		}
		if err := do(func(tx *db.Tx) error {
			content, err := r.Content(tx, p.File)
			all, listed := r.List(tx, Cursor{}, 10)
			if !bytes.Equal(content, img.Content) || len(all) != 1 || all[0].Alt != "A new filter" {
				t.Errorf("%d bytes, %+v, %v", len(content), all, listed)
			}
			more, _ := r.List(tx, Cursor{all[0].At, all[0].File}, 10)
			if len(more) != 0 {
				t.Errorf("the list goes on with %+v", more)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		for _, bad := range [][2]string{{"", "x"}, {"a\nb", ""}, {"a", "b\nc"}} {
			if err := do(func(tx *db.Tx) error { return r.Describe(tx, p.File, bad[0], bad[1]) }); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := do(func(tx *db.Tx) error { return r.Remove(tx, p.File) }); err != nil {
			t.Error(err)
		}
		for name, fn := range map[string]func(*db.Tx) error{
			"get":     func(tx *db.Tx) error { _, err := r.Get(tx, p.File); return err },
			"content": func(tx *db.Tx) error { _, err := r.Content(tx, p.File); return err },
			"remove":  func(tx *db.Tx) error { return r.Remove(tx, p.File) },
		} {
			if err := do(fn); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s after removal: %v", name, err)
			}
		}
	})
}
