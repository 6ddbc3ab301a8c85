package cli

import (
	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/db"
)

type keyCmd struct {
	Show   keyShowCmd   `cmd:"" help:"Print the public keys that the heads of the log are signed with."`
	Rotate keyRotateCmd `cmd:"" help:"Make new keys for signing the log and for sealing; the old are kept for what was made with them."`
}

type keyShowCmd struct {
	store `embed:""`
	JSON  bool `name:"json" help:"Print JSON."`
}

// Run prints the public keys, the one in use last.
func (c *keyShowCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		keys, err := h.Keys.LogVerifiers()
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(map[string]any{"log": h.Keys.LogOrigin(), "verifiers": keys})
		}
		for _, k := range keys {
			w.Printf("%s\n", k)
		}
		return nil
	})
}

type keyRotateCmd struct {
	store `embed:""`
	Only  string `enum:"log,seal,both" default:"both" help:"Which key: log, seal or both. Keys of links and of suppression stay, or links in letters already sent would be dead and suppressed people no longer recognised."`
}

// Run makes new keys and prints the new public key of the log. The log names it.
func (c *keyRotateCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		detail := map[string]string{}
		if c.Only != "log" {
			if _, err := h.Keys.RotateBox(); err != nil {
				return err
			}
			detail["seal"] = "new"
		}
		if c.Only != "seal" {
			vkey, err := h.Keys.RotateLogKey()
			if err != nil {
				return err
			}
			w.Printf("%s\n", vkey)
			detail["log"] = vkey
		}
		return h.DB.Do(w.Ctx, c.Who("keys"), func(tx *db.Tx) error {
			return audit.Write(tx, audit.Entry{Action: "key.rotate", Kind: "key", Detail: detail})
		})
	})
}
