package db

import (
	"fmt"
	"strings"

	"kartotek/internal/id"
)

// Keyed reports whether anything is held of one person that is sealed with their own key.
func (t *Tx) Keyed(who id.ID) (bool, error) {
	n, err := t.held(who, func(c Col) bool { return c.Keyed })
	return len(n) > 0, err
}

// Personal counts the values that are held of one person in the personal columns of
// all tables of people, whichever room owns them, by "table.column"; empty values (nothing, "",
// 0, and lists and objects without content) are left out. It is how an erasure is
// looked over: it asks the tables and not the rooms, which may have forgotten one.
func (t *Tx) Personal(who id.ID) (map[string]int, error) {
	return t.held(who, func(c Col) bool { return c.Personal })
}

func (t *Tx) held(who id.ID, which func(Col) bool) (map[string]int, error) {
	out := map[string]int{}
	for _, table := range t.db.Tables() {
		var names, sums []string
		for _, c := range table.Cols {
			if which(c) {
				names = append(names, table.Name+"."+c.Name)
				sums = append(sums, fmt.Sprintf(`coalesce(sum(CASE WHEN coalesce(CAST(%s AS TEXT), '') IN ('', '0', '[]', '{}', '\x') THEN 0 ELSE 1 END), 0)`, c.Name))
			}
		}
		if len(names) == 0 || table.Kind != PersonTable {
			continue
		}
		n := make([]int, len(names))
		dest := make([]any, len(names))
		for i := range n {
			dest[i] = &n[i]
		}
		text := "SELECT " + strings.Join(sums, ", ") + " FROM " + table.Name + " WHERE bucket = $1 AND person_id = $2"
		if t.db.engine == SQLite {
			text = strings.NewReplacer("$1", "?", "$2", "?").Replace(text)
		}
		if err := t.tx.QueryRowContext(t.ctx, text, int64(who.Bucket()), int64(who)).Scan(dest...); err != nil {
			return nil, fmt.Errorf("look for what %s holds: %w", table.Name, err)
		}
		for i, name := range names {
			if n[i] > 0 {
				out[name] = n[i]
			}
		}
	}
	return out, nil
}
