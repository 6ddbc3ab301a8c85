package mine

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/mine"
)

// day writes an ISO date as the reader writes it.
func (s *self) day(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return s.Printer.Date(t)
}

// request opens a case for the person, who is signed in, and says so.
func (s *self) request(kind rightsdef.Kind, scope []string, text, done string) error {
	c, err := s.open(kind, scope, text)
	if err != nil {
		return err
	}
	v := view.SaidView{Inside: s.inside(s.T("mine.kind_"+string(kind)), "cases"), Text: []string{done}, Back: page.Link{Text: s.T("mine.cases"), Href: "/me/cases"}}
	if c == nil {
		v.Text, v.Back = []string{s.T("mine.no_desk")}, page.Link{Text: s.T("mine.write_us"), Href: requests}
	} else {
		v.Case = c.Ref
		if c.Limits {
			v.Text = append(v.Text, s.T("mine.clock_limits"))
		}
		v.Text = append(v.Text, s.T("mine.case_due", "on", s.day(string(c.Clock.Due))))
		v.Back = page.Link{Text: s.T("mine.case_look"), Href: casePath(c)}
	}
	return s.Render(http.StatusOK, view.Said(v))
}

// open opens a case; nil while the house has no desk.
func (s *self) open(kind rightsdef.Kind, scope []string, text string) (c *rights.Case, err error) {
	if s.Rights == nil {
		return nil, nil
	}
	err = s.act("subject.request", func(tx *db.Tx) error {
		c, err = s.Rights.Open(tx, rights.Intake{Kind: kind, Scope: scope, Channel: "web", Text: text, Person: s.Who, Language: s.Printer.Lang(),
			Requester: rights.Requester{Name: s.person.Name(), Email: s.address}, Certainty: rightsdef.Session, Delivery: rightsdef.ToKnown})
		return err
	})
	return c, err
}

// rightsPage shows what may be asked for, with what erasing would do in numbers.
func rightsPage(s *self) error {
	v := view.RightsView{Inside: s.inside(s.T("mine.rights"), "rights"), Misuse: s.me.Misuse, Package: s.fetches(), AtOnce: atOnce(s.Request, s.me.Certainty, s.me.Misuse)}
	if s.person.Status == party.Restricted {
		v.Limited = s.T("mine.restricted")
	}
	for _, g := range grounds {
		v.Grounds = append(v.Grounds, page.Option{Value: g, Text: s.T("mine.ground_" + g)})
	}
	err := s.look("rights", func(tx *db.Tx) error {
		packed, err := s.Ledger.Standing(tx, s.Who)
		if err != nil {
			return err
		}
		consents, forbidden := ledger.Unpack(packed)
		for _, c := range consents {
			if c.Withdrawn == nil {
				v.Consents++
			}
		}
		for _, f := range forbidden {
			v.Stopped, v.Profiling = v.Stopped || f.Scope == outbox.ScopeAll, v.Profiling || f.Scope == outbox.ScopeProfiling
		}
		for _, p := range s.interests() {
			v.Interest = append(v.Interest, p.Title.In(s.Printer.Lang()))
		}
		v.Erasing, err = planLines(s.Chooser.Request, tx, s.me.Person)
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.Rights(v))
}

// interests are the purposes that rest on a legitimate interest. law: GDPR 21(1)
func (s *self) interests() (out []noticedef.Purpose) {
	if s.InForce == nil {
		return nil
	}
	for _, p := range s.InForce.Notice.Purposes {
		if p.Basis.Kind == "legitimate interest" {
			out = append(out, p)
		}
	}
	return out
}

// object records an objection at once where nothing is weighed, and opens a case where
// it is. law: GDPR 21(1), 21(2), 21(3)
func object(s *self) error {
	f, err := s.Form(0)
	if err != nil {
		return err
	}
	switch what := s.URL.Query().Get("what"); what {
	case "marketing", "profiling":
		scope, shown := outbox.ScopeAll, s.T("prefs.stop_all")
		if what == "profiling" {
			scope, shown = outbox.ScopeProfiling, s.T("mine.object_profiling")
		}
		err := s.act("permission.object", func(tx *db.Tx) error {
			_, err := s.Outbox.Object(tx, s.Who, s.Said("preferences", "["+shown+"]"), scope)
			return err
		})
		if err != nil {
			return err
		}
		return s.said("/me/rights", s.T("mine.objected_"+what))
	case "interest":
		why, err := f.Text("why", 2000)
		if err != nil {
			return err
		}
		var scope []string
		for _, p := range s.interests() {
			scope = append(scope, "purpose:"+p.ID)
		}
		return s.request(rightsdef.Objection, scope, why, s.T("mine.objected_interest"))
	}
	return errNoPage()
}

// withdraw takes every consent back. law: GDPR 7(3)
func withdraw(s *self) error {
	err := s.act("permission.withdraw_all", func(tx *db.Tx) error {
		said := s.Said("preferences", "["+s.T("mine.withdraw_button")+"]")
		_, err := s.Ledger.Record(tx, s.Who, said.Evidence, ledger.Entry{Kind: ledger.Withdrawal, SaidBy: ledger.ByPerson, Method: said.Method, Notice: said.Notice, Strength: "single"})
		return err
	})
	if err != nil {
		return err
	}
	return s.said("/me/rights", s.T("mine.withdrawn"))
}

// grounds are the points of GDPR 18(1), in their order.
var grounds = []string{"accuracy", "unlawful", "claims", "objection"}

// restrict has the data only stored, from now on, while the desk looks at it: data that
// may be wrong until it is settled, and on the other grounds too, since waiting would
// cost the person what they ask for. law: GDPR 18(1)
func restrict(s *self) error {
	f, err := s.Form(0)
	if err != nil {
		return err
	}
	why, err := f.Text("why", 2000)
	if err != nil {
		return err
	}
	ground := f.Get("ground")
	if !slices.Contains(grounds, ground) {
		ground = grounds[0]
	}
	var scope []string
	if ground == "accuracy" {
		scope = []string{rightsdef.Contested}
	}
	return s.request(rightsdef.Restriction, scope, s.T("mine.ground_"+ground)+"\n\n"+why, s.T("mine.restrict_done"))
}

// askCopy opens a case for the copy, while it cannot be fetched here.
func askCopy(s *self) error {
	return s.request(rightsdef.Access, nil, s.T("mine.copy_ask"), s.T("mine.copy_done"))
}

// fetches reports whether the person may fetch the copy here.
func (s *self) fetches() bool {
	return s.Mine.Package != nil && rightsdef.Themselves(rightsdef.Access, s.me.Certainty, s.me.Misuse) == rightsdef.AtOnce
}

// copyZip gives the copy of everything as a file. law: GDPR 15(3), 20(1)
func copyZip(s *self) error {
	if !s.fetches() {
		return s.Redirect("/me/rights")
	}
	if err := s.look("copy", func(*db.Tx) error { return nil }); err != nil {
		return err
	}
	s.Attach("application/zip", "my-data-"+s.DB.Now().Format(time.DateOnly)+".zip")
	return s.Mine.Package(s.Context(), s.by(), s.Who, s.Printer.Lang(), s.W)
}

// askErase sends the letter that confirms it.
func askErase(s *self) error {
	err := s.DB.Do(s.Context(), s.by(), func(tx *db.Tx) error {
		_, err := s.Subject.AskErase(tx, s.me, s.Printer.Lang())
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.Said(view.SaidView{Inside: s.inside(s.T("mine.erase"), "rights"), Text: []string{s.T("mine.erase_letter", "address", s.address)},
		Back: page.Link{Text: s.T("mine.nav_rights"), Href: "/me/rights"}}))
}

// address asks where messages are to go.
func address(s *self) error { return s.move(http.StatusOK, "", "") }

func (s *self) move(status int, typed, why string) error {
	v := view.MoveView{Inside: s.inside(s.T("mine.move"), "facts"), Old: s.person.Email, New: typed, Error: why, Both: s.me.Certainty < rightsdef.Facts}
	if err := s.look("address", func(*db.Tx) error { return nil }); err != nil {
		return err
	}
	return s.Render(status, view.Move(v))
}

// move begins a change of address. What it says is the same whether or not the new
// address is somebody's already.
func move(s *self) error {
	f, err := s.Form(0)
	if err != nil {
		return err
	}
	if s.corrects("email") != rightsdef.Move {
		return s.Redirect("/me/rights")
	}
	typed, err := f.Line("address", 320)
	if err == nil {
		err = s.DB.Do(s.Context(), s.by(), func(tx *db.Tx) error {
			_, err := s.Subject.MoveTo(tx, s.me, typed, s.Printer.Lang())
			return err
		})
	}
	if key := fault.KeyOf(err); fault.Is(err, fault.Invalid) || key == "subject.same_address" || key == "subject.no_old" {
		if !strings.HasPrefix(key, "subject.") {
			key = "subject.address"
		}
		return s.move(http.StatusBadRequest, typed, s.T("error."+key))
	}
	if err != nil {
		return err
	}
	text := s.T("mine.move_sent_both")
	if s.me.Certainty >= rightsdef.Facts {
		text = s.T("mine.move_sent_new")
	}
	return s.Render(http.StatusOK, view.Said(view.SaidView{Inside: s.inside(s.T("mine.move"), "facts"), Text: []string{text, s.T("mine.move_until")}, Back: page.Link{Text: s.T("mine.nav_facts"), Href: "/me/facts"}}))
}
