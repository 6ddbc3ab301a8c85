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

	"kartotek/internal/exchange/dialect/guard"
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

// archive is an open ZIP.
type archive struct {
	file *os.File
	guard.Archive
}

const directory = 8 << 20 // bytes a ZIP's table of contents may take

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
	if n > 0 && magic[0] == '{' {
		defer f.Close()
		return s.addPackage(f, st.Size())
	}
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
	contents := &guard.Budget{R: f, Left: directory}
	z, err := zip.NewReader(contents, st.Size())
	if contents.Left < 0 || err == nil && len(z.File) > s.opt.MaxEntries {
		return fault.New(fault.TooLarge, "import.zip_entries", "%s holds more than %d files; unpack it and import the tables", name, s.opt.MaxEntries)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fault.New(fault.Invalid, "import.zip_broken", "%s is not a whole ZIP archive; download it again", name).Because(err)
	}
	contents.Left = 1 << 62
	ours := isPackage(z.File)
	for _, e := range z.File {
		use, err := guard.Usable(name, e)
		if ours && e.Name != packagePerson {
			use = false
		}
		if err != nil {
			return err
		}
		if !use {
			s.skip(name, e)
			continue
		}
		s.files = append(s.files, &file{
			info: FileInfo{Name: name + "/" + e.Name},
			open: func() (io.ReadCloser, error) { return a.Open(e, s.opt.MaxUnpacked) },
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
