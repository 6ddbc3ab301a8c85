package lint

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"kartotek/internal/compose"
)

func (l *list) link(k compose.Link) {
	if k.Own {
		return
	}
	to := strings.TrimSpace(k.To)
	switch scheme, _, _ := strings.Cut(strings.ToLower(to), ":"); {
	case strings.HasPrefix(to, "#"):
		l.anchor(to)
	case scheme == "http" || scheme == "https":
		l.web(k, to)
	case scheme == "mailto":
	case !strings.Contains(to, ":") || strings.HasPrefix(to, "/"):
		l.add(Stop, "link_relative", "body", cut(to))
	default:
		l.add(Stop, "link_scheme", "body", cut(to))
	}
	l.press(k)
}

// anchor is a link within the letter.
func (l *list) anchor(to string) {
	if !slices.Contains(l.Places, to[1:]) {
		l.add(Warn, "link_anchor", "body", cut(to))
	} else {
		l.add(Note, "link_within", "body", cut(to))
	}
}

func (l *list) web(k compose.Link, to string) {
	u, err := url.Parse(strings.ReplaceAll(to, "…", "x"))
	if err != nil || u.Hostname() == "" {
		l.add(Stop, "link_broken", "body", cut(to))
		return
	}
	host := strings.ToLower(strings.TrimPrefix(u.Hostname(), "www."))
	_, number := netip.ParseAddr(host)
	local := here(to)
	switch {
	case u.User != nil:
		l.add(Stop, "link_login", "body", cut(u.Hostname()))
	case number == nil && !local:
		l.add(Warn, "link_number", "body", cut(to))
	case slices.Contains(words.Shorteners, host):
		l.add(Warn, "link_short", "body", cut(to))
	case u.Scheme == "http" && !local:
		l.add(Warn, "link_http", "body", cut(to))
	}
	if said := named(k.Words); said != "" && !related(said, host) {
		l.add(Warn, "link_other", "body", said+" → "+host)
	}
}

// here reports whether an address is on the machine itself, as in a demonstration.
func here(address string) bool {
	u, err := url.Parse(strings.ReplaceAll(address, "…", "x"))
	if err != nil {
		return false
	}
	at, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && at.IsLoopback()
}

var place = regexp.MustCompile(`(?i)\b(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})\b`)

// named is the place of the web that the words of a link name; "" when they name
// none. A file name such as plan.pdf is none.
func named(words string) string {
	if strings.Contains(words, "@") {
		return ""
	}
	m := place.FindStringSubmatch(words)
	if m == nil || !strings.Contains(words, "://") && !strings.Contains(strings.ToLower(words), "www.") && strings.TrimSpace(words) != m[0] || file.MatchString(m[1]) {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(strings.ToLower(m[1]), "www."))
}

var file = regexp.MustCompile(`(?i)\.(pdf|docx?|xlsx?|zip|png|jpe?g|csv|txt|html?)$`)

// related reports whether two hosts are one place: the same, or one below the other.
func related(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// press looks at what one presses on: who hears a letter read hears the links of it
// as a list, without what stands around (WCAG 2.2, 2.4.4).
func (l *list) press(k compose.Link) {
	said := strings.ToLower(strings.Trim(strings.TrimSpace(k.Words), ".!»→> "))
	switch {
	case said == "":
		l.add(Warn, "link_empty", "body", cut(k.To))
	case slices.Contains(words.Vague, said):
		l.add(Note, "link_vague", "body", k.Words)
	}
}
