package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasing"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/packet"
	"kartotek/internal/paper"
	"kartotek/internal/party/twins"
	"kartotek/internal/post"
	"kartotek/internal/recipient"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
	"kartotek/internal/series"
	"kartotek/internal/subject"
)

// things are what the desk and others keep of somebody, sealed.
type things struct {
	who, parcel, paper, notice, of id.ID
}

// sealedTables are the tables in which it lies.
var sealedTables = []string{"case_items", "case_files", "parcels", "papers", "recipient_notices", "posts", "enrolments", "subject_changes"}

// deskOf makes a person of whom everything that is sealed says the token.
func (h *House) deskOf(t testing.TB, name string) (x things) {
	t.Helper()
	x.who = spoke(t, h, name)
	h.try(t, func(tx *db.Tx) error {
		c, err := h.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "post", Person: x.who, Text: "request " + token})
		if err != nil {
			return err
		}
		x.of = c.ID
		if err = h.Rights.Note(tx, c, "note "+token); err == nil {
			_, err = h.Scan.Arrive(tx, scan.Arrival{Person: x.who, Case: c.ID, Via: scan.ByClerk, Found: h.Scan.Look(token+".zip", []byte("PK"))})
		}
		if err == nil {
			_, err = h.Recipient.Disclose(tx, x.who, recipient.Disclosure{Recipient: "mail-relay", Categories: []string{"contact"}, Purpose: "relationship", Ground: recipient.OnContract, What: "a letter"})
		}
		return err
	})
	h.try(t, func(tx *db.Tx) error {
		if err := h.writesTo(tx, x.who); err != nil {
			return err
		}
		made, err := h.Recipient.Notify(tx, x.who, recipient.Erasure, nil, 0)
		if err != nil || len(made) != 1 {
			return fmt.Errorf("%v, %w", made, err)
		}
		i, err := h.Paper.Add(tx, x.who, paper.Item{What: "letter " + token, Location: "archive room B", Custodian: "Kaisa Esimerkki", DestroyOn: "2031-12-31"})
		if err != nil {
			return err
		}
		x.notice, x.paper = made[0].ID, i.ID
		return nil
	})
	p, err := h.Packet.Build(t.Context(), eraser, x.who, packet.Options{Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	h.try(t, func(tx *db.Tx) error {
		kept, err := h.Packet.Keep(tx, p, 0, "")
		if err == nil {
			x.parcel = kept.ID
		}
		return err
	})
	return x
}

// writesTo sends somebody a letter of the token, takes them into a series with it, and lets
// them ask for another address.
func (h *House) writesTo(tx *db.Tx, who id.ID) error {
	if _, err := h.Post.Send(tx, post.Mail{Person: who, Purpose: "relationship", Subject: "Order " + token, Body: "Order " + token + " is on its way."}); err != nil {
		return err
	}
	name := "order-" + who.String()
	t := post.Template{Name: name, Title: name, Purpose: "relationship", Texts: []post.Text{{Language: "sv", Subject: "Hej", Body: "Hej {{ data.order }}!"}}}
	if _, err := h.Post.SaveTemplate(tx, t); err != nil {
		return err
	}
	s, err := h.Series.Save(tx, series.Series{Name: name, Purpose: "relationship", Trigger: series.Trigger{Kind: series.OnEvent, Event: "order.confirmed"},
		Steps: []series.Step{{Kind: series.Wait, Days: 1}, {Kind: series.Letter, Template: name}}})
	if err == nil {
		err = h.Series.Start(tx, s.ID)
	}
	if err == nil {
		_, err = h.Series.Occur(tx, series.Event{Type: "order.confirmed", Person: who, Data: map[string]any{"order": token}})
	}
	if err == nil {
		_, err = h.Subject.MoveTo(tx, &subject.Session{Person: who}, "new"+token+who.String()+"@people.example", "sv")
	}
	return err
}

// tells names the rooms whose part of a person's package says the token, packet when the
// parcel can be fetched.
func (h *House) tells(t *testing.T, x things) (rooms []string) {
	t.Helper()
	h.View(t, func(tx *db.Tx) error {
		return h.Keepers().Export(tx, x.who, func(r dossier.Record) error {
			if strings.Contains(fmt.Sprint(r.Values), token) && !slices.Contains(rooms, r.Keeper) {
				rooms = append(rooms, r.Keeper)
			}
			return nil
		})
	})
	switch _, raw, err := h.Packet.Fetch(t.Context(), eraser, x.who, x.parcel); {
	case err == nil && strings.Contains(string(unzipped(t, raw)[packet.DataFile]), token):
		rooms = append(rooms, "packet")
	case err != nil && fault.KeyOf(err) != "packet.gone":
		t.Fatal(err)
	}
	return slices.DeleteFunc(rooms, func(r string) bool { return r == "party" || r == "ledger" || r == "outbox" })
}

// rows are those of a person in some tables, as an old copy of the database has them.
func (h *House) rows(t *testing.T, who id.ID) (back func(tx *db.Tx) error) {
	t.Helper()
	type row struct {
		table  db.Table
		values []any
	}
	var all []row
	h.View(t, func(tx *db.Tx) (err error) {
		for _, table := range h.DB.Tables() {
			if !slices.Contains(sealedTables, table.Name) || err != nil {
				continue
			}
			err = tx.Each(db.SQL(db.OnePerson, "SELECT "+columns(table)+" FROM "+table.Name+" WHERE bucket = $1 AND person_id = $2"), func(scan db.Scan) error {
				values := make([]any, len(table.Cols))
				into := make([]any, len(values))
				for i := range values {
					into[i] = &values[i]
				}
				err := scan(into...)
				all = append(all, row{table, values})
				return err
			}, who.Bucket(), int64(who))
		}
		return err
	})
	return func(tx *db.Tx) error {
		for _, table := range sealedTables {
			if _, err := tx.Exec(db.SQL(db.OnePerson, "DELETE FROM "+table+" WHERE bucket = $1 AND person_id = $2"), who.Bucket(), int64(who)); err != nil {
				return err
			}
		}
		for _, r := range all {
			var marks []string
			for i := range r.values {
				marks = append(marks, fmt.Sprintf("$%d", i+1))
			}
			if _, err := tx.Exec(db.SQL(db.OnePerson, "INSERT INTO "+r.table.Name+" ("+columns(r.table)+") VALUES ("+strings.Join(marks, ", ")+")"), r.values...); err != nil {
				return fmt.Errorf("%s: %w", r.table.Name, err)
			}
		}
		return nil
	}
}

func columns(table db.Table) string {
	var names []string
	for _, c := range table.Cols {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// TestOldRowsTellNothing: what is sealed of somebody can be read while it is kept, also of
// what outlives their erasure; when each has ended, the same rows brought back by an old
// copy of the database tell nothing.
func TestOldRowsTellNothing(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		x := h.deskOf(t, token)
		all := []string{"post", "series", "rights", "scan", "subject", "recipient", "paper", "packet"}
		if got := h.tells(t, x); !slices.Equal(got, all) {
			t.Fatalf("before, these tell: %v, want %v", got, all)
		}
		old := h.rows(t, x.who)
		erase(t, h, x.who, planFor(t, h, x.who, erasing.Ask{Ground: erasing.Withdrawn}))
		h.try(t, old)
		if got := h.tells(t, x); !slices.Equal(got, []string{"rights", "scan", "recipient", "paper"}) {
			t.Errorf("after the erasure, these tell: %v", got)
		}
		h.try(t, func(tx *db.Tx) error {
			if err := h.Paper.Destroy(tx, x.who, x.paper, "shredded"); err != nil {
				return err
			}
			if err := h.Recipient.Acknowledge(tx, x.who, x.notice, "done"); err != nil {
				return err
			}
			if _, err := h.Rights.Erase(tx, x.who, dossier.Plan{}); err != nil {
				return err
			}
			_, err := h.Scan.Erase(tx, x.who, dossier.Plan{})
			return err
		})
		h.try(t, old)
		if got := h.tells(t, x); len(got) > 0 {
			t.Errorf("an old copy tells of the person by %v", got)
		}
		h.try(t, func(tx *db.Tx) error { // what is written in the case afterwards can be read
			c, err := h.Rights.Get(tx, x.of)
			if err == nil {
				err = h.Rights.Note(tx, c, "later "+token)
			}
			return err
		})
		if got := h.tells(t, x); !slices.Equal(got, []string{"rights"}) {
			t.Errorf("after a note, these tell: %v", got)
		}
	})
}

// TestMergedRowsTell: what was sealed with the key of somebody who turned out to be another
// is sealed anew with that one's: it can be read when the first key is gone.
func TestMergedRowsTell(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		x, twin := things{who: spoke(t, h, "one")}, spoke(t, h, "two")
		h.try(t, func(tx *db.Tx) error { return h.writesTo(tx, twin) })
		h.try(t, func(tx *db.Tx) error { return twins.Room{Party: h.Party}.Merge(tx, x.who, twin, nil) })
		if _, err := h.Keys.Forget(twin); err != nil {
			t.Fatal(err)
		}
		if got := h.tells(t, x); !slices.Equal(got, []string{"post", "series"}) {
			t.Errorf("after a merge, these tell: %v", got)
		}
	})
}
