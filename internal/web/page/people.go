package page

import "cmp"

// heading says how many match, or simply what the list is.
func (v PeopleView) heading() string {
	if v.Found >= 0 && (len(v.Filters) > 0 || v.Query != "") {
		return v.N("people.found", v.Found)
	}
	return v.T("nav.people")
}

// word is the answer of a cell in one word.
func (c MayCell) word(f Frame) string {
	switch c.Tone {
	case Yes:
		return f.T("may.yes")
	case No:
		return f.T("may.no")
	}
	return f.T("may.wait")
}

// rest is what remains to be sent.
func (l NewsletterLive) rest() int { return max(l.Of-l.Done, 0) }

// most is the largest count, the whole of the bars.
func most(list []Reasons) int {
	m := 0
	for _, r := range list {
		m = max(m, r.Count)
	}
	return m
}

// valueField is the input for a value of the catalogue.
func valueField(x Fact) Field {
	in := Field{ID: "set-" + x.Field, Name: "value", Label: x.Label, Value: cmp.Or(x.Raw, x.Value), Max: 500}
	if x.Options != nil {
		in.Type, in.Options = "select", x.Options
	}
	return in
}
