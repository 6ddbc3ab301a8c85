package ledger_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{ledger.Schema}

// tamper changes rows behind the ledger's back, as no room can.
var (
	tamperText     = db.SQL(db.OnePerson, `UPDATE evidence SET text = 'I agree to everything', sealed = $3 WHERE bucket = $1 AND person_id = $2`)
	tamperStanding = db.SQL(db.OnePerson, `UPDATE standing SET packed = $3 WHERE bucket = $1 AND person_id = $2`)
	loseStanding   = db.SQL(db.OnePerson, `DELETE FROM standing WHERE bucket = $1 AND person_id = $2`)
	changeEntry    = db.SQL(db.OnePerson, `UPDATE entries SET kind = 'consent' WHERE bucket = $1 AND person_id = $2`)
	deleteEntry    = db.SQL(db.OnePerson, `DELETE FROM entries WHERE bucket = $1 AND person_id = $2`)
	forgeEntry     = db.SQL(db.OnePerson, `INSERT INTO entries (bucket, person_id, entry_id, at, effective_at, kind, purpose, channel, scope, said_by, method,
		strength, expires_at, goods, notice, source_id, by_kind, by_name, evidence_id, salt, digest)
		SELECT bucket, person_id, entry_id + 1, at, effective_at, 'lift', purpose, channel, scope, said_by, method, strength, expires_at, goods,
		notice, source_id, by_kind, by_name, evidence_id, salt, digest FROM entries WHERE bucket = $1 AND person_id = $2`)
)

type bench struct {
	*testing.T
	*ledger.Room
	d *db.DB
}

func each(t *testing.T, fn func(b bench)) {
	t.Helper()
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { fn(bench{t, &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, d}) })
}

func (b bench) do(fn func(tx *db.Tx) error) {
	b.Helper()
	if err := b.d.Do(b.Context(), db.By{Kind: "staff", Name: "clerk"}, fn); err != nil {
		b.Fatal(err)
	}
}

func (b bench) record(who id.ID, ev *ledger.Evidence, entries ...ledger.Entry) {
	b.Helper()
	b.do(func(tx *db.Tx) error { _, err := b.Record(tx, who, ev, entries...); return err })
}

// problems gives what Verify finds.
func (b bench) problems() string {
	b.Helper()
	var all []string
	b.do(func(tx *db.Tx) error {
		all = nil
		_, err := b.Verify(tx, func(p ledger.Problem) { all = append(all, p.What) })
		return err
	})
	return strings.Join(all, "; ")
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var (
	yes  = ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"}
	noTo = ledger.Entry{Kind: ledger.Prohibition, Scope: "channel:email", SaidBy: ledger.ByPerson, Method: "letter"}
	lift = ledger.Entry{Kind: ledger.Lift, Scope: "channel:email", SaidBy: ledger.ByPerson, Method: "preferences"}
)

func TestRecord(t *testing.T) {
	each(t, func(b bench) {
		who := b.d.NewID()
		b.record(who, &ledger.Evidence{Text: "Yes, write to me", IP: "2001:db8::7"}, yes)
		b.do(func(tx *db.Tx) error {
			all, err := b.Entries(tx, who)
			if err != nil || len(all) != 1 {
				b.Fatal(all, err)
			}
			e := all[0]
			same(b.T, "recorded", e.At, clock.Ms(dbtest.Start))
			same(b.T, "effective", e.Effective, e.At)
			same(b.T, "by", e.ByKind+" "+e.ByName, "staff clerk")
			ev, err := b.EvidenceOf(tx, &e)
			if err != nil || ev.Salt == "" {
				b.Fatal(ev, err)
			}
			same(b.T, "evidence", *ev, ledger.Evidence{Text: "Yes, write to me", IP: "2001:db8::7", Salt: ev.Salt})
			return nil
		})
		same(b.T, "in order", b.problems(), "")
	})
}

func TestRefused(t *testing.T) {
	each(t, func(b bench) {
		for key, e := range map[string]ledger.Entry{
			"ledger.said_by":       {Kind: ledger.Prohibition, Scope: "research"},
			"ledger.consent_scope": {Kind: ledger.Consent, Purpose: "newsletter", SaidBy: ledger.ByPerson},
			"ledger.scope":         {Kind: ledger.Prohibition, SaidBy: ledger.ByPerson},
			"ledger.bad_name":      {Kind: ledger.Prohibition, Scope: "research\nc newsletter", SaidBy: ledger.ByPerson},
			"ledger.bad_goods":     {Kind: ledger.Sale, Goods: "filters\np research", SaidBy: ledger.ByStaff},
		} {
			err := b.d.Do(b.Context(), db.System("test"), func(tx *db.Tx) error {
				_, err := b.Record(tx, tx.NewID(), nil, e)
				return err
			})
			same(b.T, "refused", fault.KeyOf(err), key)
		}
	})
}

// TestAppendOnly: the engine itself refuses to change or remove an entry.
func TestAppendOnly(t *testing.T) {
	each(t, func(b bench) {
		who := b.d.NewID()
		b.record(who, nil, noTo)
		for _, stmt := range []*db.Stmt{changeEntry, deleteEntry} {
			err := b.d.Do(b.Context(), db.System("test"), func(tx *db.Tx) error {
				_, err := tx.Exec(stmt, who.Bucket(), int64(who))
				return err
			})
			if err == nil {
				b.Errorf("%s was obeyed", stmt.Text)
			}
		}
		same(b.T, "in order", b.problems(), "")
	})
}

func TestVerify(t *testing.T) {
	for name, c := range map[string]struct {
		stmt *db.Stmt
		args []any
		want string
	}{
		"changed evidence": {tamperText, []any{[]byte{}}, "the evidence was changed"},
		"changed seal":     {tamperText, []any{[]byte{0xff, 1, 2, 3}}, "the evidence was changed"},
		"wrong standing":   {tamperStanding, []any{"c newsletter email 1 0 0 person x -"}, "the standing is not what the entries come to"},
		"lost standing":    {loseStanding, nil, "the standing is missing"},
		"forged entry":     {forgeEntry, nil, "the entry was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(b bench) {
				who := b.d.NewID()
				b.record(who, &ledger.Evidence{Text: "No more e-mail, please"}, noTo)
				b.record(b.d.NewID(), &ledger.Evidence{Text: "Yes"}, yes)
				same(b.T, "before", b.problems(), "")
				b.do(func(tx *db.Tx) error {
					n, err := tx.Exec(c.stmt, append([]any{who.Bucket(), int64(who)}, c.args...)...)
					same(b.T, "tampered rows", n, int64(1))
					return err
				})
				same(b.T, "found", b.problems(), c.want)
			})
		})
	}
}

// TestErasedEvidence: without its evidence an entry still verifies.
func TestErasedEvidence(t *testing.T) {
	each(t, func(b bench) {
		who := b.d.NewID()
		b.record(who, &ledger.Evidence{Text: "Yes"}, yes)
		b.record(who, nil, noTo)
		b.do(func(tx *db.Tx) error {
			if _, err := b.Erase(tx, who, dossier.Plan{Ground: "17(1)(a)"}); err != nil {
				return err
			}
			packed, err := b.Standing(tx, who)
			consents, bans := ledger.Unpack(packed)
			same(b.T, "consents", len(consents), 0)
			same(b.T, "prohibitions", len(bans), 1)
			return err
		})
		same(b.T, "in order", b.problems(), "")
	})
}

// TestMoveIsStrict is the case that a mere union of entries gets wrong: one side
// took back what the other still forbids.
func TestMoveIsStrict(t *testing.T) {
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		b := bench{t, &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, d}
		forbade, allowed := b.d.NewID(), b.d.NewID()
		early := noTo
		early.Effective = clock.Ms(d.Now()) - 1000
		b.record(forbade, &ledger.Evidence{Text: "no"}, early)
		b.record(allowed, &ledger.Evidence{Text: "yes"}, early)
		b.record(allowed, nil, lift, yes)
		b.do(func(tx *db.Tx) error { return b.Move(tx, allowed, forbade) })
		b.do(func(tx *db.Tx) error {
			packed, err := b.Standing(tx, forbade)
			consents, bans := ledger.Unpack(packed)
			same(b.T, "the yes came along", len(consents), 1)
			same(b.T, "the no stands", len(bans), 1)
			left, err2 := b.Holdings(tx, allowed)
			same(b.T, "evidence moved", len(left), 1)
			return errors.Join(err, err2)
		})
		same(b.T, "in order", b.problems(), "")
		c.Move(time.Second)
		b.record(forbade, nil, lift)
		b.do(func(tx *db.Tx) error {
			packed, err := b.Standing(tx, forbade)
			_, bans := ledger.Unpack(packed)
			same(b.T, "the person themselves can lift it", len(bans), 0)
			return err
		})
	}, dbtest.At(c))
}

func TestBatch(t *testing.T) {
	each(t, func(b bench) {
		var people []id.ID
		b.do(func(tx *db.Tx) error {
			var batch ledger.Batch
			people = nil
			for range 120 {
				who := tx.NewID()
				people = append(people, who)
				ev := &ledger.Evidence{Text: "import row"}
				if err := batch.Add(tx, who, nil, []*ledger.Evidence{ev, nil}, []ledger.Entry{yes, noTo}); err != nil {
					return err
				}
			}
			return b.Write(tx, &batch)
		})
		same(b.T, "in order", b.problems(), "")
		b.do(func(tx *db.Tx) error {
			stands, err := b.Range(tx, 0, id.Buckets-1, nil)
			same(b.T, "standings", len(stands), len(people))
			var f permit.Facts
			var r ledger.Reader
			r.Facts(stands[0].Packed, "newsletter", &f)
			same(b.T, "consents", len(f.Consents), 1)
			same(b.T, "prohibition", f.Prohibitions[0], "channel:email")
			return err
		})
	})
}
