package rightsdef

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/law"
	"pgregory.net/rapid"
)

// TestReckon holds the dates of the examples a lawyer gave, and those of pauses and
// extensions.
func TestReckon(t *testing.T) {
	for name, c := range map[string]struct {
		timing              Timing
		today               law.Date
		plan, due, unpaused law.Date
		stage               Stage
	}{
		"a short month":    {Timing{Received: "2026-01-31", Country: "FI"}, "2026-02-01", "2026-02-28", "2026-03-02", "2026-03-02", InTime},
		"Easter":           {Timing{Received: "2026-03-05", Country: "FI"}, "2026-03-28", "2026-04-05", "2026-04-07", "2026-04-07", Soon},
		"a leap year":      {Timing{Received: "2028-01-30", Country: "FI"}, "2028-02-27", "2028-02-29", "2028-02-29", "2028-02-29", Urgent},
		"the last days":    {Timing{Received: "2026-01-31", Country: "FI"}, "2026-03-01", "2026-02-28", "2026-03-02", "2026-03-02", LastDay},
		"overdue":          {Timing{Received: "2026-01-31", Country: "FI"}, "2026-03-03", "2026-02-28", "2026-03-02", "2026-03-02", Overdue},
		"Independence Day": {Timing{Received: "2026-11-06", Country: "FI"}, "2026-11-07", "2026-12-06", "2026-12-07", "2026-12-07", InTime},
		"a pause": {Timing{Received: "2026-04-01", Country: "FI", Pauses: []Pause{{Asked: "2026-04-07", Answered: "2026-04-13", Why: WaitIdentity}}},
			"2026-04-14", "2026-05-01", "2026-05-07", "2026-05-04", InTime},
		"a pause that lasts": {Timing{Received: "2026-04-01", Country: "FI", Pauses: []Pause{{Asked: "2026-04-07", Why: WaitIdentity}}},
			"2026-04-17", "2026-05-01", "2026-05-11", "2026-05-04", InTime},
		"extended": {Timing{Received: "2026-11-06", Country: "FI", Extended: "2026-12-01"}, "2026-12-02", "2027-02-06", "2027-02-08", "2027-02-08", InTime},
		"extended after a pause moved the date": {Timing{Received: "2026-04-01", Country: "FI", Extended: "2026-05-06",
			Pauses: []Pause{{Asked: "2026-04-07", Answered: "2026-04-13", Why: WaitIdentity}}}, "2026-05-06", "2026-07-01", "2026-07-07", "2026-07-01", InTime},
	} {
		got, err := c.timing.Reckon(c.today)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Plan != c.plan || got.Due != c.due || got.Unpaused != c.unpaused || got.Stage != c.stage {
			t.Errorf("%s: plan %s, due %s, unpaused %s, %s", name, got.Plan, got.Due, got.Unpaused, got.Stage)
		}
	}
}

// TestExtendInTime: more time is taken by a letter before the first date, once.
func TestExtendInTime(t *testing.T) {
	timing := Timing{Received: "2026-01-31", Country: "FI"}
	if c, err := timing.MayExtend("2026-03-02"); err != nil || c.Due != "2026-04-30" {
		t.Errorf("on the last day: %s %v", c.Due, err)
	}
	if _, err := timing.MayExtend("2026-03-03"); fault.KeyOf(err) != "rights.too_late" {
		t.Errorf("a day late: %v", err)
	}
	timing.Extended = "2026-02-20"
	if _, err := timing.MayExtend("2026-03-01"); fault.KeyOf(err) != "rights.extended" {
		t.Errorf("twice: %v", err)
	}
}

// TestNeverLater: whatever the pauses and extensions, the day to plan for is not after
// the last day without a pause, and the last day is not later than the law's: the
// months from arrival, the days waited for, and at most nine days of rest (Christmas).
func TestNeverLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "received"))
		timing := Timing{Received: law.DateOf(start), Country: rapid.SampledFrom([]string{"FI", "SE"}).Draw(t, "country")}
		today := start.AddDate(0, 0, rapid.IntRange(0, 25).Draw(t, "today"))
		waited := 0
		if rapid.Bool().Draw(t, "paused") {
			asked := rapid.IntRange(0, int(today.Sub(start)/(24*time.Hour))).Draw(t, "asked")
			waited = int(today.Sub(start)/(24*time.Hour)) - asked
			timing.Pauses = []Pause{{Asked: law.DateOf(start.AddDate(0, 0, asked)), Why: WaitIdentity}}
		}
		months := 1
		if rapid.Bool().Draw(t, "extended") {
			timing.Extended, months = law.DateOf(today), 3
		}
		c, err := timing.Reckon(law.DateOf(today))
		if err != nil {
			t.Fatal(err)
		}
		latest := law.DateOf(start.AddDate(0, months, waited+9))
		if c.Plan > c.Unpaused || c.Unpaused > c.Due && waited == 0 || c.Due > latest || c.First > c.Due {
			t.Errorf("%+v, latest %s", c, latest)
		}
	})
}

// TestExplain shows the reckonings as lawyers read them.
func TestExplain(t *testing.T) {
	timing := Timing{Received: "2026-03-05", Country: "FI", Pauses: []Pause{{Asked: "2026-03-09", Answered: "2026-03-10", Why: WaitIdentity}}}
	c, err := timing.Reckon("2026-03-20")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, lang := range i18n.Langs {
		for _, l := range Explain(c, i18n.For(lang)) {
			fmt.Fprintf(&b, "%s %s %s\n", l.Date, l.Citation, l.Text)
		}
	}
	for _, want := range []string{
		"2026-03-05 Reg 1182/71 3(1) Begäran kom in. Ankomstdagen räknas inte med.",
		"2026-04-06 GDPR 12(6) Flyttas 1 dag framåt: så länge väntade vi på personens svar. Utan uppehållet vore dagen 7.4.2026.",
		"2026-04-07 Reg 1182/71 3(4) Osuu ajankohtaan toinen pääsiäispäivä ja siirtyy seuraavaan arkipäivään.",
		"2026-04-05 GDPR 12(3) One month from arrival.",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing: %s\n%s", want, b.String())
		}
	}
}

// TestStates: every open state leads to an answer, and no closed one to another.
func TestStates(t *testing.T) {
	for _, s := range States {
		if strings.HasSuffix(s.DPV(), ":") {
			t.Errorf("%s has no word in the vocabulary", s)
		}
		for _, a := range May(s) {
			if s.Closed() && a != Reopen {
				t.Errorf("%s after %s", a, s)
			}
		}
		if _, err := Next(s, Refuse); s.Closed() == (err == nil) {
			t.Errorf("refusing after %s: %v", s, err)
		}
	}
	if _, err := Next(RequiresAction, Fulfil); fault.KeyOf(err) != "rights.not_now" {
		t.Error("carried out while waiting for the person")
	}
	if _, err := Next(Fulfilled, Reopen); err == nil {
		t.Error("what was carried out is not undone by reopening")
	}
}

// TestLadder: nothing is asked for without a doubt, and the milder step first.
func TestLadder(t *testing.T) {
	for _, c := range []struct {
		doubt      string
		have, want Certainty
		reachable  bool
		key        string
	}{
		{"", Claimed, Control, true, "rights.doubt"},
		{"because", Claimed, Control, true, "rights.doubt"},
		{"unknown-address", Claimed, Control, true, ""},
		{"unknown-address", Claimed, Facts, false, ""},
		{"unknown-address", Claimed, Facts, true, "rights.rung"},
		{"unknown-address", Control, PhotoID, true, "rights.rung"},
		{"facts-wrong", Facts, PhotoID, true, ""},
		{"facts-wrong", Session, Control, true, "rights.rung_has"},
	} {
		if err := CheckAsk(c.doubt, c.have, c.want, c.reachable); keyOf(err) != c.key {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, k := range Kinds() {
		if k.Article() == "" || k.DPV() == "" {
			t.Errorf("%s has no article", k)
		}
		if Enough(k, ToNew) < Enough(k, ToKnown) || Enough(k, ToNew) == PhotoID {
			t.Errorf("%s: a photo ID is never demanded by the kind alone", k)
		}
	}
	if Allows(Objection, Claimed, ToKnown) != nil || Allows(Withdrawal, Claimed, ToKnown) != nil {
		t.Error("saying no to advertising wants proof")
	}
	if fault.KeyOf(Allows(Access, Control, ToNew)) != "rights.unsure" {
		t.Error("a copy goes to a new address on little proof")
	}
}

// keyOf is the key of a fault, "" for none.
func keyOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.KeyOf(err)
}

// TestWeighing: a refusal as unfounded or excessive wants both sorts of evidence.
func TestWeighing(t *testing.T) {
	full := Weighing{Objective: "Thirty requests in three weeks, each for the whole package.", Subjective: "In the letter of 3 March the sender demands money for stopping.", Intent: "A12MaliciousIntent"}
	for key, change := range map[string]func(*Weighing){
		"": func(*Weighing) {}, "rights.objective": func(w *Weighing) { w.Objective = "Many." },
		"rights.subjective": func(w *Weighing) { w.Subjective = "" }, "rights.intent": func(w *Weighing) { w.Intent = "" },
	} {
		w := full
		change(&w)
		if err := CheckWeighing("A12ManifestlyExcessive", w); keyOf(err) != key {
			t.Errorf("%q: %v", key, err)
		}
	}
	if CheckWeighing("A17LegalClaims", Weighing{}) != nil {
		t.Error("another ground wants a weighing")
	}
}

// TestCodes: every reason has its provision and its words; each kind has reasons.
func TestCodes(t *testing.T) {
	p := i18n.For("sv")
	for _, k := range Kinds() {
		for _, r := range append(ReasonsFor(ForRefusal, k), ReasonsFor(ForKeeping, k)...) {
			if !law.Known(r.Citation) || p.T("rights.code."+string(r.Code)) == "rights.code."+string(r.Code) {
				t.Errorf("%+v", r)
			}
			if _, err := CheckRefusal(k, "eu-gdpr:Justification"+string(r.Code)); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := CheckRefusal(Access, "A17LegalClaims"); fault.KeyOf(err) != "rights.refusal_code" {
		t.Errorf("an exception from erasing refuses access: %v", err)
	}
	if _, err := CheckDelay("A12Delay"); err == nil {
		t.Error("delay is a reason for delay")
	}
}
