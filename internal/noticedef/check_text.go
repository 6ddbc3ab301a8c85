package noticedef

import (
	"regexp"
	"slices"
	"strings"

	"kartotek/internal/law"
	"kartotek/internal/noticedef/facts"
)

// openIDs are names of categories that say nothing.
var openIDs = []string{"other", "others", "misc", "miscellaneous", "additional", "extra", "ovrigt", "annat", "muut", "muu"}

// phrase is wording that a notice must not use, in any of its languages.
type phrase struct {
	code  string
	scope func(path string) bool // where it is forbidden; nil is everywhere
	re    *regexp.Regexp
	why   string
}

// words builds a pattern of alternatives that match whole words. Go's \b knows
// only ASCII letters, so the edges are spelled out.
func words(alternatives ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^\p{L}\p{N}])(` + strings.Join(alternatives, "|") + `)(?:$|[^\p{L}\p{N}])`)
}

// listing is where a text names data, purposes or people who receive it, so
// that an example or a remainder would leave the list open.
func listing(path string) bool {
	return strings.HasPrefix(path, "categories.") || strings.HasPrefix(path, "sources[") ||
		strings.HasPrefix(path, "purposes.") && strings.Contains(path, ".title.") ||
		strings.HasPrefix(path, "recipients.") && strings.Contains(path, ".does.")
}

var phrases = []phrase{
	{"N21", nil, words(`etc\.?`, `et cetera`, `and so on`, `m\. ?m\.`, `osv\.?`, `o\. ?s\. ?v\.?`, `m\. ?fl\.`, `jne\.?`, `ym\.`, `yms\.?`, `ynnä muu\p{L}*`,
		`including but not limited to`, `among other things`, `other (?:personal )?(?:data|information|details)`, `any other \p{L}+`,
		`övriga (?:person)?uppgifter`, `övrig information`, `andra (?:person)?uppgifter`, `annan information`, `bland annat`,
		`muut (?:henkilö)?tiedot`, `muita tietoja`, `muuta tietoa`, `muun muassa`), "leaves the list open; say what it is"},
	{"N21", listing, words(`others?`, `miscellaneous`, `for example`, `e\.g\.?`, `such as`, `övrigt`, `övriga`, `diverse`, `till exempel`, `t\. ?ex\.?`, `exempelvis`, `såsom`,
		`muut`, `muu`, `muita`, `sekalaiset`, `esimerkiksi`, `esim\.?`, `kuten`), "leaves the list open; say what it is"},
	{"N22", nil, words(`may (?:also )?(?:be )?(?:transfer|disclose|share|pass|hand|sen[dt])\p{L}*`, `might (?:be )?(?:transfer|disclose|share)\p{L}*`,
		`saatetaan (?:\p{L}+ )?(?:luovuttaa|siirtää|välittää)`, `voidaan (?:\p{L}+ )?(?:luovuttaa|siirtää)`, `voimme (?:\p{L}+ )?(?:luovuttaa|siirtää)`,
		`kan komma att (?:överföra|lämna|utlämna|dela|skicka)\p{L}*`, `kan (?:överföras|lämnas ut|utlämnas|delas med)`), "says that data may go somewhere; say where it goes"},
	{"N23", nil, words(`by (?:visiting|using|browsing|continuing)[^.]{0,80}(?:accept|agree|consent)\p{L}*`, `continued use[^.]{0,60}(?:accept|agree|consent)\p{L}*`,
		`genom att (?:använda|besöka|fortsätta|surfa)[^.]{0,80}(?:godkänner|accepterar|samtycker)`,
		`käyttämällä[^.]{0,80}hyväksy\p{L}*`, `(?:vierailemalla|jatkamalla)[^.]{0,80}(?:hyväksy|suostu)\p{L}*`), "takes conduct for consent; only a clear act is consent"},
	{"N24", nil, words(`only (?:in writing|by (?:post|letter|e-?mail|mail|phone))`, `in person only`, `(?:endast|bara|enbart) (?:skriftligt|skriftligen|per (?:post|brev|e-post|telefon)|genom personligt besök)`,
		`(?:vain|ainoastaan) (?:kirjallisesti|postitse|kirjeitse|sähköpostitse|puhelimitse|henkilökohtaisesti)`), "closes every other way to ask"},
	{"N25", nil, words(`(?:a )?copy of (?:your|an|the) (?:id\p{L}*|passport|identity)[^.]{0,40}`, `kopia av (?:din |ditt |en |ett )?(?:id|identitet|legitimation|pass|körkort)\p{L}*`,
		`(?:kopio|kopion) (?:henkilötodistuksesta|passista|ajokortista|henkilöllisyystodistuksesta)`, `henkilötodistuksen kopio\p{L}*`), "asks for an identity document as a rule; ask only on recorded doubt"},
	{"N26", nil, words(`(?:does|do) not (?:apply|concern|cover)[^.]{0,60}(?:marketing|customers)`, `cannot (?:object to|opt out of|stop)[^.]{0,60}marketing`,
		`gäller inte[^.]{0,60}(?:marknadsföring|kundförhåll)\p{L}*`, `kan inte (?:förbjuda|motsätta|säga nej)[^.]{0,60}marknadsföring\p{L}*`,
		`(?:ei koske|eivät koske)[^.]{0,60}(?:markkinoin|asiakassuh)\p{L}*`, `et voi kieltää[^.]{0,60}(?:markkinoin|suoramarkkinoin)\p{L}*`), "takes something out of the right to stop direct marketing"},
}

// wording judges every text of the notice by its words: acts that no longer
// apply, open lists, "may transfer" and the like.
func (c *checker) wording() {
	on := c.n.holds(c.today)
	facts.Of(c.n).Walk("", func(path, value string, text bool) {
		for _, act := range c.law.RepealedIn(value, on) {
			c.err("N20", path, "%s (%s) was repealed on %s%s", act.Title.In("en"), act.Number, act.Repealed, instead(act))
		}
		if text {
			c.phrases(path, value)
			c.mentioned(path, value)
		}
	})
}

func instead(act law.Act) string {
	if act.ReplacedBy == "" {
		return ""
	}
	return "; now " + act.ReplacedBy
}

func (c *checker) phrases(path, value string) {
	seen := ""
	for _, p := range phrases {
		if p.code == seen || p.scope != nil && !p.scope(path) {
			continue
		}
		if m := p.re.FindStringSubmatch(value); m != nil {
			c.err(p.code, path, "%q %s", facts.Clip(m[1]), p.why)
			seen = p.code
		}
	}
}

var mentionRE = regexp.MustCompile(`[^\s@<>"(),;:]+@[^\s@<>"(),;:]+\.[^\s@<>"(),;:.]+`)

// mentioned: an address written into a text must be one the notice declares,
// or it will outlive the change of the real one.
func (c *checker) mentioned(path, value string) {
	n := c.n
	known := []string{n.Controller.Email, n.Contact.Email, n.Officer.Email, n.Representative.Email, n.JointControllers.Email}
	for _, m := range mentionRE.FindAllString(value, -1) {
		if !slices.Contains(known, m) {
			c.err("N19", path, "the text names an address that no contact of the notice has")
		}
	}
}

// translations: every text exists in every language of the notice.
func (c *checker) translations() {
	if len(c.n.Languages) == 0 {
		return // already a finding of the schema
	}
	facts.Of(c.n).EachText("", func(path string, t Text) {
		for _, l := range c.n.Languages {
			if t[l] == "" {
				c.err("N30", path+"."+l, "the text is missing in %q", l)
			}
		}
	})
}
