package packet

import (
	"strconv"

	"kartotek/internal/dossier"
)

// documents is the folder of the documents that records tell of.
const documents = "documents/"

// mostDocuments is how many bytes of documents a package holds: it is put together in
// memory, and handed out as one file.
const mostDocuments = 100 << 20

// document puts the document of a record into the package, or says why it is not there.
func (p *Package) document(rec *dossier.Record, to *Record, hold []Withhold) error {
	f := rec.File
	if f == nil {
		return nil
	}
	v := Value{Name: dossier.Document, Title: p.say.value(dossier.Document), Withheld: held(hold, rec, dossier.Document)}
	if v.Withheld == "" {
		v.Withheld = f.Left
	}
	if v.Withheld == "" && p.taken+int(f.Size) > mostDocuments {
		v.Withheld = Large
	}
	if v.Withheld != "" {
		p.withhold(rec.Keeper, rec.Kind, v.Name, v.Withheld)
		to.Values = append(to.Values, v)
		return nil
	}
	content, err := f.Read()
	if err != nil {
		return err
	}
	p.taken += len(content)
	v.Text = documents + strconv.Itoa(len(p.docs)+1) + "-" + f.Name
	v.Shown, v.Document = v.Text, true
	p.docs = append(p.docs, File{v.Text, content})
	to.Values = append(to.Values, v)
	return nil
}
