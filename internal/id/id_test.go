package id

import (
	"encoding/json"
	"sync"
	"testing"
	"time"
)

func at(ms int64) func() time.Time { return func() time.Time { return time.UnixMilli(ms).UTC() } }

const noon = 1795348800000 // 2026-11-22T12:00:00Z

func TestUniqueAndEven(t *testing.T) {
	m := NewMaker(3, at(noon)) // the clock stands still: milliseconds are borrowed
	var mu sync.Mutex
	seen, buckets := map[ID]bool{}, make([]int, Buckets)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 3 * Buckets {
				i := m.New()
				mu.Lock()
				if seen[i] {
					t.Errorf("%s was made twice", i)
				}
				seen[i] = true
				buckets[i.Bucket()]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for b, n := range buckets {
		if n != 12 {
			t.Fatalf("bucket %d holds %d of %d", b, n, len(seen))
		}
	}
}

// TestSlowMaking holds that buckets fill evenly also when ids are made one at a time.
func TestSlowMaking(t *testing.T) {
	now := int64(noon)
	m := NewMaker(0, func() time.Time { now += 7; return time.UnixMilli(now) })
	seen := map[int]bool{}
	var last ID
	for range Buckets {
		i := m.New()
		if i <= last || i.Ms() != now {
			t.Fatalf("%d after %d, made at %d", i, last, i.Ms())
		}
		last = i
		seen[i.Bucket()] = true
	}
	if len(seen) != Buckets {
		t.Errorf("%d buckets were used", len(seen))
	}
}

func TestClockFallsBack(t *testing.T) {
	now := int64(noon)
	m := NewMaker(0, func() time.Time { return time.UnixMilli(now) })
	seen := map[ID]bool{}
	for i := range 3 * Buckets {
		if i == Buckets/2 {
			now -= 3_600_000
		}
		v := m.New()
		if seen[v] {
			t.Fatalf("%s was made twice", v)
		}
		seen[v] = true
	}
}

func TestNodesDiffer(t *testing.T) {
	a, b := NewMaker(1, at(noon)).New(), NewMaker(2, at(noon)).New()
	if a == b || a.Bucket() != b.Bucket() {
		t.Errorf("%s and %s", a, b)
	}
	if a < 0 || b < 0 {
		t.Error("ids are 63 bits")
	}
}

func TestText(t *testing.T) {
	for i, want := range map[ID]string{0: "0", 1: "1", 31: "z", 32: "10", 1<<63 - 1: "7zzzzzzzzzzzz"} {
		if got := i.String(); got != want {
			t.Errorf("%d: %s, want %s", int64(i), got, want)
		}
		if back, err := Parse(want); back != i || err != nil {
			t.Errorf("%s: %d %v", want, back, err)
		}
	}
	for _, bad := range []string{"", "01", "00", "-1", "U", "l", "i", "o", "Z", " 1", "1 ", "8000000000000", "zzzzzzzzzzzzz", "11111111111111", "ä"} {
		if v, err := Parse(bad); err == nil {
			t.Errorf("%q was read as %d", bad, int64(v))
		}
	}
	b, err := json.Marshal(map[string]ID{"id": 1<<63 - 1})
	if err != nil || string(b) != `{"id":"7zzzzzzzzzzzz"}` {
		t.Errorf("%s %v", b, err)
	}
	var back struct{ ID ID }
	if err := json.Unmarshal(b, &back); err != nil || back.ID != 1<<63-1 {
		t.Errorf("%+v %v", back, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("7zzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, s string) {
		if i, err := Parse(s); err == nil && (i.String() != s || i < 0) {
			t.Errorf("%q was read as %d, which is written %q", s, int64(i), i)
		}
	})
}
