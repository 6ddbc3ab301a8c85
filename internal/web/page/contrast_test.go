package page_test

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"testing"

	"kartotek/internal/web/page"
)

var token = regexp.MustCompile(`--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)`)

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&255) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*part(16) + .7152*part(8) + .0722*part(0)
}

// TestContrast: text has 4.5 to 1, the edges of inputs and the bars of plots
// 3 to 1, in both themes. Source: WCAG 2.2, 1.4.3 and 1.4.11.
func TestContrast(t *testing.T) {
	css, err := fs.ReadFile(page.StaticFiles(), "kartotek.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := [2]map[string]string{{}, {}}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		themes[0][m[1]], themes[1][m[1]] = m[2], m[3]
	}
	for _, pair := range []struct {
		front, back string
		least       float64
	}{
		{"ink", "paper", 7}, {"ink", "panel", 7}, {"ink", "sunk", 7}, {"soft", "paper", 4.5}, {"soft", "panel", 4.5}, {"soft", "sunk", 4.5},
		{"accent", "panel", 4.5}, {"accent", "paper", 4.5}, {"accent-ink", "accent", 4.5}, {"accent", "accent-bg", 4.5},
		{"yes", "yes-bg", 4.5}, {"no", "no-bg", 4.5}, {"wait", "wait-bg", 4.5}, {"no", "paper", 4.5}, {"yes", "panel", 4.5},
		{"edge", "panel", 3}, {"edge", "paper", 3}, {"wait", "sunk", 3}, {"no", "sunk", 3}, {"accent", "sunk", 3},
	} {
		for i, theme := range []string{"light", "dark"} {
			a, b := luminance(t, themes[i][pair.front]), luminance(t, themes[i][pair.back])
			if got := (math.Max(a, b) + .05) / (math.Min(a, b) + .05); got < pair.least {
				t.Errorf("%s: %s on %s has %.2f, wanted %.1f", theme, pair.front, pair.back, got, pair.least)
			}
		}
	}
}
