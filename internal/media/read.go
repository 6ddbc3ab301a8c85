package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"path"
	"strings"

	"golang.org/x/image/webp"

	"kartotek/internal/fault"
)

// Limits of what is decoded. The memory is what decoding takes at most.
const (
	maxSide   = 16_000    // pixels
	maxMemory = 200 << 20 // bytes
	quality   = 85
)

// Bounds are the largest picture of a use: what is larger is made smaller, and what is
// then heavier than Stored bytes is refused.
type Bounds struct{ Wide, Tall, Stored int }

// ForLetters are twice the width of a letter, for sharp screens.
var ForLetters = Bounds{Wide: 1200, Tall: 3000, Stored: MaxStored}

// Image is a picture read and written anew.
type Image struct {
	File          string // named by its content
	Content       []byte
	Width, Height int
}

// Kinds are the kinds of content by the end of a file's name.
var Kinds = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif"}

// Kind is the content type of a picture, by its file name; "" for names that are none.
func Kind(file string) string { return Kinds[path.Ext(file)] }

func refuse(key, format string, args ...any) error {
	return fault.New(fault.Invalid, "media."+key, format, args...).In("file")
}

// Read makes a picture for letters of a PNG, JPEG, GIF or WebP file, whatever its name
// said. The error (Invalid, TooLarge) says why it is none.
func Read(raw []byte) (*Image, error) { return ReadWithin(raw, ForLetters) }

// ReadWithin is Read for a picture of another use.
func ReadWithin(raw []byte, to Bounds) (*Image, error) {
	if len(raw) > MaxUpload {
		return nil, fault.New(fault.TooLarge, "media.too_large", "a file is at most %d bytes", MaxUpload).In("file")
	}
	var out *Image
	var err error
	switch {
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		out, err = readPNG(raw, to)
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		out, err = readJPEG(raw, to)
	case bytes.HasPrefix(raw, []byte("GIF87a")), bytes.HasPrefix(raw, []byte("GIF89a")):
		out, err = readGIF(raw)
	case len(raw) > 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP":
		out, err = readWebP(raw, to)
	default:
		return nil, refuse("kind", "the file is no PNG, JPEG, GIF or WebP picture")
	}
	if err != nil {
		return nil, err
	}
	if len(out.Content) > to.Stored {
		return nil, fault.New(fault.TooLarge, "media.heavy", "the picture holds too much; make it smaller").In("file")
	}
	sum := sha256.Sum256(out.Content)
	out.File = hex.EncodeToString(sum[:16]) + out.File
	return out, nil
}

// fits judges the size that a picture's head claims. each is the bytes that decoding
// takes for a pixel.
func fits(c image.Config, err error, each int) error {
	if err != nil {
		return refuse("broken", "the picture cannot be read")
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxMemory/each {
		return fault.New(fault.TooLarge, "media.pixels", "the picture has too many pixels").In("file")
	}
	return nil
}

func readPNG(raw []byte, to Bounds) (*Image, error) {
	c, err := png.DecodeConfig(bytes.NewReader(raw))
	each := 5
	if c.ColorModel == color.RGBA64Model || c.ColorModel == color.NRGBA64Model || c.ColorModel == color.Gray16Model {
		each = 10
	}
	if err := fits(c, err, each); err != nil {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, refuse("broken", "the picture cannot be read")
	}
	return writePNG(shrink(img, to))
}

func readJPEG(raw []byte, to Bounds) (*Image, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(raw))
	turn, progressive := jpegFacts(raw)
	each := 4
	if progressive { // its coefficients are kept until the last scan
		each = 16
	}
	if err := fits(c, err, each); err != nil {
		return nil, err
	}
	img, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, refuse("broken", "the picture cannot be read")
	}
	return writeJPEG(turned(shrink(img, to), turn))
}

func readWebP(raw []byte, to Bounds) (*Image, error) {
	c, err := webp.DecodeConfig(bytes.NewReader(raw))
	if err := fits(c, err, 8); err != nil {
		return nil, err
	}
	img, err := webp.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, refuse("webp", "this WebP picture cannot be read; moving ones are not taken")
	}
	return writePNG(shrink(img, to))
}

// readGIF keeps moving pictures as they are, but for their comments.
func readGIF(raw []byte) (*Image, error) {
	c, err := gif.DecodeConfig(bytes.NewReader(raw))
	frames, pixels := gifFrames(raw)
	if err := fits(c, err, 8); err != nil {
		return nil, err
	}
	if frames > maxFrames || pixels > maxMemory/4 {
		return nil, fault.New(fault.TooLarge, "media.frames", "the moving picture has too many frames").In("file")
	}
	all, err := gif.DecodeAll(bytes.NewReader(raw))
	if err != nil {
		return nil, refuse("broken", "the picture cannot be read")
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, all); err != nil {
		return nil, refuse("broken", "the picture cannot be written")
	}
	return &Image{File: ".gif", Content: b.Bytes(), Width: all.Config.Width, Height: all.Config.Height}, nil
}

// shrink makes a picture as small as the largest that its use shows.
func shrink(img image.Image, to Bounds) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if w <= to.Wide && h <= to.Tall {
		return img
	}
	if w > to.Wide {
		w, h = to.Wide, max(1, h*to.Wide/w)
	}
	if h > to.Tall {
		w, h = max(1, w*to.Tall/h), to.Tall
	}
	return scaled(img, w, h)
}

type opaque interface{ Opaque() bool }

// writePNG writes a PNG, or a JPEG when that is far smaller and nothing shines through.
func writePNG(img image.Image) (*Image, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		return nil, refuse("broken", "the picture cannot be written")
	}
	if o, ok := img.(opaque); ok && o.Opaque() && b.Len() > 100<<10 {
		if j, err := writeJPEG(img); err == nil && len(j.Content)*3 < b.Len() {
			return j, nil
		}
	}
	return &Image{File: ".png", Content: b.Bytes(), Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}, nil
}

func writeJPEG(img image.Image) (*Image, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, refuse("broken", "the picture cannot be written")
	}
	return &Image{File: ".jpg", Content: b.Bytes(), Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}, nil
}

// NameOf makes a name for a picture of the name its file came with, without the path
// that some programs send along and without the ending.
func NameOf(file string) string {
	file = file[strings.LastIndexAny(file, `/\`)+1:]
	file = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(file, "")))
	file = strings.TrimSuffix(file, path.Ext(file))
	if r := []rune(file); len(r) > MaxName {
		file = string(r[:MaxName])
	}
	return file
}
