package permit

import "slices"

// The codes of verdicts. They are stable: stored with every message and every block, counted in
// reports, translated, and scripted against. A code is never reused for another meaning.
const (
	CodeBadQuestion         = "BAD-QUESTION"         // the question is unclear: class, purpose, channel or time
	CodeNoPack              = "NO-PACK"              // no rules are held for that time
	CodeErased              = "ERASED"               // the person was erased
	CodeSuppressed          = "SUPPRESSED"           // the address must not be used
	CodeRestricted          = "RESTRICTED"           // processing is restricted
	CodeService             = "SERVICE"              // a message about what was agreed
	CodeProhibitedAll       = "PROHIBITED-ALL"       // the person forbade all marketing
	CodeProhibitedChannel   = "PROHIBITED-CHANNEL"   // the person forbade this channel
	CodeProhibitedPurpose   = "PROHIBITED-PURPOSE"   // the person forbade this purpose, or this purpose by this channel
	CodeProhibitedResearch  = "PROHIBITED-RESEARCH"  // the person forbade surveys
	CodeProhibitedProfiling = "PROHIBITED-PROFILING" // the person forbade profiling
	CodeConsent             = "CONSENT"              // the person consented
	CodeConsentWithdrawn    = "CONSENT-WITHDRAWN"    // the consent was withdrawn
	CodeConsentExpired      = "CONSENT-EXPIRED"      // the consent has run out and nothing else permits it
	CodeNoConsent           = "NO-CONSENT"           // there is no consent and nothing else permits it
	CodeSoftOptIn           = "SOFT-OPT-IN"          // own customer, similar goods, objection offered
	CodeLegalPerson         = "LEGAL-PERSON"         // to a company, about the person's work there
	CodeOptOutRegime        = "OPT-OUT-REGIME"       // the country allows the channel until the person objects
	CodeInterest            = "INTEREST"             // a recorded legitimate interest
	CodeBasis               = "BASIS"                // internal work that a contract or a law requires
)

// CodeInfo describes a code: what it answers and the provision behind it.
type CodeInfo struct {
	Code     string
	Allowed  bool
	Citation string // as law.Known knows it; "" for rules of the house
}

var codes = []CodeInfo{
	{CodeBadQuestion, false, ""},
	{CodeNoPack, false, ""},
	{CodeErased, false, "GDPR 17"},
	{CodeSuppressed, false, "GDPR 21(3)"},
	{CodeRestricted, false, "GDPR 18"},
	{CodeService, true, "GDPR 6(1)(b)"},
	{CodeProhibitedAll, false, "GDPR 21(3)"},
	{CodeProhibitedChannel, false, "GDPR 21(3)"},
	{CodeProhibitedPurpose, false, "GDPR 21(3)"},
	{CodeProhibitedResearch, false, "GDPR 21(1)"},
	{CodeProhibitedProfiling, false, "GDPR 21(1)"},
	{CodeConsent, true, "GDPR 6(1)(a)"},
	{CodeConsentWithdrawn, false, "GDPR 7(3)"},
	{CodeConsentExpired, false, "GDPR 7"},
	{CodeNoConsent, false, "2002/58 13(1)"},
	{CodeSoftOptIn, true, "2002/58 13(2)"},
	{CodeLegalPerson, true, "2002/58 13(5)"},
	{CodeOptOutRegime, true, "2002/58 13(3)"},
	{CodeInterest, true, "GDPR 6(1)(f)"},
	{CodeBasis, true, "GDPR 6(1)"},
}

// Codes lists every code a verdict can carry, in the order the rules are asked.
func Codes() []CodeInfo { return slices.Clone(codes) }
