package door

import (
	"encoding/base64"
	"encoding/json"

	"kartotek/internal/fault"
	"kartotek/internal/web/page"
)

// use binds a cursor to the page and the reader it was made for.
func (r *Request) use() string {
	return "cursor " + r.Pattern + " " + r.Actor.Who().String()
}

// SignCursor writes a place in a list, such as party.Cursor, as a text for the
// address of the next page. It can be read back on the same page by the same
// reader only, and cannot be made or altered by anybody else.
func (r *Request) SignCursor(place any) string {
	b, err := json.Marshal(place)
	if err != nil {
		panic("door: a cursor does not marshal: " + err.Error()) // its type, chosen in the source, is of texts and numbers
	}
	return r.Keys.Sign(r.use(), b)
}

// Cursor reads the place in the query field "after"; given is false when there
// is none. A forged one is refused with 400.
func (r *Request) Cursor(place any) (given bool, err error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return false, nil
	}
	data, ok := r.Keys.Verify(r.use(), text)
	if !ok || json.Unmarshal(data, place) != nil {
		return false, fault.New(fault.Invalid, "cursor.forged", "the page's place in the list could not be read")
	}
	return true, nil
}

const flashCookie = "flash"

// Flash keeps a message for the next page this reader sees. It travels sealed in
// a cookie for a minute, so that no node has to remember it.
func (r *Request) Flash(f page.Flash) {
	b, err := json.Marshal(f)
	if err != nil || len(b) > 2000 {
		return // better no message than a broken answer
	}
	r.SetCookie(flashCookie, base64.RawURLEncoding.EncodeToString(r.Keys.Seal(flashCookie, b)), 60)
}

// TakeFlash gives the message kept by Flash, once.
func (r *Request) TakeFlash() *page.Flash {
	raw, err := base64.RawURLEncoding.DecodeString(r.CookieValue(flashCookie))
	if err != nil || len(raw) == 0 {
		return nil
	}
	r.SetCookie(flashCookie, "", -1)
	plain, err := r.Keys.Open(flashCookie, raw)
	var f page.Flash
	if err != nil || json.Unmarshal(plain, &f) != nil {
		return nil
	}
	return &f
}

// Frame is what a staff page needs around its content.
func (r *Request) Frame(title, section string) page.Frame {
	f := page.Frame{P: r.Printer, Title: title, Section: section, Here: r.URL.RequestURI(), Flash: r.TakeFlash(), Demo: r.Demo}
	if a := r.Actor; a != nil {
		f.User, f.Sections = page.User{Name: a.Name(), Level: a.Title(r.Printer.Lang())}, r.sections()
		f.Raised = r.raised()
	}
	return f
}

// sectionLevel is what opens each section of the staff navigation.
var sectionLevel = []struct{ section, level string }{
	{"today", SignedIn}, {"people", SeePeople}, {"organisations", SeePeople}, {"outreach", "segment"}, {"segments", "segment"},
	{"import", "import"}, {"requests", "rights"}, {"notice", SignedIn}, {"staff", "staff"}, {"log", "log"}, {"access", SignedIn},
}

func (r *Request) sections() []string {
	var out []string
	for _, s := range sectionLevel {
		if r.Actor.MayEnter(s.level) {
			out = append(out, s.section)
		}
	}
	if r.Catcher != nil && r.Actor.MayEnter(SeePeople) {
		out = append(out, "mail")
	}
	return out
}
