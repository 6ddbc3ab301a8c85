package post

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

// Mail is a message somebody asks for.
type Mail struct {
	// To whom: a person of the register, or an address of theirs. The mail goes to
	// the person's first address in either case.
	Person  id.ID  `json:"person,omitempty"`
	Address string `json:"address,omitempty"`

	Purpose  string `json:"purpose,omitempty"`  // of the notice; "" is the template's
	Template string `json:"template,omitempty"` // by name; "" for a letter of its own
	Language string `json:"language,omitempty"` // "" is the person's
	// To is another e-mail address than the person's first, for messages of service
	// that are about the address itself; "" for the first. Whoever sends answers for
	// the address being the person's, or being asked about whether it is.
	To    string `json:"-"`
	Asked bool   `json:"-"` // the person asked for it themselves
	// The letter, where no template is named.
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body,omitempty"`
	Format  string `json:"format,omitempty"`
	From    string `json:"from,omitempty"` // "" is the template's, or the controller's
	ReplyTo string `json:"reply_to,omitempty"`
	// Data is what data.<name> reads: see Data.
	Data map[string]any `json:"data,omitempty"`

	Owner  string `json:"-"` // whose keys Key is one of
	Key    string `json:"-"` // the asker's own, for once and no more; "" for none
	Source id.ID  `json:"-"` // the series it belongs to; 0 for none
	Step   int    `json:"-"` // of the series
}

// content is what a letter is made of, as it is sealed.
type content struct {
	From     string         `json:"f,omitempty"`
	ReplyTo  string         `json:"r,omitempty"`
	Language string         `json:"l,omitempty"`
	Subject  string         `json:"s,omitempty"`
	Body     string         `json:"b,omitempty"`
	Format   string         `json:"m,omitempty"`
	Data     map[string]any `json:"d,omitempty"`
	To       string         `json:"t,omitempty"`
	Asked    bool           `json:"a,omitempty"`
}

// sealing names the place of a sealed content, so that one moved to another message
// does not open.
func sealing(message id.ID) string { return "post:" + message.String() }

// Send decides about a message and stores it, to be handed over once the
// transaction is committed; or gives the answer given before, when its key was used.
// A message the rules do not allow is stored as skipped: the receipt says so. What can
// never be sent is refused: Invalid with the field, *Promoting, Denied by the notice,
// NotFound for a person or template. law: GDPR 5(1)(b), 21(3)
func (r *Room) Send(tx *db.Tx, m Mail) (*Receipt, error) {
	return r.Once(tx, m.Owner, m.Key, m, func() (*Receipt, error) { return r.send(tx, &m) })
}

func (r *Room) send(tx *db.Tx, m *Mail) (*Receipt, error) {
	p, err := r.addressee(tx, m)
	if err != nil {
		return nil, err
	}
	c, x, err := r.letterOf(tx, m, p)
	if err != nil {
		return nil, err
	}
	terms, q, err := r.ask(tx, m.Purpose)
	if err != nil {
		return nil, err
	}
	if err := r.try(terms, q, c, x); err != nil {
		return nil, err
	}
	if m.To != "" && q.Class != permit.Service {
		return nil, fault.New(fault.Denied, "post.elsewhere", "only a message of service goes to another address than the person's first")
	}
	d := outbox.Draft{Question: q, Notice: terms.Version, Asked: outbox.Asked{Email: m.To, ByPerson: m.Asked}}
	s, err := r.Outbox.DecideAsked(tx, p.ID, q, d.Asked)
	if err != nil {
		return nil, err
	}
	row := d.New(tx, s)
	if err := r.Outbox.Add(tx, []outbox.Message{row}); err != nil {
		return nil, err
	}
	return &Receipt{Person: p.ID, Message: row.ID, Allowed: row.State == outbox.Queued, Code: row.Code}, r.store(tx, m, &row, c, x.ID)
}

// addressee finds the person.
func (r *Room) addressee(tx *db.Tx, m *Mail) (*party.Person, error) {
	who := m.Person
	if (who == 0) == (m.Address == "") {
		return nil, fault.New(fault.Invalid, "post.whom", "name a person or an address, one of them").In("person")
	}
	if who == 0 {
		found := false
		var err error
		if who, found, err = r.Outbox.Party.ByAddress(tx, m.Address); err != nil {
			return nil, err
		}
		if !found {
			return nil, fault.New(fault.NotFound, "post.no_person", "nobody in the register has this address; enter the person first")
		}
	}
	p, found, err := r.Outbox.Party.Get(tx, who)
	if err == nil && !found {
		err = party.NotFound()
	}
	return p, err
}

// letterOf gives what the letter is made of, and fills the purpose from its template.
func (r *Room) letterOf(tx *db.Tx, m *Mail, p *party.Person) (c *content, x *Text, err error) {
	if m.Data, err = Data(m.Data); err != nil {
		return nil, nil, err
	}
	c = &content{From: m.From, ReplyTo: m.ReplyTo, Language: m.Language, Data: m.Data, To: m.To, Asked: m.Asked}
	if c.Language == "" {
		c.Language = p.Language
	}
	if m.Template == "" {
		return r.ownLetter(tx, m, c)
	}
	if m.Subject != "" || m.Body != "" {
		return nil, nil, fault.New(fault.Invalid, "post.both", "name a template or write the letter, one of them").In("template")
	}
	t, err := r.Named(tx, m.Template)
	if err != nil {
		return nil, nil, err
	}
	if m.Purpose == "" {
		m.Purpose = t.Purpose
	}
	if m.Purpose != t.Purpose {
		return nil, nil, fault.New(fault.Conflict, "post.purpose", "the template is for another purpose").In("purpose")
	}
	terms, err := r.Terms(tx)
	if err != nil {
		return nil, nil, err
	}
	x, ok := t.In(c.Language, terms.Language)
	if !ok {
		return nil, nil, noTemplate()
	}
	if c.From == "" {
		c.From = t.From
	}
	if c.ReplyTo == "" {
		c.ReplyTo = t.ReplyTo
	}
	return c, x, nil
}

func (r *Room) ownLetter(tx *db.Tx, m *Mail, c *content) (*content, *Text, error) {
	if strings.TrimSpace(m.Subject) == "" {
		return nil, nil, fault.New(fault.Invalid, "form.missing", "the field is empty").In("subject")
	}
	if strings.TrimSpace(m.Body) == "" {
		return nil, nil, fault.New(fault.Invalid, "form.missing", "the field is empty").In("body")
	}
	c.Subject, c.Body, c.Format = m.Subject, m.Body, m.Format
	terms, err := r.Terms(tx)
	if err != nil {
		return nil, nil, err
	}
	if c.Language == "" {
		c.Language = terms.Language
	}
	return c, &Text{Language: c.Language, Subject: c.Subject, Body: c.Body, Format: c.Format}, nil
}

// try makes the letter with its data and nobody's name, and looks for promotion in
// what then stands there: a name may be a word of ours.
func (r *Room) try(t *Terms, q permit.Question, c *content, x *Text) error {
	l, err := r.compiled.get(t, q, c, x)
	if err != nil {
		return err
	}
	out, err := l.template.Render(compose.Vars{Person: compose.Fields{}, Controller: t.Sender.Name, Lang: c.Language, Data: c.Data,
		Links: compose.Links{Unsubscribe: r.BaseURL, Preferences: r.BaseURL, Why: r.BaseURL}})
	if err != nil || q.Class != permit.Service {
		return err
	}
	return refusePromotion(Promotion(out.Subject + "\n" + l.withoutFoot(out.Text)))
}

// store writes the post's own row.
func (r *Room) store(tx *db.Tx, m *Mail, row *outbox.Message, c *content, text id.ID) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	sealed, err := r.sealed(row.Person, row.ID, raw)
	if err != nil {
		return err
	}
	due := int64(0)
	if row.State == outbox.Queued {
		due = tx.Now()
	}
	_, err = tx.Exec(insPost, row.Person.Bucket(), int64(row.Person), int64(row.ID), int64(text), int64(m.Source), m.Step,
		sealed, string(row.State), due, tx.Now())
	if err != nil || due == 0 {
		return err
	}
	return rouse(tx, 0)
}

// sealed seals what a message is made of with its person's key; for somebody erased
// nothing is kept.
func (r *Room) sealed(who, message id.ID, raw []byte) ([]byte, error) {
	out, err := r.Outbox.Keys.SealFor(who, sealing(message), raw)
	if errors.Is(err, seal.ErrForgotten) {
		return []byte{}, nil
	}
	return out, err
}

// Bounds of data: far more than an order needs.
const (
	maxDepth  = 4
	maxValues = 1000
	maxText   = 4 << 10
)

// Data checks what a program gave for data.<name>, as encoding/json reads it, and
// gives it with whole numbers as such: texts, numbers, truths, lists of at most
// compose.MaxItems, and maps of them with plain names.
func Data(given map[string]any) (map[string]any, error) {
	if len(given) == 0 {
		return nil, nil
	}
	left := maxValues
	out, err := datum(given, maxDepth, &left)
	if err != nil {
		return nil, err
	}
	return out.(map[string]any), nil
}

func badData(why string) error { return fault.New(fault.Invalid, "post.data", "%s", why).In("data") }

func datum(v any, depth int, left *int) (any, error) {
	if *left--; *left < 0 || depth < 0 {
		return nil, badData("the data has too many values, or is nested too deeply")
	}
	switch v := v.(type) {
	case nil, bool, int64:
		return v, nil
	case float64:
		if n := int64(v); float64(n) == v {
			return n, nil
		}
		return v, nil
	case string:
		if len(v) > maxText || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return nil, badData("a text of the data is longer than 4096 bytes, or is no text")
		}
		return v, nil
	case []any:
		return list(v, depth, left)
	case map[string]any:
		return object(v, depth, left)
	}
	return nil, badData("the data holds something that is neither text, number, truth, list nor object")
}

func list(v []any, depth int, left *int) (any, error) {
	if len(v) > compose.MaxItems {
		return nil, badData("a list of the data holds more than 100 items")
	}
	out := make([]any, len(v))
	for i := range v {
		var err error
		if out[i], err = datum(v[i], depth-1, left); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func object(v map[string]any, depth int, left *int) (any, error) {
	out := make(map[string]any, len(v))
	for name, inner := range v {
		if !goodField.MatchString(name) {
			return nil, badData("a name in the data is made of letters, digits and _, and begins with a letter")
		}
		var err error
		if out[name], err = datum(inner, depth-1, left); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Lookup reads a message of the post, wherever its person was moved to. One whose
// purpose the reader may not see is none, after as much work.
func (r *Room) Lookup(tx *db.Tx, who, message id.ID, sees func(purpose string) bool) (*outbox.Message, error) {
	none := fault.New(fault.NotFound, "post.none", "there is no such message")
	who, err := r.Outbox.Party.Forward(tx, who)
	if err != nil {
		return nil, err
	}
	known, err := tx.One(selPost, []any{new(id.ID), new(id.ID), new(id.ID), new([]byte)}, who.Bucket(), int64(who), int64(message))
	if err != nil {
		return nil, err
	}
	purpose, found, err := r.Outbox.PurposeOf(tx, who, message) // asked also when there is none
	if err != nil || !known || !found || !sees(purpose) {
		return nil, errOr(err, none)
	}
	m, _, err := r.Outbox.Get(tx, who, message)
	return m, err
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// StepCount is how many messages of a step of a series are in a state.
type StepCount struct {
	Step  int
	State outbox.State
	N     int
}

// Counts counts the messages of a series by step and state.
func (r *Room) Counts(tx *db.Tx, source id.ID) (all []StepCount, err error) {
	err = tx.Each(cntPosts, func(scan db.Scan) error {
		var c StepCount
		err := scan(&c.Step, &c.State, &c.N)
		all = append(all, c)
		return err
	}, int64(source))
	return all, err
}

// DataText writes data as JSON, for people to read.
func DataText(data map[string]any) string {
	raw, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return "" // Data lets nothing through that JSON cannot hold
	}
	return string(raw)
}
