package page

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// ReceiptView is a receipt in plain words.
type ReceiptView struct {
	Public
	What        Chip   // consent, prohibition, …
	About       string // "Newsletter by e-mail"
	Address     string // masked
	Given       time.Time
	Recorded    time.Time
	How         string
	Notice      Link
	Recipients  []string
	Place       string // in the log
	Key         string // short form of the log's key
	Shown       string // the wording; "" when it is not shown
	ShownLang   string
	Withheld    bool // the wording is kept, and not in the file
	DownloadURL string
	VerifyURL   string
	BackURL     string
	BackText    string
}

// ReceiptLink is one entry of a person's list of receipts.
type ReceiptLink struct {
	Text string
	At   time.Time
	Href string
}

// ReceiptVerifyView is the page that checks a receipt in the browser.
type ReceiptVerifyView struct {
	Public
	Words      string   // JSON: the sentences the script says, by key
	Rules      string   // JSON: the tables it checks by
	Keys       string   // JSON: the public keys of this register's log
	KeyNames   []string // the same, for people
	OfflineURL string   // "" in the file that works without a server
}

// inline is a file put into the page itself, for the file that works alone.
func inline(name string) string {
	buf, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return string(buf)
}

func inlineStyle() string  { return "<style>" + inline("kartotek.css") + "</style>" }
func inlineScript() string { return "<script>" + inline("receipt.js") + "</script>" }

// offlinePolicy lets the file run its own script and style and nothing else: it
// cannot send anything anywhere.
func offlinePolicy() string {
	hash := func(name string) string {
		sum := sha256.Sum256([]byte(inline(name)))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{"default-src 'none'", "script-src " + hash("receipt.js"), "style-src " + hash("kartotek.css"), "form-action 'none'", "base-uri 'none'"}, "; ")
}
