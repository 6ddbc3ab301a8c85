package alarm

import (
	"testing"

	"kartotek/internal/outbox/pace"
)

// TestWatchBeginsAnew holds that a campaign that somebody goes on with after an alarm is
// not paused for the refusals that another worker still wound up meanwhile.
func TestWatchBeginsAnew(t *testing.T) {
	var w Watch
	refused := func(since int64, n int) (d pace.Decision) {
		for range n {
			d = w.Observe(7, since, pace.RefusedPolicy)
		}
		return d
	}
	if d := refused(0, 20); d.Act != pace.Pause {
		t.Errorf("twenty refusals: %+v", d)
	}
	w.Forget(7)
	refused(0, 18) // of the other worker
	for range 2 {
		if d := w.Observe(7, 1000, pace.Accepted); d.Act != pace.Continue {
			t.Errorf("gone on with: %+v", d)
		}
	}
	if d := refused(0, 30); d.Act != pace.Continue {
		t.Errorf("later still: %+v", d)
	}
	if d := refused(1000, 64); d.Act != pace.Pause {
		t.Errorf("refused again: %+v", d)
	}
}
