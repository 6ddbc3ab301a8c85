package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"kartotek/internal/fault"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

var statusOf = map[fault.Code]int{
	fault.Invalid: http.StatusBadRequest, fault.Denied: http.StatusForbidden, fault.SignIn: http.StatusUnauthorized,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.TooLarge: http.StatusRequestEntityTooLarge,
	fault.TooMany: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// fail answers with an error. What the reader learns is the fault's own sentence;
// of anything that is not a fault they learn that it broke, and its number.
func (s *site) fail(r *door.Request, err error) {
	code := fault.CodeOf(err)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		code = fault.TooLarge
	}
	if code == fault.Internal || code == fault.Unavailable {
		s.Log.Error("request failed", "number", r.Number, "route", r.Pattern, "error", safe(err))
	}
	rec := r.W.(*recorder)
	if rec.status != 0 {
		return // part of an answer is out already
	}
	switch code {
	case fault.TooMany:
		r.W.Header().Set("Retry-After", "30")
	case fault.Unavailable:
		r.W.Header().Set("Retry-After", "10")
	}
	status := statusOf[code]
	if forPrograms(r) && code == fault.Invalid && fieldOf(err) != "" {
		status = http.StatusUnprocessableEntity // it was read, and one part of it is not right
	}
	s.say(r, status, string(code), fault.KeyOf(err), detail(r, err, code), fieldOf(err))
}

// fieldOf is the field a fault is about; "" for none.
func fieldOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Field
	}
	return ""
}

// refuse answers with a status of HTTP's own.
func (s *site) refuse(r *door.Request, status int, word string) {
	s.say(r, status, word, "http."+word, r.T("fault."+word), "")
}

// detail is the fault's sentence in the reader's language: its own, or in
// English the one it was made with, or that of its code.
func detail(r *door.Request, err error, code fault.Code) string {
	var f *fault.Error
	general := r.T("fault." + string(code))
	if code == fault.Internal || !errors.As(err, &f) {
		return general
	}
	if r.Printer.Has("error." + f.Key) {
		return r.T("error." + f.Key)
	}
	if r.Printer.Lang() == "en" && f.Msg != "" {
		return general + " " + f.Msg + "."
	}
	return general
}

func (s *site) say(r *door.Request, status int, word, key, text, field string) {
	if wantsJSON(r) {
		problem(r, status, key, text, field)
		return
	}
	v := page.FaultView{P: r.Printer, Title: r.Printer.Or("fault.title_"+word, r.T("fault.title")), Text: text, Number: r.Number, Status: status,
		Do: page.Link{Text: r.T("fault.home"), Href: "/"}}
	if word == string(fault.SignIn) {
		v.Do = page.Link{Text: r.T("sign.button"), Href: "/sign-in"}
	} else if r.Actor == nil {
		v.Do = page.Link{Text: r.T("public.notice"), Href: "/notice"}
	}
	if err := r.Render(status, page.Fault(v)); err != nil {
		s.Log.Error("error page", "number", r.Number, "error", safe(err))
	}
}

// problem writes RFC 9457, with the field at fault where there is one.
func problem(r *door.Request, status int, key, text, field string) {
	p := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": text, "code": key, "number": r.Number}
	if field != "" {
		p["field"] = field
	}
	b, _ := json.Marshal(p)
	r.W.Header().Set("Content-Type", "application/problem+json")
	r.W.WriteHeader(status)
	_, _ = r.W.Write(b)
}

// foreign answers a request that another site made the browser send.
func (s *site) foreign(_ http.ResponseWriter, hr *http.Request) {
	s.fail(requestOf(hr), fault.New(fault.Denied, "page.foreign", "the form was sent from another site"))
}

// safe is an error as the log may hold it: a fault's key and place in full,
// anything else by its text with values in quotes left out.
func safe(err error) string {
	text := []byte(err.Error())
	out, quoted := text[:0], byte(0)
	for _, c := range text {
		switch {
		case quoted == 0 && (c == '"' || c == '\''):
			quoted = c
			out = append(out, c)
		case c == quoted:
			quoted = 0
			out = append(out, c)
		case quoted != 0:
		case c < ' ':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return string(out[:min(len(out), 500)])
}
