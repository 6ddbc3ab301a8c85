package compose

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"kartotek/internal/compose/header"
	"kartotek/internal/fault"
)

// Headers are the parts of a mail's head that all its recipients share.
type Headers struct {
	FromName, From string
	ReplyTo        string // address; "" for none
	ListID         string // "newsletter.kartotek.example"; "" for none (RFC 2919)
	ListName       string
	FeedbackID     string // "campaign:customer:class:sender" for feedback loops; "" for none
	Auto           bool   // made by the program alone: Auto-Submitted (RFC 3834)
}

// Personal is what the mail of one person needs.
type Personal struct {
	To, ToName string
	Vars       Vars
	MessageID  string // without <>; stable per campaign and person
	Date       time.Time
	// UnsubscribeURL takes the one-click POST (RFC 8058). It is needed for
	// marketing and surveys, and ignored for service messages.
	UnsubscribeURL string
}

// Prepared is a mail with everything fixed already encoded. It is immutable
// and safe for concurrent use.
type Prepared struct {
	t        *Template
	head     []byte // the fixed headers
	between  []byte // end of headers, opening of the text part
	toHTML   []byte // end of the text part, opening of the HTML part
	end      []byte
	text     *quoted
	html     *quoted
	textFoot map[string]*quoted
	htmlFoot map[string]*quoted
	scratch  sync.Pool
}

// Prepare encodes what all mails of a campaign share. The error (Invalid) says
// which header cannot be used.
func Prepare(t *Template, h Headers) (*Prepared, error) {
	p := &Prepared{t: t, text: quote(t.text), html: quote(t.html), textFoot: map[string]*quoted{}, htmlFoot: map[string]*quoted{}}
	p.scratch.New = func() any { b := make([]byte, 0, 8<<10); return &b }
	for lang := range footerTexts {
		p.textFoot[lang], p.htmlFoot[lang] = quote(t.textFoot[lang]), quote(t.htmlFoot[lang])
	}
	if err := p.headers(h); err != nil {
		return nil, err
	}
	p.bodies()
	return p, nil
}

func (p *Prepared) headers(h Headers) error {
	from, err := header.Mailbox(h.From)
	if err != nil {
		return fault.New(fault.Invalid, "mail.from", "the sender's address cannot be used").In("from")
	}
	p.head = header.AppendMailbox(p.head, "From", h.FromName, from)
	if h.ReplyTo != "" {
		reply, err := header.Mailbox(h.ReplyTo)
		if err != nil {
			return fault.New(fault.Invalid, "mail.reply_to", "the reply address cannot be used").In("reply_to")
		}
		p.head = header.AppendMailbox(p.head, "Reply-To", "", reply)
	}
	if h.ListID != "" {
		if _, err := header.AppendToken(nil, "List-Id", h.ListID); err != nil {
			return err
		}
		p.head = header.AppendMailbox(p.head, "List-Id", h.ListName, h.ListID)
	}
	if h.FeedbackID != "" {
		p.head = header.Append(p.head, "Feedback-ID", h.FeedbackID)
	}
	if h.Auto {
		p.head = append(p.head, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n"...)
	}
	p.head = append(p.head, "MIME-Version: 1.0\r\n"...)
	return nil
}

// bodies makes the fixed lines between the parts. The boundary holds "=_",
// which quoted-printable cannot.
func (p *Prepared) bodies() {
	sum := sha256.Sum256([]byte(p.t.src.Subject + "\x00" + p.t.src.Body))
	b := "=_" + hex.EncodeToString(sum[:12])
	part := func(kind string) string {
		return "--" + b + "\r\nContent-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	}
	p.between = []byte("Content-Type: multipart/alternative;\r\n boundary=\"" + b + "\"\r\nContent-Language: " + p.t.src.Lang + "\r\n\r\n" + part("plain"))
	p.toHTML = []byte("\r\n" + part("html"))
	p.end = []byte("\r\n--" + b + "--\r\n")
}

// AppendTo writes one person's whole mail onto dst: lines end in CRLF, none is
// over 998 bytes, dots at line starts are left to the channel. On an error dst
// is returned as it was; the error names no address.
func (p *Prepared) AppendTo(dst []byte, to Personal) ([]byte, error) {
	buf := p.scratch.Get().(*[]byte)
	defer p.scratch.Put(buf)
	out, err := p.appendHead(dst, &to, buf)
	if err == nil {
		out, err = p.appendBodies(out, &to.Vars, buf)
	}
	if err != nil {
		return dst, err
	}
	return out, nil
}

func (p *Prepared) appendHead(dst []byte, to *Personal, buf *[]byte) ([]byte, error) {
	addr, err := header.Mailbox(to.To)
	if err != nil {
		return nil, err
	}
	subject, err := p.t.subject.append((*buf)[:0], &to.Vars)
	if err != nil {
		return nil, err
	}
	dst = append(dst, p.head...)
	dst = header.AppendMailbox(dst, "To", to.ToName, addr)
	dst = header.Append(dst, "Subject", string(subject))
	dst = append(to.Date.AppendFormat(append(dst, "Date: "...), time.RFC1123Z), "\r\n"...)
	if dst, err = header.AppendToken(dst, "Message-ID", to.MessageID); err != nil {
		return nil, err
	}
	*buf = subject
	if !solicited(p.t.src.Class) {
		return dst, nil
	}
	return appendUnsubscribe(dst, to.UnsubscribeURL)
}

// appendUnsubscribe writes the two headers of RFC 8058. Mail programs honour
// one-click for https only; http is let through for a register on one machine.
func appendUnsubscribe(dst []byte, url string) ([]byte, error) {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return nil, fault.New(fault.Invalid, "mail.unsubscribe", "a marketing or survey mail needs an unsubscribe address")
	}
	dst, err := header.AppendToken(dst, "List-Unsubscribe", url)
	if err != nil {
		return nil, err
	}
	return append(dst, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"...), nil
}

func (p *Prepared) appendBodies(dst []byte, v *Vars, buf *[]byte) ([]byte, error) {
	lang, err := p.t.lang(*v), error(nil)
	w := qp{dst: append(dst, p.between...)}
	for _, part := range [2][2]*quoted{{p.text, p.textFoot[lang]}, {p.html, p.htmlFoot[lang]}} {
		for _, q := range part {
			if *buf, err = q.append(&w, v, *buf); err != nil {
				return nil, err
			}
		}
		if part[0] == p.text {
			w.dst, w.col = append(w.dst, p.toHTML...), 0
		}
	}
	return append(w.dst, p.end...), nil
}
