// Package compose makes letters: from a template written in Markdown or HTML
// with Liquid variables to the bytes of a mail for one person.
//
// A template is compiled once a campaign. Compile reads the variables and tags,
// refuses whatever could run long or reach out, turns Markdown into HTML, takes
// scripts and other harm out of it, lays it in a one-column page that mail
// programs show well, adds the footer the law wants (who sends this, how to say
// no, why it came, "My data"; law: 2002/58 13(4), RFC 8058), and makes the plain text
// beside it. What is left for each person is to put values in, which costs
// microseconds: Prepare encodes all the fixed parts of the mail beforehand.
//
//	Compile(Source) -> *Template      once; errors name the line
//	Template.Render(Vars) -> Message  one person's subject, HTML, text: previews
//	Template.Outline() -> Outline     what it says and shows, for package lint
//	Prepare(Template, Headers) -> *Prepared
//	Prepared.AppendTo(dst, Personal)  one person's whole mail, RFC 5322, CRLF
//	Translate(source)                 merge tags of other tools to Liquid
//
// Variables: person.<field of the catalogue>, controller.name, campaign.name,
// links.unsubscribe, links.preferences, links.why. Tags: if, unless, case, for,
// assign, comment, raw. A template has no clock, files, includes, environment
// or network. Its cost is bounded when it is compiled: a number of steps, not a
// timer, so the same template is refused on every machine.
//
// Values are always escaped for the place they stand in: a name <script> is
// text in HTML, a line break in a name is a space in a header.
package compose
