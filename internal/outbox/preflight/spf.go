package preflight

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
)

// The limits of RFC 7208 4.6.4; over them a receiver takes the record as broken.
const (
	mostLookups = 10
	mostVoids   = 2
)

// term is a mechanism of an SPF record.
type term struct {
	sign   byte // + - ~ ?
	name   string
	domain string       // of include, a, mx, exists; "" is the record's own
	net    netip.Prefix // of ip4 and ip6
	v4, v6 int          // prefix lengths of a and mx
	macro  bool         // the domain depends on the mail, so that it cannot be asked for now
}

// record is an SPF record read.
type record struct {
	terms    []term
	redirect string
	macro    bool // redirect depends on the mail
}

// mechanisms are the names of RFC 7208 5 and whether each costs a look-up.
var mechanisms = map[string]bool{"all": false, "ip4": false, "ip6": false, "include": true, "a": true, "mx": true, "ptr": true, "exists": true}

// readSPF reads a record that begins with v=spf1. bad is the term that is wrong, "" when none is.
func readSPF(text string) (r record, bad string) {
	for i, word := range strings.Fields(text) {
		if i == 0 {
			continue // the version
		}
		if name, value, ok := strings.Cut(word, "="); ok && !strings.ContainsAny(name, ":/") {
			if strings.EqualFold(name, "redirect") {
				if r.redirect != "" || value == "" {
					return r, word
				}
				r.redirect, r.macro = strings.ToLower(value), strings.Contains(value, "%")
			}
			continue // other modifiers change nothing
		}
		t, ok := readTerm(word)
		if !ok {
			return r, word
		}
		r.terms = append(r.terms, t)
	}
	return r, ""
}

func readTerm(word string) (t term, ok bool) {
	t.sign, t.v4, t.v6 = '+', 32, 128
	if strings.IndexByte("+-~?", word[0]) >= 0 {
		t.sign, word = word[0], word[1:]
	}
	end := strings.IndexAny(word, ":/")
	if end < 0 {
		end = len(word)
	}
	t.name = strings.ToLower(word[:end])
	rest := word[end:]
	value, given := strings.CutPrefix(rest, ":")
	if _, known := mechanisms[t.name]; !known || given && value == "" {
		return t, false
	}
	switch t.name {
	case "all":
		return t, rest == ""
	case "ip4", "ip6":
		t.net, ok = prefix(value)
		return t, ok && given && t.net.Addr().Is4() == (t.name == "ip4")
	case "a", "mx":
		if value, ok = t.lengths(value); !ok {
			return t, false
		}
	case "include", "exists":
		ok = given
	default: // ptr
		ok = given || rest == ""
	}
	t.domain, t.macro = strings.TrimSuffix(strings.ToLower(value), "."), strings.Contains(value, "%")
	return t, ok
}

// lengths takes /24 and //64 off a domain.
func (t *term) lengths(s string) (string, bool) {
	s, six, has6 := strings.Cut(s, "//")
	s, four, has4 := strings.Cut(s, "/")
	for _, l := range []struct {
		has  bool
		text string
		to   *int
	}{{has4, four, &t.v4}, {has6, six, &t.v6}} {
		if !l.has {
			continue
		}
		n, err := strconv.Atoi(l.text)
		if err != nil || n < 0 || n > *l.to {
			return s, false
		}
		*l.to = n
	}
	return s, true
}

func prefix(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}

// survey is what walking over a record and all it includes has shown.
type survey struct {
	lookups, voids int
	broken         *Finding // the first thing that makes the record invalid
	unknown        bool
	usesPtr        bool
}

// look counts one look-up and whether it was empty.
func (s *survey) look(n int, err error) {
	s.lookups++
	switch {
	case err != nil:
		s.unknown = true
	case n == 0:
		s.voids++
	}
}

// walk counts what a receiver may have to look up in the worst case: when no
// mechanism matches.
func (r *run) walk(ctx context.Context, rec record, own string, depth int, s *survey) {
	for _, t := range rec.terms {
		d := t.domain
		if d == "" {
			d = own
		}
		switch {
		case !mechanisms[t.name]:
		case t.macro:
			s.lookups++
		case t.name == "include":
			r.into(ctx, d, depth, s)
		case t.name == "mx":
			got, err := r.dns.mx(ctx, d)
			s.look(len(got), err)
		case t.name == "ptr":
			s.lookups, s.usesPtr = s.lookups+1, true
		default: // a, exists
			got, err := r.dns.addresses(ctx, d)
			s.look(len(got), err)
		}
	}
	switch {
	case rec.macro:
		s.lookups++
	case rec.redirect != "":
		r.into(ctx, rec.redirect, depth, s)
	}
}

// into walks a record that another leads to. Beyond the limit nothing more is
// learnt, and records that lead in a circle are left.
func (r *run) into(ctx context.Context, d string, depth int, s *survey) {
	texts, err := r.dns.txt(ctx, d)
	s.look(1, err)
	if err != nil || s.broken != nil || depth > mostLookups || s.lookups > 2*mostLookups {
		return
	}
	rec, f := theSPF(texts, d)
	if f != nil {
		if f.Code == "spf.missing" {
			*f = found(SPF, "include", "domain", d)
		}
		s.broken = f
		return
	}
	r.walk(ctx, rec, d, depth+1, s)
}

// theSPF finds the one record among the texts of a domain.
func theSPF(texts []string, d string) (record, *Finding) {
	wrong := func(what string, args ...string) (record, *Finding) {
		f := found(SPF, what, append(args, "domain", d)...)
		return record{}, &f
	}
	switch all := records(texts, "v=spf1"); len(all) {
	case 0:
		return wrong("missing")
	case 1:
		rec, bad := readSPF(all[0])
		if bad != "" {
			return wrong("syntax", "term", bad)
		}
		return rec, nil
	default:
		return wrong("several", "n", strconv.Itoa(len(all)))
	}
}

// spf looks at the record of the domain that bounces go to: receivers compare it
// with the address of the server before them.
func (r *run) spf(ctx context.Context) []Finding {
	d := r.Bounce
	texts, err := r.dns.txt(ctx, d)
	if err != nil {
		return []Finding{found(SPF, "unknown", "domain", d)}
	}
	rec, f := theSPF(texts, d)
	if f != nil {
		return []Finding{*f}
	}
	var s survey
	r.walk(ctx, rec, d, 0, &s)
	n := strconv.Itoa(s.lookups)
	var out []Finding
	switch {
	case s.broken != nil:
		return []Finding{*s.broken}
	case s.lookups > mostLookups:
		return []Finding{found(SPF, "lookups", "domain", d, "n", n)}
	case s.unknown:
		return []Finding{found(SPF, "unknown", "domain", d)}
	case s.voids > mostVoids:
		return []Finding{found(SPF, "voids", "domain", d, "n", strconv.Itoa(s.voids))}
	}
	if s.usesPtr {
		out = append(out, found(SPF, "ptr", "domain", d))
	}
	out = append(out, ending(rec, d)...)
	if out = append(out, r.relays(ctx, d)...); len(out) == 0 {
		out = append(out, found(SPF, "ok", "domain", d, "n", n))
	}
	return out
}

// ending looks what a record says of all others.
func ending(rec record, d string) []Finding {
	for _, t := range rec.terms {
		if t.name != "all" {
			continue
		}
		switch t.sign {
		case '+':
			return []Finding{found(SPF, "open", "domain", d)}
		case '?':
			return []Finding{found(SPF, "neutral", "domain", d)}
		}
		return nil
	}
	if rec.redirect == "" {
		return []Finding{found(SPF, "no_all", "domain", d)}
	}
	return nil
}

// relays looks whether the record names the addresses that mail comes from.
func (r *run) relays(ctx context.Context, d string) []Finding {
	var out []Finding
	for _, relay := range r.Relays {
		from, sure := relay.From, true
		if len(from) == 0 {
			from, _ = r.dns.addresses(ctx, relay.host())
			sure = false // what it is reached at need not be what it sends from
		}
		passes := len(from) > 0
		for _, a := range from {
			switch got := r.spfResult(ctx, a, d, 0); {
			case got == spfPass:
			case sure && got != spfUnknown:
				out = append(out, found(SPF, "address", "domain", d, "address", a.String()))
			default:
				passes = false
			}
		}
		if !passes {
			out = append(out, found(SPF, "relay_unsure", "domain", d, "relay", relay.title()))
		}
	}
	return out
}
