package ledger

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

var _ dossier.Keeper = (*Room)(nil)

// The kinds of holding.
const (
	holdPermissions = "permissions"
	holdEvidence    = "evidence"
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "ledger" }

// Columns implements dossier.Keeper. What an entry says (entries.kind) is
// personal but holds no words of the person, only names of the notice.
func (r *Room) Columns() []string {
	return []string{"entries.kind", "evidence.text", "evidence.ip", "evidence.sealed", "standing.packed"}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) (all []dossier.Holding, err error) {
	entries, err := r.Entries(tx, who)
	if err != nil {
		return nil, err
	}
	if n := len(entries); n > 0 {
		all = append(all, dossier.Holding{Keeper: r.Name(), Kind: holdPermissions, Count: n, First: entries[0].At, Last: entries[n-1].At})
	}
	h := dossier.Holding{Keeper: r.Name(), Kind: holdEvidence}
	if _, err = tx.One(cntEvidence, []any{&h.Count, &h.First, &h.Last}, who.Bucket(), int64(who)); h.Count > 0 {
		all = append(all, h)
	}
	return all, err
}

// Export implements dossier.Keeper: every entry with its evidence.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	entries, err := r.Entries(tx, who)
	if err != nil {
		return err
	}
	proofs, err := r.allEvidence(tx, who)
	if err != nil {
		return err
	}
	labels := map[id.ID]string{}
	for i := range entries {
		label, err := r.source(tx, entries[i].Source, labels)
		if err != nil {
			return err
		}
		rec := r.exported(&entries[i], proofs[entries[i].Evidence])
		if label != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: "source", Text: label})
		}
		if err := w(rec); err != nil {
			return err
		}
	}
	return nil
}

// source names where an entry came from, which proves it when it has no evidence
// of its own; each source is read once.
func (r *Room) source(tx *db.Tx, src id.ID, known map[id.ID]string) (string, error) {
	if src == 0 || r.SourceLabel == nil {
		return "", nil
	}
	if label, ok := known[src]; ok {
		return label, nil
	}
	label, err := r.SourceLabel(tx, src)
	known[src] = label
	return label, err
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: holdPermissions, From: dossier.Given, Values: []string{"kind", "purpose", "channel", "scope", "said_by", "method", "strength", "effective", "expires",
			"goods", "notice", "by_kind", "recorded_by", "evidence", "ip", "signed", "received", "language", "source"}},
		{Name: holdEvidence, From: dossier.Given},
	}
}

// exported is an entry as the person reads it; empty values are left out.
func (r *Room) exported(e *Entry, ev *Evidence) dossier.Record {
	rec := dossier.Record{Keeper: r.Name(), Kind: holdPermissions, ID: e.ID, At: e.At}
	values := [][2]string{
		{"kind", string(e.Kind)}, {"purpose", e.Purpose}, {"channel", e.Channel}, {"scope", e.Scope}, {"said_by", string(e.SaidBy)},
		{"method", e.Method}, {"strength", e.Strength}, {"effective", day(e.Effective)}, {"expires", day(e.Expires)}, {"goods", e.Goods},
		{"notice", version(e.Notice)}, {"by_kind", e.ByKind}, {"recorded_by", dossier.Clerk(e.ByKind, e.ByName)},
	}
	if ev != nil {
		values = append(values, [][2]string{{"evidence", ev.Text}, {"ip", ev.IP}, {"signed", ev.Signed}, {"received", ev.Received}, {"language", ev.Language}}...)
	}
	for _, v := range values {
		if v[1] != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: v[0], Text: v[1]})
		}
	}
	return rec
}

// day writes a moment of the ledger; "" for none.
func day(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format("2006-01-02T15:04:05Z")
}

func version(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Erase implements dossier.Keeper. Evidence goes, unless the plan keeps it, as it
// may to defend a claim. law: GDPR 17(3)(e) Entries stay, because the ledger is
// append-only and proves what was obeyed; they hold no address and no words. Of
// what stands the prohibitions remain.
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	entries, err := r.Entries(tx, who)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	removed, err := r.Holdings(tx, who)
	if err != nil {
		return nil, err
	}
	removed = slices.DeleteFunc(removed, func(h dossier.Holding) bool { return h.Kind != holdEvidence || plan.Keeps(r.Name(), holdEvidence) })
	if !plan.Keeps(r.Name(), holdEvidence) {
		if _, err := tx.Exec(delEvidence, who.Bucket(), int64(who)); err != nil {
			return nil, err
		}
	}
	if erased(entries) {
		return removed, nil
	}
	_, err = r.Record(tx, who, nil, Entry{Kind: Erasure, SaidBy: ByStaff, Method: "erased"})
	return removed, err
}

// erased reports whether the last entry is an erasure.
func erased(entries []Entry) bool {
	return len(entries) > 0 && entries[len(entries)-1].Kind == Erasure
}

// Restrict implements dossier.Keeper. The restriction stands in the person's row,
// which every decision reads; the ledger goes on recording what they say.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper. The entries of from are recorded anew for to,
// each with a note of the one it repeats, so that every entry of both counts.
// Where one side had taken back what the other still forbids, the prohibition is
// recorded once more: merging never allows what either side forbade. The old
// entries stay where they are, the ledger being append-only; their evidence moves.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	mine, err := r.Entries(tx, from)
	if err != nil || len(mine) == 0 || erased(mine) {
		return err
	}
	theirs, err := r.Entries(tx, to)
	if err != nil {
		return err
	}
	copies, proofs, err := r.copies(tx, mine)
	if err != nil {
		return err
	}
	again := unforbidden(mine, theirs)
	var b Batch
	if err := b.Add(tx, to, theirs, append(proofs, make([]*Evidence, len(again))...), append(copies, again...)); err != nil {
		return err
	}
	if err := r.Write(tx, &b); err != nil {
		return err
	}
	if _, err := tx.Exec(delEvidence, from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err = r.Record(tx, from, nil, Entry{Kind: Erasure, SaidBy: ByStaff, Method: "merged"})
	return err
}

// copies are entries to be recorded for another person, with their evidence.
func (r *Room) copies(tx *db.Tx, entries []Entry) (out []Entry, proofs []*Evidence, err error) {
	for i := range entries {
		e := entries[i]
		ev, err := r.EvidenceOf(tx, &e)
		if err != nil {
			return nil, nil, err
		}
		if ev == nil {
			ev = &Evidence{}
		}
		ev.Text = strings.TrimSpace(ev.Text + "\n[merged: entry " + e.ID.String() + "]")
		e.Evidence = 0
		out, proofs = append(out, e), append(proofs, ev)
	}
	return out, proofs, nil
}

// unforbidden gives anew the prohibitions in force on either side that the
// entries of both together would take back.
func unforbidden(a, b []Entry) (again []Entry) {
	both := slices.Concat(a, b)
	kept := map[string]bool{}
	for _, p := range Fold(both).Prohibitions {
		kept[p.Scope] = true
	}
	for _, side := range [][]Entry{a, b} {
		for _, p := range Fold(side).Prohibitions {
			if kept[p.Scope] {
				continue
			}
			kept[p.Scope] = true
			i := slices.IndexFunc(side, func(e Entry) bool { return e.ID.String() == p.Entry })
			again = append(again, Entry{Kind: Prohibition, Scope: p.Scope, SaidBy: side[i].SaidBy, Method: "merge", Notice: side[i].Notice})
		}
	}
	return again
}
