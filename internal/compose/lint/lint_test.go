package lint

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/compose"
	"kartotek/internal/i18n"
)

var sender = compose.Sender{Name: "Nordanvind Ab", Address: "Storgatan 1, 00100 Helsingfors", Contact: "info@nordanvind.example"}

// long is enough text that pictures are not all there is.
var long = strings.Repeat("Vi berättar vad som händer i huset under vintern och hur luften hålls ren. ", 3)

func outline(t *testing.T, src compose.Source) compose.Outline {
	t.Helper()
	tpl, err := compose.Compile(src)
	if err != nil {
		t.Fatalf("%s: %v", src.Body, err)
	}
	return tpl.Outline()
}

func codes(found []Finding) (out []string) {
	for _, f := range found {
		if !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	slices.Sort(out)
	return out
}

func TestLetter(t *testing.T) {
	for name, c := range map[string]struct {
		src  compose.Source
		want string
	}{
		"good":               {compose.Source{Body: long + "[Vår sida](https://x.example) ![Ett hus](https://x.example/i.png)"}, ""},
		"decorative":         {compose.Source{Body: long + "![](https://x.example/i.png)"}, ""},
		"empty":              {compose.Source{Subject: " ", Body: "\n"}, "body_empty subject_empty"},
		"nobody sends it":    {compose.Source{Body: long, Sender: compose.Sender{Name: " "}}, "sender_address sender_contact sender_name"},
		"long subject":       {compose.Source{Subject: strings.Repeat("a", 130), Body: long}, "subject_long"},
		"longish subject":    {compose.Source{Subject: strings.Repeat("a", 80), Body: long}, "subject_cut"},
		"other subjects":     {compose.Source{Subject: "{% if true %}" + strings.Repeat("a", 130) + "{% endif %}", Body: long}, ""},
		"relative":           {compose.Source{Body: long + "[Vår sida](/priser)"}, "link_relative"},
		"script":             {compose.Source{Body: `<p>` + long + `<a href="javascript:x">Priser</a></p>`}, "link_scheme"},
		"no host":            {compose.Source{Body: long + "[Priser](https:///x)"}, "link_broken"},
		"login":              {compose.Source{Body: long + "[Priser](https://anna:pw@x.example/)"}, "link_login"},
		"number":             {compose.Source{Body: long + "[Priser](https://198.51.100.7/)"}, "link_number"},
		"on this machine":    {compose.Source{Body: long + "[Priser](http://127.0.0.1:8080/)"}, ""},
		"short":              {compose.Source{Body: long + "[Priser](https://bit.ly/x)"}, "link_short"},
		"plain http":         {compose.Source{Body: long + "[Priser](http://x.example/)"}, "link_http"},
		"other place":        {compose.Source{Body: long + "[www.bank.example](https://x.example/)"}, "link_other"},
		"same place":         {compose.Source{Body: long + "[www.x.example/priser](https://shop.x.example/p) [x.example](https://www.x.example/)"}, ""},
		"a file's name":      {compose.Source{Body: long + "[plan.pdf](https://x.example/plan.pdf)"}, ""},
		"dead anchor":        {compose.Source{Body: "<p>" + long + `<a href="#no">Priser</a></p>`}, "link_anchor"},
		"anchor":             {compose.Source{Body: "<p>" + long + `<a href="#top">Priser</a><a name="top"></a></p>`}, "link_within"},
		"no words":           {compose.Source{Body: "<p>" + long + `<a href="https://x.example"><img src="https://x.example/i.png" alt=""></a></p>`}, "link_empty"},
		"here":               {compose.Source{Body: long + "[här](https://x.example)"}, "link_vague"},
		"own links":          {compose.Source{Body: long + "[Avanmäl]({{ links.unsubscribe }})"}, ""},
		"no description":     {compose.Source{Body: "<p>" + long + `<img src="https://x.example/i.png"></p>`}, "image_alt"},
		"no picture":         {compose.Source{Body: "<p>" + long + `<img src="cid:x" alt="x"></p>`}, "image_src"},
		"a personal picture": {compose.Source{Body: "<p>" + long + `<img src="https://x.example/?{{ person.email }}" alt="x"></p>`}, "image_personal no_fallback"},
		"pixel":              {compose.Source{Body: "<p>" + long + `<img src="https://x.example/i.gif" alt="" width="1" height="1"></p>`}, "image_pixel"},
		"only a picture":     {compose.Source{Body: "![x](https://x.example/i.png)"}, "image_only"},
		"no other words":     {compose.Source{Body: long + "{{ person.city }} {{ person.first_name | default: \"du\" }}{% if person.nick %}{{ person.nick }}{% endif %}"}, "no_fallback"},
		"none in a subject":  {compose.Source{Subject: "Hej {{ person.first_name }}", Body: long}, "no_fallback"},
		"elements":           {compose.Source{Body: "<p>" + long + "</p><form><input></form>"}, "element"},
		"large":              {compose.Source{Body: "<p>" + strings.Repeat(long, 500) + "</p>"}, "size_clip"},
		"nearly large":       {compose.Source{Body: "<p>" + strings.Repeat(long, 390) + "</p>"}, "size_near"},
		"advertising":        {compose.Source{Class: "service", Body: long + "Nu 20 % rabatt på allt. Köp nu."}, "promotion"},
		"no advertising":     {compose.Source{Class: "service", Body: long + "Er beställning är på väg."}, ""},
		"marketing may":      {compose.Source{Body: long + "Nu 20 % rabatt på allt. Köp nu."}, ""},
		"another language":   {compose.Source{Lang: "fi", Body: long}, "language"},
		"an empty block":     {compose.Source{Body: `{"preheader":"p","blocks":[{"type":"text","text":"` + long + `"},{"type":"button","text":"Priser"}]}`}, "block_empty"},
		"no preheader":       {compose.Source{Body: `[{"type":"text","text":"` + long + `"}]`}, "preheader_none"},
		"same preheader":     {compose.Source{Body: `{"preheader":"Hej på er","blocks":[{"type":"text","text":"` + long + `"},{"type":"divider"},{"type":"spacer"}]}`}, "preheader_same"},
		"shouting":           {compose.Source{Subject: "RE: LAST CHANCE!! ACT NOW", Body: long}, "spam_caps_subject spam_marks_subject spam_reply_subject spam_score spam_urgent"},
		"hidden":             {compose.Source{Body: `<p>` + long + `<span style="font-size:0px">x</span></p>`}, "spam_hidden_words"},
	} {
		src := c.src
		if src.Subject == "" {
			src.Subject = "Hej på er"
		}
		if src.Class == "" {
			src.Class = "marketing"
		}
		if src.Lang == "" {
			src.Lang = "sv"
		}
		if src.Sender == (compose.Sender{}) {
			src.Sender = sender
		}
		if got := strings.Join(codes(Letter(outline(t, src))), " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What matters most comes first, and says where it is.
func TestOrder(t *testing.T) {
	found := Letter(outline(t, compose.Source{Subject: "Hej", Lang: "sv", Class: "marketing", Sender: sender,
		Body: `[{"type":"text","text":"[här](http://x.example)"},{"type":"button","text":"Priser"}]`}))
	if len(found) < 3 || found[0].Grade != Stop || found[0].Place != "blocks.1.href" || found[len(found)-1].Grade != Note || len(Stopped(found)) != 1 {
		t.Errorf("%+v", found)
	}
}

const mailHead = "From: Nordanvind <news@nordanvind.example>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@nordanvind.example>\r\n"

func TestMail(t *testing.T) {
	list := "List-Unsubscribe: <https://r.example/u/x>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: <n.nordanvind.example>\r\n"
	both := "Content-Type: multipart/alternative; boundary=x\r\n\r\n"
	for name, c := range map[string]struct{ raw, class, want string }{
		"good":          {mailHead + list + both, "marketing", ""},
		"service":       {mailHead + both, "service", ""},
		"no way out":    {mailHead + both, "survey", "list_id_none unsubscribe_none"},
		"http":          {mailHead + strings.Replace(list, "https", "http", 1) + both, "marketing", "unsubscribe_http"},
		"HTML alone":    {mailHead + list + "Content-Type: text/html\r\n\r\n", "marketing", "html_only"},
		"no date":       {"From: a@x.example\r\n" + list + both, "marketing", "date_none from_name message_id_none"},
		"free mail":     {strings.Replace(mailHead, "nordanvind.example>", "gmail.com>", 1) + both, "service", "from_freemail"},
		"nobody reads":  {strings.Replace(mailHead, "news@", "no-reply@", 1) + both, "service", "from_noreply"},
		"somebody does": {strings.Replace(mailHead, "news@", "no-reply@", 1) + "Reply-To: info@x.example\r\n" + both, "service", ""},
		"no sender":     {"Date: x\r\nMessage-ID: <1>\r\n" + both, "service", "mail_broken"},
		"broken":        {"x", "service", "mail_broken"},
	} {
		if got := strings.Join(codes(Mail([]byte(c.raw), c.class)), " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// The mails that are made of letters need nothing said about them.
func TestOurMails(t *testing.T) {
	tpl, err := compose.Compile(compose.Source{Subject: "Hej", Body: long, Lang: "sv", Class: "marketing", Sender: sender})
	if err != nil {
		t.Fatal(err)
	}
	p, err := compose.Prepare(tpl, compose.Headers{FromName: "Nordanvind", From: "news@nordanvind.example", ListID: "n.nordanvind.example", ListName: "Nyhetsbrev"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.AppendTo(nil, compose.Personal{To: "a@x.example", MessageID: "1@nordanvind.example", Date: time.Unix(0, 0), UnsubscribeURL: "https://r.example/u/x"})
	if found := Mail(raw, "marketing"); err != nil || len(found) > 0 {
		t.Errorf("%v %+v", err, found)
	}
}

// TestWords holds that everything that can be found is said, and what to do about it.
func TestWords(t *testing.T) {
	p := i18n.For("en")
	var all []string
	for _, r := range rules {
		all = append(all, "spam_"+r.ID)
	}
	for code := range structural {
		all = append(all, code)
	}
	all = append(all, "spam_score", "block_empty", "preheader_none", "sender_contact", "language", "link_vague", "image_alt", "promotion", "unsubscribe_none", "from_name")
	for _, code := range all {
		for _, key := range []string{"lint." + code, "lint." + code + ".do"} {
			if p.Or(key, "") == "" {
				t.Errorf("no text %s", key)
			}
		}
	}
	for list, w := range map[string][]string{"sv": words.Promotion["sv"], "fi": words.Promotion["fi"], "en": words.Promotion["en"]} {
		for _, x := range w {
			if x != strings.ToLower(x) || len(w) < 20 {
				t.Errorf("%s: %q is not as texts are compared", list, x)
			}
		}
	}
}

func FuzzLetter(f *testing.F) {
	f.Add("Hej", long+"[här](http://bit.ly/x)")
	f.Add("RE: A B C D E", `<a href="#">x</a><img width=1>`)
	f.Fuzz(func(t *testing.T, subject, body string) {
		tpl, err := compose.Compile(compose.Source{Subject: subject, Body: body, Class: "service", Sender: sender})
		if err != nil {
			return
		}
		for _, x := range Letter(tpl.Outline()) {
			if x.Code == "" || x.Grade == "" || x.Place == "" {
				t.Fatalf("%+v", x)
			}
		}
	})
}
