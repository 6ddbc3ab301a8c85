// Package e2e holds the tests that use Kartotek as people do: through the built
// program, another process, a mail server and a browser. It has no code of its own.
//
// The program is built once for all tests, without cgo, as it is shipped. Every
// test has registers of its own and servers on ports the system chooses; tests
// wait for what a process prints or answers, never for time to pass.
//
// # Shape
//
//	main_test.go        builds the program; runs it, starts it, waits for what it says
//	script_test.go      testdata/script: one script for every group of commands (testscript):
//	                    exit codes, JSON keys, standard output and standard error kept apart
//	journey_test.go     a company leaves Mailchimp, sends, and hears no: SQLite and PostgreSQL
//	faults_*_test.go    kill -9, hostile files, mail servers that refuse, hang and drop
//	resume_test.go      a server finishes by itself what dead processes began
//	smtp_test.go        a mail server that misbehaves to order and counts every text
//	browser_test.go     Chromium on the demonstration: every kind of page, three languages,
//	                    two widths, two themes, axe-core, keyboard, no script, live progress
//	keyboard_test.go    the pages of My data by keys alone: every stop is seen and in order
//	chromium_test.go    the browser itself
//
// testdata/axe.min.js is axe-core (MPL-2.0, https://github.com/dequelabs/axe-core),
// as published on npm; its licence stands beside it.
//
// What the tests need besides Go — Chromium and PostgreSQL's programs — is
// installed by make test. Without it they fail; none is passed over.
package e2e
