package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal/keytree"
)

// ErrForgotten is what opening gives of somebody whose key was destroyed: what was
// sealed cannot be read by anybody any more, and is to be shown as erased.
var ErrForgotten = fault.New(fault.NotFound, "seal.forgotten", "this was sealed with a key that was destroyed when the person was erased")

// Names in the folder of people's keys.
const (
	peopleDir = "people"
	stemFile  = "stem.keys"
	lockFile  = "lock"
)

// Depths of the tree of people's keys: the stem branches into buckets, each bucket into
// the people of it, by the node that made their id and then by time.
const (
	stemDepth   = 12 // 2^12 is id.Buckets
	bucketDepth = 51
)

// people are the keys of single people: what is left of one tree of them all.
//
// The stem is the upper part, down to the roots of buckets. A bucket of which somebody
// was forgotten is cut out of the stem and has a file of its own, under a name that is
// new each time; the stem says which. Renaming the new stem is the moment at which
// something is forgotten: before it the stem names the old file, after it the new one.
type people struct {
	dir string // "" when the keys live in memory only
	mac func(name string, content []byte) []byte

	mu      sync.Mutex
	held    *os.File                  // guarded by mu: the stem as it was read; it stays open so that its inode is nobody else's
	seen    look                      // guarded by mu: of held
	stem    stem                      // guarded by mu
	buckets [id.Buckets]*keytree.Tree // guarded by mu: those asked for, as long as the stem is the same
}

// stem is the upper part of the tree.
type stem struct {
	mark    [16]byte       // names the root, and tells nothing of it
	through id.ID          // what the register says was destroyed is, up to this
	number  uint64         // of this stem: how often people were forgotten
	own     map[int]uint64 // buckets with a file of their own, by its number
	tree    *keytree.Tree
}

func newStem(root keytree.Key) stem {
	sum := sha256.Sum256(append([]byte("kartotek people mark\x00"), root[:]...))
	return stem{mark: [16]byte(sum[:]), own: map[int]uint64{}, tree: keytree.New(stemDepth, root)}
}

// inBucket is where a person stands in the tree of their bucket.
func inBucket(who id.ID) uint64 {
	node, ms := uint64(who)>>12&1023, uint64(who)>>22
	return (node<<41 | ms) << (64 - bucketDepth)
}

func ofBucket(b int) uint64 { return uint64(b) << (64 - stemDepth) }

// openPeople reads the keys of people in a folder, and makes their root on first use.
func openPeople(keys string, mac func(string, []byte) []byte) (*people, error) {
	p := &people{dir: filepath.Join(keys, peopleDir), mac: mac}
	if _, err := os.Stat(p.stemPath()); errors.Is(err, os.ErrNotExist) {
		first := newStem(keytree.Key(Random(32)))
		if _, err := create(p.dir, p.stemPath(), string(p.writeStem(&first))); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(); err != nil {
		return nil, err
	}
	return p, p.tidy()
}

func (p *people) stemPath() string { return filepath.Join(p.dir, stemFile) }

func (p *people) bucketPath(b int, number uint64) string {
	return filepath.Join(p.dir, fmt.Sprintf("%03x.%d.keys", b, number))
}

// load reads the stem that is there now.
func (p *people) load() error {
	for try := 0; ; try++ {
		f, err := os.OpenFile(p.stemPath(), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(f)
		seen, bad := lookAt(int(f.Fd()))
		if err = errors.Join(err, bad); err != nil {
			f.Close()
			return err
		}
		s, ok := p.readStem(raw)
		if !ok || seen.links == 0 {
			f.Close()
			if try < 5 && seen.links == 0 { // another process has just replaced and overwritten it
				continue
			}
			return p.broken(p.stemPath())
		}
		if p.held != nil {
			p.held.Close()
		}
		p.held, p.seen, p.stem, p.buckets = f, seen, s, [id.Buckets]*keytree.Tree{}
		return nil
	}
}

func (p *people) broken(file string) error {
	return fault.New(fault.Invalid, "seal.people_file", "%s is missing or is not a file of people's keys; restore the folder %s from the newest backup of the keys folder", file, peopleDir)
}

// fresh reads anew what another process has changed.
func (p *people) fresh() error {
	if p.dir == "" {
		return nil
	}
	now, err := lookAt(int(p.held.Fd()))
	if err != nil || now == p.seen {
		return err
	}
	return p.load()
}

// bucket gives the tree of a bucket.
func (p *people) bucket(b int) (*keytree.Tree, error) {
	if t := p.buckets[b]; t != nil {
		return t, nil
	}
	number, own := p.stem.own[b]
	if !own {
		root, known := p.stem.tree.Key(ofBucket(b))
		if !known {
			return nil, p.broken(p.stemPath())
		}
		p.buckets[b] = keytree.New(bucketDepth, root)
		return p.buckets[b], nil
	}
	file := p.bucketPath(b, number)
	raw, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	t, ok := p.readBucket(b, number, raw)
	if !ok {
		return nil, p.broken(file)
	}
	p.buckets[b] = t
	return t, nil
}

// key is a person's key.
func (p *people) key(who id.ID) (k keytree.Key, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fresh(); err != nil {
		return k, err
	}
	t, err := p.bucket(who.Bucket())
	if err != nil {
		if p.dir == "" || p.load() != nil { // its file may have been replaced since the stem was read
			return k, err
		}
		if t, err = p.bucket(who.Bucket()); err != nil {
			return k, err
		}
	}
	k, known := t.Key(inBucket(who))
	if !known {
		return k, ErrForgotten
	}
	return k, nil
}

// forget destroys keys, and notes up to where in the register's list (0 for no note). It
// gives how many there were.
func (p *people) forget(through id.ID, who []id.ID) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir == "" {
		p.stem.through = max(p.stem.through, through)
		_, n, err = p.cut(who)
		return n, err
	}
	release, err := lock(filepath.Join(p.dir, lockFile))
	if err != nil {
		return 0, err
	}
	defer release()
	if err := p.load(); err != nil {
		return 0, err
	}
	changed, n, err := p.cut(who)
	if err == nil && n == 0 && through <= p.stem.through {
		return 0, nil
	}
	if err == nil {
		p.stem.through = max(p.stem.through, through)
		err = p.write(changed)
	}
	return n, errors.Join(err, p.load()) // what is in memory may be ahead of what is written
}

// cut takes people out of the trees in memory, and gives the buckets it changed.
func (p *people) cut(who []id.ID) (changed map[int]bool, n int, err error) {
	changed = map[int]bool{}
	for _, w := range who {
		t, err := p.bucket(w.Bucket())
		if err != nil {
			return nil, n, err
		}
		if t.Forget(inBucket(w)) {
			n++
			changed[w.Bucket()] = true
		}
	}
	return changed, n, nil
}

// write writes changed buckets under new names, then the stem that names them, and
// overwrites what it replaces.
func (p *people) write(changed map[int]bool) error {
	p.stem.number++
	var old []string
	for b := range changed {
		if number, own := p.stem.own[b]; own {
			old = append(old, p.bucketPath(b, number))
		}
		if err := writeNew(p.bucketPath(b, p.stem.number), p.writeBucket(b, p.stem.number)); err != nil {
			return err
		}
		p.stem.own[b] = p.stem.number
		p.stem.tree.Forget(ofBucket(b))
	}
	SyncDir(p.dir)
	if err := WriteFile(p.stemPath(), p.writeStem(&p.stem)); err != nil {
		return err
	}
	err := overwrite(p.held)
	for _, file := range old {
		err = errors.Join(err, destroy(file))
	}
	return err
}

// tidy destroys what a process left that was stopped while it forgot: files that no
// stem names.
func (p *people) tidy() error {
	named := map[string]bool{stemFile: true}
	stray, err := p.stray(named)
	if err != nil || len(stray) == 0 {
		return err
	}
	release, err := lock(filepath.Join(p.dir, lockFile))
	if err != nil {
		return err
	}
	defer release()
	if err := p.load(); err != nil { // whoever held the lock may have named them meanwhile
		return err
	}
	stray, err = p.stray(named)
	for _, file := range stray {
		err = errors.Join(err, destroy(file))
	}
	return err
}

func (p *people) stray(named map[string]bool) (files []string, err error) {
	for b, number := range p.stem.own {
		named[filepath.Base(p.bucketPath(b, number))] = true
	}
	all, err := os.ReadDir(p.dir)
	for _, e := range all {
		if name := e.Name(); !named[name] && (strings.HasSuffix(name, ".keys") || strings.HasPrefix(name, ".new-")) {
			files = append(files, filepath.Join(p.dir, name))
		}
	}
	return files, err
}

// writeNew writes a file that is not there, to the disk. Mode 0600.
func writeNew(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// overwrite puts zeros in the place of what a file held, so that it cannot be read from
// the disk afterwards, where the file system writes in place.
func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, info.Size()), 0)
	return errors.Join(err, f.Sync())
}

// destroy overwrites a file and removes it.
func destroy(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(overwrite(f), f.Close(), os.Remove(file))
}

const (
	stemHead   = "kartotek people stem 1\n"
	bucketHead = "kartotek people bucket 1\n"
	macLen     = 16
)

// writeStem is a stem as a file: a first line, the mark, its number, how far the register was followed, the buckets that
// have files, the nodes, and a mark that only this register's keys make.
func (p *people) writeStem(s *stem) []byte {
	b := append([]byte(stemHead), s.mark[:]...)
	b = binary.BigEndian.AppendUint64(b, s.number)
	b = binary.BigEndian.AppendUint64(b, uint64(s.through))
	b = binary.BigEndian.AppendUint16(b, uint16(len(s.own)))
	for bucket := range id.Buckets {
		if number, own := s.own[bucket]; own {
			b = binary.BigEndian.AppendUint16(b, uint16(bucket))
			b = binary.BigEndian.AppendUint64(b, number)
		}
	}
	b = s.tree.Append(b)
	return append(b, p.mac(stemFile, b)...)
}

func (p *people) readStem(raw []byte) (s stem, ok bool) {
	b, ok := p.marked(stemFile, stemHead, raw)
	if !ok || len(b) < 16+8+8+2 {
		return s, false
	}
	s.mark, s.number, s.own = [16]byte(b), binary.BigEndian.Uint64(b[16:]), map[int]uint64{}
	s.through = id.ID(binary.BigEndian.Uint64(b[24:]))
	n, b := int(binary.BigEndian.Uint16(b[32:])), b[34:]
	if len(b) < n*10 {
		return s, false
	}
	for ; n > 0; n, b = n-1, b[10:] {
		bucket := int(binary.BigEndian.Uint16(b))
		if bucket >= id.Buckets {
			return s, false
		}
		s.own[bucket] = binary.BigEndian.Uint64(b[2:])
	}
	tree, err := keytree.Parse(stemDepth, b)
	s.tree = tree
	return s, err == nil
}

func (p *people) writeBucket(b int, number uint64) []byte {
	text := p.buckets[b].Append(append([]byte(bucketHead), p.stem.mark[:]...))
	return append(text, p.mac(filepath.Base(p.bucketPath(b, number)), text)...)
}

func (p *people) readBucket(b int, number uint64, raw []byte) (*keytree.Tree, bool) {
	text, ok := p.marked(filepath.Base(p.bucketPath(b, number)), bucketHead, raw)
	if !ok || !bytes.HasPrefix(text, p.stem.mark[:]) {
		return nil, false
	}
	t, err := keytree.Parse(bucketDepth, text[len(p.stem.mark):])
	return t, err == nil
}

// marked gives what stands between the first line of a file and its mark.
func (p *people) marked(name, head string, raw []byte) ([]byte, bool) {
	n := len(raw) - macLen
	if n < len(head) || !bytes.HasPrefix(raw, []byte(head)) || !bytes.Equal(p.mac(name, raw[:n]), raw[n:]) {
		return nil, false
	}
	return raw[len(head):n], true
}
