package staff

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"kartotek/internal/seal"
)

// cost is how much work a hash takes.
type cost struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
}

// ours is the cost of new hashes: 19 MiB and two passes, the smallest that OWASP
// advises; 28 ms of one core.
var ours = cost{memory: 19 * 1024, time: 2, lanes: 1}

// hashing lets two hashes be computed at a time, so that a flood of sign-ins
// takes neither all memory nor all cores.
var hashing = make(chan struct{}, 2)

// idKey is the work itself; tests count how often it is done.
var idKey = argon2.IDKey

// hash writes a password in PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func hash(ctx context.Context, password string) (string, error) {
	salt := seal.Random(16)
	sum, err := argon(ctx, password, salt, ours)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, ours.memory, ours.time, ours.lanes, b64(salt), b64(sum)), nil
}

func argon(ctx context.Context, password string, salt []byte, c cost) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-hashing }()
	return idKey([]byte(norm.NFKC.String(password)), salt, c.time, c.memory, c.lanes, 32), nil
}

// nobody is a hash that no password has: it is checked when there is no account,
// so that the answer takes as long.
var nobody = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, ours.memory, ours.time, ours.lanes,
	strings.Repeat("A", 22), strings.Repeat("A", 43))

// matches reports whether a password has the hash. An empty or broken hash costs
// as much as a good one and matches nothing.
func matches(ctx context.Context, password, phc string) (bool, error) {
	c, salt, want, ok := parsePHC(phc)
	if !ok {
		c, salt, want, _ = parsePHC(nobody)
	}
	got, err := argon(ctx, password, salt, c)
	return ok && subtle.ConstantTimeCompare(got, want) == 1, err
}

func parsePHC(phc string) (c cost, salt, sum []byte, ok bool) {
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, false
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.lanes); err != nil {
		return c, nil, nil, false
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(part[4])
	sum, err2 := base64.RawStdEncoding.Strict().DecodeString(part[5])
	ok = err1 == nil && err2 == nil && len(salt) >= 8 && len(sum) == 32 &&
		c.memory >= 8 && c.memory <= 256*1024 && c.time >= 1 && c.time <= 10 && c.lanes >= 1 && c.lanes <= 8
	return c, salt, sum, ok
}
