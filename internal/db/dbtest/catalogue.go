package dbtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
)

// The catalogue's questions. They differ per engine, as nothing else may.
var (
	liteColumns = db.SQL(db.Local, `SELECT m.name, p.name, p.type, p."notnull", p.pk, p.dflt_value IS NOT NULL
		FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.cid`)
	liteTables = db.SQL(db.Local, `SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	liteUnique = db.SQL(db.Local, `SELECT m.name, i.name, (SELECT string_agg(x.name, ',' ORDER BY x.seqno) FROM pragma_index_info(i.name) x)
		FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i."unique" = 1 ORDER BY 1, 2`)
	liteForeign = db.SQL(db.Local, `SELECT m.name, f."table", f."from" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.seq = 0`)
	liteLogic   = db.SQL(db.Local, `SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') OR upper(sql) LIKE '%COLLATE%' OR upper(sql) LIKE '%AUTOINCREMENT%'`)

	pgColumns = db.SQL(db.Local, `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 1 ELSE 0 END,
		coalesce(array_position(k.conkey, a.attnum), 0), CASE WHEN a.atthasdef OR a.attidentity <> '' THEN 1 ELSE 0 END
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, a.attnum`)
	pgChecks = db.SQL(db.Local, `SELECT c.relname, coalesce(string_agg(pg_get_constraintdef(k.oid), ' '), '') FROM pg_class c
		LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c'
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace GROUP BY c.relname ORDER BY 1`)
	pgUnique = db.SQL(db.Local, `SELECT c.relname, i.relname, (SELECT string_agg(a.attname, ',' ORDER BY o.n) FROM unnest(x.indkey) WITH ORDINALITY o(k, n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.k)
		FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
		WHERE x.indisunique AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2`)
	pgForeign = db.SQL(db.Local, `SELECT k.conrelid::regclass::text, k.confrelid::regclass::text, a.attname FROM pg_constraint k
		JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] WHERE k.contype = 'f' AND k.conparentid = 0`)
	pgLogic = db.SQL(db.Local, `SELECT 'trigger', tgname, '' FROM pg_trigger WHERE NOT tgisinternal
		UNION ALL SELECT 'procedure', proname, '' FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
		UNION ALL SELECT 'sequence or view', relname, '' FROM pg_class WHERE relkind IN ('S', 'v', 'm') AND relnamespace = current_schema()::regnamespace
		UNION ALL SELECT 'exclusion or deferrable constraint', conname, '' FROM pg_constraint WHERE (contype = 'x' OR condeferrable) AND connamespace = current_schema()::regnamespace
		UNION ALL SELECT 'collation of ' || c.relname, a.attname, '' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND l.collname <> 'C'
		AND c.relname NOT IN ('schema_steps', 'schema_shape', 'index_debt', 'key_mark')`)
)

// Catalogue fails the test for each thing in an open register that the rules of
// the schema forbid: a person table whose key does not begin with bucket and
// person_id or lacks the check between them, a unique or foreign key that crosses
// people, a value the database makes up, logic kept in the database, a table that
// no room declared.
func Catalogue(t *testing.T, d *db.DB) {
	t.Helper()
	for _, finding := range CatalogueFindings(t, d) {
		t.Error(finding)
	}
}

// CatalogueFindings lists what Catalogue would fail for.
func CatalogueFindings(t *testing.T, d *db.DB) []string {
	t.Helper()
	c := catalogue{kinds: map[string]db.Kind{"schema_steps": db.LocalTable, "schema_shape": db.LocalTable, "index_debt": db.LocalTable, "key_mark": db.LocalTable}, declared: map[string]db.Table{}}
	for _, table := range d.Tables() {
		c.kinds[table.Name] = table.Kind
		c.declared[table.Name] = table
	}
	err := d.View(t.Context(), db.System("catalogue check"), func(tx *db.Tx) error {
		q := []*db.Stmt{liteColumns, liteTables, liteUnique, liteForeign, liteLogic}
		if d.Engine() == db.Postgres {
			q = []*db.Stmt{pgColumns, pgChecks, pgUnique, pgForeign, pgLogic}
		}
		for i, read := range []func(db.Scan) error{c.column, c.check, c.unique, c.foreign, c.logic} {
			if err := tx.Each(q[i], read); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.keys()
	slices.Sort(c.findings)
	return c.findings
}

type catalogue struct {
	kinds    map[string]db.Kind
	declared map[string]db.Table
	primary  map[string]map[int]string // table -> place in the key -> column
	findings []string
}

func (c *catalogue) say(format string, args ...any) {
	c.findings = append(c.findings, fmt.Sprintf(format, args...))
}

// column checks S7 and the types, and notes the primary key.
func (c *catalogue) column(scan db.Scan) error {
	var table, name, typ string
	var notNull, key, made int
	if err := scan(&table, &name, &typ, &notNull, &key, &made); err != nil {
		return err
	}
	if made != 0 {
		c.say("S7 %s.%s: the database makes the value up", table, name)
	}
	if (name == "bucket" || name == "person_id") && c.kinds[table] == db.PersonTable && notNull == 0 {
		c.say("S1 %s.%s may be NULL", table, name)
	}
	if !slices.Contains([]string{"INTEGER", "BIGINT", "TEXT", "BLOB", "REAL", "integer", "bigint", "text", "bytea", "double precision"}, typ) {
		c.say("S2 %s.%s has the type %s", table, name, typ)
	}
	if key > 0 {
		if c.primary == nil {
			c.primary = map[string]map[int]string{}
		}
		if c.primary[table] == nil {
			c.primary[table] = map[int]string{}
		}
		c.primary[table][key] = name
	}
	return nil
}

// bucketCheck is how SQLite, then PostgreSQL, repeat the check.
var bucketCheck = regexp.MustCompile(`bucket = \(person_id & (4095|\(4095\)::bigint)\)`)

// check checks S2, and that every table is declared.
func (c *catalogue) check(scan db.Scan) error {
	var table, text string
	if err := scan(&table, &text); err != nil {
		return err
	}
	kind, known := c.kinds[table]
	if !known {
		c.say("S1 %s is declared by no room", table)
	}
	if kind == db.PersonTable && !bucketCheck.MatchString(text) {
		c.say("S2 %s has no check of bucket against person_id", table)
	}
	return nil
}

// keys checks S1.
func (c *catalogue) keys() {
	for table, kind := range c.kinds {
		key := c.primary[table]
		if kind == db.PersonTable && (key[1] != "bucket" || key[2] != "person_id") {
			c.say("S1 %s: the key does not begin with bucket, person_id", table)
		}
		if len(key) == 0 {
			c.say("S1 %s has no primary key, or does not exist", table)
		}
	}
}

// unique checks the first half of S4.
func (c *catalogue) unique(scan db.Scan) error {
	var table, name string
	var cols *string
	if err := scan(&table, &name, &cols); err != nil {
		return err
	}
	if c.kinds[table] == db.PersonTable && (cols == nil || !strings.HasPrefix(*cols+",", "bucket,")) {
		c.say("S4 %s: the unique index %s does not begin with bucket", table, name)
	}
	return nil
}

// foreign checks the second half of S4.
func (c *catalogue) foreign(scan db.Scan) error {
	var from, to, col string
	if err := scan(&from, &to, &col); err != nil {
		return err
	}
	a, b := c.kinds[from], c.kinds[to]
	if b == db.PersonTable && (a != db.PersonTable || col != "bucket") {
		c.say("S4 %s points to the person table %s without bucket", from, to)
	}
	return nil
}

// logic checks S8. The guards of append-only tables are the one exception: they
// only ever refuse.
func (c *catalogue) logic(scan db.Scan) error {
	var kind, name, text string
	if err := scan(&kind, &name, &text); err != nil {
		return err
	}
	for table, decl := range c.declared {
		if decl.AppendOnly && strings.HasPrefix(name, table+"_no_") && strings.Contains(text, "RAISE(ABORT") {
			return nil
		}
	}
	c.say("S8 %s %s: the database holds logic of its own", kind, name)
	return nil
}
