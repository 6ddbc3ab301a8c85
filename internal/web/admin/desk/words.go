package desk

import (
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/web/page"
)

// PurposeTitle names a purpose of the notice; one it no longer has keeps its code.
func (d *Desk) PurposeTitle(code string) string {
	if p, ok := d.Facts.Purpose(code); ok {
		if t := p.Title.In(d.Lang()); t != "" {
			return t
		}
	}
	return code
}

// Channel names a channel.
func (d *Desk) Channel(name string) string { return d.Printer.Or("channel."+name, name) }

// by is "by e-mail" and the like.
func (d *Desk) by(channel string) string { return d.Printer.Or("by."+channel, channel) }

// Basis names a legal basis.
func (d *Desk) Basis(kind string) string {
	return d.Printer.Or("basis."+strings.ReplaceAll(kind, " ", "_"), kind)
}

// Scope says in words what a prohibition covers: "marketing by SMS".
func (d *Desk) Scope(scope string) string {
	kind, rest, _ := strings.Cut(scope, ":")
	switch kind {
	case "channel":
		return d.T("scope.channel", "by", d.by(rest))
	case "purpose":
		purpose, channel, by := strings.Cut(rest, ":")
		if !by {
			return d.PurposeTitle(purpose)
		}
		return d.T("scope.purpose_channel", "purpose", d.PurposeTitle(purpose), "by", d.by(channel))
	}
	return d.Printer.Or("scope."+scope, scope)
}

// EntryScope says in words what an entry of the ledger is about.
func (d *Desk) EntryScope(e *ledger.Entry) string {
	switch {
	case e.Scope != "":
		return d.Scope(e.Scope)
	case e.Purpose != "" && e.Channel != "":
		return d.T("scope.purpose_channel", "purpose", d.PurposeTitle(e.Purpose), "by", d.by(e.Channel))
	case e.Purpose != "":
		return d.PurposeTitle(e.Purpose)
	}
	return strings.ReplaceAll(e.Goods, " ", ", ")
}

// Entry says in words what an entry of the ledger records.
func (d *Desk) Entry(e *ledger.Entry) string {
	what := d.EntryScope(e)
	if e.Kind == ledger.Sale {
		what = strings.ReplaceAll(e.Goods, " ", ", ")
	}
	return d.T("entry."+string(e.Kind), "what", what)
}

// Method says in what way something was said.
func (d *Desk) Method(method string) string {
	return d.Printer.Or("method."+strings.ReplaceAll(method, " ", "_"), method)
}

// Strength says how strongly something is proved; "" for the ordinary.
func (d *Desk) Strength(s string) string {
	if s == "" || s == "single" {
		return ""
	}
	return d.Printer.Or("strength."+strings.Fields(s)[0], s)
}

// Field names a field of the catalogue.
func (d *Desk) Field(name string) string {
	if f, ok := d.Facts.Field(name); ok {
		if t := f.Title.In(d.Lang()); t != "" {
			return t
		}
	}
	switch {
	case name == "tag":
		return d.T("change.tag_field")
	case name == "status":
		return d.T("change.status_field")
	case strings.HasPrefix(name, "address:"):
		kind, _, _ := strings.Cut(strings.TrimPrefix(name, "address:"), ":")
		return d.Printer.Or("address."+kind, kind)
	}
	return name
}

// Code says a verdict's code in few words.
func (d *Desk) Code(code string) string { return d.Printer.Or("code."+code, code) }

// Tone is the colour and shape of a code: yes, no, or not yet.
func Tone(allowed bool, code string) page.Tone {
	switch {
	case allowed:
		return page.Yes
	case code == permit.CodeNoConsent || code == permit.CodeConsentExpired || code == "NO-ADDRESS":
		return page.Wait
	}
	return page.No
}

// Verdict puts a verdict into words. link gives the address of a piece of
// evidence, "" when it has no page.
func (d *Desk) Verdict(v permit.Verdict, notice int, link func(evidence string) string) page.Verdict {
	out := page.Verdict{Allowed: v.Allowed, Code: v.Code, Pack: v.Pack, Notice: d.T("notice.number", "n", notice)}
	for _, b := range v.Because {
		if b.Rule == "" {
			continue
		}
		r := page.Reason{Text: d.Printer.Or("rule."+b.Rule, b.Rule), Rule: b.Rule, Citation: b.Citation}
		if href := link(b.Evidence); href != "" {
			r.Evidence = page.Link{Text: d.T("desk.evidence"), Href: href}
		}
		out.Because = append(out.Because, r)
	}
	return out
}

// Ms is a time as it is stored.
func Ms(t time.Time) int64 { return clock.Ms(t) }

// Time is a stored moment; the zero time for 0.
func Time(ms int64) time.Time { return clock.FromMs(ms) }

// Keep says how long something is kept.
func (d *Desk) Keep(k noticedef.Keep) string {
	while := d.Printer.Or("while."+strings.ReplaceAll(k.While, " ", "_"), k.While)
	if !k.Then.Set() || k.Then.N == 0 {
		return while
	}
	return d.T("keep.then", "while", while, "time", d.Printer.N("unit."+k.Then.Unit, k.Then.N))
}

// Sources puts sources into words, each read once.
type Sources struct {
	d    *Desk
	tx   *db.Tx
	seen map[id.ID]party.Source
}

// Sources begins reading sources in a transaction.
func (d *Desk) Sources(tx *db.Tx) *Sources {
	return &Sources{d: d, tx: tx, seen: map[id.ID]party.Source{}}
}

// Of reads a source.
func (s *Sources) Of(source id.ID) (party.Source, error) {
	if known, ok := s.seen[source]; ok || source == 0 {
		return known, nil
	}
	found, err := s.d.Party.SourceOf(s.tx, source)
	s.seen[source] = found
	return found, err
}

// Say writes a source with its date: "import, Mailchimp, 1 Mar 2026".
func (s *Sources) Say(source id.ID, at int64) (string, error) {
	src, err := s.Of(source)
	if err != nil {
		return "", err
	}
	text := s.d.T("source.unknown")
	if src.Kind != "" {
		text = s.d.Printer.Or("source."+src.Kind, src.Kind)
		if src.Label != "" && src.Label != src.Kind {
			text += " (" + src.Label + ")"
		}
	}
	if at == 0 {
		return text, nil
	}
	return s.d.T("source.dated", "source", text, "at", Time(at)), nil
}

// Channels lists the notice's channels as choices.
func (d *Desk) Channels(chosen string) (out []page.Option) {
	for _, c := range d.Facts.Channels() {
		out = append(out, page.Option{Value: c, Text: d.Channel(c), On: c == chosen})
	}
	return out
}

// Purposes lists the notice's purposes that send something as choices.
func (d *Desk) Purposes(chosen string, fits func(noticedef.Purpose) bool) (out []page.Option) {
	for _, p := range d.Facts.Purposes {
		if len(p.Channels) > 0 && (fits == nil || fits(p)) {
			out = append(out, page.Option{Value: p.ID, Text: p.Title.In(d.Lang()), On: p.ID == chosen})
		}
	}
	return out
}

// Letters is the purpose that newsletters go out for: the first marketing purpose
// that uses e-mail; "" when the notice has none.
func (d *Desk) Letters() string {
	for _, p := range d.Facts.Purposes {
		if p.Class == "marketing" {
			for _, c := range p.Channels {
				if c == "email" {
					return p.ID
				}
			}
		}
	}
	return ""
}
