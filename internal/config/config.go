// Package config is every setting of the program in one place.
//
// A setting is a field below, with its flag, its environment variable, its
// default and a sentence on what it does. Its value is, in this order: the flag;
// the variable KARTOTEK_…; for secrets, the content of the file that
// KARTOTEK_…_FILE names; the configuration file (--config FILE or KARTOTEK_CONFIG,
// YAML with flag names as keys); the default. kartotek.example.yaml is made from
// the fields, and a test holds it current.
//
// The structs are embedded by the commands of the command line:
//
//	Store   where the register is: --data DIR or --dsn postgres://…, and --keys
//	Log     what is logged, and how
//	Serve   all a server needs, Store and Log among it
//
// Check on each says what does not fit together, in words that name the settings.
// This package is the only one that reads the environment.
package config

import (
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have no time zones of its own

	"kartotek/internal/fault"
)

// Store says where a register is. Give Data or DSN.
type Store struct {
	Data string `help:"Folder of the register, with its SQLite file and keys." env:"KARTOTEK_DATA" placeholder:"DIR" group:"Register" example:"/var/lib/kartotek"`
	DSN  string `name:"dsn" help:"PostgreSQL server of the register, instead of a folder." env:"KARTOTEK_DSN" placeholder:"postgres://…" group:"Register" secret:""`
	Keys string `help:"Folder of the keys. Default: DIR/keys; with --dsn the folder kartotek/keys in the user's configuration. Keep it apart from database backups." env:"KARTOTEK_KEYS" placeholder:"DIR" group:"Register"`
}

// Check says whether exactly one place is given, and a usable one.
func (s *Store) Check() error {
	switch {
	case s.Data == "" && s.DSN == "":
		return invalid("config.no_store", "data", "say where the register is: --data DIR, or --dsn postgres://…")
	case s.Data != "" && s.DSN != "":
		return invalid("config.two_stores", "data", "give --data or --dsn, not both")
	case s.DSN != "" && !strings.HasPrefix(s.DSN, "postgres://") && !strings.HasPrefix(s.DSN, "postgresql://"):
		return invalid("config.dsn", "dsn", "a server is named by a URL that begins with postgres://")
	}
	return nil
}

// Place is what db.Open takes: the folder or the URL. Call Check first.
func (s *Store) Place() string {
	if s.DSN != "" {
		return s.DSN
	}
	return s.Data
}

// KeysDir is what seal.Open takes.
func (s *Store) KeysDir() (string, error) {
	if s.Keys != "" {
		return s.Keys, nil
	}
	if s.DSN == "" {
		return filepath.Join(s.Data, "keys"), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", invalid("config.keys", "keys", "say where the keys are: --keys DIR")
	}
	return filepath.Join(dir, "kartotek", "keys"), nil
}

// Files is the folder for files of a register on PostgreSQL, by that of its keys.
func Files(keys string) string { return filepath.Join(filepath.Dir(keys), "files") }

// Log says what is logged.
type Log struct {
	LogLevel  string `help:"Least weight of what is logged: debug, info, warn or error." env:"KARTOTEK_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" group:"Log"`
	LogFormat string `help:"Form of the log on standard error: text or json." env:"KARTOTEK_LOG_FORMAT" default:"text" enum:"text,json" group:"Log"`
}

// Serve is all that a server needs.
type Serve struct {
	Store
	Log

	Listen         string   `help:"Address and port to listen on." env:"KARTOTEK_LISTEN" default:"127.0.0.1:8600" group:"Web"`
	BaseURL        string   `name:"base-url" help:"Address under which people reach the server, as links in mails say it. Needed unless it listens on this machine only." env:"KARTOTEK_BASE_URL" placeholder:"https://HOST" group:"Web" example:"https://register.bolaget.example"`
	TrustedProxies []string `help:"Networks of the proxies whose X-Forwarded-For is believed." env:"KARTOTEK_TRUSTED_PROXIES" placeholder:"NET,…" group:"Web" example:"127.0.0.1/32, 10.0.0.0/8"`
	SMTP           string   `name:"smtp" help:"Server that takes outgoing mail: smtp://[user:password@]host:port, or smtps://." env:"KARTOTEK_SMTP" placeholder:"URL" group:"Mail" secret:""`
	FromHost       string   `help:"Host in message ids and return addresses. Default: the host of the base URL." env:"KARTOTEK_FROM_HOST" placeholder:"HOST" group:"Mail"`
	ReturnDomain   string   `help:"Domain of return paths, one address for each message. Default: the one of --from-host when mail that comes back is taken here, else none: bounces go to the sender." env:"KARTOTEK_RETURN_DOMAIN" placeholder:"HOST" group:"Mail" example:"bounce.bolaget.example"`
	ReturnsListen  string   `help:"Where mail that comes back is taken: smtp://host:port for other servers, or lmtp://host:port or lmtp:///socket for one's own." env:"KARTOTEK_RETURNS_LISTEN" placeholder:"URL" group:"Mail" example:"lmtp://127.0.0.1:8624"`
	ReturnsCert    string   `help:"Certificate with which mail that comes back is taken encrypted (STARTTLS), with its chain." env:"KARTOTEK_RETURNS_CERT" placeholder:"FILE" group:"Mail"`
	ReturnsKey     string   `help:"Key of that certificate." env:"KARTOTEK_RETURNS_KEY" placeholder:"FILE" group:"Mail"`
	Timezone       string   `help:"Time zone of dates and of legal deadlines." env:"KARTOTEK_TIMEZONE" default:"Europe/Helsinki" group:"Place"`
	Node           int      `help:"Number of this server among several on one PostgreSQL register, 0 to 1023; each has its own." env:"KARTOTEK_NODE" default:"0" group:"Place"`
	Workers        int      `help:"Jobs that run at the same time." env:"KARTOTEK_WORKERS" default:"8" group:"Place"`
	Checkpoints    []string `name:"checkpoint" help:"Where the signed head of the log is also written, so that nobody who holds the database and the keys can shorten the log unseen: a file on another disk or share, or an https address that gets it by POST. May be given several times." env:"KARTOTEK_CHECKPOINT" placeholder:"FILE|URL" group:"Log" example:"/mnt/witness/kartotek.checkpoint"`
	JournalCopies  []string `name:"journal-copy" help:"Folder on another disk or machine that gets a copy of the journal of erasures within a second, so that a backup put back brings nobody back even when this disk is lost. May be given several times." env:"KARTOTEK_JOURNAL_COPY" placeholder:"DIR" group:"Place" example:"/mnt/witness/kartotek"`
	Demo           bool     `help:"Fill an empty register with an invented company, and keep outgoing mail in the program." env:"KARTOTEK_DEMO" group:"Place"`

	OIDC
}

func invalid(key, field, format string, args ...any) error {
	return fault.New(fault.Invalid, key, format, args...).In("--" + field)
}

// Check says what is wrong or does not fit together, and fills BaseURL and
// FromHost when they follow from the rest.
func (s *Serve) Check() error {
	for _, check := range []func() error{s.Store.Check, s.checkListen, s.checkBaseURL, s.checkMail, s.checkOIDC, s.checkPlace, s.checkCheckpoints, s.checkCopies} {
		if err := check(); err != nil {
			return err
		}
	}
	_, err := s.Proxies()
	return err
}

func (s *Serve) checkListen() error {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || port == "" {
		return invalid("config.listen", "listen", "give an address and a port, such as 127.0.0.1:8600")
	}
	if s.BaseURL != "" {
		return nil
	}
	if !loopback(host) {
		return invalid("config.base_url_missing", "base-url", "a server that others reach needs --base-url: links in mails are made from it, never from what a request says")
	}
	s.BaseURL = "http://" + s.Listen
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (s *Serve) checkBaseURL() error {
	u, err := url.Parse(s.BaseURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return invalid("config.base_url", "base-url", "give a scheme and a host and nothing more, such as https://register.bolaget.example")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return invalid("config.base_url_plain", "base-url", "personal data travels encrypted: the base URL begins with https://")
	}
	s.BaseURL = u.Scheme + "://" + u.Host
	if s.FromHost == "" {
		s.FromHost = u.Hostname()
	}
	return nil
}

func (s *Serve) checkMail() error {
	if strings.ContainsAny(s.FromHost, " \t\r\n@<>/:") && !loopback(s.FromHost) {
		return invalid("config.from_host", "from-host", "give a host name, such as register.bolaget.example")
	}
	if s.ReturnDomain == "" && s.ReturnsListen != "" {
		s.ReturnDomain = s.FromHost
	}
	if strings.ContainsAny(s.ReturnDomain, " \t\r\n@<>/:") {
		return invalid("config.return_domain", "return-domain", "give a host name, such as bounce.bolaget.example")
	}
	if (s.ReturnsCert == "") != (s.ReturnsKey == "") {
		return invalid("config.returns_key", "returns-key", "give both the certificate and its key")
	}
	if s.SMTP == "" {
		return nil
	}
	u, err := url.Parse(s.SMTP)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" {
		return invalid("config.smtp", "smtp", "give smtp://host:port or smtps://host:port, with user:password@ before the host if the server asks")
	}
	return nil
}

func (s *Serve) checkPlace() error {
	if _, err := s.Location(); err != nil {
		return err
	}
	switch {
	case s.Node < 0 || s.Node > 1023:
		return invalid("config.node", "node", "a number from 0 to 1023")
	case s.Node != 0 && s.DSN == "":
		return invalid("config.node_alone", "node", "several servers share a register only with --dsn")
	case s.Workers < 1 || s.Workers > 64:
		return invalid("config.workers", "workers", "a number from 1 to 64")
	case s.Demo && s.DSN != "":
		return invalid("config.demo", "demo", "the demonstration runs on --data")
	}
	return nil
}

func (s *Serve) checkCheckpoints() error {
	for _, place := range s.Checkpoints {
		u, err := url.Parse(place)
		isURL := err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
		if !isURL && !filepath.IsAbs(place) {
			return invalid("config.checkpoint", "checkpoint", "give the absolute path of a file, or a URL that begins with https://")
		}
	}
	return nil
}

func (s *Serve) checkCopies() error {
	for _, folder := range s.JournalCopies {
		if !filepath.IsAbs(folder) {
			return invalid("config.journal_copy", "journal-copy", "give the absolute path of a folder")
		}
	}
	return nil
}

// Location is the time zone of dates and deadlines.
func (s *Serve) Location() (*time.Location, error) {
	l, err := time.LoadLocation(s.Timezone)
	if err != nil || s.Timezone == "" || s.Timezone == "Local" {
		return nil, invalid("config.timezone", "timezone", "give a time zone by name, such as Europe/Helsinki")
	}
	return l, nil
}

// Proxies are the networks whose forwarding headers are believed; none when empty.
func (s *Serve) Proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range s.TrustedProxies {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if ip, ipErr := netip.ParseAddr(text); err != nil && ipErr == nil {
			p, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil || p.Bits() == 0 {
			return nil, invalid("config.proxies", "trusted-proxies", "name networks such as 10.0.0.0/8; all addresses at once cannot be trusted")
		}
		out = append(out, p.Masked())
	}
	slices.SortFunc(out, func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out), nil
}
