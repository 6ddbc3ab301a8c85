package letter

import (
	"sync"
	"time"

	"kartotek/internal/campaign/def"
	"kartotek/internal/id"
)

// Cache keeps the letters last made, because every range of a campaign needs the
// same one. A campaign under way cannot be changed; the notice can.
type Cache struct {
	mu   sync.Mutex
	made map[cacheKey]*Letter // guarded by mu
}

type cacheKey struct {
	campaign id.ID
	variant  int
	changed  int64
	notice   int
}

// Get gives a campaign's letter, made at a moment if it was not made before.
func (k *Cache) Get(r Press, c *def.Campaign, t *Terms, now time.Time) (*Letter, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := cacheKey{c.ID, c.Variant, c.ChangedAt, t.Version}
	if l := k.made[at]; l != nil {
		return l, nil
	}
	l, err := r.Prepare(c, t, now)
	if err != nil {
		return nil, err
	}
	if len(k.made) > 16 || k.made == nil {
		k.made = map[cacheKey]*Letter{}
	}
	k.made[at] = l
	return l, nil
}

// Others gives the further letters of a test, the second first.
func (k *Cache) Others(r Press, c *def.Campaign, t *Terms, now time.Time) (all []*Letter, err error) {
	for n := 2; n <= c.Letters(); n++ {
		l, err := k.Get(r, c.Letter(n), t, now)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}
