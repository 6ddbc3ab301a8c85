package public

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/receipt"
	"kartotek/internal/web/page"
	"kartotek/internal/web/public/choices"
)

// story is what the page tells, read in one snapshot.
type story struct {
	name     string           // of the message
	again    outbox.Replayed  // the decision, made again
	then     *notice.InForce  // the version of the notice that was in force
	entry    *ledger.Entry    // what the decision rests on; nil when nothing of the person's
	evidence *ledger.Evidence // nil when there is none, or it was erased
}

// why tells the reasons for one message. law: GDPR 5(1)(a), 15(1)
func why(g *guest) error {
	var s story
	err := g.DB.View(g.Context(), g.By(), func(tx *db.Tx) error { return g.read(tx, &s) })
	if err == nil {
		err = g.look("why.open")
	}
	if err != nil {
		return err
	}
	v := page.WhyView{Public: g.outside(g.T("public.why")), Message: s.name, PrefsURL: g.url(outbox.LinkPreferences), Checked: g.T("why.same")}
	if !s.again.Same {
		v.Checked = g.T("why.differs")
	}
	if c := g.message.Class; c == permit.Marketing || c == permit.Survey {
		v.StopAction = g.url(outbox.LinkUnsubscribe)
	}
	if s.entry != nil && receipt.Makes(string(s.entry.Kind)) {
		v.ReceiptURL = g.URL.Path + "/receipt"
		v.ReadURL = v.ReceiptURL + "?view=1"
	}
	v.Steps = []page.WhyStep{g.ground(&s), g.aim(&s), g.nothingAgainst(), g.data(&s)}
	return g.Render(http.StatusOK, page.Why(v))
}

func (g *guest) read(tx *db.Tx, s *story) (err error) {
	m := g.message
	if s.again, err = g.Outbox.Replay(tx, m); err != nil {
		return err
	}
	if s.then, err = g.Notice.Open(tx, m.Notice); err != nil {
		return err
	}
	s.name = g.T("why.message")
	c, err := g.Campaign.Get(tx, m.Campaign)
	if err == nil {
		if subject := strings.TrimSpace(c.SubjectIn(g.person.Language, s.then.Notice.Controller.Name)); subject != "" {
			s.name = g.T("public.quoted", "text", subject)
		}
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return g.rests(tx, s)
}

// rests finds the entry of the ledger that the verdict rests on.
func (g *guest) rests(tx *db.Tx, s *story) error {
	if _, err := id.Parse(g.message.Evidence); err != nil {
		return nil
	}
	entries, err := g.Ledger.Entries(tx, g.message.Addressee())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(entries, func(e ledger.Entry) bool { return e.ID.String() == g.message.Evidence })
	if i < 0 {
		return nil
	}
	s.entry = &entries[i]
	s.evidence, err = g.Ledger.EvidenceOf(tx, s.entry)
	return err
}

// grounds are the sentences of the verdicts that let a message go without an act
// of the person's.
var grounds = map[string]string{permit.CodeService: "why.service", permit.CodeLegalPerson: "why.legal", permit.CodeInterest: "why.interest",
	permit.CodeOptOutRegime: "why.optout", permit.CodeBasis: "why.service"}

// ground is the first sentence: what the message rests on.
func (g *guest) ground(s *story) page.WhyStep {
	m, e := g.message, s.entry
	code := g.Printer.Or("code."+m.Code, m.Code)
	step := page.WhyStep{Text: g.T("why.other", "code", code)}
	switch {
	case m.State == outbox.Skipped:
		step.Text = g.T("why.stopped", "code", code)
	case e != nil && e.Kind == ledger.Sale:
		step.Text = g.T("why.sale", "at", g.Printer.LongDate(clock.FromMs(e.Effective)))
	case e != nil && e.Kind == ledger.Consent && e.SaidBy == ledger.ByPerson:
		step.Text = g.T("why.consent", "at", g.Printer.LongDate(clock.FromMs(e.Effective)))
	case e != nil && e.Kind == ledger.Consent:
		step.Text = g.T("why.consent_asserted", "at", g.Printer.LongDate(clock.FromMs(e.Effective)))
	case grounds[m.Code] != "":
		step.Text = g.T(grounds[m.Code])
	}
	if e != nil {
		method := strings.ReplaceAll(e.Method, " ", "_")
		step.Src = g.T("why.how", "method", g.Printer.Or("method."+method, e.Method), "who", g.T("why.said_"+string(e.SaidBy)))
	}
	if s.evidence != nil && choices.Worded[e.Method] {
		step.Quote = s.evidence.Text
	}
	return step
}

// aim is the second: the purpose and the legal basis, as the notice of then said.
func (g *guest) aim(s *story) page.WhyStep {
	lang := g.Printer.Lang()
	p, ok := s.then.Purpose(g.message.Purpose)
	step := page.WhyStep{Text: g.T("why.purpose", "purpose", g.message.Purpose, "basis", "–")}
	citation := ""
	if ok {
		basis := strings.ReplaceAll(p.Basis.Kind, " ", "_")
		step.Text = g.T("why.purpose", "purpose", p.Title.In(lang), "basis", g.Printer.Or("basis."+basis, p.Basis.Kind))
	}
	if because := s.again.Again.Because; len(because) > 0 {
		citation = because[len(because)-1].Citation
	}
	step.Src = g.T("why.notice", "n", g.message.Notice, "citation", citation)
	step.More = page.Link{Text: g.T("why.read"), Href: "/notice/" + lang + "/v/" + strconv.Itoa(g.message.Notice)}
	return step
}

// nothingAgainst is the third: that nothing forbade it, and when that was looked at.
func (g *guest) nothingAgainst() page.WhyStep {
	at := max(g.message.Decided, g.message.HandedAt)
	step := page.WhyStep{Text: g.T("why.no_prohibition"), Src: g.T("why.checked_at", "at", g.Printer.Moment(clock.FromMs(at)))}
	if g.message.State == outbox.Skipped {
		step.Text = g.Printer.Or("explain."+g.message.Code, g.Printer.Or("code."+g.message.Code, g.message.Code))
	}
	return step
}

// data is the fourth: what was used, and who carried it. law: GDPR 15(1)(b), 15(1)(c)
func (g *guest) data(s *story) page.WhyStep {
	lang := g.Printer.Lang()
	var used, who []string
	if p, ok := s.then.Purpose(g.message.Purpose); ok {
		for _, use := range p.Uses {
			if c, ok := s.then.Notice.Category(use); ok {
				used = append(used, strings.ToLower(c.Title.In(lang)))
			}
		}
	}
	for _, x := range s.then.Notice.Recipients {
		if carries(x, g.message.Purpose) {
			who = append(who, x.Name+" ("+x.Country+")")
		}
	}
	step := page.WhyStep{Text: g.T("why.data", "what", strings.Join(used, ", ")), Src: g.T("why.carried_self")}
	if len(who) > 0 {
		step.Src = g.T("why.carried", "who", strings.Join(who, ", "))
	}
	return step
}

// carries reports whether a recipient of the notice gets what a message for a
// purpose is made of: addresses or the messages themselves.
func carries(x noticedef.Recipient, purpose string) bool {
	if x.Role != "processor" || len(x.Purposes) > 0 && !slices.Contains(x.Purposes, purpose) {
		return false
	}
	return slices.ContainsFunc(x.Receives, func(c string) bool { return c == noticedef.All || c == "contact" || c == "messages" })
}
