package post

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

var goodField = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,59}$`)

// letter is a text with everything fixed already made.
type letter struct {
	template *compose.Template
	*compose.Prepared
	from   string // the envelope's sender
	sender string // controller.name
}

// withoutFoot takes the footer from a letter's plain text: it is ours.
func (l *letter) withoutFoot(text string) string {
	if at := strings.LastIndex(text, "\n-- \n"); at >= 0 {
		return text[:at]
	}
	return text
}

func prepare(t *Terms, q permit.Question, c *content, x *Text) (*letter, error) {
	tpl, err := checkText(t, q, c.From, c.ReplyTo, x)
	if err != nil {
		return nil, err
	}
	h, err := headers(t, q, c.From, c.ReplyTo)
	if err != nil {
		return nil, err
	}
	l := &letter{template: tpl, from: h.From, sender: t.Sender.Name}
	l.Prepared, err = compose.Prepare(tpl, h)
	return l, err
}

// cache keeps the letters of templates last made. A text never changes; the notice
// can, and the sender.
type cache struct {
	mu   sync.Mutex
	made map[cacheKey]*letter // guarded by mu
}

type cacheKey struct {
	text          id.ID
	notice        int
	purpose       string
	from, replyTo string
}

// maxMade is how many letters are kept.
const maxMade = 100

func (k *cache) get(t *Terms, q permit.Question, c *content, x *Text) (*letter, error) {
	if x.ID == 0 {
		return prepare(t, q, c, x)
	}
	at := cacheKey{x.ID, t.Version, q.Purpose, c.From, c.ReplyTo}
	k.mu.Lock()
	defer k.mu.Unlock()
	if l := k.made[at]; l != nil {
		return l, nil
	}
	l, err := prepare(t, q, c, x)
	if err != nil {
		return nil, err
	}
	if k.made == nil || len(k.made) >= maxMade {
		k.made = map[cacheKey]*letter{}
	}
	k.made[at] = l
	return l, nil
}

// fields gives a letter the person's values.
type fields struct{ *party.Person }

// Field implements compose.Person.
func (f fields) Field(name string) string { return f.Get(name) }

// write makes the mail of a message. Its Message-ID is the same at every try.
func (r *Room) write(l *letter, m *outbox.Ready, c *content) ([]byte, error) {
	link := func(kind outbox.Link) string { return r.Outbox.URL(r.BaseURL, kind, m.Person, m.ID) }
	p, out := &m.To, link(outbox.LinkUnsubscribe)
	return l.AppendTo(nil, compose.Personal{
		To: p.Email, ToName: strings.TrimSpace(p.FirstName + " " + p.LastName),
		Vars: compose.Vars{Person: fields{p}, Controller: l.sender, Lang: c.Language, Data: c.Data,
			Links: compose.Links{Unsubscribe: out, Preferences: link(outbox.LinkPreferences), Why: link(outbox.LinkWhy)}},
		MessageID: m.ID.String() + "." + m.Campaign.String() + "@" + domainOf(l.from),
		Date:      clock.FromMs(m.HandedAt), UnsubscribeURL: out,
	})
}

// open reads what a message is made of; seal.ErrForgotten when its person was erased.
func (r *Room) open(who, message id.ID, sealed []byte) (*content, error) {
	if len(sealed) == 0 {
		return nil, seal.ErrForgotten
	}
	raw, err := r.Outbox.Keys.OpenFor(who, sealing(message), sealed)
	if err != nil {
		return nil, err
	}
	var c content
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fault.New(fault.Internal, "post.content", "what a message is made of cannot be read").Because(err)
	}
	c.Data, err = Data(c.Data)
	return &c, err
}

// Preview makes a text as one person would get it, with data and without links that
// work. It is refused as SaveTemplate refuses.
func (r *Room) Preview(t *Terms, q permit.Question, from, replyTo string, x *Text, p *party.Person, data map[string]any) (compose.Message, error) {
	data, err := Data(data)
	if err != nil {
		return compose.Message{}, err
	}
	tpl, err := checkText(t, q, from, replyTo, x)
	if err != nil {
		return compose.Message{}, err
	}
	base := strings.TrimSuffix(r.BaseURL, "/")
	return tpl.Render(compose.Vars{Person: fields{p}, Controller: t.Sender.Name, Lang: x.Language, Data: data,
		Links: compose.Links{Unsubscribe: base + "/u/", Preferences: base + "/p/", Why: base + "/w/"}})
}
