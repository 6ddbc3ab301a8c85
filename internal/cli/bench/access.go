package bench

// heavyEvents is how much the register has of the person whose package is measured.
const heavyEvents = 10_000

// access measures the package of somebody with many events, and of somebody new, in a
// register of so many people: the cost is to grow with the person alone.
func (b *bench) access() (figures, error) {
	light, err := b.h.BenchHeavy(b.w.Ctx, 20)
	if err != nil {
		return figures{}, err
	}
	heavy, err := b.h.BenchHeavy(b.w.Ctx, heavyEvents)
	if err != nil {
		return figures{}, err
	}
	details := map[string]float64{}
	f, err := b.measure("access", b.people, func() error {
		took, asked, records, err := b.h.BenchAccess(b.w.Ctx, heavy)
		if err != nil {
			return err
		}
		details["many events, s"], details["many events, statements"], details["many events, records"] = took.Seconds(), float64(asked), float64(records)
		took, asked, _, err = b.h.BenchAccess(b.w.Ctx, light)
		details["20 events, s"], details["20 events, statements"] = took.Seconds(), float64(asked)
		return err
	})
	f.Details = details
	return f, err
}
