package ledger_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
	"kartotek/internal/ledger"
	"kartotek/internal/seal"
	"kartotek/internal/tree"
)

// Statements of somebody who holds the database and knows it well.
var (
	openLite = []*db.Stmt{
		db.SQL(db.Local, `DROP TRIGGER audit_log_no_update`), db.SQL(db.Local, `DROP TRIGGER audit_log_no_delete`),
		db.SQL(db.Local, `DROP TRIGGER entries_no_update`), db.SQL(db.Local, `DROP TRIGGER entries_no_delete`),
	}
	openPg = []*db.Stmt{
		db.SQL(db.Local, `GRANT UPDATE, DELETE ON audit_log TO CURRENT_USER`), db.SQL(db.Local, `GRANT UPDATE, DELETE ON entries TO CURRENT_USER`),
	}
	changeLog   = db.SQL(db.Local, `UPDATE audit_log SET by_name = 'Nobody' WHERE id = $1`)
	changeOne   = db.SQL(db.Local, `UPDATE entries SET kind = 'lift', scope = 'all-marketing' WHERE entry_id = $1`)
	removeLog   = db.SQL(db.Local, `DELETE FROM audit_log WHERE id = $1`)
	removeOne   = db.SQL(db.Local, `DELETE FROM entries WHERE entry_id = $1`)
	cutLog      = db.SQL(db.Local, `DELETE FROM audit_log WHERE id >= $1`)
	cutEntries  = db.SQL(db.Local, `DELETE FROM entries WHERE entry_id >= $1`)
	readDigest  = db.SQL(db.Local, `SELECT digest FROM audit_log WHERE id = $1`)
	writeDigest = db.SQL(db.Local, `UPDATE audit_log SET digest = $2 WHERE id = $1`)
	copyEntry   = db.SQL(db.Local, `INSERT INTO audit_log (id, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, bucket, person_id, n, detail, outcome, salt, digest)
		SELECT id + 2000000, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, bucket, person_id, n, detail, outcome, salt, digest FROM audit_log WHERE id = $1`)
	readTile     = db.SQL(db.Local, `SELECT hashes, refs FROM log_tiles WHERE level = $1 AND n = $2`)
	writeTile    = db.SQL(db.Local, `UPDATE log_tiles SET hashes = $3, refs = $4 WHERE level = $1 AND n = $2`)
	removeTile   = db.SQL(db.Local, `DELETE FROM log_tiles WHERE level = $1 AND n = $2`)
	removeHeads  = db.SQL(db.Local, `DELETE FROM log_heads WHERE size > $1`)
	forgeHead    = db.SQL(db.Local, `UPDATE log_heads SET checkpoint = $1`)
	forgeSize    = db.SQL(db.Local, `UPDATE log_heads SET size = size - 1`)
	removeWaits  = db.SQL(db.Local, `DELETE FROM log_pending`)
	allTiles     = db.SQL(db.Local, `SELECT level, n, width, hashes, refs, low, high FROM log_tiles`)
	removeTiles  = db.SQL(db.Local, `DELETE FROM log_tiles`)
	putTile      = db.SQL(db.Local, `INSERT INTO log_tiles (level, n, width, hashes, refs, low, high) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	removeLeases = db.SQL(db.Local, `DELETE FROM log_lease`)
)

// proven is a register with 900 entries in its log, of which every third is a
// ledger entry of its own person.
type proven struct {
	bench
	room  *tree.Room
	clock *clock.Fixed
	log   []tree.Ref // in the order of the log, without digests
	old   [][]any    // the tiles as they were at 600 entries
}

func prove(t *testing.T, d *db.DB, c *clock.Fixed) *proven {
	keys, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &proven{bench{t, &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, d}, &tree.Room{DB: d, Keys: keys}, c, nil, nil}
	for i := 0; i < 300; i += 20 {
		p.act(i, 20)
		if i == 180 {
			p.sequence()
			p.old = p.tiles()
			c.Move(2 * time.Hour)
		}
	}
	p.sequence()
	return p
}

// act does n acts, each of which is an entry of the ledger and two of the log.
func (p *proven) act(from, n int) {
	p.do(func(tx *db.Tx) error {
		p.log = p.log[:from*3]
		for i := range n {
			entries, err := p.Record(tx, tx.NewID(), &ledger.Evidence{Text: "yes", IP: "192.0.2.7"},
				ledger.Entry{Kind: ledger.Consent, Purpose: "marketing", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
			if err != nil {
				return err
			}
			p.log = append(p.log, tree.Ref{Kind: tree.Ledger, ID: entries[0].ID}, tree.Ref{Kind: tree.Audit}, tree.Ref{Kind: tree.Audit})
			if err := audit.Write(tx, audit.Entry{Action: "person.read"}, audit.Entry{Action: "search", Count: i}); err != nil {
				return err
			}
		}
		read, err := audit.Read(tx, audit.Filter{Limit: 2 * n})
		for i := range read {
			at := len(p.log) - 1 - i/2*3 - i%2
			p.log[at].ID = read[i].ID
		}
		return err
	})
}

func (p *proven) sequence() {
	p.Helper()
	for {
		n, err := p.room.Sequence(p.Context())
		if err != nil {
			p.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (p *proven) tiles() (out [][]any) {
	p.do(func(tx *db.Tx) error {
		return tx.Each(allTiles, func(scan db.Scan) error {
			var level, n, width, low, high int64
			var hashes, refs []byte
			err := scan(&level, &n, &width, &hashes, &refs, &low, &high)
			out = append(out, []any{level, n, width, hashes, append([]byte{}, refs...), low, high})
			return err
		})
	})
	return out
}

// check does what verification does and gives the problems.
func (p *proven) check() []tree.Problem {
	p.Helper()
	c, err := p.room.Check(p.Context(), nil)
	if err != nil {
		p.Fatal(err)
	}
	p.do(func(tx *db.Tx) error {
		for _, r := range c.Ranges(tree.Audit, 100) {
			if _, err := audit.Verify(tx, r[0], r[1], c.Cursor(tree.Audit).Saw); err != nil {
				return err
			}
		}
		cursor := c.Cursor(tree.Ledger)
		_, err := p.VerifyRange(tx, 0, id.Buckets-1, func(pr ledger.Problem) {
			if pr.Entry != 0 {
				cursor.Report(pr.Entry, pr.What)
			}
		}, func(e *ledger.Entry, stored, computed []byte) { cursor.Saw(e.ID, stored, computed) })
		return err
	})
	found, _, err := c.Finish(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	return found
}

func (p *proven) exec(stmts ...any) {
	p.Helper()
	p.do(func(tx *db.Tx) error {
		for i := 0; i < len(stmts); {
			s := stmts[i].(*db.Stmt)
			args := []any{}
			for i++; i < len(stmts); i++ {
				if _, next := stmts[i].(*db.Stmt); next {
					break
				}
				args = append(args, stmts[i])
			}
			if _, err := tx.Exec(s, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *proven) unguard() {
	open := openLite
	if p.d.Engine() == db.Postgres {
		open = openPg
	}
	for _, s := range open {
		p.exec(s)
	}
}

func (p *proven) tile(level, n int, edit func(hashes, refs []byte)) {
	var hashes, refs []byte
	p.do(func(tx *db.Tx) error { _, err := tx.One(readTile, []any{&hashes, &refs}, level, n); return err })
	edit(hashes, refs)
	p.exec(writeTile, level, n, hashes, append([]byte{}, refs...))
}

func (p *proven) digest(entry id.ID) (d []byte) {
	p.do(func(tx *db.Tx) error { _, err := tx.One(readDigest, []any{&d}, entry); return err })
	return d
}

// tampering is what may be done to a log, what is said of it first, and of which
// place in the log. A negative place means none, or none that is one entry's.
var tampering = map[string]struct {
	do    func(p *proven)
	what  string
	place int
}{
	"nothing":                     {func(p *proven) {}, "", 0},
	"a log entry changed":         {func(p *proven) { p.exec(changeLog, p.log[100].ID, changeLog, p.log[400].ID) }, tree.Changed, 100},
	"a ledger entry changed":      {func(p *proven) { p.exec(changeOne, p.log[300].ID) }, tree.Changed, 300},
	"a log entry removed":         {func(p *proven) { p.exec(removeLog, p.log[101].ID) }, tree.Removed, 101},
	"a ledger entry removed":      {func(p *proven) { p.exec(removeOne, p.log[600].ID) }, tree.Removed, 600},
	"changed, and one removed":    {func(p *proven) { p.exec(removeOne, p.log[600].ID, changeLog, p.log[700].ID) }, tree.Removed, 600},
	"an entry slipped in":         {func(p *proven) { p.exec(copyEntry, p.log[100].ID) }, tree.SlippedIn, -1},
	"the tail, without its tiles": {func(p *proven) { p.exec(cutLog, p.log[850].ID, cutEntries, p.log[850].ID) }, tree.Removed, 850},
	"the digests of two swapped": {func(p *proven) {
		a, b := p.log[40].ID, p.log[50].ID
		p.exec(writeDigest, a, p.digest(b), writeDigest, b, p.digest(a))
	}, tree.Digest, 40},
	"the order of two leaves": {func(p *proven) {
		p.tile(0, 0, func(_, refs []byte) {
			for i := range 9 {
				refs[10*9+i], refs[20*9+i] = refs[20*9+i], refs[10*9+i]
			}
		})
	}, tree.Moved, 10},
	"a leaf changed": {func(p *proven) { p.tile(0, 1, func(h, _ []byte) { h[32*3] ^= 1 }) }, tree.LeafGone, 256 + 3},
	"a leaf pointed to another entry": {func(p *proven) {
		p.tile(0, 1, func(_, refs []byte) { binary.BigEndian.PutUint64(refs[4*9+1:], 12345) })
	}, tree.Removed, 256 + 4},
	"the level above changed":   {func(p *proven) { p.tile(1, 0, func(h, _ []byte) { h[32] ^= 1 }) }, "the hashes of the log for entries 256 to 511 do not fit together", 256},
	"a tile removed":            {func(p *proven) { p.exec(removeTile, 0, 1) }, "the hashes of the log for entries 256 to 511 are missing", 256},
	"the newest head removed":   {func(p *proven) { p.exec(removeHeads, 600) }, "the log has 900 entries, but its newest head says 600", 600},
	"the head's size":           {func(p *proven) { p.exec(forgeSize) }, "the log has 900 entries, but its newest head says 899", 899},
	"a head of another key":     {func(p *proven) { p.exec(forgeHead, anothers(p)) }, "is not signed by this register", -1},
	"a waiting row removed":     {func(p *proven) { p.act(300, 1); p.exec(removeWaits) }, tree.SlippedIn, -1},
	"a waiting entry changed":   {func(p *proven) { p.act(300, 1); p.exec(changeLog, p.log[901].ID) }, tree.Changed, 901},
	"the tail and its tree cut": {cutTail, "its end was cut off", -1},
	"all rewritten anew":        {rewrite, "is not signed by this register", -1},
}

// anothers is a head of this size signed by another register.
func anothers(p *proven) string {
	head, _, err := p.room.Latest(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	skey, err := seal.Fixed([32]byte{7}).LogSigner()
	if err != nil {
		p.Fatal(err)
	}
	signed, err := inclusion.Sign(inclusion.Checkpoint{Size: head.Size, Root: head.Root}, skey)
	if err != nil {
		p.Fatal(err)
	}
	return string(signed)
}

// cutTail puts the whole database back to 600 entries, as restoring a copy does.
func cutTail(p *proven) {
	p.exec(cutLog, p.log[600].ID, cutEntries, p.log[600].ID, removeTiles, removeHeads, 600)
	for _, row := range p.old {
		p.exec(append([]any{putTile}, row...)...)
	}
}

// rewrite removes an entry and makes the whole tree anew, with a key of its own.
func rewrite(p *proven) {
	p.exec(removeLog, p.log[1].ID, removeTiles, removeHeads, 0, removeLeases)
	var refs []tree.Ref
	p.do(func(tx *db.Tx) error {
		refs = nil
		if _, err := audit.Verify(tx, 0, 1<<62, func(e id.ID, stored, _ []byte) {
			refs = append(refs, tree.Ref{Kind: tree.Audit, ID: e, Digest: stored})
		}); err != nil {
			return err
		}
		_, err := p.VerifyRange(tx, 0, id.Buckets-1, func(ledger.Problem) {}, func(e *ledger.Entry, stored, _ []byte) {
			refs = append(refs, tree.Ref{Kind: tree.Ledger, ID: e.ID, Digest: stored})
		})
		return err
	})
	p.do(func(tx *db.Tx) error { return tree.Pend(tx, refs...) })
	forger := &tree.Room{DB: p.d, Keys: seal.Fixed([32]byte{7})}
	if _, err := forger.Sequence(p.Context()); err != nil {
		p.Fatal(err)
	}
}

// TestTampering does each thing to a log and expects its name and place.
func TestTampering(t *testing.T) {
	for name := range maps.Keys(tampering) {
		t.Run(name, func(t *testing.T) {
			for _, engine := range []string{"sqlite", "postgres"} {
				t.Run(engine, func(t *testing.T) { tamperOn(t, engine, name) })
			}
		})
	}
}

func tamperOn(t *testing.T, engine, name string) {
	row := tampering[name]
	c := clock.At(dbtest.Start)
	both := []db.Schema{audit.Schema, ledger.Schema}
	open := dbtest.SQLite
	if engine == "postgres" {
		open = dbtest.Postgres
	}
	p := prove(t, open(t, both, dbtest.At(c)), c)
	p.unguard()
	row.do(p)
	found := p.check()
	if row.what == "" {
		if len(found) > 0 {
			t.Errorf("found %+v", found)
		}
		return
	}
	if len(found) == 0 {
		t.Fatal("nothing was found")
	}
	if row.place < 0 {
		if !mentioned(found, row.what) {
			t.Errorf("found %+v; want %q", found, row.what)
		}
		return
	}
	first := found[0]
	if !strings.Contains(first.What, row.what) || first.Index != int64(row.place) {
		t.Errorf("first of %d: %+v; want %q at %d", len(found), first, row.what, row.place)
	}
	if first.Entry != 0 && !strings.Contains(name, "leaves") && !strings.Contains(name, "pointed") && first.Entry != p.log[row.place].ID {
		t.Errorf("named %s, the entry there is %s", first.Entry, p.log[row.place].ID)
	}
}

// mentioned looks among the problems without a place.
func mentioned(all []tree.Problem, what string) bool {
	return slices.ContainsFunc(all, func(p tree.Problem) bool { return p.Index < 0 && strings.Contains(p.What, what) })
}

// TestErasureLeavesTheLogProvable holds that a log stays provable when people are erased.
func TestErasureLeavesTheLogProvable(t *testing.T) {
	c := clock.At(dbtest.Start)
	dbtest.Each(t, []db.Schema{audit.Schema, ledger.Schema}, func(t *testing.T, d *db.DB) {
		p := prove(t, d, c)
		var who id.ID
		p.do(func(tx *db.Tx) error {
			who = 0
			_, err := p.VerifyRange(tx, 0, id.Buckets-1, func(ledger.Problem) {}, func(e *ledger.Entry, _, _ []byte) { who = e.Person })
			if err == nil {
				_, err = tx.Exec(dropEvidence, who.Bucket(), who)
			}
			return err
		})
		if found := p.check(); len(found) > 0 {
			t.Errorf("%+v", found)
		}
		p.exec(tamperText, who.Bucket(), who, []byte{})
		if found := p.check(); len(found) > 0 {
			t.Errorf("there is nothing left to change: %+v", found)
		}
	}, dbtest.At(c))
}

var dropEvidence = db.SQL(db.OnePerson, `DELETE FROM evidence WHERE bucket = $1 AND person_id = $2`)

// TestLogUnwritable lets the log refuse, and expects the act undone.
func TestLogUnwritable(t *testing.T) {
	dbtest.Each(t, []db.Schema{audit.Schema, ledger.Schema}, func(t *testing.T, d *db.DB) {
		room := &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}
		who := d.NewID()
		by := db.By{Kind: "staff", Name: "clerk"}
		if err := d.Do(t.Context(), by, func(tx *db.Tx) error { _, err := tx.Exec(losePending); return err }); err != nil {
			t.Fatal(err)
		}
		err := d.Do(t.Context(), by, func(tx *db.Tx) error {
			_, err := room.Record(tx, who, nil, ledger.Entry{Kind: ledger.Prohibition, Scope: "all-marketing", SaidBy: ledger.ByPerson})
			return err
		})
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("an act that is not in the log: %v", err)
		}
		if err := d.View(t.Context(), by, func(tx *db.Tx) error {
			all, err := room.Entries(tx, who)
			if len(all) > 0 {
				return fmt.Errorf("%d entries were left", len(all))
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

var losePending = db.SQL(db.Local, `DROP TABLE log_pending`)
