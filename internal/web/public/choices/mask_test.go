package choices

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "anna.berg@fjord.example": "a•••g@f•••.example", "ab@x.example": "a•••@x•••.example", "åsa@älv.example": "å•••@ä•••.example", "a@localhost": "a•••@l•••",
		"@fjord.example": "•••@f•••.example", "+358000000412": "+358 •••12", "12345": "•••", "a@": "a•••@•••",
	} {
		if got := Mask(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"anna@fjord.example", "+358000000412", "\xff@\xff.x", "a@b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Mask(s)
		if utf8.ValidString(s) && !utf8.ValidString(out) {
			t.Fatalf("%q became %q", s, out)
		}
		if s != "" && !strings.Contains(out, dots) {
			t.Fatalf("%q is shown whole", s)
		}
		if local, _, mail := strings.Cut(s, "@"); mail && utf8.RuneCountInString(local) > 2 && strings.HasPrefix(out, local) {
			t.Fatalf("%q shows its local part: %q", s, out)
		}
	})
}
