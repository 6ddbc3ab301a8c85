// Package blocks is the letter written in blocks: headings, texts, pictures and
// buttons one below the other, which become HTML that every mail program shows.
//
// Mail programs are browsers of twenty years ago: Outlook lays a page out with Word,
// Gmail drops style sheets, and phones want one column. What they agree on is tables
// inside each other with inline styles. Nobody should have to write that, so an
// author lists what the letter says and this package writes the tables.
//
// A letter is JSON (format "blocks" of a campaign):
//
//	{"preheader": "Filters are changed on 1 December",
//	 "accent": "#1f5f7a",
//	 "blocks": [
//	  {"type": "heading", "text": "Clean air in November", "level": 1},
//	  {"type": "text", "text": "Dear {{ person.first_name | default: \"friend\" }},\n\nwe change **filters**."},
//	  {"type": "image", "src": "/m/3f….png", "alt": "A filter, before and after", "href": "https://…"},
//	  {"type": "button", "text": "Choose a time", "href": "https://…"},
//	  {"type": "columns", "columns": [[{"type": "text", …}], [{"type": "text", …}]]},
//	  {"type": "divider"}, {"type": "spacer", "size": 24},
//	  {"type": "footer", "text": "You get this letter as our customer."}]}
//
// or only the list of blocks. Text and footer are Markdown; every text may hold
// Liquid, each complete in itself.
//
//	Parse(json) -> *Letter      strict: unknown keys and wrong values are refused
//	Letter.Each                 the texts, to check and change them
//	Letter.HTML(markdown)       the page between the letter's top and foot
//	Letter.Add, Move, Remove    what an editor does (edit.go)
//
// What an author must know of the law stands below every letter by itself (package
// compose); the block "footer" is only small print of the author's own.
package blocks

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kartotek/internal/fault"
)

// Limits of a letter.
const (
	MaxBlocks  = 100
	MaxSize    = 512 << 10 // bytes of JSON
	MaxText    = 32 << 10  // bytes of one text
	MaxShort   = 500       // characters of a heading, a button, the words for a picture
	MaxAddress = 2000      // characters
)

// Kind is what a block is.
type Kind string

// The kinds.
const (
	Heading Kind = "heading"
	Text    Kind = "text"
	Image   Kind = "image"
	Button  Kind = "button"
	Columns Kind = "columns"
	Divider Kind = "divider"
	Spacer  Kind = "spacer"
	Footer  Kind = "footer"
)

// Kinds lists them in the order an editor offers them.
var Kinds = []Kind{Heading, Text, Image, Button, Columns, Divider, Spacer, Footer}

// Letter is a letter in blocks.
type Letter struct {
	Preheader string  `json:"preheader,omitempty"` // what lists of mails show after the subject
	Accent    string  `json:"accent,omitempty"`    // colour of links and buttons, #rrggbb; "" is ours
	Blocks    []Block `json:"blocks"`
}

// Block is one block. Which fields it may have follows from its type.
type Block struct {
	Type  Kind   `json:"type"`
	Text  string `json:"text,omitempty"`  // heading, button: words; text, footer: Markdown
	Level int    `json:"level,omitempty"` // heading: 1 to 3; 0 is 2
	Align string `json:"align,omitempty"` // heading, text, image, button: left, center, right; "" is left
	Src   string `json:"src,omitempty"`   // image: its address, or /m/… of the register
	Alt   string `json:"alt,omitempty"`   // image: what it shows, for those who do not see it
	// Decorative says that an image tells nothing, so that it needs no words.
	Decorative bool      `json:"decorative,omitempty"`
	Href       string    `json:"href,omitempty"`    // button, image: where it leads
	Width      int       `json:"width,omitempty"`   // image: pixels, 16 to 544; 0 is all there is
	Size       int       `json:"size,omitempty"`    // spacer: pixels, 4 to 120; 0 is 24
	Columns    [][]Block `json:"columns,omitempty"` // columns: two
}

func refuse(at, key, format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "blocks."+key, format, args...).In(at)
}

// Parse reads a letter. An error (Invalid, TooLarge) has the place as its field:
// "blocks.3.href", "blocks.2.0.1.text" for the second block in the first column.
func Parse(text string) (*Letter, error) {
	if len(text) > MaxSize {
		return nil, fault.New(fault.TooLarge, "blocks.too_long", "a letter is at most %d bytes", MaxSize).In("blocks")
	}
	l := &Letter{}
	var into any = l
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		into = &l.Blocks
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil || dec.More() {
		return nil, refuse("blocks", "json", "the letter is not a list of blocks in JSON").Because(err)
	}
	if err := l.Check(); err != nil {
		return nil, err
	}
	return l, nil
}

// String writes a letter so that Parse reads the same.
func (l *Letter) String() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	out := *l
	if out.Blocks == nil {
		out.Blocks = []Block{}
	}
	_ = enc.Encode(out) // texts and numbers cannot fail
	return strings.TrimSpace(b.String())
}

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// Check refuses what cannot be shown: other fields than a block has, values out of
// bounds, addresses that are none.
func (l *Letter) Check() error {
	if l.Accent != "" && !color.MatchString(l.Accent) {
		return refuse("accent", "accent", "a colour is written #1f5f7a")
	}
	if err := short("preheader", l.Preheader); err != nil {
		return err
	}
	n := 0
	for at, b := range l.all() {
		if n++; n > MaxBlocks {
			return fault.New(fault.TooLarge, "blocks.too_many", "a letter has at most %d blocks", MaxBlocks).In("blocks")
		}
		if err := b.check(at); err != nil {
			return err
		}
	}
	return nil
}

// fields are what a block of each kind has beside its type.
var fields = map[Kind]string{
	Heading: "text level align", Text: "text align", Image: "src alt decorative href width align", Button: "text href align",
	Columns: "columns", Divider: "", Spacer: "size", Footer: "text",
}

// needs are those it cannot be without. A picture needs its words in addition.
var needs = map[Kind]string{Heading: "text", Text: "text", Image: "src", Button: "text href", Footer: "text"}

func (b *Block) set() (names []string) {
	for _, f := range []struct {
		name string
		set  bool
	}{{"text", b.Text != ""}, {"level", b.Level != 0}, {"align", b.Align != ""}, {"src", b.Src != ""}, {"alt", b.Alt != ""},
		{"decorative", b.Decorative}, {"href", b.Href != ""}, {"width", b.Width != 0}, {"size", b.Size != 0}, {"columns", b.Columns != nil}} {
		if f.set {
			names = append(names, f.name)
		}
	}
	return names
}

func (b *Block) check(at string) error {
	has, known := fields[b.Type]
	if !known {
		return refuse(at, "type", "there is no block of this type")
	}
	for _, name := range b.set() {
		if !slices.Contains(strings.Fields(has), name) {
			return refuse(at+"."+name, "field", "a block of type %s has no %s", b.Type, name)
		}
	}
	if err := b.bounds(at); err != nil {
		return err
	}
	if b.Type == Columns && (len(b.Columns) != 2 || strings.Count(at, ".") > 1) {
		return refuse(at, "columns", "columns are two, and hold no columns themselves")
	}
	return nil
}

func (b *Block) bounds(at string) error {
	switch {
	case b.Level < 0 || b.Level > 3:
		return refuse(at+".level", "level", "a heading has the level 1, 2 or 3")
	case b.Width != 0 && (b.Width < 16 || b.Width > Inner):
		return refuse(at+".width", "width", "a picture is 16 to %d pixels wide", Inner)
	case b.Size != 0 && (b.Size < 4 || b.Size > 120):
		return refuse(at+".size", "size", "a space is 4 to 120 pixels high")
	case !slices.Contains([]string{"", "left", "center", "right"}, b.Align):
		return refuse(at+".align", "align", "a block stands left, center or right")
	}
	if b.Type == Text || b.Type == Footer {
		if len(b.Text) > MaxText {
			return fault.New(fault.TooLarge, "blocks.text_long", "a text is at most %d bytes", MaxText).In(at + ".text")
		}
	} else if err := short(at+".text", b.Text); err != nil {
		return err
	}
	if err := short(at+".alt", b.Alt); err != nil {
		return err
	}
	return b.addresses(at)
}

func short(at, s string) error {
	if utf8.RuneCountInString(s) > MaxShort || strings.ContainsAny(s, "\n\r") {
		return refuse(at, "short", "this is one line of at most %d characters", MaxShort)
	}
	return nil
}

func (b *Block) addresses(at string) error {
	if b.Href != "" && !leads(b.Href) {
		return refuse(at+".href", "href", "an address begins with https://, http:// or mailto:")
	}
	if b.Src != "" && (!shows(b.Src) || strings.Contains(b.Src, "{")) {
		return refuse(at+".src", "src", "a picture has an address of the web, the same for everybody")
	}
	return nil
}

// leads reports whether a link can lead there. One that begins with a variable is
// judged where variables are known.
func leads(to string) bool {
	l := strings.ToLower(to)
	return len(to) <= MaxAddress && !strings.ContainsAny(to, "\n\r\t") &&
		(strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "mailto:") || strings.HasPrefix(l, "{{"))
}

func shows(src string) bool {
	l := strings.ToLower(src)
	return len(src) <= MaxAddress && !strings.ContainsAny(src, " \n\r\t") &&
		(strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://") || strings.HasPrefix(src, "/m/"))
}

// Missing names what an author has still to fill in, by place; a letter with
// anything missing can be kept and not sent.
func (l *Letter) Missing() (places []string) {
	for at, b := range l.all() {
		set := b.set()
		for _, name := range strings.Fields(needs[b.Type]) {
			if !slices.Contains(set, name) {
				places = append(places, at+"."+name)
			}
		}
		if b.Type == Image && strings.TrimSpace(b.Alt) == "" && !b.Decorative {
			places = append(places, at+".alt")
		}
	}
	return places
}

// all gives every block with its place, those in columns after the block they are in.
func (l *Letter) all() func(func(string, *Block) bool) {
	return func(yield func(string, *Block) bool) { walk("blocks", l.Blocks, yield) }
}

func walk(at string, list []Block, yield func(string, *Block) bool) bool {
	for i := range list {
		here := at + "." + strconv.Itoa(i)
		if !yield(here, &list[i]) {
			return false
		}
		for n, column := range list[i].Columns {
			if strings.Count(here, ".") > 1 {
				break // refused by Check
			}
			if !walk(here+"."+strconv.Itoa(n), column, yield) {
				return false
			}
		}
	}
	return true
}

// Each visits every text that may hold variables, with its place, in the order of
// the letter. What fn leaves in the text is kept. The first error ends it.
func (l *Letter) Each(fn func(at string, text *string) error) error {
	if err := fn("preheader", &l.Preheader); err != nil {
		return err
	}
	var failed error
	for at, b := range l.all() {
		for _, f := range []struct {
			name string
			text *string
		}{{"text", &b.Text}, {"alt", &b.Alt}, {"href", &b.Href}} {
			if failed = fn(at+"."+f.name, f.text); failed != nil {
				return failed
			}
		}
	}
	return nil
}
