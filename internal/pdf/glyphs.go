package pdf

import (
	"sync"

	"golang.org/x/image/font/sfnt"
)

// glyphs are the characters the embedded font can show, read from it once.
var glyphs = sync.OnceValue(func() map[rune]bool {
	out := map[rune]bool{}
	f, err := sfnt.Parse(regular)
	if err != nil {
		return out // a test reads the font: it is part of the program
	}
	var b sfnt.Buffer
	for c := rune(' '); c < 0x2800; c++ {
		if n, err := f.GlyphIndex(&b, c); err == nil && n != 0 {
			out[c] = true
		}
	}
	return out
})

func has(c rune) bool { return c < 0x7f && c >= ' ' || glyphs()[c] }
