package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kartotek/internal/backup"
	"kartotek/internal/catcher"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/whole"
	"kartotek/internal/demo"
	"kartotek/internal/fault"
	"kartotek/internal/job"
	"kartotek/internal/returns"
	"kartotek/internal/staff/apikey"
	"kartotek/internal/staff/oidc"
	"kartotek/internal/tree"
	"kartotek/internal/web"
	"kartotek/internal/web/admin/importing"
	"kartotek/internal/web/door"
)

// Server is a register that serves its pages and works through its queue.
type Server struct {
	*House
	Addr   string // where it listens, host:port
	SignIn string // a one-time link for the demonstration; "" otherwise
	Mail   string // where caught mail comes in; "" when mail goes out for real
	// Returned takes mail that comes back; nil when none is taken here.
	Returned *returns.Listener
	web      *web.Server
	run      *job.Runner
	sends    bool // run has the work of those who send
	catcher  *catcher.Catcher
	release  func() // of the folder
	serving  func() // tells the database that nobody serves any more
	working  chan error
	stop     context.CancelFunc
}

// Serve opens a register and starts serving it. It returns when pages can be had.
func Serve(ctx context.Context, cfg config.Serve, log *slog.Logger) (*Server, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	s := &Server{web: &web.Server{Log: log}, release: func() {}, serving: func() {}, stop: func() {}}
	if err := s.open(ctx, &cfg, log); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// open does all that may fail, in the order in which it can be taken back: the
// folder is held before anything in it is touched.
func (s *Server) open(ctx context.Context, cfg *config.Serve, log *slog.Logger) (err error) {
	if cfg.Data != "" {
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return err
		}
		release, err := backup.Take(cfg.Data, cfg.Listen)
		if err != nil {
			return err
		}
		s.release = release
	}
	if err := s.take(cfg); err != nil {
		return err
	}
	if cfg.Demo && cfg.SMTP == "" {
		if s.catcher, err = catcher.Start("127.0.0.1:0"); err != nil {
			return err
		}
		cfg.SMTP, s.Mail = s.catcher.URL(), s.catcher.Addr()
	}
	if cfg.Demo {
		if err := demoRegister(ctx, cfg); err != nil {
			return err
		}
	}
	if s.House, err = Open(ctx, cfg.Store, Options{Create: cfg.Demo, SMTP: cfg.SMTP, BaseURL: cfg.BaseURL, ReturnDomain: cfg.ReturnDomain, Caught: s.catcher != nil, DB: db.Options{Node: cfg.Node}}); err != nil {
		return err
	}
	if s.serving, err = whole.Serving(ctx, s.DB, func(err error) {
		log.Error("this server ends", "error", err)
		_ = s.web.Shutdown(context.Background())
	}); err != nil {
		return err
	}
	return s.begin(ctx, cfg, log)
}

// take takes the address. When the system chose the port, links name that one.
func (s *Server) take(cfg *config.Serve) error {
	if err := s.web.Listen(cfg.Listen); err != nil {
		return err
	}
	s.Addr = s.web.Addr()
	if cfg.BaseURL == "http://"+cfg.Listen {
		cfg.BaseURL = "http://" + s.Addr
	}
	return nil
}

// begin starts pages first, so that they are there at once, then the queue.
func (s *Server) begin(ctx context.Context, cfg *config.Serve, log *slog.Logger) error {
	s.run = &job.Runner{DB: s.DB, Workers: cfg.Workers, Log: log}
	if s.Campaign.Sends() { // without a mail server the work is left to a process that has one
		s.sending(s.run)
	}
	s.handleImport(s.run, nil)
	s.Returns.Log, s.Audit.Log = log, log
	s.Returns.Handle(s.run)
	s.Retention.Zone = cfg.Timezone
	s.Retention.Handle(s.run)
	s.Scan.Handle(s.run)
	s.Requests.Log = log
	s.Requests.Handle(s.run)
	s.Intake.Handle(s.run)
	s.Courier.Handle(s.run)
	s.Warn.Handle(s.run)
	s.Rights.Handle(s.run)
	s.Erasure.Handle(s.run)
	if err := errors.Join(s.listen(cfg, log), s.returning(ctx, cfg)); err != nil {
		return err
	}
	if cfg.Demo {
		token, err := demo.SignIn(ctx, s.demoRooms())
		switch {
		case err == nil:
			s.SignIn = cfg.BaseURL + "/signin/link/" + token
		case !fault.Is(err, fault.NotFound): // a register of one's own is served as it is, with its mail caught
			return err
		}
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.working = stop, make(chan error, 1)
	go func() {
		var sequencer sync.WaitGroup
		s.Tree.Log, s.Tree.Places = log, tree.Places(cfg.Checkpoints)
		sequencer.Go(func() { s.keepLog(work, log) })
		sequencer.Go(func() { s.Access.Run(work) })
		sequencer.Go(func() { s.Erasure.Run(work, func(err error) { log.Error("journal of erasures", "error", err) }) })
		sequencer.Go(func() { s.copyJournal(work, cfg.JournalCopies, log) })
		sequencer.Go(func() { s.keepRelays(work, log) })
		sequencer.Go(func() { s.sendLater(work, log) })
		sequencer.Go(func() { s.Clicks.Run(work, func(err error) { log.Error("counting clicks", "error", err) }) })
		sequencer.Go(func() { s.Measure.Run(work, func(err error) { log.Error("measuring", "error", err) }) })
		sequencer.Go(func() { s.Packet.Run(work, func(err error) { log.Error("packages that have expired", "error", err) }) })
		err := s.DB.RepairIndexes(work)
		if err != nil {
			log.Error("indexes", "error", err)
		}
		err = errors.Join(err, s.run.Run(work))
		sequencer.Wait()
		s.working <- err
	}()
	return s.resume(ctx)
}

// keepLog takes what is read into the log and the log into its tree, until work
// ends: the reads first, so that the tree has them when the program ends.
func (s *Server) keepLog(work context.Context, log *slog.Logger) {
	leaves, end := context.WithCancel(context.WithoutCancel(work))
	go func() {
		defer end()
		if err := s.Audit.Run(work); err != nil {
			log.Error("the journal of reads", "error", err)
		}
		<-work.Done()
	}()
	_ = s.Tree.Run(leaves) // ends with leaves, and logs what goes wrong
}

// copyJournal keeps copies of the journal of erasures elsewhere.
func (s *Server) copyJournal(work context.Context, folders []string, log *slog.Logger) {
	s.Erasure.Journal.Keep(work, folders, func(folder string, err error) {
		log.Error("the journal of erasures was not copied; it is tried again", "folder", folder, "error", err)
	})
}

func (s *Server) listen(cfg *config.Serve, log *slog.Logger) error {
	proxies, err := cfg.Proxies()
	if err != nil {
		return err
	}
	uploads := filepath.Join(s.Folder, "uploads")
	if err := os.MkdirAll(uploads, 0o700); err != nil {
		return err
	}
	s.Access.Log, s.Measure.Probe.Proxy = log, len(proxies) > 0
	rooms := &door.Rooms{DB: s.DB, Audit: s.Audit, Tree: s.Tree, Keys: s.Keys, Party: s.Party, Ledger: s.Ledger, Outbox: s.Outbox, Segment: s.Segment, Notice: s.Notice,
		Exchange: s.Exchange, Clicks: s.Clicks, Media: s.Media, Campaign: s.Campaign, Post: s.Post, Series: s.Series, Returns: s.Returns, Relay: s.Relay, Subject: s.Subject, Rights: s.Rights, Packet: s.Packet, Scan: s.Scan, Intake: s.Intake, Requests: s.Requests, Mine: s.mine(), Staff: s.Staff, Access: s.Access, Measure: s.Measure, APIKey: &apikey.Room{}, Jobs: s.run, Catcher: s.catcher,
		BaseURL: cfg.BaseURL, Demo: cfg.Demo, Log: log, Uploads: uploads, Proxies: proxies}
	rooms.Retention, rooms.Recipient, rooms.Paper = s.Retention, s.Recipient, s.Paper
	if cfg.OIDCIssuer != "" {
		rooms.OIDC = oidc.New(oidc.Settings{Issuer: cfg.OIDCIssuer, ClientID: cfg.OIDCClientID, ClientSecret: cfg.OIDCClientSecret, Name: cfg.OIDCName,
			ACR: cfg.OIDCACR, Private: cfg.OIDCPrivate, BaseURL: cfg.BaseURL}, s.Staff, s.Keys, log)
	}
	s.run.Handle(importing.KindPlan, importing.PlanJob(rooms))
	s.web.Handler = web.New(rooms, Routes()...)
	return s.web.Start(cfg.Listen)
}

// resume puts imports that a dead process left behind back into the queue.
// Campaigns' jobs are rows of the queue already.
func (s *Server) resume(ctx context.Context) error {
	return s.DB.Do(ctx, db.System("resume"), func(tx *db.Tx) error {
		if s.Post.Channel != nil {
			if err := errors.Join(s.Post.Begin(tx), s.Series.Begin(tx)); err != nil {
				return err
			}
		}
		if err := errors.Join(s.Returns.Begin(tx), s.Scan.Begin(tx), s.Requests.Begin(tx), s.Intake.Begin(tx), s.Courier.Begin(tx), s.Warn.Begin(tx), s.Rights.Begin(tx), s.Retention.Begin(tx)); err != nil {
			return err
		}
		all, err := s.Exchange.Running(tx)
		for _, m := range all {
			if err == nil {
				_, _, err = job.Enqueue(tx, importing.KindImport, m.ID.String(), m.ID, job.Opt{Total: m.Info.Bytes})
			}
		}
		return err
	})
}

// Wait returns when the pages are no longer served.
func (s *Server) Wait() error { return s.web.Wait() }

// drainTime is how long requests and jobs under way may take to end.
const drainTime = 10 * time.Second

// Close stops taking requests and jobs, lets those under way end, and closes the register.
func (s *Server) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	var errs []error
	errs = append(errs, s.web.Shutdown(ctx))
	if s.Returned != nil {
		errs = append(errs, s.Returned.Close(ctx))
	}
	s.stop()
	if s.working != nil {
		select {
		case err := <-s.working:
			if !errors.Is(err, context.Canceled) {
				errs = append(errs, err)
			}
		case <-ctx.Done():
			errs = append(errs, fault.New(fault.Unavailable, "app.slow_end", "jobs did not end in %s; they go on at the next start", drainTime))
		}
	}
	if s.catcher != nil {
		errs = append(errs, s.catcher.Close())
	}
	s.serving()
	if s.House != nil {
		errs = append(errs, s.House.Close())
	}
	s.release()
	return errors.Join(errs...)
}
