package access

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schema = []db.Schema{audit.Schema, staff.Schema, Schema}

// desk is a register with the room, some accounts, and a clock to move.
type desk struct {
	*testing.T
	d    *db.DB
	c    *clock.Fixed
	room *Room
}

func each(t *testing.T, fn func(k *desk)) {
	t.Helper()
	for _, e := range []struct {
		name string
		open func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		t.Run(e.name, func(t *testing.T) {
			c, keys := clock.At(dbtest.Start), seal.Fixed([32]byte{3})
			d := e.open(t, schema, dbtest.At(c))
			fn(&desk{T: t, d: d, c: c, room: &Room{DB: d, Keys: keys, Staff: &staff.Room{Keys: keys}}})
		})
	}
}

func (k *desk) do(fn func(tx *db.Tx) error) {
	k.Helper()
	if err := k.try(fn); err != nil {
		k.Fatal(err)
	}
}

func (k *desk) try(fn func(tx *db.Tx) error) error {
	return k.d.Do(k.Context(), db.System("test"), fn)
}

func (k *desk) account(name, email string, levels ...string) (a *staff.Account) {
	k.Helper()
	k.do(func(tx *db.Tx) (err error) {
		a, err = k.room.Staff.Create(tx, staff.NewAccount{Name: name, Email: email, Levels: levels})
		return err
	})
	return a
}

// session signs an account in.
func (k *desk) session(a *staff.Account) (s *staff.Session) {
	k.Helper()
	var token string
	k.do(func(tx *db.Tx) (err error) { token, err = k.room.Staff.Link(tx, a.ID, staff.SignInLink); return err })
	o, err := k.room.Staff.FollowLink(k.Context(), k.d, token, "test")
	if err != nil {
		k.Fatal(err)
	}
	return o.Session
}

func (k *desk) inForce(s *staff.Session) (n int) {
	k.Helper()
	k.do(func(tx *db.Tx) error { list, err := InForce(tx, s.ID); n = len(list); return err })
	return n
}

func (k *desk) logged(action string) (out []audit.Entry) {
	k.Helper()
	k.do(func(tx *db.Tx) (err error) { out, err = audit.Read(tx, audit.Filter{Action: action}); return err })
	return out
}

func TestElevation(t *testing.T) {
	each(t, func(k *desk) {
		asta := k.account("Asta Ek", "asta@bolaget.example", "clerk")
		boss := k.account("Bo Ek", "bo@bolaget.example", "admin")
		s, other := k.session(asta), k.session(asta)
		take := func(level string, minutes int, reason string) (e Elevation, err error) {
			err = k.try(func(tx *db.Tx) error {
				e, err = k.room.Elevate(tx, s, []string{"service", "strong"}, level, minutes, reason, level == "strong")
				return err
			})
			return e, err
		}
		for _, x := range []struct {
			level, reason, key string
			minutes            int
		}{
			{"dpo", "the colleague is ill", "access.no_elevation", 15}, {"strong", "the colleague is ill", "access.second", 15}, {"service", "the colleague is ill", "access.minutes", 14},
			{"service", "the colleague is ill", "access.minutes", 241}, {"service", "  x  ", "access.reason", 15},
			{"service", strings.Repeat("long ", 61), "access.reason_long", 15},
		} {
			if _, err := take(x.level, x.minutes, x.reason); fault.KeyOf(err) != x.key {
				k.Errorf("%+v: %v", x, err)
			}
		}
		if _, err := take("service", 15, "the colleague is ill"); err != nil {
			k.Fatal(err)
		}
		if _, err := take("service", 15, "once more, please"); fault.KeyOf(err) != "access.elevated" {
			k.Error(err)
		}
		if k.inForce(s) != 1 || k.inForce(other) != 0 {
			k.Error("an elevation belongs to its session")
		}
		k.c.Move(15*time.Minute - time.Millisecond)
		if k.inForce(s) != 1 {
			k.Error("it ended before its time")
		}
		k.c.Move(time.Millisecond)
		if k.inForce(s) != 0 {
			k.Error("it did not end on time")
		}
		if e := k.logged("access.elevate"); len(e) != 1 || e[0].Detail["reason"] != "the colleague is ill" {
			k.Errorf("%+v", e)
		}
		k.endings(asta, boss, s, take)
	})
}

func (k *desk) endings(asta, boss *staff.Account, s *staff.Session, take func(string, int, string) (Elevation, error)) {
	end := func(e Elevation, by *staff.Account, admin bool) error {
		return k.try(func(tx *db.Tx) error { return k.room.EndElevation(tx, e.ID, by.ID, admin) })
	}
	e, err := take("service", 240, "month's end, two hands")
	if err != nil {
		k.Fatal(err)
	}
	if err := end(e, boss, false); !fault.Is(err, fault.NotFound) || k.inForce(s) != 1 {
		k.Errorf("a colleague ended it: %v", err)
	}
	if err := end(e, boss, true); err != nil || k.inForce(s) != 0 {
		k.Errorf("an administrator: %v", err)
	}
	if e, err = take("service", 240, "month's end, again"); err != nil || end(e, asta, false) != nil || k.inForce(s) != 0 {
		k.Errorf("its owner: %v", err)
	}
	if _, err = take("service", 240, "month's end, and again"); err != nil {
		k.Fatal(err)
	}
	k.do(func(tx *db.Tx) error { return k.room.Staff.Disable(tx, asta.ID) })
	k.do(func(tx *db.Tx) error {
		all, err := k.room.Elevations(tx, dbtest.Start)
		for _, e := range all {
			if e.InForce(tx.Time()) {
				k.Errorf("after disabling: %+v", e)
			}
		}
		return err
	})
}

func TestDigest(t *testing.T) {
	r := &Room{Keys: seal.Fixed([32]byte{3})}
	base := url.Values{"a": {"1", "2"}, "b": {""}}
	same := r.Digest("POST", "/outreach/7/send", base)
	if same != r.Digest("POST", "/outreach/7/send", url.Values{"b": {""}, "a": {"1", "2"}}) {
		t.Error("the order of fields tells")
	}
	for name, d := range map[string]string{
		"a field added":     r.Digest("POST", "/outreach/7/send", url.Values{"a": {"1", "2"}, "b": {""}, "c": {""}}),
		"a field taken":     r.Digest("POST", "/outreach/7/send", url.Values{"a": {"1", "2"}}),
		"another value":     r.Digest("POST", "/outreach/7/send", url.Values{"a": {"1", "3"}, "b": {""}}),
		"another order":     r.Digest("POST", "/outreach/7/send", url.Values{"a": {"2", "1"}, "b": {""}}),
		"values moved":      r.Digest("POST", "/outreach/7/send", url.Values{"a": {"1"}, "b": {"2", ""}}),
		"another path":      r.Digest("POST", "/outreach/8/send", base),
		"another method":    r.Digest("PUT", "/outreach/7/send", base),
		"another key":       (&Room{Keys: seal.Fixed([32]byte{4})}).Digest("POST", "/outreach/7/send", base),
		"run into the path": r.Digest("POST", "/outreach/7/sen", url.Values{"da": {"1", "2"}, "b": {""}}),
	} {
		if d == same {
			t.Errorf("%s: the same digest", name)
		}
	}
}

func FuzzDigest(f *testing.F) {
	f.Add("a", "1", "b", "2")
	r := &Room{Keys: seal.Fixed([32]byte{3})}
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2 string) {
		one, two := url.Values{n1: {v1}}, url.Values{n2: {v2}}
		if (n1 == n2 && v1 == v2) != (r.Digest("POST", "/", one) == r.Digest("POST", "/", two)) {
			t.Errorf("%v and %v", one, two)
		}
	})
}

func anything(string) bool { return true }

func TestFourEyes(t *testing.T) {
	each(t, func(k *desk) {
		asta, bo := k.account("Asta Ek", "asta@bolaget.example", "clerk"), k.account("Bo Alm", "bo@bolaget.example", "clerk")
		twin, tag := k.account("ASTA  EK", "asta@konsult.example", "clerk"), k.account("A. Ek", "Asta+2@bolaget.example", "clerk")
		act := Act{Account: asta.ID, Name: "send", Route: "POST /outreach/{id}/send", Object: "/outreach/7/send", Digest: "d1"}
		hold := func(a Act) (q Request, through bool) {
			k.Helper()
			k.do(func(tx *db.Tx) (err error) { q, through, err = k.room.Hold(tx, a); return err })
			return q, through
		}
		decide := func(q Request, by *staff.Account, may func(string) bool, agree bool) error {
			return k.try(func(tx *db.Tx) error { return k.room.Decide(tx, q.ID, by, may, agree, "looked at it") })
		}
		q, through := hold(act)
		if again, _ := hold(act); through || again.ID != q.ID || q.State != Waiting {
			k.Errorf("%v %+v", through, again)
		}
		for _, own := range []*staff.Account{asta, twin, tag} {
			if err := decide(q, own, anything, true); fault.KeyOf(err) != "access.own" {
				k.Errorf("%s agreed to their own act: %v", own.Email, err)
			}
		}
		if err := decide(q, bo, func(act string) bool { return act != "send" }, true); fault.KeyOf(err) != "access.not_held" {
			k.Error(err)
		}
		if err := decide(q, bo, anything, true); err != nil {
			k.Fatal(err)
		}
		if err := decide(q, bo, anything, false); fault.KeyOf(err) != "access.decided" {
			k.Error(err)
		}
		other := act
		other.Digest = "d2"
		if _, through := hold(other); through {
			k.Error("another form went through")
		}
		other = act
		other.Account = bo.ID
		if _, through := hold(other); through {
			k.Error("another account's act went through")
		}
		if _, through := hold(act); !through {
			k.Error("the act does not go through")
		}
		if _, through := hold(act); through {
			k.Error("the act went through twice")
		}
		k.do(func(tx *db.Tx) error { return k.room.GiveBack(tx, q.ID) })
		if _, through := hold(act); !through {
			k.Error("what was given back does not count")
		}
	})
}

func TestFourEyesLapse(t *testing.T) {
	each(t, func(k *desk) {
		asta, bo := k.account("Asta Ek", "asta@bolaget.example", "clerk"), k.account("Bo Alm", "bo@bolaget.example", "clerk")
		act := Act{Account: asta.ID, Name: "send", Digest: "d1"}
		hold := func() (q Request, through bool) {
			k.do(func(tx *db.Tx) (err error) { q, through, err = k.room.Hold(tx, act); return err })
			return q, through
		}
		first, _ := hold()
		k.do(func(tx *db.Tx) error { return k.room.Decide(tx, first.ID, bo, anything, true, "looked at it") })
		k.c.Move(Holds)
		second, through := hold()
		if through || second.ID == first.ID {
			k.Error("an agreement of yesterday still counts")
		}
		k.c.Move(Waits)
		err := k.try(func(tx *db.Tx) error { return k.room.Decide(tx, second.ID, bo, anything, true, "looked at it") })
		if fault.KeyOf(err) != "access.decided" {
			k.Errorf("after a week: %v", err)
		}
		k.do(func(tx *db.Tx) error {
			list, err := k.room.Requests(tx)
			if len(list) != 2 || list[0].State != Lapsed || list[1].State != Lapsed {
				k.Errorf("%+v", list)
			}
			return err
		})
	})
}

func TestConcurrentUse(t *testing.T) {
	each(t, func(k *desk) {
		asta, bo := k.account("Asta Ek", "asta@bolaget.example", "clerk"), k.account("Bo Alm", "bo@bolaget.example", "clerk")
		act := Act{Account: asta.ID, Name: "send", Digest: "d1"}
		k.do(func(tx *db.Tx) error {
			q, _, err := k.room.Hold(tx, act)
			if err == nil {
				err = k.room.Decide(tx, q.ID, bo, anything, true, "looked at it")
			}
			return err
		})
		var mu sync.Mutex
		var wg sync.WaitGroup
		went := 0
		for range 8 {
			wg.Go(func() {
				var through bool
				err := k.d.Do(context.Background(), db.System("test"), func(tx *db.Tx) (err error) { _, through, err = k.room.Hold(tx, act); return err })
				mu.Lock()
				defer mu.Unlock()
				if err == nil && through {
					went++
				}
			})
		}
		wg.Wait()
		if went != 1 {
			k.Errorf("went through %d times", went)
		}
	})
}

func TestUsage(t *testing.T) {
	each(t, func(k *desk) {
		who := id.ID(4711)
		for range 3 { // days
			for range 5 {
				k.room.Note(who, k.c.Now(), Present, "send")
			}
			if err := k.room.Flush(k.Context()); err != nil {
				k.Fatal(err)
			}
			if err := (&Room{DB: k.d}).again(k.Context(), who, k.c.Now()); err != nil { // another node, the same day
				k.Fatal(err)
			}
			k.c.Move(24 * time.Hour)
		}
		k.do(func(tx *db.Tx) error {
			list, err := k.room.Used(tx, who)
			want := []Usage{{Present, "2026-11-22", "2026-11-24", 3}, {"send", "2026-11-22", "2026-11-24", 3}}
			if !slices.Equal(list, want) {
				k.Errorf("%+v", list)
			}
			return err
		})
	})
}

func (r *Room) again(ctx context.Context, who id.ID, at time.Time) error {
	r.Note(who, at, Present, "send")
	return r.Flush(ctx)
}

func BenchmarkNote(b *testing.B) {
	r, at := &Room{}, dbtest.Start
	for b.Loop() {
		r.Note(4711, at, Present, "see identity", "see contact", "see employer")
	}
}
