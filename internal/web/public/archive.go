package public

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"kartotek/internal/address"
	"kartotek/internal/archive"
	"kartotek/internal/campaign"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Letters on a page of the archive and in its feed.
const (
	archivePage = 30
	archiveFeed = 20
)

// letters are the pages of the archive, with the letters made last.
type letters struct{ archive.Shelf }

// archiveRoutes are the letters that everybody may read.
func archiveRoutes() []door.Route {
	a := &letters{}
	get := func(path string, h door.Handler) door.Route {
		return door.Route{Method: http.MethodGet, Path: path, Level: door.Public, Handler: h}
	}
	return []door.Route{get("/archive", archiveStable), get("/archive/{lang}", a.list), get("/archive/{lang}/rss.xml", a.rss), get("/archive/{id}/{slug}", a.letter)}
}

// archiveStable sends to the list in the reader's language.
func archiveStable(r *door.Request) error {
	if r.InForce == nil {
		return noNotice()
	}
	lang, langs := r.Printer.Lang(), r.InForce.Notice.Languages
	if len(langs) > 0 && !slices.Contains(langs, lang) {
		lang = langs[0]
	}
	r.W.Header().Set("Vary", "Accept-Language, Cookie")
	return r.Redirect("/archive/" + lang)
}

// published is a letter of the archive as a reader of a language gets it.
type published struct {
	*campaign.Campaign
	archive.Edition
}

func (p *published) path() string { return "/archive/" + p.ID.String() + "/" + slug(p.Subject()) }

// Subject is the edition's.
func (p *published) Subject() string {
	if p.Edition.Subject != "" {
		return p.Edition.Subject
	}
	return p.Name
}

// summary is the beginning of the text, for lists.
func (p *published) summary() string {
	text, _, _ := strings.Cut(p.Text, "\n-- \n")
	words := strings.Fields(text)
	out := ""
	for _, w := range words {
		if len([]rune(out))+len([]rune(w)) > 220 {
			return out + " …"
		}
		out = strings.TrimSpace(out + " " + w)
	}
	return out
}

// read reads the letters in a language, newest first. next is the letter after which
// there are more; 0 when there are none.
func (a *letters) read(r *door.Request, tx *db.Tx, lang string, before id.ID, limit int) (out []published, next id.ID, err error) {
	t, err := r.Campaign.Terms(tx)
	if err != nil {
		return nil, 0, err
	}
	for len(out) < limit {
		all, err := archive.Published(tx, r.Campaign, before, limit+1)
		if err != nil || len(all) == 0 {
			return out, 0, err
		}
		for i := range all {
			if len(out) == limit {
				return out, before, nil
			}
			before = all[i].ID
			e, err := a.Make(&all[i], t, r.Campaign.BaseURL, lang, r.InForce.Notice.Languages)
			if err == nil && e.Lang == lang { // one that the notice no longer lets be made is left out
				out = append(out, published{&all[i], e})
			}
		}
	}
	return out, before, nil
}

// list lists the letters of a language.
func (a *letters) list(r *door.Request) error {
	if r.InForce == nil {
		return noNotice()
	}
	if err := speak(r); err != nil {
		return err
	}
	before, err := archiveAfter(r)
	if err != nil {
		return err
	}
	lang := r.Printer.Lang()
	v := page.ArchiveView{Public: outside(r, r.T("archive.title")), FeedURL: "/archive/" + lang + "/rss.xml"}
	v.Langs = map[string]string{}
	for _, l := range r.InForce.Notice.Languages {
		v.Langs[l] = "/archive/" + l
	}
	err = r.DB.View(r.Context(), db.System("public archive"), func(tx *db.Tx) error {
		all, next, err := a.read(r, tx, lang, before, archivePage)
		for i := range all {
			p := &all[i]
			v.Rows = append(v.Rows, page.ArchiveRow{Subject: p.Subject(), Summary: p.summary(), Href: p.path() + "?lang=" + lang, At: clock.FromMs(p.DoneAt)})
		}
		if next != 0 {
			v.Next = "/archive/" + lang + "?before=" + next.String()
		}
		return err
	})
	if err != nil {
		return err
	}
	body, err := made(r, page.Archive(v))
	if err != nil {
		return err
	}
	return kept(r, "text/html; charset=utf-8", body)
}

// archiveAfter is the letter a page of the list begins after; 0 for the first page.
func archiveAfter(r *door.Request) (id.ID, error) {
	text := r.URL.Query().Get("before")
	if text == "" {
		return 0, nil
	}
	before, err := id.Parse(text)
	if err != nil {
		err = fault.New(fault.NotFound, "page.none", "there is no such page")
	}
	return before, err
}

// letter shows a letter. What it says was written by somebody who may send
// letters, and is the one page whose HTML is not ours: its policy takes it the right
// to run, to load from elsewhere, to send forms, and its origin, so that not even
// the cookies of somebody signed in are within its reach.
func (a *letters) letter(r *door.Request) error {
	which, err := r.ID("id")
	if err != nil {
		return err
	}
	if r.InForce == nil {
		return noNotice()
	}
	var p published
	err = r.DB.View(r.Context(), db.System("public archive"), func(tx *db.Tx) error {
		c, err := archive.One(tx, r.Campaign, which)
		if err != nil {
			return err
		}
		t, err := r.Campaign.Terms(tx)
		if err == nil {
			p.Campaign = c
			p.Edition, err = a.Make(c, t, r.Campaign.BaseURL, askedLang(r), r.InForce.Notice.Languages)
		}
		return err
	})
	if err != nil {
		return err
	}
	if r.PathValue("slug") != slug(p.Subject()) {
		return r.Redirect(p.path() + "?lang=" + p.Lang)
	}
	body, err := letterPage(r, &p)
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Security-Policy", page.ArchiveCSP)
	h.Set("Content-Language", p.Lang)
	return kept(r, "text/html; charset=utf-8", body)
}

// askedLang is the language an address asks for; "" for the letter's own. Others than
// those of the notice ask for nothing, so that nobody fills the shelf with them.
func askedLang(r *door.Request) string {
	if lang := r.URL.Query().Get("lang"); slices.Contains(r.InForce.Notice.Languages, lang) {
		return lang
	}
	return ""
}

// letterPage dresses a letter in a title and the way back.
func letterPage(r *door.Request, p *published) ([]byte, error) {
	r.Printer = i18n.For(p.Lang)
	v := page.ArchiveLetterView{P: r.Printer, Subject: p.Subject(), At: clock.FromMs(p.DoneAt), ListURL: "/archive/" + p.Lang, FeedURL: "/archive/" + p.Lang + "/rss.xml"}
	if len(p.Langs) > 1 {
		for _, l := range p.Langs {
			v.Langs = append(v.Langs, page.ArchiveLang{Lang: l, Name: i18n.Self(l), Href: p.path() + "?lang=" + l, On: l == p.Lang})
		}
	}
	head, err := made(r, page.ArchiveHead(v))
	if err != nil {
		return nil, err
	}
	bar, err := made(r, page.ArchiveBar(v))
	if err != nil {
		return nil, err
	}
	before, after, _ := strings.Cut(p.HTML, "</head>")
	open, rest, _ := strings.Cut(after, ">\n") // of <body …>
	return slices.Concat([]byte(before), head, []byte("</head>"+open+">\n"), bar, []byte(rest)), nil
}

// made renders a component.
func made(r *door.Request, c templ.Component) ([]byte, error) {
	var b bytes.Buffer
	err := c.Render(r.Context(), &b)
	return b.Bytes(), err
}

// kept answers with something browsers and proxies may keep for some minutes, so
// that a letter taken out of the archive is gone soon; its tag tells whether it
// changed (RFC 9110 8.8.3, 13.1.2).
func kept(r *door.Request, kind string, body []byte) error {
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h := r.W.Header()
	h.Set("Cache-Control", "public, max-age=300, must-revalidate")
	h.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		r.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind)
	if h.Get("Content-Language") == "" {
		h.Set("Content-Language", r.Printer.Lang())
	}
	_, _ = r.W.Write(body) // the reader may have gone
	return nil
}

// matches reports whether a tag is in a list of If-None-Match.
func matches(list, tag string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

// slug writes a subject for an address: letters and digits of ASCII, at most 60.
func slug(subject string) string {
	var b strings.Builder
	for _, c := range address.Fold(subject) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "letter"
}
