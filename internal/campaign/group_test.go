package campaign_test

import (
	"fmt"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/outbox"
)

// TestFewOfMany sends to few people of a register that holds many more, so that
// they are read one by one, in groups of two.
func TestFewOfMany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(900)
		var names []string
		for i := 0; i < 900; i += 30 {
			names = append(names, fmt.Sprintf(`last_name = "Exempel %d"`, i))
		}
		h.GroupSize = 2
		c := newsletter("Few")
		c.Audience = strings.Join(names, " or ")
		if out := h.mustRun(c); out.Sent != len(names) || out.Audience != len(names) {
			t.Errorf("results: %+v", out)
		}
		for i := 0; i < 900; i += 30 {
			if n := h.got()[addr(i)]; n != 1 {
				t.Errorf("person %d got %d mails", i, n)
			}
		}
		h.view(func(tx *db.Tx) error {
			c, err := h.Named(tx, "Few")
			if err != nil {
				return err
			}
			m, _, err := h.Outbox.For(tx, ids[30], c.ID)
			if err == nil && (m.State != outbox.Sent || m.HandedAt == 0 || m.Attempt != 1 || m.Reply.Code != 250) {
				t.Errorf("recorded %+v", m)
			}
			return err
		})
	})
}
