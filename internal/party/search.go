package party

import (
	"slices"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Cursor is where a list goes on: the sort key and id of the last row shown.
// Doors sign it, so that it cannot be forged.
type Cursor struct {
	Key, Key2 string
	ID        id.ID
}

// Query narrows a list of people. At most one of City, OrgID, Tag and Text is
// used, in that order; each has an index of its own.
type Query struct {
	City  string
	OrgID id.ID
	Tag   string
	Text  string
	After Cursor
	Limit int
}

const nameOrder = ` ORDER BY last_fold, first_fold, bucket, person_id LIMIT `

var (
	listAll = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE status < 2 AND (last_fold, first_fold, bucket, person_id) > ($1, $2, $3, $4)`+nameOrder+`$5`)
	listTop = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE status < 2`+nameOrder+`$1`)

	listCity = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE status < 2 AND city_fold = $6
		AND (last_fold, first_fold, bucket, person_id) > ($1, $2, $3, $4)`+nameOrder+`$5`)
	listOrg = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE org_id = $6 AND org_id <> 0 AND status < 2
		AND (last_fold, first_fold, bucket, person_id) > ($1, $2, $3, $4)`+nameOrder+`$5`)
	listTag = db.SQL(db.Set, `SELECT person_id FROM person_tags WHERE tag = $1 AND (bucket, person_id) > ($2, $3) ORDER BY bucket, person_id LIMIT $4`)

	byLast  = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE status < 2 AND last_fold = $1 ORDER BY first_fold, bucket, person_id LIMIT $2`)
	byFirst = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE status < 2 AND first_fold = $1 ORDER BY last_fold, bucket, person_id LIMIT $2`)
	byBoth  = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE status < 2 AND last_fold = $1 AND first_fold LIKE $2 ESCAPE '\' ORDER BY first_fold, bucket, person_id LIMIT $3`)

	namesLike   = db.SQL(db.Set, `SELECT value FROM names WHERE kind = $1 AND value LIKE $2 ESCAPE '\' ORDER BY value LIMIT $3`)
	phoneIdents = db.SQL(db.Set, `SELECT person_id FROM identifiers WHERE value >= $1 AND value < $2 AND kind = 'phone' ORDER BY value LIMIT $3`)
	likePhone   = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE phone >= $1 AND phone < $2 AND phone <> '' AND status < 2 ORDER BY phone, bucket, person_id LIMIT $3`)
)

// List gives one page of people by last and first name.
func (r *Room) List(tx *db.Tx, q Query) (out []Person, err error) {
	c := q.After
	key := []any{c.Key, c.Key2, c.ID.Bucket(), int64(c.ID), q.Limit}
	collect := collector(&out)
	switch {
	case q.City != "":
		err = tx.Each(listCity, collect, append(key, address.Fold(q.City))...)
	case q.OrgID != 0:
		err = tx.Each(listOrg, collect, append(key, int64(q.OrgID))...)
	case q.Tag != "":
		return r.listTagged(tx, q)
	case strings.TrimSpace(q.Text) != "":
		return r.Search(tx, q.Text, q.Limit)
	case c.ID == 0:
		err = tx.Each(listTop, collect, q.Limit)
	default:
		err = tx.Each(listAll, collect, key...)
	}
	return out, err
}

func collector(out *[]Person) func(db.Scan) error {
	return func(scan db.Scan) error {
		*out = append(*out, Person{})
		return scanPerson(scan, &(*out)[len(*out)-1])
	}
}

// CursorOf is where the list goes on after p.
func CursorOf(p *Person) Cursor {
	return Cursor{address.Fold(p.LastName), address.Fold(p.FirstName), p.ID}
}

func (r *Room) listTagged(tx *db.Tx, q Query) ([]Person, error) {
	var ids []id.ID
	err := tx.Each(listTag, func(scan db.Scan) error {
		var who id.ID
		defer func() { ids = append(ids, who) }()
		return scan(&who)
	}, q.Tag, q.After.ID.Bucket(), int64(q.After.ID), q.Limit)
	if err != nil {
		return nil, err
	}
	return r.byIDs(tx, ids)
}

func (r *Room) byIDs(tx *db.Tx, ids []id.ID) (out []Person, err error) {
	seen := map[id.ID]bool{}
	for _, who := range ids {
		if seen[who] {
			continue // found by several addresses
		}
		seen[who] = true
		p, found, err := r.Get(tx, who)
		if err != nil {
			return nil, err
		}
		if found && p.Status != Erased {
			out = append(out, *p)
		}
	}
	return out, nil
}

// Search finds people by an address or its beginning, a phone number, or parts of
// their first and last name in either order, folded for Nordic letters.
func (r *Room) Search(tx *db.Tx, text string, limit int) ([]Person, error) {
	text = strings.TrimSpace(text)
	if len(text) > 200 {
		text = text[:200]
	}
	switch {
	case strings.Contains(text, "@"):
		return r.searchEmail(tx, strings.ToLower(text), limit)
	case strings.IndexFunc(text, notPhone) < 0 && len(text) > 3:
		return r.searchPhone(tx, text, limit)
	}
	words := strings.Fields(address.Fold(text))
	switch len(words) {
	case 0:
		return nil, nil
	case 1:
		return r.searchWord(tx, words[0], limit)
	}
	return r.searchTwo(tx, words, limit)
}

func notPhone(c rune) bool { return !strings.ContainsRune("+0123456789 -()", c) }

func (r *Room) searchEmail(tx *db.Tx, text string, limit int) ([]Person, error) {
	var ids []id.ID
	err := tx.Each(likeIdent, func(scan db.Scan) error {
		var who id.ID
		defer func() { ids = append(ids, who) }()
		return scan(&who)
	}, text, text+"\U0010ffff", limit)
	if err != nil {
		return nil, err
	}
	return r.byIDs(tx, ids)
}

func (r *Room) searchPhone(tx *db.Tx, text string, limit int) (out []Person, err error) {
	digits := strings.Map(func(c rune) rune {
		if c == '+' || (c >= '0' && c <= '9') {
			return c
		}
		return -1
	}, text)
	if n, err := address.Phone(text, "FI"); err == nil {
		digits = n
	}
	if err = tx.Each(likePhone, collector(&out), digits, digits+":", limit); err != nil {
		return nil, err
	}
	return r.alsoByPhone(tx, out, digits, limit)
}

// alsoByPhone adds the people found by a number that is not the one in their row.
func (r *Room) alsoByPhone(tx *db.Tx, out []Person, digits string, limit int) ([]Person, error) {
	var ids []id.ID
	err := tx.Each(phoneIdents, func(scan db.Scan) error {
		var who id.ID
		defer func() { ids = append(ids, who) }()
		return scan(&who)
	}, digits, digits+":", limit)
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(who id.ID) bool {
		return slices.ContainsFunc(out, func(p Person) bool { return p.ID == who })
	})
	more, err := r.byIDs(tx, ids[:min(len(ids), limit-min(limit, len(out)))])
	return append(out, more...), err
}

// distinctNames caps how many different names one search looks up.
const distinctNames = 200

func (r *Room) names(tx *db.Tx, kind, part string) (out []string, err error) {
	err = tx.Each(namesLike, func(scan db.Scan) error {
		var v string
		defer func() { out = append(out, v) }()
		return scan(&v)
	}, kind, "%"+escapeLike(part)+"%", distinctNames)
	return out, err
}

// searchWord lists people whose last name, then whose first name, has the part in it.
func (r *Room) searchWord(tx *db.Tx, word string, limit int) ([]Person, error) {
	var out []Person
	seen := map[id.ID]bool{}
	for _, by := range []struct {
		kind string
		stmt *db.Stmt
	}{{"last", byLast}, {"first", byFirst}} {
		names, err := r.names(tx, by.kind, word)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if len(out) >= limit {
				return out, nil
			}
			err := tx.Each(by.stmt, unseen(&out, seen), name, limit-len(out))
			if err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func unseen(out *[]Person, seen map[id.ID]bool) func(db.Scan) error {
	return func(scan db.Scan) error {
		var p Person
		if err := scanPerson(scan, &p); err != nil || seen[p.ID] {
			return err
		}
		seen[p.ID] = true
		*out = append(*out, p)
		return nil
	}
}

// searchTwo reads "first last" and "last first".
func (r *Room) searchTwo(tx *db.Tx, words []string, limit int) ([]Person, error) {
	var out []Person
	seen := map[id.ID]bool{}
	n := len(words)
	tries := [][2]string{{words[n-1], strings.Join(words[:n-1], " ")}, {words[0], strings.Join(words[1:], " ")}}
	for _, try := range tries {
		lasts, err := r.names(tx, "last", try[0])
		if err != nil {
			return nil, err
		}
		for _, last := range lasts {
			if len(out) >= limit {
				return out, nil
			}
			err := tx.Each(byBoth, unseen(&out, seen), last, escapeLike(try[1])+"%", limit-len(out))
			if err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// escapeLike makes a text match itself in LIKE … ESCAPE '\'.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
