package bounce

import "strings"

// addresses finds e-mail addresses in a text, in order, without repetition, at
// most 100.
func addresses(s string) (out []string) {
	for len(out) < 100 {
		at := strings.IndexByte(s, '@')
		if at < 0 {
			return out
		}
		start := at
		for start > 0 && localByte(s[start-1]) {
			start--
		}
		end := at + 1
		for end < len(s) && domainByte(s[end]) {
			end++
		}
		if a := trimAddress(s[start:end]); a != "" && !holds(out, a) {
			out = append(out, a)
		}
		s = s[max(end, at+1):]
	}
	return out
}

func localByte(c byte) bool {
	return c >= 0x80 || c > ' ' && c < 0x7f && strings.IndexByte("<>()[],;:\\\"@`", c) < 0
}

func domainByte(c byte) bool {
	return c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_'
}

// trimAddress takes off what surrounds an address in prose; "" when no address is left.
func trimAddress(a string) string {
	local, domain, _ := strings.Cut(strings.TrimRight(a, ".-_"), "@")
	local = strings.TrimLeft(local, "'*=.")
	if i := strings.LastIndex(local, "mailto:"); i >= 0 {
		local = local[i+len("mailto:"):]
	}
	if local == "" || len(local) > 256 || len(domain) < 2 || len(domain) > 255 {
		return ""
	}
	return local + "@" + domain
}

func holds(all []string, a string) bool {
	for _, b := range all {
		if strings.EqualFold(a, b) {
			return true
		}
	}
	return false
}

// machine reports whether an address is a mail system's own, and not somebody
// who was written to.
func machine(a string) bool {
	local, _, _ := strings.Cut(strings.ToLower(a), "@")
	switch local {
	case "mailer-daemon", "postmaster", "post_master", "mdaemon", "mail-daemon", "maildaemon", "mail-deamon", "abuse", "hostmaster", "noreply", "no-reply", "nobody", "helpdesk", "support":
		return true
	}
	return strings.HasPrefix(local, "mailer-daemon") || strings.HasPrefix(local, "postmaster")
}

// typed takes "rfc822; user@host" apart: the address, without type and brackets.
func typed(v string) string {
	if i := strings.IndexByte(v, ';'); i >= 0 {
		v = v[i+1:]
	}
	v = strings.TrimSpace(v)
	if all := addresses(v); len(all) > 0 {
		return all[0]
	}
	return strings.Trim(v, "<> ")
}
