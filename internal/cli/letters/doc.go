// Package letters holds the commands about letters: campaigns from draft to
// results, the relays they go through, mails that came back, and addresses that are
// not to be used.
//
// Each type that ends in a Run method is one command; Campaign, Relay, Bounce and
// Suppress are the groups that package cli hangs into the command line. Their JSON is
// a contract with scripts, and so is their exit code.
package letters
