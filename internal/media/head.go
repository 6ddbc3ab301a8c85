package media

import (
	"encoding/binary"
	"image"
)

// maxFrames is the most frames of a moving picture.
const maxFrames = 200

// gifFrames counts the frames of a GIF and their pixels by walking over its blocks,
// so that nothing is decoded before their number is known. What it cannot walk ends
// the count; decoding then fails at the same place.
func gifFrames(raw []byte) (frames, pixels int) {
	at := 13
	if len(raw) < at {
		return 0, 0
	}
	at += table(raw[10])
	for at < len(raw) && frames <= maxFrames {
		switch raw[at] {
		case 0x21: // an extension: label, then blocks
			at = blocksEnd(raw, at+2)
		case 0x2c: // a frame: place and size, perhaps colours, the size of codes, then blocks
			if at+10 > len(raw) {
				return frames, pixels
			}
			frames++
			pixels += int(binary.LittleEndian.Uint16(raw[at+5:])) * int(binary.LittleEndian.Uint16(raw[at+7:]))
			at = blocksEnd(raw, at+10+table(raw[at+9])+1)
		default:
			return frames, pixels
		}
	}
	return frames, pixels
}

// table is the size of the table of colours that a byte of flags announces.
func table(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// blocksEnd is where a chain of blocks ends.
func blocksEnd(raw []byte, at int) int {
	for at < len(raw) && raw[at] != 0 {
		at += 1 + int(raw[at])
	}
	return at + 1
}

// jpegFacts reads two facts of a JPEG's head: how a camera was held (EXIF tag 274,
// 1 to 8; 1 is upright), since the note of it is left behind, and whether the picture
// comes in several scans.
func jpegFacts(raw []byte) (orientation int, progressive bool) {
	orientation = 1
	for at := 2; at+4 <= len(raw) && raw[at] == 0xff; {
		marker := raw[at+1]
		if marker == 0xff || marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 {
			at++ // filling, or a marker without content
			if marker != 0xff {
				at++
			}
			continue
		}
		n := int(binary.BigEndian.Uint16(raw[at+2:]))
		if n < 2 || at+2+n > len(raw) {
			break
		}
		switch body := raw[at+4 : at+2+n]; {
		case marker == 0xe1 && len(body) > 6 && string(body[:6]) == "Exif\x00\x00":
			orientation = exifTurn(body[6:])
		case marker == 0xc2:
			return orientation, true
		case marker == 0xda:
			return orientation, false
		}
		at += 2 + n
	}
	return orientation, progressive
}

// exifTurn finds the orientation in the first directory of a TIFF head (TIFF 6.0).
func exifTurn(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	n := int(order.Uint16(tiff[at:]))
	for i := 0; i < n && at+2+12*(i+1) <= len(tiff); i++ {
		entry := tiff[at+2+12*i:]
		if order.Uint16(entry) == 0x0112 {
			if v := int(order.Uint16(entry[8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// turned gives a picture upright that was taken with the camera held otherwise.
func turned(img image.Image, orientation int) image.Image {
	if orientation <= 1 || orientation > 8 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := spot(orientation, x, y, w, h)
			out.Set(tx, ty, img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

// spot is where the pixel at x, y of a picture goes when it is put upright.
func spot(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}
