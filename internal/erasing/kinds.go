package erasing

import (
	"slices"
	"strings"

	"kartotek/internal/noticedef"
)

// records says which record of the notice a kind of holding is; a prefix ending in a
// dot stands for all kinds of a room. What no line names is kept by the program for
// its own sake and stands in a plan under its own name.
var records = map[string]string{
	"ledger.":   "ledger",
	"outbox.":   "message",
	"post.":     "message",
	"series.":   "message",
	"clicks.":   "visit",
	"returns.":  "message",
	"order.":    "order",
	"service.":  "message",
	"note.":     "note",
	"survey.":   "answer",
	"paper.":    "message",
	"cookie.":   "web_consent",
	"campaign.": "message",
}

// proofs are what the program keeps to be able to show what was obeyed, and how
// long. They hold no address and no words of the person. law: GDPR 5(2), 7(1)
var proofs = map[string]noticedef.Keep{
	own("ledger.permissions"): {Law: "GDPR 5(2)"},
	own("rights"):             {Then: noticedef.Duration{N: 24, Unit: "months"}, Law: "GDPR 5(2)"},
	own("recipient"):          {Then: noticedef.Duration{N: 24, Unit: "months"}, Law: "GDPR 19"},
}

// ours are kinds that belong to no category of the notice although a record is named
// like them: they are proof of what was done.
var ours = map[string]string{"ledger.permissions": own("ledger.permissions"), "rights.": own("rights"), "recipient.": own("recipient"),
	"scan.": own("rights"), "retention.": own("retention")}

// instead are records that a notice may describe together with another.
var instead = map[string]string{"visit": "message"}

// recordOf names the record of a kind; "" when it is none.
func recordOf(h Held) string {
	if r, ok := records[h.Name()]; ok {
		return r
	}
	return records[h.Keeper+"."]
}

// sorted puts what is held into categories, in the order of the notice.
func sorted(f Facts) []Line {
	s := sorter{notice: f.Notice, at: map[string]int{}}
	for _, c := range f.Notice.Categories {
		s.at[c.ID] = len(s.lines)
		s.lines = append(s.lines, Line{Category: c.ID, Title: c.Title})
	}
	for _, h := range f.Held {
		s.add(h)
	}
	return slices.DeleteFunc(s.lines, func(l Line) bool { return l.Count == 0 })
}

type sorter struct {
	notice *noticedef.Notice
	lines  []Line
	at     map[string]int
}

func (s *sorter) add(h Held) {
	if h.Keeper == "party" {
		s.addParty(h)
		return
	}
	for _, name := range []string{h.Name(), h.Keeper + "."} {
		if category, ok := ours[name]; ok {
			s.put(category, h.Name(), h.Count)
			return
		}
	}
	s.put(s.categoryOf(recordOf(h), h.Name()), h.Name(), h.Count)
}

// addParty puts a person's row into the categories of its fields, further addresses
// with the e-mail address, and tags and history with the name.
func (s *sorter) addParty(h Held) {
	switch h.Kind {
	case "person":
		for _, name := range h.Fields {
			i := s.put(s.ofField(name), h.Name(), 1)
			s.lines[i].Fields = append(s.lines[i].Fields, name)
		}
	case "addresses":
		s.put(s.ofField("email"), h.Name(), h.Count)
	default:
		s.put(s.ofField("last_name"), h.Name(), h.Count)
	}
}

func (s *sorter) ofField(name string) string {
	if f, ok := s.notice.Field(name); ok && f.Category != "" {
		return f.Category
	}
	return own("party." + name)
}

// own is the category of what no category of the notice covers.
func own(name string) string { return "kartotek." + strings.ReplaceAll(name, ".", "_") }

func (s *sorter) categoryOf(record, name string) string {
	for ; record != ""; record = instead[record] {
		for _, c := range s.notice.Categories {
			if c.Record == record {
				return c.ID
			}
		}
	}
	return own(name)
}

// put counts things under a category and gives the place of its line.
func (s *sorter) put(category, kind string, n int) int {
	i, ok := s.at[category]
	if !ok {
		i = len(s.lines)
		s.at[category] = i
		s.lines = append(s.lines, Line{Category: category})
	}
	l := &s.lines[i]
	l.Count += n
	if !slices.Contains(l.Kinds, kind) {
		l.Kinds = append(l.Kinds, kind)
	}
	return i
}
