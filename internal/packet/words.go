package packet

import (
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/i18n"
	"kartotek/internal/noticedef"
)

// words says everything in one language.
type words struct {
	*i18n.Printer
	n      *noticedef.Notice
	fields map[string]string // titles of the catalogue
	known  map[string]string // titles of values, found once
}

func wordsOf(lang string, n *noticedef.Notice) words {
	w := words{Printer: i18n.For(lang), n: n, fields: map[string]string{}, known: map[string]string{}}
	for _, f := range n.Fields() {
		w.fields[f.Name] = f.Title.In(lang)
	}
	return w
}

func join(parts ...string) string { return strings.Join(strings.Fields(strings.Join(parts, " ")), " ") }

func (w words) kind(keeper, kind string) string {
	return w.Or("dossier."+keeper+"."+kind, keeper+" "+kind)
}

// value is the title of a value: the notice's for a field of its catalogue.
func (w words) value(name string) string {
	if title, ok := w.known[name]; ok {
		return title
	}
	title := w.find(name)
	w.known[name] = title
	return title
}

func (w words) find(name string) string {
	base, before := strings.CutSuffix(name, ".was")
	title := w.fields[base]
	if title == "" {
		base, _, _ = strings.Cut(base, ":") // "address:email:work"
		title = w.Or("dossier.value."+base, base)
	}
	if before {
		return w.T("packet.was", "what", title)
	}
	return title
}

// families are the texts that say what a machine's word means, by the value's name.
var families = map[string]string{
	"ledger.permissions.kind": "kind.", "class": "class.", "channel": "channel.", "said_by": "packet.said_by.", "method": "method.", "outbox.messages.state": "message.",
	"outbox.messages.code": "code.", "series.places.code": "code.", "series.places.state": "packet.place.", "party.addresses.state": "address_state.",
	"party.addresses.label": "address_label.", "strength": "packet.strength.", "party.history.kind": "packet.change.", "status": "packet.status.",
	"by_kind": "packet.role.", "outbox.returns.kind": "packet.return.", "counted_as": "packet.subject.",
}

// text is what a value says in the person's language.
func (w words) text(rec *dossier.Record, v dossier.Value) string {
	if v.Text == "" {
		return ""
	}
	if strings.HasPrefix(v.Name, "address:") {
		return w.Or("address_state."+v.Text, v.Text)
	}
	switch v.Name {
	case "source":
		return w.source(v.Text)
	case "purpose":
		return w.purpose(v.Text)
	case "scope":
		return w.scope(v.Text)
	case "country":
		return w.Country(v.Text)
	case "language":
		return w.LangName(v.Text)
	}
	if len(v.Text) == 20 || len(v.Text) == 25 {
		if at, err := time.Parse(time.RFC3339, v.Text); err == nil {
			return w.DateTime(at)
		}
	}
	family := families[rec.Keeper+"."+rec.Kind+"."+v.Name]
	if family == "" {
		family = families[v.Name]
	}
	if family == "" {
		return v.Text
	}
	return w.Or(family+strings.ReplaceAll(v.Text, " ", "_"), v.Text)
}

// purpose is the title of one of the notice's purposes.
func (w words) purpose(name string) string {
	if name == "" {
		return ""
	}
	if p, ok := w.n.Purpose(name); ok {
		return p.Title.In(w.Lang())
	}
	return w.Or("packet.purpose."+name, name)
}

// categories names categories by the notice's titles, with what else is known.
func (w words) categories(names []string, what string) string {
	out := what
	for _, name := range names {
		title := name
		if c, ok := w.n.Category(name); ok {
			title = c.Title.In(w.Lang())
		}
		if out != "" {
			out += "; "
		}
		out += title
	}
	return out
}

// until says the last day, or what it waits for, and which law fixes it.
func (w words) until(u Until) string {
	s := u.On
	if at, err := time.Parse(time.DateOnly, u.On); err == nil {
		s = w.Date(at)
	}
	if u.Waits != "" || s == "" {
		s = w.Or("packet.waits."+strings.ReplaceAll(u.Waits, " ", "_"), w.T("packet.until.open"))
	}
	if u.Floor != "" {
		s += " (" + w.T("packet.until.floor", "law", u.Floor) + ")"
	}
	return s
}

// scope says what a prohibition covers.
func (w words) scope(s string) string {
	kind, rest, _ := strings.Cut(s, ":")
	switch kind {
	case "channel":
		return w.T("scope.channel", "by", w.Or("by."+rest, rest))
	case "purpose":
		purpose, channel, both := strings.Cut(rest, ":")
		if both {
			return w.T("scope.purpose_channel", "purpose", w.purpose(purpose), "by", w.Or("by."+channel, channel))
		}
		return w.purpose(rest)
	}
	return w.Or("scope."+s, s)
}

// source writes where a value came from: "import: mailchimp".
func (w words) source(s string) string {
	kind, label, _ := strings.Cut(s, ": ")
	if s == "" || !w.Has("packet.source."+kind) {
		return s
	}
	if label == "" {
		return w.T("packet.source." + kind)
	}
	return w.T("packet.source."+kind) + ": " + label
}

func (w words) act(action string) string { return w.Or("log_act."+action, action) }

// role says who acted without naming them.
func (w words) role(by db.By) string {
	role := w.Or("packet.role."+by.Kind, by.Kind)
	if by.Kind == "staff" && by.Level != "" {
		if l, ok := w.n.Level(by.Level); ok {
			return role + ", " + l.Title.In(w.Lang())
		}
		return role + ", " + by.Level
	}
	return role
}

func (w words) moment(ms int64) string {
	if ms == 0 {
		return ""
	}
	return w.DateTime(clock.FromMs(ms))
}

// reason says why something is not there.
func (w words) reason(reason string) string { return w.T("packet.reason." + reason) }
