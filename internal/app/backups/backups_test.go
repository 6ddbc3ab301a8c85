package backups

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"kartotek/internal/app"
	"kartotek/internal/backup"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// engines runs a test for a register on each engine, not yet made.
func engines(t *testing.T, fn func(t *testing.T, at config.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, config.Store{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) {
		fn(t, config.Store{DSN: dbtest.Empty(t), Keys: filepath.Join(t.TempDir(), "keys")})
	})
}

const token = "qzjxwkv"

var eraser = db.System("test")

func opened(t *testing.T, at config.Store) *app.House {
	t.Helper()
	h, err := app.Open(t.Context(), at, app.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// noticed is a register with a notice in force.
func noticed(t *testing.T, at config.Store) *app.House {
	t.Helper()
	h := opened(t, at)
	src, err := os.ReadFile("../../noticedef/testdata/nordanvind.yaml")
	if err != nil {
		t.Fatal(err)
	}
	try1(t, h, func(tx *db.Tx) error {
		_, err := h.Notice.Publish(tx, src, "Kaisa Esimerkki", "")
		return err
	})
	return h
}

func try1(t *testing.T, h *app.House, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := h.DB.Do(t.Context(), eraser, fn); err != nil {
		t.Fatal(err)
	}
}

var locked = backup.Lock{Passphrase: "gladioli by the harbour"}

func backedUp(t *testing.T, h *app.House) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := Write(t.Context(), h, eraser, &file, locked); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file.Bytes(), []byte(token)) {
		t.Error("the backup can be read")
	}
	return file.Bytes()
}

func saysNo(t *testing.T, h *app.House, who id.ID) {
	t.Helper()
	try1(t, h, func(tx *db.Tx) error {
		_, err := h.Outbox.Object(tx, who, outbox.Said{Method: "letter"}, outbox.ScopeAll)
		return err
	})
}

func forbids(t *testing.T, h *app.House, who id.ID) (yes bool) {
	t.Helper()
	view(t, h, func(tx *db.Tx) error {
		packed, err := h.Ledger.Standing(tx, who)
		_, all := ledger.Unpack(packed)
		for _, p := range all {
			yes = yes || p.Scope == outbox.ScopeAll
		}
		return err
	})
	return yes
}

// TestBackupBringsNobodyBack puts an old backup back, after somebody was erased and
// somebody else said no: both still hold, before anybody is served.
func TestBackupBringsNobodyBack(t *testing.T) {
	engines(t, func(t *testing.T, at config.Store) {
		h := noticed(t, at)
		gone, angry := person(t, h, token+"@people.example"), person(t, h, "angry@people.example")
		try1(t, h, func(tx *db.Tx) error {
			for _, who := range []id.ID{gone, angry} {
				if _, err := h.Ledger.Record(tx, who, &ledger.Evidence{Text: "yes"},
					ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"}); err != nil {
					return err
				}
			}
			return nil
		})
		old := backedUp(t, h)
		late := person(t, h, "late@people.example")
		_, plan, err := h.PlanErasure(t.Context(), eraser, token+"@people.example", erasing.Ask{Ground: erasing.Objected})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Erasure.Erase(t.Context(), eraser, gone, plan); err != nil {
			t.Fatal(err)
		}
		saysNo(t, h, angry)
		saysNo(t, h, late)
		out, err := Drill(t.Context(), h, at, eraser, bytes.NewReader(old), locked)
		if err != nil || !out.Verified || out.Erased != 1 || out.Said != 1 {
			t.Fatalf("the drill: %+v %v", out, err)
		}
		if out.Copy != (erasure.Copy{Legible: 1, Gone: 1}) {
			t.Errorf("the backup itself shows %+v", out.Copy)
		}
		h.Close()
		out, err = Restore(t.Context(), at, eraser, bytes.NewReader(old), locked, "the disk failed")
		if err != nil || !out.Verified || out.Erased != 1 || out.Said != 1 {
			t.Fatalf("%+v %v", out, err)
		}
		h = opened(t, at)
		if !forbids(t, h, angry) {
			t.Error("an objection was forgotten")
		}
		view(t, h, func(tx *db.Tx) error {
			p, found, err := h.Party.Get(tx, gone)
			if found && p.Status != party.Erased {
				t.Error("somebody erased came back")
			}
			held, bad := h.Outbox.Check(tx, "email", []string{"late@people.example"})
			if bad != nil || !held["late@people.example"].Marketing {
				t.Errorf("whoever came after the backup and said no is not held from marketing: %v %v", held, bad)
			}
			return err
		})
		for _, name := range []string{db.FileName, db.FileName + "-wal"} { // none on PostgreSQL
			if text, _ := os.ReadFile(filepath.Join(at.Data, name)); bytes.Contains(text, []byte(token)) {
				t.Errorf("the address lies on in %s", name)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(h.Folder, "restored*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if again := opened(t, at); again.Replayed.Any() {
			t.Errorf("carried out twice: %+v", again.Replayed)
		}
	})
}

func view(t *testing.T, h *app.House, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := h.DB.View(t.Context(), eraser, fn); err != nil {
		t.Fatal(err)
	}
}

func person(t *testing.T, h *app.House, email string) (who id.ID) {
	t.Helper()
	try1(t, h, func(tx *db.Tx) error {
		p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: email}}})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

// TestBadBackups: what is wrong is refused, and the register stays as it was.
func TestBadBackups(t *testing.T) {
	engines(t, func(t *testing.T, at config.Store) {
		h := noticed(t, at)
		person(t, h, "one@people.example")
		good := backedUp(t, h)
		person(t, h, "two@people.example")
		h.Close()
		changed := bytes.Clone(good)
		changed[len(changed)*2/3] ^= 1
		for what, c := range map[string]struct {
			file []byte
			lock backup.Lock
			key  string
		}{
			"cut":        {good[:len(good)*2/3], locked, "backup.damaged"},
			"changed":    {changed, locked, "backup.damaged"},
			"no backup":  {[]byte("hello"), locked, "backup.sealed"},
			"other word": {good, backup.Lock{Passphrase: "dahlias by the harbour"}, "backup.sealed"},
			"no word":    {good, backup.Lock{}, "backup.lock"},
		} {
			if _, err := Restore(t.Context(), at, eraser, bytes.NewReader(c.file), c.lock, "a trial"); fault.KeyOf(err) != c.key {
				t.Errorf("%s: %v", what, err)
			}
		}
		h = opened(t, at)
		view(t, h, func(tx *db.Tx) error {
			n, err := h.Party.Count(tx)
			if n != 2 {
				t.Errorf("%d people", n)
			}
			return err
		})
		if _, err := os.Stat(filepath.Join(h.Folder, backup.Fresh)); err == nil {
			t.Error("an unpacking that failed was left")
		}
	})
}
