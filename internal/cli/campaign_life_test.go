package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign/letter"
	"kartotek/internal/cli/letters"

	"kartotek/internal/app"
	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
)

// consenting is a register with the demonstration's notice and n people who
// consented to the newsletter.
func consenting(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	h, err := app.Open(t.Context(), config.Store{Data: dir}, app.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	by := db.System("test")
	if _, _, err := h.Publish(t.Context(), by, noticedef.DemoNotice(), "Maja Exempel", ""); err != nil {
		t.Fatal(err)
	}
	err = h.DB.Do(t.Context(), by, func(tx *db.Tx) error {
		for i := range n {
			name := "person" + string(rune('a'+i))
			p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "first_name", Value: name}, {Name: "email", Value: name + "@fjord.example"}, {Name: "country", Value: "FI"}}})
			if err != nil {
				return err
			}
			if _, err = h.Ledger.Record(tx, p.ID, nil, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

const juneFile = `name: June
purpose: newsletter
class: marketing
channel: email
from: news@nordanvind.example
subject: Hello {{ person.first_name }}
audience: everyone
options: {cap: {most: 2, days: 7}}
body: All is well.
`

// TestCampaignLife takes a campaign from a file to its end.
func TestCampaignLife(t *testing.T) {
	mail, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	dir := consenting(t, 3)
	file := filepath.Join(t.TempDir(), "june.yaml")
	if err := os.WriteFile(file, []byte(juneFile), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"create", file}, "June: draft", exitDone},
		{[]string{"create", file}, "June: draft", exitDone}, // the same draft
		{[]string{"list"}, "draft", exitDone},
		{[]string{"show", "June"}, "check     fine   promise", exitDone},
		{[]string{"test", "June", "--to", "editor@nordanvind.example", "--as", "persona@fjord.example", "--smtp", mail.URL()}, "1 sent as a test", exitDone},
		{[]string{"schedule", "June", "--at", "2999-01-01 08:30"}, "June: scheduled", exitDone},
		{[]string{"schedule", "June", "--at", "1999-01-01 08:30"}, "campaign.schedule_past", exitRefused},
		{[]string{"schedule", "June", "--at", "soon"}, "date and a time", exitUsage},
		{[]string{"list", "--state", "scheduled"}, "starts 2999-01-01T06:30:00Z", exitDone},
		{[]string{"send", "June", "--smtp", mail.URL()}, "campaign.scheduled", exitRefused},
		{[]string{"schedule", "June", "--never"}, "June: draft", exitDone},
		{[]string{"pause", "June"}, "campaign.not_running", exitRefused},
		{[]string{"send", "June", "--smtp", mail.URL()}, "sent 3", exitDone},
		{[]string{"list", "--state", "draft"}, "", exitDone},
		{[]string{"copy", "June", "--as", "July"}, "July: draft", exitDone},
		{[]string{"choose", "June", "2"}, "campaign.no_letter", exitRefused},
		{[]string{"stop", "July"}, "campaign.not_running", exitRefused},
		{[]string{"show", "August"}, "campaign.none", exitRefused},
	} {
		var o, e strings.Builder
		code := Main(append(append([]string{"campaign"}, step.args...), "--data", dir), strings.NewReader(""), &o, &e)
		out := o.String() + e.String()
		if code != step.code || !strings.Contains(out, step.want) {
			t.Errorf("campaign %v: %d %s", step.args, code, out)
		}
	}
	if n := mail.Count(); n != 4 {
		t.Errorf("%d mails", n)
	}
	if m, ok := mail.Get(1); !ok || m.Subject != letter.Mark+"Hello persona" {
		t.Errorf("the test: %q", m.Subject)
	}
	var shown letters.Shown
	out, _ := runOn(t, dir, "campaign", "show", "July", "--json")
	if err := json.Unmarshal([]byte(out), &shown); err != nil || shown.Options.Cap == nil || shown.Body != "All is well." || shown.State != campaign.Draft {
		t.Errorf("%s %v", out, err)
	}
	var all []letters.Line
	out, _ = runOn(t, dir, "campaign", "list", "--json")
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 2 || all[0].Name != "July" || all[1].Results.Sent != 3 {
		t.Errorf("%s %v", out, err)
	}
	if out, _ := runOn(t, dir, "log", "--action", "campaign.test"); !strings.Contains(out, "campaign.test") {
		t.Error(out)
	}
}

// TestCampaignWaits holds that send says what the rest waits for.
func TestCampaignWaits(t *testing.T) {
	mail, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	dir, now := consenting(t, 12), time.Now().UTC()
	for name, c := range map[string]struct {
		options, want string
		code          int
	}{
		"Quiet": {"quiet: {from: " + now.Add(-time.Hour).Format("15:04") + ", to: " + now.Add(2*time.Hour).Format("15:04") + ", zone: UTC}", "campaign.quiet_now", exitRefused},
		"Test":  {"split: {share: 50, measure: complaints, hours: 4, others: [{subject: Two}]}", "the test is out", exitDone},
	} {
		file := filepath.Join(t.TempDir(), "letter.yaml")
		text := strings.NewReplacer("June", name, "cap: {most: 2, days: 7}", c.options).Replace(juneFile)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var o, e strings.Builder
		code := Main([]string{"campaign", "send", file, "--smtp", mail.URL(), "--data", dir}, strings.NewReader(""), &o, &e)
		if code != c.code || !strings.Contains(e.String(), c.want) {
			t.Errorf("%s: %d %s%s", name, code, o.String(), e.String())
		}
	}
}
