package erasure

import (
	"kartotek/internal/clock"
	"kartotek/internal/i18n"
	"kartotek/internal/pdf"
)

// PDF is the certificate as a document in the printer's language. The same certificate
// gives the same bytes.
func (c *Certificate) PDF(p *i18n.Printer) ([]byte, error) {
	title := p.T("erasure.certificate")
	d := pdf.New(pdf.About{Title: title, Lang: p.Lang(), At: clock.FromMs(c.At), Foot: c.ID.String()})
	facts, gone, kept := c.Rows(p)
	if len(gone) == 0 {
		gone = [][2]string{{p.T("erasure.nothing"), "0"}}
	}
	d.Heading(1, title)
	for _, part := range []struct {
		title string
		rows  [][2]string
	}{{"erasure.facts", facts}, {"erasure.gone", gone}, {"erasure.waiting", c.Waits(p)}, {"erasure.kept", kept}} {
		if len(part.rows) == 0 {
			continue
		}
		d.Heading(2, p.T(part.title))
		var pairs []pdf.Pair
		for _, r := range part.rows {
			pairs = append(pairs, pdf.Pair{Name: r[0], Value: r[1]})
		}
		d.Pairs(pairs...)
	}
	d.Para(p.T("erasure.explain"))
	return d.Bytes()
}
