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
	log := oplog.New(w.Err, c.LogLevel, c.LogFormat)
	s, err := app.Serve(w.Ctx, c.Serve, log)
	if err != nil {
		return err
	}
	base := c.BaseURL
	if base == "" {
		base = "http://" + s.Addr
	}
	w.Printf("Kartotek serves %s\n", base)
	if s.SignIn != "" {
		w.Printf("Sign in (once): %s\n", s.SignIn)
	}
	if s.Mail != "" {
		w.Printf("Outgoing mail is caught (smtp://%s) and can be read at %s/mail\n", s.Mail, base)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Wait() }()
	select {
	case <-w.Ctx.Done():
		w.Note("stopping; what is under way is finished")
	case err = <-ended:
	}
	if e := s.Close(w.Ctx); err == nil {
		err = e
	}
	return err
}
