package app

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/erasing"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/packet"
	"kartotek/internal/party"
	"kartotek/internal/receipt"
	"kartotek/internal/recipient"
	"kartotek/internal/relay"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
)

// asks opens a case of a person's, sure enough of who asks, and has it carried out.
func (h *House) asks(t *testing.T, who id.ID, kind rightsdef.Kind, f rights.Fulfilment) *rights.Case {
	t.Helper()
	var c *rights.Case
	h.try(t, func(tx *db.Tx) (err error) {
		if c, err = h.Rights.Open(tx, rights.Intake{Kind: kind, Channel: "in_person", Person: who, Text: "please"}); err != nil {
			return err
		}
		if err = h.Rights.VerifyIdentity(tx, c, rights.Verification{Method: rightsdef.Facts, Matches: true}); err != nil {
			return err
		}
		return h.Rights.Fulfil(tx, c, f)
	})
	run := &job.Runner{DB: h.DB}
	h.Rights.Handle(run)
	if err := run.RunUntilIdle(t.Context(), job.Filter{Kinds: []string{"rights.carry"}}); err != nil {
		t.Fatal(err)
	}
	h.try(t, func(tx *db.Tx) (err error) { c, err = h.Rights.Get(tx, c.ID); return err })
	return c
}

// TestRequestsAreCarriedOut: the desk's package holds what the register holds and waits
// for its person; the desk's erasure leaves nothing that says who it was.
func TestRequestsAreCarriedOut(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		var who id.ID
		h.try(t, func(tx *db.Tx) error {
			p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "first_name", Value: "Åsa"}, {Name: "last_name", Value: "Öberg"}, {Name: "email", Value: "asa@kund.example"}}})
			if err == nil {
				who = p.ID
			}
			return err
		})
		c := h.asks(t, who, rightsdef.Access, rights.Fulfilment{})
		if c.Outcome != rightsdef.OutcomeFulfilled {
			t.Fatalf("%+v", c)
		}
		var kept []packet.Parcel
		h.try(t, func(tx *db.Tx) (err error) { kept, err = h.Packet.Of(tx, who); return err })
		i := slices.IndexFunc(kept, func(p packet.Parcel) bool { return p.Case == c.ID })
		if i < 0 {
			t.Fatal("no package waits")
		}
		_, raw, err := h.Packet.Fetch(t.Context(), eraser, who, kept[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		if data := string(unzipped(t, raw)[packet.DataFile]); !strings.Contains(data, "asa@kund.example") || !strings.Contains(data, c.Ref) {
			t.Error("the package lacks the address or the case")
		}
		h.proves(t, c, func(a *receipt.Answered) bool {
			return a.Outcome == "fulfilled" && a.Manifest == kept[i].Digest && a.Channel == "in_person"
		})
		c = h.asks(t, who, rightsdef.Erasure, rights.Fulfilment{Erasing: rights.Erasing{Ground: "A17NonNecessity"}})
		if c.Outcome != rightsdef.OutcomeFulfilled {
			t.Fatalf("%+v", c)
		}
		h.proves(t, c, func(a *receipt.Answered) bool { return a.Asked == "erasure" && a.Manifest == "" && a.Certificate != "" })
		h.try(t, func(tx *db.Tx) error {
			p, found, err := h.Party.Get(tx, who)
			if err == nil && found && p.Status != party.Erased {
				t.Errorf("%+v", p)
			}
			kept, _ := h.Packet.Of(tx, who)
			if len(kept) > 0 {
				t.Error("a package outlives its person")
			}
			return err
		})
	})
}

// proves holds that the receipt of a case checks out and says what came of it, and
// nothing of the person or of whoever dealt with it.
func (h *House) proves(t *testing.T, c *rights.Case, right func(*receipt.Answered) bool) {
	t.Helper()
	if _, err := h.Tree.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := h.CaseReceipt(t.Context(), eraser, c.Ref, "")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := h.Keys.LogVerifiers()
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.Verify(data, keys...)
	if err != nil || !r.OK || r.Case == nil || r.Case.Ref != c.Ref || r.Case.Received != string(c.Received) || !right(r.Case) {
		t.Errorf("%+v %v", r, err)
	}
	for _, no := range []string{"asa@kund.example", "Åsa", eraser.Name, "please"} {
		if bytes.Contains(data, []byte(no)) {
			t.Errorf("the receipt says %q", no)
		}
	}
}

func unzipped(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name], err = io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestRecipientsHearOfErasure: whoever received something of a person is to be told when
// somebody has them erased, whether by a case or without; what goes at night because its
// time is over names nobody.
func TestRecipientsHearOfErasure(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		for name, c := range map[string]struct {
			by   db.By
			want int
		}{"staff": {db.By{Kind: "staff", Name: "Kaisa Esimerkki"}, 1}, "system": {eraser, 0}} {
			var who id.ID
			var plan *erasing.Plan
			h.try(t, func(tx *db.Tx) error {
				p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "first_name", Value: "Åsa"}, {Name: "email", Value: name + "@kund.example"}}})
				if err != nil {
					return err
				}
				who = p.ID
				if _, err = h.Recipient.Disclose(tx, who, recipient.Disclosure{Recipient: "mail-relay", Categories: []string{"contact"}, Purpose: "relationship", Ground: recipient.OnContract, What: "a letter"}); err != nil {
					return err
				}
				plan, err = h.Erasure.Plan(tx, who, erasing.Ask{Ground: erasing.NotNeeded})
				return err
			})
			if _, err := h.Erasure.Erase(t.Context(), c.by, who, plan); err != nil {
				t.Fatal(err)
			}
			h.try(t, func(tx *db.Tx) error {
				tasks, err := h.Recipient.Notices(tx, who)
				if len(tasks) != c.want {
					t.Errorf("%s: %d tasks, want %d", name, len(tasks), c.want)
				}
				return err
			})
		}
	})
}

// TestWhoCarried: of two processors with relays, the one that carried a letter to a
// person is named to them and told of a correction; the other is not.
func TestWhoCarried(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		var who id.ID
		h.try(t, func(tx *db.Tx) error {
			for i, recipient := range []string{"hosting", "mail-relay"} {
				if _, err := h.Relay.Add(tx, relay.Relay{Name: "relay" + strconv.Itoa(i), URL: "smtp://127.0.0.1:2525", Recipient: recipient}); err != nil {
					return err
				}
			}
			p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "first_name", Value: "Åsa"}, {Name: "email", Value: "asa@kund.example"}}})
			if err != nil {
				return err
			}
			who = p.ID
			return h.Outbox.Add(tx, []outbox.Message{{ID: 4097, Person: who, Class: "service", Purpose: "relationship", Channel: "email", State: outbox.Sent, HandedAt: tx.Now(), Carriers: 2}})
		})
		h.try(t, func(tx *db.Tx) error {
			got, err := h.Recipient.Of(tx, who)
			told, err2 := h.Recipient.Notify(tx, who, recipient.Rectification, nil, 0)
			if len(got) != 1 || got[0].Recipient != "mail-relay" || got[0].Times != 1 || len(told) != 1 || told[0].Recipient != "mail-relay" {
				t.Errorf("%+v, told %+v", got, told)
			}
			return errors.Join(err, err2)
		})
	})
}
