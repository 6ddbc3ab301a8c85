// Package guard keeps files from doing harm on their way in and out: a ZIP that points
// outside itself or unpacks to more than any table, and a cell that a spreadsheet would
// take for a formula. Usable judges a ZIP entry before it is opened, Archive counts what
// comes out of it, and Cell and Bare guard a text and take the guard away again.
package guard

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"kartotek/internal/fault"
)

// Usable judges a ZIP entry by its name and flags: a table, something to pass
// over, or a reason to refuse the archive.
func Usable(name string, e *zip.File) (bool, error) {
	refuse := func(key, format string) (bool, error) {
		return false, fault.New(fault.Invalid, key, format, name)
	}
	clean := strings.ReplaceAll(e.Name, `\`, "/")
	ext := strings.ToLower(path.Ext(clean))
	switch {
	case e.Name == "[Content_Types].xml":
		return refuse("import.spreadsheet", "%s is a spreadsheet; save it as CSV (UTF-8) and import that")
	case clean == "" || strings.HasPrefix(clean, "/") || strings.Contains(clean, ":") || !fs.ValidPath(strings.TrimSuffix(clean, "/")):
		return refuse("import.zip_path", "%s holds a file name that points outside the archive")
	case !e.Mode().IsRegular() && !e.Mode().IsDir():
		return refuse("import.zip_link", "%s holds a link or device instead of a file")
	case e.Mode().IsDir() || strings.HasPrefix(clean, "__MACOSX/"):
		return false, nil
	case ext == ".zip":
		return refuse("import.zip_nested", "%s holds another ZIP; unpack it and import the tables")
	case ext != ".csv" && ext != ".tsv": // a text beside the tables is somebody's note
		return false, nil
	case e.Flags&1 != 0:
		return refuse("import.zip_encrypted", "%s is protected by a password; unpack it and import the tables")
	case e.Method != zip.Store && e.Method != zip.Deflate:
		return refuse("import.zip_method", "%s is compressed in a way that cannot be read; pack it as an ordinary ZIP")
	}
	return true, nil
}

// Archive is what has been unpacked from a ZIP so far.
type Archive struct{ unpacked int64 }

// Limits on what one entry may unpack to.
const (
	ratioFrom = 100 << 20 // bytes of an entry from which its ratio counts
	maxRatio  = 200       // deflate reaches 1,032; real tables 5 to 20
)

// Open reads an entry under the limits; max is for all entries of the archive.
func (a *Archive) Open(e *zip.File, max int64) (io.ReadCloser, error) {
	rc, err := e.Open()
	if err != nil {
		return nil, err
	}
	return &entry{ReadCloser: rc, a: a, max: max, packed: int64(e.CompressedSize64)}, nil
}

// entry counts what comes out of a ZIP entry and stops bombs.
type entry struct {
	io.ReadCloser
	a              *Archive
	max            int64
	packed, output int64
}

func (e *entry) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	e.output += int64(n)
	e.a.unpacked += int64(n)
	if e.a.unpacked > e.max {
		return 0, fault.New(fault.TooLarge, "import.zip_size", "the archive unpacks to more than %d MB; import its tables one by one", e.max>>20)
	}
	if e.output > ratioFrom && e.output/max(e.packed, 1) > maxRatio {
		return 0, fault.New(fault.TooLarge, "import.zip_bomb", "the archive unpacks to more than %d times its size; it is not a table", maxRatio)
	}
	return n, err
}

// Budget is a file that may be read so much of; Left is negative once it was too much.
type Budget struct {
	R    io.ReaderAt
	Left int64
}

// ReadAt implements io.ReaderAt.
func (b *Budget) ReadAt(p []byte, off int64) (int, error) {
	if b.Left -= int64(len(p)); b.Left < 0 {
		return 0, io.ErrShortBuffer
	}
	return b.R.ReadAt(p, off)
}

// WriteCell writes a cell, in quotes where the text needs them.
func WriteCell(b *bytes.Buffer, s string, delim byte) {
	if !strings.ContainsAny(s, "\"\r\n") && strings.IndexByte(s, delim) < 0 && (s == "" || s[0] != ' ' && s[len(s)-1] != ' ') {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(s, `"`, `""`))
	b.WriteByte('"')
}

// Cell puts an apostrophe before text that a spreadsheet could take for a
// formula or that begins with one already. Bare undoes exactly this.
func Cell(s string) string {
	if s == "" {
		return s
	}
	switch r, _ := utf8.DecodeRuneInString(s); r {
	case '=', '+', '-', '@', '\t', '\r', '\n', ';', '\'', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}

// Bare gives the text that Cell was given.
func Bare(s string) string { return strings.TrimPrefix(s, "'") }
