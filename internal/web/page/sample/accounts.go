package sample

import (
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

func (s set) accounts() []Sample {
	wrong := s.s("Adressen och lösenordet hör inte ihop. Försök igen.", "Osoite ja salasana eivät täsmää. Yritä uudelleen.", "The address and the password do not match. Try again.")
	used := s.s("Länken har redan använts eller är för gammal.", "Linkki on jo käytetty tai liian vanha.", "The link has been used or is too old.")
	return []Sample{
		{Name: "sign-in", Component: office.SignIn(office.SignInView{P: s.p, Next: "/", Passkeys: true}), Public: true},
		{Name: "sign-in-error", Component: office.SignIn(office.SignInView{P: s.p, Email: "maija@nordanvind.example", Error: wrong}), Public: true},
		{Name: "one-time-link", Component: office.OneTimeLink(office.OneTimeLinkView{P: s.p, Name: "Maija", Action: "/sign-in/once/x"}), Public: true},
		{Name: "one-time-link-used", Component: office.OneTimeLink(office.OneTimeLinkView{P: s.p, Error: used}), Public: true},
		{Name: "first-password", Component: office.FirstPassword(office.FirstPasswordView{P: s.p, Name: "Maija", Email: "maija@nordanvind.example", Least: 15}), Public: true},
		{Name: "error", Component: page.Fault(page.FaultView{P: s.p, Title: s.s("Något gick sönder hos oss", "Jokin meni meillä rikki", "Something broke on our side"), Text: s.s("Sidan kunde inte visas. Felet är antecknat.", "Sivua ei voitu näyttää. Virhe on kirjattu.", "The page could not be shown. The fault has been recorded."),
			Kept: s.s("Inget har ändrats.", "Mitään ei muutettu.", "Nothing was changed."), Do: page.Link{Text: s.p.T("nav.today"), Href: "/"}, Number: "3k7q9p", Status: 500}), Public: true},
		{Name: "not-allowed", Component: page.NotAllowed(page.NotAllowedView{Frame: s.frame("import", s.p.T("denied.tab")), What: s.s("Du bad om att exportera personer.", "Pyysit viedä henkilöitä.", "You asked to export people."),
			Needs: s.s("Det får nivån Dataskydd.", "Siihen oikeuttaa taso Tietosuoja.", "The level Data protection may."), Ask: s.s("Be Kaisa E., som sköter nivåerna.", "Pyydä Kaisa E:ltä, joka hoitaa tasoja.", "Ask Kaisa E., who looks after levels.")})},
	}
}
