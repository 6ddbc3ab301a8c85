// Command shots takes screenshots of a served gallery, at phone and desk width,
// light and dark, and measures what the eye may miss: a page wider than its
// window, a target under 24 px, a refusal by the security policy.
//
//	go run ./internal/web/page/gallery -listen 127.0.0.1:8601 &
//	go run ./internal/web/page/gallery/shots -out DIR -pages person,why -langs sv -widths 390,1440
//
// It needs Chromium (flag -chromium) and exits 1 when it found something.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"kartotek/internal/i18n"
	"kartotek/internal/web/page/sample"
)

// measure gives what is wrong on the page as a list of sentences.
const measure = `(() => {
  const out = [], w = document.documentElement;
  if (w.scrollWidth > w.clientWidth) {
    out.push("wider than the window: " + w.scrollWidth + " > " + w.clientWidth);
    document.querySelectorAll("main *").forEach(e => { const r = e.getBoundingClientRect(); if (r.right > w.clientWidth + 1 && e.children.length === 0) out.push("  " + e.tagName + "." + e.className + " " + (e.textContent || "").slice(0, 40)); });
  }
  document.querySelectorAll("button, input:not([type=hidden], [type=checkbox], [type=radio]), label.check, label.row, select, summary, nav a, a.btn, a.chip, a.value").forEach(e => {
    const r = e.getBoundingClientRect();
    if (r.width > 1 && r.height > 0 && e.checkVisibility() && !e.closest(".sr") && !e.matches(".sr") && (r.height < 24 || r.width < 16)) out.push("small target " + e.tagName + "." + e.className + " " + Math.round(r.width) + "x" + Math.round(r.height) + " " + (e.textContent || "").trim().slice(0, 30));
  });
  return out;
})()`

type options struct{ base, out, pages, langs, widths, themes string }

func main() {
	var o options
	chromium := flag.String("chromium", "/usr/bin/chromium", "the browser")
	flag.StringVar(&o.base, "base", "http://127.0.0.1:8601", "where the gallery is served")
	flag.StringVar(&o.out, "out", "", "directory for the pictures; empty: measure only")
	flag.StringVar(&o.pages, "pages", "", "names with commas; empty: all")
	flag.StringVar(&o.langs, "langs", strings.Join(i18n.Langs, ","), "languages")
	flag.StringVar(&o.widths, "widths", "320,390,1440", "window widths")
	flag.StringVar(&o.themes, "themes", "light,dark", "themes")
	flag.Parse()
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(*chromium), chromedp.NoSandbox)...)
	defer stop()
	ctx, stop2 := chromedp.NewContext(alloc)
	defer stop2()
	found, err := run(ctx, o)
	if err != nil {
		log.Fatal(err)
	}
	if found > 0 {
		stop2()
		stop()
		os.Exit(1)
	}
}

// run visits every asked page and returns how many findings it printed.
func run(ctx context.Context, o options) (found int, err error) {
	var where string
	var mu sync.Mutex
	err = chromedp.Listen(ctx, func(ev any) {
		e, ok := ev.(*cdplog.EventEntryAdded)
		if !ok || !strings.Contains(e.Entry.Text, "Content Security Policy") {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(where, e.Entry.Text)
		found++
	})
	if err != nil {
		return 0, err
	}
	if _, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{}); err != nil {
		return 0, err
	}
	for _, lang := range strings.Split(o.langs, ",") {
		for _, s := range sample.Gallery(i18n.For(lang)) {
			if o.pages != "" && !contains(o.pages, s.Name) {
				continue
			}
			for _, width := range strings.Split(o.widths, ",") {
				for _, theme := range strings.Split(o.themes, ",") {
					mu.Lock()
					where = strings.Join([]string{lang, s.Name, width, theme}, " ")
					mu.Unlock()
					n, err := visit(ctx, o, lang, s.Name, width, theme)
					if err != nil {
						return found, fmt.Errorf("%s: %w", where, err)
					}
					found += n
				}
			}
		}
	}
	return found, nil
}

func contains(list, name string) bool {
	for _, n := range strings.Split(list, ",") {
		if n == name {
			return true
		}
	}
	return false
}

// visit opens one page at one width and theme, measures and pictures it.
func visit(ctx context.Context, o options, lang, name, width, theme string) (int, error) {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	w, err := strconv.ParseInt(width, 10, 64)
	if err != nil {
		return 0, err
	}
	if err := resize(ctx, w, 900); err != nil {
		return 0, err
	}
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
	if err != nil {
		return 0, err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(o.base+"/"+lang+"/"+name)); err != nil {
		return 0, err
	}
	bad, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](measure))
	if err != nil {
		return 0, err
	}
	for _, b := range bad {
		fmt.Println(lang, name, width, theme, b)
	}
	if o.out == "" {
		return len(bad), nil
	}
	return len(bad), picture(ctx, filepath.Join(o.out, strings.Join([]string{name, lang, width, theme}, "-")+".png"), w)
}

// resize gives the page a window of w by h CSS pixels; under 600 it is a phone.
func resize(ctx context.Context, w, h int64) error {
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: w, Height: h, DeviceScaleFactor: 1, Mobile: w < 600})
	return err
}

// picture writes the whole page as a PNG.
func picture(ctx context.Context, file string, w int64) error {
	h, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	if err != nil {
		return err
	}
	if err := resize(ctx, w, max(h, 900)); err != nil {
		return err
	}
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, shot.Data, 0o644)
}
