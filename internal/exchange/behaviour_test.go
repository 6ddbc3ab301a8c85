package exchange

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/nordic"
	"kartotek/internal/party"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	mailchimpHead = `Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS`
	subscribed    = mailchimpHead + "\n" +
		"aino@post.example,Aino,Esimerkki,2,2024-05-01 09:30:00,192.0.2.7,2024-05-01 09:34:00,192.0.2.7,,,,,,FI,,2024-06-01 10:00:00,1,a,,vip\n" +
		"bo@post.example,Bo,Exempel,2,,,,,,,,,,FI,,2024-06-01 10:00:00,2,b,,\n" +
		"cia@post.example,Cia,Åkesson,2,,,2024-05-01 09:34:00,192.0.2.7,,,,,,FI,,2024-06-01 10:00:00,3,c,,\n" +
		"not an address,Dan,Exempel,2,,,2024-05-01 09:34:00,192.0.2.7,,,,,,FI,,2024-06-01 10:00:00,4,d,,\n"
)

var (
	unsubscribed = strings.Replace(mailchimpHead, "LAST_CHANGED", "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER", 1) + "\n" +
		"cia@post.example,Cia,Åkesson,2,,,2020-05-01 09:34:00,192.0.2.7,,,,,,FI,,2025-02-03 04:05:06,Vår,c1,NORMAL,,9,z,,\n"
	cleaned = strings.Replace(mailchimpHead, "LAST_CHANGED", "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID", 1) + "\n" +
		"erik@gone.example,Erik,Exempel,2,,,2020-05-01 09:34:00,192.0.2.7,,,,,,FI,,2025-02-03 04:05:06,Vår,c1,9,y,,\n"
)

// mailchimp writes the ZIP a company downloads when it leaves, with the file of refusals last.
func mailchimp(t *testing.T) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range [][2]string{{"readme.txt", "Thank you for having been with us."}, {"subscribed_email_audience_export_1.csv", subscribed}, {"cleaned_email_audience_export_1.csv", cleaned},
		{"unsubscribed_email_audience_export_1.csv", unsubscribed}} {
		w, err := z.Create(f[0])
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return file(t, "export.zip", buf.String())
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func imported(t *testing.T, r *Room, opt Options, files ...string) *Import {
	t.Helper()
	m, err := r.Begin(t.Context(), db.System("test"), files, opt)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = r.Run(t.Context(), m.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
	return m
}

// known is what the register says of an address: the packed standing without its times and ids.
func known(t *testing.T, r *Room, addr string) (p *party.Person, says string) {
	t.Helper()
	err := r.DB.View(t.Context(), db.System("test"), func(tx *db.Tx) error {
		who, found, err := r.Party.ByAddress(tx, addr)
		if err != nil || !found {
			return err
		}
		if p, _, err = r.Party.Get(tx, who); err != nil {
			return err
		}
		packed, err := r.Ledger.Standing(tx, who)
		consents, prohibitions := ledger.Unpack(packed)
		for _, c := range consents {
			word := "yes "
			if c.Withdrawn != nil {
				word = "withdrawn "
			}
			says += word + c.Purpose + ":" + c.Channel + ";"
		}
		for _, f := range prohibitions {
			says += "no " + f.Scope + ";"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, says
}

func TestMailchimp(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		zip := mailchimp(t)
		want := Counts{Rows: 6, PeopleCreated: 4, PeopleUpdated: 0, Unchanged: 1, Rejected: 1, Permissions: Permissions{Consent: 1, Prohibition: 3, Unknown: 1}}
		plan, err := r.DryRun(t.Context(), []string{zip}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := imported(t, r, Options{}, zip)
		for name, got := range map[string]Counts{"dry run": plan.Counts, "import": m.Counts} {
			got.Unlisted = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		for addr, says := range map[string]string{"aino@post.example": "yes newsletter:email;", "bo@post.example": "", "cia@post.example": "no channel:email;"} {
			if _, got := known(t, r, addr); got != says {
				t.Errorf("%s: %q, want %q", addr, got, says)
			}
		}
		if p, _ := known(t, r, "erik@gone.example"); p == nil || !p.Reach.Has(party.BadEmail) {
			t.Errorf("a cleaned address is not marked: %+v", p)
		}
		if text, err := os.ReadFile(m.Rejects); err != nil || !strings.Contains(string(text), "invalid_email") {
			t.Errorf("rejects file: %v %s", err, text)
		}
	})
}

func TestAgainChangesNothing(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		zip := mailchimp(t)
		imported(t, r, Options{}, zip)
		entries := count(t, r)
		m := imported(t, r, Options{}, zip)
		if m.Counts.PeopleCreated+m.Counts.PeopleUpdated != 0 || m.Counts.Unchanged != 5 {
			t.Errorf("the second run changed something: %+v", m.Counts)
		}
		if again := count(t, r); again != entries {
			t.Errorf("ledger grew from %d to %d entries", entries, again)
		}
	})
}

func count(t *testing.T, r *Room) (n int) {
	t.Helper()
	err := r.DB.View(t.Context(), db.System("test"), func(tx *db.Tx) (err error) {
		n, err = r.Ledger.Verify(tx, func(p ledger.Problem) { t.Errorf("ledger: %+v", p) })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A prohibition stands whatever a file says, also when the operator asserts a consent.
func TestNoIsKept(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		imported(t, r, Options{}, mailchimp(t))
		list := file(t, "list.csv", "email,city\nCIA@POST.example,Åbo\nnew@post.example,Vasa\nbo@post.example,Borgå\n")
		m := imported(t, r, Options{Consent: &Asserted{"newsletter", "email", "signed list at the fair, 3 May"}}, list)
		if got := m.Counts.Permissions; got != (Permissions{Consent: 2, Prohibition: 1}) {
			t.Errorf("%+v", got)
		}
		if _, says := known(t, r, "cia@post.example"); says != "no channel:email;" {
			t.Errorf("cia: %q", says)
		}
		if p, says := known(t, r, "bo@post.example"); says != "yes newsletter:email;" || p.City != "Borgå" {
			t.Errorf("bo: %q %+v", says, p)
		}
	})
}

// What the person or the staff said of themselves is not overwritten by a file.
func TestOwnWordsStay(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		imported(t, r, Options{}, file(t, "a.csv", "email,city,title\nbo@post.example,Vasa,Chef\n"))
		p, _ := known(t, r, "bo@post.example")
		err := d.Do(t.Context(), db.System("test"), func(tx *db.Tx) error {
			src, err := r.Party.AddSource(tx, "person", "preference page")
			if err == nil {
				_, err = r.Party.Edit(tx, p.ID, src, []party.Pair{{Name: "city", Value: "Åbo"}})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		imported(t, r, Options{}, file(t, "b.csv", "email,city,title\nbo@post.example,Oulu,Inköpschef\n"))
		if p, _ = known(t, r, "bo@post.example"); p.City != "Åbo" || p.Title != "Inköpschef" {
			t.Errorf("city %q, title %q", p.City, p.Title)
		}
	})
}

func TestUnlisted(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		list := file(t, "list.csv", "email,city,shoe size\nbo@post.example,Vasa,44\n")
		if _, err := r.Begin(t.Context(), db.System("test"), []string{list}, Options{Strict: true}); err == nil {
			t.Error("a strict import took a column the notice does not list")
		}
		m := imported(t, r, Options{}, list)
		if len(m.Counts.Unlisted) != 1 || !strings.Contains(m.Counts.Unlisted[0], "shoe") {
			t.Errorf("unlisted: %v", m.Counts.Unlisted)
		}
		p, _ := known(t, r, "bo@post.example")
		if strings.Contains(string(p.Fields), "44") {
			t.Errorf("stored: %s", p.Fields)
		}
	})
}

// A file that names somebody twice, with different values: the later row holds, the
// dry run says so, and the same file again changes nothing.
func TestTwiceInOneFile(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		path := file(t, "twice.csv", "email,last_name\ntwice@post.example,Ek\nTWICE@post.example,Alm\n")
		plan, err := r.DryRun(t.Context(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		first := imported(t, r, Options{}, path)
		if !cmp.Equal(plan.Counts, first.Counts) || first.Counts.PeopleCreated != 1 || first.Counts.PeopleUpdated != 1 {
			t.Errorf("planned %+v, done %+v", plan.Counts, first.Counts)
		}
		if again := imported(t, r, Options{}, path); again.Counts.Unchanged != 2 {
			t.Errorf("again: %+v", again.Counts)
		}
		if p, _ := known(t, r, "twice@post.example"); p.LastName != "Alm" {
			t.Errorf("last name %q", p.LastName)
		}
		out, err := r.Undo(t.Context(), db.System("test"), first.ID, nil)
		if err != nil || out.Removed != 1 {
			t.Errorf("undone: %+v, %v", out, err)
		}
	})
}

func TestUndo(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		first := imported(t, r, Options{}, file(t, "a.csv", "email,city\nold@post.example,Vasa\n"))
		second := imported(t, r, Options{Consent: &Asserted{"newsletter", "email", "list"}},
			file(t, "b.csv", "email,city\nold@post.example,Åbo\nfresh@post.example,Oulu\n"))
		out, err := r.Undo(t.Context(), db.System("test"), second.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		if out != (Undone{Removed: 1, Restored: 1, Retracted: 1}) {
			t.Errorf("%+v", out)
		}
		if p, _ := known(t, r, "fresh@post.example"); p != nil {
			t.Error("a created person is still there")
		}
		if p, says := known(t, r, "old@post.example"); p.City != "Vasa" || says != "" {
			t.Errorf("city %q, says %q", p.City, says)
		}
		count(t, r)
		again := imported(t, r, Options{Consent: &Asserted{"newsletter", "email", "list "}}, second.Files...)
		if again.Counts.PeopleCreated != 1 || again.Counts.PeopleUpdated != 1 {
			t.Errorf("an undone import cannot be done again: %+v", again.Counts)
		}
		if _, err := r.Undo(t.Context(), db.System("test"), id.ID(1), nil); err == nil {
			t.Error("undid an import that is not there")
		}
		_ = first
	})
}

var errCut = errors.New("cut")

// A process that dies between or inside batches leaves whole batches, and the
// next run goes on: counts equal rows, nobody is there twice.
func TestResume(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		r.Batch = 40
		path := filepath.Join(t.TempDir(), "people.csv")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		const n = 3*40 + 17
		if err := nordic.Listmonk(f, n, 50); err != nil {
			t.Fatal(err)
		}
		f.Close()
		m, err := r.Begin(t.Context(), db.System("test"), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for cut := 1; cut <= 3; cut++ {
			batches := 0
			_, err := r.Run(t.Context(), m.ID, func(*db.Tx) error {
				if batches++; batches > 1 {
					return errCut
				}
				return nil
			}, nil)
			if !errors.Is(err, errCut) {
				t.Fatalf("cut %d: %v", cut, err)
			}
			revive(t, r, m.ID)
		}
		again, err := r.Begin(t.Context(), db.System("test"), []string{path}, Options{})
		if err != nil || again.ID != m.ID {
			t.Fatalf("begun anew: %v %v", again, err)
		}
		if m, err = r.Run(t.Context(), m.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		if m.Counts.Rows != n || m.Counts.PeopleCreated != n || m.State != "done" {
			t.Errorf("%+v %s", m.Counts, m.State)
		}
	})
}

// revive puts an import back to where a dead process would have left it.
func revive(t *testing.T, r *Room, imp id.ID) {
	t.Helper()
	err := r.DB.Do(t.Context(), db.System("test"), func(tx *db.Tx) error {
		m, err := r.Get(tx, imp)
		if err != nil {
			return err
		}
		m.State, m.Finished, m.Error = "running", 0, ""
		return saveImport(tx, m)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Out and in again gives the same bytes, formulas and all.
func TestRoundTrip(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		imported(t, r, Options{}, mailchimp(t), file(t, "x.csv", "email,e-mail 2,first_name,city,title\nf@post.example,second@post.example,=1+2,\"@SUM(A1)\",'quoted\ng@post.example,,-3,+4,\"a\"\"b, c\"\n"))
		first := exportAll(t, r)
		dbtest.Each(t, testSchemas, func(t *testing.T, d2 *db.DB) {
			r2 := testRoom(t, d2)
			imported(t, r2, Options{}, file(t, "ours.csv", first))
			if second := exportAll(t, r2); second != first {
				t.Errorf("%s", cmp.Diff(first, second))
			}
		})
	})
}

func exportAll(t *testing.T, r *Room) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := r.Export(t.Context(), db.System("test"), "csv", nil, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
