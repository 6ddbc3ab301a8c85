// Package archive is the letters that everybody may read: newsletters that have
// gone out, on pages of their own and as a feed.
//
// A letter is in the archive when its options say so and it has gone to everybody it
// was for (campaign.Campaign.Public). Nothing is stored for it: it is made anew from
// the campaign whenever it is read, so taking it out is enough to be rid of it.
//
// What everybody reads holds nobody's values. The person whose letter it is has no
// name, no address and no links; the fallbacks of the text show in their place. No
// link in it counts who follows it. law: GDPR 25(2)
//
//	Published(campaigns, before, limit)  the letters, newest first
//	One(campaigns, which)                one of them
//	Make(campaign, terms, …) -> Edition  its text in a language
package archive

import (
	"slices"
	"strings"

	"kartotek/internal/campaign"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// step is how many campaigns are read at once to find those of the archive.
const step = 50

// Published lists the letters of the archive, newest first, from before one (0:
// from the newest), limit at most.
func Published(tx *db.Tx, r *campaign.Room, before id.ID, limit int) (out []campaign.Campaign, err error) {
	for {
		all, err := r.List(tx, before, step)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if before = all[i].ID; all[i].Public() {
				out = append(out, all[i])
			}
			if len(out) == limit {
				return out, nil
			}
		}
		if len(all) < step {
			return out, nil
		}
	}
}

// One reads a letter of the archive. One that is not in it is answered like one
// that does not exist.
func One(tx *db.Tx, r *campaign.Room, which id.ID) (*campaign.Campaign, error) {
	c, err := r.Get(tx, which)
	if err == nil && !c.Public() {
		err = fault.New(fault.NotFound, "campaign.none", "there is no such newsletter")
	}
	return c, err
}

// Edition is a letter as everybody may read it.
type Edition struct {
	compose.Message
	Lang  string   // it is in
	Langs []string // it can be read in
}

// Make makes a letter for everybody: nobody's values, so that the fallbacks of
// the text show; no link that is one person's, none that counts. A letter that asks
// for the reader's language can be read in all of langs, any other in its own. An
// empty lang, and one it is not written in, gives its own. base is the public address.
func Make(c *campaign.Campaign, t *campaign.Terms, base, lang string, langs []string) (e Edition, err error) {
	one := c
	if s := c.Options.Split; s != nil {
		one = c.Letter(max(1, s.Winner)) // the one that most people got
	}
	own := one.Language
	if own == "" {
		own = t.Language
	}
	tpl, err := compose.Compile(compose.Source{Subject: one.Subject, Body: one.Body, Format: one.Format, Lang: own, Class: string(one.Class), Sender: t.Sender,
		KnownField: t.Catalogue.HasField, Public: true})
	if err != nil {
		return e, err
	}
	e.Langs = []string{own}
	if slices.Contains(tpl.Reads(), "language") {
		e.Langs = langs
	}
	if e.Lang = lang; !slices.Contains(e.Langs, lang) {
		e.Lang = own
	}
	notice := strings.TrimSuffix(base, "/") + "/notice"
	e.Message, err = tpl.Render(compose.Vars{Person: compose.Fields{"language": e.Lang}, Controller: t.Sender.Name, Campaign: one.Name, Lang: e.Lang,
		Links: compose.Links{Unsubscribe: notice, Preferences: notice, Why: notice}})
	return e, err
}
