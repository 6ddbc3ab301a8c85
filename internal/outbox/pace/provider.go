package pace

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// known are providers by the end of their MX hosts. One provider has many
// domains; it counts what we send to all of them together.
var known = table(map[string]string{
	"google":         "google.com googlemail.com smtp.goog",
	"microsoft":      "mail.protection.outlook.com mail.protection.outlook.de mx.microsoft",
	"outlook":        "olc.protection.outlook.com hotmail.com",
	"yahoo":          "yahoodns.net yahoo.com aol.com",
	"icloud":         "mail.icloud.com icloud.com apple.com",
	"proton":         "protonmail.ch proton.me",
	"fastmail":       "messagingengine.com",
	"zoho":           "zoho.com zoho.eu",
	"gmx":            "gmx.net web.de emig.gmx.net mail.com",
	"ionos":          "kundenserver.de ionos.com ionos.de 1and1.com perfora.net",
	"t-online":       "t-online.de",
	"orange":         "orange.fr wanadoo.fr",
	"ovh":            "ovh.net",
	"mailru":         "mail.ru",
	"yandex":         "yandex.net yandex.ru",
	"elisa":          "elisa.fi elisanet.fi saunalahti.fi kolumbus.fi",
	"telia":          "telia.com inet.fi telia.fi telia.se sonera.fi",
	"dna":            "dna.fi dnainternet.net dnamail.fi welho.com",
	"suomicom":       "suomicom.fi phnet.fi",
	"zoner":          "zoner.fi zoner.eu",
	"louhi":          "louhi.net louhi.fi",
	"telenor":        "telenor.se bredband.net online.no telenor.no",
	"tele2":          "tele2.se comhem.se swip.net",
	"bahnhof":        "bahnhof.se bahnhof.net",
	"loopia":         "loopia.se",
	"one.com":        "one.com",
	"simply":         "simply.com unoeuro.com",
	"domeneshop":     "domeneshop.no",
	"proofpoint":     "pphosted.com ppe-hosted.com gpphosted.com",
	"mimecast":       "mimecast.com mimecast-offshore.com",
	"barracuda":      "barracudanetworks.com",
	"symantec":       "messagelabs.com",
	"cisco":          "iphmx.com",
	"trendmicro":     "trendmicro.com trendmicro.eu",
	"sophos":         "sophos.com",
	"forcepoint":     "mailcontrol.com",
	"hornetsecurity": "hornetsecurity.com antispameurope.com",
	"amazon":         "amazonaws.com awsapps.com",
	"cloudflare":     "mx.cloudflare.net",
	"secureserver":   "secureserver.net",
	"rackspace":      "emailsrvr.com",
	"hostinger":      "hostinger.com titan.email",
	"spamexperts":    "antispamcloud.com spamexperts.com spamexperts.net spamexperts.eu",
	"migadu":         "migadu.com",
	"mailbox.org":    "mailbox.org heinlein-support.de",
	"infomaniak":     "infomaniak.ch infomaniak.com",
	"gandi":          "gandi.net",
	"seznam":         "seznam.cz",
	"namecheap":      "privateemail.com registrar-servers.com",
	"staysecure":     "staysecuregroup.com staysecuregroup.net",
	"stopspam":       "d-fence.eu",
})

// homes are domains whose provider need not be asked for, because half of any
// list is there.
var homes = table(map[string]string{
	"google":  "gmail.com googlemail.com",
	"outlook": "outlook.com hotmail.com live.com msn.com hotmail.se hotmail.fi hotmail.no hotmail.dk live.se live.fi live.no live.dk outlook.se outlook.fi",
	"yahoo":   "yahoo.com yahoo.se yahoo.fi yahoo.no yahoo.dk aol.com ymail.com rocketmail.com",
	"icloud":  "icloud.com me.com mac.com",
	"telia":   "telia.com inet.fi pp.inet.fi",
	"elisa":   "elisanet.fi kolumbus.fi saunalahti.fi",
})

func table(byName map[string]string) map[string]string {
	out := map[string]string{}
	for name, ends := range byName {
		for end := range strings.FieldsSeq(ends) {
			out[end] = name
		}
	}
	return out
}

// ByHost names the provider that an MX host belongs to: from the table, else the
// domain that somebody registered. "" for a host that is none.
func ByHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for end := host; end != ""; {
		if name, ok := known[end]; ok {
			return name
		}
		_, end, _ = strings.Cut(end, ".")
	}
	if own, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return own
	}
	return host
}
