// Package i18n holds every sentence the program shows, in Swedish, Finnish and
// English, and writes dates and numbers the way each reader writes them.
//
// # Texts
//
// A text has a key, such as "person.may.title". The texts lie in text/, one
// JSON file per area and language: staff.sv.json, public.fi.json, ... The form
// is that of go-i18n: a key with a sentence, or a key with the CLDR plural
// forms of that language:
//
//	"people.count": {"one": "{n} person", "other": "{n} people"}
//
// Placeholders stand in braces: {n}, {name}. A value is put in as text and is
// never read as a template. Sentences are written in each language, not
// translated word by word; where a right is concerned they use the law's term
// (samtycke, suostumus, consent; förbud, kielto, prohibition).
//
// # Use
//
//	p := i18n.For("sv")
//	p.T("person.may.title")                   // a sentence
//	p.T("import.done", "rows", 1240)          // with a value
//	p.N("people.count", 3)                    // plural, {n} is the count
//	p.Date(t), p.Number(12480), p.Percent(x)  // as the reader writes them
//
// A new language is one set of files and one line in the table "tongues".
// Tests hold that every key exists in every language, that placeholders agree,
// and that each key named in the sources exists.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

//go:embed text/*.json
var files embed.FS

// Langs are the languages of the program, the default first.
var Langs = []string{"sv", "fi", "en"}

// Default is the language used when nothing better is known.
const Default = "sv"

// catalogue is what the files say, read once.
type catalogue struct {
	bundle *goi18n.Bundle
	text   map[string]map[string]string          // language, key: the sentence ("other" form)
	forms  map[string]map[string]*goi18n.Message // language, key: all forms
}

var load = sync.OnceValue(func() *catalogue {
	c := &catalogue{
		bundle: goi18n.NewBundle(language.Make(Default)),
		text:   map[string]map[string]string{},
		forms:  map[string]map[string]*goi18n.Message{},
	}
	names, err := fs.Glob(files, "text/*.json")
	if err != nil {
		panic(err) // the pattern is a constant, and the only error of Glob is a malformed one
	}
	for _, name := range names {
		if err := c.read(name); err != nil {
			// The files are part of the program: a broken one is a broken build.
			panic(fmt.Sprintf("i18n: %s: %v", name, err))
		}
	}
	return c
})

// read adds one embedded file. A key may stand in one file of a language only.
func (c *catalogue) read(name string) error {
	buf, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	f, err := c.bundle.ParseMessageFileBytes(buf, name)
	if err != nil {
		return err
	}
	lang := f.Tag.String()
	if c.text[lang] == nil {
		c.text[lang], c.forms[lang] = map[string]string{}, map[string]*goi18n.Message{}
	}
	for _, m := range f.Messages {
		if _, twice := c.text[lang][m.ID]; twice {
			return fmt.Errorf("key %q stands in two files", m.ID)
		}
		c.text[lang][m.ID], c.forms[lang][m.ID] = m.Other, m
	}
	return nil
}

// Keys lists all keys of a language, sorted.
func Keys(lang string) []string {
	m := load().text[lang]
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

var matcher = language.NewMatcher([]language.Tag{language.Swedish, language.Finnish, language.English})

// Match picks the language that suits an Accept-Language header best (RFC 9110
// 12.5.4). An empty, broken or unknown header gives the default.
func Match(acceptLanguage string) string {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return Default
	}
	_, i, sure := matcher.Match(tags...)
	if sure == language.No {
		return Default
	}
	return Langs[i]
}

// Known reports whether lang is one of Langs.
func Known(lang string) bool {
	for _, l := range Langs {
		if l == lang {
			return true
		}
	}
	return false
}

// T gives the sentence of a key, with placeholders filled from args: names and
// values by turns. Times are written as dates and whole numbers with their
// separators. A key that does not exist is shown as itself, so that a mistake
// is seen and nothing breaks.
func (p *Printer) T(key string, args ...any) string {
	s, ok := p.text[key]
	if !ok {
		return key
	}
	return p.fill(s, args)
}

// Or gives the sentence of a key, or the fallback when there is none. It is for
// keys made from data, such as a verdict's code.
func (p *Printer) Or(key, fallback string, args ...any) string {
	if !p.Has(key) {
		return fallback
	}
	return p.T(key, args...)
}

// Has reports whether the key exists.
func (p *Printer) Has(key string) bool {
	_, ok := p.text[key]
	return ok
}

// N gives the sentence of a key in the plural form of count; {n} is the count.
func (p *Printer) N(key string, count int, args ...any) string {
	s, err := p.plural.Localize(&goi18n.LocalizeConfig{
		MessageID: key, PluralCount: count, TemplateParser: template.IdentityParser{},
	})
	if err != nil {
		return key
	}
	return p.fill(s, append([]any{"n", count}, args...))
}

// fill puts values in the placeholders in one pass, so that braces inside a
// value stay what they are.
func (p *Printer) fill(s string, args []any) string {
	if len(args) == 0 || !strings.Contains(s, "{") {
		return s
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+fmt.Sprint(args[i])+"}", p.value(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}
