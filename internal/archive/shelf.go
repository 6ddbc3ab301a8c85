package archive

import (
	"cmp"
	"sync"

	"kartotek/internal/campaign"
	"kartotek/internal/id"
)

// shelfSize is how many bytes of letters a shelf holds at most, when it names no other.
const shelfSize = 16 << 20

// Shelf keeps the letters made last, because making one costs a thousand times what
// reading it does, and anybody may ask. It is safe for concurrent use; the zero Shelf
// is empty.
type Shelf struct {
	Most int // bytes; 0 for 16 MB

	mu   sync.Mutex
	made map[edition]Edition // guarded by mu
	size int                 // guarded by mu: bytes of all
}

// edition names what a letter follows from.
type edition struct {
	campaign id.ID
	changed  int64
	winner   int
	notice   int // version
	lang     string
}

// Make is the package's Make, from the shelf where it stands there. A letter that
// cannot be made is tried again each time.
func (s *Shelf) Make(c *campaign.Campaign, t *campaign.Terms, base, lang string, langs []string) (Edition, error) {
	k := edition{campaign: c.ID, changed: c.ChangedAt, notice: t.Version, lang: lang}
	if c.Options.Split != nil {
		k.winner = c.Options.Split.Winner
	}
	s.mu.Lock()
	e, known := s.made[k]
	s.mu.Unlock()
	if known {
		return e, nil
	}
	e, err := Make(c, t, base, lang, langs)
	if err != nil {
		return e, err
	}
	n := len(e.HTML) + len(e.Text) + len(e.Subject)
	s.mu.Lock()
	defer s.mu.Unlock()
	most := cmp.Or(s.Most, shelfSize)
	if s.made == nil || s.size+n > most {
		s.made, s.size = map[edition]Edition{}, 0
	}
	if _, twice := s.made[k]; !twice && n <= most {
		s.made[k], s.size = e, s.size+n
	}
	return e, nil
}
