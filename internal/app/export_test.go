package app

import (
	"bytes"
	"strings"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/recipient"
)

// TestExportIsRecorded: what goes to a recipient is what they receive by the notice, of
// nobody whose data is only stored, and is on record of each person in it; what the
// company writes out for itself is everything, and nobody's disclosure.
func TestExportIsRecorded(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		var asa, bo id.ID
		h.try(t, func(tx *db.Tx) error {
			for i, who := range []*id.ID{&asa, &bo} {
				p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "first_name", Value: []string{"Åsa", "Bo"}[i]}, {Name: "email", Value: []string{"asa", "bo"}[i] + "@kund.example"}, {Name: "organisation", Value: "Vård Ab"}}})
				if err != nil {
					return err
				}
				*who = p.ID
			}
			return h.Keepers().Restrict(tx, bo, true)
		})
		write := func(to *recipient.Disclosure) (string, int, error) {
			var out bytes.Buffer
			n, err := h.ExportPeople(t.Context(), eraser, "csv", to, &out)
			return out.String(), n, err
		}
		if text, n, err := write(nil); err != nil || n != 2 || !strings.Contains(text, "Vård Ab") {
			t.Errorf("own use: %d, %v\n%s", n, err, text)
		}
		for key, d := range map[string]recipient.Disclosure{"recipient.not_listed": {Recipient: "nobody", Categories: []string{"contact"}, Ground: "contract"}, "recipient.not_given": {Recipient: "mail-relay", Categories: []string{"billing"}, Ground: "contract"},
			"exchange.nothing_given": {Recipient: "hosting", Categories: []string{"messages"}, Ground: "contract"}} {
			if text, _, err := write(&d); fault.KeyOf(err) != key || strings.Contains(text, "@") {
				t.Errorf("%s: %v\n%s", key, err, text)
			}
		}
		text, n, err := write(&recipient.Disclosure{Recipient: "mail-relay", Ground: "contract", What: "move of servers"})
		if err != nil || n != 1 || !strings.Contains(text, "asa@kund.example") || strings.Contains(text, "bo@kund.example") || strings.Contains(text, "Vård") {
			t.Errorf("to the relay: %d, %v\n%s", n, err, text)
		}
		h.try(t, func(tx *db.Tx) error {
			of, err := h.Recipient.Of(tx, asa)
			if len(of) != 1 || of[0].Recipient != "mail-relay" || of[0].What != "move of servers" || strings.Join(of[0].Categories, " ") != "identity contact" {
				t.Errorf("%+v", of)
			}
			none, err2 := h.Recipient.Of(tx, bo)
			if len(none) != 0 || err2 != nil {
				t.Errorf("%+v %v", none, err2)
			}
			return err
		})
	})
}
