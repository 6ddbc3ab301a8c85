package factor

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"kartotek/internal/fault"
)

// QR is a QR code as the path of an SVG: Size squares wide and high, the quiet
// edge of four squares among them (ISO/IEC 18004, 6.3.8).
type QR struct {
	Size int
	Path string // runs of dark squares, one row after another
}

const quiet = 4

// Draw makes the QR code of a text.
func Draw(text string) (QR, error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return QR{}, fault.New(fault.TooLarge, "factor.qr", "the text is too long for a QR code").Because(err)
	}
	n := code.Bounds().Dx()
	dark := func(x, y int) bool {
		if x >= n {
			return false
		}
		grey, _, _, _ := code.At(x, y).RGBA()
		return grey == 0
	}
	var b strings.Builder
	for y := range n {
		for x := 0; x < n; x++ {
			from := x
			for dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return QR{n + 2*quiet, b.String()}, nil
}
