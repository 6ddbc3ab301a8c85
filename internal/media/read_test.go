package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"kartotek/internal/fault"
)

// picture is red above and blue below, w by h.
func picture(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{R: 220, A: 255}
			if y >= h/2 {
				c = color.NRGBA{B: 220, A: 255}
			}
			img.Set(x, y, c)
		}
	}
	return img
}

func asPNG(t testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts a note of a camera into a JPEG: how it was held, and a place.
func withExif(raw []byte, orientation byte) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x02" +
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00" +
		"\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x26" + "\x00\x00\x00\x00GPS 60.1699 N 24.9384 E")
	body := append([]byte("Exif\x00\x00"), tiff...)
	seg := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append([]byte{}, raw[:2]...), append(seg, body...)...), raw[2:]...)
}

func asGIF(t testing.TB, frames, side int) []byte {
	g := &gif.GIF{}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.Black, color.White}))
		g.Delay = append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claims is a PNG whose head claims a size and which holds nothing.
func claims(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// webP is a picture of one pixel, without loss.
const webP = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		ext  string
		w, h int
	}{
		"png":            {asPNG(t, picture(60, 40)), ".png", 60, 40},
		"jpeg":           {asJPEG(t, picture(60, 40)), ".jpg", 60, 40},
		"gif":            {asGIF(t, 3, 20), ".gif", 20, 20},
		"webp":           {[]byte(webP), ".png", 1, 1},
		"wide":           {asPNG(t, picture(2400, 10)), ".png", 1200, 5},
		"tall":           {asJPEG(t, picture(10, 6000)), ".jpg", 5, 3000},
		"on its side":    {withExif(asJPEG(t, picture(60, 40)), 6), ".jpg", 40, 60},
		"with a script":  {append(asPNG(t, picture(9, 9)), "<script>alert(1)</script>"...), ".png", 9, 9},
		"and a zip":      {append(asJPEG(t, picture(9, 9)), "PK\x03\x04evil"...), ".jpg", 9, 9},
		"gif and script": {append(asGIF(t, 1, 4), "/*<script>alert(1)</script>*/"...), ".gif", 4, 4},
	} {
		img, err := Read(c.raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.HasSuffix(img.File, c.ext) || len(img.File) != 32+len(c.ext) || img.Width != c.w || img.Height != c.h {
			t.Errorf("%s: %s %dx%d", name, img.File, img.Width, img.Height)
		}
		for _, left := range []string{"Exif", "GPS", "script", "evil", "PK\x03"} {
			if bytes.Contains(img.Content, []byte(left)) {
				t.Errorf("%s: %q is left in it", name, left)
			}
		}
		again, _, err := image.DecodeConfig(bytes.NewReader(img.Content))
		if err != nil || again.Width != c.w || again.Height != c.h {
			t.Errorf("%s: written as %v, %v", name, again, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		raw []byte
		key string
	}{
		"svg":              {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "media.kind"},
		"html":             {[]byte("<!doctype html><script>alert(1)</script>"), "media.kind"},
		"named a picture":  {[]byte("GIF89a=1;alert(1)//"), "media.pixels"},
		"eicar":            {[]byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR`), "media.kind"},
		"empty":            {nil, "media.kind"},
		"huge by its head": {claims(100_000, 100_000), "media.pixels"},
		"420 megapixels":   {claims(15_000, 15_000), "media.pixels"},
		"no pixels":        {claims(0, 5), "media.broken"},
		"cut short":        {asPNG(t, picture(60, 40))[:70], "media.broken"},
		"many frames":      {asGIF(t, maxFrames+1, 1), "media.frames"},
		"a heavy file":     {bytes.Repeat([]byte{0xff}, MaxUpload+1), "media.too_large"},
		"moving webp":      {[]byte("RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00ANIM"), "media.webp"},
	} {
		_, err := Read(c.raw)
		if fault.KeyOf(err) != c.key {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
}

// Whichever way the camera was held, red ends up where it was seen.
func TestTurned(t *testing.T) {
	for orientation, want := range map[int]string{1: "top", 3: "bottom", 6: "right", 8: "left", 2: "top", 4: "bottom", 5: "left", 7: "right", 0: "top", 9: "top"} {
		img := turned(picture(20, 20), orientation)
		at := map[string]image.Point{"top": {10, 2}, "bottom": {10, 17}, "left": {2, 10}, "right": {17, 10}}[want]
		if r, _, b, _ := img.At(at.X, at.Y).RGBA(); r < b {
			t.Errorf("orientation %d: no red at the %s", orientation, want)
		}
	}
}

func TestNameOf(t *testing.T) {
	for in, want := range map[string]string{"Filter.png": "Filter", `C:\Bilder\hus.JPG`: "hus", "../../etc/passwd": "passwd", "a\r\nb.png": "ab", strings.Repeat("å", 300) + ".gif": strings.Repeat("å", MaxName), ".png": ""} {
		if got := NameOf(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(asPNG(f, picture(3, 3)))
	f.Add(withExif(asJPEG(f, picture(8, 8)), 5))
	f.Add(asGIF(f, 2, 2))
	f.Add([]byte(webP))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(raw)); err == nil && c.Width*c.Height > 1<<20 {
			return // allowed, and slow
		}
		img, err := Read(raw)
		if err != nil {
			if c := fault.CodeOf(err); c != fault.Invalid && c != fault.TooLarge {
				t.Fatal(err)
			}
			return
		}
		if _, _, err := image.DecodeConfig(bytes.NewReader(img.Content)); err != nil || Kind(img.File) == "" {
			t.Fatal(err, img.File)
		}
	})
}
