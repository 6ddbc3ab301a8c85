// Package oplog sets up the log of the program's own working: starts, jobs,
// failures. Who did what to whom is not here but in package audit. law: GDPR 5(1)(c)
//
// One event is one line on standard error, as text or JSON, with control
// characters escaped, so that nothing a stranger sends can forge a line or move
// the reader's terminal.
//
// No personal data is logged. Three nets hold that, the first being the one to use:
//
//   - Personal marks a value; however it is logged or printed, it reads "[withheld]".
//   - Attributes whose key names a secret or personal thing (email, token, …) are withheld.
//   - Anything that looks like an e-mail address is taken out of messages and texts.
//
// Types: Personal. Function: New.
package oplog

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// withheld is written in the place of what is not logged.
const withheld = "[withheld]"

// Personal holds a value that tells something of a person. It cannot be logged
// or printed by accident; Reveal gives it back.
type Personal struct{ value string }

// Withhold marks a value as personal.
func Withhold(value string) Personal { return Personal{value} }

// Reveal gives the value.
func (p Personal) Reveal() string { return p.value }

// LogValue implements slog.LogValuer.
func (Personal) LogValue() slog.Value { return slog.StringValue(withheld) }

// Format implements fmt.Formatter, for every verb.
func (Personal) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, withheld) }

// MarshalJSON implements json.Marshaler.
func (Personal) MarshalJSON() ([]byte, error) { return json.Marshal(withheld) }

// New makes a logger that writes to w. level is debug, info, warn or error;
// format is text or json.
func New(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	opt := &slog.HandlerOptions{Level: l, ReplaceAttr: clean}
	var h slog.Handler = slog.NewTextHandler(w, opt)
	if format == "json" {
		h = slog.NewJSONHandler(w, opt)
	}
	return slog.New(scrubber{h})
}

// scrubber takes addresses out of messages; clean does the attributes.
type scrubber struct{ slog.Handler }

// Handle implements slog.Handler.
func (s scrubber) Handle(ctx context.Context, r slog.Record) error {
	r.Message = scrub(r.Message)
	return s.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (s scrubber) WithAttrs(a []slog.Attr) slog.Handler { return scrubber{s.Handler.WithAttrs(a)} }

// WithGroup implements slog.Handler.
func (s scrubber) WithGroup(name string) slog.Handler { return scrubber{s.Handler.WithGroup(name)} }

// secret are the keys, or ends of keys, whose values are never logged.
var secret = []string{"password", "passphrase", "token", "secret", "cookie", "authorization", "dsn", "email", "e-mail", "mail_to", "address", "phone", "mobile", "first_name", "last_name", "birth_date", "ip", "remote_addr", "user_agent", "query"}

func clean(_ []string, a slog.Attr) slog.Attr {
	a.Key = scrub(a.Key)
	key := strings.ToLower(a.Key)
	for _, s := range secret {
		if key == s || strings.HasSuffix(key, "_"+s) {
			return slog.String(a.Key, withheld)
		}
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(scrub(a.Value.String()))
	case slog.KindAny:
		a.Value = cleanAny(a.Value)
	}
	return a
}

// cleanAny writes errors and printable values as text, to look through it.
func cleanAny(v slog.Value) slog.Value {
	switch x := v.Any().(type) {
	case *slog.Source:
		return v
	case error:
		return slog.StringValue(scrub(x.Error()))
	default:
		return slog.StringValue(scrub(fmt.Sprintf("%+v", x)))
	}
}

// address finds what looks like an e-mail address, also one percent-encoded as in
// a URL; login finds the user and password of a URL.
var (
	address = regexp.MustCompile(`[^\s<>"'(),;:/=?&]+(?:@|%40)[^\s<>"'(),;:/=?&]+`)
	login   = regexp.MustCompile(`//[^/\s@]*@`)
)

func scrub(s string) string {
	if strings.Contains(s, "@") || strings.Contains(s, "%40") {
		s = address.ReplaceAllString(login.ReplaceAllString(s, "//"), "[address]")
	}
	return strings.Map(plain, s)
}

// plain replaces what moves a terminal but is not escaped by every handler: the
// second set of control characters, and those that turn the direction of writing.
func plain(r rune) rune {
	if r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
		return '\ufffd'
	}
	return r
}
