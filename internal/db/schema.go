package db

import (
	"fmt"
	"strings"
)

// Kind says whose rows a table holds, which decides its key and where it lives
// when the register is spread over machines.
type Kind string

// The kinds of table.
const (
	PersonTable    Kind = "person"    // rows of one person; the key begins with bucket, person_id
	ValueTable     Kind = "value"     // spread by an address or name of its own (identifiers, organisations)
	ReferenceTable Kind = "reference" // small, written by staff, copied everywhere
	LocalTable     Kind = "local"     // queues, leases, sessions, audit
)

// Col is a column.
type Col struct {
	Name     string
	Type     string // int, big, text, blob, real
	Null     bool
	Personal bool // tells something of a person; some keeper must claim it
	Keyed    bool // sealed with the key of its person (seal.Keys.SealFor): the key is kept while it holds something
}

// Index is a secondary index. Bulk loads may drop and rebuild it.
type Index struct {
	Name   string
	Cols   string
	Unique bool
	Where  string
}

// Table describes a table once, for both engines.
type Table struct {
	Name    string
	Kind    Kind
	Key     string // primary key columns
	Cols    []Col
	Indexes []Index
	Checks  []string
	// AppendOnly makes the engine refuse UPDATE and DELETE.
	AppendOnly bool
}

// Schema is what one room keeps: its tables and the steps that later changed them.
type Schema struct {
	Room   string
	Tables []Table
	Steps  []Step // after the tables were first made; numbered from 2
	// Needs are rooms below without which the acts of this one cannot be written.
	// They are opened with it, once, also when the list given to Open leaves them out.
	Needs []Schema
}

// withNeeded gives the schemas with those they need before them, each room once.
func withNeeded(given []Schema) (out []Schema) {
	seen := map[string]bool{}
	var add func([]Schema)
	add = func(all []Schema) {
		for _, s := range all {
			if !seen[s.Room] {
				seen[s.Room] = true
				add(s.Needs)
				out = append(out, s)
			}
		}
	}
	add(given)
	return out
}

// Step is one additive change of a room's tables, run once, in order.
type Step struct {
	Number int
	Why    string
	DDL    []string // portable: INTEGER, BIGINT, TEXT, BLOB, REAL are translated
}

// Cols reads column descriptions: one a line or separated by commas, each
// "name type [null] [personal] [keyed]".
func Cols(text string) []Col {
	var out []Col
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 2 || sqlType[f[1]] == [2]string{} {
			panic(fmt.Sprintf("db: column %q has no known type", line)) // tables are package variables: a wrong one fails every start and test
		}
		c := Col{Name: f[0], Type: f[1]}
		for _, w := range f[2:] {
			switch w {
			case "null":
				c.Null = true
			case "personal":
				c.Personal = true
			case "keyed":
				c.Keyed = true
			default:
				panic("db: unknown word " + w + " in column " + f[0]) // as above
			}
		}
		out = append(out, c)
	}
	return out
}

var sqlType = map[string][2]string{
	"int":  {"INTEGER", "INTEGER"},
	"big":  {"INTEGER", "BIGINT"},
	"text": {"TEXT", "TEXT"},
	"blob": {"BLOB", "BYTEA"},
	"real": {"REAL", "DOUBLE PRECISION"},
}

// partitions is how many parts the PostgreSQL rehearsal of Citus uses.
const partitions = 8

// DDL gives the statements that make the table on an engine.
func (t Table) DDL(e Engine, partition bool) []string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (\n", t.Name)
	for _, c := range t.Cols {
		fmt.Fprintf(&b, "  %s,\n", c.ddl(e))
	}
	for _, c := range t.Checks {
		fmt.Fprintf(&b, "  CHECK (%s),\n", c)
	}
	if t.Kind == PersonTable {
		b.WriteString("  CHECK (bucket = (person_id & 4095)),\n")
	}
	fmt.Fprintf(&b, "  PRIMARY KEY (%s)\n)", t.Key)
	b.WriteString(t.tail(e, partition))
	out := []string{b.String()}
	if e == Postgres && partition && t.Kind == PersonTable {
		for i := range partitions {
			out = append(out, fmt.Sprintf("CREATE TABLE %s_p%d PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d)", t.Name, i, t.Name, partitions, i))
		}
	}
	for _, ix := range t.Indexes {
		out = append(out, ix.DDL(t.Name))
	}
	if t.AppendOnly {
		out = append(out, t.guard(e)...)
	}
	return out
}

// ddl describes the column in a statement.
func (c Col) ddl(e Engine) string {
	out := c.Name + " " + sqlType[c.Type][e]
	if e == Postgres && c.Type == "text" {
		out += ` COLLATE "C"` // bytes, as SQLite compares them
	}
	if !c.Null {
		out += " NOT NULL"
	}
	return out
}

func (t Table) tail(e Engine, partition bool) string {
	switch {
	case e == SQLite:
		return " STRICT, WITHOUT ROWID"
	case partition && t.Kind == PersonTable:
		return " PARTITION BY HASH (bucket)"
	}
	return ""
}

// DDL gives the statement that makes the index.
func (ix Index) DDL(table string) string {
	unique, where := "", ""
	if ix.Unique {
		unique = "UNIQUE "
	}
	if ix.Where != "" {
		where = " WHERE " + ix.Where
	}
	return fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)%s", unique, ix.Name, table, ix.Cols, where)
}

// guard makes the engine itself refuse changes to an append-only table: on
// SQLite a pair of triggers that only ever raise, on PostgreSQL by taking the
// privilege away from the program's own role.
func (t Table) guard(e Engine) []string {
	if e == Postgres {
		return []string{"REVOKE UPDATE, DELETE, TRUNCATE ON " + t.Name + " FROM CURRENT_USER"}
	}
	var out []string
	for _, op := range []string{"UPDATE", "DELETE"} {
		out = append(out, fmt.Sprintf("CREATE TRIGGER %s_no_%s BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, '%s is append-only'); END",
			t.Name, strings.ToLower(op), op, t.Name, t.Name))
	}
	return out
}

// portable translates the types of a Step's DDL.
func portable(e Engine, ddl string) string {
	if e == SQLite {
		return strings.NewReplacer("BIGINT", "INTEGER").Replace(ddl)
	}
	return strings.NewReplacer("BLOB", "BYTEA").Replace(ddl)
}
