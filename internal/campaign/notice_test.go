package campaign_test

import (
	"testing"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
)

// TestNoNotice holds that nothing is sent while nothing is promised.
func TestNoNotice(t *testing.T) {
	d := dbtest.SQLite(t, append([]db.Schema{notice.Schema}, schemas...))
	r := &campaign.Room{DB: d, Terms: letter.NoticeTerms(&notice.Room{DB: d})}
	_, err := r.Run(t.Context(), newsletter("June"), campaign.RunOptions{By: by})
	if fault.KeyOf(err) != "notice.none" {
		t.Errorf("got %v", err)
	}
}
