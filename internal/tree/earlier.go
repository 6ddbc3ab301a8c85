package tree

import (
	"math"
	"slices"

	"kartotek/internal/id"
)

// A register that was kept by a program without a tree has entries that are no
// leaves. They are taken in once, behind what is there, by who asks Earlier which
// they are and gives them to Pend.

// Earlier reports whether an entry is older than the first leaf and neither a leaf
// nor waiting: then it is from before there was a tree, or was slipped in since as
// if it were. Which of the two, the tree cannot know.
func (c *Check) Earlier(kind byte, entry id.ID) bool {
	c.firstOnce.Do(func() { c.first = c.firstLeaf() })
	if entry >= c.first {
		return false
	}
	all := c.leaves[kind]
	_, found := slices.BinarySearchFunc(all, int64(entry), func(l leaf, e int64) int { return int(min(1, max(-1, l.id-e))) })
	return !found
}

// firstLeaf is the entry that was taken in first; beyond all when none was.
func (c *Check) firstLeaf() id.ID {
	for _, all := range c.leaves {
		for _, l := range all {
			if l.index&^seenBit == 0 {
				return id.ID(l.id)
			}
		}
	}
	return math.MaxInt64
}
