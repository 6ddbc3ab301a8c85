package journal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"kartotek/internal/fault"
)

// Times of copying.
const (
	poll  = time.Second      // how often it is looked whether there is more
	retry = 30 * time.Second // how long a folder that failed is left alone
)

// Keep keeps copies of this machine's file in folders up to date, until ctx ends, and
// then once more. A folder that fails is tried again and holds nothing up.
func (j *Journal) Keep(ctx context.Context, folders []string, failed func(folder string, err error)) {
	if len(folders) == 0 || j.off() {
		return
	}
	next := map[string]time.Duration{} // how long each is left alone
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for ended := false; ; {
		for _, folder := range folders {
			if next[folder] -= poll; next[folder] > 0 && !ended {
				continue
			}
			if _, err := j.Mirror(folder); err != nil {
				next[folder] = retry
				failed(folder, err)
			}
		}
		if ended {
			return
		}
		select {
		case <-ctx.Done():
			ended = true
		case <-tick.C:
		}
	}
}

// Mirror brings the copy of this machine's file in another folder up to date, and
// tells how many bytes were added. The copy bears the file's own name, so that those of
// several machines and registers lie in one folder. A copy that goes on otherwise than
// the file is left as it is: it remembers people whom the file has forgotten, as when
// an old copy of the keys folder was put back.
func (j *Journal) Mirror(folder string) (added int64, err error) {
	if j.off() {
		return 0, nil
	}
	r, err := j.Read(j.Path())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer r.Close()
	to, err := os.OpenFile(filepath.Join(folder, r.Name+Ending), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return 0, err
	}
	defer to.Close()
	size, err := begins(r.file, to)
	if err != nil {
		return 0, err
	}
	_, err = r.file.Seek(size, io.SeekStart)
	if err == nil {
		_, err = to.Seek(size, io.SeekStart)
	}
	if err == nil {
		added, err = io.Copy(to, r.file)
	}
	if err == nil && added > 0 {
		err = to.Sync()
	}
	return added, err
}

// tail is how much of the end of a copy is compared; it holds several lines, each with
// a mark that no other has.
const tail = 4096

// begins gives the size of a copy with which the file begins.
func begins(file, to *os.File) (size int64, err error) {
	info, err := to.Stat()
	if err != nil {
		return 0, err
	}
	size = info.Size()
	n := min(size, tail)
	a, b := make([]byte, n), make([]byte, n)
	_, errA := file.ReadAt(a, size-n)
	_, errB := to.ReadAt(b, size-n)
	if errA != nil && !errors.Is(errA, io.EOF) || errB != nil {
		return 0, errors.Join(errA, errB)
	}
	if !bytes.Equal(a, b) {
		return 0, fault.New(fault.Conflict, "journal.copy_apart", "the copy of the journal of erasures goes on otherwise than the one beside the keys: lay the copy into the keys folder under another name, and move it out of the folder of copies")
	}
	return size, nil
}
