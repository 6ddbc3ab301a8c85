// Package journal is the file beside the keys that remembers who must not come back.
//
// A backup is older than what happened since: put back, it would bring to life whoever
// was erased meanwhile, and forget who said no. So each erasure, each objection and
// each withdrawal is also written here, outside the database and outside its backups,
// before it is committed; and when a register is opened, what the journal holds and the
// database does not is carried out again before anybody is served.
// law: GDPR 17(1), 21(3), 7(3)
//
// # What a line holds
//
//	{"k":"erased","at":…,"who":["…"],"held":{"<keyed hash>":"email marketing"},…}  <mark>
//
// Keys of people, keyed hashes of their addresses (seal.Keys.Blind), dates, scopes, and
// a mark that only this register can make; no address, no name. Lines are only ever
// added. One that a power cut left half written has no good mark and is passed over:
// its act was never committed. Whoever writes next says behind it that it was cut; any
// other line without a good mark was damaged or changed, and Damaged finds it. That
// lines were taken away shows nowhere here.
//
// # Several processes, several machines
//
// Processes of one machine add to one file, a whole line at a time. On PostgreSQL each
// node has its own file in its own keys folder; before a backup is put back, those of
// all nodes are laid together in one keys folder, under any names that end in
// ".journal": all such files are read. Keep copies a file to further places.
package journal

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// FileName is the file that this machine writes; Ending is that of all files read.
const (
	FileName = "erasures.journal"
	Ending   = ".journal"
)

// Kinds of line.
const (
	Begun     = "begun"     // the first line of a file, which names it
	Cut       = "cut"       // the line before was cut off when it was written
	Erased    = "erased"    // somebody was erased
	Forbidden = "forbidden" // somebody forbade something
	Withdrawn = "withdrawn" // somebody withdrew a consent
)

// Line is one act. Times are ms.
type Line struct {
	Kind    string            `json:"k"`
	At      int64             `json:"at"`
	File    string            `json:"file,omitempty"`  // of a begun line
	People  []id.ID           `json:"who,omitempty"`   // the person, and those merged into them
	Entry   id.ID             `json:"entry,omitempty"` // of the ledger, for what was said
	Scope   string            `json:"scope,omitempty"`
	Purpose string            `json:"purpose,omitempty"`
	Channel string            `json:"channel,omitempty"`
	Said    int64             `json:"said,omitempty"`   // when the person said it, when that was another time
	Notice  int               `json:"notice,omitempty"` // version shown
	Ground  string            `json:"ground,omitempty"`
	Kept    map[string]string `json:"kept,omitempty"`   // "keeper.kind" to code
	Fields  map[string]string `json:"fields,omitempty"` // single fields kept, to code
	Only    []string          `json:"only,omitempty"`   // rooms that took part, when not all
	Held    map[string]string `json:"held,omitempty"`   // keyed hash of an address to "kind class"
}

// Journal is the open journal of a register. A nil Journal, and one of keys that live
// in memory, writes and reads nothing. It is safe for concurrent use.
type Journal struct {
	Keys *seal.Keys

	mu      sync.Mutex
	file    *os.File // guarded by mu; opened when first written to
	written int64    // guarded by mu: lines written by this process
	synced  int64    // guarded by mu: of these, those known to be on the disk
	broken  error    // guarded by mu: a failed write to the disk; nothing is written after it
}

func (j *Journal) off() bool { return j == nil || j.Keys == nil || j.Keys.Dir() == "" }

// Path is the file this machine writes; "" for none.
func (j *Journal) Path() string {
	if j.off() {
		return ""
	}
	return filepath.Join(j.Keys.Dir(), FileName)
}

// Note writes lines just before a transaction is committed, and has them on the disk by
// then. Acts that share a commit share the wait for the disk.
func (j *Journal) Note(tx *db.Tx, lines ...Line) {
	if j.off() || len(lines) == 0 {
		return
	}
	var n int64
	tx.BeforeCommit(func() (err error) {
		var text []byte
		for i := range lines {
			lines[i].At = tx.Now()
			text = j.line(text, &lines[i])
		}
		n, err = j.write(tx.Now(), text, int64(len(lines)))
		return unwritable(err)
	}, func() error { return unwritable(j.sync(n)) })
}

func unwritable(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Unavailable, "journal.unwritable", "the journal of erasures beside the keys cannot be written, so nothing was done").Because(err)
}

// line appends a line with its mark.
func (j *Journal) line(b []byte, l *Line) []byte {
	body, _ := json.Marshal(l) // texts and numbers always encode
	b = append(b, body...)
	b = append(b, '\t')
	b = base64.RawURLEncoding.AppendEncode(b, j.Keys.MAC("journal", body))
	return append(b, '\n')
}

func (j *Journal) write(at int64, text []byte, lines int64) (n int64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return 0, j.broken
	}
	if j.file == nil {
		if err := j.open(at); err != nil {
			return 0, err
		}
	}
	if _, err := j.file.Write(text); err != nil {
		return 0, err
	}
	j.written += lines
	return j.written, nil
}

// open opens the file for adding. A last line without an end is closed off and said to
// be cut, so that the next one stands by itself.
func (j *Journal) open(at int64) error {
	f, err := os.OpenFile(j.Path(), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if info.Size() == 0 {
		_, err = f.Write(j.line(nil, &Line{Kind: Begun, At: at, File: seal.Token()}))
		err = errors.Join(err, f.Sync())
		seal.SyncDir(j.Keys.Dir())
	} else {
		last := make([]byte, 1)
		if _, err = f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			_, err = f.Write(j.line([]byte("\n"), &Line{Kind: Cut, At: at}))
		}
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.file = f
	return nil
}

// sync waits until n lines are on the disk. What the system could not write once may
// be lost for good although a later try succeeds, so an error is final: the program is
// to be started anew.
func (j *Journal) sync(n int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.synced >= n {
		return j.broken
	}
	if j.broken != nil {
		return j.broken
	}
	if err := j.file.Sync(); err != nil {
		j.broken = err
		return err
	}
	j.synced = j.written
	return nil
}

// Close closes the file.
func (j *Journal) Close() error {
	if j.off() {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}

// Files lists the journals in the keys folder.
func (j *Journal) Files() ([]string, error) {
	if j.off() {
		return nil, nil
	}
	return filepath.Glob(filepath.Join(j.Keys.Dir(), "*"+Ending))
}

// Reading is a journal that is being read.
type Reading struct {
	Name   string // of the file's first line: it stays when the file is copied or renamed
	Offset int64  // of the end of the last line read
	Bad    int    // lines without a good mark that are not said to have been cut
	bad    bool   // the line before has none
	keys   *seal.Keys
	file   *os.File
	in     *bufio.Reader
}

// Read begins to read a file. Call Close.
func (j *Journal) Read(file string) (*Reading, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	r := &Reading{keys: j.Keys, file: f, in: bufio.NewReaderSize(f, 64<<10)}
	first, err := r.Next()
	if errors.Is(err, io.EOF) || err == nil && first.Kind != Begun {
		f.Close()
		return nil, fault.New(fault.Invalid, "journal.foreign", "%s is not a journal of this register; take it away, or put the right keys back", filepath.Base(file))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.Name = first.File
	return r, nil
}

// Skip goes on at an offset that an earlier reading ended at.
func (r *Reading) Skip(offset int64) error {
	info, err := r.file.Stat()
	if err != nil || offset <= r.Offset || offset > info.Size() {
		return err
	}
	if _, err := r.file.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	r.in.Reset(r.file)
	r.Offset = offset
	return nil
}

// Next gives the next line with a good mark; io.EOF at the end. A last line without
// an end is not read yet.
func (r *Reading) Next() (l Line, err error) {
	for {
		text, err := r.in.ReadBytes('\n')
		if err != nil {
			return l, err
		}
		r.Offset += int64(len(text))
		l, ok := r.parse(bytes.TrimSuffix(text, []byte("\n")))
		if ok && l.Kind == Cut && r.bad {
			r.Bad--
		}
		if r.bad = !ok; ok {
			return l, nil
		}
		r.Bad++
	}
}

// rest tells whether what stands behind the last line is one whose end was changed,
// and not one that is being written or was cut.
func (r *Reading) rest() (changed bool, err error) {
	if _, err = r.file.Seek(r.Offset, io.SeekStart); err != nil {
		return false, err
	}
	text, err := io.ReadAll(r.file)
	if len(text) == 0 || err != nil {
		return false, err
	}
	_, changed = r.parse(text[:len(text)-1])
	return changed, nil
}

// Damaged counts the lines of all journals in the keys folder that were damaged or
// changed.
func (j *Journal) Damaged() (n int, err error) {
	files, err := j.Files()
	for _, file := range files {
		if err == nil {
			var in int
			in, err = j.damaged(file)
			n += in
		}
	}
	return n, err
}

func (j *Journal) damaged(file string) (int, error) {
	r, err := j.Read(file)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, io.EOF) {
		return r.Bad, err
	}
	changed, err := r.rest()
	if changed {
		r.Bad++
	}
	return r.Bad, err
}

func (r *Reading) parse(text []byte) (l Line, ok bool) {
	body, mark, found := bytes.Cut(text, []byte("\t"))
	if !found || base64.RawURLEncoding.EncodeToString(r.keys.MAC("journal", body)) != string(mark) {
		return l, false
	}
	return l, json.Unmarshal(body, &l) == nil
}

// Close ends the reading.
func (r *Reading) Close() error { return r.file.Close() }
