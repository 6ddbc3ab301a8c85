package cli

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"net"
	"strings"
	"testing"

	"kartotek/internal/app"
	"kartotek/internal/campaign"
	"kartotek/internal/cli/letters"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
)

// mute is a mail server that takes a letter and goes away before it says so.
func mute(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go takeAndLeave(c)
		}
	}()
	return "smtp://" + l.Addr().String()
}

func takeAndLeave(c net.Conn) {
	defer c.Close()
	_, _ = c.Write([]byte("220 mute.example\r\n"))
	for in := bufio.NewScanner(c); in.Scan(); {
		switch line := in.Text(); {
		case line == ".":
			return
		case line == "DATA":
			_, _ = c.Write([]byte("354 go on\r\n"))
		case strings.Contains(line, ":<") || strings.HasPrefix(line, "EHLO"):
			_, _ = c.Write([]byte("250 fine\r\n"))
		}
	}
}

// TestCampaignSettle lists a letter that nobody knows about, and settles it once.
func TestCampaignSettle(t *testing.T) {
	dir := t.TempDir()
	h, err := app.Open(t.Context(), config.Store{Data: dir}, app.Options{Create: true, SMTP: mute(t), BaseURL: "https://register.example"})
	if err != nil {
		t.Fatal(err)
	}
	by := db.System("test")
	if _, _, err := h.Publish(t.Context(), by, noticedef.DemoNotice(), "Maja Exempel", ""); err != nil {
		t.Fatal(err)
	}
	err = h.DB.Do(t.Context(), by, func(tx *db.Tx) error {
		p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "last_name", Value: "asa"}, {Name: "email", Value: "asa@fjord.example"}, {Name: "country", Value: "FI"}}})
		if err == nil {
			_, err = h.Ledger.Record(tx, p.ID, nil, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := h.Campaign.Run(t.Context(), &campaign.Campaign{Name: "June", Purpose: "newsletter", Class: "marketing", Channel: "email", From: "news@nordanvind.example",
		Subject: "Hi", Body: "All is well.", Audience: "everyone"}, campaign.RunOptions{By: by, Workers: 1, Log: slog.New(slog.DiscardHandler)}); err != nil || out.Uncertain != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	h.Close()

	uncertain := func() (all []letters.UncertainLine) {
		out, code := runOn(t, dir, "campaign", "uncertain", "June", "--json")
		if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitDone {
			t.Fatalf("%s %v", out, err)
		}
		return all
	}
	all := uncertain()
	if len(all) != 1 || all[0].Address != "asa@fjord.example" || all[0].Since == "" || !strings.Contains(all[0].Reply, "no answer") {
		t.Fatalf("%+v", all)
	}
	if out, _ := runOn(t, dir, "campaign", "uncertain", "June"); !strings.HasPrefix(out, all[0].Person+"  "+all[0].Since+"  asa@fjord.example  ") {
		t.Error(out)
	}
	for _, x := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"asa@fjord.example", "--as", "queued", "--reason", "to send it again"}, exitUsage, ""},
		{[]string{"asa@fjord.example", "--as", "sent", "--reason", "-"}, exitRefused, ""},
		{[]string{"nobody@fjord.example", "--as", "sent", "--reason", "the log of the relay"}, exitRefused, ""},
		{[]string{all[0].Person, "--as", "failed", "--reason", "the log of the relay"}, exitDone, "settled as failed; 0 uncertain are left\n"},
		{[]string{"asa@fjord.example", "--as", "sent", "--reason", "the log of the relay"}, exitRefused, ""},
	} {
		if out, code := runOn(t, dir, append([]string{"campaign", "settle", "June"}, x.args...)...); code != x.code || out != x.out {
			t.Errorf("%v: %d %q", x.args, code, out)
		}
	}
	if all := uncertain(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	if out, _ := runOn(t, dir, "log", "--action", "campaign.settle", "--json"); strings.Count(out, "the log of the relay") != 1 || !strings.Contains(out, "cli:") {
		t.Errorf("the log: %s", out)
	}
	if out, _ := runOn(t, dir, "log", "--action", "campaign.people"); strings.Count(out, "campaign.people") != 3 {
		t.Errorf("the readings in the log:\n%s", out)
	}
}
