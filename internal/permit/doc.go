// Package permit is the rule book that answers the one question this product exists for: may
// we do this, to this person, by this channel, for this purpose, now?
//
// The answer is a pure function: Decide(Question, Facts) Verdict. It reads no database, clock
// or network, so that a decision of last year can be replayed and gives the same answer, and a
// million people can be decided by the function that decides one. No rule is rewritten in SQL.
//
// The shape: each rule is a file named by who wrote it (gdpr_*, eprivacy_*, house_*) and says
// its citation. What differs between countries is data in package law; the rules here are the
// same for all, and name the country's own provision in their reasons. The first rule with an
// opinion decides, in this order:
//
//	house_bad_question            an unclear question            deny
//	gdpr_17_erased                erased person                  deny
//	house_suppressed              unusable address               deny
//	gdpr_18_restricted            restricted processing          deny
//	gdpr_6_service                message about what was agreed  allow
//	gdpr_21_prohibition           the person forbade it          deny
//	gdpr_7_consent                consent, valid now             allow; withdrawn: deny
//	eprivacy_13_2_soft_opt_in     own customer, similar goods    allow
//	eprivacy_13_5_legal_person    about the company's business   allow
//	gdpr_6_interest               a recorded legitimate interest allow
//	eprivacy_13_1_no_consent      nothing of all that            deny
//
// Whatever is not understood is read strictly: an unknown prohibition forbids all marketing, an
// unknown suppression covers every channel, an unknown country has no exceptions. A verdict
// always says why, and a refusal names what was looked for and not found.
package permit
