// Package door is what every page of Kartotek is made with: a route, and the
// request it answers.
//
// A door holds no rules and no SQL. It reads what was asked, calls acts of the
// rooms, fills a view of package page and writes it. What all doors would
// otherwise repeat stands here once.
//
// # Shape
//
//	Rooms     the open rooms, shared by all requests
//	Route     method, path, who may come in, and the Handler
//	Handler   func(*Request) error
//	Request   one request: reader's language, who acts, and helpers
//
// A handler answers by Render, Redirect or writing to W, or returns an error. A
// *fault.Error becomes a page in the reader's language by its code; anything
// else a page that says no more than that something broke (package web).
//
// # Who may come in
//
// Level is "public", "signed-in", "see people", "oneself", or an act of the notice's access
// levels such as "send" or "log" (package noticedef). The check is made before
// the handler runs and does not look at the object asked for, so that the answer
// tells nobody whether it exists. law: GDPR 25(2), GDPR 32(4)
//
// # Reading
//
// Pages that show personal data call Seen before they answer: if the read cannot
// be logged, nothing is shown.
package door

import (
	"context"
	"log/slog"
	"net/netip"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/measure"
	"kartotek/internal/media"
	"kartotek/internal/notice"
	"kartotek/internal/outbox"
	"kartotek/internal/packet"
	"kartotek/internal/paper"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/recipient"
	"kartotek/internal/relay"
	"kartotek/internal/retention"
	"kartotek/internal/returns"
	"kartotek/internal/rights"
	"kartotek/internal/rights/intake"
	"kartotek/internal/scan"
	"kartotek/internal/seal"
	"kartotek/internal/segment"
	"kartotek/internal/series"
	"kartotek/internal/staff"
	"kartotek/internal/staff/apikey"
	"kartotek/internal/staff/oidc"
	"kartotek/internal/subject"
	"kartotek/internal/tree"
)

// Rooms are the open rooms and what the doors need to know of the program.
type Rooms struct {
	DB       *db.DB
	Audit    Log
	Tree     *tree.Room // nil where nothing is sequenced, as in tests of pages
	Keys     *seal.Keys
	Notice   *notice.Room
	Party    *party.Room
	Ledger   *ledger.Room
	Outbox   *outbox.Room
	Segment  *segment.Room
	Exchange *exchange.Room
	Media    *media.Room
	Clicks   *clicks.Room
	Campaign *campaign.Room
	Post     *post.Room
	Series   *series.Room
	Returns  *returns.Room
	Relay    *relay.Room
	Rights   *rights.Room
	Packet   *packet.Room
	Scan     *scan.Room
	Intake   *intake.Room
	Requests *returns.Room // the mailbox of requests
	Subject  *subject.Room
	Mine     Mine
	Staff    *staff.Room
	APIKey   *apikey.Room
	OIDC     *oidc.Room // nil unless the company has an identity provider
	Access   *access.Room
	Measure  *measure.Room

	Retention *retention.Room
	Recipient *recipient.Room
	Paper     *paper.Room
	Jobs      *job.Runner
	Catcher   *catcher.Catcher // nil unless the program is a demo

	BaseURL string         // public address without a slash at the end, such as https://register.example
	Demo    bool           // invented people, caught mail
	Log     *slog.Logger   // of operations; never personal data
	Uploads string         // folder for files on their way in
	Proxies []netip.Prefix // peers whose X-Forwarded-For is believed
}

// Log takes down who reads what. It is an *audit.Room; a measurement of what
// logging costs puts one in its place that does nothing.
type Log interface {
	// Seen stores entries before what they tell of is shown.
	Seen(ctx context.Context, by db.By, entries ...audit.Entry) error
	// Fold makes the log complete before it is read.
	Fold(ctx context.Context) error
}

// Levels that are not acts of the notice.
const (
	Public    = "public"     // anybody
	SignedIn  = "signed-in"  // any member of staff
	SeePeople = "see people" // who may see some category of data
	Self      = "oneself"    // a data subject who is signed in to their own data, and nobody of staff
)

// Route is one entry of the sitemap.
type Route struct {
	Method, Path string // as net/http.ServeMux takes them
	Level        string
	Handler      Handler
	Confirm      string // Fresh, Second or Strongest: a proof asked for beside the level; some levels ask by themselves (fresh.go)
	Body         int64  // most bytes of the request's body; 0 is DefaultBody
	Token        bool   // the address itself is the right to act: no cookie is needed, and POSTs from anywhere work
	Key          bool   // for programs: an API key and nothing else lets in, and answers are JSON
	Does         string // the act of the notice that it is, where that is not its level
	Drafts       bool   // takes something in and does nothing with it yet: four eyes look at what is done with it later
	Bare         bool   // needs neither session nor notice: files
	Long         bool   // may take minutes: uploads, downloads
}

// Handler answers one request.
type Handler func(*Request) error

// DefaultBody is how much a request may send where the route says nothing.
const DefaultBody = 1 << 20

// Act is the act of the notice that a request to the route is, if any.
func (r *Route) Act() string {
	if r.Does != "" {
		return r.Does
	}
	return r.Level
}
