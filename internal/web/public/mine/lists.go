package mine

import (
	"net/http"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/mine"
	"kartotek/internal/web/public/choices"
)

// rows is how many lines a list shows at a time.
const rows = 50

// permissions shows what may be sent, as the preference centre does, with everything
// the person ever said and its receipts. law: GDPR 7(1), 7(3), 15(1)
func permissions(s *self) error {
	v := page.PreferencesView{Public: outside(s.Request, s.T("prefs.title")), Action: "/me/permissions", Address: s.address, Still: s.T("prefs.still"), DataURL: "/me"}
	err := s.look("permissions", func(tx *db.Tx) error {
		boxes, stopped, err := s.State(tx)
		if err != nil {
			return err
		}
		v.Groups, v.Stopped = s.Groups(boxes), stopped
		v.Receipts, err = s.Heard(tx, 0, func(entry id.ID) string { return "/me/permissions/" + entry.String() + "?view=1" })
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, page.Preferences(v))
}

// savePermissions records what was ticked, or stops all marketing.
func savePermissions(s *self) error {
	form, err := s.Form(0)
	if err != nil {
		return err
	}
	stop := form.Get("op") == "stop"
	v := page.PreferencesSavedView{Address: s.address, Stopped: stop, BackURL: "/me/permissions"}
	err = s.act("permission.preferences", func(tx *db.Tx) error {
		v.Still = s.T("prefs.still")
		before, _, err := s.State(tx)
		if err != nil {
			return err
		}
		if stop {
			_, err = s.Outbox.StopAll(tx, s.Who, s.Said("preferences", s.T("prefs.title")+"\n["+s.T("prefs.stop_all")+"]"))
		} else {
			err = s.Save(tx, before, form)
		}
		if err != nil {
			return err
		}
		after, _, err := s.State(tx)
		v.Changes = s.Changes(before, after)
		if unmet := s.Unmet(after, form); len(unmet) > 0 && !stop {
			v.Still += " " + s.T("prefs.unmet", "what", strings.Join(unmet, ", "))
		}
		return err
	})
	if err != nil {
		return err
	}
	v.At, v.Public = s.DB.Now(), outside(s.Request, s.T("prefs.saved_title"))
	if stop {
		v.Title = s.T("prefs.stopped_title")
	}
	return s.Render(http.StatusOK, page.PreferencesSaved(v))
}

// receiptOf shows a receipt, or gives it as a file, with all evidence: who signed in is
// who said it.
func receiptOf(s *self) error {
	entry, err := s.ID("entry")
	if err != nil {
		return err
	}
	all := func(*ledger.Entry, *ledger.Evidence) bool { return true }
	data, err := s.Receipts().Of(s.Context(), s.by(), s.Who, entry, s.Printer.Lang(), all)
	if err != nil {
		return err
	}
	if err := s.look("receipt", func(*db.Tx) error { return nil }); err != nil {
		return err
	}
	if !s.URL.Query().Has("view") {
		return choices.SendReceipt(s.Request, entry, data)
	}
	v := page.ReceiptView{Public: outside(s.Request, s.T("receipt.title")), Address: s.address, DownloadURL: s.URL.Path, BackURL: "/me/permissions", BackText: s.T("prefs.back")}
	if err := s.Read(&v, s.Who, entry, data, func(*ledger.Entry) bool { return true }); err != nil {
		return err
	}
	for lang := range v.Langs {
		v.Langs[lang] += "&view=1"
	}
	return s.Render(http.StatusOK, page.Receipt(v))
}

// after is where a list goes on: the id of the last line of the page before.
func (s *self) after() (id.ID, error) {
	text := s.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	which, err := id.Parse(text)
	if err != nil {
		err = errNoPage()
	}
	return which, err
}

// messages lists what was sent and what was not, each with why. law: GDPR 15(1)
func messages(s *self) error {
	v := view.ListView{Inside: s.inside(s.T("mine.messages"), "messages"), Lead: s.T("mine.messages_lead"), None: s.T("mine.messages_none")}
	before, err := s.after()
	if err != nil {
		return err
	}
	err = s.look("messages", func(tx *db.Tx) error {
		all, err := s.Outbox.Of(tx, s.Who, before, rows)
		for i := range all {
			row, err := s.message(tx, &all[i])
			if err != nil {
				return err
			}
			v.Rows = append(v.Rows, row)
		}
		if len(all) == rows {
			v.Older = "/me/messages?after=" + all[rows-1].ID.String()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.List(v))
}

var stateTone = map[outbox.State]page.Tone{outbox.Sent: page.Yes, outbox.Skipped: page.No, outbox.Failed: page.No}

func (s *self) message(tx *db.Tx, m *outbox.Message) (view.Row, error) {
	text := s.PurposeName(m.Purpose)
	c, err := s.Campaign.Get(tx, m.Campaign)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return view.Row{}, err
	}
	if err == nil {
		if subject := strings.TrimSpace(c.SubjectIn(s.person.Language, s.InForce.Notice.Controller.Name)); subject != "" {
			text = subject
		}
	}
	row := view.Row{Text: text, At: at(max(m.Done, m.Decided)), Src: s.PurposeName(m.Purpose) + " " + s.Printer.Or("by."+m.Channel, m.Channel), Chip: page.Chip{Text: s.T("mine.state_" + string(m.State)), Tone: stateTone[m.State]}}
	if m.State == outbox.Skipped {
		row.Src += " · " + s.Printer.Or("code."+m.Code, m.Code)
	}
	row.Links = []page.Link{{Text: s.T("mine.why_this"), Href: "/" + string(outbox.LinkWhy) + "/" + outbox.Token(s.Keys, outbox.LinkWhy, m.Addressee(), m.ID)}}
	return row, nil
}

// readers lists who looked at or changed the person's data. Who works here is named by
// what they do, not by name. law: GDPR 15(1), 15(4)
func readers(s *self) error {
	v := view.ListView{Inside: s.inside(s.T("mine.readers"), "readers"), Lead: s.T("mine.readers_lead"), None: s.T("mine.readers_none")}
	before, err := s.after()
	if err == nil {
		err = s.Audit.Fold(s.Context()) // what was read a moment ago stands in the list too
	}
	if err != nil {
		return err
	}
	err = s.look("readers", func(tx *db.Tx) error {
		all, err := audit.Read(tx, audit.Filter{Person: s.Who, After: before, Limit: rows})
		for i := range all {
			e := &all[i]
			row := view.Row{Text: s.actor(e) + ": " + s.Printer.Or("log_act."+e.Action, e.Action), At: e.At}
			if e.Purpose != "" {
				row.Src = s.PurposeName(e.Purpose)
			}
			if e.Outcome == audit.Refused {
				row.Chip = page.Chip{Text: s.T("mine.refused"), Tone: page.No}
			}
			v.Rows = append(v.Rows, row)
		}
		if len(all) == rows {
			v.Older = "/me/readers?after=" + all[rows-1].ID.String()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.List(v))
}

func (s *self) actor(e *audit.Entry) string {
	switch e.By.Kind {
	case "person":
		if e.By.ID == s.Who {
			return s.T("mine.you")
		}
	case "staff":
		level, _, _ := strings.Cut(e.By.Level, " ")
		if l, ok := s.InForce.Level(level); ok && l.Title.In(s.Printer.Lang()) != "" {
			return l.Title.In(s.Printer.Lang())
		}
		return s.T("mine.by_staff")
	case "key":
		return s.T("mine.by_key")
	}
	return s.T("mine.by_program")
}

// received lists who was given data: by name and time where it is on record, and who
// the notice says receives what. law: GDPR 15(1)(c)
func received(s *self) error {
	v := view.ListView{Inside: s.inside(s.T("mine.received"), "received"), Lead: s.T("mine.received_lead"), None: s.T("mine.received_none")}
	lang := s.Printer.Lang()
	err := s.look("received", func(tx *db.Tx) error {
		if s.Mine.Received != nil {
			all, err := s.Mine.Received(tx, s.Who)
			if err != nil {
				return err
			}
			for _, x := range all {
				v.Rows = append(v.Rows, view.Row{Text: x.Name, Src: s.categories(x.Categories), At: at(x.At), Chip: page.Chip{Text: s.Printer.Country(x.Country)}})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.InForce != nil {
		for _, x := range s.InForce.Notice.Recipients {
			v.Rows = append(v.Rows, view.Row{Text: x.Name, Src: s.T("mine.listed", "what", x.Does.In(lang)), Chip: page.Chip{Text: s.Printer.Country(x.Country)}})
		}
	}
	return s.Render(http.StatusOK, view.List(v))
}

// categories names categories of the notice.
func (s *self) categories(ids []string) string {
	var out []string
	for _, which := range ids {
		if s.InForce == nil {
			break
		}
		if c, ok := s.InForce.Notice.Category(which); ok {
			out = append(out, c.Title.In(s.Printer.Lang()))
		}
	}
	return strings.Join(out, ", ")
}
