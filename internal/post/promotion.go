package post

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"

	"kartotek/internal/fault"
)

//go:embed promotion.txt
var promotionText string

// phrase is a line of promotion.txt: words, each between single spaces.
type phrase struct {
	language string
	words    string
	goesOn   bool // its last word may have more letters
}

// phrases reads promotion.txt, once.
var phrases = sync.OnceValue(func() (all []phrase) {
	for line := range strings.Lines(promotionText) {
		language, words, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || language == "#" {
			continue
		}
		words, goesOn := strings.CutSuffix(words, "*")
		all = append(all, phrase{language, words, goesOn})
	}
	return all
})

// Money and shares talk promotion only together with words that say so: a total, a
// row of discount or the tax of an order are plain facts. The text is folded.
var promotionPrices = []*regexp.Regexp{
	regexp.MustCompile(` \d{1,2} ?% (rabatt|alennu\p{L}*|ale |discount|off |billigare|halvempi|halvemmal\p{L}*|cheaper)`),
	regexp.MustCompile(` (upp till|jopa|up to) \d{1,2} ?%`),
	regexp.MustCompile(` (spara|säästä|säästät|save|rabatt på|alennus|alennusta|discount of) (upp till |jopa |up to )?\d+ ?(%|€|kr|eur|sek) (på|på allt|koko|kaikis\p{L}*|on|off|när|kun|when)`),
	regexp.MustCompile(` (nu endast|nu bara|nyt vain|now only|just nu) (€ ?)?\d+`),
	regexp.MustCompile(` (ord|ordinarie|norm|normaali|norm hinta|ovh) (pris|hinta|price)? ?\d+`),
}

// promotionLink is a link to a page of a campaign: by its words, the marks that
// campaigns put on links, or an archived newsletter of this register.
var promotionLink = regexp.MustCompile(`(?i)https?://[^\s"'<>)\]]*?(/(?:campaigns?|kampanj(?:er|a|at)?|erbjudanden?|tarjous|tarjoukset|offers?|deals|sale|rea|ale|outlet|promo)\b|/archive/|utm_campaign=)`)

var (
	liquidTags = regexp.MustCompile(`(?s)\{\{.*?\}\}|\{%.*?%\}`)
	noWord     = regexp.MustCompile(`[^\p{L}\p{N}%€$]+`)
	linkParts  = regexp.MustCompile(`(?i)https?://[^\s"'<>)\]]+`)
)

// Promotion finds what makes a text promotion, in any of the languages: phrases as
// they stand in promotion.txt, prices and discounts as written, links by their mark.
// It is pure; an empty answer means that nothing was found. law: GDPR 21(2), FI 917/2014 200
func Promotion(text string) (found []string) {
	text = liquidTags.ReplaceAllString(text, " … ")
	for _, link := range promotionLink.FindAllStringSubmatch(text, -1) {
		found = append(found, strings.ToLower(link[1])) // the mark alone: what is around it may be one person's
	}
	folded := " " + noWord.ReplaceAllString(strings.ToLower(linkParts.ReplaceAllString(text, " … ")), " ") + " "
	for _, p := range phrases() {
		if strings.Contains(folded, " "+p.words+" ") || p.goesOn && strings.Contains(folded, " "+p.words) {
			found = append(found, p.words)
		}
	}
	for _, price := range promotionPrices {
		for _, hit := range price.FindAllString(folded, -1) {
			found = append(found, strings.TrimSpace(hit))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// refusePromotion refuses a service message that promotes, naming what was found.
// What is named are words of promotion.txt and of the sender's own letter.
func refusePromotion(found []string) error {
	if len(found) == 0 {
		return nil
	}
	if len(found) > 5 {
		found = append(found[:5:5], "…")
	}
	return &Promoting{Found: found}
}

// Promoting is the refusal of a service message that is promotion.
type Promoting struct{ Found []string }

// Error implements error.
func (p *Promoting) Error() string { return p.Unwrap().Error() }

// Unwrap gives the fault that doors show.
func (p *Promoting) Unwrap() error {
	return fault.New(fault.Invalid, "post.promotion", "a service message may not promote; found: %s. Take it out, or send it for a purpose of marketing", strings.Join(p.Found, "; ")).In("body")
}
