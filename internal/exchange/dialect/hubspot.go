package dialect

import (
	"strings"

	"kartotek/internal/exchange/dialect/cells"
)

// HubSpot's header holds property labels in the language the file was exported
// in, so its columns are known by lists of labels; the internal names
// (hs_email_optout) are the same everywhere. An empty opt-out means "not
// specified". The legal basis "freely given consent" proves nothing without a
// date; the other bases are no consent at all.
func init() { register(&Dialect{Name: "hubspot", Match: matchHubSpot, Bind: bindHubSpot}) }

var (
	hubspotOptOut = []string{"Unsubscribed from all email", "hs_email_optout", "Von allen E-Mails abgemeldet", "Alle E-Mails abbestellt",
		"Avregistrerad från all e-post", "Avprenumererad från all e-post", "Har avslutat prenumerationen på all e-post",
		"Peruuttanut kaikkien sähköpostien tilauksen", "Kaikkien sähköpostien tilaus peruttu", "Perunut kaikki sähköpostit"}
	hubspotBasis = []string{"Legal basis for processing contact's data", "hs_legal_basis", "Rechtsgrundlage für die Verarbeitung von Kontaktdaten",
		"Rechtliche Grundlage für die Verarbeitung von Kontaktdaten", "Rättslig grund för behandling av kontaktens data",
		"Rättslig grund för behandling av kontaktuppgifter", "Yhteystietojen käsittelyn oikeusperuste", "Oikeusperuste yhteyshenkilön tietojen käsittelylle"}
	hubspotConsentDate = []string{"Consent date", "GDPR consent date", "Date of consent", "Datum der Einwilligung", "Samtyckesdatum", "Suostumuksen päivämäärä", "hs_legal_basis_date"}
	hubspotTraits      = []string{"Record ID", "Lead Status", "Contact owner", "Lifecycle Stage", "Marketing contact status", "Merged Contact IDs", "Associated Company",
		"Associated Company IDs", "Create Date", "hs_object_id", "Datensatz-ID", "Lead-Status", "Zuständiger Mitarbeiter", "Lifecycle-Phase", "Marketingkontaktstatus",
		"Post-ID", "Kontaktägare", "Leadstatus", "Livscykelfas", "Tietueen tunnus", "Yhteystiedon omistaja", "Liidin tila", "Elinkaaren vaihe", "Erstelldatum", "Skapandedatum", "Luontipäivämäärä"}
	// hubspotTypes begin the labels of opt-outs from one kind of mail.
	hubspotTypes = []string{"Opted out of email:", "hs_email_optout_", "E-Mail abbestellt:", "Von E-Mail abgemeldet:", "Avregistrerad från e-post:",
		"Avprenumererad från e-post:", "Peruuttanut sähköpostin:", "Kieltäytynyt sähköpostista:"}
	hubspotConsent = []string{"freely given consent", "freiwillige einwilligung", "freiwillig erteilte einwilligung", "frivilligt samtycke",
		"frivilligt lämnat samtycke", "fritt lämnat samtycke", "vapaaehtoinen suostumus", "vapaaehtoisesti annettu suostumus", "vapaasti annettu suostumus"}
)

func matchHubSpot(h *Header) int {
	strong := h.countKeys(hubspotOptOut...) + h.countKeys(hubspotBasis...)
	for _, l := range h.Labels {
		if hubspotType(l) {
			strong++
		}
	}
	switch traits := h.countKeys(hubspotTraits...); {
	case strong > 0:
		return 85
	case traits >= 2:
		return 60
	}
	return 0
}

func hubspotType(label string) bool {
	for _, prefix := range hubspotTypes {
		if len(label) > len(prefix) && strings.EqualFold(label[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

func bindHubSpot(p *plan) {
	for _, l := range hubspotOptOut {
		p.refuse(p.take(l), Prohibition, "channel:email", cells.Refuses)
	}
	for i, l := range p.header.Labels {
		if hubspotType(l) {
			p.refuse(p.aim(i, toPermission), Prohibition, "channel:email", cells.Refuses)
		}
	}
	basis, date := p.take(hubspotBasis...), p.take(hubspotConsentDate...)
	marketing := p.take("Marketing contact status", "hs_marketable_status", "Marketingkontaktstatus")
	confirmed := p.take("Marketing email confirmation", "hs_emailconfirmationstatus", "Marketing email confirmation status")
	p.state(func(r *Record) {
		s := Statement{Kind: Unknown, Channel: "email",
			Evidence: join(p.quote(r, basis), p.quote(r, date), p.quote(r, marketing), p.quote(r, confirmed))}
		if s.Evidence != "" {
			s.Evidence = "HubSpot " + s.Evidence
		}
		if at, _ := p.timeAt(r, date); !at.IsZero() && basis >= 0 && hubspotConsented(r.Raw[basis]) {
			s.Kind, s.At, s.Strength = Consent, at, Weak
		}
		r.say(s)
	})
}

// hubspotConsented reads a legal basis, of which several may be joined by ";".
func hubspotConsented(s string) bool {
	for _, part := range strings.Split(strings.ToLower(s), ";") {
		for _, c := range hubspotConsent {
			if strings.HasPrefix(strings.TrimSpace(part), c) {
				return true
			}
		}
	}
	return false
}
