package returns

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"kartotek/internal/bounce"
	"kartotek/internal/db"
	"kartotek/internal/job"
)

// Codes of why a mailbox could not be read. What the server said is not kept: it may
// hold addresses.
const (
	BoxConnect = "connect" // no answer, or no trusted certificate
	BoxLogin   = "login"   // user or password
	BoxFolder  = "folder"  // no such folder, or none can be made
	BoxBroken  = "broken"  // the conversation broke off
)

// boxError is a code with its cause.
type boxError struct {
	code string
	err  error
}

func (e boxError) Error() string { return "mailbox: " + e.code }
func (e boxError) Unwrap() error { return e.err }

const (
	atOnce   = 20               // mails fetched and applied together
	mostPoll = 5000             // mails of one job
	boxTime  = 10 * time.Minute // of one job
)

// poll reads the mailbox, and asks to be run again.
func (r *Room) poll(ctx context.Context, j *job.Job) error {
	var box Box
	found := false
	err := r.DB.View(ctx, j.By(), func(tx *db.Tx) (err error) { box, found, err = r.Box(tx); return err })
	if err != nil || !found {
		return err
	}
	handled, err := r.readBox(ctx, j, &box)
	var failed boxError
	if err != nil && !errors.As(err, &failed) {
		return err // of the register, not of the mailbox: the queue tries again
	}
	box.Error = failed.code
	if err := r.DB.Do(context.WithoutCancel(ctx), j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		b := box
		return b.looked(tx, r.boxKey(), handled)
	}); err != nil {
		return err
	}
	if r.Hand == nil {
		paused, err := r.Settle(context.WithoutCancel(ctx), j.By())
		r.tell(paused, err)
	}
	wait := pollEvery
	if failed.code != "" {
		wait = min(pollEvery<<min(box.Failed, 5), pollSlow)
	} else if handled >= mostPoll {
		wait = 0
	}
	return job.Later(r.DB.Now().Add(wait))
}

// TryBox says whether a mailbox can be read, as a code; nothing is changed in it.
func (r *Room) TryBox(ctx context.Context, s BoxSettings) (code string, waiting int, err error) {
	if err := s.check(); err != nil {
		return "", 0, err
	}
	c, err := dialBox(ctx, &s, r.TLS)
	if err == nil {
		defer c.Close()
		var in *imap.SelectData
		if in, err = c.Select(s.Folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err == nil {
			return "", int(in.NumMessages), nil
		}
		err = boxError{BoxFolder, err}
	}
	var failed boxError
	if errors.As(err, &failed) {
		return failed.code, 0, nil
	}
	return "", 0, err
}

// dialBox connects and signs in.
func dialBox(ctx context.Context, s *BoxSettings, trust *tls.Config) (c *imapclient.Client, err error) {
	d := net.Dialer{Timeout: 30 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", s.addr())
	if err != nil {
		return nil, boxError{BoxConnect, err}
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if trust != nil {
		secure = trust.Clone()
	}
	secure.ServerName = s.Host
	opt := &imapclient.Options{TLSConfig: secure}
	switch s.Security {
	case SecurityTLS:
		c = imapclient.New(tls.Client(conn, secure), opt)
	case SecurityStart:
		if c, err = imapclient.NewStartTLS(conn, opt); err != nil {
			conn.Close()
			return nil, boxError{BoxConnect, err}
		}
	default:
		c = imapclient.New(conn, opt)
	}
	open := c
	context.AfterFunc(ctx, func() { open.Close() })
	return c, greet(c, s)
}

// greet waits for the server and signs in; the connection is closed when that fails.
func greet(c *imapclient.Client, s *BoxSettings) error {
	if err := c.WaitGreeting(); err != nil {
		c.Close()
		return boxError{BoxConnect, err}
	}
	if err := c.Login(s.User, s.Password).Wait(); err != nil {
		c.Close()
		return boxError{BoxLogin, err}
	}
	return nil
}

// readBox acts on the mails that came since it was last read, and moves those away
// that a program wrote. What people wrote stays where it is, for people.
func (r *Room) readBox(ctx context.Context, j *job.Job, b *Box) (handled int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, boxTime)
	defer cancel()
	c, err := dialBox(ctx, &b.BoxSettings, r.TLS)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	uids, err := openBox(c, b)
	if err != nil {
		return 0, err
	}
	if r.Hand != nil {
		return r.handBox(ctx, j, c, b, uids)
	}
	counts := Counts{}
	for part := range slices.Chunk(uids, atOnce) {
		n, err := r.takeBox(ctx, j, c, b, part, counts)
		handled += n
		if err != nil {
			return handled, err
		}
	}
	if handled > 0 {
		err = r.Record(ctx, j.By(), counts)
	}
	return handled, err
}

// openBox selects the folder, makes the other, and finds what is new.
func openBox(c *imapclient.Client, b *Box) ([]imap.UID, error) {
	there, err := c.List("", b.BoxSettings.Handled, nil).Collect()
	if err == nil && len(there) == 0 {
		err = c.Create(b.BoxSettings.Handled, nil).Wait()
	}
	if err != nil {
		return nil, boxError{BoxFolder, err}
	}
	in, err := c.Select(b.Folder, nil).Wait()
	if err != nil {
		return nil, boxError{BoxFolder, err}
	}
	if b.validity != in.UIDValidity {
		b.validity, b.last = in.UIDValidity, 0
	}
	var set imap.UIDSet
	set.AddRange(imap.UID(b.last+1), 0) // to the end
	found, err := c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}, NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return nil, boxError{BoxBroken, err}
	}
	uids := slices.DeleteFunc(found.AllUIDs(), func(u imap.UID) bool { return uint32(u) <= b.last }) // "n:*" names the last mail even below n
	slices.Sort(uids)
	return uids[:min(len(uids), mostPoll)], nil
}

// takeBox acts on some mails. They are moved only after that was stored: what is done
// twice, after a crash, is known already.
func (r *Room) takeBox(ctx context.Context, j *job.Job, c *imapclient.Client, b *Box, uids []imap.UID, counts Counts) (int64, error) {
	mails, from, err := fetch(c, uids)
	if err != nil {
		return 0, boxError{BoxBroken, err}
	}
	all, err := r.Take(ctx, j.By(), mails)
	if err != nil {
		return 0, err
	}
	var done []imap.UID
	for i, res := range all {
		counts.Add(res)
		if mails[i].Outcomes[0].Kind != bounce.Other {
			done = append(done, from[i])
		}
	}
	if len(done) > 0 {
		if _, err := c.Move(imap.UIDSetNum(done...), b.BoxSettings.Handled).Wait(); err != nil {
			return int64(len(done)), boxError{BoxFolder, err}
		}
	}
	b.last = uint32(uids[len(uids)-1])
	return int64(len(done)), nil
}

// fetch reads mails, of each no more than is looked at.
func fetch(c *imapclient.Client, uids []imap.UID) (mails []Mail, from []imap.UID, err error) {
	whole := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: int64(bounce.Usual.Bytes) + 1}}
	cmd := c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}})
	defer cmd.Close()
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		uid, raw, err := item(msg)
		if err != nil {
			return nil, nil, err
		}
		if uid == 0 || raw == nil {
			continue // deleted meanwhile
		}
		rep, err := bounce.Parse(bytes.NewReader(raw), bounce.Usual)
		if err != nil {
			return nil, nil, err
		}
		mails, from = append(mails, Mail{Report: rep}), append(from, uid)
	}
	return mails, from, cmd.Close()
}

func item(msg *imapclient.FetchMessageData) (uid imap.UID, raw []byte, err error) {
	for it := msg.Next(); it != nil; it = msg.Next() {
		switch it := it.(type) {
		case imapclient.FetchItemDataUID:
			uid = it.UID
		case imapclient.FetchItemDataBodySection:
			if it.Literal != nil {
				if raw, err = io.ReadAll(io.LimitReader(it.Literal, int64(bounce.Usual.Bytes)+1)); err != nil {
					return 0, nil, err
				}
			}
		}
	}
	return uid, raw, nil
}
