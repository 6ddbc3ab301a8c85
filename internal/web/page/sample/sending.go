package sample

import (
	"strconv"

	"kartotek/internal/web/page"
)

// sending are the pages about how a newsletter is sent.
func (s set) sending() []Sample {
	draft := s.newsletterView()
	draft.State, draft.MayPause, draft.MaySend, draft.EditURL = page.Chip{Text: s.p.T("outreach.state.draft")}, false, true, "/outreach/n1/edit"
	draft.Effect = s.p.T("newsletter.effect", "n", 11020, "out", 1460)
	draft.Live.Running, draft.Live.Of, draft.Live.Delivery = false, 0, nil
	draft.Sending = s.sendingView()
	draft.Sending.Checks = s.looked()
	scheduled := draft
	scheduled.EditURL, scheduled.State = "", page.Chip{Text: s.p.T("outreach.state.scheduled"), Tone: page.Info}
	scheduled.Sending = s.sendingView()
	scheduled.Sending.Checks, scheduled.Sending.OptionsURL, scheduled.Sending.MayUnplan = s.looked(), "", true
	scheduled.Sending.Note, scheduled.Sending.NoteTone = s.p.T("sending.starts", "at", s.p.DateTime(day(2027, 3, 28, 3, 0))), page.Info
	scheduled.Sending.More = []string{s.p.T("sending.gap", "time", "03:30", "at", "04:00")}
	scheduled.Sending.Asked, scheduled.Sending.AskedURL = s.p.T("sending.approval", "name", "Mikael Prov"), "/access/approvals"
	choosing := s.newsletterView()
	choosing.State = page.Chip{Text: s.p.T("outreach.state.choosing"), Tone: page.Wait}
	choosing.Sending = s.trialView()
	return []Sample{
		{Name: "sending-draft", Component: page.Newsletter(draft)},
		{Name: "sending-scheduled", Component: page.Newsletter(scheduled)},
		{Name: "sending-trial", Component: page.Newsletter(choosing)},
		{Name: "sending-options", Component: page.SendingOptions(s.sendingOptions(false))}, {Name: "sending-options-blocks", Component: page.SendingOptions(s.sendingOptions(true))},
		{Name: "outreach-filtered", Component: page.Outreach(s.filtered())},
	}
}

func (s set) sendingView() *page.SendingView {
	t := s.p.T
	return &page.SendingView{ID: "n1", Version: "m1", OptionsURL: "/outreach/n1/options", MayCopy: true, MayTest: true, MayPlan: true,
		Facts: []page.Pair{{Label: t("sending.cap"), Value: s.p.N("sending.cap_is", 2, "days", 7)}, {Label: t("sending.quiet"), Value: t("sending.quiet_is", "from", "21:00", "to", "08:00", "zone", "Europe/Helsinki")}},
		Date:  page.Field{ID: "date", Label: t("sending.date"), Type: "date", Value: "2027-03-28", Required: true},
		Time:  page.Field{ID: "time", Label: t("sending.time"), Type: "time", Value: "03:30", Required: true}, Zone: t("sending.zone", "zone", "Europe/Helsinki"),
		TestTo: page.Field{ID: "to", Label: t("sending.test_to"), Hint: t("sending.test_hint"), Type: "email", Required: true}}
}

func (s set) looked() []page.LookedRow {
	t := s.p.T
	fine := func(key string) page.LookedRow {
		return page.LookedRow{Text: t(key), Tone: page.Yes, State: t("sending.checks_fine")}
	}
	return []page.LookedRow{fine("check.promise"), fine("check.audience"), fine("check.letter"),
		{Text: t("check.schedule"), Note: t("check.schedule.gap", "time", "03:30", "at", "04:00"), Tone: page.Wait, State: t("sending.checks_look")}}
}

func (s set) trialView() *page.SendingView {
	v := s.sendingView()
	v.MayPlan, v.OptionsURL, v.MayChoose = false, "", true
	v.Note, v.NoteTone = s.p.T("sending.choosing", "at", s.p.DateTime(day(2026, 11, 12, 13, 0))), page.Wait
	v.About = s.p.T("sending.of_test", "share", s.p.Percent(0.2), "n", 3, "measure", s.p.T("measure.clicks"))
	for i, subject := range []string{s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November"), s.s("Andas ut: filtren är bytta", "Hengitä: suodattimet on vaihdettu", "Breathe out: the filters are changed"),
		s.s("Tre minuter om luft", "Kolme minuuttia ilmasta", "Three minutes about air")} {
		v.Letters = append(v.Letters, page.TrialRow{Number: i + 1, Subject: subject, Sent: 733 + i, Clicks: 61 + 17*i, Noes: 2 - i, CountsClicks: true})
	}
	return v
}

func (s set) sendingOptions(blocks bool) page.SendingOptionsView {
	t := s.p.T
	number := func(name, value string) page.Field {
		return page.Field{ID: name, Label: t("sending." + name), Type: "number", Value: value}
	}
	v := page.SendingOptionsView{Frame: s.frame("outreach", t("sending.tab")), Action: "/outreach/n1/options", Newsletter: page.Link{Text: s.november(), Href: "/outreach/n1"},
		CapMost: number("cap_most", "2"), CapDays: number("cap_days", "7"), Share: number("share", "20"), Hours: number("hours", "4"), MayClicks: true, Archive: true,
		QuietFrom: page.Field{ID: "quiet_from", Label: t("sending.quiet_from"), Hint: t("sending.quiet_hint"), Type: "time", Value: "21:00"},
		QuietTo:   page.Field{ID: "quiet_to", Label: t("sending.quiet_to"), Hint: t("sending.zone", "zone", "Europe/Helsinki"), Type: "time", Value: "08:00"},
		Relay:     page.Field{ID: "relay", Label: t("sending.relay"), Hint: t("sending.relay_hint")},
		Measure: page.Field{ID: "measure", Label: t("sending.measure"), Type: "select",
			Options: []page.Option{{Value: "clicks", Text: t("measure.clicks"), On: true}, {Value: "unsubscribes", Text: t("measure.unsubscribes")}, {Value: "complaints", Text: t("measure.complaints")}}}}
	v.CapMost.Hint = t("sending.cap_most_hint")
	for n := 2; n <= 4; n++ {
		at := strconv.Itoa(n)
		x := page.VariantFields{Number: n, Subject: page.Field{ID: "variant_subject_" + at, Label: t("sending.variant_subject", "n", n)},
			Body: page.Field{ID: "variant_body_" + at, Label: t("sending.variant_body", "n", n), Type: "textarea", Rows: 6}}
		if blocks {
			x.On = "variant_on_" + at
		}
		if n == 2 && blocks {
			x.WriteURL = "/outreach/n1/compose?letter=2"
		}
		if n == 2 {
			x.Open, x.Subject.Value = true, s.s("Andas ut: filtren är bytta", "Hengitä: suodattimet on vaihdettu", "Breathe out: the filters are changed")
		}
		v.Variants = append(v.Variants, x)
	}
	return v
}

func (s set) filtered() page.OutreachView {
	v := s.outreachList()
	for i, name := range []string{"all", "filter.draft", "filter.scheduled", "filter.running", "filter.done", "filter.stopped"} {
		v.Filters = append(v.Filters, page.Filter{Text: s.p.T("outreach." + name), Href: "/outreach", On: i == 0})
	}
	v.Rows[0].State, v.Rows[0].Note = page.Chip{Text: s.p.T("outreach.state.scheduled"), Tone: page.Info}, s.p.T("outreach.starts", "at", s.p.DateTime(day(2026, 12, 1, 9, 0)))
	v.Rows[1].State, v.Rows[1].Note = page.Chip{Text: s.p.T("outreach.state.sending"), Tone: page.Info}, s.p.T("outreach.waits", "at", "08:00")
	return v
}
