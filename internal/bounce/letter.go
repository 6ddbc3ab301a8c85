package bounce

import (
	"mime"
	netmail "net/mail"
	"strings"
	"time"
)

// Letter is what a person wrote, of a mail that is neither bounce nor complaint. The
// fields are as the mail gives them, which may be anything.
type Letter struct {
	Kind      Kind
	Reason    Reason // NoBounce for what a person wrote; Unparsed for what cannot be taken apart
	Bulk      bool   // sent to many at once, by a list or a newsletter
	From      string // the address of the writer: of Reply-To, else From; "" when there is none
	Name      string // of From
	Subject   string
	MessageID string   // without <>
	Answers   []string // Message-IDs it answers to (In-Reply-To, References)
	// Arrived is when a server of ours took it, by the topmost Received field that can be
	// read; zero when there is none.
	Arrived time.Time
	Text    string // the readable part, without markup
	Files   []Attached
	Cut     bool // there is more in it than was read
}

// Automatic reports whether a program wrote the mail: one that answers for somebody who
// is away, a mail system, a provider's report. Nobody is to be answered for it. A
// person who writes "unsubscribe" is none.
func (l *Letter) Automatic() bool {
	switch l.Reason {
	case NoBounce, Unparsed, OptOut:
		return false
	}
	return true
}

// Attached is a file that a mail brings.
type Attached struct {
	Name    string // as the mail gives it; "" when it gives none
	Content []byte
}

// ReadLetter reads a mail as a person's letter, bounded by lim. Whatever it holds, the
// answer is a Letter: one that cannot be taken apart has the fields that could be read.
func ReadLetter(raw []byte, lim Limits) Letter {
	cut := len(raw) > lim.Bytes
	if cut {
		raw = raw[:lim.Bytes]
	}
	m, err := open(raw, lim)
	if err != nil {
		l := Letter{Kind: Other, Reason: Unparsed, Cut: cut}
		if h, _, err := readHeader(unixLines(raw), lim.Fields); err == nil {
			l.fields(h)
		}
		return l
	}
	rep := m.report(lim)
	l := Letter{Kind: rep.Outcomes[0].Kind, Reason: rep.Outcomes[0].Reason, Cut: cut}
	l.fields(m.header)
	l.body(m, lim)
	return l
}

func (l *Letter) fields(h header) {
	l.Subject = h.get("Subject")
	l.Name, l.From = writer(h)
	l.MessageID = strings.Trim(h.get("Message-ID"), "<> ")
	for _, v := range h.all("in-reply-to", "references") {
		for id := range strings.FieldsSeq(v) {
			if id = strings.Trim(id, "<>,"); id != "" && len(l.Answers) < 50 && !holds(l.Answers, id) {
				l.Answers = append(l.Answers, id)
			}
		}
	}
	for _, v := range h.all("received") {
		if at := strings.LastIndexByte(v, ';'); at >= 0 && l.Arrived.IsZero() {
			if t, err := netmail.ParseDate(strings.TrimSpace(v[at+1:])); err == nil {
				l.Arrived = t
			}
		}
	}
	bulk := strings.ToLower(h.get("Precedence"))
	l.Bulk = bulk == "bulk" || bulk == "list" || bulk == "junk" || h.get("List-Unsubscribe") != "" || h.get("List-Id") != ""
}

// writer is who wrote: the address to answer to, and the name beside From.
func writer(h header) (name, from string) {
	for _, field := range []string{"From", "Reply-To"} {
		v := h.get(field)
		if a, err := (&netmail.AddressParser{WordDecoder: &words}).Parse(v); err == nil {
			if field == "From" {
				name = a.Name
			}
			from = a.Address
			continue
		}
		if all := addresses(v); len(all) > 0 {
			from = all[0]
		}
	}
	return oneLine(name), from
}

// maxLetter is how much text of a letter is read.
const maxLetter = 64 << 10

// forwarded stands before the text of a mail that was attached to another.
const forwarded = "---------- Forwarded message ---------\n"

// body gathers the text and the files, in their order. A page that says the same as
// the plain text before it is left out; a mail attached to this one is read too.
func (l *Letter) body(m *mail, lim Limits) {
	var text strings.Builder
	plain := false
	for i := range m.parts {
		p := &m.parts[i]
		name, attached := p.fileName()
		switch {
		case p.media == "message/rfc822" && lim.Depth > 0:
			inner := ReadLetter([]byte(p.decodedRaw()), Limits{Bytes: lim.Bytes, Fields: lim.Fields, Parts: lim.Parts, Depth: lim.Depth / 2, Outcome: 1})
			text.WriteString("\n" + forwarded + inner.Subject + "\n\n" + inner.Text)
			l.attach(inner.Files...)
		case !attached && p.media == "text/plain":
			plain = plain || strings.TrimSpace(p.decoded()) != ""
			text.WriteString(p.decoded() + "\n")
		case !attached && p.media == "text/html":
			if !plain {
				text.WriteString(p.decoded() + "\n")
			}
		case p.media == "application/pgp-signature" || p.media == "application/pkcs7-signature" || p.media == "application/x-pkcs7-signature":
		default:
			l.attach(Attached{Name: name, Content: []byte(p.decodedRaw())})
		}
	}
	l.Text = text.String()
	if len(l.Text) > maxLetter {
		l.Text, l.Cut = strings.ToValidUTF8(l.Text[:maxLetter], ""), true
	}
	l.Text = strings.TrimSpace(strings.ReplaceAll(l.Text, "\x00", ""))
}

func (l *Letter) attach(files ...Attached) { l.Files = append(l.Files, files...) }

// fileName is what a part's file is called; attached is false for what is meant to be
// read in the mail itself.
func (p *part) fileName() (name string, attached bool) {
	kind, params, err := mime.ParseMediaType(p.header.get("Content-Disposition"))
	if err != nil && kind == "" {
		params = looseParams(p.header.get("Content-Disposition"))
	}
	name = params["filename"]
	if name == "" {
		name = p.params["name"]
	}
	return decodeWords(name), kind == "attachment" || name != "" && !strings.HasPrefix(p.media, "text/")
}
