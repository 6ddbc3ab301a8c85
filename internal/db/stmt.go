package db

import (
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// Class says how far a statement reaches, which decides where it can run once
// the register is spread over several machines.
type Class string

// The classes of statements.
const (
	OnePerson Class = "one"       // one person: names bucket = $n for every person table
	Set       Class = "set"       // many people: a range of buckets, a list page, a report
	Reference Class = "reference" // small tables changed by staff
	Local     Class = "local"     // queues, sessions, audit: on the coordinator
)

// Stmt is a registered SQL text. Make it with SQL, as a package variable.
type Stmt struct {
	Class Class
	Text  string // as written, with $1 placeholders
	Room  string // the room that declared it: the folder below internal, whatever folders lie within
	Where string // file:line of the declaration, below the room's folder
	args  int
	forms [2]string // by Engine
	order []int     // SQLite: which argument each mark takes; nil when they stand in order
}

var registry struct {
	sync.Mutex
	all []*Stmt
}

// SQL registers a statement. The text is portable SQL with $N placeholders, and
// may use some fragments that the engines write differently:
//
//	{in $1}        membership in a list given as one []string or []int64 argument (500 values at most)
//	{each $1}      a table named each whose column value holds a []int64 argument (500 values at most)
//	{each $1 $2}   the same with a column text beside it, from a []string argument as long
//	{skip locked}  take rows nobody else holds
//
// It is meant for package variables; a text that cannot be right panics.
func SQL(class Class, text string) *Stmt {
	_, file, line, _ := runtime.Caller(1)
	return register(class, text, file, line)
}

func register(class Class, text, file string, line int) *Stmt {
	room, name := placeOf(file)
	s := &Stmt{Class: class, Text: text, Room: room, Where: fmt.Sprintf("%s:%d", name, line)}
	s.args = countArgs(text)
	s.forms[SQLite], s.order = toSQLite(text)
	s.forms[Postgres] = toPostgres(text)
	registry.Lock()
	registry.all = append(registry.all, s)
	registry.Unlock()
	return s
}

// placeOf is the room a source file belongs to, and the file below it. A room may
// have folders of its own, which share its tables.
func placeOf(file string) (room, name string) {
	if _, below, ok := strings.Cut(filepath.ToSlash(file), "/internal/"); ok {
		if room, name, ok = strings.Cut(below, "/"); ok {
			return room, name
		}
	}
	return filepath.Base(filepath.Dir(file)), filepath.Base(file)
}

// Registered lists every statement of the program, for checks.
func Registered() []*Stmt {
	registry.Lock()
	defer registry.Unlock()
	return append([]*Stmt(nil), registry.all...)
}

var (
	placeholder = regexp.MustCompile(`\$(\d+)`)
	inList      = regexp.MustCompile(`\{in \$(\d+)\}`)
	eachPair    = regexp.MustCompile(`\{each \$(\d+) \$(\d+)\}`)
	eachList    = regexp.MustCompile(`\{each \$(\d+)\}`)
)

func countArgs(text string) int {
	max := 0
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		if n > max {
			max = n
		}
	}
	for n := 1; n <= max; n++ {
		if !regexp.MustCompile(`\$` + strconv.Itoa(n) + `\b`).MatchString(text) {
			panic(fmt.Sprintf("db: $%d is missing in %q", n, text)) // statements are package variables: a wrong one fails every start and test
		}
	}
	return max
}

// toSQLite writes plain "?" marks: a numbered mark has a name, and looking names
// up costs more than binding. order says which argument each mark takes.
func toSQLite(text string) (form string, order []int) {
	text = inList.ReplaceAllString(text, `IN (SELECT value FROM json_each($$$1))`)
	text = eachPair.ReplaceAllString(text, `(SELECT value, json_extract($$$2, '$$[' || key || ']') AS text FROM json_each($$$1)) AS each`)
	text = eachList.ReplaceAllString(text, `json_each($$$1) AS each`)
	text = strings.ReplaceAll(text, "{skip locked}", "")
	sorted := true
	form = placeholder.ReplaceAllStringFunc(text, func(mark string) string {
		n, _ := strconv.Atoi(mark[1:])
		sorted = sorted && n == len(order)+1
		order = append(order, n-1)
		return "?"
	})
	if sorted {
		order = nil
	}
	return form, order
}

func toPostgres(text string) string {
	text = inList.ReplaceAllString(text, `= ANY($$$1)`)
	text = eachPair.ReplaceAllString(text, `unnest($$$1::bigint[], $$$2::text[]) AS each(value, text)`)
	text = eachList.ReplaceAllString(text, `unnest($$$1::bigint[]) AS each(value)`)
	return strings.ReplaceAll(text, "{skip locked}", "FOR UPDATE SKIP LOCKED")
}

// Insert is a registered insertion of many rows, made with Bulk.
type Insert struct {
	Table    string
	Cols     []string
	Conflict string // "", or what to do on a key that exists, such as "(bucket, person_id) DO NOTHING"
	one      *Stmt
	many     [2]string // SQLite text for batchRows rows, then for one
}

// batchRows is how many rows one SQLite statement carries; measured best near 50.
const batchRows = 50

// Bulk registers an insertion of many rows into table. On PostgreSQL rows are
// copied, unless conflict says what to do with a key that exists already.
func Bulk(class Class, table, cols, conflict string) *Insert {
	_, file, line, _ := runtime.Caller(1)
	names := strings.Fields(strings.ReplaceAll(cols, ",", " "))
	ins := &Insert{Table: table, Cols: names, Conflict: conflict}
	ins.one = register(class, ins.text(1, "$"), file, line)
	ins.many = [2]string{ins.text(batchRows, "?"), ins.text(1, "?")}
	return ins
}

// text writes the statement for a number of rows. On SQLite the marks are plain
// "?": a numbered mark has a name, and looking names up costs more than the insert.
func (ins *Insert) text(rows int, mark string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", ins.Table, strings.Join(ins.Cols, ", "))
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range ins.Cols {
			if c > 0 {
				b.WriteByte(',')
			}
			n++
			b.WriteString(mark)
			if mark == "$" {
				b.WriteString(strconv.Itoa(n))
			}
		}
		b.WriteByte(')')
	}
	if ins.Conflict != "" {
		b.WriteString(" ON CONFLICT " + ins.Conflict)
	}
	return b.String()
}
