package page

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Field is one labelled input of a form.
type Field struct {
	ID    string // unique on the page; also the name unless Name is set
	Name  string
	Label string
	Hint  string // shown under the label
	Error string // what is wrong and what to do
	Type  string // text (default), email, password, date, file, number, select, textarea
	Value string

	Options  []Option // of a select
	Rows     int      // of a textarea
	Code     bool     // a textarea for text that machines read
	Required bool
	Auto     string // the autocomplete attribute
	Max      int    // longest value; 0: no limit
	Accept   string // of a file
	Multiple bool   // of a file
	List     string // id of a datalist
	Focus    bool
}

// look is the class of a textarea.
func (f Field) look() string {
	if f.Code {
		return "code"
	}
	return "prose"
}

func (f Field) name() string {
	if f.Name != "" {
		return f.Name
	}
	return f.ID
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// attrs gives the attributes that are set.
func (f Field) attrs() templ.OrderedAttributes {
	var a templ.OrderedAttributes
	set := func(k string, v any) { a = append(a, templ.KeyValue[string, any]{Key: k, Value: v}) }
	var by []string
	if f.Hint != "" {
		by = append(by, f.ID+"-hint")
	}
	if f.Error != "" {
		by = append(by, f.ID+"-error")
		set("aria-invalid", "true")
	}
	if by != nil {
		set("aria-describedby", strings.Join(by, " "))
	}
	for _, b := range []struct {
		name string
		on   bool
	}{{"required", f.Required}, {"multiple", f.Multiple}, {"autofocus", f.Focus}} {
		if b.on {
			set(b.name, true)
		}
	}
	for _, s := range []struct{ name, value string }{
		{"autocomplete", f.Auto}, {"accept", f.Accept}, {"list", f.List},
	} {
		if s.value != "" {
			set(s.name, s.value)
		}
	}
	if f.Max > 0 {
		set("maxlength", strconv.Itoa(f.Max))
	}
	return a
}

// width is a bar's width: a share as a percentage, never too thin to see.
func width(part, whole int) string {
	if part <= 0 || whole <= 0 {
		return "0"
	}
	w := float64(part) * 100 / float64(whole)
	if w < 1 {
		w = 1
	}
	return strconv.FormatFloat(w, 'f', 1, 64)
}

// itoa is for attributes, which take no separators.
func itoa(n int) string { return strconv.Itoa(n) }
