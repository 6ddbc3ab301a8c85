package sample

import (
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

func (s set) keys() []Sample {
	see, search, edit := s.p.T("keys.see"), s.p.T("keys.search"), s.p.T("keys.edit")
	v := office.KeysView{Frame: s.frame("account", s.p.T("keys.tab")),
		Keys: []office.KeyRow{
			{ID: "1", Name: s.s("Webbutiken", "Verkkokauppa", "Web shop"), Rights: []string{s.newsletter() + ": " + s.s("kontaktuppgifter – läsa, söka", "yhteystiedot – lukea, hakea", "contact details – read, search")},
				Until: s.p.Date(day(2027, 6, 30, 12, 0)), Used: s.p.Date(now), State: yes(s.p.T("keys.works")), Works: true},
			{ID: "2", Name: s.s("Gammal rapport", "Vanha raportti", "Old report"), Rights: []string{s.s("läsa loggen", "lukea lokia", "read the log")},
				Until: s.p.Date(day(2026, 8, 1, 12, 0)), State: no(s.p.T("keys.over"))}},
		Form: office.KeyForm{First: "2026-11-12", Last: "2027-11-12", Groups: []office.KeyGroup{
			{Title: s.newsletter(), Open: true, Rows: []office.KeyCategory{
				{Title: s.s("Namn", "Nimi", "Name"), Actions: []page.Option{{Value: "newsletter/identity/see", Text: see, On: true}, {Value: "newsletter/identity/search", Text: search}}},
				{Title: s.s("Kontaktuppgifter", "Yhteystiedot", "Contact details"), Actions: []page.Option{{Value: "newsletter/contact/see", Text: see}, {Value: "newsletter/contact/search", Text: search}, {Value: "newsletter/contact/edit", Text: edit}}}},
				Acts: []page.Option{{Value: "newsletter//decide", Text: s.p.T("may_act.decide")}}},
			{Title: s.p.T("keys.general"), Acts: []page.Option{{Value: "//log", Text: s.p.T("may_act.log")}}}}}}
	shown := v
	shown.Made, shown.MadeName = "ktk_1gq0f3k2m8x7c_mfrggzdfmztwq2lknnwg23tpobyxe43u", s.s("Webbutiken", "Verkkokauppa", "Web shop")
	none := office.KeysView{Frame: v.Frame, Form: office.KeyForm{NothingToGive: true}}
	return []Sample{{Name: "keys", Component: office.Keys(v)}, {Name: "keys-made", Component: office.Keys(shown)}, {Name: "keys-none", Component: office.Keys(none)}}
}
