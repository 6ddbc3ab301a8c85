package law

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Act is a statute with the days it is in force. Patterns recognise it in prose in Swedish,
// Finnish and English; Except are wordings that look like it but mean another act.
type Act struct {
	ID         string   `yaml:"id"`     // as citations begin: "FI 523/1999", "GDPR"
	Number     string   `yaml:"number"` // as the country writes it
	Title      Text     `yaml:"title"`
	InForce    Date     `yaml:"in_force"` // first day it applies
	Repealed   Date     `yaml:"repealed"` // first day it no longer does; "" while in force
	ReplacedBy string   `yaml:"replaced_by"`
	Note       string   `yaml:"note"`
	Confidence string   `yaml:"confidence"`
	Patterns   []string `yaml:"patterns"`
	Except     []string `yaml:"except"`

	match, except *regexp.Regexp
}

// compile checks the act's days and makes one expression of its patterns.
func (a *Act) compile() (err error) {
	if a.ID == "" || !a.InForce.ok() || a.Repealed != "" && a.Repealed <= a.InForce {
		return fmt.Errorf("act %q: id or days in force are wrong", a.ID)
	}
	if len(a.Patterns) == 0 {
		return fmt.Errorf("act %s: no pattern recognises it", a.ID)
	}
	if a.match, err = alternatives(a.Patterns); err != nil {
		return fmt.Errorf("act %s: %w", a.ID, err)
	}
	if len(a.Except) > 0 {
		a.except, err = alternatives(a.Except)
	}
	return err
}

func alternatives(patterns []string) (*regexp.Regexp, error) {
	return regexp.Compile(`(?i)(?:` + strings.Join(patterns, `|`) + `)`)
}

// On says whether the act is in force on a day.
func (a *Act) On(day time.Time) bool {
	d := DateOf(day)
	return d >= a.InForce && (a.Repealed == "" || d < a.Repealed)
}

// in says whether the text speaks of the act.
func (a *Act) in(text string) bool {
	if a.except != nil {
		text = a.except.ReplaceAllString(text, " ")
	}
	return a.match.MatchString(text)
}

// Act finds an act by its id, such as "FI 917/2014".
func (s *Set) Act(id string) (Act, bool) {
	for _, a := range s.acts() {
		if a.ID == id {
			return *a, true
		}
	}
	return Act{}, false
}

// ActsIn lists the acts a text speaks of, in force or not, in the packs' order.
func (s *Set) ActsIn(text string) (found []Act) {
	text = strings.Join(strings.Fields(text), " ") // prose wraps lines where it likes
	for _, a := range s.acts() {
		if a.in(text) {
			found = append(found, *a)
		}
	}
	return found
}

// RepealedIn lists the acts a text speaks of that are repealed on a day. A name that two
// countries used ("personuppgiftslagen") is read as the act of the packs in the set.
func (s *Set) RepealedIn(text string, on time.Time) []Act {
	day := DateOf(on)
	return slices.DeleteFunc(s.ActsIn(text), func(a Act) bool {
		return a.Repealed == "" || day < a.Repealed
	})
}

// acts lists every act of the set once; a national entry hides one of its id in the base.
func (s *Set) acts() (all []*Act) {
	for _, p := range s.packs {
		all = append(all, p.Acts...)
	}
	return all
}
