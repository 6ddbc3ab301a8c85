package desk

import (
	"errors"

	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// PersonForm reads what a form about a person sends: whom its address names, and its fields.
func (d *Desk) PersonForm() (who id.ID, f door.Fields, err error) {
	if who, err = d.ID("id"); err == nil {
		f, err = d.Form(0)
	}
	return who, f, err
}

// Done answers a POST that did what it says: a message on the next page.
func (d *Desk) Done(path, text string) error {
	d.Flash(page.Flash{Tone: page.Yes, Text: text})
	return d.Redirect(path)
}

// Back answers a POST that was refused for what was typed or how things stand:
// the reader comes back to the page with a message that says what is wrong, and
// that nothing was stored. Other errors are the door's.
func (d *Desk) Back(path string, err error) error {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		d.Flash(page.Flash{Tone: page.No, Text: d.Explain(err) + " " + d.T("desk.nothing_stored")})
		return d.Redirect(path)
	}
	return err
}

// Explain says in words what a fault means.
func (d *Desk) Explain(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return d.T("desk.fault.internal")
	}
	text := d.Printer.Or("error."+f.Key, d.T("desk.fault."+string(f.Code)))
	if f.Line > 0 {
		text = d.T("desk.fault.line", "text", text, "line", f.Line)
	}
	return text
}
