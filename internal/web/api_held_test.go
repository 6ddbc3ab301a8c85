package web_test

import (
	"net/http"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/outbox"
)

// TestAPIHeldAddress holds that whoever brings an address back that is not to be used
// hears of it, and that nothing goes there because of it.
func TestAPIHeldAddress(t *testing.T) {
	w := newWorld(t)
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	w.do(func(tx *db.Tx) error {
		return w.Outbox.Suppress(tx, "gone@fjord.example", outbox.Suppression{Kind: "email", Class: outbox.HoldMarketing, Reason: outbox.ReasonAsked})
	})
	for address, want := range map[string]any{"Gone@FJORD.example": "marketing", "free@fjord.example": nil} {
		status, got := w.call(key, "POST", "/people", `{"fields":{"last_name":"Öberg","email":"`+address+`"},"source":"web shop"}`)
		if held, _ := got["held"].(map[string]any); status != http.StatusCreated || held["email"] != want {
			t.Errorf("%s: %d %v", address, status, got)
		}
	}
}
