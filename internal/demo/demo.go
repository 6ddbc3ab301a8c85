// Package demo invents the register of Nordanvind Oy, a company that does not
// exist, so that somebody who looks at Kartotek for the first time finds two
// years of ordinary work in it: people and organisations, permissions with their
// evidence, an import from another tool, two newsletters that really went out by
// SMTP, and one in draft.
//
// # How it is made
//
// Nothing is written past the rooms: every row comes of the same acts that pages,
// imports and jobs use, so the register is one that could have come about. What
// happened is a list of scenes, each with its day and who did it (history.go).
// Invent plays them in order and moves the register's clock on from one to the
// next, never back, because ids are made from time:
//
//	26 months ago   a first notice, staff, organisations, the import from Mailchimp
//	                sign-ups, customers, a trade fair, changed titles, moves, letters
//	5 months ago    the present notice
//	40 days ago     a newsletter; some refuse afterwards, each in their own way
//	10 days ago     another one, which no longer reaches them
//	now             a draft, three saved segments
//
// # Files
//
//	notice.go     both versions of the notice, with dates that suit the day
//	cast.go       who is in the register: people, organisations, addresses
//	history.go    what happened, in order
//	edits.go      what changed about people, and was mistaken and put right
//	objections.go what people forbade, and how they said it
//	mailchimp.go  the export of the tool the company left
//	letters.go    the newsletters; text/ holds their words in three languages
//
// Nobody in it exists: all addresses end in .example, and telephone numbers begin
// with zeros that no operator assigns. The same day always gives the same people.
package demo

import (
	"context"
	"slices"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/segment"
	"kartotek/internal/staff"
)

// Rooms are the rooms of the register to be filled. Campaign.Channel must lead to
// a catcher, because the newsletters are really sent.
type Rooms struct {
	DB       *db.DB
	Notice   *notice.Room
	Party    *party.Room
	Ledger   *ledger.Room
	Outbox   *outbox.Room
	Segment  *segment.Room
	Campaign *campaign.Room
	Exchange *exchange.Room
	Staff    *staff.Room
}

// Result is what Invent hands back.
type Result struct {
	Made        bool   // false when the register had a notice already and was left alone
	SignInToken string // signs in once as the owner, within a quarter of an hour; "" when not Made
}

// days is how long ago the story begins: 26 months.
const days = 790

// Start is the moment the story begins. A clock for Invent stands there when the
// register is opened.
func Start(now time.Time) time.Time { return clockAt(now, days, 8, 0) }

// clockAt is a time of day some days before now, in UTC.
func clockAt(now time.Time, daysAgo, hour, minute int) time.Time {
	y, m, d := now.UTC().Date()
	return time.Date(y, m, d-daysAgo, hour, minute, 0, 0, time.UTC)
}

// Invent fills an empty register whose clock is clk and stands at Start(now); in
// the end clk stands at now. A register that has a notice is left alone. It takes
// a few seconds.
//
// It is many transactions: a process that dies on the way leaves a register that
// has a notice and half a history. Whoever must not see that builds it in a folder
// beside and renames that in the end.
func Invent(ctx context.Context, h Rooms, clk *clock.Fixed, now time.Time) (out Result, err error) {
	made := false
	err = h.DB.View(ctx, db.System("demo"), func(tx *db.Tx) error {
		all, err := h.Notice.Versions(tx)
		made = len(all) > 0
		return err
	})
	if err != nil || made {
		return out, err
	}
	if h.DB.Clock() != clock.Clock(clk) || clk.Now().After(Start(now)) {
		return out, fault.New(fault.Invalid, "demo.clock", "the register's clock must stand at the beginning of the story")
	}
	if h.Campaign.Channel == nil {
		return out, fault.New(fault.Invalid, "demo.channel", "the newsletters of the demonstration need a mail server")
	}
	s := &story{Rooms: h, ctx: ctx, clk: clk, now: now.UTC(), cast: newCast()}
	if err := s.tell(); err != nil {
		return out, err
	}
	s.moveTo(s.now)
	out.Made = true
	out.SignInToken, err = SignIn(ctx, h)
	return out, err
}

// SignIn makes a one-time token that signs in as the invented owner, for the line
// printed at each start.
func SignIn(ctx context.Context, h Rooms) (token string, err error) {
	err = h.DB.Do(ctx, db.System("demo"), func(tx *db.Tx) error {
		owner, err := staff.Find(tx, ownerEmail)
		if err != nil {
			return err
		}
		token, err = h.Staff.Link(tx, owner.ID, staff.SignInLink)
		return err
	})
	return token, err
}

// story is the register while it is being invented.
type story struct {
	Rooms
	ctx    context.Context
	clk    *clock.Fixed
	now    time.Time
	cast   *cast
	desk   map[string]db.By                         // who works there, by first name
	scenes []scene                                  // still to be played
	sent   id.ID                                    // the newsletter sent last
	from   struct{ staff, form, fair, trade id.ID } // where values came from
}

// scene is one act, with its moment and who did it.
type scene struct {
	at time.Time
	by db.By
	do func(tx *db.Tx) error
}

// scene adds an act to what is played next. Scenes of one moment are played in
// the order they were added.
func (s *story) scene(daysAgo, hour, minute int, by db.By, do func(tx *db.Tx) error) {
	s.scenes = append(s.scenes, scene{clockAt(s.now, daysAgo, hour, minute), by, do})
}

// play plays the scenes that come before the morning of a day.
func (s *story) play(daysAgo int) error {
	until := clockAt(s.now, daysAgo, 8, 0)
	slices.SortStableFunc(s.scenes, func(a, b scene) int { return a.at.Compare(b.at) })
	for len(s.scenes) > 0 && s.scenes[0].at.Before(until) {
		c := s.scenes[0]
		s.scenes = s.scenes[1:]
		s.moveTo(c.at)
		if err := s.DB.Do(s.ctx, c.by, c.do); err != nil {
			return err
		}
	}
	return nil
}

// moveTo moves the clock on; it is never moved back.
func (s *story) moveTo(at time.Time) {
	if d := at.Sub(s.clk.Now()); d > 0 {
		s.clk.Move(d)
	}
}

// tell plays the whole story.
func (s *story) tell() error {
	for _, part := range []func() error{
		s.begin, s.leaveMailchimp, s.firstLetter, s.afterFirstLetter, s.secondLetter, s.afterSecondLetter, s.today,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}
