// Package dkim signs mails, so that the receiver can tell that a mail came from
// the domain it names and was not changed on its way (RFC 6376, RFC 8301, RFC 8463).
//
// # How it works
//
// The sender makes a pair of keys and publishes the open half in DNS, as a TXT
// record under <selector>._domainkey.<domain>. For each mail it hashes the body
// and signs that hash together with the header fields that matter. The signature
// is one more header field. The receiver fetches the record and checks. A second
// selector lets a new key stand beside the old one, so that keys can be changed
// while mails signed with the old key are still under way.
//
// Spaces and empty lines at the end may be changed by servers between us; both
// halves are therefore brought to their "relaxed" form before hashing. The tag
// l= is never used: it would let anybody append to our mails. Fields that a
// reader sees are signed once more than they occur ("oversigned"), so that none
// can be added: the receiver would then hash a field that we did not.
//
// # What it costs
//
// The hash of a body of 4 KB costs about 7 µs, shared by all keys of a Signer and,
// with HashBody, by all mails with the same body. With Ed25519 a mail costs about
// 30 µs to sign; with RSA of 2048 bits about 0.85 ms, of which all but 5 % is the
// signature itself, whoever computes it. There is no way to share that between
// mails: with RSA one core sends about 1,100 mails a second and no more. Yet RSA is
// what every receiver reads; few of the large ones read Ed25519. So: RSA alone or
// both keys when we sign, on all cores, or let the relay sign.
//
// # Shape
//
//	Generate(Kind) -> crypto.Signer              a new private key
//	NewKey(domain, selector, signer) -> Key      checked: RSA of 2048 bits or more, Ed25519
//	Key.Name, Key.Record, Key.Zone               what goes into DNS
//	Key.Seal, Unseal                             how a key is kept: never in the clear
//	NewSigner(keys…) -> *Signer                  one key, or one of each kind
//	Signer.AppendSigned(dst, mail, at)           a mail with its signatures in front
//	HashBody + Signer.AppendFields               the same in two steps
//	Plan(held, now) -> []Step                    when keys are made, used, retired, removed
package dkim
