package notice

import (
	"slices"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/noticedef"
	"kartotek/internal/permit"
)

// InForce is a version with its facts at hand. Nil stands for no notice at all:
// it lists no field, has no purpose and no level, and refuses every question.
type InForce struct {
	*Version
	Notice *noticedef.Notice
	Laws   *law.Set // the notice's own packs on the day it was published
	fields map[string]bool
}

// None is the answer while no notice is in force.
func None() error {
	return fault.New(fault.Conflict, "notice.none", "no register notice is in force; publish one first: kartotek notice publish FILE")
}

// HasField reports whether the field catalogue lists a field.
func (in *InForce) HasField(name string) bool { return in != nil && in.fields[name] }

// Purpose gives a purpose by its id.
func (in *InForce) Purpose(id string) (p noticedef.Purpose, ok bool) {
	if in == nil {
		return p, false
	}
	return in.Notice.Purpose(id)
}

// Level gives an access level by name.
func (in *InForce) Level(name string) (l noticedef.Level, ok bool) {
	if in == nil {
		return l, false
	}
	return in.Notice.Level(name)
}

// PermitQuestion asks whether a purpose may use a channel, as the notice
// describes the purpose: its class, its basis, and the goods of its exception for
// existing customers. What the notice does not promise is refused here, with the
// key notice.no_purpose or notice.not_promised.
func (in *InForce) PermitQuestion(purpose, channel string, at time.Time) (permit.Question, error) {
	if in == nil {
		return permit.Question{}, None()
	}
	p, ok := in.Notice.Purpose(purpose)
	if !ok {
		return permit.Question{}, fault.New(fault.Denied, "notice.no_purpose", "the register notice has no such purpose").In("purpose")
	}
	if !slices.Contains(p.Channels, channel) {
		return permit.Question{}, fault.New(fault.Denied, "notice.not_promised", "the register notice does not promise this purpose by that channel").In("channel")
	}
	q := permit.Question{Class: permit.Class(p.Class), Purpose: p.ID, Channel: channel, At: at, Basis: p.Basis.Kind, NoSoftOptIn: p.SoftOptIn == nil}
	if p.SoftOptIn != nil {
		q.Goods = p.SoftOptIn.Goods
	}
	return q, nil
}
