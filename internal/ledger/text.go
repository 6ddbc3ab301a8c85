package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/id"
)

// textVersion is the first line of an entry's text; another layout gets another number.
const textVersion = "kartotek ledger 1\n"

// Text is an entry as a person can read it and as its digest covers it: a first
// line that names the layout, then one "name: value" line for each field, always
// all of them and in this order. A backslash in a value is written \\ and a new
// line \n, so that two different entries never have the same text. Times are UTC
// to the millisecond; what is not known is empty.
func (e *Entry) Text() string { return string(e.appendText(nil)) }

func (e *Entry) appendText(b []byte) []byte {
	b = append(b, textVersion...)
	b = idLine(b, "person", e.Person)
	b = idLine(b, "entry", e.ID)
	b = timeLine(b, "recorded", e.At)
	b = timeLine(b, "effective", e.Effective)
	b = textLine(b, "kind", string(e.Kind))
	b = textLine(b, "purpose", e.Purpose)
	b = textLine(b, "channel", e.Channel)
	b = textLine(b, "scope", e.Scope)
	b = textLine(b, "said by", string(e.SaidBy))
	b = textLine(b, "method", e.Method)
	b = textLine(b, "strength", e.Strength)
	b = timeLine(b, "expires", e.Expires)
	b = textLine(b, "goods", e.Goods)
	b = append(strconv.AppendInt(append(b, "notice: "...), int64(e.Notice), 10), '\n')
	b = idLine(b, "source", e.Source)
	b = textLine(b, "recorded by kind", e.ByKind)
	return textLine(b, "recorded by", e.ByName)
}

func textLine(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	if strings.IndexByte(value, '\n') < 0 && strings.IndexByte(value, '\\') < 0 { // as most are
		return append(append(b, value...), '\n')
	}
	for i := range len(value) {
		switch c := value[i]; c {
		case '\\':
			b = append(b, `\\`...)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '\n')
}

func idLine(b []byte, name string, v id.ID) []byte {
	b = append(append(b, name...), ": "...)
	if v != 0 {
		b = append(b, v.String()...)
	}
	return append(b, '\n')
}

func timeLine(b []byte, name string, ms int64) []byte {
	b = append(append(b, name...), ": "...)
	if ms != 0 {
		b = appendTime(b, ms)
	}
	return append(b, '\n')
}

// appendTime writes a time as 2006-01-02T15:04:05.000Z, for a quarter of what
// time.AppendFormat takes: a verification writes two for each entry there is.
func appendTime(b []byte, ms int64) []byte {
	t := clock.FromMs(ms)
	year, month, day := t.Date()
	if year < 1000 || year > 9999 {
		return t.AppendFormat(b, "2006-01-02T15:04:05.000Z")
	}
	hour, minute, second := t.Clock()
	b = append(digits(digits(b, year/100), year%100), '-')
	b = append(digits(b, int(month)), '-')
	b = append(digits(b, day), 'T')
	b = append(digits(b, hour), ':')
	b = append(digits(b, minute), ':')
	b = append(digits(b, second), '.')
	rest := t.Nanosecond() / 1e6
	return append(digits(append(b, byte('0'+rest/100)), rest%100), 'Z')
}

func digits(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// EvidenceDigest is the salted digest of the entry's evidence, 32 bytes, zero
// when it has none. It stays when the evidence is erased.
func (e *Entry) EvidenceDigest() []byte {
	if len(e.Digest) != 64 {
		return make([]byte, 32)
	}
	return e.Digest[32:]
}

// Leaf is the digest that stands for the entry in the log, 32 bytes: SHA-256
// over its salt, the digest of its evidence, and its text.
func (e *Entry) Leaf() []byte {
	if len(e.Digest) != 64 {
		return make([]byte, 32)
	}
	return e.Digest[:32]
}

// EvidenceSum is the salted digest of evidence: SHA-256 over an entry's salt and
// the evidence as JSON; zero for none.
func EvidenceSum(salt []byte, evidence *Evidence) (sum [32]byte) {
	if evidence == nil {
		return sum
	}
	b, _ := json.Marshal(evidence) // a struct of texts always encodes
	return plainSum(salt, b)
}

// plainSum is EvidenceSum of evidence that is written already; nil for none.
func plainSum(salt, plain []byte) (sum [32]byte) {
	if plain == nil {
		return sum
	}
	return sha256.Sum256(append(append(make([]byte, 0, len(salt)+len(plain)), salt...), plain...))
}

// digest binds an entry and its evidence: what Leaf gives, then what
// EvidenceDigest gives. Erasing the evidence leaves the entry checkable for
// everything but the evidence itself.
func digest(e *Entry, evidence []byte) []byte {
	proof := plainSum(e.Salt, evidence)
	sum := leafSum(e, proof[:])
	return append(append(make([]byte, 0, 64), sum[:]...), proof[:]...)
}

func leafSum(e *Entry, proof []byte) [32]byte {
	var buf [1024]byte
	b := append(append(buf[:0], e.Salt...), proof...)
	return sha256.Sum256(e.appendText(b))
}

const changedEvidence = "the evidence was changed"

// checkDigest says what is wrong with an entry, whose sum is that of what it says now;
// "" when it is what was written.
func checkDigest(e *Entry, ev *Evidence, sum [32]byte) string {
	if len(e.Digest) != 64 || len(e.Salt) != 16 {
		return "the entry's digest is missing"
	}
	if ev != nil {
		if sum := EvidenceSum(e.Salt, ev); !bytes.Equal(sum[:], e.EvidenceDigest()) {
			return changedEvidence
		}
	}
	if !bytes.Equal(sum[:], e.Leaf()) {
		return "the entry was changed"
	}
	return ""
}
