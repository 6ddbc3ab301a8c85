package tree

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
)

// Problem is something wrong with the log.
type Problem struct {
	Index int64  // place in the log, counted from 0; -1 when it has none
	Kind  byte   // of the entry: Audit or Ledger; 0 when it is about the log as a whole
	Entry id.ID  // 0 when it is not about one entry
	What  string // a sentence
}

// What can be wrong with an entry.
const (
	Changed   = "the entry was changed"
	Removed   = "the entry was removed"
	SlippedIn = "the entry was slipped in: it is neither in the log nor waiting to be taken in"
	Moved     = "the entry stands in the place of another"
	Digest    = "the digest of the entry was changed"
	LeafGone  = "the leaf of the entry was changed"
	Twice     = "the entry stands in the log twice"
)

// leaf is what a check remembers of a leaf: 24 bytes. The print stands for the
// leaf's hash. Its key is drawn for each check, so that nobody could have looked
// for an entry with the same print beforehand.
type leaf struct {
	id    int64
	print uint64
	index int64 // with seenBit once its entry was found
}

const seenBit = 1 << 62

// Check compares the log with the entries it is of. Make it with Room.Check, tell
// it of every entry there is with a Cursor, and ask Finish what is wrong. It holds
// 24 bytes for each entry.
type Check struct {
	Head    Head // the newest; zero while there is none
	Waiting int  // entries that waited when the check began

	room   *Room
	seed   maphash.Seed
	leaves map[byte][]leaf // sorted by id

	mu       sync.Mutex
	strange  []stranger // guarded by mu: entries that are no leaf
	moved    []mismatch // guarded by mu
	problems problems   // guarded by mu
	badTiles map[int64]bool

	firstOnce sync.Once
	first     id.ID // the first leaf; see Earlier
}

// stranger is an entry that was no leaf when the check began.
type stranger struct {
	kind  byte
	id    int64
	print uint64
}

// mismatch is an entry whose leaf says something else.
type mismatch struct {
	Problem
	have, want uint64
}

// mostProblems is how many problems are kept; the first in the log always is.
const mostProblems = 1000

type problems struct {
	list []Problem
	more int
}

func (p *problems) add(x Problem) {
	if len(p.list) < mostProblems {
		p.list = append(p.list, x)
		return
	}
	p.more++
	if last := slices.MaxFunc(p.list, inOrder); inOrder(x, last) < 0 {
		p.list[slices.Index(p.list, last)] = x
	}
}

// inOrder puts problems in the order of the log; those without a place come last.
func inOrder(a, b Problem) int {
	return cmp.Or(cmp.Compare(uint64(a.Index), uint64(b.Index)), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.What, b.What))
}

var (
	upperTiles = db.SQL(db.Local, `SELECT level, n, hashes FROM log_tiles WHERE level > 0 ORDER BY level, n`)
	tilesFrom  = db.SQL(db.Local, `SELECT n, width, hashes, refs FROM log_tiles WHERE level = 0 AND n >= $1 ORDER BY n`)
)

// Check begins a check: it reads the whole tree and checks its hashes up to the
// signed head, and the head against the anchor. kept are further signed heads, by
// the words that name where they were kept.
func (r *Room) Check(ctx context.Context, kept map[string]inclusion.Checkpoint) (*Check, error) {
	r.init()
	s, err := r.signer()
	if err != nil {
		return nil, err
	}
	c := &Check{room: r, seed: maphash.MakeSeed(), leaves: map[byte][]leaf{}, badTiles: map[int64]bool{}}
	err = r.DB.View(ctx, db.System("verify"), func(tx *db.Tx) error {
		found := false
		if c.Head, found, err = r.Head(tx); err != nil {
			c.whole(err)
		}
		if err := c.readTiles(tx); err != nil {
			return err
		}
		if found {
			if err := s.vouches(c.Head); err != nil {
				c.whole(err)
			}
		}
		c.compareKept(tx, kept)
		return c.readPending(tx)
	})
	for kind := range c.leaves {
		c.sort(kind)
	}
	return c, err
}

// whole records what is wrong with the log as a whole. Its place is the log's end
// when that was cut off.
func (c *Check) whole(err error) { c.problems.add(Problem{Index: -1, What: err.Error()}) }

func (c *Check) compareKept(tx *db.Tx, kept map[string]inclusion.Checkpoint) {
	anchor, err := c.room.Anchor()
	if err != nil {
		c.whole(err)
	}
	if anchor != nil {
		if err := extends(tx, c.Head, *anchor, "the anchor beside the keys"); err != nil {
			c.whole(err)
		}
	}
	for where, k := range kept {
		if err := extends(tx, c.Head, k, where); err != nil {
			c.whole(err)
		}
	}
}

// readTiles reads the leaves and computes all hashes above them again.
func (c *Check) readTiles(tx *db.Tx) error {
	stored := map[[2]int64][]byte{}
	err := tx.Each(upperTiles, func(scan db.Scan) error {
		var level, n int64
		var hashes []byte
		err := scan(&level, &n, &hashes)
		stored[[2]int64{level, n}] = hashes
		return err
	})
	if err != nil {
		return err
	}
	c.leaves[Audit] = make([]leaf, 0, c.Head.Size)
	calc, want := &edge{}, int64(0)
	err = tx.Each(leafTiles, func(scan db.Scan) error {
		var t tile
		var width int
		if err := scan(&t.n, &width, &t.hashes, &t.refs); err != nil {
			return err
		}
		for ; want < t.n; want++ {
			c.badTile(want, "are missing")
		}
		want = t.n + 1
		c.tile(&t, stored, calc)
		return nil
	})
	if err == nil {
		c.compareRoot(calc, stored)
	}
	return err
}

// tile takes in the leaves of a tile and checks it against the level above.
func (c *Check) tile(t *tile, stored map[[2]int64][]byte, calc *edge) {
	first, width := t.n<<height, int64(t.width())
	if len(t.hashes)%tlog.HashSize != 0 || len(t.refs) != int(width)*refSize || width == 0 || width > span {
		c.badTile(t.n, "were changed")
		return
	}
	for i := range width {
		kind, e := ref(t.refs, int(i))
		c.leaves[kind] = append(c.leaves[kind], leaf{int64(e), c.print(t.hashes[i*tlog.HashSize : (i+1)*tlog.HashSize]), first + i})
	}
	calc.grow(0)
	if width < span {
		calc.levels[0] = *t
		return
	}
	calc.levels[0] = tile{n: t.n + 1}
	up := t.hash()
	calc.push(1, up)
	at := (t.n & (span - 1)) * tlog.HashSize
	above := stored[[2]int64{1, t.n >> height}]
	if int64(len(above)) < at+tlog.HashSize || tlog.Hash(above[at:at+tlog.HashSize]) != up {
		c.badTile(t.n, "do not fit together")
	}
}

func (c *Check) badTile(n int64, what string) {
	c.badTiles[n] = true
	c.problems.add(Problem{Index: n << height, What: fmt.Sprintf("the hashes of the log for entries %d to %d %s", n<<height, n<<height+span-1, what)})
}

// compareRoot compares what was computed with what is stored above the leaves.
func (c *Check) compareRoot(calc *edge, stored map[[2]int64][]byte) {
	size := int64(0)
	if len(calc.levels) > 0 {
		size = calc.levels[0].n<<height + int64(calc.levels[0].width())
	}
	switch {
	case size > c.Head.Size:
		c.problems.add(Problem{Index: c.Head.Size, What: fmt.Sprintf("the log has %d entries, but its newest head says %d: the head was removed or put back", size, c.Head.Size)})
	case size < c.Head.Size:
		c.problems.add(Problem{Index: size, What: fmt.Sprintf("the log ends after %d entries, but its newest head says %d: its end was cut off", size, c.Head.Size)})
	case calc.root() != c.Head.Root:
		c.whole(damaged("the hashes of the log do not come to its newest head, of %d entries", size))
	}
	for _, t := range append(calc.full, calc.levels...) {
		if t.level > 0 && t.width() > 0 && !bytes.Equal(t.hashes, stored[[2]int64{int64(t.level), t.n}]) && len(c.badTiles) == 0 {
			c.whole(damaged("the hashes of level %d of the log were changed", t.level))
		}
	}
}

// readPending takes what waits as leaves beyond the end.
func (c *Check) readPending(tx *db.Tx) error {
	next := c.Head.Size
	return eachPending(tx, func(r Ref) {
		c.leaves[r.Kind] = append(c.leaves[r.Kind], leaf{int64(r.ID), c.printOf(r.Kind, r.Digest), next})
		next++
		c.Waiting++
	}, c.whole)
}

func eachPending(tx *db.Tx, fn func(Ref), bad func(error)) error {
	return tx.Each(allPending, func(scan db.Scan) error {
		var row int64
		var packed []byte
		if err := scan(&row, &packed); err != nil {
			return err
		}
		if err := unpack(packed, fn); err != nil {
			bad(err)
		}
		return nil
	})
}

func (c *Check) print(hash []byte) uint64 { return maphash.Bytes(c.seed, hash) }

func (c *Check) printOf(kind byte, digest []byte) uint64 {
	h := tlog.RecordHash(inclusion.Leaf(kind, digest))
	return c.print(h[:])
}

func (c *Check) sort(kind byte) {
	all := c.leaves[kind]
	slices.SortFunc(all, func(a, b leaf) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.index, b.index)) })
	for i := 1; i < len(all); i++ {
		if all[i].id == all[i-1].id {
			c.problems.add(Problem{all[i].index, kind, id.ID(all[i].id), Twice})
			all[i].index |= seenBit
		}
	}
}

// Ranges cuts the entries of a kind into ranges of keys of about n entries each,
// which may be read at the same time. Together they cover all keys.
func (c *Check) Ranges(kind byte, n int) (out [][2]id.ID) {
	all, lo := c.leaves[kind], id.ID(math.MinInt64)
	for i := n; i < len(all); i += n {
		if hi := id.ID(all[i].id); hi > lo {
			out, lo = append(out, [2]id.ID{lo, hi - 1}), hi
		}
	}
	return append(out, [2]id.ID{lo, math.MaxInt64})
}

// Cursor tells a check of entries. Several may be used at the same time, as long
// as no entry is told by two.
type Cursor struct {
	c    *Check
	kind byte
	all  []leaf
	at   int // where the last one was found
}

// Cursor gives a cursor for entries of a kind.
func (c *Check) Cursor(kind byte) *Cursor { return &Cursor{c: c, kind: kind, all: c.leaves[kind]} }

// Saw tells of an entry: the digest stored with it and the one computed from
// what it says now. Entries told in the order of their keys cost least.
func (u *Cursor) Saw(entry id.ID, stored, computed []byte) {
	l := u.find(int64(entry))
	have := u.c.printOf(u.kind, computed)
	if l == nil {
		u.c.mu.Lock()
		defer u.c.mu.Unlock()
		u.c.strange = append(u.c.strange, stranger{u.kind, int64(entry), have})
		return
	}
	index := l.index &^ seenBit
	l.index |= seenBit
	switch {
	case have != l.print:
		u.c.mismatch(mismatch{Problem{index, u.kind, entry, Changed}, have, l.print}, bytes.Equal(stored, computed))
	case !bytes.Equal(stored, computed):
		u.c.report(Problem{index, u.kind, entry, Digest})
	}
}

// Report adds what the entry's own room found wrong with it, such as changed
// evidence. It gives the entry its place in the log.
func (u *Cursor) Report(entry id.ID, what string) {
	p := Problem{-1, u.kind, entry, what}
	if l := u.find(int64(entry)); l != nil {
		p.Index = l.index &^ seenBit
	}
	u.c.report(p)
}

func (u *Cursor) find(entry int64) *leaf {
	if next := u.at + 1; next < len(u.all) && u.all[next].id == entry {
		u.at = next
		return &u.all[next]
	}
	i, found := slices.BinarySearchFunc(u.all, entry, func(l leaf, e int64) int { return cmp.Compare(l.id, e) })
	if !found {
		return nil
	}
	u.at = i
	return &u.all[i]
}

func (c *Check) report(p Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems.add(p)
}

// mismatch records an entry that is not what its leaf says. whole is whether the
// entry fits its own digest.
func (c *Check) mismatch(m mismatch, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if whole && c.badTiles[m.Index>>height] {
		m.What = LeafGone
	}
	if len(c.moved) < mostProblems {
		c.moved = append(c.moved, m)
		return
	}
	c.problems.add(m.Problem)
}

// Finish gives what is wrong, in the order of the log, and how many further
// problems were not kept.
func (c *Check) Finish(ctx context.Context) (found []Problem, more int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for kind, all := range c.leaves {
		for i := range all {
			if all[i].index&seenBit == 0 {
				c.problems.add(Problem{all[i].index, kind, id.ID(all[i].id), Removed})
			}
		}
	}
	c.reordered()
	if err := c.strangers(ctx); err != nil {
		return nil, 0, err
	}
	found = slices.DeleteFunc(c.problems.list, c.named)
	slices.SortFunc(found, inOrder)
	return found, c.problems.more, nil
}

// named reports whether a problem of a tile is told by an entry in it already.
func (c *Check) named(p Problem) bool {
	return p.Entry == 0 && p.Index >= 0 && c.badTiles[p.Index>>height] && slices.ContainsFunc(c.problems.list, func(q Problem) bool {
		return q.Entry != 0 && q.Index>>height == p.Index>>height && q.Index >= 0
	})
}

// reordered tells entries that changed places from those that were changed.
func (c *Check) reordered() {
	wanted := map[uint64]bool{}
	for _, m := range c.moved {
		wanted[m.want] = true
	}
	for _, m := range c.moved {
		if wanted[m.have] {
			m.What = Moved
		}
		c.problems.add(m.Problem)
	}
}

// strangers looks for entries that were no leaf at the beginning among those
// taken in or waiting since: the register may have been at work meanwhile.
func (c *Check) strangers(ctx context.Context) error {
	if len(c.strange) == 0 {
		return nil
	}
	since := map[stranger]bool{}
	err := c.room.DB.View(ctx, db.System("verify"), func(tx *db.Tx) error {
		err := tx.Each(tilesFrom, func(scan db.Scan) error {
			var t tile
			var width int
			err := scan(&t.n, &width, &t.hashes, &t.refs)
			for i := range min(t.width(), len(t.refs)/refSize) {
				kind, e := ref(t.refs, i)
				since[stranger{kind, int64(e), c.print(t.hashes[i*tlog.HashSize : (i+1)*tlog.HashSize])}] = true
			}
			return err
		}, c.Head.Size>>height)
		if err != nil {
			return err
		}
		return eachPending(tx, func(r Ref) { since[stranger{r.Kind, int64(r.ID), c.printOf(r.Kind, r.Digest)}] = true }, c.whole)
	})
	for _, s := range c.strange {
		if !since[s] {
			c.problems.add(Problem{-1, s.kind, id.ID(s.id), SlippedIn})
		}
	}
	return err
}
