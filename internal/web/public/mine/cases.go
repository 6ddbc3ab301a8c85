package mine

import (
	"net/http"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/mine"
	"kartotek/internal/web/public/choices"
)

// cases lists the person's requests with their clock and letters. law: GDPR 12(3)
func cases(s *self) error {
	v := view.ListView{Inside: s.inside(s.T("mine.cases"), "cases"), Lead: s.T("mine.cases_lead"), None: s.T("mine.cases_none"),
		Foot: []page.Link{{Text: s.T("mine.do_rights"), Href: "/me/rights"}, {Text: s.T("mine.write_us"), Href: requests}}}
	err := s.look("cases", func(tx *db.Tx) error {
		if s.Rights == nil {
			return nil
		}
		all, err := s.Rights.Of(tx, s.Who)
		for _, c := range all {
			row := view.Row{Text: c.Ref + " · " + s.T("mine.kind_"+string(c.Kind)), Href: casePath(c), At: clock.FromMs(c.Opened), Chip: s.state(c)}
			row.Src = s.T("mine.case_due", "on", s.day(string(c.Clock.Due)))
			if !c.Open() {
				row.Src = s.T("mine.case_closed_on", "on", s.Printer.Date(clock.FromMs(c.Closed)))
			}
			if n, err := s.letters(tx, c); err != nil {
				return err
			} else if n > 0 {
				row.Src += " · " + s.Printer.N("mine.case_letters", n)
			}
			v.Rows = append(v.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.List(v))
}

func casePath(c *rights.Case) string { return "/me/cases/" + c.ID.String() }

// state is where a case stands, in one word.
func (s *self) state(c *rights.Case) page.Chip {
	switch {
	case c.Open() && c.Clock.Waiting != "":
		return page.Chip{Text: s.T("mine.case_waits"), Tone: page.Wait}
	case c.Open():
		return page.Chip{Text: s.T("mine.case_open"), Tone: page.Wait}
	case c.Outcome == rightsdef.OutcomeRefused || c.Outcome == rightsdef.OutcomeWithdrawn:
		return page.Chip{Text: s.T("mine.case_" + c.Outcome), Tone: page.No}
	}
	return page.Chip{Text: s.T("mine.case_closed"), Tone: page.Yes}
}

// letters counts what was written to the person about a case.
func (s *self) letters(tx *db.Tx, c *rights.Case) (n int, err error) {
	items, err := s.Rights.Items(tx, c)
	for _, i := range items {
		if i.Kind == rights.ItemLetter {
			n++
		}
	}
	return n, err
}

// own reads the case of the address, when it is the person's.
func (s *self) own(tx *db.Tx) (*rights.Case, error) {
	which, err := s.ID("case")
	if err != nil || s.Rights == nil {
		return nil, either(err, rights.NotFound())
	}
	c, err := s.Rights.Get(tx, which)
	if err == nil && (c.Person != s.Who || !c.Matched) {
		err = rights.NotFound()
	}
	return c, err
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// oneCase shows a request: what was asked, how long it may take, what was written.
// law: GDPR 12(3), 15(1)
func oneCase(s *self) error {
	var v view.CaseView
	err := s.look("case", func(tx *db.Tx) error {
		c, err := s.own(tx)
		if err != nil {
			return err
		}
		v = view.CaseView{Inside: s.inside(s.T("mine.cases"), "cases"), Ref: c.Ref, Kind: s.T("mine.kind_" + string(c.Kind)), State: s.state(c), Clock: s.clock(c)}
		if c.Open() {
			v.Withdraw = casePath(c) + "/withdraw"
			if c.Effective != "" {
				v.Stays = s.T("mine.case_back_stays")
			}
		}
		items, err := s.Rights.Items(tx, c)
		for _, i := range items {
			switch l := i.Content.Letter; {
			case i.Kind == rights.ItemRequest:
				v.Asked = i.Content.Text
			case l != nil:
				at := casePath(c) + "/letters/" + i.ID.String()
				v.Letters = append(v.Letters, view.Row{Text: l.Subject, Href: at, At: clock.FromMs(i.At), Links: []page.Link{{Text: "PDF", Href: at + "/pdf"}}})
			}
		}
		if c.State == rightsdef.Fulfilled || c.State == rightsdef.Rejected {
			at := casePath(c) + "/receipt"
			v.Letters = append(v.Letters, view.Row{Text: s.T("receipt.get"), At: clock.FromMs(c.Closed), Links: []page.Link{{Text: "JSON", Href: at}}})
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.Case(v))
}

// caseReceipt gives the receipt of a request that was answered. law: GDPR 12(3), 12(4)
func caseReceipt(s *self) error {
	which, err := s.ID("case")
	if err != nil {
		return err
	}
	data, err := s.Receipts().OfCase(s.Context(), s.by(), s.Who, which, s.Printer.Lang())
	if err == nil {
		err = s.look("receipt", func(*db.Tx) error { return nil })
	}
	if err != nil {
		return err
	}
	return choices.SendReceipt(s.Request, which, data)
}

// clock says how long a case may take and what holds meanwhile. law: GDPR 12(3), 12(6), 18(1)
func (s *self) clock(c *rights.Case) (out []string) {
	add := func(key, day string) { out = append(out, s.T("mine.clock_"+key, "on", s.day(day))) }
	add("came", string(c.Received))
	k := c.Clock
	switch {
	case !c.Open():
		out = append(out, s.T("mine.clock_closed", "on", s.Printer.Date(clock.FromMs(c.Closed)), "how", s.T("mine.outcome_"+c.Outcome)))
	case k.Waiting != "":
		add("waits", string(k.Waiting))
		add("due_waiting", string(k.Due))
	default:
		out = append(out, s.T("mine.clock_due", "on", s.day(string(k.Due)), "left", s.days(k.Days)))
	}
	if k.Extended != "" && c.Open() {
		add("extended", string(k.Extended))
	}
	if c.Effective != "" {
		add("effective", string(c.Effective))
	}
	switch {
	case c.Limits && c.Lift != "":
		add("lift", string(c.Lift))
	case c.Limits:
		out = append(out, s.T("mine.clock_limits"))
	}
	return out
}

// days says how many days there are.
func (s *self) days(days int) string {
	if days < 0 {
		return s.Printer.N("mine.days_over", -days)
	}
	return s.Printer.N("mine.days_left", days)
}

// letter reads a letter of the person's own case.
func (s *self) letter(tx *db.Tx) (*rights.Case, *rights.Item, error) {
	c, err := s.own(tx)
	if err != nil {
		return nil, nil, err
	}
	which, err := s.ID("item")
	if err != nil {
		return nil, nil, err
	}
	x, err := s.Rights.Item(tx, c, which)
	if err == nil && x.Content.Letter == nil {
		err = fault.New(fault.NotFound, "rights.no_item", "the case holds no such document")
	}
	return c, x, err
}

// readLetter shows a letter as it was sent.
func readLetter(s *self) error {
	var v view.LetterView
	err := s.look("letter", func(tx *db.Tx) error {
		c, x, err := s.letter(tx)
		if err != nil {
			return err
		}
		l := x.Content.Letter
		v = view.LetterView{Inside: s.inside(l.Subject, "cases"), Subject: l.Subject, Lang: l.Lang, Text: l.Text(), PDF: s.URL.Path + "/pdf",
			Back: page.Link{Text: s.T("mine.case_ref", "ref", c.Ref), Href: casePath(c)}}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.Letter(v))
}

// letterPDF gives a letter as a document.
func letterPDF(s *self) error {
	var raw []byte
	name := ""
	err := s.look("letter", func(tx *db.Tx) error {
		c, x, err := s.letter(tx)
		if err == nil {
			name = c.Ref + "-" + clock.FromMs(x.At).Format(time.DateOnly)
			raw, err = x.Content.Letter.PDF()
		}
		return err
	})
	if err != nil {
		return err
	}
	sendPDF(s.Request, name, raw)
	return nil
}

// withdrawCase takes a request back.
func withdrawCase(s *self) error {
	err := s.act("subject.withdraw_request", func(tx *db.Tx) error {
		c, err := s.own(tx)
		if err != nil {
			return err
		}
		return s.Rights.Withdraw(tx, c)
	})
	if err != nil {
		return err
	}
	return s.said("/me/cases", s.T("mine.case_back_done"))
}
