package preflight

import (
	"maps"
	"slices"
)

// Check is what was looked at; see the package comment.
type Check string

// The checks, in the order in which they are reported.
const (
	From  Check = "from"
	SPF   Check = "spf"
	DKIM  Check = "dkim"
	DMARC Check = "dmarc"
	MX    Check = "mx"
	PTR   Check = "ptr"
	TLS   Check = "tls"
)

// State is how a finding is to be taken.
type State string

// The states. Unknown is not worse than Error and not better than OK: it is no answer.
const (
	OK      State = "ok"
	Warning State = "warning"
	Error   State = "error"
	Unknown State = "unknown"
)

// Finding is one thing seen. Args are what its sentence names: domains, numbers,
// records; never a person.
type Finding struct {
	Check Check             `json:"check"`
	State State             `json:"state"`
	Code  string            `json:"code"` // such as "spf.missing"
	Args  map[string]string `json:"args,omitempty"`
}

// Key is the key of the finding's sentence in package i18n.
func (f Finding) Key() string { return "preflight." + f.Code }

// Pairs gives the arguments as i18n.Printer.T takes them: names and values by turns.
func (f Finding) Pairs() []any {
	var out []any
	for _, k := range slices.Sorted(maps.Keys(f.Args)) {
		out = append(out, k, f.Args[k])
	}
	return out
}

// Verdict is what follows from the findings for a send.
type Verdict string

// The verdicts.
const (
	Go    Verdict = "go"
	Pause Verdict = "pause" // something that could stop the send is not known now: look again
	Stop  Verdict = "stop"  // somebody has to mend something first
)

// stops says whose mail an error stops.
type stops int

const (
	nobody stops = iota
	bulk         // marketing and surveys
	all          // service messages too
)

// rule is what a code means.
type rule struct {
	state State
	stops stops
}

// rules are all codes. What stops bulk mail is what the sender rules of Gmail,
// Yahoo and Microsoft (February 2024, May 2025) refuse.
var rules = map[string]rule{
	"from.ok": {OK, nobody}, "from.invalid": {Error, all}, "from.free_mail": {Error, all},

	"spf.ok": {OK, nobody}, "spf.unknown": {Unknown, bulk}, "spf.missing": {Error, bulk}, "spf.several": {Error, bulk}, "spf.syntax": {Error, bulk},
	"spf.include": {Error, bulk}, "spf.lookups": {Error, bulk}, "spf.voids": {Error, bulk}, "spf.open": {Error, bulk}, "spf.address": {Error, bulk},
	"spf.neutral": {Warning, nobody}, "spf.no_all": {Warning, nobody}, "spf.ptr": {Warning, nobody}, "spf.relay_unsure": {Warning, nobody},

	"dkim.ok": {OK, nobody}, "dkim.unknown": {Unknown, bulk}, "dkim.none": {Error, bulk}, "dkim.missing": {Error, bulk}, "dkim.several": {Error, bulk},
	"dkim.syntax": {Error, bulk}, "dkim.revoked": {Error, bulk}, "dkim.mismatch": {Error, bulk}, "dkim.weak": {Error, bulk}, "dkim.service": {Error, bulk},
	"dkim.hash": {Error, bulk}, "dkim.testing": {Warning, nobody}, "dkim.ed25519_only": {Warning, nobody},

	"dmarc.ok": {OK, nobody}, "dmarc.unknown": {Unknown, bulk}, "dmarc.missing": {Error, bulk}, "dmarc.several": {Error, bulk}, "dmarc.syntax": {Error, bulk},
	"dmarc.unaligned": {Error, bulk}, "dmarc.policy_none": {Warning, nobody}, "dmarc.no_reports": {Warning, nobody},

	"mx.ok": {OK, nobody}, "mx.unknown": {Unknown, bulk}, "mx.missing": {Error, bulk}, "mx.null": {Error, bulk}, "mx.dangling": {Error, bulk}, "mx.implicit": {Warning, nobody},

	"ptr.ok": {OK, nobody}, "ptr.unknown": {Unknown, bulk}, "ptr.missing": {Error, bulk}, "ptr.unconfirmed": {Error, bulk}, "ptr.generic": {Warning, nobody},

	"tls.ok": {OK, nobody}, "tls.local": {OK, nobody}, "tls.unknown": {Unknown, all}, "tls.none": {Error, all}, "tls.old": {Error, all}, "tls.certificate": {Error, all},
	"tls.expired": {Error, all}, "tls.name": {Error, all}, "tls.issuer": {Error, all}, "tls.expiring": {Warning, nobody},
}

// Codes lists every code a finding may have.
func Codes() []string { return slices.Sorted(maps.Keys(rules)) }

// found makes a finding; args are names and values by turns.
func found(c Check, what string, args ...string) Finding {
	f := Finding{Check: c, Code: string(c) + "." + what}
	f.State = rules[f.Code].state
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		f.Args[args[i]] = args[i+1]
	}
	return f
}

// Judge says whether mail may go: to many at once (bulk: marketing and surveys),
// or one service message that somebody waits for. An error that stops wins over
// what is not known.
func Judge(findings []Finding, toMany bool) Verdict {
	out := Go
	for _, f := range findings {
		s := rules[f.Code].stops
		switch {
		case s == nobody || s == bulk && !toMany:
		case f.State == Error:
			return Stop
		default:
			out = Pause
		}
	}
	return out
}

// Worst is the state that heads a report: an error before the unknown, that before a warning.
func Worst(findings []Finding) State {
	order := []State{OK, Warning, Unknown, Error}
	worst := 0
	for _, f := range findings {
		worst = max(worst, slices.Index(order, f.State))
	}
	return order[worst]
}
