package compose

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestHostile puts what people try into letters of every form, and into the values of
// people: nothing of it acts, in the page or in the mail.
func TestHostile(t *testing.T) {
	raw, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		quoted, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range []Source{
			{Subject: line, Body: line, Format: "markdown"},
			{Subject: line, Body: "<div>" + line + "</div>", Format: "html"},
			{Subject: line, Body: `[{"type":"text","text":` + string(quoted) + `},{"type":"footer","text":` + string(quoted) + `}]`, Format: "blocks"},
			{Subject: line, Body: `{"preheader":` + string(quoted) + `,"blocks":[{"type":"heading","text":` + string(quoted) + `},{"type":"image","src":"https://x.example/a.png","alt":` + string(quoted) +
				`},{"type":"button","href":"https://x.example/","text":` + string(quoted) + `}]}`, Format: "blocks"},
			{Subject: "{{ person.first_name }}", Body: "Hej {{ person.first_name }} [x](https://x.example/?n={{ person.first_name }}) {% if true %}{{ person.first_name }}{% endif %}", Format: "markdown"},
		} {
			src.Class, src.Sender = "marketing", Sender{Name: line, Address: line, Contact: line}
			tpl, err := Compile(src)
			if err != nil {
				t.Errorf("%s: %s: %v", src.Format, line, err)
				continue
			}
			m, err := tpl.Render(vars(Fields{"first_name": line}))
			if err != nil {
				t.Errorf("%s: %v", line, err)
			}
			if found := harm(m.HTML); found != "" {
				t.Errorf("%s: %s left %s", src.Format, line, found)
			}
			for _, bad := range []string{"url(", "expression(", "behavior", "position", "@import"} {
				if body := m.HTML[strings.Index(m.HTML, "<body"):]; strings.Contains(body, `style="`) && inStyle(body, bad) {
					t.Errorf("%s: %s left the style %s", src.Format, line, bad)
				}
			}
		}
	}
}

// inStyle reports whether a word stands in a style attribute of a page.
func inStyle(page, word string) bool {
	for _, style := range styleAttr.FindAllStringSubmatch(page, -1) {
		if strings.Contains(strings.ToLower(style[1]), word) {
			return true
		}
	}
	return false
}
