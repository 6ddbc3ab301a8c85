package noticedef

import (
	"fmt"
	"testing"
	"time"
)

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func report(list []Finding) string {
	s := ""
	for _, f := range list {
		s += fmt.Sprintln(f)
	}
	return s
}

func TestTemplatePassesCheck(t *testing.T) {
	swedish := Answers{Company: `Anna & "Berit" AB: #1`, BusinessID: "559999-9991", Country: "SE", Street: "Storgatan 1", Postcode: "111 22",
		City: "Stockholm", Email: "info@annaberit.example", ContactName: "Berit Exempel", Effective: "2026-12-31"}
	for name, a := range map[string]Answers{"defaults": {}, "swedish": swedish, "one language": {Languages: []string{"fi"}}} {
		_, findings := Lint("notice.yaml", Template(a), today)
		if len(findings) > 0 {
			t.Errorf("%s:\n%s", name, report(findings))
		}
	}
}

func TestDemoNoticePassesCheck(t *testing.T) {
	n, findings := Lint("nordanvind.yaml", DemoNotice(), today)
	if len(findings) > 0 {
		t.Fatal("\n" + report(findings))
	}
	if n.Controller.Address.Postcode != "00100" || n.Supersedes != 3 {
		t.Errorf("controller %+v supersedes %d", n.Controller, n.Supersedes)
	}
}
