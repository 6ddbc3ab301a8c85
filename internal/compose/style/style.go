// Package style gives a letter its look: the page around it and the styles beside its
// elements.
//
// Gmail and Outlook drop or ignore style sheets, so what matters stands beside each
// element (Dress). A small sheet in the head is for those that read it: dark colours,
// and pictures that fit a phone. Top and Foot are the page: one column of at most 600
// pixels, system type, the language for screen readers.
//
// Shape: Top, Foot, Dress; all text in, text out.
package style

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// top opens the page a letter is laid in: one column, system type, light and
// dark colours, the language for screen readers. Outlook, which does not know a
// greatest width, gets a table of 600 pixels. The first %s is the language, the
// second what stands hidden before everything.
const top = `<!doctype html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>
:root{color-scheme:light dark}
img{max-width:100%%;height:auto}
@media (prefers-color-scheme:dark){.page,.card{background:#15181b!important;color:#e7e9ea!important}.card a:not(.btn){color:#8ec5de!important}.foot,.foot a,.small{color:#a3abb1!important}}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f4f3ef;color:#1d2226">
%s<table role="presentation" width="100%%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" width="100%%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px"><tr>
<td class="card" align="left" style="background:#ffffff;color:#1d2226;padding:28px;border-radius:8px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.55">
`

// Foot closes the page that Top opened.
const Foot = `</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
`

// Top opens the page of a letter in a language; hidden is HTML that stands before
// everything and is not shown, such as a preheader.
func Top(lang, hidden string) string { return fmt.Sprintf(top, lang, hidden) }

// styles is the small set of styles that Markdown's elements are given, each beside
// its element: Gmail and Outlook drop style sheets. ACCENT is the letter's colour.
var styles = map[string]string{
	"h1":         "margin:0 0 12px;font-size:26px;line-height:1.25",
	"h2":         "margin:24px 0 8px;font-size:20px;line-height:1.3",
	"h3":         "margin:20px 0 6px;font-size:17px;line-height:1.35",
	"p":          "margin:0 0 16px",
	"ul":         "margin:0 0 16px;padding:0 0 0 24px",
	"ol":         "margin:0 0 16px;padding:0 0 0 24px",
	"li":         "margin:0 0 4px",
	"a":          "color:ACCENT",
	"blockquote": "margin:0 0 16px;padding:0 0 0 14px;border-left:3px solid #d5d9dc",
	"table":      "border-collapse:collapse;margin:0 0 16px",
	"th":         "padding:6px 12px 6px 0;border-bottom:2px solid #d5d9dc;text-align:left",
	"td":         "padding:6px 12px 6px 0;border-bottom:1px solid #d5d9dc",
	"hr":         "border:0;border-top:1px solid #d5d9dc;margin:24px 0",
	"img":        "max-width:100%;height:auto;border:0",
	"pre":        "margin:0 0 16px;white-space:pre-wrap;font-size:14px",
}

// laid are elements that an author may lay out by hand; one with attributes of its
// own is left as it is.
const laid = " table th td "

// Dress writes the styles beside the elements of a sanitised page, with its links in
// the colour accent. What the author wrote comes after ours, and so wins.
func Dress(page, accent string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		raw := string(z.Raw())
		switch kind {
		case html.ErrorToken:
			return b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attrs := z.TagName()
			b.WriteString(dressed(raw, string(name), attrs, accent))
		default:
			b.WriteString(raw)
		}
	}
}

var styleAttr = regexp.MustCompile(` style="([^"]*)"`)

func dressed(raw, name string, attrs bool, accent string) string {
	style := styles[name]
	own := styleAttr.FindStringSubmatch(raw)
	if style == "" || strings.Contains(laid, " "+name+" ") && attrs && (own == nil || !strings.HasPrefix(own[1], "text-align")) {
		return raw
	}
	style = strings.ReplaceAll(style, "ACCENT", accent)
	if own != nil {
		return strings.Replace(raw, own[0], ` style="`+style+";"+own[1]+`"`, 1)
	}
	return raw[:1+len(name)] + ` style="` + style + `"` + raw[1+len(name):]
}
