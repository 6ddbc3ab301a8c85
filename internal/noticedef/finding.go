package noticedef

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"kartotek/internal/noticedef/facts"
)

// Severities of a finding.
const (
	SeverityError   = "error"   // the notice cannot be published
	SeverityWarning = "warning" // it can, but somebody should look
)

// Finding is one thing wrong with a notice: what, where, and by which law.
type Finding struct {
	Code     string `json:"code"`             // "N04"; "Y05" when the file itself is wrong
	Severity string `json:"severity"`         // "error" or "warning"
	Line     int    `json:"line"`             // of the file; 0 when the notice did not come from one
	Column   int    `json:"column,omitempty"` // from 1
	Field    string `json:"field"`            // dotted path, such as purposes.newsletter.basis
	Message  string `json:"message"`          // English: what is wrong and what to do
	Article  string `json:"article,omitempty"`
	Key      string `json:"-"` // text key of the code's title, for translation
}

// String is the finding as one line of a terminal.
func (f Finding) String() string {
	s := fmt.Sprintf("line %d: %s %s: %s: %s", f.Line, f.Severity, f.Code, f.Field, f.Message)
	if f.Article != "" {
		s += " (" + f.Article + ")"
	}
	return s
}

// Errors counts the findings that stop publishing.
func Errors(list []Finding) int {
	n := 0
	for _, f := range list {
		if f.Severity == SeverityError {
			n++
		}
	}
	return n
}

// CodeInfo is a code's standing description: the article it rests on and its
// title per language.
type CodeInfo struct {
	Code    string `yaml:"-"`
	Article string `yaml:"article"`
	Title   Text   `yaml:"title"`
}

//go:embed codes.yaml
var codesYAML []byte

//go:embed fields.yaml
var fieldsYAML []byte

var (
	codes       = mustTable[CodeInfo](codesYAML)
	fieldTitles = mustTable[Text](fieldsYAML)
)

// mustTable reads an embedded table; a broken one is a broken build.
func mustTable[T any](src []byte) map[string]T {
	out := map[string]T{}
	if err := yaml.Unmarshal(src, &out); err != nil {
		panic("noticedef: embedded table: " + err.Error()) // found by the first test
	}
	return out
}

// Codes lists every code the package can report, sorted.
func Codes() []CodeInfo {
	out := make([]CodeInfo, 0, len(codes))
	for code, info := range codes {
		info.Code = code
		out = append(out, info)
	}
	slices.SortFunc(out, func(a, b CodeInfo) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// CodeTitle is the short title of a code in a language.
func CodeTitle(code, lang string) string { return codes[code].Title.In(lang) }

// KnownField gives the built-in title of a common field, such as first_name.
// A field without one brings its own title.
func KnownField(name string) (Text, bool) {
	t, ok := fieldTitles[name]
	return t, ok
}

func newFinding(code string, p facts.Position, field, msg string) Finding {
	return Finding{Code: code, Severity: SeverityError, Line: p.Line, Column: p.Column, Field: field,
		Message: msg, Article: codes[code].Article, Key: "notice.code." + code}
}

func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return strings.Compare(a.Field+a.Code, b.Field+b.Code)
	})
}
