package mine

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/keep"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/mine"
)

// overview shows what is held, why, until when and from where. law: GDPR 15(1)
func overview(s *self) error {
	v := view.OverviewView{Inside: s.inside(s.T("mine.title"), "overview"), Notice: "/notice/" + s.Printer.Lang()}
	err := s.look("overview", func(tx *db.Tx) (err error) {
		if v.Groups, err = s.groups(tx, true); err != nil {
			return err
		}
		v.Kept, err = s.kept(tx)
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(http.StatusOK, view.Overview(v))
}

// groups are the categories of the notice with the person's values. With all, those
// without a value that are kept otherwise, such as orders, are among them.
func (s *self) groups(tx *db.Tx, all bool) (out []view.Group, err error) {
	if s.InForce == nil {
		return nil, nil
	}
	lang := s.Printer.Lang()
	src := sources{s: s, tx: tx, known: map[id.ID]party.Source{}}
	points, err := s.Party.Addresses(tx, s.Who)
	if err != nil {
		return nil, err
	}
	ends, err := s.ends(tx)
	if err != nil {
		return nil, err
	}
	for _, c := range s.InForce.Notice.Categories {
		g := view.Group{ID: c.ID, Title: c.Title.In(lang), Why: s.why(c.ID), Until: s.until(c, ends[c.ID])}
		for _, f := range c.Fields {
			if value := s.person.Get(f.Name); value != "" {
				o := s.person.OriginOf(f.Name)
				g.Facts = append(g.Facts, s.fact(f, value, src.say(o.Source, max(o.First, o.Changed))))
			}
			g.Facts = append(g.Facts, s.further(f, points, &src)...)
		}
		if len(g.Facts) > 0 {
			out = append(out, g)
		}
	}
	return out, src.err
}

// further are the addresses a person has besides the first of a kind.
func (s *self) further(f noticedef.Field, points []party.Point, src *sources) (out []view.Fact) {
	for _, pt := range points {
		if pt.Primary || pt.Kind != f.Name && (pt.Kind != party.KindPost || f.Name != "street") {
			continue
		}
		label := f.Title.In(s.Printer.Lang())
		if pt.Label != "" {
			label += " · " + s.Printer.Or("address_label."+pt.Label, pt.Label)
		}
		out = append(out, view.Fact{Field: "point-" + pt.ID.String(), Label: label, Value: strings.ReplaceAll(pt.Value, "\n", ", "), Src: src.say(pt.Source, pt.At), How: string(rightsdef.Contest)})
	}
	return out
}

// corrects tells how the person has a field put right.
func (s *self) corrects(field string) rightsdef.Way {
	return rightsdef.Corrects(field, s.me.Certainty, s.me.Misuse)
}

func (s *self) fact(f noticedef.Field, value, src string) view.Fact {
	x := view.Fact{Field: f.Name, Label: f.Title.In(s.Printer.Lang()), Value: value, Src: src, How: string(s.corrects(f.Name))}
	switch f.Name {
	case "country":
		x.Raw = value
		if value != "" {
			x.Value = s.Printer.Country(value)
		}
	case "language":
		x.Raw = value
		if value != "" {
			x.Value = s.Printer.LangName(value)
		}
		for _, l := range s.InForce.Notice.Languages {
			x.Options = append(x.Options, page.Option{Value: l, Text: s.Printer.LangName(l), On: l == value})
		}
	}
	return x
}

// why names the purposes a category is used for, each with its legal basis.
// law: GDPR 13(1)(c), 15(1)(a)
func (s *self) why(category string) string {
	var out []string
	for _, p := range s.InForce.Notice.Purposes {
		if slices.Contains(p.Uses, category) {
			basis := s.Printer.Or("basis."+strings.ReplaceAll(p.Basis.Kind, " ", "_"), p.Basis.Kind)
			out = append(out, s.T("mine.purpose", "purpose", p.Title.In(s.Printer.Lang()), "basis", basis))
		}
	}
	return strings.Join(out, "; ")
}

// ends gives the last day each category of the person is kept, where it is known.
func (s *self) ends(tx *db.Tx) (map[string]string, error) {
	out := map[string]string{}
	if s.Mine.Until == nil {
		return out, nil
	}
	dates, err := s.Mine.Until(tx, s.Who)
	for _, d := range keep.Last(dates) {
		out[d.Category] = d.Until
	}
	return out, err
}

// until says how long a category is kept: to a day, where that is known; else the
// category's own time as the notice has it, or that of the purposes it is used for.
// law: GDPR 15(1)(d)
func (s *self) until(c noticedef.Category, day string) string {
	if day != "" {
		return s.T("mine.until_day", "on", s.day(day))
	}
	if c.Keep != nil {
		return s.keep(*c.Keep)
	}
	var out []string
	for _, p := range s.InForce.Notice.Purposes {
		if text := s.keep(p.Keep); p.Keep.While != "" && slices.Contains(p.Uses, c.ID) && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, "; ")
}

func (s *self) keep(k noticedef.Keep) string {
	while := s.Printer.Or("while."+strings.ReplaceAll(k.While, " ", "_"), k.While)
	if !k.Then.Set() || k.Then.N == 0 {
		return while
	}
	return s.T("keep.then", "while", while, "time", s.Printer.N("unit."+k.Then.Unit, k.Then.N))
}

// sources puts sources into words, each read once.
type sources struct {
	s     *self
	tx    *db.Tx
	known map[id.ID]party.Source
	err   error
}

// say writes a source with its date. law: GDPR 15(1)(g)
func (x *sources) say(source id.ID, at int64) string {
	src, seen := x.known[source]
	if !seen && source != 0 && x.err == nil {
		src, x.err = x.s.Party.SourceOf(x.tx, source)
		x.known[source] = src
	}
	text := x.s.T("source.unknown")
	switch {
	case src.Kind == "person":
		text = x.s.T("mine.from_you")
	case src.Kind != "":
		text = x.s.Printer.Or("source."+src.Kind, src.Kind)
	}
	if at == 0 {
		return text
	}
	return x.s.T("source.dated", "source", text, "at", clock.FromMs(at))
}

// listed are the pages where something held can be read.
var listed = map[string]string{"outbox.messages": "/me/messages", "post.letters": "/me/messages", "ledger.permissions": "/me/permissions", "ledger.evidence": "/me/permissions", "rights.cases": "/me/cases", "subject.sessions": "/me/sessions"}

// kept counts what is held besides the values.
func (s *self) kept(tx *db.Tx) (out []view.Kept, err error) {
	if s.Mine.Holdings == nil {
		return nil, nil
	}
	all, err := s.Mine.Holdings(tx, s.Who)
	for _, h := range all {
		key := h.Keeper + "." + h.Kind
		if key == "party.person" {
			continue
		}
		k := view.Kept{Text: s.Printer.Or("dossier."+key, key), Count: h.Count, Href: listed[key]}
		if h.First > 0 && h.Last > 0 {
			k.First, k.Last = clock.FromMs(h.First), clock.FromMs(h.Last)
		}
		out = append(out, k)
	}
	return out, err
}

// facts shows each value with a way to correct it. law: GDPR 16
func facts(s *self) error { return s.facts(http.StatusOK, "", "") }

func (s *self) facts(status int, field, why string) error {
	v := view.FactsView{Inside: s.inside(s.T("mine.facts"), "facts")}
	err := s.look("facts", func(tx *db.Tx) (err error) {
		v.Groups, err = s.groups(tx, false)
		v.Empty = s.empty()
		return err
	})
	if err != nil {
		return err
	}
	for _, list := range append([][]view.Fact{v.Empty}, parts(v.Groups)...) {
		for i := range list {
			if list[i].Field == field {
				list[i].Error = why
			}
		}
	}
	return s.Render(status, view.Facts(v))
}

func parts(groups []view.Group) (out [][]view.Fact) {
	for _, g := range groups {
		out = append(out, g.Facts)
	}
	return out
}

// empty are the fields the notice lists that have no value and that the person may
// fill in: incomplete data are completed. law: GDPR 16
func (s *self) empty() (out []view.Fact) {
	if s.InForce == nil {
		return nil
	}
	for _, f := range s.InForce.Notice.Fields() {
		if s.person.Get(f.Name) == "" && s.corrects(f.Name) == rightsdef.Correct {
			out = append(out, s.fact(f, "", ""))
		}
	}
	return out
}

// correct changes a value at once, or makes a case of it where others vouch for it.
// Either is versioned; the person stands as its source. law: GDPR 16, 18(1)(a)
func correct(s *self) error {
	f, err := s.Form(0)
	if err != nil {
		return err
	}
	field, err := f.Line("field", 60)
	if err != nil {
		return err
	}
	value, err := f.Line("value", 500)
	if err != nil {
		return s.facts(http.StatusBadRequest, field, s.T("mine.bad_value"))
	}
	if s.corrects(field) != rightsdef.Correct {
		why, err := f.Text("why", 2000)
		if err != nil {
			return err
		}
		return s.contest(field, value, why, f.Get("limit") != "")
	}
	err = s.act("subject.correct", func(tx *db.Tx) error {
		src, err := s.Party.AddSource(tx, "person", "my data")
		if err == nil {
			_, err = s.Party.Edit(tx, s.Who, src, []party.Pair{{Name: field, Value: value}})
		}
		return err
	})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge) || fault.Is(err, fault.Conflict) {
		return s.facts(http.StatusBadRequest, field, s.T("mine.bad_value"))
	}
	if err != nil {
		return err
	}
	return s.said("/me/facts", s.T("mine.corrected"))
}

// contest opens a case about a value. Where the person wants it, their data is only
// stored until that is settled. law: GDPR 18(1)(a)
func (s *self) contest(field, value, why string, limit bool) error {
	name := field
	if s.InForce != nil {
		for _, f := range s.InForce.Notice.Fields() {
			if f.Name == field {
				name = f.Title.In(s.Printer.Lang())
			}
		}
	}
	text := s.T("mine.contest_case", "what", name, "value", value) + "\n\n" + why
	var scope []string
	if limit {
		scope = []string{rightsdef.Contested}
	}
	return s.request(rightsdef.Rectification, scope, strings.TrimSpace(text), s.T("mine.contested"))
}

// sessions lists where the person is signed in.
func sessions(s *self) error {
	v := view.ListView{Inside: s.inside(s.T("mine.sessions"), ""), Lead: s.T("mine.sessions_lead")}
	err := s.look("sessions", func(tx *db.Tx) error {
		all, err := s.Subject.Sessions(tx, s.Who)
		for _, x := range all {
			row := view.Row{Text: x.Device, At: x.CreatedAt, Src: s.T("mine.session_seen", "at", s.Printer.Time(x.SeenAt))}
			if x.ID == s.me.ID {
				row.Chip = page.Chip{Text: s.T("mine.session_this"), Tone: page.Info}
			}
			v.Rows = append(v.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Rows = append(v.Rows, view.Row{Text: s.T("mine.out_all_text"), Post: "/me/out-all", Act: s.T("mine.out_all")})
	return s.Render(http.StatusOK, view.List(v))
}

func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return clock.FromMs(ms)
}
