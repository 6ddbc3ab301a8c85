package exchange

import (
	"context"
	"maps"
	"slices"
	"sort"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
)

// batchRows is how many rows one transaction takes. A transaction touches the end
// of every bucket whatever its size, so larger ones cost less a row, and more
// memory; 12,000 keep an import of any size within 256 MB.
const batchRows = 12_000

// runner is one import under way.
type runner struct {
	room       *Room
	imp        *Import
	opt        Options
	version    int
	newsletter string
	catalogue  map[string]bool
	unlisted   map[string]bool
	loader     *party.Loader
	batch      ledger.Batch
	rejects    *rejectFile
	next       *chunk // what the reader is filling
	shown      []Shown
	seen       map[string]bool // keys a dry run has met, and whether a no stands for them
	taken      map[id.ID]bool  // ids given in this batch to people who came home
	trusted    map[id.ID]bool  // sources whose values an import may replace
	keep       func(*db.Tx) error
	progress   func(Counts, int64, int64)
}

// chunk is what the reader hands to the writer: rows, and what it met on the way to the last of them.
type chunk struct {
	rows     []row
	rejected int
	unlisted []string
}

// pending is one person of a batch: rows of the same address meet here.
type pending struct {
	draft   party.Draft
	earlier []ledger.Entry
	spoken  spoken
	stands  bool
	touched bool
	further []further
}

// pass reads one class of rows and writes them batch by batch. The reader and
// the writer work side by side, one batch ahead.
func (run *runner) pass(ctx context.Context, src *dialect.Source, class int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan *chunk)
	read := make(chan error, 1)
	go func() {
		defer close(chunks)
		read <- run.read(ctx, src, class, chunks)
	}()
	var failed error
	for c := range chunks {
		if failed == nil {
			if failed = run.write(ctx, src, c); failed != nil {
				cancel()
			}
		}
	}
	if err := <-read; failed == nil {
		failed = err
	}
	return failed
}

func (run *runner) read(ctx context.Context, src *dialect.Source, class int, out chan<- *chunk) error {
	run.next = &chunk{}
	send := func() error {
		run.next.unlisted = run.names()
		select {
		case out <- run.next:
			run.next = &chunk{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := src.Pass(ctx, class, func(r *dialect.Record) error {
		run.next.rows = append(run.next.rows, run.copyRow(r))
		if len(run.next.rows) == run.room.rowsAtOnce() {
			return send()
		}
		return nil
	})
	if err == nil && (len(run.next.rows) > 0 || run.next.rejected > 0) {
		err = send()
	}
	return err
}

// write stores one chunk: people, permissions, position and counts in one transaction.
func (run *runner) write(ctx context.Context, src *dialect.Source, c *chunk) error {
	before := run.imp.Counts
	work := run.room.DB.Do
	if run.opt.DryRun {
		work = run.room.DB.View
	}
	err := work(ctx, run.by(), func(tx *db.Tx) error {
		run.imp.Counts = before // a retried transaction counts again
		run.imp.Counts.Unlisted = c.unlisted
		run.imp.Counts.Rejected += c.rejected
		run.imp.Counts.Rows += len(c.rows) + c.rejected
		return run.transact(tx, c)
	})
	if err != nil {
		run.imp.Counts = before
		return err
	}
	if run.progress != nil {
		done, total := src.Progress()
		run.progress(run.imp.Counts, done, total)
	}
	return nil
}

func (run *runner) transact(tx *db.Tx, c *chunk) error {
	people, err := run.gather(tx, c.rows)
	if err != nil || run.opt.DryRun {
		return err
	}
	if run.keep != nil {
		if err := run.keep(tx); err != nil {
			return err
		}
	}
	if n := len(c.rows); n > 0 {
		run.imp.File, run.imp.Row = c.rows[n-1].index, c.rows[n-1].num
	}
	return run.store(tx, people)
}

func (run *runner) by() db.By {
	return db.By{Kind: "job", Name: "import", ID: run.imp.ID, Purpose: "relationship"}
}

func (run *runner) names() []string {
	out := make([]string, 0, len(run.unlisted))
	for n := range run.unlisted {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// gather reads whom the rows are about and applies each row to its person.
func (run *runner) gather(tx *db.Tx, rows []row) ([]*pending, error) {
	held, err := run.held(tx, rows)
	if err != nil {
		return nil, err
	}
	known, err := run.known(tx, rows)
	if err != nil {
		return nil, err
	}
	run.taken = map[id.ID]bool{}
	byKey := make(map[string]*pending, len(rows))
	people := make([]*pending, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		if held[r.key] {
			if err := run.hold(r); err != nil {
				return nil, err
			}
			continue
		}
		p := byKey[r.key]
		if p == nil {
			if p, err = run.open(tx, r, known[r.key]); err != nil {
				return nil, err
			}
			byKey[r.key] = p
			people = append(people, p)
		}
		if err := run.apply(tx, p, r); err != nil {
			return nil, err
		}
	}
	return people, nil
}

func (run *runner) known(tx *db.Tx, rows []row) (map[string]id.ID, error) {
	out := map[string]id.ID{}
	any, err := run.room.Party.AnyIdentifier(tx)
	if err != nil || !any {
		return out, err
	}
	for _, kind := range []string{"email", "phone"} {
		if err := run.room.Party.Lookup(tx, kind, keys(rows, kind), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func keys(rows []row, kind string) []string {
	var out []string
	for i := range rows {
		if rows[i].kind == kind {
			out = append(out, rows[i].key)
		}
	}
	sort.Strings(out)
	return slices.Compact(out)
}

// held finds the addresses on the suppression list that belong to nobody in the register.
func (run *runner) held(tx *db.Tx, rows []row) (map[string]bool, error) {
	if run.room.Suppress == nil {
		return nil, nil
	}
	any, err := run.room.Suppress.Any(tx)
	if err != nil || !any {
		return nil, err
	}
	out := map[string]bool{}
	for _, kind := range []string{"email", "phone"} {
		held, err := run.room.Suppress.Suppressed(tx, kind, keys(rows, kind))
		if err != nil {
			return nil, err
		}
		maps.Copy(out, held)
	}
	return out, nil
}

// open starts on a person: a new draft, or the row of the one who has the address.
func (run *runner) open(tx *db.Tx, r *row, who id.ID) (*pending, error) {
	if who != 0 {
		p, found, err := run.room.Party.Get(tx, who)
		if err != nil {
			return nil, err
		}
		if found {
			packed, err := run.room.Ledger.Standing(tx, who)
			return &pending{draft: party.Draft{Person: *p}, stands: stands(packed)}, err
		}
	}
	d := party.Draft{New: true, Key: r.key, KeyKind: r.kind}
	refused := run.seen[r.key]
	d.ID, d.Registered, d.Changed, d.SourceID = tx.NewID(), tx.Now(), tx.Now(), run.imp.Source
	if r.created > 0 && r.created < tx.Now() {
		d.Registered = r.created // when the value was first collected, by the tool it comes from
	}
	if err := run.comeHome(tx, r, &d); err != nil {
		return nil, err
	}
	return &pending{draft: d, stands: refused}, nil
}

// comeHome gives a person of our own export the id and date of change they left
// with, if nobody else has that id.
func (run *runner) comeHome(tx *db.Tx, r *row, d *party.Draft) error {
	if r.own == 0 || run.taken[r.own] {
		return nil
	}
	_, found, err := run.room.Party.Get(tx, r.own)
	if err != nil || found {
		return err
	}
	run.taken[r.own] = true
	d.ID = r.own
	if r.changed >= d.Registered && r.changed < tx.Now() {
		d.Changed = r.changed
	}
	return nil
}

// store writes the batch.
func (run *runner) store(tx *db.Tx, people []*pending) error {
	drafts := make([]*party.Draft, len(people))
	for i, p := range people {
		drafts[i] = &p.draft
	}
	if err := run.loader.Write(tx, drafts); err != nil {
		return err
	}
	sort.Slice(people, func(a, b int) bool {
		x, y := people[a].draft.ID, people[b].draft.ID
		return x.Bucket() < y.Bucket() || (x.Bucket() == y.Bucket() && x < y)
	})
	run.batch.Reset()
	for _, p := range people {
		if len(p.spoken.entries) == 0 {
			continue
		}
		if err := run.batch.Add(tx, p.draft.ID, p.earlier, p.spoken.evidence, p.spoken.entries); err != nil {
			return err
		}
	}
	if err := run.room.Ledger.Write(tx, &run.batch); err != nil {
		return err
	}
	for _, p := range people {
		if err := run.addFurther(tx, p); err != nil {
			return err
		}
	}
	return saveImport(tx, run.imp)
}

// addFurther gives a person their other addresses; one that is somebody else's stays theirs.
func (run *runner) addFurther(tx *db.Tx, p *pending) error {
	for _, f := range p.further {
		_, err := run.room.Party.AddAddress(tx, p.draft.ID, f.kind, f.label, f.value, run.imp.Source)
		if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
			return err
		}
	}
	return nil
}

// hold sets a row aside whose address must not come back.
func (run *runner) hold(r *row) error {
	run.imp.Counts.Rejected++
	return run.rejects.write(&dialect.Reject{File: r.file, Row: r.num, Code: "suppressed",
		Message: "the address is on the suppression list; only the person can bring it back"})
}

// strictly is the error of a strict import: it names the columns it stumbled over.
func strictly(unlisted map[string]bool) error {
	names := slices.Sorted(maps.Keys(unlisted))
	for i, name := range names {
		names[i] = clip(name)
	}
	more := ""
	if len(names) > maxNamed {
		names, more = names[:maxNamed], " and more"
	}
	return fault.New(fault.Invalid, "import.unlisted", "the register notice does not list %s%s; nothing was imported", strings.Join(names, ", "), more)
}

// Columns named in an error: how many, and how much of each name.
const (
	maxNamed = 20
	maxName  = 60
)

func clip(name string) string {
	if len(name) > maxName {
		name = name[:maxName] + "…"
	}
	return strings.ToValidUTF8(name, "")
}
