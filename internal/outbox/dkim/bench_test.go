package dkim

import (
	"bytes"
	"crypto"
	"io"
	"strings"
	"testing"

	msgauth "github.com/emersion/go-msgauth/dkim"
)

// four is a letter of 4 KB.
var four = []byte(strings.Split(letter, "\r\n\r\n")[0] + "\r\n\r\n" + strings.Repeat("    <td style=3D\"padding:0\">en rad i ett brev som =C3=A4r ungef=C3=A4r s=C3=A5 l=C3=A5ng</td>\r\n", 48))

func benchmark(b *testing.B, ks ...Key) {
	s := signer(b, ks...)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		out, err := s.AppendSigned(buf[:0], four, at)
		if err != nil {
			b.Fatal(err)
		}
		buf = out
	}
}

func BenchmarkRSA(b *testing.B)     { benchmark(b, keys()[0]) }
func BenchmarkEd25519(b *testing.B) { benchmark(b, keys()[1]) }
func BenchmarkBoth(b *testing.B)    { k := keys(); benchmark(b, k[:]...) }

func BenchmarkHashBody(b *testing.B) {
	_, body, _ := split(four)
	for b.Loop() {
		if _, err := HashBody(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBare is what the signature alone costs, without any mail.
func BenchmarkBare(b *testing.B) {
	for i, hash := range []crypto.Hash{crypto.SHA256, 0} {
		b.Run(string(keys()[i].kind), func(b *testing.B) {
			digest := make([]byte, 32)
			for b.Loop() {
				if _, err := keys()[i].signer.Sign(nil, digest, hash); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLibrary is the same by go-msgauth, to know what writing it ourselves brings.
func BenchmarkLibrary(b *testing.B) {
	var names []string
	for _, f := range signed {
		names = append(names, f.name)
	}
	for _, k := range keys() {
		b.Run(string(k.kind), func(b *testing.B) {
			b.ReportAllocs()
			opt := msgauth.SignOptions{Domain: k.domain, Selector: k.selector, Signer: k.signer, HeaderKeys: names,
				HeaderCanonicalization: msgauth.CanonicalizationRelaxed, BodyCanonicalization: msgauth.CanonicalizationRelaxed}
			for b.Loop() {
				if err := msgauth.Sign(io.Discard, bytes.NewReader(four), &opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
