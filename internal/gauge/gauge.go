// Package gauge is what "kartotek bench" measures: a register of invented people, and acts
// of the house done to it as often as it takes to time them. It holds no rules and asks the
// rooms as the pages and commands do, so that what is measured is what is used. Begin at
// OpenBench; figures are made and printed by package cli.
package gauge

import (
	"context"
	"slices"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/campaign"
	"kartotek/internal/clock"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/nordic"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// House is a register that is measured.
type House struct{ *app.House }

// OpenBench opens, and if need be sets up, a register of invented people for measuring.
func OpenBench(ctx context.Context, at config.Store) (House, error) {
	opened, err := app.Open(ctx, at, app.Options{Create: true, BaseURL: "https://register.nordanvind.example"})
	if err != nil {
		return House{}, err
	}
	h := House{opened}
	if _, err := h.Notice.Current(ctx); err == nil {
		return h, nil
	} else if fault.KeyOf(err) != fault.KeyOf(notice.None()) {
		return House{}, err
	}
	src := noticedef.Template(noticedef.DefaultAnswers(h.DB.Now().Format(time.DateOnly)))
	_, _, err = h.Publish(ctx, db.System("bench"), src, "bench", "")
	return h, err
}

// CountPeople is the number of people in the register.
func (h House) CountPeople(ctx context.Context) (n int, err error) {
	err = h.DB.View(ctx, db.System("bench"), func(tx *db.Tx) error { n, err = h.Party.Count(tx); return err })
	return n, err
}

// BenchImport imports a file. With consents, the operator asserts one for every row that says nothing.
func (h House) BenchImport(ctx context.Context, file string, consents bool) error {
	var opt exchange.Options
	if consents {
		opt.Consent = &exchange.Asserted{Purpose: "newsletter", Channel: "email", Evidence: "invented for measuring"}
	}
	m, err := h.Exchange.Begin(ctx, db.System("bench"), []string{file}, opt)
	if err == nil {
		_, err = h.Exchange.Run(ctx, m.ID, nil, nil)
	}
	return err
}

// BenchScan reads what deciding reads, people and standings, and decides nothing.
func (h House) BenchScan(ctx context.Context) error {
	by := db.System("bench")
	var parts []outbox.Range
	err := h.DB.View(ctx, by, func(tx *db.Tx) (err error) { parts, err = h.Outbox.Ranges(tx); return err })
	for _, r := range parts {
		if err != nil {
			return err
		}
		err = h.DB.View(ctx, by, func(tx *db.Tx) error {
			if _, err := h.Ledger.Range(tx, r.Lo, r.Hi, nil); err != nil {
				return err
			}
			return h.Party.ScanBrief(tx, r.Lo, r.Hi, func(*party.Person) error { return nil })
		})
	}
	return err
}

// BenchDecide decides the newsletter by e-mail for everybody.
func (h House) BenchDecide(ctx context.Context) error {
	return h.Decide(ctx, db.System("bench"), app.Asked{Purpose: "newsletter", Channel: "email", At: h.DB.Now()},
		func(_ id.ID, _ string, _ permit.Verdict) error { return nil })
}

// BenchSend sends a service letter of about 4 KB, with name and organisation filled in, to everybody.
func (h House) BenchSend(ctx context.Context, smtpURL string) error {
	h.Campaign.Channel = h.Through(smtpURL)
	body := "# News\n\nHello {{ person.first_name }} at {{ person.organisation }},\n\n"
	for range 30 {
		body += "This is a sentence of ordinary length that stands for the text of a letter. "
	}
	body += "\n\n[one](https://nordanvind.example/1) [two](https://nordanvind.example/2) [three](https://nordanvind.example/3)\n"
	_, err := h.Campaign.Run(ctx, &campaign.Campaign{Name: "bench " + h.DB.NewID().String(), Purpose: "relationship", Class: permit.Service, Channel: "email",
		From: "news@nordanvind.example", Subject: "News", Body: body, Audience: "everyone"}, campaign.RunOptions{By: db.System("bench"), Workers: 2})
	return err
}

// BenchQuery is one way to look people up.
type BenchQuery struct {
	Name  string
	query party.Query
	addr  string
}

// BenchQueries are the look-ups a day at work is made of.
func BenchQueries(people int) []BenchQuery {
	return []BenchQuery{
		{Name: "first page of the list", query: party.Query{Limit: 50}},
		{Name: "a city", query: party.Query{City: "Åbo", Limit: 50}},
		{Name: "part of a name", query: party.Query{Text: "kess", Limit: 50}},
		{Name: "first and last name", query: party.Query{Text: "maja ber", Limit: 50}},
		{Name: "exact address", addr: nordic.At(people/2, people/50+1).Email},
	}
}

// BenchQuery runs a look-up ten times and gives the median in milliseconds.
func (h House) BenchQuery(ctx context.Context, q BenchQuery) (float64, error) {
	var took []time.Duration
	for range 10 {
		start := clock.System().Now()
		err := h.DB.View(ctx, db.System("bench"), func(tx *db.Tx) error {
			if q.addr != "" {
				_, found, err := h.Party.ByAddress(tx, q.addr)
				if err == nil && !found {
					err = party.NotFound()
				}
				return err
			}
			_, err := h.Party.List(tx, q.query)
			return err
		})
		if err != nil {
			return 0, err
		}
		took = append(took, clock.System().Now().Sub(start))
	}
	slices.Sort(took)
	return float64(took[len(took)/2].Microseconds()) / 1000, nil
}

// BenchRetention previews a run over everybody.
func (h *House) BenchRetention(ctx context.Context) (due int, err error) {
	report, err := h.Retention.Preview(ctx, db.System("bench"))
	if err != nil {
		return 0, err
	}
	return report.Due, nil
}
