package media

import (
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"
)

// However a picture of one colour is made smaller, it keeps its colour to every edge;
// and a picture keeps its mean.
func TestScaled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 90).Draw(t, "h")
		tw, th := rapid.IntRange(1, w).Draw(t, "tw"), rapid.IntRange(1, h).Draw(t, "th")
		grey := rapid.Byte().Draw(t, "grey")
		flat, mixed := image.NewGray(image.Rect(3, 5, 3+w, 5+h)), image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range flat.Pix {
			flat.Pix[i] = grey
		}
		total := 0.0
		for i := range w * h {
			v := byte(i * 37)
			mixed.Set(i%w, i/w, color.NRGBA{v, v, v, 255})
			total += float64(v)
		}
		for i, p := range scaled(flat, tw, th).Pix {
			if i%4 == 3 && p != 255 || i%4 != 3 && p != grey {
				t.Fatalf("%dx%d to %dx%d: %d at %d, want %d", w, h, tw, th, p, i, grey)
			}
		}
		got, small := 0.0, scaled(mixed, tw, th)
		for i := 0; i < len(small.Pix); i += 4 {
			got += float64(small.Pix[i])
		}
		if d := got/float64(tw*th) - total/float64(w*h); d > 1 || d < -1 {
			t.Fatalf("%dx%d to %dx%d: the mean moved by %.2f", w, h, tw, th, d)
		}
	})
}
