// Package sender is the page of the sender's health: how our mail is received, by
// which servers it goes, and what has to stand in DNS.
//
//	GET  /sender
//	POST /sender/look         looks now whether the world is ready for a domain's mail
//	POST /sender/relay        enters a relay
//	POST /sender/relay/state  takes one out of use, or into use again
//	POST /sender/key          makes keys for signatures
//	POST /sender/key/use      signs with a new key at once
//
// A relay's address, with its password, is taken in and never shown. Package relay acts.
package sender

import (
	"net/http"
	"strconv"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/pace"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/relay"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

const at = "/sender"

// Routes lists the pages.
func Routes() []door.Route {
	return []door.Route{
		{Method: "GET", Path: at, Level: "send", Handler: desk.With(show)},
		{Method: "POST", Path: at + "/look", Level: "send", Handler: desk.With(look), Long: true},
		{Method: "POST", Path: at + "/relay", Level: "settings", Handler: desk.With(add)},
		{Method: "POST", Path: at + "/relay/state", Level: "settings", Handler: desk.With(turn)},
		{Method: "POST", Path: at + "/key", Level: "settings", Handler: desk.With(makeKey)},
		{Method: "POST", Path: at + "/key/use", Level: "settings", Handler: desk.With(useKey)},
	}
}

// shown is how many providers the page lists, and days it draws.
const (
	shown = 30
	days  = 30
)

func show(d *desk.Desk) error { return render(d, http.StatusOK, page.SenderView{}, relay.Relay{}) }

// render fills the view; typed is what a refused form of a relay held.
func render(d *desk.Desk, status int, v page.SenderView, typed relay.Relay) error {
	err := d.View("", func(tx *db.Tx) error {
		h, err := d.Relay.Health(tx, d.Outbox, days)
		if err != nil {
			return err
		}
		fill(d, &v, h)
		if v.Keys, err = keys(d, tx); err != nil {
			return err
		}
		v.Looks, err = looks(d, tx, &v)
		return err
	})
	if err != nil {
		return err
	}
	v.MaySet = d.Can("settings")
	v.New, v.Key = newFields(d, typed), keyFields(d, v.Domain.Value)
	v.Frame = d.Frame(d.T("sender.title"), "outreach")
	return d.Render(status, page.Sender(v))
}

func fill(d *desk.Desk, v *page.SenderView, h *relay.Health) {
	v.AsOf = h.AsOf
	switch {
	case d.Demo:
		v.Note = d.T("sender.demo")
	case d.Relay.Simple != "":
		v.Note = d.T("sender.simple")
	}
	for i := range h.Relays {
		v.Relays = append(v.Relays, row(d, &h.Relays[i]))
	}
	for _, p := range h.Providers[:min(shown, len(h.Providers))] {
		v.Providers = append(v.Providers, provider(d, p))
	}
	for _, x := range h.Days {
		v.Days = append(v.Days, page.SenderDay{Day: x.Day, Sent: int(x.Taken), Refused: int(x.Refused + x.Policy + x.Address), Bounced: x.Bounced, Complaints: x.Complaints})
	}
	for _, n := range []int{7, 30} {
		v.Weeks = append(v.Weeks, ratio(d, h.Days[max(0, len(h.Days)-n):], n))
	}
}

func row(d *desk.Desk, s *relay.Standing) page.SenderRelay {
	r := page.SenderRelay{Name: s.Name, Host: s.Host, Taken: int(s.Counts.Taken), Broken: int(s.Counts.Broken)}
	if s.Recipient != "" {
		r.Processor = s.Recipient
		if p, ok := d.Facts.Recipient(s.Recipient); ok {
			r.Processor = p.Name
		}
	}
	r.Use = d.T("sender.use", "priority", s.Priority, "weight", s.Weight)
	if s.Pool != "" {
		r.Use += ", " + d.T("sender.in_pool", "pool", s.Pool)
	}
	switch {
	case s.State == relay.Disabled:
		r.State, r.Turn = page.Chip{Text: d.T("sender.disabled"), Tone: page.No}, "active"
	case s.Refused != nil:
		r.State, r.Why, r.Turn = page.Chip{Text: d.T("sender.not_allowed"), Tone: page.No}, d.Explain(s.Refused), "disabled"
	case !s.Resting.IsZero():
		r.State, r.Why, r.Turn = page.Chip{Text: d.T("sender.resting"), Tone: page.Wait}, d.T("sender.until", "at", d.Printer.DateTime(s.Resting)), "disabled"
	default:
		r.State, r.Turn = page.Chip{Text: d.T("sender.well"), Tone: page.Yes}, "disabled"
	}
	if s.ID == 0 || !d.Can("settings") {
		r.Turn = ""
	}
	return r
}

func provider(d *desk.Desk, p relay.Provider) page.SenderProvider {
	out := page.SenderProvider{Name: p.Name, Taken: int(p.Counts.Taken), Later: int(p.Counts.Later + p.Counts.Limited), Policy: int(p.Counts.Policy),
		Gone: int(p.Counts.Address), Pace: d.T("sender.free"), State: page.Chip{Text: d.T("sender.well"), Tone: page.Yes}}
	if p.Name == relay.Others {
		out.Name = d.T("sender.others")
	}
	if p.Rate > 0 {
		out.Pace = d.T("sender.a_minute", "n", d.Printer.Number(int(p.Rate*60)))
		out.State = page.Chip{Text: d.T("sender.slowed"), Tone: page.Wait}
	}
	if !p.Until.IsZero() {
		out.Pace += ", " + d.T("sender.until", "at", d.Printer.Time(p.Until))
		out.State = page.Chip{Text: d.T("sender.pausing"), Tone: page.Wait}
	}
	return out
}

// ratio judges some days as a campaign is judged.
func ratio(d *desk.Desk, some []relay.Day, n int) page.SenderRatio {
	var sent, tried, bounced, complaints int
	for _, x := range some {
		sent += int(x.Taken)
		tried += int(x.Taken + x.Address)
		bounced += x.Bounced
		complaints += x.Complaints
	}
	out := page.SenderRatio{Title: d.Printer.N("sender.last_days", n), Sent: sent, Bounced: bounced, Complaints: complaints}
	out.BounceShare, out.Bounce = share(d, bounced, tried, pace.Usual.BounceWarn, pace.Usual.BounceStop)
	out.ComplaintShare, out.Complaint = share(d, complaints, sent, pace.Usual.ComplaintWarn, pace.Usual.ComplaintStop)
	return out
}

func share(d *desk.Desk, part, whole int, warn, stop float64) (string, page.Chip) {
	x := 0.0
	if whole > 0 {
		x = float64(part) / float64(whole)
	}
	text := d.Printer.Percent(x)
	switch {
	case whole < pace.Usual.MinMessages:
		return text, page.Chip{Text: d.T("sender.few")}
	case x >= stop:
		return text, page.Chip{Text: d.T("sender.too_much"), Tone: page.No}
	case x >= warn:
		return text, page.Chip{Text: d.T("sender.much"), Tone: page.Wait}
	}
	return text, page.Chip{Text: d.T("sender.in_order"), Tone: page.Yes}
}

func keys(d *desk.Desk, tx *db.Tx) (out []page.SenderKey, err error) {
	all, err := d.Relay.DKIM(tx)
	if err != nil {
		return nil, err
	}
	steps := relay.Steps(all, tx.Time())
	for _, k := range all {
		x := page.SenderKey{Domain: k.Domain, Selector: k.Selector, Kind: d.T("sender.kind_" + string(k.Kind)), Name: k.Name(), Record: k.Record,
			State: page.Chip{Text: d.T("sender.key_" + k.State), Tone: tones[k.State]}, MayUse: k.State == relay.KeyNew && d.Can("settings")}
		for _, s := range steps {
			if s.Domain == k.Domain && s.Selector == k.Selector {
				x.Do = d.Printer.Or("sender.do_"+string(s.Act), "")
			}
		}
		out = append(out, x)
	}
	return out, nil
}

var tones = map[string]page.Tone{relay.KeyNew: page.Wait, relay.KeyActive: page.Yes, relay.KeyRetired: page.No}

// looks are the last looks; the domain offered is that of the latest newsletter.
func looks(d *desk.Desk, tx *db.Tx, v *page.SenderView) (out []page.SenderLook, err error) {
	recent, err := d.Campaign.List(tx, 0, 1)
	if err != nil {
		return nil, err
	}
	v.Domain = page.Field{ID: "domain", Label: d.T("sender.domain"), Required: true, Auto: "off", Max: 253, Value: v.Domain.Value}
	if v.Domain.Value == "" && len(recent) > 0 {
		v.Domain.Value = campaign.DomainOf(recent[0].From)
	}
	all, err := d.Relay.Looks(tx)
	for _, l := range all {
		out = append(out, shownLook(d, l))
	}
	return out, err
}

var verdicts = map[preflight.Verdict]page.Tone{preflight.Go: page.Yes, preflight.Pause: page.Wait, preflight.Stop: page.No}

var states = map[preflight.State]page.Tone{preflight.OK: page.Yes, preflight.Warning: page.Wait, preflight.Error: page.No}

func shownLook(d *desk.Desk, l *relay.Look) page.SenderLook {
	verdict := l.Verdict(true)
	out := page.SenderLook{Domain: l.Domain, At: desk.Time(l.At.UnixMilli()), State: page.Chip{Text: d.T("sender.verdict_" + string(verdict)), Tone: verdicts[verdict]}}
	for _, f := range l.Findings {
		out.Lines = append(out.Lines, page.SenderFinding{State: page.Chip{Text: d.T("sender.state_" + string(f.State)), Tone: states[f.State]}, Text: d.T(f.Key(), f.Pairs()...)})
	}
	return out
}

func newFields(d *desk.Desk, a relay.Relay) []page.Field {
	var processors []page.Option
	for _, r := range d.Facts.Recipients {
		if r.Role == "processor" {
			processors = append(processors, page.Option{Value: r.ID, Text: r.Name, On: r.ID == a.Recipient})
		}
	}
	number := func(id, label string, n int) page.Field {
		return page.Field{ID: id, Label: d.T(label), Type: "number", Value: strconv.Itoa(n)}
	}
	return []page.Field{
		{ID: "name", Label: d.T("sender.relay_name"), Hint: d.T("sender.relay_name_hint"), Value: a.Name, Required: true, Max: 40, Auto: "off"},
		{ID: "url", Label: d.T("sender.url"), Hint: d.T("sender.url_hint"), Type: "password", Required: true, Max: 500, Auto: "off"},
		{ID: "recipient", Label: d.T("sender.processor"), Hint: d.T("sender.processor_hint"), Type: "select", Options: processors, Required: true},
		{ID: "pool", Label: d.T("sender.pool"), Hint: d.T("sender.pool_hint"), Value: a.Pool, Max: 40, Auto: "off"},
		number("priority", "sender.priority", a.Priority), number("weight", "sender.weight", max(1, a.Weight)),
		number("rate", "sender.rate", a.Rate), number("daily", "sender.daily", a.Daily),
	}
}

func keyFields(d *desk.Desk, domain string) []page.Field {
	return []page.Field{
		{ID: "key-domain", Name: "domain", Label: d.T("sender.key_domain"), Value: domain, Required: true, Max: 253, Auto: "off"},
		{ID: "kind", Label: d.T("sender.kind"), Type: "select", Options: []page.Option{{Value: "rsa", Text: d.T("sender.kind_rsa")}, {Value: "both", Text: d.T("sender.kind_both")}}},
	}
}

// refused shows the page again with what was wrong.
func refused(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict:
		return true
	}
	return false
}
