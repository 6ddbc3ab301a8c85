// Package app is the roof: the only place that knows all rooms.
//
// Open puts a register together: the database with every room's tables, the
// keys, the rooms with what they need of each other, and the work of the queue.
// Doors are given the House and pick the rooms they need. A new room is added
// here, in schemas and in furnish, and nowhere else.
//
// Besides putting together, the roof holds the few acts that need several rooms
// and belong to none: deciding for an address, showing a person, recording what a
// clerk entered, verifying everything, and inventing the demonstration register.
package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/backup"
	"kartotek/internal/campaign"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/clicks"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/whole"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/measure"
	"kartotek/internal/media"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/journal"
	"kartotek/internal/packet"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/relay"
	"kartotek/internal/returns"
	"kartotek/internal/rights"
	"kartotek/internal/rights/courier"
	"kartotek/internal/rights/intake"
	"kartotek/internal/rights/warn"
	"kartotek/internal/scan"
	"kartotek/internal/seal"
	"kartotek/internal/segment"
	"kartotek/internal/series"
	"kartotek/internal/staff"
	"kartotek/internal/staff/apikey"
	"kartotek/internal/staff/oidc"
	"kartotek/internal/subject"
	"kartotek/internal/tree"
)

// Schemas are the tables of all rooms, in the order of their floors.
func Schemas() []db.Schema {
	return append([]db.Schema{job.Schema, tree.Schema, audit.Schema, staff.Schema, access.Schema, measure.Schema, oidc.Schema, apikey.Schema, notice.Schema, party.Schema, ledger.Schema, outbox.Schema,
		segment.Schema, media.Schema, clicks.Schema, returns.Schema, campaign.Schema, exchange.Schema, post.Schema, series.Schema, relay.Schema, rights.Schema, scan.Schema, intake.Schema, courier.Schema, warn.Schema, subject.Schema, packet.Schema}, keptSchemas...)
}

// House is an open register.
type House struct {
	keptRooms
	DB       *db.DB
	Keys     *seal.Keys
	Audit    *audit.Room
	Tree     *tree.Room
	Folder   string // for uploads and rejected rows
	Notice   *notice.Room
	Party    *party.Room
	Ledger   *ledger.Room
	Outbox   *outbox.Room
	Segment  *segment.Room
	Media    *media.Room
	Clicks   *clicks.Room
	Campaign *campaign.Room
	Post     *post.Room
	Series   *series.Room
	Exchange *exchange.Room
	Staff    *staff.Room
	Access   *access.Room
	Measure  *measure.Room
	Returns  *returns.Room
	Relay    *relay.Room
	Rights   *rights.Room
	Scan     *scan.Room
	Intake   *intake.Room
	Courier  *courier.Room
	Warn     *warn.Room
	Requests *returns.Room // the mailbox of requests
	Subject  *subject.Room
	Packet   *packet.Room
}

// Options are what a program may decide about an open register.
type Options struct {
	Create bool // make the register if there is none; otherwise a wrong folder is an error
	// Before, when set, is called before the journal of erasures is carried out.
	Before  func(h *House) error
	DB      db.Options
	SMTP    string // smtp://host:port of the relay; "" when nothing is sent from here
	BaseURL string // public address that links in letters begin with
	// ReturnDomain is the domain of return paths; "" when bounces go to the sender's own address.
	ReturnDomain string
	Caught       bool // outgoing mail stays in the program
	RenewPeople  bool // the keys of people are lost, and begun anew
	// Folder is for files of a register on PostgreSQL; "" is the one beside its keys.
	Folder string
}

// Open opens a register for one program.
func Open(ctx context.Context, at config.Store, opt Options) (*House, error) {
	if err := at.Check(); err != nil {
		return nil, err
	}
	if err := backup.Resume(at.Data, nil); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(at.Data, db.FileName)); at.Data != "" && err != nil && !opt.Create {
		return nil, fault.New(fault.NotFound, "app.no_register", "there is no register in %s; make one with: kartotek init --data %s", at.Data, at.Data)
	}
	dir, err := at.KeysDir()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(at.Data, db.FileName)); at.Data != "" && err == nil && !seal.Exists(dir) {
		return nil, fault.New(fault.Conflict, "app.no_keys", "the keys of this register are not in %s; put them back, or name their folder with --keys", dir)
	}
	keys, err := seal.Open(dir)
	if err != nil {
		return nil, err
	}
	opt.DB.Schema = Schemas()
	d, err := db.Open(ctx, at.Place(), opt.DB)
	if err != nil {
		return nil, err
	}
	if err := checkKeys(ctx, d, keys, opt.RenewPeople); err != nil {
		d.Close()
		return nil, err
	}
	h := &House{DB: d, Keys: keys, Folder: at.Data}
	if h.Folder == "" {
		h.Folder = cmp.Or(opt.Folder, config.Files(dir))
	}
	h.furnish(opt)
	h.relays(opt)
	if opt.DB.ReadOnly {
		return h, nil
	}
	if err := h.goOn(ctx, opt.Before); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// checkKeys refuses keys that are not the register's; renew goes on with keys of people
// that were begun anew.
func checkKeys(ctx context.Context, d *db.DB, keys *seal.Keys, renew bool) error {
	if renew {
		if err := d.RenewPeople(ctx, keys.Root()); err != nil {
			return err
		}
	}
	lost, err := d.CheckKeys(ctx, keys.Blind("register", "keys"), keys.Root())
	if err == nil && lost != 0 {
		keys.Lost(lost)
	}
	return err
}

// goOn does what is to be done before anybody is served: it finishes what a process
// that died had begun, and carries out what the journals hold and the database does not.
func (h *House) goOn(ctx context.Context, before func(*House) error) (err error) {
	if h.DB.Engine() == db.Postgres { // on SQLite it was done before the file was opened
		if err := backup.Resume(h.Folder, whole.Stands(ctx, h.DB)); err != nil {
			return err
		}
	}
	if err := h.Audit.Fold(ctx); err != nil { // what a process that was killed, or a server that runs, has noted
		return err
	}
	if before != nil {
		if err := before(h); err != nil {
			return err
		}
	}
	if h.Replayed, err = h.Erasure.CatchUp(ctx); err != nil {
		return err
	}
	h.Was, err = backup.Say(ctx, h.DB, h.Tree, h.Folder)
	return err
}

// Close closes the register.
func (h *House) Close() error {
	_ = h.Relay.Pool().Flush(context.Background()) // counts of the last seconds: nothing rests on them
	return errors.Join(h.Outbox.Journal.Close(), h.Erasure.Journal.Close(), h.DB.Close())
}

// furnish gives each room what it needs of the others.
func (h *House) furnish(opt Options) {
	h.Audit = &audit.Room{DB: h.DB}
	if h.DB.Engine() == db.SQLite { // on PostgreSQL a folder of one node's would be out of the others' sight
		h.Audit.Dir = filepath.Join(h.Folder, "reads")
	}
	h.Tree = &tree.Room{DB: h.DB, Keys: h.Keys}
	h.Notice = &notice.Room{DB: h.DB}
	h.Ledger = &ledger.Room{DB: h.DB, Keys: h.Keys}
	h.Party = &party.Room{DB: h.DB, Catalogue: h.catalogue}
	h.Outbox = &outbox.Room{DB: h.DB, Party: h.Party, Ledger: h.Ledger, Keys: h.Keys, Question: outbox.NoticeQuestion(h.Notice),
		Journal: &journal.Journal{Dir: filepath.Join(h.Folder, "outbox")}}
	h.Media = &media.Room{DB: h.DB}
	h.Clicks = &clicks.Room{DB: h.DB, Keys: h.Keys, Outbox: h.Outbox, Question: clicks.NoticeQuestion(h.Notice)}
	h.Party.Held = h.Outbox.Holds().Unusable
	h.Returns = &returns.Room{DB: h.DB, Outbox: h.Outbox, Keys: h.Keys, Judge: h.judge}
	h.Party.Movers = []party.Mover{h.Ledger, h.Outbox, h.Clicks, h.Returns}
	h.Segment = &segment.Room{DB: h.DB, Outbox: h.Outbox, Catalogue: segment.FromNotice(h.Notice)}
	h.Campaign = &campaign.Room{DB: h.DB, Outbox: h.Outbox, Segments: h.Segment, Terms: letter.WithBase(opt.BaseURL, letter.NoticeTerms(h.Notice)), Clicks: h.Clicks, Clicked: h.Clicks.ByLetter, BaseURL: opt.BaseURL}
	h.Post = &post.Room{DB: h.DB, Outbox: h.Outbox, BaseURL: opt.BaseURL, Terms: h.postTerms}
	h.Series = &series.Room{DB: h.DB, Outbox: h.Outbox, Post: h.Post, Segments: h.Segment}
	h.Ledger.Heard = h.Series.Heard
	h.Party.Movers = append(h.Party.Movers, h.Post, h.Series)
	h.Subject = &subject.Room{DB: h.DB, Keys: h.Keys, Party: h.Party, Post: h.Post, BaseURL: opt.BaseURL, Purpose: h.dutyPurpose, Sure: h.sure}
	h.Party.Movers = append(h.Party.Movers, h.Subject)
	h.Exchange = &exchange.Room{DB: h.DB, Party: h.Party, Ledger: h.Ledger, Suppress: suppressor{h.Outbox},
		Notice: h.inForce, Folder: filepath.Join(h.Folder, "imports")}
	h.Staff = &staff.Room{Keys: h.Keys, Contract: h.contract}
	h.Access = &access.Room{DB: h.DB, Keys: h.Keys, Staff: h.Staff}
	h.Scan = &scan.Room{DB: h.DB, Keys: h.Keys, Media: h.Media}
	h.Rights = h.rightsDesk(opt)
	h.Warn = h.warnings()
	h.Intake = &intake.Room{DB: h.DB, Keys: h.Keys, Rights: h.Rights, Scan: h.Scan, Party: h.Party}
	h.Requests = h.Intake.Mailbox()
	h.Intake.Listen(h.Returns)
	h.Party.Movers = append(h.Party.Movers, h.Rights, h.Scan, h.Courier)
	h.Measure = &measure.Room{DB: h.DB, Probe: measure.Probe{URL: opt.BaseURL}}
	h.packets()
	h.keeping()
}

// postTerms are those of campaigns: one notice speaks for both.
func (h *House) postTerms(tx *db.Tx) (*post.Terms, error) {
	t, err := h.Campaign.Terms(tx)
	if err != nil {
		return nil, err
	}
	return &post.Terms{Version: t.Version, Question: t.Question, Catalogue: t.Catalogue, Uses: t.Uses, Base: t.Base, Sender: t.Sender, Language: t.Language}, nil
}

func (h *House) inForce() (*noticedef.Notice, int, error) {
	in, err := h.Notice.Current(context.Background())
	if err != nil {
		return nil, 0, err
	}
	return in.Notice, in.Number, nil
}

// catalogue lists no field at all while no notice is in force.
func (h *House) catalogue() party.Catalogue {
	in, err := h.Notice.Current(context.Background())
	if err != nil {
		return (*notice.InForce)(nil)
	}
	return in
}

// version is a version of the notice; 0 is the one in force.
func (h *House) version(tx *db.Tx, number int) (*notice.InForce, error) {
	if number > 0 {
		return h.Notice.Open(tx, number)
	}
	in, found, err := h.Notice.InForceAt(tx, tx.Time())
	if err == nil && !found {
		err = notice.None()
	}
	return in, err
}

// suppressor lets imports ask the outbox's suppression list.
type suppressor struct{ out *outbox.Room }

func (s suppressor) Any(tx *db.Tx) (bool, error) { return s.out.Holds().Any(tx) }

// Suppressed names addresses nobody may be brought back under.
func (s suppressor) Suppressed(tx *db.Tx, kind string, values []string) (map[string]bool, error) {
	out := map[string]bool{}
	for len(values) > 0 {
		n := min(500, len(values))
		held, err := s.out.Check(tx, kind, values[:n])
		if err != nil {
			return nil, err
		}
		for v, h := range held {
			out[v] = h.All || h.Itself // who is only on a list may be a customer; marketing is held from them when it is sent
		}
		values = values[n:]
	}
	return out, nil
}
