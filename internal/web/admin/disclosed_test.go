package admin_test

import (
	"net/http"
	"net/url"
	"testing"

	"kartotek/internal/db"
)

// TestDisclosed notes on a person's page that a recipient was given something, as the
// notice allows it, and refuses what it does not.
func TestDisclosed(t *testing.T) {
	w := newWorld(t, "owner")
	who := w.people["Öberg"]
	at := "/people/" + who.String() + "/keeping"
	w.get(at).has("Note a disclosure", "Postilinja Oy")
	for want, category := range []string{"billing", "contact"} {
		status, _ := w.answered("/people/"+who.String()+"/disclosed", url.Values{"recipient": {"mail-relay"}, "given": {category}, "basis": {"contract"}, "gift": {"a list by hand"}})
		if refused := status == http.StatusForbidden; refused != (want == 0) {
			t.Errorf("%s: %d", category, status)
		}
		w.do(func(tx *db.Tx) error {
			all, err := w.Recipient.Of(tx, who)
			if len(all) != want {
				t.Errorf("%s: %+v", category, all)
			}
			return err
		})
	}
	w.get(at).has("a list by hand")
}
