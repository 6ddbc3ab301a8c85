// Package dbtest opens registers for tests, on every engine the program runs on.
//
// A room's tests run the same function on three registers:
//
//		func TestMain(m *testing.M) { dbtest.Main(m) }
//
//		func TestAdd(t *testing.T) {
//			dbtest.Each(t, []db.Schema{party.Schema}, func(t *testing.T, d *db.DB) { … })
//		}
//
//	  - sqlite: a file in the test's own folder;
//	  - postgres: a database of its own, copied from a template that is migrated once;
//	  - partitioned: the same with person tables PARTITION BY HASH (bucket), in
//	    which PostgreSQL refuses the keys that a spread-out register would refuse.
//
// One private PostgreSQL server is started per test process, on a socket in a
// temporary folder, the first time a test asks for it (server.go); the program's
// role there is an ordinary one, because a superuser may change append-only
// tables. KARTOTEK_TEST_PG names a server to use instead.
//
// Catalogue checks what an open register looks like against the rules of the
// schema (catalogue.go); LintSQL reads the registered statements (lint.go).
package dbtest

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/seal"
)

// Start is the moment at which the clocks of test registers stand.
var Start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// Option changes how a register is opened.
type Option func(*db.Options)

// At lets the register's clock stand at a time that the test moves.
func At(c clock.Clock) Option { return func(o *db.Options) { o.Clock = c } }

// Node gives the register's ids a node number.
func Node(n int) Option { return func(o *db.Options) { o.Node = n } }

// Main runs the tests of a package, stops the server they used, and then does what
// else is to be done after the last test.
func Main(m *testing.M, after ...func()) {
	code := m.Run()
	stopServer()
	for _, f := range after {
		f()
	}
	os.Exit(code)
}

// Each runs a test on SQLite, PostgreSQL, and PostgreSQL with partitioned person tables.
func Each(t *testing.T, schemas []db.Schema, fn func(t *testing.T, d *db.DB), opts ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t, schemas, opts...)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t, schemas, opts...)) })
	t.Run("partitioned", func(t *testing.T) {
		fn(t, Postgres(t, schemas, append(opts, func(o *db.Options) { o.Partition = true })...))
	})
}

// SQLite opens an empty register in the test's folder.
func SQLite(t *testing.T, schemas []db.Schema, opts ...Option) *db.DB {
	t.Helper()
	return Open(t, t.TempDir(), schemas, opts...)
}

// Postgres opens an empty register in a database of its own, with the schema in place.
func Postgres(t *testing.T, schemas []db.Schema, opts ...Option) *db.DB {
	t.Helper()
	o := options(schemas, opts)
	return Open(t, newDatabase(t, template(t, o)), schemas, opts...)
}

// Empty gives the address of a PostgreSQL database without tables, dropped at the test's end.
func Empty(t *testing.T) string {
	t.Helper()
	return newDatabase(t, "template1")
}

// Open opens the register at dsn as another process would, and closes it at the test's end.
func Open(t *testing.T, dsn string, schemas []db.Schema, opts ...Option) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), dsn, options(schemas, opts))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func options(schemas []db.Schema, opts []Option) db.Options {
	o := db.Options{Clock: clock.At(Start), Schema: schemas}
	for _, f := range opts {
		f(&o)
	}
	return o
}

var templates struct {
	sync.Mutex
	made map[string]string
}

// template makes, once per schema, the database that tests copy.
func template(t *testing.T, o db.Options) string {
	t.Helper()
	h := fnv.New64a()
	fmt.Fprintf(h, "%+v %v", o.Schema, o.Partition)
	key := fmt.Sprintf("%x", h.Sum64())
	templates.Lock()
	defer templates.Unlock()
	if name := templates.made[key]; name != "" {
		return name
	}
	name := "tpl_" + key + "_" + strings.ToLower(seal.Token()[:8])
	admin(t, "CREATE DATABASE "+name)
	d, err := db.Open(t.Context(), address(t, name), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if templates.made == nil {
		templates.made = map[string]string{}
	}
	templates.made[key] = name
	return name
}

func newDatabase(t *testing.T, template string) string {
	t.Helper()
	name := "t_" + strings.ToLower(seal.Token())
	admin(t, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { _ = adminErr("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") })
	return address(t, name)
}

func address(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(serverDSN(t))
	if err != nil {
		t.Fatal("KARTOTEK_TEST_PG is not a URL")
	}
	u.Path = "/" + database
	return u.String()
}

func admin(t *testing.T, text string) {
	t.Helper()
	serverDSN(t)
	if err := adminErr(text); err != nil {
		t.Fatal(err)
	}
}

func adminErr(text string) error {
	_, err := server.pool.ExecContext(context.Background(), text)
	return err
}
