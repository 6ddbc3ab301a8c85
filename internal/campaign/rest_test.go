package campaign

import "testing"

// TestAtRest holds that a run is not reported while the state of the campaign still
// has to follow its ranges: "the test is out" is then told for what it is.
func TestAtRest(t *testing.T) {
	for name, c := range map[string]struct {
		state  State
		phases []phase
		want   bool
	}{
		"waiting for the mail server":          {Sending, []phase{phaseWait, phaseDone}, true},
		"a test out, and not yet said":         {Sending, []phase{phaseHeld, phaseDone}, false},
		"a test out in one range, not another": {Sending, []phase{phaseHeld, phaseWait}, true},
		"a test out":                           {Choosing, []phase{phaseHeld, phaseHeld}, true},
		"all sent, and not yet said":           {Sending, []phase{phaseDone, phaseDone}, false},
	} {
		all := make([]span, len(c.phases))
		for i, p := range c.phases {
			all[i].phase = p
		}
		if got := atRest(c.state, all); got != c.want {
			t.Errorf("%s: at rest %t", name, got)
		}
	}
}
