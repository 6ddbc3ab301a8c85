package noticedoc

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"
)

// Markdown writes the document as Markdown with pipe tables.
func Markdown(d Document) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", plain(d.Title))
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "\n## %s\n", plain(s.Heading))
		for _, block := range s.Blocks {
			b.WriteByte('\n')
			block.markdown(&b)
		}
	}
	return b.Bytes()
}

func (k Block) markdown(b *bytes.Buffer) {
	switch k.Kind {
	case Paragraph:
		fmt.Fprintf(b, "%s\n", plain(k.Text))
	case Alert:
		fmt.Fprintf(b, "> **%s**\n", plain(k.Text))
	case List:
		for _, item := range k.Items {
			fmt.Fprintf(b, "- %s\n", plain(item))
		}
	case Rows:
		for _, r := range k.Rows {
			fmt.Fprintf(b, "- **%s:** %s\n", plain(r.Term), plain(r.Text))
		}
	case Table:
		line(b, k.Head)
		line(b, strings.Split(strings.Repeat("---,", len(k.Head)-1)+"---", ","))
		for _, c := range k.Cells {
			line(b, c)
		}
	}
}

func line(b *bytes.Buffer, cells []string) {
	for _, c := range cells {
		b.WriteString("| " + plain(c) + " ")
	}
	b.WriteString("|\n")
}

var mdEscape = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "#", `\#`)

// plain keeps words from being read as Markdown.
func plain(s string) string { return mdEscape.Replace(s) }

// HTML writes the document as one <article>, escaped, without scripts or
// styles. Headings begin at level 1; every section has its id.
func HTML(d Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<article class=\"notice\" lang=\"%s\">\n<h1>%s</h1>\n", html.EscapeString(d.Lang), html.EscapeString(d.Title))
	for _, s := range d.Sections {
		id := html.EscapeString(s.ID)
		fmt.Fprintf(&b, "<section id=\"%s\" class=\"notice-%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n", id, id, id, id, html.EscapeString(s.Heading))
		for _, block := range s.Blocks {
			block.html(&b, s.Heading)
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("</article>\n")
	return b.String()
}

func (k Block) html(b *strings.Builder, heading string) {
	switch k.Kind {
	case Paragraph:
		fmt.Fprintf(b, "<p>%s</p>\n", linked(k.Text))
	case Alert:
		fmt.Fprintf(b, "<p class=\"notice-alert\"><strong>%s</strong></p>\n", linked(k.Text))
	case List:
		b.WriteString("<ul>\n")
		for _, item := range k.Items {
			fmt.Fprintf(b, "<li>%s</li>\n", linked(item))
		}
		b.WriteString("</ul>\n")
	case Rows:
		b.WriteString("<dl>\n")
		for _, r := range k.Rows {
			fmt.Fprintf(b, "<div><dt>%s</dt><dd>%s</dd></div>\n", html.EscapeString(r.Term), linked(r.Text))
		}
		b.WriteString("</dl>\n")
	case Table:
		k.htmlTable(b, heading)
	}
}

// htmlTable repeats each column's head in data-label, so that a narrow page
// can show rows as cards without a script.
func (k Block) htmlTable(b *strings.Builder, heading string) {
	fmt.Fprintf(b, "<table>\n<caption class=\"visually-hidden\">%s</caption>\n<thead><tr>", html.EscapeString(heading))
	for _, h := range k.Head {
		fmt.Fprintf(b, "<th scope=\"col\">%s</th>", html.EscapeString(h))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, row := range k.Cells {
		b.WriteString("<tr>")
		for i, c := range row {
			tag, attrs := "td", ""
			if i == 0 {
				tag, attrs = "th", ` scope="row"`
			}
			fmt.Fprintf(b, "<%s%s data-label=\"%s\">%s</%s>", tag, attrs, html.EscapeString(k.Head[i]), linked(c), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n")
}

var linkRE = regexp.MustCompile(`https://[\p{L}\p{N}./_-]*[\p{L}\p{N}/]|[\p{L}\p{N}._+-]+@[\p{L}\p{N}.-]+\.[\p{L}]+`)

// linked escapes a text and makes links of the web and mail addresses in it.
func linked(s string) string {
	var b strings.Builder
	for {
		m := linkRE.FindStringIndex(s)
		if m == nil {
			b.WriteString(html.EscapeString(s))
			return b.String()
		}
		target := html.EscapeString(s[m[0]:m[1]])
		href := target
		if !strings.HasPrefix(target, "https://") {
			href = "mailto:" + target
		}
		fmt.Fprintf(&b, "%s<a href=\"%s\">%s</a>", html.EscapeString(s[:m[0]]), href, target)
		s = s[m[1]:]
	}
}
