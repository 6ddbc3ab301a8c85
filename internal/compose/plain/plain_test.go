package plain

import (
	"strings"
	"testing"
)

func TestPlainText(t *testing.T) {
	for src, want := range map[string]string{
		`<p>a  b<br>c</p><p>d</p>`:                                                                                               "a b\nc\n\nd",
		`<ul><li>x</li><li><b>y</b> z<ol><li>1</li></ol></li></ul>e`:                                                             "- x\n- y z\n  1. 1\n\ne",
		`<a href="https://x.example">here</a>, <a href="https://x.example">https://x.example</a>.`:                               "here [1], https://x.example.\n\n[1] https://x.example",
		`<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>`:                                                        "a b\nc",
		`<img alt="A house" src="x">&amp;&nbsp;&lt;`:                                                                             "[A house]& <",
		`<p>a <a href="https://x.example">x</a> b <a href="https://y.example">y</a> c <a href="https://x.example">again</a></p>`: "a x [1] b y [2] c again [1]\n\n[1] https://x.example\n[2] https://y.example",
		`<p>Hi</p><table><tr><td><a class="btn" href="https://x.example/t">Book</a></td></tr></table><p>Bye</p>`:                 "Hi\n\n[ Book ]\nhttps://x.example/t\n\nBye",
		`<a href="mailto:a@x.example">Write</a>, <a href="mailto:a@x.example">a@x.example</a>`:                                   "Write [1], a@x.example\n\n[1] a@x.example",
		"<pre>a\n  b</pre>c": "a\n  b\n\nc",
	} {
		if got := Text(src, nil); got != want {
			t.Errorf("%s: %q, want %q", src, got, want)
		}
	}
}

// Inside a condition an address stands beside its link: the list at the end is there
// whether or not the condition holds.
func TestLinksInConditions(t *testing.T) {
	depth := func(s string) int { return strings.Count(s, "IF") - strings.Count(s, "END") }
	got := Text(`<p>IF <a href="https://x.example">x</a> END <a href="https://y.example">y</a></p>`, depth)
	if want := "IF x <https://x.example> END y [1]\n\n[1] https://y.example"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
