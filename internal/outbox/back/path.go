package back

import (
	"crypto/hmac"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// A return path is the address mail about a message comes back to. Each message
// has its own (variable envelope return paths), so that a bounce tells whose
// message it is about without naming anybody, however little it holds:
//
//	b-<person and message, 26 characters>-<MAC, 10 characters>@<domain>
//
// both in base 32 in small letters, read in any case, because servers on the way
// change it. The MAC has 50 bits: guesses come by mail and are counted, so that
// nobody makes us believe a bounce of a message we did not send.
const (
	returnMark = "b-"
	returnKey  = 26 // of 16 bytes
	returnMAC  = 10
)

var smallBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func returnSign(keys *seal.Keys, key []byte) []byte {
	return smallBase32.AppendEncode(nil, keys.MAC("return path", key))[:returnMAC]
}

// Path is the return path of a message under a domain.
func Path(keys *seal.Keys, domain string, who, message id.ID) string {
	var key [16]byte
	binary.BigEndian.PutUint64(key[:8], uint64(who))
	binary.BigEndian.PutUint64(key[8:], uint64(message))
	b := make([]byte, 0, len(returnMark)+returnKey+1+returnMAC+1+len(domain))
	b = smallBase32.AppendEncode(append(b, returnMark...), key[:])
	b = append(append(b, '-'), returnSign(keys, key[:])...)
	return string(append(append(b, '@'), domain...))
}

// ReadPath gives the person and message of an address that Path made;
// ok is false for every other. The domain is not looked at.
func ReadPath(keys *seal.Keys, address string) (who, message id.ID, ok bool) {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	coded, mac, cut := strings.Cut(strings.TrimPrefix(local, returnMark), "-")
	if !cut || !strings.HasPrefix(local, returnMark) || len(coded) != returnKey {
		return 0, 0, false
	}
	key, err := smallBase32.DecodeString(coded)
	if err != nil || len(key) != 16 || smallBase32.EncodeToString(key) != coded || !hmac.Equal([]byte(mac), returnSign(keys, key)) {
		return 0, 0, false
	}
	return id.ID(binary.BigEndian.Uint64(key[:8])), id.ID(binary.BigEndian.Uint64(key[8:])), true
}

// OwnPath picks the address that is made as our return paths are, whether or not its
// MAC is right; "" when none is.
func OwnPath(all []string) string {
	for _, a := range all {
		if len(a) > len(returnMark) && strings.EqualFold(a[:len(returnMark)], returnMark) && strings.Count(a, "-") == 2 {
			return a
		}
	}
	return ""
}
