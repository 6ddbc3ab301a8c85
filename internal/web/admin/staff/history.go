package staff

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// versionsLooked is how many versions of the notice the history goes back.
const versionsLooked = 100

// history lists the versions of the notice that changed levels.
func history(d *desk.Desk) error {
	var steps []notice.LevelStep
	err := d.Look(func(tx *db.Tx) (err error) { steps, err = d.Notice.LevelHistory(tx, versionsLooked); return err })
	if err != nil {
		return err
	}
	v := office.LevelHistoryView{Frame: d.Frame(d.T("levels.history"), "staff")}
	for _, s := range steps {
		step := office.LevelStep{Notice: page.Link{Text: d.T("notice.number", "n", s.Number), Href: "/notice/" + d.Lang() + "/v/" + strconv.Itoa(s.Number)},
			At: desk.Time(s.Published), By: s.ApprovedBy}
		for _, name := range names(s.Before, s.After) {
			before, _ := s.Before.Level(name)
			after, _ := s.After.Level(name)
			if rows := differences(d, before, after); len(rows) > 0 {
				title := or(or(after.Title.In(d.Lang()), before.Title.In(d.Lang())), name)
				step.Differences = append(step.Differences, office.LevelStepLevel{Title: title, Rows: rows})
			}
		}
		v.Steps = append(v.Steps, step)
	}
	return d.Render(http.StatusOK, office.LevelHistory(v))
}

// names are the levels of two notices, each once.
func names(a, b *noticedef.Notice) (out []string) {
	for _, l := range append(a.LevelList(), b.LevelList()...) {
		if !slices.Contains(out, l.Name) {
			out = append(out, l.Name)
		}
	}
	return out
}

// differences says in words what changed of a level, line by line of the file.
func differences(d *desk.Desk, before, after noticedef.Level) (out []office.LevelDifference) {
	add := func(what, was, is string) {
		if was != is {
			out = append(out, office.LevelDifference{What: what, Before: was, After: is})
		}
	}
	for _, lang := range d.Facts.Languages {
		up := strings.ToUpper(lang)
		add(d.T("levels.field_title", "lang", up), before.Title[lang], after.Title[lang])
		add(d.T("levels.field_job", "lang", up), before.Job[lang], after.Job[lang])
	}
	for _, purpose := range ordered(before, ordered(after, nil)) {
		for _, category := range categories(before, after, purpose) {
			what := purposeTitle(d, purpose) + " · " + categoryTitle(d, category)
			add(what, cellWords(d, written(before, purpose, category)), cellWords(d, written(after, purpose, category)))
		}
		was, is := actsWritten(before, purpose), actsWritten(after, purpose)
		add(purposeTitle(d, purpose)+" · "+d.T("levels.acts"), strings.Join(words(d, less(was, is)), ", "), strings.Join(words(d, less(is, was)), ", "))
	}
	add(d.T("levels.without")+" · "+d.T("levels.acts"), strings.Join(words(d, less(before.Acts, after.Acts)), ", "), strings.Join(words(d, less(after.Acts, before.Acts)), ", "))
	add(d.T("levels.four_eyes"), strings.Join(words(d, less(before.FourEyes, after.FourEyes)), ", "), strings.Join(words(d, less(after.FourEyes, before.FourEyes)), ", "))
	add(d.T("levels.elevate"), titles(d, less(before.Elevate, after.Elevate)), titles(d, less(after.Elevate, before.Elevate)))
	return out
}

// categories are those of which one of two levels says something for a purpose.
func categories(a, b noticedef.Level, purpose string) (out []string) {
	for _, l := range []noticedef.Level{a, b} {
		for _, g := range l.Grants {
			for _, c := range g.Cells {
				if g.Purpose == purpose && !slices.Contains(out, c.Category) {
					out = append(out, c.Category)
				}
			}
		}
	}
	return out
}

func cellWords(d *desk.Desk, value string) string {
	if value == "" {
		return ""
	}
	return actionWords(d, strings.Fields(value))
}

// less is what is in a list and not in another.
func less(list, without []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(without, s) })
}

func titles(d *desk.Desk, levels []string) string {
	var out []string
	for _, name := range levels {
		out = append(out, titleOf(d, name))
	}
	return strings.Join(out, ", ")
}
