package dialect

import (
	"strings"
	"unicode"

	"kartotek/internal/address"
)

// What a column can be besides a catalogue field.
const (
	toEmail      = "email"
	toPhone      = "phone"
	toName       = "name"
	toTags       = "tags"
	toCreated    = "created"
	toChanged    = "changed"
	toID         = "id"
	toAttributes = "attributes"
	toPermission = "permission"
	leftOut      = "left out"
	unlisted     = "unlisted"
)

// usual are the fields a register has when no catalogue is given.
var usual = func() map[string]bool {
	out := map[string]bool{}
	for _, f := range []string{"first_name", "last_name", "organisation", "title", "email", "phone", "street", "postcode", "city",
		"country", "industry", "language", "billing_name", "billing_address", "billing_reference", "e_invoice"} {
		out[f] = true
	}
	return out
}()

// labelLists gives, for each target, what columns are called in English,
// Swedish, Finnish and German and in the exports of other tools. Written as
// people write them; compared by key.
var labelLists = map[string]string{
	toEmail: "email,e-mail,email address,e-mail address,mail,emailaddress,primary email,work email,email2,email 2," +
		"e-post,epost,e-postadress,epostadress,mejladress,mejl,sähköposti,sähköpostiosoite,säköposti,meili," +
		"e-mail-adresse,emailadresse,mailadresse,additional email addresses,weitere e-mail-adressen",
	toPhone: "phone,phone number,telephone,tel,mobile,mobile phone,mobile phone number,cell,cell phone,sms,whatsapp,landline_number,landline,phonenumber," +
		"telefon,telefonnummer,mobil,mobilnummer,mobiltelefon,mobiltelefonnummer,telefonnr,puhelin,puhelinnumero,matkapuhelin,matkapuhelinnumero," +
		"kännykkä,gsm,handy,handynummer,rufnummer",
	toName: "name,full name,fullname,display name,contact name,namn,fullständigt namn,hela namnet,nimi,koko nimi,vollständiger name",
	toTags: "tags,tag,tag(s),labels,taggar,etiketter,tunnisteet,tagit,schlagworte,schlagwörter",
	toCreated: "created,created at,created_at,create date,created date,added,added_time,date added,dateadded,subscribed at,registered,skapad,skapad datum," +
		"skapandedatum,skapat,luotu,luontipäivä,luontipäivämäärä,erstellt,erstellt am,erstelldatum,erstellungsdatum",
	toChanged: "changed,updated,updated at,updated_at,modified,modified_time,modified date,date modified,datemodified,last modified date,last_changed,ändrad," +
		"uppdaterad,senast ändrad,muokattu,muutettu,päivitetty,geändert,aktualisiert,datum der letzten änderung",
	toID:         "uuid,contact id,record id,external id,external identifier,leid,datensatz-id,ext_id,post-id,tietueen tunnus,tietueen id",
	"first_name": "first name,firstname,given name,fname,förnamn,fornamn,tilltalsnamn,etunimi,vorname,prenom,first_name",
	"last_name":  "last name,lastname,surname,family name,lname,efternamn,sukunimi,nachname,familienname,nom,last_name",
	"organisation": "organisation,organization,company,company name,associated company,primary associated company,current employer,organization name," +
		"accountname,account name,employer,företag,företagsnamn,bolag,yritys,yrityksen nimi,organisaatio,firma,firmenname,unternehmen,unternehmensname",
	"title":             "title,job title,jobtitle,position,role,befattning,titel,jobbtitel,yrkestitel,tehtävänimike,titteli,asema,nimike,ammattinimike,position im unternehmen,berufsbezeichnung,jobtitel",
	"street":            "street,street address,address,address1,address 1,address line 1,gata,gatuadress,adress,postadress,katuosoite,osoite,lähiosoite,straße,strasse,adresse,anschrift",
	"postcode":          "postcode,postal code,zip,zip code,zipcode,zip/postal code,postnummer,postnr,postinumero,postleitzahl,plz",
	"city":              "city,town,ort,stad,postort,kaupunki,paikkakunta,postitoimipaikka,stadt,wohnort",
	"country":           "country,country/region,land,land/region,maa,maa/alue",
	"industry":          "industry,sector,bransch,toimiala,branche",
	"language":          "language,preferred language,preferred_locale,locale,språk,kieli,sprache,bevorzugte sprache,önskat språk",
	"billing_name":      "billing name,fakturanamn,laskutusnimi,rechnungsname",
	"billing_address":   "billing address,fakturaadress,faktureringsadress,laskutusosoite,rechnungsadresse",
	"billing_reference": "billing reference,fakturareferens,referens,laskutusviite,rechnungsreferenz",
	"e_invoice":         "e-invoice,einvoice,e-invoice address,e-faktura,e-fakturaadress,verkkolasku,verkkolaskuosoite,e-rechnung",
}

// labels is labelLists by key.
var labels = func() map[string]string {
	out := make(map[string]string, 400)
	for target, list := range labelLists {
		out[key(target)] = target
		for _, label := range strings.Split(list, ",") {
			out[key(label)] = target
		}
	}
	return out
}()

// key is a label reduced to its letters and digits, folded, so that "E-Mail",
// "e_mail" and "Email" agree.
func key(label string) string {
	folded := address.Fold(address.Trim(label))
	for i := 0; i < len(folded); i++ {
		if c := folded[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return strings.Map(func(r rune) rune {
				if unicode.IsLetter(r) || unicode.IsDigit(r) {
					return r
				}
				return -1
			}, folded)
		}
	}
	return folded
}

// optOutLabels are columns of any tool whose yes is a refusal, with its scope.
var optOutLabels = func() map[string]string {
	lists := map[string]string{
		"channel:email": "do not email,donotemail,no email,email opt out,email optout,opted out of email,unsubscribed,unsubscribed from all email,opt out,optout,opted out," +
			"emailaddressisoptedout,email address is opted out,has opted out of email,hasoptedoutofemail,email_blacklisted,blacklisted,hs_email_optout," +
			"avregistrerad,avprenumererad,inga utskick,ingen e-post,e-postförbud,peruuttanut,peruuttanut tilauksen,ei sähköpostia,sähköpostikielto," +
			"abgemeldet,keine e-mails,no bulk emails,no bulk emails (user opt out)",
		"channel:sms":   "do not sms,donotsms,sms opt out,sms_blacklisted,ingen sms,inga sms,sms-förbud,ei tekstiviestejä,keine sms",
		"channel:call":  "do not call,donotcall,do not phone,donotphone,phonenumberisoptedout,phone number is opted out,telefonförbud,puhelinkielto,ei puheluita,keine anrufe",
		"channel:post":  "do not mail,donotmail,no post,postförbud,postikielto,keine post",
		"all-marketing": "do not contact,donotcontact,marketing prohibition,no marketing,blocklisted,blacklist,direktmarknadsföringsförbud,marknadsföringsförbud,reklamförbud,markkinointikielto,suoramarkkinointikielto,werbesperre,keine werbung",
	}
	out := make(map[string]string)
	for scope, list := range lists {
		for _, label := range strings.Split(list, ",") {
			out[key(label)] = scope
		}
	}
	return out
}()

// undeliverableLabels are columns whose yes says that the address is dead.
var undeliverableLabels = map[string]bool{
	"emailaddressisinvalid": true, "bounced": true, "hardbounced": true, "onhold": true, "cleaned": true, "undeliverable": true, "invalidemail": true,
}
