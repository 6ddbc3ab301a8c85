package scan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/media"
)

// Limits of one file and of one case.
const (
	MaxFile  = 10 << 20 // bytes as it comes
	MaxKept  = 4 << 20  // bytes of a picture as it is kept
	MaxFiles = 40       // of a case, what was refused too
	MaxCase  = 60 << 20 // bytes kept of a case
)

// forReading are the bounds of a kept picture: a page of A4 on which small print can
// be read.
var forReading = media.Bounds{Wide: 2000, Tall: 3000, Stored: MaxKept}

// Kind is what a file is, by its content.
type Kind string

// The kinds that are kept.
const (
	PDF  Kind = "pdf"
	PNG  Kind = "png"
	JPEG Kind = "jpeg"
	EML  Kind = "eml" // a mail that cannot be taken apart, as it came
)

// Type is the content type of a kind; "" for what is not kept.
func (k Kind) Type() string {
	return map[Kind]string{PDF: "application/pdf", PNG: "image/png", JPEG: "image/jpeg", EML: "application/octet-stream"}[k]
}

// Code says why a file's content was not kept. Its sentence is "scan.refused.<code>".
type Code string

// The codes.
const (
	Empty     Code = "empty"     // no bytes
	TooLarge  Code = "too_large" // over MaxFile, or over MaxKept as a picture
	TooMany   Code = "too_many"  // the case has as much as it may have
	Infected  Code = "infected"  // the signature that virus scanners are tested with
	Disguised Code = "disguised" // something else is hidden in it
	Archive   Code = "archive"   // ZIP, RAR, 7z, gzip, tar: never opened
	Office    Code = "office"    // documents of word processors, which may hold programs
	SVG       Code = "svg"
	HTML      Code = "html"
	Program   Code = "program"
	Photo     Code = "photo"  // HEIC, AVIF, TIFF and others that only some devices show
	Pixels    Code = "pixels" // more of them than memory is given for
	Broken    Code = "broken" // begins like a document and cannot be read
	Active    Code = "active" // a PDF that would run something, or brings files along
	Unknown   Code = "unknown"
	Unparsed  Code = "unparsed" // the mail it came in cannot be taken apart
)

// Codes lists every code.
func Codes() []Code {
	return []Code{Empty, TooLarge, TooMany, Infected, Disguised, Archive, Office, SVG, HTML, Program, Photo, Pixels, Broken, Active, Unknown, Unparsed}
}

// Found is what a file turned out to be.
type Found struct {
	Name     string // cleaned; its ending fits the kind
	Kind     Kind   // "" when refused
	Content  []byte // what may be kept: pictures written anew, PDFs as they came
	Size     int    // bytes as it came
	Digest   string // SHA-256 of what may be kept, in hex
	Refused  Code   // "" when it may be kept
	Locked   bool   // protected by a password: kept as it came, and cannot be read
	Identity bool   // its name, or whoever hands it over, says that it shows an identity document
}

// Pictures writes a picture anew; media.Room.ReadWithin does.
type Pictures func(raw []byte, to media.Bounds) (*media.Image, error)

// Look judges a file by its content. Its name is cleaned and believed in one thing
// only: that it shows an identity document. Whatever the bytes are, the answer is a
// Found. It may take seconds and, by way of pictures, 200 MB; call it outside of
// transactions.
func Look(name string, raw []byte, pictures Pictures) Found {
	f := Found{Name: CleanName(name), Size: len(raw), Identity: namesIdentity(name)}
	f.Refused = f.look(raw, pictures)
	if f.Refused != "" {
		f.Kind, f.Content, f.Locked, f.Identity = "", nil, false, false
		return f
	}
	sum := sha256.Sum256(f.Content)
	f.Digest = hex.EncodeToString(sum[:])
	f.Name = strings.TrimSuffix(f.Name, endingOf(f.Name)) + "." + strings.Replace(string(f.Kind), "jpeg", "jpg", 1)
	return f
}

// Unread keeps a mail that cannot be taken apart as it came, for somebody to look at
// with other means.
func Unread(raw []byte) Found {
	f := Found{Name: "mail.eml", Kind: EML, Content: raw, Size: len(raw), Locked: true}
	if len(raw) > MaxFile {
		f.Content = raw[:MaxFile]
	}
	sum := sha256.Sum256(f.Content)
	f.Digest = hex.EncodeToString(sum[:])
	return f
}

func (f *Found) look(raw []byte, pictures Pictures) Code {
	switch {
	case len(raw) == 0:
		return Empty
	case len(raw) > MaxFile:
		return TooLarge
	case infected(raw):
		return Infected
	}
	switch kind, refused := recognise(raw); {
	case refused != "":
		return refused
	case kind == PDF:
		f.Kind, f.Content = PDF, raw
		return f.lookPDF(raw)
	}
	if hides(raw) {
		return Disguised
	}
	return f.redraw(raw, pictures)
}

// redraw keeps of a picture what it shows: places, times and devices stay behind.
// law: GDPR 25(2)
func (f *Found) redraw(raw []byte, pictures Pictures) Code {
	img, err := pictures(raw, forReading)
	switch {
	case err == nil:
	case fault.KeyOf(err) == "media.pixels":
		return Pixels
	case fault.Is(err, fault.TooLarge):
		return TooLarge
	default:
		return Broken
	}
	f.Kind, f.Content = JPEG, img.Content
	if media.Kind(img.File) == "image/png" {
		f.Kind = PNG
	}
	return ""
}

// beginnings are how files of other kinds begin.
var beginnings = []struct {
	at   int
	mark string
	code Code
}{
	{0, "PK\x03\x04", Archive}, {0, "PK\x05\x06", Archive}, {0, "Rar!\x1a\x07", Archive}, {0, "7z\xbc\xaf\x27\x1c", Archive},
	{0, "\x1f\x8b", Archive}, {0, "BZh", Archive}, {0, "\xfd7zXZ\x00", Archive}, {0, "\x28\xb5\x2f\xfd", Archive}, {257, "ustar", Archive},
	{0, "MSCF", Archive}, {0x8001, "CD001", Archive},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Office}, {0, "{\\rtf", Office},
	{0, "MZ", Program}, {0, "\x7fELF", Program}, {0, "\xca\xfe\xba\xbe", Program}, {0, "\xcf\xfa\xed\xfe", Program}, {0, "#!", Program},
	{0, "L\x00\x00\x00\x01\x14\x02\x00", Program},
	{4, "ftyp", Photo}, {0, "II*\x00", Photo}, {0, "MM\x00*", Photo}, {0, "GIF8", Photo}, {0, "BM", Photo},
}

// recognise says by content what a file is: a kind that may be kept (for pictures of
// any kind that is JPEG, until they were written anew), or why it is refused.
func recognise(raw []byte) (Kind, Code) {
	switch {
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return PDF, ""
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")), bytes.HasPrefix(raw, []byte("\xff\xd8\xff")),
		len(raw) > 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP":
		return JPEG, ""
	}
	for _, b := range beginnings {
		if len(raw) > b.at && bytes.HasPrefix(raw[b.at:], []byte(b.mark)) {
			if b.code == Archive && office(raw) {
				return "", Office
			}
			return "", b.code
		}
	}
	if bytes.Contains(raw[:min(len(raw), 2048)], []byte("%PDF-")) {
		return "", Disguised // readers look for the mark further in; what stands before it is something else
	}
	return "", markup(raw)
}

// office reports whether a ZIP is a document of a word processor.
func office(raw []byte) bool {
	head := raw[:min(len(raw), 4096)]
	for _, name := range []string{"[Content_Types].xml", "word/", "xl/", "ppt/", "mimetypeapplication/vnd.oasis"} {
		if bytes.Contains(head, []byte(name)) {
			return true
		}
	}
	return false
}

// markup tells SVG and HTML from what is unknown. UTF-16 is read as its ASCII.
func markup(raw []byte) Code {
	head := bytes.ToLower(bytes.ReplaceAll(raw[:min(len(raw), 64<<10)], []byte{0}, nil))
	switch {
	case bytes.Contains(head, []byte("<svg")):
		return SVG
	case holdsMarkup(head), strings.HasPrefix(http.DetectContentType(raw), "text/html"):
		return HTML
	}
	return Unknown
}
