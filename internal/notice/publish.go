package notice

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/noticedef"
)

// Refused is the error of a notice with faults; it carries what was found.
type Refused struct{ Findings []noticedef.Finding }

func (r *Refused) Error() string {
	return fmt.Sprintf("the notice has %d faults and was not published", noticedef.Errors(r.Findings))
}

// FindingsOf gives what a refused publication found; nil for other errors.
func FindingsOf(err error) []noticedef.Finding {
	var r *Refused
	if errors.As(err, &r) {
		return r.Findings
	}
	return nil
}

// maxApprover is the most characters the name of who approved may have.
const maxApprover = 200

// Publish checks a notice file and puts it in force from effective (an ISO date;
// "" takes the file's own). Findings of severity error refuse it, with the key
// notice.not_publishable, and nothing is changed. The acts it cites must be in
// force on the effective date, or today where that has passed.
//
// The same facts as the newest version's are not published again: that version is
// given, unless it is still to come and effective moves its date. A purpose the
// newest version did not have needs a compatibility note. law: GDPR 6(4)
func (r *Room) Publish(tx *db.Tx, src []byte, approvedBy, effective string) (*Version, error) {
	approvedBy = strings.TrimSpace(approvedBy)
	if approvedBy == "" || len(approvedBy) > maxApprover {
		return nil, fault.New(fault.Invalid, "notice.approved_by", "say who approved the notice").In("approved_by")
	}
	last, err := r.newest(tx)
	if err != nil {
		return nil, err
	}
	n, found := noticedef.Parse("notice", src)
	if n == nil || noticedef.Errors(found) > 0 {
		return nil, notPublishable(found)
	}
	v := &Version{Number: 1, Hash: noticedef.Hash(n), Canonical: noticedef.Canonical(n), Source: string(src),
		Effective: string(n.Effective), Published: tx.Now(), ApprovedBy: approvedBy}
	if effective != "" {
		v.Effective = effective
	}
	if last != nil && last.Hash == v.Hash && (effective == "" || last.Effective == v.Effective || last.begun(tx.Time())) {
		return last, nil
	}
	if err := r.gate(n, v, last, src, tx.Time()); err != nil {
		return nil, err
	}
	if last != nil {
		v.Number, v.Supersedes = last.Number+1, last.Number
	}
	_, err = tx.Exec(insVersion, v.Number, v.Hash, v.Canonical, v.Source, v.Effective, v.Published, v.ApprovedBy, v.Supersedes)
	tx.AfterCommit(func() { r.current.Store(nil) })
	return v, err
}

// begun reports whether a version's date has come.
func (v *Version) begun(now time.Time) bool { return v.Effective <= now.UTC().Format(time.DateOnly) }

// gate refuses a notice that may not be published.
func (r *Room) gate(n *noticedef.Notice, v, last *Version, src []byte, now time.Time) error {
	on, err := time.Parse(time.DateOnly, v.Effective)
	if err != nil {
		return fault.New(fault.Invalid, "notice.effective", "the effective date is year-month-day, such as 2026-12-01").In("effective")
	}
	n.Effective = noticedef.Date(v.Effective)
	if now.After(on) {
		on = now // the law that counts is today's once the day has come
	}
	rules, err := noticedef.LawOf(n, on)
	if err != nil {
		if rules, err = law.For(nil, on); err != nil {
			return err
		}
	}
	found := noticedef.Check(n, rules, on)
	if last != nil {
		missing, err := r.unexplained(last, n, src)
		if err != nil {
			return err
		}
		found = append(found, missing...)
	}
	if noticedef.Errors(found) > 0 {
		return notPublishable(found)
	}
	return nil
}

func notPublishable(found []noticedef.Finding) error {
	return fault.New(fault.Conflict, "notice.not_publishable", "nothing was changed").Because(&Refused{found})
}

// unexplained finds purposes that the version before did not have, or had as
// another class, and that say nothing of why they are compatible with what people
// were told. law: GDPR 6(4)
func (r *Room) unexplained(last *Version, n *noticedef.Notice, src []byte) (found []noticedef.Finding, err error) {
	old, err := r.open(last)
	if err != nil {
		return nil, err
	}
	for _, p := range n.PurposeList() {
		before, had := old.Notice.Purpose(p.ID)
		if had && before.Class == p.Class || len(p.CompatibilityNote) > 0 {
			continue
		}
		found = append(found, noticedef.Finding{Code: "R13", Severity: noticedef.SeverityError, Line: lineOf(src, p.ID), Column: 1,
			Field: "purposes." + p.ID + ".compatibility", Article: "GDPR 5(1)(b), 6(4)", Key: "notice.code.R13",
			Message: fmt.Sprintf("purpose %q is new since version %d: say why it is compatible with what people were told: compatibility: {sv: ..., fi: ..., en: ...}", p.ID, last.Number)})
	}
	return found, nil
}

// lineOf finds the line on which a purpose begins, 1 when it is written in a way of its own.
func lineOf(src []byte, purpose string) int {
	section := regexp.MustCompile(`(?m)^purposes:`).FindIndex(src)
	if section == nil {
		return 1
	}
	at := regexp.MustCompile(`(?m)^[ \t]+` + regexp.QuoteMeta(purpose) + `:`).FindIndex(src[section[1]:])
	if at == nil {
		return 1
	}
	return 1 + strings.Count(string(src[:section[1]+at[0]]), "\n")
}
