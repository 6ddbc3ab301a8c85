package audit

import (
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
func (r *row) sum() [32]byte {
	var buf [512]byte
	return sha256.Sum256(r.canonical(append(buf[:0], r.salt...)))
}

var (
	inRange  = db.SQL(db.Local, `SELECT `+columns+` FROM audit_log WHERE id BETWEEN $1 AND $2 ORDER BY id`)
	leafByID = db.SQL(db.Local, `SELECT digest FROM audit_log WHERE id = $1`)
)

// Checked is told of each entry a check reads: its key, the digest stored with it
// and the one computed from what it says now.
type Checked func(entry id.ID, stored, computed []byte)

// Verify reads the entries whose keys are from lo to hi, in order, and computes
// every digest again. It gives their number. Whether a digest is the right one,
// and whether an entry is missing, the tree of the log knows: see tree.Check.
func Verify(tx *db.Tx, lo, hi id.ID, fn Checked) (entries int, err error) {
	var r row
	err = tx.Each(inRange, func(scan db.Scan) error {
		if err := r.scan(scan); err != nil {
			return err
		}
		entries++
		sum := r.sum()
		fn(r.ID, r.digest, sum[:])
		return nil
	}, lo, hi)
	return entries, err
}

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
