package clicks

import (
	"slices"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/id"
)

// Kinds of click, as they are counted. A machine's click is counted under what
// gave it away.
const (
	Human    = "human"
	Head     = "head"     // a HEAD request: nobody reads an answer without a body
	Prefetch = "prefetch" // a browser or proxy fetching ahead
	Agent    = "agent"    // a program known by its name, or that gives none
	Silent   = "silent"   // names no language: every browser of a person does
	Early    = "early"    // within seconds of the sending
	Burst    = "burst"    // many links of one letter at once
)

// Machines lists the kinds that are not a person's, in the order they are looked for.
var Machines = []string{Head, Prefetch, Agent, Silent, Early, Burst}

// Hit is one request for a link, as far as it tells a machine from a person. It is
// forgotten when it has been counted.
type Hit struct {
	Link     Link
	At       time.Time
	Source   string // what the requests of one client share; never stored
	Method   string
	Agent    string // User-Agent
	Language string // Accept-Language
	Purpose  string // Sec-Purpose, Purpose or X-Moz: "prefetch"
}

// Times that tell a machine.
const (
	tooEarly   = 5 * time.Second // after the message went out: nobody gets mail, reads it and chooses a link
	burstTime  = time.Second
	burstLinks = 3 // different links of a letter within burstTime
)

// agents are parts of the User-Agent of programs that follow the links of mail,
// lower case, with what they are. Sources: the makers' documents on link scanning
// (Microsoft Defender Safe Links, Proofpoint URL Defense, Mimecast URL Protect,
// Barracuda Link Protection, Cisco Secure Email, Google image and link proxies),
// and the default names of HTTP libraries.
var agents = []struct{ part, what string }{
	{"bot", "robots call themselves so"}, {"crawl", "crawlers"}, {"spider", "crawlers"}, {"scan", "scanners"}, {"preview", "link previews"},
	{"proofpoint", "URL Defense"}, {"mimecast", "URL Protect"}, {"barracuda", "Link Protection"}, {"safelinks", "Defender Safe Links"},
	{"microsoft office", "a mail program looking at links"}, {"ms-office", "as above"}, {"skypeuripreview", "chat previews"}, {"bingpreview", "Bing"},
	{"ironport", "Cisco Secure Email"}, {"symantec", "Email Security.cloud"}, {"messagelabs", "as above"}, {"forti", "FortiMail"},
	{"trendmicro", "Trend Micro"}, {"trend micro", "Trend Micro"}, {"sophos", "Sophos Email"}, {"mcafee", "McAfee"}, {"trellix", "Trellix"},
	{"fireeye", "as above"}, {"kaspersky", "Kaspersky"}, {"bitdefender", "Bitdefender"}, {"f-secure", "WithSecure"}, {"withsecure", "WithSecure"},
	{"zscaler", "Zscaler"}, {"netcraft", "Netcraft"}, {"virustotal", "VirusTotal"}, {"urlscan", "urlscan"}, {"checkpoint", "Check Point"}, {"avanan", "as above"},
	{"googleimageproxy", "Gmail"}, {"ggpht", "Gmail"}, {"yahoomailproxy", "Yahoo"}, {"google-safety", "Google"}, {"feedfetcher", "Google"},
	{"facebookexternalhit", "previews"}, {"whatsapp/", "previews"}, {"mattermost", "previews"}, {"iframely", "previews"}, {"embedly", "previews"},
	{"headlesschrome", "a browser without a window"}, {"phantomjs", "as above"}, {"puppeteer", "as above"}, {"playwright", "as above"}, {"selenium", "as above"},
	{"curl/", "a library"}, {"wget", "a library"}, {"python", "a library"}, {"aiohttp", "a library"}, {"httpx", "a library"}, {"go-http-client", "a library"},
	{"java/", "a library"}, {"jakarta", "a library"}, {"apache-httpclient", "a library"}, {"okhttp", "a library"}, {"libwww", "a library"},
	{"perl", "a library"}, {"ruby", "a library"}, {"php", "a library"}, {"guzzle", "a library"}, {"node", "a library"}, {"axios", "a library"},
	{"undici", "a library"}, {"dotnet", "a library"}, {"winhttp", "a library"}, {"restsharp", "a library"}, {"postman", "a library"},
}

// Judge tells what kind of click a request by itself is; a burst shows only beside others.
func (h *Hit) Judge() string {
	agent := strings.ReplaceAll(strings.ToLower(h.Agent), "cubot", "") // a maker of telephones
	switch {
	case h.Method != "GET":
		return Head
	case strings.Contains(strings.ToLower(h.Purpose), "prefetch"), strings.Contains(strings.ToLower(h.Purpose), "preview"):
		return Prefetch
	case agent == "", slices.ContainsFunc(agents, func(a struct{ part, what string }) bool { return strings.Contains(agent, a.part) }):
		return Agent
	case strings.TrimSpace(h.Language) == "":
		return Silent
	case h.At.Sub(clock.FromMs(h.Link.Sent)).Abs() < tooEarly:
		return Early
	}
	return Human
}

// judged is a hit with its kind.
type judged struct {
	Hit
	kind string
}

// double is one reader and one link.
type double struct {
	source string
	link   id.ID
	person id.ID
}

// letter is one client following links of one letter; its hits show a burst.
type letter struct {
	source   string
	campaign id.ID
}

// judge tells the kinds of hits that waited, given in order of time, and leaves out
// those that repeat another: a double click is one. Hits without a source stand alone.
func judge(all []Hit) []judged {
	out := make([]judged, 0, len(all))
	seen := map[double]time.Time{}
	for _, h := range all {
		k := double{h.Source, h.Link.ID, h.Link.Person}
		if at, again := seen[k]; again && h.At.Sub(at) < settle && h.Source != "" {
			continue
		}
		seen[k] = h.At
		out = append(out, judged{h, h.Judge()})
	}
	near := map[letter][]*judged{}
	for i := range out {
		if j := &out[i]; j.Source != "" {
			k := letter{j.Source, j.Link.Campaign}
			near[k] = append(near[k], j)
		}
	}
	for _, list := range near {
		bursts(list)
	}
	return out
}

// bursts marks the hits of one who followed many links of a letter at once.
func bursts(list []*judged) {
	for i := range list {
		links, n := map[id.ID]bool{}, i
		for ; n < len(list) && list[n].At.Sub(list[i].At) <= burstTime; n++ {
			links[list[n].Link.ID] = true
		}
		if len(links) < burstLinks {
			continue
		}
		for _, j := range list[i:n] {
			if j.kind == Human {
				j.kind = Burst
			}
		}
	}
}
