package api

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
)

type person struct {
	ID         id.ID             `json:"id"`
	Kind       string            `json:"kind" doc:"natural or legal: whether the address is somebody's own or an organisation's"`
	Status     string            `json:"status" doc:"active or restricted"`
	Registered string            `json:"registered" doc:"date"`
	Changed    string            `json:"changed" doc:"time of the last change"`
	Fields     map[string]string `json:"fields" doc:"fields of the notice's catalogue that have a value"`
	Tags       []string          `json:"tags"`
	Withheld   []string          `json:"withheld" doc:"fields of the catalogue that the key may not see, whether or not they have a value"`
}

type row struct {
	ID      id.ID             `json:"id"`
	Kind    string            `json:"kind"`
	Status  string            `json:"status"`
	Changed string            `json:"changed"`
	Fields  map[string]string `json:"fields"`
}

type people struct {
	People   []row    `json:"people"`
	Withheld []string `json:"withheld" doc:"fields that the key may not see"`
	Next     string   `json:"next,omitempty" doc:"goes into after for the rows that follow; left out at the end"`
}

// limit is how many rows are asked for.
func (c *call) limit() (int, error) {
	text := c.query.Get("limit")
	if text == "" {
		return 50, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 200 {
		return 0, invalid("api.limit", "limit", "a number from 1 to 200")
	}
	return n, nil
}

func listPeople(c *call) (any, error) {
	if err := c.NeedSearch(); err != nil {
		return nil, err
	}
	q, err := c.query.Line("q", 200)
	if err != nil {
		return nil, err
	}
	n, err := c.limit()
	if err != nil {
		return nil, err
	}
	var after party.Cursor
	var place desk.Place
	if q != "" {
		_, err = c.Cursor(&place)
	} else {
		_, err = c.Cursor(&after)
	}
	if err != nil {
		return nil, err
	}
	out := people{People: []row{}, Withheld: c.withheld()}
	err = c.Look(func(tx *db.Tx) error {
		var found []party.Person
		if q != "" {
			var next *desk.Place
			if found, next, err = c.FindPage(tx, q, place, n); next != nil {
				out.Next = c.SignCursor(next)
			}
		} else if found, err = c.Party.List(tx, party.Query{After: after, Limit: n + 1}); len(found) > n {
			found = found[:n]
			out.Next = c.SignCursor(party.CursorOf(&found[n-1]))
		}
		for i := range found {
			p := &found[i]
			out.People = append(out.People, row{p.ID, p.Subject(), p.Status.String(), stamp(p.Changed), c.fields(p)})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	action := "person.list"
	if q != "" {
		action = "person.search"
	}
	return out, c.ReadMany(action, len(out.People), c.shape())
}

// need gives the person named in the address to a key that sees who people are.
func (c *call) need() (id.ID, error) {
	if err := c.NeedPeople(); err != nil {
		return 0, err
	}
	who, err := id.Parse(c.PathValue("id"))
	if err != nil || who == 0 {
		return 0, party.NotFound()
	}
	return who, nil
}

func getPerson(c *call) (any, error) {
	who, err := c.need()
	if err != nil {
		return nil, err
	}
	var out person
	err = c.Look(func(tx *db.Tx) error {
		p, err := c.Person(tx, who)
		if err != nil {
			return err
		}
		out = person{ID: p.ID, Kind: p.Subject(), Status: p.Status.String(), Registered: p.RegisteredOn(), Changed: stamp(p.Changed), Fields: c.fields(p), Withheld: c.withheld()}
		tags, err := c.Party.Tags(tx, p.ID)
		out.Tags = append([]string{}, tags...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, c.Read("person.read", out.ID)
}

// fields are the values the key may see.
func (c *call) fields(p *party.Person) map[string]string {
	out := map[string]string{}
	p.Each(func(field, value string) {
		if c.Sees(field) {
			out[field] = value
		}
	})
	return out
}

// withheld names the fields of the catalogue the key may not see.
func (c *call) withheld() []string {
	out := []string{}
	for _, f := range c.Facts.Fields() {
		if !c.Sees(f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}

type newPerson struct {
	Fields map[string]string `json:"fields" doc:"fields of the notice's catalogue that the key may change"`
	Tags   []string          `json:"tags,omitempty"`
	Source string            `json:"source" doc:"where the data come from; shown beside each value"`
}

type made struct {
	ID   id.ID             `json:"id"`
	Held map[string]string `json:"held" doc:"addresses that are not to be used whoever has them: the field, and what is held: all or marketing"`
}

// held says which addresses of a person are on the suppression list.
func (c *call) held(tx *db.Tx, p *party.Person) (map[string]string, error) {
	all, err := c.Outbox.Holds().Of(tx, p)
	out := map[string]string{}
	for field, h := range all {
		if out[field] = outbox.HoldMarketing; h.All {
			out[field] = outbox.HoldAll
		}
	}
	return out, err
}

func addPerson(c *call) (any, error) {
	if err := c.NeedPeople(); err != nil {
		return nil, err
	}
	var in newPerson
	if err := c.read(&in); err != nil {
		return nil, err
	}
	values := map[string]*string{}
	for name, v := range in.Fields {
		values[name] = &v
	}
	pairs, err := c.pairs(values)
	if err != nil {
		return nil, err
	}
	if err := c.source(&in.Source); err != nil {
		return nil, err
	}
	if len(in.Tags) > 0 && !c.Edits("email") {
		return nil, denied("tags")
	}
	var out made
	err = c.Act(func(tx *db.Tx) error {
		source, err := c.Party.AddSource(tx, "staff", in.Source)
		if err != nil {
			return err
		}
		p, err := c.Party.Create(tx, party.New{Fields: pairs, Tags: in.Tags, Source: source})
		if err != nil {
			return err
		}
		out.ID = p.ID
		if out.Held, err = c.held(tx, p); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.create", Kind: "person", Object: p.ID.String(), Person: p.ID})
	})
	if err != nil {
		return nil, err
	}
	c.W.Header().Set("Location", prefix+"/people/"+out.ID.String())
	return out, nil
}

type edit struct {
	Fields map[string]*string `json:"fields" doc:"fields of the notice's catalogue that the key may change; null or \"\" removes one"`
	Source string             `json:"source" doc:"why, or where the new data come from; shown beside each value"`
}

type edited struct {
	ID      id.ID `json:"id"`
	Changed bool  `json:"changed" doc:"false when the values were so already"`
}

func editPerson(c *call) (any, error) {
	who, err := c.need()
	if err != nil {
		return nil, err
	}
	var in edit
	if err := c.read(&in); err != nil {
		return nil, err
	}
	pairs, err := c.pairs(in.Fields)
	if err != nil {
		return nil, err
	}
	if err := c.source(&in.Source); err != nil {
		return nil, err
	}
	var out edited
	err = c.Act(func(tx *db.Tx) error {
		p, err := c.Person(tx, who)
		if err != nil {
			return err
		}
		source, err := c.Party.AddSource(tx, "staff", in.Source)
		if err != nil {
			return err
		}
		out.ID = p.ID
		if out.Changed, err = c.Party.Edit(tx, p.ID, source, pairs); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.edit", Kind: "person", Object: p.ID.String(), Person: p.ID, Detail: map[string]string{"field": strings.Join(sorted(in.Fields), " ")}})
	})
	return out, err
}

// pairs are values to write: each a field of the catalogue that the key may change.
func (c *call) pairs(values map[string]*string) (out []party.Pair, err error) {
	var strange []string
	for _, name := range sorted(values) {
		if _, ok := c.Facts.Field(name); !ok {
			strange = append(strange, "fields."+name)
		}
	}
	if err := unknown(strange); err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, invalid("form.missing", "fields", "the field is empty")
	}
	for _, name := range sorted(values) {
		v := ""
		if values[name] != nil {
			v = strings.TrimSpace(*values[name])
		}
		switch {
		case !c.Edits(name):
			return nil, denied("fields." + name)
		case len(v) > 2000 || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return nil, invalid("form.one_line", "fields."+name, "the field takes one line")
		}
		out = append(out, party.Pair{Name: name, Value: v})
	}
	return out, nil
}

func denied(field string) error {
	return fault.New(fault.Denied, "denied.field", "the API key does not change this field").In(field)
}

// source checks the words that say where data come from.
func (c *call) source(s *string) error {
	*s = strings.TrimSpace(*s)
	if *s == "" || len(*s) > 200 || strings.ContainsFunc(*s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return invalid("form.missing", "source", "say where the data come from, in one line")
	}
	return nil
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format(time.RFC3339)
}

// sorted gives the keys of a map in order.
func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
