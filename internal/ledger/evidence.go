package ledger

import (
	"encoding/json"
	"errors"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

const evidenceCols = `evidence_id, text, ip, signed, received, language, sealed`

// proof is evidence about to be stored: id 0 is none.
type proof struct {
	who, id id.ID
	plain   []byte // as its digest covers it, and as it is sealed
}

// with gives evidence its secret and writes it.
func with(salt string, ev *Evidence) []byte {
	full := *ev
	full.Salt = salt
	b, _ := json.Marshal(full) // a struct of texts always encodes
	return b
}

// sealing is what sealed evidence is bound to.
func sealing(evidence id.ID) string { return "evidence/" + evidence.String() }

// prove stores the evidence of one person.
func (r *Room) prove(tx *db.Tx, who id.ID, ev *Evidence) (proof, error) {
	p := proof{who, tx.NewID(), with(seal.Token(), ev)}
	box, err := r.Keys.SealFor(who, sealing(p.id), p.plain)
	if errors.Is(err, seal.ErrForgotten) {
		return proof{}, nil
	}
	if err != nil {
		return p, err
	}
	return p, tx.Bulk(insEvidence, 1, func(_ int, d []any) { fillEvidence(&p, tx.Now(), box, d) })
}

func fillEvidence(p *proof, at int64, box []byte, d []any) {
	d[0], d[1], d[2], d[3] = int64(p.who.Bucket()), int64(p.who), int64(p.id), at
	d[4], d[5], d[6], d[7], d[8], d[9] = "", "", "", "", "", box
}

// scanEvidence reads a row of evidence; nil when its key was destroyed.
func (r *Room) scanEvidence(scan db.Scan, who, which *id.ID, first ...any) (*Evidence, error) {
	var ev Evidence
	var box []byte
	if err := scan(append(first, which, &ev.Text, &ev.IP, &ev.Signed, &ev.Received, &ev.Language, &box)...); err != nil || len(box) == 0 {
		return &ev, err
	}
	plain, err := r.Keys.OpenFor(*who, sealing(*which), box)
	if errors.Is(err, seal.ErrForgotten) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &ev, json.Unmarshal(plain, &ev)
}

// EvidenceOf reads the evidence of an entry; nil when it has none, or it was erased.
func (r *Room) EvidenceOf(tx *db.Tx, e *Entry) (ev *Evidence, err error) {
	if e.Evidence == 0 {
		return nil, nil
	}
	err = tx.Each(selEvidence, func(scan db.Scan) (err error) {
		var which id.ID
		ev, err = r.scanEvidence(scan, &e.Person, &which)
		return err
	}, e.Person.Bucket(), int64(e.Person), int64(e.Evidence))
	return ev, err
}

var selProofs = db.SQL(db.OnePerson, `SELECT `+evidenceCols+` FROM evidence WHERE bucket = $1 AND person_id = $2`)

// allEvidence reads what proves the entries of a person, at once.
func (r *Room) allEvidence(tx *db.Tx, who id.ID) (map[id.ID]*Evidence, error) {
	out := map[id.ID]*Evidence{}
	err := tx.Each(selProofs, func(scan db.Scan) error {
		var key id.ID
		ev, err := r.scanEvidence(scan, &who, &key)
		out[key] = ev
		return err
	}, who.Bucket(), int64(who))
	return out, err
}

// Legible counts the people of whom evidence can be read, and calls gone for each whose
// key was destroyed and of whom there is sealed evidence all the same, as in an old copy
// of the database.
func (r *Room) Legible(tx *db.Tx, gone func(who id.ID)) (people int, err error) {
	var last, who, which id.ID
	err = tx.Each(evidenceRange, func(scan db.Scan) error {
		ev, err := r.scanEvidence(scan, &who, &which, &who)
		if err != nil || who == last {
			return err
		}
		if last = who; ev == nil {
			gone(who)
		} else {
			people++
		}
		return nil
	}, 0, id.Buckets-1)
	return people, err
}
