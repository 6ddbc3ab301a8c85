package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/tree"
)

// Verified is what Verify found. Problems are listed up to a hundred, those of
// the log first and in its order: the first is the first bad entry.
type Verified struct {
	OK         bool      `json:"ok"`
	Entries    int       `json:"ledger_entries"`
	Log        int       `json:"log_entries"`
	Notices    int       `json:"notice_versions"`
	People     int       `json:"people"`
	TreeSize   int64     `json:"tree_size"`            // entries in the tree
	Waiting    int       `json:"waiting"`              // entries not taken in yet
	Root       string    `json:"root"`                 // of the tree, base 64
	Checkpoint string    `json:"checkpoint,omitempty"` // the signed head
	Problems   []Problem `json:"problems"`
	More       int       `json:"more_problems,omitempty"` // beyond those listed
}

// Problem is one thing that is wrong.
type Problem struct {
	Index  *int64 `json:"index,omitempty"` // place in the log, where it has one
	Log    string `json:"log,omitempty"`   // audit or ledger
	Person id.ID  `json:"person,omitempty"`
	Entry  id.ID  `json:"entry,omitempty"`
	What   string `json:"what"`
}

// String says it in one line.
func (p Problem) String() string {
	s := p.What
	if p.Entry != 0 {
		s += fmt.Sprintf(": entry %s of the %s log", p.Entry, p.Log)
	}
	if p.Person != 0 {
		s += fmt.Sprintf(", person %s", p.Person)
	}
	if p.Index != nil {
		s += fmt.Sprintf(", at place %d", *p.Index)
	}
	return s
}

const listedProblems = 100

func (v *Verified) report(p Problem) {
	v.OK = false
	if len(v.Problems) < listedProblems {
		v.Problems = append(v.Problems, p)
		return
	}
	v.More++
}

// Verify computes again what can be computed: every entry of the audit log and
// the ledger with its evidence, the tree over both up to its signed head and the
// anchor, every standing, the hash of every version of the notice, the journal of
// erasures. kept are signed heads that were kept elsewhere, by the words that name the
// place.
func (h *House) Verify(ctx context.Context, by db.By, kept map[string]inclusion.Checkpoint) (Verified, error) {
	if wrong, err := h.DB.Intact(ctx); err != nil || len(wrong) > 0 { // nothing read from such a file means anything
		return damaged(wrong), err
	}
	return h.VerifyKept(ctx, by, kept)
}

// VerifyKept is Verify of a register whose file was looked over just now.
func (h *House) VerifyKept(ctx context.Context, by db.By, kept map[string]inclusion.Checkpoint) (Verified, error) {
	if err := h.Audit.Fold(ctx); err != nil {
		return Verified{}, err
	}
	if err := h.takeIn(ctx); err != nil {
		return Verified{}, err
	}
	check, err := h.Tree.Check(ctx, kept)
	if err != nil {
		return Verified{}, err
	}
	v := Verified{OK: true, Problems: []Problem{}, TreeSize: check.Head.Size, Waiting: check.Waiting,
		Root: base64.StdEncoding.EncodeToString(check.Head.Root[:]), Checkpoint: string(check.Head.Checkpoint)}
	w := verifier{House: h, by: by, check: check}
	if err := w.read(ctx); err != nil {
		return v, err
	}
	found, more, err := check.Finish(ctx)
	if err != nil {
		return v, err
	}
	for _, p := range found {
		v.report(w.name(p))
	}
	v.More += more
	for _, p := range w.other {
		v.report(Problem{Person: p.Person, Entry: p.Entry, What: p.What})
	}
	v.Log, v.Entries = w.audit, w.ledger
	if n, err := h.Erasure.Journal.Damaged(); err != nil {
		return v, err
	} else if n > 0 {
		v.report(Problem{What: fmt.Sprintf("the journal of erasures has %d lines that were damaged or changed", n)})
	}
	return v, h.DB.View(ctx, by, func(tx *db.Tx) (err error) {
		if v.People, err = h.Party.Count(tx); err != nil {
			return err
		}
		if n, err := h.Erasure.Undestroyed(tx); err != nil {
			return err
		} else if n > 0 {
			v.report(Problem{What: fmt.Sprintf("the keys of %d people who were erased are still in the keys folder", n)})
		}
		return h.verifyNotices(tx, &v)
	})
}

func damaged(wrong []string) Verified {
	v := Verified{Problems: []Problem{}}
	for _, what := range wrong {
		v.report(Problem{What: "the database file is damaged: " + what})
	}
	return v
}

// takeIn takes into the tree what waits, unless a running server does.
func (h *House) takeIn(ctx context.Context) error {
	err := h.Tree.Drain(ctx)
	if fault.Is(err, fault.Conflict) {
		return nil // something is wrong with the log, which is what verification is about
	}
	return err
}

// verifier reads the entries of the audit log and the ledger, several ranges of
// them at the same time.
type verifier struct {
	*House
	by    db.By
	check *tree.Check

	adopt func(tree.Ref, bool) // told of entries from before the tree; nil to check instead

	mu     sync.Mutex
	audit  int              // guarded by mu, as the two below
	ledger int              //
	other  []ledger.Problem // of standings
}

const (
	auditRange  = 50_000 // entries a piece of work
	bucketRange = 128    // buckets a piece of work
)

func (w *verifier) read(ctx context.Context) error {
	var work []func(*db.Tx) error
	for _, r := range w.check.Ranges(tree.Audit, auditRange) {
		work = append(work, func(tx *db.Tx) error { return w.readAudit(tx, r[0], r[1]) })
	}
	for lo := 0; lo < id.Buckets; lo += bucketRange {
		work = append(work, func(tx *db.Tx) error { return w.readLedger(tx, lo, lo+bucketRange-1) })
	}
	queue := make(chan func(*db.Tx) error, len(work))
	for _, f := range work {
		queue <- f
	}
	close(queue)
	errs := make(chan error)
	hands := min(4, max(2, runtime.GOMAXPROCS(0)))
	for range hands {
		go func() {
			var err error
			for f := range queue {
				if err == nil {
					err = w.DB.View(ctx, w.by, f)
				}
			}
			errs <- err
		}()
	}
	var all error
	for range hands {
		all = errors.Join(all, <-errs)
	}
	return all
}

func (w *verifier) readAudit(tx *db.Tx, lo, hi id.ID) error {
	saw := w.check.Cursor(tree.Audit).Saw
	if w.adopt != nil {
		saw = w.earlier(tree.Audit)
	}
	n, err := audit.Verify(tx, lo, hi, saw)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.audit += n
	return err
}

func (w *verifier) readLedger(tx *db.Tx, lo, hi int) error {
	cursor := w.check.Cursor(tree.Ledger)
	report := func(p ledger.Problem) {
		if p.Entry != 0 {
			cursor.Report(p.Entry, p.What)
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.other = append(w.other, p)
	}
	saw := cursor.Saw
	if w.adopt != nil {
		saw = w.earlier(tree.Ledger)
	}
	n, err := w.Ledger.VerifyRange(tx, lo, hi, report, func(e *ledger.Entry, stored, computed []byte) { saw(e.ID, stored, computed) })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ledger += n
	return err
}

// name says of a problem which log it is of.
func (w *verifier) name(p tree.Problem) Problem {
	out := Problem{Entry: p.Entry, What: p.What}
	if p.Index >= 0 {
		out.Index = &p.Index
	}
	switch p.Kind {
	case tree.Audit:
		out.Log = "audit"
	case tree.Ledger:
		out.Log = "ledger"
	}
	return out
}

func (h *House) verifyNotices(tx *db.Tx, v *Verified) error {
	all, err := h.Notice.Versions(tx)
	if err != nil {
		return err
	}
	v.Notices = len(all)
	for _, n := range all {
		sum := sha256.Sum256(n.Canonical)
		parsed, _ := noticedef.Parse("notice", []byte(n.Source))
		if n.Hash != "sha256:"+hex.EncodeToString(sum[:]) || parsed == nil || !bytes.Equal(noticedef.Canonical(parsed), n.Canonical) {
			v.report(Problem{What: fmt.Sprintf("version %d of the notice was changed", n.Number)})
		}
	}
	return nil
}
