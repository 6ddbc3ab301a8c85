// Package preflight looks, before anything is sent, whether the world is ready to
// receive it: what DNS says about the domain we write from, and what the relay
// offers. The large receivers refuse bulk mail that does not meet their rules,
// and a refused run damages the sender's name for weeks, so we look first.
//
// # What is looked at
//
//	from   the domain is ours to write from: no domain of a free mail service
//	spf    RFC 7208: one record, valid, at most 10 look-ups and 2 empty ones, not open, naming the relay
//	dkim   RFC 6376, RFC 8463: each key stands in DNS, is the one we sign with, 2048 bits or more
//	dmarc  RFC 7489: one record, its policy, and that From agrees with the domain of SPF or DKIM
//	mx     the domain of From and that of bounces can receive mail; no null MX (RFC 7505)
//	ptr    the address we send from has a name that leads back to it
//	tls    the relay offers TLS 1.2 or later with a certificate that holds
//
// # What follows
//
// Each look gives Findings: ok, warning, error, or unknown. Judge makes one answer of
// them. What Gmail, Yahoo and Microsoft refuse stops bulk mail; a relay without
// TLS stops everything, because personal data would go in the clear. DNS that does
// not answer says nothing about the domain: unknown means wait and look again,
// never that something is wrong, and a run waits (Pause) instead of failing.
//
//	Checker{Resolver, Prober}.Run(ctx, Request) -> []Finding
//	Judge(findings, bulk) -> Go | Pause | Stop
//	Finding.Key() + Finding.Pairs()             the sentence, in three languages
//
// SPF is judged for the relay as far as that can be told: the addresses a hosted
// relay sends from are known only to its operator, unless they are given.
package preflight
