package public

import (
	"encoding/xml"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/web/door"
)

// feed is one as RSS 2.0 has it (rssboard.org/rss-specification), with the Atom
// link that its profile asks for.
type feed struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Atom    string     `xml:"xmlns:atom,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language"`
	Built       string    `xml:"lastBuildDate,omitempty"`
	Self        rssSelf   `xml:"atom:link"`
	TTL         int       `xml:"ttl"` // minutes
	Items       []rssItem `xml:"item"`
}

type rssSelf struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
}

type rssItem struct {
	Title       string  `xml:"title"`
	Link        string  `xml:"link"`
	Description string  `xml:"description"`
	GUID        rssGUID `xml:"guid"`
	Published   string  `xml:"pubDate"`
}

type rssGUID struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	Text      string `xml:",chardata"`
}

// rssDate is how RFC 822 dates are written with a year of four digits.
const rssDate = time.RFC1123Z

// rss is the newest letters of a language as a feed. Its date is that of the
// newest letter, so that it stays the same while nothing is new.
func (a *letters) rss(r *door.Request) error {
	if r.InForce == nil {
		return noNotice()
	}
	if err := speak(r); err != nil {
		return err
	}
	lang, base := r.Printer.Lang(), strings.TrimSuffix(r.BaseURL, "/")
	list := base + "/archive/" + lang
	out := feed{Version: "2.0", Atom: "http://www.w3.org/2005/Atom", Channel: rssChannel{Title: r.InForce.Notice.Controller.Name + " · " + r.T("archive.title"), Link: list,
		Description: r.T("archive.lead", "controller", r.InForce.Notice.Controller.Name), Language: lang, TTL: 60,
		Self: rssSelf{list + "/rss.xml", "self", "application/rss+xml"}}}
	err := r.DB.View(r.Context(), db.System("public archive"), func(tx *db.Tx) error {
		all, _, err := a.read(r, tx, lang, 0, archiveFeed)
		for i := range all {
			p := &all[i]
			at := clock.FromMs(p.DoneAt).UTC().Format(rssDate)
			out.Channel.Items = append(out.Channel.Items, rssItem{plainXML(p.Subject()), base + p.path() + "?lang=" + lang, plainXML(p.summary()), rssGUID{false, "kartotek:" + p.ID.String() + ":" + lang}, at})
		}
		if len(all) > 0 {
			out.Channel.Built = out.Channel.Items[0].Published
		}
		return err
	})
	if err != nil {
		return err
	}
	body, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return kept(r, "application/rss+xml; charset=utf-8", append([]byte(xml.Header), append(body, '\n')...))
}

// plainXML takes markup out of a text that readers of feeds would take for HTML.
func plainXML(s string) string { return strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(s) }
