// Package noticedoc turns the facts of a register notice into the text people
// read: in Swedish, Finnish and English, as a page and as Markdown.
//
// The facts (package noticedef) hold what is particular to one register. What
// every notice must say in its own words — the rights, how long an answer may
// take, how to complain — stands here once per language, in texts/*.yaml, and
// is the same for every register. Nothing is translated from another language;
// each file is written in its own. A new language is one new file.
//
//	Build(notice, rules, lang, meta) -> Document{Title, Sections of Blocks}
//	Markdown(Document) -> bytes        HTML(Document) -> an <article> fragment
//
// Section ids are stable and may be linked to. The right to object to direct
// marketing has a section of its own, apart from other information. A test
// holds that every public fact of a notice appears in every language.
//
// law: GDPR 12(1), GDPR 21(4)
//
// The package is pure: whether a review is overdue is told in [Meta], not read
// from a clock.
package noticedoc
