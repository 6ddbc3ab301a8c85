package demo

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
)

// The columns of a Mailchimp export: merge fields in front, which carry the
// labels of the account that exported, here a Swedish one, then the fixed ones.
var (
	mergeColumns = []string{"E-postadress", "Förnamn", "Efternamn", "Företag", "Titel", "Ort", "Land", "Språk", "Telefon"}
	fixedColumns = []string{"MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "CC", "REGION"}
	lastColumns  = []string{"LEID", "EUID", "NOTES", "TAGS"}
)

// mailchimpFile is one of the three files of an export.
type mailchimpFile struct {
	name    string
	columns []string // what this standing alone has
	values  func(f *figure) []string
	people  []*figure
}

func (s *story) mailchimpFiles() []mailchimpFile {
	c := s.cast
	return []mailchimpFile{
		{"subscribed", []string{"LAST_CHANGED"}, func(f *figure) []string { return []string{s.stamp(f.joined - 3)} }, c.subscribed},
		{"unsubscribed", []string{"UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "UNSUB_REASON", "UNSUB_REASON_OTHER"}, func(f *figure) []string {
			return []string{s.stamp(days + 20 + f.n), "Nordanvind, vårbrevet", "c7", []string{"NORMAL", "NO_LONGER", "NEVER_SIGNED_UP"}[f.n%3], ""}
		}, c.unsubscribed},
		{"cleaned", []string{"CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"}, func(f *figure) []string {
			return []string{s.stamp(days + 20 + f.n), "Nordanvind, vårbrevet", "c7"}
		}, c.cleaned},
	}
}

// stamp is a time in the past as Mailchimp writes it.
func (s *story) stamp(daysAgo int) string {
	return clockAt(s.now, daysAgo, 9+daysAgo%9, daysAgo%60).Format(time.DateTime)
}

// mailchimpRow is a person's line: merge fields, how they came, this file's own, the rest.
func (s *story) mailchimpRow(f *figure, own []string) []string {
	row := []string{f.email, f.first, f.last, f.orgName(), f.title, f.city, f.country, f.language, f.phone, fmt.Sprint(1 + f.n%5)}
	given, ip := s.stamp(f.joined), fmt.Sprintf("192.0.2.%d", 1+f.n%250)
	switch {
	case f.n%7 == 6: // imported into Mailchimp in its time: only the day of that import
		row = append(row, "", "", given, "")
	case f.n%7 == 5: // single opt-in
		row = append(row, given, ip, given, ip)
	default:
		at := clockAt(s.now, f.joined, 9+f.joined%9, f.joined%60).Add(time.Duration(70+f.n) * time.Second)
		row = append(row, given, ip, at.Format(time.DateTime), ip)
	}
	row = append(row, "", "", "", "", "", f.country, "")
	row = append(row, own...)
	return append(row, fmt.Sprint(41000+f.n), fmt.Sprintf("e%07x", 7919*(f.n+1)), "", f.tag)
}

// writeMailchimp writes the export as the ZIP that Mailchimp hands out.
func (s *story) writeMailchimp(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	z := zip.NewWriter(out)
	for _, f := range s.mailchimpFiles() {
		w, err := z.Create(f.name + "_members_export_4f2a.csv")
		if err != nil {
			return err
		}
		rows := csv.NewWriter(w)
		_ = rows.Write(concat(mergeColumns, fixedColumns, f.columns, lastColumns)) // rows.Error tells of any failure
		for _, p := range f.people {
			_ = rows.Write(s.mailchimpRow(p, f.values(p)))
		}
		if rows.Flush(); rows.Error() != nil {
			return rows.Error()
		}
	}
	return z.Close()
}

func concat(lists ...[]string) (out []string) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// leaveMailchimp is the day the company left its old tool: the export is imported
// as it is.
func (s *story) leaveMailchimp() error {
	s.moveTo(clockAt(s.now, days-14, 10, 5))
	path := filepath.Join(s.Exchange.Folder, "nordanvind_mailchimp_export.zip")
	if err := s.writeMailchimp(path); err != nil {
		return err
	}
	by := s.desk["Oskar"]
	m, err := s.Exchange.Begin(s.ctx, by, []string{path}, exchange.Options{})
	if err != nil {
		return err
	}
	err = s.DB.Do(s.ctx, by, func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: "import.begin", Kind: "import", Object: m.ID.String()})
	})
	if err != nil {
		return err
	}
	if m, err = s.Exchange.Run(s.ctx, m.ID, nil, nil); err != nil {
		return err
	}
	if m.State != "done" {
		return fault.New(fault.Conflict, "demo.import", "the invented export could not be imported (%s)", m.Error)
	}
	return s.DB.View(s.ctx, by, s.cast.recognise(s.Party))
}
