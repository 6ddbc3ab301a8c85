// Package sample fills every page with invented people, for the gallery, for
// screenshots and for tests. It is not part of the program.
//
// The company, its customers and their addresses are invented: domains end in
// .example and telephone numbers begin with +358 00 000.
package sample

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"kartotek/internal/i18n"
	"kartotek/internal/web/page"
)

// Sample is one page in one state.
type Sample struct {
	Name      string // a file name: "person", "people-empty"
	Component templ.Component
	Public    bool // for everyone, no sign-in
}

// Gallery gives every page in each of its states, in the printer's language.
func Gallery(p *i18n.Printer) []Sample {
	s := set{p}
	var all []Sample
	all = append(all, s.people()...)
	all = append(all, s.work()...)
	all = append(all, s.outreach()...)
	all = append(all, s.archive()...)
	all = append(all, s.results()...)
	all = append(all, s.suppression()...)
	all = append(all, s.sender()...)
	all = append(all, s.returns()...)
	all = append(all, s.sending()...)
	all = append(all, s.composing()...)
	all = append(all, s.series()...)
	all = append(all, s.casework()...)
	all = append(all, s.imports()...)
	all = append(all, s.notices()...)
	all = append(all, s.accounts()...)
	all = append(all, s.staff()...)
	all = append(all, s.access()...)
	all = append(all, s.keeping()...)
	all = append(all, s.keys()...)
	all = append(all, s.factors()...)
	all = append(all, s.mine()...)
	all = append(all, s.ask()...)
	all = append(all, s.incoming()...)
	return append(all, s.public()...)
}

// set makes views in one language.
type set struct{ p *i18n.Printer }

// s picks the sentence of the set's language.
func (s set) s(sv, fi, en string) string {
	switch s.p.Lang() {
	case "sv":
		return sv
	case "fi":
		return fi
	}
	return en
}

// now is the moment of the gallery.
var now = time.Date(2026, 11, 12, 7, 14, 7, 0, time.UTC)

func day(y, m, d, hour, minute int) time.Time {
	return time.Date(y, time.Month(m), d, hour-2, minute, 0, 0, time.UTC)
}

func (s set) frame(section, title string) page.Frame {
	return page.Frame{P: s.p, Title: title, Section: section, Here: "/" + section, Demo: true,
		Counts: map[string]string{"today": "3"},
		User:   page.User{Name: "Maija E.", Level: s.s("Marknadsföring", "Markkinointi", "Marketing")}}
}

func (s set) outside(title string) page.Public {
	return page.Public{P: s.p, Title: title, Controller: "Nordanvind Oy", NoticeURL: "/notice",
		Langs: map[string]string{"sv": "?lang=sv", "fi": "?lang=fi", "en": "?lang=en"}}
}

func yes(text string) page.Chip  { return page.Chip{Text: text, Tone: page.Yes} }
func no(text string) page.Chip   { return page.Chip{Text: text, Tone: page.No} }
func wait(text string) page.Chip { return page.Chip{Text: text, Tone: page.Wait} }

// hash is an invented digest.
func hash(c string) string { return strings.Repeat(c+"4e9", 16) }

func (s set) email() string { return s.p.T("people.email") }
func (s set) newsletter() string {
	return s.s("Nyhetsbrev", "Uutiskirje", "Newsletter")
}
func (s set) consent() string { return s.s("samtycke", "suostumus", "consent") }
