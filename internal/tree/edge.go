package tree

import (
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

// emptyRoot is the root of a tree without leaves. Source: RFC 6962, section 2.1
var emptyRoot, _ = tlog.TreeHash(0, nil)

// tile is a stretch of 256 hashes of a level, or fewer at the right edge.
type tile struct {
	level     int
	n         int64
	hashes    []byte // 32 bytes each
	refs      []byte // level 0: refSize bytes each
	low, high int64  // level 0: of the keys in refs
	dirty     bool
}

func (t *tile) width() int { return len(t.hashes) / tlog.HashSize }

// hash is the root of the tree over a full tile's hashes.
func (t *tile) hash() tlog.Hash { return perfect(t.hashes) }

// perfect is the root over hashes whose number is a power of two.
func perfect(data []byte) tlog.Hash {
	if len(data) == tlog.HashSize {
		return tlog.Hash(data)
	}
	half := len(data) / 2
	return tlog.NodeHash(perfect(data[:half]), perfect(data[half:]))
}

// edge is the right edge of the tree: the last, unfinished tile of each level.
// It is all that appending needs.
type edge struct {
	levels []tile
	full   []tile // finished since the edge was loaded
}

// add appends a leaf.
func (e *edge) add(r Ref, leaf tlog.Hash) {
	e.grow(0)
	t := &e.levels[0]
	t.refs = append(t.refs, r.Kind)
	t.refs = binary.BigEndian.AppendUint64(t.refs, uint64(r.ID))
	if len(t.refs) == refSize || int64(r.ID) < t.low {
		t.low = int64(r.ID)
	}
	t.high = max(t.high, int64(r.ID))
	e.push(0, leaf)
}

// push appends a hash to a level, and the tile's root to the next when it is full.
func (e *edge) push(level int, h tlog.Hash) {
	e.grow(level)
	t := &e.levels[level]
	t.hashes, t.dirty = append(t.hashes, h[:]...), true
	if t.width() < span {
		return
	}
	up := t.hash()
	e.full = append(e.full, *t)
	e.levels[level] = tile{level: level, n: t.n + 1}
	e.push(level+1, up)
}

func (e *edge) grow(level int) {
	for len(e.levels) <= level {
		e.levels = append(e.levels, tile{level: len(e.levels)})
	}
}

// root is the root over everything left of the edge: the perfect trees of each
// level, joined from the right. Source: RFC 6962, section 2.1
func (e *edge) root() tlog.Hash {
	var acc tlog.Hash
	some := false
	for _, t := range e.levels {
		for end, bit := t.width(), 1; end > 0; bit <<= 1 {
			if end&bit == 0 {
				continue
			}
			h := perfect(t.hashes[(end-bit)*tlog.HashSize : end*tlog.HashSize])
			if some {
				h = tlog.NodeHash(h, acc)
			}
			acc, some, end = h, true, end-bit
		}
	}
	if !some {
		return emptyRoot
	}
	return acc
}

// loadEdge reads the edge of a tree of a size.
func loadEdge(tx *db.Tx, size int64) (*edge, error) {
	e := &edge{}
	for level := 0; size>>(height*level) > 0; level++ {
		count := size >> (height * level)
		e.grow(level)
		t := &e.levels[level]
		t.n = count >> height
		width := int(count & (span - 1))
		if width == 0 {
			continue
		}
		if err := t.load(tx); err != nil {
			return nil, err
		}
		if t.width() != width || level == 0 && len(t.refs) != width*refSize {
			return nil, damaged("the hashes at the end of the log do not fit its size of %d", size)
		}
	}
	return e, nil
}

// load reads the tile's contents.
func (t *tile) load(tx *db.Tx) error {
	var width int
	_, err := tx.One(selectOne, []any{&width, &t.hashes, &t.refs, &t.low, &t.high}, t.level, t.n)
	return err
}

var putTiles = db.Bulk(db.Local, "log_tiles", `level, n, width, hashes, refs, low, high`,
	`(level, n) DO UPDATE SET width = excluded.width, hashes = excluded.hashes, refs = excluded.refs, low = excluded.low, high = excluded.high`)

// store writes what has changed.
func (e *edge) store(tx *db.Tx) error {
	all := e.full
	for _, t := range e.levels {
		if t.dirty && len(t.hashes) > 0 {
			all = append(all, t)
		}
	}
	return tx.Bulk(putTiles, len(all), func(i int, d []any) {
		t := &all[i]
		refs := t.refs
		if refs == nil {
			refs = []byte{}
		}
		d[0], d[1], d[2], d[3], d[4], d[5], d[6] = int64(t.level), t.n, int64(t.width()), t.hashes, refs, t.low, t.high
	})
}

// ref reads the ith entry of a tile's refs.
func ref(refs []byte, i int) (kind byte, entry id.ID) {
	b := refs[i*refSize:]
	return b[0], id.ID(binary.BigEndian.Uint64(b[1:]))
}

// leafTiles walks all leaves in the order of the tree.
var leafTiles = db.SQL(db.Local, `SELECT n, width, hashes, refs FROM log_tiles WHERE level = 0 ORDER BY n`)
