package page

import "strconv"

// ImportMapping is how the columns of an upload are read, and the form that
// changes it.
//
// POST /import/{id}/mapping: act (try, save, use, forget), name (of save), saved
// (of use and forget), and for column i to<i>, yes<i> (purpose:channel), no<i>
// (scope), words<i>, date<i> and proof<i> (places of other columns). It answers
// with the dry run made anew.
type ImportMapping struct {
	Using     string   // which saved mapping is in use and why; "" when none is
	Reads     []string // what is read of permission, column by column, in words
	Saved     []Option // saved mappings, with "none" first; nil when there are none
	Columns   []MappedColumn
	Name      string // proposed for saving
	Open      bool   // the form is shown unfolded
	Many      bool   // too many columns for a form
	NameError string
}

// MappedColumn is one column in the form.
type MappedColumn struct {
	Column string
	To     []OptionGroup
	Yes    []Option // what a consent is to
	No     []Option // what a prohibition covers
	Words  string
	Date   []Option
	Proof  []Option
	Weak   bool // a consent without a date
	Error  string
}

// OptionGroup is choices under a heading.
type OptionGroup struct {
	Label   string
	Options []Option
}

// The choices of a column that are no fields. "=" keeps them apart from names of
// the catalogue; the stylesheet knows the two that open more fields.
const (
	ColumnConsent     = "=consent"
	ColumnProhibition = "=prohibition"
	ColumnRecognised  = "=permission" // whatever was recognised stays
	ColumnUnlisted    = "=unlisted"
	ColumnLeftOut     = "=leave"
)

// at is the name of a field of column i.
func at(name string, i int) string { return name + strconv.Itoa(i) }
