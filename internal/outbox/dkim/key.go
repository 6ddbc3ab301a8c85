package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"strings"

	"golang.org/x/net/idna"

	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// Kind is an algorithm of keys, named as in the tags a= and k=.
type Kind string

// The two kinds. Every receiver reads RSA; Ed25519 is forty times cheaper.
const (
	RSA     Kind = "rsa"
	Ed25519 Kind = "ed25519"
)

// minBits is the smallest RSA key that may sign (RFC 8301 asks for 1024 and wishes
// for 2048; the large receivers want the latter).
const minBits = 2048

// chance reads from the program's one source of it.
type chance struct{}

func (chance) Read(p []byte) (int, error) { return copy(p, seal.Random(len(p))), nil }

// Generate makes a private key: RSA of 2048 bits, whose record fits where longer
// ones do not, or Ed25519.
func Generate(kind Kind) (crypto.Signer, error) {
	switch kind {
	case RSA:
		return rsa.GenerateKey(chance{}, minBits)
	case Ed25519:
		return ed25519.NewKeyFromSeed(seal.Random(ed25519.SeedSize)), nil
	}
	return nil, fault.New(fault.Invalid, "dkim.kind", "keys are of kind rsa or ed25519").In("kind")
}

// Key is a private key with its place in DNS. It never changes.
type Key struct {
	domain, selector string
	kind             Kind
	signer           crypto.Signer
	public           []byte // as it stands in the record
}

// NewKey checks a key and its names. The domain is taken in any form and kept in
// its ASCII form; the selector is one or more labels of letters, digits and
// hyphens. The signer may keep its private half elsewhere; Sign is called with no
// source of chance. Errors are Invalid, with the field.
func NewKey(domain, selector string, signer crypto.Signer) (Key, error) {
	k := Key{selector: strings.ToLower(selector), signer: signer}
	var err error
	if k.domain, err = idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(domain), ".")); err != nil || !names(k.domain) || !strings.Contains(k.domain, ".") {
		return Key{}, fault.New(fault.Invalid, "dkim.domain", "the domain to sign for is no domain").In("domain")
	}
	if !names(k.selector) || len(k.Name()) > 253 {
		return Key{}, fault.New(fault.Invalid, "dkim.selector", "a selector has letters, digits and hyphens").In("selector")
	}
	if signer == nil {
		return Key{}, errKey
	}
	k.kind, k.public, err = open(signer.Public())
	return k, err
}

var errKey = fault.New(fault.Invalid, "dkim.key", "the key must be Ed25519, or RSA of %d bits or more", minBits).In("key")

// open gives the kind and the published form of a public key.
func open(pub crypto.PublicKey) (Kind, []byte, error) {
	switch p := pub.(type) {
	case ed25519.PublicKey:
		return Ed25519, p, nil // bare, without the ASN.1 around it: RFC 8463 4.2
	case *rsa.PublicKey:
		if p.N.BitLen() < minBits {
			return "", nil, errKey
		}
		der, err := x509.MarshalPKIXPublicKey(p)
		return RSA, der, err
	}
	return "", nil, errKey
}

// names reports whether s is labels of letters, digits and hyphens between dots.
func names(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return len(s) <= 253
}

// Selector tells the domain's keys apart.
func (k Key) Selector() string { return k.selector }

// Public is the open half, to compare with what DNS says.
func (k Key) Public() crypto.PublicKey { return k.signer.Public() }

// Name is where the record belongs: selector._domainkey.domain, without a dot at the end.
func (k Key) Name() string { return k.selector + "._domainkey." + k.domain }

// Record is the text of the TXT record (RFC 6376 3.6.1), as the web forms of most
// name servers take it: one line, no quotes. It is over 255 characters for RSA;
// Zone has it cut as zone files want it.
func (k Key) Record() string {
	return "v=DKIM1; h=sha256; k=" + string(k.kind) + "; p=" + base64.StdEncoding.EncodeToString(k.public)
}

// Zone is the record as a line of a zone file.
func (k Key) Zone() string {
	const most = 255 // characters of one string in a TXT record
	text := k.Record()
	var parts []string
	for len(text) > most {
		parts, text = append(parts, `"`+text[:most]+`"`), text[most:]
	}
	return k.Name() + ". IN TXT ( " + strings.Join(append(parts, `"`+text+`"`), " ") + " )"
}

// Seal encrypts the private key for keeping. Keys that live elsewhere (in a device)
// cannot be sealed: Invalid.
func (k Key) Seal(keys *seal.Keys) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.signer)
	if err != nil {
		return nil, errKey.Because(err)
	}
	return keys.Seal(context(k.domain, k.selector), der), nil
}

// Unseal opens a key that Seal made under the same names; a key moved to other
// names does not open.
func Unseal(keys *seal.Keys, domain, selector string, sealed []byte) (Key, error) {
	der, err := keys.Open(context(domain, selector), sealed)
	if err != nil {
		return Key{}, err
	}
	any, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return Key{}, errKey.Because(err)
	}
	signer, ok := any.(crypto.Signer)
	if !ok {
		return Key{}, errKey
	}
	return NewKey(domain, selector, signer)
}

func context(domain, selector string) string { return "dkim:" + selector + "._domainkey." + domain }
