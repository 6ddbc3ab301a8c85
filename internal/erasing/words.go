package erasing

import (
	"strings"

	"kartotek/internal/i18n"
)

// Words says in one sentence what becomes of the category and why, in the printer's
// language.
func (l Line) Words(p *i18n.Printer) string {
	until := string(l.Until)
	if day, ok := l.Until.Time(); ok {
		until = p.Date(day)
	}
	switch {
	case l.Action == Erase:
		return p.T("erasing.erase")
	case l.Code == NotAsked:
		return p.T("erasing.not_asked")
	case l.Code == LegallyRequired && until == "":
		return p.T("erasing.proof", "law", l.Law, "article", l.Article)
	case l.Code == LegallyRequired:
		return p.T("erasing.law", "until", until, "law", l.Law, "article", l.Article)
	case l.Code == LegalClaims && until == "":
		return p.T("erasing.claim", "article", l.Article)
	case l.Code == LegalClaims:
		return p.T("erasing.claim_until", "until", until, "article", l.Article)
	case l.Code == Contested:
		return p.T("erasing.contested", "article", l.Article)
	}
	return p.T("erasing.exception", "article", l.Article, "code", string(l.Code))
}

// Sentence says what becomes of how much of the category.
func (l Line) Sentence(p *i18n.Printer) string {
	return p.T("erasing.line", "what", l.Name(p), "count", p.Number(l.Count), "then", l.Words(p))
}

// Name is the category's title: the notice's, or ours for what the program keeps.
func (l Line) Name(p *i18n.Printer) string {
	if t := l.Title.In(p.Lang()); t != "" {
		return t
	}
	switch l.Category {
	case own("ledger.permissions"):
		return p.T("erasing.own.ledger_permissions")
	case own("rights"):
		return p.T("erasing.own.rights")
	case own("recipient"):
		return p.T("erasing.own.recipient")
	}
	if l.Category == own("retention") {
		return p.T("erasing.own.retention")
	}
	return p.T("erasing.own.rest")
}

// Words says the ground in the printer's language.
func (g Ground) Words(p *i18n.Printer) string {
	return p.T("erasing.ground." + strings.Trim(strings.TrimPrefix(string(g), "17(1)"), "()"))
}
