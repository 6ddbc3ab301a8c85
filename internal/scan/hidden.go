package scan

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"regexp"
	"strconv"
)

// eicar is the text by which virus scanners are tried out. It stands here in two
// parts, so that this program is not taken for it.
var eicar = []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")

// infected looks for that text. It is the place where a scanner's answer belongs.
func infected(raw []byte) bool { return bytes.Contains(raw, eicar) }

// others begin archives and programs that readers find anywhere in a file.
var others = [][]byte{[]byte("Rar!\x1a\x07"), []byte("7z\xbc\xaf\x27\x1c"), []byte("\xfd7zXZ\x00")}

// hides reports whether a file that begins as a picture or document is something else
// besides: an archive, a page, a document.
func hides(raw []byte) bool {
	if isZIP(raw) || holdsMarkup(bytes.ToLower(raw)) || bytes.Contains(raw[1:], []byte("%PDF-")) {
		return true
	}
	for _, mark := range others {
		if bytes.Contains(raw, mark) {
			return true
		}
	}
	return false
}

// isZIP reports whether an unpacker would find an archive: its directory stands at
// the end of a file, whatever stands before.
func isZIP(raw []byte) bool {
	if r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw))); err == nil && len(r.File) > 0 || errors.Is(err, zip.ErrInsecurePath) {
		return true
	}
	end := bytes.LastIndex(raw, []byte("PK\x05\x06"))
	entry := bytes.LastIndex(raw, []byte("PK\x01\x02"))
	local := bytes.Index(raw, []byte("PK\x03\x04"))
	return entry >= 0 && (end > entry || local >= 0 && local < entry) || local >= 0 && end > local
}

var tags = regexp.MustCompile(`<(?:!doctype\s+html|html[\s>/]|script[\s>/]|iframe[\s>/]|svg\s|body[\s>/]|object[\s>/]|meta\s+http)|javascript:|data:text/html`)

// holdsMarkup reports whether bytes in lower case hold something a browser runs.
func holdsMarkup(lower []byte) bool { return tags.Match(lower) }

// afterEnd is how many bytes may follow the end of a PDF: some programs leave a few.
const afterEnd = 1024

// lookPDF judges a PDF, whose content is kept as it came. law: GDPR 32(1)
func (f *Found) lookPDF(raw []byte) Code {
	end := bytes.LastIndex(raw, []byte("%%EOF"))
	switch {
	case end < 0 || !bytes.Contains(raw, []byte("startxref")):
		return Broken
	case len(bytes.TrimRight(raw[end+5:], "\x00\r\n\t ")) > afterEnd:
		return Disguised
	case hides(raw):
		return Disguised
	}
	plain := names(raw)
	f.Locked = encrypt.Match(plain)
	if active.Match(plain) {
		return Active
	}
	if f.Locked {
		return "" // what is within cannot be looked at, by anybody
	}
	return packed(raw)
}

var (
	hexName = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
	encrypt = regexp.MustCompile(`/Encrypt[\s<]`)
	// active are names by which a PDF runs something or brings files along.
	active = regexp.MustCompile(`/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|GoToE|ImportData)[\s<(/\[\]>]`)
)

// names undoes the spelling of names by numbers, such as /J#61vaScript.
func names(raw []byte) []byte {
	if !bytes.ContainsRune(raw, '#') {
		return raw
	}
	return hexName.ReplaceAllFunc(raw, func(m []byte) []byte {
		n, _ := strconv.ParseUint(string(m[1:]), 16, 8)
		return []byte{byte(n)}
	})
}

// maxUnpacked is how many bytes of packed objects are looked at.
const maxUnpacked = 32 << 20

// packed looks into the packed objects of a PDF, as far as memory is given for. What
// is packed in a way that cannot be looked into counts as active.
func packed(raw []byte) Code {
	left := int64(maxUnpacked)
	for at := 0; ; {
		i := bytes.Index(raw[at:], []byte("stream"))
		if i < 0 {
			return ""
		}
		head := raw[at : at+i]
		if o := bytes.LastIndex(head, []byte("obj")); o >= 0 {
			head = head[o:]
		}
		at += i + len("stream")
		if bytes.HasSuffix(head, []byte("end")) || !bytes.Contains(names(head), []byte("/ObjStm")) {
			continue
		}
		text, whole := inflate(bytes.TrimLeft(raw[at:], "\r\n"), left)
		switch left -= int64(len(text)); {
		case left <= 0:
			return TooLarge
		case !whole, bytes.Contains(names(head), []byte("/Predictor")), active.Match(names(text)):
			return Active
		}
	}
}

// inflate unpacks at most left bytes; whole is false when they cannot be unpacked.
func inflate(raw []byte, left int64) (text []byte, whole bool) {
	z, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, false
	}
	text, err = io.ReadAll(io.LimitReader(z, left))
	return text, err == nil
}
