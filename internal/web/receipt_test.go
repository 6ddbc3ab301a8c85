package web_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/receipt"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
	"kartotek/internal/tree"
	"kartotek/internal/web"
	"kartotek/internal/web/door"
	"kartotek/internal/web/public"
)

// eachWorld is the public side over every engine, with a log that is taken in.
func eachWorld(t *testing.T, fn func(t *testing.T, w *world, log *tree.Room)) {
	t.Helper()
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		keys, err := seal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		n, l := &notice.Room{DB: d}, &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}
		p := &party.Room{DB: d, Catalogue: func() party.Catalogue { in, _ := n.Current(t.Context()); return in }}
		o := &outbox.Room{DB: d, Party: p, Ledger: l, Keys: keys, Question: outbox.NoticeQuestion(n)}
		w := &world{t: t, clock: c, log: &bytes.Buffer{}}
		w.Rooms = &door.Rooms{DB: d, Audit: &audit.Room{DB: d}, Keys: keys, Notice: n, Party: p, Ledger: l, Outbox: o, Campaign: &campaign.Room{DB: d, Outbox: o},
			Staff: &staff.Room{Keys: keys}, Log: slog.New(slog.NewTextHandler(w.log, nil)), BaseURL: "https://register.example"}
		w.site = web.New(w.Rooms, public.Routes()...)
		w.do(func(tx *db.Tx) error {
			_, err := n.Publish(tx, noticedef.DemoNotice(), "Maja Exempel", "")
			return err
		})
		fn(t, w, &tree.Room{DB: d, Keys: keys})
	}, dbtest.At(c))
}

func take(t *testing.T, log *tree.Room) {
	t.Helper()
	if _, err := log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sound checks a file as anybody could who has it and the register's keys.
func sound(t *testing.T, w *world, r *http.Response) receipt.Content {
	t.Helper()
	wantStatus(t, r, http.StatusOK)
	if d := r.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="receipt-`) {
		t.Errorf("disposition %q", d)
	}
	keys, err := w.Keys.LogVerifiers()
	if err != nil {
		t.Fatal(err)
	}
	data := []byte(text(t, r))
	report, err := receipt.Verify(data, keys...)
	if err != nil || !report.OK {
		t.Fatalf("%+v %v", report, err)
	}
	c, err := receipt.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestReceipts walks from a message to its receipt and from the preferences to
// those of all a person said, and holds that another's opens nothing.
func TestReceipts(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world, log *tree.Room) {
		who, other := w.person(), w.person()
		m, foreign := w.message(who, "newsletter"), w.message(other, "newsletter")
		take(t, log)
		prefs, why := w.link(outbox.LinkPreferences, m), w.link(outbox.LinkWhy, m)

		c := sound(t, w, w.get(why+"/receipt"))
		if c.Kind != receipt.Consent || c.Purpose != "newsletter" || c.Shown != wording || c.NoticeURL != "https://register.example/notice/en/v/1" {
			t.Errorf("content %+v", c)
		}
		page := text(t, w.get(why, "Accept-Language", "en"))
		if !strings.Contains(page, why+"/receipt?view=1") {
			t.Error("the page that says why has no way to the receipt")
		}
		wantStatus(t, w.post(prefs, url.Values{"op": {"stop"}}), http.StatusOK)
		take(t, log)
		for _, e := range w.entries(who) {
			path := prefs + "/receipt/" + e.ID.String()
			if !strings.Contains(text(t, w.get(prefs)), path+"?view=1") {
				t.Errorf("%s is not on the page of preferences", e.Kind)
			}
			c := sound(t, w, w.get(path))
			if string(c.Kind) != string(e.Kind) || c.Entry.ID != e.ID.String() {
				t.Errorf("%s: %+v", e.Kind, c.Entry)
			}
			for lang, word := range map[string]string{"sv": "Kvitto på ditt val", "fi": "Kuitti valinnastasi", "en": "Receipt of your choice"} {
				read := text(t, w.get(path+"?view=1&lang="+lang))
				if !strings.Contains(read, word) || strings.Contains(read, "Öbergsson") || strings.Contains(read, "asa1@") {
					t.Errorf("%s: %s", lang, read)
				}
			}
		}
		gone := text(t, w.get("/p/x", "Accept-Language", "en"))
		for name, path := range map[string]string{
			"another's entry": w.link(outbox.LinkPreferences, foreign) + "/receipt/" + w.entries(who)[0].ID.String(),
			"no entry":        prefs + "/receipt/zzz", "never was": prefs + "/receipt/1", "altered": "/p/AAAA/receipt/" + w.entries(who)[0].ID.String(),
			"of another kind":  why + "/receipt/" + w.entries(who)[0].ID.String(),
			"kinds confounded": strings.Replace(prefs, "/p/", "/w/", 1) + "/receipt",
		} {
			r := w.get(path, "Accept-Language", "en")
			if body := text(t, r); r.StatusCode != http.StatusNotFound || name != "of another kind" && body != gone {
				t.Errorf("%s: %d %.200s", name, r.StatusCode, body)
			}
		}
		if n := w.logged("receipt.open"); n < 5 {
			t.Errorf("%d lines in the log", n)
		}
	})
}

// TestReceiptKeepsAddress holds that the network address kept with the evidence is
// given only to whoever asks from it.
func TestReceiptKeepsAddress(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world, log *tree.Room) {
		who := w.person()
		var entry ledger.Entry
		w.do(func(tx *db.Tx) error {
			list, err := w.Ledger.Record(tx, who, &ledger.Evidence{Text: "[x] Calls", IP: "198.51.100.77", Language: "en"},
				ledger.Entry{Kind: ledger.Consent, Purpose: "campaign", Channel: "call", SaidBy: ledger.ByPerson, Method: "preferences", Notice: 1})
			entry = list[0]
			return err
		})
		take(t, log)
		path := w.link(outbox.LinkPreferences, w.message(who, "newsletter")) + "/receipt/" + entry.ID.String()
		r := w.get(path)
		data := text(t, r)
		if strings.Contains(data, "198.51.100.77") || strings.Contains(data, "kt:evidence\"") {
			t.Errorf("the address is given away: %s", data)
		}
		if page := text(t, w.get(path+"?view=1")); !strings.Contains(page, "[x] Calls") || strings.Contains(page, "198.51") {
			t.Errorf("the wording is not shown, or the address is: %s", page)
		}
	})
}

// TestReceiptWaits holds that a receipt asked for at once waits for the log, and
// says so when the log does not move.
func TestReceiptWaits(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world, log *tree.Room) {
		who := w.person()
		entry := w.entries(who)[0].ID
		begun := time.Now()
		data, err := w.Receipts().Of(t.Context(), db.System("test"), who, entry, "en", door.Withheld)
		if err != nil || time.Since(begun) > 10*time.Second {
			t.Fatalf("after %s: %v", time.Since(begun), err)
		}
		if r, err := receipt.Verify(data); err != nil || !r.OK {
			t.Errorf("%+v %v", r, err)
		}
		w.person()
		w.clock.Move(tree.Lease)
		take(t, log) // another process has the lease now, and takes nothing in
		again := w.person()
		if _, err := w.Receipts().Of(t.Context(), db.System("test"), again, w.entries(again)[0].ID, "en", door.Withheld); fault.KeyOf(err) != "receipt.not_yet" {
			t.Errorf("got %v", err)
		}
		if _, err := w.Receipts().Of(t.Context(), db.System("test"), again, entry, "en", door.Withheld); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
	})
}

// TestReceiptKeyChange holds that a receipt made after the key was changed, of a
// head that was signed before, names both.
func TestReceiptKeyChange(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world, log *tree.Room) {
		who := w.person()
		take(t, log)
		if _, err := w.Keys.RotateLogKey(); err != nil {
			t.Fatal(err)
		}
		data, err := w.Receipts().Of(t.Context(), db.System("test"), who, w.entries(who)[0].ID, "en", door.Withheld)
		if err != nil {
			t.Fatal(err)
		}
		keys, _ := w.Keys.LogVerifiers()
		if r, err := receipt.Verify(data, keys...); err != nil || !r.OK || len(keys) != 2 {
			t.Errorf("%+v %v", r, err)
		}
		if r, _ := receipt.Verify(data, keys[0]); r.OK {
			t.Error("the seal of a key that was not given was taken")
		}
	})
}

// TestVerifyPage holds that the page that checks receipts carries the register's
// keys and every sentence, and that the file works without a server.
func TestVerifyPage(t *testing.T) {
	w := newWorld(t)
	keys, err := w.Keys.LogVerifiers()
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(keys)
	for path, wants := range map[string][]string{
		"/receipt/verify":         {"/receipt.js", "/receipt/verify/offline"},
		"/receipt/verify/offline": {"<script>", "<style>", "Content-Security-Policy", "sha256-"},
	} {
		for _, lang := range []string{"sv", "fi", "en"} {
			r := w.get(path + "?lang=" + lang)
			wantStatus(t, r, http.StatusOK)
			page := text(t, r)
			for _, want := range append(wants, strings.ReplaceAll(string(quoted), `"`, "&#34;"), `lang="`+lang+`"`) {
				if !strings.Contains(page, want) {
					t.Errorf("%s in %s has no %s", path, lang, want)
				}
			}
			if path == "/receipt/verify/offline" && slices.ContainsFunc([]string{`src="`, `href="http`, `href="/`}, func(s string) bool { return strings.Contains(page, s) }) {
				t.Error("the file needs a server")
			}
		}
	}
}
