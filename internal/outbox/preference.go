package outbox

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/permit"
)

// Choice is one box of the preference page: may we write for this purpose by
// this channel?
type Choice struct {
	Question permit.Question
	On       bool
}

// Preferences tells how each box stands for a person: ticked when a message
// would be allowed now. law: GDPR 7(3)
func (r *Room) Preferences(tx *db.Tx, who id.ID, offers []permit.Question) ([]Choice, error) {
	p, err := r.newPlan(tx, who)
	if err != nil {
		return nil, err
	}
	out := make([]Choice, len(offers))
	for i, q := range offers {
		out[i] = Choice{q, p.allowed(q)}
	}
	return out, nil
}

// SavePreferences records what a person ticked, so that afterwards each choice
// is decided as ticked. offers are all purposes and channels of the notice that
// send marketing or surveys; those without a choice stay as they are. It gives
// the entries made, none when nothing changed.
//
// A tick that changes a no to a yes lifts the prohibitions in its way, and is a
// consent unless something else then allows the message. A box emptied is a
// withdrawal and a prohibition of just that purpose by that channel. Lifting a
// broad prohibition for one purpose does not open the others: those that were
// closed by it get a prohibition of their own. law: GDPR 7(1), 7(3), 21(2)
//
// What no permission can change stays as it is: an address that does not work, a
// restricted person.
func (r *Room) SavePreferences(tx *db.Tx, who id.ID, offers []permit.Question, ticks []Choice, said Said) ([]ledger.Entry, error) {
	p, err := r.newPlan(tx, who)
	if err != nil {
		return nil, err
	}
	p.said, p.want = said, wanted(p, offers, ticks)
	p.open()
	p.shut()
	if len(p.made) == 0 {
		return nil, nil
	}
	return r.Ledger.Record(tx, who, said.Evidence, p.made...)
}

// wanted completes the ticks with how everything else stands now.
func wanted(p *plan, offers []permit.Question, ticks []Choice) []Choice {
	out := slices.Clone(ticks)
	for _, q := range offers {
		if !slices.ContainsFunc(ticks, func(c Choice) bool { return same(c.Question, q) }) {
			out = append(out, Choice{q, p.allowed(q)})
		}
	}
	return out
}

func same(a, b permit.Question) bool { return a.Purpose == b.Purpose && a.Channel == b.Channel }

// plan works out the entries by asking the rules what each would bring about.
type plan struct {
	entries []ledger.Entry // of the person so far
	facts   permit.Facts   // less the ledger's
	now     int64
	said    Said
	want    []Choice
	made    []ledger.Entry
	before  map[int]bool
}

func (r *Room) newPlan(tx *db.Tx, who id.ID) (*plan, error) {
	s, err := r.DecideOne(tx, who, permit.Question{}, nil)
	if err != nil {
		return nil, err
	}
	p := &plan{now: tx.Now(), before: map[int]bool{}}
	p.facts = permit.Facts{Country: s.Facts.Country, Subject: s.Facts.Subject, Restricted: s.Facts.Restricted, Erased: s.Facts.Erased, Suppressed: slices.Clone(s.Facts.Suppressed)}
	p.entries, err = r.Ledger.Entries(tx, who)
	return p, err
}

// standing is what stands with the entries made so far.
func (p *plan) standing() ledger.Standing {
	all := slices.Clone(p.entries)
	for i, e := range p.made {
		e.ID, e.At = id.ID(1<<62+int64(i)), p.now
		if e.Effective == 0 || e.Effective > p.now {
			e.Effective = p.now
		}
		all = append(all, e)
	}
	return ledger.Fold(all)
}

func (p *plan) allowed(q permit.Question) bool {
	f := p.facts
	new(ledger.Reader).Facts(ledger.Pack(p.standing()), q.Purpose, &f)
	return permit.Decide(q, f).Allowed
}

func (p *plan) add(kind ledger.Kind, fill func(*ledger.Entry)) {
	e := p.said.entry(kind)
	fill(&e)
	p.made = append(p.made, e)
}

// open makes room for every wanted yes that is a no now.
func (p *plan) open() {
	for i := range p.want {
		p.before[i] = p.allowed(p.want[i].Question)
	}
	for i, c := range p.want {
		if !c.On || p.before[i] {
			continue
		}
		for _, f := range p.standing().Prohibitions {
			if blocks(f.Scope, c.Question) {
				p.add(ledger.Lift, func(e *ledger.Entry) { e.Scope = f.Scope })
			}
		}
	}
	for i, c := range p.want {
		if c.On && !p.before[i] && !p.allowed(c.Question) {
			p.add(ledger.Consent, func(e *ledger.Entry) { e.Purpose, e.Channel = c.Question.Purpose, c.Question.Channel })
		}
	}
}

// shut closes every wanted no that is, or has become, a yes.
func (p *plan) shut() {
	for _, c := range p.want {
		if c.On || !p.allowed(c.Question) {
			continue
		}
		q := c.Question
		if consented(ledger.Pack(p.standing()), q.Purpose, q.Channel) {
			p.add(ledger.Withdrawal, func(e *ledger.Entry) { e.Purpose, e.Channel = q.Purpose, q.Channel })
		}
		p.add(ledger.Prohibition, func(e *ledger.Entry) { e.Scope = ScopePurpose(q.Purpose, q.Channel) })
	}
}

// blocks asks the rules whether a prohibition alone stands against a message
// that is consented to.
func blocks(scope string, q permit.Question) bool {
	f := permit.Facts{Prohibitions: []string{scope}, Consents: []permit.Consent{{Purpose: q.Purpose, Channel: q.Channel, Given: q.At}}}
	return !permit.Decide(q, f).Allowed
}

// StopAll forbids all marketing, surveys included. law: GDPR 21(3)
func (r *Room) StopAll(tx *db.Tx, who id.ID, said Said) (changed bool, err error) {
	return r.Object(tx, who, said, ScopeAll)
}
