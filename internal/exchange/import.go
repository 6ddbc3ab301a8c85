package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

const importCols = `import_id, state, files, options, info, digest, pass, file, row_done, counts, source_id, rejects, started_at, finished_at, by_name, error`

var (
	insImport = db.SQL(db.Reference, `INSERT INTO imports (`+importCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`)
	updImport = db.SQL(db.Reference, `UPDATE imports SET state = $2, pass = $3, file = $4, row_done = $5, counts = $6, rejects = $7, finished_at = $8, error = $9
		WHERE import_id = $1`)
	selImport  = db.SQL(db.Reference, `SELECT `+importCols+` FROM imports WHERE import_id = $1`)
	selImports = db.SQL(db.Reference, `SELECT `+importCols+` FROM imports ORDER BY import_id DESC LIMIT $1`)
	unfinished = db.SQL(db.Reference, `SELECT `+importCols+` FROM imports WHERE digest = $1 AND state = 'running' ORDER BY import_id DESC LIMIT 1`)
	allRunning = db.SQL(db.Reference, `SELECT `+importCols+` FROM imports WHERE state = 'running' ORDER BY import_id`)
)

func scanImport(scan db.Scan) (*Import, error) {
	var m Import
	var files, options, info, counts string
	err := scan(&m.ID, &m.State, &files, &options, &info, &m.Digest, &m.Pass, &m.File, &m.Row, &counts, &m.Source, &m.Rejects,
		&m.Started, &m.Finished, &m.By, &m.Error)
	if err != nil {
		return nil, err
	}
	return &m, errors.Join(json.Unmarshal([]byte(files), &m.Files), json.Unmarshal([]byte(options), &m.Options),
		json.Unmarshal([]byte(info), &m.Info), json.Unmarshal([]byte(counts), &m.Counts))
}

func saveImport(tx *db.Tx, m *Import) error {
	_, err := tx.Exec(updImport, int64(m.ID), m.State, m.Pass, m.File, m.Row, text(m.Counts), m.Rejects, m.Finished, m.Error)
	return err
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data of this package
	}
	return string(b)
}

// Get reads one import.
func (r *Room) Get(tx *db.Tx, imp id.ID) (m *Import, err error) {
	err = tx.Each(selImport, func(scan db.Scan) (err error) { m, err = scanImport(scan); return err }, int64(imp))
	if err == nil && m == nil {
		err = fault.New(fault.NotFound, "import.none", "there is no such import")
	}
	return m, err
}

// List gives the newest imports.
func (r *Room) List(tx *db.Tx, limit int) ([]*Import, error) { return list(tx, selImports, limit) }

// Running lists imports that were begun and not finished, for resuming after a restart.
func (r *Room) Running(tx *db.Tx) ([]*Import, error) { return list(tx, allRunning) }

func list(tx *db.Tx, stmt *db.Stmt, args ...any) (out []*Import, err error) {
	err = tx.Each(stmt, func(scan db.Scan) error {
		m, err := scanImport(scan)
		out = append(out, m)
		return err
	}, args...)
	return out, err
}

// Plan is what a dry run found.
type Plan struct {
	Counts Counts
	Info   dialect.Info
	Shown  []Shown
	// Mapping is what the columns were read by, if anything; Found tells that it is
	// a saved one that nobody asked for.
	Mapping *dialect.Mapping `json:",omitempty"`
	Found   bool             `json:",omitempty"`
}

// DryRun reads files as an import would and says what would come of it. It
// changes nothing; rejected rows are written when a file for them is named. Files
// without a recognisable column of addresses are refused with their Info, so that
// they can be mapped.
func (r *Room) DryRun(ctx context.Context, files []string, opt Options) (*Plan, error) {
	opt.DryRun = true
	if opt.MaxShown == 0 {
		opt.MaxShown = 200
	}
	opt, found, err := r.Choose(ctx, files, opt)
	if err != nil {
		return nil, err
	}
	run, src, err := r.prepare(ctx, &Import{Options: opt, Files: files, Rejects: opt.Rejects}, opt)
	if fault.KeyOf(err) == "import.header_unknown" {
		info, look := r.look(ctx, files, opt)
		return &Plan{Info: info, Mapping: opt.Mapping, Found: found}, errors.Join(err, look)
	}
	if err != nil {
		return nil, err
	}
	defer src.Close()
	err = errors.Join(run.passes(ctx, src), run.rejects.close())
	if err == nil && opt.Strict && len(run.unlisted) > 0 {
		err = strictly(run.unlisted)
	}
	return &Plan{Counts: run.imp.Counts, Info: src.Info(), Shown: run.shown, Mapping: opt.Mapping, Found: found}, err
}

// Begin records an import to be run; the same files with the same options that
// were begun and not finished are gone on with instead.
func (r *Room) Begin(ctx context.Context, by db.By, files []string, opt Options) (*Import, error) {
	if opt.Strict {
		if _, err := r.DryRun(ctx, files, opt); err != nil {
			return nil, err
		}
	}
	opt, _, err := r.Choose(ctx, files, opt)
	if err != nil {
		return nil, err
	}
	_, src, err := r.prepare(ctx, &Import{Options: opt}, Options{Dialect: opt.Dialect, Mapping: opt.Mapping, Consent: opt.Consent, DryRun: true}, files...)
	if err != nil {
		return nil, err
	}
	info := src.Info()
	src.Close()
	digest, err := digestOf(files, &opt)
	if err != nil {
		return nil, err
	}
	var m *Import
	err = r.DB.Do(ctx, by, func(tx *db.Tx) error {
		m = nil
		if err := tx.Each(unfinished, func(scan db.Scan) (err error) { m, err = scanImport(scan); return err }, digest); err != nil || m != nil {
			return err
		}
		m = &Import{ID: tx.NewID(), State: "running", Files: absolute(files), Options: opt, Info: info, Digest: digest, Rejects: opt.Rejects,
			Started: tx.Now(), By: by.Name}
		if m.Source, err = r.Party.AddSource(tx, "import", sourceLabel(m, &opt)); err != nil {
			return err
		}
		_, err := tx.Exec(insImport, int64(m.ID), m.State, text(m.Files), text(opt), text(info), digest, 0, 0, 0, text(m.Counts), int64(m.Source),
			m.Rejects, m.Started, 0, m.By, "")
		return err
	})
	return m, err
}

// sourceLabel is what is shown beside values: which tool, which mapping, and the words of an asserted consent.
func sourceLabel(m *Import, opt *Options) string {
	label := m.Info.Files[0].Dialect
	if opt.Mapping != nil && opt.Mapping.Name != "" {
		label += " · " + opt.Mapping.Name
	}
	if opt.Consent != nil {
		label += " · " + opt.Consent.Evidence
	}
	return label
}

func absolute(files []string) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f
		if abs, err := filepath.Abs(f); err == nil {
			out[i] = abs
		}
	}
	return out
}

// digestOf names an import by the contents of its files and its options.
func digestOf(files []string, opt *Options) (string, error) {
	h := sha256.New()
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return "", fault.New(fault.NotFound, "import.no_such_file", "the file cannot be read").Because(err)
		}
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", err
		}
	}
	io.WriteString(h, text(opt))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// manyRows is from how many rows on secondary indexes are built afterwards,
// when the register has fewer people than the file.
const manyRows = 50_000

// Run carries an import out, from where it stands. keep is called in every
// transaction and may refuse it (a lost lease); it and progress may be nil.
func (r *Room) Run(ctx context.Context, imp id.ID, keep func(*db.Tx) error, progress func(c Counts, done, total int64)) (*Import, error) {
	var m *Import
	var people int
	err := r.DB.View(ctx, db.System("import"), func(tx *db.Tx) (err error) {
		if m, err = r.Get(tx, imp); err != nil {
			return err
		}
		people, err = r.Party.Count(tx)
		return err
	})
	if err != nil || m.State != "running" {
		return m, err
	}
	run, src, err := r.prepare(ctx, m, m.Options)
	if err != nil {
		return m, r.fail(ctx, m, err)
	}
	defer src.Close()
	run.keep, run.progress = keep, progress
	src.Resume(dialect.Position{File: m.File, Row: m.Row})
	work := func() error { return run.passes(ctx, src) }
	if src.Info().Rows > manyRows && int64(people) < src.Info().Rows {
		defer debug.SetGCPercent(debug.SetGCPercent(40)) // batches are large and short-lived: collect them often
		err = r.DB.WithoutIndexes(ctx, bulkTables, work)
	} else {
		err = work()
	}
	if err = errors.Join(err, run.rejects.close()); err != nil {
		return m, r.fail(ctx, m, err)
	}
	return m, r.finish(ctx, run)
}

var bulkTables = []string{"persons", "person_tags"}

func (r *Room) finish(ctx context.Context, run *runner) error {
	return r.DB.Do(ctx, run.by(), func(tx *db.Tx) error {
		m := run.imp
		m.State, m.Finished = "done", tx.Now()
		return saveImport(tx, m)
	})
}

// fail remembers why an import ended, unless it was only interrupted and goes on later.
func (r *Room) fail(ctx context.Context, m *Import, cause error) error {
	if ctx.Err() != nil || fault.CodeOf(cause) == fault.Unavailable || fault.CodeOf(cause) == fault.Conflict {
		return cause
	}
	err := r.DB.Do(context.WithoutCancel(ctx), db.System("import"), func(tx *db.Tx) error {
		m.State, m.Error, m.Finished = "failed", fault.KeyOf(cause), tx.Now()
		return saveImport(tx, m)
	})
	return errors.Join(cause, err)
}

// passes reads refusals first, then the rest, each from where it stood.
func (run *runner) passes(ctx context.Context, src *dialect.Source) error {
	for _, class := range []int{dialect.ClassRefused, dialect.ClassRest} {
		if run.imp.Pass > class {
			continue
		}
		if run.imp.Pass < class {
			run.imp.Pass, run.imp.File, run.imp.Row = class, 0, 0
		}
		if err := run.pass(ctx, src, class); err != nil {
			return err
		}
	}
	return nil
}

// prepare opens the files and what the run needs to know.
func (r *Room) prepare(ctx context.Context, m *Import, opt Options, files ...string) (*runner, *dialect.Source, error) {
	n, version, err := r.Notice()
	if err != nil {
		return nil, nil, err
	}
	if opt.Consent != nil {
		if err := opt.Consent.check(n); err != nil {
			return nil, nil, err
		}
	}
	if len(files) == 0 {
		files = m.Files
	}
	if opt.Mapping != nil {
		if err := checkMapping(opt.Mapping, n); err != nil {
			return nil, nil, err
		}
	}
	src, err := dialect.Open(ctx, files, dialectOptions(n, opt))
	if err == nil {
		if err = present(opt.Mapping, src.Info()); err != nil {
			src.Close()
		}
	}
	if err != nil {
		return nil, nil, err
	}
	run := &runner{room: r, imp: m, opt: opt, version: version, newsletter: newsletterOf(n), catalogue: catalogue(n),
		unlisted: map[string]bool{}, seen: map[string]bool{}, trusted: map[id.ID]bool{}, loader: r.Party.NewLoader()}
	for _, name := range m.Counts.Unlisted {
		run.unlisted[name] = true
	}
	run.rejects = r.openRejects(m, opt)
	src.Rejects(func(x *dialect.Reject) error { run.next.rejected++; return run.rejects.write(x) })
	return run, src, nil
}
