package people

import (
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// methods are the ways in which a member of staff can be told something.
var methods = []string{"letter", "phone", "in person"}

// told is what a member of staff enters: what a person said, how and when.
type told struct {
	Act, Purpose, Channel, Method string
	Received, Signed, Evidence    string
}

// permission enters what a person said by letter, by phone or in person. It is the
// person's own act, entered by staff, and holds at once. law: GDPR 7(3), 21(3)
func permission(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	t, err := readTold(d)
	if err != nil {
		return d.Back(path(who)+"#permission", err)
	}
	changed := false
	err = d.Act(func(tx *db.Tx) error {
		if _, err := must(d, tx, who); err != nil {
			return err
		}
		if changed, err = t.record(d, tx, who); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "permission." + t.Act, Kind: "person", Object: who.String(), Person: who,
			Detail: map[string]string{"purpose": t.Purpose, "channel": t.Channel, "method": t.Method}})
	})
	if err != nil {
		return d.Back(path(who)+"#permission", err)
	}
	if !changed {
		return d.Done(path(who), d.T("permit.saved.same"))
	}
	return d.Done(path(who), d.T("permit.saved."+t.Act))
}

func readTold(d *desk.Desk) (t told, err error) {
	f, err := d.Form(0)
	if err != nil {
		return t, err
	}
	t = told{Act: f.Get("act"), Purpose: f.Get("purpose"), Channel: f.Get("channel"), Method: f.Get("method"), Signed: f.Get("signed")}
	if t.Method == "" {
		t.Method = methods[0]
	}
	if t.Evidence, err = needText(f, "evidence", 2000); err != nil {
		return t, err
	}
	if t.Received, err = f.Need("received", 10); err != nil {
		return t, err
	}
	return t, t.check(d)
}

func needText(f door.Fields, name string, most int) (string, error) {
	s, err := f.Text(name, most)
	if err == nil && s == "" {
		err = fault.New(fault.Invalid, "form.missing", "the field is empty").In(name)
	}
	return s, err
}

// check refuses what the form cannot have offered.
func (t told) check(d *desk.Desk) error {
	wrong := func(field string) error {
		return fault.New(fault.Invalid, "form.choice", "choose one of what the form offers").In(field)
	}
	if !slices.Contains([]string{"consent", "withdraw", "prohibit"}, t.Act) {
		return wrong("act")
	}
	if !slices.Contains(methods, t.Method) {
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

// record stores the entry with its evidence.
func (t told) record(d *desk.Desk, tx *db.Tx, who id.ID) (bool, error) {
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
func (t told) moment(d *desk.Desk, tx *db.Tx) int64 {
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
func (t told) scope() string {
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
