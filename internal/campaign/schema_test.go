package campaign_test

import (
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
)

// TestSchemaRules holds the tables and statements to the rules of the house.
func TestSchemaRules(t *testing.T) {
	var mine []*db.Stmt
	for _, s := range db.Registered() {
		if s.Room == "campaign" || s.Room == "segment" {
			mine = append(mine, s)
		}
	}
	var tables []db.Table
	for _, s := range schemas {
		tables = append(tables, s.Tables...)
	}
	for _, f := range dbtest.LintSQL(mine, tables) {
		t.Error(f)
	}
	each(t, func(t *testing.T, h *house) { dbtest.Catalogue(t, h.DB) })
}
