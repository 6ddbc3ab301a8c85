package facts

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	jan31 := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ in, out, end string }{
		{"24 months", "24 months", "2029-01-31"}, {"1 month", "1 month", "2027-02-28"}, {"1 year", "1 year", "2028-01-31"},
		{"0 days", "0 days", "2027-01-31"}, {"2 weeks", "2 weeks", "2027-02-14"}, {"session", "session", "2027-01-31"},
		{"13 months", "13 months", "2028-02-29"},
		{"", "", ""}, {"months", "", ""}, {"-1 days", "", ""}, {"1.5 years", "", ""}, {"99999 years", "", ""}, {"3 fortnights", "", ""},
	} {
		d, err := ParseDuration(tc.in)
		if tc.out == "" {
			if err == nil {
				t.Errorf("%q was read as %v", tc.in, d)
			}
			continue
		}
		if err != nil || d.String() != tc.out || d.AddTo(jan31).Format(time.DateOnly) != tc.end {
			t.Errorf("%q: %v %v %v", tc.in, d, d.AddTo(jan31), err)
		}
	}
}

type sample struct {
	Name  string   `y:"name,req,ident"`
	Title Text     `y:"title"`
	On    bool     `y:"on" default:"true"`
	Many  []string `y:"many,keep"`
	Until Date     `y:"until,open"`
	Parts []part   `y:"parts,keyed"`
}

type part struct {
	ID    string `y:",id"`
	Count int    `y:"count"`
}

func TestDecodeAndBack(t *testing.T) {
	src := "name: a\ntitle: {sv: 'å  ä', fi: ö}\non: no\nmany: []\nuntil: open\nparts: {x: {count: 2}, y: {}}\n"
	var a, b sample
	d, ok := Decode("a", []byte(src), &a)
	if !ok || len(d.Problems) > 0 {
		t.Fatalf("%+v", d.Problems)
	}
	if a.On || a.Title["sv"] != "å ä" || len(a.Parts) != 2 || a.Parts[0].Count != 2 || a.Many == nil || d.Pos["parts.x.count"].Line != 6 {
		t.Errorf("%+v", a)
	}
	if d, _ := Decode("b", Of(&a).YAML(), &b); len(d.Problems) > 0 || !reflect.DeepEqual(a, b) {
		t.Errorf("%+v %+v", d.Problems, b)
	}
	want := `{"many":[],"name":"a","on":false,"parts":{"x":{"count":2},"y":{}},"title":{"fi":"ö","sv":"å ä"},"until":"open"}`
	if got := string(Of(&a).JSON()); got != want {
		t.Errorf("%s", got)
	}
}

func TestEveryProblemHasItsPlace(t *testing.T) {
	src := "nmae: a\ntitle: x\non: maybe\nparts:\n  X: {}\n  y: {count: many}\n"
	var s sample
	d, _ := Decode("s", []byte(src), &s)
	var got []string
	for _, p := range d.Problems {
		got = append(got, p.Code+" "+p.Field)
	}
	want := "Y04 nmae, Y05 title, Y05 on, Y06 parts.X, Y05 parts.y.count, Y07 name"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s", strings.Join(got, ", "))
	}
	if !strings.Contains(d.Problems[0].Message, `did you mean "name"`) {
		t.Error(d.Problems[0].Message)
	}
}

func TestCompare(t *testing.T) {
	a := sample{Name: "a", Many: []string{"x", "y"}, Parts: []part{{"p", 1}}}
	b := sample{Name: "a", Many: []string{"y", "z"}, Parts: []part{{"q", 1}}, On: true}
	var got []string
	for _, d := range Compare(Of(&a), Of(&b)) {
		got = append(got, d.Kind+" "+d.Path+" "+d.Old+">"+d.New)
	}
	want := "added many >z|removed many x>|added parts.q >{\"count\":1}|removed parts.p {\"count\":1}>|removed on false>"
	if strings.Join(got, "|") != want {
		t.Errorf("%s", strings.Join(got, "|"))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: a\nmany: &m [x]\nparts: {x: {count: 2}, y: *m}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		var s, again sample
		if d, ok := Decode("f", src, &s); !ok || len(d.Problems) > 0 {
			return
		}
		if d, _ := Decode("f", Of(&s).YAML(), &again); len(d.Problems) > 0 || string(Of(&s).JSON()) != string(Of(&again).JSON()) {
			t.Errorf("%+v\n%s", d.Problems, Of(&s).YAML())
		}
	})
}
