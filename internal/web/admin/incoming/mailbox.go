package incoming

import (
	"net/http"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/returns"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/incoming"
)

const mailboxAt = "/requests/mailbox"

func showMailbox(d *desk.Desk) error { return renderMailbox(d, http.StatusOK, nil, nil) }

// renderMailbox shows the mailbox; typed is as a form had it, nil to show the one that
// is entered.
func renderMailbox(d *desk.Desk, status int, tried *page.Flash, typed *returns.BoxSettings) error {
	v := view.MailboxView{Tried: tried}
	err := d.Look(func(tx *db.Tx) error {
		box, found, err := d.Requests.Box(tx)
		if err != nil {
			return err
		}
		if found {
			v.User, v.Read, v.Taken, v.State = box.User, desk.Time(box.Read), int(box.Handled), page.Chip{Text: d.T("returns.reads"), Tone: page.Yes}
			if box.Error != "" {
				v.State, v.Text = page.Chip{Text: d.T("returns.fails"), Tone: page.No}, d.T("returns.error."+box.Error)
			}
		} else {
			box.BoxSettings = returns.BoxSettings{Port: 993, Security: returns.SecurityTLS, Folder: "INBOX", Handled: "Handled"}
		}
		if typed == nil {
			typed = &box.BoxSettings
		}
		v.Form = desk.BoxFields(d, typed, found)
		return nil
	})
	if err != nil {
		return err
	}
	if d.Returns.ListensAt() != "" {
		for _, n := range d.Returns.AskNames {
			v.Names = append(v.Names, n+"@…")
		}
	}
	v.Frame = d.Frame(d.T("askbox.title"), "requests")
	return d.Render(status, view.Mailbox(v))
}

// setMailbox saves the mailbox, tries it, has it read at once, or forgets it.
func setMailbox(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	s := desk.BoxSettings(f)
	said := "returns.saved"
	switch f.Get("op") {
	case "try":
		return tryMailbox(d, s)
	case "read":
		said, err = "returns.reading", d.Do("", d.Requests.PollNow)
	case "drop":
		said, err = "returns.dropped", d.Do("", d.Requests.DropBox)
	default:
		err = d.Do("", func(tx *db.Tx) error { return d.Requests.SaveBox(tx, s) })
	}
	if fault.Is(err, fault.Invalid) {
		s.Password = ""
		return renderMailbox(d, http.StatusUnprocessableEntity, &page.Flash{Tone: page.No, Text: d.Explain(err)}, &s)
	}
	if err != nil {
		return err
	}
	return d.Done(mailboxAt, d.T(said))
}

// tryMailbox signs in to the mailbox and looks, and shows the form again.
func tryMailbox(d *desk.Desk, s returns.BoxSettings) error {
	err := d.View("", func(tx *db.Tx) (err error) { s.Password, err = d.Requests.PasswordFor(tx, s); return err })
	if err != nil {
		return err
	}
	code, waiting, err := d.Requests.TryBox(d.Context(), s)
	tried := &page.Flash{Tone: page.Yes, Text: d.Printer.N("returns.tried", waiting)}
	switch {
	case fault.Is(err, fault.Invalid):
		tried = &page.Flash{Tone: page.No, Text: d.Explain(err)}
	case err != nil:
		return err
	case code != "":
		tried = &page.Flash{Tone: page.No, Text: d.T("returns.error." + code)}
	}
	return renderMailbox(d, http.StatusOK, tried, &s)
}
