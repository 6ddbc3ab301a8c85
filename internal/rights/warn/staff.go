package warn

import (
	"slices"

	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
)

// officer is the level of whoever is responsible for data protection.
const officer = "dpo"

// Accounts chooses among accounts: usable ones, and those responsible. That is who has
// the level dpo, or, where the notice has none or nobody has it, who may deal with
// requests.
func Accounts(all []*staff.Account, n *noticedef.Notice, usable func(*staff.Account) bool) (out []Account) {
	found := false
	for _, a := range all {
		if !usable(a) {
			continue
		}
		is := slices.Contains(a.Levels, officer)
		found = found || is
		out = append(out, Account{ID: a.ID, Name: a.Name, Email: a.Email, Officer: is})
	}
	for i := range out {
		if found {
			break
		}
		at := slices.IndexFunc(all, func(a *staff.Account) bool { return a.ID == out[i].ID })
		out[i].Officer = slices.ContainsFunc(all[at].Levels, func(name string) bool {
			l, ok := n.Level(name)
			return ok && l.Can("rights")
		})
	}
	return out
}
