// Package pace decides how fast mail goes to whom, through which relay, and when a
// campaign has to stop. Receivers accept only so much from a sender they do not
// know or do not like; whoever presses on is refused for longer. The package
// keeps no table and asks no clock: its parts are given the time, and chance
// where it is needed, and give their state out to be stored.
//
// # Parts
//
//	Directory   which provider receives for a domain: by its MX, asked once and remembered
//	Classify    what an SMTP reply says to a sender: taken, slow down, refused as policy …
//	Pacer       per provider: rate, pause, daily cap, connections; learns from replies
//	Queue       waiting work, handed out fairly: one slow provider does not hold up the others
//	Relays      several relays with weights and priorities, each with a circuit breaker
//	Breaker     stops a campaign by itself: complaints, bounces, refusals as policy
//
// # How the pacer learns
//
//	"slow down" (421, 4.7.x, "too many …")  half the rate, and a pause: 30 s, 60 s … 30 min
//	421 without more, several together      half the connections, and a pause
//	conversations that break, likewise      a pause
//	a minute of success                     a tenth more, up to the limit set
//
// A single 421 or broken conversation, among messages that are taken, is a matter of
// that message: stopping everybody's mail for it would let one mailbox hold up all.
//
// Refusals that come while the pause lasts belong to the same lesson and count
// once. A new relay is warmed up: Ramp caps what one provider is sent on each of
// its first days.
//
// # How the queue is fair
//
// A worker that waits for a slow server does nothing for others. So each provider
// holds at most its share of the workers, by its share of the work; idle workers
// are lent, but never all of them, and none to a provider much slower than the
// rest. Among providers turns go round.
package pace
