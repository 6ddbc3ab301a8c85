package backups

import (
	"bytes"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
)

// TestBackupHasNoIdentityDocument: a backup made after an identity document was shown
// and destroyed, or before, brings it back in no way; the row goes on saying that it came.
func TestBackupHasNoIdentityDocument(t *testing.T) {
	t.Run("made after", func(t *testing.T) { documentNeverBack(t, false) })
	t.Run("made before", func(t *testing.T) { documentNeverBack(t, true) })
}

func documentNeverBack(t *testing.T, before bool) {
	at := config.Store{Data: t.TempDir()}
	h := noticed(t, at)
	who := person(t, h, "asa@people.example")
	var of, file id.ID
	found := h.Scan.Look("passport.pdf", []byte("%PDF-1.7\n% CANARY-PASSPORT\nstartxref\n9\n%%EOF\n"))
	try1(t, h, func(tx *db.Tx) error {
		c, err := h.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "post", Person: who})
		if err != nil {
			return err
		}
		f, err := h.Scan.Arrive(tx, scan.Arrival{Person: who, Case: c.ID, Via: scan.ByClerk, Found: found})
		of, file = c.ID, f.ID
		return err
	})
	early := backedUp(t, h)
	try1(t, h, func(tx *db.Tx) error {
		_, content, err := h.Scan.ShowOnce(tx, who, of, file)
		if !bytes.Contains(content, []byte("CANARY")) {
			t.Error("it was not shown")
		}
		return err
	})
	copied, why := backedUp(t, h), scan.Shown
	if before {
		copied, why = early, scan.Earlier
	}
	h.Close()
	if out, err := Restore(t.Context(), at, eraser, bytes.NewReader(copied), locked, "the disk failed"); err != nil || !out.Verified {
		t.Fatalf("%+v %v", out, err)
	}
	h = opened(t, at)
	view(t, h, func(tx *db.Tx) error {
		all, err := h.Scan.List(tx, who, of)
		if err == nil && (len(all) != 1 || all[0].State != scan.Destroyed || all[0].GoneWhy != why || all[0].Name != "" || all[0].Digest != "") {
			t.Errorf("%+v", all)
		}
		if _, _, err := h.Scan.Content(tx, who, of, file); err == nil {
			t.Error("it came back with the backup")
		}
		if _, _, err := h.Scan.ShowOnce(tx, who, of, file); err == nil {
			t.Error("it is shown a second time")
		}
		if before {
			return err
		}
		var left []byte
		if _, err := tx.One(db.SQL(db.OnePerson, `SELECT content FROM case_files WHERE bucket = $1 AND person_id = $2 AND file_id = $3`), []any{&left}, who.Bucket(), int64(who), int64(file)); err != nil || len(left) > 0 {
			t.Errorf("%d bytes of it came back, %v", len(left), err)
		}
		return err
	})
}
