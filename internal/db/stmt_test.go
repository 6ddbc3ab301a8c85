package db_test

import (
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
)

// TestLint gives each text to the lint and expects findings that begin so; none
// for an empty wish.
func TestLint(t *testing.T) {
	tables := schema[0].Tables
	for _, c := range []struct {
		class db.Class
		text  string
		want  string
	}{
		{db.OnePerson, `SELECT name FROM cards WHERE bucket = $1 AND person_id = $2`, ""},
		{db.OnePerson, `SELECT c.name FROM cards c JOIN cards_log l ON l.bucket = c.bucket AND l.person_id = c.person_id WHERE c.bucket = $1 AND l.bucket = $1`, ""},
		{db.OnePerson, `INSERT INTO cards_log (bucket, person_id, id, what) VALUES ($1, $2, $3, $4)`, ""},
		{db.OnePerson, `SELECT value FROM names WHERE value = $1`, ""},
		{db.OnePerson, `SELECT name FROM cards WHERE person_id = $1`, "S3 cards is read without"},
		{db.OnePerson, `SELECT c.name FROM cards c, cards_log l WHERE c.bucket = $1`, "S3 l is read without"},
		{db.OnePerson, `UPDATE cards SET name = $1 WHERE person_id = $2`, "S3 cards is read without"},
		{db.OnePerson, `DELETE FROM cards_log WHERE person_id = $1`, "S3 cards_log is read without"},
		{db.OnePerson, `INSERT INTO cards_log (person_id, bucket, id, what) VALUES ($1, $2, $3, $4)`, "S3 insertion into cards_log"},
		{db.Set, `SELECT c.name FROM cards c JOIN cards_log l ON l.person_id = c.person_id WHERE c.bucket BETWEEN $1 AND $2`, "S3 cards_log is not joined"},
		{db.Set, `SELECT name FROM cards ORDER BY city, person_id`, "ORDER BY city"},
		{db.Set, `SELECT name FROM cards ORDER BY city NULLS LAST, person_id`, ""},
		{db.Set, `SELECT name FROM cards WHERE name LIKE $1`, "LIKE:"},
		{db.Set, `SELECT name FROM cards WHERE lower(name) = $1`, "lower(:"},
		{db.Set, `SELECT * FROM cards`, "SELECT *:"},
		{db.Set, `SELECT count(*) FROM cards WHERE name = 'like; -> random()'`, ""},
		{db.Reference, `UPDATE drawers SET n = random()`, "S15"},
		{db.Reference, `SELECT n FROM drawers WHERE $1 IS NULL OR n = $1`, "$1 IS NULL:"},
		{db.Reference, `SELECT name FROM cards`, `S3 class "reference" names the person table`},
		{db.Local, `SELECT n FROM drawers`, ""},
		{db.Local, `SELECT name FROM cards`, `S3 class "local" names the person table`},
		{db.Set, `SELECT name FROM cards WHERE person_id IN ($1,$2,$3,$4,$5,$6,$7,$8,$9)`, "S10"},
	} {
		s := &db.Stmt{Class: c.class, Text: c.text, Room: "shelf", Where: "x.go:1"}
		got := dbtest.LintSQL([]*db.Stmt{s}, tables)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], "shelf x.go:1: "+c.want)) {
			t.Errorf("%s\n  got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestWrongTextPanics(t *testing.T) {
	for what, fn := range map[string]func(){
		"a missing placeholder": func() { db.SQL(db.Local, `SELECT id FROM drawers WHERE id = $2`) },
		"an unknown type":       func() { db.Cols("x varchar") },
		"an unknown word":       func() { db.Cols("x text secret") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was let through", what)
				}
			}()
			fn()
		}()
	}
}

func TestRegistered(t *testing.T) {
	for _, s := range db.Registered() {
		if s == cardByKey {
			if s.Room != "db" || !strings.HasPrefix(s.Where, "db_test.go:") {
				t.Errorf("registered as %s %s", s.Room, s.Where)
			}
			return
		}
	}
	t.Error("a declared statement is not registered")
}
