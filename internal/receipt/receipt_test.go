package receipt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/fault"
	"kartotek/internal/inclusion"
	"kartotek/internal/noticedef"
)

var update = flag.Bool("update", false, "write the golden receipts anew")

func testNotice(t testing.TB) *noticedef.Notice {
	t.Helper()
	src, err := os.ReadFile("../noticedef/testdata/nordanvind.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n, findings := noticedef.Parse("nordanvind.yaml", src)
	if n == nil {
		t.Fatal(findings)
	}
	return n
}

// entry is the canonical text of an entry with some lines of its own.
func entry(kind Kind, lines map[string]string) string {
	value := map[string]string{"person": "4b2x9k", "entry": "4k7zz1", "recorded": "2026-11-20T08:15:00.250Z", "effective": "2026-11-20T08:15:00.250Z",
		"kind": string(kind), "said by": "person", "method": "preferences", "strength": "single", "notice": "3", "recorded by kind": "person"}
	for k, v := range lines {
		value[k] = v
	}
	var b strings.Builder
	b.WriteString("kartotek ledger 1\n")
	for _, n := range names {
		b.WriteString(n + ": " + value[n] + "\n")
	}
	return b.String()
}

// nothing stands for a random source: keys of tests are the same every time.
type nothing byte

func (n nothing) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(n)
	}
	return len(b), nil
}

func key(t testing.TB, seed byte) (skey, vkey string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(nothing(seed), "kartotek/0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	return skey, vkey
}

type hashes []tlog.Hash

func (h hashes) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, h[i])
	}
	return out, nil
}

// prove puts a leaf as the fifth of eleven into a log, and proves it.
func prove(t testing.TB, p Proof, skey string) string {
	t.Helper()
	const at, size = 4, 11
	var stored hashes
	for i := range int64(size) {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d", i))
		leaf := inclusion.Leaf('a', sum[:])
		if i == at {
			if leaf = inclusion.Leaf(leafLedger, leafDigest(p)); strings.HasPrefix(p.Entry, caseHeader) {
				e, err := ParseEntry(p.Entry)
				if err != nil {
					t.Fatal(err)
				}
				leaf = inclusion.Leaf(leafAudit, digestOf(p, e))
			}
		}
		h, err := tlog.StoredHashes(i, leaf, stored)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, h...)
	}
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		t.Fatal(err)
	}
	path, err := tlog.ProveRecord(size, at, stored)
	if err != nil {
		t.Fatal(err)
	}
	out := inclusion.Proof{Index: at}
	for _, h := range path {
		out.Path = append(out.Path, h)
	}
	if out.Checkpoint, err = inclusion.Sign(inclusion.Checkpoint{Size: size, Root: root}, skey); err != nil {
		t.Fatal(err)
	}
	return string(out.Text())
}

// facts are those of an entry with evidence, proved and ready to build from.
func facts(t testing.TB, lang, text string) Facts {
	t.Helper()
	skey, vkey := key(t, 1)
	f := Facts{Notice: testNotice(t), Version: 3, Hash: "sha256:" + strings.Repeat("ab", 32), NoticeURL: "https://register.nordanvind.example/notice/" + lang + "/v/3",
		Language: lang, Created: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	f.Proof = Proof{Entry: text, Salt: []byte("0123456789abcdef"), Evidence: []byte(`{"Text":"[x] Nyhetsbrev","IP":"","Signed":"","Received":"","Language":"sv"}`), Keys: []string{vkey}}
	sum := sha256.Sum256(append(slices.Clone(f.Proof.Salt), f.Proof.Evidence...))
	f.Proof.EvidenceDigest = sum[:]
	f.Proof.Log = prove(t, f.Proof, skey)
	return f
}

func build(t testing.TB, f Facts) []byte {
	t.Helper()
	skey, _ := key(t, 1)
	b, err := Build(f, skey)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// goldens are one receipt of each kind, and the scopes that differ.
var goldens = []struct {
	name, lang string
	kind       Kind
	lines      map[string]string
}{
	{"consent_sv", "sv", Consent, map[string]string{"purpose": "newsletter", "channel": "email", "strength": "double opt-in", "method": "form", "source": "77aa"}},
	{"consent_expires_en", "en", Consent, map[string]string{"purpose": "survey", "channel": "email", "expires": "2027-11-20T08:15:00.000Z", "method": "letter", "strength": "signed"}},
	{"consent_import_fi", "fi", Consent, map[string]string{"purpose": "newsletter", "channel": "email", "said by": "import", "method": "import", "notice": "0", "strength": ""}},
	{"withdrawal_fi", "fi", Withdrawal, map[string]string{"purpose": "newsletter", "channel": "email", "method": "one-click"}},
	{"withdrawal_all_en", "en", Withdrawal, nil},
	{"prohibition_all_sv", "sv", Prohibition, map[string]string{"scope": "all-marketing"}},
	{"prohibition_channel_fi", "fi", Prohibition, map[string]string{"scope": "channel:sms", "method": "phone", "recorded by kind": "staff", "recorded by": "Asta"}},
	{"prohibition_purpose_en", "en", Prohibition, map[string]string{"scope": "purpose:campaign:call"}},
	{"lift_sv", "sv", Lift, map[string]string{"scope": "research"}},
}

// caseText is the text of a log entry about a request, with some lines of its own.
func caseText(a Answered, lines map[string]string) string {
	detail, _ := json.Marshal(a.Detail())
	value := map[string]string{"entry": "4k7zz1", "recorded": "2026-11-20T08:15:00.250Z", "by id": "0", "person": "4b2x9k", "count": "0", "by kind": "system", "by": "kartotek",
		"action": CaseAction, "object kind": "case", "object": "R-2026-0042", "detail": string(detail), "outcome": "ok"}
	for k, v := range lines {
		value[k] = v
	}
	var b strings.Builder
	b.WriteString(caseHeader + "\n")
	for _, n := range caseNames {
		b.WriteString(n + ": " + value[n] + "\n")
	}
	return b.String()
}

// caseFacts are those of a request that was answered, proved and ready to build from.
func caseFacts(t testing.TB, lang, text string) Facts {
	t.Helper()
	skey, vkey := key(t, 1)
	f := facts(t, lang, entry(Consent, map[string]string{"purpose": "newsletter"}))
	f.Proof = Proof{Entry: text, Salt: f.Proof.Salt, EvidenceDigest: make([]byte, 32), Keys: []string{vkey}}
	f.Proof.Log = prove(t, f.Proof, skey)
	return f
}

// answers are requests of each fate.
var answers = []struct {
	name, lang string
	a          Answered
}{
	{"case_access_fi", "fi", Answered{Asked: "access", Channel: "email", Received: "2026-10-02", Due: "2026-11-02", Closed: "2026-10-20", State: "fulfilled", Outcome: "fulfilled",
		Manifest: strings.Repeat("5e", 32), Notice: 3}},
	{"case_erasure_en", "en", Answered{Asked: "erasure", Channel: "post", Received: "2026-08-20", Due: "2026-11-20", Extended: "2026-09-10", Closed: "2026-11-20", State: "fulfilled", Outcome: "part",
		Code: "A17LegalClaims", Certificate: "4k7zyv", Scope: []string{"contact", "orders"}, Notice: 3}},
	{"case_refused_sv", "sv", Answered{Asked: "access", Channel: "agent", Received: "2026-10-02", Due: "2026-11-02", Closed: "2026-10-30", State: "rejected", Outcome: "refused", Code: "A12IdentityFailure", Notice: 3}},
}

// TestCases: the receipt of a request says what was asked, when, and what came of it; it
// holds, and says of the person nothing but their key.
func TestCases(t *testing.T) {
	_, vkey := key(t, 1)
	for _, row := range answers {
		f := caseFacts(t, row.lang, caseText(row.a, nil))
		got := build(t, f)
		file := filepath.Join("testdata", row.name+".json")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what is built now (%v); run with -update and read the difference", file, err)
		}
		r, err := Verify(got, vkey)
		row.a.Ref = "R-2026-0042"
		if row.a.Scope == nil {
			row.a.Scope = []string{}
		}
		if err != nil || !r.OK || r.Kind != Case || r.Case == nil || fmt.Sprint(*r.Case) != fmt.Sprint(row.a) {
			t.Errorf("%s: %+v %v", row.name, r, err)
		}
		for key, value := range map[string]string{"dct:date": row.a.Closed, "kt:outcome": row.a.Outcome, "kt:code": row.a.Code, "kt:case": "R-2026-0042", "kt:manifest": row.a.Manifest, "kt:due": row.a.Due,
			"kt:certificate": row.a.Certificate, "kt:channel": row.a.Channel} {
			if value == "" {
				continue
			}
			forged := remake(t, got, 1, func(o object) object { return replaced(o, key, value).(object) })
			if r, err := Verify(forged, vkey); err == nil && r.OK {
				t.Errorf("%s: with another %s it still holds", row.name, key)
			}
		}
	}
	for name, text := range map[string]string{
		"by somebody":   caseText(answers[0].a, map[string]string{"by kind": "staff", "by": "Asta"}),
		"another act":   caseText(answers[0].a, map[string]string{"action": "rights.note"}),
		"still open":    caseText(Answered{Asked: "access", State: "initiated", Notice: 1}, nil),
		"asked nothing": caseText(Answered{State: "fulfilled", Notice: 1}, nil),
		"no time":       caseText(answers[0].a, map[string]string{"recorded": "2026-11-20"}),
		"no number":     caseText(answers[0].a, map[string]string{"person": "!"}),
		"no detail":     caseText(answers[0].a, map[string]string{"detail": "{"}),
	} {
		if _, err := ParseEntry(text); err == nil {
			t.Errorf("%s: a receipt is made of it", name)
		}
	}
}

// replaced gives a value with every text of a key that says something said otherwise.
func replaced(v any, key, value string) any {
	switch v := v.(type) {
	case list:
		out := make(list, len(v))
		for i, x := range v {
			out[i] = replaced(x, key, value)
		}
		return out
	case object:
		out := make(object, len(v))
		for i, m := range v {
			out[i] = member{m.key, replaced(m.val, key, value)}
			if m.key == key && m.val == value {
				out[i].val = value + "0"
			}
		}
		return out
	}
	return v
}

func TestGolden(t *testing.T) {
	_, vkey := key(t, 1)
	for _, row := range goldens {
		t.Run(row.name, func(t *testing.T) {
			f := facts(t, row.lang, entry(row.kind, row.lines))
			got := build(t, f)
			file := filepath.Join("testdata", row.name+".json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not what is built now (%v); run with -update and read the difference", file, err)
			}
			if again := build(t, f); !bytes.Equal(got, again) {
				t.Error("the same facts gave other bytes")
			}
			if missing, err := Check(got); err != nil || missing != nil {
				t.Errorf("missing %v %v", missing, err)
			}
			for _, keys := range [][]string{nil, {vkey}} {
				r, err := Verify(got, keys...)
				if err != nil || !r.OK || r.Kind != row.kind || r.Index != 4 || r.Size != 11 || r.Entry != "4k7zz1" || r.Own != (keys == nil) {
					t.Errorf("%+v %v", r, err)
				}
			}
		})
	}
}

// remake changes a receipt's text and seals it anew with the register's key or
// another's, as somebody could who has it.
func remake(t *testing.T, data []byte, seed byte, change func(object) object) []byte {
	t.Helper()
	o, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	o = change(o.without("kt:seal"))
	skey, _ := key(t, seed)
	seal, err := sealed(o, skey)
	if err != nil {
		t.Fatal(err)
	}
	return pretty(append(o, member{"kt:seal", seal}))
}

// set changes a member at a path of keys; a list is entered at its first item.
func set(v any, to any, path ...string) any {
	switch v := v.(type) {
	case list:
		out := slices.Clone(v)
		out[0] = set(out[0], to, path...)
		return out
	case object:
		out := slices.Clone(v)
		for i, m := range out {
			if m.key == path[0] {
				if len(path) == 1 {
					out[i].val = to
				} else {
					out[i].val = set(m.val, to, path[1:]...)
				}
			}
		}
		return out
	}
	return v
}

// TestHostile holds that every change is found, and names the step that finds it.
func TestHostile(t *testing.T) {
	_, vkey := key(t, 1)
	good := build(t, facts(t, "sv", entry(Consent, map[string]string{"purpose": "newsletter", "channel": "email"})))
	other := facts(t, "sv", entry(Consent, map[string]string{"purpose": "newsletter", "channel": "email", "entry": "other"}))
	resealed := func(to any, path ...string) []byte {
		return remake(t, good, 1, func(o object) object { return set(o, to, path...).(object) })
	}
	record := "dpv:hasRecordOfActivity"
	for name, row := range map[string]struct {
		data []byte
		want []string
	}{
		"one letter of a name":     {bytes.Replace(good, []byte("Nyhetsbrev"), []byte("Nyhetsbrew"), 1), []string{StepSeal}},
		"a recipient":              {bytes.Replace(good, []byte("Konesali Oy"), []byte("Konesalj Oy"), 1), []string{StepSeal}},
		"the entry":                {bytes.Replace(good, []byte("channel: email"), []byte("channel: sms"), 1), []string{StepSeal, StepLog, StepSame}},
		"a swapped proof":          {resealed(other.Proof.Log, "kt:proof", "kt:log"), []string{StepLog}},
		"another's entry":          {resealed(other.Proof.Entry, "kt:proof", "kt:entry"), []string{StepLog}},
		"evidence of another":      {resealed(`{"Text":"[x] Allt"}`, "kt:proof", "kt:evidence"), []string{StepEvidence}},
		"the salt":                 {resealed("AAAAAAAAAAAAAAAAAAAAAA==", "kt:proof", "kt:salt"), []string{StepLog, StepEvidence}},
		"no proof at all":          {resealed("", "kt:proof", "kt:log"), []string{StepLog, StepHead}},
		"another purpose":          {resealed("campaign", record, "dpv:hasProcess", "dpv:hasPurpose", "dct:identifier"), []string{StepSame}},
		"another channel":          {resealed("sms", record, "dpv:hasConsentStatus", "kt:channel"), []string{StepSame}},
		"another time":             {resealed("2026-11-20T08:15:00.251Z", record, "dpv:hasConsentStatus", "dpv:isIndicatedAtTime"), []string{StepSame}},
		"another kind":             {resealed("withdrawal", record, "dpv:hasConsentStatus", "kt:kind"), []string{StepSame}},
		"another person":           {resealed("zzz", record, "dpv:hasDataSubject", "dct:identifier"), []string{StepSame}},
		"another notice":           {resealed("2", record, "dpv:hasNotice", "kt:version"), []string{StepSame}},
		"no rights":                {resealed(list{}, record, "dpv:hasRight"), []string{StepForm}},
		"a term DPV has not":       {resealed(list{"dpv:ConsentGiven", "dpv:ConsentTerminated", "dpv:ExpressedConsent"}, record, "dpv:hasConsentStatus", "@type"), []string{StepForm}},
		"prefix of another matter": {resealed("https://example.org/", "@context", "dpv"), []string{StepForm}},
		"two records":              {resealed(list{object{}, object{}}, record), []string{StepForm, StepSame}},
		"sealed by a stranger":     {remake(t, good, 2, func(o object) object { return o }), []string{StepSeal}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Verify(row.data, vkey)
			if err != nil {
				t.Fatal(err)
			}
			if r.OK || !slices.Equal(r.Failed(), row.want) {
				t.Errorf("failed %v, want %v: %+v", r.Failed(), row.want, r.Steps)
			}
		})
	}
}

// TestForged holds that a receipt which is whole, but made by another register, is
// told apart by its key and by nothing else.
func TestForged(t *testing.T) {
	skey, stranger := key(t, 2)
	_, vkey := key(t, 1)
	f := facts(t, "en", entry(Consent, map[string]string{"purpose": "newsletter", "channel": "email"}))
	f.Proof.Log, f.Proof.Keys = prove(t, f.Proof, skey), []string{stranger}
	data, err := Build(f, skey)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(data); err != nil || !r.OK || !r.Own {
		t.Errorf("%+v %v", r, err)
	}
	r, err := Verify(data, vkey)
	if err != nil || r.OK || !slices.Equal(r.Failed(), []string{StepKey, StepSeal, StepHead}) {
		t.Errorf("%+v %v", r, err)
	}
	if r, _ := Verify(data, "no key", vkey); r.OK {
		t.Error("a key that is none was taken")
	}
}

// TestEveryByte changes every 97th byte of a receipt: none may pass.
func TestEveryByte(t *testing.T) {
	_, vkey := key(t, 1)
	good := build(t, facts(t, "fi", entry(Prohibition, map[string]string{"scope": "all-marketing"})))
	for i := 0; i < len(good); i += 97 {
		bad := slices.Clone(good)
		if bad[i] ^= 1; bad[i] == ' ' || bad[i] == '!' {
			continue // space between members is no part of a receipt
		}
		if r, err := Verify(bad, vkey); err == nil && r.OK {
			t.Fatalf("byte %d (%q) may be changed", i, good[max(0, i-20):i+20])
		}
	}
}

func TestUnreadable(t *testing.T) {
	good := build(t, facts(t, "fi", entry(Lift, map[string]string{"scope": "research"})))
	for name, data := range map[string][]byte{
		"empty": nil, "no JSON": []byte("x"), "list": []byte("[]"), "nothing in it": []byte("{}"),
		"cut off":        good[:len(good)/2],
		"something more": append(slices.Clone(good), "{}"...),
		"a key twice":    bytes.Replace(good, []byte(`"dct:publisher"`), []byte(`"dct:created": "2026-11-22T09:00:00.000Z", "dct:publisher"`), 1),
		"a key escaped":  bytes.Replace(good, []byte(`"dct:publisher"`), []byte(`"dct:\u0063reated": "x", "dct:publisher"`), 1),
		"a number":       bytes.Replace(good, []byte(`"dct:language": "fi"`), []byte(`"dct:language": 1`), 1),
		"deep":           []byte(strings.Repeat(`{"a":`, 100) + `"x"` + strings.Repeat("}", 100)),
		"not UTF-8":      bytes.Replace(good, []byte("Nordanvind"), []byte("Nordanv\xffnd"), 1),
		"other letters":  bytes.Replace(good, []byte(`"kt:proof"`), []byte(`"KT:proof"`), 1),
		"of a sale":      bytes.Replace(good, []byte(`kind: lift`), []byte(`kind: sale`), 1),
		"lines swapped":  bytes.Replace(good, []byte(`said by: person\nmethod: preferences`), []byte(`method: preferences\nsaid by: person`), 1),
		"a time short":   bytes.Replace(good, []byte(`recorded: 2026-11-20T08:15:00.250Z`), []byte(`recorded: 2026-11-20T08:15:00.25Z`), 1),
	} {
		if _, err := Verify(data); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Verify(make([]byte, MaxBytes+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("got %v", err)
	}
}

// TestRewritten holds that a receipt may be indented anew, and no more.
func TestRewritten(t *testing.T) {
	good := build(t, facts(t, "fi", entry(Lift, map[string]string{"scope": "research"})))
	var b bytes.Buffer
	if err := json.Compact(&b, good); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(b.Bytes()); err != nil || !r.OK {
		t.Errorf("%+v %v", r, err)
	}
}

func TestBuildRefuses(t *testing.T) {
	skey, _ := key(t, 1)
	f := facts(t, "en", entry(Consent, map[string]string{"purpose": "space-travel", "channel": "email"}))
	if _, err := Build(f, skey); fault.KeyOf(err) != "receipt.no_purpose" {
		t.Errorf("got %v", err)
	}
	f = facts(t, "en", entry("sale", nil))
	if _, err := Build(f, skey); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	if _, err := Build(facts(t, "en", entry(Withdrawal, nil)), "no key"); !fault.Is(err, fault.Internal) {
		t.Errorf("got %v", err)
	}
}

// TestCheckSaysWhat takes each mandatory field away and looks for its name.
func TestCheckSaysWhat(t *testing.T) {
	good := build(t, facts(t, "en", entry(Consent, map[string]string{"purpose": "newsletter", "channel": "email"})))
	for _, row := range []struct{ remove, field string }{
		{`"dct:created"`, "dct:created"}, {`"dpv:hasDataSubject"`, "record.dpv:hasDataSubject"}, {`"dpv:hasNotice"`, "record.dpv:hasNotice"},
		{`"dpv:hasStorageCondition"`, "process.dpv:hasStorageCondition"}, {`"dpv:hasPersonalData"`, "process.dpv:hasPersonalData"},
		{`"dpv:isIndicatedBy"`, "event.dpv:isIndicatedBy"}, {`"dpv:hasAddress"`, "controller.dpv:hasAddress"}, {`"dpv:hasConsentControl"`, "record.dpv:hasConsentControl"},
		{`"dpv:hasJurisdiction"`, "record.dpv:hasJurisdiction"}, {`"dpv:hasDuration"`, "event.dpv:hasDuration"},
	} {
		bad := bytes.ReplaceAll(good, []byte(row.remove), []byte(`"kt:gone"`))
		missing, err := Check(bad)
		if err != nil || !slices.ContainsFunc(missing, func(m Missing) bool { return m.Field == row.field && m.What != "" }) {
			t.Errorf("without %s: %v %v", row.remove, missing, err)
		}
	}
}

// TestTermsOfLaw holds the traps of the guide: terms it names that DPV 2.3 has not.
func TestTermsOfLaw(t *testing.T) {
	for _, no := range []string{"dpv:ConsentTerminated", "dpv:WithdrawingFromActivity", "dpv:hasLegalName", "eu-gdpr:GDPR"} {
		if terms()[no] {
			t.Errorf("%s is in terms.txt", no)
		}
	}
	if len(terms()) < 300 || !terms()["legal-eu:law-GDPR"] {
		t.Errorf("%d terms", len(terms()))
	}
}

func TestRecordID(t *testing.T) {
	sum := sha256.Sum256([]byte("x"))
	a, b := recordID(sum[:], "record"), recordID(sum[:], "receipt")
	if a == b || len(a) != 36 || a[14] != '8' || !strings.Contains("89ab", a[19:20]) {
		t.Errorf("%s %s", a, b)
	}
	if strings.Contains(a, hex.EncodeToString(sum[:4])) {
		t.Error("the id shows the digest")
	}
}

func FuzzVerify(f *testing.F) {
	for _, row := range goldens {
		b, err := os.ReadFile(filepath.Join("testdata", row.name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, row := range answers {
		f.Add(build(f, caseFacts(f, row.lang, caseText(row.a, nil))))
	}
	f.Add([]byte(`{"@type":"dpv:ConsentReceipt","kt:proof":{}}`))
	_, vkey := key(f, 1)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Verify(data, vkey)
		if err != nil && fault.CodeOf(err) == fault.Internal {
			t.Fatal(err)
		}
		if err != nil || !r.OK {
			return
		}
		again, err := Verify(canonicalOf(t, data), vkey)
		if err != nil || !again.OK {
			t.Fatal("what holds does not hold when it is written anew")
		}
		_, _ = Read(data)
	})
}

func canonicalOf(t *testing.T, data []byte) []byte {
	o, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return canonical(o)
}

func BenchmarkVerify(b *testing.B) {
	_, vkey := key(b, 1)
	data := build(b, facts(b, "sv", entry(Consent, map[string]string{"purpose": "newsletter", "channel": "email"})))
	for b.Loop() {
		if r, err := Verify(data, vkey); err != nil || !r.OK {
			b.Fatal(r, err)
		}
	}
}
