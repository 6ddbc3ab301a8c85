package keytree

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var root = Key{1, 2, 3}

func places(depth int) *rapid.Generator[uint64] {
	return rapid.Custom(func(t *rapid.T) uint64 {
		// Often close together, as people of one import are.
		place := rapid.Uint64Range(0, 40).Draw(t, "low")
		if rapid.Bool().Draw(t, "far") {
			place = rapid.Uint64().Draw(t, "place")
		}
		return place << (64 - depth)
	})
}

// TestForgotten: of any places forgotten in any order exactly those have no key, and
// all others the key they had, also after writing and reading.
func TestForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		depth := rapid.SampledFrom([]int{1, 3, 8, 12, 51, 63}).Draw(t, "depth")
		gone := rapid.SliceOfN(places(depth), 0, 30).Draw(t, "gone")
		asked := append(slices.Clone(gone), rapid.SliceOfN(places(depth), 1, 30).Draw(t, "asked")...)
		whole, tree := New(depth, root), New(depth, root)
		seen := map[uint64]bool{}
		for _, g := range gone {
			if tree.Forget(g) == seen[g] {
				t.Fatalf("forgetting %x, before: %v", g, seen[g])
			}
			seen[g] = true
			if rapid.Bool().Draw(t, "look") {
				tree.Key(asked[len(asked)-1])
			}
		}
		again, err := Parse(depth, tree.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range asked {
			want, _ := whole.Key(a)
			for name, tree := range map[string]*Tree{"punctured": tree, "read again": again} {
				got, ok := tree.Key(a)
				if ok == seen[a] || ok != tree.Knows(a) || ok && got != want {
					t.Fatalf("%s: place %x: %v, forgotten %v", name, a, ok, seen[a])
				}
			}
		}
	})
}

// TestKeysDiffer: no two nodes of a tree have the same key.
func TestKeysDiffer(t *testing.T) {
	tree, seen := New(10, root), map[Key]bool{root: true}
	for p := range uint64(1 << 10) {
		k, ok := tree.Key(p << 54)
		if !ok || seen[k] {
			t.Fatalf("place %d has a key another has", p)
		}
		seen[k] = true
	}
}

// TestNothingLeft: what is written after forgetting holds no key from which the
// forgotten one can be made.
func TestNothingLeft(t *testing.T) {
	const depth, place = 16, uint64(0xbeef) << 48
	tree := New(depth, root)
	tree.Forget(place)
	text := tree.Append(nil)
	if len(text) != depth*size {
		t.Fatalf("%d bytes for one of %d levels", len(text), depth)
	}
	for k, d := root, 0; ; d++ {
		if bytes.Contains(text, k[:]) {
			t.Fatalf("the node %d steps down is still written", d)
		}
		if d == depth {
			break
		}
		k = child(&k, bit(place, d))
	}
	for p := range uint64(1 << depth) {
		tree.Forget(p << (64 - depth))
	}
	if rest := tree.Append(nil); len(rest) != 0 {
		t.Errorf("all are forgotten and %d bytes are left", len(rest))
	}
}

// TestStable holds the keys to what they are: with others, nothing sealed before opens.
func TestStable(t *testing.T) {
	k, _ := New(63, root).Key(0x123456789abcdef0)
	if got := fmt.Sprintf("%x", k[:8]); got != "bf4e9ce55fecb6b1" {
		t.Errorf("got %s", got)
	}
}

// FuzzParse: whatever is read is a tree that can be used, and is written as it was read.
func FuzzParse(f *testing.F) {
	tree := New(51, root)
	f.Add(51, tree.Append(nil))
	tree.Forget(7 << 13)
	f.Add(51, tree.Append(nil))
	f.Add(1, append(New(1, root).Append(nil), New(1, root).Append(nil)...))
	f.Fuzz(func(t *testing.T, depth int, b []byte) {
		if depth < 1 || depth > MaxDepth {
			return
		}
		tree, err := Parse(depth, b)
		if err != nil {
			return
		}
		if !bytes.Equal(tree.Append(nil), b) {
			t.Fatal("written otherwise than read")
		}
		for i := range tree.nodes {
			n := tree.nodes[i]
			if _, ok := tree.Key(n.at); !ok {
				t.Fatalf("node %d does not give its key", i)
			}
			if c := tree.nodes[:i]; slices.ContainsFunc(c, func(o node) bool { return o.covers(n.at) || n.covers(o.at) }) {
				t.Fatalf("node %d lies over another", i)
			}
		}
	})
}

func BenchmarkKey(b *testing.B) {
	for name, step := range map[string]uint64{"close": 200, "far": 1 << 40} {
		b.Run(name, func(b *testing.B) {
			tree := New(51, root)
			for i := range b.N {
				tree.Key(uint64(i) * step << 13)
			}
		})
	}
}

func BenchmarkForget(b *testing.B) {
	for _, before := range []int{0, 100, 2000} {
		b.Run(fmt.Sprint(before), func(b *testing.B) {
			tree := New(51, root)
			for i := range before {
				tree.Forget(uint64(i) * 0x9e3779b97f4a7c15 &^ (1<<13 - 1))
			}
			b.ResetTimer()
			for range b.N {
				t := &Tree{depth: 51, nodes: slices.Clone(tree.nodes)}
				t.Forget(0xfedcba9876543210 &^ (1<<13 - 1))
			}
		})
	}
}
