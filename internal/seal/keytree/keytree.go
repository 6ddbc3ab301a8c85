// Package keytree makes a key for each of 2^n places out of one, and forgets single
// ones.
//
// The key of a place is found by walking down from a root, bit by bit: each step is one
// SHA-256 of the key so far and the bit (the tree of Goldreich, Goldwasser and Micali).
// So nothing has to be stored for a place that is in use. To forget a place, the node
// above it is taken away and the nodes beside its path are put in: from them every other
// key can still be made, and from nothing that is left can that one (a puncturable
// function, after Boneh and Waters, Kiayias and others, Boyle and others, 2013). Only
// what is forgotten costs room, and places close together share it.
//
// It calculates only; package seal keeps the files.
package keytree

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
)

// Key is the key of a place, or of a node above places.
type Key [32]byte

// MaxDepth is how deep a tree can be.
const MaxDepth = 63

// node is the key from which all places begin that share the first bits of at.
type node struct {
	at    uint64 // bits from the top, the others zero
	depth int
	key   Key
}

// covers reports whether a place is below the node.
func (n *node) covers(place uint64) bool { return (place^n.at)&mask(n.depth) == 0 }

// mask has the first bits set.
func mask(bits int) uint64 { return ^(^uint64(0) >> bits) }

// Tree is what is known of the keys of 2^depth places. A place is a number whose first
// depth bits, from the top, name it. It is not safe for concurrent use.
type Tree struct {
	depth int
	nodes []node  // in order of at; none covers another
	near  [2]node // nodes above the last place asked for: the next is often close to it
}

// New makes a tree of which everything is known.
func New(depth int, root Key) *Tree { return &Tree{depth: depth, nodes: []node{{key: root}}} }

// label sets these hashes apart from all others. With it a step fits one block of
// SHA-256, and as all inputs have one length nothing can be appended to them.
const label = "kartotek keytree 1"

// child is the key one step below.
func child(k *Key, bit uint64) Key {
	var in [len(Key{}) + 1 + len(label)]byte
	copy(in[:], k[:])
	in[len(k)] = byte(bit)
	copy(in[len(k)+1:], label)
	return sha256.Sum256(in[:])
}

// bit is one of a place, counted from the top.
func bit(place uint64, depth int) uint64 { return place >> (63 - depth) & 1 }

// nears are how far above a place the nodes lie that are kept from one question to the
// next.
var nears = [2]int{20, 10}

// Key gives the key of a place; false when it was forgotten.
func (t *Tree) Key(place uint64) (Key, bool) {
	i, ok := t.find(place)
	if !ok {
		return Key{}, false
	}
	n := t.nodes[i]
	for i := range t.near {
		if t.near[i].depth > n.depth && t.near[i].covers(place) {
			n = t.near[i]
		}
	}
	for n.depth < t.depth {
		n.key = child(&n.key, bit(place, n.depth))
		n.depth++
		for i, up := range nears {
			if n.depth == t.depth-up {
				t.near[i] = node{place & mask(n.depth), n.depth, n.key}
			}
		}
	}
	return n.key, true
}

// find gives the node that covers a place.
func (t *Tree) find(place uint64) (int, bool) {
	i, same := slices.BinarySearchFunc(t.nodes, place, func(n node, p uint64) int { return cmp.Compare(n.at, p) })
	if !same {
		i--
	}
	return i, i >= 0 && t.nodes[i].covers(place)
}

// Knows reports whether the key of a place can be made.
func (t *Tree) Knows(place uint64) bool { _, ok := t.find(place); return ok }

// Forget takes away what the key of a place can be made of; false when it was before.
func (t *Tree) Forget(place uint64) bool {
	i, ok := t.find(place)
	if !ok {
		return false
	}
	t.near = [2]node{}
	var before, after []node
	for n := t.nodes[i]; n.depth < t.depth; {
		b := bit(place, n.depth)
		beside := node{(place&mask(n.depth) | (1-b)<<(63-n.depth)), n.depth + 1, child(&n.key, 1-b)}
		if b == 1 {
			before = append(before, beside)
		} else {
			after = append(after, beside)
		}
		n = node{place & mask(n.depth+1), n.depth + 1, child(&n.key, b)}
	}
	slices.Reverse(after)
	t.nodes = slices.Replace(t.nodes, i, i+1, append(before, after...)...)
	return true
}

// size is how many bytes a node takes when it is written.
const size = 1 + 8 + len(Key{})

// Append writes what is known.
func (t *Tree) Append(b []byte) []byte {
	for i := range t.nodes {
		n := &t.nodes[i]
		b = append(b, byte(n.depth))
		b = binary.BigEndian.AppendUint64(b, n.at)
		b = append(b, n.key[:]...)
	}
	return b
}

var errForm = errors.New("not a tree of keys")

// Parse reads what Append wrote of a tree of a depth. Anything else is an error.
func Parse(depth int, b []byte) (*Tree, error) {
	if len(b)%size != 0 {
		return nil, errForm
	}
	t := &Tree{depth: depth, nodes: make([]node, len(b)/size)}
	free := uint64(0) // the first place that no node before covers
	for i := range t.nodes {
		n, in := &t.nodes[i], b[i*size:]
		n.depth, n.at, n.key = int(in[0]), binary.BigEndian.Uint64(in[1:]), Key(in[9:size])
		if n.depth > depth || n.at&^mask(n.depth) != 0 || n.at < free || i > 0 && free == 0 {
			return nil, errForm
		}
		free = (n.at | ^mask(n.depth)) + 1 // 0 when the node reaches to the end
	}
	return t, nil
}
