// Package noticedef is the rule book of the register notice: the document in
// which a company tells people which personal data its customer register
// holds, why, for how long, who receives it and what a person can ask for.
//
// In Kartotek the notice is not prose but facts. A lawyer or a data protection
// contact keeps them in one YAML file; the same facts are edited in the web
// editor, decide what the program may do (categories, purposes, channels,
// access levels), and are rendered to readable text per language by package
// noticedoc. A fact is written once and used everywhere.
//
// # Shape
//
//	src ──Parse──> *Notice + findings "Y..": the file cannot be read as meant
//	     ──Check──> findings "N..", "L..", "R..": the law is not met
//	     ──Encode─> YAML with the same facts (Parse(Encode(n)) has n's Hash)
//	     ──Canonical, Hash──> the bytes that are approved, stored and cited
//	     ──Diff──> what changed between two versions, and whether it matters
//	Template ──> a complete commented file for a new register
//
// A [Finding] names code, line, field and the article it rests on. Severity
// "error" stops publishing; "warning" does not. The codes N01–N32 are the
// items a notice must hold; codes.yaml lists all, each with its article.
//
// law: GDPR 13, GDPR 14
//
// # Types
//
// [Notice] holds everything. Ordered maps of the file (categories, purposes,
// recipients, security, levels) are slices whose elements know their id.
// [Text] is one sentence in several languages, [Date] a calendar day,
// [Duration] a length such as "24 months". One reflective table (the `y` tags
// of the structs, read by package facts) drives reading, writing, hashing and
// comparing, so a new fact is one new struct field.
//
// The package is pure: no database, network, clock or randomness. "Today" is
// an argument.
package noticedef
