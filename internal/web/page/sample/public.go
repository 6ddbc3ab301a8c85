package sample

import "kartotek/internal/web/page"

const masked = "a•••g@f•••.example"

func (s set) public() []Sample {
	prefs := s.preferences()
	stopped := prefs
	stopped.Stopped = true
	stopped.Groups = s.groups(false)
	saved := page.PreferencesSavedView{Public: s.outside(s.p.T("prefs.saved_title")), Address: masked, At: now, Still: s.still(), BackURL: "/p/9kq2", Receipt: "/p/9kq2/receipt",
		Changes: []page.PreferenceChange{{Text: s.newsletter() + " · " + s.email()}, {Text: s.s("Brev på papper", "Paperikirje", "Letters on paper"), On: true}}}
	same, all := saved, saved
	same.Changes = nil
	all.Stopped = true
	unsub := page.UnsubscribeView{Public: s.outside(s.p.T("unsub.title")), Action: "/u/9kq2", Address: masked, What: s.s("Nyhetsbrev per e-post", "Uutiskirje sähköpostilla", "Newsletter by e-mail"), Still: s.still(), PrefsURL: "/p/9kq2", WhyURL: "/w/9kq2"}
	done := unsub
	done.Done, done.At = true, now
	return []Sample{
		{Name: "preferences", Component: page.Preferences(prefs), Public: true},
		{Name: "preferences-stopped", Component: page.Preferences(stopped), Public: true},
		{Name: "preferences-saved", Component: page.PreferencesSaved(saved), Public: true},
		{Name: "preferences-unchanged", Component: page.PreferencesSaved(same), Public: true},
		{Name: "preferences-all-stopped", Component: page.PreferencesSaved(all), Public: true},
		{Name: "unsubscribe", Component: page.Unsubscribe(unsub), Public: true},
		{Name: "unsubscribe-done", Component: page.Unsubscribe(done), Public: true},
		{Name: "why", Component: page.Why(s.why()), Public: true},
		{Name: "receipt", Component: page.Receipt(s.receipt()), Public: true},
		{Name: "receipt-verify", Component: page.ReceiptVerify(s.receiptCheck()), Public: true},
		{Name: "gone", Component: page.Gone(page.GoneView{Public: s.outside(s.p.T("gone.title"))}), Public: true},
	}
}

func (s set) still() string {
	return s.s("Meddelanden om dina beställningar och ärenden kommer ändå.", "Viestit tilauksistasi ja asioistasi tulevat silti.", "Messages about your orders and cases come anyway.")
}

func (s set) groups(on bool) []page.PreferenceGroup {
	return []page.PreferenceGroup{
		{ID: "email", Title: s.s("Per e-post", "Sähköpostilla", "By e-mail"), Choices: []page.Choice{
			{ID: "c1", Value: "newsletter:email", Text: s.newsletter(), Hint: s.s("ungefär en gång i månaden", "noin kerran kuussa", "about once a month"), On: on},
			{ID: "c2", Value: "campaign:email", Text: s.s("Kampanjer och erbjudanden", "Kampanjat ja tarjoukset", "Campaigns and offers")},
			{ID: "c3", Value: "survey:email", Text: s.s("Enkäter och marknadsundersökningar", "Kyselyt ja markkinatutkimukset", "Surveys and market research")}}},
		{ID: "other", Title: s.s("På andra sätt", "Muilla tavoilla", "In other ways"), Choices: []page.Choice{
			{ID: "c4", Value: "campaign:sms", Text: "SMS"}, {ID: "c5", Value: "campaign:call", Text: s.s("Telefonsamtal", "Puhelut", "Telephone calls")},
			{ID: "c6", Value: "campaign:post", Text: s.s("Brev på papper", "Paperikirjeet", "Letters on paper"), On: on}}}}
}

func (s set) preferences() page.PreferencesView {
	return page.PreferencesView{Public: s.outside(s.p.T("prefs.title")), Action: "/p/9kq2", Address: masked, Groups: s.groups(true), Still: s.still(), WhyURL: "/w/9kq2", DataURL: "/my/9kq2", Receipts: s.receipts()}
}

func (s set) why() page.WhyView {
	return page.WhyView{Public: s.outside(s.p.T("public.why")), Message: s.november(), StopAction: "/u/9kq2", PrefsURL: "/p/9kq2", ReceiptURL: "/w/9kq2/receipt", ReadURL: "/w/9kq2/receipt?view=1",
		Checked: s.s("Kvittot kan kontrolleras utan oss: det bär ett bevis ur vår logg.", "Kuitin voi tarkistaa ilman meitä: siinä on todiste lokistamme.", "The receipt can be checked without us: it carries a proof from our log."),
		Steps: []page.WhyStep{
			{Text: s.s("Du samtyckte den 3 februari 2025.", "Annoit suostumuksesi 3. helmikuuta 2025.", "You consented on 3 February 2025."), Src: s.s("Formuläret Nyhetsbrev på vår webbplats. Du bekräftade via en länk kl. 10.12.", "Lomake Uutiskirje verkkosivuillamme. Vahvistit linkistä klo 10.12.", "The form Newsletter on our site. You confirmed by a link at 10:12."), Quote: s.s("Ja, skicka mig Nordanvinds nyhetsbrev per e-post. Jag kan sluta när jag vill.", "Kyllä, lähettäkää minulle Nordanvindin uutiskirje sähköpostilla. Voin lopettaa milloin vain.", "Yes, send me Nordanvind’s newsletter by e-mail. I can stop at any time.")},
			{Text: s.s("Syftet är nyhetsbrev, grunden är ditt samtycke.", "Tarkoitus on uutiskirje, peruste on suostumuksesi.", "The purpose is the newsletter, the basis is your consent."), Src: s.s("Registerbeskrivning v4, punkt 2 · GDPR 6(1)(a)", "Tietosuojaseloste v4, kohta 2 · GDPR 6(1)(a)", "Register notice v4, section 2 · GDPR 6(1)(a)"), More: page.Link{Text: s.s("läs den", "lue se", "read it"), Href: "/notice/sv/v/4"}},
			{Text: s.s("Du har inte sagt nej, och adressen är din.", "Et ole kieltänyt, ja osoite on sinun.", "You have not said no, and the address is yours."), Src: s.s("Kontrollerat ", "Tarkistettu ", "Checked ") + s.p.Moment(now) + s.s(", ögonblicket före sändning", ", hetkeä ennen lähetystä", ", the moment before sending")},
			{Text: s.s("Vi använde ditt namn, din e-post och din organisation.", "Käytimme nimeäsi, sähköpostiasi ja organisaatiotasi.", "We used your name, your e-mail and your organisation."), Src: s.s("Förmedlat av Postilinja Oy, Finland. Ingen annan fick uppgifterna.", "Välitti Postilinja Oy, Suomi. Kukaan muu ei saanut tietoja.", "Carried by Postilinja Oy, Finland. Nobody else got the data.")}}}
}
