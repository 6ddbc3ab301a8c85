package audit

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"kartotek/internal/clock"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// journal is the file that reads are noted in. What note has answered is on the
// disk. A file is held locked by the process that writes to it; one that nobody
// holds gets no more (fold.go).
//
// An entry is its length (4 bytes), salt (16), digest (32), and its canonical
// bytes, of which the digest was made: the journal holds what the log will hold.
// Zeros are written ahead of them, because a disk that has only contents to write,
// and no new size of a file, is done in half the time.
type journal struct {
	dir  string
	bell chan struct{} // something was noted
	size atomic.Int64  // bytes noted in file

	mu   sync.Mutex
	next *batch // guarded by mu: those who share the next write
	busy bool   // guarded by mu: somebody writes

	disk  sync.Mutex // held while the file is written to, or changed for another
	ended bool       // guarded by disk
	file  *os.File   // guarded by disk; nil after an error
	room  int64      // guarded by disk: bytes of the file, with the zeros
}

// batch is the entries of one write. noted and err are set when done is closed.
type batch struct {
	bytes []byte
	noted bool
	err   error
	done  chan struct{}
}

const (
	saltLen   = 16
	digestLen = 32
	headLen   = 4 + saltLen + digestLen
	entryMax  = 1 << 20
	ahead     = 64 << 10 // zeros

	journalEnd = ".seen" // of a file's name
	newEnd     = ".new"  // while it is not yet held
)

// open makes the folder ready, and fails where nothing can be noted.
func (j *journal) open(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	old, err := files(dir, newEnd) // nothing was noted in them
	for _, name := range old {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		return err
	}
	f, err := begin(dir)
	if err != nil {
		return err
	}
	j.disk.Lock()
	defer j.disk.Unlock()
	j.dir, j.ended, j.file, j.room = dir, false, f, ahead
	j.size.Store(0)
	return nil
}

// close ends the notes: note says so to those who come later.
func (j *journal) close() {
	j.disk.Lock()
	defer j.disk.Unlock()
	j.ended = true
	j.letGo()
}

// note writes entries and waits for the disk. Who comes first writes at once; those
// who come meanwhile share the next write. noted is false when the journal has been
// closed.
func (j *journal) note(rows []row) (noted bool, err error) {
	b, first := j.join(rows)
	if first {
		j.writeNext()
		if j.more() {
			go j.writeAll() // of the others, for whom this reader need not wait
		}
	}
	<-b.done
	return b.noted, b.err
}

func (j *journal) join(rows []row) (b *batch, first bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.next == nil {
		j.next = &batch{bytes: make([]byte, 0, 512), done: make(chan struct{})}
	}
	for i := range rows {
		j.next.bytes = rows[i].note(j.next.bytes)
	}
	first, j.busy = !j.busy, true
	return j.next, first
}

// more reports whether somebody waits; if not, the next who comes is the first.
func (j *journal) more() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.busy = j.next != nil
	return j.busy
}

func (j *journal) writeAll() {
	for more := true; more; more = j.more() {
		j.writeNext()
	}
}

// writeNext writes what those who wait have to note.
func (j *journal) writeNext() {
	j.disk.Lock()
	defer j.disk.Unlock()
	j.mu.Lock()
	b := j.next
	j.next = nil
	j.mu.Unlock()
	if !j.ended {
		b.noted, b.err = true, j.write(b.bytes)
	}
	close(b.done)
}

// write adds bytes to the file. After an error the file is cut back to what was
// answered and left: a disk that refused once is not believed about the same file.
func (j *journal) write(b []byte) (err error) {
	if j.file == nil {
		if j.file, err = begin(j.dir); err != nil {
			return err
		}
		j.room = ahead
	}
	was := j.size.Load()
	if end := was + int64(len(b)); end > j.room {
		j.room = end + ahead
		_, err = j.file.WriteAt(make([]byte, j.room-was), was)
	}
	if err == nil {
		_, err = j.file.WriteAt(b, was)
	}
	if err == nil {
		err = syncData(j.file)
	}
	if err != nil {
		err = errors.Join(err, j.file.Truncate(was))
		j.letGo()
		return err
	}
	j.size.Add(int64(len(b)))
	j.ring()
	return nil
}

// ring wakes Run.
func (j *journal) ring() {
	select {
	case j.bell <- struct{}{}:
	default:
	}
}

// begin makes a file. It gets its name only when it is held, so that nobody takes
// it for one that was left.
func begin(dir string) (*os.File, error) {
	name := filepath.Join(dir, seal.Token())
	f, err := os.OpenFile(name+newEnd, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		_, err = f.Write(make([]byte, ahead))
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(name+newEnd, name+journalEnd)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		_ = os.Remove(name + newEnd)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// turn lets go of the file, so that it can be taken into the log, unless nothing
// was noted in it. The next one is made before, so that no reader waits for it.
func (j *journal) turn() {
	if j.size.Load() == 0 {
		return
	}
	f, err := begin(j.dir)
	if err != nil {
		f = nil // the next reader will try, and hear of it
	}
	j.disk.Lock()
	defer j.disk.Unlock()
	j.letGo()
	if j.ended && f != nil {
		_ = f.Close() // empty
		f = nil
	}
	j.file, j.room = f, ahead
}

func (j *journal) letGo() {
	if j.file != nil {
		_ = j.file.Close() // what was noted is on the disk
	}
	j.file = nil
	j.size.Store(0)
}

// files lists those of a folder whose names end so.
func files(dir, end string) (out []string, err error) {
	all, err := os.ReadDir(dir)
	for _, f := range all {
		if strings.HasSuffix(f.Name(), end) {
			out = append(out, filepath.Join(dir, f.Name()))
		}
	}
	return out, err
}

// syncFolder makes the names in a folder survive a power cut.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// note appends an entry as the journal holds it.
func (r *row) note(b []byte) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	b = append(append(b, r.salt...), r.digest...)
	b = r.canonical(b)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}

// noted reads the first entry of b. size is 0 when b does not begin with a whole
// entry that is what it was.
func noted(b []byte) (r row, size int) {
	if len(b) < headLen {
		return row{}, 0
	}
	n := int(binary.BigEndian.Uint32(b))
	if n < headLen || n > entryMax || n > len(b) {
		return row{}, 0
	}
	r.salt, r.digest = b[4:4+saltLen], b[4+saltLen:headLen]
	if !r.parse(b[headLen:n]) || r.sum() != [digestLen]byte(r.digest) {
		return row{}, 0
	}
	return r, n
}

// parse reads what canonical wrote.
func (r *row) parse(b []byte) bool {
	c := cut{b, true}
	if c.text() != version {
		return false
	}
	r.ID, r.At = id.ID(c.number()), clock.FromMs(c.number())
	r.By.ID, r.Person, r.Count = id.ID(c.number()), id.ID(c.number()), int(c.number())
	for _, s := range []*string{&r.By.Kind, &r.By.Name, &r.By.Level, &r.By.Device, &r.Purpose, &r.Action, &r.Kind, &r.Object, &r.detail, &r.Outcome} {
		*s = c.text()
	}
	r.By.Purpose = r.Purpose
	return c.ok && len(c.rest) == 0
}

// cut takes fields off the front of rest; ok is false once one was not there.
type cut struct {
	rest []byte
	ok   bool
}

func (c *cut) take(n int) []byte {
	if !c.ok || n < 0 || n > len(c.rest) {
		c.ok = false
		return make([]byte, 8)
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cut) number() int64 { return int64(binary.BigEndian.Uint64(c.take(8))) }

func (c *cut) text() string {
	n := binary.BigEndian.Uint32(c.take(4))
	if n > entryMax {
		c.ok = false
		return ""
	}
	return string(c.take(int(n)))
}
