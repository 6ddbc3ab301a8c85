package bounce_test

import (
	"testing"

	"kartotek/internal/bounce"
)

// paraphrases are refusals in words that rules.txt was not written from.
var paraphrases = []struct {
	code           int
	enhanced, text string
	hard           bool
	reason         bounce.Reason // "" leaves it open
}{
	{550, "", "We have no customer called aino at kauppa.example", true, ""},
	{550, "5.1.1", "That person has never had an address here", true, bounce.UserUnknown},
	{550, "", "Sorry, nobody with the name <erik@varuhus.example> lives on this machine", true, ""},
	{550, "", "The mailbox <olle@varuhus.example> you wrote to doesn't exist any more", true, bounce.UserUnknown},
	{553, "", "sorry, this recipient isn't in my validrcptto list (#5.7.1)", true, bounce.UserUnknown},
	{550, "", "<liisa@tehdas.example>: recipient could not be found in our directory", true, bounce.UserUnknown},
	{550, "5.1.1", "RCPT TO:<pekka@gm.example> User unknown; rejecting", true, bounce.UserUnknown},
	{550, "", "Mailbox of pekka@gm.example not found on this system", true, bounce.UserUnknown},
	{554, "", "qq: the recipient account is unknown or has been removed", true, bounce.UserUnknown},
	{550, "", "Adressaten otto@ol.example är inte känd här", true, ""},
	{550, "", "Det finns inget konto med namnet otto", true, ""},
	{550, "", "Antamaasi vastaanottajaa ei löytynyt palvelimelta", true, bounce.UserUnknown},
	{550, "", "Käyttäjätunnusta ei ole olemassa", true, ""},
	{550, "", "Empfängeradresse existiert nicht auf diesem Server", true, bounce.UserUnknown},
	{550, "", "Le destinataire indiqué n'existe pas chez nous", true, bounce.UserUnknown},
	{550, "", "El usuario indicado no existe en este dominio", true, bounce.UserUnknown},
	{550, "5.1.2", "Cannot find that domain anywhere", true, bounce.HostUnknown},
	{550, "", "The domain you are mailing, gone.example, is not registered and does not exist", true, bounce.HostUnknown},
	{556, "5.1.10", "Recipient address has null MX", true, bounce.NoMail},
	{551, "5.1.6", "She left for another provider", true, bounce.Moved},
	{550, "", "sanna@koulu.example has moved to sanna@uusi.example, tell your friends", true, bounce.Moved},

	{552, "5.2.2", "no room left for sanna", false, bounce.Full},
	{452, "", "Recipient's storage allotment is used up, the mailbox is over its quota", false, bounce.Full},
	{550, "", "The inbox of the person you mailed is completely full", false, bounce.Full},
	{554, "", "Mottagarens inkorg är full just nu", false, bounce.Full},
	{550, "", "Vastaanottajan postilaatikko on valitettavasti aivan täynnä", false, bounce.Full},
	{550, "5.2.1", "Mailbox closed for inactivity", false, bounce.Disabled},
	{550, "", "account temporarily suspended by the administrator", false, bounce.Disabled},
	{550, "5.7.26", "This mail is unauthenticated, user unknown to us", false, bounce.Policy},
	{550, "5.7.1", "Go away, your reputation is bad", false, bounce.Policy},
	{550, "5.7.515", "Access denied", false, bounce.Policy},
	{553, "5.7.9", "Message refused under our rules", false, bounce.Policy},
	{554, "", "Your address 192.0.2.10 appears on the RBL of this site", false, bounce.Policy},
	{550, "", "Sender's domain publishes a reject policy (DMARC)", false, bounce.Policy},
	{550, "", "SPF: 192.0.2.10 may not send for pohjola-kortti.example", false, bounce.Policy},
	{550, "", "Your mail looks too much like unsolicited advertising", false, bounce.Spam},
	{554, "5.7.1", "Blocked: this smells of spam to us", false, bounce.Spam},
	{550, "", "Message contains Trojan.Generic and was discarded", false, bounce.Virus},
	{451, "4.7.1", "Grey-listed, come back in five minutes", false, bounce.Greylisted},
	{421, "", "You are opening too many sessions, slow down", false, bounce.RateLimited},
	{450, "4.2.1", "The user is receiving mail too quickly right now", false, ""},
	{550, "", "We don't relay for strangers", false, bounce.Relay},
	{552, "5.3.4", "This is a bit much", false, bounce.TooLarge},
	{554, "", "Your message is bigger than we take: size limit is 10 MB", false, bounce.TooLarge},
	{554, "5.4.6", "Been here before", false, bounce.Loop},
	{550, "", "bare LF found in your message, fix your mailer", false, bounce.Content},
	{530, "5.7.0", "Must issue AUTH, authentication required", false, bounce.Auth},
	{550, "5.1.8", "Sender <retur@pohjola-kortti.example> unknown: no such user", false, bounce.Policy},
	{550, "", "sender verify failed: no such user retur", false, bounce.Policy},
	{451, "4.3.0", "user unknown at the moment, lookup backend is down", false, ""},
	{450, "4.1.1", "<a@b.example>: User unknown in local recipient table", false, ""},
	{550, "", "administrative prohibition: mail to this user from outside is not allowed", false, ""},
	{550, "", "This group accepts post from members only: you are not allowed to post", false, bounce.ListRefused},
	{554, "", "transaction failed", false, bounce.Unknown},
	{550, "", "No", false, bounce.Unknown},
	{500, "", "", false, bounce.Unknown},

	{550, "", "The person you are trying to reach is not a user of this service", true, bounce.UserUnknown},
	{550, "", "I don't know anyone called <kalle@a.example>", true, bounce.UserUnknown},
	{550, "", "Invalid recipient specified: kalle@a.example", true, bounce.UserUnknown},
	{550, "", "kalle@a.example: no mailbox by that name is configured", true, bounce.UserUnknown},
	{550, "", "RCPT <kalle@a.example> rejected, mailbox does not exist here", true, bounce.UserUnknown},
	{550, "", "LDAP lookup: no entry for this recipient, unknown user", true, bounce.UserUnknown},
	{550, "5.1.1", "delivery impossible", true, bounce.UserUnknown},
	{550, "", "Adress unknown, check spelling: account kalle not found", true, bounce.UserUnknown},
	{550, "", "Mottagaren finns inte registrerad i vårt system", true, bounce.UserUnknown},
	{550, "", "E-postkontot kalle@a.example är borttaget", true, bounce.UserUnknown},
	{550, "", "Adressen kalle@a.example är inte längre i bruk", true, bounce.UserUnknown},
	{550, "", "Sähköpostiosoite kalle@a.example on virheellinen tai sitä ei ole", true, bounce.UserUnknown},
	{550, "", "Vastaanottajan tunnusta ei löydy järjestelmästä", true, bounce.UserUnknown},
	{550, "", "Teilnehmer ist uns unbekannt", true, bounce.UserUnknown},
	{550, "", "Ce compte n'existe plus", true, bounce.UserUnknown},
	{550, "", "La dirección de correo no es válida, usuario desconocido", true, bounce.UserUnknown},
	{553, "", "Domain a.example: no such host in DNS", true, bounce.HostUnknown},
	{550, "", "a.example: NXDOMAIN from resolver", true, bounce.HostUnknown},
	{550, "", "This account has changed its address to ny@b.example", true, bounce.Moved},
	{550, "", "Hon har bytt e-postadress till ny@b.example", true, bounce.Moved},
	{552, "", "Sorry, the mailbox of kalle can take no more, storage quota reached", false, bounce.Full},
	{550, "", "Delivery deferred: user kalle has used all of his disk quota", false, bounce.Full},
	{550, "", "Brevlådan är överfull", false, bounce.Full},
	{550, "", "Postilaatikon kiintiö on ylittynyt", false, bounce.Full},
	{550, "", "Das Postfach hat sein Kontingent überschritten", false, bounce.Full},
	{550, "", "account disabled for non-payment", false, bounce.Disabled},
	{550, "", "kontot är tillfälligt spärrat", false, bounce.Disabled},
	{550, "", "rejected: your IP is on a deny list (listed at bl.a.example)", false, bounce.Policy},
	{554, "", "Poor sender reputation score, connection closed", false, bounce.Policy},
	{550, "", "No PTR record for 192.0.2.10, fix your DNS", false, bounce.Policy},
	{550, "", "your message failed DMARC evaluation of the sender's domain", false, bounce.Policy},
	{554, "", "detected as junk by our engine, spam score 12.1", false, bounce.Spam},
	{554, "", "Viesti tunnistettiin roskapostiksi", false, bounce.Spam},
	{554, "", "Meddelandet bedömdes vara skräppost", false, bounce.Spam},
	{451, "", "greylisting in effect for this triplet", false, bounce.Greylisted},
	{450, "4.7.0", "rate limited, too many messages from your network", false, bounce.RateLimited},
	{550, "", "relaying to a.example prohibited, user not local", false, bounce.Relay},
	{552, "", "message size 31 MB exceeds our limit of 25 MB", false, bounce.TooLarge},
	{554, "", "too many hops, this message is looping", false, bounce.Loop},
	{451, "4.4.1", "connection to backend timed out", false, bounce.Network},
	{451, "", "internal error in our queue, sorry", false, bounce.System},
	{550, "", "Only members of the list may write to it, you are not subscribed to it", false, bounce.ListRefused},
	{550, "", "The recipient has blocked your address", false, bounce.RefusedBy},
	{550, "", "mottagaren tar inte emot brev från okända avsändare", false, bounce.RefusedBy},
	{550, "", "attachment type .exe not allowed", false, bounce.Content},
	{535, "5.7.8", "authentication credentials invalid", false, bounce.Auth},
}

// TestParaphrases asks about refusals in other words. What is soft must never be
// called hard; of what is hard most must be found, and so must most reasons.
func TestParaphrases(t *testing.T) {
	hard, found, reasons, right := 0, 0, 0, 0
	for _, p := range paraphrases {
		class, isHard, reason := bounce.ClassifyReply(p.code, p.enhanced, p.text)
		if isHard && !p.hard {
			t.Errorf("%d %s %q is called hard (%s)", p.code, p.enhanced, p.text, reason)
		}
		if p.hard {
			hard++
			if isHard {
				found++
			} else {
				t.Logf("not found hard: %q (%s)", p.text, reason)
			}
		}
		if p.reason != "" {
			reasons++
			if reason == p.reason {
				right++
			} else {
				t.Logf("%q is %s, not %s", p.text, reason, p.reason)
			}
		}
		if class != reason.Class() {
			t.Errorf("%q: class %s", p.text, class)
		}
	}
	t.Logf("hard found %d of %d, reasons right %d of %d", found, hard, right, reasons)
	if found*100 < hard*80 || right*100 < reasons*80 {
		t.Errorf("hard found %d of %d, reasons right %d of %d", found, hard, right, reasons)
	}
}
