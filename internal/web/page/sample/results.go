package sample

import (
	"time"

	"kartotek/internal/web/page"
)

func (s set) results() []Sample {
	full := s.resultsView()
	quiet := full
	quiet.Links, quiet.Machines, quiet.NoClicks, quiet.Bounced, quiet.Gone, quiet.Activity = nil, nil, s.p.T("results.not_counted"), nil, nil, page.Activity{}
	quiet.Asked, quiet.Answers = "Nemo", nil
	return []Sample{
		{Name: "results", Component: page.Results(full)},
		{Name: "results-quiet", Component: page.Results(quiet)},
		{Name: "results-compare", Component: page.Compare(s.compare())},
		{Name: "results-compare-empty", Component: page.Compare(page.CompareView{Frame: s.frame("outreach", s.p.T("results.compare_title"))})},
	}
}

func (s set) resultsView() page.ResultsView {
	t, n := s.p.T, s.p.Number
	v := page.ResultsView{Frame: s.frame("outreach", s.november()), Newsletter: page.Link{Text: t("results.back_to"), Href: "/outreach/n1"}, State: yes(t("outreach.state.done")), AsOf: now,
		Figures: []page.ResultFigure{
			{Number: n(11_020), Label: t("newsletter.sent"), Note: t("results.of", "n", 12_480), Href: "/outreach/n1/people?state=sent"},
			{Number: n(10_964), Label: t("results.delivered"), Note: s.p.Percent(.9949)}, {Number: n(56), Label: t("results.bounced"), Note: s.p.Percent(.0051)},
			{Number: n(2), Label: t("results.complaints"), Note: s.p.Percent(.0002)}, {Number: n(31), Label: t("results.gone"), Note: s.p.Percent(.0028)},
			{Number: n(1_204), Label: t("results.human"), Note: t("results.and_machines", "n", 3_871)},
		},
		Outcomes: []page.Reasons{{Text: t("delivery.sent"), Count: 11_020, Tone: page.Yes, Href: "/outreach/n1/people?state=sent"}, {Text: t("delivery.failed"), Count: 19, Tone: page.Wait, Href: "/outreach/n1/people?state=failed"},
			{Text: t("reach.out"), Count: 1_460, Tone: page.No, Href: "/outreach/n1/people?state=skipped"}},
		Left:    s.reasons(),
		Bounced: []page.Reasons{{Text: t("came_back.user_unknown"), Count: 38, Tone: page.No}, {Text: t("came_back.full"), Count: 12, Tone: page.Wait}, {Text: t("came_back.policy"), Count: 6, Tone: page.Wait}, {Text: t("came_back.abuse"), Count: 2, Tone: page.No}},
		Gone:    []page.Reasons{{Text: t("said_no.one-click"), Count: 19, Tone: page.No}, {Text: t("said_no.preferences"), Count: 7, Tone: page.No}, {Text: t("said_no.unsubscribe"), Count: 3, Tone: page.No}, {Text: t("said_no.complaint"), Count: 2, Tone: page.No}},
		Links: []page.ResultLink{{Address: "https://nordanvind.example/filter/hosten-2026?valj=bostad", Human: 811, Machine: 1_290}, {Address: "https://nordanvind.example/boka", Human: 302, Machine: 1_290},
			{Address: "https://nordanvind.example/om", Human: 91, Machine: 1_291}},
		Machines: []page.Reasons{{Text: t("click_kind.burst"), Count: 2_980, Tone: page.Wait}, {Text: t("click_kind.agent"), Count: 702, Tone: page.Wait}, {Text: t("click_kind.head"), Count: 189, Tone: page.Wait}},
		CSV:      "/outreach/n1/results.csv", PeopleCSV: "/outreach/n1/people.csv", Receivers: page.Field{ID: "to", Label: s.p.T("results.for_whom"), Hint: s.p.T("results.for_whom_hint"), Type: "select", Options: []page.Option{{Value: "own", Text: s.p.T("results.own_use"), On: true}, {Value: "mail-relay", Text: "Postilinja Oy"}}}, MayAsk: true, Asked: "Åkesson",
		Answers: []page.ResultAnswer{
			{Person: page.Link{Text: "Åsa Åkesson", Href: "/people/1"}, Got: yes(t("results.got")), Why: t("code.CONSENT"), At: day(2026, 11, 12, 9, 2), Verdict: "/people/1/verdict/1"},
			{Person: page.Link{Text: "Bo Åkesson", Href: "/people/2"}, Got: no(t("results.did_not")), Why: t("code.PROHIBITED-CHANNEL"), At: day(2026, 11, 12, 9, 0), Verdict: "/people/2/verdict/2"},
		},
		Archive: page.ArchiveState{Text: t("archive.state_on"), Action: "/outreach/n1/archive", Value: "no", Button: t("archive.unpublish"), Read: page.Link{Text: t("archive.read"), Href: "/archive/n1/letter"}}}
	for i, clicks := range []int{42, 211, 305, 180, 121, 96, 77, 40, 33, 21, 18, 12, 9, 6, 4, 3, 2, 1, 0, 0, 1, 8, 9, 5} {
		v.Activity.Bars = append(v.Activity.Bars, page.ActivityBar{At: day(2026, 11, 12, 9, 0).Add(time.Duration(i) * time.Hour), Clicks: clicks, Gone: clicks / 40})
	}
	return v
}

func (s set) compare() page.CompareView {
	t := s.p.T
	v := page.CompareView{Frame: s.frame("outreach", t("results.compare_title")), Few: t("results.few_note")}
	for i, head := range []string{"people.name", "outreach.when", "newsletter.sent", "results.delivered", "results.bounced", "results.complaints", "results.human", "results.gone"} {
		c := page.CompareColumn{Text: t(head), Href: "/outreach/compare?sort=" + head, Num: i > 1}
		if i == 6 {
			c.Order = "descending"
		}
		v.Columns = append(v.Columns, c)
	}
	for i, name := range []string{s.november(), s.s("Oktoberbrevet", "Lokakuun kirje", "The October letter"), s.s("Till styrelsen", "Hallitukselle", "To the board")} {
		sent := []int{11_020, 10_870, 4}[i]
		row := page.CompareRow{Newsletter: page.Link{Text: name, Href: "/outreach/n1/results"}, Purpose: s.newsletter(), At: day(2026, 11-i, 12, 9, 0), Sent: sent}
		for k, x := range []struct {
			head string
			part float64
			tone page.Tone
		}{{"results.delivered", .995, page.Yes}, {"results.bounced", .005, page.Wait}, {"results.complaints", .0002, page.No}, {"results.human", .109, page.Info}, {"results.gone", .003, page.No}} {
			count := int(x.part*float64(sent) + .5)
			cell := page.CompareCell{Label: t(x.head), Share: s.p.Percent(float64(count) / float64(sent)), Count: count, Part: 100 - 40*i, Whole: 100, Tone: x.tone}
			if k == 3 && i == 2 {
				cell.Share = ""
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}
