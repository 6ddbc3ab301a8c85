package cli

import (
	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/backup"
	"kartotek/internal/db"
)

type keyCmd struct {
	Show        keyShowCmd        `cmd:"" help:"Print the public keys that the heads of the log are signed with."`
	Rotate      keyRotateCmd      `cmd:"" help:"Make new keys for signing the log and for sealing; the old are kept for what was made with them."`
	RenewPeople keyRenewPeopleCmd `cmd:"" help:"Go on with new keys of people, when the folder keys/people is lost and no backup has it. Documents, evidence and packages sealed until now stay unreadable for good."`
}

type keyRenewPeopleCmd struct {
	store  `embed:""`
	Reason string `required:"" placeholder:"WHY" help:"Why, in a few words and without naming people; the log holds it."`
}

// Run has the register go on with the keys of people that are in the keys folder now.
func (c *keyRenewPeopleCmd) Run(w *world) error {
	if err := backup.Reasoned(c.Reason); err != nil {
		return err
	}
	h, err := app.Open(w.Ctx, c.Store, app.Options{RenewPeople: true})
	if err != nil {
		return err
	}
	defer h.Close()
	err = h.DB.Do(w.Ctx, c.Who("keys"), func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: "key.renew_people", Kind: "key", Detail: map[string]string{"reason": c.Reason}})
	})
	if err == nil {
		w.Note("The register goes on with new keys of people. What was sealed with the old ones stays unreadable; back up the keys folder now, and copy its folder people to every other server.")
	}
	return err
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
