package noticedef

import (
	"fmt"
	"testing"
)

// Nobody widens what they hold, and only who may publish lets others publish.
func TestWhoMayChange(t *testing.T) {
	n := demo(t)
	with := func(name string, change func(*Level)) Level {
		l, _ := n.Level(name)
		l.Name = name
		change(&l)
		return l
	}
	none := func(*Level) {}
	for i, tc := range []struct {
		holds   []string
		publish bool
		level   Level
		want    string
	}{
		{[]string{"admin"}, false, with("finance", none), ""},
		{[]string{"admin"}, false, with("guest", none), ""},
		{[]string{"admin"}, false, with("admin", none), OwnLevel},
		{[]string{"admin", "marketing"}, true, with("marketing", none), OwnLevel},
		{[]string{"developer"}, false, with("admin", none), OwnLevel}, // could be taken up
		{[]string{"clerk"}, false, with("finance", none), OwnLevel},   // could be taken up in two steps
		{[]string{"finance"}, false, with("service", none), ""},       // the other way it cannot
		{[]string{"admin"}, false, with("dpo", none), ""},             // no wider than it was
		{[]string{"admin"}, false, with("finance", func(l *Level) { l.Acts = []string{"publish"} }), BeyondGiver},
		{[]string{"admin"}, false, with("finance", func(l *Level) { l.Grants = []Grant{{Purpose: "relationship", Acts: []string{"notice"}}} }), BeyondGiver},
		{[]string{"admin"}, false, with("finance", func(l *Level) { l.Elevate = []string{"dpo"} }), BeyondGiver},
		{[]string{"admin"}, true, with("finance", func(l *Level) { l.Acts = []string{"publish"} }), ""},
	} {
		if got := n.MayChange(Holder{tc.holds, tc.publish}, tc.level); got != tc.want {
			t.Errorf("%d: %v on %s: %q, want %q", i, tc.holds, tc.level.Name, got, tc.want)
		}
	}
	for level, want := range map[string]string{"finance": "", "admin": "", "dpo": BeyondGiver, "owner": BeyondGiver, "unknown": ""} {
		if got := n.MayGive(Holder{Levels: []string{"admin"}}, []string{"clerk", level}); got != want {
			t.Errorf("giving %s: %q, want %q", level, got, want)
		}
	}
}

func TestEffects(t *testing.T) {
	n := demo(t)
	after := *n
	l, _ := n.Level("finance")
	l.Grants = []Grant{{Purpose: "relationship", Cells: []Cell{{Category: "identity", Search: true}, {Category: "contact"}}, Acts: []string{"decide"}}}
	after.Levels = n.WithLevel(l)
	got := fmt.Sprint(Effects(n, &after, [][]string{{"finance"}, {"finance", "dpo"}, {"finance", "marketing"}, {"clerk"}, {"gone"}}))
	want := "[{contact see 0 1} {billing see 2 0} {billing search 2 0} {billing edit 3 0} {orders see 2 0} {orders search 2 0} { decide 0 1}]"
	if got != want {
		t.Errorf("\n%s, want\n%s", got, want)
	}
}
