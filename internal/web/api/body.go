package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"kartotek/internal/fault"
)

// Bounds of what is read. They are far above what any operation needs, and low
// enough that reading to the bound takes no time.
const (
	maxDepth  = 8
	maxNames  = 500 // of all objects together
	maxValues = 2000
	maxListed = 10 // names in an error
)

func invalid(key, field, text string) error {
	return fault.New(fault.Invalid, key, "%s", text).In(field)
}

func broken(why string) error { return fault.New(fault.Invalid, "api.json", "%s", why) }

// unknown refuses names that an operation does not have, naming them.
func unknown(names []string) error {
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	if len(names) > maxListed {
		names = append(names[:maxListed:maxListed], "…")
	}
	return invalid("api.unknown", strings.Join(names, ", "), "there is no such field here")
}

// read takes the body of a request into a struct.
func (c *call) read(into any) error {
	if kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return broken("send application/json")
	}
	raw, err := io.ReadAll(c.Body)
	if err != nil {
		return err // over the bound, or cut off
	}
	return decode(raw, into)
}

// decode reads one JSON object strictly: UTF-8, no name twice (RFC 8259 4 leaves
// open which would count), no name the struct lacks in exactly its letters, bounded
// depth and size.
func decode(raw []byte, into any) error {
	if !utf8.Valid(raw) || bytes.ContainsRune(raw, 0) {
		return broken("the body is not UTF-8")
	}
	if err := scan(raw); err != nil {
		return err
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil || given == nil {
		return broken("the body is not a JSON object")
	}
	var strange []string
	known := names(reflect.TypeOf(into).Elem())
	for name := range given {
		if !slices.Contains(known, name) {
			strange = append(strange, name)
		}
	}
	if err := unknown(strange); err != nil {
		return err
	}
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return invalid("api.type", wrong.Field, "the value is of another kind than the field")
	case err != nil:
		return broken("the body could not be read")
	}
	return nil
}

// names are the names of a struct's fields in JSON.
func names(t reflect.Type) (out []string) {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

// level is an object or list being scanned.
type level struct {
	names map[string]bool // nil for a list
	name  bool            // the next token is a name
}

// scan walks over the tokens, holding no more of them than the names.
func scan(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // a number is not made, however long it is
	var open []level
	named, values := 0, 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return nil
		}
		if err != nil {
			return broken("the body is not JSON")
		}
		if values++; values > maxValues {
			return broken("the body has too many values")
		}
		top := len(open) - 1
		if s, ok := tok.(string); ok && top >= 0 && open[top].name {
			if named++; named > maxNames || open[top].names[s] {
				return broken("a name stands twice, or there are too many")
			}
			open[top].names[s], open[top].name = true, false
			continue
		}
		if open = step(open, tok); len(open) > maxDepth {
			return broken("the body is nested too deeply")
		}
	}
}

// step opens or closes a level; after a value in an object comes a name again.
func step(open []level, tok json.Token) []level {
	switch tok {
	case json.Delim('{'):
		return append(open, level{names: map[string]bool{}, name: true})
	case json.Delim('['):
		return append(open, level{})
	case json.Delim('}'), json.Delim(']'):
		open = open[:len(open)-1]
	}
	if top := len(open) - 1; top >= 0 && open[top].names != nil {
		open[top].name = true
	}
	return open
}
