package permit

import "strings"

// ban is the set of prohibitions that bear on a question.
type ban uint8

const (
	banAll       ban = 1 << iota // all-marketing
	banUnknown                   // something we cannot read, taken as all-marketing
	banChannel                   // channel:<the channel asked for>
	banPurpose                   // purpose:<the purpose asked for>, or purpose:<it>:<the channel asked for>
	banResearch                  // research, when a survey is asked for
	banProfiling                 // profiling, when internal work is asked for
	banEnd
)

// bans holds the reasons for every combination, so that a refusal allocates nothing.
var bans = func() (table [banEnd][]Reason) {
	reasons := []Reason{
		{"gdpr_21_prohibition", "GDPR 21(3)", "all-marketing"},
		{"gdpr_21_prohibition", "GDPR 21(3)", "an unknown prohibition, read as all-marketing"},
		{"gdpr_21_prohibition", "GDPR 21(3)", "channel"},
		{"gdpr_21_prohibition", "GDPR 21(3)", "purpose"},
		{"gdpr_21_prohibition", "GDPR 21(1)", "research"},
		{"gdpr_21_prohibition", "GDPR 21(1)", "profiling"},
	}
	for b := range banEnd {
		for i, r := range reasons {
			if b&(1<<i) != 0 {
				table[b] = append(table[b], r)
			}
		}
	}
	return table
}()

// prohibition denies what the person forbade. A ban on all marketing covers surveys and the
// profiling that goes with marketing; only service messages, which were answered before,
// pass it. There is no weighing.
// law: GDPR 21(2)
// law: GDPR 21(3)
func prohibition(q *Question, f *Facts) (Verdict, bool) {
	var found ban
	for _, p := range f.Prohibitions {
		found |= bears(p, q)
	}
	switch {
	case found == 0:
		return Verdict{}, false
	case found&(banAll|banUnknown) != 0:
		return deny(CodeProhibitedAll, bans[found])
	case found&banChannel != 0:
		return deny(CodeProhibitedChannel, bans[found])
	case found&banPurpose != 0:
		return deny(CodeProhibitedPurpose, bans[found])
	case found&banResearch != 0:
		return deny(CodeProhibitedResearch, bans[found])
	}
	return deny(CodeProhibitedProfiling, bans[found])
}

// bears reads one prohibition and says whether it bears on the question.
func bears(p string, q *Question) ban {
	if rest, ok := cutFold(p, "purpose:"); ok {
		return bearsPurpose(rest, q)
	}
	if channel, ok := cutFold(p, "channel:"); ok {
		return bearsChannel(channel, q)
	}
	switch {
	case strings.EqualFold(p, "all-marketing"):
		return banAll
	case strings.EqualFold(p, "research"):
		return when(q.Class == Survey, banResearch)
	case strings.EqualFold(p, "profiling"):
		return when(q.Class == Internal, banProfiling)
	}
	return banUnknown
}

// bearsChannel reads the channel of a ban; one that is in no list cannot be read.
func bearsChannel(channel string, q *Question) ban {
	if !isChannel(strings.ToLower(channel)) {
		return banUnknown
	}
	return when(strings.EqualFold(channel, q.Channel), banChannel)
}

// bearsPurpose reads "<purpose>" or "<purpose>:<channel>". One without a purpose, or by a
// channel nobody knows, cannot be read and forbids everything.
func bearsPurpose(rest string, q *Question) ban {
	purpose, channel, narrow := strings.Cut(rest, ":")
	if purpose == "" || narrow && !isChannel(strings.ToLower(channel)) {
		return banUnknown
	}
	return when(strings.EqualFold(purpose, q.Purpose) && (!narrow || strings.EqualFold(channel, q.Channel)), banPurpose)
}

// cutFold cuts a prefix whatever its letter case.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

func when(condition bool, b ban) ban {
	if condition {
		return b
	}
	return 0
}
