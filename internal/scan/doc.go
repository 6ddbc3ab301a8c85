// Package scan takes in the documents that come with a request, and keeps them safe.
//
// People who ask for their data send along what they believe is needed: a signed
// letter, an authority, a screenshot, a photo of their passport. Anybody may send,
// under any name, and a clerk is going to open it. So each file is judged by its
// content, outside of any transaction (Look), and the judgement is stored (Arrive):
//
//	PNG, JPEG, WebP      written anew from the pixels, so that places, times and devices stay behind
//	PDF                  kept as it came, sealed; only ever handed out as a file, never shown within a page
//	PDF with a password  the same, and marked: nobody here can look into it, ask the person
//	anything else        not kept; a row on the case says what came, and why it was not kept
//
// A request is never refused for its attachment, and nothing that came is lost without
// a word. Archives are not opened. A file that is two things at once (a PDF that is
// also a ZIP or a page, a picture with an archive behind it) is not kept.
//
// The files of a clerk's form that is refused need not be chosen again: they wait
// (Wait), judged and sealed, for that form and that member of staff, and become files of
// the case when it is sent again (Waited). What is not used is destroyed after two hours.
//
// # Identity documents
//
// They are looked at, not kept. One that comes although nobody asked waits, sealed,
// until it is shown to a clerk once (ShowOnce); with the showing it is destroyed. One
// that nobody looks at is destroyed after a week. Whoever sees that a kept file is one
// destroys it (Destroy). The row stays and says who did it and when; the bytes, their
// digest and their name are gone, and a job has the database write over what it
// deleted (db.Scrub). What was sealed was never on the disk in the clear. Each file is
// sealed with a key of its own, which is destroyed with it, so that no backup from
// before shows it again.
// law: GDPR 5(1)(c), GDPR 12(6)
//
// Types: Found, Code, Kind, Room, File, Arrival. Table: case_files (person).
package scan
