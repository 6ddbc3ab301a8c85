package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure/journal"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/party"
)

// KindScrub is the job that brings erased data off the disk when it could not be done
// at once.
const KindScrub = "erasure.scrub"

// Erase carries out a plan and looks it over. It is idempotent: somebody erased
// already gets a certificate that counts nothing.
func (r *Room) Erase(ctx context.Context, by db.By, who id.ID, plan *erasing.Plan) (c *Certificate, err error) {
	err = r.DB.Do(ctx, by, func(tx *db.Tx) error {
		c, err = r.Carry(tx, who, plan)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.DB.Scrub(ctx); err != nil && !fault.Is(err, fault.Unavailable) { // then the job does it
		return c, err
	}
	if err := r.destroyed(c, who); err != nil {
		return c, err
	}
	return c, r.DB.View(ctx, by, func(tx *db.Tx) error { return r.lookOver(tx, who, act(plan)) })
}

// Carry carries out a plan within a transaction, for callers who do more in it or erase
// many. What was erased lies on in the log of SQLite until the job of KindScrub has run.
func (r *Room) Carry(tx *db.Tx, who id.ID, plan *erasing.Plan) (*Certificate, error) {
	a := act(plan)
	if r.Before != nil {
		if err := r.Before(tx, who, plan); err != nil {
			return nil, err
		}
	}
	line, err := r.line(tx, who, a)
	if err != nil {
		return nil, err
	}
	gone, err := r.carry(tx, who, a, line.Held)
	if err != nil {
		return nil, err
	}
	key := ""
	if a.only == nil && len(gone) > 0 {
		if key, err = r.spend(tx, line.People); err != nil {
			return nil, err
		}
	}
	c := &Certificate{Key: key, ID: tx.NewID(), At: tx.Now(), Ground: plan.Ground, Case: plan.Case, Notice: plan.Notice, Gone: gone}
	if c.Waiting, err = r.waiting(tx, who, a); err != nil {
		return nil, err
	}
	for _, l := range plan.Lines {
		if l.Action != erasing.Erase {
			c.Kept = append(c.Kept, l)
		}
	}
	c.seal()
	if len(gone) == 0 {
		return c, nil
	}
	r.Journal.Note(tx, line)
	if err := c.store(tx); err != nil {
		return nil, err
	}
	return c, audit.Write(tx, audit.Entry{Action: "person.erase", Kind: "erasure", Object: c.ID.String(), Person: who,
		Detail: map[string]string{"ground": string(plan.Ground), "case": plan.Case, "certificate": c.Digest, "kept": kinds(a)}})
}

// Handle gives a runner the room's work.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindScrub, func(ctx context.Context, _ *job.Job) error {
		return r.DB.Scrub(ctx)
	})
}

// deed is a plan as rooms carry it out.
type deed struct {
	dossier.Plan
	only []string // keepers that take part; nil for all
}

func act(p *erasing.Plan) deed {
	d := deed{Plan: dossier.Plan{Ground: string(p.Ground), Keep: p.Kept(), Fields: p.Fields()}}
	if slices.ContainsFunc(p.Lines, func(l erasing.Line) bool { return l.Code == erasing.NotAsked }) {
		d.only = []string{}
		for _, l := range p.Lines {
			for _, kind := range l.Kinds {
				keeper, _, _ := strings.Cut(kind, ".")
				if l.Action == erasing.Erase && !slices.Contains(d.only, keeper) {
					d.only = append(d.only, keeper)
				}
			}
		}
	}
	return d
}

func (d deed) takes(keeper string) bool { return d.only == nil || slices.Contains(d.only, keeper) }

func kinds(d deed) string {
	var all []string
	for kind := range d.Keep {
		all = append(all, kind)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// line is what the journal remembers. Addresses are still there when it is made.
func (r *Room) line(tx *db.Tx, who id.ID, d deed) (l journal.Line, err error) {
	l = journal.Line{Kind: journal.Erased, People: []id.ID{who}, Ground: d.Ground, Kept: d.Keep, Fields: d.Fields, Only: d.only}
	if !d.takes("party") {
		return l, nil
	}
	history, err := r.Party.History(tx, who)
	if err != nil {
		return l, err
	}
	for _, c := range history {
		for _, delta := range c.Diff {
			if delta.Field == "merged" {
				former, err := id.Parse(delta.New)
				if err == nil && former != who && !slices.Contains(l.People, former) {
					l.People = append(l.People, former)
				}
			}
		}
	}
	l.Held, err = r.holds(tx, who, d, history)
	return l, err
}

// holds are the keyed hashes of the person's addresses, those they had before too, with
// what is held from them: to be brought back by an import, and marketing when they had
// forbidden any. law: GDPR 21(3)
func (r *Room) holds(tx *db.Tx, who id.ID, d deed, history []party.Change) (map[string]string, error) {
	if d.Keeps("party", "addresses") {
		return nil, nil
	}
	addresses, err := r.Party.Claims(tx, who, history)
	if err != nil {
		return nil, err
	}
	packed, err := r.Ledger.Standing(tx, who)
	if err != nil {
		return nil, err
	}
	class := suppress.HoldImport
	if _, forbidden := ledger.Unpack(packed); len(forbidden) > 0 {
		class = suppress.HoldMarketing
	}
	if err := strike(r.Rejects, addresses); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, a := range addresses {
		if d.Fields[a.Kind] == "" {
			out[r.Outbox.Keys.Blind(a.Kind, a.Norm())] = a.Kind + " " + class
		}
	}
	return out, nil
}

// carry erases and looks it over; it gives what went.
func (r *Room) carry(tx *db.Tx, who id.ID, d deed, held map[string]string) (gone []Gone, err error) {
	for _, k := range r.Keepers {
		if !d.takes(k.Name()) {
			continue
		}
		part, err := k.Erase(tx, who, d.Plan)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.Name(), err)
		}
		for _, h := range part {
			gone = append(gone, Gone{h.Keeper + "." + h.Kind, h.Count})
		}
	}
	if err := r.hold(tx, held, tx.Now()); err != nil || len(gone) == 0 {
		return nil, err
	}
	if _, _, err := job.Enqueue(tx, KindScrub, "", nil, job.Opt{MaxAttempts: 100}); err != nil {
		return nil, err
	}
	return gone, r.lookOver(tx, who, d)
}

// hold keeps the hashes on the list of addresses not to be used.
func (r *Room) hold(tx *db.Tx, held map[string]string, at int64) error {
	for hash, what := range held {
		kind, class, _ := strings.Cut(what, " ")
		if err := r.Outbox.Holds().Hold(tx, hash, suppress.Suppression{Kind: kind, Class: class, Reason: suppress.ReasonErased, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// proof are columns that an erasure leaves on purpose: entries that hold names of the
// notice alone, the prohibitions that stand on, and whom recipients are still to be
// told of.
var proof = []string{"entries.kind", "standing.packed", "recipient_notices.recipient", "recipient_notices.about", "recipient_notices.note"}

// byHand are rooms, or kinds of a room's, that people have to see to: they were asked
// to, and their list of it stays until they have. law: GDPR 19
var byHand = []string{"paper", "recipient.notices"}

// waiting counts what people have yet to do for an erasure to be whole.
func (r *Room) waiting(tx *db.Tx, who id.ID, d deed) (out []Gone, err error) {
	for _, k := range r.Keepers {
		if !d.takes(k.Name()) || !slices.ContainsFunc(byHand, func(name string) bool { return name == k.Name() || strings.HasPrefix(name, k.Name()+".") }) {
			continue
		}
		held, err := k.Holdings(tx, who)
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			name := h.Keeper + "." + h.Kind
			if d.Keep[name] == "" && (slices.Contains(byHand, h.Keeper) || slices.Contains(byHand, name)) {
				out = append(out, Gone{name, h.Count})
			}
		}
	}
	return out, nil
}

// lookOver reads again what is held, and finds anything that should be gone.
func (r *Room) lookOver(tx *db.Tx, who id.ID, d deed) error {
	if d.only != nil {
		return nil // what stays was not asked for
	}
	var left []string
	all, err := r.Keepers.Holdings(tx, who)
	for _, h := range all {
		name := h.Keeper + "." + h.Kind
		locked := len(d.Fields) > 0 && (name == "party.person" || name == "party.history") // a history without content; the columns tell
		if d.Keep[name] == "" && !locked && name != "ledger.permissions" && !slices.Contains(byHand, h.Keeper) && !slices.Contains(byHand, name) {
			left = append(left, name)
		}
	}
	columns, bad := r.leftIn(tx, who, d)
	if err := errors.Join(err, bad); err != nil {
		return err
	}
	if left = append(left, columns...); len(left) > 0 {
		return fault.New(fault.Internal, "erasure.left", "nothing was erased, because something would have been left: %s", strings.Join(left, ", "))
	}
	return nil
}

// leftIn asks the tables themselves, but for the columns of rooms that keep something.
func (r *Room) leftIn(tx *db.Tx, who id.ID, d deed) (left []string, err error) {
	spared := slices.Clone(proof)
	for _, k := range r.Keepers {
		keeps := func(kind string) bool { return strings.HasPrefix(kind, k.Name()+".") && kind != "ledger.permissions" }
		if k.Name() != "party" && (slices.ContainsFunc(keysOf(d.Keep), keeps) || slices.Contains(byHand, k.Name())) {
			spared = append(spared, k.Columns()...)
		}
	}
	of := map[string]string{"points": "party.addresses", "person_tags": "party.tags", "changes": "party.history"}
	found, err := tx.Personal(who)
	for column := range found {
		table, _, _ := strings.Cut(column, ".")
		kept := table == "persons" && len(d.Fields) > 0 || d.Keep[of[table]] != ""
		if !kept && !slices.Contains(spared, column) {
			left = append(left, column)
		}
	}
	slices.Sort(left)
	return left, err
}

func keysOf(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}
