// Package recognise reads what somebody wrote and says what they ask for.
//
// A request needs no form and no magic word: "please take me off your books" is one.
// The clock starts when it arrives, whether anybody saw that it was a request or not,
// so the desk reads everything that comes, and this package helps to sort it. It never
// says that something is no request. What it finds nothing in, and what is written in
// a language it does not know, is for a person to read. law: GDPR 12(2)
//
//	Read     subject and body -> language, kinds with how sure each is     recognise.go
//	Own      what the writer wrote: no quotes, signature, old mail         own.go
//	phrases  how people ask, a line each, per language                     phrases.txt, match.go
//
// Phrases are compared within a sentence, folded: without case and diacritics. A
// phrase may also say what something is not ("do not delete", "take me off the mailing
// list" is an objection and no erasure). Adding a phrasing is adding a line.
//
// Whether a program wrote a mail is for package bounce to say, which reads its fields.
// The package is pure.
package recognise
