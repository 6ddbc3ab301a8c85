package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is Chromium with one tab, and all it complained about.
type browser struct {
	*testing.T
	ctx context.Context

	mu      sync.Mutex
	where   string   // guarded by mu: the page looked at
	trouble []string // guarded by mu: console errors, exceptions, refusals by the security policy
}

// surf starts Chromium with a profile of its own.
func surf(t *testing.T) *browser {
	t.Helper()
	path := "/usr/bin/chromium"
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("chromium"); err != nil {
			t.Fatal("Chromium is missing: run make test, which installs it")
		}
	}
	opt := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true))
	ctx, stopBrowser := chromedp.NewExecAllocator(context.Background(), opt...)
	t.Cleanup(stopBrowser)
	ctx, stopTab := chromedp.NewContext(ctx)
	t.Cleanup(stopTab)
	b := &browser{T: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	call(b, cdplog.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	return b
}

// step bounds one step of the browser.
func (b *browser) step() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, patience/3)
}

// call sends a command of the protocol.
func call[P, R any](b *browser, cmd cdp.Command[P, R], params P) {
	b.Helper()
	ctx, end := b.step()
	defer end()
	if _, err := chromedp.Call(ctx, cmd, params); err != nil {
		b.Fatalf("%s: %v", b.at(), err)
	}
}

// hear keeps what a visitor would call an error.
func (b *browser) hear(ev any) {
	text := ""
	switch e := ev.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || strings.Contains(e.Entry.Text, "Content Security Policy") {
			text = e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			text = "console.error"
		}
	}
	if text != "" {
		b.note(text)
	}
}

// note keeps what is wrong with the page looked at.
func (b *browser) note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trouble = append(b.trouble, b.where+": "+text)
}

func (b *browser) at() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.where
}

// calm reports what was heard since the last time.
func (b *browser) calm() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.trouble {
		b.Error(text)
	}
	b.trouble = nil
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, end := b.step()
	defer end()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%s: %v", b.at(), err)
	}
}

// visit opens a page and wants status 200.
func (b *browser) visit(address, note string) {
	b.Helper()
	b.mu.Lock()
	b.where = address[strings.Index(address, "//")+2:] + " " + note
	b.mu.Unlock()
	ctx, end := b.step()
	defer end()
	r, err := chromedp.Run(ctx, chromedp.NavigateResponse(address))
	if err != nil {
		b.Fatalf("%s: %v", b.at(), err)
	}
	if r == nil || r.Status != 200 {
		b.Errorf("%s: %+v", b.at(), r)
	}
}

// press clicks what leads to another page, and waits for it.
func (b *browser) press(selector string) {
	b.Helper()
	b.leads(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible), "pressing "+selector)
}

// leads does what leads to another page, and waits for it.
func (b *browser) leads(step chromedp.Action[chromedp.Void], what string) {
	b.Helper()
	ctx, end := b.step()
	defer end()
	if _, err := chromedp.RunResponse(ctx, step); err != nil {
		b.Fatalf("%s: %s: %v", b.at(), what, err)
	}
}

// ask evaluates an expression, awaiting promises.
func ask[T any](b *browser, expression string) T {
	b.Helper()
	ctx, end := b.step()
	defer end()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise, chromedp.EvalAsValue))
	if err != nil {
		b.Fatalf("%s: %v", b.at(), err)
	}
	return v
}

// await waits until an expression is true.
func (b *browser) await(expression string) {
	b.Helper()
	ctx, end := b.step()
	defer end()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience))); err != nil {
		b.Fatalf("%s: waiting for %s: %v", b.at(), expression, err)
	}
}

// look sets the window's width and the theme the visitor prefers.
func (b *browser) look(width int64, theme string) {
	b.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 600})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme},
		{Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// violation is one rule of axe that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct {
		HTML   string
		Target []json.RawMessage
	}
}

// axeRun asks axe-core for what breaks WCAG 2.2 A and AA.
const axeRun = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]}).then(r =>
	r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => ({HTML: n.html.slice(0, 200), Target: n.target}))})))`

// axe reports what is not accessible on the page as it stands.
func (b *browser) axe(source string) {
	b.Helper()
	if !ask[bool](b, `typeof axe === "object"`) {
		ask[bool](b, source+"\n;true")
	}
	for _, v := range ask[[]violation](b, axeRun) {
		for _, n := range v.Nodes {
			b.Errorf("%s: %s (%s): %s %s", b.at(), v.ID, v.Help, n.Target, n.HTML)
		}
	}
}
