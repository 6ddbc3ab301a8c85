package catcher

import (
	"bytes"
	"io"
	"sort"
	"time"

	_ "github.com/emersion/go-message/charset" // mails in Latin-1 and others
	"github.com/emersion/go-message/mail"
)

// caught is a mail as it came.
type caught struct {
	id       int64
	received time.Time
	from     string // of the envelope
	to       []string
	raw      []byte
}

// Summary is a line of the catcher's list.
type Summary struct {
	ID       int64
	Received time.Time
	From     string // as the head shows it; the envelope's when it cannot be read
	To       string // the envelope's first recipient
	Subject  string
	Size     int // bytes
}

// Mail is a whole mail, taken apart.
type Mail struct {
	Summary
	Recipients []string // of the envelope
	Date       time.Time
	Header     map[string]string // each header once, decoded, the first of a name
	HTML, Text string
	Raw        []byte
}

// List gives at most limit mails, newest first, older than the id before (0:
// from the newest).
func (c *Catcher) List(limit int, before int64) []Summary {
	c.mu.Lock()
	end := len(c.mails)
	if before > 0 {
		end = sort.Search(len(c.mails), func(i int) bool { return c.mails[i].id >= before })
	}
	page := append([]caught(nil), c.mails[max(0, end-max(limit, 0)):end]...)
	c.mu.Unlock()
	out := make([]Summary, 0, len(page))
	for i := len(page) - 1; i >= 0; i-- {
		out = append(out, page[i].summary())
	}
	return out
}

// Get gives one mail; false when there is none or it has made way.
func (c *Catcher) Get(id int64) (Mail, bool) {
	c.mu.Lock()
	i := sort.Search(len(c.mails), func(i int) bool { return c.mails[i].id >= id })
	found := i < len(c.mails) && c.mails[i].id == id
	var m caught
	if found {
		m = c.mails[i]
	}
	c.mu.Unlock()
	if !found {
		return Mail{}, false
	}
	return m.open(), true
}

func (m caught) summary() Summary {
	r, err := mail.CreateReader(bytes.NewReader(m.raw))
	s := m.envelope()
	if err == nil || r != nil {
		m.describe(&s, r.Header)
	}
	return s
}

func (m caught) envelope() Summary {
	s := Summary{ID: m.id, Received: m.received, From: m.from, Size: len(m.raw)}
	if len(m.to) > 0 {
		s.To = m.to[0]
	}
	return s
}

func (m caught) describe(s *Summary, h mail.Header) {
	s.Subject, _ = h.Subject() // undecodable: as it stands
	if from, err := h.AddressList("From"); err == nil && len(from) > 0 {
		s.From = from[0].Address
		if from[0].Name != "" {
			s.From = from[0].Name + " <" + from[0].Address + ">"
		}
	}
}

// open takes a mail apart; what cannot be read is left empty.
func (m caught) open() Mail {
	out := Mail{Summary: m.envelope(), Recipients: m.to, Header: map[string]string{}, Raw: m.raw}
	r, err := mail.CreateReader(bytes.NewReader(m.raw))
	if err != nil && r == nil {
		return out
	}
	m.describe(&out.Summary, r.Header)
	out.Date, _ = r.Header.Date()
	for f := r.Header.Fields(); f.Next(); {
		if _, seen := out.Header[f.Key()]; !seen {
			out.Header[f.Key()], _ = f.Text()
		}
	}
	for range 50 { // parts
		part, err := r.NextPart()
		if err != nil {
			break
		}
		out.add(part)
	}
	return out
}

func (c *Mail) add(part *mail.Part) {
	h, ok := part.Header.(*mail.InlineHeader)
	if !ok {
		return
	}
	body, err := io.ReadAll(part.Body)
	if err != nil {
		return
	}
	switch kind, _, _ := h.ContentType(); {
	case kind == "text/html" && c.HTML == "":
		c.HTML = string(body)
	case kind == "text/plain" && c.Text == "":
		c.Text = string(body)
	}
}
