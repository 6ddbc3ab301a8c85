package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kartotek/internal/app"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/noticedef"
)

// TestCampaignSendElsewhere holds that campaign send tells nobody's address to a server
// whose processor the notice does not let have it, and says what to do.
func TestCampaignSendElsewhere(t *testing.T) {
	dir := t.TempDir()
	h, err := app.Open(t.Context(), config.Store{Data: dir}, app.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Publish(t.Context(), db.System("test"), noticedef.DemoNotice(), "Maja Exempel", ""); err != nil {
		t.Fatal(err)
	}
	h.Close()
	file := filepath.Join(t.TempDir(), "june.yaml")
	if err := os.WriteFile(file, []byte("name: June\npurpose: newsletter\nclass: marketing\nchannel: email\nfrom: news@nordanvind.example\nsubject: Hi\nbody: All is well.\naudience: everyone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for more, want := range map[string]string{"--processor=nobody": "add whoever runs the relay under recipients"} {
		args := []string{"campaign", "send", file, "--data", dir, "--smtp", "smtp://mail.example:25"}
		if more != "" {
			args = append(args, more)
		}
		var out, wrong bytes.Buffer
		if code := Main(args, strings.NewReader(""), &out, &wrong); code != exitRefused || !strings.Contains(wrong.String(), want) {
			t.Errorf("%q: %d %s", more, code, wrong.String())
		}
	}
}
