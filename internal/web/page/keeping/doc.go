// Package keeping is the pages about how long data is kept: runs and their figures,
// holds, papers, and recipients to be told. They are lists with small forms beside
// their rows, so all are one component, Sheet: cards with a table each. It is a family
// over the kit in web/page, holds no rules and imports no room; web/admin/keeping fills
// its views.
package keeping

import "kartotek/internal/web/page"

// SheetView is a page of cards.
type SheetView struct {
	page.Frame
	Tab, Title, Lead string
	State            page.Chip
	Links            []page.Link
	Error            string
	Figures          []Figure
	Cards            []Card
}

// Figure is a number with its word.
type Figure struct{ Number, Label, Href string }

// Card is a table, and what can be done with the whole.
type Card struct {
	ID, Title, Text string
	Cols            []string // the first heads the rows
	Rows            []Row
	None            string // said while there are no rows
	Forms           []Form
}

// Row is a line of a table.
type Row struct {
	Head  page.Link
	Src   string   // below the head
	Steps []string // a list below it
	Cells []Cell
	Forms []Form
}

// Cell is a value, or a state.
type Cell struct {
	Text string
	Chip page.Chip
}

// Form is one act. With fields it opens below its button's words.
type Form struct {
	Action, Button string
	Fields         []page.Field
	Main           bool
}
