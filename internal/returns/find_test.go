package returns

import (
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// TestFind holds that only mails that left here are found, and that a link is believed by its MAC alone.
func TestFind(t *testing.T) {
	each(t, 2, func(t *testing.T, w *world) {
		m, waiting := w.sent[0], outbox.Message{Person: w.sent[1].Person, Campaign: 78, Class: permit.Marketing, Purpose: "newsletter", Channel: "email", State: outbox.Queued, Notice: 1}
		w.do(func(tx *db.Tx) error {
			waiting.ID = tx.NewID()
			return w.Outbox.Add(tx, []outbox.Message{waiting})
		})
		mine, theirs := []string{"Person0@People.example"}, []string{addr(1)}
		link := func(k outbox.Link) string {
			return "<" + w.Outbox.URL("https://r.example", k, m.Person, m.ID) + ">"
		}
		named := m.ID.String() + "." + m.Campaign.String() + "@r.example"
		for name, c := range map[string]struct {
			trace trace
			want  bool
		}{
			"by the return path":       {trace{path: []string{"postmaster@r.example", w.path(0)}, to: theirs}, true},
			"by the link":              {trace{listUnsubscribe: link(outbox.LinkUnsubscribe)}, true},
			"link and stranger":        {trace{listUnsubscribe: link(outbox.LinkUnsubscribe), to: theirs}, true},
			"by name and address":      {trace{messageID: named, to: mine}, true},
			"address of somebody else": {trace{messageID: named, to: theirs}, false},
			"no address":               {trace{messageID: named}, false},
			"another campaign":         {trace{messageID: m.ID.String() + ".7@r.example", to: mine}, false},
			"forged link":              {trace{listUnsubscribe: link(outbox.LinkUnsubscribe)[:30] + "AAAAAAAAAAAAAAAAAA>", messageID: named, to: mine}, false},
			"forged return path":       {trace{path: []string{w.path(1)[:29] + w.path(0)[29:]}, messageID: named, to: mine, listUnsubscribe: link(outbox.LinkUnsubscribe)}, false},
			"link to another act":      {trace{listUnsubscribe: link(outbox.LinkPreferences)}, false},
			"not sent yet":             {trace{messageID: waiting.ID.String() + "." + waiting.Campaign.String() + "@r.example", to: theirs}, false},
			"nonsense":                 {trace{messageID: "x.y@z", to: []string{"@", "", addr(0)}}, false},
		} {
			var got *outbox.Message
			w.do(func(tx *db.Tx) (err error) { got, err = w.find(tx, c.trace); return err })
			if (got != nil) != c.want || got != nil && got.ID != m.ID {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}
