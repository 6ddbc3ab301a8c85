package access

import (
	"cmp"
	"slices"
	"strings"

	"kartotek/internal/noticedef"
)

// A right, in words that are stored: an act of the notice ("send"), or an action
// on a category ("see identity", "edit billing").

// OnCategory is the right to an action on a category.
func OnCategory(action, category string) string { return action + " " + category }

// ForPurpose is an act done for one purpose of the notice. It is stored beside the act
// where what was acted on has a purpose, as a newsletter has: which purpose a card was
// read for, nobody can tell.
func ForPurpose(act, purpose string) string { return purpose + ": " + act }

// RightsOf lists what levels allow, without regard to the purpose: acts in the
// notice's order, then categories. Changing includes seeing, and is listed beside it.
func RightsOf(n *noticedef.Notice, levels []noticedef.Level) (out []string) {
	for _, act := range noticedef.Acts {
		if slices.ContainsFunc(levels, func(l noticedef.Level) bool { return l.Can(act) }) {
			out = append(out, act)
		}
	}
	for _, c := range n.Categories {
		for _, action := range []string{noticedef.See, noticedef.Search, noticedef.Edit} {
			if slices.ContainsFunc(levels, func(l noticedef.Level) bool { return l.May("", c.ID, action) }) {
				out = append(out, OnCategory(action, c.ID))
			}
		}
	}
	return out
}

// exact lists rights with their purposes, by which levels are compared: one that
// reaches another purpose is not lower, only different.
func exact(n *noticedef.Notice, levels []noticedef.Level) map[string]bool {
	out := map[string]bool{}
	for _, l := range levels {
		for _, act := range l.Acts {
			out[act] = true
		}
		for _, p := range n.Purposes {
			for _, act := range noticedef.Acts {
				if l.CanFor(p.ID, act) {
					out[ForPurpose(act, p.ID)] = true
				}
			}
			for _, c := range p.Uses {
				for _, action := range []string{noticedef.See, noticedef.Search, noticedef.Edit} {
					if l.May(p.ID, c, action) {
						out[p.ID+": "+OnCategory(action, c)] = true
					}
				}
			}
		}
	}
	return out
}

// Case is what a proposal is made from. Days are ISO.
type Case struct {
	Levels    []string          // the account's
	Used      map[string]string // right -> last day
	Since     string            // what was last used before this day counts as unused
	Measured  string            // first day of counting
	Made      string            // day of the account
	Today     string
	Stale     string // last day of use on or before which an account is idle
	Processor bool
	Until     string
}

// Proposal is what a review proposes for an account.
type Proposal struct {
	Disable bool     // not used for 90 days
	Lower   bool     // To would do
	To      []string // levels, when Lower
	EndDate bool     // a processor's person without a last day
	Unused  []string // rights not used since
	Early   bool     // use has not been counted for long enough to propose from it
}

// Propose says what an account's rights could be lowered to. Nothing is proposed
// from what was not used while use, or the account, is younger than the time in
// question.
func Propose(n *noticedef.Notice, c Case) Proposal {
	p := Proposal{EndDate: c.Processor && c.Until == ""}
	p.Early = c.Measured > c.Since || c.Made > c.Since
	last := cmp.Or(c.Used[Present], c.Measured, c.Made)
	p.Disable = max(last, c.Made) <= c.Stale
	have := levelsOf(n, c.Levels)
	used := usedSince(c)
	for _, right := range RightsOf(n, have) {
		if !slices.Contains(used, right) {
			p.Unused = append(p.Unused, right)
		}
	}
	p.Unused = append(p.Unused, unusedPurposes(n, have, used)...)
	if p.Early {
		return p
	}
	to := lower(n, have, used)
	if weight(n, to) < weight(n, have) || len(to) < len(c.Levels) {
		p.Lower, p.To = true, names(to)
	}
	return p
}

// unusedPurposes lists, for acts that were done for some purposes, the others that the
// levels allow them for.
func unusedPurposes(n *noticedef.Notice, have []noticedef.Level, used []string) (out []string) {
	for _, act := range noticedef.Acts {
		var other []string
		for _, p := range n.Purposes {
			right := ForPurpose(act, p.ID)
			if !slices.Contains(used, right) && slices.ContainsFunc(have, func(l noticedef.Level) bool { return l.CanFor(p.ID, act) }) {
				other = append(other, right)
			}
		}
		if slices.ContainsFunc(used, func(u string) bool { return strings.HasSuffix(u, ": "+act) }) {
			out = append(out, other...)
		}
	}
	return out
}

func usedSince(c Case) (out []string) {
	for right, last := range c.Used {
		if right != Present && last >= c.Since {
			out = append(out, right)
		}
	}
	return out
}

func levelsOf(n *noticedef.Notice, names []string) (out []noticedef.Level) {
	for _, name := range names {
		if l, ok := n.Level(name); ok {
			out = append(out, l)
		}
	}
	return out
}

func names(levels []noticedef.Level) (out []string) {
	for _, l := range levels {
		out = append(out, l.Name)
	}
	slices.Sort(out)
	return out
}

func weight(n *noticedef.Notice, levels []noticedef.Level) int { return len(exact(n, levels)) }

// lower drops levels none of whose rights were needed, the widest first, and puts
// narrower levels of the notice in the place of those that stay.
func lower(n *noticedef.Notice, have []noticedef.Level, used []string) []noticedef.Level {
	limit := exact(n, have)
	need := slices.DeleteFunc(slices.Clone(used), func(right string) bool { return !covers(n, have, []string{right}) })
	keep := slices.Clone(have)
	slices.SortStableFunc(keep, func(a, b noticedef.Level) int {
		return weight(n, []noticedef.Level{b}) - weight(n, []noticedef.Level{a})
	})
	for i := 0; i < len(keep); {
		if rest := slices.Delete(slices.Clone(keep), i, i+1); covers(n, rest, need) {
			keep = rest
			continue
		}
		i++
	}
	for i := range keep {
		keep[i] = narrowest(n, keep, i, need, limit)
	}
	return keep
}

// narrowest finds the least level that can stand in place i.
func narrowest(n *noticedef.Notice, keep []noticedef.Level, i int, need []string, limit map[string]bool) noticedef.Level {
	best := keep[i]
	for _, l := range n.LevelList() {
		with := slices.Clone(keep)
		with[i] = l
		one := []noticedef.Level{l}
		if len(l.Elevate) <= len(keep[i].Elevate) && weight(n, one) < weight(n, []noticedef.Level{best}) && within(exact(n, one), limit) && covers(n, with, need) {
			best = l
		}
	}
	return best
}

func within(part, whole map[string]bool) bool {
	for right := range part {
		if !whole[right] {
			return false
		}
	}
	return true
}

func covers(n *noticedef.Notice, levels []noticedef.Level, need []string) bool {
	have, each := RightsOf(n, levels), exact(n, levels)
	return !slices.ContainsFunc(need, func(right string) bool { return !slices.Contains(have, right) && !each[right] })
}
