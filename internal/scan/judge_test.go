package scan

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"unicode/utf8"

	"kartotek/internal/media"
)

func picture(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	return img
}

func asPNG(t testing.TB, w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withPlace puts a camera's note of a place into a JPEG.
func withPlace(raw []byte) []byte {
	body := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00GPS 60.1699 N 24.9384 E")
	seg := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append([]byte{}, raw[:2]...), append(seg, body...)...), raw[2:]...)
}

// withChunk puts a chunk of text into a PNG.
func withChunk(raw []byte, kind, text string) []byte {
	chunk := append([]byte(kind), text...)
	seg := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	seg = append(seg, chunk...)
	seg = binary.BigEndian.AppendUint32(seg, crc32.ChecksumIEEE(chunk))
	return append(append(append([]byte{}, raw[:33]...), seg...), raw[33:]...)
}

// claims is a PNG whose head claims a size and which holds nothing.
func claims(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

const webP = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

// pdf is a document of one empty page, with objects besides.
func pdf(objects ...string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n" +
		strings.Join(objects, "\n") + "\nxref\n0 3\n0000000000 65535 f \ntrailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n")
}

// packedPDF holds objects in a packed stream.
func packedPDF(text string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return pdf(fmt.Sprintf("3 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj", b.Len(), b.String()))
}

func asZIP(t testing.TB, name, content string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func and(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// hostile are files that people and attackers send, with what becomes of them.
func hostile(t testing.TB) map[string]struct {
	raw  []byte
	want string // kind, "locked pdf", or the code of a refusal
} {
	zipped := asZIP(t, "a.txt", "evil")
	bomb := asZIP(t, "a.txt", strings.Repeat("0", 8<<20))
	return map[string]struct {
		raw  []byte
		want string
	}{
		"a picture":                 {asPNG(t, 60, 40), "png"},
		"a photo":                   {asJPEG(t, 60, 40), "jpeg"},
		"a WebP":                    {[]byte(webP), "png"},
		"a photo with its place":    {withPlace(asJPEG(t, 60, 40)), "jpeg"},
		"a picture with its place":  {withChunk(asPNG(t, 20, 20), "tEXt", "GPS\x0060.1699 N 24.9384 E"), "png"},
		"a photo with a film":       {and(asJPEG(t, 30, 30), []byte("\x00\x00\x00\x18ftypmp42 moving")), "jpeg"},
		"a document":                {pdf(), "pdf"},
		"a document, packed":        {packedPDF("4 0 << /Type /Font /BaseFont /Helvetica >>"), "pdf"},
		"a document with a form":    {pdf("4 0 obj\n<< /AcroForm << /Fields [] >> >>\nendobj"), "pdf"},
		"with a password":           {pdf("4 0 obj\n<< /Filter /Standard /V 2 >>\nendobj\ntrailer << /Encrypt 4 0 R >>"), "locked pdf"},
		"with a password, spelled":  {pdf("trailer << /#45ncrypt 4 0 R >>"), "locked pdf"},
		"nothing":                   {nil, "empty"},
		"too large":                 {bytes.Repeat([]byte{'a'}, MaxFile+1), "too_large"},
		"EICAR":                     {eicar, "infected"},
		"EICAR in a document":       {pdf(string(eicar)), "infected"},
		"EICAR behind a picture":    {and(asPNG(t, 9, 9), eicar), "infected"},
		"SVG":                       {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "svg"},
		"SVG after XML":             {[]byte(`<?xml version="1.0"?><!-- x --><svg><script>1</script></svg>`), "svg"},
		"SVG in UTF-16":             {utf16(`<svg onload="alert(1)">`), "svg"},
		"a page":                    {[]byte("\n <!doctype html><script>alert(1)</script>"), "html"},
		"a page late":               {and(bytes.Repeat([]byte("x "), 2000), []byte("<script>alert(1)</script>")), "html"},
		"a page before a document":  {and([]byte("<html><script>1</script>"), pdf()), "disguised"},
		"a script before a PDF":     {and([]byte("/*\n"), pdf(), []byte("*/alert(1)")), "disguised"},
		"a document and a ZIP":      {and(pdf(), zipped), "disguised"},
		"a document over a ZIP":     {pdf(string(zipped)), "disguised"},
		"a document and a page":     {pdf("% <script>alert(1)</script>"), "disguised"},
		"a document and more":       {and(pdf(), bytes.Repeat([]byte("more "), 1000)), "disguised"},
		"a picture and a ZIP":       {and(asPNG(t, 9, 9), zipped), "disguised"},
		"a photo and a ZIP":         {and(asJPEG(t, 9, 9), zipped, []byte("\xff\xd9")), "disguised"},
		"a photo and RAR":           {and(asJPEG(t, 9, 9), []byte("Rar!\x1a\x07\x01\x00")), "disguised"},
		"a photo and 7z":            {and(asJPEG(t, 9, 9), []byte("7z\xbc\xaf\x27\x1c\x00\x04")), "disguised"},
		"a photo and a document":    {and(asJPEG(t, 9, 9), pdf()), "disguised"},
		"a picture and a page":      {and(asPNG(t, 9, 9), []byte("<html><body onload=alert(1)>")), "disguised"},
		"a picture that is a page":  {withChunk(asPNG(t, 20, 20), "tEXt", "x\x00<script >alert(1)</script>"), "disguised"},
		"a ZIP":                     {zipped, "archive"},
		"a ZIP bomb":                {bomb, "archive"},
		"gzip":                      {[]byte("\x1f\x8b\x08\x00"), "archive"},
		"tar":                       {and(make([]byte, 257), []byte("ustar\x0000"), make([]byte, 300)), "archive"},
		"an empty ZIP":              {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), "archive"},
		"a Word document":           {asZIP(t, "word/document.xml", "<w/>"), "office"},
		"an old Word document":      {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"), "office"},
		"a program":                 {[]byte("MZ\x90\x00"), "program"},
		"a Linux program":           {[]byte("\x7fELF\x02"), "program"},
		"a script":                  {[]byte("#!/bin/sh\nrm -rf /"), "program"},
		"an iPhone's photo":         {[]byte("\x00\x00\x00\x18ftypheic\x00"), "photo"},
		"a GIF":                     {[]byte("GIF89a\x01\x00\x01\x00"), "photo"},
		"a GIF that is a script":    {[]byte("GIF89a=1;alert(1)//"), "photo"},
		"a letter in plain text":    {[]byte("Bästa mottagare, jag vill veta."), "unknown"},
		"100000 by 100000":          {claims(100_000, 100_000), "pixels"},
		"420 megapixels":            {claims(15_000, 15_000), "pixels"},
		"no pixels":                 {claims(0, 5), "broken"},
		"a picture cut short":       {asPNG(t, 60, 40)[:70], "broken"},
		"only a mark":               {[]byte("\x89PNG\r\n\x1a\n"), "broken"},
		"a document cut short":      {pdf()[:100], "broken"},
		"only the word":             {[]byte("%PDF-"), "broken"},
		"a document with JS":        {pdf("4 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj"), "active"},
		"JS, spelled by numbers":    {pdf("4 0 obj\n<< /S /J#61va#53cript /JS (1) >>\nendobj"), "active"},
		"JS, packed":                {packedPDF("4 0 << /S /JavaScript /JS (app.alert(1)) >>"), "active"},
		"JS, packed another way":    {pdf("3 0 obj\n<< /Type /ObjStm /Filter /LZWDecode >>\nstream\n\x80\x0b\x60\nendstream\nendobj"), "active"},
		"JS, packed and foretold":   {bytes.Replace(packedPDF("4 0 << >>"), []byte("/N 1"), []byte("/N 1 /DecodeParms << /Predictor 12 >>"), 1), "active"},
		"a document that starts":    {pdf("4 0 obj\n<< /S /Launch /F (cmd.exe) >>\nendobj"), "active"},
		"a document with a file":    {pdf("4 0 obj\n<< /Type /EmbeddedFile >>\nendobj"), "active"},
		"JS behind a password":      {pdf("<< /Encrypt 4 0 R >> << /S /JavaScript >>"), "active"},
		"a document that is a bomb": {packedPDF(strings.Repeat("0", maxUnpacked+10)), "too_large"},
	}
}

func utf16(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, r := range s {
		out = binary.LittleEndian.AppendUint16(out, uint16(r))
	}
	return out
}

func verdict(f Found) string {
	switch {
	case f.Refused != "":
		return string(f.Refused)
	case f.Locked:
		return "locked " + string(f.Kind)
	}
	return string(f.Kind)
}

func TestLook(t *testing.T) {
	for name, c := range hostile(t) {
		f := Look("a.jpg", c.raw, media.ReadWithin)
		if got := verdict(f); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if f.Size != len(c.raw) || (f.Refused == "") != (len(f.Content) > 0) || (f.Refused == "") != (f.Digest != "") || f.Kind.Type() == "" && f.Refused == "" {
			t.Errorf("%s: %d bytes, %d kept, digest %q, %s", name, f.Size, len(f.Content), f.Digest, f.Kind)
		}
		if f.Kind == PDF && !bytes.Equal(f.Content, c.raw) {
			t.Errorf("%s: a document is kept as it came", name)
		}
		for _, left := range []string{"GPS", "60.1699", "Exif", "ftyp", "evil", "script"} {
			if f.Kind != PDF && bytes.Contains(f.Content, []byte(left)) {
				t.Errorf("%s: %q is left in it", name, left)
			}
		}
	}
}

// What a file is called changes neither what it is nor where it is kept.
func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"brev.pdf": "brev.png", "../../etc/passwd": "passwd.png", `C:\Bilder\..\hus.JPG`: "hus.png", "": "file.png", "..": "file.png", "/": "file.png", ".png": "png.png",
		"a\r\nb.png": "a b.png", "fak\u202egnp.exe": "fakgnp.png", strings.Repeat("å", 300) + ".pdf": strings.Repeat("å", MaxName) + ".png",
		"x.html": "x.png", "con<1>:?.pdf": "con_1___.png", "\xff\xfe.pdf": "pdf.png", "hus .": "hus.png", "a\x00.pdf": "a.png", "min  fullmakt.pdf.exe": "min fullmakt.pdf.png",
	} {
		if got := Look(in, []byte(webP), media.ReadWithin).Name; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestIdentityByName(t *testing.T) {
	for name, want := range map[string]bool{
		"passport.jpg": true, "Mitt pass.pdf": true, "körkort_fram.png": true, "ajokortti.jpg": true, "Henkilökortti (2).jpg": true, "id-kort.png": true, "ID.jpg": true,
		"drivers license.pdf": true, "legitimation.pdf": true, "scan_of_identity_card.pdf": true, "passikuva.jpg": true,
		"passning.pdf": false, "compass.pdf": false, "fullmakt.pdf": false, "kvitto.jpg": false, "idé.pdf": false, "valtakirja.pdf": false, "bypass.png": false, "IMG_0412.jpg": false,
	} {
		if got := Look(name, []byte(webP), media.ReadWithin).Identity; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Hostile files are judged within the memory a small machine has for it.
func TestLookMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	var before, m runtime.MemStats
	runtime.ReadMemStats(&before)
	files := hostile(t)
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		for {
			select {
			case <-stop:
				most <- peak
				return
			default:
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse+m.StackInuse)
				runtime.Gosched()
			}
		}
	}()
	files["a large photo"] = struct {
		raw  []byte
		want string
	}{asJPEG(t, 5000, 4000), "jpeg"}
	for _, c := range files {
		Look("x", c.raw, media.ReadWithin)
	}
	close(stop)
	if peak := <-most; peak > before.HeapInuse+256<<20 {
		t.Errorf("%d MB were in use", peak>>20)
	} else {
		t.Logf("at most %d MB in use, %d MB before", peak>>20, before.HeapInuse>>20)
	}
}

func FuzzLook(f *testing.F) {
	for _, c := range hostile(f) {
		if len(c.raw) < 64<<10 {
			f.Add("../brev.pdf", c.raw)
		}
	}
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(raw)); err == nil && c.Width*c.Height > 1<<20 {
			return // allowed, and slow
		}
		got := Look(name, raw, media.ReadWithin)
		switch {
		case got.Name == "" || strings.ContainsAny(got.Name, "/\\\x00\r\n\u202e") || !utf8.ValidString(got.Name) || utf8.RuneCountInString(got.Name) > MaxName+6:
			t.Errorf("the name %q", got.Name)
		case got.Refused != "" && (got.Kind != "" || got.Content != nil):
			t.Errorf("refused as %s and kept as %s", got.Refused, got.Kind)
		case got.Refused == "" && (got.Kind.Type() == "" || bytes.Contains(got.Content, eicar)):
			t.Errorf("kept as %q", got.Kind)
		}
	})
}
