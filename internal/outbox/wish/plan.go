package wish

import (
	"slices"

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

// wanted completes the ticks with how everything else stands now.
func wanted(p *Plan, offers []permit.Question, ticks []Choice) []Choice {
	out := slices.Clone(ticks)
	for _, q := range offers {
		if !slices.ContainsFunc(ticks, func(c Choice) bool { return same(c.Question, q) }) {
			out = append(out, Choice{q, p.allowed(q)})
		}
	}
	return out
}

func same(a, b permit.Question) bool { return a.Purpose == b.Purpose && a.Channel == b.Channel }

// Plan works out the entries by asking the rules what each would bring about.
type Plan struct {
	entries []ledger.Entry // of the person so far
	facts   permit.Facts   // less the ledger's
	now     int64
	said    Said
	want    []Choice
	made    []ledger.Entry
	before  map[int]bool
}

// New is a plan for a person whose ledger holds some entries, from the facts they are
// decided on; what the facts say of the ledger is left out. now is in ms.
func New(entries []ledger.Entry, f permit.Facts, now int64) *Plan {
	return &Plan{entries: entries, now: now, before: map[int]bool{},
		facts: permit.Facts{Country: f.Country, Subject: f.Subject, Restricted: f.Restricted, Erased: f.Erased, Suppressed: slices.Clone(f.Suppressed)}}
}

// Choices tells how each box stands now.
func (p *Plan) Choices(offers []permit.Question) []Choice {
	out := make([]Choice, len(offers))
	for i, q := range offers {
		out[i] = Choice{q, p.allowed(q)}
	}
	return out
}

// Make gives the entries after which each choice is decided as ticked; none when
// nothing changes.
func (p *Plan) Make(offers []permit.Question, ticks []Choice, said Said) []ledger.Entry {
	p.said, p.want = said, wanted(p, offers, ticks)
	p.open()
	p.shut()
	return p.made
}

// standing is what stands with the entries made so far.
func (p *Plan) standing() ledger.Standing {
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

func (p *Plan) allowed(q permit.Question) bool {
	f := p.facts
	new(ledger.Reader).Facts(ledger.Pack(p.standing()), q.Purpose, &f)
	return permit.Decide(q, f).Allowed
}

func (p *Plan) add(kind ledger.Kind, fill func(*ledger.Entry)) {
	e := p.said.Entry(kind)
	fill(&e)
	p.made = append(p.made, e)
}

// open makes room for every wanted yes that is a no now.
func (p *Plan) open() {
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
func (p *Plan) shut() {
	for _, c := range p.want {
		if c.On || !p.allowed(c.Question) {
			continue
		}
		q := c.Question
		if Consented(ledger.Pack(p.standing()), q.Purpose, q.Channel) {
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
