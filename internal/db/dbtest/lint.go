package dbtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kartotek/internal/db"
)

// construct is something that shared SQL may not contain, and why.
type construct struct {
	find *regexp.Regexp
	why  string
}

func word(pattern, why string) construct {
	return construct{regexp.MustCompile(`(?i)` + pattern), why}
}

// forbidden lists what the engines understand differently, or what a register
// spread over several machines refuses.
var forbidden = []construct{
	word(`\$\d+\s+is\s+(not\s+)?null`, "$n IS NULL has no type on PostgreSQL: CAST($n AS TEXT)"),
	word(`->`, "JSON operators differ: keep what is searched in a column"),
	word(`\bcast\s*\([^)]*\bas\s+jsonb?\b`, "CAST AS JSON gives NULL on SQLite"),
	word(`\bi?like\b|\bglob\b|\bsimilar\s+to\b|~`, "LIKE differs in case: compare a column that ends in _fold, with ESCAPE, or a range of values"),
	word(`\b(lower|upper|initcap)\s*\(`, "folding knows only ASCII on SQLite: fold in Go"),
	word(`\b(json_each|jsonb?_\w+|any|unnest)\s*\(`, "lists are written {in $n}"),
	word(`\bfor\s+update\b`, "row locks are written {skip locked}"),
	word(`\b(greatest|least|generate_series|hex|instr|strftime|julianday|ifnull|iif|printf|format|to_char|date_trunc|extract)\s*\(`, "only one engine has it"),
	word(`::`, "CAST(… AS …) is the portable form"),
	word(`"`, "a quoted name that is no column is a text on SQLite"),
	word(`\binsert\s+or\b|\breplace\s+into\b|\bpragma\b`, "only SQLite has it: INSERT … ON CONFLICT"),
	word(`\bselect\s+(distinct\s+)?\*|\breturning\s+\*`, "name the columns beside the Scan"),
	word(`^\s*insert\s+into\s+\w+\s+(values|select)\b`, "name the columns"),
	word(`\bdistinct\s+on\b|\blateral\b|\brollup\b|\bcube\b|\bgrouping\s+sets\b|\bwith\s+recursive\b`, "not portable, or refused when the register is spread"),
	word(`\b(listen|notify|pg_\w+|create|alter|drop|truncate|vacuum)\b`, "belongs to the db package"),
	word(`\b(true|false)\b`, "truth is an int column, 0 or 1"),
	word(`\bwith\b[^;]*\bas\s*\(\s*(insert|update|delete)\b`, "a WITH that writes is a syntax error on SQLite"),
	word(`;`, "one statement at a time"),
}

var volatile = word(`\b(random|randomblob|gen_random_uuid|uuid_generate_v4|now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|nextval|last_insert_rowid|current_timestamp|current_date|current_time|localtimestamp)\b|\b(total_)?changes\s*\(\s*\)`, "")

// foldedLike is the LIKE both engines read alike: the column holds folded text,
// which has no capitals for SQLite to overlook.
var foldedLike = regexp.MustCompile(`(?i)(\b[a-z]\w*_fold|\bfrom names where [^()]*\bvalue) like \$\d+ escape ''`)

// LintSQL reads registered statements against the rules of the schema: S3 (one
// person's statements stay in one bucket), S10 (lists are bounded by {in $n}),
// S15 (time and chance are arguments), and the portable subset of SQL. Each
// finding names the statement's place. Statements of this package are left out:
// they ask the engine's catalogue.
func LintSQL(stmts []*db.Stmt, tables []db.Table) []string {
	l := lint{tables: map[string]db.Table{}}
	for _, t := range tables {
		l.tables[t.Name] = t
	}
	for _, s := range stmts {
		if s.Room != "db" || !strings.HasPrefix(s.Where, "dbtest/") {
			l.stmt(s)
		}
	}
	return l.findings
}

type lint struct {
	tables   map[string]db.Table
	findings []string
	at       *db.Stmt
}

func (l *lint) say(format string, args ...any) {
	l.findings = append(l.findings, fmt.Sprintf("%s %s: ", l.at.Room, l.at.Where)+fmt.Sprintf(format, args...))
}

var literals = regexp.MustCompile(`'(?:[^']|'')*'`)

func (l *lint) stmt(s *db.Stmt) {
	l.at = s
	text := strings.Join(strings.Fields(literals.ReplaceAllString(s.Text, "''")), " ")
	portable := foldedLike.ReplaceAllString(text, "$1 = ''")
	for _, f := range forbidden {
		if m := f.find.FindString(portable); m != "" {
			l.say("%s: %s", strings.TrimSpace(m), f.why)
		}
	}
	if m := volatile.find.FindString(text); m != "" {
		l.say("S15 %s: pass time and chance as arguments", strings.TrimSpace(m))
	}
	if long := longIn.FindString(text); long != "" {
		l.say("S10 a written-out list of placeholders: use {in $n}")
	}
	l.order(text)
	l.reach(text)
}

// longIn finds IN ($1, $2, …) with more than eight places.
var longIn = regexp.MustCompile(`(?i)\bin \((\s*\$\d+\s*,){8}`)

// source is a table as a statement names it.
type source struct{ table, alias string }

var (
	from     = regexp.MustCompile(`(?i)\b(from|join|into|update|using)\s+([a-z_]\w*)(?:\s+(?:as\s+)?([a-z_]\w*))?`)
	keywords = strings.Fields("where set on using join left right inner outer full cross group order limit values select returning natural union as for and having offset")
)

// sources lists the tables a text names, in order, each with the name it goes by.
func sources(text string) []source {
	var out []source
	for _, m := range from.FindAllStringSubmatch(text, -1) {
		alias := m[3]
		if alias == "" || slices.Contains(keywords, strings.ToLower(alias)) {
			alias = m[2]
		}
		out = append(out, source{m[2], alias})
	}
	return append(out, commaSources(text)...)
}

var commaFrom = regexp.MustCompile(`(?i)\bfrom\s+[a-z_]\w*(?:\s+(?:as\s+)?[a-z_]\w*)?((?:\s*,\s*[a-z_]\w*(?:\s+(?:as\s+)?[a-z_]\w*)?)+)`)

func commaSources(text string) []source {
	var out []source
	for _, m := range commaFrom.FindAllStringSubmatch(text, -1) {
		for _, part := range strings.Split(strings.Trim(m[1], " ,"), ",") {
			f := strings.Fields(part)
			alias := f[len(f)-1]
			if len(f) > 1 && slices.Contains(keywords, strings.ToLower(f[1])) {
				alias = f[0]
			}
			out = append(out, source{f[0], alias})
		}
	}
	return out
}

// reach checks S3, and that a statement's class fits the tables it names.
func (l *lint) reach(text string) {
	all := sources(text)
	var people []source
	for _, s := range all {
		t, known := l.tables[s.table]
		if known && t.Kind == db.PersonTable {
			people = append(people, s)
		}
		if known && (l.at.Class == db.Local && t.Kind != db.LocalTable && t.Kind != db.ReferenceTable ||
			l.at.Class == db.Reference && t.Kind != db.ReferenceTable) {
			l.say("S3 class %q names the %s table %s", l.at.Class, t.Kind, s.table)
		}
	}
	if l.at.Class == db.OnePerson {
		l.onePerson(text, people, len(all) == 1)
	}
	if l.at.Class == db.OnePerson || l.at.Class == db.Set {
		l.joins(text, people)
	}
}

// onePerson demands bucket = $n for every person table, and bucket among the
// columns of an insertion.
func (l *lint) onePerson(text string, people []source, single bool) {
	for i, s := range people {
		if i == 0 && strings.HasPrefix(strings.ToLower(text), "insert into "+strings.ToLower(s.table)) {
			if !regexp.MustCompile(`(?i)^insert into \w+ \(\s*bucket\s*,`).MatchString(text) {
				l.say("S3 insertion into %s does not begin with bucket", s.table)
			}
			continue
		}
		named := `\b` + regexp.QuoteMeta(s.alias) + `\.bucket = \$\d`
		if single || len(people) == 1 {
			named = `(?:\b` + regexp.QuoteMeta(s.alias) + `\.|[^.\w])bucket = \$\d`
		}
		if !regexp.MustCompile(`(?i)` + named).MatchString(text) {
			l.say("S3 %s is read without bucket = $n", s.alias)
		}
	}
}

var on = regexp.MustCompile(`(?i)\bjoin\s+([a-z_]\w*)(?:\s+(?:as\s+)?([a-z_]\w*))?\s+on\s+(.*?)(?:\bjoin\b|\bleft\b|\bwhere\b|\bgroup\b|\border\b|\blimit\b|$)`)

// joins demands that a person table is joined on bucket and person_id.
func (l *lint) joins(text string, people []source) {
	if len(people) < 2 {
		return
	}
	rest := text
	for {
		m := on.FindStringSubmatchIndex(rest)
		if m == nil {
			return
		}
		table, cond := rest[m[2]:m[3]], strings.ToLower(rest[m[6]:m[7]])
		rest = rest[m[7]:]
		if l.tables[table].Kind != db.PersonTable {
			continue
		}
		if !strings.Contains(cond, "bucket =") || !strings.Contains(cond, "person_id =") {
			l.say("S3 %s is not joined on bucket and person_id", table)
		}
	}
}

var orderBy = regexp.MustCompile(`(?i)\border by\s+(.*?)(?:\blimit\b|\boffset\b|\{|\)|\breturning\b|\bunion\b|$)`)

// order demands NULLS FIRST or LAST behind each column that may be NULL.
func (l *lint) order(text string) {
	all := sources(text)
	for _, m := range orderBy.FindAllStringSubmatch(text, -1) {
		for _, term := range strings.Split(m[1], ",") {
			f := strings.Fields(term)
			if len(f) == 0 || strings.Contains(strings.ToLower(term), " nulls ") {
				continue
			}
			if l.nullable(all, f[0]) {
				l.say("ORDER BY %s, which may be NULL, without NULLS FIRST or LAST", f[0])
			}
		}
	}
}

func (l *lint) nullable(all []source, col string) bool {
	alias, name, dotted := strings.Cut(col, ".")
	if !dotted {
		alias, name = "", col
	}
	for _, s := range all {
		if dotted && s.alias != alias {
			continue
		}
		for _, c := range l.tables[s.table].Cols {
			if c.Name == name && c.Null {
				return true
			}
		}
	}
	return false
}
