package scan

import (
	"bytes"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// wait has files wait for a form.
func wait(t *testing.T, r *Room, of id.ID, stay []id.ID, came ...Found) (batch id.ID, have []File) {
	t.Helper()
	do(t, r.DB, func(tx *db.Tx) (err error) { batch, have, err = r.Wait(tx, of, stay, came); return err })
	return batch, have
}

// waited asks for files as the form that is sent again does.
func waited(t *testing.T, r *Room, by db.By, of id.ID, named ...id.ID) (out []Found, err error) {
	t.Helper()
	err = r.DB.Do(t.Context(), by, func(tx *db.Tx) (err error) { out, err = r.Waited(tx, of, named); return err })
	return out, err
}

// What came with a form that is refused is there, as it was judged, when the form is
// sent again by the same member of staff, and nowhere else; what is left out is gone.
func TestWait(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		r := newRoom(d)
		passport := r.Look("IMG_0412.png", asPNG(t, 20, 20))
		passport.Identity = true
		came := []Found{r.Look("brev.pdf", pdf()), r.Look("a.svg", []byte("<svg onload=alert(1)>")), passport, r.Look("b.pdf", pdf("% another"))}
		batch, have := wait(t, r, 0, nil, came...)
		if len(have) != 4 || have[0].Name != "brev.pdf" || have[1].Code != SVG || !have[2].Identity || have[3].State != Waiting {
			t.Fatalf("%+v", have)
		}
		keys := []id.ID{have[0].ID, have[1].ID, have[2].ID}
		again, have := wait(t, r, batch, keys, r.Look("c.pdf", pdf("% third")))
		if again != batch || len(have) != 4 || have[3].Name != "c.pdf" {
			t.Fatalf("%+v", have)
		}
		got, err := waited(t, r, clerk, batch, keys...)
		if err != nil || len(got) != 3 {
			t.Fatalf("%d files, %v", len(got), err)
		}
		for i := range got {
			w := came[i]
			if got[i].Name != w.Name || got[i].Refused != w.Refused || got[i].Identity != w.Identity || got[i].Digest != w.Digest || got[i].Size != w.Size || !bytes.Equal(got[i].Content, w.Content) {
				t.Errorf("got  %+v\nwant %+v", got[i], w)
			}
		}
		if _, err := waited(t, r, db.By{Kind: "staff", ID: 8, Name: "Other"}, batch, keys...); fault.KeyOf(err) != "scan.waited" {
			t.Errorf("a colleague is given them: %v", err)
		}
		if other, _ := wait(t, r, who, nil, came[0]); other == who {
			t.Error("a form can name a person as its batch")
		}
		do(t, d, func(tx *db.Tx) error { return r.Settle(tx, batch) })
		if all := listOf(t, r, batch, clerk.ID); len(all) != 0 {
			t.Errorf("left after the form was taken: %+v", all)
		}
		if gone, err := r.Keys.Forgot(keys[0]); err != nil || !gone {
			t.Errorf("its key is left: %v", err)
		}
	})
}

func listOf(t *testing.T, r *Room, who, of id.ID) (all []File) {
	t.Helper()
	do(t, r.DB, func(tx *db.Tx) (err error) { all, err = r.List(tx, who, of); return err })
	return all
}

// Files that are not used are destroyed two hours after the last of them came, and are
// not given out after their time even when no job has run.
func TestWaitEnds(t *testing.T) {
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		c.Move(dbtest.Start.Sub(c.Now()))
		r := newRoom(d)
		one, have := wait(t, r, 0, nil, r.Look("brev.pdf", pdf()))
		run := func() (again time.Time) {
			t.Helper()
			do(t, d, func(tx *db.Tx) (err error) { again, err = r.forgetOld(tx, batch{one, clerk.ID}); return err })
			return again
		}
		c.Move(time.Hour)
		_, have = wait(t, r, one, []id.ID{have[0].ID}, r.Look("b.pdf", pdf("% another")))
		c.Move(time.Hour + time.Minute)
		if again := run(); !again.Equal(dbtest.Start.Add(3 * time.Hour)) {
			t.Errorf("looks again at %v", again)
		}
		if all := listOf(t, r, one, clerk.ID); len(all) != 2 {
			t.Fatalf("destroyed while a file of the same form still waits: %+v", all)
		}
		if _, err := waited(t, r, clerk, one, have[0].ID); fault.KeyOf(err) != "scan.waited" {
			t.Errorf("given out after its time: %v", err)
		}
		c.Move(time.Hour)
		run()
		if all := listOf(t, r, one, clerk.ID); len(all) != 0 {
			t.Errorf("left after two hours: %+v", all)
		}
	}, dbtest.At(c))
}
