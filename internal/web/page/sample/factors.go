package sample

import (
	"fmt"
	"strings"

	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// factors are the pages of second factors and of the own account.
func (s set) factors() []Sample {
	frame := func(key string) page.Frame { return s.frame("account", s.p.T(key)) }
	wrong, wait := s.p.T("error.factor.wrong"), s.p.T("error.staff.wait")
	secret := "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" // no account's
	url := "otpauth://totp/Kartotek%20Nordanvind%20Oy:maija@nordanvind.example?algorithm=SHA1&digits=6&issuer=Kartotek%20Nordanvind%20Oy&period=30&secret=" + secret
	app := office.AppView{Frame: frame("factor.add_app"), Size: 45, Path: squares(), URL: url, Secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"}
	bad := app
	bad.Error, bad.Name = s.p.T("error.factor.code_differs"), s.s("Jobbtelefonen", "Työpuhelin", "Work phone")
	second := office.SecondStepView{P: s.p, Next: "/", Code: true, Passkey: true, Codes: true}
	late := second
	late.Error, late.Passkey = wait, false
	return []Sample{
		{Name: "account", Component: office.Account(s.account())},
		{Name: "account-bare", Component: office.Account(s.bareAccount())},
		{Name: "sign-in-first-run", Component: office.SignIn(office.SignInView{P: s.p, Next: "/", FirstRun: "kartotek staff add " + s.p.T("first_run.email") +
			` --name "` + s.p.T("first_run.name") + `" --level admin --base-url https://register.nordanvind.example --data ` + s.p.T("first_run.folder")}), Public: true},
		{Name: "second-step", Component: office.SecondStep(second), Public: true},
		{Name: "second-step-wait", Component: office.SecondStep(late), Public: true},
		{Name: "factor-offer", Component: office.Offer(office.OfferView{P: s.p, Passkeys: true}), Public: true},
		{Name: "factor-needed", Component: office.Offer(office.OfferView{P: s.p, Needed: true}), Public: true},
		{Name: "factor-app", Component: office.App(app)},
		{Name: "factor-app-wrong", Component: office.App(bad)},
		{Name: "factor-passkey", Component: office.AddPasskey(office.PasskeyView{Frame: frame("factor.add_passkey")})},
		{Name: "factor-codes", Component: office.NewCodes(office.CodesView{Frame: frame("factor.codes_title"), Codes: []string{
			"QW3RT-Y2LKJ-HGFDS-AZXCV-BNM45", "PLOKM-IJNUH-BYGVT-FCRDX-ESZWA", "M7N6B-5V4C3-X2ZLK-JHGFD-SAPOI", "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"}})},
		{Name: "confirm", Component: office.Confirm(office.ConfirmView{Frame: frame("confirm.title"), Next: "/notices", Password: true, Passkey: true, Code: true})},
		{Name: "confirm-second", Component: office.Confirm(office.ConfirmView{Frame: frame("confirm.title"), Next: "/people", Second: true, Code: true, Error: wrong})},
		{Name: "confirm-enrol", Component: office.Confirm(office.ConfirmView{Frame: frame("confirm.title"), Next: "/people", Second: true, Enrol: true})},
		{Name: "confirm-no-way", Component: office.Confirm(office.ConfirmView{Frame: frame("confirm.title"), Next: "/notices"})},
		{Name: "confirm-first", Component: office.ConfirmFirst(office.ConfirmFirstView{Frame: frame("confirm.title"), Confirm: "/confirm?next=%2Fnotices"})},
	}
}

// squares looks like a QR code and says nothing.
func squares() string {
	var b strings.Builder
	for y := 4; y < 41; y++ {
		for x := 4; x < 41; x++ {
			corner := (x < 12 || x > 32) && y < 12 || x < 12 && y > 32
			if !corner && (x*x+y*7+x*y)%5 < 2 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	for _, at := range [][2]int{{4, 4}, {34, 4}, {4, 34}} {
		x, y := at[0], at[1]
		fmt.Fprintf(&b, "M%d %dh7v1h-7zm0 6h7v1h-7zm0-5h1v5h-1zm6 0h1v5h-1zm-4 1h3v3h-3z", x, y)
	}
	return b.String()
}

// bareAccount is an account on its first day.
func (s set) bareAccount() office.AccountView {
	return office.AccountView{Frame: s.frame("account", s.p.T("account.tab")), Email: "maija@nordanvind.example", Since: day(2026, 11, 12, 8, 0), Least: 15,
		Sessions: []office.Session{{ID: "1", Device: "Firefox on Windows", How: s.p.T("device.via_link"), Started: day(2026, 11, 12, 8, 1), Seen: now, Present: true}},
		SignIns:  []office.SignedIn{{At: day(2026, 11, 12, 8, 1), Device: "Firefox on Windows", How: s.p.T("device.via_link")}}}
}

// account is an account in use.
func (s set) account() office.AccountView {
	word, code, passkey := s.p.T("device.via_password"), s.p.T("device.second_totp"), s.p.T("device.via_passkey")
	return office.AccountView{Frame: s.frame("account", s.p.T("account.tab")), Email: "maija@nordanvind.example", Since: day(2024, 3, 4, 9, 0),
		Passkeys: true, HasWord: true, Least: 8, Codes: 2, Levels: []string{s.s("Marknadsföring", "Markkinointi", "Marketing")},
		May: []string{s.s("läsa personer utan fakturering", "lukea henkilöt ilman laskutusta", "read people, without billing"), s.s("skriva och skicka nyhetsbrev", "kirjoittaa ja lähettää uutiskirjeitä", "write and send newsletters")},
		Factors: []office.Factor{
			{ID: "1", Kind: s.p.T("factor.kind_passkey"), Name: s.s("Nyckeln på knippan", "Avaimenperän avain", "The key on the ring"), Added: day(2026, 2, 3, 9, 0), Used: now},
			{ID: "2", Kind: s.p.T("factor.kind_totp"), Added: day(2025, 9, 1, 9, 0)}},
		Sessions: []office.Session{
			{ID: "1", Device: "Firefox on Windows", Name: s.s("Datorn i kundtjänst", "Asiakaspalvelun kone", "Customer service computer"), How: word + " + " + code, Started: day(2026, 11, 12, 8, 1), Seen: now, Present: true},
			{ID: "2", Device: "Safari on iPhone", How: passkey, Started: day(2026, 11, 12, 7, 40), Seen: day(2026, 11, 12, 8, 15)}},
		SignIns: []office.SignedIn{{At: day(2026, 11, 12, 8, 1), Device: "Firefox on Windows", How: word + " + " + code}, {At: day(2026, 11, 12, 7, 40), Device: "Safari on iPhone", How: passkey}, {At: day(2026, 11, 11, 8, 2), Device: "Firefox on Windows", How: word + " + " + code}}}
}
