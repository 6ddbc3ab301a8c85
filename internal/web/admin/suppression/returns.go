package suppression

import (
	"net/http"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/returns"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

const returning = "/outreach/returns"

// shownNotes is how many notes the page lists.
const shownNotes = 50

func showReturns(d *desk.Desk) error {
	return renderReturns(d, http.StatusOK, page.ReturnsView{}, nil)
}

// renderReturns fills the view; typed is the mailbox as a form had it, nil to show
// the one that is entered.
func renderReturns(d *desk.Desk, status int, v page.ReturnsView, typed *returns.BoxSettings) error {
	v.Listens, v.MaySet, v.MayRead = d.Returns.ListensAt(), d.Can("settings"), d.Edits("email") && d.NeedPeople() == nil
	var notes []returns.Note
	err := d.Look(func(tx *db.Tx) error {
		box, found, err := d.Returns.Box(tx)
		if err != nil {
			return err
		}
		if found {
			v.Box = boxOf(d, &box)
		} else {
			box.BoxSettings = returns.BoxSettings{Port: 993, Security: returns.SecurityTLS, Folder: "INBOX", Handled: "Handled"}
		}
		if typed == nil {
			typed = &box.BoxSettings
		}
		v.Form = desk.BoxFields(d, typed, found)
		if !v.MayRead {
			return nil
		}
		total := 0
		if notes, total, err = d.Returns.Waiting(tx, shownNotes); err != nil {
			return err
		}
		v.More = total - len(notes)
		v.Notes, err = noteRows(d, tx, notes)
		return err
	})
	if err != nil {
		return err
	}
	if len(v.Notes) > 0 {
		if err := d.ReadMany("returns.notes", len(v.Notes), nil); err != nil {
			return err
		}
	}
	v.Frame = d.Frame(d.T("returns.title"), "outreach")
	return d.Render(status, page.Returns(v))
}

func boxOf(d *desk.Desk, b *returns.Box) *page.ReturnsBox {
	out := &page.ReturnsBox{Name: b.User, State: page.Chip{Text: d.T("returns.reads"), Tone: page.Yes}, Read: desk.Time(b.Read), Handled: int(b.Handled)}
	switch {
	case b.Error != "":
		out.State, out.Text = page.Chip{Text: d.T("returns.fails"), Tone: page.No}, d.T("returns.error."+b.Error)
	case b.Read == 0:
		out.State = page.Chip{Text: d.T("returns.waits"), Tone: page.Wait}
	}
	return out
}

func noteRows(d *desk.Desk, tx *db.Tx, notes []returns.Note) (rows []page.ReturnsNote, err error) {
	for _, n := range notes {
		p, found, err := d.Party.Get(tx, n.Person)
		if err != nil {
			return nil, err
		}
		if !found || p.Status == party.Erased {
			continue
		}
		rows = append(rows, page.ReturnsNote{ID: n.ID.String(), PersonID: n.Person.String(), Person: page.Link{Text: d.Masked(p).Name(), Href: "/people/" + n.Person.String()},
			Now: p.Email, New: n.Address, At: desk.Time(n.At)})
	}
	return rows, nil
}

// setBox saves the mailbox, tries it, has it read at once, or forgets it.
func setBox(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	s := desk.BoxSettings(f)
	said := "returns.saved"
	switch f.Get("op") {
	case "try":
		return tryBox(d, s)
	case "read":
		said, err = "returns.reading", d.Do("", d.Returns.PollNow)
	case "drop":
		said, err = "returns.dropped", d.Do("", d.Returns.DropBox)
	default:
		err = d.Do("", func(tx *db.Tx) error { return d.Returns.SaveBox(tx, s) })
	}
	if fault.Is(err, fault.Invalid) {
		s.Password = ""
		return renderReturns(d, http.StatusUnprocessableEntity, page.ReturnsView{Tried: &page.Flash{Tone: page.No, Text: d.Explain(err)}}, &s)
	}
	if err != nil {
		return err
	}
	return d.Done(returning, d.T(said))
}

// tryBox signs in to the mailbox and looks, and shows the form again.
func tryBox(d *desk.Desk, s returns.BoxSettings) error {
	err := d.View("", func(tx *db.Tx) (err error) { s.Password, err = d.Returns.PasswordFor(tx, s); return err })
	if err != nil {
		return err
	}
	code, waiting, err := d.Returns.TryBox(d.Context(), s)
	v := page.ReturnsView{Tried: &page.Flash{Tone: page.Yes, Text: d.Printer.N("returns.tried", waiting)}}
	switch {
	case fault.Is(err, fault.Invalid):
		v.Tried = &page.Flash{Tone: page.No, Text: d.Explain(err)}
	case err != nil:
		return err
	case code != "":
		v.Tried = &page.Flash{Tone: page.No, Text: d.T("returns.error." + code)}
	}
	return renderReturns(d, http.StatusOK, v, &s)
}

// judged ends a note.
func judged(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	if !d.Edits("email") {
		return fault.New(fault.Denied, "denied.field", "the access level does not change addresses").In("email")
	}
	who, err := id.Parse(f.Get("person"))
	note, bad := id.Parse(f.Get("note"))
	if err != nil || bad != nil {
		return party.NotFound()
	}
	if err := d.Act(func(tx *db.Tx) error { return d.Returns.Judged(tx, who, note) }); err != nil {
		return d.Back(returning, err)
	}
	return d.Done(returning, d.T("returns.judged"))
}
