package app

import (
	"context"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// PersonView is what the register holds about a person, in words.
type PersonView struct {
	ID          id.ID        `json:"id"`
	Name        string       `json:"name"`
	Kind        string       `json:"kind"` // natural or legal
	Status      string       `json:"status"`
	Registered  string       `json:"registered"`
	Values      []Value      `json:"values"`
	Tags        []string     `json:"tags"`
	May         []May        `json:"may"`
	Permissions []Permission `json:"permissions"`
	History     []Step       `json:"history"`
}

// Value is one value with where it came from.
type Value struct {
	Field   string `json:"field"`
	Value   string `json:"value"`
	Source  string `json:"source"`
	First   string `json:"first"`
	Changed string `json:"changed"`
}

// May is one cell of "may we?".
type May struct {
	Purpose string `json:"purpose"`
	Channel string `json:"channel"`
	permit.Verdict
	NoAddress bool `json:"no_address,omitempty"` // allowed, and there is no address to use
}

// Permission is one entry of the ledger.
type Permission struct {
	Entry     id.ID  `json:"entry"`
	Kind      string `json:"kind"`
	About     string `json:"about"`
	Effective string `json:"effective"`
	Recorded  string `json:"recorded"`
	SaidBy    string `json:"said_by"`
	Method    string `json:"method"`
	Strength  string `json:"strength,omitempty"`
	Evidence  string `json:"evidence,omitempty"`
	By        string `json:"by"`
}

// Step is one field's change.
type Step struct {
	At    string `json:"at"`
	Kind  string `json:"kind"`
	Field string `json:"field,omitempty"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
	By    string `json:"by"`
}

// Show reads everything about the person an address belongs to; the reading is logged with it.
func (h *House) Show(ctx context.Context, by db.By, address string) (v *PersonView, err error) {
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		who, err := h.find(tx, address)
		if err != nil {
			return err
		}
		if v, err = h.view(tx, who); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.read", Kind: "person", Person: who})
	})
	return v, err
}

func (h *House) view(tx *db.Tx, who id.ID) (*PersonView, error) {
	p, found, err := h.Party.Get(tx, who)
	if err != nil || !found {
		return nil, orNotFound(err)
	}
	v := &PersonView{ID: p.ID, Name: p.Name(), Kind: p.Subject(), Status: p.Status.String(), Registered: p.RegisteredOn(),
		Values: []Value{}, Tags: []string{}, May: []May{}, Permissions: []Permission{}, History: []Step{}} // empty lists, not null, for scripts
	tags, err := h.Party.Tags(tx, who)
	if err != nil {
		return nil, err
	}
	v.Tags = append(v.Tags, tags...)
	for _, fill := range []func(*db.Tx, *party.Person, *PersonView) error{h.values, h.may, h.permissions, h.steps} {
		if err := fill(tx, p, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func orNotFound(err error) error {
	if err == nil {
		err = party.NotFound()
	}
	return err
}

func (h *House) values(tx *db.Tx, p *party.Person, v *PersonView) (err error) {
	p.Each(func(field, value string) {
		o := p.OriginOf(field)
		src, e := h.Party.SourceOf(tx, o.Source)
		if e != nil {
			err = e
		}
		label := src.Kind
		if src.Label != "" {
			label += ": " + src.Label
		}
		v.Values = append(v.Values, Value{field, value, label, date(o.First), date(o.Changed)})
	})
	return err
}

func (h *House) may(tx *db.Tx, p *party.Person, v *PersonView) error {
	in, err := h.version(tx, 0)
	if err != nil {
		return err
	}
	for _, purpose := range in.Notice.PurposeList() {
		for _, channel := range purpose.Channels {
			q, err := in.PermitQuestion(purpose.ID, channel, tx.Time())
			if err != nil {
				return err
			}
			s, err := h.Outbox.DecideOne(tx, p.ID, q, nil)
			if err != nil {
				return err
			}
			v.May = append(v.May, May{purpose.ID, channel, s.Verdict, outbox.Why(s, channel) == outbox.CodeNoAddress})
		}
	}
	return nil
}

func (h *House) permissions(tx *db.Tx, p *party.Person, v *PersonView) error {
	entries, err := h.Ledger.Entries(tx, p.ID)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		ev, err := h.Ledger.EvidenceOf(tx, e)
		if err != nil {
			return err
		}
		out := Permission{Entry: e.ID, Kind: string(e.Kind), About: About(e), Effective: date(e.Effective), Recorded: stamp(e.At),
			SaidBy: string(e.SaidBy), Method: e.Method, Strength: e.Strength, By: e.ByName}
		if out.Evidence, err = h.proofOf(tx, e, ev); err != nil {
			return err
		}
		v.Permissions = append(v.Permissions, out)
	}
	return nil
}

// proofOf is what shows an entry: its own evidence, or that of the source it came by.
func (h *House) proofOf(tx *db.Tx, e *ledger.Entry, ev *ledger.Evidence) (string, error) {
	if ev != nil {
		return ev.Text, nil
	}
	src, err := h.Party.SourceOf(tx, e.Source)
	return src.Label, err
}

func (h *House) steps(tx *db.Tx, p *party.Person, v *PersonView) error {
	all, err := h.Party.History(tx, p.ID)
	for _, c := range all {
		for _, d := range c.Diff {
			v.History = append(v.History, Step{stamp(c.At), c.Kind, d.Field, d.Old, d.New, c.ByName})
		}
		if len(c.Diff) == 0 {
			v.History = append(v.History, Step{At: stamp(c.At), Kind: c.Kind, By: c.ByName})
		}
	}
	return err
}

func date(ms int64) string { return clock.FromMs(ms).Format(time.DateOnly) }

func stamp(ms int64) string { return clock.FromMs(ms).Format(time.RFC3339) }
