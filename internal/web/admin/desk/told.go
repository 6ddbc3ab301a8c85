package desk

import (
	"slices"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// Methods are the ways in which a member of staff can be told something.
var Methods = []string{"letter", "phone", "in person"}

// Told is what a member of staff enters: what a person said, how and when. It is the
// person's own act and holds at once. law: GDPR 7(3), 21(3)
type Told struct {
	Act      string // consent, withdraw, prohibit
	Purpose  string // of the notice; "" of a prohibition: every one
	Channel  string // "" of a prohibition: every one
	Method   string // one of Methods
	Received string // day it arrived, ISO
	Signed   string // day on the letter, ISO; may be empty
	Evidence string // what was said, in words
}

// Check refuses what the form cannot have offered.
func (t *Told) Check(d *Desk) error {
	wrong := func(field string) error {
		return fault.New(fault.Invalid, "form.choice", "choose one of what the form offers").In(field)
	}
	if !slices.Contains([]string{"consent", "withdraw", "prohibit"}, t.Act) {
		return wrong("act")
	}
	if !slices.Contains(Methods, t.Method) {
		return wrong("method")
	}
	if t.Act == "consent" || t.Purpose != "" {
		if t.Channel == "" && t.Act != "prohibit" {
			return fault.New(fault.Invalid, "ledger.consent_scope", "a consent is for one purpose by one channel").In("channel")
		}
		if _, ok := d.Facts.Purpose(t.Purpose); !ok {
			return fault.New(fault.Invalid, "notice.no_purpose", "the notice has no such purpose").In("purpose")
		}
	}
	if t.Channel != "" && !slices.Contains(d.Facts.Channels(), t.Channel) {
		return wrong("channel")
	}
	for _, date := range []string{t.Received, t.Signed} {
		if _, err := time.Parse(time.DateOnly, date); date != "" && (err != nil || date > d.Today()) {
			return fault.New(fault.Invalid, "form.date", "the day is a date that has come").In("received")
		}
	}
	return nil
}

// Record stores the entry with its evidence; the answer tells whether it was new.
func (t *Told) Record(d *Desk, tx *db.Tx, who id.ID) (bool, error) {
	said := outbox.Said{Method: t.Method, Said: t.moment(d, tx), Notice: d.Version,
		Evidence: &ledger.Evidence{Text: t.Evidence, Signed: t.Signed, Received: t.Received, Language: d.Lang()}}
	if t.Act == "prohibit" {
		return d.Outbox.Object(tx, who, said, t.scope())
	}
	if t.Purpose == "" && t.Act == "withdraw" {
		return false, fault.New(fault.Invalid, "ledger.consent_scope", "a consent is for one purpose by one channel").In("purpose")
	}
	kind := map[string]ledger.Kind{"consent": ledger.Consent, "withdraw": ledger.Withdrawal}[t.Act]
	e := ledger.Entry{Kind: kind, Purpose: t.Purpose, Channel: t.Channel, SaidBy: ledger.ByPerson, Method: t.Method, Effective: said.Said, Notice: d.Version}
	if t.Signed != "" {
		e.Strength = "signed"
	}
	_, err := d.Ledger.Record(tx, who, said.Evidence, e)
	return err == nil, err
}

// moment is when what was said takes effect: now for what arrived today; a no of
// an earlier day counts for the whole of that day, a yes from its beginning, so
// that of two words of one day the no holds.
func (t *Told) moment(d *Desk, tx *db.Tx) int64 {
	if t.Received == d.Today() {
		return tx.Now()
	}
	from, to := d.Day(t.Received)
	if t.Act == "consent" {
		return clock.Ms(from)
	}
	return clock.Ms(to) - 1
}

// scope is what a prohibition covers.
func (t *Told) scope() string {
	switch {
	case t.Purpose == "" && t.Channel == "":
		return outbox.ScopeAll
	case t.Purpose == "":
		return outbox.ScopeChannel(t.Channel)
	case t.Channel == "":
		return "purpose:" + t.Purpose
	}
	return outbox.ScopePurpose(t.Purpose, t.Channel)
}

// Person reads the person a request is about. One who was merged away is given as
// the person they turned out to be.
func (d *Desk) Person(tx *db.Tx, who id.ID) (*party.Person, error) {
	p, found, err := d.Party.Get(tx, who)
	if err != nil || found && p.Status != party.Erased {
		return p, err
	}
	to, err := d.Party.Forward(tx, who)
	if err != nil {
		return nil, err
	}
	if to != who {
		if p, found, err = d.Party.Get(tx, to); err != nil || found && p.Status != party.Erased {
			return p, err
		}
	}
	return nil, party.NotFound()
}
