package preflight

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/i18n"
)

var now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// zone is a fake DNS: "TXT name", "MX name", "A name" or "PTR address" to answers.
// The answer "!" is a server that does not answer.
type zone map[string][]string

func (z zone) get(kind, name string) ([]string, error) {
	name, dot := strings.CutSuffix(name, ".")
	if !dot && kind != "PTR" {
		return nil, errors.New("a name without its dot would be looked for in the search list")
	}
	got := z[kind+" "+name]
	switch {
	case len(got) == 0:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case got[0] == "!":
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	return got, nil
}

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) { return z.get("TXT", name) }
func (z zone) LookupAddr(_ context.Context, a string) ([]string, error)   { return z.get("PTR", a) }

func (z zone) LookupMX(_ context.Context, name string) (out []*net.MX, err error) {
	all, err := z.get("MX", name)
	for i, h := range all {
		out = append(out, &net.MX{Host: h + ".", Pref: uint16(10 * i)})
	}
	return out, err
}

func (z zone) LookupIPAddr(_ context.Context, name string) (out []net.IPAddr, err error) {
	all, err := z.get("A", name)
	for _, a := range all {
		out = append(out, net.IPAddr{IP: net.ParseIP(a)})
	}
	return out, err
}

var _ Resolver = (*net.Resolver)(nil)

func dkimRecord(t *testing.T, pub crypto.PublicKey) string {
	t.Helper()
	if p, ok := pub.(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(p)
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return "v=DKIM1; h=sha256; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

func rsaOf(t *testing.T, bits int) crypto.PublicKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return &k.PublicKey
}

// TestDomains takes a domain where all is well and changes one thing at a time.
func TestDomains(t *testing.T) {
	key, other, short := rsaOf(t, 2048), rsaOf(t, 2048), rsaOf(t, 1024)
	edwards, _, _ := ed25519.GenerateKey(rand.Reader)
	const dkim, spf, dmarc = "TXT s1._domainkey.k.example", "TXT k.example", "TXT _dmarc.k.example"
	good := dkimRecord(t, key)
	all := func(n int, format string) (out string) {
		for i := range n {
			out += strings.ReplaceAll(format, "#", string(rune('a'+i)))
		}
		return out
	}
	for _, c := range []struct {
		name   string
		change zone
		ask    func(q *Request)
		want   string // codes besides those that are well
		bulk   Verdict
		one    Verdict
	}{
		{name: "all is well", bulk: Go, one: Go},
		{name: "a domain in Unicode", ask: func(q *Request) { q.From, q.Bounce = "K.example.", "k.EXAMPLE" }, bulk: Go, one: Go},

		{name: "no SPF", change: zone{spf: {"google-site-verification=x"}}, want: "spf.missing", bulk: Stop, one: Go},
		{name: "no TXT at all", change: zone{spf: nil}, want: "spf.missing", bulk: Stop, one: Go},
		{name: "two SPF", change: zone{spf: {"v=spf1 ip4:192.0.2.7 -all", "v=spf1 -all"}}, want: "spf.several", bulk: Stop, one: Go},
		{name: "SPF not read", change: zone{spf: {"!"}}, want: "spf.unknown", bulk: Pause, one: Go},
		{name: "SPF misspelt", change: zone{spf: {"v=spf1 ipv4:192.0.2.7 -all"}}, want: "spf.syntax", bulk: Stop, one: Go},
		{name: "SPF with a wrong net", change: zone{spf: {"v=spf1 ip4:192.0.2.7/40 -all"}}, want: "spf.syntax", bulk: Stop, one: Go},
		{name: "SPF includes nothing", change: zone{spf: {"v=spf1 ip4:192.0.2.7 include:gone.example -all"}}, want: "spf.include", bulk: Stop, one: Go},
		{name: "SPF includes a misspelt one", change: zone{spf: {"v=spf1 include:i.example -all"}, "TXT i.example": {"v=spf1 al"}}, want: "spf.syntax", bulk: Stop, one: Go},
		{name: "SPF includes what is not read", change: zone{spf: {"v=spf1 ip4:192.0.2.7 include:i.example -all"}, "TXT i.example": {"!"}}, want: "spf.unknown", bulk: Pause, one: Go},
		{name: "SPF in a circle", change: zone{spf: {"v=spf1 include:k.example -all"}}, want: "spf.lookups", bulk: Stop, one: Go},
		{name: "SPF with ten look-ups", change: zone{spf: {"v=spf1 ip4:192.0.2.7 " + all(10, "exists:#.example ") + "-all"}, "A a.example": {"192.0.2.1"}, "A b.example": {"192.0.2.1"},
			"A c.example": {"192.0.2.1"}, "A d.example": {"192.0.2.1"}, "A e.example": {"192.0.2.1"}, "A f.example": {"192.0.2.1"}, "A g.example": {"192.0.2.1"}, "A h.example": {"192.0.2.1"}}, bulk: Go, one: Go},
		{name: "SPF with eleven look-ups", change: zone{spf: {"v=spf1 ip4:192.0.2.7 " + all(11, "a:#.example ") + "-all"}}, want: "spf.lookups", bulk: Stop, one: Go},
		{name: "SPF with three empty look-ups", change: zone{spf: {"v=spf1 ip4:192.0.2.7 a:a.example a:b.example mx:c.example -all"}}, want: "spf.voids", bulk: Stop, one: Go},
		{name: "SPF with two", change: zone{spf: {"v=spf1 ip4:192.0.2.7 a:a.example a:b.example -all"}}, bulk: Go, one: Go},
		{name: "SPF open", change: zone{spf: {"v=spf1 +all"}}, want: "spf.open", bulk: Stop, one: Go},
		{name: "SPF neutral", change: zone{spf: {"v=spf1 ip4:192.0.2.0/24 ?all"}}, want: "spf.neutral", bulk: Go, one: Go},
		{name: "SPF without an end", change: zone{spf: {"v=spf1 ip4:192.0.2.0/24"}}, want: "spf.no_all", bulk: Go, one: Go},
		{name: "SPF with ptr", change: zone{spf: {"v=spf1 ip4:192.0.2.0/24 ptr ~all"}}, want: "spf.ptr", bulk: Go, one: Go},
		{name: "SPF without our address", change: zone{spf: {"v=spf1 ip4:192.0.2.8 -all"}}, want: "spf.address", bulk: Stop, one: Go},
		{name: "SPF that denies us first", change: zone{spf: {"v=spf1 -ip4:192.0.2.7 ip4:192.0.2.0/24 -all"}}, want: "spf.address", bulk: Stop, one: Go},
		{name: "SPF by include", change: zone{spf: {"v=spf1 include:i.example ~all"}, "TXT i.example": {"v=spf1 ip4:192.0.2.0/28 -all"}}, bulk: Go, one: Go},
		{name: "SPF by redirect", change: zone{spf: {"v=spf1 redirect=i.example"}, "TXT i.example": {"v=spf1 ip4:192.0.2.0/28 -all"}}, bulk: Go, one: Go},
		{name: "SPF by a", change: zone{spf: {"v=spf1 a:relay.example/30 -all"}, "A relay.example": {"192.0.2.5"}}, bulk: Go, one: Go},
		{name: "SPF by mx", change: zone{spf: {"v=spf1 mx -all"}, "A mx.k.example": {"192.0.2.7"}}, bulk: Go, one: Go},
		{name: "SPF by the mail's own words", change: zone{spf: {"v=spf1 exists:%{i}.k.example -all"}}, want: "spf.relay_unsure", bulk: Go, one: Go},
		{name: "a hosted relay outside SPF", ask: func(q *Request) { q.Relays[0].From = nil; q.Relays[0].Ours = false }, want: "spf.relay_unsure", bulk: Go, one: Go},
		{name: "bounces go elsewhere", ask: func(q *Request) { q.Bounce = "b.k.example" }, change: zone{"TXT b.k.example": {"v=spf1 ip4:192.0.2.7 -all"}, "A b.k.example": {"192.0.2.1"}}, want: "mx.implicit", bulk: Go, one: Go},

		{name: "no key", ask: func(q *Request) { q.Keys = nil }, want: "dkim.none", bulk: Stop, one: Go},
		{name: "key not in DNS", change: zone{dkim: nil}, want: "dkim.missing", bulk: Stop, one: Go},
		{name: "key not read", change: zone{dkim: {"!"}}, want: "dkim.unknown", bulk: Pause, one: Go},
		{name: "two keys at one name", change: zone{dkim: {good, good}}, want: "dkim.several", bulk: Stop, one: Go},
		{name: "another key", change: zone{dkim: {dkimRecord(t, other)}}, want: "dkim.mismatch", bulk: Stop, one: Go},
		{name: "another kind of key", change: zone{dkim: {dkimRecord(t, edwards)}}, want: "dkim.mismatch dkim.ed25519_only", bulk: Stop, one: Go},
		{name: "key revoked", change: zone{dkim: {"v=DKIM1; p="}}, want: "dkim.revoked", bulk: Stop, one: Go},
		{name: "key garbled", change: zone{dkim: {"v=DKIM1; p=abcd"}}, want: "dkim.syntax", bulk: Stop, one: Go},
		{name: "no key in the record", change: zone{dkim: {"v=DKIM1; k=rsa"}}, want: "dkim.syntax", bulk: Stop, one: Go},
		{name: "another record", change: zone{dkim: {"v=spf1 -all"}}, want: "dkim.syntax", bulk: Stop, one: Go},
		{name: "key in pieces", change: zone{dkim: {strings.Replace(good, "p=MIIB", "p=MI IB", 1)}}, bulk: Go, one: Go},
		{name: "key on trial", change: zone{dkim: {good + "; t=y:s"}}, want: "dkim.testing", bulk: Go, one: Go},
		{name: "key for another service", change: zone{dkim: {good + "; s=web"}}, want: "dkim.service", bulk: Stop, one: Go},
		{name: "key for sha1", change: zone{dkim: {strings.Replace(good, "sha256", "sha1", 1)}}, want: "dkim.hash", bulk: Stop, one: Go},
		{name: "the relay's short key", change: zone{dkim: {dkimRecord(t, short)}}, ask: func(q *Request) { q.Keys[0].Public = nil }, want: "dkim.weak", bulk: Stop, one: Go},
		{name: "the relay's key", ask: func(q *Request) { q.Keys[0].Public = nil }, bulk: Go, one: Go},
		{name: "Ed25519 alone", change: zone{dkim: {dkimRecord(t, edwards)}}, ask: func(q *Request) { q.Keys[0].Public = edwards }, want: "dkim.ed25519_only", bulk: Go, one: Go},
		{name: "both kinds", change: zone{"TXT s2._domainkey.k.example": {dkimRecord(t, edwards)}}, ask: func(q *Request) { q.Keys = append(q.Keys, Key{"k.example", "s2", edwards}) }, bulk: Go, one: Go},

		{name: "no DMARC", change: zone{dmarc: nil}, want: "dmarc.missing", bulk: Stop, one: Go},
		{name: "DMARC not read", change: zone{dmarc: {"!"}}, want: "dmarc.unknown", bulk: Pause, one: Go},
		{name: "two DMARC", change: zone{dmarc: {"v=DMARC1; p=none", "v=DMARC1; p=reject"}}, want: "dmarc.several", bulk: Stop, one: Go},
		{name: "DMARC without policy", change: zone{dmarc: {"v=DMARC1; rua=mailto:x"}}, want: "dmarc.syntax", bulk: Stop, one: Go},
		{name: "DMARC none", change: zone{dmarc: {"v=DMARC1;p=none"}}, want: "dmarc.no_reports dmarc.policy_none", bulk: Go, one: Go},
		{name: "DMARC of the organisation", ask: func(q *Request) { q.From = "news.k.example" }, change: zone{"MX news.k.example": {"mx.k.example"}}, bulk: Go, one: Go},
		{name: "DMARC for sub-domains", ask: func(q *Request) { q.From = "news.k.example" }, change: zone{"MX news.k.example": {"mx.k.example"}, dmarc: {"v=DMARC1; p=reject; sp=none; rua=mailto:x"}}, want: "dmarc.policy_none", bulk: Go, one: Go},
		{name: "DMARC strict", ask: func(q *Request) { q.From = "news.k.example" }, change: zone{"MX news.k.example": {"mx.k.example"}, dmarc: {"v=DMARC1; p=reject; adkim=s; aspf=s; rua=mailto:x"}}, want: "dmarc.unaligned", bulk: Stop, one: Go},
		{name: "strangers' domains", ask: func(q *Request) { q.From = "f.example" }, change: zone{"MX f.example": {"mx.k.example"}, "TXT _dmarc.f.example": {"v=DMARC1; p=reject; rua=mailto:x"}}, want: "dmarc.unaligned", bulk: Stop, one: Go},

		{name: "free mail", ask: func(q *Request) { q.From = "Gmail.com" }, change: zone{"MX gmail.com": {"mx.k.example"}, "TXT _dmarc.gmail.com": {"v=DMARC1; p=none"}}, want: "from.free_mail dmarc.unaligned dmarc.no_reports dmarc.policy_none", bulk: Stop, one: Stop},
		{name: "no domain", ask: func(q *Request) { q.From = "localhost" }, want: "from.invalid", bulk: Stop, one: Stop},

		{name: "no MX", change: zone{"MX k.example": nil}, want: "mx.missing", bulk: Stop, one: Go},
		{name: "no MX but an address", change: zone{"MX k.example": nil, "A k.example": {"192.0.2.1"}}, want: "mx.implicit", bulk: Go, one: Go},
		{name: "no MX and no answer", change: zone{"MX k.example": nil, "A k.example": {"!"}}, want: "mx.unknown", bulk: Pause, one: Go},
		{name: "null MX", change: zone{"MX k.example": {""}}, want: "mx.null", bulk: Stop, one: Go},
		{name: "MX of nobody", change: zone{"A mx.k.example": nil}, want: "mx.dangling", bulk: Stop, one: Go},
		{name: "MX not read", change: zone{"MX k.example": {"!"}}, want: "mx.unknown", bulk: Pause, one: Go},
		{name: "MX whose host is not read", change: zone{"A mx.k.example": {"!"}}, want: "mx.unknown", bulk: Pause, one: Go},

		{name: "no PTR", change: zone{"PTR 192.0.2.7": nil}, want: "ptr.missing", bulk: Stop, one: Go},
		{name: "no PTR of the relay's own", change: zone{"PTR 192.0.2.7": nil}, ask: func(q *Request) { q.Relays[0].Ours = false }, bulk: Go, one: Go},
		{name: "PTR not read", change: zone{"PTR 192.0.2.7": {"!"}}, want: "ptr.unknown", bulk: Pause, one: Go},
		{name: "PTR that does not lead back", change: zone{"A out.k.example": {"192.0.2.9"}}, want: "ptr.unconfirmed", bulk: Stop, one: Go},
		{name: "PTR whose name is not read", change: zone{"A out.k.example": {"!"}}, want: "ptr.unknown", bulk: Pause, one: Go},
		{name: "PTR of a home", change: zone{"PTR 192.0.2.7": {"host-192-0-2-7.isp.example."}, "A host-192-0-2-7.isp.example": {"192.0.2.7"}}, want: "ptr.generic", bulk: Go, one: Go},

		{name: "nothing answers", change: zone{spf: {"!"}, dkim: {"!"}, dmarc: {"!"}, "MX k.example": {"!"}, "PTR 192.0.2.7": {"!"}}, want: "spf.unknown dkim.unknown dmarc.unknown mx.unknown ptr.unknown", bulk: Pause, one: Go},
		{name: "some do not answer, another is wrong", change: zone{spf: {"!"}, dkim: nil}, want: "spf.unknown dkim.missing", bulk: Stop, one: Go},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := zone{spf: {"v=spf1 ip4:192.0.2.7 -all", "another text"}, dkim: {good}, dmarc: {"v=DMARC1; p=reject; rua=mailto:x"}, "MX k.example": {"mx.k.example"},
				"A mx.k.example": {"192.0.2.1"}, "PTR 192.0.2.7": {"out.k.example."}, "A out.k.example": {"2001:db8::7", "192.0.2.7"}, "A relay.example": {"198.51.100.2"}}
			for k, v := range c.change {
				z[k] = v
			}
			q := Request{From: "k.example", Bounce: "k.example", Keys: []Key{{"k.example", "s1", key}}, Now: now,
				Relays: []Relay{{URL: "smtp://relay.example:25", From: []netip.Addr{netip.MustParseAddr("192.0.2.7")}, Ours: true}}}
			if c.ask != nil {
				c.ask(&q)
			}
			got := (&Checker{Resolver: z}).Run(t.Context(), q)
			var codes []string
			for _, f := range got {
				if f.State != OK {
					codes = append(codes, f.Code)
				}
				readable(t, f)
			}
			if s := strings.Join(codes, " "); s != c.want {
				t.Errorf("found %q, want %q", s, c.want)
			}
			if bulk, one := Judge(got, true), Judge(got, false); bulk != c.bulk || one != c.one {
				t.Errorf("bulk %s, one %s; want %s, %s", bulk, one, c.bulk, c.one)
			}
		})
	}
}

// readable holds that a finding says something in each language, with all its values.
func readable(t *testing.T, f Finding) {
	t.Helper()
	for _, lang := range i18n.Langs {
		if s := i18n.For(lang).T(f.Key(), f.Pairs()...); s == f.Key() || strings.ContainsAny(s, "{}") {
			t.Errorf("%s in %s: %s %v", f.Code, lang, s, f.Args)
		}
	}
	if b, err := json.Marshal(f); err != nil || !strings.HasPrefix(string(b), `{"check":"`) {
		t.Errorf("%s %v", b, err)
	}
}

func TestCodes(t *testing.T) {
	for _, c := range Codes() {
		check, _, _ := strings.Cut(c, ".")
		readable := i18n.For("en").T("preflight.check."+check) != "preflight.check."+check && i18n.For("en").T("preflight."+c) != "preflight."+c
		if !readable || rules[c].state == OK && rules[c].stops != nobody {
			t.Errorf("%s: text %v, rule %+v", c, readable, rules[c])
		}
	}
	for _, c := range []struct {
		states []State
		want   State
	}{{nil, OK}, {[]State{OK, Warning}, Warning}, {[]State{Unknown, Warning}, Unknown}, {[]State{Error, Unknown}, Error}} {
		var all []Finding
		for _, s := range c.states {
			all = append(all, Finding{State: s})
		}
		if got := Worst(all); got != c.want {
			t.Errorf("%v: %s", c.states, got)
		}
	}
}

// slow never answers.
type slow struct{ zone }

func (slow) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, &net.DNSError{Err: "timeout", IsTimeout: true}
}

func TestSlowNames(t *testing.T) {
	got := (&Checker{Resolver: slow{zone{}}, Wait: 20 * time.Millisecond}).Run(t.Context(), Request{From: "k.example", Keys: []Key{{Domain: "k.example", Selector: "s"}}})
	if i := slices.IndexFunc(got, func(f Finding) bool { return f.Check == SPF }); i < 0 || got[i].State != Unknown {
		t.Errorf("%+v", got)
	}
}

func TestProtection(t *testing.T) {
	for want, p := range map[string]Protection{
		"tls.ok": {Offered: true, Version: tls.VersionTLS13, Until: now.AddDate(0, 1, 0)}, "tls.none": {}, "tls.local": {Local: true},
		"tls.old": {Offered: true, Version: tls.VersionTLS11}, "tls.name": {Offered: true, Version: tls.VersionTLS12, Invalid: "name"},
		"tls.expiring": {Offered: true, Version: tls.VersionTLS12, Until: now.AddDate(0, 0, 3)},
	} {
		f := protection(p, nil, "relay.example", now)
		readable(t, f)
		if stop := Judge([]Finding{f}, false) == Stop; f.Code != want || stop != (f.State == Error) {
			t.Errorf("%+v: %s", p, f.Code)
		}
	}
	if f := protection(Protection{}, errSMTP, "relay.example", now); Judge([]Finding{f}, false) != Pause {
		t.Errorf("%+v", f)
	}
}

func FuzzReadSPF(f *testing.F) {
	for _, s := range []string{"v=spf1 ip4:192.0.2.0/24 -all", "v=spf1 a:x.example/24//64 mx ?all", "v=spf1 + redirect=%{d}", "v=spf1 ip6:::/0 exists:%{i}.x", "v=spf1 a//", "v=spf1 -"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rec, bad := readSPF(s)
		for _, m := range rec.terms {
			if _, ok := mechanisms[m.name]; !ok {
				t.Errorf("%q: %+v", bad, m)
			}
		}
	})
}

func FuzzTags(f *testing.F) {
	f.Add("v=DKIM1; k=rsa; p=MII")
	f.Add("a==;;b = c")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := tags(s); ok {
			for k := range got {
				if k == "" || strings.Contains(k, ";") {
					t.Errorf("%q", got)
				}
			}
		}
	})
}
