package campaign

import (
	"slices"
	"strings"

	"kartotek/internal/compose"
	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// WithBase gives terms under which pictures of the register have their whole
// address. base is the public address of the register.
func WithBase(base string, terms func(tx *db.Tx) (*Terms, error)) func(tx *db.Tx) (*Terms, error) {
	return func(tx *db.Tx) (*Terms, error) {
		t, err := terms(tx)
		if err == nil {
			t.Base = base
		}
		return t, err
	}
}

// usesOf tells which person fields the notice lets the letters of a purpose show:
// those of the categories it lists under uses. law: GDPR 5(1)(b), 13(1)(c)
func usesOf(n *noticedef.Notice) func(purpose, field string) bool {
	return func(purpose, field string) bool {
		p, promised := n.Purpose(purpose)
		f, listed := n.Field(field)
		return promised && listed && slices.Contains(p.Uses, f.Category)
	}
}

// mayUse is usesOf for one purpose; nil, which lets every field through, when the
// terms say nothing of it.
func (t *Terms) mayUse(purpose string) func(field string) bool {
	if t.Uses == nil {
		return nil
	}
	return func(field string) bool { return t.Uses(purpose, field) }
}

// Read makes a campaign's letters, and refuses (Invalid) what can never be made:
// variables nobody knows, fields the purpose does not use, blocks that are none. What
// is still missing in a draft is no error. Doors ask it before they store what
// somebody wrote.
func (r *Room) Read(tx *db.Tx, c *Campaign) error {
	t, err := r.Terms(tx)
	if err != nil {
		return err
	}
	for n := range c.Letters() {
		if _, err := compile(c.Letter(n+1), t, nil); err != nil {
			return err
		}
	}
	return nil
}

// Lint looks a campaign's letter over: what it says, and a mail made of it for nobody
// in particular. Its error is why no letter can be made.
func (r *Room) Lint(tx *db.Tx, c *Campaign) ([]lint.Finding, error) {
	t, err := r.Terms(tx)
	if err != nil {
		return nil, err
	}
	tpl, err := compile(c, t, nil)
	if err != nil {
		return nil, err
	}
	found := lint.Letter(tpl.Outline())
	if len(lint.Stopped(found)) > 0 {
		return found, nil // no mail is made of it
	}
	l, err := prepare(c, t, nil)
	if err != nil {
		return nil, err
	}
	raw, err := r.write(nil, l, &outbox.Ready{Message: outbox.Message{HandedAt: tx.Now()}, To: party.Person{Email: "somebody@register.example"}})
	if err != nil {
		return nil, err
	}
	return lint.Sorted(append(found, lint.Mail(raw, string(c.Class))...)), nil
}

// stopped is the fault of a letter that cannot be sent as it is.
func stopped(tpl *compose.Template) error {
	for _, f := range lint.Stopped(lint.Letter(tpl.Outline())) {
		return fault.New(fault.Invalid, "campaign.lint."+f.Code, "the letter cannot be sent like this: %s", f.Code).In(f.Place)
	}
	return nil
}

// Shows lists the person fields that a campaign's letter shows.
func Shows(c *Campaign, t *Terms) ([]string, error) {
	tpl, err := compile(c, t, nil)
	if err != nil {
		return nil, err
	}
	return tpl.Reads(), nil
}

var selTexts = db.SQL(db.Reference, `SELECT body, options FROM campaigns`)

// Holding counts the campaigns whose letters hold each of some texts, such as the
// addresses of pictures.
func (r *Room) Holding(tx *db.Tx, texts []string) (map[string]int, error) {
	out := map[string]int{}
	var body, options string
	err := tx.Each(selTexts, func(scan db.Scan) error {
		if err := scan(&body, &options); err != nil {
			return err
		}
		for _, t := range texts {
			if strings.Contains(body, t) || strings.Contains(options, t) {
				out[t]++
			}
		}
		return nil
	})
	return out, err
}
