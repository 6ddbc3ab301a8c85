package pace

import "strings"

// Class is what a reply, or its absence, says to a sender about sending.
type Class int

// The classes.
const (
	Taken   Class = iota // 2xx
	Limited              // too fast, too much, or not liked for now: slow down
	Closing              // 421 without a reason: fewer connections
	Later                // 4xx that concerns this message or person: greylisting, a full mailbox
	Refused              // 5xx that concerns this message or person
	Policy               // 5xx about the sender: not authenticated, blocked, unwanted. No bounce of the person
	Broken               // no connection, or it broke
)

// String names a class.
func (c Class) String() string {
	return [...]string{"taken", "limited", "closing", "later", "refused", "policy", "broken"}[c]
}

// hurried are words of replies that ask to slow down; small letters.
var hurried = []string{"rate limit", "ratelimit", "rate-limit", "throttl", "too many", "too fast", "unusual rate", "slow down", "try again in", "exceeded the limit", "limit exceeded",
	"server busy", "server is busy", "temporarily deferred", "temporarily deferr", "unexpected volume", "deferred due to user complaints", "reputation", "concurrent connections",
	"sending limit", "message limit", "quota exceeded for sender"}

// shut are words of refusals that are about the sender.
var shut = []string{"spf", "dkim", "dmarc", "not authenticated", "unauthenticated", "authentication", "block list", "blocklist", "blacklist", "black list", "blocked", "spamhaus", "barracuda",
	"spamcop", "rbl", "dnsbl", "reputation", "policy", "spam", "banned", "access denied", "reverse dns", "ptr record", "not allowed to send", "poor reputation", "unsolicited", "listed at", "listed in"}

// Classify reads a reply: its code (0 when there was none), its enhanced code
// such as "4.7.28" ("" when it had none) and its words.
func Classify(code int, enhanced, words string) Class {
	words = strings.ToLower(words)
	switch {
	case code/100 == 2:
		return Taken
	case code/100 == 4:
		return passing(code, enhanced, words)
	case code/100 == 5:
		return final(enhanced, words)
	}
	return Broken
}

// passing is a 4xx. The one about a person who gets too much (4.2.1) and the
// greylist, which only wants to see us again, are no lessons.
func passing(code int, enhanced, words string) Class {
	switch {
	case strings.HasPrefix(enhanced, "4.2."), strings.HasPrefix(enhanced, "4.1."), has(words, "greylist", "graylist", "grey list", "postgrey"):
		return Later
	case strings.HasPrefix(enhanced, "4.7."), enhanced == "4.4.5", has(words, hurried...):
		return Limited
	case code == 421:
		return Closing
	}
	return Later
}

// final is a 5xx. Codes of the address (5.1.x, 5.2.x) and of the message's form are
// about this one mail, whatever the words; 5.7.x is about the sender unless it is
// the mailbox that takes nothing from strangers (5.7.2).
func final(enhanced, words string) Class {
	switch {
	case strings.HasPrefix(enhanced, "5.7.") && enhanced != "5.7.2":
		return Policy
	case strings.HasPrefix(enhanced, "5.1."), strings.HasPrefix(enhanced, "5.2."), strings.HasPrefix(enhanced, "5.6."):
		return Refused
	case has(words, "user unknown", "unknown user", "no such user", "does not exist", "mailbox unavailable", "recipient rejected", "mailbox full"):
		return Refused
	case has(words, shut...):
		return Policy
	}
	return Refused
}

func has(s string, any ...string) bool {
	for _, a := range any {
		if strings.Contains(s, a) {
			return true
		}
	}
	return false
}
