package def

import (
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"

	"kartotek/internal/fault"
	"kartotek/internal/permit"
)

// MaxFile is the most bytes a campaign file holds.
const MaxFile = 1 << 20

// ReadFile reads a campaign from YAML:
//
//	name: June letter        # running the same name again resumes
//	purpose: newsletter
//	class: marketing
//	channel: email
//	from: Nordanvind <news@nordanvind.example>
//	subject: "Hello {{ person.first_name }}"
//	audience: everyone       # or a segment expression
//	body: |
//	  # Markdown or HTML
//
// also reply_to, format (markdown, html, blocks), language, and options, which holds how it
// is sent as Options has it: split, cap, quiet, archive, clicks, relay. Unknown keys,
// keys twice and values that are not text are refused with their line.
func ReadFile(data []byte) (*Campaign, error) {
	if len(data) > MaxFile {
		return nil, fault.New(fault.TooLarge, "campaign.file_size", "a campaign file is at most %d bytes", MaxFile)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fault.New(fault.Invalid, "campaign.file", "the file is not YAML").Because(err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fault.New(fault.Invalid, "campaign.file", "the file is a list of key: value")
	}
	c := &Campaign{}
	return c, c.fill(doc.Content[0])
}

func (c *Campaign) fill(m *yaml.Node) error {
	into := map[string]*string{"name": &c.Name, "purpose": &c.Purpose, "class": (*string)(&c.Class), "channel": &c.Channel, "from": &c.From, "reply_to": &c.ReplyTo,
		"subject": &c.Subject, "body": &c.Body, "format": &c.Format, "language": &c.Language, "audience": &c.Audience}
	seen := map[string]bool{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		if seen[k.Value] {
			return fault.New(fault.Invalid, "campaign.file_twice", "the key is given twice").In(k.Value).At(k.Line)
		}
		if k.Value == "options" {
			seen[k.Value] = true
			if err := c.Options.fill(v); err != nil {
				return err
			}
			continue
		}
		to := into[k.Value]
		switch {
		case to == nil:
			return fault.New(fault.Invalid, "campaign.file_key", "a campaign has no such key").In(k.Value).At(k.Line)
		case v.Kind != yaml.ScalarNode:
			return fault.New(fault.Invalid, "campaign.file_value", "the value is a text").In(k.Value).At(v.Line)
		}
		seen[k.Value], *to = true, v.Value
	}
	for _, need := range []string{"name", "purpose", "class", "channel", "from", "subject", "body", "audience"} {
		if strings.TrimSpace(*into[need]) == "" {
			return fault.New(fault.Invalid, "campaign.file_missing", "the key is missing").In(need)
		}
	}
	switch c.Class {
	case permit.Marketing, permit.Survey, permit.Service:
		return nil
	}
	return fault.New(fault.Invalid, "campaign.class", "the class is marketing, survey or service").In("class")
}

// fill reads the options of a file. What a run writes there is none of a file's.
func (o *Options) fill(n *yaml.Node) error {
	var tree map[string]any
	err := n.Decode(&tree)
	raw, wrong := json.Marshal(tree)
	if err == nil && wrong == nil {
		*o, err = ParseOptions(string(raw))
	}
	written := o.Schedule != nil || o.Split != nil && (o.Split.Winner != 0 || o.Split.Due != 0 || o.Split.ChosenAt != 0 || o.Split.By != "" || o.Split.Tried != nil)
	if err != nil || wrong != nil || written {
		return fault.New(fault.Invalid, "campaign.file_options", "the options are split, cap, quiet, archive, clicks, clicks_for and relay, each with its own keys").In("options").At(n.Line)
	}
	return nil
}
