package exchange

import (
	"kartotek/internal/clock"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
)

// becomes is what a person's permission is after a row.
type becomes string

const (
	becomesConsent     becomes = "consent"
	becomesProhibition becomes = "prohibition"
	becomesUnknown     becomes = "unknown"
)

// spoken is what a row's statements come to for a person.
type spoken struct {
	entries  []ledger.Entry
	evidence []*ledger.Evidence
	reach    party.Reach // addresses found not to work
	becomes  becomes
	why      string
}

// speak turns the statements of a row into ledger entries. stands says that a
// prohibition or withdrawal is on record already: then no yes is recorded.
func (run *runner) speak(r *row, stands bool) (out spoken) {
	out.becomes, out.why = becomesUnknown, "nothing in the row shows a consent"
	for i := range r.statements {
		run.say(&out, &r.statements[i], stands)
	}
	switch {
	case len(out.entries) > 0 || out.becomes == becomesProhibition:
	case stands:
		out.becomes, out.why = becomesProhibition, "a prohibition stands and is kept"
	case run.opt.Consent != nil && out.reach == 0:
		run.assert(&out)
	}
	return out
}

func (run *runner) say(out *spoken, s *dialect.Statement, stands bool) {
	e := ledger.Entry{SaidBy: ledger.ByImport, Method: "import", Source: run.imp.Source, Effective: clock.Ms(s.At), Strength: s.Strength,
		Purpose: s.Purpose, Channel: s.Channel, Scope: s.Scope, Notice: run.version}
	switch s.Kind {
	case dialect.Consent:
		if e.Purpose == "" {
			e.Purpose = run.newsletter
		}
		if e.Channel == "" {
			e.Channel = "email"
		}
		if stands || out.becomes == becomesProhibition || e.Purpose == "" {
			return
		}
		e.Kind = ledger.Consent
		out.becomes, out.why = becomesConsent, shown(s)
	case dialect.Withdrawal:
		e.Kind = ledger.Withdrawal
		out.becomes, out.why = becomesProhibition, s.Evidence
	case dialect.Prohibition:
		e.Kind = ledger.Prohibition
		if e.Scope == "" {
			e.Scope = scopeOf(s.Channel)
		}
		e.Purpose, e.Channel = "", ""
		out.becomes, out.why = becomesProhibition, s.Evidence
	case dialect.Undeliverable:
		out.reach |= badAddress[s.Channel]
		out.becomes, out.why = becomesProhibition, s.Evidence
		return
	default:
		return
	}
	out.entries = append(out.entries, e)
	out.evidence = append(out.evidence, proof(s.Evidence, s.IP))
}

// shown is what a consent rests on, and how well it shows it.
func shown(s *dialect.Statement) string {
	if s.Strength == "" {
		return s.Evidence
	}
	return s.Evidence + " (" + s.Strength + ")"
}

// proof is nil when the source says it all.
func proof(text, ip string) *ledger.Evidence {
	if text == "" && ip == "" {
		return nil
	}
	return &ledger.Evidence{Text: text, IP: ip}
}

// badAddress is what an undeliverable address of a channel means for the row; e-mail when it does not say.
var badAddress = map[string]party.Reach{"": party.BadEmail, "email": party.BadEmail, "sms": party.BadPhone, "call": party.BadPhone, "post": party.BadPost}

// scopeOf is what a prohibition without a scope forbids: its channel, or everything.
func scopeOf(channel string) string {
	if channel == "" {
		return "all-marketing"
	}
	return "channel:" + channel
}

// assert records the consent the operator vouches for.
func (run *runner) assert(out *spoken) {
	a := run.opt.Consent
	out.entries = append(out.entries, ledger.Entry{Kind: ledger.Consent, Purpose: a.Purpose, Channel: a.Channel, SaidBy: ledger.ByImport,
		Method: "import", Strength: dialect.Weak, Source: run.imp.Source, Notice: run.version})
	out.evidence = append(out.evidence, nil) // the source carries the operator's words, once for all rows
	out.becomes, out.why = becomesConsent, a.Evidence
}

// stands reports whether a no of any kind is on record.
func stands(packed string) bool {
	consents, prohibitions := ledger.Unpack(packed)
	for i := range consents {
		if consents[i].Withdrawn != nil {
			return true
		}
	}
	return len(prohibitions) > 0
}

// newsletterOf picks the purpose that a bare "subscribed" of a mailing tool
// means: the first marketing purpose the notice bases on consent and sends by e-mail.
func newsletterOf(n *noticedef.Notice) string {
	for _, p := range n.PurposeList() {
		if p.Class == "marketing" && p.Basis.Kind == "consent" {
			for _, c := range p.Channels {
				if c == "email" {
					return p.ID
				}
			}
		}
	}
	return ""
}

// fresh drops what the ledger says already in the same words and time.
func (sp *spoken) fresh(earlier []ledger.Entry) {
	kept := 0
	for i := range sp.entries {
		if !said(earlier, &sp.entries[i]) {
			sp.entries[kept], sp.evidence[kept] = sp.entries[i], sp.evidence[i]
			kept++
		}
	}
	sp.entries, sp.evidence = sp.entries[:kept], sp.evidence[:kept]
}

func said(earlier []ledger.Entry, e *ledger.Entry) bool {
	for i := range earlier {
		o := &earlier[i]
		same := o.Kind == e.Kind && o.Purpose == e.Purpose && o.Channel == e.Channel && o.Scope == e.Scope
		if same && (o.Effective == e.Effective || e.Effective == 0) {
			return true
		}
	}
	return false
}
