package preflight

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
)

// minBits is the RSA key that receivers want at least (RFC 8301 3.2).
const minBits = 2048

// dkim looks for each key that will sign.
func (r *run) dkim(ctx context.Context) []Finding {
	if len(r.Keys) == 0 {
		return []Finding{found(DKIM, "none", "domain", r.From)}
	}
	var out []Finding
	rsaToo := false
	for _, k := range r.Keys {
		what, args, kind := r.key(ctx, k)
		out = append(out, found(DKIM, what, append(args, "name", k.name())...))
		rsaToo = rsaToo || kind != "ed25519"
	}
	if !rsaToo {
		out = append(out, found(DKIM, "ed25519_only", "domain", r.From))
	}
	return out
}

func (k Key) name() string {
	d, _ := domain(k.Domain)
	return strings.ToLower(k.Selector) + "._domainkey." + d
}

// key looks at one record (RFC 6376 3.6.1) and gives the code of what it is like, and the
// key's kind.
func (r *run) key(ctx context.Context, k Key) (what string, args []string, kind string) {
	texts, err := r.dns.txt(ctx, k.name())
	switch {
	case err != nil:
		return "unknown", nil, ""
	case len(texts) == 0:
		return "missing", nil, ""
	case len(texts) > 1:
		return "several", nil, ""
	}
	t, ok := tags(texts[0])
	if v, has := t["v"]; !ok || has && v != "DKIM1" {
		return "syntax", nil, ""
	}
	if kind = t["k"]; kind == "" {
		kind = "rsa"
	}
	p, has := t["p"]
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(p), ""))
	switch {
	case has && p == "":
		return "revoked", nil, kind
	case !has || err != nil:
		return "syntax", nil, kind
	case !lists(t["h"], "sha256"):
		return "hash", nil, kind
	case !lists(t["s"], "email"):
		return "service", nil, kind
	}
	what, args = compare(k, kind, der)
	if what == "ok" && t["t"] != "" && lists(t["t"], "y") {
		return "testing", nil, kind
	}
	return what, args, kind
}

// lists reports whether a list of a key record, empty for everything, has a word.
func lists(list, word string) bool {
	for w := range strings.SplitSeq(list, ":") {
		if w = strings.TrimSpace(w); list == "" || w == "*" || strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// compare looks at a published key and whether it is the one that signs.
func compare(k Key, kind string, der []byte) (what string, args []string) {
	switch kind {
	case "ed25519":
		if len(der) != ed25519.PublicKeySize {
			return "syntax", nil
		}
		if k.Public != nil && !ed25519.PublicKey(der).Equal(k.Public) {
			return "mismatch", nil
		}
		return "ok", nil
	case "rsa":
		pub, ok := rsaKey(der)
		if !ok {
			return "syntax", nil
		}
		if k.Public != nil && !pub.Equal(k.Public) {
			return "mismatch", nil
		}
		if n := pub.N.BitLen(); n < minBits {
			return "weak", []string{"bits", strconv.Itoa(n)}
		}
		return "ok", nil
	}
	return "syntax", nil
}

// rsaKey reads a key in either form that is met in DNS.
func rsaKey(der []byte) (*rsa.PublicKey, bool) {
	if any, err := x509.ParsePKIXPublicKey(der); err == nil {
		pub, ok := any.(*rsa.PublicKey)
		return pub, ok
	}
	pub, err := x509.ParsePKCS1PublicKey(der)
	return pub, err == nil
}

// dmarc looks at the policy of the From domain, or of its organisation when it has
// none itself, and whether From agrees with the domain of SPF or of a key.
func (r *run) dmarc(ctx context.Context) []Finding {
	at := r.From
	texts, err := r.dns.txt(ctx, "_dmarc."+at)
	all := records(texts, "v=DMARC1")
	if org := organisation(at); err == nil && len(all) == 0 && org != at {
		at = org
		texts, err = r.dns.txt(ctx, "_dmarc."+at)
		all = records(texts, "v=DMARC1")
	}
	switch {
	case err != nil:
		return []Finding{found(DMARC, "unknown", "domain", r.From)}
	case len(all) == 0:
		return []Finding{found(DMARC, "missing", "domain", r.From)}
	case len(all) > 1:
		return []Finding{found(DMARC, "several", "domain", at)}
	}
	t, ok := tags(all[0])
	policy := strings.ToLower(t["p"])
	if sub := t["sp"]; at != r.From && sub != "" {
		policy = strings.ToLower(sub)
	}
	if !ok || policy != "none" && policy != "quarantine" && policy != "reject" {
		return []Finding{found(DMARC, "syntax", "domain", at)}
	}
	return r.policy(t, policy, at)
}

func (r *run) policy(t map[string]string, policy, at string) []Finding {
	var out []Finding
	if !r.aligned(t) {
		out = append(out, found(DMARC, "unaligned", "domain", r.From))
	}
	if t["rua"] == "" {
		out = append(out, found(DMARC, "no_reports", "domain", at))
	}
	if policy == "none" {
		out = append(out, found(DMARC, "policy_none", "domain", at))
	}
	if len(out) == 0 {
		out = append(out, found(DMARC, "ok", "domain", at, "policy", policy))
	}
	return out
}

// aligned is RFC 7489 3.1: the same domain, or, unless the record asks for that,
// one of the same organisation.
func (r *run) aligned(t map[string]string) bool {
	same := func(d, mode string) bool {
		return d == r.From || !strings.EqualFold(mode, "s") && organisation(d) == organisation(r.From)
	}
	for _, k := range r.Keys {
		if d, ok := domain(k.Domain); ok && same(d, t["adkim"]) {
			return true
		}
	}
	return same(r.Bounce, t["aspf"])
}

// mx looks whether answers and bounces arrive somewhere.
func (r *run) mx(ctx context.Context) []Finding {
	out := []Finding{found(MX, r.receives(ctx, r.From), "domain", r.From)}
	if r.Bounce != r.From {
		out = append(out, found(MX, r.receives(ctx, r.Bounce), "domain", r.Bounce))
	}
	return out
}

func (r *run) receives(ctx context.Context, d string) string {
	all, err := r.dns.mx(ctx, d)
	switch {
	case err != nil:
		return "unknown"
	case len(all) == 1 && undot(all[0].Host) == "":
		return "null"
	case len(all) == 0:
		return r.implicit(ctx, d)
	}
	what := "dangling"
	for _, m := range all {
		got, err := r.dns.addresses(ctx, undot(m.Host))
		if len(got) > 0 {
			return "ok"
		}
		if err != nil {
			what = "unknown"
		}
	}
	return what
}

// implicit is a domain without MX: mail goes to the domain's own address (RFC 5321 5.1).
func (r *run) implicit(ctx context.Context, d string) string {
	got, err := r.dns.addresses(ctx, d)
	switch {
	case err != nil:
		return "unknown"
	case len(got) == 0:
		return "missing"
	}
	return "implicit"
}

func undot(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// ptr looks at the names of the addresses that we look after ourselves.
func (r *run) ptr(ctx context.Context) []Finding {
	var out []Finding
	for _, relay := range r.Relays {
		for _, a := range relay.From {
			if relay.Ours {
				what, name := r.named(ctx, a)
				out = append(out, found(PTR, what, "address", a.String(), "name", name))
			}
		}
	}
	return out
}

// named is RFC 8601 3's iprev: a name of the address that has the address.
func (r *run) named(ctx context.Context, a netip.Addr) (what, name string) {
	all, err := r.dns.pointer(ctx, a)
	switch {
	case err != nil:
		return "unknown", ""
	case len(all) == 0:
		return "missing", ""
	}
	what = "unconfirmed"
	for _, n := range all[:min(len(all), mostLookups)] {
		n = undot(n)
		back, err := r.dns.addresses(ctx, n)
		for _, b := range back {
			if b == a.Unmap() {
				if generic(n, a) {
					return "generic", n
				}
				return "ok", n
			}
		}
		if name == "" {
			name = n
		}
		if err != nil {
			what = "unknown"
		}
	}
	return what, name
}

// generic reports whether a name is made of the address, as those of home
// connections are; receivers distrust them.
func generic(name string, a netip.Addr) bool {
	if !a.Unmap().Is4() {
		return false
	}
	b := a.Unmap().As4()
	part := func(i int) string { return strconv.Itoa(int(b[i])) }
	for _, sep := range []string{"-", "."} {
		for _, order := range [][2]int{{2, 3}, {3, 2}} {
			if strings.Contains("-"+strings.ReplaceAll(name, ".", sep), sep+part(order[0])+sep+part(order[1])+sep) {
				return true
			}
		}
	}
	return false
}
