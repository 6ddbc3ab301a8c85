package noticedoc

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/noticedef"
)

func (w *writer) short() {
	n := w.n
	var alerts []Block
	if w.meta.OverdueReview {
		alerts = append(alerts, Block{Kind: Alert, Text: w.say("doc.overdue")})
	}
	if w.meta.Version == 0 {
		alerts = append(alerts, Block{Kind: Alert, Text: w.say("doc.draft")})
	}
	items := []string{
		w.say("short.who", "controller", n.Controller.Name, "email", n.Contact.Email),
		w.say("short.why"),
	}
	if w.markets() {
		items = append(items, w.say("short.objection"))
	}
	w.section("short", append(alerts, list(append(items, w.say("short.rights"))))...)
}

func (w *writer) markets() bool {
	return slices.ContainsFunc(w.n.Purposes, func(p noticedef.Purpose) bool { return p.Class == "marketing" })
}

// objection stands apart from everything else, and early.
// law: GDPR 21(4)
func (w *writer) objection() {
	if !w.markets() {
		w.section("objection", para(w.say("objection.none")))
		return
	}
	blocks := []Block{
		para(w.say("objection.right") + " " + w.say("objection.inside")),
		para(w.say("objection.which")),
		list(w.purposeTitles(func(p noticedef.Purpose) bool { return p.Class == "marketing" })),
		para(w.say("objection.how", "ways", w.either(w.all("way.", w.n.Rights.Object)))),
	}
	var more []string
	for _, kind := range []string{"research", "profiling"} {
		if len(w.purposeTitles(func(p noticedef.Purpose) bool { return p.Prohibition == kind })) > 0 {
			more = append(more, w.say("objection."+kind))
		}
	}
	if len(w.purposeTitles(func(p noticedef.Purpose) bool { return p.Class == "service" })) > 0 {
		more = append(more, w.say("objection.still"))
	}
	w.section("objection", append(blocks, para(strings.Join(more, " ")))...)
}

func (w *writer) controller() {
	c := w.n.Controller
	id := "controller.business_id"
	if w.has(id + "." + c.Address.Country) {
		id += "." + c.Address.Country
	}
	w.section("controller",
		rows(w.say("controller.name"), c.Name, w.say(id), c.BusinessID, w.say("controller.vat_id"), c.VATID,
			w.say("controller.address"), c.Address.Street+", "+c.Address.Postcode+" "+c.Address.City+", "+w.country(c.Address.Country),
			w.say("controller.email"), c.Email, w.say("controller.phone"), c.Phone, w.say("controller.web"), c.Web,
			w.say("controller.joint"), w.party(w.n.JointControllers), w.say("controller.representative"), w.party(w.n.Representative)),
		para(w.t(w.n.JointControllers.Text)), para(w.t(w.n.JointControllers.NotApplicable)),
		para(w.t(w.n.Representative.Text)), para(w.t(w.n.Representative.NotApplicable)))
}

// party is a named person or company of an item, on one line.
func (w *writer) party(i noticedef.Item) string {
	return strings.Join(slices.DeleteFunc([]string{i.Name, i.Address, i.Email, i.Phone}, func(s string) bool { return s == "" }), ", ")
}

func (w *writer) contact() {
	c := w.n.Contact
	w.section("contact",
		rows(w.say("contact.role."+c.Role), c.Name, w.say("controller.email"), c.Email, w.say("controller.phone"), c.Phone,
			w.say("contact.role.data protection officer"), w.party(w.n.Officer)),
		para(w.say("contact.post")),
		para(w.t(w.n.Officer.Text)), para(w.t(w.n.Officer.NotApplicable)))
}

func (w *writer) purposes() {
	var cells [][]string
	var notes Block
	notes.Kind = Rows
	for _, p := range w.n.Purposes {
		how := w.series(w.all("channel.", p.Channels))
		if p.Class == "internal" || how == "" {
			how = w.say("purposes.silent")
		}
		cells = append(cells, []string{w.t(p.Title),
			w.say("purposes.basis", "basis", w.say("basis."+p.Basis.Kind), "article", w.article(p.Basis.Article)),
			w.categoryTitles(p.Uses), how})
		if s := w.purposeNotes(p); len(s) > 0 {
			notes.Rows = append(notes.Rows, Row{w.t(p.Title), strings.Join(s, " ")})
		}
	}
	w.section("purposes", para(w.say("purposes.intro")), w.table("purposes.head.", []string{"purpose", "basis", "uses", "channels"}, cells), notes)
}

// purposeNotes are the sentences a purpose needs besides its row.
func (w *writer) purposeNotes(p noticedef.Purpose) (s []string) {
	if interest := w.t(p.Basis.Interest); interest != "" {
		s = append(s, w.say("purposes.interest", "interest", interest))
	}
	if p.SoftOptIn != nil {
		electronic := slices.DeleteFunc(slices.Clone(p.Channels), func(c string) bool { return c != "email" && c != "sms" })
		s = append(s, w.say("purposes.soft", "ways", w.either(w.all("channel.", electronic))))
	}
	switch {
	case !p.Rows && p.SmallestGroup > 0:
		s = append(s, w.say("purposes.groups", "n", strconv.Itoa(p.SmallestGroup)))
	case !p.Rows:
		s = append(s, w.say("purposes.groups_only"))
	}
	if note := w.t(p.CompatibilityNote); note != "" {
		s = append(s, w.say("purposes.compatible", "note", note))
	}
	return s
}

func (w *writer) categories() {
	var cells [][]string
	for _, c := range w.n.Categories {
		var what []string
		for _, f := range w.n.Fields() {
			if f.Category == c.ID {
				what = append(what, w.t(f.Title))
			}
		}
		text := enumerate(what, ", ")
		if c.Record != "" {
			text = w.say("record." + c.Record)
		}
		if note := w.t(c.Note); note != "" {
			text += ". " + note
		}
		if c.Special != "" {
			text += ". " + w.say("categories.special", "ground", w.article(c.Special))
		}
		cells = append(cells, []string{w.t(c.Title), text})
	}
	w.section("categories", para(w.say("categories.intro")), w.table("categories.head.", []string{"category", "fields"}, cells))
}

func (w *writer) sources() {
	var items []string
	for _, s := range w.n.Sources {
		switch {
		case s.Kind == "third_party":
			items = append(items, w.say("source.third_party", "name", w.t(s.Title)))
		case s.Kind == "form" && len(s.Title) > 0:
			items = append(items, w.say("source.form", "name", w.t(s.Title)))
		case s.Kind == "form":
			items = append(items, w.say("form."+s.Form))
		default:
			items = append(items, w.say("source."+s.Kind))
		}
	}
	w.section("sources", list(items))
}

func (w *writer) recipients() {
	if len(w.n.Recipients) == 0 {
		w.section("recipients", para(w.t(w.n.NoRecipients)))
		return
	}
	var cells [][]string
	for _, r := range w.n.Recipients {
		where := w.say("role."+r.Role) + ", " + w.country(r.Country)
		if r.On != "" {
			where += ", " + w.say("on."+r.On)
		}
		purposes := w.say("recipients.all_purposes")
		if len(r.Purposes) > 0 {
			purposes = enumerate(w.purposeTitles(func(p noticedef.Purpose) bool { return slices.Contains(r.Purposes, p.ID) }), "; ")
		}
		cells = append(cells, []string{r.Name, w.t(r.Does), where, w.categoryTitles(r.Receives), purposes})
	}
	w.section("recipients", para(w.say("recipients.intro")),
		w.table("recipients.head.", []string{"name", "does", "where", "receives", "purposes"}, cells))
}

func (w *writer) transfers() {
	var items []string
	for _, r := range w.n.Recipients {
		if t := r.Transfer; t != nil {
			items = append(items, w.transfer(r, *t))
		}
	}
	w.section("transfer", list(items), para(w.t(w.n.TransferCopy.Text)), para(w.t(w.n.TransferCopy.NotApplicable)))
}

func (w *writer) transfer(r noticedef.Recipient, t noticedef.Transfer) string {
	what := map[string]string{"adequacy": t.Decision, "scc": strconv.Itoa(t.Module), "bcr": t.Decision, "derogation": w.article(t.Ground)}[t.Tool]
	s := []string{w.say("transfer."+t.Tool, "name", r.Name, "country", w.country(r.Country), "what", what)}
	for _, d := range []struct {
		key  string
		date noticedef.Date
	}{{"listed", t.Listed}, {"assessed", t.Assessed}, {"review", t.Review}, {"until", t.Until}} {
		if d.date != "" && d.date != noticedef.Open {
			s = append(s, w.say("transfer."+d.key, "date", w.date(d.date)))
		}
	}
	if m := w.t(t.Measures); m != "" {
		s = append(s, m)
	}
	return strings.Join(s, " ")
}

func (w *writer) retention() {
	var cells [][]string
	for _, p := range w.n.Purposes {
		cells = append(cells, []string{w.say("retention.purpose", "name", uncapital(w.t(p.Title))), w.kept(p.Keep)})
	}
	for _, c := range w.n.Categories {
		if c.Keep != nil {
			cells = append(cells, []string{w.say("retention.category", "name", uncapital(w.t(c.Title))), w.kept(*c.Keep)})
		}
	}
	w.section("retention", para(w.say("retention.intro")), w.table("retention.head.", []string{"what", "time"}, cells))
}

// kept writes how long, and names the act when one decides it.
func (w *writer) kept(k noticedef.Keep) string {
	s := w.keep(k)
	if k.Law == "" {
		return s
	}
	act := k.Law
	if found := w.rules.ActsIn(k.Law); len(found) > 0 {
		act = found[0].Title.In(w.lang) + " (" + found[0].Number + ")"
	}
	return s + " " + w.say("keep.law", "act", act)
}
