package door

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/seal"
	"kartotek/internal/web/page"
)

func request(method, target, body string) (*Request, *httptest.ResponseRecorder) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return &Request{Request: r, W: w, Rooms: &Rooms{Keys: seal.Fixed([32]byte{1})}}, w
}

type place struct{ Name, After string }

func TestCursor(t *testing.T) {
	r, _ := request("GET", "/people", "")
	r.Pattern = "GET /people"
	signed := r.SignCursor(place{"Öberg", "9"})
	back, _ := request("GET", "/people?after="+signed, "")
	back.Pattern = r.Pattern
	var got place
	if given, err := back.Cursor(&got); !given || err != nil || got != (place{"Öberg", "9"}) {
		t.Errorf("%v %v %+v", given, err, got)
	}
	if given, err := r.Cursor(&got); given || err != nil {
		t.Errorf("without a cursor: %v %v", given, err)
	}
	other, _ := request("GET", "/organisations?after="+signed, "")
	other.Pattern = "GET /organisations"
	forged, _ := request("GET", "/people?after="+signed[:len(signed)-2]+"AA", "")
	forged.Pattern = r.Pattern
	for name, x := range map[string]*Request{"another page's": other, "altered": forged} {
		if _, err := x.Cursor(&got); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFlash(t *testing.T) {
	r, w := request("POST", "/", "")
	r.Flash(page.Flash{Tone: page.Yes, Text: "Saved for Åsa"})
	c := w.Result().Cookies()[0]
	if strings.Contains(c.Value, "Saved") || !c.HttpOnly {
		t.Errorf("%+v", c)
	}
	next, w := request("GET", "/", "")
	next.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	if f := next.TakeFlash(); f == nil || f.Text != "Saved for Åsa" {
		t.Errorf("%+v", f)
	}
	if w.Result().Cookies()[0].MaxAge >= 0 {
		t.Error("the message would be shown again")
	}
	forged, _ := request("GET", "/", "")
	forged.AddCookie(&http.Cookie{Name: c.Name, Value: "AAAA" + c.Value})
	if forged.TakeFlash() != nil {
		t.Error("a forged message is shown")
	}
}

func TestFields(t *testing.T) {
	r, _ := request("POST", "/", "a=+x+&long="+strings.Repeat("å", 11)+"&lines=1%0d%0a2&empty=+")
	f, err := r.Form(0)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.Need("a", 10); s != "x" || err != nil {
		t.Errorf("%q %v", s, err)
	}
	if s, err := f.Text("lines", 10); s != "1\n2" || err != nil {
		t.Errorf("%q %v", s, err)
	}
	for key, err := range map[string]error{"form.too_long": second(f.Text("long", 10)), "form.one_line": second(f.Line("lines", 10)), "form.missing": second(f.Need("empty", 10))} {
		if fault.KeyOf(err) != key {
			t.Errorf("%v, want %s", err, key)
		}
	}
}

func second(_ string, err error) error { return err }

func TestLimiter(t *testing.T) {
	l := Limiter{Burst: 3, Every: time.Second}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	one, same, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:1::1")
	took := 0
	for range 10 {
		if l.Take(now, one) {
			took++
		}
	}
	if took != 3 || l.Take(now, same) || !l.Take(now, other) {
		t.Errorf("took %d", took)
	}
	if !l.Take(now.Add(time.Second), one) || l.Take(now.Add(time.Second), one) {
		t.Error("one a second")
	}
	for i := range maxSources + 10 {
		l.Take(now, netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if n := len(l.all); n > maxSources {
		t.Errorf("%d sources held", n)
	}
}

func FuzzLocal(f *testing.F) {
	for _, s := range []string{"/people?q=1", "//evil.example", "/\\evil", "https://evil", "/a\r\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Local(s)
		if !strings.HasPrefix(out, "/") || strings.HasPrefix(out, "//") || strings.ContainsAny(out, "\\\r\n") {
			t.Fatalf("%q leads to %q", s, out)
		}
	})
}

func FuzzForm(f *testing.F) {
	f.Add("a=1&b=%ff", "application/x-www-form-urlencoded")
	f.Add("--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--", "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, body, kind string) {
		r, _ := request("POST", "/", body)
		r.Header.Set("Content-Type", kind)
		fields, err := r.Form(1000)
		if err != nil {
			if c := fault.CodeOf(err); c != fault.Invalid && c != fault.TooLarge {
				t.Fatal(err)
			}
			return
		}
		for name := range fields.Values {
			if _, err := fields.Text(name, 1<<20); err != nil || strings.Contains(name, "\x00") {
				t.Fatal(name, err)
			}
		}
	})
}
