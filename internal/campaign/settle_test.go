package campaign_test

import (
	"slices"
	"strings"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// TestSettle settles what nobody could know: the figures and the log follow, a second
// time is refused, and going on with the campaign sends nothing.
func TestSettle(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(60)
		for i, as := range []outbox.State{outbox.Sent, outbox.Failed} {
			name := string(as)
			mails := h.catcher.Count()
			direct := h.Channel
			h.Channel = outbox.Email{URL: cutter(t, h.catcher.Addr(), false)}
			before := h.mustRun(newsletter(name))
			if before.Uncertain != 1 {
				t.Fatalf("%+v", before)
			}
			h.Channel = direct
			var c *campaign.Campaign
			var lost outbox.Message
			h.view(func(tx *db.Tx) (err error) {
				if c, err = h.Named(tx, name); err != nil {
					return err
				}
				all, _, _, err := h.People(tx, c.ID, outbox.Uncertain, "", outbox.Begin(0), 2)
				lost = all[0]
				return err
			})
			settle := func(who id.ID, as outbox.State, reason string) string {
				err := h.DB.Do(t.Context(), by, func(tx *db.Tx) error { return h.Settle(tx, c.ID, who, as, reason) })
				if err == nil {
					return ""
				}
				return fault.KeyOf(err)
			}
			other := ids[slices.IndexFunc(ids, func(who id.ID) bool { return who != lost.Person })]
			for _, x := range []struct {
				who    id.ID
				as     outbox.State
				reason string
				want   string
			}{
				{lost.Person, outbox.Queued, "to send it again", "campaign.settle_as"}, {lost.Person, as, " no ", "campaign.settle_reason"},
				{lost.Person, as, strings.Repeat("x", 301), "campaign.settle_reason"}, {other, as, "the relay's log", "campaign.not_uncertain"},
				{12345, as, "the relay's log", "campaign.not_uncertain"}, {lost.Person, as, "the relay's  log", ""}, {lost.Person, as, "the relay's log", "campaign.not_uncertain"},
			} {
				if got := settle(x.who, x.as, x.reason); got != x.want {
					t.Errorf("%+v: %q", x, got)
				}
			}
			want := before
			want.Uncertain = 0
			if as == outbox.Sent {
				want.Sent++
			} else {
				want.Failed++
			}
			if after := h.mustRun(newsletter(name)); after.Sent != want.Sent || after.Failed != want.Failed || after.Uncertain != 0 || after.Waiting != 0 {
				t.Errorf("%s: %+v, want %+v", as, after, want)
			}
			if got := h.catcher.Count() - mails; got != 19 {
				t.Errorf("%s: %d mails", as, got)
			}
			h.view(func(tx *db.Tx) error {
				log, err := audit.Read(tx, audit.Filter{Action: "campaign.settle"})
				if len(log) != i+1 || log[0].Person != lost.Person || log[0].Detail["as"] != string(as) || log[0].Detail["reason"] != "the relay's log" || log[0].By.Name != by.Name {
					t.Errorf("the log: %+v", log)
				}
				return err
			})
		}
	})
}
