package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"kartotek/internal/fault"
)

var update = flag.Bool("update", false, "write the example file anew")

const exampleFile = "kartotek.example.yaml"

func TestExampleIsCurrent(t *testing.T) {
	want, err := Example()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(exampleFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := os.ReadFile(exampleFile)
	if string(got) != want {
		t.Errorf("%s is not what the settings say; run go test ./internal/config -update", exampleFile)
	}
	// Every line of it is a setting once the mark is taken away.
	lines := strings.Split(want, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "#") && !strings.HasPrefix(l, "# ") && !strings.HasPrefix(l, "##") {
			lines[i] = l[1:]
		}
	}
	file := filepath.Join(t.TempDir(), "all.yaml")
	_ = os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600)
	if _, err := parse(t, "--config", file); err != nil {
		t.Error(err)
	}
}

// command is a command line as the program has it.
type command struct {
	File
	Serve
}

func parse(t *testing.T, args ...string) (*command, error) {
	t.Helper()
	opts, err := Options(args)
	if err != nil {
		return nil, err
	}
	var c command
	k, err := kong.New(&c, append(opts, kong.Name("kartotek"), kong.Exit(func(int) { t.Error("exit") }))...)
	if err != nil {
		return nil, err
	}
	_, err = k.Parse(args)
	return &c, err
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOrder(t *testing.T) {
	file := write(t, "k.yaml", "listen: 127.0.0.1:1\ntimezone: Europe/Stockholm\nlog-level: warn\ntrusted-proxies: [10.0.0.0/8, 192.168.0.1]\nsmtp: smtp://file.example:25\n")
	secret := write(t, "smtp", "smtp://u:p@secret.example:587\n")
	c, err := parse(t, "--config", file)
	if err != nil || c.Listen != "127.0.0.1:1" || c.LogFormat != "text" || len(c.TrustedProxies) != 2 || c.SMTP != "smtp://file.example:25" {
		t.Fatalf("from the file: %+v %v", c, err)
	}
	t.Setenv("KARTOTEK_CONFIG", file)
	t.Setenv("KARTOTEK_LISTEN", "127.0.0.1:2")
	t.Setenv("KARTOTEK_SMTP_FILE", secret)
	c, err = parse(t, "--log-level", "error")
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"variable over file":      {c.Listen, "127.0.0.1:2"},
		"secret file over file":   {c.SMTP, "smtp://u:p@secret.example:587"},
		"flag over file":          {c.LogLevel, "error"},
		"file over default":       {c.Timezone, "Europe/Stockholm"},
		"default where all quiet": {c.LogFormat, "text"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %s", name, pair[0])
		}
	}
	if c, err = parse(t, "--listen", "127.0.0.1:3"); err != nil || c.Listen != "127.0.0.1:3" {
		t.Errorf("flag over variable: %s %v", c.Listen, err)
	}
}

func TestBadSources(t *testing.T) {
	for text, want := range map[string]string{
		"lisen: 127.0.0.1:1\n":             "lisen",
		"listen: a\nlisten: b\n":           "twice",
		"listen: {host: a}\n":              "a setting is a value",
		"- listen\n":                       "one setting a line",
		"listen: [\n":                      "not YAML",
		"log-level: loud\n":                "log-level",
		"node: many\n":                     "node",
		strings.Repeat("#", maxFile) + "#": "cannot be read",
	} {
		_, err := parse(t, "--config", write(t, "k.yaml", text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v", text, err)
		}
	}
	if _, err := parse(t, "--config", "/nowhere/k.yaml"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file that is not there: %v", err)
	}
	t.Setenv("KARTOTEK_DSN", "postgres://x")
	t.Setenv("KARTOTEK_DSN_FILE", "/nowhere")
	if _, err := parse(t); err == nil || !strings.Contains(err.Error(), "not both") {
		t.Errorf("a secret given twice: %v", err)
	}
}

// good gives settings that fit together.
func good() Serve {
	return Serve{Store: Store{Data: "/d"}, Listen: "127.0.0.1:8600", Timezone: "Europe/Helsinki", Workers: 2}
}

func TestCheck(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*Serve)
		key    string
	}{
		"as it comes":       {func(*Serve) {}, "internal"},
		"no place":          {func(s *Serve) { s.Data = "" }, "config.no_store"},
		"two places":        {func(s *Serve) { s.DSN = "postgres://h/d" }, "config.two_stores"},
		"odd server":        {func(s *Serve) { s.Data, s.DSN = "", "mysql://h/d" }, "config.dsn"},
		"no port":           {func(s *Serve) { s.Listen = "127.0.0.1" }, "config.listen"},
		"open, no URL":      {func(s *Serve) { s.Listen = ":8600" }, "config.base_url_missing"},
		"open":              {func(s *Serve) { s.Listen, s.BaseURL = ":8600", "https://r.example/" }, "internal"},
		"plain URL":         {func(s *Serve) { s.BaseURL = "http://r.example" }, "config.base_url_plain"},
		"URL with a path":   {func(s *Serve) { s.BaseURL = "https://r.example/register" }, "config.base_url"},
		"URL with a user":   {func(s *Serve) { s.BaseURL = "https://u@r.example" }, "config.base_url"},
		"mail server":       {func(s *Serve) { s.SMTP = "smtp://u:p@m.example:587" }, "internal"},
		"odd mail server":   {func(s *Serve) { s.SMTP = "m.example:25" }, "config.smtp"},
		"odd host":          {func(s *Serve) { s.FromHost = "a\r\nb" }, "config.from_host"},
		"odd zone":          {func(s *Serve) { s.Timezone = "Helsinki" }, "config.timezone"},
		"node alone":        {func(s *Serve) { s.Node = 3 }, "config.node_alone"},
		"node too large":    {func(s *Serve) { s.Node = 1024 }, "config.node"},
		"no workers":        {func(s *Serve) { s.Workers = 0 }, "config.workers"},
		"demo on a server":  {func(s *Serve) { s.Data, s.DSN, s.Demo = "", "postgres://h/d", true }, "config.demo"},
		"proxies":           {func(s *Serve) { s.TrustedProxies = []string{"10.0.0.0/8", " ::1"} }, "internal"},
		"trust in everyone": {func(s *Serve) { s.TrustedProxies = []string{"0.0.0.0/0"} }, "config.proxies"},
		"provider":          {func(s *Serve) { s.OIDCIssuer, s.OIDCClientID = "https://login.example", "k" }, "internal"},
		"provider, plain":   {func(s *Serve) { s.OIDCIssuer, s.OIDCClientID = "http://login.example", "k" }, "config.oidc_plain"},
		"provider, here":    {func(s *Serve) { s.OIDCIssuer, s.OIDCClientID = "http://127.0.0.1:1", "k" }, "config.oidc_plain"},
		"provider, allowed": {func(s *Serve) { s.OIDCIssuer, s.OIDCClientID, s.OIDCPrivate = "http://127.0.0.1:1", "k", true }, "internal"},
		"provider, odd":     {func(s *Serve) { s.OIDCIssuer, s.OIDCClientID = "login.example", "k" }, "config.oidc_issuer"},
		"provider alone":    {func(s *Serve) { s.OIDCIssuer = "https://login.example" }, "config.oidc_client"},
		"client alone":      {func(s *Serve) { s.OIDCClientID = "k" }, "config.oidc_issuer"},
		"provider's name": {func(s *Serve) {
			s.OIDCIssuer, s.OIDCClientID, s.OIDCName = "https://l.example", "k", strings.Repeat("x", 61)
		}, "config.oidc_name"},
		"odd proxy": {func(s *Serve) { s.TrustedProxies = []string{"proxy.example"} }, "config.proxies"},
	} {
		s := good()
		row.change(&s)
		err := s.Check()
		if fault.KeyOf(err) != row.key || (err == nil) != (row.key == "internal") {
			t.Errorf("%s: %v, want %s", name, err, row.key)
		}
	}
	s := good()
	if err := s.Check(); err != nil || s.BaseURL != "http://127.0.0.1:8600" || s.FromHost != "127.0.0.1" {
		t.Errorf("filled in: %+v %v", s, err)
	}
}

func TestKeysDir(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", "/home/ada/.config")
	for want, s := range map[string]Store{
		"/d/keys": {Data: "/d"}, "/k": {Data: "/d", Keys: "/k"}, "/home/ada/.config/kartotek/keys": {DSN: "postgres://h/d"}, "/k2": {DSN: "postgres://h/d", Keys: "/k2"},
	} {
		if got, err := s.KeysDir(); got != want || err != nil {
			t.Errorf("%+v: %s %v, want %s", s, got, err, want)
		}
	}
}
