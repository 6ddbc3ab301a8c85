package bench

import (
	"time"

	"kartotek/internal/gauge"
)

// backup measures a backup of the register and putting it back, beside a plain copy of
// as many bytes with a sync.
func (b *bench) backup() (figures, error) {
	var took gauge.Backup
	f, err := b.measure("backup", b.people, func() (err error) {
		took, err = b.h.BenchBackup(b.w.Ctx, b.dir, b.store, peakMB)
		return err
	})
	rate := func(d time.Duration) float64 { return float64(took.Bytes) / 1e6 / d.Seconds() }
	f.Details = map[string]float64{"register, MB": float64(took.Bytes) / 1e6, "sealed, MB": float64(took.Sealed) / 1e6,
		"backup, MB/s": rate(took.Made), "restore with the log verified, MB/s": rate(took.PutBack), "plain copy with a sync, MB/s": rate(took.Copy),
		"backup, peak MB": float64(took.WritePeak)}
	return f, err
}
