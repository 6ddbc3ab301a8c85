package e2e

import (
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stop is where the focus has come.
type stop struct {
	Name   string // the element, for a reader
	Here   bool   // it is the one looked for
	Again  bool   // the focus has not moved since the last stop
	Back   bool   // it stands before the last stop
	Seen   bool   // it has a ring and is in the window
	Hidden bool   // something that stays in place lies over it
}

// stopped describes the focus and remembers it for the next time.
const stopped = `((wanted) => {
	const e = document.activeElement, last = window.lastStop, r = e.getBoundingClientRect(), s = getComputedStyle(e);
	window.lastStop = e;
	const over = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2), head = over && over.closest("header.top, .tabbar");
	return {Name: e.tagName + (e.id ? "#" + e.id : "") + " " + (e.getAttribute("name") || e.getAttribute("href") || e.textContent.trim().slice(0, 30)),
		Here: e.matches(wanted), Again: e === last, Back: !!last && e !== document.body && !!(last.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING),
		Seen: e === document.body || s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && r.width > 0 && r.bottom > 0 && r.top < innerHeight,
		Hidden: !!head && !head.contains(e)};
})`

// key presses a key as often as it takes to bring the focus to an element, and judges every stop.
func (b *browser) key(step chromedp.Action[chromedp.Void], wanted string, backwards bool) {
	b.Helper()
	same := 0
	for range 150 {
		b.do(step)
		s := ask[stop](b, stopped+"(`"+wanted+"`)")
		if same++; !s.Again {
			same = 0
		}
		switch {
		case same > 8: // a date has parts of its own
			b.Fatalf("%s: the focus does not leave %s", b.at(), s.Name)
		case !s.Seen:
			b.Errorf("%s: the focus on %s cannot be seen", b.at(), s.Name)
		case s.Hidden:
			b.Errorf("%s: the focus on %s lies under the head", b.at(), s.Name)
		case s.Back != backwards && !s.Again && s.Name != "BODY":
			b.Errorf("%s: the focus goes to %s against the order of the page", b.at(), s.Name)
		}
		if s.Here {
			return
		}
	}
	b.Fatalf("%s: Tab does not lead to %s", b.at(), wanted)
}

// tab brings the focus forward to an element.
func (b *browser) tab(wanted string) { b.Helper(); b.key(chromedp.KeyEvent(kb.Tab), wanted, false) }

// enter brings the focus to what leads to another page, and presses Enter.
func (b *browser) enter(wanted string) {
	b.Helper()
	b.tab(wanted)
	b.leads(chromedp.KeyEvent(kb.Enter), "Enter on "+wanted)
}

// write brings the focus to a field and types.
func (b *browser) write(wanted, text string) {
	b.Helper()
	b.tab(wanted)
	b.do(chromedp.KeyEvent(text))
}

// told wants what has been done said on the page, before its heading and in the window.
func (b *browser) told() {
	b.Helper()
	if !ask[bool](b, `(() => { const f = document.querySelector(".flash[role=status]"), h = document.querySelector("h1");
		if (!f || !h || !f.textContent.trim()) return false;
		const r = f.getBoundingClientRect();
		return r.height > 0 && r.bottom <= innerHeight && f.closest("main") !== null; })()`) {
		b.Errorf("%s: what was done is not said at the top of the page", b.at())
	}
}

// TestMyDataByKeyboard is a person who uses keys alone: the link, what is held, a copy, an objection.
func TestMyDataByKeyboard(t *testing.T) {
	s, mail := consenting(t, many(1)...), catch(t)
	_, base := serve(t, s.with("--smtp", mail.URL())...)
	b := surf(t)
	b.look(390, "dark")
	b.visit(base+"/me", "ask")
	b.write("#address", many(1)[0])
	b.enter("main form button")
	if err := mail.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	m, _ := mail.Get(1)
	b.visit(regexp.MustCompile(`http://\S+/me/in/[A-Z2-7]{26}`).FindString(m.Text), "the link")
	b.enter("main form button")
	b.enter(`a[href="/me/facts"]`)
	b.tab("#f-first_name summary")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.write("#v-first_name", "x")
	b.enter("#f-first_name form button")
	b.told()
	b.enter(`.strip a[href="/me/rights"]`)
	b.tab(`a[href="/me/copy.zip"]`)
	if !ask[bool](b, `fetch(document.activeElement.href).then(r => r.ok)`) {
		t.Error("there is no copy")
	}
	b.enter(`form[action^="/me/object"] button`)
	b.told()
	if v := parsed[verdict](t, done(t, s.with("decide", "--purpose", "newsletter", "--channel", "email", "--person", many(1)[0], "--json")...)); v.Allowed {
		t.Errorf("%+v", v)
	}
	b.calm()
}
