package door

import (
	"bytes"
	"net/http"
	"net/netip"
	"strings"

	"github.com/a-h/templ"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/subject"
	"kartotek/internal/web/page"
)

// Request is one request being answered. It is used by one goroutine.
type Request struct {
	*http.Request
	*Rooms
	W       http.ResponseWriter
	Printer *i18n.Printer
	InForce *notice.InForce  // nil while no notice is in force
	Actor   *Actor           // nil: nobody is signed in
	Self    *subject.Session // who is signed in to their own data, behind routes of level Self
	Number  string           // names this request in the log and on error pages
	Client  netip.Addr       // where it comes from, the trusted proxies looked through
	Secure  bool             // the reader's browser speaks https
	Chosen  bool             // the reader chose the language, by ?lang or a cookie
}

// T is a sentence in the reader's language.
func (r *Request) T(key string, args ...any) string { return r.Printer.T(key, args...) }

// By is the signed-in member of staff acting for a purpose of the notice.
func (r *Request) By(purpose string) db.By {
	if r.Actor == nil {
		return db.By{Kind: "system", Name: "web", Purpose: purpose}
	}
	return r.Actor.By(purpose)
}

// ByPerson is a data subject acting for themselves, known by a link.
func (r *Request) ByPerson(who id.ID, purpose string) db.By {
	return db.By{Kind: "person", ID: who, Name: "person", Purpose: purpose}
}

// View reads in one snapshot.
func (r *Request) View(purpose string, fn func(*db.Tx) error) error {
	return r.DB.View(r.Context(), r.By(purpose), fn)
}

// Do acts in one transaction.
func (r *Request) Do(purpose string, fn func(*db.Tx) error) error {
	return r.DB.Do(r.Context(), r.By(purpose), fn)
}

// Seen logs a read of personal data, and returns once that is stored. Send
// nothing when it fails. law: GDPR 32(1)(b)
func (r *Request) Seen(entries ...audit.Entry) error {
	purpose := ""
	if len(entries) > 0 {
		purpose = entries[0].Purpose
	}
	return r.Audit.Seen(r.Context(), r.By(purpose), entries...)
}

// Render answers with a page. It is made whole before the first byte is sent,
// so that a page that fails halfway is an error page and not half a page.
func (r *Request) Render(status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(r.Context(), &b); err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", r.Printer.Lang())
	r.W.WriteHeader(status)
	_, _ = r.W.Write(b.Bytes()) // the reader has gone
	return nil
}

// Redirect sends the reader to a path of ours, with GET (303).
func (r *Request) Redirect(path string) error {
	r.W.Header().Set("Location", Local(path))
	r.W.WriteHeader(http.StatusSeeOther)
	return nil
}

// Local gives a path back when it leads to this register, and "/" when it would
// lead elsewhere: //host, \host and whole addresses are not followed.
func Local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") {
		return "/"
	}
	return path
}

// ID reads an id from the path. One that is not an id is not found.
func (r *Request) ID(name string) (id.ID, error) {
	v, err := id.Parse(r.PathValue(name))
	if err != nil || v == 0 {
		return 0, fault.New(fault.NotFound, "page.none", "there is no such page")
	}
	return v, nil
}

// cookie makes a cookie that scripts, other sites and other hosts do not get.
func (r *Request) cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: r.cookieName(name), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: r.Secure, SameSite: http.SameSiteLaxMode}
}

// cookieName gives the name the browser guards: __Host- demands Secure, Path=/
// and no Domain (RFC 6265bis 4.1.3.2), which plain http on one's own machine cannot have.
func (r *Request) cookieName(name string) string {
	if r.Secure {
		return "__Host-" + name
	}
	return name
}

// SetCookie stores a value in the browser for age seconds; a negative age takes it away.
func (r *Request) SetCookie(name, value string, age int) {
	http.SetCookie(r.W, r.cookie(name, value, age))
}

// CookieValue reads a cookie that SetCookie stored; "" when there is none.
func (r *Request) CookieValue(name string) string {
	c, err := r.Request.Cookie(r.cookieName(name))
	if err != nil || len(c.Value) > 4096 {
		return ""
	}
	return c.Value
}

// SessionCookie is the cookie that holds the key of a session.
const SessionCookie = "session"

// SelfCookie is the cookie that holds the key of somebody signed in to their own data.
const SelfCookie = "me"

// Framed gives the answer the policy of a letter's body: its own inline styles
// and images and nothing else, shown in a frame of ours and without rights there.
// It is the one exception to the policy of the pages, for the routes that answer
// with the HTML of a mail alone.
func (r *Request) Framed() {
	h := r.W.Header()
	h.Set("Content-Security-Policy", page.FrameCSP)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", "text/html; charset=utf-8")
}

// Attach says that the answer is a file to keep, of a media type; its name is one of
// our own making, without quotes.
func (r *Request) Attach(media, name string) {
	h := r.W.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
