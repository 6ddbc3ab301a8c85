package exchange

import "kartotek/internal/address"

// countries are names of countries as exports write them, folded, in Swedish,
// Finnish, English and German.
var countries = map[string]string{
	"finland": "FI", "suomi": "FI", "finnland": "FI", "sweden": "SE", "sverige": "SE", "ruotsi": "SE", "schweden": "SE",
	"norway": "NO", "norge": "NO", "norja": "NO", "norwegen": "NO", "denmark": "DK", "danmark": "DK", "tanska": "DK", "danemark": "DK",
	"estonia": "EE", "estland": "EE", "viro": "EE", "iceland": "IS", "island": "IS", "islanti": "IS", "latvia": "LV", "lettland": "LV",
	"lithuania": "LT", "litauen": "LT", "liettua": "LT", "germany": "DE", "tyskland": "DE", "saksa": "DE", "deutschland": "DE",
	"poland": "PL", "polen": "PL", "puola": "PL", "netherlands": "NL", "the netherlands": "NL", "nederlanderna": "NL", "alankomaat": "NL",
	"france": "FR", "frankrike": "FR", "ranska": "FR", "spain": "ES", "spanien": "ES", "espanja": "ES", "italy": "IT", "italien": "IT", "italia": "IT",
	"united kingdom": "GB", "storbritannien": "GB", "great britain": "GB", "uk": "GB", "iso-britannia": "GB", "united states": "US", "usa": "US",
	"yhdysvallat": "US", "aland": "FI", "ahvenanmaa": "FI", "aland islands": "FI", "austria": "AT", "osterrike": "AT", "itavalta": "AT",
	"belgium": "BE", "belgien": "BE", "belgia": "BE", "ireland": "IE", "irland": "IE", "irlanti": "IE", "switzerland": "CH", "schweiz": "CH", "sveitsi": "CH",
}

// Country gives the ISO 3166 code of a country as an export names it; text it
// does not know comes back as it is.
func Country(s string) string {
	if len(s) == 2 {
		a, b := s[0]&^0x20, s[1]&^0x20
		if a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z' {
			return string([]byte{a, b})
		}
	}
	if code, ok := countries[address.Fold(s)]; ok {
		return code
	}
	return s
}
