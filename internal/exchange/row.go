package exchange

import (
	"encoding/binary"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

// row is what a batch keeps of a record: its values copied out.
type row struct {
	file       string
	index, num int
	kind, key  string // the address the person is known by
	display    string // as the file writes it
	fields     []party.Pair
	tags       []string
	statements []dialect.Statement
	further    []further // addresses beside the first of each kind
	created    int64     // ms, as the source tells; 0 when it does not
	changed    int64     // of our own export
	own        id.ID     // of our own export
	hash       int64
}

// copyRow takes over a record; names of columns the notice does not list go to unlisted.
func (run *runner) copyRow(r *dialect.Record) row {
	out := row{file: r.File, index: r.FileIndex, num: r.Row}
	out.kind, out.key = keyOf(r)
	out.hash = int64(binary.LittleEndian.Uint64(r.RowHash[:8]) >> 1)
	out.fields = make([]party.Pair, 0, len(r.Fields)+2)
	if len(r.Emails) > 0 {
		out.display = r.Emails[0].Value
		out.field(run, "email", r.Emails[0].Value)
	}
	aside := r.Dialect == ownDialect && len(r.Emails) > 0 && len(r.Phones) > 0 && labelled(r.Phones[0].Label) != ""
	if aside { // none of them is the first of the person's row
		out.further = append(out.further, further{"phone", r.Phones[0].Label, r.Phones[0].Value})
	} else if len(r.Phones) > 0 {
		out.field(run, "phone", r.Phones[0].Value)
		if out.display == "" {
			out.display = r.Phones[0].Value
		}
	}
	out.add("email", r.Emails)
	out.add("phone", r.Phones)
	for _, p := range r.Posts {
		out.further = append(out.further, further{party.KindPost, labelled(p.Label), p.Value})
	}
	for _, f := range r.Fields {
		if f.Value != "" {
			out.field(run, f.Name, f.Value)
		}
	}
	for _, x := range r.Extra {
		run.unlisted[x.Name] = true
	}
	out.created = clock.Ms(r.Created)
	if r.Dialect == ownDialect {
		out.own, _ = id.Parse(r.SourceID)
		out.changed = clock.Ms(r.Changed)
	}
	out.tags = append(out.tags, r.Tags...)
	out.statements = append(out.statements, r.Statements...)
	return out
}

// further is an address beside the first of its kind.
type further struct{ kind, label, value string }

func (r *row) add(kind string, all []dialect.Point) {
	for i, p := range all {
		if i > 0 {
			r.further = append(r.further, further{kind, labelled(p.Label), p.Value})
		}
	}
}

// labelled is a label we keep; a column's name is none.
func labelled(label string) string {
	if label != "work" && label != "home" && label != "billing" {
		return ""
	}
	return label
}

// ownDialect is our own export. Coming home, people keep their ids and dates, so
// that what is exported again is the same to the byte.
const ownDialect = "kartotek"

// field adds a value, shaped for storage, or names a field the notice does not list.
func (r *row) field(run *runner, name, value string) {
	if !run.catalogue[name] {
		run.unlisted[name] = true
		return
	}
	switch name {
	case "country":
		value = Country(value)
	case "language":
		value = strings.ToLower(value)
	}
	if len(value) > 2000 {
		value = value[:2000]
	}
	r.fields = append(r.fields, party.Pair{Name: name, Value: strings.ToValidUTF8(value, "")})
}

// roleMailboxes are the parts before @ that name a function and no person.
var roleMailboxes = map[string]bool{"info": true, "office": true, "sales": true, "support": true, "kontakt": true, "contact": true,
	"asiakaspalvelu": true, "myynti": true, "toimisto": true, "kundtjanst": true, "forsaljning": true, "faktura": true, "laskut": true,
	"invoice": true, "admin": true, "post": true, "hallinto": true, "palaute": true, "registratur": true, "kirjaamo": true}

// subject tells a role address from a person: such a mailbox and no personal name.
func subject(p *party.Person, key string) party.Kind {
	local, _, _ := strings.Cut(key, "@")
	if p.FirstName == "" && p.LastName == "" && roleMailboxes[local] {
		return party.Legal
	}
	return party.Natural
}
