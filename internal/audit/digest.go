package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// version begins the canonical bytes; another layout gets another number.
const version = "kartotek audit 1"

// canonical writes an entry as bytes that no other entry has: each field with
// its length before it, numbers in eight bytes. It is appended to b.
func (r *row) canonical(b []byte) []byte {
	b = field(b, version)
	for _, n := range []int64{int64(r.ID), clock.Ms(r.At), int64(r.By.ID), int64(r.Person), int64(r.Count)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, s := range []string{r.By.Kind, r.By.Name, r.By.Level, r.By.Device, r.Purpose, r.Action, r.Kind, r.Object, r.detail, r.Outcome} {
		b = field(b, s)
	}
	return b
}

func field(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// sum is the entry's digest: SHA-256 of its salt and canonical bytes. The salt
// keeps the digest from telling anything once the entry is no longer there.
func (r *row) sum() []byte {
	var buf [512]byte
	h := sha256.Sum256(r.canonical(append(buf[:0], r.salt...)))
	return h[:]
}

var (
	inOrder  = db.SQL(db.Local, `SELECT `+columns+` FROM audit_log ORDER BY id`)
	leafByID = db.SQL(db.Local, `SELECT digest FROM audit_log WHERE id = $1`)
)

// Verify reads the whole log in order and computes every digest again. It gives
// the number of entries that hold, and a fault naming the first that does not.
func Verify(tx *db.Tx) (entries int, err error) {
	err = tx.Each(inOrder, func(scan db.Scan) error {
		r, err := read(scan)
		if err != nil {
			return err
		}
		if !r.holds() {
			return fault.New(fault.Conflict, "audit.changed", "entry %s of the log (%s) is not what was written", r.ID, r.At.Format("2006-01-02 15:04:05"))
		}
		entries++
		return nil
	})
	return entries, err
}

func (r *row) holds() bool { return len(r.salt) == 16 && bytes.Equal(r.sum(), r.digest) }

// Digest gives the stored digest of an entry, the leaf that stands for it.
func Digest(tx *db.Tx, entry id.ID) (digest []byte, err error) {
	found, err := tx.One(leafByID, []any{&digest}, entry)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "audit.none", "there is no such entry")
	}
	return digest, err
}

func (r *row) entry() Entry {
	e := r.Entry
	if r.detail != "{}" {
		_ = json.Unmarshal([]byte(r.detail), &e.Detail) // what cannot be read is found by Verify
	}
	return e
}
