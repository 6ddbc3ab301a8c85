package bounce

import (
	"strings"
)

// More than any server writes about a failure, and more recipients than any text
// is about.
const (
	maxProse = 16 << 10
	maxNamed = 100
)

// prose is the readable text of the mail before what came back of the letter.
func (m *mail) prose() string {
	var b strings.Builder
	plain := ""
	for i := range m.parts {
		p := &m.parts[i]
		if b.Len() > maxProse || returnedPart(p) {
			break
		}
		if !strings.HasPrefix(p.media, "text/") || strings.Contains(strings.ToLower(p.header.get("Content-Disposition")), "attachment") {
			continue
		}
		if p.media == "text/html" && strings.TrimSpace(plain) != "" {
			continue // the same in other clothes
		}
		text := p.decoded()
		plain = text
		b.WriteString(text)
		b.WriteByte('\n')
	}
	text, _ := cutReturned(b.String())
	return strings.ToValidUTF8(text[:min(len(text), maxProse)], "")
}

// returnedPart reports whether a part holds what came back.
func returnedPart(p *part) bool {
	return p.media == "message/rfc822" || p.media == "text/rfc822-headers" || p.media == "message/rfc822-headers" || p.media == "message/global" || p.media == "message/global-headers" || p.media == "text/rfc822"
}

// cutReturned parts a text where a copy of the letter begins.
func cutReturned(text string) (before, rest string) {
	pos := 0
	for pos < len(text) {
		end := len(text)
		if i := strings.IndexByte(text[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		line := text[pos:end]
		if len(line) < 200 && pos > 0 && startsCopy(line) {
			return text[:pos], text[pos:]
		}
		pos = end
	}
	return text, ""
}

func startsCopy(line string) bool {
	trimmed := strings.TrimLeft(line, "> \t|")
	for _, p := range []string{"Received: ", "Return-Path: ", "Return-path: ", "Message-ID: <", "Message-Id: <", "DKIM-Signature: ", "MIME-Version: 1.0"} {
		if strings.HasPrefix(trimmed, p) {
			return true
		}
	}
	return ruled(line) && has("copy", fold(line)) || len(line) < 90 && has("copyline", fold(line))
}

// ruled reports whether a line is drawn as a border.
func ruled(line string) bool {
	for _, r := range []string{"--", "==", "**", "__", "##"} {
		if strings.Contains(line, r) {
			return true
		}
	}
	return false
}

// returned reads what came back of the letter.
func (m *mail) returned() Returned {
	for i := range m.parts {
		if p := &m.parts[i]; returnedPart(p) {
			h, _, err := readHeader([]byte(strings.TrimLeft(p.decodedRaw(), "\n ")), 2000)
			if err == nil {
				return returnedOf(h)
			}
		}
	}
	for i := range m.parts {
		p := &m.parts[i]
		if !strings.HasPrefix(p.media, "text/") {
			continue
		}
		if _, rest := cutReturned(p.decoded()); rest != "" {
			if back := returnedOf(quotedHeader(rest)); back.MessageID != "" || len(back.To) > 0 {
				return back
			}
		}
	}
	return Returned{}
}

// quotedHeader finds the fields of a letter quoted in a text.
func quotedHeader(rest string) header {
	body := []byte(rest)
	for n := 0; len(body) > 0 && n < 40; n++ {
		line, next := cutLine(body)
		name, _, ok := cutField(line)
		if ok && strings.Contains(" received return-path message-id from date subject to dkim-signature mime-version reply-to x-mailer sender delivered-to ", " "+name+" ") {
			h, more, err := readHeader(body, 2000)
			if err != nil || len(h) > 1 {
				return h
			}
			next = more
		}
		body = next
	}
	return nil
}

func returnedOf(h header) Returned {
	back := Returned{FeedbackID: h.get("Feedback-ID"), ListUnsubscribe: h.get("List-Unsubscribe")}
	back.MessageID = strings.Trim(strings.TrimSpace(h.get("Message-ID")), "<>")
	for _, v := range h.all("to") {
		for _, a := range addresses(decodeWords(v)) {
			if len(back.To) < 20 {
				back.To = append(back.To, a)
			}
		}
	}
	return back
}

// decodedRaw undoes the transfer encoding only.
func (p *part) decodedRaw() string {
	switch strings.ToLower(p.header.get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		return string(unquote(p.body))
	case "base64":
		return string(unbase(p.body))
	}
	return string(p.body)
}

// told reads a bounce that is a text: who it is about, and why each was refused.
func (m *mail) told(ours []string, back *Returned) []Outcome {
	who := m.failed(ours, back)
	out := make([]Outcome, 0, max(len(who), 1))
	for _, a := range who {
		o := Outcome{Recipient: a, Kind: Bounce}
		part := m.text
		if len(who) > 1 {
			part = section(m.text, a)
		}
		o.Said = said(part)
		o.Status = enhanced(o.Said)
		if o.Status == "" {
			o.Status = enhanced(part)
		}
		e := evidence{said: o.Said, section: section(m.text, a), status: o.Status, prose: m.text, subject: m.header.get("Subject")}
		if len(who) == 1 {
			e.stage = m.text
		}
		o.Reason = e.reason()
		o.Hard = o.Reason.Hard()
		out = append(out, o)
	}
	return out
}

// failed lists the recipients a text is about. "" stands for one nobody names.
func (m *mail) failed(ours []string, back *Returned) []string {
	if all := addresses(m.header.get("X-Failed-Recipients")); len(all) > 0 {
		return all
	}
	own := append(addresses(m.header.get("From")), ours...)
	var lead, second, any []string
	for line := range strings.SplitSeq(m.text, "\n") {
		if len(lead)+len(second)+len(any) > maxNamed {
			break
		}
		for i, a := range addresses(line) {
			if machine(a) || holds(own, a) || strings.Contains(strings.ToLower(line), "message-id") {
				continue
			}
			if sure, perhaps := leads(line, a); i == 0 && sure && !holds(lead, a) {
				lead = append(lead, a)
			} else if i == 0 && perhaps && !holds(second, a) {
				second = append(second, a)
			}
			if !holds(any, a) {
				any = append(any, a)
			}
		}
	}
	switch {
	case len(lead) > 0:
		return lead
	case len(second) > 0:
		return second
	case len(any) > 0:
		return any[:1]
	case len(back.To) > 0:
		return back.To
	}
	return []string{""}
}

// leads reports whether a line begins with an address, as failed recipients are
// listed; perhaps that it follows a word such as "To:", which may also be the
// quoted letter's.
func leads(line, a string) (sure, perhaps bool) {
	before, _, _ := strings.Cut(line, a)
	before = strings.ToLower(strings.Trim(before, " \t<>'\"*-=(:;[.|#"))
	if _, rest, ok := strings.Cut(before, " "); ok && replyCode(before+" x") && enhanced(rest) == rest {
		return true, false
	}
	switch before {
	case "", "rfc822", "recipient", "recipient address", "final-recipient: rfc822", "failed recipient", "rcpt to", "unknown user", "mailto", "550", "553", "554", "551":
		return true, false
	case "to", "user", "an", "till", "original-recipient: rfc822", "address", "vastaanottaja", "mottagare", "destinataire", "empfänger", "för", "a":
		return false, true
	}
	return false, false
}

// section is the lines about one recipient: from each that names it to the next
// that names another, or to the end of the paragraph.
func section(text, who string) string {
	if who == "" || !strings.Contains(text, "@") {
		return ""
	}
	var b strings.Builder
	on, said := false, false
	for line := range strings.SplitSeq(text, "\n") {
		all := addresses(line)
		switch {
		case holds(all, who):
			on, said = true, len(strings.TrimSpace(line)) > len(who)+8
		case begins(line, all), said && strings.TrimSpace(line) == "":
			on = false
		case strings.TrimSpace(line) != "":
			said = true
		}
		if on {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// begins reports whether a line begins the paragraph of a recipient.
func begins(line string, all []string) bool {
	if len(all) == 0 || machine(all[0]) {
		return false
	}
	sure, _ := leads(line, all[0])
	return sure
}

// said is the first reply of a server in a text, such as "550 5.1.1 unknown
// user", to the end of its paragraph; "" when there is none.
func said(text string) string {
	for i := 0; i+4 < len(text); i++ {
		c := text[i]
		if (c == '4' || c == '5') && (i == 0 || !codeByte(text[i-1]) && text[i-1] != '-') && replyCode(text[i:]) {
			end := len(text)
			if j := strings.Index(text[i:], "\n\n"); j >= 0 {
				end = i + j
			}
			return oneLine(text[i:min(end, i+600)])
		}
	}
	return ""
}

// replyCode reports whether s begins with a reply code and a text: 421, 450 to 459, 500 to 505, 521, 530 to 579.
func replyCode(s string) bool {
	if s[1] < '0' || s[1] > '7' || s[2] < '0' || s[2] > '9' || s[3] != ' ' && s[3] != '-' {
		return false
	}
	rest := strings.TrimLeft(s[4:min(len(s), 40)], " -")
	if rest == "" {
		return false
	}
	c := rest[0]
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '<' || c == '#' || c == '\'' || c == '"' || c == '[' || c == '(' || c == '*' || enhanced(rest) != "" && codeLen(rest) > 0
}
