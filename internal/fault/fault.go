// Package fault is how every part of Kartotek says that something went wrong.
//
// A fault has a small, closed set of codes. The code decides what a door does
// with it (HTTP status, exit code, whether to retry); the key names the
// sentence shown to the reader, in their language; the message is English, for
// developers and logs, and never holds personal data. Anything that is not a
// *fault.Error is Internal: the doors show a generic sentence and log the rest.
package fault

import (
	"errors"
	"fmt"
)

// Code classes a fault. The zero value is not used.
type Code string

// The closed set of codes, with the HTTP status a door renders them as.
const (
	Invalid     Code = "invalid"     // 400/422: the input is wrong; the message says which part and what to do
	Denied      Code = "denied"      // 403: this actor may not do this
	SignIn      Code = "sign_in"     // 401: nobody is signed in
	NotFound    Code = "not_found"   // 404: no such thing, or not for this actor
	Conflict    Code = "conflict"    // 409: the state forbids it now (already published, lease held, changed meanwhile)
	TooLarge    Code = "too_large"   // 413: over a limit
	TooMany     Code = "too_many"    // 429: over a rate
	Unavailable Code = "unavailable" // 503: try again later; nothing was half-done
	Internal    Code = "internal"    // 500: a bug or a broken machine
)

// Error is a fault with its place.
type Error struct {
	Code  Code
	Key   string // stable text key, such as "import.no_address"; also the machine-readable reason
	Msg   string // English, no personal data
	Field string // the form field, column or YAML path at fault, if one is
	Line  int    // the line in a file the user gave, if known
	Err   error  // the cause, for logs
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Msg
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Line > 0 {
		s = fmt.Sprintf("line %d: %s", e.Line, s)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes a fault of a code with a text key and an English message.
func New(code Code, key, format string, args ...any) *Error {
	return &Error{Code: code, Key: key, Msg: fmt.Sprintf(format, args...)}
}

// In returns the fault with the field it concerns.
func (e *Error) In(field string) *Error { c := *e; c.Field = field; return &c }

// At returns the fault with the line it was found on.
func (e *Error) At(line int) *Error { c := *e; c.Line = line; return &c }

// Because returns the fault with its cause.
func (e *Error) Because(err error) *Error { c := *e; c.Err = err; return &c }

// CodeOf gives an error's code; Internal for anything that is not a fault.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// KeyOf gives an error's text key, or "internal".
func KeyOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Key != "" {
		return e.Key
	}
	return "internal"
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// Wrap adds one line of context to *errp, for use in a defer:
//
//	defer fault.Wrap(&err, "publish notice %d", version)
//
// The code and key of the fault inside stay visible.
func Wrap(errp *error, format string, args ...any) {
	if *errp != nil {
		*errp = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *errp)
	}
}
