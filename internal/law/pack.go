package law

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed packs/*.yaml
var packFiles embed.FS

// Pack is one dated rule pack of one jurisdiction, as its file says it.
type Pack struct {
	ID         string      `yaml:"pack"`       // such as "FI-2026.1"
	Code       string      `yaml:"code"`       // the jurisdiction: EU, FI, SE
	ValidFrom  Date        `yaml:"valid_from"` // first day it is used for
	Compiled   Date        `yaml:"compiled"`
	Countries  []string    `yaml:"countries"` // ISO codes it governs; empty for the EU base
	Parameters []Param     `yaml:"parameters"`
	Bases      []Basis     `yaml:"bases"`
	Channels   []Rule      `yaml:"channels"`
	Acts       []*Act      `yaml:"acts"`
	Authority  *Authority  `yaml:"authority"`
	EEA        []string    `yaml:"eea"`
	Adequacy   []Adequacy  `yaml:"adequacy"`
	Retention  []Retention `yaml:"retention"`
	Holidays   []Feast     `yaml:"holidays"`
	Citations  []Citation  `yaml:"citations"`
}

// Text is a name or sentence in sv, fi and en.
type Text map[string]string

// In gives the text in a language, English when the language is not held.
func (t Text) In(lang string) string {
	if s, ok := t[lang]; ok {
		return s
	}
	return t["en"]
}

// Param is one number or switch the law sets, such as the 72 hours of a breach.
type Param struct {
	Name       string `yaml:"name"`
	Value      string `yaml:"value"`
	Unit       string `yaml:"unit"`
	Citation   string `yaml:"citation"`
	Note       string `yaml:"note"`
	Confidence string `yaml:"confidence"` // "" or "known, not re-read"
}

// Basis is a legal basis of processing with the rights it gives the data subject.
// law: GDPR 6(1)
type Basis struct {
	Kind       string   `yaml:"kind"`    // as notices name it: "consent", "legitimate interest"
	Article    string   `yaml:"article"` // such as "GDPR 6(1)(a)"
	Title      Text     `yaml:"title"`
	Rights     []string `yaml:"rights"` // such as "GDPR 15"
	Confidence string   `yaml:"confidence"`
}

// Regimes of a channel.
const (
	OptIn  = "opt-in"  // nothing without prior consent
	OptOut = "opt-out" // allowed until the recipient forbids it
)

// Rule says what direct marketing by a channel needs, for natural or legal persons.
type Rule struct {
	Subject      string `yaml:"subject"`       // natural or legal
	Channel      string `yaml:"channel"`       // email, sms, call, post
	Regime       string `yaml:"regime"`        // OptIn or OptOut
	SoftOptIn    bool   `yaml:"soft_opt_in"`   // the existing-customer exception is open
	RoleRelevant bool   `yaml:"role_relevant"` // needs a recorded link between the offer and the person's work
	Name         string `yaml:"rule"`          // such as "fi_917_2014_202_legal_person", shown in verdicts
	Citation     string `yaml:"citation"`      // such as "FI 917/2014 202"
	Note         string `yaml:"note"`
	Confidence   string `yaml:"confidence"`
}

// Authority is a supervisory authority and how a person complains to it.
// law: GDPR 77
type Authority struct {
	ID       string `yaml:"id"`
	IRI      string `yaml:"iri"`
	Name     Text   `yaml:"name"`
	Visit    Text   `yaml:"visit"` // street address
	Post     Text   `yaml:"post"`
	Phone    string `yaml:"phone"`
	Email    string `yaml:"email"`
	URL      Text   `yaml:"url"`
	Complain Text   `yaml:"complain"` // two or three sentences for the person
	Court    Text   `yaml:"court"`    // how a person takes the controller to court. law: GDPR 79

	Confidence string `yaml:"confidence"` // of the addresses: "" or "known, not re-read"
}

// Retention is a default period for data a notice often forgets, to be confirmed by the controller.
type Retention struct {
	ID         string `yaml:"id"`
	Keep       string `yaml:"keep"` // the event the period runs from
	Then       string `yaml:"then"` // the period after it; "" when Keep says all
	Note       string `yaml:"note"`
	Citation   string `yaml:"citation"`
	Confidence string `yaml:"confidence"`
}

// library is every pack and what is derived from them; immutable once loaded.
type library struct {
	packs     []*Pack            // EU first, then by code and day
	byID      map[string]*Pack   // pack id
	countries map[string][]dated // ISO country -> sets by day, oldest first
	base      []dated            // the sets of a country no pack governs
	holidays  map[string][]Feast // ISO country -> rules
	citations []Citation
	refs      map[string]Citation
	eea       map[string]bool

	mu   sync.RWMutex
	sets map[string]*Set // interned, so that a set can be a cache key
}

// dated is a set with the first instant it holds for.
type dated struct {
	from time.Time
	set  *Set
}

// books loads and checks the packs once. They are part of the binary, so a fault in them is a
// fault of the build; TestPacks finds it before anyone else does.
var books = sync.OnceValue(func() *library {
	l, err := load(packFiles)
	if err != nil {
		panic("law: the built-in rule packs are broken: " + err.Error()) // a broken build
	}
	return l
})

// load reads, checks and indexes every pack of a file system.
func load(files fs.FS) (*library, error) {
	names, err := fs.Glob(files, "packs/*.yaml")
	if err != nil {
		return nil, err
	}
	l := &library{byID: map[string]*Pack{}, refs: map[string]Citation{}, sets: map[string]*Set{},
		holidays: map[string][]Feast{}, eea: map[string]bool{}}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		p, err := parsePack(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if l.byID[p.ID] != nil {
			return nil, fmt.Errorf("%s: pack id %s is used twice", name, p.ID)
		}
		l.byID[p.ID] = p
		l.packs = append(l.packs, p)
	}
	slices.SortFunc(l.packs, comparePacks)
	return l, l.index()
}

// comparePacks orders packs: the EU base first, then by code, then by day.
func comparePacks(a, b *Pack) int {
	rank := func(p *Pack) string {
		if p.Code == "EU" {
			return ""
		}
		return p.Code
	}
	if c := strings.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	return strings.Compare(string(a.ValidFrom), string(b.ValidFrom))
}

// parsePack reads one pack; an unknown key is an error, so that a typo cannot hide a rule.
func parsePack(data []byte) (*Pack, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var p Pack
	if err := dec.Decode(&p); err != nil {
		return nil, err
	}
	for _, a := range p.Acts {
		if err := a.compile(); err != nil {
			return nil, err
		}
	}
	for i := range p.Holidays {
		if err := p.Holidays[i].compile(); err != nil {
			return nil, err
		}
	}
	return &p, p.check()
}

var packID = regexp.MustCompile(`^([A-Z]{2})-20\d\d\.\d+$`)

// check finds what would make a pack lie: bad dates, unknown words, missing languages.
func (p *Pack) check() error {
	m := packID.FindStringSubmatch(p.ID)
	if m == nil || m[1] != p.Code {
		return fmt.Errorf("pack id %q does not fit code %q", p.ID, p.Code)
	}
	if !p.ValidFrom.ok() || !p.Compiled.ok() {
		return fmt.Errorf("valid_from and compiled must be dates")
	}
	for _, r := range p.Channels {
		if err := r.check(); err != nil {
			return err
		}
	}
	for _, a := range p.Adequacy {
		if len(a.Country) != 2 || !a.From.ok() || a.Until != "" && !a.Until.ok() {
			return fmt.Errorf("adequacy of %q: country or dates are wrong", a.Country)
		}
	}
	for _, c := range p.Citations {
		if c.Ref == "" || !slices.Contains([]string{Done, Partly, NotYet}, c.Status) {
			return fmt.Errorf("citation %q: status %q is not done, partly or not yet", c.Ref, c.Status)
		}
	}
	return p.checkTexts()
}

func (r Rule) check() error {
	_, _, known := slot(r.Subject, r.Channel)
	if !known || r.Regime != OptIn && r.Regime != OptOut || r.Name == "" || r.Citation == "" {
		return fmt.Errorf("channel rule %s/%s (%s) is incomplete", r.Subject, r.Channel, r.Name)
	}
	return nil
}

// checkTexts asks that everything a person may read exists in all three languages.
func (p *Pack) checkTexts() error {
	texts := map[string]Text{}
	for _, a := range p.Acts {
		texts["act "+a.ID] = a.Title
	}
	for _, b := range p.Bases {
		texts["basis "+b.Kind] = b.Title
	}
	for _, h := range p.Holidays {
		texts["holiday "+h.ID] = h.Title
	}
	if a := p.Authority; a != nil {
		texts["authority name"], texts["authority post"], texts["authority complain"] = a.Name, a.Post, a.Complain
		texts["authority visit"], texts["authority url"] = a.Visit, a.URL
	}
	for what, t := range texts {
		for _, lang := range []string{"sv", "fi", "en"} {
			if t[lang] == "" {
				return fmt.Errorf("%s has no text in %s", what, lang)
			}
		}
	}
	return nil
}

// index derives everything that is asked often, and checks what only shows across packs.
func (l *library) index() error {
	for _, p := range l.packs {
		for _, c := range p.Citations {
			l.refs[c.Ref] = c // a later pack of the same code overrides
		}
		for _, c := range p.EEA {
			l.eea[c] = true
		}
		for _, c := range p.Countries {
			l.holidays[c] = p.Holidays
		}
	}
	for _, c := range l.refs {
		l.citations = append(l.citations, c)
	}
	slices.SortFunc(l.citations, func(a, b Citation) int { return strings.Compare(a.Ref, b.Ref) })
	for _, p := range l.packs {
		for _, ref := range p.refs() {
			if _, ok := l.lookup(ref); !ok {
				return fmt.Errorf("%s cites %q, which is not in the index of citations", p.ID, ref)
			}
		}
	}
	return l.indexCountries()
}

// refs lists every citation the pack's own entries make.
func (p *Pack) refs() (refs []string) {
	for _, x := range p.Parameters {
		refs = append(refs, x.Citation)
	}
	for _, b := range p.Bases {
		refs = append(append(refs, b.Article), b.Rights...)
	}
	for _, r := range p.Channels {
		refs = append(refs, r.Citation)
	}
	for _, r := range p.Retention {
		if r.Citation != "" {
			refs = append(refs, r.Citation)
		}
	}
	return refs
}

// indexCountries works out, for each country, which set holds from which day on.
func (l *library) indexCountries() error {
	l.countries = map[string][]dated{}
	codes := map[string]string{} // country -> code
	for _, p := range l.packs {
		for _, c := range p.Countries {
			codes[c] = p.Code
		}
	}
	var err error
	if l.base, err = l.timeline("EU"); err != nil {
		return err
	}
	for country, code := range codes {
		if l.countries[country], err = l.timeline("EU", code); err != nil {
			return err
		}
	}
	return nil
}

// timeline lists the sets of some codes by the day each begins to hold.
func (l *library) timeline(codes ...string) (out []dated, err error) {
	var days []Date
	for _, p := range l.packs {
		if slices.Contains(codes, p.Code) {
			days = append(days, p.ValidFrom)
		}
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		s, err := l.pick(codes, day)
		if err == nil {
			out = append(out, dated{day.Time(), s})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no day on which packs %v hold together", codes)
	}
	return out, nil
}
