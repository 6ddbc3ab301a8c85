// Package bounce says what a mail that came back means.
//
// Whoever sends newsletters gets mail in return: notices that a letter could not
// be delivered (bounces), notices that a reader pressed "this is spam"
// (complaints), automatic replies, and people writing. The register acts on two
// facts only. An address that does not exist is never written to again; a reader
// who complains is never sent marketing again. Everything else leaves the person
// alone: a full mailbox empties, a spam filter judged the sender, a server was
// down. So one bit matters more than all the rest:
//
//	hard = the address itself is wrong: user unknown, host unknown, moved away
//
// A digit is no help. "5.x.x" means that the server will not try again, and most
// such refusals are about the sender or the letter. Half of all bounces carry no
// report a machine could read (RFC 3464), only sentences written by some server.
// So the sentences are read: rules.txt lists how servers phrase each reason, in
// many languages, and who says so. It is data; adding a phrasing is adding a line.
//
// # How a mail is read
//
//	Parse ── open    the mail into parts, bounded in time and memory   (mime.go, decode.go)
//	      ── sort    complaint, report, bounce in words, automatic, other (sort.go, complaint.go)
//	      ── who     recipients: report fields, or addresses in the text (report.go, text.go)
//	      ── why     reason of each, from the most to the least specific:
//	                 what the refusing server said, the paragraph about the
//	                 recipient, the status code (RFC 3463), the whole text (reason.go, rules.go)
//
// Within one text the longest phrase that occurs decides, so that "mailbox
// unavailable" yields to "mailbox unavailable because of spam". Text is compared
// folded (fold.go): lower case, no diacritics, no punctuation, every address "@".
//
// Mail comes from strangers and is built to break parsers. Limits bounds what is
// read of it; whatever goes beyond is Other with the reason Unparsed, which a
// person can look at.
//
// Types: Mailbox (mails in a file), Report (one mail), Outcome (one recipient), Reason, Class, Returned (what
// came back of our letter, by which the outbox finds it). ClassifyReply answers
// the same question for a reply at the time of sending. The package is pure.
package bounce
