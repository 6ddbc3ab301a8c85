package media

import (
	"image"

	"golang.org/x/image/draw"
)

// scaled gives a picture made smaller, each point the mean of those it stands for. It
// goes through the picture row by row, so that besides the picture and the small one
// it takes the memory of a few rows: the scalers of x/image/draw keep a copy of full
// height in floating point, which for a large photo is more than the photo itself.
// w and h are at most those of img.
func scaled(img image.Image, w, h int) *image.RGBA {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	thin, sum, next := make([]float32, 4*w), make([]float32, 4*w), make([]float32, 4*w)
	share := spread(b.Dy(), h)
	for y := range b.Dy() {
		draw.Draw(row, row.Rect, img, image.Pt(b.Min.X, b.Min.Y+y), draw.Src)
		squeeze(thin, row.Pix, b.Dx(), w)
		s := share(y)
		mix(sum, thin, s.part)
		mix(next, thin, s.rest)
		if s.last {
			for i, v := range sum {
				out.Pix[s.to*out.Stride+i] = uint8(min(255, v+0.5))
			}
			clear(sum)
			sum, next = next, sum
		}
	}
	return out
}

// part says where a source point goes: to a point of the smaller side with one weight,
// and to the next with another. last is true when nothing more comes to the first.
type part struct {
	to         int
	part, rest float32
	last       bool
}

// spread shares n points out among m, which are fewer or as many.
func spread(n, m int) func(i int) part {
	return func(i int) part {
		to := i * m / n
		end := (to + 1) * n // in m-ths of a point, as is what follows
		from, till := i*m, (i+1)*m
		p := part{to: to, part: float32(min(till, end)-from) / float32(n), last: till >= end}
		if till > end && to+1 < m {
			p.rest = float32(till-end) / float32(n)
		}
		return p
	}
}

// squeeze makes one row of n points w wide.
func squeeze(to []float32, from []byte, n, w int) {
	clear(to)
	share := spread(n, w)
	for x := range n {
		s := share(x)
		for c := range 4 {
			v := float32(from[4*x+c])
			to[4*s.to+c] += v * s.part
			if s.rest > 0 {
				to[4*s.to+4+c] += v * s.rest
			}
		}
	}
}

func mix(to, from []float32, weight float32) {
	if weight == 0 {
		return
	}
	for i, v := range from {
		to[i] += v * weight
	}
}
