// Package segdef is the small language a segment is written in: which people a
// newsletter or report is about.
//
// A marketer writes, or builds in a form,
//
//	everyone
//	city = "Helsinki" and (language = sv or language = fi)
//	not tag "vip" and industry in ("care", "school")
//	title contains "chef" and organisation is set and registered >= 2024-01-01
//	consent "newsletter" "email" and not prohibited "channel:email"
//
// The words are those of the register: a field is a field of the catalogue in
// the notice in force, a tag is a tag on the person, a permission is the state
// of the ledger. A segment only narrows: whether a person may be reached is
// decided afterwards for each one by package permit, and never here.
//
// Comparison ignores case and the marks on Nordic letters, as search does:
// city = "abo" finds Åbo. An unset field is empty text: it differs from every
// value (so country != SE keeps it), and is never less or greater than one.
//
// Shape: Parse makes an Expr, Check compares it with the catalogue, Match asks
// it about one Row without allocating, String gives the canonical text (which
// parses to the same Expr), and Form turns it into rows of field, operator and
// value for a builder that needs no script, and back.
package segdef
