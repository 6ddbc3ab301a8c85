package db

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Version tells whether anything was written; see Same. The zero Version is the
// same as none that DB.Version gives.
type Version struct {
	text   string // PostgreSQL
	epoch  int    // from 1 on SQLite
	n      uint32
	unsure bool
}

// Same reports whether nothing was committed since an earlier version was taken,
// by this process or another, except quiet transactions of this one (Tx.Quiet).
// It may be false although nothing was, never true although something was.
func (v Version) Same(earlier Version) bool {
	return !earlier.unsure && v.text == earlier.text && v.epoch == earlier.epoch && v.n == earlier.n && v != (Version{})
}

// watch looks. SQLite in WAL mode keeps a header in memory that all connections of
// all processes share, the first 48 bytes of the file ending in -shm, and counts
// the commits there (iChange in https://sqlite.org/walformat.html): reading a
// number from it costs nothing, while asking a connection costs some microseconds
// for each message of a send. A connection of our own keeps the file in place.
type watch struct {
	mu     sync.Mutex
	pool   *sql.DB
	file   string
	conn   *sql.Conn  // guarded by mu
	shm    *os.File   // guarded by mu; open as long as any connection is, see begin
	kept   []*os.File // guarded by mu; as shm
	header []byte     // guarded by mu until it is there, then never changed
	last   uint32     // guarded by mu
	epoch  int        // guarded by mu: raised when the count began anew, after a crash of another process

	// Quiet commits are taken off the count. step is odd while one is under way: then,
	// or when one ended during a look, the count may hold one that was not taken off.
	// Such a version is too high or right, never too low, so one that equals an
	// earlier sure one still tells that nothing was written; but it is unsure itself.
	step  atomic.Int64
	quiet atomic.Uint32
}

// Quiet declares that what this transaction writes is nothing that anybody rests
// on who compares Versions: its own bookkeeping, a line of the log. On SQLite its
// commit then leaves the Version as it was; on PostgreSQL it says nothing.
func (t *Tx) Quiet() { t.quiet = true }

// commit commits a transaction that wrote something, and takes it off the count.
func (w *watch) commit(commit func() error) error {
	w.step.Add(1)
	defer w.step.Add(1)
	err := commit()
	if err == nil {
		w.quiet.Add(1)
	}
	return err
}

// Version is the version of the register now. It costs next to nothing on
// SQLite, a round trip on PostgreSQL, and is meant for those who have read
// something and want to know cheaply that it still holds: take the version
// first, read, and compare later.
func (d *DB) Version(ctx context.Context) (Version, error) {
	if d.engine == Postgres {
		// The transactions finished so far: each that writes has a number, and the
		// list of those still open is part of the text.
		var v string
		err := d.read.QueryRowContext(ctx, `SELECT CAST(txid_current_snapshot() AS TEXT)`).Scan(&v)
		return Version{text: v}, err
	}
	return d.watch.look(ctx)
}

const (
	headerLen  = 48
	countPlace = 8 // of iChange in the header
)

func (w *watch) look(ctx context.Context) (Version, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.header == nil {
		if err := w.begin(ctx); err != nil {
			return Version{}, err
		}
	}
	step, quiet := w.step.Load(), w.quiet.Load()
	n := atomic.LoadUint32((*uint32)(unsafe.Pointer(&w.header[countPlace])))
	if n < w.last {
		w.epoch++
	}
	w.last = n
	return Version{epoch: w.epoch, n: n - quiet, unsure: step&1 == 1 || step != w.step.Load()}, nil
}

// begin connects, which makes the file, and maps the header.
func (w *watch) begin(ctx context.Context) error {
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return err
	}
	var n int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n); err != nil {
		return errors.Join(err, conn.Close())
	}
	// The system drops every lock a process has on a file when the process closes any
	// descriptor of it. Were this one closed while connections are open, another
	// process would take the register for unused and empty the file under us.
	if w.shm == nil {
		if w.shm, err = os.Open(w.file + "-shm"); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	w.header, err = syscall.Mmap(int(w.shm.Fd()), 0, headerLen, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	w.conn = conn
	return nil
}

// release closes the file of the header, when no connection is open any more.
func (w *watch) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shm != nil {
		w.shm.Close()
		w.shm = nil
	}
	for _, f := range w.kept {
		f.Close()
	}
	w.kept = nil
}

func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.header != nil {
		_ = syscall.Munmap(w.header)
		w.conn.Close()
		w.header, w.conn = nil, nil
	}
	if w.pool != nil {
		w.pool.Close()
	}
}
