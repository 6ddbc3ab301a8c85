package returns

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"kartotek/internal/job"
)

// Handed is what became of a mail that was handed on.
type Handed int

// What may become of it.
const (
	Left   Handed = iota // it is none of theirs and stays where it is, for people
	Taken                // all of it is kept elsewhere: it is deleted from the mailbox
	Partly               // it is kept elsewhere but for a part: it is moved, so that somebody can look at the part
)

// ErrBulk is what Ask says of a mail that was sent to many: its sender is told.
var ErrBulk = errors.New("mail that was sent to many")

// MaxHanded is how much of a mail is handed on, in bytes.
const MaxHanded = 25 << 20

// keepMoved is how long a mail that was moved stays in the other folder.
const keepMoved = 30 * 24 * time.Hour

// handBox hands on the mails that came since the mailbox was last read, one by one:
// each may bring many megabytes. A mailbox is no archive: what was taken leaves it, and
// what was moved is deleted after a month. law: GDPR 5(1)(c), GDPR 5(1)(e)
func (r *Room) handBox(ctx context.Context, j *job.Job, c *imapclient.Client, b *Box, uids []imap.UID) (handled int64, err error) {
	for _, uid := range uids {
		raw, at, err := whole(c, uid)
		if err != nil {
			return handled, boxError{BoxBroken, err}
		}
		done := Left
		if raw != nil {
			if done, err = r.Hand(ctx, j.By(), raw, at); err != nil {
				return handled, err
			}
		}
		if err := settleMail(c, b, uid, done); err != nil {
			return handled, boxError{BoxFolder, err}
		}
		if done != Left {
			handled++
		}
		b.last = uint32(uid)
	}
	return handled, r.forget(c, b)
}

// settleMail does with a mail in the mailbox what became of it.
func settleMail(c *imapclient.Client, b *Box, uid imap.UID, done Handed) error {
	switch done {
	case Taken:
		return remove(c, imap.UIDSetNum(uid))
	case Partly:
		_, err := c.Move(imap.UIDSetNum(uid), b.BoxSettings.Handled).Wait()
		return err
	}
	return nil
}

func remove(c *imapclient.Client, uids imap.UIDSet) error {
	store := c.Store(uids, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil)
	if err := store.Close(); err != nil {
		return err
	}
	if c.Caps().Has(imap.CapUIDPlus) || c.Caps().Has(imap.CapIMAP4rev2) {
		return c.UIDExpunge(uids).Close()
	}
	return c.Expunge().Close()
}

// forget deletes what was moved long ago.
func (r *Room) forget(c *imapclient.Client, b *Box) error {
	if _, err := c.Select(b.BoxSettings.Handled, nil).Wait(); err != nil {
		return boxError{BoxFolder, err}
	}
	old, err := c.UIDSearch(&imap.SearchCriteria{Before: r.DB.Now().Add(-keepMoved)}, nil).Wait()
	if err != nil {
		return boxError{BoxBroken, err}
	}
	if all := old.AllUIDs(); len(all) > 0 {
		if err := remove(c, imap.UIDSetNum(all...)); err != nil {
			return boxError{BoxFolder, err}
		}
	}
	return nil
}

// whole reads one mail and when the mailbox took it; nil when it was deleted meanwhile.
func whole(c *imapclient.Client, uid imap.UID) (raw []byte, at time.Time, err error) {
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: MaxHanded + 1}}
	cmd := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{part}})
	defer cmd.Close()
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for it := msg.Next(); it != nil; it = msg.Next() {
			switch it := it.(type) {
			case imapclient.FetchItemDataInternalDate:
				at = it.Time
			case imapclient.FetchItemDataBodySection:
				if it.Literal != nil {
					if raw, err = io.ReadAll(io.LimitReader(it.Literal, MaxHanded+1)); err != nil {
						return nil, at, err
					}
				}
			}
		}
	}
	return raw, at, cmd.Close()
}
