package noticedef

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"strings"
	"text/template"
	"time"

	"kartotek/internal/noticedef/facts"
)

// Answers is what a company tells when it sets up its register. Empty answers
// are filled with those of an invented company.
type Answers struct {
	Company, BusinessID, VATID string
	Street, Postcode, City     string
	Country                    string // "FI" or "SE"
	Email, Phone               string
	ContactName, ContactEmail  string
	Hosting, Mail              string   // who runs the servers, who delivers e-mail; empty when the company does
	Languages                  []string // sv, fi, en
	Effective                  string   // the day the notice begins to apply, year-month-day
}

//go:embed template.yaml.tmpl
var templateText string

//go:embed testdata/nordanvind.yaml
var nordanvind []byte

var fileTemplate = template.Must(template.New("notice").Funcs(template.FuncMap{"q": quote, "line": oneLine}).Parse(templateText))

// DefaultAnswers is the invented company of an untouched set-up, whose notice
// begins to apply on a given day.
func DefaultAnswers(effective string) Answers {
	return Answers{
		Company: "Exempelbolaget Oy", BusinessID: "7654321-2", VATID: "FI76543212",
		Street: "Exempelgatan 1", Postcode: "00100", City: "Helsingfors", Country: "FI",
		Email: "info@exempelbolaget.example", Phone: "+358 00 000 0000",
		ContactName: "Maja Exempel", ContactEmail: "privacy@exempelbolaget.example",
		Hosting: "Konesali Oy", Mail: "Postilinja Oy",
		Languages: facts.Languages, Effective: effective,
	}
}

// DemoNotice is the complete notice of the invented Nordanvind Oy, version 4
// of its register.
func DemoNotice() []byte { return bytes.Clone(nordanvind) }

// Template writes a complete, commented notice file from a few answers. With
// answers that are true (a valid business id, a date) it passes Check.
func Template(a Answers) []byte {
	var b bytes.Buffer
	if err := fileTemplate.Execute(&b, sheet{a.filled()}); err != nil {
		panic("noticedef: the embedded template does not execute: " + err.Error()) // a broken build
	}
	return b.Bytes()
}

// filled gives the answers with what is missing invented. A company that
// answers at all does not inherit the invented one's providers or VAT id.
func (a Answers) filled() Answers {
	d := DefaultAnswers("2026-12-01")
	if a.Company == "" && a.BusinessID == "" {
		a.Hosting, a.Mail, a.VATID = or(a.Hosting, d.Hosting), or(a.Mail, d.Mail), or(a.VATID, d.VATID)
	}
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&a.Company, d.Company}, {&a.BusinessID, d.BusinessID}, {&a.Street, d.Street}, {&a.Postcode, d.Postcode},
		{&a.City, d.City}, {&a.Country, d.Country}, {&a.Email, d.Email}, {&a.ContactName, d.ContactName},
		{&a.Effective, d.Effective},
	} {
		*f.to = or(*f.to, f.from)
	}
	if a.Phone == "" && a.Email == d.Email {
		a.Phone = d.Phone
	}
	a.ContactEmail = or(a.ContactEmail, a.Email)
	if len(a.Languages) == 0 {
		a.Languages = d.Languages
	}
	return a
}

// sheet is what the template sees.
type sheet struct{ Answers }

func (s sheet) Processors() bool     { return s.Hosting != "" || s.Mail != "" }
func (s sheet) LanguageList() string { return strings.Join(s.Languages, ", ") }

// InMonths is a day so many months after the notice begins to apply.
func (s sheet) InMonths(n int) string {
	t, ok := Date(s.Effective).Time()
	if !ok {
		return s.Effective
	}
	return (Duration{N: n, Unit: "months"}).AddTo(t).Format(time.DateOnly)
}

// BookYears and BookAct: how long bookkeeping material is kept.
// law: FI 1336/1997 2:10, SE 1999:1078 7:2
func (s sheet) BookYears() int {
	if s.Country == "SE" {
		return 7
	}
	return 6
}

func (s sheet) BookAct() string {
	if s.Country == "SE" {
		return "1999:1078"
	}
	return "1336/1997"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// quote writes a string as a YAML double-quoted scalar; JSON's form is one.
func quote(s string) string {
	b, err := json.Marshal(facts.Tidy(s))
	if err != nil {
		panic("noticedef: a string did not marshal: " + err.Error()) // every string does
	}
	return string(b)
}

// oneLine keeps an answer inside the comment it is written into.
func oneLine(s string) string { return facts.Tidy(s) }
