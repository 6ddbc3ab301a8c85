package page

import (
	"time"

	"kartotek/internal/i18n"
)

// ArchiveCSP is the policy of a letter in the public archive: its own inline styles,
// pictures of ours (data: is for the empty icon), no script, no form, no frame around it, and an origin that is
// nobody's, so that no cookie can be read.
const ArchiveCSP = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; " +
	"base-uri 'none'; frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"

// ArchiveView lists the letters that everybody may read.
type ArchiveView struct {
	Public
	FeedURL string
	Rows    []ArchiveRow
	Next    string
}

// ArchiveRow is one letter.
type ArchiveRow struct {
	Subject, Summary, Href string
	At                     time.Time
}

// ArchiveLetterView is what is put around a letter of the archive.
type ArchiveLetterView struct {
	P                *i18n.Printer
	Subject          string
	At               time.Time
	ListURL, FeedURL string
	Langs            []ArchiveLang
}

// ArchiveLang is a language the letter can be read in.
type ArchiveLang struct {
	Lang, Name, Href string
	On               bool
}
