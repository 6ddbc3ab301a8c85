package app

import (
	"context"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/erasing"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/web/admin/importing"
)

// Publish puts a notice in force and logs it. What was found in the file is
// given in either case; anything of severity error refuses it.
func (h *House) Publish(ctx context.Context, by db.By, src []byte, approvedBy, effective string) (v *notice.Version, found []noticedef.Finding, err error) {
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		if v, err = h.Notice.Publish(tx, src, approvedBy, effective); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "notice.publish", Kind: "notice", Object: v.Hash})
	})
	if found = notice.FindingsOf(err); found == nil {
		_, found = noticedef.Lint("notice", src, h.DB.Now())
	}
	return v, found, err
}

// Import begins an import, or goes on with the same one, and runs it in this
// process; a server beside it may take it over if this process dies.
func (h *House) Import(ctx context.Context, by db.By, files []string, opt exchange.Options, show func(exchange.Counts, int64, int64)) (*exchange.Import, error) {
	m, err := h.Exchange.Begin(ctx, by, files, opt)
	if err != nil {
		return nil, err
	}
	m, err = h.importOnce(ctx, by, m, show)
	if err == nil && m.State == "running" {
		// The queue held the work of processes that died, with its tries used up.
		// Whoever asks again gets all of them.
		m, err = h.importOnce(ctx, by, m, show)
	}
	if err == nil && m.State != "done" {
		err = fault.New(fault.Conflict, "import.not_finished", "the import did not finish (%s); ask for it again to go on", m.Error)
	}
	return m, err
}

// importOnce runs what the queue holds of an import, and reads how it stands then.
func (h *House) importOnce(ctx context.Context, by db.By, m *exchange.Import, show func(exchange.Counts, int64, int64)) (*exchange.Import, error) {
	if err := h.DB.Do(ctx, by, func(tx *db.Tx) error { return h.EnqueueImport(tx, m) }); err != nil {
		return nil, err
	}
	run := &job.Runner{DB: h.DB, Workers: 1}
	h.handleImport(run, show)
	if err := run.RunUntilIdle(ctx, job.Filter{Kinds: []string{importing.KindImport}, KeyPrefix: m.ID.String()}); err != nil {
		return nil, err
	}
	err := h.DB.View(ctx, by, func(tx *db.Tx) (err error) { m, err = h.Exchange.Get(tx, m.ID); return err })
	return m, err
}

// EnqueueImport puts an import into the queue and logs that it was begun.
func (h *House) EnqueueImport(tx *db.Tx, m *exchange.Import) error {
	_, _, err := job.Enqueue(tx, importing.KindImport, m.ID.String(), m.ID, job.Opt{Total: m.Info.Bytes})
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "import.begin", Kind: "import", Object: m.ID.String()})
}

func (h *House) handleImport(run *job.Runner, show func(exchange.Counts, int64, int64)) {
	run.Handle(importing.KindImport, func(ctx context.Context, j *job.Job) error {
		imp, err := id.Parse(j.Key)
		if err != nil {
			return job.Permanent(err)
		}
		m, err := h.Exchange.Run(ctx, imp, j.Hold, func(c exchange.Counts, done, total int64) {
			_ = j.Tell(ctx, job.Progress{Done: done, Total: total})
			if show != nil {
				show(c, done, total)
			}
		})
		if err != nil && m != nil && m.State == "failed" {
			return job.Permanent(err)
		}
		return err
	})
}

// Asked is a question about one address or everybody.
type Asked struct {
	Purpose, Channel, Class string
	Address                 string // "" for everybody
	At                      time.Time
}

// Decide answers for everybody, or for one person, in key order. The notice in
// force at the time asked about gives class and basis. The reading is logged.
func (h *House) Decide(ctx context.Context, by db.By, a Asked, fn func(who id.ID, address string, v permit.Verdict) error) error {
	by.Purpose = a.Purpose
	q, err := h.asked(ctx, by, a)
	if err != nil {
		return err
	}
	if a.Address != "" {
		return h.decideOne(ctx, by, a, q, fn)
	}
	if err := h.Audit.Seen(ctx, by, audit.Entry{Action: "decide", Kind: "people", Detail: map[string]string{"channel": a.Channel}}); err != nil {
		return err
	}
	return h.Outbox.DecideAll(ctx, by, q, nil, func(s *outbox.Subject) error {
		if s.Person.Status == party.Erased {
			return nil
		}
		_, addr := outbox.AddressOf(s.Person, a.Channel)
		return fn(s.Person.ID, addr, s.Verdict)
	})
}

func (h *House) asked(ctx context.Context, by db.By, a Asked) (q permit.Question, err error) {
	err = h.DB.View(ctx, by, func(tx *db.Tx) error {
		in, found, err := h.Notice.InForceAt(tx, a.At)
		if err == nil && !found {
			err = notice.None()
		}
		if err != nil {
			return err
		}
		q, err = in.PermitQuestion(a.Purpose, a.Channel, a.At)
		return err
	})
	if err == nil && a.Class != "" && permit.Class(a.Class) != q.Class {
		err = fault.New(fault.Denied, "decide.class", "the notice says this purpose is of class %s", q.Class).In("class")
	}
	return q, err
}

func (h *House) decideOne(ctx context.Context, by db.By, a Asked, q permit.Question, fn func(id.ID, string, permit.Verdict) error) error {
	return h.DB.Do(ctx, by, func(tx *db.Tx) error {
		who, err := h.find(tx, a.Address)
		if err != nil {
			return err
		}
		s, err := h.Outbox.DecideOne(tx, who, q, nil)
		if err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Entry{Action: "decide", Kind: "person", Person: who}); err != nil {
			return err
		}
		return fn(who, a.Address, s.Verdict)
	})
}

func (h *House) find(tx *db.Tx, address string) (id.ID, error) {
	who, found, err := h.Party.ByAddress(tx, address)
	if err == nil && !found {
		err = party.NotFound()
	}
	return who, err
}

// PlanErasure works out what erasing the person of an address would do.
func (h *House) PlanErasure(ctx context.Context, by db.By, address string, ask erasing.Ask) (who id.ID, plan *erasing.Plan, err error) {
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		if who, err = h.find(tx, address); err != nil {
			return err
		}
		if plan, err = h.Erasure.Plan(tx, who, ask); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.erase_plan", Kind: "person", Person: who})
	})
	return who, plan, err
}

// Said is what a person said, as a clerk enters it.
type Said struct {
	Address  string
	Act      string // consent, withdraw, prohibit
	Purpose  string
	Channel  string // email, sms, call, post, or all
	Evidence string
	Received string // day it arrived; "" for now
}

// Recorded is one entry made of it.
type Recorded struct {
	Entry     id.ID  `json:"entry"`
	Kind      string `json:"kind"`
	About     string `json:"about"`
	Effective string `json:"effective"`
	Now       string `json:"now,omitempty"` // of a consent: what is decided after it; a prohibition may stand above it
}

// SetPermission records what a person said. A consent entered by staff never
// lifts a prohibition: only an act of the person's own does.
func (h *House) SetPermission(ctx context.Context, by db.By, s Said) (out []Recorded, err error) {
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		out = nil
		who, err := h.find(tx, s.Address)
		if err != nil {
			return err
		}
		in, err := h.version(tx, 0)
		if err != nil {
			return err
		}
		entry, err := s.entry(in, tx.Time())
		if err != nil {
			return err
		}
		made, err := h.Ledger.Record(tx, who, &ledger.Evidence{Text: s.Evidence, Received: s.Received}, entry)
		if err != nil {
			return err
		}
		for _, e := range made {
			out = append(out, Recorded{Entry: e.ID, Kind: string(e.Kind), About: About(&e), Effective: clock.FromMs(e.Effective).Format(time.DateOnly)})
		}
		if s.Act == "consent" {
			if out[0].Now, err = h.codeNow(tx, in, who, s.Purpose, s.Channel); err != nil {
				return err
			}
		}
		return audit.Write(tx, audit.Entry{Action: "permission." + s.Act, Kind: "person", Person: who})
	})
	return out, err
}

func (h *House) codeNow(tx *db.Tx, in *notice.InForce, who id.ID, purpose, channel string) (string, error) {
	q, err := in.PermitQuestion(purpose, channel, tx.Time())
	if err != nil {
		return "", err
	}
	s, err := h.Outbox.DecideOne(tx, who, q, nil)
	if err != nil {
		return "", err
	}
	return s.Verdict.Code, nil
}

// About names what an entry is about: a purpose and channel, or a scope.
func About(e *ledger.Entry) string {
	if e.Scope != "" && e.Purpose == "" {
		return e.Scope
	}
	return e.Purpose + ":" + e.Channel
}

// eastmost is how far the earliest time zone is ahead of UTC.
const eastmost = 14 * time.Hour

func (s *Said) entry(in *notice.InForce, now time.Time) (ledger.Entry, error) {
	e := ledger.Entry{SaidBy: ledger.ByPerson, Method: "letter", Strength: "single", Notice: in.Number}
	if s.Received != "" {
		at, err := time.Parse(time.DateOnly, s.Received)
		if err != nil {
			if at, err = time.Parse(time.RFC3339, s.Received); err != nil {
				return e, fault.New(fault.Invalid, "permission.received", "the day of arrival is year-month-day").In("received")
			}
		}
		switch ahead := at.Sub(now); {
		case ahead > eastmost:
			return e, fault.New(fault.Invalid, "permission.received", "the day of arrival is still to come").In("received")
		case ahead > 0:
			at = now // today has begun where the clerk sits, not yet in UTC
		}
		e.Effective = clock.Ms(at)
	}
	p, known := in.Purpose(s.Purpose)
	if !known && s.Act == "consent" {
		return e, fault.New(fault.Invalid, "notice.no_purpose", "the register notice has no such purpose").In("purpose")
	}
	if s.Channel == "all" && s.Act != "prohibit" {
		return e, fault.New(fault.Invalid, "permission.channel", "a consent or its withdrawal names one channel").In("channel")
	}
	switch s.Act {
	case "prohibit":
		e.Kind, e.Scope = ledger.Prohibition, prohibits(p, known, s.Channel)
		return e, nil
	case "withdraw":
		e.Kind = ledger.Withdrawal
	case "consent":
		if _, err := in.PermitQuestion(s.Purpose, s.Channel, time.Time{}); err != nil {
			return e, err
		}
		e.Kind = ledger.Consent
	default:
		return e, fault.New(fault.Invalid, "permission.act", "the act is consent, withdraw or prohibit").In("act")
	}
	e.Purpose, e.Channel = s.Purpose, s.Channel
	return e, nil
}

// prohibits reads a prohibition broadly, as its author meant it at least: surveys
// are forbidden as research, one channel for all marketing, everything otherwise.
func prohibits(p noticedef.Purpose, known bool, channel string) string {
	switch {
	case known && p.Prohibition == "research":
		return outbox.ScopeResearch
	case known && p.Class == string(permit.Internal):
		return outbox.ScopeProfiling
	case channel == "all" || !known:
		return outbox.ScopeAll
	}
	return outbox.ScopeChannel(channel)
}
