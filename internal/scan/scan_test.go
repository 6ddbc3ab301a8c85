package scan

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/media"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schemas = []db.Schema{job.Schema, audit.Schema, media.Schema, Schema}
	clerk   = db.By{Kind: "staff", ID: 7, Name: "Clerk"}
)

const (
	who   = id.ID(4096*1000 + 17)
	other = id.ID(4096*2000 + 18)
	about = id.ID(77)
)

func newRoom(d *db.DB) *Room {
	keys := seal.Fixed([32]byte{1})
	return &Room{DB: d, Keys: keys, Media: &media.Room{DB: d}, Spend: func(tx *db.Tx, files ...id.ID) error {
		tx.AfterCommit(func() { _, _ = keys.Forget(files...) })
		return nil
	}}
}

func do(t *testing.T, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Do(t.Context(), clerk, fn); err != nil {
		t.Fatal(err)
	}
}

func arrive(t *testing.T, r *Room, name string, raw []byte, identity bool) (f File) {
	t.Helper()
	found := r.Look(name, raw)
	do(t, r.DB, func(tx *db.Tx) (err error) {
		f, err = r.Arrive(tx, Arrival{Person: who, Case: about, Via: ByMail, Found: found, Identity: identity})
		return err
	})
	return f
}

func list(t *testing.T, r *Room, who id.ID) (all []File) {
	t.Helper()
	do(t, r.DB, func(tx *db.Tx) (err error) { all, err = r.List(tx, who, about); return err })
	return all
}

func TestRoom(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		r := newRoom(d)
		doc := pdf()
		kept := arrive(t, r, "../brev.pdf", doc, false)
		locked := arrive(t, r, "brev2.pdf", pdf("<< /Encrypt 4 0 R >>"), false)
		refused := arrive(t, r, "a.svg", []byte("<svg onload=alert(1)>"), false)
		held := arrive(t, r, "passport.png", asPNG(t, 20, 20), false)
		said := arrive(t, r, "IMG_0412.png", asPNG(t, 30, 20), true)
		for name, ok := range map[string]bool{
			"kept": kept.State == Kept && kept.Name == "brev.pdf" && kept.Digest != "", "locked": locked.State == Kept && locked.Locked,
			"refused": refused.State == Refused && refused.Code == SVG && refused.Name == "a.svg", "held": held.State == Held && held.Digest == "", "said": said.State == Held,
		} {
			if !ok {
				t.Errorf("%s: %+v", name, map[string]File{"kept": kept, "locked": locked, "refused": refused, "held": held, "said": said}[name])
			}
		}
		if all := list(t, r, who); len(all) != 5 || all[0] != kept || all[2] != refused {
			t.Errorf("listed %+v", all)
		}
		do(t, d, func(tx *db.Tx) error {
			_, got, err := r.Content(tx, who, about, kept.ID)
			if !bytes.Equal(got, doc) {
				t.Errorf("%d bytes, want %d", len(got), len(doc))
			}
			if _, _, err := r.Content(tx, who, about, held.ID); fault.KeyOf(err) != "scan.held" {
				t.Errorf("an identity document is read like a letter: %v", err)
			}
			if _, _, err := r.Content(tx, who, about, refused.ID); fault.KeyOf(err) != "scan.gone" {
				t.Error(err)
			}
			if _, _, err := r.Content(tx, who, about+1, kept.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("read under another case: %v", err)
			}
			if _, _, err := r.Content(tx, other, about, kept.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("read under another person: %v", err)
			}
			return err
		})
		do(t, d, func(tx *db.Tx) error { return r.Release(tx, who, about, said.ID) })
		do(t, d, func(tx *db.Tx) error { return r.Move(tx, who, other) })
		if all := list(t, r, other); len(all) != 5 || all[0].Name != "brev.pdf" || all[4].State != Kept || len(list(t, r, who)) != 0 {
			t.Errorf("moved: %+v", all)
		}
		do(t, d, func(tx *db.Tx) error {
			n := 0
			if err := r.Export(tx, other, func(dossier.Record) error { n++; return nil }); err != nil || n != 5 {
				t.Errorf("%d records, %v", n, err)
			}
			gone, err := r.Erase(tx, other, dossier.Plan{})
			if len(gone) != 1 || gone[0].Count != 5 {
				t.Errorf("erased %+v", gone)
			}
			return err
		})
		if all := list(t, r, other); len(all) != 0 {
			t.Errorf("left after erasing: %+v", all)
		}
	})
}

// An identity document is shown once; then it is gone, and the row says so.
func TestShowOnce(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		r := newRoom(d)
		held := arrive(t, r, "passport.png", asPNG(t, 20, 20), false)
		var once []byte
		do(t, d, func(tx *db.Tx) (err error) { _, once, err = r.ShowOnce(tx, who, about, held.ID); return err })
		if !bytes.HasPrefix(once, []byte("\x89PNG")) {
			t.Error("nothing was shown")
		}
		if err := d.Do(t.Context(), clerk, func(tx *db.Tx) error { _, _, err := r.ShowOnce(tx, who, about, held.ID); return err }); fault.KeyOf(err) != "scan.shown" {
			t.Errorf("shown twice: %v", err)
		}
		got := list(t, r, who)[0]
		want := File{Person: who, Case: about, ID: held.ID, At: held.At, Via: ByMail, By: "Clerk", State: Destroyed, Kind: PNG, Size: held.Size, GoneAt: d.Now().UnixMilli(), GoneBy: "Clerk", GoneWhy: Shown}
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		do(t, d, func(tx *db.Tx) error {
			log, err := audit.Read(tx, audit.Filter{Action: "case.file_destroy", Limit: 5})
			if len(log) != 1 || log[0].Person != who || log[0].Detail["reason"] != Shown {
				t.Errorf("the log says %+v", log)
			}
			return err
		})
	})
}

// What nobody looks at is destroyed after a week, and what was kept stays.
func TestExpire(t *testing.T) {
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		c.Move(dbtest.Start.Sub(c.Now()))
		r := newRoom(d)
		arrive(t, r, "passport.png", asPNG(t, 20, 20), false)
		arrive(t, r, "brev.pdf", pdf(), false)
		for _, step := range []struct {
			at   time.Duration
			want State
		}{{Waits - time.Hour, Held}, {Waits + 12*time.Hour, Destroyed}} {
			c.Move(dbtest.Start.Add(step.at).Sub(c.Now()))
			do(t, d, func(tx *db.Tx) error { _, err := r.expireSome(tx); return err })
			all := list(t, r, who)
			if all[0].State != step.want || all[1].State != Kept {
				t.Errorf("after %v: %+v", step.at, all)
			}
		}
	}, dbtest.At(c))
}

// Of a destroyed document nothing is left in the folder of an embedded register: not
// in the clear, and not sealed.
func TestBytesAreGone(t *testing.T) {
	dir := t.TempDir()
	d := dbtest.Open(t, dir, schemas)
	r := newRoom(d)
	runner := &job.Runner{DB: d}
	r.Handle(runner)
	doc := pdf("% CANARY-PASSPORT-0412 " + string(bytes.Repeat([]byte("fill "), 20_000)))
	f := arrive(t, r, "my passport CANARY-NAME.pdf", doc, false)
	var sealed []byte
	do(t, d, func(tx *db.Tx) error {
		_, err := tx.One(selRaw, []any{&sealed}, who.Bucket(), int64(who), int64(about), int64(f.ID))
		return err
	})
	middle := sealed[len(sealed)/2 : len(sealed)/2+64] // within one page of the file
	if !onDisk(t, dir, middle) {
		t.Fatal("the test looks in the wrong place")
	}
	do(t, d, func(tx *db.Tx) error { _, _, err := r.ShowOnce(tx, who, about, f.ID); return err })
	if err := runner.RunUntilIdle(t.Context(), job.Filter{Kinds: []string{KindScrub}}); err != nil {
		t.Fatal(err)
	}
	for at := 0; at+64 <= len(sealed); at += 1000 {
		if onDisk(t, dir, sealed[at:at+64]) {
			t.Fatalf("sealed bytes from %d on are left on the disk: %s", at, hex.EncodeToString(sealed[at:at+16]))
		}
	}
	for _, plain := range []string{"CANARY-PASSPORT-0412", "CANARY-NAME"} {
		if onDisk(t, dir, []byte(plain)) {
			t.Errorf("%s is on the disk", plain)
		}
	}
}

func onDisk(t *testing.T, dir string, what []byte) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		found = found || bytes.Contains(raw, what)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A case takes so many files and so many bytes; the rest is noted.
func TestRoomOfACase(t *testing.T) {
	r := newRoom(dbtest.SQLite(t, schemas))
	doc := pdf("%" + string(bytes.Repeat([]byte{'x'}, 9<<20)))
	for i := range MaxFiles + 1 {
		name, raw := "a.svg", []byte("<svg >")
		if i < 8 {
			name, raw = "a.pdf", doc
		} else if i == MaxFiles {
			name, raw = "b.png", []byte(webP)
		}
		arrive(t, r, name, raw, false)
	}
	all := list(t, r, who)
	for i, want := range map[int]Code{0: "", 5: "", 6: TooMany, 7: TooMany, 8: SVG, MaxFiles: TooMany} {
		if all[i].Code != want {
			t.Errorf("file %d: %q, want %q", i, all[i].Code, want)
		}
	}
}

// Every reason has a sentence in each language.
func TestCodesHaveWords(t *testing.T) {
	for _, lang := range []string{"sv", "fi", "en"} {
		keys := map[string]bool{}
		for _, k := range i18n.Keys(lang) {
			keys[k] = true
		}
		for _, c := range Codes() {
			if !keys["scan.refused."+string(c)] {
				t.Errorf("%s: no sentence for %s", lang, c)
			}
		}
		for _, why := range []string{Shown, Unseen, Identity, Mistaken} {
			if !keys["scan.gone."+why] {
				t.Errorf("%s: no words for %s", lang, why)
			}
		}
	}
}
