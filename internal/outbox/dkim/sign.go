package dkim

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"kartotek/internal/fault"
)

// signed are the fields that a signature covers, in the order of the tag h=.
// Those marked over are signed once more than they occur: a second one would
// change what the reader sees or where an answer goes. List-Id and Feedback-ID are
// not, because relays add their own.
var signed = [...]struct {
	name string
	over bool
}{
	{"from", true}, {"to", true}, {"subject", true}, {"date", true}, {"message-id", false}, {"reply-to", true},
	{"list-unsubscribe", true}, {"list-unsubscribe-post", true}, {"list-id", false}, {"feedback-id", false},
	{"mime-version", false}, {"content-type", true},
}

// mostOf is how often one of the fields may occur; one is right, two or three are
// signed as they are, more is no mail of ours.
const mostOf = 3

// Signer signs the mails of one domain. It never changes and may be used by many
// goroutines at once.
type Signer struct {
	domain string
	keys   []ready
}

// ready is a key with the fixed part of its field.
type ready struct {
	open []byte // up to and with "t="
	key  crypto.Signer
	hash crypto.Hash // what the key is told it signs: Ed25519 takes the digest as a message (RFC 8463 3)
}

// NewSigner makes a signer of one key, or of one of each kind, of one domain.
// The error (Invalid) says which of this does not hold.
func NewSigner(keys ...Key) (*Signer, error) {
	if len(keys) == 0 || len(keys) > 2 || len(keys) == 2 && (keys[0].kind == keys[1].kind || keys[0].domain != keys[1].domain || keys[0].selector == keys[1].selector) {
		return nil, fault.New(fault.Invalid, "dkim.keys", "a signer takes one key, or one of each kind under selectors of the same domain")
	}
	s := &Signer{domain: keys[0].domain}
	for _, k := range keys {
		if k.signer == nil {
			return nil, fault.New(fault.Invalid, "dkim.keys", "a key without its private half cannot sign")
		}
		r := ready{key: k.signer, hash: crypto.SHA256,
			open: []byte("DKIM-Signature: v=1; a=" + string(k.kind) + "-sha256; c=relaxed/relaxed;\r\n d=" + k.domain + "; s=" + k.selector + ";\r\n t=")}
		if k.kind == Ed25519 {
			r.hash = 0
		}
		s.keys = append(s.keys, r)
	}
	return s, nil
}

// Domain is the domain that the signatures speak for (d=).
func (s *Signer) Domain() string { return s.domain }

// AppendSigned writes a mail with its signatures in front onto dst. The mail has
// CRLF lines, as compose makes it. at goes into the signatures, to the second.
// Errors are Invalid when the mail has no From or a broken head or body, else
// those of the key; dst is then given back as it was.
func (s *Signer) AppendSigned(dst, mail []byte, at time.Time) ([]byte, error) {
	head, body, ok := split(mail)
	if !ok {
		return dst, errHead
	}
	hash, err := HashBody(body)
	if err != nil {
		return dst, err
	}
	out, err := s.AppendFields(dst, head, hash, at)
	if err != nil {
		return dst, err
	}
	return append(out, mail...), nil
}

var errHead = fault.New(fault.Invalid, "dkim.head", "a mail to be signed needs a head with one From and an empty line after it")

// split cuts a mail at the empty line; the head keeps the CRLF of its last field.
func split(mail []byte) (head, body []byte, ok bool) {
	i := bytes.Index(mail, []byte("\r\n\r\n"))
	if i < 0 {
		return nil, nil, false
	}
	return mail[:i+2], mail[i+4:], true
}

// AppendFields writes only the DKIM-Signature fields, for a head (all fields with
// their CRLF, without the empty line) and the hash of its body.
func (s *Signer) AppendFields(dst, head []byte, body Body, at time.Time) ([]byte, error) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	var names [len(signed)*(mostOf+1) + 1]byte
	relaxed, h, ok := relaxHead((*buf)[:0], names[:0], head)
	*buf = relaxed
	if !ok {
		return dst, errHead
	}
	out := dst
	for i := range s.keys { // each writes its own field behind the same relaxed head
		var err error
		if out, err = s.keys[i].append(out, relaxed, h, &body, at.Unix()); err != nil {
			return dst, err
		}
	}
	return out, nil
}

// relaxHead writes the signed fields in relaxed form and the order in which they
// are named: h holds places in the table signed. Of several fields of one name
// the lowest is named first (RFC 6376 5.4.2).
func relaxHead(dst, h, head []byte) (relaxed, names []byte, ok bool) {
	type field struct{ name, value []byte }
	var found [len(signed)][mostOf]field
	var count [len(signed)]int
	for len(head) > 0 {
		name, value, rest := nextField(head)
		if name == nil {
			return dst, h, false
		}
		if i := place(name); i >= 0 {
			if count[i] == mostOf {
				return dst, h, false
			}
			found[i][count[i]] = field{name, value}
			count[i]++
		}
		head = rest
	}
	for i := range signed {
		for n := count[i] - 1; n >= 0; n-- {
			dst = append(appendRelaxedField(dst, found[i][n].name, found[i][n].value), "\r\n"...)
			h = append(h, byte(i))
		}
		if signed[i].over {
			h = append(h, byte(i))
		}
	}
	return dst, h, count[0] == 1
}

// place finds a field in the table signed, -1 when it is not signed.
func place(name []byte) int {
	for i := range signed {
		if len(signed[i].name) == len(name) && bytes.EqualFold([]byte(signed[i].name), name) {
			return i
		}
	}
	return -1
}

// append writes one signature field.
func (r *ready) append(dst, relaxed, h []byte, body *Body, at int64) ([]byte, error) {
	start := len(dst)
	dst = strconv.AppendInt(append(dst, r.open...), at, 10)
	dst = appendNames(append(dst, ";\r\n h="...), h)
	dst = base64.StdEncoding.AppendEncode(append(dst, ";\r\n bh="...), body[:])
	dst = append(dst, ";\r\n b="...)
	const name = len("DKIM-Signature")
	relaxed = appendRelaxedField(relaxed, dst[start:start+name], dst[start+name+1:])
	digest := sha256.Sum256(relaxed)
	// Both kinds of key sign without chance (RFC 8017 8.2, RFC 8032 5.1.6), so no source of it is given.
	sig, err := r.key.Sign(nil, digest[:], r.hash)
	if err != nil {
		return nil, err
	}
	return appendWrapped(dst, sig), nil
}

const lineWanted = 76

// appendNames writes the value of h=, folded after colons.
func appendNames(dst, h []byte) []byte {
	col := len(" h=")
	for i, n := range h {
		name := signed[n].name
		if i > 0 {
			dst, col = append(dst, ':'), col+1
		}
		if col+len(name)+1 > lineWanted {
			dst, col = append(dst, "\r\n  "...), 2
		}
		dst, col = append(dst, name...), col+len(name)
	}
	return dst
}

// appendWrapped writes a signature in base64 over as many lines as it needs.
func appendWrapped(dst, sig []byte) []byte {
	const bytesALine = 54 // 72 characters
	for first := true; len(sig) > 0; first = false {
		if !first {
			dst = append(dst, "\r\n  "...)
		}
		n := min(bytesALine, len(sig))
		dst = base64.StdEncoding.AppendEncode(dst, sig[:n])
		sig = sig[n:]
	}
	return append(dst, "\r\n"...)
}
