package receipt

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"kartotek/internal/fault"
)

// sealLine begins the text that is signed. The head of a log begins with the name
// of its key, so that neither signature can be passed off as the other.
const sealLine = "kartotek receipt 1\n"

// sealText is what the seal signs: the digest of the receipt without the seal.
func sealText(receipt object) string {
	sum := sha256.Sum256(canonical(receipt.without("kt:seal")))
	return sealLine + base64.StdEncoding.EncodeToString(sum[:]) + "\n"
}

// sealed signs a receipt. law: GDPR 5(2)
func sealed(receipt object, skey string) (string, error) {
	signer, err := note.NewSigner(skey)
	if err != nil {
		return "", fault.New(fault.Internal, "receipt.key", "the signing key of the log cannot be read").Because(err)
	}
	signed, err := note.Sign(&note.Note{Text: sealText(receipt)}, signer)
	return string(signed), err
}

// sealHolds checks the seal of a receipt against public keys.
func sealHolds(receipt object, vkeys []string) bool {
	var known []note.Verifier
	for _, k := range readable(vkeys) {
		v, _ := note.NewVerifier(k) // those that cannot be read are left out
		known = append(known, v)
	}
	n, err := note.Open([]byte(receipt.text("kt:seal")), note.VerifierList(known...))
	return err == nil && n.Text == sealText(receipt)
}

// KeyName is the part of a public key people compare: its name and the short form
// of the key, "kartotek/0123456789abcdef+5a1b2c3d".
func KeyName(vkey string) string {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) < 3 {
		return vkey
	}
	return parts[0] + "+" + parts[1]
}
