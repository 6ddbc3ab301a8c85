// Package access keeps rights as low as the work allows, and shows that it does.
// law: GDPR 25(2), GDPR 32(1)(b), GDPR 32(4)
//
// The notice says what each access level may do (package noticedef), and package
// staff who has which level. This room holds what happens with those rights
// from day to day:
//
//   - elevation.go: somebody takes up a further level for a quarter of an hour to
//     four hours, with a reason. Their own level lists which (elevate). It belongs to
//     the session it was taken in, so that signing out, being disabled or being given
//     other levels ends it too.
//   - approval.go: an act that every level of its holder lists under four_eyes is
//     held until somebody else has agreed, and then goes through once.
//   - usage.go: which rights each person used, by day: an act that was done, a
//     category that was shown or changed. It is counted in memory and written in
//     groups, so that it costs a page nothing.
//   - propose.go: what a person's rights could be lowered to, from what they used.
//     Pure: it answers from its arguments.
//   - review.go, document.go: the round in which somebody answers for every account:
//     keep, lower, disable. It ends in a document with a digest, which the log holds.
//
// # What is not reached
//
// Four eyes hold acts done in the pages. The operator at the command line of the
// machine holds the keys and the database, and is outside: what they do is logged
// under their own name. Of an act's form only a keyed digest is kept, never the
// values, because they may be personal data: who agrees looks at the object, and the
// digest sees to it that what is done is what was held.
//
// Shape: Room, with Elevate, Hold, Note, StartReview and what follows each.
// Tables: access_elevations, access_requests, access_usage, access_reviews,
// access_review_lines (all local).
package access

import (
	"log/slog"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

// Room is the room of rights in use.
type Room struct {
	DB    *db.DB
	Keys  *seal.Keys // for the digests of held acts
	Staff *staff.Room
	Log   *slog.Logger // nil: failures of the background work are told to nobody

	meter meter
}

// Schema is the room's tables. They tell of staff, whose accounts are kept for
// running the register, and not of its people (package staff).
var Schema = db.Schema{Room: "access", Needs: []db.Schema{staff.Schema}, Tables: []db.Table{
	{
		Name: "access_elevations", Kind: db.LocalTable, Key: "id",
		Cols: db.Cols(`id big, account big, session big, level text, from_at big, until_at big, reason text, ended_at big, ended_by big`),
		Indexes: []db.Index{
			{Name: "access_elevations_session", Cols: "session, until_at"},
			{Name: "access_elevations_until", Cols: "until_at, id"},
		},
	},
	{
		Name: "access_requests", Kind: db.LocalTable, Key: "id",
		Cols: db.Cols(`id big, account big, act text, route text, object text, digest text, at big, state text
			decided_by big, decided_at big, reason text, used_at big`),
		Checks: []string{"state IN ('waiting', 'approved', 'refused', 'used')"},
		Indexes: []db.Index{
			{Name: "access_requests_same", Cols: "account, digest, id"},
			{Name: "access_requests_state", Cols: "state, at"},
		},
	},
	{
		Name: "access_usage", Kind: db.LocalTable, Key: "account, used_right",
		Cols: db.Cols("account big, used_right text, first_day text, last_day text, days int"),
	},
	{
		Name: "access_reviews", Kind: db.LocalTable, Key: "id",
		Cols: db.Cols(`id big, started_at big, started_by big, owner text, since_day text, measured_day text
			closed_at big, closed_by big, next_day text, digest text`),
		Indexes: []db.Index{{Name: "access_reviews_closed", Cols: "closed_at, id"}},
	},
	{
		Name: "access_review_lines", Kind: db.LocalTable, Key: "review, account",
		Cols: db.Cols(`review big, account big, name text, levels text, affiliation text, processor text, until_day text, seen_day text, second int
			unused text, proposal text, lower_to text
			decision text, levels_after text, until_after text, reason text, decided_by big, decided_name text, decided_at big, alone int`),
	},
}}

// SamePerson reports whether two accounts are one person's as far as can be told:
// the same account, the same name however it is written, or the same address but
// for a tag ("asta+2@bolaget.example"). Nobody is a second pair of eyes for themselves.
func SamePerson(a, b *staff.Account) bool {
	return a.ID == b.ID || plain(a.Name) == plain(b.Name) || mailbox(a.Email) == mailbox(b.Email)
}

func plain(s string) string {
	return cases.Fold().String(norm.NFKC.String(strings.Join(strings.Fields(s), " ")))
}

func mailbox(email string) string {
	local, domain, _ := strings.Cut(plain(email), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// reasonOf checks a reason: some words, and not a page of them.
func reasonOf(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	switch n := len([]rune(text)); {
	case n < 5:
		return "", fault.New(fault.Invalid, "access.reason", "give a reason in a few words").In("reason")
	case n > 300:
		return "", fault.New(fault.Invalid, "access.reason_long", "the reason holds more than 300 characters").In("reason")
	}
	return text, nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
