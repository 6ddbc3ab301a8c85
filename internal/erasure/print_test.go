package erasure

import (
	"bytes"
	"testing"

	"kartotek/internal/erasing"
	"kartotek/internal/i18n"
)

// TestPDF makes a document of a certificate in each language: the same one twice.
func TestPDF(t *testing.T) {
	c := &Certificate{ID: 4097, At: 1796071110927, Ground: erasing.Objected, Case: "R-2026-0042", Gone: []Gone{{"party.person", 1}, {"party.history", 3}},
		Kept: []erasing.Line{{Category: "permissions", Action: erasing.Keep, Code: erasing.LegallyRequired}}}
	c.seal()
	seen := map[string]bool{}
	for _, lang := range []string{"sv", "fi", "en"} {
		one, err := c.PDF(i18n.For(lang))
		two, bad := c.PDF(i18n.For(lang))
		if err != nil || bad != nil || !bytes.HasPrefix(one, []byte("%PDF-")) || !bytes.Equal(one, two) {
			t.Errorf("%s: %v %v", lang, err, bad)
		}
		seen[string(one)] = true
	}
	if len(seen) != 3 {
		t.Error("two languages say the same")
	}
}
