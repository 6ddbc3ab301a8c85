package noticedef

import (
	"regexp"
	"strings"
)

var (
	emailRE = regexp.MustCompile(`^[^\s@<>"(),;:]+@[^\s@<>"(),;:]+\.[^\s@<>"(),;:.]+$`)
	hostRE  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	fiIDRE  = regexp.MustCompile(`^\d{7}-\d$`)
	seIDRE  = regexp.MustCompile(`^\d{6}-?\d{4}$`)
	vatRE   = map[string]*regexp.Regexp{
		"FI": regexp.MustCompile(`^FI\d{8}$`),
		"SE": regexp.MustCompile(`^SE\d{10}01$`),
	}
	anyVatRE = regexp.MustCompile(`^[A-Z]{2}[0-9A-Z+*]{2,12}$`)
)

// identifiers checks the business id by its check digit and the VAT id by its
// form and its agreement with the business id.
func (c *checker) identifiers() {
	k := c.n.Controller
	country := k.Address.Country
	if k.BusinessID == "" {
		c.err("N31", "controller.business_id", "the business id is missing")
	} else if !ValidBusinessID(country, k.BusinessID) {
		c.err("N31", "controller.business_id", "the check digit or the form is wrong for a company in %s", country)
	}
	if k.VATID == "" {
		return
	}
	form := vatRE[country]
	if form == nil {
		form = anyVatRE
	}
	digits := onlyDigits(k.BusinessID)
	switch {
	case !form.MatchString(k.VATID):
		c.err("N31", "controller.vat_id", "this is not a VAT id of %s", country)
	case vatRE[country] != nil && !strings.HasPrefix(k.VATID, country+digits):
		c.err("N31", "controller.vat_id", "the VAT id does not belong to business id %s", k.BusinessID)
	}
}

// ValidBusinessID checks a company's identifier: the Finnish business id by
// its weighted digit, the Swedish organisation number by Luhn. Other countries
// only need something written.
func ValidBusinessID(country, id string) bool {
	switch country {
	case "FI":
		return fiIDRE.MatchString(id) && fiCheckDigit(id[:7]) == int(id[8]-'0')
	case "SE":
		return seIDRE.MatchString(id) && luhn(onlyDigits(id))
	}
	return strings.TrimSpace(id) != ""
}

// fiCheckDigit computes the eighth digit of a Finnish business id; -1 when the
// seven digits are not handed out (remainder 1).
func fiCheckDigit(seven string) int {
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(seven[i]-'0')
	}
	switch r := sum % 11; r {
	case 0:
		return 0
	case 1:
		return -1
	default:
		return 11 - r
	}
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
