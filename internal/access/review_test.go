package access

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
)

func demo(t *testing.T) *noticedef.Notice {
	t.Helper()
	n, findings := noticedef.Parse("demo.yaml", noticedef.DemoNotice())
	if n == nil {
		t.Fatal(findings)
	}
	return n
}

func TestPropose(t *testing.T) {
	n := demo(t)
	const since, last, old = "2026-08-24", "2026-11-20", "2026-05-01"
	base := Case{Since: since, Measured: old, Made: old, Today: "2026-11-22", Stale: since}
	for name, x := range map[string]struct {
		levels []string
		used   map[string]string
		change func(*Case)
		want   Proposal
	}{
		"all in use":           {[]string{"clerk"}, map[string]string{Present: last, "permission": last, "see identity": last, "edit contact": last, "see contact": last}, nil, Proposal{}},
		"not since":            {[]string{"finance"}, map[string]string{Present: last, "see identity": last, "edit billing": since}, nil, Proposal{}},
		"a level unused":       {[]string{"admin", "finance"}, map[string]string{Present: last, "edit billing": last}, nil, Proposal{Lower: true, To: []string{"finance"}}},
		"a lower level covers": {[]string{"service"}, map[string]string{Present: last, "see identity": last, "edit contact": last, "permission": last}, nil, Proposal{Lower: true, To: []string{"clerk"}}},
		"nothing used":         {[]string{"marketing"}, map[string]string{Present: last, "send": old}, nil, Proposal{Lower: true, To: nil}},
		"sent for one purpose": {[]string{"marketing"}, map[string]string{Present: last, "send": last, "newsletter: send": last, "import": last, "segment": last, "see identity": last}, nil, Proposal{}},
		"idle":                 {[]string{"finance"}, map[string]string{Present: since, "edit billing": since, "see identity": since}, nil, Proposal{Disable: true}},
		"never signed in":      {[]string{}, nil, nil, Proposal{Disable: true}},
		"a young account":      {[]string{"finance"}, nil, func(c *Case) { c.Made = "2026-11-01" }, Proposal{Early: true}},
		"counted since lately": {[]string{"finance"}, nil, func(c *Case) { c.Measured = "2026-11-01" }, Proposal{Early: true}},
		"a processor's person": {[]string{"finance"}, map[string]string{Present: last, "edit billing": last, "see identity": last}, func(c *Case) { c.Processor = true }, Proposal{EndDate: true}},
		"with a last day":      {[]string{"finance"}, map[string]string{Present: last, "edit billing": last, "see identity": last}, func(c *Case) { c.Processor, c.Until = true, "2027-01-01" }, Proposal{}},
	} {
		c := base
		c.Levels, c.Used = x.levels, x.used
		if x.change != nil {
			x.change(&c)
		}
		got := Propose(n, c)
		if got.Disable != x.want.Disable || got.Lower != x.want.Lower || got.EndDate != x.want.EndDate || got.Early != x.want.Early || !slices.Equal(got.To, x.want.To) {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
	}
}

// TestUnusedPurposes lists the purposes that an act was not done for, of acts whose
// purposes are counted, and none of the others.
func TestUnusedPurposes(t *testing.T) {
	n := demo(t)
	const last = "2026-11-20"
	c := Case{Levels: []string{"marketing"}, Used: map[string]string{Present: last, "send": last, "newsletter: send": last, "report": last}, Since: "2026-08-24", Measured: "2026-05-01", Made: "2026-05-01"}
	got := slices.DeleteFunc(Propose(n, c).Unused, func(r string) bool { return !strings.Contains(r, ": ") })
	level, _ := n.Level("marketing")
	var want []string
	for _, p := range n.Purposes {
		if p.ID != "newsletter" && level.CanFor(p.ID, "send") {
			want = append(want, ForPurpose("send", p.ID))
		}
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestProposeNeverMore holds that what is proposed is within what was held, for every pair of levels.
func TestProposeNeverMore(t *testing.T) {
	n := demo(t)
	for _, a := range n.LevelList() {
		for _, b := range n.LevelList() {
			have := []noticedef.Level{a, b}
			for _, right := range RightsOf(n, have) {
				p := Propose(n, Case{Levels: []string{a.Name, b.Name}, Used: map[string]string{Present: "2026-11-20", right: "2026-11-20"}, Since: "2026-08-24", Measured: "2026-01-01", Made: "2026-01-01", Stale: "2026-08-24"})
				to := levelsOf(n, p.To)
				if p.Lower && (!within(exact(n, to), exact(n, have)) || !slices.Contains(RightsOf(n, to), right)) {
					t.Errorf("%s and %s, used %s: %v", a.Name, b.Name, right, p.To)
				}
			}
		}
	}
}

func TestReview(t *testing.T) {
	each(t, func(k *desk) {
		n := demo(t)
		asta, bo := k.account("Asta Ek", "asta@bolaget.example", "admin"), k.account("Bo Alm", "bo@bolaget.example", "admin", "finance")
		cia := k.account("Cia Dahl", "cia@bolaget.example", "service")
		var dan *staff.Account
		k.do(func(tx *db.Tx) (err error) {
			dan, err = k.room.Staff.Create(tx, staff.NewAccount{Name: "Dan Nyman", Email: "dan@konesali.example", Affiliation: staff.Processor, Processor: "hosting", Levels: []string{"admin"}})
			return err
		})
		k.room.Note(asta.ID, k.c.Now(), Present, "staff")
		k.c.Move(120 * 24 * time.Hour)
		for _, a := range []*staff.Account{asta, bo, dan} {
			k.room.Note(a.ID, k.c.Now(), Present, "staff", "settings", "log")
		}
		if err := k.room.Flush(k.Context()); err != nil {
			k.Fatal(err)
		}
		var v Review
		k.do(func(tx *db.Tx) (err error) {
			v, err = k.room.StartReview(tx, n, asta.ID, "Kaisa Esimerkki")
			return err
		})
		if err := k.try(func(tx *db.Tx) error { _, err := k.room.StartReview(tx, n, asta.ID, ""); return err }); fault.KeyOf(err) != "access.review_open" {
			k.Error(err)
		}
		k.proposals(v, map[id.ID][]string{asta.ID: nil, bo.ID: {Lower}, cia.ID: {Disable, Lower}, dan.ID: {EndDate}})
		answer := func(by *staff.Account, d Decision, others bool) error {
			d.Review = v.ID
			if d.Reason == "" {
				d.Reason = "as proposed"
			}
			return k.try(func(tx *db.Tx) error { return k.room.Answer(tx, by, d, others) })
		}
		for _, x := range []struct {
			by  *staff.Account
			d   Decision
			key string
		}{
			{asta, Decision{Account: asta.ID, What: Keep}, "access.own_line"}, {asta, Decision{Account: cia.ID, What: "promote"}, "access.decision"},
			{bo, Decision{Account: asta.ID, What: Lower}, "access.no_proposal"}, {asta, Decision{Account: dan.ID, What: EndDate}, "staff.until"},
			{asta, Decision{Account: bo.ID, What: Keep, Reason: "x"}, "access.reason"},
		} {
			if err := answer(x.by, x.d, true); fault.KeyOf(err) != x.key {
				k.Errorf("%+v: %v", x.d, err)
			}
		}
		closing := func(next string) error {
			return k.try(func(tx *db.Tx) (err error) { v, err = k.room.CloseReview(tx, v.ID, asta.ID, next); return err })
		}
		for _, x := range []struct {
			by *staff.Account
			d  Decision
		}{{asta, Decision{Account: bo.ID, What: Lower}}, {asta, Decision{Account: cia.ID, What: Disable}}, {asta, Decision{Account: dan.ID, What: EndDate, Until: "2027-12-31"}}} {
			if err := answer(x.by, x.d, true); err != nil {
				k.Errorf("%+v: %v", x.d, err)
			}
		}
		if err := answer(asta, Decision{Account: bo.ID, What: Keep}, true); fault.KeyOf(err) != "access.answered" {
			k.Error(err)
		}
		if err := closing("2027-09-01"); fault.KeyOf(err) != "access.unanswered" {
			k.Error(err)
		}
		if err := answer(asta, Decision{Account: asta.ID, What: Keep}, false); err != nil {
			k.Error(err)
		}
		if err := closing("2027-03-22"); fault.KeyOf(err) != "access.next" {
			k.Error(err)
		}
		if err := closing("2027-09-01"); err != nil {
			k.Fatal(err)
		}
		k.afterReview(v, bo, cia, dan)
	})
}

func (k *desk) proposals(v Review, want map[id.ID][]string) {
	k.Helper()
	k.do(func(tx *db.Tx) error {
		lines, err := k.room.Lines(tx, v.ID)
		for _, l := range lines {
			if !slices.Equal(l.Proposals, want[l.Account]) {
				k.Errorf("%s: proposed %v, want %v", l.Name, l.Proposals, want[l.Account])
			}
		}
		if len(lines) != len(want) {
			k.Errorf("%d lines", len(lines))
		}
		return err
	})
}

func (k *desk) afterReview(v Review, bo, cia, dan *staff.Account) {
	k.do(func(tx *db.Tx) error {
		lines, err := k.room.Lines(tx, v.ID)
		stored, err2 := k.room.Review(tx, v.ID)
		if err2 != nil || stored.Digest != v.Digest || DigestOf(stored, lines) != v.Digest {
			k.Errorf("the document does not give its digest again: %v", err2)
		}
		if !bytes.Contains(Document(stored, lines), []byte(`"alone": true`)) {
			k.Error("the document does not say who answered alone")
		}
		lines[0].Reason += "."
		if DigestOf(stored, lines) == v.Digest {
			k.Error("another reason, the same digest")
		}
		b, _ := staff.Get(tx, bo.ID)
		c, _ := staff.Get(tx, cia.ID)
		d, _ := staff.Get(tx, dan.ID)
		if !slices.Equal(b.Levels, []string{"admin"}) || c.DisabledAt.IsZero() || d.Until != "2027-12-31" {
			k.Errorf("%v %v %v", b.Levels, c.DisabledAt, d.Until)
		}
		return err
	})
	if e := k.logged("access.review_close"); len(e) != 1 || e[0].Detail["digest"] != v.Digest || e[0].Detail["outcome"] != "keep 1 lower 1 end_date 1 disable 1" {
		k.Errorf("%+v", e)
	}
	k.c.Move(time.Hour)
	k.do(func(tx *db.Tx) error {
		next, err := k.room.StartReview(tx, demo(k.T), bo.ID, "")
		if next.Since != dbtest.Start.AddDate(0, 0, 30).Format(time.DateOnly) {
			k.Errorf("the next round looks back to %s", next.Since)
		}
		return err
	})
}
