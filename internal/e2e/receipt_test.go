package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"kartotek/internal/receipt"
)

// receipted records a consent in a register and prints its receipt.
func receipted(t *testing.T, s store, address string) []byte {
	t.Helper()
	done(t, s.with("import", write(t, "people.csv", "email,first_name,last_name,language\n"+address+",Åsa,Öbergsson,sv\n"), "--consent", "newsletter:email", "--evidence", "signed list")...)
	list := parsed[[]struct{ Entry, Kind string }](t, done(t, s.with("receipt", "show", address, "--json")...))
	if len(list) != 1 || list[0].Kind != "consent" {
		t.Fatalf("entries %+v", list)
	}
	return []byte(done(t, s.with("receipt", "show", list[0].Entry)...))
}

// drop gives a file to the page, as a visitor would who drops it, and gives what
// the page says of it: ok, wrong or unreadable, and the steps that do not hold.
func (b *browser) drop(data []byte) (state string, failed []string) {
	b.Helper()
	b.await(`!document.querySelector("[data-drop]").hidden`)
	ask[bool](b, `(() => {
		const out = document.querySelector("[data-result]"), input = document.querySelector("input[type=file]"), moved = new DataTransfer();
		out.dataset.state = "";
		moved.items.add(new File([Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(data)+`"), c => c.charCodeAt(0))], "receipt.json"));
		input.files = moved.files;
		return input.dispatchEvent(new Event("change"));
	})()`)
	b.await(`document.querySelector("[data-result]").dataset.state !== ""`)
	return ask[string](b, `document.querySelector("[data-result]").dataset.state`),
		ask[[]string](b, `[...document.querySelectorAll('[data-step][data-ok="false"]')].map(li => li.dataset.step)`)
}

// hostile are changes of a receipt, by name.
func hostile(good, other []byte) map[string][]byte {
	swap := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	line := func(data []byte, key string) string {
		at := bytes.Index(data, []byte(`"`+key+`"`))
		return string(data[at : at+bytes.IndexByte(data[at:], '\n')])
	}
	return map[string][]byte{
		"a title":         swap(`"dct:created": "2`, `"dct:created": "3`),
		"the entry":       swap(`channel: email`, `channel: sms`),
		"a swapped proof": swap(line(good, "kt:log"), line(other, "kt:log")),
		"another's salt":  swap(line(good, "kt:salt"), line(other, "kt:salt")),
		"another's seal":  swap(line(good, "kt:seal"), line(other, "kt:seal")),
		"a key twice":     swap(`"dct:publisher"`, `"dct:created": "x", "dct:publisher"`),
		"a term":          swap(`dpv:ConsentGiven`, `dpv:ConsentTerminated`),
		"cut off":         good[:len(good)/3],
		"a number":        swap(`"dct:language": "sv"`, `"dct:language": 7`),
		"half a letter":   swap(`"dct:language": "sv"`, `"dct:language": "\ud800"`),
		"no receipt":      []byte(`{"@type":"dpv:ConsentReceipt"}`),
		"nothing":         {},
		"too large":       bytes.Repeat([]byte(" "), receipt.MaxBytes+1),
		"rewritten":       append([]byte("\n\t"), good...),
	}
}

// agree holds that the page and the program find the same wrong with a file.
func (b *browser) agree(name string, data []byte, keys []string) {
	b.Helper()
	state, failed := b.drop(data)
	r, err := receipt.Verify(data, keys...)
	want := map[bool]string{true: "ok", false: "wrong"}[r.OK]
	if err != nil {
		want = "unreadable"
	}
	if state != want || err == nil && !slices.Equal(failed, append([]string{}, r.Failed()...)) {
		b.Errorf("%s: the page says %s %v, the program %s %v %v", name, state, failed, want, r.Failed(), err)
	}
}

// TestReceiptPage checks receipts in the browser: on the server's page, and with
// the file that works without it; the browser and the program agree throughout.
func TestReceiptPage(t *testing.T) {
	s, elsewhere := ready(t), ready(t)
	good, other := receipted(t, s, "asa@fjord.example"), receipted(t, elsewhere, "bo@fjord.example")
	_, base := serve(t, s...)
	b := surf(t)
	b.look(390, "dark")
	b.visit(base+"/receipt/verify", "server")
	offline := filepath.Join(t.TempDir(), "check.html")
	if err := os.WriteFile(offline, []byte(ask[string](b, `fetch("/receipt/verify/offline").then(r => r.text())`)), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := ask[[]string](b, `JSON.parse(document.querySelector("[data-receipt]").dataset.keys)`)
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	for _, page := range []string{base + "/receipt/verify", "file://" + offline} {
		if strings.HasPrefix(page, "http") {
			b.visit(page, "check")
		} else {
			b.open(page)
		}
		if state, failed := b.drop(good); state != "ok" {
			t.Errorf("%s: a good receipt: %s %v", page, state, failed)
		}
		if wide := ask[string](b, tooWide); wide != "" {
			t.Errorf("%s: %s", page, wide)
		}
		if strings.HasPrefix(page, "http") {
			b.axe(string(axe))
		}
		if state, failed := b.drop(other); state != "wrong" || !slices.Equal(failed, []string{"key", "seal", "head"}) {
			t.Errorf("%s: a receipt of another register: %s %v", page, state, failed)
		}
		for name, data := range hostile(good, other) {
			b.agree(page+" "+name, data, keys)
		}
		b.calm()
	}
	golden, err := filepath.Glob("../receipt/testdata/*.json")
	if err != nil || len(golden) < 9 {
		t.Fatal(golden, err)
	}
	for _, name := range golden {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b.agree(name, data, keys)
		var named struct {
			Proof struct {
				Key string `json:"kt:key"`
			} `json:"kt:proof"`
		}
		if err := json.Unmarshal(data, &named); err != nil {
			t.Fatal(err)
		}
		ok := ask[bool](b, `kartotekReceipt.verify(Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(data)+`"), c => c.charCodeAt(0)), ["`+named.Proof.Key+`"]).then(r => r.ok)`)
		if !ok {
			t.Errorf("%s does not hold in the browser", name)
		}
	}
}

// open goes to a file, which has no status.
func (b *browser) open(address string) {
	b.Helper()
	b.mu.Lock()
	b.where = address
	b.mu.Unlock()
	b.do(chromedp.Navigate(address))
	b.await(`document.readyState === "complete" && document.querySelector("[data-receipt]") !== null`)
}
