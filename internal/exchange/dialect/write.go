package dialect

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"kartotek/internal/exchange/dialect/guard"
	"kartotek/internal/fault"
)

// Person is one row of our export, and what a person may take along (in the JSON
// of their package, under "given").
type Person struct {
	ID         string      `json:"id"`
	Emails     []Point     `json:"emails,omitempty"` // the first goes under "email"
	Phones     []Point     `json:"phones,omitempty"` // the first goes under "phone"
	Posts      []Point     `json:"posts,omitempty"`  // further postal addresses, in lines
	Fields     []Pair      `json:"fields"`           // by catalogue field
	Tags       []string    `json:"tags,omitempty"`
	Statements []Statement `json:"permissions"` // what holds now, with evidence
	Registered time.Time   `json:"registered,omitzero"`
	Changed    time.Time   `json:"changed,omitzero"`
}

// Writer writes people as CSV that a spreadsheet can open without harm and
// that Open reads back to the same bytes: UTF-8, comma, rows ended by \n.
type Writer struct {
	w      io.Writer
	fields []string
	buf    bytes.Buffer
}

// NewWriter writes to w one column for each of the catalogue's fields, which
// should have "email" and "phone" among them. Values must be UTF-8 without
// zero bytes, as they are everywhere in the register.
func NewWriter(w io.Writer, fields []string) *Writer { return &Writer{w: w, fields: fields} }

// WriteHeader writes the row of column names.
func (w *Writer) WriteHeader() error {
	w.cell(colID)
	for _, f := range w.fields {
		w.cell(f)
	}
	for _, c := range []string{colMore, colTags, colPermissions, colRegistered, colChanged} {
		w.cell(c)
	}
	return w.flush()
}

// WriteRow writes one person. A field that the header does not have is an
// error, so that nothing is left out unseen.
func (w *Writer) WriteRow(p *Person) error {
	w.buf.Reset()
	w.cell(p.ID)
	left := len(p.Fields)
	for _, f := range w.fields {
		switch {
		case f == toEmail:
			w.cell(firstPoint(p.Emails))
		case f == toPhone && p.aside():
			w.cell("")
		case f == toPhone:
			w.cell(firstPoint(p.Phones))
		default:
			value, ok := lookup(p.Fields, f)
			if ok {
				left--
			}
			w.cell(value)
		}
	}
	if left > 0 {
		return fault.New(fault.Internal, "export.field", "a person has %d fields that the export has no column for", left)
	}
	w.json(others(p), len(p.Emails)+len(p.Phones)+len(p.Posts) > 0)
	w.json(p.Tags, len(p.Tags) > 0)
	w.json(p.Statements, len(p.Statements) > 0)
	w.cell(stamp(p.Registered))
	w.cell(stamp(p.Changed))
	return w.flush()
}

func lookup(fields []Pair, name string) (string, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

func firstPoint(points []Point) string {
	if len(points) == 0 {
		return ""
	}
	return points[0].Value
}

// aside reports whether none of the phone numbers is the first of the person's row: such
// a one has no label, which the column would lose.
func (p *Person) aside() bool {
	return len(p.Emails) > 0 && len(p.Phones) > 0 && p.Phones[0].Label != ""
}

// others lists the addresses that have no column of their own.
func others(p *Person) (list []otherAddress) {
	for i, e := range p.Emails {
		if i > 0 {
			list = append(list, otherAddress{toEmail, e})
		}
	}
	for i, e := range p.Phones {
		if i > 0 || p.aside() {
			list = append(list, otherAddress{toPhone, e})
		}
	}
	for _, a := range p.Posts {
		list = append(list, otherAddress{kindPost, a})
	}
	return list
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// json writes a list as JSON, or nothing.
func (w *Writer) json(v any, some bool) {
	out, err := json.Marshal(v)
	if !some || err != nil || string(out) == "null" {
		out = nil
	}
	w.cell(string(out))
}

func (w *Writer) cell(s string) {
	if w.buf.Len() > 0 {
		w.buf.WriteByte(',')
	} else if s == "" {
		s = `""` // an empty first cell must still take its comma
		w.buf.WriteString(s)
		return
	}
	guard.WriteCell(&w.buf, guard.Cell(s), ',')
}

func (w *Writer) flush() error {
	w.buf.WriteByte('\n')
	_, err := w.w.Write(w.buf.Bytes())
	w.buf.Reset()
	return err
}
