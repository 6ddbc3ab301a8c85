package campaign_test

import (
	"strings"
	"testing"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// TestTest sends a newsletter to one address: marked, with somebody's values, not
// stored and not counted.
func TestTest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(6)
		which := h.draft(contest())
		c := h.state(which)
		if err := h.Test(t.Context(), by, c, "editor@nordanvind.example", &party.Person{FirstName: "Åsa"}); err != nil {
			t.Fatal(err)
		}
		if n := h.catcher.Count(); n != 3 {
			t.Fatalf("%d mails", n)
		}
		m, _ := h.catcher.Get(1)
		if m.Subject != "[Test] Hello Åsa" || m.To != "editor@nordanvind.example" || strings.Contains(string(m.Raw), "/u/A") {
			t.Errorf("%q to %s", m.Subject, m.To)
		}
		h.view(func(tx *db.Tx) error {
			for _, who := range ids {
				if _, found, err := h.Outbox.For(tx, who, which); found || err != nil {
					t.Error("a message was stored")
				}
			}
			r, err := h.Results(tx, which)
			if r.Audience != 0 {
				t.Errorf("counted: %+v", r)
			}
			return err
		})
	})
}

func TestTestRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(6)
		h.do(func(tx *db.Tx) error {
			return h.Outbox.Suppress(tx, "gone@people.example", outbox.Suppression{Kind: "email", Class: outbox.HoldAll, Reason: outbox.ReasonBounce})
		})
		c := h.state(h.draft(newsletter("June")))
		for to, want := range map[string]string{"": "campaign.test_address", "a@b@c": "campaign.test_address", addr(objected): "campaign.test_not_allowed",
			"Person3@people.EXAMPLE": "campaign.test_not_allowed", "gone@people.example": "campaign.test_not_allowed", addr(consents): ""} {
			if err := h.Test(t.Context(), by, c, to, nil); want == "" && err != nil || want != "" && fault.KeyOf(err) != want {
				t.Errorf("%s: %v, want %q", to, err, want)
			}
		}
		h.Channel = nil
		if err := h.Test(t.Context(), by, c, addr(0), nil); fault.KeyOf(err) != "outreach.no_mail_server" {
			t.Errorf("without a mail server: %v", err)
		}
	})
}

func TestCopy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(many)
		which := h.draft(contest())
		h.start(which)
		h.work()
		h.do(func(tx *db.Tx) error { return h.Choose(tx, which, 2, nil) })
		var one, two *campaign.Campaign
		h.do(func(tx *db.Tx) (err error) {
			if one, err = h.Copy(tx, which, ""); err == nil {
				two, err = h.Copy(tx, one.ID, "")
			}
			return err
		})
		s := one.Options.Split
		if one.Name != "June (2)" || one.State != campaign.Draft || s == nil || s.Winner != 0 || s.Due != 0 || len(s.Others) != 2 || one.Audience != "everyone" {
			t.Errorf("%+v %+v", one, s)
		}
		if two.Name != "June (3)" {
			t.Errorf("the copy of the copy is called %q", two.Name)
		}
	})
}
