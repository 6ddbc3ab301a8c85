package address

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEmail(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"anna@post.example", "anna@post.example", nil},
		{"  Anna.Berg+List@Post.EXAMPLE \u00a0", "anna.berg+list@post.example", nil},
		{"\ufeffanna@post.example\u200b", "anna@post.example", nil},
		{"o'neil@post.example", "o'neil@post.example", nil},
		{"=cmd@post.example", "=cmd@post.example", nil},
		{"åsa@Räksmörgås.example", "åsa@xn--rksmrgs-5wao1o.example", nil},
		{"A\u030asa@post.example", "åsa@post.example", nil},
		{"info@xn--rksmrgs-5wao1o.example", "info@xn--rksmrgs-5wao1o.example", nil},
		{"", "", ErrEmpty},
		{" ", "", ErrEmpty},
		{"anna", "", ErrNoAt},
		{"ännä", "", ErrNoAt},
		{"a@b@post.example", "", ErrManyAt},
		{"ä@b@post.example", "", ErrManyAt},
		{"a b@post.example", "", ErrCharacter},
		{"a\r\nRCPT TO:<v@y", "", ErrCharacter},
		{"<a@post.example>", "", ErrCharacter},
		{"\"a b\"@post.example", "", ErrCharacter},
		{"a,b@post.example", "", ErrCharacter},
		{"a\x00@post.example", "", ErrCharacter},
		{"å\u2028@post.example", "", ErrCharacter},
		{"a\u202e@post.example", "", ErrCharacter},
		{"a\xff@post.example", "", ErrCharacter},
		{"@post.example", "", ErrLocal},
		{".a@post.example", "", ErrLocal},
		{"a.@post.example", "", ErrLocal},
		{"a..b@post.example", "", ErrLocal},
		{strings.Repeat("a", 65) + "@post.example", "", ErrLocalLong},
		{"a@" + strings.Repeat("a.", 130) + "example", "", ErrDomainLong},
		{"a@localhost", "", ErrDomain},
		{"a@", "", ErrDomain},
		{"a@post..example", "", ErrDomain},
		{"a@post.example.", "", ErrDomain},
		{"a@-post.example", "", ErrDomain},
		{"a@192.0.2.1", "", ErrDomain},
		{"a@xn--\u00e5.example", "", ErrDomain},
		{"a@" + strings.Repeat("a", 64) + ".example", "", ErrDomain},
	} {
		got, err := Email(c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Email(%q) = %q, %v; want %q, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestMailbox(t *testing.T) {
	for in, want := range map[string]string{
		"anna@post.example":       "anna@post.example",
		"anna+news@post.example":  "anna@post.example",
		"a.nna@post.example":      "a.nna@post.example",
		"a.n.na+x@googlemail.com": "anna@gmail.com",
		"anna@gmail.com":          "anna@gmail.com",
		"+x@post.example":         "+x@post.example",
		"no address at all":       "no address at all",
	} {
		if got := Mailbox(in); got != want {
			t.Errorf("Mailbox(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for _, c := range []struct {
		in, country, want string
		err               error
	}{
		{"+358 00 000 0412", "FI", "+358000000412", nil},
		{"+358000000412", "FI", "+358000000412", nil},
		{"00358 00-000 0412", "FI", "+358000000412", nil},
		{"040 123 4567", "FI", "+358401234567", nil},
		{"070-123 45 67", "SE", "+46701234567", nil},
		{"+46 (0)70-123 45 67", "FI", "+46701234567", nil},
		{"(040) 123.4567", "fi", "+358401234567", nil},
		{"", "FI", "", ErrEmpty},
		{"+12", "FI", "", ErrPhoneLength},
		{"+1234567890123456", "FI", "", ErrPhoneLength},
		{"+0123456789", "FI", "", ErrPhone},
		{"call me", "FI", "", ErrPhone},
		{"040 123 4567 / 040 765 4321 / 040 111 2222", "FI", "", ErrPhoneLength},
		{"12", "FI", "", ErrPhone},
	} {
		got, err := Phone(c.in, c.country)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Phone(%q, %s) = %q, %v; want %q, %v", c.in, c.country, got, err, c.want, c.err)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"akesson": "akesson", "Åkesson": "akesson", "MÄKELÄ": "makela", "Ørsted": "orsted",
		"Ægir": "aegir", "Straße": "strasse", "ẞ": "ss", "Łukasz": "lukasz", "Þórr": "thorr",
		"I\u0307": "i", "\ufb01n": "fin", "": "",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"anna@post.example", "Å@å.example", "a@xn--a.example", "İ@b.example", "\"@\"@b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, err := Email(s)
		if err != nil {
			return
		}
		if again, err := Email(key); again != key || err != nil {
			t.Fatalf("Email(%q) = %q, whose key is %q, %v", s, key, again, err)
		}
		if strings.ContainsAny(key, "\r\n\x00<>\" ,;") || strings.Count(key, "@") != 1 || !utf8.ValidString(key) {
			t.Fatalf("Email(%q) let %q through", s, key)
		}
	})
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"+358 00 000 0412", "040 1234567", "0046(0)70", "+46 (0)70-123 45 67"} {
		f.Add(s, "FI")
	}
	f.Fuzz(func(t *testing.T, s, country string) {
		key, err := Phone(s, country)
		if err != nil {
			return
		}
		if again, err := Phone(key, country); again != key || err != nil {
			t.Fatalf("Phone(%q) = %q, whose key is %q, %v", s, key, again, err)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Åkesson", "Straße", "İ", "ǅ", "\u212b", "ϓ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if once := Fold(s); Fold(once) != once {
			t.Fatalf("Fold(%q) = %q folds to %q", s, once, Fold(once))
		}
	})
}

func BenchmarkEmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Email("anna.mattsson@nordanvind.example")
	}
}

func BenchmarkPhone(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Phone("+358 00 000 0412", "FI")
	}
}

func BenchmarkPhoneNational(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Phone("040 123 4567", "FI")
	}
}

func BenchmarkFold(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Fold("Mäkelä")
	}
}
