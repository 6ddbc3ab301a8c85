package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/db/whole"
	"kartotek/internal/fault"
)

// Names in a backup of a register on PostgreSQL. The forms come first, so that tables
// can be made before their rows arrive; the sums last, when they are known.
const (
	formsName   = "register.json"
	tablesName  = "tables/" // tables/NAME/000001 and on: the rows, in pieces
	sumsName    = "sums.json"
	pieceLength = 1 << 20
	longestText = 4 << 20 // of the forms and the sums
)

// forms is what such a backup says of itself.
type forms struct {
	Format int            `json:"format"`
	Engine string         `json:"engine"`
	Steps  map[string]int `json:"steps"`
	Tables []whole.Table  `json:"tables"`
}

// sum is what a table's rows come to.
type sum struct {
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// addTables adds a register on PostgreSQL as it is at one moment.
func addTables(ctx context.Context, out *tar.Writer, d *db.DB) (size int64, err error) {
	err = whole.Take(ctx, d, func(w *whole.Taken) error {
		if err := addJSON(out, formsName, forms{1, "postgres", w.Steps, w.Tables}); err != nil {
			return err
		}
		sums := map[string]sum{}
		for _, t := range w.Tables {
			p := &pieces{out: out, table: t.Name, hash: sha256.New()}
			rows, err := w.Copy(ctx, t, p)
			if err == nil {
				err = p.flush()
			}
			if err != nil {
				return err
			}
			sums[t.Name] = sum{rows, p.size, hex.EncodeToString(p.hash.Sum(nil))}
			size += p.size
		}
		return addJSON(out, sumsName, sums)
	})
	return size, err
}

func addJSON(out *tar.Writer, name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return addBytes(out, name, text)
}

func addBytes(out *tar.Writer, name string, text []byte) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := out.Write(text)
	return err
}

// pieces writes a stream whose length nobody knows into an archive that wants to know
// it before.
type pieces struct {
	out   *tar.Writer
	table string
	hash  hash.Hash
	held  []byte
	n     int
	size  int64
}

func (p *pieces) Write(b []byte) (int, error) {
	p.held = append(p.held, b...)
	if len(p.held) < pieceLength {
		return len(b), nil
	}
	return len(b), p.flush()
}

func (p *pieces) flush() error {
	p.n++
	p.size += int64(len(p.held))
	p.hash.Write(p.held)
	err := addBytes(p.out, fmt.Sprintf("%s%s/%06d", tablesName, p.table, p.n), p.held)
	p.held = p.held[:0]
	return err
}

// LoadTables loads a backup of a register on PostgreSQL: the tables, and its files into
// an empty folder. keys is the mark of the keys at hand. What Unpack refuses is refused
// here too, and so is a table that does not come to its sum; then nothing of it is to stay.
func LoadTables(ctx context.Context, r io.Reader, lock Lock, l *whole.Load, keys, dir string) error {
	return opened(ctx, r, lock, func(in *tar.Reader) error {
		t := &loading{Load: l, in: in}
		if err := t.begin(ctx); err != nil {
			return err
		}
		for _, f := range t.forms.Tables {
			if err := t.table(ctx, f); err != nil {
				return err
			}
		}
		if err := t.compare(); err != nil {
			return err
		}
		if mark, err := l.Keys(ctx); err != nil || mark != "" && mark != keys {
			return errors.Join(err, fault.New(fault.Conflict, "db.other_keys", "these are not the keys this register was made with; put its own keys folder back, or name it with --keys"))
		}
		h, err := in.Next()
		_, err = unpackRest(ctx, in, h, err, dir)
		return err
	})
}

// loading reads the part of the archive that holds tables, in order.
type loading struct {
	*whole.Load
	in    *tar.Reader
	h     *tar.Header
	forms forms
	sums  map[string]sum
}

func (l *loading) next() (err error) {
	l.h, err = l.in.Next()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // there is more in a whole one
	}
	if err == nil && l.h.Typeflag != tar.TypeReg {
		err = foreign()
	}
	return err
}

func (l *loading) json(name string, v any) error {
	if l.h.Name != name || l.h.Size > longestText {
		return foreign()
	}
	text, err := io.ReadAll(l.in)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	return err
}

func (l *loading) begin(ctx context.Context) error {
	if err := l.next(); err != nil {
		return err
	}
	if l.h.Name == db.FileName {
		return fault.New(fault.Invalid, "backup.engine", "this is the backup of a register on SQLite: name its folder with --data")
	}
	if err := l.json(formsName, &l.forms); err != nil {
		return err
	}
	if l.forms.Format != 1 || l.forms.Engine != "postgres" {
		return fault.New(fault.Invalid, "db.newer_schema", "this backup was written by a newer Kartotek: use the newer program")
	}
	l.sums = map[string]sum{}
	if err := l.Begin(ctx, l.forms.Steps, l.forms.Tables); err != nil {
		return err
	}
	return l.next()
}

// table loads the rows of one table.
func (l *loading) table(ctx context.Context, t whole.Table) error {
	r := &rowsOf{loading: l, prefix: tablesName + t.Name + "/", hash: sha256.New()}
	n, err := l.Copy(ctx, t, r)
	if err = errors.Join(r.err, err); err != nil {
		return err
	}
	l.sums[t.Name] = sum{n, r.size, hex.EncodeToString(r.hash.Sum(nil))}
	return nil
}

// rowsOf reads the pieces of one table as a whole.
type rowsOf struct {
	*loading
	prefix string
	hash   hash.Hash
	size   int64
	err    error // of the archive; the server only hears that there was one
}

func (r *rowsOf) Read(b []byte) (n int, err error) {
	for n == 0 && err == nil {
		if !strings.HasPrefix(r.h.Name, r.prefix) {
			return 0, io.EOF
		}
		if n, err = r.in.Read(b); errors.Is(err, io.EOF) {
			err = nil
			if n == 0 {
				err = r.next()
			}
		}
	}
	r.hash.Write(b[:n])
	r.size += int64(n)
	r.err = err
	return n, err
}

// compare holds what was loaded against what was written.
func (l *loading) compare() error {
	var written map[string]sum
	if err := l.json(sumsName, &written); err != nil {
		return err
	}
	if len(written) != len(l.sums) {
		return io.ErrUnexpectedEOF
	}
	for name, s := range written {
		if l.sums[name] != s {
			return fault.New(fault.Invalid, "backup.damaged", "the backup is cut short or was changed; use another")
		}
	}
	return nil
}
