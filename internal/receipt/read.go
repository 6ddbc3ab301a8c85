package receipt

import "time"

// Content is what a receipt says, for a page. It is read whether the receipt
// holds or not; only Verify tells.
type Content struct {
	*Entry
	ID         string // of the receipt
	Created    time.Time
	Controller string
	Language   string
	Purposes   []string // titles
	Recipients []string // names
	Version    string   // of the notice
	NoticeURL  string   // "" when it cannot be read in public
	NoticeHash string
	Shown      string // the wording that was shown or written; "" when it is withheld or erased
	ShownLang  string
	Key        string // short form of the log's key
}

// Read takes out of a receipt what a person wants to know.
func Read(data []byte) (c Content, err error) {
	receipt, err := parse(data)
	if err != nil {
		return c, err
	}
	p, err := proofOf(receipt)
	if err != nil {
		return c, err
	}
	if c.Entry, err = ParseEntry(p.Entry); err != nil {
		return c, err
	}
	c.ID, c.Language = receipt.text("dct:identifier"), receipt.text("dct:language")
	c.Created, _ = time.Parse(entryTime, receipt.text("dct:created")) // a receipt without is not shown as made then
	for _, rec := range receipt.objects("dpv:hasRecordOfActivity") {
		c.record(rec)
	}
	if p.Evidence != nil {
		e := readEvidence(p.Evidence)
		c.Shown, c.ShownLang = e.Text, e.Language
	}
	if len(p.Keys) > 0 {
		c.Key = KeyName(p.Keys[len(p.Keys)-1])
	}
	return c, nil
}

func (c *Content) record(rec object) {
	c.Controller = rec.object("dpv:hasDataController").text("dpv:hasName")
	for _, x := range rec.objects("dpv:hasProcess") {
		c.Purposes = append(c.Purposes, x.object("dpv:hasPurpose").object("dct:title").text("@value"))
	}
	for _, x := range rec.objects("dpv:hasRecipient") {
		if name := x.text("dpv:hasName"); name != "" {
			c.Recipients = append(c.Recipients, name)
		}
	}
	for _, n := range rec.objects("dpv:hasNotice") {
		if v := n.text("kt:version"); v != "" {
			c.Version, c.NoticeHash, c.NoticeURL = v, n.text("dct:identifier"), web(n.text("@id"))
		}
	}
}

// web gives an address people can open.
func web(s string) string {
	if len(s) > 8 && (s[:8] == "https://" || s[:7] == "http://") {
		return s
	}
	return ""
}
