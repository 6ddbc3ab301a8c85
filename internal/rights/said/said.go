// Package said brings what people say to the rights desk into the ledger: objections
// and withdrawals of consent. law: GDPR 21(3), GDPR 7(3)
//
// What is said takes effect when it arrived, not when somebody came to it. The hour is
// seldom known, so it counts from the end of that day: whatever else the person said
// on it, the no comes last. The entry names the case as its evidence.
package said

import (
	"slices"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/rights"
)

// heard are the methods of the ledger by the channel of a request.
var heard = map[string]string{"web": "form", "email": "letter", "post": "letter", "phone": "phone", "in_person": "in person", "agent": "letter"}

// Object gives what records the objection of a case, in the ledger's scopes.
func Object(l *ledger.Room) func(tx *db.Tx, c *rights.Case, scopes []string) error {
	return func(tx *db.Tx, c *rights.Case, scopes []string) error {
		var all []ledger.Entry
		for _, s := range scopes {
			all = append(all, entry(tx, c, ledger.Entry{Kind: ledger.Prohibition, Scope: s}))
		}
		return record(tx, l, c, all)
	}
}

// Withdraw gives what records that a person's consents are withdrawn: those for some
// purposes, or all.
func Withdraw(l *ledger.Room) func(tx *db.Tx, c *rights.Case, purposes []string) error {
	return func(tx *db.Tx, c *rights.Case, purposes []string) error {
		packed, err := l.Standing(tx, c.Person)
		if err != nil {
			return err
		}
		consents, _ := ledger.Unpack(packed)
		var all []ledger.Entry
		for _, g := range consents {
			if g.Withdrawn == nil && (len(purposes) == 0 || slices.Contains(purposes, g.Purpose)) {
				all = append(all, entry(tx, c, ledger.Entry{Kind: ledger.Withdrawal, Purpose: g.Purpose, Channel: g.Channel}))
			}
		}
		return record(tx, l, c, all)
	}
}

const day = 24 * time.Hour

func entry(tx *db.Tx, c *rights.Case, e ledger.Entry) ledger.Entry {
	e.SaidBy, e.Method, e.Strength, e.Notice = ledger.ByPerson, heard[c.Channel], "single", c.Notice
	if at := clock.Ms(c.Received.Time().Add(day)) - 1; at < tx.Now() {
		e.Effective = at
	}
	return e
}

func record(tx *db.Tx, l *ledger.Room, c *rights.Case, all []ledger.Entry) error {
	if len(all) == 0 {
		return nil
	}
	_, err := l.Record(tx, c.Person, &ledger.Evidence{Text: c.Ref, Received: string(c.Received), Language: c.Language}, all...)
	return err
}
