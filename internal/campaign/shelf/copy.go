package shelf

import (
	"regexp"
	"strconv"
	"unicode/utf8"

	"kartotek/internal/campaign/def"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Copy makes a draft like a campaign, under a name, or under the next free one
// when none is given. A time planned and the outcome of a test are not copied.
func (s Shelf) Copy(tx *db.Tx, which id.ID, name string) (*def.Campaign, error) {
	c, err := s.Get(tx, which)
	if err != nil {
		return nil, err
	}
	if name == "" {
		if name, err = s.freeName(tx, c.Name); err != nil {
			return nil, err
		}
	}
	c.ID, c.Name, c.Options.Schedule = 0, name, nil
	if t := c.Options.Split; t != nil {
		c.Options.Split = &def.Split{Others: t.Others, Share: t.Share, Measure: t.Measure, Hours: t.Hours}
	}
	return s.Put(tx, *c)
}

var numbered = regexp.MustCompile(` \(\d+\)$`)

// freeName gives "June (2)", or the first number after that is free.
func (s Shelf) freeName(tx *db.Tx, name string) (string, error) {
	name = numbered.ReplaceAllString(name, "")
	for n := 2; ; n++ {
		tail := " (" + strconv.Itoa(n) + ")"
		head := name
		for utf8.RuneCountInString(head)+len(tail) > maxName {
			_, size := utf8.DecodeLastRuneInString(head)
			head = head[:len(head)-size]
		}
		if _, err := s.Named(tx, head+tail); fault.Is(err, fault.NotFound) {
			return head + tail, nil
		} else if err != nil {
			return "", err
		}
	}
}

// Usual are the options that a new campaign begins with: the limit and the quiet
// hours of the one made last.
func (s Shelf) Usual(tx *db.Tx) (o def.Options, err error) {
	last, err := s.List(tx, 0, 1)
	if err == nil && len(last) > 0 {
		o.Cap, o.Quiet = last[0].Options.Cap, last[0].Options.Quiet
	}
	return o, err
}
