package compose

import (
	"strings"
	"testing"
)

// TestData puts what a message is about into a letter, harmless wherever it stands.
func TestData(t *testing.T) {
	data := map[string]any{"number": "A-17", "total": map[string]any{"sum": 12.5}, "paid": true,
		"lines": []any{map[string]any{"what": "<script>Filter</script>", "n": int64(2)}, map[string]any{"what": "Låda", "n": int64(1)}}}
	tpl, err := Compile(Source{Subject: "Order {{ data.number }}", Format: "markdown", Class: "service", Lang: "en", Data: true,
		Body: "{% for x in data.lines %}{{ x.n }} × {{ x.what }}; {% endfor %}\n\nSum {{ data.total.sum }} {{ data.none | default: \"–\" }}{% if data.paid %} paid{% endif %}"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := tpl.Render(Vars{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Order A-17" || !strings.Contains(m.Text, "2 × <script>Filter</script>; 1 × Låda;") || !strings.Contains(m.Text, "Sum 12.5 – paid") ||
		!strings.Contains(m.HTML, "&lt;script&gt;Filter") {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
	if m, err = tpl.Render(Vars{}); err != nil || m.Subject != "Order" {
		t.Errorf("without data: %q, %v", m.Subject, err)
	}
	if _, err := Compile(Source{Subject: "{{ data.number }}", Body: "x"}); err == nil {
		t.Error("a letter of a campaign has no data")
	}
	if _, err := Compile(Source{Subject: "x", Body: "{% assign data = 1 %}", Data: true}); err == nil {
		t.Error("a value was named data")
	}
}
