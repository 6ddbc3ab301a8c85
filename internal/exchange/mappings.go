package exchange

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/exchange/dialect/cells"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
)

// NoMapping is the name that asks for no saved mapping; none may be saved under it.
const NoMapping = "none"

// maxMapping is how many columns a mapping may speak of, and maxWords how many
// words of a permission column.
const (
	maxMapping = 2000
	maxWords   = 50
)

// SavedMapping is a mapping with who saved it last, and when (milliseconds).
type SavedMapping struct {
	dialect.Mapping
	At int64
	By string
}

const mappingCols = `name, mapping, at, by_name`

var (
	putMapping = db.SQL(db.Reference, `INSERT INTO mappings (`+mappingCols+`) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET mapping = excluded.mapping, at = excluded.at, by_name = excluded.by_name`)
	delMapping  = db.SQL(db.Reference, `DELETE FROM mappings WHERE name = $1`)
	selMapping  = db.SQL(db.Reference, `SELECT `+mappingCols+` FROM mappings WHERE name = $1`)
	selMappings = db.SQL(db.Reference, `SELECT `+mappingCols+` FROM mappings ORDER BY at DESC, name`)
)

// SaveMapping keeps a mapping under its name, in place of an earlier one of that
// name. One the notice in force does not allow is refused.
func (r *Room) SaveMapping(tx *db.Tx, m dialect.Mapping) error {
	m.Name = strings.TrimSpace(m.Name)
	if !mappingName(m.Name) {
		return fault.New(fault.Invalid, "mapping.name", "the name of a mapping has 1 to 60 characters, is not %q and does not end in .json", NoMapping).In("name")
	}
	if err := r.CheckMapping(&m); err != nil {
		return err
	}
	if _, err := tx.Exec(putMapping, m.Name, text(m), tx.Now(), tx.By().Name); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "mapping.save", Kind: "mapping", Object: m.Name, Count: len(m.Permissions)})
}

func mappingName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= 60 && name != NoMapping && !strings.HasSuffix(name, ".json") && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// Mappings lists the saved mappings, the newest first.
func (r *Room) Mappings(tx *db.Tx) ([]SavedMapping, error) { return mappings(tx, selMappings) }

func mappings(tx *db.Tx, stmt *db.Stmt, args ...any) (out []SavedMapping, err error) {
	err = tx.Each(stmt, func(scan db.Scan) error {
		var s SavedMapping
		var name, raw string
		if err := scan(&name, &raw, &s.At, &s.By); err != nil {
			return err
		}
		out = append(out, s)
		return json.Unmarshal([]byte(raw), &out[len(out)-1].Mapping)
	}, args...)
	return out, err
}

// Mapping reads a saved mapping.
func (r *Room) Mapping(tx *db.Tx, name string) (*dialect.Mapping, error) {
	all, err := mappings(tx, selMapping, name)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "mapping.none", "there is no saved mapping of that name")
	}
	return &all[0].Mapping, nil
}

// DeleteMapping forgets a saved mapping. What was imported by it stays as it is.
func (r *Room) DeleteMapping(tx *db.Tx, name string) error {
	n, err := tx.Exec(delMapping, name)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.NotFound, "mapping.none", "there is no saved mapping of that name")
	}
	return audit.Write(tx, audit.Entry{Action: "mapping.delete", Kind: "mapping", Object: name})
}

// CheckMapping refuses a mapping that sends a column where the notice in force
// has no field, or reads a permission the notice does not promise. The fault
// names the column (Field). law: GDPR 5(1)(c)
func (r *Room) CheckMapping(m *dialect.Mapping) error {
	n, _, err := r.Notice()
	if err != nil {
		return err
	}
	return checkMapping(m, n)
}

func checkMapping(m *dialect.Mapping, n *noticedef.Notice) error {
	if len(m.Columns)+len(m.Permissions) > maxMapping {
		return fault.New(fault.TooLarge, "mapping.large", "a mapping speaks of at most %d columns", maxMapping)
	}
	for _, column := range m.Headers() {
		to := m.Columns[column]
		if _, listed := n.Field(to); to != "" && !listed && !slices.Contains(dialect.Special(), to) {
			return fault.New(fault.Invalid, "mapping.target", "the column is sent to a field the register notice does not list").In(column)
		}
	}
	for i := range m.Permissions {
		if err := checkColumn(&m.Permissions[i], n); err != nil {
			return err.In(m.Permissions[i].Column)
		}
	}
	return nil
}

// checkColumn holds a permission column to what the notice promises.
func checkColumn(c *dialect.PermissionColumn, n *noticedef.Notice) *fault.Error {
	switch {
	case c.Column == "":
		return fault.New(fault.Invalid, "mapping.column", "a permission is read from a column; name it")
	case c.Kind != dialect.Consent && c.Kind != dialect.Prohibition:
		return fault.New(fault.Invalid, "mapping.kind", "a permission column says consent or prohibition")
	case len(c.Yes) > maxWords:
		return fault.New(fault.TooLarge, "mapping.words_many", "a permission column has at most %d words", maxWords)
	}
	for _, w := range c.Yes {
		if yes, known := cells.Truth(w); strings.TrimSpace(w) == "" || c.Kind == dialect.Consent && known && !yes {
			return fault.New(fault.Invalid, "mapping.words", "an empty cell and a plain no are never read as a yes")
		}
	}
	if c.Kind == dialect.Consent && !promised(n, c.Purpose, c.Channel) || c.Kind == dialect.Consent && c.Scope != "" {
		return fault.New(fault.Invalid, "mapping.consent", "a consent is for one purpose and one of its channels in the register notice")
	}
	if c.Kind == dialect.Prohibition && !forbiddable(n, c.Forbids()) {
		return fault.New(fault.Invalid, "mapping.scope", "a prohibition is all-marketing, research, profiling, channel:<name> or purpose:<name>[:<channel>] of the register notice")
	}
	return nil
}

// promised says whether the notice names the channel for the purpose.
func promised(n *noticedef.Notice, purpose, channel string) bool {
	p, ok := n.Purpose(purpose)
	return ok && slices.Contains(p.Channels, channel)
}

// forbiddable says whether a scope forbids something the notice speaks of.
func forbiddable(n *noticedef.Notice, scope string) bool {
	kind, rest, _ := strings.Cut(scope, ":")
	switch kind {
	case "all-marketing", "research", "profiling":
		return rest == "" && kind == scope
	case "channel":
		return slices.Contains(n.Channels(), rest)
	case "purpose":
		purpose, channel, narrow := strings.Cut(rest, ":")
		_, ok := n.Purpose(purpose)
		return ok && (!narrow || promised(n, purpose, channel))
	}
	return false
}

// Choose settles by which mapping files are read: the one asked for, or a saved
// one whose columns are exactly those of every file, all of them plain CSV. found
// tells the latter. One that the notice in force no longer allows is passed over.
func (r *Room) Choose(ctx context.Context, files []string, opt Options) (_ Options, found bool, err error) {
	plain := opt.Dialect == "" || opt.Dialect == "auto" || opt.Dialect == "csv"
	if opt.Mapping != nil || opt.Unmapped || !plain {
		return opt, false, nil
	}
	var saved []SavedMapping
	err = r.DB.View(ctx, db.System("import"), func(tx *db.Tx) (err error) { saved, err = r.Mappings(tx); return err })
	if err != nil || len(saved) == 0 {
		return opt, false, err
	}
	info, err := r.look(ctx, files, opt)
	if err != nil {
		return opt, false, err
	}
	for i := range saved {
		if m := &saved[i].Mapping; fits(m, info) && r.CheckMapping(m) == nil {
			opt.Mapping = m
			return opt, true, nil
		}
	}
	return opt, false, nil
}

func fits(m *dialect.Mapping, info dialect.Info) bool {
	columns := m.Headers()
	for i := range info.Files {
		if f := &info.Files[i]; f.Dialect != "csv" || !slices.Equal(f.Headers(), columns) {
			return false
		}
	}
	return true
}

// look tells how files would be read, also when no column of theirs is
// recognised as one of addresses.
func (r *Room) look(ctx context.Context, files []string, opt Options) (dialect.Info, error) {
	n, _, err := r.Notice()
	if err != nil {
		return dialect.Info{}, err
	}
	o := dialectOptions(n, opt)
	o.HeadersOnly = true
	src, err := dialect.Open(ctx, files, o)
	if err != nil {
		return dialect.Info{}, err
	}
	defer src.Close()
	return src.Info(), nil
}

func dialectOptions(n *noticedef.Notice, opt Options) dialect.Options {
	fields := catalogue(n)
	return dialect.Options{Dialect: opt.Dialect, Mapping: opt.Mapping, DefaultCountry: n.Controller.Address.Country,
		Fields: func(name string) bool { return fields[name] }}
}

// catalogue is the names of the fields the notice lists.
func catalogue(n *noticedef.Notice) map[string]bool {
	fields := map[string]bool{}
	for _, f := range n.Fields() {
		fields[f.Name] = true
	}
	return fields
}

// present refuses a mapping that reads permissions from a column no file has: a
// "no" that was to be found there would be lost.
func present(m *dialect.Mapping, info dialect.Info) error {
	if m == nil {
		return nil
	}
	for _, c := range m.Permissions {
		if !slices.ContainsFunc(info.Files, func(f dialect.FileInfo) bool { return slices.Contains(f.Headers(), c.Column) }) {
			return fault.New(fault.Invalid, "mapping.missing", "the mapping reads a permission from a column the files do not have").In(c.Column)
		}
	}
	return nil
}
