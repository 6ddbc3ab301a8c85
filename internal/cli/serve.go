package cli

import (
	"kartotek/internal/app"
	"kartotek/internal/config"
	"kartotek/internal/oplog"
)

type serveCmd struct {
	config.Serve `embed:""`
}

// Run serves until it is told to stop.
func (c *serveCmd) Run(w *world) error {
	log := oplog.New(w.err, c.LogLevel, c.LogFormat)
	s, err := app.Serve(w.ctx, c.Serve, log)
	if err != nil {
		return err
	}
	base := c.BaseURL
	if base == "" {
		base = "http://" + s.Addr
	}
	w.printf("Kartotek serves %s\n", base)
	if s.SignIn != "" {
		w.printf("Sign in (once): %s\n", s.SignIn)
	}
	if s.Mail != "" {
		w.printf("Outgoing mail is caught (smtp://%s) and can be read at %s/mail\n", s.Mail, base)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Wait() }()
	select {
	case <-w.ctx.Done():
		w.note("stopping; what is under way is finished")
	case err = <-ended:
	}
	if e := s.Close(w.ctx); err == nil {
		err = e
	}
	return err
}
