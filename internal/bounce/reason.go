package bounce

import "strings"

// Reason is why a letter came back, or what a mail that is no bounce is.
type Reason string

// The reasons. The first four are hard: the address itself is wrong.
const (
	UserUnknown Reason = "user_unknown" // nobody has this address
	HostUnknown Reason = "host_unknown" // the domain does not exist
	Moved       Reason = "moved"        // the mailbox was given up for another
	NoMail      Reason = "no_mail"      // the domain takes no mail at all (RFC 7505)

	Full        Reason = "full"     // mailbox or quota
	Disabled    Reason = "disabled" // inactive, suspended, locked
	RefusedBy   Reason = "refused"  // the recipient's side takes no mail from here, and says no more
	ListRefused Reason = "list"     // a list takes mail of members only
	Policy      Reason = "policy"   // of the receiver: SPF, DKIM, DMARC, reverse DNS, reputation, block lists
	Auth        Reason = "auth"     // the server wants us to sign in
	Spam        Reason = "spam"
	Virus       Reason = "virus"
	RateLimited Reason = "rate_limited"
	Greylisted  Reason = "greylisted"
	Relay       Reason = "relay" // the server is not responsible for the domain
	TooLarge    Reason = "too_large"
	Content     Reason = "content" // form or encoding of the letter
	Network     Reason = "network" // DNS, routing, connection
	Loop        Reason = "loop"
	Expired     Reason = "expired"  // tried for days
	System      Reason = "system"   // the server is broken or full
	Protocol    Reason = "protocol" // commands or syntax
	Unknown     Reason = "unknown"  // a bounce that does not say why

	Abuse     Reason = "abuse" // complaints
	OptOut    Reason = "opt_out"
	Vacation  Reason = "vacation" // automatic replies
	Answer    Reason = "acknowledgement"
	Challenge Reason = "challenge"

	Delayed    Reason = "delayed" // others
	Delivered  Reason = "delivered"
	Receipt    Reason = "receipt"
	Moderation Reason = "moderation"
	AuthReport Reason = "auth_report"
	NotSpam    Reason = "not_spam"
	NoBounce   Reason = "none"
	Unparsed   Reason = "unparsed"
)

// Class is what a reason is about: whose matter it is to act.
type Class string

// The classes.
const (
	OfAddress Class = "address" // never write there again
	OfMailbox Class = "mailbox" // the person's mailbox, for now
	OfSender  Class = "sender"  // our reputation, authentication or rate
	OfLetter  Class = "letter"  // what was sent
	OfRoute   Class = "route"   // servers and networks between
	OfPerson  Class = "person"  // the person, or their program, answered
	OfNothing Class = "nothing" // no failure
)

var classes = map[Reason]Class{
	UserUnknown: OfAddress, HostUnknown: OfAddress, Moved: OfAddress, NoMail: OfAddress,
	Full: OfMailbox, Disabled: OfMailbox, RefusedBy: OfMailbox, ListRefused: OfMailbox,
	Policy: OfSender, Auth: OfSender, Spam: OfSender, RateLimited: OfSender, Greylisted: OfSender, Relay: OfSender,
	Virus: OfLetter, TooLarge: OfLetter, Content: OfLetter,
	Network: OfRoute, Loop: OfRoute, Expired: OfRoute, System: OfRoute, Protocol: OfRoute, Unknown: OfRoute,
	Abuse: OfPerson, OptOut: OfPerson, Vacation: OfPerson, Answer: OfPerson, Challenge: OfPerson,
}

// Class is what the reason is about.
func (r Reason) Class() Class {
	if c := classes[r]; c != "" {
		return c
	}
	return OfNothing
}

// Hard reports whether the reason says that the address itself is wrong.
func (r Reason) Hard() bool { return r.Class() == OfAddress }

// byStatus is what an enhanced code (RFC 3463, without its first digit) says by
// itself. Codes that servers use for anything are left out.
var byStatus = map[string]Reason{
	"1.1": UserUnknown, "1.2": HostUnknown, "1.3": UserUnknown, "1.6": Moved, "1.7": Policy, "1.8": Policy, "1.10": UserUnknown,
	"2.1": Disabled, "2.2": Full, "2.3": TooLarge, "2.4": ListRefused,
	"3.1": System, "3.2": System, "3.4": TooLarge, "3.5": System,
	"4.1": Network, "4.2": Network, "4.3": Network, "4.5": Network, "4.6": Loop, "4.7": Expired,
	"5.2": Protocol, "5.3": RateLimited, "5.4": Protocol,
	"6.1": Content, "6.2": Content, "6.3": Content, "6.6": Content, "6.7": Content, "6.9": Content,
	"7.2": ListRefused, "7.8": Auth, "7.9": Policy, "7.13": Disabled, "7.17": Moved,
	"7.20": Policy, "7.21": Policy, "7.22": Policy, "7.23": Policy, "7.24": Policy, "7.25": Policy, "7.26": Policy, "7.27": Policy, "7.28": RateLimited, "7.29": Policy,
	"7.30": Policy, "7.509": Policy, "7.515": Policy,
}

// vague is what a code's middle digit says, for those not in byStatus.
var vague = map[string]Reason{"3": System, "4": Network, "5": Protocol, "6": Content, "7": Policy}

// evidence is what is known of one refusal, from the most to the least specific.
type evidence struct {
	said    string // by the refusing server
	section string // of the text, about this recipient
	status  string // enhanced code
	prose   string // the whole text
	subject string // of the mail
	stage   string // a text that may tell when the refusal came, besides said and section
}

// reason weighs the evidence. Two answers that would be hard are not believed:
// what is said of a wrong sender's address (x.1.7, x.1.8), and what a server says
// of the recipient only after it took the recipient and was given the letter, as
// filters do that do not want to be known.
func (e evidence) reason() Reason {
	r := e.weigh()
	switch digits := shorten(e.status); {
	case !r.Hard():
	case digits == "1.7" || digits == "1.8":
		return Policy
	case has("stage", fold(e.said)+fold(e.section)+fold(e.stage)):
		return RefusedBy
	}
	return r
}

func (e evidence) weigh() Reason {
	var fallback Reason
	for _, text := range []string{e.said, e.section} {
		topic, weak, ok := find("reason", fold(text))
		if ok && !weak {
			return Reason(topic)
		}
		if ok && fallback == "" {
			fallback = Reason(topic)
		}
	}
	digits := shorten(e.status)
	if r := byStatus[digits]; r != "" {
		return r
	}
	if fallback != "" {
		return fallback
	}
	for _, text := range []string{e.prose, e.subject} {
		if topic, _, ok := find("reason", fold(text)); ok {
			return Reason(topic)
		}
	}
	if middle, _, ok := strings.Cut(digits, "."); ok && vague[middle] != "" {
		return vague[middle]
	}
	return Unknown
}

// shorten takes the first digit off an enhanced code.
func shorten(status string) string {
	if len(status) < 5 {
		return ""
	}
	return status[2:]
}

// specific reports whether a code says more than "x.0.0" does.
func specific(status string) bool { return len(status) >= 5 && !strings.HasSuffix(status, ".0.0") }

// enhanced finds the first enhanced code in a text.
func enhanced(s string) string {
	for i := 0; i+4 < len(s); i++ {
		if (s[i] == '2' || s[i] == '4' || s[i] == '5') && s[i+1] == '.' && (i == 0 || !codeByte(s[i-1])) {
			if n := codeLen(s[i:]); n > 0 {
				return s[i : i+n]
			}
		}
	}
	return ""
}

func codeByte(c byte) bool {
	return c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// codeLen is the length of the enhanced code s begins with, 0 for none.
func codeLen(s string) int {
	i, parts := 1, 0
	for parts < 2 && i < len(s) && s[i] == '.' {
		n := 0
		for i+1+n < len(s) && s[i+1+n] >= '0' && s[i+1+n] <= '9' {
			n++
		}
		if n == 0 || n > 3 {
			return 0
		}
		i, parts = i+1+n, parts+1
	}
	if parts < 2 || i < len(s) && (s[i] == '.' && i+1 < len(s) && codeByte(s[i+1]) || s[i] != '.' && codeByte(s[i])) {
		return 0
	}
	return i
}

// ClassifyReply says what a server's refusal at the time of sending means: its
// reply code, enhanced code ("" when none) and text. Only a final refusal (5xx) that names the
// address as wrong is hard. Refusals for authentication (5.7.9, 5.7.26, 5.7.515
// …) are the sender's whatever their text says.
func ClassifyReply(code int, enhancedCode, text string) (class Class, hard bool, reason Reason) {
	if enhancedCode == "" {
		enhancedCode = enhanced(text)
	}
	r := byStatus[shorten(enhancedCode)]
	if r != Policy {
		r = evidence{said: text, status: enhancedCode}.reason()
	}
	return r.Class(), r.Hard() && code >= 500, r
}
