package ledger

import (
	"encoding/base64"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// Batch collects entries of many people for one transaction of an import, where
// row by row would cost several times as much. People must come in key order.
type Batch struct {
	entries []Entry
	proofs  []proof
	stands  []Stand
	salts   []byte
}

// Reset empties the batch, keeping its memory.
func (b *Batch) Reset() {
	b.entries, b.proofs, b.stands = b.entries[:0], b.proofs[:0], b.stands[:0]
}

// Add records entries for a person of whom earlier entries are given (nil for a
// new person), and computes their standing.
func (b *Batch) Add(tx *db.Tx, who id.ID, earlier []Entry, evidence []*Evidence, entries []Entry) error {
	for i := range entries {
		e := &entries[i]
		e.ID, e.Person, e.At = tx.NewID(), who, tx.Now()
		e.ByKind, e.ByName = tx.By().Kind, tx.By().Name
		if e.Effective == 0 || e.Effective > e.At {
			e.Effective = e.At
		}
		if err := sensible(e); err != nil {
			return err
		}
		var plain []byte
		if evidence[i] != nil {
			e.Evidence = tx.NewID()
			plain = with(base64.RawURLEncoding.EncodeToString(b.salt()), evidence[i])
			b.proofs = append(b.proofs, proof{who, e.Evidence, plain})
		}
		e.Salt = b.salt()
		e.Digest = digest(e, plain)
	}
	b.entries = append(b.entries, entries...)
	b.stands = append(b.stands, Stand{who, Pack(Fold(append(earlier, entries...)))})
	return nil
}

// salt cuts 16 random bytes from a larger piece: one call to the system for many.
func (b *Batch) salt() []byte {
	if len(b.salts) < 16 {
		b.salts = seal.Random(16 * 1024)
	}
	s := b.salts[:16:16]
	b.salts = b.salts[16:]
	return s
}

// Write stores a batch.
func (r *Room) Write(tx *db.Tx, b *Batch) error {
	if err := r.store(tx, b.entries); err != nil {
		return err
	}
	boxes := make([][]byte, len(b.proofs))
	for i, p := range b.proofs {
		var err error
		if boxes[i], err = r.Keys.SealFor(p.who, sealing(p.id), p.plain); err != nil {
			return err
		}
	}
	err := tx.Bulk(insEvidence, len(b.proofs), func(i int, d []any) { fillEvidence(&b.proofs[i], tx.Now(), boxes[i], d) })
	if err != nil {
		return err
	}
	return tx.Bulk(putStanding, len(b.stands), func(i int, d []any) {
		d[0], d[1], d[2], d[3] = int64(b.stands[i].Person.Bucket()), int64(b.stands[i].Person), b.stands[i].Packed, tx.Now()
	})
}

// FromSource lists the people of a range of buckets of whom an import recorded something.
func (r *Room) FromSource(tx *db.Tx, lo, hi int, source id.ID) (out []id.ID, err error) {
	err = tx.Each(fromSource, func(scan db.Scan) error {
		var who id.ID
		defer func() { out = append(out, who) }()
		return scan(&who)
	}, lo, hi, int64(source))
	return out, err
}

var fromSource = db.SQL(db.Set, `SELECT DISTINCT person_id FROM entries WHERE bucket BETWEEN $1 AND $2 AND source_id = $3 ORDER BY person_id`)
