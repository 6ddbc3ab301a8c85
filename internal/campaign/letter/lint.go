package letter

import (
	"time"

	"kartotek/internal/campaign/def"
	"kartotek/internal/compose"
	"kartotek/internal/compose/lint"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// Lint looks a campaign's letter over: what it says, and a mail made of it for nobody
// in particular. Its error is why no letter can be made.
func (r Press) Lint(c *def.Campaign, t *Terms, at time.Time) ([]lint.Finding, error) {
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
	raw, err := r.Write(nil, l, &outbox.Ready{Message: outbox.Message{HandedAt: at.UnixMilli()}, To: party.Person{Email: "somebody@register.example"}})
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
