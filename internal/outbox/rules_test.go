package outbox_test

import (
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/outbox"
)

// TestSchemaRules holds the tables and statements of the room to the rules of the house.
func TestSchemaRules(t *testing.T) {
	var mine []*db.Stmt
	for _, s := range db.Registered() {
		if s.Room == "outbox" {
			mine = append(mine, s)
		}
	}
	for _, f := range dbtest.LintSQL(mine, outbox.Schema.Tables) {
		t.Error(f)
	}
	for _, f := range (dossier.Keepers{&outbox.Room{}}).Unclaimed(outbox.Schema.Tables) {
		t.Error(f)
	}
	each(t, func(t *testing.T, w *world) { dbtest.Catalogue(t, w.DB) })
}
