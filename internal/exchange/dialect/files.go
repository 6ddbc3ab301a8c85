package dialect

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"kartotek/internal/fault"
)

// file is one table: a file, or an entry of a ZIP.
type file struct {
	info FileInfo
	open func() (io.ReadCloser, error)
	plan *plan
	eol  byte
	lead int // lines before the header ("sep=;")
	// cells is the only row of a file that lists one contact downwards.
	cells []string
}

// archive is an open ZIP and what has been unpacked from it so far.
type archive struct {
	file     *os.File
	unpacked int64
}

const (
	ratioFrom = 100 << 20 // bytes of an entry from which its ratio counts
	maxRatio  = 200       // deflate reaches 1,032; real tables 5 to 20
	directory = 8 << 20   // bytes a ZIP's table of contents may take
)

// add opens a path, as a ZIP if it begins like one.
func (s *Source) add(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return unreadable(filepath.Base(name), err)
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		f.Close()
		return fault.New(fault.Invalid, "import.not_a_file", "%s is not a file", filepath.Base(name))
	}
	var magic [4]byte
	n, _ := f.ReadAt(magic[:], 0)
	if n == 4 && (string(magic[:]) == "PK\x03\x04" || string(magic[:]) == "PK\x05\x06") {
		return s.addArchive(f, st)
	}
	f.Close()
	s.files = append(s.files, &file{
		info: FileInfo{Name: filepath.Base(name)},
		open: func() (io.ReadCloser, error) { return os.Open(name) },
	})
	return nil
}

func unreadable(name string, err error) error {
	code, key := fault.Invalid, "import.unreadable"
	if errors.Is(err, fs.ErrNotExist) {
		code, key = fault.NotFound, "import.no_such_file"
	}
	var perr *fs.PathError
	if errors.As(err, &perr) {
		err = perr.Err // without the path: it may name a person
	}
	return fault.New(code, key, "%s cannot be read", name).Because(err)
}

// addArchive lists the tables of a ZIP. Nothing is unpacked to disk, so names
// cannot escape; they are refused all the same, for who sent them meant harm.
func (s *Source) addArchive(f *os.File, st fs.FileInfo) error {
	a := &archive{file: f}
	s.archives = append(s.archives, a)
	name := filepath.Base(f.Name())
	contents := &budget{r: f, left: directory}
	z, err := zip.NewReader(contents, st.Size())
	if contents.left < 0 || err == nil && len(z.File) > s.opt.MaxEntries {
		return fault.New(fault.TooLarge, "import.zip_entries", "%s holds more than %d files; unpack it and import the tables", name, s.opt.MaxEntries)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fault.New(fault.Invalid, "import.zip_broken", "%s is not a whole ZIP archive; download it again", name).Because(err)
	}
	contents.left = 1 << 62
	for _, e := range z.File {
		use, err := usable(name, e)
		if err != nil {
			return err
		}
		if !use {
			s.skip(name, e)
			continue
		}
		s.files = append(s.files, &file{
			info: FileInfo{Name: name + "/" + e.Name},
			open: func() (io.ReadCloser, error) { return a.open(e, s.opt.MaxUnpacked) },
		})
	}
	return nil
}

// skip notes an entry that is no table, other than what systems add unasked.
func (s *Source) skip(name string, e *zip.File) {
	if !e.FileInfo().IsDir() && !strings.HasPrefix(e.Name, "__MACOSX/") && path.Base(e.Name) != ".DS_Store" {
		s.skipped = append(s.skipped, name+"/"+e.Name)
	}
}

// usable judges a ZIP entry by its name and flags: a table, something to pass
// over, or a reason to refuse the archive.
func usable(name string, e *zip.File) (bool, error) {
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

// open reads an entry under the limits.
func (a *archive) open(e *zip.File, max int64) (io.ReadCloser, error) {
	rc, err := e.Open()
	if err != nil {
		return nil, err
	}
	return &entry{ReadCloser: rc, a: a, max: max, packed: int64(e.CompressedSize64)}, nil
}

// entry counts what comes out of a ZIP entry and stops bombs.
type entry struct {
	io.ReadCloser
	a              *archive
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

// budget is a file that may be read so much of.
type budget struct {
	r    io.ReaderAt
	left int64
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, io.ErrShortBuffer
	}
	return b.r.ReadAt(p, off)
}
