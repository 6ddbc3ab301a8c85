// Package incoming is the staff pages about what comes in with requests: the documents
// of a case, and the mailbox that requests are read from.
//
// It is a family of pages over the kit in web/page. It holds no rules and imports no
// room; web/admin/incoming fills its views. A document is never shown within a page: it
// is handed out as a file, or, when it is an identity document, shown once by itself.
package incoming

import (
	"time"

	"kartotek/internal/web/page"
)

// FilesView lists the documents of a case. POST Action (file, identity) takes one in.
type FilesView struct {
	page.Frame
	Ref     string
	CaseURL string
	Action  string
	Files   []File
	Error   string
	MayAdd  bool
}

// File is one document. Its acts are POSTs to Base + "/once", "/release", "/destroy",
// "/others" and "/all".
type File struct {
	Name, Size, From string
	State            page.Chip
	Text             string // why it is not kept, or what to know of it
	At               time.Time
	By               string
	Href             string // to have it as a file; "" when it cannot be had
	Base             string
	Held, Gone       bool
	Kept, Others     bool // Others: it is left out of the person's package
}

// MailboxView is the mailbox of requests. POST /requests/mailbox (host, port, security,
// user, password, folder, handled; op = save, try, read or drop).
type MailboxView struct {
	page.Frame
	User  string // "" when none is entered
	State page.Chip
	Text  string
	Read  time.Time
	Taken int
	Form  []page.Field
	Tried *page.Flash
	Names []string // addresses the listener takes requests for; none when it is not running
}
