package noticedef

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"kartotek/internal/noticedef/facts"
)

func demo(t testing.TB) *Notice {
	n, findings := Parse("nordanvind.yaml", DemoNotice())
	if len(findings) > 0 {
		t.Fatal(report(findings))
	}
	return n
}

func edited(t *testing.T, old, new string) *Notice {
	t.Helper()
	src := strings.Replace(string(DemoNotice()), old, new, 1)
	if src == string(DemoNotice()) {
		t.Fatalf("%q is not in the notice", old)
	}
	n, findings := Parse("edited", []byte(src))
	if len(findings) > 0 {
		t.Fatal(report(findings))
	}
	return n
}

// Files built to hurt are refused with a reason, quickly.
func TestLimits(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'k'; i++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", i, i, strings.TrimSuffix(strings.Repeat("*"+string(i-1)+",", 10), ","))
	}
	for name, tc := range map[string]struct{ src, code string }{
		"too large":     {strings.Repeat("#", facts.MaxBytes+1), "Y02"},
		"deep":          {"levels: {a: {b: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}}", "Y05"},
		"alias bomb":    {bomb + "sources: *j\n", "Y05"},
		"alias flood":   {"categories:\n  a0: &a {fields: [" + strings.Join(numbered("f", 300), ", ") + "]}\n" + "  " + strings.Join(numbered("b", 300), ": *a\n  ") + ": *a\n", "Y02"},
		"own alias":     {"notice: 1\nsources: &s [*s]\n", "Y"},
		"empty":         {"", "Y01"},
		"a list":        {"- a\n", "Y01"},
		"two documents": {"notice: 1\n---\nnotice: 1\n", "Y01"},
		"merge key":     {"notice: 1\n<<: {a: b}\n", "Y05"},
		"binary":        {"authority: !!binary aGVq\n", "Y05"},
		"own tag":       {"authority: !secret x\n", "Y05"},
		"long text":     {"authority: " + strings.Repeat("x", facts.MaxText+1) + "\n", "Y02"},
		"not utf-8":     {"authority: \xff\xfe\n", "Y01"},
		"key is a list": {"[a, b]: c\n", "Y05"},
		"many mistakes": {strings.Repeat("- ", 0) + manyKeys(2000), "Y04"},
	} {
		_, findings := Parse(name, []byte(tc.src))
		if !strings.Contains(report(findings), " "+tc.code) || len(findings) > facts.MaxProblems {
			t.Errorf("%s: %d findings, want %s:\n%.400s", name, len(findings), tc.code, report(findings))
		}
	}
}

func numbered(prefix string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	return b.String()
}

// An alias within the limits is only another way of writing.
func TestAliasIsRead(t *testing.T) {
	n := edited(t, "uses: [identity, contact, employer, permissions]\n    channels: [email]", "uses: &base [identity, contact, employer, permissions]\n    channels: [email]")
	m, findings := Parse("alias", bytes.Replace(bytes.Replace(DemoNotice(),
		[]byte("uses: [identity, contact, employer, permissions]"), []byte("uses: &base [identity, contact, employer, permissions]"), 1),
		[]byte("uses: [identity, contact, employer, permissions]"), []byte("uses: *base"), 1))
	if len(findings) > 0 || Hash(n) != Hash(m) {
		t.Errorf("%s %s %s", Hash(n), Hash(m), report(findings))
	}
}

func TestHashFollowsFactsOnly(t *testing.T) {
	want := Hash(demo(t))
	src := string(DemoNotice())
	same := map[string]string{
		"comments":      strings.ReplaceAll(src, "\n", "   # note\n"),
		"line ends":     strings.ReplaceAll(src, "\n", "\r\n"),
		"key order":     strings.Replace(src, "{kind: contract, article: 6(1)(b)}", "{article: 6(1)(b), kind: contract}", 1),
		"quotes":        strings.Replace(src, "sv: Nyhetsbrev,", "sv: 'Nyhetsbrev',", 1),
		"block text":    strings.Replace(src, "en: We alone are responsible for the register.", "en: >\n      We alone are\n      responsible   for the register.\n", 1),
		"combining":     strings.Replace(src, "sv: Faktureringsuppgifter", "sv: Faktureringsuppgifter", 1),
		"decomposed":    strings.Replace(src, "Vi är etablerade", "Vi a\u0308r etablerade", 1),
		"same spelled":  strings.Replace(src, "feedback: same", "feedback: {identity: see, contact: see, permissions: see, answers: see, act: [segment, send, report, decide]}", 1),
		"default given": strings.Replace(src, "class: service ", "rows: yes\n    class: service ", 1),
	}
	for name, s := range same {
		n, findings := Parse(name, []byte(s))
		if len(findings) > 0 {
			t.Errorf("%s: %s", name, report(findings))
		} else if Hash(n) != want {
			t.Errorf("%s: the hash changed", name)
		}
	}
	if Hash(edited(t, "sv: Nyhetsbrev,", "sv: Nyhetsbreven,")) == want {
		t.Error("another text, the same hash")
	}
	if !strings.HasPrefix(want, "sha256:") || len(want) != 71 {
		t.Errorf("hash %q", want)
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	swedish := Answers{Company: "Yes: & 'co' \"AB\" #1", BusinessID: "559999-9991", Country: "SE", City: "no", Street: "~", Postcode: "00012", ContactName: "null"}
	for name, src := range map[string][]byte{"demo": DemoNotice(), "template": Template(Answers{}), "odd words": Template(swedish)} {
		n, findings := Parse(name, src)
		if Errors(findings) > 0 {
			t.Fatal(report(findings))
		}
		out := Encode(n)
		m, findings := Parse(name, out)
		if len(findings) > 0 || Hash(m) != Hash(n) || !bytes.Equal(Encode(m), out) {
			t.Errorf("%s: %s\n%+v", name, report(findings), Diff(n, m))
		}
		if _, f := Lint(name, out, today); len(f) > 0 {
			t.Errorf("%s: %s", name, report(f))
		}
	}
}

func TestAccessors(t *testing.T) {
	n := demo(t)
	p, ok := n.Purpose("campaign")
	if !ok || p.Class != "marketing" || p.Basis.Kind != "legitimate interest" || !p.Rows || p.Keep.Then.N != 12 {
		t.Errorf("campaign: %+v", p)
	}
	if a, _ := n.Purpose("analysis"); a.Rows || a.SmallestGroup != 5 {
		t.Errorf("analysis: %+v", a)
	}
	if s, _ := n.Purpose("newsletter"); s.SoftOptIn == nil || len(s.SoftOptIn.Goods) != 3 {
		t.Errorf("newsletter: %+v", s)
	}
	if got := fmt.Sprint(n.Channels()); got != "[email sms call post]" {
		t.Error(got)
	}
	f, ok := n.Field("email")
	if !ok || f.Category != "contact" || f.Title.In("sv") != "E-postadress" {
		t.Errorf("email: %+v", f)
	}
	if _, ok := n.Field("shoe_size"); ok || len(n.Fields()) != 22 || n.Fields()[0].Name != "first_name" {
		t.Errorf("%d fields: %+v", len(n.Fields()), n.Fields())
	}
	if k, ok := n.KeepOf("relationship", "orders"); !ok || k.Then.String() != "6 years" {
		t.Errorf("orders: %+v", k)
	}
	if k, ok := n.KeepOf("relationship", "contact"); !ok || k.Then.String() != "24 months" {
		t.Errorf("contact: %+v", k)
	}
	if _, ok := n.KeepOf("analysis", "contact"); ok {
		t.Error("analysis does not use contact details")
	}
}

func TestLevels(t *testing.T) {
	n := demo(t)
	for _, tc := range []struct {
		level, purpose, category, action string
		want                             bool
	}{
		{"service", "relationship", "contact", "edit", true},
		{"service", "relationship", "contact", "see", true},
		{"service", "relationship", "orders", "edit", false},
		{"service", "newsletter", "contact", "see", false},
		{"service", "", "messages", "edit", true},
		{"marketing", "campaign", "contact", "see", true},
		{"marketing", "feedback", "answers", "see", true},
		{"marketing", "feedback", "employer", "see", false},
		{"admin", "", "contact", "see", false},
		{"dpo", "analysis", "orders", "see", true},
		{"dpo", "analysis", "contact", "see", false}, // the purpose itself does not use it
		{"dpo", "", "contact", "edit", false},
		{"owner", "newsletter", "contact", "edit", true},
		{"nobody", "", "contact", "see", false},
	} {
		l, _ := n.Level(tc.level)
		if got := l.May(tc.purpose, tc.category, tc.action); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
	m, _ := n.Level("marketing")
	a, _ := n.Level("admin")
	if !m.Can("send") || !m.CanFor("newsletter", "send") || m.CanFor("relationship", "send") || m.Can("staff") || !a.Can("staff") || a.Can("rights") {
		t.Error("acts are mixed up")
	}
	if l := n.LevelList(); len(l) != 10 || l[0].Name != "owner" {
		t.Errorf("%d levels", len(l))
	}
}

func TestDiff(t *testing.T) {
	a := demo(t)
	for _, tc := range []struct {
		old, new, path, kind string
		material             bool
	}{
		{"channels: [email]\n    keep: {while: permission", "channels: [email, sms]\n    keep: {while: permission", "purposes.newsletter.channels", Added, true},
		{"channels: [email, sms, call, post]     # per", "channels: [email, sms, post]     # per", "purposes.campaign.channels", Removed, false},
		{"keep: {while: answer, then: 12 months}", "keep: {while: answer, then: 2 years}", "purposes.survey.keep.then", Changed, true},
		{"keep: {while: answer, then: 12 months}", "keep: {while: answer, then: 6 months}", "purposes.survey.keep.then", Changed, false},
		{"keep: {while: choice, then: 12 months}", "keep: {while: choice, then: 13 months}", "categories.devices.keep.then", Changed, true},
		{"{kind: contract, article: 6(1)(b)}", "{kind: legal obligation, article: 6(1)(c)}", "purposes.relationship.basis.kind", Changed, true},
		{"organisation_phone, industry]", "organisation_phone, industry, website]", "categories.employer.fields", Added, true},
		{"rows: no ", "rows: yes ", "purposes.analysis.rows", Removed, true},
		{"  hosting:\n    name", "  hosting2:\n    name", "recipients.hosting2", Added, true},
		{"country: US", "country: CA", "recipients.sms-gateway.country", Changed, true},
		{"sv: Nyhetsbrev,", "sv: Nyhetsbrevet,", "purposes.newsletter.title.sv", Changed, false},
		{"vat_id: \"FI12345671\"\n", "\n", "controller.vat_id", Removed, false},
		{"until: 2028-02-29", "until: open", "recipients.mail-relay.contract.until", Changed, false},
		{"  - import\n", "  - import\n  - form:feedback\n", "sources", Added, true},
	} {
		b := edited(t, tc.old, tc.new)
		found := false
		for _, c := range Diff(a, b) {
			if c.Path == tc.path && c.Kind == tc.kind {
				found = true
				if c.Material != tc.material {
					t.Errorf("material %v: %+v", c.Material, c)
				}
			}
		}
		if !found {
			t.Errorf("want %s %s, got %+v", tc.kind, tc.path, Diff(a, b))
		}
	}
	if d := Diff(a, demo(t)); len(d) > 0 {
		t.Errorf("no change, but %+v", d)
	}
}

// Whatever the bytes, reading, checking, writing and comparing do not panic,
// and what was read survives being written.
func FuzzParse(f *testing.F) {
	f.Add(DemoNotice())
	f.Add(Template(Answers{}))
	f.Add([]byte("notice: 1\nlevels: {a: {b: same}}\nsources: &s [*s]\npurposes: {x: null}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		n, findings := Lint("fuzz", src, today)
		if n == nil || Errors(findings) > 0 {
			if n != nil {
				Diff(n, n)
				Encode(n)
			}
			return
		}
		m, again := Parse("fuzz", Encode(n))
		if len(again) > 0 || Hash(m) != Hash(n) {
			t.Errorf("not the same after writing: %s\n%s", report(again), Encode(n))
		}
	})
}
