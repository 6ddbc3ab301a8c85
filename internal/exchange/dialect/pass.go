package dialect

import (
	"bytes"
	"context"
	"errors"
	"io"

	"kartotek/internal/exchange/dialect/guard"
	"kartotek/internal/exchange/dialect/rows"
	"kartotek/internal/fault"
)

// Pass reads every file and calls fn for each row of a class, in file order,
// with one Record that is used again. Run it for ClassRefused, then for
// ClassRest. An error of fn ends it and is returned. Files that hold no row of
// the class are not read.
func (s *Source) Pass(ctx context.Context, class int, fn func(*Record) error) error {
	from := s.resume
	s.resume = Position{}
	for _, a := range s.archives {
		a.Archive = guard.Archive{}
	}
	for i, f := range s.files {
		if i < from.File || !f.has(class) {
			continue
		}
		after := 0
		if i == from.File {
			after = from.Row
		}
		if err := s.passFile(ctx, i, f, class, after, fn); err != nil {
			return err
		}
	}
	return nil
}

// has says whether a file can hold rows of a class.
func (f *file) has(class int) bool {
	if class == ClassRefused {
		return f.plan.refused || len(f.plan.refusals) > 0
	}
	return !f.plan.refused
}

// last says whether a class is the last one for which the file is read; its
// unreadable rows, whose class nobody knows, are told then.
func (f *file) last(class int) bool { return class == ClassRest || f.plan.refused }

// run is one reading of one file.
type run struct {
	s     *Source
	f     *file
	index int
	class int
	after int // rows up to here are passed over
	row   int
	rec   Record
	fn    func(*Record) error
}

func (s *Source) passFile(ctx context.Context, index int, f *file, class, after int, fn func(*Record) error) error {
	u := &run{s: s, f: f, index: index, class: class, after: after, fn: fn}
	u.rec = Record{File: f.info.Name, FileIndex: index, Header: f.plan.header.Labels, Dialect: f.info.Dialect}
	if f.cells != nil {
		u.rec.Raw = append(u.rec.Raw, f.cells...)
		return u.take(nil, len(f.cells))
	}
	rc, err := f.open()
	if err != nil {
		return unreadable(f.info.Name, err)
	}
	defer rc.Close()
	return u.stream(f.reader(&canceller{ctx: ctx, r: rc, read: &s.read}, &s.opt))
}

// reader splits a file's bytes into rows.
func (f *file) reader(r io.Reader, opt *Options) *rows.Reader {
	return rows.NewReader(rows.Decode(r, f.info.Encoding), f.info.Delimiter[0], f.eol,
		rows.Limits{Row: opt.MaxRow, Columns: opt.MaxColumns})
}

// stream passes the header and takes every row behind it.
func (u *run) stream(r *rows.Reader) error {
	for range u.f.lead + 1 {
		if _, err := r.Next(); err != nil {
			return u.broken(err)
		}
	}
	r.Expect(len(u.f.plan.header.Labels))
	for {
		problem, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return u.broken(err)
		}
		u.rec.reset()
		if problem == nil {
			u.rec.Raw = r.Strings(u.rec.Raw)
		}
		if err := u.take(problem, r.Line()); err != nil {
			return err
		}
	}
}

// broken names the file in an error of reading it.
func (u *run) broken(err error) error {
	var f *fault.Error
	if errors.As(err, &f) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unreadable(u.f.info.Name, err)
}

// take hands one row on: to fn, to the rejects, or to the other pass.
func (u *run) take(problem *rows.Problem, line int) error {
	u.row++
	if u.row <= u.after {
		return nil
	}
	if problem != nil {
		if !u.f.last(u.class) {
			return nil
		}
		return u.reject(problem.Code, problem.Raw, problem.Line)
	}
	r, p := &u.rec, u.f.plan
	r.Row = u.row
	if p.classify(r); r.Class != u.class {
		return nil
	}
	if code := p.fill(r); code != "" {
		return u.reject(code, rawLine(r.Raw, u.f.info.Delimiter[0]), line)
	}
	r.RowHash = p.hash(r.Raw)
	return u.fn(r)
}

func (u *run) reject(code, raw string, line int) error {
	if u.s.onReject == nil {
		return nil
	}
	return u.s.onReject(&Reject{File: u.f.info.Name, FileIndex: u.index, Row: u.row, Line: line,
		Code: code, Message: rejectMessages[code], Raw: raw})
}

// rawLine writes cells as a row of the file they came from.
func rawLine(cells []string, delim byte) string {
	var b bytes.Buffer
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(delim)
		}
		guard.WriteCell(&b, c, delim)
	}
	return b.String()[:min(b.Len(), 64<<10)]
}
