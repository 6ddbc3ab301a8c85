package exchange

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"kartotek/internal/exchange/dialect"
	"kartotek/internal/exchange/dialect/guard"
)

// rejectFile collects rejected rows with their reasons, as CSV. It is made when
// the first row is written. A resumed import goes on with the same file; rows
// of the batch that was interrupted may then stand in it twice.
type rejectFile struct {
	mu   sync.Mutex
	path string
	made func(path string)
	f    *os.File
	w    *csv.Writer
}

// openRejects decides where an import's rejected rows go: the file named, or one
// of its own in the data folder; a dry run without a file keeps none.
func (r *Room) openRejects(m *Import, opt Options) *rejectFile {
	path := opt.Rejects
	if path == "" && !opt.DryRun && r.Folder != "" {
		path = filepath.Join(r.Folder, m.ID.String()+"-rejects.csv")
	}
	return &rejectFile{path: path, made: func(p string) { m.Rejects = p }}
}

func (x *rejectFile) write(reject *dialect.Reject) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.path == "" {
		return nil
	}
	if x.f == nil {
		if err := x.open(); err != nil {
			return err
		}
	}
	return x.w.Write([]string{reject.File, strconv.Itoa(reject.Row), reject.Code, reject.Message, guard.Cell(reject.Raw)})
}

func (x *rejectFile) open() (err error) {
	if err := os.MkdirAll(filepath.Dir(x.path), 0o700); err != nil {
		return err
	}
	if x.f, err = os.OpenFile(x.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	x.w = csv.NewWriter(x.f)
	x.made(x.path)
	if info, err := x.f.Stat(); err != nil || info.Size() > 0 {
		return err
	}
	return x.w.Write([]string{"file", "row", "reason", "message", "content"})
}

func (x *rejectFile) close() error {
	if x.f == nil {
		return nil
	}
	x.w.Flush()
	return errors.Join(x.w.Error(), x.f.Close())
}
