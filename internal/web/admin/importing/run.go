package importing

import (
	"os"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/web/admin/desk"
)

// KindImport is the job that runs an import; its key is the import's id.
const KindImport = "import"

// begin records the import of an upload and puts it into the queue.
func begin(d *desk.Desk) error {
	up, err := d.ID("id")
	if err != nil {
		return err
	}
	u, err := readUpload(d.Rooms, up)
	if err != nil {
		return err
	}
	if u.Import != 0 {
		return d.Redirect(path(u.Import))
	}
	p, ready, err := readPlan(d.Rooms, up)
	if err != nil {
		return err
	}
	if !ready {
		return d.Redirect(path(up) + "/plan")
	}
	// as the plan was shown, whatever has been saved or forgotten since
	u.Options.Mapping, u.Options.Unmapped = p.Mapping, p.Mapping == nil
	var m *exchange.Import
	if m, err = d.Exchange.Begin(d.Context(), d.By(d.Purpose()), u.Files, u.Options); err != nil {
		return d.Back(path(up)+"/plan", err)
	}
	err = d.Act(func(tx *db.Tx) error {
		if _, _, err := job.Enqueue(tx, KindImport, m.ID.String(), m.ID, job.Opt{Total: m.Info.Bytes}); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "import.begin", Kind: "import", Object: m.ID.String()})
	})
	if err != nil {
		return err
	}
	u.Import = m.ID
	if err := write(d.Rooms, up, "upload.json", u); err != nil {
		return err
	}
	return d.Redirect(path(m.ID))
}

// drop forgets an upload. One whose import has begun stays until that has ended.
func drop(d *desk.Desk) error {
	up, err := d.ID("id")
	if err != nil {
		return err
	}
	u, err := readUpload(d.Rooms, up)
	if err != nil {
		return err
	}
	if u.Import != 0 {
		return d.Redirect(path(u.Import))
	}
	if err := os.RemoveAll(folder(d.Rooms, up)); err != nil {
		return err
	}
	return d.Done("/import", d.T("import.dropped"))
}

// undo takes an import back. People to whom something was sent since stay.
func undo(d *desk.Desk) error {
	m, err := get(d)
	if err != nil {
		return err
	}
	inUse := func(tx *db.Tx, who id.ID) (bool, error) {
		some, err := d.Outbox.Of(tx, who, 0, 1)
		return len(some) > 0, err
	}
	out, err := d.Exchange.Undo(d.Context(), d.By(d.Purpose()), m.ID, inUse)
	if err != nil {
		return d.Back(path(m.ID), err)
	}
	err = d.Act(func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: "import.undo", Kind: "import", Object: m.ID.String(), Count: out.Removed + out.Restored})
	})
	if err != nil {
		return err
	}
	return d.Done(path(m.ID), d.T("import.undone_now", "removed", out.Removed, "restored", out.Restored, "kept", out.Kept))
}
