// Package rightsdef is the rule book of the rights desk: what a person may ask for,
// what a case may go through, how long it may take, and how sure the desk has to be
// of who is asking. It is pure: a case of last year gives the same answer again.
//
//	Kind       what is asked for, by article: access, erasure, objection ...   kind.go
//	State      where a case stands; Next says which act leads where            state.go
//	Certainty  the ladder of identity, and what each rung is enough for         identity.go
//	Code       why something is delayed, refused or kept                        code.go
//	Timing     the clock: arrival, pauses, extension -> Clock                   clock.go
//	Explain    the same reckoning in sentences a lawyer can follow              explain.go
//
// Four things are easily got wrong and therefore rules here. The clock starts on the
// day of arrival, whatever happens next, and also when nobody saw that it was a
// request. Waiting for a reply stops it only after a recorded doubt, and the date
// without the pause is kept beside. An extension counts only if the letter went out
// before the first date. And nothing is ever refused as unfounded or excessive by the
// program: see Weighing.
//
// Names of states and codes are those of the Data Privacy Vocabulary (DPV 2.3 and its
// eu-gdpr module), so that a record of a case can be read by other programs.
package rightsdef
