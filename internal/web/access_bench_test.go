package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/tree"
	"kartotek/internal/web/door"
)

// BenchmarkPeopleList measures the list of people as somebody reads it: without
// a level to take up, with one that is not taken up, and with one that is. What
// the counting of rights costs is in all of them (access: BenchmarkNote).
func BenchmarkPeopleList(b *testing.B) {
	for _, c := range []struct{ name, level, raise string }{{"no-elevation", "marketing", ""}, {"may-elevate", "service", ""}, {"elevated", "service", "finance"}} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorld(b)
			cookie := w.crowd(c.name, c.level)
			if c.raise != "" {
				w.raise(cookie, c.raise)
			}
			for b.Loop() {
				w.list(cookie)
			}
		})
	}
}

// crowd makes people to list and signs somebody in who lists them.
func (w *world) crowd(name, level string) (cookie string) {
	for range 50 {
		w.person()
	}
	return w.signedIn(fmt.Sprintf("%s@nordanvind.example", name), level)
}

func (w *world) list(cookie string) {
	r := httptest.NewRequest(http.MethodGet, "/people", nil)
	r.Header.Set("Cookie", cookie)
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK {
		w.t.Error(rec.Code)
	}
}

// mute is a log that nobody keeps; wait is how long it takes over that.
type mute struct{ wait time.Duration }

func (m mute) Seen(context.Context, db.By, ...audit.Entry) error {
	if m.wait > 0 {
		nap := syscall.NsecToTimespec(m.wait.Nanoseconds())
		_ = syscall.Nanosleep(&nap, nil)
	}
	return nil
}
func (mute) Fold(context.Context) error { return nil }

// timed notes how long its readers wait.
type timed struct {
	*audit.Room
	waited atomic.Int64 // ns
}

func (l *timed) Seen(ctx context.Context, by db.By, entries ...audit.Entry) error {
	begun := time.Now()
	err := l.Room.Seen(ctx, by, entries...)
	l.waited.Add(int64(time.Since(begun)))
	return err
}

// BenchmarkPeopleListLogged measures what logging a read adds to the list of people,
// in processor time: the same pages with and without, in turns, with one reader and
// with 32 at once. What is done later, in taking the entries into the log and into
// its tree, is counted too.
//
// Any log that waits for a disk lets another process have the core meanwhile, and the
// page goes on with cold caches. %wait is what a wait of the same length costs by
// itself, without a log; on a machine that others use it is most of the whole.
func BenchmarkPeopleListLogged(b *testing.B) {
	for _, kind := range []string{"journal", "commit"} {
		for _, readers := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/readers=%d", kind, readers), func(b *testing.B) { logged(b, kind == "journal", readers) })
		}
	}
}

func logged(b *testing.B, journal bool, readers int) {
	w := newWorld(b)
	cookie := w.crowd("reader", "marketing")
	log := &timed{Room: &audit.Room{DB: w.DB}}
	leaves := &tree.Room{DB: w.DB, Keys: w.Keys}
	if journal {
		log.Dir = filepath.Join(filepath.Dir(w.file), "reads")
		ctx, end := context.WithCancel(b.Context())
		ended := make(chan error)
		go func() { ended <- log.Run(ctx) }()
		defer func() { end(); <-ended }()
	}
	const turn = 640
	var with, without, waiting time.Duration
	pages := 0
	for b.Loop() {
		pages += turn
		w.Audit = mute{}
		without += spent(func() { w.lists(cookie, readers, turn) })
		w.Audit = log
		with += spent(func() {
			w.lists(cookie, readers, turn)
			err := log.Fold(b.Context())
			if _, also := leaves.Sequence(b.Context()); err != nil || also != nil {
				b.Error("the log was not kept", err, also)
			}
		})
		if readers == 1 {
			w.Audit = mute{time.Duration(log.waited.Load()) / time.Duration(pages)}
			waiting += spent(func() { w.lists(cookie, readers, turn) })
		}
	}
	per := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(pages) }
	b.ReportMetric(per(without), "µs-cpu/page")
	b.ReportMetric(per(with-without), "µs-cpu/entry")
	b.ReportMetric(100*float64(with-without)/float64(without), "%more")
	b.ReportMetric(float64(log.waited.Load())/1000/float64(pages), "µs-wait/entry")
	if readers == 1 {
		b.ReportMetric(100*float64(waiting-without)/float64(without), "%wait")
	}
}

func (w *world) lists(cookie string, readers, pages int) {
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			for range pages / readers {
				w.list(cookie)
			}
		})
	}
	all.Wait()
}

// spent is the processor time of this process that f takes, in and outside the system.
func spent(f func()) time.Duration {
	var a, z syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &a)
	f()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &z)
	return time.Duration(z.Utime.Nano() + z.Stime.Nano() - a.Utime.Nano() - a.Stime.Nano())
}

// raise takes a level up in a session.
func (w *world) raise(cookie, level string) {
	w.t.Helper()
	s, err := w.Staff.Session(w.t.Context(), w.DB, cookie[len(door.SessionCookie)+1:])
	if err != nil {
		w.t.Fatal(err)
	}
	w.do(func(tx *db.Tx) error {
		_, err := w.Access.Elevate(tx, s, []string{level}, level, 240, "for the measurement", false)
		return err
	})
}
