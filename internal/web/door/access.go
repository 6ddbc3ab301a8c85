package door

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/web/page"
)

// Elevatable names the levels an account may take up for a time: those its own
// levels list, and that the notice in force has.
func Elevatable(a *staff.Account, in *notice.InForce) (out []noticedef.Level) {
	if in == nil {
		return nil
	}
	for _, name := range a.Levels {
		own, ok := in.Level(name)
		for _, to := range own.Elevate {
			l, known := in.Level(to)
			if ok && known && !slices.Contains(a.Levels, to) && !slices.ContainsFunc(out, func(x noticedef.Level) bool { return x.Name == to }) {
				out = append(out, l)
			}
		}
	}
	return out
}

// Elevations reads which levels a session has taken up, as it is this moment.
// Whose levels list none to take up costs no query.
func (r *Rooms) Elevations(tx func(func(*db.Tx) error) error, s *staff.Session, in *notice.InForce) (out []access.Elevation, err error) {
	may := Elevatable(s.Account, in)
	if len(may) == 0 {
		return nil, nil
	}
	err = tx(func(tx *db.Tx) error {
		list, err := access.InForce(tx, s.ID)
		for _, e := range list {
			if slices.ContainsFunc(may, func(l noticedef.Level) bool { return l.Name == e.Level }) {
				out = append(out, e)
			}
		}
		return err
	})
	return out, err
}

// elevate adds what was taken up to an actor that has its own rights.
func (a *Actor) elevate(in *notice.InForce, list []access.Elevation) {
	a.own, a.Elevated, a.ownLevels = a.Actor, list, len(a.levels)
	if len(list) == 0 {
		return
	}
	both := *a.Signed.Account
	both.Levels = slices.Clone(both.Levels)
	for _, e := range list {
		both.Levels = append(both.Levels, e.Level)
		if l, ok := in.Level(e.Level); ok {
			a.levels = append(a.levels, l)
		}
	}
	s := *a.Signed
	s.Account = &both
	a.Actor = s.Act(staff.RightsFunc(func(name string) (staff.Level, bool) { return in.Level(name) }))
	a.Account = a.Signed.Account
}

// By is how the actor signs a transaction. Levels taken up for a time are named
// behind the account's own, with a plus sign.
func (a *Actor) By(purpose string) db.By {
	by := a.Actor.By(purpose)
	for _, e := range a.Elevated {
		by.Level = strings.TrimSpace(by.Level + " +" + e.Level)
	}
	return by
}

// FourEyes reports whether somebody else has to agree before the actor does an
// act: every level of their own by which they hold it says so. A level taken up for
// a time does not do away with that; it counts where it alone gives the act.
func (a *Actor) FourEyes(act string) bool {
	held, without := fourEyes(a.levels[:a.ownLevels], act)
	if held {
		return !without
	}
	held, without = fourEyes(a.levels[a.ownLevels:], act)
	return held && !without
}

// fourEyes reports whether one of the levels gives an act, and whether one does so
// without four eyes.
func fourEyes(levels []noticedef.Level, act string) (held, without bool) {
	for _, l := range levels {
		if l.Can(act) {
			held = true
			without = without || !slices.Contains(l.FourEyes, act)
		}
	}
	return held, without
}

// Shows are the acts that are done by looking: a page of one is the act itself, and
// is held as a form is for the others.
func Shows(act string) bool {
	return slices.Contains([]string{"report", "export", "decide", "log"}, act)
}

// right is a right in use: an act, or an action on a category.
type right struct{ action, category, purpose string }

// CanFor reports whether the actor may do an act for a purpose, and takes down that it
// was asked.
func (a *Actor) CanFor(purpose, act string) bool {
	if !a.Actor.CanFor(purpose, act) {
		return false
	}
	if u := (right{act, "", purpose}); purpose != "" && !slices.Contains(a.asked, u) {
		a.asked = append(a.asked, u)
	}
	return true
}

// UseFor takes down for which purpose an act was done: the one that was asked about. A
// request that asked about several, to offer a choice, tells none.
func (a *Actor) UseFor(act string) {
	var of []right
	for _, u := range a.asked {
		if u.action == act {
			of = append(of, u)
		}
	}
	if len(of) == 1 && !slices.Contains(a.used, of[0]) {
		a.used = append(a.used, of[0])
	}
}

// Use takes down that the request used a right: category "" for an act. What was
// only asked for to draw a menu is not used.
func (a *Actor) Use(action, category string) {
	if u := (right{action, category, ""}); a != nil && !slices.Contains(a.used, u) {
		a.used = append(a.used, u)
	}
}

// Used lists the rights used by the actor's own levels, as package access stores
// them. What only a level taken up for a time allowed says nothing of what the
// account needs.
func (a *Actor) Used() []string {
	out := []string{access.Present}
	for _, u := range a.used {
		switch {
		case u.purpose != "":
			if a.ownRights().CanFor(u.purpose, u.action) {
				out = append(out, access.ForPurpose(u.action, u.purpose))
			}
		case u.category == "" && slices.Contains(noticedef.Acts, u.action) && a.ownRights().Can(u.action):
			out = append(out, u.action)
		case u.category != "" && a.ownRights().May("", u.category, u.action):
			out = append(out, access.OnCategory(u.action, u.category))
		}
	}
	return out
}

func (a *Actor) ownRights() staff.Actor {
	if len(a.Elevated) > 0 {
		return a.own
	}
	return a.Actor
}

// Hold holds an act that needs four eyes. through names the request that lets it
// go on; otherwise the act waits under the request given.
func (r *Request) Hold(route *Route) (req access.Request, through bool, err error) {
	fields, err := r.fields()
	if err != nil {
		return req, false, err
	}
	a := r.act(route, r.Method, fields)
	err = r.Do("", func(tx *db.Tx) error { req, through, err = r.Access.Hold(tx, a); return err })
	return req, through, err
}

func (r *Request) act(route *Route, method string, fields url.Values) access.Act {
	return access.Act{Account: r.Actor.Who(), Name: route.Act(), Route: method + " " + route.Path, Object: r.URL.Path,
		Digest: r.Access.Digest(method, r.URL.EscapedPath(), fields)}
}

// Agreed looks whether somebody has agreed to a page being shown, which uses that up.
// If not, req is what waits; 0 when nobody was asked.
func (r *Request) Agreed(route *Route) (req access.Request, through bool, err error) {
	q, err := r.fields()
	if err != nil {
		return req, false, err
	}
	a := r.act(route, http.MethodGet, q)
	err = r.Do("", func(tx *db.Tx) error { req, through, err = r.Access.Agreed(tx, a); return err })
	return req, through, err
}

// AskToSee asks for somebody's consent to a page, the address of which the request
// has, unless it was given.
func (r *Request) AskToSee(route *Route) (req access.Request, err error) {
	q, err := r.Query()
	if err != nil {
		return req, err
	}
	fields := url.Values{}
	for name, values := range q.Values {
		fields["?"+name] = values
	}
	a := r.act(route, http.MethodGet, fields)
	err = r.Do("", func(tx *db.Tx) error { req, err = r.Access.Ask(tx, a); return err })
	return req, err
}

// fields are what the digest of a held act covers: the address's query and the
// form. Files count by their content, and so does a body that is no form; both are
// within the route's limit, and can be read again by the handler.
func (r *Request) fields() (url.Values, error) {
	out := url.Values{}
	q, err := r.Query()
	if err != nil {
		return nil, err
	}
	for name, values := range q.Values {
		out["?"+name] = values
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" && kind != "multipart/form-data" {
		return out, r.wholeBody(out)
	}
	f, err := r.Form(0)
	if err != nil {
		return nil, err
	}
	for name, values := range f.Values {
		out["="+name] = values
	}
	return out, r.files(out)
}

func (r *Request) wholeBody(out url.Values) error {
	if r.Body == nil {
		return nil
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	if len(b) > 0 {
		out["body"] = []string{string(b)}
	}
	return nil
}

func (r *Request) files(out url.Values) error {
	if r.MultipartForm == nil {
		return nil
	}
	for name, list := range r.MultipartForm.File {
		for _, head := range list {
			f, err := head.Open()
			if err != nil {
				return err
			}
			b, err := io.ReadAll(f)
			f.Close()
			if err != nil {
				return err
			}
			out["file "+name] = append(out["file "+name], head.Filename+"\x00"+string(b))
		}
	}
	return nil
}

// Refused logs an attempt that was refused for who the actor is, and gives the
// refusal back.
func (r *Request) Refused(action, kind, object string, err error) error {
	if logErr := r.Seen(audit.Entry{Action: action, Kind: kind, Object: object, Outcome: audit.Refused}); logErr != nil {
		return logErr
	}
	return err
}

// raised is what every page says of a level taken up for a time.
func (r *Request) raised() *page.Raised {
	if r.Actor == nil || len(r.Actor.Elevated) == 0 {
		return nil
	}
	out := page.Raised{Action: "/access/elevation/end"}
	until := time.Time{}
	for _, e := range r.Actor.Elevated {
		title := e.Level
		if l, ok := r.InForce.Level(e.Level); ok && l.Title.In(r.Printer.Lang()) != "" {
			title = l.Title.In(r.Printer.Lang())
		}
		if out.Level != "" {
			out.Level += ", "
		}
		out.Level += title
		if until.IsZero() || e.Until.Before(until) {
			until = e.Until
		}
	}
	out.Until = r.Printer.Time(until)
	return &out
}

// errOwn reports whether a refusal is one of those that Refused logs.
func errOwn(err error) bool {
	switch fault.KeyOf(err) {
	case "access.own", "access.own_line", "access.no_elevation", "access.not_held", "access.second":
		return true
	}
	return false
}

// OrLogged gives an error back, logged where it says that the actor may not.
func (r *Request) OrLogged(action, kind, object string, err error) error {
	if errOwn(err) {
		return r.Refused(action, kind, object, err)
	}
	return err
}

// SecondFor reports whether taking up a level asks for a fresh second factor: when
// it holds an act for which the notice promises one.
func (r *Request) SecondFor(l noticedef.Level) bool {
	return slices.ContainsFunc(noticedef.Acts, func(act string) bool { return l.Can(act) && r.promised(act) })
}
