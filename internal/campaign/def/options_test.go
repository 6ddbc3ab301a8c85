package def_test

import (
	"reflect"
	"testing"

	"kartotek/internal/campaign/def"
)

// FuzzParseOptions holds that what is read is written and read the same.
func FuzzParseOptions(f *testing.F) {
	f.Add("")
	f.Add(`{"schedule":{"date":"2027-03-28","time":"03:30","zone":"Europe/Helsinki"},"cap":{"most":2,"days":7}}`)
	f.Add(`{"split":{"others":[{"subject":"Two"}],"share":20,"measure":"clicks","hours":4,"winner":2}}`)
	f.Add(`{"open_tracking":true}`)
	f.Fuzz(func(t *testing.T, text string) {
		o, err := def.ParseOptions(text)
		if err != nil {
			return
		}
		_ = o.Check(true)
		again, err := o.Text()
		if err != nil {
			t.Fatal(err)
		}
		if p, err := def.ParseOptions(again); err != nil || !reflect.DeepEqual(o, p) {
			t.Errorf("%q became %q: %+v %+v %v", text, again, o, p, err)
		}
	})
}

func TestParseOptionsIsStrict(t *testing.T) {
	for _, text := range []string{`{"open_tracking":true}`, `{"cap":{"most":"2"}}`, `{} {}`, `[]`, `{"cap":`} {
		if _, err := def.ParseOptions(text); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}
