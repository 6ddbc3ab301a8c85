package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/packet"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
)

func plainPDF(word string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<< /Title (" + word + ") >>\nendobj\nstartxref\n9\n%%EOF\n")
}

var linked = regexp.MustCompile(`<a href="(documents/[^"]+)">`)

// TestDocumentsInPackage: the documents that came with somebody's requests are in their
// package as they are kept, linked from the page and listed by digest; those that are
// not there are named with why.
func TestDocumentsInPackage(t *testing.T) {
	registered(t, func(t *testing.T, h *House) {
		who := one(t, h, "form")
		came := []struct {
			name, word string
			do         func(tx *db.Tx, f scan.File) error
			found      scan.Found
			reason     string
		}{
			{name: "brev & svar.pdf", word: "keptword"},
			{name: "spouse.pdf", word: "otherword", reason: packet.Others, do: func(tx *db.Tx, f scan.File) error { return h.Scan.SetOthers(tx, f.Person, f.Case, f.ID, true) }},
			{name: "passport.pdf", word: "heldword", reason: packet.Identity},
			{name: "card.pdf", word: "goneword", reason: packet.Identity, do: func(tx *db.Tx, f scan.File) error { return h.Scan.Destroy(tx, f.Person, f.Case, f.ID, scan.Identity) }},
			{name: "wrong.pdf", word: "wrongword", reason: packet.Mistaken, do: func(tx *db.Tx, f scan.File) error { return h.Scan.Destroy(tx, f.Person, f.Case, f.ID, scan.Mistaken) }},
			{name: "macro.svg", word: "<svg>", reason: packet.NotKept},
		}
		for i := range came {
			came[i].found = h.Scan.Look(came[i].name, plainPDF(came[i].word))
			if came[i].reason == packet.NotKept {
				came[i].found = h.Scan.Look(came[i].name, []byte(came[i].word))
			}
		}
		err := h.DB.Do(t.Context(), by, func(tx *db.Tx) error {
			c, err := h.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "post", Person: who})
			for _, x := range came {
				if err != nil {
					return err
				}
				var f scan.File
				if f, err = h.Scan.Arrive(tx, scan.Arrival{Person: who, Case: c.ID, Via: scan.ByClerk, Found: x.found}); err == nil && x.do != nil {
					err = x.do(tx, f)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		built := builtFor(t, h, who, packet.Options{Lang: "en"})
		var whole bytes.Buffer
		if err := built.Zip(&whole); err != nil {
			t.Fatal(err)
		}
		files := unzipped(t, whole.Bytes())
		links := linked.FindAllStringSubmatch(string(files[packet.PageFile]), -1)
		if len(links) != 1 {
			t.Fatalf("%d documents are linked, want the one that is kept", len(links))
		}
		name, err := url.PathUnescape(html.UnescapeString(links[0][1]))
		if err != nil || !bytes.Equal(files[name], plainPDF("keptword")) {
			t.Errorf("%s is not the document that came: %v", name, err)
		}
		var manifest struct {
			Files []struct{ Name, SHA256 string }
		}
		if err := json.Unmarshal(files[packet.ManifestFile], &manifest); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(files[name])
		if !slices.ContainsFunc(manifest.Files, func(f struct{ Name, SHA256 string }) bool {
			return f.Name == name && f.SHA256 == hex.EncodeToString(sum[:])
		}) {
			t.Error("the manifest does not list the document with its digest")
		}
		want := map[string]int{}
		for _, x := range came {
			if x.reason != "" {
				want[x.reason]++
			}
			for file, content := range files {
				if x.reason != "" && bytes.Contains(content, []byte(x.word)) {
					t.Errorf("%s is in %s and ought to be left out (%s)", x.name, file, x.reason)
				}
			}
		}
		for _, w := range built.Withheld {
			if w.Keeper == "scan" {
				want[w.Reason] -= w.Count
			}
		}
		for reason, n := range want {
			if n != 0 || !strings.Contains(string(files[packet.DataFile]), `"reason":"`+reason+`"`) {
				t.Errorf("%d documents too few or too many are said to be left out as %s", n, reason)
			}
		}
		if portable := builtFor(t, h, who, packet.Options{Portable: true}); len(linked.FindString(string(portable.File(packet.PageFile)))) > 0 {
			t.Error("what may be taken along elsewhere holds letters to us")
		}
	})
}
