package packet

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"filippo.io/age"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
)

// File is one file of a package.
type File struct {
	Name    string // with folders
	Content []byte
}

// The names of the files.
const (
	PageFile     = "index.html"
	PaperFile    = "package.pdf"
	DataFile     = "package.json"
	VCardFile    = "contact.vcf"
	ContactFile  = "contact.json" // JSContact
	PortableFile = "portable/person.csv"
	ManifestFile = "manifest.json"
	csvFolder    = "csv/"
)

// Files are the files of the package, the manifest last.
func (p *Package) Files() []File { return p.files }

// File gives one file by name; nil when there is none.
func (p *Package) File(name string) []byte {
	for _, f := range p.files {
		if f.Name == name {
			return f.Content
		}
	}
	return nil
}

// write makes all files.
func (p *Package) write() (out []File, err error) {
	add := func(name string, content []byte, e error) {
		if err == nil && e == nil && content != nil {
			out = append(out, File{name, content})
		}
		err = first(err, e)
	}
	add(PageFile, p.page(), nil)
	if !p.Portable {
		paper, e := p.paper()
		add(PaperFile, paper, e)
	}
	data, e := p.data()
	add(DataFile, data, e)
	for i := range p.Parts {
		add(csvFolder+p.Parts[i].Key()+".csv", p.Parts[i].csv(), nil)
	}
	if len(p.Looked) > 0 {
		add(csvFolder+"looked_at.csv", p.lookedCSV(), nil)
	}
	if p.Given != nil {
		card, e := vCard(p.card)
		add(VCardFile, card, e)
		contact, e := jsContact(p.card)
		add(ContactFile, contact, e)
		given, e := p.Given.Table()
		add(PortableFile, given, e)
	}
	out = append(out, p.docs...)
	manifest, e := p.manifest(out)
	add(ManifestFile, manifest, e)
	return out, err
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// counted is how many records of a kind there are.
type counted struct {
	Keeper  string `json:"keeper"`
	Kind    string `json:"kind"`
	Title   string `json:"title"`
	Records int    `json:"records"`
}

// listed is a file as the manifest lists it.
type listed struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (p *Package) counts() []counted {
	out := []counted{}
	for i := range p.Parts {
		out = append(out, counted{p.Parts[i].Keeper, p.Parts[i].Kind, p.Parts[i].Title, len(p.Parts[i].Records)})
	}
	return out
}

// manifest counts the records and names the digest of every file.
func (p *Package) manifest(files []File) ([]byte, error) {
	list := []listed{}
	for _, f := range files {
		sum := sha256.Sum256(f.Content)
		list = append(list, listed{f.Name, len(f.Content), hex.EncodeToString(sum[:])})
	}
	return json.MarshalIndent(struct {
		Format    string     `json:"format"`
		Version   int        `json:"version"`
		Made      string     `json:"made"`
		Reference string     `json:"reference,omitempty"`
		Portable  bool       `json:"portable"`
		Counts    []counted  `json:"counts"`
		LookedAt  int        `json:"looked_at"`
		Withheld  []Withheld `json:"withheld"`
		Files     []listed   `json:"files"`
	}{"kartotek-manifest", 1, instant(clock.Ms(p.Made)), p.Reference, p.Portable, p.counts(), len(p.Looked), list0(p.Withheld), list}, "", "  ")
}

// list0 is a list that is written as [] and not as null when empty.
func list0[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// Digest is the SHA-256 of the manifest, which stands for the whole package.
func (p *Package) Digest() string {
	sum := sha256.Sum256(p.File(ManifestFile))
	return hex.EncodeToString(sum[:])
}

// Zip writes the package as one archive; the same package gives the same bytes.
func (p *Package) Zip(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, f := range p.files {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: p.Made.UTC()}
		if f.Name == PaperFile || strings.HasPrefix(f.Name, documents) {
			h.Method = zip.Store // compressed in itself
		}
		entry, err := z.CreateHeader(h)
		if err == nil {
			_, err = entry.Write(f.Content)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// shortest is how many characters a passphrase has at least.
const shortest = 12

// Seal writes the archive so that only the passphrase opens it: with age
// (https://age-encryption.org), which any computer has a program for.
func (p *Package) Seal(w io.Writer, passphrase string) error {
	if len(passphrase) < shortest {
		return fault.New(fault.Invalid, "packet.passphrase", "a passphrase has at least %d characters", shortest).In("passphrase")
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	sealed, err := age.Encrypt(w, to)
	if err != nil {
		return err
	}
	if err := p.Zip(sealed); err != nil {
		return err
	}
	return sealed.Close()
}

// zipped is the archive in memory, sealed when there is a passphrase.
func (p *Package) zipped(passphrase string) ([]byte, error) {
	var b bytes.Buffer
	if passphrase == "" {
		err := p.Zip(&b)
		return b.Bytes(), err
	}
	err := p.Seal(&b, passphrase)
	return b.Bytes(), err
}

// names are the columns of a part: every name of a value, in the order they come.
func (p *Part) names() (out []string) {
	known := map[string]bool{}
	for i := range p.Records {
		for _, v := range p.Records[i].Values {
			if !known[v.Name] {
				known[v.Name] = true
				out = append(out, v.Name)
			}
		}
	}
	return out
}

// sourced reports whether some value of a part tells where it came from.
func (p *Part) sourced() bool {
	return slices.ContainsFunc(p.Records, func(r Record) bool {
		return slices.ContainsFunc(r.Values, func(v Value) bool { return v.Source != "" || v.First != 0 })
	})
}
