package apikey

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{audit.Schema, staff.Schema, Schema}

func demo(t testing.TB) *noticedef.Notice {
	t.Helper()
	n, found := noticedef.Parse("nordanvind.yaml", noticedef.DemoNotice())
	if n == nil {
		t.Fatal(found)
	}
	return n
}

// owner gives a level of the demo's notice.
func level(t testing.TB, n *noticedef.Notice, name string) noticedef.Level {
	t.Helper()
	l, ok := n.Level(name)
	if !ok {
		t.Fatalf("no level %s", name)
	}
	return l
}

// TestNarrow: whatever rights a key was given, it may do nothing its owner may not,
// nothing it was not given, and never what no key may.
func TestNarrow(t *testing.T) {
	n := demo(t)
	owner := Offer(n, []noticedef.Level{level(t, n, "owner")})
	for _, name := range []string{"owner", "admin", "service", "marketing", "finance"} {
		l := level(t, n, name)
		for take := 1; take < 7; take++ {
			var given Rights
			for i, r := range owner {
				if i%take == 0 {
					given = append(given, r)
				}
			}
			narrow := given.Narrow(n, l)
			for _, r := range Offer(n, []noticedef.Level{narrow}) {
				ours := r.Category != "" && l.May(r.Purpose, r.Category, r.Action) || r.Category == "" && l.Can(r.Action)
				if !ours || !given.has(r) && r.Action != noticedef.See {
					t.Fatalf("%s: a key of %s may %s", name, given, r)
				}
			}
			for _, act := range Never {
				if narrow.Can(act) {
					t.Errorf("%s: a key may %s", name, act)
				}
			}
			if narrow.Elevate != nil {
				t.Error("a key may be raised")
			}
		}
	}
	if got := (Rights{}).Narrow(n, level(t, n, "owner")); len(got.Acts)+len(got.Grants) > 0 {
		t.Errorf("no rights are %+v", got)
	}
	four := level(t, n, "owner")
	four.FourEyes = []string{"send"}
	if slices.ContainsFunc(Offer(n, []noticedef.Level{four}), func(r Right) bool { return r.Action == "send" }) || Rights(owner).Narrow(n, four).Can("send") {
		t.Error("a key may do alone what takes two people")
	}
	stranger := Rights{{"newsletter", "no_such_category", "see"}, {"no_such_purpose", "identity", "see"}}
	if got := stranger.Narrow(n, level(t, n, "owner")); len(got.Grants) > 0 {
		t.Errorf("what the notice no longer lists: %+v", got)
	}
}

func TestKeys(t *testing.T) {
	n := demo(t)
	for engine, open := range map[string]func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			d := open(t, schemas, dbtest.At(c))
			people, room := &staff.Room{Keys: seal.Fixed([32]byte{5})}, &Room{}
			var asta *staff.Account
			do := func(by db.By, fn func(*db.Tx) error) error { return d.Do(t.Context(), by, fn) }
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(do(db.System("test"), func(tx *db.Tx) (err error) {
				asta, err = people.Create(tx, staff.NewAccount{Name: "Asta Ek", Email: "asta@bolaget.example", Levels: []string{"marketing"}})
				return err
			}))
			me := db.By{Kind: "staff", ID: asta.ID, Name: asta.Name}
			session := &staff.Session{ID: 1, Account: asta, Via: staff.ViaPassword}
			offer := Offer(n, []noticedef.Level{level(t, n, "marketing")})
			make := func(s *staff.Session, by db.By, k New) (text string, key *Key, err error) {
				err = do(by, func(tx *db.Tx) error { text, key, err = room.Make(tx, s, offer, k); return err })
				return text, key, err
			}
			good := New{Name: "Shop", Until: "2026-12-31", Rights: []string{"newsletter/identity/search"}}

			text, key, err := make(session, me, good)
			must(err)
			if len(text) < 36 || !strings.HasPrefix(text, Prefix+key.ID.String()+"_") || key.Rights.String() != "newsletter/identity/search newsletter/identity/see" {
				t.Errorf("made %s: %+v", text, key)
			}
			u, err := room.Check(t.Context(), d, text)
			must(err)
			if u.Owner.ID != asta.ID || u.Session().Strong || u.Session().Fresh(c.Now()) || u.Session().Device != "API key Shop" {
				t.Errorf("used: %+v", u)
			}
			must(do(me, func(tx *db.Tx) error {
				all, err := room.List(tx, asta.ID)
				if len(all) != 1 || all[0].UsedOn != "2026-11-22" {
					t.Errorf("listed: %+v", all)
				}
				return err
			}))

			for name, row := range map[string]struct {
				s    *staff.Session
				by   db.By
				k    New
				want string
			}{
				"nobody":            {nil, me, good, "apikey.not_own"},
				"by a key":          {u.Session(), me, good, "apikey.not_own"},
				"of somebody else":  {session, db.By{Kind: "staff", ID: 99}, good, "apikey.not_own"},
				"idle":              {&staff.Session{Account: asta, Locked: true}, me, good, "apikey.not_own"},
				"no name":           {session, me, New{Until: good.Until, Rights: good.Rights}, "apikey.name"},
				"two lines":         {session, me, New{Name: "a\nb", Until: good.Until, Rights: good.Rights}, "apikey.name"},
				"no end":            {session, me, New{Name: "x", Rights: good.Rights}, "apikey.until"},
				"far end":           {session, me, New{Name: "x", Until: "2027-11-25", Rights: good.Rights}, "apikey.until"},
				"over":              {session, me, New{Name: "x", Until: "2026-11-21", Rights: good.Rights}, "apikey.until"},
				"nothing":           {session, me, New{Name: "x", Until: good.Until}, "apikey.nothing"},
				"more than one has": {session, me, New{Name: "x", Until: good.Until, Rights: []string{"relationship/billing/see"}}, "apikey.rights"},
				"accounts":          {session, me, New{Name: "x", Until: good.Until, Rights: []string{"//staff"}}, "apikey.rights"},
			} {
				if text, _, err := make(row.s, row.by, row.k); fault.KeyOf(err) != row.want || text != "" {
					t.Errorf("%s: %v, want %s", name, err, row.want)
				}
			}
			for _, bad := range []string{"", text + "a", text[:len(text)-1], strings.Replace(text, "ktk_", "ktk-", 1), strings.ToUpper(text), "ktk_1_" + text[len(text)-32:], strings.Repeat("x", 1000)} {
				if _, err := room.Check(t.Context(), d, bad); fault.KeyOf(err) != "apikey.wrong" {
					t.Errorf("%.50s: %v", bad, err)
				}
			}
			refused := func(why string) {
				t.Helper()
				if _, err := room.Check(t.Context(), d, text); fault.KeyOf(err) != "apikey.wrong" {
					t.Errorf("%s: %v", why, err)
				}
			}
			must(do(me, func(tx *db.Tx) error { return people.SetUntil(tx, asta.ID, "2026-11-22") }))
			c.Move(24 * time.Hour)
			refused("after the owner's last day")
			must(do(me, func(tx *db.Tx) error { return people.SetUntil(tx, asta.ID, "") }))
			_, err = room.Check(t.Context(), d, text)
			must(err)
			if err := do(me, func(tx *db.Tx) error { return room.Revoke(tx, 99, key.ID) }); !fault.Is(err, fault.NotFound) {
				t.Errorf("somebody else's: %v", err)
			}
			must(do(me, func(tx *db.Tx) error { return room.Revoke(tx, asta.ID, key.ID) }))
			refused("revoked")
			if err := do(me, func(tx *db.Tx) error { return room.Revoke(tx, asta.ID, key.ID) }); !fault.Is(err, fault.NotFound) {
				t.Errorf("twice: %v", err)
			}
			text, _, err = make(session, me, good)
			must(err)
			c.Move(60 * 24 * time.Hour)
			refused("after its last day")
		})
	}
}

// FuzzParseRights: what is read is what is written, and what cannot be read allows nothing.
func FuzzParseRights(f *testing.F) {
	for _, s := range []string{"", "newsletter/contact/see newsletter//send //log", "///", "a/b", "a//", "//", "/b/see"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rights := ParseRights(s)
		if again := ParseRights(rights.String()); !slices.Equal(rights, again) {
			t.Errorf("%q is %v, then %v", s, rights, again)
		}
		for _, r := range rights {
			if r.Action == "" || r.Purpose == "" && r.Category != "" {
				t.Errorf("%q allows %+v", s, r)
			}
		}
	})
}

// FuzzSplit: no text breaks the reading of keys.
func FuzzSplit(f *testing.F) {
	f.Add("ktk_1gq0f3k2m8x7c_mfrggzdfmztwq2lknnwg23tpobyxe43u")
	f.Add("ktk__")
	f.Fuzz(func(t *testing.T, s string) {
		if which, hidden := split(s); which != 0 && s != Prefix+which.String()+"_"+hidden && hidden != "" && !strings.EqualFold(s[:4], Prefix) {
			t.Errorf("%q is %v %q", s, which, hidden)
		}
	})
}
