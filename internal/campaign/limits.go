package campaign

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// limitOf is the limit that applies; nil for none.
func limitOf(c *Campaign) *outbox.Cap {
	if c.Options.Cap == nil || !c.Reserved() {
		return nil
	}
	return &outbox.Cap{Most: c.Options.Cap.Most, Days: c.Options.Cap.Days}
}

// spare skips those of some rows just decided whose people have had their fill.
func (r *Room) spare(tx *db.Tx, c *Campaign, rows []outbox.Message) error {
	limit := limitOf(c)
	if limit == nil {
		return nil
	}
	var people []id.ID
	for i := range rows {
		if rows[i].State == outbox.Queued {
			people = append(people, rows[i].Person)
		}
	}
	full, err := r.Outbox.Full(tx, people, *limit, c.ID)
	for i := range rows {
		if rows[i].State == outbox.Queued && full[rows[i].Person] {
			rows[i].Cap(tx)
		}
	}
	return err
}
