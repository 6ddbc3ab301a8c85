package dialect

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/exchange/dialect/cells"
)

// Dialect is how one tool writes its exports. Each lives in a file of its own
// and registers itself.
type Dialect struct {
	Name string
	// Match scores a header: 0 is not ours, 100 certainly ours.
	Match func(h *Header) int
	// Bind claims columns and says what they mean.
	Bind func(p *plan)
}

var dialects []*Dialect

func register(d *Dialect) { dialects = append(dialects, d) }

func byName(name string) *Dialect {
	for _, d := range dialects {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// names lists the dialects for messages.
func names() string {
	var out []string
	for _, d := range dialects {
		out = append(out, d.Name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// detect picks the dialect with the best score; the generic one always fits.
func detect(h *Header) *Dialect {
	best, score := byName("csv"), 0
	for _, d := range dialects {
		if s := d.Match(h); s > score {
			best, score = d, s
		}
	}
	return best
}

// Header is the first row of a file.
type Header struct {
	File   string // the file's name, for breaking ties only
	Labels []string
	keys   []string
}

func newHeader(file string, labels []string) *Header {
	h := &Header{File: file, Labels: make([]string, len(labels)), keys: make([]string, len(labels))}
	for i, l := range labels {
		h.Labels[i] = address.Trim(l)
		h.keys[i] = key(l)
	}
	return h
}

// count says how many of the labels occur exactly as given.
func (h *Header) count(labels ...string) (n int) {
	for _, l := range labels {
		if slices.Contains(h.Labels, l) {
			n++
		}
	}
	return n
}

// has says whether a label occurs exactly as given.
func (h *Header) has(label string) bool { return h.count(label) == 1 }

// countKeys says how many of the labels occur, spelling aside.
func (h *Header) countKeys(labels ...string) (n int) {
	for _, l := range labels {
		if slices.Contains(h.keys, key(l)) {
			n++
		}
	}
	return n
}

// target is what becomes of a column: one of the to… words or a field name.
type target struct {
	to    string
	label string
	field bool // to is a catalogue field
}

// refusal is a column that can say no.
type refusal struct {
	col   int
	kind  Kind // "" only tells the row's class
	scope string
	says  func(cell string) bool
	date  int // column with the time, or -1
	proof int // column with the wording or source, or -1
}

// plan is how the rows of one file become records.
type plan struct {
	opt       *Options
	dialect   *Dialect
	variant   string
	header    *Header
	targets   []target
	refusals  []refusal
	refused   bool              // every row of the file is one of ClassRefused
	verbatim  bool              // cells are guarded, not trimmed
	tagMarks  string            // what parts tags
	phonePlus bool              // numbers come with country code but without plus
	states    []func(r *Record) // what says more about permission
	parse     func(r *Record) string
	attrs     map[string]target
	order     string // of dates
	salt      [32]byte
	hashBuf   []byte
	evidence  map[[2]string]string
	record    *Record
	addAttr   func(key, value string)
}

func newPlan(opt *Options, d *Dialect, h *Header) *plan {
	p := &plan{opt: opt, dialect: d, header: h, targets: make([]target, len(h.Labels)), tagMarks: ",;|",
		attrs: map[string]target{}, evidence: map[[2]string]string{}, order: opt.DateOrder}
	p.addAttr = p.attribute
	d.Bind(p)
	for i, l := range h.Labels {
		if p.targets[i].to == "" {
			p.targets[i] = p.resolve(l)
		}
	}
	p.applyMapping(opt.Mapping)
	p.salt = p.fingerprint()
	return p
}

// col finds a column by its label, exactly or else by key; -1 when none.
func (p *plan) col(label string) int {
	if i := slices.Index(p.header.Labels, label); i >= 0 {
		return i
	}
	return slices.Index(p.header.keys, key(label))
}

// take claims the first of the columns that exists as evidence for permission.
func (p *plan) take(labels ...string) int {
	for _, l := range labels {
		if i := p.col(l); i >= 0 {
			p.aim(i, toPermission)
			return i
		}
	}
	return -1
}

// aim sends a column to a target; -1 is no column.
func (p *plan) aim(i int, to string) int {
	if i >= 0 {
		p.targets[i] = target{to: to, label: p.header.Labels[i]}
	}
	return i
}

// refuse says that a column can say no.
func (p *plan) refuse(col int, kind Kind, scope string, says func(string) bool) {
	if col >= 0 {
		p.refusals = append(p.refusals, refusal{col: col, kind: kind, scope: scope, says: says, date: -1, proof: -1})
	}
}

// state adds what is asked of every row after its cells are placed.
func (p *plan) state(fn func(r *Record)) { p.states = append(p.states, fn) }

// known says whether a name is in the catalogue.
func (p *plan) known(name string) bool {
	if p.opt.Fields == nil {
		return usual[name]
	}
	return p.opt.Fields(name)
}

// resolve finds the target of a column or attribute nobody claimed.
func (p *plan) resolve(label string) target {
	t := target{to: unlisted, label: label}
	to, listed := lookupLabel(key(label))
	if !listed {
		to = snake(label)
	}
	switch {
	case label == "":
		t.to = unlisted
	case p.known(to):
		t.to, t.field = to, to != toEmail && to != toPhone && to != toTags
	case listed && !usual[to], to == toEmail:
		t.to = to
	}
	if to == toName && listed && !p.known(toName) {
		t.to, t.field = toName, false
	}
	return t
}

// lookupLabel finds what a label's key means; "email2" is an e-mail address.
func lookupLabel(k string) (string, bool) {
	if to, ok := labels[k]; ok {
		return to, true
	}
	to := labels[strings.TrimRight(k, "0123456789")]
	return to, to == toEmail || to == toPhone
}

// snake writes a label the way catalogue fields are written.
func snake(label string) string {
	return strings.ReplaceAll(strings.ToLower(label), " ", "_")
}

// fingerprint is what a row's hash depends on besides its cells.
func (p *plan) fingerprint() [32]byte {
	var b strings.Builder
	b.WriteString(p.dialect.Name + "\x00" + p.variant)
	for i, k := range p.header.keys {
		b.WriteString("\x00" + k + "\x01" + p.targets[i].to)
	}
	return sha256.Sum256([]byte(b.String()))
}

// hash makes the row's identity. A digest that cannot be forged is used so
// that no file can hide a refusal behind a row imported before.
func (p *plan) hash(cells []string) (out [16]byte) {
	b := append(p.hashBuf[:0], p.salt[:]...)
	for _, c := range cells {
		n := len(c)
		b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
		b = append(b, c...)
	}
	p.hashBuf = b
	sum := sha256.Sum256(b)
	copy(out[:], sum[:16])
	return out
}

// timeAt reads the time in a column; -1 and an empty cell are the zero time.
// text says that the cell was not empty.
func (p *plan) timeAt(r *Record, col int) (at time.Time, text bool) {
	if col < 0 || r.Raw[col] == "" {
		return time.Time{}, false
	}
	at, ok := cells.ParseTime(r.Raw[col], p.order)
	if !ok {
		r.doubt(p.header.Labels[col], DoubtDate)
	}
	return at, true
}

// quote cites a cell as evidence: "OPTIN_TIME 2024-05-01 09:30:00".
func (p *plan) quote(r *Record, col int) string {
	if col < 0 || r.Raw[col] == "" {
		return ""
	}
	return p.cite(p.header.Labels[col], r.Raw[col])
}

// cite joins label and value; short pairs recur in every row and are kept.
func (p *plan) cite(label, value string) string {
	if len(value) > 16 {
		return label + " " + value[:min(len(value), 500)]
	}
	id := [2]string{label, value}
	if s, ok := p.evidence[id]; ok {
		return s
	}
	s := label + " " + value
	if len(p.evidence) < 1000 {
		p.evidence[[2]string{label, strings.Clone(value)}] = s
	}
	return s
}

// join makes one line of evidence from its parts.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}
