package app

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// PersonOf finds the person an address belongs to, for a question about the log.
func (h *House) PersonOf(tx *db.Tx, address string) (id.ID, error) { return h.find(tx, address) }
