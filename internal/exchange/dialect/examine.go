package dialect

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/exchange/dialect/cells"
	"kartotek/internal/exchange/dialect/rows"
	"kartotek/internal/fault"
)

// examine reads a file whole and decides how its rows are to be read.
func (s *Source) examine(ctx context.Context, f *file) error {
	shape, err := s.sniff(ctx, f)
	if err != nil {
		return err
	}
	if err := f.settle(shape, &s.opt); err != nil {
		return err
	}
	labels, sample, err := f.head(shape, &s.opt)
	if err != nil {
		return err
	}
	h := newHeader(path.Base(f.info.Name), labels)
	if isSingle(h) {
		if h, f.cells, err = f.upright(shape, &s.opt); err != nil {
			return err
		}
		sample = [][]string{f.cells}
	}
	d := byName(s.opt.Dialect)
	if d == nil {
		d = detect(h)
	}
	f.plan = newPlan(&s.opt, d, h)
	f.plan.findOrder(sample)
	f.plan.findEmail(sample)
	f.describe(shape)
	if f.has(ClassRefused) {
		s.total += shape.Bytes
	}
	if f.has(ClassRest) {
		s.total += shape.Bytes
	}
	return f.addressable()
}

// sniff reads the file to its end.
func (s *Source) sniff(ctx context.Context, f *file) (*rows.Shape, error) {
	rc, err := f.open()
	if err != nil {
		return nil, unreadable(f.info.Name, err)
	}
	defer rc.Close()
	shape, err := rows.Sniff(&canceller{ctx: ctx, r: rc}, s.opt.Encoding)
	if err != nil {
		return nil, (&run{f: f}).broken(err)
	}
	return shape, nil
}

// settle refuses what is no table and notes encoding and separator.
func (f *file) settle(shape *rows.Shape, opt *Options) error {
	name := f.info.Name
	switch {
	case len(bytes.TrimSpace(shape.Sample)) == 0:
		return fault.New(fault.Invalid, "import.empty", "%s is empty; export it again", name)
	case shape.Binary != "":
		return fault.New(fault.Invalid, "import.binary", "%s is not a text table but %s; save it as CSV (UTF-8)", name, shape.Binary)
	}
	f.eol, f.info.Encoding, f.info.Bytes = shape.EOL, shape.Encoding, shape.Bytes
	f.info.Delimiter = opt.Delimiter
	if rest, ok := bytes.CutPrefix(shape.Sample, []byte("sep=")); ok && len(rest) > 0 {
		f.lead = 1
		if f.info.Delimiter == "" {
			f.info.Delimiter = string(rest[:1])
		}
	}
	if f.info.Delimiter == "" {
		f.info.Delimiter = string(rows.Separator(shape.Sample, shape.EOL))
	}
	return nil
}

// head reads the header and up to 200 rows from the sample.
func (f *file) head(shape *rows.Shape, opt *Options) (labels []string, sample [][]string, err error) {
	if bytes.IndexByte(shape.Sample, f.eol) < 0 && shape.Bytes > rows.SampleSize {
		return nil, nil, fault.New(fault.TooLarge, "import.header_long", "%s has no line ending in its first part; it is not a table of rows", f.info.Name)
	}
	sampled := &file{info: FileInfo{Encoding: rows.UTF8, Delimiter: f.info.Delimiter}, eol: f.eol}
	r := sampled.reader(bytes.NewReader(shape.Sample), opt)
	for len(sample) < 200 {
		problem, err := r.Next()
		if err != nil {
			break
		}
		switch {
		case f.lead == 1 && r.Line() == 1:
		case labels == nil && problem != nil:
			return nil, nil, f.badHeader(problem)
		case labels == nil:
			labels = r.Strings(nil)
			r.Expect(len(labels))
		case problem == nil:
			sample = append(sample, r.Strings(nil))
		}
	}
	if labels == nil {
		return nil, nil, fault.New(fault.Invalid, "import.empty", "%s has no header row; export it again", f.info.Name)
	}
	return labels, sample, nil
}

func (f *file) badHeader(p *rows.Problem) error {
	code := fault.Invalid
	if p.Code == rows.TooMany || p.Code == rows.TooLong {
		code = fault.TooLarge
	}
	return fault.New(code, "import.header_"+p.Code, "the header of %s cannot be read: %s; correct the first line or export again",
		f.info.Name, strings.Replace(rejectMessages[p.Code], "the row", "it", 1)).At(p.Line)
}

// describe fills in what Info tells.
func (f *file) describe(shape *rows.Shape) {
	p := f.plan
	f.info.Dialect, f.info.Variant, f.info.DateOrder = p.dialect.Name, p.variant, p.order
	f.info.Rows = max(shape.Lines-int64(f.lead), 1)
	if f.cells != nil {
		f.info.Rows = 1
	} else if n := len(shape.Sample); n > 0 && shape.Sample[n-1] == f.eol && int64(n) >= shape.Bytes-3 {
		f.info.Rows = max(shape.Lines-int64(f.lead)-1, 0)
	}
	for i, l := range p.header.Labels {
		f.info.Columns = append(f.info.Columns, Column{Header: l, Target: p.targets[i].to})
	}
}

// addressable refuses a file that begins with data, and one none of whose
// columns holds addresses.
func (f *file) addressable() error {
	for _, l := range f.plan.header.Labels {
		if _, err := address.Email(l); err == nil {
			return fault.New(fault.Invalid, "import.no_header", "%s begins without a header row; put the columns' names into its first line", f.info.Name)
		}
	}
	for _, t := range f.plan.targets {
		if f.plan.opt.HeadersOnly || !t.field && (t.to == toEmail || t.to == toPhone) {
			return nil
		}
	}
	return fault.New(fault.Invalid, "import.header_unknown", "no column of %s holds e-mail addresses or telephone numbers; name one \"email\" or give a mapping", f.info.Name)
}

// findEmail looks for the address column by content when no label named it.
// A file that has telephone numbers only is left alone.
func (p *plan) findEmail(sample [][]string) {
	for _, t := range p.targets {
		if t.to == toEmail && !t.field {
			return
		}
	}
	best, most := -1, 0
	for i, t := range p.targets {
		if t.to != unlisted && !t.field {
			continue
		}
		good, full := 0, 0
		for _, row := range sample {
			if i >= len(row) || row[i] == "" {
				continue
			}
			full++
			if _, err := address.Email(row[i]); err == nil {
				good++
			}
		}
		if good > most && good*5 >= full*4 {
			best, most = i, good
		}
	}
	if best >= 0 {
		p.aim(best, toEmail)
		p.salt = p.fingerprint()
	}
}

// findOrder looks for a date that can be read one way only.
func (p *plan) findOrder(sample [][]string) {
	if p.order != "" {
		return
	}
	dmy, mdy := false, false
	for _, row := range sample {
		for _, cell := range row {
			date, _, _ := strings.Cut(cell, " ")
			if len(date) < 8 || len(date) > 11 {
				continue
			}
			if a, b, _, sep, ok := cells.DateParts(strings.TrimSuffix(date, ",")); ok && sep != '.' {
				dmy, mdy = dmy || a > 12, mdy || b > 12
			}
		}
	}
	if dmy != mdy {
		p.order = map[bool]string{true: "dmy", false: "mdy"}[dmy]
	}
}

// isSingle recognises a contact listed downwards.
func isSingle(h *Header) bool {
	return len(h.Labels) == 2 && h.Labels[0] == "alias" && h.Labels[1] == "value"
}

// upright turns such a list into a header and its only row.
func (f *file) upright(shape *rows.Shape, opt *Options) (*Header, []string, error) {
	sampled := &file{info: FileInfo{Encoding: rows.UTF8, Delimiter: f.info.Delimiter}, eol: f.eol}
	r := sampled.reader(bytes.NewReader(shape.Sample), opt)
	r.Expect(2)
	var labels, cells []string
	for n := 0; ; n++ {
		problem, err := r.Next()
		if err == io.EOF && len(labels) > 0 {
			break
		}
		if err != nil || problem != nil || len(labels) > opt.MaxColumns {
			return nil, nil, fault.New(fault.Invalid, "import.single", "%s lists one contact, but not in whole rows of name and value", f.info.Name).At(r.Line())
		}
		if n > f.lead {
			labels, cells = append(labels, string(r.Cell(0))), append(cells, string(r.Cell(1)))
		}
	}
	return newHeader(f.info.Name, labels), cells, nil
}
