// Package words is the dictionary of the names that people have, by which a part of a
// name is found without reading everybody. It holds each folded name once, however many
// are called so. It forgets one that nobody has any more: a name in a dictionary, too,
// tells that somebody was there. law: GDPR 17(1)
//
// It is a part of room party, whose table names it keeps.
package words

import "kartotek/internal/db"

// Word is an entry of the dictionary: a first or last name, folded.
type Word struct{ Kind, Text string }

// The kinds of word.
const (
	First = "first"
	Last  = "last"
)

var (
	usesFirst = db.SQL(db.Set, `SELECT 1 FROM persons WHERE status < 2 AND first_fold = $1 LIMIT 1`)
	usesLast  = db.SQL(db.Set, `SELECT 1 FROM persons WHERE status < 2 AND last_fold = $1 LIMIT 1`)
	insNames  = db.Bulk(db.Set, "names", `kind, value`, "(kind, value) DO NOTHING")
	delName   = db.SQL(db.Set, `DELETE FROM names WHERE kind = $1 AND value = $2`)
)

// Learn adds words that are not there yet.
func Learn(tx *db.Tx, all []Word) error {
	return tx.Bulk(insNames, len(all), func(i int, dst []any) { dst[0], dst[1] = all[i].Kind, all[i].Text })
}

// Forget takes out those of some words that nobody is called any more.
func Forget(tx *db.Tx, all []Word) error {
	for _, w := range all {
		uses := usesFirst
		if w.Kind == Last {
			uses = usesLast
		}
		var one int
		used, err := tx.One(uses, []any{&one}, w.Text)
		if err != nil {
			return err
		}
		if used {
			continue
		}
		if _, err := tx.Exec(delName, w.Kind, w.Text); err != nil {
			return err
		}
	}
	return nil
}
