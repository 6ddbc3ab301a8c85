package exchange

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
)

// exportBuckets is how many buckets one read of an export takes.
const exportBuckets = 64

// Export writes everybody with their permissions and evidence, as CSV (our own
// dialect, which imports back to the same bytes) or as JSON, one person a line.
// It reads range by range, in flat memory, and gives the number of people. to says whom
// it is given to; nil is the company's own use, and holds everything.
func (r *Room) Export(ctx context.Context, by db.By, format string, to *Given, w io.Writer) (n int, err error) {
	notice, _, err := r.Notice()
	if err != nil {
		return 0, err
	}
	var fields []string
	for _, f := range notice.Fields() {
		fields = append(fields, f.Name)
	}
	if to != nil {
		if err := to.read(notice); err != nil {
			return 0, err
		}
	}
	put, err := writer(format, to.only(fields), w)
	if err != nil {
		return 0, err
	}
	for lo := 0; lo < id.Buckets; lo += exportBuckets {
		people, err := r.part(ctx, by, to, lo, lo+exportBuckets-1)
		for i := range people {
			if err == nil {
				err = put(people[i])
				n++
			}
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// part reads a range. What is given away is recorded before it leaves.
func (r *Room) part(ctx context.Context, by db.By, to *Given, lo, hi int) (people []*dialect.Person, err error) {
	if to == nil {
		return people, r.DB.View(ctx, by, func(tx *db.Tx) error {
			people, _, err = r.exportRange(tx, nil, lo, hi)
			return err
		})
	}
	return people, r.DB.Do(ctx, by, func(tx *db.Tx) error {
		var ids []id.ID
		if people, ids, err = r.exportRange(tx, to, lo, hi); err != nil || len(ids) == 0 {
			return err
		}
		return to.Join(tx, ids)
	})
}

func writer(format string, fields []string, w io.Writer) (func(*dialect.Person) error, error) {
	if format == "jsonl" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return func(p *dialect.Person) error { return enc.Encode(flat(p)) }, nil
	}
	out := dialect.NewWriter(w, fields)
	return out.WriteRow, out.WriteHeader()
}

// line is one person of a JSON export.
type line struct {
	ID          string              `json:"id"`
	Emails      []dialect.Point     `json:"emails,omitempty"`
	Phones      []dialect.Point     `json:"phones,omitempty"`
	Posts       []dialect.Point     `json:"posts,omitempty"`
	Fields      map[string]string   `json:"fields"`
	Tags        []string            `json:"tags,omitempty"`
	Permissions []dialect.Statement `json:"permissions"`
	Registered  time.Time           `json:"registered"`
	Changed     time.Time           `json:"changed"`
}

func flat(p *dialect.Person) line {
	out := line{ID: p.ID, Emails: p.Emails, Phones: p.Phones, Posts: p.Posts, Fields: map[string]string{}, Tags: p.Tags, Permissions: p.Statements,
		Registered: p.Registered, Changed: p.Changed}
	for _, f := range p.Fields {
		out.Fields[f.Name] = f.Value
	}
	return out
}

func (r *Room) exportRange(tx *db.Tx, to *Given, lo, hi int) ([]*dialect.Person, []id.ID, error) {
	tags, err := r.Party.TagsOf(tx, lo, hi)
	if err != nil {
		return nil, nil, err
	}
	points, err := r.Party.PointsOf(tx, lo, hi)
	if err != nil {
		return nil, nil, err
	}
	var out []*dialect.Person
	var ids []id.ID
	err = r.Party.Scan(tx, lo, hi, func(p *party.Person) error {
		if p.Status != party.Erased && (to == nil || p.Status != party.Restricted) {
			out = append(out, exported(p, tags[p.ID], points[p.ID]))
			ids = append(ids, p.ID)
		}
		return nil
	})
	for i := range out {
		if err == nil {
			out[i].Statements, err = r.statements(tx, ids[i], out[i].Statements)
		}
		if to != nil {
			to.cut(out[i])
		}
	}
	return out, ids, err
}

func exported(p *party.Person, tags []string, more []party.Point) *dialect.Person {
	out := &dialect.Person{ID: p.ID.String(), Tags: tags, Registered: clock.FromMs(p.Registered), Changed: clock.FromMs(p.Changed)}
	p.Each(func(field, value string) {
		switch field {
		case "email":
			out.Emails = append(out.Emails, dialect.Point{Value: value})
		case "phone":
			out.Phones = append(out.Phones, dialect.Point{Value: value})
		default:
			out.Fields = append(out.Fields, dialect.Pair{Name: field, Value: value})
		}
	})
	for _, a := range more {
		switch pt := (dialect.Point{Value: a.Value, Label: a.Label}); a.Kind {
		case party.KindEmail:
			out.Emails = append(out.Emails, pt)
		case party.KindPhone:
			out.Phones = append(out.Phones, pt)
		case party.KindPost:
			out.Posts = append(out.Posts, pt)
		}
	}
	if p.Reach.Has(party.BadEmail) {
		out.Statements = append(out.Statements, dialect.Statement{Kind: dialect.Undeliverable, Channel: "email"})
	}
	return out
}

// statements are what holds for a person now, with its evidence.
func (r *Room) statements(tx *db.Tx, who id.ID, out []dialect.Statement) ([]dialect.Statement, error) {
	entries, err := r.Ledger.Entries(tx, who)
	if err != nil || len(entries) == 0 {
		return out, err
	}
	byID := map[string]*ledger.Entry{}
	for i := range entries {
		byID[entries[i].ID.String()] = &entries[i]
	}
	now := ledger.Fold(entries)
	add := func(kind dialect.Kind, entry string) error {
		e := byID[entry]
		if e == nil {
			return nil
		}
		ev, err := r.Ledger.EvidenceOf(tx, e)
		if err != nil {
			return err
		}
		s := dialect.Statement{Kind: kind, Purpose: e.Purpose, Channel: e.Channel, Scope: e.Scope, At: clock.FromMs(e.Effective), Strength: e.Strength}
		if ev != nil {
			s.Evidence, s.IP = ev.Text, ev.IP
		} else if e.Source != 0 { // the source says it, once for all rows
			src, err := r.Party.SourceOf(tx, e.Source)
			if err != nil {
				return err
			}
			s.Evidence = src.Label
		}
		out = append(out, s)
		return nil
	}
	for _, c := range now.Consents {
		kind, entry := dialect.Consent, c.Entry
		if c.Withdrawn != 0 {
			kind, entry = dialect.Withdrawal, c.Ended
		}
		if err := add(kind, entry); err != nil {
			return nil, err
		}
	}
	for _, p := range now.Prohibitions {
		if err := add(dialect.Prohibition, p.Entry); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// One gives one person as an export does; nil when there is none, or they were erased.
func (r *Room) One(tx *db.Tx, who id.ID) (*dialect.Person, error) {
	p, found, err := r.Party.Get(tx, who)
	if err != nil || !found || p.Status == party.Erased {
		return nil, err
	}
	tags, err := r.Party.Tags(tx, who)
	if err != nil {
		return nil, err
	}
	points, err := r.Party.Further(tx, who)
	if err != nil {
		return nil, err
	}
	out := exported(p, tags, points)
	out.Statements, err = r.statements(tx, who, out.Statements)
	return out, err
}
