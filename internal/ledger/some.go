package ledger

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

var selSome = db.SQL(db.Set, `SELECT s.person_id, s.packed FROM {each $1} JOIN standing s ON s.bucket = (each.value & 4095) AND s.person_id = each.value`)

// Standings reads what stands for some people, such as those of a page, with one
// question. Who has no entry is not in the answer.
func (r *Room) Standings(tx *db.Tx, who []id.ID) (map[id.ID]string, error) {
	out := make(map[id.ID]string, len(who))
	err := tx.Each(selSome, func(scan db.Scan) error {
		var p id.ID
		var packed string
		err := scan(&p, &packed)
		out[p] = packed
		return err
	}, who)
	return out, err
}
