package office

import (
	"time"

	"kartotek/internal/i18n"
	"kartotek/internal/web/page"
)

// SignInView is the sign-in page.
//
// POST /sign-in (email, password, next); with a passkey POST /sign-in/passkey and
// /sign-in/passkey/finish (ceremony, answer, next).
type SignInView struct {
	P        *i18n.Printer
	Email    string
	Next     string // where to go after; a path of ours
	Error    string
	Demo     string
	Passkeys bool        // passkeys can be used at this address
	FirstRun string      // the operator's command that makes the first account, when there is none
	Other    []page.Link // other houses to sign in with
}

// OneTimeLinkView is where a one-time sign-in link lands: scanners follow
// links, so only the button signs in. POST Action.
type OneTimeLinkView struct {
	P      *i18n.Printer
	Name   string
	Action string
	Error  string // the link has been used or is too old
}

// SecondStepView asks for the second factor of a sign-in. POST /sign-in/second
// (code, or ceremony and answer; next).
type SecondStepView struct {
	P       *i18n.Printer
	Next    string
	Error   string
	Code    bool // has an authenticator app
	Passkey bool // has a passkey that can be used at this address
	Codes   bool // has recovery codes left
}

// FirstPasswordView sets a password. POST /account/password
// (password, again, and current when one exists).
type FirstPasswordView struct {
	P     *i18n.Printer
	Name  string
	Email string
	Least int // characters
	Error string
}

// OfferView offers a second factor to somebody who has none.
type OfferView struct {
	P        *i18n.Printer
	Passkeys bool
	Needed   bool // what was asked for cannot be done without
}

// AppView sets an authenticator app up. POST /account/app (sealed, code, name).
type AppView struct {
	page.Frame
	Size   int    // of the QR code, in squares
	Path   string // its dark squares
	URL    string
	Secret string // in groups, to be typed
	Sealed string
	Name   string
	Error  string
}

// PasskeyView adds a passkey. POST /account/passkey (ceremony, answer, name).
type PasskeyView struct {
	page.Frame
	Error string
}

// CodesView shows new recovery codes, the only time they can be read.
type CodesView struct {
	page.Frame
	Codes []string
}

// ConfirmView asks for a fresh proof. POST /confirm (password; or code; or ceremony
// and answer; next).
type ConfirmView struct {
	page.Frame
	Next                    string
	Error                   string
	Second                  bool // a second factor is asked for
	Password, Code, Passkey bool // the ways there are
	Enrol                   bool // there is no second factor yet
}

// ConfirmFirstView answers a form that was sent without a fresh proof.
type ConfirmFirstView struct {
	page.Frame
	Confirm string // address of the proof, which leads back
	Second  bool
}

// AccountView is the signed-in person's own account.
//
// POST /account/password (current, password, again), /account/revoke (session),
// /account/revoke-others, /account/device (name), /account/factor/name (factor,
// name), /account/factor/remove (factor), /account/codes.
type AccountView struct {
	page.Frame
	Email    string
	Since    time.Time
	Until    time.Time // the account's end date; zero: open
	Levels   []string
	May      []string // what the level allows, in sentences
	Sessions []Session
	Factors  []Factor
	Codes    int // recovery codes left
	Passkeys bool
	SignIns  []SignedIn
	HasWord  bool // has a password
	Least    int  // characters of a password
	Error    string
}

// Factor is one second factor.
type Factor struct {
	ID    string
	Kind  string // in words
	Name  string
	Added time.Time
	Used  time.Time // zero: never
}

// Session is one device that is signed in.
type Session struct {
	ID      string
	Device  string // "Firefox on Windows"
	Name    string // its owner's name for it
	How     string // how it was proven, in words
	Started time.Time
	Seen    time.Time
	Present bool // the one in use
}

// SignedIn is one sign-in of the past.
type SignedIn struct {
	At     time.Time
	Device string
	How    string
}

// PasskeyAsk is a form whose button asks the browser for a passkey; it stays hidden
// without script.
type PasskeyAsk struct {
	Begin  string // POST: gives the challenge
	Finish string // where the answer is posted
	Create bool   // a new passkey
	Next   string
	Need   string // of a confirmation: what it was asked for
	Button string
	Failed string // shown when the browser gave none
	Main   bool   // the page's first choice
}

// present is the owner's name of the device in use.
func (v AccountView) present() string {
	for _, s := range v.Sessions {
		if s.Present {
			return s.Name
		}
	}
	return ""
}

// title is what a factor is called: by its owner, or by its kind.
func (f Factor) title() string {
	if f.Name != "" {
		return f.Name
	}
	return f.Kind
}

func passkeyMode(a PasskeyAsk) string {
	if a.Create {
		return "create"
	}
	return "get"
}

func passwordTitle(v AccountView) string {
	if v.HasWord {
		return v.T("password.change")
	}
	return v.T("password.title")
}

func confirmText(v ConfirmView) string {
	switch {
	case v.Enrol:
		return v.T("confirm.enrol")
	case v.Second:
		return v.T("confirm.second")
	}
	return v.T("confirm.fresh")
}

// need is what the forms of a confirmation carry, to ask for the same again.
func (v ConfirmView) need() string {
	if v.Second {
		return "second"
	}
	return ""
}
