package permit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kartotek/internal/law"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the difference\n%s", path, got)
	}
}

var (
	noon     = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	channels = []string{"email", "sms", "call", "post"}
)

func ago(days int) time.Time   { return noon.AddDate(0, 0, -days) }
func agoP(days int) *time.Time { t := ago(days); return &t }

func ask(class Class, channel string) Question {
	return Question{Class: class, Purpose: "newsletter", Channel: channel, At: noon}
}

func sold() *SoftOptIn {
	return &SoftOptIn{Sale: "2026-01-02", SameController: true, SimilarProducts: true, ObjectionOffered: true}
}

func consented(channel string) []Consent {
	return []Consent{{Purpose: "newsletter", Channel: channel, Given: ago(100)}}
}

// row sets the five switches of the truth table for one channel.
func row(bits int, channel string) Facts {
	f := Facts{Country: "FI"}
	for i, p := range []string{"all-marketing", "channel:" + channel, "research"} {
		if bits&(1<<i) != 0 {
			f.Prohibitions = append(f.Prohibitions, p)
		}
	}
	if bits&8 != 0 {
		f.Consents = consented(channel)
	}
	if bits&16 != 0 {
		f.SoftOptIn = sold()
	}
	return f
}

// expected is the truth table as the specification words it, written apart from the rules.
func expected(class Class, bits int) bool {
	all, channel, research, consent, soft := bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0, bits&16 != 0
	switch class {
	case Service:
		return true
	case Survey:
		return !all && !channel && !research && consent
	}
	return !all && !channel && (consent || soft)
}

func mark(b bool, s string) string {
	if b {
		return s
	}
	return "·"
}

// TestTruthTable compares all 96 rows by every channel and country pack with the specification,
// and writes them down for a reader.
func TestTruthTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("# What may be sent in Finland: 3 classes x 32 states, by channel. No basis but consent is recorded.\n")
	fmt.Fprintf(&b, "%-10s %-4s %-5s %-9s %-8s %-5s", "class", "all", "chan", "research", "consent", "sale")
	for _, c := range channels {
		fmt.Fprintf(&b, " %-25s", c)
	}
	b.WriteString("\n")
	for _, class := range []Class{Service, Survey, Marketing} {
		for bits := range 32 {
			fmt.Fprintf(&b, "%-10s %-4s %-5s %-9s %-8s %-5s", class, mark(bits&1 != 0, "ban"), mark(bits&2 != 0, "ban"),
				mark(bits&4 != 0, "ban"), mark(bits&8 != 0, "yes"), mark(bits&16 != 0, "yes"))
			for _, c := range channels {
				v := Decide(ask(class, c), row(bits, c))
				if v.Allowed != expected(class, bits) {
					t.Errorf("%s by %s, row %05b: allowed %t", class, c, bits, v.Allowed)
				}
				fmt.Fprintf(&b, " %-5s %-19s", map[bool]string{true: "allow", false: "deny"}[v.Allowed], v.Code)
				checkSweden(t, class, c, bits)
				checkBlocked(t, class, c, bits)
			}
			b.WriteString("\n")
		}
	}
	golden(t, "truth_table.txt", strings.ReplaceAll(b.String(), " \n", "\n"))
}

func checkSweden(t *testing.T, class Class, channel string, bits int) {
	t.Helper()
	f := row(bits, channel)
	f.Country = "SE"
	if v := Decide(ask(class, channel), f); v.Allowed != expected(class, bits) || v.Pack != "EU-2026.1+SE-2026.1" {
		t.Errorf("Sweden, %s by %s, row %05b: %+v", class, channel, bits, v)
	}
}

// checkBlocked asks the row again for someone restricted, erased or suppressed.
func checkBlocked(t *testing.T, class Class, channel string, bits int) {
	t.Helper()
	for code, change := range map[string]func(*Facts){
		CodeErased:     func(f *Facts) { f.Erased, f.Restricted = true, true },
		CodeSuppressed: func(f *Facts) { f.Suppressed, f.Restricted = []string{channel}, true },
		CodeRestricted: func(f *Facts) { f.Restricted = true },
	} {
		f := row(bits, channel)
		change(&f)
		if v := Decide(ask(class, channel), f); v.Allowed || v.Code != code {
			t.Errorf("%s by %s, row %05b: %s, want %s", class, channel, bits, v.Code, code)
		}
	}
}

// TestBehaviour walks what the truth table does not hold.
func TestBehaviour(t *testing.T) {
	type change = func(q *Question, f *Facts)
	for _, c := range []struct {
		name   string
		class  Class
		by     string
		change change
		code   string
	}{
		{"nothing known", Marketing, "email", func(q *Question, f *Facts) {}, CodeNoConsent},
		{"unknown class", "newsletter", "email", func(q *Question, f *Facts) { f.Consents = consented("email") }, CodeBadQuestion},
		{"unknown channel", Service, "fax", func(q *Question, f *Facts) {}, CodeBadQuestion},
		{"channel in capitals", Service, "EMAIL", func(q *Question, f *Facts) {}, CodeBadQuestion},
		{"no channel", Service, "", func(q *Question, f *Facts) {}, CodeBadQuestion},
		{"no purpose", Service, "email", func(q *Question, f *Facts) { q.Purpose = "" }, CodeBadQuestion},
		{"no time", Service, "email", func(q *Question, f *Facts) { q.At = time.Time{} }, CodeBadQuestion},
		{"before the rules", Service, "email", func(q *Question, f *Facts) { q.At = time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC) }, CodeNoPack},
		{"ban in capitals", Survey, "email", func(q *Question, f *Facts) { f.Prohibitions = []string{"Research"} }, CodeProhibitedResearch},
		{"unknown ban", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"newsletters"}
		}, CodeProhibitedAll},
		{"unknown channel ban", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"channel:e-mail"}
		}, CodeProhibitedAll},
		{"empty ban", Marketing, "email", func(q *Question, f *Facts) { f.Consents, f.Prohibitions = consented("email"), []string{""} }, CodeProhibitedAll},
		{"unknown ban and service", Service, "email", func(q *Question, f *Facts) { f.Prohibitions = []string{"?"} }, CodeService},
		{"channel ban in capitals", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"Channel:Email"}
		}, CodeProhibitedChannel},
		{"ban of another channel", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"channel:sms", "profiling", "research"}
		}, CodeConsent},
		{"channel ban and survey", Survey, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"channel:email"}
		}, CodeProhibitedChannel},
		{"purpose ban", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"purpose:newsletter"}
		}, CodeProhibitedPurpose},
		{"purpose ban by channel", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"purpose:newsletter:email"}
		}, CodeProhibitedPurpose},
		{"purpose ban in capitals", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"Purpose:Newsletter:EMAIL"}
		}, CodeProhibitedPurpose},
		{"purpose ban with a capital", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"purpose:Newsletter"}
		}, CodeProhibitedPurpose},
		{"ban of another purpose", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"purpose:campaign", "purpose:campaign:email"}
		}, CodeConsent},
		{"purpose ban by another channel", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"purpose:newsletter:sms"}
		}, CodeConsent},
		{"purpose ban without purpose", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"purpose:"}
		}, CodeProhibitedAll},
		{"purpose ban by an unknown channel", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents, f.Prohibitions = consented("email"), []string{"purpose:campaign:e-mail"}
		}, CodeProhibitedAll},
		{"purpose ban and service", Service, "email", func(q *Question, f *Facts) { f.Prohibitions = []string{"purpose:newsletter"} }, CodeService},
		{"other channel suppressed", Service, "email", func(q *Question, f *Facts) { f.Suppressed = []string{"sms"} }, CodeService},
		{"unknown suppressed", Service, "email", func(q *Question, f *Facts) { f.Suppressed = []string{"e-mail"} }, CodeSuppressed},
		{"suppressed in capitals", Service, "email", func(q *Question, f *Facts) { f.Suppressed = []string{"Email"} }, CodeSuppressed},

		{"restricted and asked for", Service, "email", func(q *Question, f *Facts) { f.Restricted, f.Asked = true, true }, CodeService},
		{"restricted, marketing asked for", Marketing, "email", func(q *Question, f *Facts) {
			f.Restricted, f.Asked, f.Consents = true, true, consented("email")
		}, CodeRestricted},

		{"consent for another purpose", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = []Consent{{Purpose: "campaign", Channel: "email", Given: ago(9)}}
		}, CodeNoConsent},
		{"consent for another channel", Marketing, "email", func(q *Question, f *Facts) { f.Consents = consented("sms") }, CodeNoConsent},
		{"consent without time", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = []Consent{{Purpose: "newsletter", Channel: "email"}}
		}, CodeNoConsent},
		{"consent this moment", Marketing, "email", func(q *Question, f *Facts) { f.Consents = consented("email"); f.Consents[0].Given = noon }, CodeConsent},
		{"consent a moment later", Marketing, "email", func(q *Question, f *Facts) { f.Consents = consented("email"); f.Consents[0].Given = noon.Add(1) }, CodeNoConsent},
		{"withdrawn this moment", Marketing, "email", func(q *Question, f *Facts) { f.Consents = consented("email"); f.Consents[0].Withdrawn = &noon }, CodeConsentWithdrawn},
		{"withdrawn later", Marketing, "email", func(q *Question, f *Facts) { f.Consents = consented("email"); f.Consents[0].Withdrawn = agoP(-1) }, CodeConsent},
		{"expires this moment", Marketing, "email", func(q *Question, f *Facts) { f.Consents = consented("email"); f.Consents[0].Expires = &noon }, CodeConsentExpired},
		{"expires later", Marketing, "email", func(q *Question, f *Facts) { f.Consents = consented("email"); f.Consents[0].Expires = agoP(-1) }, CodeConsent},
		{"expired, but a customer", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = consented("email")
			f.Consents[0].Expires, f.SoftOptIn = agoP(1), sold()
		}, CodeSoftOptIn},
		{"withdrawn, though a customer", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = consented("email")
			f.Consents[0].Withdrawn, f.SoftOptIn = agoP(1), sold()
		}, CodeConsentWithdrawn},
		{"withdrawn, though of a company", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = consented("email")
			f.Consents[0].Withdrawn, f.Subject, f.RoleRelevant = agoP(1), "legal", true
		}, CodeConsentWithdrawn},
		{"withdrawal reaches an older entry", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = append(consented("email"), Consent{Purpose: "newsletter", Channel: "email", Given: ago(50), Withdrawn: agoP(40)})
		}, CodeConsentWithdrawn},
		{"consent after a withdrawal", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = consented("email")
			f.Consents[0].Withdrawn = agoP(40)
			f.Consents = append(f.Consents, Consent{Purpose: "newsletter", Channel: "email", Given: ago(30)})
		}, CodeConsent},
		{"withdrawn without a time", Marketing, "email", func(q *Question, f *Facts) {
			f.Consents = append(consented("email"), Consent{Purpose: "newsletter", Channel: "email", Given: ago(200), Withdrawn: &time.Time{}})
		}, CodeConsentWithdrawn},

		{"sale today", Marketing, "sms", func(q *Question, f *Facts) { f.SoftOptIn = sold(); f.SoftOptIn.Sale = "2026-11-22" }, CodeSoftOptIn},
		{"sale tomorrow", Marketing, "sms", func(q *Question, f *Facts) { f.SoftOptIn = sold(); f.SoftOptIn.Sale = "2026-11-23" }, CodeNoConsent},
		{"sale on no day", Marketing, "sms", func(q *Question, f *Facts) { f.SoftOptIn = sold(); f.SoftOptIn.Sale = "2026-02-30" }, CodeNoConsent},
		{"other controller", Marketing, "email", func(q *Question, f *Facts) { f.SoftOptIn = sold(); f.SoftOptIn.SameController = false }, CodeNoConsent},
		{"other goods", Marketing, "email", func(q *Question, f *Facts) { f.SoftOptIn = sold(); f.SoftOptIn.SimilarProducts = false }, CodeNoConsent},
		{"no objection offered", Marketing, "email", func(q *Question, f *Facts) { f.SoftOptIn = sold(); f.SoftOptIn.ObjectionOffered = false }, CodeNoConsent},
		{"goods overlap", Marketing, "email", func(q *Question, f *Facts) {
			f.SoftOptIn, q.Goods = sold(), []string{"lamps", "filters"}
			f.SoftOptIn.SimilarProducts, f.SoftOptIn.Goods = false, []string{"filters"}
		}, CodeSoftOptIn},
		{"goods differ", Marketing, "email", func(q *Question, f *Facts) {
			f.SoftOptIn, q.Goods = sold(), []string{"lamps", ""}
			f.SoftOptIn.Goods = []string{"filters", ""}
		}, CodeNoConsent},
		{"sale and a survey", Survey, "email", func(q *Question, f *Facts) { f.SoftOptIn = sold() }, CodeNoConsent},
		{"customer by post", Marketing, "post", func(q *Question, f *Facts) { f.SoftOptIn = sold() }, CodeOptOutRegime},
		{"customer by post, no regime", Marketing, "post", func(q *Question, f *Facts) { f.SoftOptIn, f.Country = sold(), "DE" }, CodeNoConsent},
		{"customer by e-mail elsewhere", Marketing, "email", func(q *Question, f *Facts) { f.SoftOptIn, f.Country = sold(), "DE" }, CodeSoftOptIn},

		{"company, role", Marketing, "email", func(q *Question, f *Facts) { f.Subject, f.RoleRelevant = "legal", true }, CodeLegalPerson},
		{"company, Sweden", Marketing, "email", func(q *Question, f *Facts) { f.Subject, f.RoleRelevant, f.Country = "legal", true, "SE" }, CodeLegalPerson},
		{"company, Germany", Marketing, "email", func(q *Question, f *Facts) { f.Subject, f.RoleRelevant, f.Country = "legal", true, "DE" }, CodeNoConsent},
		{"company, country unknown", Marketing, "email", func(q *Question, f *Facts) { f.Subject, f.RoleRelevant, f.Country = "legal", true, "" }, CodeNoConsent},
		{"company, no role", Marketing, "email", func(q *Question, f *Facts) { f.Subject = "legal" }, CodeNoConsent},
		{"company, opted out", Marketing, "email", func(q *Question, f *Facts) {
			f.Subject, f.RoleRelevant, f.Prohibitions = "legal", true, []string{"channel:email"}
		}, CodeProhibitedChannel},
		{"company, survey", Survey, "email", func(q *Question, f *Facts) { f.Subject, f.RoleRelevant = "legal", true }, CodeNoConsent},
		{"person with a role", Marketing, "email", func(q *Question, f *Facts) { f.RoleRelevant = true }, CodeNoConsent},
		{"unknown subject", Marketing, "email", func(q *Question, f *Facts) { f.Subject, f.RoleRelevant = "company", true }, CodeNoConsent},

		{"interest and a survey", Survey, "email", func(q *Question, f *Facts) { q.Basis = BasisInterest }, CodeInterest},
		{"interest by e-mail", Marketing, "email", func(q *Question, f *Facts) { q.Basis = BasisInterest }, CodeNoConsent},
		{"interest by SMS", Marketing, "sms", func(q *Question, f *Facts) { q.Basis = BasisInterest }, CodeNoConsent},
		{"interest by call", Marketing, "call", func(q *Question, f *Facts) { q.Basis = BasisInterest }, CodeOptOutRegime},
		{"interest by post, Sweden", Marketing, "post", func(q *Question, f *Facts) { q.Basis, f.Country = BasisInterest, "SE" }, CodeOptOutRegime},
		{"interest by post, Germany", Marketing, "post", func(q *Question, f *Facts) { q.Basis, f.Country = BasisInterest, "DE" }, CodeNoConsent},
		{"interest by call, withdrawn", Marketing, "call", func(q *Question, f *Facts) {
			q.Basis, f.Consents = BasisInterest, consented("call")
			f.Consents[0].Withdrawn = agoP(1)
		}, CodeConsentWithdrawn},
		{"misspelt basis", Survey, "email", func(q *Question, f *Facts) { q.Basis = "legitimate-interest" }, CodeNoConsent},
		{"contract is no basis for marketing", Marketing, "post", func(q *Question, f *Facts) { q.Basis = BasisContract }, CodeNoConsent},

		{"internal by e-mail", Internal, "email", func(q *Question, f *Facts) { q.Basis = BasisInterest }, CodeBadQuestion},
		{"internal, no basis", Internal, "", func(q *Question, f *Facts) {}, CodeNoConsent},
		{"internal, interest", Internal, "", func(q *Question, f *Facts) { q.Basis = BasisInterest }, CodeInterest},
		{"internal, contract", Internal, "", func(q *Question, f *Facts) { q.Basis = BasisContract }, CodeBasis},
		{"internal, law", Internal, "", func(q *Question, f *Facts) { q.Basis = BasisObligation }, CodeBasis},
		{"internal, consent", Internal, "", func(q *Question, f *Facts) { f.Consents = consented("") }, CodeConsent},
		{"internal, profiling ban", Internal, "", func(q *Question, f *Facts) {
			q.Basis, f.Prohibitions = BasisInterest, []string{"profiling"}
		}, CodeProhibitedProfiling},
		{"internal, all-marketing", Internal, "", func(q *Question, f *Facts) {
			q.Basis, f.Prohibitions = BasisInterest, []string{"all-marketing"}
		}, CodeProhibitedAll},
		{"internal, channel ban", Internal, "", func(q *Question, f *Facts) {
			q.Basis, f.Prohibitions = BasisInterest, []string{"channel:email"}
		}, CodeInterest},
		{"internal, suppressed", Internal, "", func(q *Question, f *Facts) { q.Basis, f.Suppressed = BasisInterest, []string{"email"} }, CodeInterest},
		{"Åland", Marketing, "email", func(q *Question, f *Facts) { f.Subject, f.RoleRelevant, f.Country = "legal", true, "AX" }, CodeLegalPerson},
	} {
		q, f := ask(c.class, c.by), Facts{Country: "FI"}
		c.change(&q, &f)
		v := Decide(q, f)
		if v.Code != c.code || v.Allowed != allowed(t, c.code) {
			t.Errorf("%s: %+v, want %s", c.name, v, c.code)
		}
		checkReasons(t, v)
	}
}

// allowed is what a code's description says it answers.
func allowed(t *testing.T, code string) bool {
	t.Helper()
	for _, c := range Codes() {
		if c.Code == code {
			return c.Allowed
		}
	}
	t.Fatalf("code %q is not described", code)
	return false
}

// checkReasons asks that a verdict says why, with citations the index knows.
func checkReasons(t *testing.T, v Verdict) {
	t.Helper()
	if len(v.Because) == 0 {
		t.Errorf("%s gives no reason", v.Code)
	}
	for _, r := range v.Because {
		if r.Rule == "" || r.Citation != "" && !law.Known(r.Citation) {
			t.Errorf("%s: reason %+v has no rule or an unknown citation", v.Code, r)
		}
		if r.Citation == "" && !strings.HasPrefix(r.Rule, "house_") {
			t.Errorf("%s: rule %s cites nothing", v.Code, r.Rule)
		}
	}
}

func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Codes() {
		if seen[c.Code] || c.Citation != "" && !law.Known(c.Citation) {
			t.Errorf("%+v is described twice or cites the unknown", c)
		}
		seen[c.Code] = true
	}
}

// A refusal names what was looked for.
func TestRefusalExplains(t *testing.T) {
	f := Facts{Country: "FI", Subject: "legal", SoftOptIn: sold()}
	f.SoftOptIn.ObjectionOffered, f.SoftOptIn.Sale = false, ""
	v := Decide(ask(Marketing, "email"), f)
	want := []Reason{
		{"eprivacy_13_1_no_consent", "2002/58 13(1)", "missing: consent"},
		{"eprivacy_13_2_soft_opt_in", "2002/58 13(2)", "missing: sale, objection_offered"},
		{"fi_917_2014_202_legal_person", "FI 917/2014 202", "missing: role_relevant"},
	}
	if fmt.Sprint(v.Because) != fmt.Sprint(want) {
		t.Errorf("because %v, want %v", v.Because, want)
	}
	f = Facts{Country: "FI", Consents: consented("email")}
	f.Consents[0].Evidence = "ledger:5512"
	if v := Decide(ask(Marketing, "email"), f); v.Because[0].Evidence != "ledger:5512" {
		t.Errorf("the ledger entry is not shown: %v", v.Because)
	}
	if becauseConsent[0].Evidence != "" {
		t.Error("evidence leaked into the shared reason")
	}
}

// An old decision is replayed by the packs it names.
func TestReplay(t *testing.T) {
	q, f := ask(Marketing, "email"), Facts{Country: "SE", Subject: "legal", RoleRelevant: true}
	first := Decide(q, f)
	set, err := law.ByID(first.Pack)
	if err != nil {
		t.Fatal(err)
	}
	if again := DecideWith(set, q, f); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("replay gave %+v, first %+v", again, first)
	}
	base, _ := law.For([]string{"EU"}, noon)
	if v := DecideWith(base, q, f); v.Allowed || v.Pack != "EU-2026.1" {
		t.Errorf("without the Swedish pack: %+v", v)
	}
}
