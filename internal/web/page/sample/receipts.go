package sample

import "kartotek/internal/web/page"

const logKey = "kartotek/5c1f0e8a9b7d2c34+9f3a7c21"

func (s set) receipts() []page.ReceiptLink {
	return []page.ReceiptLink{
		{Text: s.p.T("receipt.kind_prohibition") + ": " + s.s("enkäter och undersökningar", "kyselyt ja tutkimukset", "surveys and research"), At: day(2026, 11, 10, 18, 2), Href: "/p/9kq2/receipt/7b1?view=1"},
		{Text: s.p.T("receipt.kind_consent") + ": " + s.newsletterByEmail(), At: day(2025, 2, 3, 10, 12), Href: "/p/9kq2/receipt/4k7?view=1"},
	}
}

func (s set) newsletterByEmail() string {
	return s.s("Nyhetsbrev per e-post", "Uutiskirje sähköpostilla", "Newsletter by e-mail")
}

func (s set) receipt() page.ReceiptView {
	return page.ReceiptView{Public: s.outside(s.p.T("receipt.title")), Address: masked, What: yes(s.p.T("receipt.kind_consent")), About: s.newsletterByEmail(),
		Given: day(2025, 2, 3, 10, 12), Recorded: day(2025, 2, 3, 10, 12), How: s.s("Formulär; ditt eget ord.", "Lomake; oma sanasi.", "Form; your own word."),
		Notice: page.Link{Text: s.p.T("receipt.version", "n", 3), Href: "/notice/sv/v/3"}, Recipients: []string{"Postilinja Oy", "Konesali Oy"},
		Place: s.p.T("receipt.fact_place_value", "index", 73_894, "size", 109_482), Key: logKey, ShownLang: s.p.Lang(),
		Shown:       s.s("Ja, skicka mig Nordanvinds nyhetsbrev per e-post.\nJag kan sluta när jag vill.", "Kyllä, lähettäkää minulle Nordanvindin uutiskirje sähköpostilla.\nVoin lopettaa milloin vain.", "Yes, send me Nordanvind’s newsletter by e-mail.\nI can stop at any time."),
		DownloadURL: "/p/9kq2/receipt/4k7", VerifyURL: "/receipt/verify", BackURL: "/p/9kq2", BackText: s.p.T("prefs.back")}
}

func (s set) receiptCheck() page.ReceiptVerifyView {
	return page.ReceiptVerifyView{Public: s.outside(s.p.T("receipt.verify_title")), Words: "{}", Rules: "{}", Keys: "[]", KeyNames: []string{logKey}, OfflineURL: "/receipt/verify/offline"}
}
