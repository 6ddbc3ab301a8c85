package rightsdef

// Protects reports whether everything that is asked for only protects the person, and
// is carried out for whoever says to be them: it may take effect before anybody has
// looked. A question about the processing is for somebody to read. law: GDPR 21(3), GDPR 7(3)
func Protects(kinds ...Kind) bool {
	for _, k := range kinds {
		if k == Information || Enough(k, ToKnown) > Claimed {
			return false
		}
	}
	return len(kinds) > 0
}
