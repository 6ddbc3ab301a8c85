package noticedef

import (
	"strings"
	"testing"
	"time"
)

// broken is a good notice made wrong by one edit, and the finding it must give.
type broken struct {
	name      string
	old, new  string // the edit
	code      string
	field     string
	mark      string // text that stands on the finding's line after the edit
	alsoCodes string // other codes the same edit rightly gives
}

var brokenNotices = []broken{
	// The file itself.
	{"unclosed bracket", "languages: [sv, fi, en]", "languages: [sv, fi, en", "Y01", "", "languages:", ""},
	{"twice", "authority: FI", "authority: FI\nauthority: SE", "Y03", "authority", "authority: SE", ""},
	{"field twice in a list", "fields: [first_name, last_name", "fields: [first_name, first_name, last_name", "Y03", "categories.identity.fields[1]", "first_name, first_name", ""},
	{"field in two categories", "organisation_phone, industry]", "organisation_phone, industry, email]", "Y03", "categories.employer.fields[4]", "industry, email]", ""},
	{"unknown key", "owner: Mikael Prov", "ovner: Mikael Prov", "Y04", "security.backups.ovner", "ovner:", "N32"},
	{"unknown language", "sv: Vi ansvarar", "se: Vi ansvarar", "Y04", "joint_controllers.not_applicable.se", "se: Vi", "N30"},
	{"text without languages", "title: {sv: Nyhetsbrev, fi: Uutiskirje, en: Newsletter}", "title: Newsletter", "Y05", "purposes.newsletter.title", "title: Newsletter", "N04"},
	{"not a number", "supersedes: 3", "supersedes: three", "Y05", "supersedes", "supersedes: three", ""},
	{"unknown class", "class: survey\n    basis: {kind: consent", "class: research\n    basis: {kind: consent", "Y06", "purposes.survey.class", "class: research", ""},
	{"unknown channel", "channels: [email, sms, call, post]     # per", "channels: [email, fax]     # per", "Y06", "purposes.campaign.channels[1]", "fax", ""},
	{"unknown act", "analysis: {act: [report]}", "analysis: {act: [peek]}", "Y06", "levels.analyst.analysis.act[0]", "peek", ""},
	{"unknown source", "  - import\n", "  - hearsay\n", "Y06", "sources[8]", "hearsay", ""},
	{"no register", "  id: customers\n", "", "Y07", "register.id", "register:", ""},
	{"no such day", "compiled: 2026-11-01", "compiled: 2026-02-30", "Y08", "compiled", "2026-02-30", "R53"},
	{"no such length", "every: 12 months", "every: now and then", "Y09", "review.every", "now and then", "N29"},
	{"purpose uses unknown category", "uses: [employer, orders, answers]", "uses: [employer, orders, hobbies]", "Y10", "purposes.analysis.uses[2]", "hobbies", ""},
	{"level of unknown purpose", "    analysis: {act: [report]}", "    gossip: {act: [report]}", "Y10", "levels.analyst.gossip", "gossip:", ""},
	{"level of unknown category", "{identity: see, billing: edit", "{identity: see, wealth: edit", "Y10", "levels.finance.relationship.wealth", "wealth:", ""},
	{"recipient of unknown category", "receives: [contact]", "receives: [secrets]", "Y10", "recipients.sms-gateway.receives[0]", "secrets", ""},
	{"unknown rule pack", "law: [EU, FI]", "law: [EU, XX]", "Y10", "law[1]", "law: [EU, XX]", ""},
	{"newer schema", "notice: 1 ", "notice: 2 ", "Y11", "notice", "register notice of", ""},
	{"reading direction turned", "sv: Vi ansvarar ensamma", "sv: Vi \u202eansvarar ensamma", "Y12", "joint_controllers.not_applicable.sv", "ansvarar", "N30"},

	// What a notice must hold.
	{"no company name", "  name: Nordanvind Oy\n", "", "N01", "controller.name", "controller:", ""},
	{"no representative said", "representative:  ", "#representative:  ", "N02", "representative", "", "Y"},
	{"no contact name", "  name: Kaisa Esimerkki\n", "", "N03", "contact", "contact:", ""},
	{"no basis", "    basis: {kind: contract, article: 6(1)(b)}\n", "", "N04", "purposes.relationship.basis", "relationship:", ""},
	{"wrong article", "{kind: contract, article: 6(1)(b)}", "{kind: contract, article: 6(1)(f)}", "N04", "purposes.relationship.basis.article", "6(1)(f)}", ""},
	{"interest unnamed", "interest: {sv: att förbättra vår service, fi: palvelumme parantaminen, en: improving our service}", "", "N05", "purposes.feedback.basis.interest", "basis:\n      kind: legitimate interest\n      article: 6(1)(f)\n      \n", ""},
	{"interest unweighed", "      balancing_test: docs/balancing/feedback-2026.pdf\n", "", "L8", "purposes.feedback.basis.balancing_test", "basis:\n      kind: legitimate interest\n      article: 6(1)(f)\n      interest: {sv: att förbättra", ""},
	{"recipient does nothing", "    does: {sv: förmedlar vår e-post, fi: välittää sähköpostimme, en: delivers our e-mail}\n", "", "N06", "recipients.mail-relay", "mail-relay:", ""},
	{"outside the EEA without a tool", "    transfer: {tool: adequacy, decision: EU–US Data Privacy Framework, listed: 2026-02-01, review: 2027-11-01}\n", "", "N07", "recipients.sms-gateway.transfer", "sms-gateway:", ""},
	{"how to get a copy unsaid", "transfer_copy:\n", "transfer_copy: {}\nx:\n", "N07", "transfer_copy", "transfer_copy:", "Y"},
	{"no retention", "    keep: {while: permission, then: 0 days}\n", "", "N08", "purposes.newsletter.keep", "newsletter:", ""},
	{"retention half said", "keep: {while: permission, then: 0 days}", "keep: {while: permission}", "N08", "purposes.newsletter.keep", "keep: {while: permission}", ""},
	{"no answer time", "  answer_within: pack ", "  # ", "N09", "rights", "rights:", ""},
	{"withdrawal unsaid", "  withdraw: [", "  #withdraw: [", "N10", "rights.withdraw", "rights:", ""},
	{"no authority", "authority: FI", "authority: XX", "N11", "authority", "authority: XX", ""},
	{"no complaint", "authority: FI ", "# ", "N11", "authority", "", ""},
	{"obligation unsaid", "obligation:\n", "obligation: {}\nx:\n", "N12", "obligation", "obligation: {}", "Y"},
	{"automated decisions unsaid", "automated_decisions:\n", "automated_decisions: {}\nx:\n", "N13", "automated_decisions", "automated_decisions: {}", "Y"},
	{"category of nothing", "    record: answer\n", "", "N14", "categories.answers", "answers:", ""},
	{"category without title", "    title: {sv: Organisation, fi: Organisaatio, en: Organisation}\n", "", "N14", "categories.employer", "employer:", ""},
	{"no sources", "sources:\n", "sources: []\nx:\n", "N15", "sources", "sources:", "Y"},
	{"objection unsaid", "  object: [", "  #object: [", "N16", "rights.object", "rights:", ""},
	{"joint controllers unsaid", "joint_controllers:\n", "joint_controllers: {}\nx:\n", "N17", "joint_controllers", "joint_controllers: {}", "Y"},
	{"second address", "  address: controller ", "  address: {street: Annan gata 2} ", "N18", "contact.address", "Annan gata 2", ""},
	{"no e-mail to write to", "  email: \"privacy@nordanvind.example\"\n", "", "N19", "rights.channels[1]", "channels: [web, email", ""},
	{"address from nowhere", "sv: Vi ansvarar ensamma för registret.", "sv: Vi ansvarar ensamma, skriv till gammal@nordanvind.example.", "N19", "joint_controllers.not_applicable.sv", "gammal@", ""},
	{"repealed act", "en: We alone are responsible for the register.", "en: We alone are responsible under the Personal Data Act (523/1999).", "N20", "joint_controllers.not_applicable.en", "523/1999", ""},
	{"act of no pack", `law: "1336/1997"}   # the bookkeeping act decides`, `law: "9999/2030"}   # the bookkeeping act decides`, "N20", "categories.billing.keep.law", "9999/2030", ""},
	{"repealed act in one language", "fi: Vastaamme rekisteristä yksin.", "fi: Vastaamme rekisteristä yksin, ks. henkilötietolaki.", "N20", "joint_controllers.not_applicable.fi", "henkilötietolaki", ""},
	{"open category sv", "sv: Kontaktuppgifter,", "sv: Kontaktuppgifter m.m.,", "N21", "categories.contact.title.sv", "m.m.", ""},
	{"open category fi", "fi: Yhteystiedot,", "fi: Yhteystiedot ja muut tiedot,", "N21", "categories.contact.title.fi", "muut tiedot", ""},
	{"open category fi, example", "fi: Yhteystiedot,", "fi: Yhteystiedot (esimerkiksi osoite),", "N21", "categories.contact.title.fi", "esimerkiksi", ""},
	{"open category en", "en: Contact details}", "en: \"Contact details, etc.\"}", "N21", "categories.contact.title.en", "etc.", ""},
	{"open category en, other", "en: Contact details}", "en: Other information}", "N21", "categories.contact.title.en", "Other information", ""},
	{"open category by name", "  devices:\n    title: {sv: Kakor", "  other:\n    title: {sv: Kakor", "N21", "categories.other", "  other:", "L3 Y10"},
	{"may transfer en", "en: delivers our e-mail}", "en: may transfer data to partners}", "N22", "recipients.mail-relay.does.en", "may transfer", ""},
	{"may transfer fi", "fi: välittää sähköpostimme", "fi: tietoja saatetaan luovuttaa", "N22", "recipients.mail-relay.does.fi", "saatetaan luovuttaa", ""},
	{"may transfer sv", "sv: förmedlar vår e-post", "sv: uppgifter kan komma att överföras", "N22", "recipients.mail-relay.does.sv", "kan komma att", ""},
	{"conduct en", "en: keeps you signed in", "en: by visiting our website you accept cookies", "N23", "cookies[0].purpose.en", "by visiting", ""},
	{"conduct sv", "sv: håller dig inloggad", "sv: genom att använda webbplatsen godkänner du kakor", "N23", "cookies[0].purpose.sv", "genom att använda", ""},
	{"conduct fi", "fi: pitää sinut kirjautuneena", "fi: käyttämällä sivustoa hyväksyt evästeet", "N23", "cookies[0].purpose.fi", "käyttämällä", ""},
	{"closed channel", "[web, email, post, phone, in_person, agent]", "[web, email, post, in_person, agent]", "N24", "rights.channels", "channels: [web, email, post, in_person", ""},
	{"only in writing", "fi: Vastaamme rekisteristä yksin.", "fi: Pyynnöt otetaan vastaan vain kirjallisesti.", "N24", "joint_controllers.not_applicable.fi", "vain kirjallisesti", ""},
	{"identity document first", "ladder: [session, known_address,", "ladder: [photo_id_shown, known_address,", "N25", "rights.identity.ladder", "photo_id_shown, known", "Y03"},
	{"identity document always", "photo_id: on recorded doubt only", "photo_id: always", "N25", "rights.identity.photo_id", "photo_id: always", ""},
	{"copies kept", "copies: never kept", "copies: 12 months", "N25", "rights.identity.copies", "copies: 12", ""},
	{"copy of passport", "sv: Vi ansvarar ensamma för registret.", "sv: Skicka en kopia av ditt pass.", "N25", "joint_controllers.not_applicable.sv", "kopia av ditt pass", ""},
	{"carve-out in words", "en: We alone are responsible for the register.", "en: The right does not apply to marketing to customers.", "N26", "joint_controllers.not_applicable.en", "does not apply", ""},
	{"carve-out by basis", "    basis: {kind: consent, article: 6(1)(a)}\n    soft_opt_in", "    basis: {kind: contract, article: 6(1)(b)}\n    soft_opt_in", "N26", "purposes.newsletter.basis.kind", "6(1)(b)}\n    soft", ""},
	{"carve-out by switch", "prohibition: research ", "prohibition: none ", "N26", "purposes.survey.prohibition", "prohibition: none", ""},
	{"cookie half said", ", lifetime: session}", "}", "N27", "cookies[0]", "__Host-session", ""},
	{"no cookie table", "cookies:\n", "x:\n", "N27", "cookies", "", "Y04"},
	{"cookie of a stranger", "name: __Host-lang, provider: controller", "name: __Host-lang, provider: Tracker Ltd", "N28", "cookies[1].provider", "Tracker Ltd", ""},
	{"third parties unsaid", "third_parties: []", "# ", "N28", "third_parties", "", ""},
	{"review overdue", "next: 2027-11-01, owner", "next: 2026-11-01, owner", "N29", "review.next", "next: 2026-11-01", ""},
	{"no review", "review: {", "#review: {", "N29", "review", "", ""},
	{"translation missing", "sv: Nyhetsbrev, fi: Uutiskirje, en: Newsletter", "sv: Nyhetsbrev, en: Newsletter", "N30", "purposes.newsletter.title.fi", "Nyhetsbrev", ""},
	{"translation empty", "fi: Uutiskirje,", "fi: \"\",", "N30", "purposes.newsletter.title.fi", "Nyhetsbrev", ""},
	{"field without title", "title, language]", "title, language, shoe_size]", "N30", "categories.identity.fields[4]", "language, shoe_size]", ""},
	{"check digit", `business_id: "1234567-1"`, `business_id: "1234567-8"`, "N31", "controller.business_id", "1234567-8", ""},
	{"VAT form", `vat_id: "FI12345671"`, `vat_id: "FI1234567-1"`, "N31", "controller.vat_id", "vat_id:", ""},
	{"VAT of another company", `vat_id: "FI12345671"`, `vat_id: "FI76543212"`, "N31", "controller.vat_id", "vat_id:", ""},
	{"measure without evidence", "    evidence: docs/premises-2026.pdf\n", "", "N32", "security.premises.evidence", "premises:", ""},
	{"measure lapsed", "evidence: docs/premises-2026.pdf\n    next: 2027-11-01", "evidence: docs/premises-2026.pdf\n    next: 2026-10-01", "N32", "security.premises.next", "2026-10-01", ""},

	// Rules of law and of the house behind single facts.
	{"special category without ground", "    record: answer\n", "    record: answer\n    special: health\n", "L1", "categories.answers.special", "special:", ""},
	{"category nobody uses", "messages, permissions, devices]", "messages, permissions]", "L3", "categories.devices", "  devices:", ""},
	{"no adequacy", "country: US", "country: IN", "L54", "recipients.sms-gateway.transfer.tool", "tool: adequacy", ""},
	{"tool expired", "review: 2027-11-01}", "review: 2026-11-01}", "L54", "recipients.sms-gateway.transfer.review", "review: 2026-11-01}", ""},
	{"soft opt-in on a survey", "    prohibition: research ", "    soft_opt_in: {goods: [filters]}\n    prohibition: research ", "L61", "purposes.survey.soft_opt_in", "goods: [filters]}", ""},
	{"internal purpose that sends", "    prohibition: profiling\n", "    prohibition: profiling\n    channels: [email]\n", "R13", "purposes.analysis.channels", "    channels: [email]\n    uses: [employer", ""},
	{"processor without contract", "    contract: {signed: 2024-01-01, until: open, sub_processors: none}\n", "", "R22", "recipients.hosting.contract", "hosting:", ""},
	{"contract expired", "until: 2028-02-29", "until: 2026-11-21", "R22", "recipients.mail-relay.contract.until", "2026-11-21", ""},
	{"cell that cannot be seen", "{identity: see, billing: edit", "{identity: [search], billing: edit", "Y06", "levels.finance.relationship.identity", "[search]", ""},
	{"cell of an unknown action", "{identity: see, billing: edit", "{identity: [see, smell], billing: edit", "Y06", "levels.finance.relationship.identity[1]", "smell", ""},
	{"raised to itself", "  analyst:\n", "  analyst:\n    elevate: [analyst]\n", "R47", "levels.analyst.elevate[0]", "elevate: [analyst]", ""},
	{"raised to nothing", "  analyst:\n", "  analyst:\n    elevate: [boss]\n", "Y10", "levels.analyst.elevate[0]", "elevate: [boss]", ""},
	{"second person for an unknown act", "  analyst:\n", "  analyst:\n    four_eyes: [peek]\n", "Y06", "levels.analyst.four_eyes[0]", "four_eyes:", ""},
	{"second person for nothing", "  analyst:\n", "  analyst:\n    four_eyes: [send]\n", "R47", "levels.analyst.four_eyes[0]", "four_eyes:", ""},
	{"level beyond its purpose", "analysis: {act: [report]}", "analysis: {contact: see, act: [report]}", "R47", "levels.analyst.analysis.contact", "contact: see, act: [report]", ""},
	{"applies before it was written", "effective: 2026-11-15", "effective: 2026-10-15", "R53", "effective", "2026-10-15", ""},
}

func TestOneEditOneFinding(t *testing.T) {
	covered := map[string]bool{"Y02": true} // its cases are in TestLimits
	for _, tc := range brokenNotices {
		covered[tc.code] = true
		t.Run(tc.code+" "+tc.name, func(t *testing.T) {
			if n := strings.Count(string(DemoNotice()), tc.old); n == 0 {
				t.Fatalf("%q is not in the notice", tc.old)
			}
			src := strings.Replace(string(DemoNotice()), tc.old, tc.new, 1)
			_, findings := Lint("notice.yaml", []byte(src), today)
			expect(t, tc, src, findings)
		})
	}
	for _, info := range Codes() {
		if !covered[info.Code] {
			t.Errorf("no broken notice shows %s (%s)", info.Code, info.Title["en"])
		}
	}
}

func expect(t *testing.T, tc broken, src string, findings []Finding) {
	t.Helper()
	line := 1
	if i := strings.Index(src, tc.mark); tc.mark != "" {
		line = 1 + strings.Count(src[:i], "\n")
	}
	found := false
	for _, f := range findings {
		if f.Code == tc.code && f.Field == tc.field {
			found = true
			if f.Line != line && tc.code != "Y01" && tc.code != "Y11" {
				t.Errorf("line %d, want %d: %s", f.Line, line, f)
			}
		} else if f.Code != tc.code && !strings.Contains(tc.alsoCodes, f.Code) && !(tc.alsoCodes == "Y" && f.Code[0] == 'Y') {
			t.Errorf("also found %s", f)
		}
	}
	if !found {
		t.Errorf("want %s at %s, got:\n%s", tc.code, tc.field, report(findings))
	}
}

func TestWarningsBeforeDatesPass(t *testing.T) {
	for day, want := range map[string]string{"2027-09-30": "", "2027-10-15": SeverityWarning, "2027-11-02": SeverityError} {
		on, _ := Date(day).Time()
		_, findings := Lint("n", DemoNotice(), on.Add(23*time.Hour))
		got := ""
		for _, f := range findings {
			if f.Code == "N29" {
				got = f.Severity
			}
		}
		if got != want {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
	}
}

func TestBusinessIDs(t *testing.T) {
	for _, tc := range []struct {
		country, id string
		ok          bool
	}{
		{"FI", "1234567-1", true}, {"FI", "1234567-2", false}, {"FI", "12345671", false}, {"FI", "7654321-2", true}, {"FI", "", false},
		{"FI", "0000000-0", true}, {"FI", "1234567-11", false}, {"FI", "１234567-1", false},
		{"SE", "559999-9991", true}, {"SE", "5599999991", true}, {"SE", "559999-9992", false}, {"SE", "559999-999", false},
		{"DE", "HRB 1", true}, {"DE", " ", false},
	} {
		if got := ValidBusinessID(tc.country, tc.id); got != tc.ok {
			t.Errorf("%s %q: %v", tc.country, tc.id, got)
		}
	}
}
