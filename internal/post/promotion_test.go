package post

import "testing"

// TestPromotion: what is found, and what plain confirmations may say.
func TestPromotion(t *testing.T) {
	for text, want := range map[string]bool{
		"Tack för din order. Summa 149,90 €, varav moms 25,5 %.":                    false,
		"Rabatt −5,00 €. Frakt 0 €. Att betala 44,90 €":                             false,
		"Alennus -5,00 €, alv 25,5 %, yhteensä 44,90 €":                             false,
		"Discount: −5.00 €. VAT 24 %. Total 44.90 €":                                false,
		"Din tid är bokad till tisdag 14.30. Öppettider: 9–17.":                     false,
		"Lasku erääntyy 14 päivän kuluttua.":                                        false,
		"Your case 4711 was answered. https://nordanvind.example/cases/4711":        false,
		"Se https://nordanvind.example/order/17?from=mail":                          false,
		"Passa på! 20 % rabatt på allt i helgen":                                    true,
		"Ta del av vårt erbjudande":                                                 true,
		"Upp till 50 % på filter":                                                   true,
		"Nyt 20 % alennusta kaikesta":                                               true,
		"Katso viikon tarjoukset":                                                   true,
		"Osta nyt":                                                                  true,
		"Nyt vain 9,90 €":                                                           true,
		"Get 15% off your next order":                                               true,
		"Use the discount code FILTER":                                              true,
		"Don't miss our summer sale":                                                true,
		"You may also like these":                                                   true,
		"Läs mer: https://nordanvind.example/kampanj/var":                           true,
		"https://shop.example/p/1?utm_source=x&utm_campaign=may":                    true,
		"See https://register.example/archive/sv/7":                                 true,
		"{{ person.first_name }}, your order {{ data.offer_number }} is on its way": false,
		"KÖP NU":                  true,
		"Spara 30 € på nästa köp": true,
	} {
		if found := Promotion(text); (len(found) > 0) != want {
			t.Errorf("%s: %q", text, found)
		}
	}
}

// FuzzPromotion: nothing breaks it, and it finds the same in what it was given twice.
func FuzzPromotion(f *testing.F) {
	f.Add("Passa på! 20 % rabatt https://x.example/sale {{ a }}")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 2000 && (len(Promotion(text)) > 0) != (len(Promotion(text)) > 0) {
			t.Error("it depends on something else")
		}
	})
}
