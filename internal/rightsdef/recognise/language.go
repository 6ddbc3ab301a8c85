package recognise

import (
	"strings"
	"unicode"

	"kartotek/internal/address"
)

// common are the words that are most often written in a language and seldom in the
// others, folded. Those of languages that letters are not written in are here so that
// they are not taken for a neighbour.
var common = map[string]string{
	"sv": "och att jag det som en ar inte har med av till for ni mig mina min mitt era er om vill den pa kan fran ska skulle vad hej denna detta enligt tack ta bort alla uppgifter eller bli vid hos ha nagon uppgifterna detta dig oss sa nu personuppgifter nyhetsbrev radera samtycke",
	"fi": "ja on ei etta en se ole mutta olen minun teidan kun jos kaikki tiedot minusta haluan pyydan hei kiitos terve mita mika myos joka ovat tama tai niin siita voi viela tietoni teille teilla minulle koska ette olisi voitte saada nyt henkilotiedot henkilotietoni uutiskirje rekisterista suostumukseni kuinka kauan miksi missa milloin tahan tata tuo nama enaa tietoja asiakkaiden numeroon osoite asia lahettaa haluaisin seka kiellan vastustan peruutan pyydamme postituslistalta numeroon olla ovatko onko ettei eika vaan sitten kuka mista teilta",
	"en": "the and to of you my i is that have your it me please for not with this would like be are on all from do what data any which am we hello dear want us about delete hold consent newsletter personal no thanks stop sending these emails send email how can could has been there at should will they was me they by off take call more any again wrong them",
	"da": "og at jeg det som er ikke har med af til for i mig mine min deres jeres om vil den pa kan fra skal hvad hej denne dette efter tak alle oplysninger eller blive ved nogen slette venligst",
	"no": "og at jeg det som er ikke har med av til for dere meg mine min deres om vil den pa kan fra skal hva hei denne dette etter takk alle opplysninger eller bli ved noen slette vennligst personopplysninger",
	"de": "und ich sie die der das ist nicht zu den mit von mein meine mich bitte ihre ihnen auf fur dass haben hiermit daten uber oder werden wie sehr geehrte",
	"fr": "et je vous le la les des que de mes mon ma vos est pas pour dans en un une bonjour donnees personnelles merci votre toutes madame monsieur",
	"es": "y que de la el los mis mi por favor no en un una sus datos personales hola usted solicito con para todos me",
	"et": "ja ei on ma et see minu teie mida palun andmed kustutage oma kui ka tere isikuandmed soovin minust",
	"nl": "en ik de het een van is niet u mijn uw dat te met voor op graag gegevens alle geachte verwijderen",
	"pl": "i nie w na sie ze o moje moich prosze dane danych osobowych panstwa jest do z jak oraz mnie",
}

var stop = func() map[string][]string {
	out := map[string][]string{}
	for lang, words := range common {
		for w := range strings.FieldsSeq(words) {
			out[w] = append(out[w], lang)
		}
	}
	return out
}()

// Language says which of the languages of letters a text is written in; "" for others
// and when there is too little to tell.
func Language(text string) string {
	score := map[string]float64{}
	known, words := 0, 0
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if words++; words > 2000 {
			break
		}
		langs := stop[address.Fold(w)]
		if len(langs) > 0 {
			known++
		}
		for _, l := range langs {
			score[l] += 1 / float64(len(langs))
		}
		signs(score, strings.ToLower(w))
	}
	best, second := "", ""
	for l, s := range score {
		if s > score[best] || s == score[best] && l < best {
			best, second = l, best
		} else if second == "" || s > score[second] {
			second = l
		}
	}
	if best == "" || score[best] < 0.75 || float64(known) < 0.08*float64(words) && best != "fi" || score[best]-score[second] < 0.25 {
		return ""
	}
	switch best {
	case "sv", "fi", "en":
		return best
	}
	return ""
}

// signs are letters and endings that one language has and its neighbours lack.
func signs(score map[string]float64, w string) {
	switch {
	case strings.ContainsAny(w, "æø"):
		score["da"] += 0.5
		score["no"] += 0.5
	case strings.ContainsAny(w, "õ"):
		score["et"]++
	case strings.ContainsAny(w, "ß"):
		score["de"]++
	case strings.ContainsAny(w, "ł ąęśżź"):
		score["pl"]++
	case strings.ContainsAny(w, "å"):
		score["sv"] += 0.3
		score["da"] += 0.1
		score["no"] += 0.1
	case strings.Contains(w, "ää") || strings.Contains(w, "yö") || len(w) > 4 && finnish(w):
		score["fi"] += 0.4
	}
}

// endings are those of Finnish cases and verbs.
var endings = strings.Fields("ssa ssä sta stä lla llä lta ltä lle nne ani äni eni ini oni uni kaa kää taa tää aan ään een iin ksi nsa nsä mme tte tta ttä nen isen uksen vat vät minen neet oon uun ätte atte den jen nnin ukset")

func finnish(w string) bool {
	for _, e := range endings {
		if strings.HasSuffix(w, e) {
			return true
		}
	}
	return false
}
