package recognise

import (
	"regexp"
	"strings"

	"kartotek/internal/address"
)

// bareSubject takes away what mail programs put before a subject; passed is true when
// the mail was passed on. Finnish "VS" is an answer, "VL" a mail passed on; Swedish
// "SV" and "VB".
func bareSubject(s string) (bare string, passed bool) {
	for {
		m := prefix.FindStringSubmatch(s)
		if m == nil {
			return strings.TrimSpace(s), passed
		}
		switch strings.ToLower(m[1]) {
		case "fwd", "fw", "vb", "vl", "wg":
			passed = true
		}
		s = s[len(m[0]):]
	}
}

var prefix = regexp.MustCompile(`(?i)^\s*(re|sv|vs|aw|antw|fwd|fw|vb|vl|wg)\s*(?:\[\d+\])?\s*:`)

// Lines at which what the writer wrote ends, folded.
var (
	wrote   = regexp.MustCompile(`(?:^(?:on|den|le|am|el) .{4,120}(?:wrote|skrev|schrieb|ecrit).{0,80}:?$)|(?:^.{0,120}\b(?:kirjoitti|skrev|wrote)\b.{0,80}:$)`)
	copied  = regexp.MustCompile(`^[-_=*# ]{2,}\s*(?:original message|alkuperainen viesti|ursprungligt meddelande|originalmeddelande|forwarded message|valitetty viesti|vidarebefordrat (?:meddelande|brev)|edelleenlahetetty viesti|ursprungliche nachricht).{0,40}$|^(?:begin forwarded message|vidarebefordrat brev|valitetty viesti alkaa):?\s*$`)
	headed  = regexp.MustCompile(`^\*?(?:from|fran|lahettaja|von|de)\s*:\*?\s*\S`)
	heading = regexp.MustCompile(`^\*?(?:sent|to|subject|date|skickat|till|amne|datum|lahetetty|vastaanottaja|aihe|paivamaara|paivays|pvm|cc|kopia|gesendet|betreff|an)\s*:\*?`)
	// closing are the last words before a name.
	closing = regexp.MustCompile(`^(?:(?:med )?(?:de )?(?:basta|vanliga?|hogaktningsfull\w*)(?: halsning(?:ar)?)?|hogaktningsfullt|mvh|m v h|halsningar|vanligen|ystavallisin terveisin|ystavallisesti|terveisin|terv|t|yst terv|yt|parhain terveisin|kunnioittavasti|kunnioittaen|kind(?:est)? regards|best regards|regards|best wishes|with (?:kind|best) regards|yours (?:sincerely|faithfully|truly)|sincerely|respectfully|cheers|best|thanks and regards)[\s,.!]*$`)
	device  = regexp.MustCompile(`^(?:sent from my|sent from (?:outlook|mail|yahoo)|skickat fran (?:min|outlook)|skickat med|lahetetty (?:iphone|android|minun|samsung|outlook)|hamta outlook|hanki outlook|get outlook)\b.*`)
)

// Own parts a mail's text into what its writer wrote and the rest: what is quoted or
// passed on below. Signatures are in neither. A mail that answers within the quoted
// text keeps the answers.
func Own(body string) (own, rest string) {
	lines := strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	var keep []string
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		folded := address.Fold(line)
		switch {
		case begins(lines, i, folded):
			return trimmed(keep), strings.Join(lines[i+1:], "\n")
		case line == "--" || strings.HasPrefix(lines[i], "-- ") && line == "--":
			return trimmed(keep), below(lines[i+1:])
		case strings.HasPrefix(line, ">"):
			rest += line + "\n"
		case closing.MatchString(folded) && len(keep) > 0:
			end, more := signature(lines, i)
			keep = append(keep, more...)
			i = end
		case device.MatchString(folded):
		default:
			keep = append(keep, lines[i])
		}
	}
	return trimmed(keep), rest
}

func trimmed(lines []string) string { return strings.TrimSpace(strings.Join(lines, "\n")) }

// begins reports whether the mail answered, or passed on, begins at a line.
func begins(lines []string, i int, folded string) bool {
	if len(folded) > 300 {
		return false
	}
	if copied.MatchString(folded) || wrote.MatchString(folded) {
		return true
	}
	if i+1 < len(lines) && strings.HasPrefix(folded, "on ") || strings.HasPrefix(folded, "den ") { // the line is broken in two
		if i+1 < len(lines) && wrote.MatchString(folded+" "+strings.TrimSpace(address.Fold(lines[i+1]))) {
			return true
		}
	}
	return headed.MatchString(folded) && i+1 < len(lines) && heading.MatchString(strings.TrimSpace(address.Fold(lines[i+1])))
}

// mostSignature is how many lines stand below a closing.
const mostSignature = 15

// signature finds where a closing's signature ends: before an afterthought, which is
// given, or where something is quoted.
func signature(lines []string, i int) (end int, more []string) {
	for j := i + 1; j < len(lines); j++ {
		folded := strings.TrimSpace(address.Fold(lines[j]))
		switch {
		case begins(lines, j, folded), strings.HasPrefix(folded, ">"), folded == "--":
			return j - 1, nil
		case strings.HasPrefix(folded, "ps") || strings.HasPrefix(folded, "p.s") || strings.HasPrefix(folded, "p s"):
			for _, l := range lines[j:] {
				if f := strings.TrimSpace(address.Fold(l)); begins(lines, j, f) || strings.HasPrefix(f, ">") || f == "--" || f == "" {
					break
				}
				more = append(more, l)
			}
			return j + len(more) - 1, more
		case j-i > mostSignature:
			return i, nil // so much is no signature
		}
	}
	return len(lines), nil
}

// below is what is quoted below a signature.
func below(lines []string) string {
	for i, l := range lines {
		folded := strings.TrimSpace(address.Fold(l))
		if begins(lines, i, folded) || strings.HasPrefix(folded, ">") {
			return strings.Join(lines[i:], "\n")
		}
	}
	return ""
}

// unquoted takes the marks of quoting and the heading off a mail passed on.
func unquoted(rest string) string {
	var out []string
	for line := range strings.Lines(rest) {
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), "> \t")
		folded := address.Fold(line)
		if len(out) == 0 && (line == "" || headed.MatchString(folded) || heading.MatchString(folded) || wrote.MatchString(folded)) {
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
