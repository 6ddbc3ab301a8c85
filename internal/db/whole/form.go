package whole

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kartotek/internal/fault"
)

// Table is the form of one table.
type Table struct {
	Name    string `json:"name"`
	Parted  bool   `json:"parted,omitempty"`  // by hash of the bucket
	Guarded bool   `json:"guarded,omitempty"` // rows are only ever added
	Cols    []Col  `json:"cols"`
	Keys    []Part `json:"keys"` // the primary key and the checks
	Indexes []Part `json:"indexes"`
}

// Col is a column.
type Col struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Full  bool   `json:"full,omitempty"`  // every row has a value
	Bytes bool   `json:"bytes,omitempty"` // text compared byte by byte
}

// Part is a key, a check or an index: its name and the words after it.
type Part struct {
	Name   string `json:"name"`
	Def    string `json:"def"`
	Unique bool   `json:"unique,omitempty"`
}

// query asks PostgreSQL for the forms of the tables named in $1, in that order.
const query = `SELECT coalesce(json_agg(json_build_object('name', c.relname, 'parted', c.relkind = 'p',
		'guarded', c.relacl IS NOT NULL AND NOT EXISTS (SELECT 1 FROM aclexplode(c.relacl) x WHERE x.grantee = c.relowner AND x.privilege_type = 'DELETE'),
		'cols', (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'full', a.attnotnull,
				'bytes', coalesce(l.collname = 'C', false)) ORDER BY a.attnum)
			FROM pg_attribute a LEFT JOIN pg_collation l ON l.oid = a.attcollation WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
		'keys', (SELECT json_agg(json_build_object('name', k.conname, 'def', pg_get_constraintdef(k.oid)) ORDER BY k.contype DESC, k.conname)
			FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'c')),
		'indexes', (SELECT json_agg(json_build_object('name', i.relname, 'def', pg_get_indexdef(x.indexrelid), 'unique', x.indisunique) ORDER BY i.relname)
			FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid AND NOT x.indisprimary)
		) ORDER BY array_position($1::text[], c.relname::text)), '[]')
	FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname = ANY($1::text[])`

// parse reads the answer to query.
func parse(text []byte) (all []Table, err error) {
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	for _, t := range all {
		for i, ix := range t.Indexes { // the catalogue says the schema, which may be another where it is put back
			if _, after, found := strings.Cut(ix.Def, " USING "); found {
				t.Indexes[i].Def = "USING " + after
			}
		}
	}
	return all, check(all)
}

var (
	named   = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
	types   = []string{"integer", "bigint", "text", "bytea", "double precision"}
	keyed   = regexp.MustCompile(`^(PRIMARY KEY|CHECK) \([^;]*\)$`)
	indexed = regexp.MustCompile(`^USING btree \([^;]*\)( WHERE \([^;]*\))?$`)
)

// check refuses forms that no register has.
func check(all []Table) error {
	var names []string
	for _, t := range all {
		ok := named.MatchString(t.Name) && len(t.Cols) > 0 && !slices.Contains(names, t.Name)
		names = append(names, t.Name)
		for _, c := range t.Cols {
			ok = ok && named.MatchString(c.Name) && slices.Contains(types, c.Type)
		}
		for _, k := range t.Keys {
			ok = ok && named.MatchString(k.Name) && keyed.MatchString(k.Def)
		}
		for _, ix := range t.Indexes {
			ok = ok && named.MatchString(ix.Name) && indexed.MatchString(ix.Def)
		}
		if !ok {
			return fault.New(fault.Invalid, "backup.foreign", "the backup holds something that is not of a register")
		}
	}
	return nil
}

// parts is how many parts a parted table has.
const parts = 8

// begin gives the statements that make the table, without keys and indexes.
func (t Table) begin() []string {
	var cols []string
	for _, c := range t.Cols {
		col := c.Name + " " + c.Type
		if c.Bytes {
			col += ` COLLATE "C"`
		}
		if c.Full {
			col += " NOT NULL"
		}
		cols = append(cols, col)
	}
	made := "CREATE TABLE " + t.Name + " (" + strings.Join(cols, ", ") + ")"
	if !t.Parted {
		return []string{made}
	}
	all := []string{made + " PARTITION BY HASH (bucket)"}
	for i := range parts {
		all = append(all, fmt.Sprintf("CREATE TABLE %s_p%d PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d)", t.Name, i, t.Name, parts, i))
	}
	return all
}

// end gives the statements that finish the table once its rows are there. A row that
// breaks a key or a check makes them fail.
func (t Table) end() (all []string) {
	var keys []string
	for _, k := range t.Keys {
		keys = append(keys, "ADD CONSTRAINT "+k.Name+" "+k.Def)
	}
	if len(keys) > 0 {
		all = append(all, "ALTER TABLE "+t.Name+" "+strings.Join(keys, ", "))
	}
	for _, ix := range t.Indexes {
		unique := ""
		if ix.Unique {
			unique = "UNIQUE "
		}
		all = append(all, "CREATE "+unique+"INDEX "+ix.Name+" ON "+t.Name+" "+ix.Def)
	}
	if t.Guarded {
		all = append(all, "REVOKE UPDATE, DELETE, TRUNCATE ON "+t.Name+" FROM CURRENT_USER")
	}
	return append(all, "ANALYZE "+t.Name)
}

// out is the statement that gives the rows.
func (t Table) out() string {
	return "COPY (SELECT " + t.columns() + " FROM " + t.Name + ") TO STDOUT (FORMAT binary)"
}

// in is the statement that takes the rows that out gave.
func (t Table) in() string {
	return "COPY " + t.Name + " (" + t.columns() + ") FROM STDIN (FORMAT binary)"
}

func (t Table) columns() string {
	var all []string
	for _, c := range t.Cols {
		all = append(all, c.Name)
	}
	return strings.Join(all, ", ")
}
