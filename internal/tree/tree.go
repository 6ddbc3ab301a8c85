// Package tree makes one log of everything that must not be changed unseen: a
// tree of hashes over the entries of the audit log and of the permission ledger.
//
// # What it is good for
//
// An entry's own digest shows that it was changed. It does not show that an entry
// was taken out, put in, or moved, nor that the whole register was put back to
// last week. The tree does: each entry is a leaf, in the order in which entries
// were taken in, and the signed root over all leaves is kept outside the database,
// where whoever holds the database cannot reach it. The arithmetic is RFC 6962,
// that of certificate transparency; package inclusion has the texts.
//
// # From an act to its leaf
//
// An act writes its entries and, by Pend, one row that names them, in its own
// transaction: none exists without the other. It does no more, and waits for
// nobody. Within a second the sequencer (Run) takes the waiting rows in order,
// appends their leaves, signs the new head, and removes the rows, all in one
// transaction. One node does this at a time, by a lease of five seconds; that two
// would not do it at once is held by the head's key as well, for two passes from
// one state make heads that cannot both be stored.
//
// # How it is stored
//
// Hashes are kept in tiles of 256, as c2sp.org/tlog-tiles has them: a tile of
// level 0 holds 256 leaves, one of level 1 the roots of 256 such tiles, and so on.
// A full tile never changes. A tile of level 0 also says which entries its leaves
// are and the lowest and highest of their keys, so that an entry's place is found
// without a row for each. A million entries take 4,000 rows.
//
// # The anchor
//
// After each pass the signed head is written to a file beside the keys, and to
// further places the operator names. Before each pass the sequencer checks that
// the database's tree still begins with what the anchor says. If it does not, the
// end of the log was cut off, or an old copy was restored, or something was
// rewritten: it stops, says so, and leaves it to a person (anchor.go).
//
// Types: Ref, Room, Head, Check. Tables: log_pending, log_tiles, log_heads,
// log_lease (all local).
package tree

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// The kinds of entry, as the first byte of a leaf.
const (
	Audit  byte = 'a' // of the audit log
	Ledger byte = 'l' // of the permission ledger
)

// Ref names an entry that is to become a leaf.
type Ref struct {
	Kind   byte
	ID     id.ID
	Digest []byte // 32 bytes, salted
}

// Schema is the tables of the room.
var Schema = db.Schema{Room: "tree", Tables: []db.Table{
	{
		Name: "log_pending", Kind: db.LocalTable, Key: "id",
		Cols: db.Cols(`id big, packed blob`),
	},
	{
		Name: "log_tiles", Kind: db.LocalTable, Key: "level, n",
		Cols:    db.Cols(`level int, n big, width int, hashes blob, refs blob, low big, high big`),
		Indexes: []db.Index{{Name: "log_tiles_high", Cols: "level, high, low, n"}},
	},
	{
		Name: "log_heads", Kind: db.LocalTable, Key: "size",
		Cols: db.Cols(`size big, at big, root blob, checkpoint text`),
	},
	{
		Name: "log_lease", Kind: db.LocalTable, Key: "name",
		Cols: db.Cols(`name text, holder text, until big`),
	},
}}

// The sizes of what is packed into blobs.
const (
	pendSize = 1 + 8 + tlog.HashSize // kind, key, digest
	refSize  = 1 + 8                 // kind, key
	height   = 8                     // of a tile
	span     = 1 << height           // hashes in a full tile
)

var insPending = db.Bulk(db.Local, "log_pending", `id, packed`, "")

// Pend names entries that are to be taken into the tree, as part of the
// transaction that writes them. However many they are, it writes one row.
func Pend(tx *db.Tx, refs ...Ref) error {
	if len(refs) == 0 {
		return nil
	}
	packed := make([]byte, 0, len(refs)*pendSize)
	for _, r := range refs {
		if len(r.Digest) != tlog.HashSize {
			return fault.New(fault.Internal, "tree.digest", "an entry of the log has a digest of 32 bytes, this one has %d", len(r.Digest))
		}
		packed = append(packed, r.Kind)
		packed = binary.BigEndian.AppendUint64(packed, uint64(r.ID))
		packed = append(packed, r.Digest...)
	}
	if err := tx.Bulk(insPending, 1, func(_ int, d []any) { d[0], d[1] = int64(tx.NewID()), packed }); err != nil {
		return fault.New(fault.Unavailable, "audit.unwritable", "the log cannot be written, so nothing was done").Because(err)
	}
	tx.AfterCommit(bell.ring)
	return nil
}

// unpack calls fn for each entry of a waiting row.
func unpack(packed []byte, fn func(Ref)) error {
	if len(packed)%pendSize != 0 {
		return fault.New(fault.Conflict, "tree.pending", "a row that waits to be taken into the log was changed")
	}
	for ; len(packed) > 0; packed = packed[pendSize:] {
		fn(Ref{Kind: packed[0], ID: id.ID(binary.BigEndian.Uint64(packed[1:])), Digest: packed[9:pendSize]})
	}
	return nil
}

// Room is the open log. Set DB and Keys.
type Room struct {
	DB     *db.DB
	Keys   *seal.Keys
	Places []Place      // where signed heads are also written; may be empty
	Log    *slog.Logger // default: nothing is logged

	once   sync.Once
	holder string                // this room's name on the lease; set by init
	pass   sync.Mutex            // one pass at a time
	broken atomic.Pointer[error] // why the last pass was refused
	latest atomic.Pointer[[]byte]
}

func (r *Room) init() {
	r.once.Do(func() {
		r.holder = seal.Token()[:12]
		if r.Log == nil {
			r.Log = slog.New(slog.DiscardHandler)
		}
	})
}

// Broken says why nothing is taken into the tree any more; nil while all is well.
// What it gives is a fault for a person to act on.
func (r *Room) Broken() error {
	if err := r.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// Head is the state of the log at a moment.
type Head struct {
	Size       int64
	At         int64 // ms
	Root       tlog.Hash
	Checkpoint []byte // signed
}

var (
	lastHead  = db.SQL(db.Local, `SELECT size, at, root, checkpoint FROM log_heads ORDER BY size DESC LIMIT 1`)
	twoHeads  = db.SQL(db.Local, `SELECT size, at FROM log_heads ORDER BY size DESC LIMIT 2`)
	dropHead  = db.SQL(db.Local, `DELETE FROM log_heads WHERE size = $1`)
	insHead   = db.SQL(db.Local, `INSERT INTO log_heads (size, at, root, checkpoint) VALUES ($1, $2, $3, $4)`)
	selectOne = db.SQL(db.Local, `SELECT width, hashes, refs, low, high FROM log_tiles WHERE level = $1 AND n = $2`)
)

// Head gives the newest head; found is false while nothing was ever taken in.
func (r *Room) Head(tx *db.Tx) (h Head, found bool, err error) {
	var root []byte
	var text string
	found, err = tx.One(lastHead, []any{&h.Size, &h.At, &root, &text})
	if err == nil && found && len(root) != tlog.HashSize {
		err = damaged("the newest head of the log was changed")
	}
	copy(h.Root[:], root)
	h.Checkpoint = []byte(text)
	if !found {
		h.Root = emptyRoot
	}
	return h, found, err
}

// Latest is Head for a door that has no transaction at hand.
func (r *Room) Latest(ctx context.Context) (h Head, found bool, err error) {
	err = r.DB.View(ctx, db.System("log"), func(tx *db.Tx) (err error) { h, found, err = r.Head(tx); return err })
	return h, found, err
}

func damaged(format string, args ...any) error {
	return fault.New(fault.Conflict, "tree.damaged", format, args...)
}
