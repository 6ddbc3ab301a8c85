package facts

import (
	"reflect"
	"strings"
)

// attr is what a struct tag says about one field of the file.
type attr struct {
	index    int
	key      string   // name in the file; "" for the id, which is the key itself
	id       bool     // holds the key of a keyed element
	required bool     // its absence is a schema error (what law requires is left to Check)
	keyed    bool     // a slice written as a mapping, id to element
	keep     bool     // an empty list is a statement: written even when empty
	open     bool     // a date that may be "open"
	ident    bool     // must be an identifier
	yes      bool     // a switch that is on unless the file turns it off
	oneOf    []string // the closed vocabulary
}

// attrs reads the tags of a struct type: y:"key,options", one:"a|b",
// default:"true".
func attrs(t reflect.Type) []attr {
	var out []attr
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("y")
		if !ok {
			continue
		}
		parts := strings.Split(tag, ",")
		a := attr{index: i, key: parts[0], yes: f.Tag.Get("default") == "true"}
		if one := f.Tag.Get("one"); one != "" {
			a.oneOf = strings.Split(one, "|")
		}
		for _, o := range parts[1:] {
			a.set(o)
		}
		out = append(out, a)
	}
	return out
}

func (a *attr) set(option string) {
	switch option {
	case "id":
		a.id = true
	case "req":
		a.required = true
	case "keyed":
		a.keyed = true
	case "keep":
		a.keep = true
	case "open":
		a.open = true
	case "ident":
		a.ident = true
	}
}

// idField finds the field of a keyed element that holds its key.
func idField(t reflect.Type) int {
	for _, a := range attrs(t) {
		if a.id {
			return a.index
		}
	}
	return -1
}

var (
	typeText     = reflect.TypeFor[Text]()
	typeDate     = reflect.TypeFor[Date]()
	typeDuration = reflect.TypeFor[Duration]()
)
