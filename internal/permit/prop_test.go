package permit

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func pick(t *rapid.T, name string, from ...string) string {
	return rapid.SampledFrom(from).Draw(t, name)
}

func anyTime(t *rapid.T, name string) time.Time {
	return ago(rapid.IntRange(-3, 6).Draw(t, name))
}

func maybeTime(t *rapid.T, name string) *time.Time {
	if rapid.Bool().Draw(t, name+"?") {
		return nil
	}
	v := anyTime(t, name)
	return &v
}

func anyProhibition(t *rapid.T) string {
	return pick(t, "prohibition", "all-marketing", "channel:email", "channel:SMS", "channel:post", "research", "Profiling", "channel:fax", "purpose:newsletter", "Purpose:Campaign:email", "purpose:x:fax", "noise", "")
}

func anyQuestion(t *rapid.T) Question {
	return Question{
		Class:   Class(pick(t, "class", "service", "survey", "marketing", "internal", "other")),
		Purpose: pick(t, "purpose", "newsletter", "campaign", "campaign", ""),
		Channel: pick(t, "channel", "email", "sms", "call", "post", "", "fax"),
		Basis:   pick(t, "basis", "", "consent", BasisInterest, BasisContract, BasisObligation),
		Goods:   rapid.SampledFrom([][]string{nil, {"a"}, {"b", "c"}}).Draw(t, "asked goods"),
		At:      noon,
	}
}

func anyConsent(t *rapid.T) Consent {
	return Consent{
		Purpose: pick(t, "consent purpose", "newsletter", "campaign"), Channel: pick(t, "consent channel", "email", "sms", "call", ""),
		Given: anyTime(t, "given"), Withdrawn: maybeTime(t, "withdrawn"), Expires: maybeTime(t, "expires"),
	}
}

func anyFacts(t *rapid.T) Facts {
	f := Facts{
		Country: pick(t, "country", "FI", "SE", "AX", "DE", ""), Subject: pick(t, "subject", "natural", "legal", ""),
		Restricted: rapid.IntRange(0, 9).Draw(t, "restricted") == 0, Erased: rapid.IntRange(0, 9).Draw(t, "erased") == 0,
		RoleRelevant: rapid.Bool().Draw(t, "role"),
		Consents:     rapid.SliceOfN(rapid.Custom(anyConsent), 0, 4).Draw(t, "consents"),
		Suppressed:   rapid.SliceOfN(rapid.SampledFrom([]string{"email", "sms", "call"}), 0, 1).Draw(t, "suppressed"),
	}
	if rapid.IntRange(0, 2).Draw(t, "banned") == 0 {
		f.Prohibitions = rapid.SliceOfN(rapid.Custom(anyProhibition), 1, 2).Draw(t, "prohibitions")
	}
	if rapid.Bool().Draw(t, "customer") {
		f.SoftOptIn = &SoftOptIn{Sale: pick(t, "sale", "2026-01-01", "2026-01-01", "2027-01-01", ""),
			SameController: rapid.IntRange(0, 3).Draw(t, "same") > 0, SimilarProducts: rapid.Bool().Draw(t, "similar"),
			ObjectionOffered: rapid.IntRange(0, 3).Draw(t, "offered") > 0,
			Goods:            rapid.SampledFrom([][]string{nil, {"a"}, {"b"}}).Draw(t, "sold goods")}
	}
	return f
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := anyQuestion(t), anyFacts(t)
		v := Decide(q, f)
		if again := Decide(q, f); !reflect.DeepEqual(v, again) {
			t.Fatalf("two answers: %+v, %+v", v, again)
		}
		clear := v.Code != CodeBadQuestion
		if clear && q.Class == Service && !f.Erased && !f.Restricted && len(f.Suppressed) == 0 && !v.Allowed {
			t.Fatalf("a service message was denied: %+v", v)
		}
		if v.Allowed && (f.Erased || f.Restricted || slices.Contains(f.Suppressed, q.Channel)) {
			t.Fatalf("someone erased, restricted or suppressed was allowed: %+v", v)
		}
		if !v.Allowed {
			stricterStaysDenied(t, q, f)
		}
	})
}

// stricterStaysDenied makes the facts stricter in each way and asks again.
func stricterStaysDenied(t *rapid.T, q Question, f Facts) {
	for what, change := range map[string]func(*Facts){
		"a prohibition": func(f *Facts) { f.Prohibitions = append(slices.Clone(f.Prohibitions), anyProhibition(t)) },
		"a restriction": func(f *Facts) { f.Restricted = true },
		"an erasure":    func(f *Facts) { f.Erased = true },
		"a suppression": func(f *Facts) { f.Suppressed = append(slices.Clone(f.Suppressed), "post") },
		"no sale":       func(f *Facts) { f.SoftOptIn = nil },
		"no role":       func(f *Facts) { f.RoleRelevant = false },
		"no country":    func(f *Facts) { f.Country = "" },
		"a natural one": func(f *Facts) { f.Subject = "natural" },
		"a withdrawal": func(f *Facts) {
			f.Consents = slices.Clone(f.Consents)
			if len(f.Consents) > 0 && f.Consents[0].Withdrawn == nil {
				w := anyTime(t, "new withdrawal")
				f.Consents[0].Withdrawn = &w
			}
		},
	} {
		g := f
		change(&g)
		if v := Decide(q, g); v.Allowed {
			t.Fatalf("%s turned a denial into %s", what, v.Code)
		}
	}
}

func TestMergeNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, a, b := anyQuestion(t), anyFacts(t), anyFacts(t)
		m := Merge(a, b)
		if v := Decide(q, m); v.Allowed && !Decide(q, a).Allowed && !Decide(q, b).Allowed {
			t.Fatalf("the merge allows %s, which neither did", v.Code)
		}
		for _, f := range []Facts{a, b} {
			if v := Decide(q, f); v.Code[:3] == "PRO" && Decide(q, m).Allowed {
				t.Fatalf("the merge lost %s", v.Code)
			}
		}
	})
}

func TestMergeKeepsArguments(t *testing.T) {
	a := Facts{Country: "FI", Prohibitions: make([]string, 0, 4), Consents: make([]Consent, 0, 4)}
	b := Facts{Country: "FI", Prohibitions: []string{"research"}, Consents: consented("email"), SoftOptIn: sold()}
	m := Merge(a, b)
	if len(m.Prohibitions) != 1 || len(m.Consents) != 1 || m.SoftOptIn == nil || m.Country != "FI" {
		t.Errorf("merged %+v", m)
	}
	if len(a.Prohibitions) != 0 || a.Prohibitions[:1][0] != "" {
		t.Error("the merge wrote into its argument")
	}
}
