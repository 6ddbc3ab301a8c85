package public

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/measure"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/noticedoc"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

func noNotice() error {
	return fault.New(fault.NotFound, "notice.not_yet", "the register has no notice in force yet")
}

// stable sends to the notice in the reader's language. This is the address to
// print on forms and put under mails. law: GDPR 12(1)
func stable(r *door.Request) error {
	if r.InForce == nil {
		return noNotice()
	}
	lang, langs := r.Printer.Lang(), r.InForce.Notice.Languages
	if len(langs) > 0 && !slices.Contains(langs, lang) {
		lang = langs[0]
	}
	r.W.Header().Set("Vary", "Accept-Language, Cookie")
	return r.Redirect("/notice/" + lang)
}

// current shows the notice in force.
func current(r *door.Request) error {
	if r.InForce == nil {
		return noNotice()
	}
	return show(r, r.InForce.Number)
}

// version shows one version, whether it is in force, was or will be.
func version(r *door.Request) error {
	n, err := number(r, "n")
	if err != nil {
		return err
	}
	return show(r, n)
}

func number(r *door.Request, name string) (int, error) {
	text := r.PathValue(name)
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || strconv.Itoa(n) != text {
		return 0, fault.New(fault.NotFound, "notice.no_version", "there is no such version of the notice")
	}
	return n, nil
}

// speak makes the address's language that of the page.
func speak(r *door.Request) error {
	lang := r.PathValue("lang")
	if !i18n.Known(lang) || r.InForce != nil && !slices.Contains(r.InForce.Notice.Languages, lang) {
		return fault.New(fault.NotFound, "notice.no_language", "the notice is not written in that language")
	}
	r.Printer = i18n.For(lang)
	return nil
}

func show(r *door.Request, n int) error {
	if err := speak(r); err != nil {
		return err
	}
	lang := r.Printer.Lang()
	var doc noticedoc.Document
	var all []*notice.Version
	var lines []string
	err := r.DB.View(r.Context(), db.System("public notice"), func(tx *db.Tx) (err error) {
		if all, err = r.Notice.Versions(tx); err == nil {
			doc, err = r.Notice.Document(tx, n, lang)
		}
		if err == nil {
			lines, err = lapsed(r, tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	v := page.NoticeView{Public: outside(r, doc.Title), HTML: noticedoc.HTML(doc), Version: n, Current: r.InForce != nil && r.InForce.Number == n, Versions: versions(r, all), Lapsed: lines}
	v.Langs = langs(r, func(lang string) string {
		if v.Current {
			return "/notice/" + lang
		}
		return "/notice/" + lang + "/v/" + strconv.Itoa(n)
	})
	for _, x := range v.Versions {
		if x.Number == n {
			v.Hash, v.DiffURL = x.Hash, x.DiffURL
		}
	}
	r.W.Header().Set("Cache-Control", "no-cache") // nothing personal: it may be kept, and asked for again
	return r.Render(http.StatusOK, page.NoticePublic(v))
}

// lapsed are the promises of security in the notice in force that nobody followed up
// in time, as of now: the version itself stays what was published. law: GDPR 5(2), GDPR 32(1)(d)
func lapsed(r *door.Request, tx *db.Tx) (out []string, err error) {
	all, err := r.Measure.Statuses(tx, r.InForce)
	for _, s := range all {
		if s.State != measure.Lapsed {
			continue
		}
		what := strings.TrimSuffix(s.Text.In(r.Printer.Lang()), ".")
		if s.Measured {
			out = append(out, r.T("measures.public_tls", "what", what, "day", r.Printer.Date(s.Reading.At)))
			continue
		}
		day, _ := noticedef.Date(s.Due).Time()
		out = append(out, r.T("measures.public_line", "what", what, "day", r.Printer.Date(day)))
	}
	return out, err
}

// langs gives the addresses of a page in the notice's languages.
func langs(r *door.Request, at func(lang string) string) map[string]string {
	out := map[string]string{}
	if r.InForce != nil {
		for _, lang := range r.InForce.Notice.Languages {
			out[lang] = at(lang)
		}
	}
	return out
}

// versions lists the versions, newest first, each with the way to what it changed.
func versions(r *door.Request, all []*notice.Version) (out []page.NoticeVersion) {
	base := "/notice/" + r.Printer.Lang()
	for _, v := range all {
		day, _ := time.Parse(time.DateOnly, v.Effective)
		x := page.NoticeVersion{Number: v.Number, Href: base + "/v/" + strconv.Itoa(v.Number), Effective: day, Approved: v.ApprovedBy, Hash: v.Hash}
		x.State = state(r, v)
		if v.Supersedes > 0 {
			x.DiffURL = base + "/diff/" + strconv.Itoa(v.Supersedes) + "/" + strconv.Itoa(v.Number)
		}
		out = append(out, x)
	}
	return out
}

func state(r *door.Request, v *notice.Version) page.Chip {
	switch {
	case r.InForce != nil && v.Number == r.InForce.Number:
		return page.Chip{Text: r.T("notice.state_now"), Tone: page.Yes}
	case v.Effective > r.DB.Now().Format(time.DateOnly):
		return page.Chip{Text: r.T("notice.state_coming"), Tone: page.Wait}
	}
	return page.Chip{Text: r.T("notice.state_past")}
}

// difference shows what changed between two versions.
func difference(r *door.Request) error {
	a, err := number(r, "a")
	if err != nil {
		return err
	}
	b, err := number(r, "b")
	if err != nil {
		return err
	}
	if err := speak(r); err != nil {
		return err
	}
	var list []noticedef.Change
	err = r.DB.View(r.Context(), db.System("public notice"), func(tx *db.Tx) (err error) { list, err = r.Notice.Diff(tx, a, b); return err })
	if err != nil {
		return err
	}
	v := page.NoticePublicDiffView{Public: outside(r, r.T("diff.title", "from", a, "to", b)), BackURL: "/notice/" + r.Printer.Lang(), Changes: page.NoticeChanges{From: a, To: b}}
	v.Langs = langs(r, func(lang string) string {
		return "/notice/" + lang + "/diff/" + strconv.Itoa(a) + "/" + strconv.Itoa(b)
	})
	for _, c := range list {
		v.Changes.Items = append(v.Changes.Items, page.NoticeChange{Where: c.Path, Kind: kind(r, c.Kind), Before: c.Old, After: c.New, Inform: c.Material})
	}
	r.W.Header().Set("Cache-Control", "no-cache")
	return r.Render(http.StatusOK, page.NoticePublicDiff(v))
}

func kind(r *door.Request, kind string) page.Chip {
	tone := map[string]page.Tone{noticedef.Added: page.Yes, noticedef.Removed: page.No, noticedef.Changed: page.Info}[kind]
	return page.Chip{Text: r.T("diff.kind_" + kind), Tone: tone}
}
