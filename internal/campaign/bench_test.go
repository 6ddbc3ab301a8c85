package campaign_test

import (
	"context"
	"flag"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/outbox"
)

var recipients = flag.Int("recipients", 6_000, "people of the benchmark's register; a third may be written to")

// sink takes everything and only counts, so that the figure is ours alone.
type sink struct{ n atomic.Int64 }

func (*sink) Name() string                                   { return "email" }
func (s *sink) Open(context.Context) (outbox.Session, error) { return s, nil }
func (*sink) Alive() bool                                    { return true }
func (*sink) Close() error                                   { return nil }
func (s *sink) Send(_ context.Context, _ outbox.Letter, ask func() error) outbox.Outcome {
	if ask() != nil {
		return outbox.Outcome{State: outbox.Queued}
	}
	s.n.Add(1)
	return outbox.Outcome{State: outbox.Sent, Reply: outbox.Reply{Code: 250}}
}

// BenchmarkSend measures a whole campaign, from deciding to the recorded outcome.
func BenchmarkSend(b *testing.B) {
	clock := ticking(time.Now())
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Clock: clock, Schema: schemas})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	h := furnish(b, d, clock)
	h.people(*recipients)
	h.Channel = &sink{}
	for b.Loop() {
		start, from := time.Now(), cpu()
		out, err := h.run(b.Context(), newsletter("Bench "+start.String()))
		if err != nil || out.Sent != *recipients/3 || out.State != campaign.Done {
			b.Fatal(out, err)
		}
		b.ReportMetric(float64((cpu()-from).Microseconds())/float64(out.Sent), "µsCPU/message")
		b.ReportMetric(float64(out.Sent)/time.Since(start).Seconds(), "messages/s")
	}
}

// BenchmarkCounted measures what counting the clicks of three links adds: nothing
// where everybody has the same addresses, and where some could have their own the
// question to the rules whether they said yes to that.
func BenchmarkCounted(b *testing.B) {
	for _, c := range []struct {
		name string
		opt  campaign.Options
	}{{"off", campaign.Options{}}, {"counted", campaign.Options{Clicks: true}}, {"asked", campaign.Options{Clicks: true, ClicksFor: "following"}}} {
		b.Run(c.name, func(b *testing.B) {
			clock := ticking(time.Now())
			d, err := db.Open(b.Context(), b.TempDir(), db.Options{Clock: clock, Schema: schemas})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			h := furnish(b, d, clock)
			h.counts()
			h.people(*recipients)
			h.Channel = &sink{}
			for b.Loop() {
				from, letter := cpu(), tracked("Bench "+time.Now().String(), "")
				letter.Options = c.opt
				out, err := h.run(b.Context(), letter)
				if err != nil || out.Sent != *recipients/3 {
					b.Fatal(out, err)
				}
				b.ReportMetric(float64((cpu()-from).Microseconds())/float64(out.Sent), "µsCPU/message")
			}
		})
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
