package receipt

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"kartotek/internal/noticedef"
)

//go:embed terms.txt
var termsFile string

// terms are the DPV terms a receipt may use.
var terms = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(termsFile) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out[line] = true
		}
	}
	return out
})

// prefixes are the vocabularies, in the order they stand in a receipt.
var prefixes = []member{
	{"dpv", "https://w3id.org/dpv#"}, {"eu-gdpr", "https://w3id.org/dpv/legal/eu/gdpr#"}, {"legal-eu", "https://w3id.org/dpv/legal/eu#"},
	{"legal-fi", "https://w3id.org/dpv/legal/fi#"}, {"legal-se", "https://w3id.org/dpv/legal/se#"}, {"pd", "https://w3id.org/dpv/pd#"},
	{"loc", "https://w3id.org/dpv/loc#"}, {"dct", "http://purl.org/dc/terms/"}, {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
	{"skos", "http://www.w3.org/2004/02/skos/core#"}, {"xsd", "http://www.w3.org/2001/XMLSchema#"}, {"kt", "urn:kartotek:"},
}

// vocabularies are the prefixes whose terms are looked up in terms.txt.
var vocabularies = []string{"dpv", "eu-gdpr", "legal-eu", "legal-fi", "legal-se", "pd", "loc"}

// aims gives the DPV purposes of a purpose of the notice, by its class and what
// its notice says of it, and the broader term where the first is our own.
func aims(p noticedef.Purpose) (types []string, broader string) {
	switch {
	case p.Class == "service":
		return []string{"dpv:CustomerRelationshipManagement"}, ""
	case p.Class == "marketing" && (p.SoftOptIn != nil || p.Basis.Kind == "legitimate interest"):
		return []string{"dpv:DirectMarketing", "dpv:CustomerRelationshipManagement"}, ""
	case p.Class == "marketing":
		return []string{"dpv:DirectMarketing"}, ""
	case p.Class == "survey" && p.Prohibition == "research":
		return []string{"kt:MarketResearch", "dpv:CommercialResearch"}, "dpv:CommercialResearch"
	case p.Class == "survey":
		return []string{"kt:CustomerSatisfaction", "dpv:CustomerCare"}, "dpv:CustomerCare"
	case p.Rows:
		return []string{"dpv:ImproveInternalCRMProcesses"}, ""
	}
	return []string{"dpv:ServiceUsageAnalytics"}, ""
}

// bases are the legal bases. law: GDPR 6(1)
var bases = map[string]string{"consent": "eu-gdpr:A6-1-a", "contract": "eu-gdpr:A6-1-b", "legal obligation": "eu-gdpr:A6-1-c",
	"vital interests": "eu-gdpr:A6-1-d", "public task": "eu-gdpr:A6-1-e", "legitimate interest": "eu-gdpr:A6-1-f-controller"}

// basis names the legal basis of a purpose. Of a consent it says whether it was explicit.
func basis(p noticedef.Purpose, e *Entry) string {
	id := bases[p.Basis.Kind]
	switch {
	case e.Kind != Consent || p.Basis.Kind != "consent":
		return id
	case consentType(e) == "dpv:ExplicitlyExpressedConsent":
		return id + "-explicit-consent"
	}
	return id + "-non-explicit-consent"
}

// rights are the rights that each legal basis brings: DPV's table hasRight, with
// Article 14 also where the basis is a legal obligation, which it leaves out.
var rights = map[string][]string{
	"consent":             {"A7-3", "A13", "A14", "A15", "A16", "A17", "A18", "A20", "A22", "A77"},
	"contract":            {"A13", "A14", "A15", "A16", "A17", "A18", "A20", "A22", "A77"},
	"legal obligation":    {"A13", "A14", "A15", "A16", "A18", "A77"},
	"vital interests":     {"A13", "A14", "A15", "A16", "A17", "A18", "A22", "A77"},
	"public task":         {"A13", "A14", "A15", "A16", "A18", "A21", "A22", "A77"},
	"legitimate interest": {"A13", "A14", "A15", "A16", "A17", "A18", "A21", "A22", "A77"},
}

// order is the order rights stand in.
var order = []string{"A7-3", "A13", "A14", "A15", "A16", "A17", "A18", "A20", "A21", "A22", "A77"}

// rightsOf joins the rights of some purposes. Direct marketing can be objected to
// whatever its basis. law: GDPR 21(2)
func rightsOf(purposes []noticedef.Purpose) (out list) {
	has := map[string]bool{}
	for _, p := range purposes {
		for _, r := range rights[p.Basis.Kind] {
			has[r] = true
		}
		has["A21"] = has["A21"] || p.Class == "marketing"
	}
	for _, r := range order {
		if has[r] {
			out = append(out, ref("eu-gdpr:"+r))
		}
	}
	return out
}

// data are the DPV terms of the fields and records of the catalogue.
var data = map[string]string{
	"first_name": "Name", "last_name": "Name", "title": "Job", "language": "Language",
	"email": "EmailAddress", "phone": "TelephoneNumber", "street": "PhysicalAddress", "postcode": "PhysicalAddress", "city": "City", "country": "Country",
	"organisation": "CurrentEmployment", "organisation_email": "EmailAddressWork", "organisation_phone": "TelephoneNumber", "industry": "Professional",
	"billing_name": "Name", "billing_address": "PhysicalAddress", "billing_reference": "FinancialAccount", "e_invoice": "FinancialAccount",
	"order": "Purchase", "message": "Communication", "note": "Communication", "ledger": "PrivacyPreference", "answer": "Opinion",
	"web_consent": "PrivacyPreference", "visit": "ServiceConsumptionBehaviour",
}

// kinds gives the types of a category of data, dpv:PersonalData first.
func kinds(c noticedef.Category) list {
	out := list{"dpv:PersonalData"}
	add := func(name string) {
		if t := data[name]; t != "" && !slices.Contains(out, any("pd:"+t)) {
			out = append(out, "pd:"+t)
		}
	}
	for _, f := range c.Fields {
		add(f.Name)
	}
	add(c.Record)
	return out
}

// states are the states of consent that entries bring about.
var states = map[Kind]string{Consent: "dpv:ConsentGiven", Withdrawal: "dpv:ConsentWithdrawn", Prohibition: "dpv:ConsentRefused", Lift: "dpv:ConsentUnknown"}

// consentType says how clearly something was said: with a confirmed address or a
// signature it is explicit.
func consentType(e *Entry) string {
	if e.Strength == "double opt-in" || e.Strength == "signed" {
		return "dpv:ExplicitlyExpressedConsent"
	}
	return "dpv:ExpressedConsent"
}

// authorities are the supervisory authorities that have a term. law: GDPR 77
var authorities = map[string]string{"FI": "legal-fi:DPA-FI", "SE": "legal-se:DPA-SE"}

// period writes a length of time as ISO 8601 does: P24M.
func period(d noticedef.Duration) string {
	unit := map[string]string{"days": "D", "weeks": "W", "months": "M", "years": "Y"}[d.Unit]
	if unit == "" {
		return ""
	}
	return "P" + itoa(d.N) + unit
}
