package results

import (
	"slices"
	"strings"
	"testing"

	"kartotek/internal/campaign"
	"kartotek/internal/clicks"
	"kartotek/internal/outbox"
)

// report makes one as Of would, from what the rooms say.
func report(name string, sent int, back []outbox.ReturnTally, figures clicks.Figures) *Report {
	r := &Report{Campaign: &campaign.Campaign{Name: name, StartedAt: int64(len(name))}, Results: campaign.Results{Audience: sent + 3, Allowed: sent, Sent: sent, Blocked: map[string]int{"NO-CONSENT": 2, "SUPPRESSED": 1}}, Clicks: figures}
	r.came(back)
	r.left()
	return r
}

func TestReport(t *testing.T) {
	r := report("June", 100, []outbox.ReturnTally{{Kind: "bounce", Code: "full", N: 2}, {Kind: "bounce", Code: "user_unknown", Hard: true, N: 5}, {Kind: "complaint", Code: "abuse", N: 1}, {Kind: "complaint", Code: "opt_out", N: 1}},
		clicks.Figures{Human: 7, Machines: map[string]int{clicks.Burst: 4}, Links: []clicks.Followed{{Address: "https://shop.example", Human: 7, Machine: 4}}, Left: map[string]int{clicks.LeftOneClick: 3}})
	if r.Bounced != 7 || r.Complaints != 2 || r.Delivered != 93 || r.Gone != 5 || r.Machines() != 4 || r.Back[0].Reason != "user_unknown" || r.Left[0] != (Way{clicks.LeftOneClick, 3}) {
		t.Errorf("%+v", r)
	}
	lines := r.Table()
	for _, want := range []Line{{"audience", "", "103"}, {"delivered", "", "93"}, {"left-out", "NO-CONSENT", "2"}, {"bounce", "user_unknown", "5"}, {"complaint", "abuse", "1"},
		{"said-no", "one-click", "3"}, {"said-no", "complaint", "1"}, {"said-no", "mail", "1"}, {"click", "https://shop.example", "7"}, {"machine", "burst", "4"}} {
		if !slices.Contains(lines, want) {
			t.Errorf("%v is missing from %v", want, lines)
		}
	}
	r.Few = true
	r.hide()
	for _, l := range r.Table() {
		if strings.HasPrefix(l.Part, "click") || l.Part == "machine" {
			t.Errorf("it tells %v of too few people", l)
		}
	}
	if r.Gone != 5 || r.Share(0) != 0 || (&Report{}).Share(3) != 0 {
		t.Error("what the sender has to know is hidden")
	}
}

func TestSort(t *testing.T) {
	few := report("few", 3, nil, clicks.Figures{Human: 3})
	few.Few = true
	all := []*Report{report("b", 100, nil, clicks.Figures{Human: 10}), report("aa", 10, []outbox.ReturnTally{{Kind: "bounce", N: 1}}, clicks.Figures{Human: 5}), few}
	for _, c := range []struct {
		column string
		back   bool
		want   string
	}{
		{ByName, false, "aa b few"}, {ByName, true, "few b aa"}, {ByTime, false, "few aa b"}, {BySent, false, "b aa few"}, {ByClicks, false, "aa b few"}, {ByClicks, true, "b aa few"},
		{ByBounced, false, "aa b few"}, {ByDelivered, true, "aa b few"}, {"nothing", false, "few aa b"},
	} {
		got := slices.Clone(all)
		Sort(got, c.column, c.back)
		var names []string
		for _, r := range got {
			names = append(names, r.Campaign.Name)
		}
		if s := strings.Join(names, " "); s != c.want {
			t.Errorf("%s %v: %s, want %s", c.column, c.back, s, c.want)
		}
	}
}
