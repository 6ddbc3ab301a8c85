package tree

import (
	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
)

// reader reads hashes of the tree from its tiles. It serves one transaction.
type reader struct {
	tx    *db.Tx
	tiles map[[2]int64][]byte
}

func newReader(tx *db.Tx) *reader { return &reader{tx, map[[2]int64][]byte{}} }

// ReadHashes implements tlog.HashReader.
func (r *reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		t := tlog.TileForIndex(height, x)
		key := [2]int64{int64(t.L), t.N}
		data, ok := r.tiles[key]
		if !ok {
			in := tile{level: t.L, n: t.N}
			if err := in.load(r.tx); err != nil {
				return nil, err
			}
			data = in.hashes
			r.tiles[key] = data
		}
		var err error
		if out[i], err = tlog.HashFromTile(t, data, x); err != nil {
			return nil, damaged("hashes %d of level %d of the log are missing", t.N, t.L)
		}
	}
	return out, nil
}

// nextTiles walks the tiles that may hold a key, those whose highest is nearest
// above it first.
var nextTiles = db.SQL(db.Local, `SELECT n, low, high FROM log_tiles WHERE level = 0 AND high >= $1 ORDER BY high, low, n`)

// IndexOf finds the place of an entry in the log. found is false when it waits
// to be taken in, or is none of the log's.
func (r *Room) IndexOf(tx *db.Tx, kind byte, entry id.ID) (index int64, found bool, err error) {
	for skip := 0; !found; {
		near, more, err := nearTiles(tx, entry, skip)
		if err != nil {
			return 0, false, err
		}
		for _, n := range near {
			if index, found, err = search(tx, n, kind, entry); found || err != nil {
				return index, found, err
			}
		}
		if !more {
			return 0, false, nil
		}
		skip += look
	}
	return 0, false, nil
}

// look is how many tiles one query looks at. Keys rise with time, so that the
// first that may hold an entry mostly does.
const look = 16

// nearTiles gives, of the next tiles after skip, those that may hold an entry.
func nearTiles(tx *db.Tx, entry id.ID, skip int) (near []int64, more bool, err error) {
	seen := 0
	err = tx.Each(nextTiles, func(scan db.Scan) error {
		var n, low, high int64
		if err := scan(&n, &low, &high); err != nil {
			return err
		}
		if seen++; seen <= skip {
			return nil
		}
		if low <= int64(entry) {
			near = append(near, n)
		}
		if more = seen == skip+look; more {
			return db.Stop
		}
		return nil
	}, int64(entry))
	return near, more, err
}

func search(tx *db.Tx, n int64, kind byte, entry id.ID) (index int64, found bool, err error) {
	t := tile{n: n}
	if err := t.load(tx); err != nil {
		return 0, false, err
	}
	for i := range len(t.refs) / refSize {
		if k, e := ref(t.refs, i); e == entry && k == kind {
			return n<<height + int64(i), true, nil
		}
	}
	return 0, false, nil
}

// Prove gives the proof that an entry stands in the log, under the newest signed
// head. An entry so young that it waits to be taken in is a fault "tree.waits".
func (r *Room) Prove(tx *db.Tx, kind byte, entry id.ID) (inclusion.Proof, error) {
	head, _, err := r.Head(tx)
	if err != nil {
		return inclusion.Proof{}, err
	}
	index, found, err := r.IndexOf(tx, kind, entry)
	if err != nil {
		return inclusion.Proof{}, err
	}
	if !found || index >= head.Size {
		return inclusion.Proof{}, fault.New(fault.Conflict, "tree.waits", "the entry is not in the log yet; it is taken in within a second while the server runs")
	}
	return r.proveIndex(tx, head, index)
}

func (r *Room) proveIndex(tx *db.Tx, head Head, index int64) (inclusion.Proof, error) {
	tiles := newReader(tx)
	path, err := tlog.ProveRecord(head.Size, index, tiles)
	if err != nil {
		return inclusion.Proof{}, err
	}
	leaf, err := tiles.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return inclusion.Proof{}, err
	}
	if tlog.CheckRecord(path, head.Size, head.Root, index, leaf[0]) != nil {
		return inclusion.Proof{}, damaged("the hashes of the log do not lead from entry %d to its head; run kartotek verify", index)
	}
	p := inclusion.Proof{Index: index, Checkpoint: head.Checkpoint}
	for _, h := range path {
		p.Path = append(p.Path, h)
	}
	return p, nil
}
