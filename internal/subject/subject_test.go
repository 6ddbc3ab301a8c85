package subject_test

import (
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/job"
	"kartotek/internal/party"
	"kartotek/internal/rightsdef"
	"kartotek/internal/subject"
)

// TestSignIn goes the whole way: the letter is in the person's language, the link works
// once, the session ends by signing out.
func TestSignIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1)
		token, a := h.link("PERSON1@people.example")
		m, _ := h.mails.Get(h.mails.List(1, 0)[0].ID)
		if m.Subject != "Din länk till Mina uppgifter" || !strings.Contains(m.HTML, token) || len(token) != 26 {
			t.Errorf("%q\n%s", m.Subject, m.Text)
		}
		key, s, err := h.enter(token, a.Browser, "")
		if err != nil || s.Person != who || s.Device != "Firefox on Linux" || s.Certainty != rightsdef.Session {
			t.Fatalf("%+v, %v", s, err)
		}
		if err := h.open(key); err != nil {
			t.Error(err)
		}
		_, _, err = h.enter(token, a.Browser, "")
		h.wants(err, "subject.link_used")
		h.do(func(tx *db.Tx) error { return h.SignOut(tx, s) })
		h.wants(h.open(key), "subject.no_session")
		var log []audit.Entry
		h.do(func(tx *db.Tx) (err error) { log, err = audit.Read(tx, audit.Filter{Person: who}); return err })
		if len(log) != 3 {
			t.Errorf("%d lines in the log", len(log))
		}
	})
}

// TestHostileLinks holds that nothing but the link itself opens anything.
func TestHostileLinks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1)
		token, a := h.link(addr(1))
		for _, bad := range []string{"", "x", token[:25], token + "A", strings.ToLower(token), token[:25] + "?", strings.Repeat("A", 26), a.Browser, a.Code} {
			_, _, err := h.enter(bad, a.Browser, a.Code)
			h.wants(err, "subject.link_used")
			h.wants(h.try(func(tx *db.Tx) error { _, err := h.Look(tx, bad, a.Browser); return err }), "subject.link_used")
			h.wants(h.try(func(tx *db.Tx) error { _, err := h.Confirm(tx, bad); return err }), "subject.link_used")
			h.wants(h.try(func(tx *db.Tx) error { _, err := h.AskHere(tx, bad); return err }), "subject.link_used")
			h.wants(h.open(bad), "subject.no_session")
		}
		h.wants(h.try(func(tx *db.Tx) error { _, err := h.Confirm(tx, token); return err }), "subject.link_used")
		for range 3 { // a scanner looks, and looks again
			h.do(func(tx *db.Tx) error {
				f, err := h.Look(tx, token, a.Browser)
				if f.Code {
					t.Error("a code is asked for in the browser that asked")
				}
				return err
			})
		}
		h.clock.Move(subject.LinkLife)
		_, _, err := h.enter(token, a.Browser, "")
		h.wants(err, "subject.link_used")
	})
}

// TestOtherBrowser holds that a forwarded link opens nothing without the digits, and
// that five wrong tries end it.
func TestOtherBrowser(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1)
		token, a := h.link(addr(1))
		h.do(func(tx *db.Tx) error {
			if f, err := h.Look(tx, token, "other"); err != nil || !f.Code {
				t.Errorf("%+v, %v", f, err)
			}
			return nil
		})
		for range 4 {
			_, _, err := h.enter(token, "other", "")
			h.wants(err, "subject.code")
		}
		if _, _, err := h.enter(token, "other", a.Code); err != nil {
			t.Errorf("the right digits: %v", err)
		}
		h.clock.Move(subject.Between)
		token, a = h.link(addr(1))
		for range 5 {
			_, _, err := h.enter(token, "", "12")
			h.wants(err, "subject.code")
		}
		_, _, err := h.enter(token, a.Browser, a.Code)
		h.wants(err, "subject.link_used")
	})
}

// TestAskHere holds that who has the letter and not the digits gets a new letter, sent
// to the address again, at once; the old link ends.
func TestAskHere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1)
		token, _ := h.link(addr(1))
		var a subject.Asked
		h.do(func(tx *db.Tx) (err error) { a, err = h.AskHere(tx, token); return err })
		h.work()
		all := h.letters(addr(1))
		if len(all) != 2 {
			t.Fatalf("%d letters", len(all))
		}
		_, _, err := h.enter(token, a.Browser, "")
		h.wants(err, "subject.link_used")
		if _, _, err := h.enter(all[1], a.Browser, ""); err != nil {
			t.Error(err)
		}
	})
}

// TestOneLetter holds that an address gets one letter in ten minutes, that asking again
// in the same browser changes nothing, and that asking does the same for everybody.
func TestOneLetter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1)
		for _, address := range []string{addr(1), "nobody@people.example"} {
			a := h.ask(address, "")
			b := h.ask(strings.ToUpper(address), a.Browser)
			if a.Browser != b.Browser || a.Code != b.Code || !a.Until.Equal(b.Until) || len(a.Code) != 6 {
				t.Errorf("%+v and %+v", a, b)
			}
			h.work()
			if c := h.ask(address, ""); c.Browser == a.Browser {
				t.Error("another browser is given the secret of the first")
			}
			h.work()
		}
		if got := h.letters(addr(1)); len(got) != 1 || h.mails.Count() != 1 {
			t.Errorf("%d letters, %d in all", len(got), h.mails.Count())
		}
		h.clock.Move(subject.Between)
		h.ask(addr(1), "")
		h.work()
		if n := h.mails.Count(); n != 2 {
			t.Errorf("%d letters after ten minutes", n)
		}
		h.do(func(tx *db.Tx) error {
			all, err := job.List(tx, subject.KindLetter, "", 0, 100)
			if len(all) != 5 {
				t.Errorf("%d jobs: an address asked for is told by whether there is work", len(all))
			}
			for _, j := range all {
				if strings.Contains(string(j.Payload), "@") {
					t.Error("an address in the queue")
				}
			}
			return err
		})
	})
}

// TestAddresses holds what may stand in the field: one address.
func TestAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1)
		for _, bad := range []string{"", "person1", addr(1) + "," + addr(2), addr(1) + " " + addr(2), addr(1) + "\nBcc: x@evil.example", "<" + addr(1) + ">", "+358000000412", "a@b@people.example"} {
			h.wants(h.try(func(tx *db.Tx) error { _, err := h.Ask(tx, subject.Asking{Address: bad}); return err }), "subject.address")
		}
		h.work()
		if n := h.mails.Count(); n != 0 {
			t.Errorf("%d letters", n)
		}
	})
}

// TestOtherAddresses holds that each address of a person lets them in, that the letter
// goes to the one asked with, and that a person whose data is restricted or whose first
// address is dead still gets it. law: GDPR 15(1), 18(2)
func TestOtherAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1)
		h.do(func(tx *db.Tx) error {
			if _, err := h.Party.AddAddress(tx, who, party.KindEmail, "work", "work@people.example", 0); err != nil {
				return err
			}
			if err := h.Party.MarkReach(tx, who, party.BadEmail, true); err != nil {
				return err
			}
			return h.Party.SetStatus(tx, who, party.Restricted)
		})
		if _, s := h.signedIn("work@people.example"); s.Person != who {
			t.Errorf("%+v", s)
		}
		if got := h.letters(addr(1)); len(got) != 0 {
			t.Error("a letter went to the dead address")
		}
	})
}

// TestShared holds that a role address opens nothing and says whom to ask.
func TestShared(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.do(func(tx *db.Tx) error {
			_, err := h.Party.Create(tx, party.New{Kind: party.Legal, Fields: []party.Pair{{Name: "email", Value: "info@fjord.example"}, {Name: "language", Value: "fi"}}})
			return err
		})
		h.ask("info@fjord.example", "")
		h.work()
		m, _ := h.mails.Get(h.mails.List(1, 0)[0].ID)
		if got := h.letters("info@fjord.example"); len(got) != 1 || got[0] != "" || !strings.Contains(m.Text, "https://register.example/ask") {
			t.Errorf("%v\n%s", got, m.Text)
		}
	})
}

// TestEnds holds when a session ends by itself.
func TestEnds(t *testing.T) {
	cases := map[string]func(*testing.T, *house, *subject.Session){
		"idle": func(_ *testing.T, h *house, _ *subject.Session) { h.clock.Move(subject.Idle) },
		"the address is removed": func(_ *testing.T, h *house, s *subject.Session) {
			h.do(func(tx *db.Tx) error {
				_, err := h.Party.Edit(tx, s.Person, 0, []party.Pair{{Name: "email", Value: "other@people.example"}})
				return err
			})
		},
		"erased": func(_ *testing.T, h *house, s *subject.Session) {
			h.do(func(tx *db.Tx) error { _, err := h.Party.Erase(tx, s.Person, dossier.Plan{}); return err })
		},
		"erased by the room": func(_ *testing.T, h *house, s *subject.Session) {
			h.do(func(tx *db.Tx) error { _, err := h.Room.Erase(tx, s.Person, dossier.Plan{}); return err })
		},
		"merged": func(_ *testing.T, h *house, s *subject.Session) {
			h.do(func(tx *db.Tx) error { return h.Room.Move(tx, s.Person, 1) })
		},
		"signed out everywhere": func(_ *testing.T, h *house, s *subject.Session) {
			h.do(func(tx *db.Tx) error { return h.SignOutAll(tx, s.Person) })
		},
	}
	each(t, func(t *testing.T, h *house) {
		n := 0
		for name, end := range cases {
			n++
			h.person(n)
			key, s := h.signedIn(addr(n))
			if err := h.open(key); err != nil {
				t.Fatal(err)
			}
			end(t, h, s)
			if err := h.open(key); err == nil {
				t.Errorf("%s: still signed in", name)
			}
		}
		h.person(100)
		key, _ := h.signedIn(addr(100))
		for range 8 { // in use all the time, it ends all the same
			h.clock.Move(29 * time.Minute)
			if err := h.open(key); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Move(8 * time.Minute)
		h.wants(h.open(key), "subject.no_session")
	})
}

// TestMove changes the address from both sides; one alone changes nothing.
func TestMove(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1)
		key, s := h.signedIn(addr(1))
		h.do(func(tx *db.Tx) error { _, err := h.MoveTo(tx, s, "New@people.example", "sv"); return err })
		h.work()
		old, fresh := h.letters(addr(1)), h.letters("new@people.example")
		if len(old) != 2 || len(fresh) != 1 {
			t.Fatalf("letters: %d to the old, %d to the new", len(old), len(fresh))
		}
		confirm := func(token string) (c *subject.Confirmation) {
			h.do(func(tx *db.Tx) (err error) { c, err = h.Confirm(tx, token); return err })
			return c
		}
		email := func() (e string) {
			h.do(func(tx *db.Tx) error {
				p, _, err := h.Party.Get(tx, who)
				e = p.Email
				return err
			})
			return e
		}
		if c := confirm(fresh[0]); c.Change.DoneAt != 0 || !c.FromNew || email() != addr(1) {
			t.Errorf("one side moved it: %+v", c)
		}
		h.wants(h.try(func(tx *db.Tx) error { _, err := h.Confirm(tx, fresh[0]); return err }), "subject.link_used")
		if c := confirm(old[1]); c.Change.DoneAt == 0 || email() != "new@people.example" {
			t.Errorf("both sides did not: %+v, %s", c, email())
		}
		h.wants(h.open(key), "subject.no_session")
		h.do(func(tx *db.Tx) error {
			p, _, err := h.Party.Get(tx, who)
			if !p.Reach.Has(party.EmailVerified) {
				t.Error("an address confirmed by letter is not marked as such")
			}
			src, err2 := h.Party.SourceOf(tx, p.OriginOf("email").Source)
			if src.Kind != "person" {
				t.Errorf("its source is %q", src.Kind)
			}
			all, err3 := h.Changes(tx, who)
			for _, c := range all {
				if c.Address != "" {
					t.Error("the address stays in what was asked for")
				}
			}
			return errOf(err, err2, err3)
		})
	})
}

func errOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestMoveToSomebody holds that nobody learns by this whose an address is.
func TestMoveToSomebody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1)
		h.person(2)
		_, s := h.signedIn(addr(1))
		h.do(func(tx *db.Tx) error { _, err := h.MoveTo(tx, s, addr(2), "sv"); return err })
		h.work()
		if got := h.letters(addr(2)); len(got) != 0 {
			t.Error("somebody else was written to")
		}
		for range 2 {
			h.do(func(tx *db.Tx) error { _, err := h.MoveTo(tx, s, addr(3), "sv"); return err })
		}
		h.wants(h.try(func(tx *db.Tx) error { _, err := h.MoveTo(tx, s, addr(4), "sv"); return err }), "subject.many_changes")
		h.wants(h.try(func(tx *db.Tx) error { _, err := h.MoveTo(tx, s, addr(1), "sv"); return err }), "subject.same_address")
	})
}

// TestMoveVerified needs the new address alone when staff know who it is: the old one
// may be lost.
func TestMoveVerified(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1)
		key, _ := h.signedIn(addr(1))
		h.sure = true
		s, err := h.Session(t.Context(), key)
		if err != nil || s.Certainty != rightsdef.Facts {
			t.Fatalf("%+v, %v", s, err)
		}
		h.do(func(tx *db.Tx) error { _, err := h.MoveTo(tx, s, "new@people.example", "sv"); return err })
		h.work()
		fresh := h.letters("new@people.example")
		if len(fresh) != 1 || len(h.letters(addr(1))) != 1 {
			t.Fatalf("%v", h.mails.List(catcher.MaxMails, 0))
		}
		h.do(func(tx *db.Tx) error { _, err := h.Confirm(tx, fresh[0]); return err })
		h.do(func(tx *db.Tx) error {
			p, _, err := h.Party.Get(tx, who)
			if p.Email != "new@people.example" {
				t.Errorf("%s", p.Email)
			}
			return err
		})
	})
}

// TestErase is asked for, and confirmed by letter.
func TestErase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1)
		_, s := h.signedIn(addr(1))
		h.do(func(tx *db.Tx) error { _, err := h.AskErase(tx, s, "sv"); return err })
		h.work()
		all := h.letters(addr(1))
		h.do(func(tx *db.Tx) error {
			c, err := h.LookConfirm(tx, all[1])
			if c == nil || c.Change.Kind != subject.Erase || c.Change.DoneAt != 0 {
				t.Errorf("%+v", c)
			}
			if c, err = h.Confirm(tx, all[1]); err == nil && (c.Person != who || c.Change.DoneAt == 0) {
				t.Errorf("%+v", c)
			}
			return err
		})
		h.do(func(tx *db.Tx) error {
			held, err := h.Room.Erase(tx, who, dossier.Plan{})
			if len(held) != 2 {
				t.Errorf("%+v", held)
			}
			left, err2 := h.Holdings(tx, who)
			if len(left) != 0 {
				t.Errorf("left: %+v", left)
			}
			return errOf(err, err2)
		})
	})
}
