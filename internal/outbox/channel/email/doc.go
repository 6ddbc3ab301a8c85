// Package email hands mails to a mail server by SMTP (RFC 5321), one after
// another over one connection, and says exactly what became of each.
//
// The hard question of sending is what is known when something breaks. The
// answer hangs on one moment: the final dot that ends a mail's text.
//
//	nothing was handed over          the dot was sent, no reply came
//	--------------------------------+--------------------------------
//	any 4xx, 421, drop, hang  retry   2xx                        sent
//	5xx at MAIL, RCPT, DATA  failed   4xx                       retry
//	the caller's veto        vetoed   5xx                      failed
//	                                  drop, hang, nonsense  uncertain
//
// Just before DATA the caller is asked (beforeData): it has written durably that
// the mail is being handed over, or forbids it because the person has said no
// meanwhile. After a crash between that record and the outcome the mail is
// uncertain, and nobody guesses.
//
// Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA go in one
// packet, and with Next even in one with the text of the mail before. The caller
// is then asked a second time when only the text is left, and a veto closes the
// connection: the server drops a mail whose final dot never came.
//
// Shape: Dial makes a Conn; Conn.Send gives an Outcome; a Conn is used by one
// goroutine at a time, and Dead after a failure of the connection. Addresses
// that could carry commands are refused before the wire. A non-ASCII local part
// needs a server with SMTPUTF8 (RFC 6531); domains go in their ASCII form.
// STARTTLS is used wherever offered, except to this machine itself.
package email
