package door

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"kartotek/internal/fault"
)

// Limits of a form that no page of ours comes near.
const (
	maxPairs = 1000
	maxName  = 200
)

// Fields are the fields of a form.
type Fields struct{ url.Values }

// Form reads the body of a POST, urlencoded or multipart without files, of at
// most limit bytes (0: the route's own limit). Broken text, too many fields or
// another kind of body is refused.
func (r *Request) Form(limit int64) (Fields, error) {
	if limit > 0 {
		r.Body = http.MaxBytesReader(r.W, r.Body, limit)
	}
	var err error
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case "multipart/form-data":
		err = r.ParseMultipartForm(inMemory)
	case "":
		if r.ContentLength != 0 {
			return Fields{}, badForm("the body says no type")
		}
	default:
		return Fields{}, badForm("a form was expected")
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return Fields{}, fault.New(fault.TooLarge, "form.too_large", "the form is larger than %d bytes", large.Limit)
	case err != nil:
		return Fields{}, badForm("the form could not be read")
	}
	f := Fields{r.PostForm}
	if r.MultipartForm != nil {
		f = Fields{url.Values(r.MultipartForm.Value)}
	}
	return f, f.check()
}

// inMemory is how much of the files of a form stays in memory: all that routes for
// documents take, so that no passport is ever written to a temporary folder in the clear.
// What is larger is a file to import.
const inMemory = 64 << 20

func badForm(why string) error { return fault.New(fault.Invalid, "form.broken", "%s", why) }

// Query gives the fields of the address, checked alike.
func (r *Request) Query() (Fields, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Fields{}, badForm("the address could not be read")
	}
	f := Fields{q}
	return f, f.check()
}

func (f Fields) check() error {
	n := 0
	for name, values := range f.Values {
		n += len(values)
		if n > maxPairs || len(name) > maxName || !clean(name) {
			return badForm("the form has too many fields, or names that are none of ours")
		}
		for _, v := range values {
			if !clean(v) {
				return badForm("a field holds characters that are not text").(*fault.Error).In(name)
			}
		}
	}
	return nil
}

// clean reports whether a value is text: UTF-8 without NUL.
func clean(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// Text gives a field without surrounding space, refused when it is longer than
// max characters. Line ends become \n.
func (f Fields) Text(name string, max int) (string, error) {
	s := strings.TrimSpace(strings.ReplaceAll(f.Get(name), "\r\n", "\n"))
	if utf8.RuneCountInString(s) > max {
		return "", fault.New(fault.Invalid, "form.too_long", "the field holds more than %d characters", max).In(name)
	}
	return s, nil
}

// Line is Text for a field of one line.
func (f Fields) Line(name string, max int) (string, error) {
	s, err := f.Text(name, max)
	if err == nil && strings.ContainsAny(s, "\n\r") {
		err = fault.New(fault.Invalid, "form.one_line", "the field takes one line").In(name)
	}
	return s, err
}

// Need is Line for a field that must not be empty.
func (f Fields) Need(name string, max int) (string, error) {
	s, err := f.Line(name, max)
	if err == nil && s == "" {
		err = fault.New(fault.Invalid, "form.missing", "the field is empty").In(name)
	}
	return s, err
}
