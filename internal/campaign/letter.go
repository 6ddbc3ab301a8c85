package campaign

import (
	"net/mail"
	"strings"
	"sync"

	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// letter is a campaign's mail with everything fixed already made.
type letter struct {
	*compose.Prepared
	from   string // the envelope's sender
	domain string // of Message-IDs
	sender string // controller.name
	name   string // campaign.name
	*tracked
}

// prepare compiles a campaign's letter. Problems that would make it unlawful or
// broken are refused; advice is left to pages. link gives the addresses to write in
// its links; nil for those of the text.
func prepare(c *Campaign, t *Terms, link func(string) (string, bool)) (*letter, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fault.New(fault.Invalid, "campaign.from", "the sender is an address such as news@company.example, or Name <news@company.example>").In("from")
	}
	tpl, err := compile(c, t, link)
	if err != nil {
		return nil, err
	}
	if err := stopped(tpl); err != nil {
		return nil, err
	}
	l := &letter{from: from.Address, sender: t.Sender.Name, name: c.Name}
	l.domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	h := compose.Headers{FromName: from.Name, From: from.Address, ReplyTo: c.ReplyTo, FeedbackID: c.ID.String() + ":" + c.Purpose + ":" + string(c.Class) + ":kartotek"}
	if c.Class != "service" {
		h.ListID, h.ListName = listID(c.Purpose)+"."+l.domain, t.Sender.Name
	}
	l.Prepared, err = compose.Prepare(tpl, h)
	return l, err
}

func compile(c *Campaign, t *Terms, link func(string) (string, bool)) (*compose.Template, error) {
	lang := c.Language
	if lang == "" {
		lang = t.Language
	}
	return compose.Compile(compose.Source{Subject: c.Subject, Body: c.Body, Format: c.Format, Lang: lang, Class: string(c.Class),
		Sender: t.Sender, Base: t.Base, KnownField: t.Catalogue.HasField, MayUse: t.mayUse(c.Purpose), Link: link})
}

// listID writes a purpose's code as a label of a domain name (RFC 2919).
func listID(purpose string) string { return strings.ReplaceAll(purpose, "_", "-") }

// fields gives a letter the person's values.
type fields struct{ *party.Person }

// Field implements compose.Person.
func (f fields) Field(name string) string { return f.Get(name) }

// write appends the mail of one person to dst.
func (r *Room) write(dst []byte, l *letter, m *outbox.Ready) ([]byte, error) {
	link := func(kind outbox.Link) string { return r.Outbox.URL(r.BaseURL, kind, m.Person, m.ID) }
	p := &m.To
	out := link(outbox.LinkUnsubscribe)
	return l.AppendTo(dst, compose.Personal{
		To: p.Email, ToName: strings.TrimSpace(p.FirstName + " " + p.LastName),
		Vars: compose.Vars{Person: fields{p}, Controller: l.sender, Campaign: l.name, Lang: p.Language,
			Links: compose.Links{Unsubscribe: out, Preferences: link(outbox.LinkPreferences), Why: link(outbox.LinkWhy)}, Click: r.click(l.tracked, m)},
		MessageID: m.ID.String() + "." + m.Campaign.String() + "@" + l.domain,
		Date:      clock.FromMs(m.HandedAt), UnsubscribeURL: out,
	})
}

// Preview renders a campaign's letter as one person would get it, without links
// that work.
func (r *Room) Preview(c *Campaign, t *Terms, p *party.Person) (compose.Message, error) {
	tpl, err := compile(c, t, nil)
	if err != nil {
		return compose.Message{}, err
	}
	base := strings.TrimSuffix(r.BaseURL, "/")
	return tpl.Render(compose.Vars{Person: fields{p}, Controller: t.Sender.Name, Campaign: c.Name, Lang: p.Language,
		Links: compose.Links{Unsubscribe: base + "/u/", Preferences: base + "/p/", Why: base + "/w/"}})
}

// cache keeps the letters last made, because every range of a campaign needs the
// same one. A campaign under way cannot be changed; the notice can.
type cache struct {
	mu   sync.Mutex
	made map[cacheKey]*letter // guarded by mu
}

type cacheKey struct {
	campaign id.ID
	variant  int
	changed  int64
	notice   int
}

func (k *cache) get(r *Room, c *Campaign, t *Terms) (*letter, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := cacheKey{c.ID, c.Variant, c.ChangedAt, t.Version}
	if l := k.made[at]; l != nil {
		return l, nil
	}
	l, err := r.prepare(c, t, r.DB.Now())
	if err != nil {
		return nil, err
	}
	if len(k.made) > 16 || k.made == nil {
		k.made = map[cacheKey]*letter{}
	}
	k.made[at] = l
	return l, nil
}

// others gives the further letters of a test, the second first.
func (k *cache) others(r *Room, c *Campaign, t *Terms) (all []*letter, err error) {
	for n := 2; n <= c.Letters(); n++ {
		l, err := k.get(r, c.Letter(n), t)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}
