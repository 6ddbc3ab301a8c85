package noticedef

import (
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"kartotek/internal/noticedef/facts"
)

// This file holds the types that the file writes in more than one way, each
// with its reader and its writer.

// addressRef is "controller": letters go to the controller's one address. An
// address of its own is read, so that Check can say why it is wrong.
type addressRef string

const ownAddress addressRef = "own"

func (a *addressRef) ReadNode(d *facts.Decoder, n *yaml.Node, path string, _ int) {
	if n.Kind != yaml.ScalarNode {
		*a = ownAddress
		return
	}
	if s, ok := d.Str(n, path); ok {
		*a = addressRef(s)
	}
}

// Source says where data comes from. law: GDPR 14(2)(f)
type Source struct {
	Kind  string // "person", "registration", "staff", "import", "form", "third_party"
	Form  string // for kind form: which form
	Title Text   // wording of a third party, or of a form the program has no name for
}

var (
	sourceKinds = []string{"person", "registration", "staff", "import"}
	sourceForms = []string{"contact", "order", "campaign", "newsletter", "survey", "feedback", "registration"}
)

type sourceShape struct {
	Form       string `y:"form,ident"`
	Title      Text   `y:"title"`
	ThirdParty Text   `y:"third_party"`
}

func (s *Source) ReadNode(d *facts.Decoder, n *yaml.Node, path string, depth int) {
	if n.Kind == yaml.MappingNode {
		var shape sourceShape
		d.Value(n, &shape, path, depth)
		switch {
		case len(shape.ThirdParty) > 0:
			*s = Source{Kind: "third_party", Title: shape.ThirdParty}
		case shape.Form != "":
			*s = Source{Kind: "form", Form: shape.Form, Title: shape.Title}
		default:
			d.Add("Y07", n, path, "name the form or the third party the data comes from")
		}
		return
	}
	word, ok := d.Str(n, path)
	form, isForm := strings.CutPrefix(word, "form:")
	switch {
	case !ok:
	case isForm && slices.Contains(sourceForms, form):
		*s = Source{Kind: "form", Form: form}
	case isForm:
		d.Add("Y06", n, path, "%q is not a form with a name of its own; write {form: %s, title: {sv: ..., fi: ..., en: ...}}", facts.Clip(form), facts.Clip(form))
	case slices.Contains(sourceKinds, word):
		*s = Source{Kind: word}
	default:
		d.Add("Y06", n, path, "%q is not a source; choose one of %s, form:%s or {third_party: {sv: ..., fi: ..., en: ...}}",
			facts.Clip(word), strings.Join(sourceKinds, ", "), strings.Join(sourceForms, ", form:"))
	}
}

func (s Source) Fact() facts.Fact {
	switch {
	case s.Kind == "third_party":
		return facts.Fact{}.With("third_party", facts.OfText(s.Title))
	case s.Kind == "form" && len(s.Title) > 0:
		return facts.Fact{}.With("form", facts.Str(s.Form)).With("title", facts.OfText(s.Title))
	case s.Kind == "form":
		return facts.Str("form:" + s.Form)
	}
	return facts.Str(s.Kind)
}

type fieldShape struct {
	Name  string `y:"name,req,ident"`
	Title Text   `y:"title"`
}

// ReadNode reads a field: its name, or {name: ..., title: {...}}.
func (f *Field) ReadNode(d *facts.Decoder, n *yaml.Node, path string, depth int) {
	if n.Kind == yaml.MappingNode {
		var shape fieldShape
		d.Value(n, &shape, path, depth)
		f.Name, f.Title = shape.Name, shape.Title
		return
	}
	s, ok := d.Str(n, path)
	if !ok {
		return
	}
	if !facts.IsName(s) {
		d.Add("Y06", n, path, "%q cannot be a field; use small letters, digits and _", facts.Clip(s))
		return
	}
	f.Name = s
}

func (f Field) Fact() facts.Fact {
	if len(f.Title) == 0 {
		return facts.Str(f.Name)
	}
	return facts.Fact{}.With("name", facts.Str(f.Name)).With("title", facts.OfText(f.Title))
}
