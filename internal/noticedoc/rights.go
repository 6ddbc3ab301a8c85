package noticedoc

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/noticedef"
)

// rightsOrder is the rights a notice tells of, by the article that gives them.
// The duty to inform (13, 14), consent (7(3)) and complaint (77) have their
// own sections or are the notice itself.
var rightsOrder = []struct{ article, key string }{
	{"GDPR 15", "access"}, {"GDPR 16", "rectification"}, {"GDPR 17", "erasure"}, {"GDPR 18", "restriction"},
	{"GDPR 20", "portability"}, {"GDPR 21", "objection"}, {"GDPR 22", "human"},
}

func (w *writer) rights() {
	r := w.n.Rights
	b := Block{Kind: Rows}
	for _, right := range rightsOrder {
		covered := w.purposeTitles(func(p noticedef.Purpose) bool {
			return slices.Contains(w.rules.Rights(p.Basis.Kind), right.article)
		})
		if len(covered) > 0 {
			b.Rows = append(b.Rows, Row{w.say("right." + right.key + ".name"), w.say("right."+right.key, "purposes", uncapital(enumerate(covered, "; ")))})
		}
	}
	identity := w.say("rights.identity", "ladder", strings.Join(w.all("ladder.", r.Identity.Ladder), "; "))
	if slices.Contains(r.Identity.Ladder, "photo_id_shown") {
		identity += " " + w.say("rights.photo_id")
	}
	w.section("rights", para(w.say("rights.intro")), b,
		para(w.say("rights.how", "ways", w.either(w.all("way.", r.Channels)))),
		para(w.say("rights.answer")+" "+w.say("rights.refusal")),
		para(identity))
}

func (w *writer) consent() {
	on := w.purposeTitles(func(p noticedef.Purpose) bool { return p.Basis.Kind == "consent" })
	if len(on) == 0 {
		return
	}
	w.section("consent", para(w.say("consent.text", "purposes", uncapital(enumerate(on, "; ")))),
		para(w.say("consent.how", "ways", w.either(w.all("way.", w.n.Rights.Withdraw)))))
}

func (w *writer) complaint() {
	a, ok := w.authority()
	if !ok {
		w.section("complaint", para(w.say("complaint.text")))
		return
	}
	w.section("complaint", para(w.say("complaint.text")),
		rows(w.say("complaint.name"), a.Name.In(w.lang), w.say("complaint.visit"), a.Visit.In(w.lang), w.say("complaint.post"), a.Post.In(w.lang),
			w.say("complaint.phone"), a.Phone, w.say("complaint.email"), a.Email, w.say("complaint.url"), a.URL.In(w.lang)),
		para(a.Complain.In(w.lang)))
}

func (w *writer) obligation() {
	w.section("obligation", para(w.t(w.n.Obligation.Text)), para(w.t(w.n.Obligation.NotApplicable)))
}

func (w *writer) automated() {
	w.section("automated", para(w.t(w.n.AutomatedDecisions.Text)), para(w.t(w.n.AutomatedDecisions.NotApplicable)))
}

// security tells each measure and when it is checked next. One that has lapsed
// says so in public.
func (w *writer) security() {
	var items []string
	for _, m := range w.n.Security {
		s := w.t(m.Text)
		switch {
		case m.Measured:
			s += " " + w.say("security.measured")
		case m.Next == "":
		case w.meta.Today != "" && m.Next < w.meta.Today:
			s += " " + w.say("security.lapsed", "date", w.date(m.Next))
		default:
			s += " " + w.say("security.next", "date", w.date(m.Next))
		}
		items = append(items, s)
	}
	w.section("security", para(w.say("security.intro")), list(items))
}

func (w *writer) cookies() {
	if len(w.n.Cookies) == 0 {
		w.section("cookies", para(w.say("cookies.none")))
		return
	}
	var cells [][]string
	for _, c := range w.n.Cookies {
		from := c.Provider
		if from == "controller" {
			from = w.say("cookies.controller")
		}
		cells = append(cells, []string{c.Name, from, w.say("class." + c.Class), w.t(c.Purpose), w.length(c.Lifetime)})
	}
	w.section("cookies", para(w.say("cookies.intro")),
		w.table("cookies.head.", []string{"name", "provider", "class", "purpose", "lifetime"}, cells))
}

func (w *writer) thirdParties() {
	if len(w.n.ThirdParties) == 0 {
		w.section("third", para(w.say("third.none")))
		return
	}
	b := Block{Kind: Table, Head: []string{w.say("cookies.head.name"), w.say("cookies.head.class"), w.say("third.head.loads"), w.say("cookies.head.purpose")}}
	for _, t := range w.n.ThirdParties {
		b.Cells = append(b.Cells, []string{t.Name + " (" + t.Host + "), " + w.country(t.Country), w.say("class." + t.Class),
			w.series(w.all("load.", t.Loads)), w.t(t.Purpose)})
	}
	w.section("third", para(w.say("third.intro")), b)
}

func (w *writer) changes() {
	n, m := w.n, w.meta
	effective, supersedes := n.Effective, n.Supersedes
	if m.Effective != "" {
		effective = m.Effective
	}
	if m.Supersedes > 0 {
		supersedes = m.Supersedes
	}
	var packs []string
	for _, code := range n.Law {
		name := code
		if w.has("jurisdiction." + code) {
			name = w.say("jurisdiction." + code)
		}
		packs = append(packs, name)
	}
	w.section("changes", para(w.say("changes.intro")), rows(
		w.say("changes.register"), w.t(n.Register.Name),
		w.say("changes.version"), positive(m.Version), w.say("changes.supersedes"), positive(supersedes),
		w.say("changes.compiled"), w.date(n.Compiled), w.say("changes.effective"), w.date(effective),
		w.say("changes.published"), w.date(m.Published), w.say("changes.approved"), m.Approved,
		w.say("changes.review"), w.date(n.Review.Next), w.say("changes.every"), w.interval(n.Review.Every), w.say("changes.owner"), n.Review.Owner,
		w.say("changes.languages"), w.series(w.all("language.", n.Languages)), w.say("changes.law"), w.series(packs),
		w.say("changes.hash"), m.Hash))
}

func (w *writer) interval(d noticedef.Duration) string {
	if !d.Set() {
		return ""
	}
	return w.length(d)
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}
