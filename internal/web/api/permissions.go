package api

import (
	"strings"
	"time"
	"unicode/utf8"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/web/admin/desk"
)

type permission struct {
	ID        id.ID  `json:"id"`
	Kind      string `json:"kind" doc:"consent, withdrawal, prohibition, lift, sale, role …"`
	Purpose   string `json:"purpose,omitempty"`
	Channel   string `json:"channel,omitempty"`
	Scope     string `json:"scope,omitempty" doc:"what a prohibition covers"`
	Effective string `json:"effective" doc:"when it was said"`
	Recorded  string `json:"recorded" doc:"when it was entered"`
	Expires   string `json:"expires,omitempty"`
	SaidBy    string `json:"said_by" doc:"person, staff or import"`
	Method    string `json:"method"`
	Strength  string `json:"strength,omitempty"`
	Notice    int    `json:"notice,omitempty" doc:"version of the notice shown"`
}

type permissions struct {
	Person  id.ID        `json:"person"`
	Entries []permission `json:"entries"`
}

func listPermissions(c *call) (any, error) {
	who, err := c.need()
	if err != nil {
		return nil, err
	}
	if !c.SeesPermissions() {
		return nil, fault.New(fault.Denied, "denied.act", "the API key does not see permissions")
	}
	out := permissions{Entries: []permission{}}
	err = c.Look(func(tx *db.Tx) error {
		p, err := c.Person(tx, who)
		if err != nil {
			return err
		}
		out.Person = p.ID
		all, err := c.Ledger.Entries(tx, p.ID)
		for i := range all {
			if e := &all[i]; e.Kind != ledger.Sale || c.SeesOrders() {
				out.Entries = append(out.Entries, permission{e.ID, string(e.Kind), e.Purpose, e.Channel, e.Scope, stamp(e.Effective), stamp(e.At), stamp(e.Expires),
					string(e.SaidBy), e.Method, e.Strength, e.Notice})
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, c.Read("permission.read", out.Person)
}

type said struct {
	Act      string `json:"act" doc:"consent, withdraw or prohibit"`
	Purpose  string `json:"purpose,omitempty" doc:"a purpose of the notice; left out of a prohibition: every one"`
	Channel  string `json:"channel,omitempty" doc:"a channel; left out of a prohibition: every one"`
	Method   string `json:"method" doc:"letter, phone or in person"`
	Received string `json:"received" doc:"date it arrived"`
	Signed   string `json:"signed,omitempty" doc:"date on the letter"`
	Evidence string `json:"evidence" doc:"what was said, in words, at most 2000 characters"`
}

type recorded struct {
	Person  id.ID `json:"person"`
	Changed bool  `json:"changed" doc:"false when it stood so already"`
}

// addPermission enters the person's own act, as a clerk does. A consent never lifts
// a prohibition.
func addPermission(c *call) (any, error) {
	who, err := c.need()
	if err != nil {
		return nil, err
	}
	var in said
	if err := c.read(&in); err != nil {
		return nil, err
	}
	t := desk.Told(in)
	t.Evidence = strings.TrimSpace(t.Evidence)
	switch {
	case t.Evidence == "":
		return nil, invalid("form.missing", "evidence", "the field is empty")
	case utf8.RuneCountInString(t.Evidence) > 2000:
		return nil, invalid("form.too_long", "evidence", "the field holds more than 2000 characters")
	case t.Received == "":
		return nil, invalid("form.missing", "received", "the field is empty")
	}
	if err := t.Check(c.Desk); err != nil {
		return nil, err
	}
	var out recorded
	err = c.Act(func(tx *db.Tx) error {
		p, err := c.Person(tx, who)
		if err != nil {
			return err
		}
		out.Person = p.ID
		if out.Changed, err = t.Record(c.Desk, tx, p.ID); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "permission." + t.Act, Kind: "person", Object: p.ID.String(), Person: p.ID,
			Detail: map[string]string{"purpose": t.Purpose, "channel": t.Channel, "method": t.Method}})
	})
	return out, err
}

type decision struct {
	Person    id.ID           `json:"person"`
	Purpose   string          `json:"purpose"`
	Channel   string          `json:"channel"`
	Allowed   bool            `json:"allowed"`
	Code      string          `json:"code" doc:"the verdict in a word; see docs/verdicts.md"`
	Because   []permit.Reason `json:"because" doc:"the rules that decided, with their citations"`
	NoAddress bool            `json:"no_address,omitempty" doc:"allowed, and there is no address to use"`
	Pack      string          `json:"pack,omitempty" doc:"rule packs that decided"`
	Notice    int             `json:"notice" doc:"version of the notice asked"`
	At        string          `json:"at" doc:"the moment it holds for; ask again before sending"`
}

func decide(c *call) (any, error) {
	who, err := c.need()
	if err != nil {
		return nil, err
	}
	out := decision{Purpose: c.query.Get("purpose"), Channel: c.query.Get("channel"), Notice: c.Version}
	err = c.Look(func(tx *db.Tx) error {
		p, err := c.Person(tx, who)
		if err != nil {
			return err
		}
		q, err := c.InForce.PermitQuestion(out.Purpose, out.Channel, tx.Time())
		if err != nil {
			return err
		}
		s, err := c.Outbox.DecideOne(tx, p.ID, q, nil)
		if err != nil {
			return err
		}
		v := s.Verdict
		out.Person, out.Allowed, out.Code, out.Pack, out.At = p.ID, v.Allowed, v.Code, v.Pack, tx.Time().UTC().Format(time.RFC3339)
		out.Because = append([]permit.Reason{}, v.Because...)
		out.NoAddress = v.Allowed && outbox.Why(s, out.Channel) == outbox.CodeNoAddress
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, c.Read("decide", out.Person)
}
