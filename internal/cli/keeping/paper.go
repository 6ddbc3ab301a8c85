package keeping

import (
	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/cli/shell"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/paper"
)

// Paper is the group of commands of that name.
type Paper struct {
	List    paperListCmd    `cmd:"" help:"List what is on paper, what is to be destroyed first before the rest."`
	Add     paperAddCmd     `cmd:"" help:"Enter an item about a person."`
	Out     paperOutCmd     `cmd:"" help:"Record that somebody takes an item out."`
	In      paperInCmd      `cmd:"" help:"Record that it is back."`
	Destroy paperDestroyCmd `cmd:"" help:"Record that an item was destroyed."`
}

type paperListCmd struct {
	shell.Store `embed:""`
	Until       string `placeholder:"DATE" help:"Only what is to be destroyed by this day."`
	JSON        bool   `name:"json" help:"Print JSON, one line an item."`
}

type paperLine struct {
	ID        id.ID  `json:"id"`
	Person    id.ID  `json:"person"`
	Location  string `json:"location"`
	Custodian string `json:"custodian"`
	DestroyOn string `json:"destroy_on"`
	Out       bool   `json:"out,omitempty"`
}

// Run lists items, without what they are about.
func (c *paperListCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		var all []paper.Item
		err := h.DB.Do(w.Ctx, c.Who("paper"), func(tx *db.Tx) (err error) {
			if all, err = h.Paper.Kept(tx, c.Until, 1000); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "paper.list", Kind: "paper", Count: len(all)})
		})
		for _, i := range all {
			if err != nil {
				return err
			}
			if c.JSON {
				err = w.Line(paperLine{i.ID, i.Person, i.Location, i.Custodian, i.DestroyOn, i.OutMove != 0})
				continue
			}
			w.Printf("%s  %s  destroy %s  %s, %s\n", i.ID, i.Person, i.DestroyOn, i.Location, i.Custodian)
		}
		return err
	})
}

type paperAddCmd struct {
	Address     string `arg:"" help:"E-mail address or phone number of the person it is about."`
	shell.Store `embed:""`
	What        string `required:"" help:"What it is: signed form, letter, printed list."`
	Location    string `required:"" help:"Where it lies: a place of the notice's paper measure."`
	Custodian   string `required:"" help:"Who looks after it."`
	Entry       string `help:"Who may enter."`
	DestroyOn   string `name:"destroy-on" required:"" placeholder:"DATE" help:"Day it is to be destroyed."`
}

// Run enters an item and prints its id.
func (c *paperAddCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		var made *paper.Item
		err := h.DB.Do(w.Ctx, c.Who("paper"), func(tx *db.Tx) error {
			who, err := find(h, tx, c.Address)
			if err == nil {
				made, err = h.Paper.Add(tx, who, paper.Item{What: c.What, Location: c.Location, Custodian: c.Custodian, Entry: c.Entry, DestroyOn: c.DestroyOn})
			}
			return err
		})
		if err == nil {
			w.Printf("%s\n", made.ID)
		}
		return err
	})
}

// item names an item as paper list prints it.
type item struct {
	Item   string `arg:"" help:"The item's id."`
	Person string `arg:"" help:"The person's id."`
}

func (i *item) act(w *shell.World, s *shell.Store, do func(h *app.House, tx *db.Tx, who, which id.ID) error) error {
	which, err := id.Parse(i.Item)
	who, err2 := id.Parse(i.Person)
	if err != nil || err2 != nil {
		return shell.Usage("the ids of an item and of its person are as paper list prints them")
	}
	return s.With(w, func(h *app.House) error {
		return h.DB.Do(w.Ctx, s.Who("paper"), func(tx *db.Tx) error { return do(h, tx, who, which) })
	})
}

type paperOutCmd struct {
	item        `embed:""`
	shell.Store `embed:""`
	Holder      string `required:"" help:"Who takes it."`
	Why         string `required:"" help:"What for."`
}

// Run records an item's way out.
func (c *paperOutCmd) Run(w *shell.World) error {
	return c.act(w, &c.Store, func(h *app.House, tx *db.Tx, who, which id.ID) error {
		return h.Paper.Out(tx, who, which, c.Holder, c.Why)
	})
}

type paperInCmd struct {
	item        `embed:""`
	shell.Store `embed:""`
}

// Run records that it is back.
func (c *paperInCmd) Run(w *shell.World) error {
	return c.act(w, &c.Store, func(h *app.House, tx *db.Tx, who, which id.ID) error { return h.Paper.In(tx, who, which) })
}

type paperDestroyCmd struct {
	item        `embed:""`
	shell.Store `embed:""`
	Certificate string `required:"" help:"What shows the destruction: a number, a document."`
}

// Run records a destruction.
func (c *paperDestroyCmd) Run(w *shell.World) error {
	return c.act(w, &c.Store, func(h *app.House, tx *db.Tx, who, which id.ID) error {
		return h.Paper.Destroy(tx, who, which, c.Certificate)
	})
}
