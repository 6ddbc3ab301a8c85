package backups

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/backup"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/db/whole"
	"kartotek/internal/fault"
	"kartotek/internal/measure"
)

// keyed is a lock that opens fast.
func keyed(t *testing.T) backup.Lock {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return backup.Lock{Recipient: key.Recipient().String(), Identity: key.String()}
}

func sealedFor(t *testing.T, h *app.House, lock backup.Lock) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := Write(t.Context(), h, eraser, &file, lock); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// saidRestored are the log's entries about restores.
func saidRestored(t *testing.T, h *app.House) (out []audit.Entry) {
	t.Helper()
	view(t, h, func(tx *db.Tx) (err error) {
		out, err = audit.Read(tx, audit.Filter{Action: "log.restored"})
		return err
	})
	return out
}

var errDied = errors.New("the process died")

// dying reads a file whose reader dies at its end.
type dying struct{ io.Reader }

func (d dying) Read(b []byte) (int, error) {
	n, err := d.Reader.Read(b)
	if errors.Is(err, io.EOF) {
		err = errDied
	}
	return n, err
}

// TestNextOpeningSaysIt: a restore that died when all was in place, and before the log
// named it, is said by the next opening, with who asked for it and why, once; and the
// log is whole.
func TestNextOpeningSaysIt(t *testing.T) {
	engines(t, func(t *testing.T, at config.Store) {
		lock := keyed(t)
		h := noticed(t, at)
		person(t, h, "one@people.example")
		old := sealedFor(t, h, lock)
		person(t, h, "two@people.example")
		if v, err := h.Verify(t.Context(), eraser, nil); err != nil || !v.OK { // the anchor is newer than the backup
			t.Fatalf("%+v %v", v, err)
		}
		folder := h.Folder
		h.Close()
		who := db.By{Kind: "cli", Name: "cli:operator"}
		note := backup.Note{ID: "this-one", By: who, Reason: "the disk failed"}
		var out Restored
		var err error
		if at.DSN != "" {
			err = replaceTables(t.Context(), at, bytes.NewReader(old), lock, note)
		} else {
			err = replaceFiles(t.Context(), at, bytes.NewReader(old), lock, note, &out)
		}
		if err != nil { // and here it dies
			t.Fatal(err)
		}
		for range 2 {
			h = opened(t, at)
			said := saidRestored(t, h)
			if len(said) != 1 || said[0].By.Name != who.Name || said[0].Detail["reason"] != note.Reason || said[0].Object != note.ID || said[0].Count == 0 {
				t.Errorf("%+v", said)
			}
			if v, err := h.Verify(t.Context(), eraser, nil); err != nil || !v.OK || v.People != 1 {
				t.Errorf("%+v %v", v, err)
			}
			h.Close()
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "restored*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// TestDiedBeforeItStood: where the database lies elsewhere, a note whose register never
// came to stand there is taken back with what was unpacked for it; one whose did is
// gone on with.
func TestDiedBeforeItStood(t *testing.T) {
	at := config.Store{DSN: dbtest.Empty(t), Keys: filepath.Join(t.TempDir(), "keys")}
	h := noticed(t, at)
	file := filepath.Join(h.Folder, "uploads", "one.csv")
	put := func(name, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	put(file, "now")
	stands := func(want string) {
		t.Helper()
		h := opened(t, at)
		defer h.Close()
		if text, _ := os.ReadFile(file); string(text) != want {
			t.Errorf("the file holds %q, not %q", text, want)
		}
		if left, _ := filepath.Glob(filepath.Join(h.Folder, "restored*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	h.Close()
	begin := func() {
		t.Helper()
		put(filepath.Join(h.Folder, backup.Fresh, "uploads", "one.csv"), "then")
		if err := backup.Begin(h.Folder, backup.Note{ID: "mark", By: eraser, Reason: "a trial"}); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	stands("now")
	h = opened(t, at)
	lock := keyed(t)
	same := sealedFor(t, h, lock)
	h.Close()
	mark, _, err := marked(at)
	if err != nil {
		t.Fatal(err)
	}
	err = whole.Replace(t.Context(), at.DSN, db.Options{Schema: app.Schemas()}, "mark", func(l *whole.Load) error {
		return backup.LoadTables(t.Context(), bytes.NewReader(same), lock, l, mark, t.TempDir())
	}, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	begin()
	stands("then")
}

// TestWrongPlaces: what is not for the register at hand is refused, and so is a
// restore while a server has it; afterwards it stands as it did.
func TestWrongPlaces(t *testing.T) {
	lite, pg := config.Store{Data: t.TempDir()}, config.Store{DSN: dbtest.Empty(t), Keys: filepath.Join(t.TempDir(), "keys")}
	lock := keyed(t)
	files := map[string][]byte{}
	for name, at := range map[string]config.Store{"sqlite": lite, "postgres": pg} {
		h := noticed(t, at)
		files[name] = sealedFor(t, h, lock)
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	other := config.Store{DSN: dbtest.Empty(t), Keys: filepath.Join(t.TempDir(), "keys")}
	opened(t, other).Close()
	for what, c := range map[string]struct {
		at   config.Store
		file string
		key  string
	}{
		"PostgreSQL's on SQLite": {lite, "postgres", "backup.engine"},
		"SQLite's on PostgreSQL": {pg, "sqlite", "backup.engine"},
		"other keys":             {other, "postgres", "db.other_keys"},
		"no keys":                {config.Store{DSN: pg.DSN, Keys: t.TempDir()}, "postgres", "app.no_keys"},
	} {
		if _, err := Restore(t.Context(), c.at, eraser, bytes.NewReader(files[c.file]), lock, "a trial"); fault.KeyOf(err) != c.key {
			t.Errorf("%s: %v", what, err)
		}
	}
	h := opened(t, pg)
	if len(saidRestored(t, h)) != 0 {
		t.Error("the register was touched")
	}
	release, err := whole.Serving(t.Context(), h.DB, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := Restore(t.Context(), pg, eraser, bytes.NewReader(files["postgres"]), lock, "a trial"); fault.KeyOf(err) != "app.held" {
		t.Errorf("while it is served: %v", err)
	}
	if _, err := Drill(t.Context(), h, pg, eraser, dying{bytes.NewReader(files["postgres"])}, lock); err == nil {
		t.Error("a drill that was cut off is said to have gone well")
	}
	if out, err := Drill(t.Context(), h, pg, eraser, bytes.NewReader(files["postgres"]), lock); err != nil || !out.Verified { // beside a server
		t.Errorf("%+v %v", out, err)
	}
}

// TestEarlierBackups: what earlier programs compressed, with gzip and then with
// Zstandard, is read.
func TestEarlierBackups(t *testing.T) {
	at, lock := config.Store{Data: t.TempDir()}, keyed(t)
	h := noticed(t, at)
	person(t, h, "one@people.example")
	now := sealedFor(t, h, lock)
	h.Close()
	for name, compress := range map[string]func(io.Writer) (io.WriteCloser, error){
		"gzip": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		"zstd": func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest))
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := config.Store{Data: t.TempDir(), Keys: filepath.Join(t.TempDir(), "keys")}
			if err := os.CopyFS(to.Keys, os.DirFS(filepath.Join(at.Data, "keys"))); err != nil {
				t.Fatal(err)
			}
			out, err := Restore(t.Context(), to, eraser, bytes.NewReader(repacked(t, now, lock, compress)), lock, "a trial")
			if err != nil || out.People != 1 {
				t.Errorf("%+v %v", out, err)
			}
		})
	}
}

// repacked is a backup as an earlier program made it.
func repacked(t *testing.T, file []byte, lock backup.Lock, compress func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	key, err := age.ParseX25519Identity(lock.Identity)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(bytes.NewReader(file), key)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sealed, err := age.Encrypt(&out, key.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	small, err := compress(sealed)
	if err != nil {
		t.Fatal(err)
	}
	in := tar.NewReader(s2.NewReader(plain))
	again := tar.NewWriter(small)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = again.WriteHeader(h)
		}
		if err == nil {
			_, err = io.Copy(again, in)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(again.Close(), small.Close(), sealed.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDrillIsACheck: a drill is the check of the measure that promises it, with what
// shows it and the day of the next; one that fails shows as not in order, one that was
// only asked for in a wrong way does not.
func TestDrillIsACheck(t *testing.T) {
	at, lock := config.Store{Data: t.TempDir()}, keyed(t)
	h := noticed(t, at)
	file := sealedFor(t, h, lock)
	status := func() (s measure.Status) {
		t.Helper()
		view(t, h, func(tx *db.Tx) error {
			in, _, err := h.Notice.InForceAt(tx, tx.Time())
			if err != nil {
				return err
			}
			all, err := h.Measure.Statuses(tx, in)
			s = all[slices.IndexFunc(all, func(s measure.Status) bool { return s.ID == "backups" })]
			return err
		})
		return s
	}
	if s := status(); s.Last != nil {
		t.Fatalf("%+v", s.Last)
	}
	for _, c := range []struct {
		file   []byte
		lock   backup.Lock
		result string
		shows  string
	}{
		{file[:len(file)/2], lock, measure.NotInOrder, "backup.damaged"},
		{file, lock, measure.InOrder, fmt.Sprintf("%x", sha256.Sum256(file))},
		{file, backup.Lock{}, measure.InOrder, "SHA-256"}, // no key given: nothing was tried
		{file, keyed(t), measure.NotInOrder, "backup.sealed"},
	} {
		_, _ = Drill(t.Context(), h, at, eraser, bytes.NewReader(c.file), c.lock)
		if s := status(); s.Last == nil || s.Last.Result != c.result || !strings.Contains(s.Last.Evidence, c.shows) || s.Due != s.Last.Next {
			t.Errorf("%s: %+v", c.shows, s.Last)
		}
	}
}
