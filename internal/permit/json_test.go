package permit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"kartotek/internal/fault"
)

const contractLine = `{"question":{"class":"marketing","purpose":"newsletter","channel":"email","at":"2026-11-22T09:00:00Z"},
 "facts":{"country":"FI","subject":"natural","restricted":false,"erased":false,"suppressed":["sms"],"prohibitions":["research"],
          "consents":[{"purpose":"newsletter","channel":"email","given":"2026-01-02T00:00:00Z","withdrawn":null,"expires":null}],
          "soft_opt_in":{"sale":"2026-01-02","same_controller":true,"similar_products":true,"objection_offered":true},"role_relevant":false}}`

func TestDecideJSON(t *testing.T) {
	out, err := DecideJSON([]byte(contractLine))
	want := `{"allowed":true,"code":"CONSENT","because":[{"rule":"gdpr_7_consent","citation":"GDPR 6(1)(a)"}],"pack":"EU-2026.1+FI-2026.1"}`
	if err != nil || string(out) != want {
		t.Errorf("%s %v, want %s", out, err, want)
	}
	for change, code := range map[[2]string]string{
		{`"prohibitions":["research"]`, `"prohibitions":["channel:email"]`}:             CodeProhibitedChannel,
		{`"withdrawn":null`, `"withdrawn":"2026-05-01T00:00:00+03:00"`}:                 CodeConsentWithdrawn,
		{`"suppressed":["sms"]`, `"suppressed":null`}:                                   CodeConsent,
		{`"consents":[{"purpose":"newsletter"`, `"consents":[{"purpose":"newsletter2"`}: CodeSoftOptIn,
		{`"at":"2026-11-22T09:00:00Z"`, `"goods":[]`}:                                   CodeBadQuestion,
		{`"erased":false`, `"erased":true`}:                                             CodeErased,
	} {
		out, err := DecideJSON([]byte(strings.Replace(contractLine, change[0], change[1], 1)))
		var v Verdict
		if err != nil || json.Unmarshal(out, &v) != nil || v.Code != code {
			t.Errorf("%s: %s %v, want %s", change[1], out, err, code)
		}
	}
	none := `{"question":{"class":"marketing","purpose":"p","channel":"email","at":"2026-11-22T09:00:00Z"},"facts":{"soft_opt_in":null}}`
	if out, err := DecideJSON([]byte(none)); err != nil || !bytes.Contains(out, []byte(`"NO-CONSENT"`)) {
		t.Errorf("%s %v", out, err)
	}
}

func TestDecideJSONRefuses(t *testing.T) {
	for name, c := range map[string]struct{ old, new, field string }{
		"unknown field":      {`"restricted":false`, `"restrict":true`, "restrict"},
		"unknown at the top": {`"question":{`, `"quest":{},"question":{`, "quest"},
		"other case":         {`"erased":false`, `"Erased":true`, "Erased"},
		"given twice":        {`"erased":false`, `"erased":true,"erased":false`, "erased"},
		"null erased":        {`"erased":false`, `"erased":null`, "erased"},
		"wrong type":         {`"erased":false`, `"erased":"no"`, "facts.erased"},
		"bad time":           {`"withdrawn":null`, `"withdrawn":"yesterday"`, "withdrawn"},
		"bad consent list":   {`"suppressed":["sms"]`, `"suppressed":"sms"`, "facts.suppressed"},
		"null facts":         {`"facts":{`, `"facts":null,"x":{`, "x"},
		"deep":               {`"suppressed":["sms"]`, `"suppressed":[[[[[[[[[[]]]]]]]]]]`, "suppressed"},
	} {
		line := strings.Replace(contractLine, c.old, c.new, 1)
		_, err := DecideJSON([]byte(line))
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Code != fault.Invalid || f.Field != c.field {
			t.Errorf("%s: %v, want a fault in %q", name, err, c.field)
		}
	}
	for name, line := range map[string]string{
		"empty": "", "a list": "[]", "a number": "1", "half": contractLine[:len(contractLine)/2], "two": contractLine + contractLine,
		"more": contractLine + " x", "no question": `{"facts":{}}`, "no facts": `{"question":{}}`, "null": "null", "not text": "\xff\xfe",
	} {
		if _, err := DecideJSON([]byte(line)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := DecideJSON(bytes.Repeat([]byte(" "), MaxLine+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a long line: %v", err)
	}
}

// The message of a refusal never repeats what the line said of a person.
func TestDecideJSONKeepsSecrets(t *testing.T) {
	line := strings.Replace(contractLine, `"withdrawn":null`, `"withdrawn":"kaisa@esimerkki.example"`, 1)
	if _, err := DecideJSON([]byte(line)); err == nil || strings.Contains(err.Error(), "kaisa") {
		t.Errorf("%v", err)
	}
}

func FuzzDecideJSON(f *testing.F) {
	f.Add([]byte(contractLine))
	f.Add([]byte(`{"question":{"class":"internal","purpose":"p","at":"2026-01-01T00:00:00Z"},"facts":{"consents":null}}`))
	f.Add([]byte(`{"question":null,"facts":[[{}]]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		out, err := DecideJSON(line)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		var v Verdict
		if json.Unmarshal(out, &v) != nil || v.Code == "" || len(v.Because) == 0 || bytes.ContainsRune(out, '\n') {
			t.Fatalf("verdict %s", out)
		}
		if again, _ := DecideJSON(line); !bytes.Equal(out, again) {
			t.Fatalf("two answers: %s, %s", out, again)
		}
	})
}
