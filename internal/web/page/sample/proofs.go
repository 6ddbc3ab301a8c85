package sample

import (
	"strings"

	"kartotek/internal/web/page"
)

// proofs are an entry of the log with its proof, and one that waits.
func (s set) proofs() []Sample {
	v := page.ProofView{Frame: s.frame("log", s.p.T("nav.log")), Number: "dq3k5w8zr01", At: now,
		Who: page.Link{Text: "Maija E.", Href: "/log?who=m"}, Act: page.Link{Text: s.s("läste", "luki", "read"), Href: "/log?what=read"},
		Outcome: page.Link{Text: s.p.T("log.outcome.ok"), Href: "/log?outcome=ok"}, Thing: asa,
		Facts:  []page.Pair{{Label: s.p.T("log.purpose"), Value: s.newsletter()}, {Label: s.p.T("proof.device"), Value: "Firefox, Linux"}},
		Digest: strings.Repeat("a41c9e02", 8), Leaf: strings.Repeat("03d7715e", 8)}
	waits, broken := v, v
	waits.Waits = true
	broken.Broken = s.p.T("error.tree.cut")
	v.Index, v.Size, v.Signed, v.Root = "48 171", "48 212", now, strings.Repeat("7fe210bb", 8)
	v.Path = []string{strings.Repeat("11aa22bb", 8), strings.Repeat("33cc44dd", 8), strings.Repeat("55ee66ff", 8)}
	v.Head = "kartotek/9f21c0de00a1b2c3\n48212\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n— kartotek/9f21c0de00a1b2c3 hI2DJwAAroloI=\n"
	v.Keys = []string{"kartotek/9f21c0de00a1b2c3+84cd8327+AZrWqNfKPbd0cQ5z0YdkR3m8mB3x"}
	v.Download = "/log/dq3k5w8zr01/proof"
	return []Sample{{Name: "proof", Component: page.Proof(v)}, {Name: "proof-waits", Component: page.Proof(waits)}, {Name: "proof-broken", Component: page.Proof(broken)}}
}
