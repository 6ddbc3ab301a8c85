package sample

import (
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

func (s set) staff() []Sample {
	wrong := s.accountList()
	wrong.Error, wrong.Name.Value = s.p.T("error.staff.email")+" "+s.p.T("desk.nothing_stored"), "Elsa Testinen"
	own := s.oneAccount()
	own.Own, own.Last, own.Name = true, true, "Mikael Prov"
	compared := s.matrix()
	compared.Other = s.s("Ekonomi", "Talous", "Finance")
	compared.Rows[2].Cells[0] = office.LevelCell{Other: s.p.T("levels.action_see") + ", " + s.p.T("levels.action_search") + ", " + s.p.T("levels.action_edit")}
	compared.Rows[0].Cells[0].Other = s.p.T("levels.action_see") + ", " + s.p.T("levels.action_search")
	compared.Locked, compared.EditURL = s.p.T("error.levels.own"), ""
	return []Sample{
		{Name: "staff", Component: office.StaffList(s.accountList())},
		{Name: "staff-error", Component: office.StaffList(wrong)},
		{Name: "staff-account", Component: office.StaffAccount(s.oneAccount())},
		{Name: "staff-own", Component: office.StaffAccount(own)},
		{Name: "staff-link", Component: office.StaffLink(office.StaffLinkView{Frame: s.frame("staff", s.p.T("accounts.link_tab")), Name: "Elsa Testinen", URL: "https://register.nordanvind.example/sign-in/link/3vQ8c0m2Yx7Lk4Hd9Tn1Rb6Wf5Zs0Pa2", Life: s.p.N("accounts.hours", 72), Back: "/staff/accounts/2"})},
		{Name: "levels", Component: office.Levels(s.matrix())},
		{Name: "levels-compared", Component: office.Levels(compared)},
		{Name: "level-edit", Component: office.LevelEdit(s.levelForm())},
		{Name: "level-change", Component: office.LevelChange(s.levelChange())},
		{Name: "level-history", Component: office.LevelHistory(office.LevelHistoryView{Frame: s.frame("staff", s.p.T("levels.history")), Steps: []office.LevelStep{{Notice: page.Link{Text: s.p.T("notice.number", "n", 5), Href: "/notice/sv/v/5"}, At: now, By: "Mikael Prov",
			Differences: []office.LevelStepLevel{{Title: s.s("Ekonomi", "Talous", "Finance"), Rows: s.levelChange().Differences}}}}})},
		{Name: "level-history-empty", Component: office.LevelHistory(office.LevelHistoryView{Frame: s.frame("staff", s.p.T("levels.history"))})},
	}
}

func (s set) levelList() []office.LevelChoice {
	return []office.LevelChoice{
		{Value: "service", Title: s.s("Kundservice", "Asiakaspalvelu", "Customer service"), Job: s.s("Svarar kunderna och rättar deras uppgifter.", "Vastaa asiakkaille ja oikaisee heidän tietonsa.", "Answers customers and corrects their data."), On: true},
		{Value: "finance", Title: s.s("Ekonomi", "Talous", "Finance"), Job: s.s("Fakturerar och sköter betalningarna.", "Laskuttaa ja hoitaa maksut.", "Sends invoices and looks after payments.")},
		{Value: "dpo", Title: s.s("Dataskydd", "Tietosuoja", "Data protection"), Why: s.p.T("accounts.not_yours")}}
}

func (s set) accountList() office.StaffView {
	t := s.p.T
	state := func(name string, tone page.Tone) page.Chip {
		return page.Chip{Text: t("accounts.state_" + name), Tone: tone}
	}
	return office.StaffView{Frame: s.frame("staff", t("accounts.title")), LevelsURL: "/staff/levels",
		Rows: []office.StaffRow{
			{Href: "/staff/accounts/1", Name: "Linnea Exempel", Email: "linnea.exempel@nordanvind.example", Belongs: t("accounts.own_staff"), Levels: []string{s.s("Ansvarig", "Vastuuhenkilö", "Owner")}, Seen: now, Second: true, State: state("active", page.Yes)},
			{Href: "/staff/accounts/2", Name: "Elsa Testinen", Email: "elsa.testinen@nordanvind.example", Belongs: t("accounts.own_staff"), Levels: []string{s.s("Kundservice", "Asiakaspalvelu", "Customer service"), s.s("Registrerare", "Kirjaaja", "Clerk")}, Seen: now.AddDate(0, 0, -1), Until: day(2027, 6, 30, 9, 0), State: state("active", page.Yes)},
			{Href: "/staff/accounts/3", Name: "Jani Malli", Email: "jani.malli@konesali.example", Belongs: "Konesali Oy", Seen: now.AddDate(0, -2, 0), State: state("contract", page.No)},
			{Href: "/staff/accounts/4", Name: "Ylva Förebild", Email: "ylva.forebild@nordanvind.example", Belongs: t("accounts.own_staff"), State: state("invited", page.Wait)},
			{Href: "/staff/accounts/5", Name: "Henrik Förlaga", Email: "henrik.forlaga@nordanvind.example", Belongs: t("accounts.own_staff"), Levels: []string{s.s("Dataskydd", "Tietosuoja", "Data protection")}, Until: day(2026, 9, 30, 9, 0), Seen: day(2026, 9, 30, 9, 0), State: state("ended", page.No)}},
		Name: page.Field{ID: "name", Label: t("accounts.name"), Required: true}, Email: page.Field{ID: "email", Label: t("accounts.email"), Type: "email", Required: true},
		Belongs: page.Field{ID: "affiliation", Label: t("accounts.belongs"), Type: "select", Options: []page.Option{{Value: "own", Text: t("accounts.own_staff"), On: true}, {Value: "hosting", Text: "Konesali Oy"}}},
		Until:   page.Field{ID: "until", Label: t("accounts.until"), Hint: t("accounts.until_hint"), Type: "date"}, Levels: s.levelList()}
}

func (s set) oneAccount() office.StaffAccountView {
	t := s.p.T
	return office.StaffAccountView{Frame: s.frame("staff", "Elsa Testinen"), Action: "/staff/accounts/2", Name: "Elsa Testinen", Email: "elsa.testinen@nordanvind.example", Belongs: t("accounts.own_staff"),
		State: yes(t("accounts.state_active")), Since: day(2024, 3, 4, 9, 0), Seen: now, Sessions: 2, MayLink: true, Levels: s.levelList(),
		Until: page.Field{ID: "until", Label: t("accounts.until"), Hint: t("accounts.until_hint"), Type: "date", Value: "2027-06-30"}}
}

func (s set) categories() []string {
	return []string{s.s("Namn och ställning", "Nimi ja asema", "Name and position"), s.s("Kontaktuppgifter", "Yhteystiedot", "Contact details"), s.s("Faktureringsuppgifter", "Laskutustiedot", "Billing details"), s.s("Beställningar och köp", "Tilaukset ja ostot", "Orders and purchases")}
}

func (s set) purposes() []string {
	return []string{s.s("Sköta kundrelationen", "Asiakassuhteen hoitaminen", "Looking after the customer relationship"), s.newsletter(), s.s("Direktmarknadsföring och kampanjer", "Suoramarkkinointi ja kampanjat", "Direct marketing and campaigns"),
		s.s("Marknadsundersökningar och enkäter", "Markkinatutkimukset ja kyselyt", "Market research and surveys"), s.s("Kundnöjdhet och återkoppling", "Asiakastyytyväisyys ja palaute", "Customer satisfaction and feedback"), s.s("Analys och rapportering", "Analysointi ja raportointi", "Analysis and reporting")}
}

func (s set) matrix() office.LevelsView {
	t := s.p.T
	title := s.s("Kundservice", "Asiakaspalvelu", "Customer service")
	v := office.LevelsView{Frame: s.frame("staff", t("levels.title")), Name: "service", Title: title, Job: s.levelList()[0].Job, EditURL: "/staff/levels/service/edit", HistoryURL: "/staff/levels/history", NewURL: "/staff/levels/new",
		Tabs:     []office.LevelTab{{Href: "/staff/levels?level=owner", Text: s.s("Ansvarig", "Vastuuhenkilö", "Owner"), Holders: 1}, {Href: "/staff/levels?level=service", Text: title, Holders: 3, On: true}, {Href: "/staff/levels?level=finance", Text: s.s("Ekonomi", "Talous", "Finance"), Holders: 1}},
		With:     []page.Option{{Text: t("levels.with_none")}, {Value: "finance", Text: s.s("Ekonomi", "Talous", "Finance")}},
		Purposes: s.purposes(), Acts: []office.LevelActs{{For: s.purposes()[0], Acts: []string{t("may_act.permission"), t("may_act.merge")}}},
		More:    []page.Pair{{Label: t("levels.elevate"), Value: s.s("Ekonomi", "Talous", "Finance")}},
		Holders: []page.Link{{Text: "Elsa Testinen", Href: "/staff/accounts/2"}, {Text: "Linnea Exempel", Href: "/staff/accounts/1"}}}
	for i, c := range s.categories() {
		row := office.LevelRow{Category: c}
		for range v.Purposes {
			row.Cells = append(row.Cells, office.LevelCell{Unused: i > 1})
		}
		v.Rows = append(v.Rows, row)
	}
	edit := office.LevelCell{May: "edit", Also: t("levels.also", "what", t("levels.action_see")+", "+t("levels.action_search"))}
	v.Rows[0].Cells[0], v.Rows[1].Cells[0], v.Rows[2].Cells[0] = edit, edit, office.LevelCell{}
	v.Rows[3].Cells[0] = office.LevelCell{May: "see"}
	v.Rows[0].Cells[1] = office.LevelCell{May: "search", Also: t("levels.also", "what", t("levels.action_see"))}
	v.Rows[0].Cells[5] = office.LevelCell{Unused: true}
	return v
}

func (s set) levelForm() office.LevelEditView {
	t := s.p.T
	title := s.s("Kundservice", "Asiakaspalvelu", "Customer service")
	v := office.LevelEditView{Frame: s.frame("staff", title), Action: "/staff/levels/service/check", Base: hash("b"), Back: "/staff/levels?level=service", Title: t("levels.edit_title", "level", title),
		Purposes: append([]string{t("levels.every_purpose")}, s.purposes()...), Elevate: []page.Option{{Value: "finance", Text: s.s("Ekonomi", "Talous", "Finance"), On: true}},
		FourEyes: []page.Option{{Value: "export", Text: t("may_act.export")}, {Value: "erase", Text: t("may_act.erase"), On: true}}}
	for _, x := range [][2]string{{"SV", "Kundservice"}, {"FI", "Asiakaspalvelu"}, {"EN", "Customer service"}} {
		v.Titles = append(v.Titles, page.Field{ID: "title." + x[0], Label: t("levels.field_title", "lang", x[0]), Value: x[1], Required: true})
		v.Jobs = append(v.Jobs, page.Field{ID: "job." + x[0], Label: t("levels.field_job", "lang", x[0])})
	}
	for i, c := range append([]string{t("levels.every_category")}, s.categories()...) {
		row := office.LevelEditRow{Category: c}
		for j, p := range v.Purposes {
			cell := office.LevelEditCell{Name: "cell." + string(rune('a'+j)) + "." + string(rune('a'+i)), Label: c + ", " + p}
			for _, o := range []string{"none", "see", "see_search", "see_search_edit"} {
				cell.Options = append(cell.Options, page.Option{Value: o, Text: t("levels.cell_" + o), On: o == "see_search_edit" && j == 1 && i == 1})
			}
			if i > 2 && j > 1 {
				cell = office.LevelEditCell{}
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	acts := []page.Option{{Value: "permission", Text: t("may_act.permission"), On: true}, {Value: "merge", Text: t("may_act.merge")}, {Value: "send", Text: t("may_act.send")}}
	v.Acts = []office.LevelEditActs{{Name: "act.relationship", For: s.purposes()[0], Some: 1, Acts: acts}, {Name: "act.newsletter", For: s.newsletter(), Acts: acts}}
	return v
}

func (s set) levelChange() office.LevelChangeView {
	t := s.p.T
	billing := s.s("faktureringsuppgifter", "laskutustiedot", "billing details")
	return office.LevelChangeView{Frame: s.frame("staff", t("levels.change_tab")), Action: "/staff/levels/finance", Back: "/staff/levels", Title: s.s("Ekonomi", "Talous", "Finance"), Version: 5,
		Effects: []page.Chip{no(s.p.N("levels.lose_see", 3, "what", billing)), yes(s.p.N("levels.gain_act", 1, "what", t("may_act.decide")))},
		Differences: []office.LevelDifference{{What: s.purposes()[0] + " · " + s.categories()[2], Before: t("levels.action_see") + ", " + t("levels.action_search") + ", " + t("levels.action_edit")},
			{What: s.purposes()[0] + " · " + t("levels.acts"), After: t("may_act.decide")}},
		Fields: []page.Pair{{Label: "base", Value: hash("b")}}}
}
