package dialect

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"

	"kartotek/internal/fault"
)

// A person's package (GDPR 15 and 20) comes home like an export of ours: as its ZIP,
// of which the table under portable/ is read and the rest is for people; or as its
// JSON, of which "given" is.
const (
	packagePerson   = "portable/person.csv"
	packageManifest = "manifest.json"
	packageFormat   = "kartotek-package"
	packageVersion  = 1
	maxPackage      = 256 << 20 // bytes of JSON read into memory
)

// isPackage tells a person's package from a ZIP of tables.
func isPackage(files []*zip.File) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(files, func(f *zip.File) bool { return f.Name == name })
	}
	return has(packagePerson) && has(packageManifest)
}

// addPackage reads the JSON of a package and gives the person in it as a table.
func (s *Source) addPackage(f *os.File, size int64) error {
	name := filepath.Base(f.Name())
	if size > maxPackage {
		return fault.New(fault.TooLarge, "import.package_large", "%s is larger than %d MB; import the ZIP instead", name, maxPackage>>20)
	}
	var in struct {
		Format  string  `json:"format"`
		Version int     `json:"version"`
		Given   *Person `json:"given"`
	}
	err := json.NewDecoder(io.NewSectionReader(f, 0, size)).Decode(&in)
	switch {
	case err != nil || in.Format != packageFormat:
		return fault.New(fault.Invalid, "import.package", "%s is JSON, but not a person's package; import CSV or a ZIP of CSV files", name)
	case in.Version > packageVersion:
		return fault.New(fault.Invalid, "import.package_version", "%s was made by a later version of Kartotek; update this one first", name)
	case in.Given == nil:
		return fault.New(fault.Invalid, "import.package_empty", "%s holds nothing that can be taken along", name)
	}
	table, err := in.Given.Table()
	if err != nil {
		return err
	}
	s.files = append(s.files, &file{
		info: FileInfo{Name: name},
		open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(table)), nil },
	})
	return nil
}

// Table is one person as our export writes them.
func (p *Person) Table() ([]byte, error) {
	fields := []string{toEmail, toPhone}
	for _, f := range p.Fields {
		if slices.Contains(fields, f.Name) {
			return nil, fault.New(fault.Invalid, "import.package", "the package names a field twice")
		}
		fields = append(fields, f.Name)
	}
	var b bytes.Buffer
	w := NewWriter(&b, fields)
	err := w.WriteHeader()
	if err == nil {
		err = w.WriteRow(p)
	}
	return b.Bytes(), err
}
