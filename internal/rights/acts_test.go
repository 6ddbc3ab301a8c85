package rights_test

import (
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/letter"
)

// by names who asked and how they are reached.
func by(name, email string) rights.Requester { return rights.Requester{Name: name, Email: email} }

// TestIdentity goes up the ladder: a doubt first, then the mildest step; the clock
// stands meanwhile, and both dates are kept. What was looked at is gone once the case
// is decided.
func TestIdentity(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person("eva@people.example", "Eva", "Åberg", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Access, Channel: "web", Text: "Vad vet ni?", Requester: by("Eva Åberg", "eva@people.example")})
		ask := rights.Asking{Why: rightsdef.WaitIdentity, Want: rightsdef.PhotoID}
		for want, doubt := range map[string]string{"rights.doubt": "", "rights.rung": "new-delivery"} {
			ask.Doubt = doubt
			if _, err := d.act(c, func(tx *db.Tx, c *rights.Case) error { return d.Ask(tx, c, ask) }); fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		if _, err := d.act(c, func(tx *db.Tx, c *rights.Case) error {
			return d.Fulfil(tx, c, rights.Fulfilment{ByHand: true, Text: "…"})
		}); fault.KeyOf(err) != "rights.unsure" {
			t.Errorf("a copy was given to whoever asked: %v", err)
		}
		ask.Doubt, ask.Want, ask.Note = "new-delivery", rightsdef.Control, "Svaret önskas till en ny adress."
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Ask(tx, c, ask) })
		before := c.Clock
		d.clock.Move(days(5))
		c = d.get(c.ID)
		if c.State != rightsdef.RequiresAction || rightsdef.Days(before.Due, c.Clock.Due) < 3 || c.Clock.Unpaused != before.Unpaused {
			t.Errorf("%s: due %s after %s, unpaused %s", c.State, c.Clock.Due, before.Due, c.Clock.Unpaused)
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.VerifyIdentity(tx, c, rights.Verification{Method: rightsdef.Control, Matches: true, Note: "Svarade från adressen."})
		})
		if c.State != rightsdef.Accepted || c.Certainty != rightsdef.Control || c.Clock.Waiting != "" {
			t.Errorf("%+v", c)
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.Fulfil(tx, c, rights.Fulfilment{ByHand: true, Text: "Paketet lämnades över."})
		})
		if c.State != rightsdef.Fulfilled || c.Outcome != rightsdef.OutcomeFulfilled {
			t.Errorf("%+v", c)
		}
		for _, x := range d.items(c) {
			if x.Kind == rights.ItemIdentity {
				t.Error("what identity was checked by outlived the decision")
			}
		}
	})
}

// TestPhotoID: no number is written down, and without a doubt nobody shows one.
func TestPhotoID(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person("eva@people.example", "Eva", "Åberg", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Access, Channel: "in_person", Requester: by("Eva Åberg", "eva@people.example")})
		verify := func(v rights.Verification) string {
			_, err := d.act(c, func(tx *db.Tx, c *rights.Case) error { return d.VerifyIdentity(tx, c, v) })
			if err == nil {
				return ""
			}
			return fault.KeyOf(err)
		}
		if got := verify(rights.Verification{Method: rightsdef.PhotoID, Matches: true, Document: "passport"}); got != "rights.doubt" {
			t.Error(got)
		}
		for _, a := range []rights.Asking{{Why: rightsdef.WaitIdentity, Doubt: "signature-differs", Want: rightsdef.Control}} {
			d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Pause(tx, c, a) })
		}
		if got := verify(rights.Verification{Method: rightsdef.PhotoID, Matches: true, Document: "passport 123456"}); got != "rights.document" {
			t.Error(got)
		}
		if got := verify(rights.Verification{Method: rightsdef.PhotoID, Document: "passport"}); got != "" {
			t.Error(got)
		}
		if got := d.get(c.ID); got.Certainty != rightsdef.Claimed || got.State != rightsdef.RequiresAction {
			t.Errorf("a failed check let somebody in: %+v", got)
		}
	})
}

// TestExtend: by letter, with the reason, before the first date, once.
func TestExtend(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person("eva@people.example", "Eva", "Åberg", "en")
		extend := func(code, reasons string) func(*db.Tx, *rights.Case) error {
			return func(tx *db.Tx, c *rights.Case) error { return d.Extend(tx, c, code, reasons) }
		}
		in := rights.Intake{Kind: rightsdef.Access, Channel: "post", Arrived: "2026-11-06", Requester: by("Eva Åberg", "eva@people.example")}
		c := d.open(in)
		if _, err := d.act(c, extend("A12Delay", "…")); fault.KeyOf(err) != "rights.delay_code" {
			t.Error(err)
		}
		c = d.must(c, extend("A12Complexity", "Your data are in nine places."))
		if c.State != rightsdef.Delayed || c.Clock.Due != "2027-02-08" || c.Clock.First != "2026-12-07" {
			t.Errorf("%s %+v", c.State, c.Clock)
		}
		if l := d.last(c, letter.Extension); !strings.Contains(l.Text(), "8 February 2027") || !strings.Contains(l.Text(), "nine places") {
			t.Error(l.Text())
		}
		late := d.open(in)
		d.clock.Move(days(20))
		if _, err := d.act(late, extend("A12HighVolume", "…")); fault.KeyOf(err) != "rights.too_late" {
			t.Errorf("after the first date: %v", err)
		}
		if late = d.get(late.ID); late.Clock.Stage != rightsdef.Overdue {
			t.Errorf("%+v", late.Clock)
		}
	})
}

// TestRefuse: with a ground that fits, reasons, and for 12(5) both sorts of evidence;
// the letter names authority and court. A part refused leaves the rest.
func TestRefuse(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person("eva@people.example", "Eva", "Åberg", "fi")
		in := rights.Intake{Kind: rightsdef.Erasure, Channel: "email", Requester: by("Eva Åberg", "eva@people.example")}
		c := d.open(in)
		w := rights.Refusal{Code: "A12ManifestlyExcessive", Reasons: "Samaa on pyydetty kolmekymmentä kertaa."}
		refuse := func(f rights.Refusal) func(*db.Tx, *rights.Case) error {
			return func(tx *db.Tx, c *rights.Case) error { return d.Refuse(tx, c, f) }
		}
		if _, err := d.act(c, refuse(w)); fault.KeyOf(err) != "rights.objective" {
			t.Error(err)
		}
		if _, err := d.act(c, refuse(rights.Refusal{Code: "A16Accurate", Reasons: "…"})); fault.KeyOf(err) != "rights.refusal_code" {
			t.Error(err)
		}
		c = d.must(c, refuse(rights.Refusal{Code: "A17LegalClaims", Reasons: "Kanne on vireillä.", Part: "tilaukset"}))
		if !c.Open() || c.Code != "A17LegalClaims" {
			t.Errorf("%+v", c)
		}
		if text := d.last(c, letter.Refusal).Text(); !strings.Contains(text, "Tietosuojavaltuutetun toimisto") || !strings.Contains(text, "käräjäoikeu") || !strings.Contains(text, "tilaukset") {
			t.Error(text)
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.VerifyIdentity(tx, c, rights.Verification{Method: rightsdef.Control, Matches: true})
		})
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.Fulfil(tx, c, rights.Fulfilment{ByHand: true, Text: "Muut tiedot on poistettu."})
		})
		if c.Outcome != rightsdef.OutcomePart {
			t.Errorf("outcome %s", c.Outcome)
		}
		other := d.open(in)
		w.Weighing = rightsdef.Weighing{Objective: "Kolmekymmentä pyyntöä kolmessa viikossa, aina koko paketti.", Subjective: "Kirjeessä 3.3. lähettäjä vaatii rahaa lopettaakseen.", Intent: "A12MaliciousIntent"}
		if other = d.must(other, refuse(w)); other.State != rightsdef.Rejected || other.Outcome != rightsdef.OutcomeRefused {
			t.Errorf("%+v", other)
		}
		if _, err := d.act(other, refuse(w)); fault.KeyOf(err) != "rights.closed" {
			t.Error(err)
		}
	})
}

// TestMatch moves what came with an unknown requester to the person it turned out to
// be, and back when that was wrong. Merging two people takes their cases along.
func TestMatch(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "sv")
		bo := d.person("bo@people.example", "Bo", "Lind", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Access, Channel: "post", Text: "Vad vet ni om mig?", Requester: rights.Requester{Name: "Eva Åberg"}})
		stranger := c.Person
		if c.Matched || stranger == eva {
			t.Fatalf("%+v", c)
		}
		if _, err := d.act(c, func(tx *db.Tx, c *rights.Case) error {
			return d.VerifyIdentity(tx, c, rights.Verification{Method: rightsdef.Facts, Matches: true})
		}); fault.KeyOf(err) != "rights.no_person" {
			t.Error(err)
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Match(tx, c, eva) })
		if got := d.items(c); !c.Matched || len(got) < 2 || got[0].Content.Text != "Vad vet ni om mig?" || d.held(stranger) != 0 {
			t.Errorf("%d items, %d left", len(got), d.held(stranger))
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Unmatch(tx, c) })
		if c.Matched || d.held(eva) != 0 || len(d.items(c)) < 2 {
			t.Error("a wrong match left something behind")
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Match(tx, c, bo) })
		d.do(func(tx *db.Tx) error { return d.Move(tx, bo, eva) })
		if c = d.get(c.ID); c.Person != eva || d.held(bo) != 0 || d.held(eva) == 0 {
			t.Error("a merge left the case behind")
		}
	})
}

// TestOtherPeoplesAddress: who writes from somebody else's address is not taken for
// them without a doubt noted, and the answer goes to the person themselves.
func TestOtherPeoplesAddress(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Access, Channel: "email", Requester: by("Bo Lind", "eva@people.example")})
		if c.Person != eva {
			t.Fatal("it concerns whoever has the address")
		}
		if !slices.ContainsFunc(d.timeline(c), func(e rights.Event) bool { return e.Kind == "doubtful" && e.Code == "name-differs" }) {
			t.Error("nobody is warned")
		}
		if l := d.last(c, letter.Receipt); !strings.Contains(l.Text(), "Hej Eva Åberg") || !strings.Contains(l.Text(), "inte var du") {
			t.Error(l.Text())
		}
	})
}

// TestSeveral: one letter that asks for two things is two cases with one confirmation;
// a second letter is linked, and can be joined to the first; a letter by two people is
// split.
func TestSeveral(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person("eva@people.example", "Eva", "Åberg", "en")
		bo := d.person("bo@people.example", "Bo", "Lind", "sv")
		in := rights.Intake{Kind: rightsdef.Access, Also: []rightsdef.Kind{rightsdef.Erasure}, Channel: "post", Arrived: "2026-11-20", Text: "Both of us.", Requester: by("Eva Åberg", "eva@people.example")}
		first := d.open(in)
		var second *rights.Case
		d.do(func(tx *db.Tx) error {
			all, err := d.Together(tx, first)
			if len(all) != 1 || all[0].Kind != rightsdef.Erasure || all[0].Clock.Due != first.Clock.Due {
				t.Errorf("%+v", all)
			}
			second = all[0]
			return err
		})
		if l := d.last(first, letter.Receipt); !strings.Contains(l.Text(), second.Ref+": Erasure") || d.find(second, letter.Receipt) != nil {
			t.Error("the confirmation does not speak of both, or was written twice")
		}
		in.Also, in.Arrived = nil, ""
		again := d.open(in)
		if again.Linked != first.ID {
			t.Errorf("linked to %v", again.Linked)
		}
		again = d.must(again, func(tx *db.Tx, c *rights.Case) error { return d.Join(tx, c, d.mustGet(tx, first.ID)) })
		if again.Outcome != rightsdef.OutcomeJoined || again.Into != first.ID || d.find(again, letter.Refusal) != nil {
			t.Errorf("%+v", again)
		}
		if _, err := d.act(first, func(tx *db.Tx, c *rights.Case) error { return d.Join(tx, c, d.mustGet(tx, again.ID)) }); fault.KeyOf(err) != "rights.join" {
			t.Errorf("the earlier one was given up: %v", err)
		}
		d.do(func(tx *db.Tx) error {
			other, err := d.Split(tx, d.mustGet(tx, first.ID), by("Bo Lind", "bo@people.example"))
			if err == nil && (other.Person != bo || other.Received != first.Received || other.Linked != first.ID) {
				t.Errorf("%+v", other)
			}
			return err
		})
	})
}

// TestOwnCase: who works here does not deal with their own request.
func TestOwnCase(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person(astasMail, "Asta", "Holm", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Erasure, Channel: "web", Requester: by("Asta Holm", astasMail)})
		for name, act := range map[string]func(*db.Tx, *rights.Case) error{
			"verify": func(tx *db.Tx, c *rights.Case) error {
				return d.VerifyIdentity(tx, c, rights.Verification{Method: rightsdef.Facts, Matches: true})
			},
			"withdraw": func(tx *db.Tx, c *rights.Case) error { return d.Withdraw(tx, c) },
			"fulfil":   func(tx *db.Tx, c *rights.Case) error { return d.Fulfil(tx, c, rights.Fulfilment{Nothing: true}) },
			"note":     func(tx *db.Tx, c *rights.Case) error { return d.Note(tx, c, "…") },
			"assign":   func(tx *db.Tx, c *rights.Case) error { return d.Assign(tx, c, asta.ID, asta.Name) },
		} {
			if _, err := d.act(c, act); fault.KeyOf(err) != "rights.own_case" {
				t.Errorf("%s: %v", name, err)
			}
		}
		d.by = db.By{Kind: "staff", ID: 72, Name: "Bo"}
		d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Withdraw(tx, c) })
	})
}

// TestWithdraw half-way: whatever was begun, the case ends without a refusal, and may
// be taken up again.
func TestWithdraw(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c := d.open(rights.Intake{Kind: rightsdef.Access, Channel: "phone", Requester: rights.Requester{Name: "Eva"}})
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.Ask(tx, c, rights.Asking{Why: rightsdef.WaitClarification, Text: "Vilken butik?"})
		})
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Withdraw(tx, c) })
		if c.State != rightsdef.Unfulfilled || c.Outcome != rightsdef.OutcomeWithdrawn || c.Clock.Waiting != "" {
			t.Errorf("%+v", c)
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Reopen(tx, c) })
		if !c.Open() || c.Clock.Received != "2026-11-22" {
			t.Errorf("%+v", c)
		}
	})
}

// TestRectify changes the values, tells the recipients and says what was done.
func TestRectify(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "en")
		told := ""
		d.Needs.Tell = func(_ *db.Tx, c *rights.Case, reason string, _ []string) (int, error) { told = reason; return 2, nil }
		c := d.open(rights.Intake{Kind: rightsdef.Rectification, Channel: "web", Certainty: rightsdef.Session, Requester: by("Eva Åberg", "eva@people.example")})
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.Fulfil(tx, c, rights.Fulfilment{Values: []party.Pair{{Name: "last_name", Value: "Öberg"}}})
		})
		d.do(func(tx *db.Tx) error {
			p, _, err := d.Party.Get(tx, eva)
			if p.LastName != "Öberg" {
				t.Error(p.LastName)
			}
			return err
		})
		text := d.last(c, letter.Fulfilment).Text()
		if told != "rectification" || !strings.Contains(text, "Last name: Öberg") || !strings.Contains(text, "told those to whom") {
			t.Error(told, text)
		}
	})
}

// TestPurposeIsNamed: a letter calls what was objected to as the notice does.
func TestPurposeIsNamed(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person("eva@people.example", "Eva", "Åberg", "sv")
		d.Needs.Object = func(*db.Tx, *rights.Case, []string) error { return nil }
		for scope, want := range map[string]string{"purpose:analysis": "Kundanalys", "purpose:analysis:email": "Kundanalys, e-post", "profiling": "profilering"} {
			c := d.open(rights.Intake{Kind: rightsdef.Objection, Channel: "email", Scope: []string{scope}, Requester: by("Eva Åberg", "eva@people.example")})
			c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Fulfil(tx, c, rights.Fulfilment{}) })
			if text := d.last(c, letter.Fulfilment).Text(); !strings.Contains(text, want) || strings.Contains(text, "purpose:") {
				t.Errorf("%s: %s", scope, text)
			}
		}
	})
}

// TestAtOnce: an objection holds from the moment its case is opened, or whose it is
// becomes known; a restriction as soon as it is sure enough, and it ends only after
// the person was told.
func TestAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "sv")
		var said []string
		limited := map[id.ID]bool{}
		d.Needs.Object = func(_ *db.Tx, _ *rights.Case, scopes []string) error { said = append(said, scopes...); return nil }
		d.Needs.Restrict = func(_ *db.Tx, who id.ID, on bool) error { limited[who] = on; return nil }
		c := d.open(rights.Intake{Kind: rightsdef.Objection, Channel: "phone", Scope: []string{"marketing"}, Requester: rights.Requester{Name: "Eva"}})
		if len(said) > 0 {
			t.Error("nobody knows yet whose objection it is")
		}
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Match(tx, c, eva) })
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Fulfil(tx, c, rights.Fulfilment{}) })
		if !slices.Equal(said, []string{"all-marketing"}) || c.Effective != "2026-11-22" {
			t.Errorf("%v %s", said, c.Effective)
		}
		wrong := d.open(rights.Intake{Kind: rightsdef.Rectification, Scope: []string{rightsdef.Contested}, Channel: "email", Requester: by("Eva Åberg", "eva@people.example")})
		if !wrong.Limits || !limited[eva] {
			t.Error("contested data are used")
		}
		stop := d.open(rights.Intake{Kind: rightsdef.Restriction, Channel: "email", Requester: by("Eva Åberg", "eva@people.example")})
		announce := func(days int) func(*db.Tx, *rights.Case) error {
			return func(tx *db.Tx, c *rights.Case) error { return d.AnnounceLift(tx, c, "Uppgifterna är rättade.", days) }
		}
		if _, err := d.act(wrong, announce(1)); fault.KeyOf(err) != "rights.lift_days" {
			t.Error(err)
		}
		d.must(wrong, announce(10))
		d.clock.Move(days(11))
		d.work()
		if wrong = d.get(wrong.ID); wrong.Limits || !limited[eva] {
			t.Errorf("another case still needs the restriction: %t %t", wrong.Limits, limited[eva])
		}
		d.must(stop, announce(7))
		d.clock.Move(days(6))
		d.work()
		if !limited[eva] {
			t.Error("lifted before the day the person was told")
		}
		d.clock.Move(days(2))
		if d.work(); limited[eva] {
			t.Error("not lifted")
		}
	})
}
