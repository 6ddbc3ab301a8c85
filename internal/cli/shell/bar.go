package shell

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kartotek/internal/clock"
)

// Bar is a progress bar on standard error: drawn over itself on a terminal, a
// line every few seconds elsewhere.
type Bar struct {
	w       io.Writer
	tty     bool
	started time.Time
	last    time.Time
	drawn   bool
}

// NewBar makes a bar.
func NewBar(w io.Writer) *Bar {
	b := &Bar{w: w, started: clock.System().Now()}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		b.tty = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// Show draws how much of total is done, and the rate of n things a second.
func (b *Bar) Show(done, total, n int64, what string) {
	now := clock.System().Now()
	every := 5 * time.Second
	if b.tty {
		every = 100 * time.Millisecond
	}
	if now.Sub(b.last) < every {
		return
	}
	b.last, b.drawn = now, true
	share := 0.0
	if total > 0 {
		share = min(1, float64(done)/float64(total))
	}
	took := now.Sub(b.started).Seconds()
	left := time.Duration(0)
	if share > 0 {
		left = time.Duration(took/share*(1-share)) * time.Second
	}
	filled := int(share * 30)
	text := fmt.Sprintf("%s%s %3.0f %%  %d %s, %.0f a second, %s left", strings.Repeat("█", filled), strings.Repeat("░", 30-filled), share*100,
		n, what, float64(n)/max(took, 0.001), left)
	if b.tty {
		fmt.Fprintf(b.w, "\r\x1b[K%s", text)
	} else {
		fmt.Fprintln(b.w, text)
	}
}

// Done takes the bar away.
func (b *Bar) Done() {
	if b.tty && b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
