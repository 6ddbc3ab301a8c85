package ledger

import (
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
)

// Day is what was said in 24 hours: permissions given or taken back into use, and
// consents withdrawn or prohibitions made.
type Day struct{ Given, Taken int }

// Daily counts what people said in n days of 24 hours from a moment on, by the
// time it took effect. It reads the whole ledger: show it "as of".
func (r *Room) Daily(tx *db.Tx, from time.Time, n int) ([]Day, error) {
	out := make([]Day, n)
	start := clock.Ms(from)
	err := tx.Each(perDay, func(scan db.Scan) error {
		var day, count int
		var kind Kind
		if err := scan(&day, &kind, &count); err != nil {
			return err
		}
		if kind == Consent || kind == Lift {
			out[day].Given += count
		} else {
			out[day].Taken += count
		}
		return nil
	}, start, start+int64(n)*24*time.Hour.Milliseconds())
	return out, err
}
