// Package law is the rule book of dated legal facts: what the program needs to know of
// European, Finnish and Swedish law, as data that a lawyer can read and correct.
//
// The data live in packs/*.yaml. A pack belongs to one jurisdiction ("EU", "FI", "SE"), has an
// id that says so ("FI-2026.1") and a day from which it holds. Packs are never changed once
// decisions were made with them: a correction is a new pack, and the old one stays so that a
// decision of last year can be replayed with the rules of last year.
//
// The shape:
//
//	Pack       one file: parameters, bases, channel rules, acts, authority, holidays, ...
//	Set        packs that hold together on a day, EU first: For, ForCountry, ByID
//	Rule       opt-in or opt-out, per country, subject and channel: Set.ChannelRule
//	Act        a statute with its days in force and the wordings that betray it: Set.RepealedIn
//	Deadline   the last day to answer a person: Due
//	Citation   what a "law:" comment in the code may name, and how much of it is done: Known
//
// Where packs overlap the national one wins. Where nothing is known the stricter reading holds:
// an unknown country is opt-in on every channel, an unknown destination is not adequate.
//
// This is engineering input, not legal advice. Entries with Confidence "known, not re-read" were
// written from general knowledge of a text; the head of packs/eu.yaml says what else was. All
// of it waits for a lawyer's eye.
package law
