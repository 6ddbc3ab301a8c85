// Package receipt makes and checks the receipts people take home: what was
// recorded when they said yes, withdrew, objected or took an objection back, and how a
// request about their data was answered.
// law: GDPR 7(1), 12(1)
//
// # What a receipt is
//
// One file of JSON-LD with three parts.
//
//   - A record, as ISO/IEC TS 27560 lists its fields, written in the words of the
//     Data Privacy Vocabulary (DPV 2.3) with its profile for the GDPR: who is the
//     controller, for which purposes, which data, who receives it, how long it is
//     kept, which rights there are, which notice applied, and what the person did.
//   - A proof: the entry of the register's ledger in its canonical text, its salt,
//     the digest of its evidence (and the evidence itself, when it is the person
//     who asks), and a C2SP inclusion proof that leads from the entry to the signed
//     head of the register's log (package inclusion).
//   - A seal: a signed note over the SHA-256 of everything else in the file
//     (canonical JSON, RFC 8785), made with the key of the log. The proof shows that
//     the entry stands in the log; the seal shows that the register wrote the rest.
//
// The record is made from the entry's text and the notice, so that the two agree;
// Verify compares them again, because a receipt can come from anybody.
//
// # Shape
//
//	Build(Facts, signer)    the file; the same facts give the same bytes
//	Check(data)             which fields of 27560 and of the profile are missing
//	Verify(data, vkeys...)  a Report: each step with whether it holds
//	Read(data)              what a receipt says, for a page
//
// json.go reads strictly and writes canonically; entry.go reads the canonical text
// of an entry; record.go and words.go choose the terms; terms.txt lists every DPV
// term that may occur. A receipt of another kind adds the first line of its entry's
// text, with its kind of leaf, to headers, and the record that is made of it; proof,
// seal and steps stay.
//
// # Requests
//
// The receipt of a request that was answered (case.go) has the same three parts. Its
// entry is one of the audit log that names nobody who acted (audit.Witness), and its
// record a dpv:RightExerciseRecord: the right, the day it arrived, the days of an
// extension and of the answer, the outcome, the digest of the package's manifest or the
// number of the certificate of erasure. Of the person it has the key alone. It is no
// consent record, so it names a profile of its own. law: GDPR 12(3), 12(4)
//
// # Objections
//
// TS 27560 is about consent and has no objection, and DPV no receipt of one. We
// write a prohibition as a consent record whose state is dpv:ConsentRefused, with
// the rule (dpv:Prohibition) and the exercise of Article 21 beside it, and its
// lifting as dpv:ConsentUnknown with dpv:OptingInToProcess: what was forbidden is
// open again, and nothing is consented to. law: GDPR 21(2), 21(3)
//
// Own terms (prefix kt:, urn:kartotek:) name what DPV lacks, each with the nearest
// broader term: kt:MarketResearch under dpv:CommercialResearch,
// kt:CustomerSatisfaction under dpv:CustomerCare, and kt:CaseReceipt under
// dpv:RightExerciseRecord.
//
// The package is pure: no database, network, clock or chance.
package receipt
