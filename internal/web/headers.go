package web

import (
	"slices"
	"strings"

	"kartotek/internal/noticedef"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// headers sets what every answer carries; a handler may set its own over them.
// A page says nothing to others: not where it was linked from, not what it shows.
//
// The address of a page opened by a token is told to nobody (no-referrer). Other
// pages tell their own site alone where a form was sent from, because a browser
// that tells nothing sends "Origin: null", which cannot be told from a foreign form
// where there is no https and so no Sec-Fetch headers.
func (s *site) headers(r *door.Request) {
	h := r.W.Header()
	h.Set("Content-Security-Policy", page.CSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // of browsers that know no frame-ancestors
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Request-Id", r.Number)
	if r.Secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// policy sets the Content-Security-Policy that the notice in force asks for.
func policy(r *door.Request) {
	if r.InForce != nil && len(r.InForce.Notice.ThirdParties) > 0 {
		r.W.Header().Set("Content-Security-Policy", CSP(r.InForce.Notice.ThirdParties))
	}
}

// directives are what a kind of load is called in a policy.
var directives = map[string]string{"script": "script-src", "style": "style-src", "image": "img-src", "font": "font-src",
	"frame": "frame-src", "media": "media-src", "connect": "connect-src"}

// CSP is the policy of the pages with the third parties that the notice lists as
// necessary; the others wait for a visitor's yes. An empty list gives page.CSP.
// law: 2002/58 5(3)
func CSP(list []noticedef.ThirdParty) string {
	parts := strings.Split(page.CSP, "; ")
	for _, t := range list {
		if t.Class != "necessary" || !hostname(t.Host) {
			continue
		}
		for _, load := range t.Loads {
			parts = addSource(parts, directives[load], "https://"+t.Host)
		}
	}
	return strings.Join(parts, "; ")
}

func addSource(parts []string, directive, source string) []string {
	if directive == "" {
		return parts
	}
	i := slices.IndexFunc(parts, func(p string) bool { return strings.HasPrefix(p, directive+" ") })
	if i < 0 {
		return append(parts, directive+" "+source)
	}
	if !slices.Contains(strings.Fields(parts[i]), source) {
		parts[i] += " " + source
	}
	return parts
}

// hostname keeps anything but a host name out of the policy, whatever the notice says.
func hostname(s string) bool {
	return s != "" && len(s) <= 253 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}
