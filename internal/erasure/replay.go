package erasure

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasure/journal"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/party"
)

// Replayed counts what the journals held that the database did not.
type Replayed struct {
	Lines   int `json:"lines"`   // read
	Erased  int `json:"erased"`  // people erased again
	Said    int `json:"said"`    // objections and withdrawals recorded again
	Damaged int `json:"damaged"` // lines without a good mark
}

// Any reports whether anything had to be carried out.
func (r Replayed) Any() bool { return r.Erased+r.Said > 0 }

var (
	selDone = db.SQL(db.Local, `SELECT done FROM erasure_journals WHERE journal = $1`)
	putDone = db.SQL(db.Local, `INSERT INTO erasure_journals (journal, done, at) VALUES ($1, $2, $3)
		ON CONFLICT (journal) DO UPDATE SET done = excluded.done, at = excluded.at`)
)

// methodReplay marks entries that the journal brought back.
const methodReplay = "restored"

// replayBatch is how many lines a transaction carries out.
const replayBatch = 200

// Replay carries out what the journals in the keys folder hold and the database does
// not: after an old backup was put back, or when the machine stopped between journal
// and commit. It is to be called before anybody is served. What was carried out
// already is passed over, so that it costs little at an ordinary start.
// A server calls it now and then for lines older than until (ms; 0 for all), whose acts
// are committed by then, so that the next start has few to look at.
// law: GDPR 17(1), 21(3)
func (r *Room) Replay(ctx context.Context, until int64) (all Replayed, err error) {
	files, err := r.Journal.Files()
	for _, file := range files {
		if err == nil {
			err = r.replayFile(ctx, file, until, &all)
		}
	}
	if err != nil || !all.Any() {
		return all, err
	}
	if err := r.DB.Scrub(ctx); err != nil && !fault.Is(err, fault.Unavailable) { // then the job does it
		return all, err
	}
	return all, r.DB.Do(ctx, db.System("journal"), func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: "journal.replay", Kind: "journal", Count: all.Erased + all.Said,
			Detail: map[string]string{"erased": strconv.Itoa(all.Erased), "said": strconv.Itoa(all.Said), "damaged": strconv.Itoa(all.Damaged)}})
	})
}

// settled is the age at which a line's act is committed or never will be; the others are
// how often a server looks at the journal, for keys that others spent, and whether keys
// that wait can go.
const (
	settled   = 5 * time.Minute
	often     = 10 * time.Minute
	keysOften = time.Minute
	waitOften = 6 * time.Hour
)

// Run looks at the journal and the keys now and then, until the context ends.
func (r *Room) Run(ctx context.Context, failed func(error)) {
	lines, keys, waits := time.NewTicker(often), time.NewTicker(keysOften), time.NewTicker(waitOften)
	defer lines.Stop()
	defer keys.Stop()
	defer waits.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-lines.C:
			_, err = r.Replay(ctx, clock.Ms(r.DB.Now().Add(-settled)))
		case <-keys.C:
			_, err = r.DestroyKeys(ctx)
		case <-waits.C:
			err = r.Settle(ctx)
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

func (r *Room) replayFile(ctx context.Context, file string, until int64, all *Replayed) error {
	in, err := r.Journal.Read(file)
	if err != nil {
		return err
	}
	defer in.Close()
	err = r.DB.View(ctx, db.System("journal"), func(tx *db.Tx) error {
		var done int64
		if _, err := tx.One(selDone, []any{&done}, in.Name); err != nil {
			return err
		}
		return in.Skip(done)
	})
	for more := true; err == nil && more; {
		var lines []journal.Line
		before := in.Offset
		if lines, more, err = nextLines(in, until); err != nil || in.Offset == before {
			break
		}
		var did Replayed
		err = r.DB.Do(ctx, db.System("journal"), func(tx *db.Tx) (err error) {
			did, err = r.replayLines(tx, in, lines)
			return err
		})
		all.Lines, all.Erased, all.Said = all.Lines+len(lines), all.Erased+did.Erased, all.Said+did.Said
	}
	all.Damaged += in.Bad
	return err
}

// nextLines reads as many lines as a transaction carries out.
func nextLines(in *journal.Reading, until int64) (lines []journal.Line, more bool, err error) {
	for len(lines) < replayBatch {
		before := in.Offset
		l, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return lines, false, nil
		case err != nil:
			return nil, false, err
		case until > 0 && l.At > until:
			in.Offset = before
			return lines, false, nil
		}
		lines = append(lines, l)
	}
	return lines, true, nil
}

func (r *Room) replayLines(tx *db.Tx, in *journal.Reading, lines []journal.Line) (did Replayed, err error) {
	for _, l := range lines {
		var done bool
		switch l.Kind {
		case journal.Erased:
			if done, err = r.eraseAgain(tx, l); done {
				did.Erased++
			}
			if err == nil {
				err = r.spendAgain(tx, l)
			}
		case journal.Forbidden, journal.Withdrawn:
			if done, err = r.sayAgain(tx, l); done {
				did.Said++
			}
		}
		if err != nil {
			return did, err
		}
	}
	_, err = tx.Exec(putDone, in.Name, in.Offset, tx.Now())
	return did, err
}

// eraseAgain erases whoever is there as they were before the erasure.
func (r *Room) eraseAgain(tx *db.Tx, l journal.Line) (done bool, err error) {
	d := deed{Plan: dossier.Plan{Ground: l.Ground, Keep: l.Kept, Fields: l.Fields}, only: l.Only}
	for _, who := range l.People {
		p, found, err := r.Party.Get(tx, who)
		if err != nil {
			return done, err
		}
		if !found || p.Status == party.Erased || p.Changed >= l.At {
			continue
		}
		gone, err := r.carry(tx, who, d, nil)
		if err != nil {
			return done, err
		}
		if done = done || len(gone) > 0; len(gone) > 0 {
			err = audit.Write(tx, audit.Entry{Action: "person.erase", Kind: "erasure", Person: who, Detail: map[string]string{"ground": l.Ground, "again": "journal"}})
		}
		if err != nil {
			return done, err
		}
	}
	return done, r.hold(tx, l.Held, l.At)
}

// sayAgain records an objection or withdrawal that the ledger does not have. Of
// somebody who is not there, their address is held from marketing instead.
func (r *Room) sayAgain(tx *db.Tx, l journal.Line) (done bool, err error) {
	if len(l.People) == 0 {
		return false, nil
	}
	who, err := r.Party.Forward(tx, l.People[0])
	if err != nil {
		return false, err
	}
	p, found, err := r.Party.Get(tx, who)
	if err != nil {
		return false, err
	}
	if !found || p.Status == party.Erased {
		return false, r.hold(tx, l.Held, l.At)
	}
	there, err := r.Ledger.Entries(tx, who)
	if err != nil || slices.ContainsFunc(there, func(e ledger.Entry) bool { return heard(e, l) }) {
		return false, err
	}
	e := ledger.Entry{Kind: ledger.Prohibition, Scope: l.Scope, Purpose: l.Purpose, Channel: l.Channel, SaidBy: ledger.ByPerson, Method: methodReplay,
		Strength: "single", Effective: l.Said, Notice: l.Notice}
	if l.Kind == journal.Withdrawn {
		e.Kind = ledger.Withdrawal
	}
	_, err = r.Ledger.Record(tx, who, nil, e)
	return err == nil, err
}

// heard reports whether an entry is what a line remembers, or the same said again.
func heard(e ledger.Entry, l journal.Line) bool {
	if e.ID == l.Entry {
		return true
	}
	same := e.Scope == l.Scope && e.Purpose == l.Purpose && e.Channel == l.Channel
	kind := map[ledger.Kind]string{ledger.Prohibition: journal.Forbidden, ledger.Withdrawal: journal.Withdrawn}[e.Kind]
	return same && kind == l.Kind && (e.At >= l.At || e.Effective == l.Said)
}

// inOne is the most entries of one act whose people's addresses are noted too: a bulk
// load would pay for a look at each.
const inOne = 16

// Said notes objections and withdrawals in the journal; see ledger.Room.Noted.
func (r *Room) Said(tx *db.Tx, entries []ledger.Entry) error {
	var lines []journal.Line
	for _, e := range entries {
		kind := map[ledger.Kind]string{ledger.Prohibition: journal.Forbidden, ledger.Withdrawal: journal.Withdrawn}[e.Kind]
		if kind == "" || e.Method == methodReplay {
			continue
		}
		l := journal.Line{Kind: kind, People: []id.ID{e.Person}, Entry: e.ID, Scope: e.Scope, Purpose: e.Purpose, Channel: e.Channel, Said: e.Effective, Notice: e.Notice}
		if len(entries) <= inOne && e.Kind == ledger.Prohibition {
			var err error
			if l.Held, err = r.marketing(tx, e.Person); err != nil {
				return err
			}
		}
		lines = append(lines, l)
	}
	r.Journal.Note(tx, lines...)
	return nil
}

// marketing are the hashes of a person's first addresses, to be held from marketing.
func (r *Room) marketing(tx *db.Tx, who id.ID) (map[string]string, error) {
	p, found, err := r.Party.Get(tx, who)
	if err != nil || !found {
		return nil, err
	}
	out := map[string]string{}
	for _, channel := range []string{"email", "sms"} {
		if kind, value := suppress.AddressOf(p, channel); value != "" {
			out[r.Outbox.Keys.Blind(kind, value)] = kind + " " + suppress.HoldMarketing
		}
	}
	return out, nil
}
