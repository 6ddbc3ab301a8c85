package sample

import "kartotek/internal/web/page"

func (s set) notices() []Sample {
	v := s.noticePage()
	none := page.NoticePageView{Frame: v.Frame, Name: v.Name, MayEdit: true}
	bad, good := v, v
	bad.Draft = &page.NoticeDraft{ID: "d1", Errors: 2, Today: "2026-11-12", Findings: []page.Finding{
		{Code: "N08", Text: s.s("Ändamålet survey säger inte hur länge uppgifterna sparas.", "Käyttötarkoitus survey ei kerro, kuinka kauan tietoja säilytetään.", "The purpose survey does not say how long data are kept."), Place: "purposes.survey.keep, 61", Citation: "GDPR 13(2)(a)", Tone: page.No},
		{Code: "N11", Text: s.s("Rätten att klaga hos myndigheten nämns inte.", "Oikeutta valittaa viranomaiselle ei mainita.", "The right to complain to the authority is not mentioned."), Place: "authority, 31", Citation: "GDPR 13(2)(d)", Tone: page.No},
		{Code: "N12", Text: s.s("Säg om uppgifterna måste lämnas, och vad som annars händer.", "Kerro, onko tietojen antaminen pakollista ja mitä muuten seuraa.", "Say whether the data must be given, and what follows otherwise."), Place: "purposes.relationship, 44", Citation: "GDPR 13(2)(e)", Tone: page.Wait}}}
	good.Draft = &page.NoticeDraft{ID: "d2", Today: "2026-11-12", Changes: s.changes(),
		Effect: s.s("Version 5 ersätter version 4. 8 940 personer ska informeras före första användning.", "Versio 5 korvaa version 4. 8 940 henkilölle on kerrottava ennen ensimmäistä käyttöä.", "Version 5 replaces version 4. 8,940 people must be told before first use.")}
	current := page.NoticeView{Public: s.outside(v.Name), HTML: s.document(), Version: 4, Current: true, Versions: v.Versions, Hash: hash("c")}
	lapsed := current
	lapsed.Lapsed = []string{s.p.T("measures.public_line", "what", s.measure().Text, "day", s.p.Date(day(2026, 11, 1, 12, 0)))}
	old := current
	old.Version, old.Current = 3, false
	return []Sample{
		{Name: "notice", Component: page.NoticePage(v)},
		{Name: "notice-none", Component: page.NoticePage(none)},
		{Name: "notice-findings", Component: page.NoticePage(bad)},
		{Name: "notice-ready", Component: page.NoticePage(good)},
		{Name: "notice-diff", Component: page.NoticeDiff(page.NoticeDiffView{Frame: v.Frame, Changes: *s.changes()})},
		{Name: "public-notice", Component: page.NoticePublic(current), Public: true},
		{Name: "public-notice-lapsed", Component: page.NoticePublic(lapsed), Public: true},
		{Name: "public-notice-old", Component: page.NoticePublic(old), Public: true},
		{Name: "public-notice-versions", Component: page.NoticeVersions(page.NoticeVersionsView{Public: s.outside(s.p.T("notice.versions")), Versions: v.Versions}), Public: true},
		{Name: "public-notice-diff", Component: page.NoticePublicDiff(page.NoticePublicDiffView{Public: s.outside(s.p.T("notice.diff")), Changes: *s.changes(), BackURL: "/notice"}), Public: true},
	}
}

func (s set) noticePage() page.NoticePageView {
	current := page.NoticeVersion{Number: 4, Href: "/notice/sv/v/4", Effective: day(2026, 11, 1, 12, 0), Approved: "Kaisa Esimerkki", State: yes(s.s("gäller", "voimassa", "in force")), Hash: hash("c"), DiffURL: "/notice/diff?from=3&to=4"}
	past := current
	past.Number, past.Effective, past.State = 3, day(2025, 2, 1, 12, 0), page.Chip{Text: s.s("tidigare", "aiempi", "past")}
	return page.NoticePageView{Frame: s.frame("notice", s.p.T("nav.notice")), Name: s.s("Kund- och marknadsföringsregister", "Asiakas- ja markkinointirekisteri", "Customer and marketing register"),
		InForce: &current, PublicURL: "/notice/sv", YAMLURL: "/notice/4.yaml", KeepingURL: "/keeping", Review: s.s("ses över 1.11.2027", "tarkistetaan 1.11.2027", "to be reviewed 1 Nov 2027"), Versions: []page.NoticeVersion{current, past}, MayEdit: true}
}

func (s set) changes() *page.NoticeChanges {
	return &page.NoticeChanges{From: 3, To: 4, Items: []page.NoticeChange{
		{Where: s.s("Ändamål: Nyhetsbrev, sparas", "Käyttötarkoitus: Uutiskirje, säilytys", "Purpose: Newsletter, kept"), Kind: page.Chip{Text: s.s("ändrat", "muutettu", "changed")}, Before: s.s("relationens slut + 24 månader", "suhteen päättyminen + 24 kuukautta", "end of the relationship + 24 months"), After: s.s("tills samtycket återtas", "kunnes suostumus perutaan", "until the consent is withdrawn")},
		{Where: s.s("Mottagare: Textbridge Inc", "Vastaanottaja: Textbridge Inc", "Recipient: Textbridge Inc"), Kind: page.Chip{Text: s.s("nytt", "uusi", "new")}, After: s.s("förmedlar SMS, USA", "välittää tekstiviestit, Yhdysvallat", "relays SMS, USA"), Inform: true},
		{Where: s.s("Källa: övriga uppgifter", "Lähde: muut tiedot", "Source: other information"), Kind: page.Chip{Text: s.s("borttaget", "poistettu", "removed")}, Before: s.s("övriga uppgifter", "muut tiedot", "other information")}}}
}

// document stands in for what the notice's own renderer makes.
func (s set) document() string {
	return s.s(`<h1>Registerbeskrivning: Kund- och marknadsföringsregister</h1><p>Nordanvind Oy svarar för uppgifterna. Frågor: <a href="mailto:privacy@nordanvind.example">privacy@nordanvind.example</a>.</p><h2>1. Varför vi använder dina uppgifter</h2><table><thead><tr><th>Ändamål</th><th>Grund</th><th>Sparas</th></tr></thead><tbody><tr><td>Sköta kundrelationen</td><td>avtal, GDPR 6(1)(b)</td><td>relationens slut + 24 månader</td></tr><tr><td>Nyhetsbrev</td><td>ditt samtycke, GDPR 6(1)(a)</td><td>tills du återtar det</td></tr></tbody></table><h2>2. Du kan säga nej till direktmarknadsföring</h2><p>När som helst, utan skäl, och det kostar ingenting.</p>`,
		`<h1>Tietosuojaseloste: Asiakas- ja markkinointirekisteri</h1><p>Tiedoista vastaa Nordanvind Oy. Kysymykset: <a href="mailto:privacy@nordanvind.example">privacy@nordanvind.example</a>.</p><h2>1. Miksi käytämme tietojasi</h2><table><thead><tr><th>Käyttötarkoitus</th><th>Peruste</th><th>Säilytys</th></tr></thead><tbody><tr><td>Asiakassuhteen hoitaminen</td><td>sopimus, GDPR 6(1)(b)</td><td>suhteen päättyminen + 24 kuukautta</td></tr><tr><td>Uutiskirje</td><td>suostumuksesi, GDPR 6(1)(a)</td><td>kunnes perut sen</td></tr></tbody></table><h2>2. Voit kieltää suoramarkkinoinnin</h2><p>Milloin tahansa, ilman perusteluja ja maksutta.</p>`,
		`<h1>Register notice: Customer and marketing register</h1><p>Nordanvind Oy is responsible for the data. Questions: <a href="mailto:privacy@nordanvind.example">privacy@nordanvind.example</a>.</p><h2>1. Why we use your data</h2><table><thead><tr><th>Purpose</th><th>Basis</th><th>Kept</th></tr></thead><tbody><tr><td>Looking after the customer relationship</td><td>contract, GDPR 6(1)(b)</td><td>end of the relationship + 24 months</td></tr><tr><td>Newsletter</td><td>your consent, GDPR 6(1)(a)</td><td>until you withdraw it</td></tr></tbody></table><h2>2. You can say no to direct marketing</h2><p>At any time, without a reason, free of charge.</p>`)
}
