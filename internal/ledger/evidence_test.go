package ledger_test

import (
	"bytes"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
)

var (
	rawEvidence = db.SQL(db.OnePerson, `SELECT text, ip, sealed FROM evidence WHERE bucket = $1 AND person_id = $2`)
	beforeSeals = db.SQL(db.OnePerson, `UPDATE evidence SET text = 'said before', language = 'sv', sealed = $3 WHERE bucket = $1 AND person_id = $2`)
)

// evidence reads what proves a person's first entry, and counts what an export shows of
// evidence.
func (b bench) evidence(who id.ID) (ev *ledger.Evidence, exported int) {
	b.Helper()
	b.do(func(tx *db.Tx) error {
		all, err := b.Entries(tx, who)
		if err != nil || len(all) == 0 {
			b.Fatal(all, err)
		}
		if ev, err = b.EvidenceOf(tx, &all[0]); err != nil {
			return err
		}
		exported = 0
		return b.Export(tx, who, func(r dossier.Record) error {
			for _, v := range r.Values {
				if v.Name == "evidence" {
					exported++
				}
			}
			return nil
		})
	})
	return ev, exported
}

// TestForgotten: when a person's key is destroyed their evidence, which lies on as in an
// old copy, is shown as erased, and everybody else's is as it was.
func TestForgotten(t *testing.T) {
	each(t, func(b bench) {
		who, other := b.d.NewID(), b.d.NewID()
		for _, p := range []id.ID{who, other} {
			b.record(p, &ledger.Evidence{Text: "Yes, write to me", IP: "2001:db8::7"}, yes)
		}
		b.do(func(tx *db.Tx) error {
			return tx.Each(rawEvidence, func(scan db.Scan) error {
				var text, ip string
				var sealed []byte
				err := scan(&text, &ip, &sealed)
				if text+ip != "" || len(sealed) < 40 || bytes.Contains(sealed, []byte("write")) {
					b.Errorf("%q %q %q", text, ip, sealed)
				}
				return err
			}, who.Bucket(), int64(who))
		})
		if _, err := b.Keys.Forget(who); err != nil {
			b.Fatal(err)
		}
		ev, exported := b.evidence(who)
		if ev != nil || exported != 0 {
			b.Errorf("of somebody forgotten: %+v, %d exported", ev, exported)
		}
		if ev, exported = b.evidence(other); ev == nil || ev.IP != "2001:db8::7" || exported != 1 {
			b.Errorf("of somebody else: %+v, %d exported", ev, exported)
		}
		same(b.T, "in order", b.problems(), "")
		b.do(func(tx *db.Tx) error {
			var gone []id.ID
			n, err := b.Legible(tx, func(w id.ID) { gone = append(gone, w) })
			if n != 1 || len(gone) != 1 || gone[0] != who {
				b.Errorf("%d legible, %v not", n, gone)
			}
			return err
		})
	})
}

// TestSaidAfterwards: what somebody forgotten says all the same is kept, without evidence.
func TestSaidAfterwards(t *testing.T) {
	each(t, func(b bench) {
		who := b.d.NewID()
		if _, err := b.Keys.Forget(who); err != nil {
			b.Fatal(err)
		}
		b.record(who, &ledger.Evidence{Text: "No more"}, noTo)
		ev, _ := b.evidence(who)
		same(b.T, "evidence", ev == nil, true)
		b.do(func(tx *db.Tx) error {
			packed, err := b.Standing(tx, who)
			_, bans := ledger.Unpack(packed)
			same(b.T, "prohibitions", len(bans), 1)
			return err
		})
		same(b.T, "in order", b.problems(), "")
	})
}

// TestBeforeSeals: evidence from before it was sealed is read as it lies.
func TestBeforeSeals(t *testing.T) {
	each(t, func(b bench) {
		who := b.d.NewID()
		b.record(who, &ledger.Evidence{Text: "x"}, yes)
		b.do(func(tx *db.Tx) error {
			_, err := tx.Exec(beforeSeals, who.Bucket(), int64(who), []byte{})
			return err
		})
		ev, exported := b.evidence(who)
		if ev == nil || *ev != (ledger.Evidence{Text: "said before", Language: "sv"}) || exported != 1 {
			b.Errorf("%+v, %d exported", ev, exported)
		}
	})
}

// TestMovedIsSealedAnew: after a merge the evidence opens with the other person's key.
func TestMovedIsSealedAnew(t *testing.T) {
	each(t, func(b bench) {
		from, to := b.d.NewID(), b.d.NewID()
		b.record(from, &ledger.Evidence{Text: "Yes"}, yes)
		b.do(func(tx *db.Tx) error { return b.Move(tx, from, to) })
		if _, err := b.Keys.Forget(from); err != nil {
			b.Fatal(err)
		}
		if ev, exported := b.evidence(to); ev == nil || exported != 1 {
			b.Errorf("%+v, %d exported", ev, exported)
		}
		same(b.T, "in order", b.problems(), "")
	})
}

// TestNoGuessing: who knows or guesses the words and the network address finds no match
// in what an entry keeps when the evidence is erased.
func TestNoGuessing(t *testing.T) {
	each(t, func(b bench) {
		who, imported := b.d.NewID(), b.d.NewID()
		ev := ledger.Evidence{Text: "Yes, write to me", IP: "2001:db8::7"}
		b.record(who, &ev, yes)
		b.do(func(tx *db.Tx) error {
			var batch ledger.Batch
			if err := batch.Add(tx, imported, nil, []*ledger.Evidence{&ev}, []ledger.Entry{yes}); err != nil {
				return err
			}
			return b.Write(tx, &batch)
		})
		b.do(func(tx *db.Tx) error {
			for _, p := range []id.ID{who, imported} {
				all, err := b.Entries(tx, p)
				if err != nil {
					return err
				}
				if sum := ledger.EvidenceSum(all[0].Salt, &ev); bytes.Equal(sum[:], all[0].EvidenceDigest()) {
					b.Error("the digest is that of words and address alone")
				}
				full, err := b.EvidenceOf(tx, &all[0])
				if err != nil {
					return err
				}
				if sum := ledger.EvidenceSum(all[0].Salt, full); !bytes.Equal(sum[:], all[0].EvidenceDigest()) {
					b.Error("the digest is not that of the evidence")
				}
			}
			return nil
		})
	})
}
