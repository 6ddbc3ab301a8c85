package page

import "time"

// ProofView is one entry of the log with the proof that it stands there.
type ProofView struct {
	Frame
	Number   string // the entry's key
	At       time.Time
	Who      Link // each Href shows the log narrowed to that value
	Act      Link
	Outcome  Link
	Thing    Link
	Facts    []Pair // purpose, level, device, what else the entry says
	Digest   string // the entry's own, hex
	Waits    bool   // not in the tree yet
	Broken   string // sentence: why the log gives no proof; "" while it does
	Index    string // place in the tree
	Leaf     string // hash of the leaf, hex
	Size     string // of the tree the head is of
	Signed   time.Time
	Root     string   // hex
	Path     []string // hashes beside the way to the root, hex
	Head     string   // the signed checkpoint, as text
	Keys     []string // public keys it may be signed with
	Download string   // address of the proof as a file
}
