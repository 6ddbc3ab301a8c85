package access

import (
	"slices"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
)

// Idle is how long an account may go unused, and a right at least be counted,
// before a review proposes to take it away.
const Idle = 90 * 24 * time.Hour

// The decisions of a review.
const (
	Keep    = "keep"
	Lower   = "lower"    // to the levels proposed
	Disable = "disable"  // the account
	EndDate = "end_date" // keep the levels, and set a last day
)

// Review is one round. It is open until ClosedAt.
type Review struct {
	ID        id.ID
	StartedAt time.Time
	StartedBy id.ID
	Owner     string // whom the notice names
	Since     string // ISO: rights not used since then count as unused
	Measured  string // ISO: since when use is counted
	ClosedAt  time.Time
	ClosedBy  id.ID
	Next      string // ISO: the next round
	Digest    string // hex, of the document
}

// Line is one account in a round, as it was when the round began, and what was
// decided. Decision is empty until then.
type Line struct {
	Review, Account        id.ID
	Name                   string
	Levels                 []string
	Affiliation, Processor string
	Until, Seen            string // ISO days; Seen "" when never
	Second                 bool   // has a second factor
	Unused                 []string
	Proposals              []string // Disable, Lower, EndDate
	LowerTo                []string
	Decision               string
	After                  []string // levels
	UntilAfter             string
	Reason                 string
	DecidedBy              id.ID
	DecidedName            string
	DecidedAt              time.Time
	Alone                  bool // decided by the account's own person, because there is nobody else
}

const (
	reviewCols = `id, started_at, started_by, owner, since_day, measured_day, closed_at, closed_by, next_day, digest`
	lineCols   = `review, account, name, levels, affiliation, processor, until_day, seen_day, second, unused, proposal, lower_to,
		decision, levels_after, until_after, reason, decided_by, decided_name, decided_at, alone`
)

var (
	insertReview = db.SQL(db.Local, `INSERT INTO access_reviews (id, started_at, started_by, owner, since_day, measured_day, closed_at, closed_by, next_day, digest)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '', '')`)
	reviewByID = db.SQL(db.Local, `SELECT `+reviewCols+` FROM access_reviews WHERE id = $1`)
	openReview = db.SQL(db.Local, `SELECT `+reviewCols+` FROM access_reviews WHERE closed_at = 0 ORDER BY id DESC LIMIT 1`)
	reviews    = db.SQL(db.Local, `SELECT `+reviewCols+` FROM access_reviews WHERE closed_at > 0 ORDER BY closed_at DESC, id DESC LIMIT 50`)
	insertLine = db.SQL(db.Local, `INSERT INTO access_review_lines (`+lineCols+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', '', '', 0, '', 0, 0)`)
	linesOf    = db.SQL(db.Local, `SELECT `+lineCols+` FROM access_review_lines WHERE review = $1 ORDER BY name, account`)
	decideLine = db.SQL(db.Local, `UPDATE access_review_lines SET decision = $3, levels_after = $4, until_after = $5, reason = $6,
		decided_by = $7, decided_name = $8, decided_at = $9, alone = $10 WHERE review = $1 AND account = $2 AND decision = ''`)
	closeReview = db.SQL(db.Local, `UPDATE access_reviews SET closed_at = $2, closed_by = $3, next_day = $4, digest = $5 WHERE id = $1 AND closed_at = 0`)
)

func scanReview(scan db.Scan) (r Review, err error) {
	var started, closed int64
	err = scan(&r.ID, &started, &r.StartedBy, &r.Owner, &r.Since, &r.Measured, &closed, &r.ClosedBy, &r.Next, &r.Digest)
	r.StartedAt, r.ClosedAt = clock.FromMs(started), clock.FromMs(closed)
	return r, err
}

func scanLine(scan db.Scan) (l Line, err error) {
	var levels, unused, proposals, lower, after string
	var decided int64
	var alone, second int
	err = scan(&l.Review, &l.Account, &l.Name, &levels, &l.Affiliation, &l.Processor, &l.Until, &l.Seen, &second, &unused, &proposals, &lower,
		&l.Decision, &after, &l.UntilAfter, &l.Reason, &l.DecidedBy, &l.DecidedName, &decided, &alone)
	l.Levels, l.Proposals, l.LowerTo, l.After = strings.Fields(levels), strings.Fields(proposals), strings.Fields(lower), strings.Fields(after)
	if unused != "" {
		l.Unused = strings.Split(unused, ",")
	}
	l.DecidedAt, l.Alone, l.Second = clock.FromMs(decided), alone == 1, second == 1
	return l, err
}

// Open gives the round under way; found is false when there is none.
func (r *Room) Open(tx *db.Tx) (v Review, found bool, err error) {
	err = tx.Each(openReview, func(scan db.Scan) error { v, err = scanReview(scan); found = true; return err })
	return v, found, err
}

// Review reads a round by its id.
func (r *Room) Review(tx *db.Tx, which id.ID) (v Review, err error) {
	found := false
	err = tx.Each(reviewByID, func(scan db.Scan) error { v, err = scanReview(scan); found = true; return err }, which)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "access.no_review", "there is no such access review")
	}
	return v, err
}

// Reviews lists the rounds that are over, the latest first, at most 50.
func (r *Room) Reviews(tx *db.Tx) (out []Review, err error) {
	err = tx.Each(reviews, func(scan db.Scan) error {
		v, err := scanReview(scan)
		out = append(out, v)
		return err
	})
	return out, err
}

// Lines lists the accounts of a round by name.
func (r *Room) Lines(tx *db.Tx, review id.ID) (out []Line, err error) {
	err = tx.Each(linesOf, func(scan db.Scan) error {
		l, err := scanLine(scan)
		out = append(out, l)
		return err
	}, review)
	return out, err
}

// StartReview begins a round over all accounts that are not disabled, with a
// proposal for each; owner is whom the notice names. One round is open at a time.
func (r *Room) StartReview(tx *db.Tx, n *noticedef.Notice, by id.ID, owner string) (Review, error) {
	if _, busy, err := r.Open(tx); err != nil || busy {
		if err == nil {
			err = fault.New(fault.Conflict, "access.review_open", "a review is under way already")
		}
		return Review{}, err
	}
	measured, err := r.MeasuredSince(tx)
	if err != nil {
		return Review{}, err
	}
	past, err := r.Reviews(tx)
	if err != nil {
		return Review{}, err
	}
	since := day(tx.Time().Add(-Idle))
	if len(past) > 0 {
		since = min(since, day(past[0].ClosedAt))
	}
	v := Review{ID: tx.NewID(), StartedAt: tx.Time(), StartedBy: by, Owner: owner, Since: since, Measured: measured}
	if _, err := tx.Exec(insertReview, v.ID, tx.Now(), by, owner, v.Since, v.Measured); err != nil {
		return Review{}, err
	}
	count, err := r.addLines(tx, n, v)
	if err != nil {
		return Review{}, err
	}
	return v, audit.Write(tx, audit.Entry{Action: "access.review_start", Kind: "access review", Object: v.ID.String(), Count: count})
}

func (r *Room) addLines(tx *db.Tx, n *noticedef.Notice, v Review) (count int, err error) {
	all, err := staff.List(tx)
	for _, a := range all {
		if err == nil && a.DisabledAt.IsZero() {
			count++
			err = r.addLine(tx, n, v, a)
		}
	}
	return count, err
}

func (r *Room) addLine(tx *db.Tx, n *noticedef.Notice, v Review, a *staff.Account) error {
	used, err := r.Used(tx, a.ID)
	if err != nil {
		return err
	}
	c := Case{Levels: a.Levels, Used: map[string]string{}, Since: v.Since, Measured: v.Measured, Made: day(a.CreatedAt), Today: day(tx.Time()),
		Stale: day(tx.Time().Add(-Idle)), Processor: a.Affiliation == staff.Processor, Until: a.Until}
	for _, u := range used {
		c.Used[u.Right] = u.Last
	}
	p := Propose(n, c)
	_, err = tx.Exec(insertLine, v.ID, a.ID, a.Name, strings.Join(a.Levels, " "), a.Affiliation, a.Processor, a.Until, c.Used[Present], bit(a.Second),
		strings.Join(p.Unused, ","), strings.Join(p.codes(), " "), strings.Join(p.To, " "))
	return err
}

// codes names what is proposed as decisions.
func (p Proposal) codes() (out []string) {
	for _, x := range []struct {
		on   bool
		code string
	}{{p.Disable, Disable}, {p.Lower, Lower}, {p.EndDate, EndDate}} {
		if x.on {
			out = append(out, x.code)
		}
	}
	return out
}

// Decision is what a reviewer says of one account.
type Decision struct {
	Review, Account id.ID
	What            string // Keep, Lower, Disable or EndDate
	Until           string // the last day, for EndDate
	Reason          string
}

// Answer records a decision and carries it out at once: levels, last day and
// disabling take effect with this transaction and end the account's sessions. The
// reviewer's own account waits for another reviewer, unless others is false:
// then there is nobody else, and the line is marked. Trying it otherwise is
// refused with the key access.own_line.
func (r *Room) Answer(tx *db.Tx, by *staff.Account, d Decision, others bool) error {
	v, err := r.Review(tx, d.Review)
	if err != nil {
		return err
	}
	l, a, err := r.line(tx, v, d.Account)
	if err != nil {
		return err
	}
	own := SamePerson(a, by)
	if own && others {
		return fault.New(fault.Denied, "access.own_line", "another reviewer answers for one's own account")
	}
	if d.Reason, err = reasonOf(d.Reason); err != nil {
		return err
	}
	after, until, err := r.carryOut(tx, a, l, d)
	if err != nil {
		return err
	}
	n, err := tx.Exec(decideLine, d.Review, d.Account, d.What, strings.Join(after, " "), until, d.Reason, by.ID, by.Name, tx.Now(), bit(own))
	if err == nil && n == 0 {
		err = errAnswered()
	}
	if err == nil {
		err = audit.Write(tx, audit.Entry{Action: "access.review_line", Kind: "account", Object: d.Account.String(),
			Detail: map[string]string{"review": d.Review.String(), "decision": d.What, "levels": strings.Join(after, " "), "reason": d.Reason}})
	}
	return err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func errAnswered() error {
	return fault.New(fault.Conflict, "access.answered", "this account has been answered for, or the review is over")
}

// line reads a line that is to be answered, and its account as it is now.
func (r *Room) line(tx *db.Tx, v Review, account id.ID) (Line, *staff.Account, error) {
	lines, err := r.Lines(tx, v.ID)
	if err != nil {
		return Line{}, nil, err
	}
	i := slices.IndexFunc(lines, func(l Line) bool { return l.Account == account })
	if i < 0 || lines[i].Decision != "" || !v.ClosedAt.IsZero() {
		return Line{}, nil, errAnswered()
	}
	a, err := staff.Get(tx, account)
	return lines[i], a, err
}

// carryOut does what was decided and gives the levels and last day afterwards.
func (r *Room) carryOut(tx *db.Tx, a *staff.Account, l Line, d Decision) (levels []string, until string, err error) {
	switch d.What {
	case Keep:
		return a.Levels, a.Until, nil
	case Lower:
		if !slices.Contains(l.Proposals, Lower) {
			return nil, "", fault.New(fault.Invalid, "access.no_proposal", "the review proposes no lower level for this account").In("what")
		}
		return l.LowerTo, a.Until, r.Staff.SetLevels(tx, a.ID, l.LowerTo)
	case EndDate:
		if d.Until == "" {
			return nil, "", fault.New(fault.Invalid, "staff.until", "the last day is a date from today on, such as 2027-06-30").In("until")
		}
		return a.Levels, d.Until, r.Staff.SetUntil(tx, a.ID, d.Until)
	case Disable:
		if !a.DisabledAt.IsZero() {
			return nil, a.Until, nil // somebody was quicker, which is what was decided
		}
		return nil, a.Until, r.Staff.Disable(tx, a.ID)
	}
	return nil, "", fault.New(fault.Invalid, "access.decision", "choose what is to become of the account").In("what")
}

// CloseReview ends a round in which every account has an answer. next is the
// day of the next one, after today. The digest of the document is stored and
// logged.
func (r *Room) CloseReview(tx *db.Tx, which, by id.ID, next string) (Review, error) {
	v, err := r.Review(tx, which)
	if err != nil {
		return v, err
	}
	lines, err := r.Lines(tx, which)
	if err != nil {
		return v, err
	}
	if _, err := time.Parse(time.DateOnly, next); err != nil || next <= day(tx.Time()) {
		return v, fault.New(fault.Invalid, "access.next", "the next review is on a day to come").In("next")
	}
	if slices.ContainsFunc(lines, func(l Line) bool { return l.Decision == "" }) {
		return v, fault.New(fault.Conflict, "access.unanswered", "some accounts have no answer yet")
	}
	v.ClosedAt, v.ClosedBy, v.Next = tx.Time(), by, next
	v.Digest = DigestOf(v, lines)
	n, err := tx.Exec(closeReview, which, tx.Now(), by, next, v.Digest)
	if err == nil && n == 0 {
		err = errAnswered()
	}
	if err == nil {
		err = audit.Write(tx, audit.Entry{Action: "access.review_close", Kind: "access review", Object: which.String(), Count: len(lines),
			Detail: map[string]string{"next": next, "digest": v.Digest, "outcome": outcome(lines)}})
	}
	return v, err
}
