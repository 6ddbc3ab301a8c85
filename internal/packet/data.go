package packet

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/exchange/dialect/guard"
	"kartotek/internal/noticedoc"
)

// Format is the name of the JSON form, described in docs/developer.md. Fields are
// added, never changed or taken away; a change of meaning is another version.
const (
	Format        = "kartotek-package"
	FormatVersion = 1
)

// instant writes a moment for machines; "" for none.
func instant(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).UTC().Format(time.RFC3339Nano)
}

type jsonPackage struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	Portable   bool            `json:"portable"`
	Language   string          `json:"language"`
	Made       string          `json:"made"`
	Reference  string          `json:"reference,omitempty"`
	Person     string          `json:"person"`
	Controller jsonController  `json:"controller"`
	Given      *dialect.Person `json:"given,omitempty"`
	About      []jsonSection   `json:"information"`
	Recipients []jsonRecipient `json:"recipients"`
	Until      []Until         `json:"kept_until"`
	Data       []jsonPart      `json:"data"`
	Looked     []jsonLook      `json:"looked_at"`
	Withheld   []Withheld      `json:"withheld"`
}

type jsonController struct {
	Name       string `json:"name"`
	BusinessID string `json:"business_id,omitempty"`
	Email      string `json:"email,omitempty"`
	Register   string `json:"register"`
	Notice     int    `json:"notice_version"`
}

type jsonSection struct {
	ID     string      `json:"id"`
	Title  string      `json:"title"`
	Blocks []jsonBlock `json:"blocks"`
}

// jsonBlock is a paragraph, a list, terms with their meaning, or a table.
type jsonBlock struct {
	Text  string      `json:"text,omitempty"`
	Items []string    `json:"items,omitempty"`
	Terms [][2]string `json:"terms,omitempty"`
	Head  []string    `json:"head,omitempty"`
	Rows  [][]string  `json:"rows,omitempty"`
}

type jsonRecipient struct {
	Name       string   `json:"name"`
	What       string   `json:"what,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Purpose    string   `json:"purpose,omitempty"`
	Country    string   `json:"country,omitempty"`
	At         string   `json:"at,omitempty"`
	Times      int      `json:"times,omitempty"`
}

type jsonPart struct {
	Keeper  string       `json:"keeper"`
	Kind    string       `json:"kind"`
	Title   string       `json:"title"`
	Records []jsonRecord `json:"records"`
}

type jsonRecord struct {
	ID     string      `json:"id,omitempty"`
	At     string      `json:"at,omitempty"`
	Values []jsonValue `json:"values"`
}

type jsonValue struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Value    string `json:"value"`
	Says     string `json:"says,omitempty"` // in the language of the package, where it differs
	Source   string `json:"source,omitempty"`
	First    string `json:"first_collected,omitempty"`
	Changed  string `json:"last_changed,omitempty"`
	Withheld string `json:"withheld,omitempty"`
}

type jsonLook struct {
	At      string `json:"at"`
	Action  string `json:"action"`
	What    string `json:"what"`
	Purpose string `json:"purpose,omitempty"`
	Who     string `json:"who"`
}

// data is the package as JSON.
func (p *Package) data() ([]byte, error) {
	out := jsonPackage{Format: Format, Version: FormatVersion, Portable: p.Portable, Language: p.Lang, Made: instant(clock.Ms(p.Made)), Reference: p.Reference,
		Person:     p.Person.String(),
		Controller: jsonController{p.Controller.Name, p.Controller.BusinessID, p.Controller.Email, p.Register, p.Version},
		Given:      p.Given, About: []jsonSection{}, Recipients: []jsonRecipient{}, Until: list0(p.Until), Data: []jsonPart{}, Looked: []jsonLook{},
		Withheld: list0(p.Withheld)}
	for _, s := range p.About {
		out.About = append(out.About, jsonSection{s.ID, s.Title, blocks(s.Blocks)})
	}
	for _, r := range p.Recipients {
		out.Recipients = append(out.Recipients, jsonRecipient{r.Name, r.What, r.Categories, r.Purpose, r.Country, instant(r.At), r.Times})
	}
	for i := range p.Parts {
		out.Data = append(out.Data, p.Parts[i].json())
	}
	for _, l := range p.Looked {
		out.Looked = append(out.Looked, jsonLook{instant(l.At), l.Action, l.What, l.Purpose, l.Who})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(&out)
	return b.Bytes(), err
}

func blocks(in []noticedoc.Block) []jsonBlock {
	out := make([]jsonBlock, len(in))
	for i, b := range in {
		out[i] = jsonBlock{Text: b.Text, Items: b.Items, Head: b.Head, Rows: b.Cells}
		for _, r := range b.Rows {
			out[i].Terms = append(out[i].Terms, [2]string{r.Term, r.Text})
		}
	}
	return out
}

func (p *Part) json() jsonPart {
	out := jsonPart{p.Keeper, p.Kind, p.Title, make([]jsonRecord, len(p.Records))}
	for i := range p.Records {
		r := &p.Records[i]
		j := jsonRecord{At: instant(r.At), Values: make([]jsonValue, len(r.Values))}
		if r.ID != 0 {
			j.ID = r.ID.String()
		}
		for k, v := range r.Values {
			j.Values[k] = jsonValue{Name: v.Name, Title: v.Title, Value: v.Text, Source: v.Source, First: instant(v.First), Changed: instant(v.Changed), Withheld: v.Withheld}
			if v.Shown != v.Text {
				j.Values[k].Says = v.Shown
			}
		}
		out.Records[i] = j
	}
	return out
}

// csv is a part as a table: a column for each value, and for its source and dates
// where there are any. A spreadsheet takes no cell for a formula.
func (p *Part) csv() []byte {
	names, sourced := p.names(), p.sourced()
	head := []string{"id", "at"}
	place := map[string]int{}
	for _, n := range names {
		place[n] = len(head)
		head = append(head, n)
		if sourced {
			head = append(head, n+".source", n+".first_collected", n+".last_changed")
		}
	}
	rows := [][]string{head}
	for i := range p.Records {
		rows = append(rows, p.Records[i].row(len(head), place, sourced))
	}
	return table(rows)
}

func (r *Record) row(n int, place map[string]int, sourced bool) []string {
	row := make([]string, n)
	if r.ID != 0 {
		row[0] = r.ID.String()
	}
	row[1] = instant(r.At)
	for _, v := range r.Values {
		at := place[v.Name]
		row[at] = v.Text
		if v.Withheld != "" {
			row[at] = "[" + v.Withheld + "]"
		}
		if sourced {
			row[at+1], row[at+2], row[at+3] = v.Source, instant(v.First), instant(v.Changed)
		}
	}
	for i := 2; i < n; i++ {
		row[i] = guard.Cell(row[i])
	}
	return row
}

func (p *Package) lookedCSV() []byte {
	rows := [][]string{{"at", "action", "what", "purpose", "who"}}
	for _, l := range p.Looked {
		rows = append(rows, []string{instant(l.At), l.Action, guard.Cell(l.What), guard.Cell(l.Purpose), guard.Cell(l.Who)})
	}
	return table(rows)
}

func table(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // into memory
	return b.Bytes()
}
