package rightsdef

import (
	"slices"

	"kartotek/internal/fault"
)

// State is where a case stands.
type State string

// The states. The last three are closed.
const (
	Initiated       State = "initiated"        // it arrived
	Acknowledged    State = "acknowledged"     // the person was told so
	RequiresAction  State = "requires-action"  // the person was asked for something, and the clock may stand
	ActionPerformed State = "action-performed" // the person answered
	Accepted        State = "accepted"         // it is sure enough who asks; it is being carried out
	Delayed         State = "delayed"          // the person was told that two more months are needed
	Fulfilled       State = "fulfilled"
	Rejected        State = "rejected"    // no action is taken, and the person was told why
	Unfulfilled     State = "unfulfilled" // closed without an answer being owed: withdrawn, joined, no request at all
)

// States lists the states in the order of a case's life.
var States = []State{Initiated, Acknowledged, RequiresAction, ActionPerformed, Accepted, Delayed, Fulfilled, Rejected, Unfulfilled}

// Closed reports whether nothing more is owed.
func (s State) Closed() bool { return s == Fulfilled || s == Rejected || s == Unfulfilled }

var dpvStates = map[State]string{
	Initiated: "RequestInitiated", Acknowledged: "RequestAcknowledged", RequiresAction: "RequestRequiresAction",
	ActionPerformed: "RequestRequiredActionPerformed", Accepted: "RequestAccepted", Delayed: "RequestActionDelayed",
	Fulfilled: "RequestFulfilled", Rejected: "RequestRejected", Unfulfilled: "RequestUnfulfilled",
}

// DPV is the state in the Data Privacy Vocabulary, such as "dpv:RequestAccepted".
func (s State) DPV() string { return "dpv:" + dpvStates[s] }

// Act is something that happens to a case and may change its state.
type Act string

// The acts.
const (
	Acknowledge Act = "acknowledge"
	Ask         Act = "ask"         // for identity or a clarification
	Resume      Act = "resume"      // the person answered
	Verify      Act = "verify"      // the desk is sure enough who asks
	Extend      Act = "extend"      // law: GDPR 12(3)
	Refuse      Act = "refuse"      // as a whole. law: GDPR 12(4)
	RefusePart  Act = "refuse-part" // the rest is carried out
	Fulfil      Act = "fulfil"
	Close       Act = "close"    // nothing was owed
	Withdraw    Act = "withdraw" // the person took the request back
	Reopen      Act = "reopen"   // what closed it turned out to be wrong
)

var moves = map[Act]map[State]State{
	Acknowledge: {Initiated: Acknowledged},
	Ask: {Initiated: RequiresAction, Acknowledged: RequiresAction, ActionPerformed: RequiresAction,
		Accepted: RequiresAction, Delayed: RequiresAction},
	Resume: {RequiresAction: ActionPerformed},
	Verify: {Initiated: Accepted, Acknowledged: Accepted, RequiresAction: Accepted, ActionPerformed: Accepted,
		Accepted: Accepted, Delayed: Delayed},
	Extend: {Initiated: Delayed, Acknowledged: Delayed, RequiresAction: RequiresAction, ActionPerformed: Delayed, Accepted: Delayed},
	Fulfil: {Initiated: Fulfilled, Acknowledged: Fulfilled, ActionPerformed: Fulfilled, Accepted: Fulfilled, Delayed: Fulfilled},
	Reopen: {Rejected: Accepted, Unfulfilled: Accepted},
}

// Next gives the state an act leads to. A Conflict fault says that it is not for a
// case in this state.
func Next(s State, a Act) (State, error) {
	if next, ok := moves[a][s]; ok {
		return next, nil
	}
	if !s.Closed() {
		switch a {
		case Refuse:
			return Rejected, nil
		case RefusePart:
			return s, nil
		case Close, Withdraw:
			return Unfulfilled, nil
		case Acknowledge:
			return s, nil // the confirmation may come after something else happened
		}
		return s, fault.New(fault.Conflict, "rights.not_now", "a case in this state cannot be dealt with in this way; look at it again")
	}
	return s, fault.New(fault.Conflict, "rights.closed", "the case is closed")
}

// May lists the acts a case in a state is open to, for buttons.
func May(s State) (acts []Act) {
	for _, a := range []Act{Ask, Resume, Verify, Extend, RefusePart, Refuse, Fulfil, Withdraw, Close, Reopen} {
		if _, err := Next(s, a); err == nil {
			acts = append(acts, a)
		}
	}
	return acts
}

// Outcomes are what a case can come to.
const (
	OutcomeFulfilled = "fulfilled"
	OutcomePart      = "part" // carried out, but for a part that was refused
	OutcomeRefused   = "refused"
	OutcomeWithdrawn = "withdrawn"
	OutcomeJoined    = "joined"     // answered with another case of the same person
	OutcomeNoRequest = "no-request" // looked at, it asked for nothing
	OutcomeAnswered  = "answered"   // a question that was answered at once
)

// Closings are the outcomes the desk may close a case with when nothing is owed.
var Closings = []string{OutcomeAnswered, OutcomeNoRequest, OutcomeJoined}

// ClosingKnown reports whether a case may be closed with an outcome.
func ClosingKnown(outcome string) bool { return slices.Contains(Closings, outcome) }
