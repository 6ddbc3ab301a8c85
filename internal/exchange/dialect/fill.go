package dialect

import (
	"slices"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/exchange/dialect/cells"
	"kartotek/internal/exchange/dialect/guard"
)

// classify says whether a row refuses anything, before the work of filling it.
func (p *plan) classify(r *Record) {
	if r.Class = ClassRest; p.refused {
		r.Class = ClassRefused
		return
	}
	for i := range p.refusals {
		if f := &p.refusals[i]; f.says(r.Raw[f.col]) {
			r.Class = ClassRefused
			return
		}
	}
}

// fill makes the record of r.Raw. It returns the code of a reject, or "".
func (p *plan) fill(r *Record) string {
	p.record = r
	for i, cell := range r.Raw {
		if i >= len(p.targets) {
			break
		}
		if p.verbatim {
			cell = guard.Bare(cell)
		} else {
			cell = address.Trim(cell)
		}
		if cell == "" {
			continue
		}
		if code := p.place(r, &p.targets[i], cell); code != "" {
			return code
		}
	}
	if len(r.Emails) == 0 && len(r.Phones) == 0 {
		return RejectNoAddress
	}
	if p.parse != nil {
		if code := p.parse(r); code != "" {
			return code
		}
	}
	p.conclude(r)
	return ""
}

// place puts one cell where its column goes.
func (p *plan) place(r *Record, t *target, cell string) string {
	if len(cell) > maxValue && t.to != toAttributes && t.to != toPermission {
		r.doubt(t.label, DoubtLong)
		return ""
	}
	if t.field {
		p.placeField(r, t.to, cell)
		return ""
	}
	switch t.to {
	case toEmail:
		return p.placeEmail(r, t, cell)
	case toPhone:
		p.placePhone(r, t, cell)
	case toName:
		p.placeName(r, t, cell)
	case toTags:
		r.Tags = cells.AppendTags(r.Tags, cell, p.tagMarks)
	case toCreated, toChanged:
		p.placeTime(r, t, cell)
	case toID:
		if r.SourceID == "" {
			r.SourceID = cell
		}
	case toAttributes:
		return p.placeAttributes(r, t, cell)
	case unlisted:
		r.Extra = append(r.Extra, Pair{t.label, cell})
	}
	return ""
}

func (p *plan) placeField(r *Record, name, cell string) {
	if name == "country" && !p.verbatim {
		cell = cells.CountryCode(cell)
	}
	r.add(name, cell)
}

// placeEmail takes the address. A bad main address rejects the row: whoever
// sent the file must see it, whether or not a telephone number is there too.
func (p *plan) placeEmail(r *Record, t *target, cell string) string {
	key, err := address.Email(cell)
	switch {
	case err == nil && !hasPoint(r.Emails, key):
		r.Emails = append(r.Emails, Point{key, t.label})
	case err == nil:
	case len(r.Emails) == 0:
		return RejectEmail
	default:
		for _, part := range strings.FieldsFunc(cell, func(c rune) bool { return c == ';' || c == ',' || c == ' ' }) {
			key, err := address.Email(part)
			if err != nil {
				r.doubt(t.label, DoubtEmail)
			} else if !hasPoint(r.Emails, key) {
				r.Emails = append(r.Emails, Point{key, t.label})
			}
		}
	}
	return ""
}

func (p *plan) placePhone(r *Record, t *target, cell string) {
	if p.phonePlus && cell[0] >= '1' && cell[0] <= '9' && len(cell) > 8 {
		cell = "+" + cell
	}
	key, err := address.Phone(cell, p.opt.DefaultCountry)
	if err != nil {
		r.doubt(t.label, DoubtPhone)
	} else if !hasPoint(r.Phones, key) {
		r.Phones = append(r.Phones, Point{key, t.label})
	}
}

func hasPoint(points []Point, value string) bool {
	return slices.ContainsFunc(points, func(p Point) bool { return p.Value == value })
}

// placeName parts a full name; a catalogue without the parts does not get it.
func (p *plan) placeName(r *Record, t *target, cell string) {
	if !p.known("first_name") || !p.known("last_name") {
		r.Extra = append(r.Extra, Pair{t.label, cell})
		return
	}
	first, last := cells.SplitName(cell)
	if first != "" {
		r.add("first_name", first)
	}
	if last != "" {
		r.add("last_name", last)
	}
}

func (p *plan) placeTime(r *Record, t *target, cell string) {
	at, ok := cells.ParseTime(cell, p.order)
	switch {
	case !ok:
		r.doubt(t.label, DoubtDate)
	case t.to == toCreated && r.Created.IsZero():
		r.Created = at
	case t.to == toChanged:
		r.Changed = at
	}
}

// placeAttributes spreads a JSON object over fields and extras. A refusal is
// not lost because an attribute is broken: such a row goes on without them.
func (p *plan) placeAttributes(r *Record, t *target, cell string) string {
	fields, extra, tags := len(r.Fields), len(r.Extra), len(r.Tags)
	if cells.ScanAttributes(cell, p.addAttr) {
		return ""
	}
	if r.Class != ClassRefused {
		return RejectAttributes
	}
	r.Fields, r.Extra, r.Tags = r.Fields[:fields], r.Extra[:extra], r.Tags[:tags]
	r.doubt(t.label, DoubtAttributes)
	return ""
}

// attribute places one attribute. Names recur in every row, so their targets
// are kept, up to a bound that hostile names cannot pass.
func (p *plan) attribute(name, value string) {
	r := p.record
	t, ok := p.attrs[name]
	if !ok {
		t = p.resolve(name)
		switch t.to {
		case toEmail, toID, toAttributes, toCreated, toChanged: // the row itself has these
			t.to = unlisted
		}
		if len(p.attrs) < 5000 {
			p.attrs[strings.Clone(name)] = t
		}
	}
	if value = address.Trim(value); value != "" {
		p.place(r, &t, value)
	}
}

// conclude adds the statements: refusals, what else the row says, and
// "unknown" for a row that says nothing. A refusal silences consents to what
// it covers.
func (p *plan) conclude(r *Record) {
	for i := range p.refusals {
		f := &p.refusals[i]
		if f.kind == "" || !f.says(r.Raw[f.col]) || p.saidBefore(r, i) {
			continue
		}
		at, _ := p.timeAt(r, f.date)
		r.say(Statement{Kind: f.kind, Scope: scopeOf(f), Channel: channelOf(f.scope), At: at,
			Evidence: join(p.dialect.Name+" "+p.quote(r, f.col), p.quote(r, f.date), p.quote(r, f.proof))})
	}
	for _, state := range p.states {
		state(r)
	}
	if r.Class == ClassRefused && !p.verbatim {
		silence(r)
	}
	if len(r.Statements) == 0 {
		r.say(Statement{Kind: Unknown, Channel: "email"})
	}
}

// saidBefore says whether an earlier refusal read the same out of the same
// cell, as a mapping does of a column that was recognised anyway.
func (p *plan) saidBefore(r *Record, i int) bool {
	f := &p.refusals[i]
	return slices.ContainsFunc(p.refusals[:i], func(o refusal) bool {
		return o.col == f.col && o.kind == f.kind && o.scope == f.scope && o.says(r.Raw[o.col])
	})
}

// silence removes consents to what the same row forbids.
func silence(r *Record) {
	said := slices.Clone(r.Statements)
	r.Statements = slices.DeleteFunc(r.Statements, func(s Statement) bool {
		return (s.Kind == Consent || s.Kind == Unknown) && forbidden(said, s.Channel)
	})
}

func scopeOf(f *refusal) string {
	if f.kind == Undeliverable {
		return ""
	}
	return f.scope
}

func channelOf(scope string) string {
	channel, ok := strings.CutPrefix(scope, "channel:")
	if !ok {
		return ""
	}
	return channel
}

// forbidden says whether one of the statements prohibits a channel.
func forbidden(all []Statement, channel string) bool {
	for _, s := range all {
		if s.Kind == Prohibition && (s.Scope == "all-marketing" || s.Channel == channel || channel == "") {
			return true
		}
	}
	return false
}
