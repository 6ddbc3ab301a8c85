package receipt

import (
	"slices"

	"kartotek/internal/rightsdef"
)

// Makes reports whether receipts are made of entries of a kind.
func Makes(kind string) bool { return slices.Contains(Kinds, Kind(kind)) }

// Rules are the tables of Check and Verify as JSON, for the page that checks a
// receipt in the browser: there is one set of rules, and two programs that read it.
func Rules() []byte {
	rules := func(some []rule) (out list) {
		for _, r := range some {
			out = append(out, list{r.key, r.what})
		}
		return out
	}
	words := func(s []string) (out list) {
		for _, w := range s {
			out = append(out, w)
		}
		return out
	}
	known := make([]string, 0, len(terms()))
	for t := range terms() {
		known = append(known, t)
	}
	slices.Sort(known)
	kinds := object{}
	for _, k := range Kinds {
		kinds = append(kinds, member{string(k), states[k]})
	}
	heads := object{}
	for text, kind := range headers {
		heads = append(heads, member{text, string(rune(kind))})
	}
	rights, answers := object{}, object{}
	for _, k := range rightsdef.Kinds() {
		rights = append(rights, member{string(k), k.DPV()})
	}
	for _, s := range append([]rightsdef.State{rightsdef.Initiated, rightsdef.Delayed}, caseStates...) {
		answers = append(answers, member{string(s), s.DPV()})
	}
	return canonical(object{
		{"caseType", caseType}, {"caseProfile", caseProfile}, {"caseHeader", caseHeader}, {"caseNames", words(caseNames)}, {"caseAction", CaseAction},
		{"caseRights", rights}, {"caseStates", answers}, {"caseRecord", rules(caseRules)},
		{"prefixes", object(prefixes)}, {"terms", words(known)}, {"vocabularies", words(vocabularies)}, {"profile", profile}, {"controller", controllerID},
		{"states", kinds}, {"headers", heads}, {"names", words(names)}, {"sealLine", sealLine},
		{"receipt", rules(receiptRules)}, {"record", rules(recordRules)}, {"notice", rules(noticeRules)}, {"party", rules(partyRules)},
		{"process", rules(processRules)}, {"event", rules(eventRules)}, {"purpose", rules(purposeRules)},
	})
}
