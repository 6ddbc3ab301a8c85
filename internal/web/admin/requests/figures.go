package requests

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"kartotek/internal/db"
	"kartotek/internal/law"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/casework"
)

// figures counts the requests of a year. They name nobody.
func figures(d *desk.Desk) error {
	q, err := d.Query()
	if err != nil {
		return err
	}
	now := d.DB.Now().In(d.Printer.Zone()).Year()
	year, err := strconv.Atoi(q.Get("year"))
	if err != nil || year < now-20 || year > now {
		year = now
	}
	v := casework.FiguresView{Year: strconv.Itoa(year)}
	err = d.Look(func(tx *db.Tx) error {
		s, err := d.Rights.Statistics(tx, law.Date(fmt.Sprintf("%04d-01-01", year)), law.Date(fmt.Sprintf("%04d-12-31", year)))
		if err == nil {
			fillFigures(d, &v, s)
		}
		return err
	})
	if err != nil {
		return err
	}
	for y := now; y > now-4; y-- {
		c := page.Chip{Text: strconv.Itoa(y), Href: "/requests/figures?year=" + strconv.Itoa(y)}
		if y == year {
			c.Tone = page.Info
		}
		v.Years = append(v.Years, c)
	}
	v.Frame = d.Frame(d.T("casework.figures"), "requests")
	return d.Render(200, casework.Figures(v))
}

func fillFigures(d *desk.Desk, v *casework.FiguresView, s rightsdef.Statistics) {
	fig := func(n int, key string) {
		v.Figs = append(v.Figs, casework.Fig{Number: d.Printer.Number(n), Label: d.T(key)})
	}
	fig(s.Cases, "casework.f_cases")
	fig(s.Median, "casework.f_median")
	fig(s.Longest, "casework.f_longest")
	fig(s.Extended, "casework.f_extended")
	fig(s.Late, "casework.f_late")
	by := func(id, title, prefix string, of func(rightsdef.Count) string) {
		n := map[string]int{}
		for _, c := range s.Counts {
			n[of(c)] += c.Cases
		}
		t := casework.Table{ID: id, Title: d.T(title)}
		for _, k := range slices.Sorted(maps.Keys(n)) {
			label := d.T("casework.f_open")
			if k != "" {
				label = d.T(prefix + k)
			}
			t.Rows, t.Most = append(t.Rows, casework.TableRow{Label: label, N: n[k]}), max(t.Most, n[k])
		}
		if len(t.Rows) > 0 {
			v.Tables = append(v.Tables, t)
		}
	}
	by("kinds", "casework.by_kind", "rights.kind.", func(c rightsdef.Count) string { return string(c.Kind) })
	by("channels", "casework.by_channel", "rights.channel.", func(c rightsdef.Count) string { return c.Channel })
	by("outcomes", "casework.by_outcome", "rights.outcome.", func(c rightsdef.Count) string { return c.Outcome })
}
