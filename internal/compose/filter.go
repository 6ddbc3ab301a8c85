package compose

import (
	"errors"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// filter changes a text. It is pure, and reaches nothing but its arguments.
type filter func(in string, args []string) string

type filterRule struct {
	run         filter
	least, most int
	lists       bool
}

// filters is every filter a letter may use. Their results are escaped for
// where they stand, so escape has nothing left to do.
var filters = map[string]filterRule{
	"default":        {fallback, 1, 1, false},
	"upcase":         {func(s string, _ []string) string { return strings.ToUpper(s) }, 0, 0, false},
	"downcase":       {func(s string, _ []string) string { return strings.ToLower(s) }, 0, 0, false},
	"capitalize":     {capitalize, 0, 0, false},
	"strip":          {func(s string, _ []string) string { return strings.TrimSpace(s) }, 0, 0, false},
	"lstrip":         {func(s string, _ []string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }, 0, 0, false},
	"rstrip":         {func(s string, _ []string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }, 0, 0, false},
	"strip_newlines": {func(s string, _ []string) string { return strings.ReplaceAll(s, "\n", "") }, 0, 0, false},
	"strip_html":     {func(s string, _ []string) string { return html.UnescapeString(markup.ReplaceAllString(s, "")) }, 0, 0, false},
	"escape":         {func(s string, _ []string) string { return s }, 0, 0, false},
	"escape_once":    {func(s string, _ []string) string { return html.UnescapeString(s) }, 0, 0, false},
	"url_encode":     {func(s string, _ []string) string { return url.QueryEscape(s) }, 0, 0, false},
	"append":         {func(s string, a []string) string { return s + a[0] }, 1, 1, false},
	"prepend":        {func(s string, a []string) string { return a[0] + s }, 1, 1, false},
	"replace":        {replace(-1), 1, 2, false},
	"replace_first":  {replace(1), 1, 2, false},
	"remove":         {replace(-1), 1, 1, false},
	"remove_first":   {replace(1), 1, 1, false},
	"truncate":       {truncate, 0, 2, false},
	"truncatewords":  {truncateWords, 0, 2, false},
	"size":           {func(s string, _ []string) string { return strconv.Itoa(utf8.RuneCountInString(s)) }, 0, 0, false},
	"date":           {date, 1, 1, false},
	"split":          {nil, 1, 1, true},
	"join":           {nil, 0, 1, true},
	"first":          {nil, 0, 0, true},
	"last":           {nil, 0, 0, true},
}

var markup = regexp.MustCompile(`<[^>]*>`)

var errTooLong = errors.New("a text in the template grew too long")

func fallback(s string, a []string) string {
	if s == "" {
		return a[0]
	}
	return s
}

func capitalize(s string, _ []string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

func replace(n int) filter {
	return func(s string, a []string) string {
		by := ""
		if len(a) > 1 {
			by = a[1]
		}
		if a[0] == "" || len(s)/len(a[0])*max(len(by), 1) > maxString {
			return s
		}
		return strings.Replace(s, a[0], by, n)
	}
}

// limitArg reads a filter's number and its ending ("…" unless given).
func limitArg(a []string, usual int) (int, string) {
	n, tail := usual, "…"
	if len(a) > 0 {
		if v, err := strconv.Atoi(a[0]); err == nil && v >= 0 {
			n = v
		}
	}
	if len(a) > 1 {
		tail = a[1]
	}
	return n, tail
}

func truncate(s string, a []string) string {
	n, tail := limitArg(a, 50)
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:max(0, n-utf8.RuneCountInString(tail))]) + tail
}

func truncateWords(s string, a []string) string {
	n, tail := limitArg(a, 15)
	if w := strings.Fields(s); len(w) > n {
		return strings.Join(w[:n], " ") + tail
	}
	return s
}

// date writes an ISO date or RFC 3339 time by a strftime pattern of numbers;
// anything else passes unchanged. There is no "now": a letter has no clock.
func date(s string, a []string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		if t, err = time.Parse(time.RFC3339, s); err != nil {
			return s
		}
	}
	return strings.NewReplacer("%-d", strconv.Itoa(t.Day()), "%e", strconv.Itoa(t.Day()), "%d", t.Format("02"),
		"%-m", strconv.Itoa(int(t.Month())), "%m", t.Format("01"), "%Y", t.Format("2006"), "%y", t.Format("06"),
		"%H", t.Format("15"), "%M", t.Format("04"), "%%", "%").Replace(a[0])
}
