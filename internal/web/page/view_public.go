package page

import "time"

// PreferencesView is the preference centre: no sign-in, no script.
//
// POST Action with on = the values of the ticked boxes (a box that is not
// ticked is a no), op = save or stop (stop all marketing). All boxes that were
// shown are repeated in "shown", so that a choice added meanwhile is untouched.
type PreferencesView struct {
	Public
	Action  string
	Address string // masked
	Groups  []PreferenceGroup
	Stopped bool   // all marketing is already stopped
	Still   string // what comes anyway
	WhyURL  string
	DataURL string // see, correct or erase; "" hides the link
	Error   string

	Receipts []ReceiptLink // what the person has said, newest first
}

// PreferenceGroup is one way of reaching the person, or "other ways".
type PreferenceGroup struct {
	ID, Title string
	Choices   []Choice
}

// Choice is one box.
type Choice struct {
	ID, Value string // value such as "newsletter:email"
	Text      string
	Hint      string // how often, or since when
	On        bool
}

// PreferencesSavedView says what changed and from when.
type PreferencesSavedView struct {
	Public
	Address string
	Changes []PreferenceChange // empty: nothing changed
	At      time.Time
	Stopped bool
	Still   string
	BackURL string // to the preferences
	Receipt string // address of the receipt; "" hides it
}

// PreferenceChange is one changed choice.
type PreferenceChange struct {
	Text string
	On   bool
}

// UnsubscribeView asks once, with a button: mail scanners follow links, so the
// GET changes nothing.
//
// POST Action with List-Unsubscribe=One-Click (RFC 8058), or op=stop-all.
type UnsubscribeView struct {
	Public
	Action   string
	Address  string // masked
	What     string // the purpose: "Newsletter by e-mail"
	Done     bool
	At       time.Time
	Still    string
	PrefsURL string
	WhyURL   string
}

// WhyView is the chain of reasons for one message.
type WhyView struct {
	Public
	Message    string // its name
	Steps      []WhyStep
	StopAction string // POST that ends this kind of message; "" for service messages
	PrefsURL   string
	ReceiptURL string // "" hides it
	ReadURL    string // the receipt in plain words
	Checked    string // sentence on how the receipt can be verified
}

// WhyStep is one numbered sentence.
type WhyStep struct {
	Text  string
	Src   string
	More  Link
	Quote string // the wording the person saw
}

// NoticeView is the public register notice.
type NoticeView struct {
	Public
	HTML     string // the document, made by the notice's own renderer; trusted
	Version  int
	Current  bool
	Versions []NoticeVersion
	DiffURL  string // to the version before; "" for the first
	Hash     string
	Lapsed   []string // promises of security whose check is overdue, in sentences
}

// NoticeVersion is one version in a list.
type NoticeVersion struct {
	Number    int
	Href      string
	Effective time.Time
	Approved  string // by whom
	State     Chip   // in force, coming, past
	Hash      string
	DiffURL   string
}

// NoticeVersionsView lists the versions of the notice for everyone.
type NoticeVersionsView struct {
	Public
	Versions []NoticeVersion
}

// NoticeChanges is what differs between two versions; used on both sides.
type NoticeChanges struct {
	From, To int
	Items    []NoticeChange
}

// NoticeChange is one difference.
type NoticeChange struct {
	Where         string // the part of the notice in words
	Kind          Chip   // added, removed, changed
	Before, After string
	Inform        bool // people must be told before first use
}

// NoticePublicDiffView shows the difference of two versions to everyone.
type NoticePublicDiffView struct {
	Public
	Changes NoticeChanges
	BackURL string
}

// GoneView answers a link that is not valid: the same for one that never was
// and for one that has expired, so that nothing can be learnt from it.
type GoneView struct{ Public }
