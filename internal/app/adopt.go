package app

import (
	"bytes"
	"context"
	"slices"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/tree"
)

// adopted is the entry that says it was done.
const adopted = "log.adopted"

// adoptMost is how many entries one transaction names.
const adoptMost = 10_000

// AdoptEarlier takes the entries of a register that was kept by a program without a
// tree into the tree, once, and logs that it was done, with the reason. From then on a
// change of one of them is found; that they were what they are now, the tree cannot
// say, only that each is what its own digest was made of. That is why a person asks
// for it, and why it is done a single time. It gives the number of entries.
func (h *House) AdoptEarlier(ctx context.Context, by db.By, reason string) (int, error) {
	if len(reason) < 3 || len(reason) > 200 {
		return 0, fault.New(fault.Invalid, "tree.reason", "say in a few words why entries from before are taken in, without naming people")
	}
	err := h.DB.View(ctx, by, notAdopted)
	if err == nil {
		err = h.Audit.Fold(ctx)
	}
	if err == nil {
		err = h.Tree.Drain(ctx)
	}
	if err != nil {
		return 0, err
	}
	refs, err := h.earlier(ctx, by)
	if err != nil {
		return 0, err
	}
	count := len(refs)
	for len(refs) > 0 {
		n := min(adoptMost, len(refs))
		err := h.DB.Do(ctx, by, func(tx *db.Tx) error {
			if err := tree.Pend(tx, refs[:n]...); err != nil || n < len(refs) {
				return err
			}
			if err := notAdopted(tx); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: adopted, Kind: "log", Count: count, Detail: map[string]string{"reason": reason}})
		})
		if err != nil {
			return 0, err
		}
		refs = refs[n:]
	}
	return count, h.takeIn(ctx)
}

func notAdopted(tx *db.Tx) error {
	before, err := audit.Read(tx, audit.Filter{Action: adopted, Limit: 1})
	if err == nil && len(before) > 0 {
		err = fault.New(fault.Conflict, "tree.adopted", "entries from before the tree were taken in already; that is done once")
	}
	return err
}

// earlier lists the entries from before the tree, the oldest first. One that is not
// what its digest was made of stops it.
func (h *House) earlier(ctx context.Context, by db.By) (refs []tree.Ref, err error) {
	check, err := h.Tree.Check(ctx, nil)
	if err != nil {
		return nil, err
	}
	wrong := 0
	w := verifier{House: h, by: by, check: check}
	w.adopt = func(r tree.Ref, whole bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if refs = append(refs, r); !whole {
			wrong++
		}
	}
	err = w.read(ctx)
	switch {
	case err != nil:
		return nil, err
	case wrong > 0:
		return nil, fault.New(fault.Conflict, "tree.changed", "%d entries from before are not what their digests were made of; run kartotek verify, which names them", wrong)
	case len(refs) == 0:
		return nil, fault.New(fault.NotFound, "tree.nothing_earlier", "there are no entries from before the tree")
	}
	slices.SortFunc(refs, func(a, b tree.Ref) int { return int(min(1, max(-1, a.ID-b.ID))) })
	return refs, nil
}

// earlier collects what is from before the tree instead of checking it.
func (w *verifier) earlier(kind byte) func(entry id.ID, stored, computed []byte) {
	return func(entry id.ID, stored, computed []byte) {
		if w.check.Earlier(kind, entry) {
			w.adopt(tree.Ref{Kind: kind, ID: entry, Digest: bytes.Clone(stored)}, bytes.Equal(stored, computed))
		}
	}
}
