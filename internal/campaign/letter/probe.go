package letter

import (
	"strings"

	"kartotek/internal/campaign/def"
	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// Mark stands before the subject of a letter sent as a test.
const Mark = "[Test] "

// Trials writes a campaign's letters, each letter of a test in turn, to one address,
// marked in the subject, with links that do not work. as is whose values they show.
func (r Press) Trials(tx *db.Tx, c *def.Campaign, t *Terms, to string, as *party.Person) (all []outbox.Letter, err error) {
	base := strings.TrimSuffix(r.BaseURL, "/")
	for n := range c.Letters() {
		one := c.Letter(n + 1)
		one.Subject = Mark + one.Subject
		l, err := prepare(one, t, nil)
		if err != nil {
			return nil, err
		}
		key := tx.NewID()
		data, err := l.AppendTo(nil, compose.Personal{To: to,
			Vars: compose.Vars{Person: fields{as}, Controller: l.sender, Campaign: l.name, Lang: as.Language,
				Links: compose.Links{Unsubscribe: base + "/u/", Preferences: base + "/p/", Why: base + "/w/"}},
			MessageID: key.String() + ".test@" + l.domain, Date: clock.FromMs(tx.Now()), UnsubscribeURL: base + "/u/"})
		if err != nil {
			return nil, err
		}
		all = append(all, outbox.Letter{From: l.From, To: to, Data: data, ID: key})
	}
	return all, nil
}
