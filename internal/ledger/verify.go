package ledger

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Problem is something Verify found wrong.
type Problem struct {
	Person id.ID  `json:"person"`
	Entry  id.ID  `json:"entry,omitempty"`
	What   string `json:"what"`
}

// Checked is told of each entry a check reads: the digest stored with it, as Leaf
// gives it, and the one computed from what it says now.
type Checked func(e *Entry, stored, computed []byte)

// Verify checks every entry's digest, its evidence where that was not erased, and
// that every standing is there and is what its entries come to. It calls report
// for each thing wrong and gives the number of entries checked.
func (r *Room) Verify(tx *db.Tx, report func(Problem)) (checked int, err error) {
	return r.VerifyRange(tx, 0, id.Buckets-1, report, nil)
}

// VerifyRange is Verify for buckets lo to hi, and may be called for several ranges
// at the same time. With fn, it is left to fn to judge the digests of entries.
func (r *Room) VerifyRange(tx *db.Tx, lo, hi int, report func(Problem), fn Checked) (checked int, err error) {
	for ; lo <= hi; lo += verifyRange {
		n, err := r.verifyBuckets(tx, lo, min(lo+verifyRange-1, hi), report, fn)
		checked += n
		if err != nil {
			return checked, err
		}
	}
	return checked, nil
}

// verifyRange is how many buckets are read at a time: few queries over a small
// register, some thousand people in memory over a large one.
const verifyRange = 16

var evidenceRange = db.SQL(db.Set, `SELECT person_id, `+evidenceCols+` FROM evidence
	WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id, evidence_id`)

func (r *Room) verifyBuckets(tx *db.Tx, lo, hi int, report func(Problem), fn Checked) (int, error) {
	people := map[id.ID][]Entry{}
	n := 0
	err := tx.Each(entryRange, func(scan db.Scan) error {
		var e Entry
		if err := scanEntry(scan, &e, &e.Person); err != nil {
			return err
		}
		people[e.Person] = append(people[e.Person], e)
		n++
		return nil
	}, lo, hi)
	if err != nil {
		return n, err
	}
	if err := r.verifyStandings(tx, lo, hi, people, report); err != nil {
		return n, err
	}
	return n, r.verifyEntries(tx, lo, hi, people, report, fn)
}

func (r *Room) verifyStandings(tx *db.Tx, lo, hi int, people map[id.ID][]Entry, report func(Problem)) error {
	stands, err := r.Range(tx, lo, hi, nil)
	if err != nil {
		return err
	}
	stood := map[id.ID]bool{}
	for _, s := range stands {
		stood[s.Person] = true
		if want := Pack(Fold(people[s.Person])); want != s.Packed {
			report(Problem{Person: s.Person, What: "the standing is not what the entries come to"})
		}
	}
	for who, entries := range people {
		if !stood[who] && !erased(entries) && Pack(Fold(entries)) != "" {
			report(Problem{Person: who, What: "the standing is missing"})
		}
	}
	return nil
}

func (r *Room) verifyEntries(tx *db.Tx, lo, hi int, people map[id.ID][]Entry, report func(Problem), fn Checked) error {
	type key struct{ person, evidence id.ID }
	proofs := map[key]*Evidence{}
	err := tx.Each(evidenceRange, func(scan db.Scan) error {
		var k key
		ev, err := r.scanEvidence(scan, &k.person, &k.evidence, &k.person)
		if fault.KeyOf(err) == "seal.broken" {
			ev, err = &Evidence{}, nil // what was changed is not that of the entry
		}
		proofs[k] = ev
		return err
	}, lo, hi)
	if err != nil {
		return err
	}
	for who, entries := range people {
		for i := range entries {
			e := &entries[i]
			var ev *Evidence
			if e.Evidence != 0 {
				ev = proofs[key{who, e.Evidence}]
			}
			checkEntry(e, ev, report, fn)
		}
	}
	return nil
}

func checkEntry(e *Entry, ev *Evidence, report func(Problem), fn Checked) {
	sum := leafSum(e, e.EvidenceDigest())
	if fn != nil {
		fn(e, e.Leaf(), sum[:])
	}
	what := checkDigest(e, ev, sum)
	if what != "" && (fn == nil || what == changedEvidence) {
		report(Problem{e.Person, e.ID, what})
	}
}
