package ledger

import (
	"strconv"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/permit"
)

// The packed form of a standing, one item a line, fields separated by spaces:
//
//	c purpose channel given withdrawn expires saidby entry ended
//	p scope since entry
//	s sale-date flags goods entry
//	r purpose entry
//
// Purposes, channels and scopes are identifiers of the notice and hold no
// spaces. Times are ms. It is read without copying, a million times over.

// Pack writes a standing in its stored form; "" when nothing stands.
func Pack(s Standing) string {
	var b []byte
	for _, c := range s.Consents {
		b = line(b, "c", c.Purpose, c.Channel, num(c.Given), num(c.Withdrawn), num(c.Expires), string(c.SaidBy), dash(c.Entry), dash(c.Ended))
	}
	for _, p := range s.Prohibitions {
		b = line(b, "p", p.Scope, num(p.Since), p.Entry)
	}
	if s.Sale != nil {
		b = line(b, "s", clock.FromMs(s.Sale.Effective).Format(time.DateOnly), dash(s.Sale.Scope), dash(strings.ReplaceAll(s.Sale.Goods, " ", ",")), s.Sale.ID.String())
	}
	for _, r := range s.Roles {
		b = line(b, "r", dash(r.Purpose), r.ID.String())
	}
	return string(b)
}

func line(b []byte, parts ...string) []byte {
	if len(b) > 0 {
		b = append(b, '\n')
	}
	for i, p := range parts {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, p...)
	}
	return b
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Reader turns packed standings into the facts of a decision, reusing its
// memory from one person to the next. It is not safe for concurrent use, and
// what it gives is valid until its next call.
type Reader struct {
	consents     []permit.Consent
	prohibitions []string
	times        []time.Time
	soft         permit.SoftOptIn
}

// Facts adds what stands to f. purpose is the one asked about: a role link counts
// for its own purpose only.
func (r *Reader) Facts(packed, purpose string, f *permit.Facts) {
	r.consents, r.prohibitions, r.times = r.consents[:0], r.prohibitions[:0], r.times[:0]
	for rest := packed; rest != ""; {
		var item string
		item, rest, _ = strings.Cut(rest, "\n")
		if len(item) < 3 {
			continue
		}
		kind, item := item[0], item[2:]
		switch kind {
		case 'c':
			r.consent(item)
		case 'p':
			scope, _, _ := strings.Cut(item, " ")
			r.prohibitions = append(r.prohibitions, scope)
		case 's':
			f.SoftOptIn = r.sale(item)
		case 'r':
			if p, _, _ := strings.Cut(item, " "); p == purpose || p == "-" {
				f.RoleRelevant = true
			}
		}
	}
	f.Consents, f.Prohibitions = r.consents, r.prohibitions
}

func (r *Reader) consent(item string) {
	var part [8]string
	split(item, part[:])
	r.consents = append(r.consents, permit.Consent{Purpose: part[0], Channel: part[1], Given: ms(part[2]),
		Withdrawn: r.time(part[3]), Expires: r.time(part[4]), Evidence: undash(part[6])})
}

// time keeps a moment where a pointer to it stays valid; nil for none.
func (r *Reader) time(s string) *time.Time {
	if s == "0" || s == "" {
		return nil
	}
	t := ms(s)
	r.times = append(r.times, t)
	return &r.times[len(r.times)-1]
}

// sale reads the facts of a sale: the flags are letters, c same controller, p
// similar products, o objection offered.
func (r *Reader) sale(item string) *permit.SoftOptIn {
	var part [4]string
	split(item, part[:])
	r.soft = permit.SoftOptIn{Sale: part[0], SameController: strings.Contains(part[1], "c"),
		SimilarProducts: strings.Contains(part[1], "p"), ObjectionOffered: strings.Contains(part[1], "o"), Evidence: part[3]}
	if part[2] != "-" && part[2] != "" {
		r.soft.Goods = strings.Split(part[2], ",")
	}
	return &r.soft
}

func split(s string, into []string) {
	for i := range into {
		into[i], s, _ = strings.Cut(s, " ")
	}
}

func undash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

func ms(s string) time.Time {
	n, _ := strconv.ParseInt(s, 10, 64)
	return clock.FromMs(n)
}
