// Package dialect reads what other tools export and says what it means.
//
// Every mailing tool and CRM writes its own CSV: other column names (often in
// the language of whoever pressed the button), other encodings, and above all
// other ways to say that a person agreed, refused, or was never asked. This
// package turns any of them into one stream of neutral Records. It stores
// nothing and knows no database; the exchange room does the rest.
//
// Three rules hold for every dialect. Unknown is never yes: a row that does not
// prove consent says "unknown". Refusals come first: Pass is called for
// ClassRefused and then for ClassRest, so that no later row can slip past a
// "no". And nothing is dropped silently: a row is a Record or a Reject, and a
// cell is a field, an Extra, evidence, or a Doubt.
//
// The shape: Open looks at every file (encoding, separator, header, dialect)
// and refuses what is unusable as a whole; Info tells what was decided; Pass
// streams the rows in flat memory. A dialect is one file here that registers a
// signature (which header is ours?) and a binding (which column is what?); the
// columns it does not claim are matched by label in labels.go. CSV itself is
// read by the package rows, single values by the package cells; Writer writes
// our own export.
package dialect

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"kartotek/internal/exchange/dialect/rows"
	"kartotek/internal/fault"
)

// Options say how to read. The zero value detects everything.
type Options struct {
	Dialect        string // a dialect's name, or "" or "auto"
	Delimiter      string // one of , ; tab | ("tab" or "\t"); "" detects
	Encoding       string // a name from package rows; "" detects
	DateOrder      string // "dmy" or "mdy" for dates like 3/4/2024; "" detects
	DefaultCountry string // ISO 3166, for telephone numbers without country code; "" is FI
	Mapping        *Mapping
	Fields         func(name string) bool // is the name in the field catalogue? nil: the usual ones are
	HeadersOnly    bool                   // open files for their Info, also those without a column of addresses

	MaxRow      int   // bytes of one row, default 1 MB
	MaxColumns  int   // default 2,000
	MaxEntries  int   // files in a ZIP, default 1,000
	MaxUnpacked int64 // bytes unpacked from all ZIPs, default 4 GB
}

// Mapping is what a person decided about a file's columns, saved for the next
// time. It adds to the dialect and overrides it.
type Mapping struct {
	Name string `json:"name"`
	// Columns gives header -> catalogue field. Besides fields: "email",
	// "phone", "name" (first and last in one), "tags", "created", "changed",
	// "id" and the other words of Special; "" leaves the column out.
	Columns     map[string]string  `json:"columns"`
	Permissions []PermissionColumn `json:"permissions,omitempty"`
}

// PermissionColumn says that a column speaks about permission.
type PermissionColumn struct {
	Column   string   `json:"column"`
	Kind     Kind     `json:"kind"` // consent or prohibition
	Purpose  string   `json:"purpose,omitempty"`
	Channel  string   `json:"channel,omitempty"`
	Scope    string   `json:"scope,omitempty"`    // of a prohibition; default what purpose and channel name
	Yes      []string `json:"yes,omitempty"`      // the words that mean it; default the usual ones
	Date     string   `json:"date,omitempty"`     // column with the time
	Evidence string   `json:"evidence,omitempty"` // column with wording or source
}

// Source is a set of opened files. It is used by one goroutine; Progress may
// be called from others.
type Source struct {
	opt      Options
	files    []*file
	archives []*archive
	skipped  []string
	onReject func(*Reject) error
	resume   Position
	read     atomic.Int64
	total    int64
}

// Position is a place in a pass: after data row Row of file File, from 0.
type Position struct{ File, Row int }

// Info tells what Open decided.
type Info struct {
	Files   []FileInfo `json:"files"`
	Bytes   int64      `json:"bytes"`
	Rows    int64      `json:"rows"`              // estimated
	Skipped []string   `json:"skipped,omitempty"` // files in a ZIP that are no tables
}

// FileInfo is what was decided about one file.
type FileInfo struct {
	Name      string   `json:"name"` // base name; for ZIPs archive.zip/entry
	Dialect   string   `json:"dialect"`
	Variant   string   `json:"variant,omitempty"`
	Delimiter string   `json:"delimiter"`
	Encoding  string   `json:"encoding"`
	DateOrder string   `json:"date_order,omitempty"`
	Bytes     int64    `json:"bytes"`
	Rows      int64    `json:"rows"` // estimated
	Columns   []Column `json:"columns"`
}

// Column is one column and what becomes of it: a catalogue field, "email",
// "phone", "name", "tags", "created", "changed", "id", "attributes",
// "permission", "left out" or "unlisted".
type Column struct {
	Header string `json:"header"`
	Target string `json:"target"`
}

// Open looks at every file whole, decides how to read it, and refuses what
// cannot be read: the error is a *fault.Error that says what to do. Nothing of
// the rows is kept. Close the source when done.
func Open(ctx context.Context, paths []string, opt Options) (_ *Source, err error) {
	opt.fill()
	if err := opt.check(); err != nil {
		return nil, err
	}
	s := &Source{opt: opt}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if len(paths) == 0 {
		return nil, fault.New(fault.Invalid, "import.no_file", "name at least one file to import")
	}
	for _, path := range paths {
		if err := s.add(path); err != nil {
			return nil, err
		}
	}
	if len(s.files) == 0 {
		return nil, fault.New(fault.Invalid, "import.no_table", "there is no CSV file in the archive")
	}
	for _, f := range s.files {
		if err := s.examine(ctx, f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close lets go of opened archives.
func (s *Source) Close() error {
	var errs []error
	for _, a := range s.archives {
		errs = append(errs, a.file.Close())
	}
	s.archives = nil
	return errors.Join(errs...)
}

// Rejects sets what is called for each row that cannot be imported, during
// Pass and in file order. Each is delivered once over the two passes. An error
// it returns ends the pass.
func (s *Source) Rejects(fn func(*Reject) error) { s.onReject = fn }

// Resume makes the next Pass begin after a position, the last one handled.
func (s *Source) Resume(p Position) { s.resume = p }

// Progress is how many bytes of how many have been read, over both passes.
func (s *Source) Progress() (done, total int64) { return s.read.Load(), s.total }

// Info tells what was decided, for a dry run.
func (s *Source) Info() Info {
	info := Info{Skipped: s.skipped}
	for _, f := range s.files {
		info.Files = append(info.Files, f.info)
		info.Bytes += f.info.Bytes
		info.Rows += f.info.Rows
	}
	return info
}

func (o *Options) fill() {
	if o.Dialect == "" {
		o.Dialect = "auto"
	}
	if o.DefaultCountry == "" {
		o.DefaultCountry = "FI"
	}
	if o.Delimiter == "tab" || o.Delimiter == `\t` {
		o.Delimiter = "\t"
	}
	setDefault(&o.MaxRow, 1<<20)
	setDefault(&o.MaxColumns, 2000)
	setDefault(&o.MaxEntries, 1000)
	setDefault(&o.MaxUnpacked, 4<<30)
}

func setDefault[T int | int64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

func (o *Options) check() error {
	switch {
	case o.Dialect != "auto" && byName(o.Dialect) == nil:
		return fault.New(fault.Invalid, "import.dialect", "unknown dialect; known are %s", names()).In("dialect")
	case o.Delimiter != "" && len(o.Delimiter) != 1:
		return fault.New(fault.Invalid, "import.delimiter", "the delimiter is one of , ; | tab").In("delimiter")
	case o.Encoding != "" && !rows.KnownEncoding(o.Encoding):
		return fault.New(fault.Invalid, "import.encoding", "known encodings are utf-8, utf-16le, utf-16be, windows-1252 and iso-8859-1").In("encoding")
	case o.DateOrder != "" && o.DateOrder != "dmy" && o.DateOrder != "mdy":
		return fault.New(fault.Invalid, "import.date_order", "the date order is dmy or mdy").In("date_order")
	}
	return nil
}

// canceller stops a long read when the context ends, and counts it.
type canceller struct {
	ctx  context.Context
	r    io.Reader
	read *atomic.Int64
}

func (c *canceller) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if c.read != nil {
		c.read.Add(int64(n))
	}
	return n, err
}
