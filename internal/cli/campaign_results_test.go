package cli

import (
	"encoding/json"
	"kartotek/internal/cli/letters"
	"log/slog"
	"strings"
	"testing"

	"kartotek/internal/app"
	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// TestCampaignResults asks what came of a letter, and of it for two people.
func TestCampaignResults(t *testing.T) {
	mail, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	dir := t.TempDir()
	h, err := app.Open(t.Context(), config.Store{Data: dir}, app.Options{Create: true, SMTP: mail.URL(), BaseURL: "https://register.example"})
	if err != nil {
		t.Fatal(err)
	}
	by := db.System("test")
	if _, _, err := h.Publish(t.Context(), by, noticedef.DemoNotice(), "Maja Exempel", ""); err != nil {
		t.Fatal(err)
	}
	err = h.DB.Do(t.Context(), by, func(tx *db.Tx) error {
		for _, name := range []string{"asa", "eero"} {
			p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "last_name", Value: name}, {Name: "email", Value: name + "@fjord.example"}, {Name: "country", Value: "FI"}}})
			if err != nil {
				return err
			}
			if name == "asa" {
				_, err = h.Ledger.Record(tx, p.ID, nil, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
			} else {
				_, err = h.Outbox.Object(tx, p.ID, outbox.Said{Method: "letter"}, outbox.ScopeAll)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Campaign.Run(t.Context(), &campaign.Campaign{Name: "June", Purpose: "newsletter", Class: "marketing", Channel: "email", From: "news@nordanvind.example",
		Subject: "Hi", Body: "All is well.", Audience: "everyone"}, campaign.RunOptions{By: by, Workers: 1, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	h.Close()

	out, _ := runOn(t, dir, "campaign", "results", "June", "--json")
	var rep letters.Report
	if err := json.Unmarshal([]byte(out), &rep); err != nil || rep.Sent != 1 || rep.Audience != 2 || rep.Blocked["PROHIBITED-ALL"] != 1 || rep.Clicks != nil {
		t.Errorf("%s %v", out, err)
	}
	if out, _ := runOn(t, dir, "campaign", "results", "June", "--csv"); !strings.Contains(out, "sent,,1\n") || !strings.Contains(out, "left-out,PROHIBITED-ALL,1\n") {
		t.Error(out)
	}
	for address, want := range map[string]string{"asa@fjord.example": "yes: handed over ", "eero@fjord.example": "no: skipped since "} {
		if out, code := runOn(t, dir, "campaign", "results", "June", "--person", address); code != exitDone || !strings.HasPrefix(out, want) {
			t.Errorf("%s: %d %s", address, code, out)
		}
	}
	out, _ = runOn(t, dir, "campaign", "results", "June", "--person", "asa@fjord.example", "--json")
	var a letters.Answer
	if err := json.Unmarshal([]byte(out), &a); err != nil || !a.Got || a.Code != "CONSENT" || a.Rests == "" || a.Notice != 1 {
		t.Errorf("%s %v", out, err)
	}
	for _, wrong := range [][]string{{"July"}, {"June", "--person", "nobody@fjord.example"}} {
		if out, code := runOn(t, dir, append([]string{"campaign", "results"}, wrong...)...); code != exitRefused {
			t.Errorf("%v: %d %s", wrong, code, out)
		}
	}
	if out, _ := runOn(t, dir, "log", "--action", "campaign.person"); strings.Count(out, "campaign.person") != 3 {
		t.Errorf("the questions about people in the log:\n%s", out)
	}
}
