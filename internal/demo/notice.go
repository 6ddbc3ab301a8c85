package demo

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/noticedef"
)

// When the two notices were published, and how many days later they began to apply.
const (
	firstNotice   = days
	presentNotice = 165
	notified      = 14
)

// publish puts a version in force, as its approver does.
func (s *story) publish(src []byte, approvedBy string) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		v, err := s.Notice.Publish(tx, src, approvedBy, "")
		if err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "notice.publish", Kind: "notice", Object: v.Hash})
	}
}

// present is the notice of today: the demonstration notice, compiled and in force
// on days that suit now.
func (s *story) present() []byte {
	compiled := clockAt(s.now, presentNotice, 0, 0)
	text := dated(string(noticedef.DemoNotice()), compiled, compiled.AddDate(0, 0, notified), s.now)
	return []byte(setLine(text, "supersedes", "1"))
}

// first is the notice the register began with. Facts changed since: another
// contact person, no text messages, and so nobody outside the EEA who delivers them.
func (s *story) first() []byte {
	day := clockAt(s.now, firstNotice, 0, 0)
	text := dated(string(noticedef.DemoNotice()), day.AddDate(0, 0, -notified), day, day)
	text = setLine(text, "supersedes", "")
	text = block(text, `(?m)^  sms-gateway:\n(    .*\n)*`)
	text = block(text, `(?m)^transfer_copy:\n(  .*\n)*`)
	return []byte(strings.NewReplacer(
		"name: Kaisa Esimerkki\n", "name: Henrik Förlaga\n",
		"channels: [email, sms, call, post]", "channels: [email, call, post]",
	).Replace(text))
}

// block takes a block out of a file.
func block(text, pattern string) string {
	return regexp.MustCompile(pattern).ReplaceAllString(text, "")
}

// setLine gives a top-level key another value; none takes the line out.
func setLine(text, key, value string) string {
	line := regexp.MustCompile(`(?m)^` + key + `:.*\n`)
	if value != "" {
		value = key + ": " + value + "\n"
	}
	return line.ReplaceAllLiteralString(text, value)
}

var (
	ahead  = regexp.MustCompile(`\b(next|until|review): (\d{4}-\d\d-\d\d)`)
	behind = regexp.MustCompile(`\b(signed|listed): (\d{4}-\d\d-\d\d)`)
	papers = regexp.MustCompile(`-20\d\d\.pdf`)
)

// dated shifts the dates of a notice by whole years until they suit: contracts are
// signed before it was compiled, and checks are due within the year after today.
func dated(text string, compiled, effective, today time.Time) string {
	text = setLine(text, "compiled", compiled.Format(time.DateOnly))
	text = setLine(text, "effective", effective.Format(time.DateOnly))
	text = shift(text, behind, func(_ string, day time.Time) int {
		return min(0, yearsTo(day, compiled.AddDate(0, -1, 0))-1)
	})
	text = shift(text, ahead, func(key string, day time.Time) int {
		n := yearsTo(day, today.AddDate(0, 3, 0))
		if key == "until" {
			n = max(0, n)
		}
		return n
	})
	return papers.ReplaceAllString(text, fmt.Sprintf("-%d.pdf", compiled.Year()))
}

// shift moves each date a pattern finds by the years that by answers.
func shift(text string, pattern *regexp.Regexp, by func(key string, day time.Time) int) string {
	return pattern.ReplaceAllStringFunc(text, func(found string) string {
		key, date, _ := strings.Cut(found, ": ")
		day, err := time.Parse(time.DateOnly, date)
		if err != nil {
			return found
		}
		return key + ": " + day.AddDate(by(key, day), 0, 0).Format(time.DateOnly)
	})
}

// yearsTo is by how many whole years a day must move to be the first of its kind
// after another.
func yearsTo(day, after time.Time) int {
	n := after.Year() - day.Year()
	for !day.AddDate(n, 0, 0).After(after) {
		n++
	}
	return n
}
