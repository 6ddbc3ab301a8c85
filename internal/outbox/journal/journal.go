// Package journal tells after a crash how far each message had come.
//
// The database is told of a group of messages before it is handed over and of the
// outcomes afterwards; what lies between is lost with the process. A Journal is a
// file of the process that says of each message whether its text was begun and
// whether it was taken. Package outbox asks it when it settles what a dead process
// left behind, and believes nothing that could be older than the machine's start.
package journal

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// Journal is a file of one process beside the register: which messages it marked
// as handed, of which it began to transmit the text, and which were taken. The
// database knows the first, for a whole group at a time; of the others it hears
// only afterwards. A process that is killed leaves its journal, because what was
// written to a file outlives the process though not the machine: its handed
// messages that were not begun can be queued again, those that were taken are
// sent, and only the few in between are uncertain.
//
// A journal is believed only when its process is dead, which the system tells by
// the lock on the file being free, and the machine has not been restarted since. In every other case, and for a nil Journal, a handed
// message without an outcome stays uncertain. The file holds ids, nothing else.
type Journal struct {
	Dir string

	mu   sync.Mutex
	file *os.File // guarded by mu; opened when first written to
	old  *os.File // guarded by mu; the one before, still holding what is under way
	size int      // guarded by mu; of file
	late []byte   // guarded by mu; records that go with the next ones
}

// Step is how far a message came; a later one outweighs an earlier one, whichever
// file tells it. The zero Step is that nothing is known.
type Step byte

// The steps.
const (
	Handed Step = 1 + iota
	Begun
	Taken
)

// Try is one hand-over of a message.
type Try struct {
	Message id.ID
	Attempt int
}

const (
	recordLen  = 13      // step, message id, attempt
	journalMax = 4 << 20 // then a new file is begun; far more than is ever under way
	journalEnd = ".journal"
)

// boot names this start of the machine; "" where it cannot be told.
func boot() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// write appends records; it returns once they would survive this process.
func (j *Journal) write(kind Step, all ...Try) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil || j.size > journalMax {
		if err := j.open(); err != nil {
			return err
		}
	}
	for _, m := range all {
		j.late = record(j.late, kind, m)
	}
	n, err := j.file.Write(j.late)
	j.size += n
	j.late = j.late[:0]
	return err
}

func record(b []byte, kind Step, m Try) []byte {
	b = append(b, byte(kind))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Message))
	return binary.BigEndian.AppendUint32(b, uint32(m.Attempt))
}

// open begins a file that nobody else has, locked as long as this process lives.
func (j *Journal) open() error {
	if err := os.MkdirAll(j.Dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(j.Dir, boot()+"."+seal.Token()+journalEnd), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	err = drop(j.old)
	j.old, j.file, j.size = j.file, f, 0
	return err
}

func drop(f *os.File) error {
	if f == nil {
		return nil
	}
	return errors.Join(os.Remove(f.Name()), f.Close())
}

// Handed notes a group just before its hand-over is committed. If the commit does
// not come about they were never handed, and the note says nothing; without the
// note they would be uncertain after a crash.
func (j *Journal) Handed(group []Try) error { return j.write(Handed, group...) }

// Begun notes that a message's text is about to be transmitted. An error must stop it.
func (j *Journal) Begun(m Try) error { return j.write(Begun, m) }

// Taken notes that the receiving server took a message. The note is written with
// the next one, which follows at once while a group is under way; a process killed
// between leaves one message more uncertain than it need be.
func (j *Journal) Taken(m Try) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.late = record(j.late, Taken, m)
}

// Close removes the file of a process that ends in order: it left nothing open.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	return errors.Join(drop(j.old), drop(j.file))
}

// Told lists how far dead processes of this start of the machine came with what they handed over.
func (j *Journal) Told() map[Try]Step {
	out := map[Try]Step{}
	if j == nil || boot() == "" {
		return out
	}
	files, _ := os.ReadDir(j.Dir) // missing, or not to be read: nothing is told
	for _, f := range files {
		name := filepath.Join(j.Dir, f.Name())
		switch {
		case !strings.HasSuffix(name, journalEnd):
		case !strings.HasPrefix(f.Name(), boot()+"."):
			_ = os.Remove(name) // of an earlier start: it proves nothing any more
		default:
			readJournal(name, out)
		}
	}
	return out
}

func readJournal(name string, out map[Try]Step) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil {
		return // its process lives and may still transmit
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return
	}
	for ; len(data) >= recordLen; data = data[recordLen:] {
		t := Try{id.ID(binary.BigEndian.Uint64(data[1:])), int(binary.BigEndian.Uint32(data[9:]))}
		out[t] = max(out[t], Step(data[0]))
	}
}
