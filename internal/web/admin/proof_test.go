package admin_test

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
	"kartotek/internal/tree"
)

// takeIn does what the sequencer of a running server does.
func (w *world) takeIn() {
	w.t.Helper()
	r := &tree.Room{DB: w.DB, Keys: w.Keys}
	for {
		w.clock.Move(2 * tree.Lease)
		n, err := r.Sequence(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// entry gives the newest entry of an action, and its digest.
func (w *world) entry(action string) (entry id.ID, digest []byte) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		all, err := audit.Read(tx, audit.Filter{Action: action, Limit: 1})
		if err != nil || len(all) == 0 {
			w.t.Fatal("there is no such entry", err)
		}
		entry = all[0].ID
		digest, err = audit.Digest(tx, entry)
		return err
	})
	return entry, digest
}

// TestProofPage follows an entry from the list to a file that somebody else can check.
func TestProofPage(t *testing.T) {
	w := newWorld(t, "owner")
	w.get("/people/" + w.people["Åkesson"].String())
	read, digest := w.entry("person.read")
	page := "/log/" + read.String()
	w.get(page).has("Not in the log’s tree yet", "Maja Exempel")
	if rec := w.ask("GET", page+"/proof", "", nil, "en"); rec.Code != http.StatusConflict {
		t.Errorf("a proof before the entry is in the tree: %d", rec.Code)
	}
	w.takeIn()
	w.get("/log").has("signed")
	w.get(page).has("The entry stands at place", "Download the proof", hex.EncodeToString(digest))

	file := w.ask("GET", page+"/proof", "", nil, "en")
	if got := file.Header().Get("Content-Disposition"); !strings.Contains(got, read.String()+".tlog-proof") {
		t.Errorf("the file is called %q", got)
	}
	p, err := inclusion.ParseProof(file.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	w.cookie = "" // what follows is done by somebody without an account
	head := w.ask("GET", "/log/checkpoint", "", nil, "en")
	text := head.Body.String()
	at := strings.LastIndex(text, "\n\n")
	if head.Code != http.StatusOK || at < 0 {
		t.Fatalf("%d %q", head.Code, text)
	}
	keys := text[at:]
	if _, err := p.Check(inclusion.Leaf(tree.Audit, digest), strings.Fields(keys)...); err != nil {
		t.Error(err)
	}
	if _, err := p.Check(inclusion.Leaf(tree.Audit, make([]byte, 32)), strings.Fields(keys)...); err == nil {
		t.Error("the proof is of anything")
	}
}

func TestProofRefused(t *testing.T) {
	w := newWorld(t, "owner")
	w.get("/people/" + w.people["Åkesson"].String())
	read, _ := w.entry("person.read")
	for path, status := range map[string]int{
		"/log/zzzz":           http.StatusNotFound,
		"/log/zzzz/proof":     http.StatusNotFound,
		"/log/-":              http.StatusNotFound,
		"/log?after=Zm9yZ2Vk": http.StatusBadRequest,
		"/log?outcome=maybe":  http.StatusBadRequest,
		"/log?until=never":    http.StatusBadRequest,
		"/log?after=" + url.QueryEscape(w.Keys.Sign("cursor", []byte("1"))): http.StatusBadRequest,
	} {
		w.read(path, "en", status)
	}
	if before := w.logged("log.read"); before != 0 {
		t.Errorf("%d refused questions were logged as readings", before)
	}
	w.get("/log?outcome=refused").has("No match")
	w.get("/log?outcome=ok&day=2026-11-21&until=2026-11-22").has("read a person")
	w.signIn("sales")
	w.read("/log/"+read.String(), "en", http.StatusForbidden)
	w.read("/log/"+read.String()+"/proof", "en", http.StatusForbidden)
}
