package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/packet"
)

// registered opens a register with the template notice in force on each engine.
func registered(t *testing.T, fn func(t *testing.T, h *House)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { fn(t, newRegister(t, engine)) })
	}
}

func newRegister(t *testing.T, engine string) *House {
	t.Helper()
	store := config.Store{Data: t.TempDir()}
	if engine == "postgres" {
		store = config.Store{DSN: dbtest.Empty(t), Keys: t.TempDir() + "/keys"}
	}
	h, err := Open(t.Context(), store, Options{Create: true, DB: db.Options{Clock: clock.At(dbtest.Start)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	src := noticedef.Template(noticedef.DefaultAnswers(dbtest.Start.Format(time.DateOnly)))
	if _, _, err := h.Publish(t.Context(), by, src, "test", ""); err != nil {
		t.Fatal(err)
	}
	return h
}

var by = db.System("test")

// testimony is a person of whom every personal column says a word of its own.
type testimony struct {
	who   id.ID
	words map[string]string // column to the word
}

// shapes are columns whose text has a form of its own; %s is the word.
var shapes = map[string]string{
	"persons.fields": `{"industry":"%s"}`, "changes.diff": `[{"f":"title","n":"%s"}]`, "messages.facts": `{"c":"%s"}`,
	"case_files.head": `{"name":"%s"}`, "courier_mails.content": `{"Body":"%s"}`, "posts.content": `{"s":"%s"}`, "enrolments.data": `{"x":"%s"}`, "case_items.content": `{"text":"%s"}`,
}

// boxes are the places that sealed columns are bound to, when every id is 7.
var boxes = map[string]string{
	"case_files.head": "case_files.head/7", "courier_mails.content": "courier:7", "case_files.content": "case_files.content/7", "recipient_notices.about": "recipient:7", "papers.what": "paper:7", "subject_changes.content": "subject change 7",
	"subject_links.address": "subject link 7", "posts.content": "post:7", "enrolments.data": "series:7:7", "case_items.content": "case item:7",
}

// beside are rows without which those of people cannot be read.
var beside = []string{"cases", "series", "click_links"}

// texts are columns that are read as JSON or as a word of a closed set.
var texts = map[string]string{"case_files.state": "kept", "case_files.kind": "pdf", "series.steps": "[]", "series.start_on": "{}", "cases.country": "FI", "cases.received": "2026-11-02", "cases.ref": "R-2026-0042", "points.kind": "email", "persons.prov": "", "click_links.address": "https://nordanvind.example/a"}

func testify(t *testing.T, h *House) testimony {
	t.Helper()
	p := testimony{who: h.DB.NewID(), words: map[string]string{}}
	err := h.DB.Do(t.Context(), by, func(tx *db.Tx) error {
		for _, s := range Schemas() {
			for _, table := range s.Tables {
				personal := slices.ContainsFunc(table.Cols, func(c db.Col) bool { return c.Personal })
				if !personal && !slices.Contains(beside, table.Name) {
					continue
				}
				if err := p.row(tx, h, table); err != nil {
					return fmt.Errorf("%s: %w", table.Name, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// row plants one row of a table.
func (p *testimony) row(tx *db.Tx, h *House, table db.Table) error {
	var names []string
	var marks []string
	var args []any
	for _, c := range table.Cols {
		names = append(names, c.Name)
		marks = append(marks, fmt.Sprintf("$%d", len(names)))
		args = append(args, p.cell(h, table.Name+"."+c.Name, c))
	}
	_, err := tx.Exec(db.SQL(db.Set, "INSERT INTO "+table.Name+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")"), args...)
	return err
}

func (p *testimony) cell(h *House, name string, c db.Col) any {
	switch {
	case c.Name == "bucket":
		return int64(p.who.Bucket())
	case c.Name == "person_id":
		return int64(p.who)
	case name == "evidence.sealed": // as before there were keys of people: the words lie beside it
		p.words[name] = p.words["evidence.text"]
		return []byte{}
	case c.Personal && c.Type == "big":
		at := 1_700_000_000_000 + int64(len(p.words))*1000
		p.words[name] = clock.FromMs(at).Format("2006-01-02T15:04:05Z")
		return at
	case c.Personal:
		word := fmt.Sprintf("planted%dword", len(p.words))
		p.words[name] = word
		if shape := shapes[name]; shape != "" {
			word = fmt.Sprintf(shape, word)
		}
		if box := boxes[name]; box != "" {
			return h.Keys.Seal(box, []byte(word))
		}
		if c.Type == "blob" {
			return []byte(word)
		}
		return word
	case c.Type == "text":
		return texts[name]
	case c.Type == "blob":
		return []byte{}
	case name == "persons.status" || name == "persons.kind" || strings.HasSuffix(name, ".text_id"):
		return int64(0)
	}
	if n, set := numbers[name]; set {
		return n
	}
	return int64(7)
}

// numbers are columns that decide whether a row still counts.
var numbers = map[string]int64{"recipient_notices.ended_at": 0, "papers.destroyed_at": 0, "subject_changes.done_at": 0, "courier_mails.done_at": 0, "disclosures.bulk_id": 0,
	"subject_changes.made_at": dbtest.Start.UnixMilli(), "subject_sessions.created_at": dbtest.Start.UnixMilli(), "subject_sessions.seen_at": dbtest.Start.UnixMilli()}

// TestNothingLeftOut plants a word in every column that tells something of a person, and
// finds each in the package, or in the list of what is not there and why. law: GDPR 15(3)
func TestNothingLeftOut(t *testing.T) {
	h := newRegister(t, "sqlite")
	p := testify(t, h)
	built, err := h.Packet.Build(t.Context(), by, p.who, packet.Options{Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	data := ""
	for _, f := range built.Files() {
		if f.Name == packet.DataFile || strings.HasPrefix(f.Name, "documents/") {
			data += string(f.Content)
		}
	}
	for column, word := range p.words {
		switch in, out := strings.Contains(data, word), packet.Excluded[column] != ""; {
		case !in && !out:
			t.Errorf("%s is not in the package: let the keeper's Export write it, or name it in packet.Excluded with the reason", column)
		case in && out:
			t.Errorf("%s is in the package and in the list of what is not", column)
		}
	}
	for column := range packet.Excluded {
		if p.words[column] == "" {
			t.Errorf("packet.Excluded names %s, which is no personal column", column)
		}
	}
	page := string(built.File(packet.PageFile))
	for column, word := range p.words {
		if packet.Excluded[column] == "" && column != "case_files.content" && strings.HasPrefix(word, "planted") && !strings.Contains(page, word) {
			t.Errorf("%s is in the data and not on the page", column)
		}
	}
	described(t, h, built)
}

// described holds that what was exported is what the keepers say they export.
func described(t *testing.T, h *House, built *packet.Package) {
	t.Helper()
	kinds := map[string]dossier.Kind{}
	for _, k := range h.Keepers() {
		d, ok := k.(dossier.Described)
		if !ok {
			t.Errorf("%s does not say what it exports: add Kinds (dossier.Described) to its keeper", k.Name())
			continue
		}
		for _, kind := range d.Kinds() {
			kinds[k.Name()+"."+kind.Name] = kind
		}
	}
	for _, part := range built.Parts {
		kind, known := kinds[part.Key()]
		if !known {
			t.Errorf("%s exports %s and does not say so in Kinds", part.Keeper, part.Kind)
		}
		for _, r := range part.Records {
			for _, v := range r.Values {
				name, _, _ := strings.Cut(v.Name, ":")
				if !kind.Has(name) && !kind.Has(v.Name) && !kind.Has(dossier.Catalogue) && !kind.Has(dossier.Free) {
					t.Errorf("%s exports the value %s and does not say so in Kinds", part.Key(), v.Name)
				}
			}
		}
	}
}

// TestTitles holds that each kind and each value of every keeper has a title for
// people, in every language. law: GDPR 12(1)
func TestTitles(t *testing.T) {
	h := newHouse(t)
	for _, lang := range i18n.Langs {
		p := i18n.For(lang)
		need := func(key, of string) {
			if !p.Has(key) {
				t.Errorf("%s lacks %q, the title of %s in packages people are given", lang, key, of)
			}
		}
		for _, k := range h.Keepers() {
			d, ok := k.(dossier.Described)
			if !ok {
				continue // TestNothingLeftOut says so
			}
			for _, kind := range d.Kinds() {
				need("dossier."+k.Name()+"."+kind.Name, k.Name()+"'s "+kind.Name)
				for _, v := range kind.Values {
					if v = strings.TrimSuffix(v, ":"); v != dossier.Catalogue && v != dossier.Free {
						need("dossier.value."+v, "a value of "+k.Name()+"."+kind.Name)
					}
				}
			}
		}
		for _, reason := range packet.Reasons {
			need("packet.reason."+reason, "a reason")
		}
	}
}
