package backup

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"kartotek/internal/db"
	"kartotek/internal/seal"
)

// Names in the register's folder while a backup is put back.
const (
	Fresh  = "restored"        // folder: what is to come
	before = "restored.old"    // folder: what was there
	note   = "restored.begun"  // file: the moving has begun and is to be finished
	unsaid = "restored.unsaid" // file: all is in place, and the log does not say so yet
)

// Note is what is remembered of a restore until the log has it: whoever opens the
// register next may be another process, after this one died.
type Note struct {
	ID     string `json:"id"` // of this restore, which the log's entry names
	By     db.By  `json:"by"`
	Reason string `json:"reason"`
}

// moved are what Swap moves. The keys stay where they are.
func moved() []string {
	return append([]string{db.FileName, logName, db.FileName + "-shm"}, folders...)
}

// Begin notes that the content of the folder Fresh, which is complete and on the disk,
// is to take the place of the register's: from here on Finish goes on. Nobody may have
// the register open.
func Begin(dir string, n Note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return seal.WriteFile(filepath.Join(dir, note), text)
}

// Swap begins and finishes.
func Swap(dir string, n Note) error {
	if err := Begin(dir, n); err != nil {
		return err
	}
	return Finish(dir)
}

// Take is Hold for a register on SQLite, with what was begun in its folder finished.
func Take(dir, listen string) (release func(), err error) {
	if release, err = Hold(dir, listen); err != nil {
		return nil, err
	}
	if err := Finish(dir); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// Resume goes on with a restore that was begun in a folder, if any; "" is none. Of one
// that has come through it clears away what was there before. Where the database lies
// elsewhere, stands says whether the register of a restore stands there: if not, what
// was unpacked for it goes.
func Resume(dir string, stands func(id string) (bool, error)) error {
	if dir == "" {
		return nil
	}
	begun, err := exists(filepath.Join(dir, note))
	switch {
	case err != nil:
		return err
	case !begun:
		return os.RemoveAll(filepath.Join(dir, before))
	}
	release, err := Hold(dir, "a restore that is being finished")
	if err != nil {
		return err
	}
	defer release()
	return Settle(dir, stands)
}

// Settle is Resume for whoever holds the folder already.
func Settle(dir string, stands func(id string) (bool, error)) error {
	n, err := read(filepath.Join(dir, note))
	if err != nil {
		return err
	}
	if n == nil || stands == nil {
		return Finish(dir)
	}
	yes, err := stands(n.ID)
	if err == nil && !yes {
		err = os.Remove(filepath.Join(dir, note))
	}
	if err != nil {
		return err
	}
	return Finish(dir)
}

func read(file string) (*Note, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	n := &Note{}
	if err == nil && json.Unmarshal(text, n) != nil {
		return nil, nil // of an earlier program, which noted less
	}
	return n, err
}

// Unsaid gives the restore that has come through and that the log does not name yet;
// nil for none.
func Unsaid(dir string) (*Note, error) { return read(filepath.Join(dir, unsaid)) }

// Said forgets it: the log has it now.
func Said(dir string) error {
	err := os.Remove(filepath.Join(dir, unsaid))
	seal.SyncDir(dir)
	return err
}

// Finish goes on with a Swap that was begun; without one it clears away what an
// unpacking left that never came so far.
func Finish(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, note)); errors.Is(err, os.ErrNotExist) {
		return clearAway(dir)
	} else if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, before), 0o700); err != nil {
		return err
	}
	for _, name := range moved() {
		if err := swapOne(dir, name); err != nil {
			return err
		}
	}
	seal.SyncDir(dir)
	// The note goes before the rest is cleared away: while it stands, what is not aside
	// is taken for old.
	if err := os.Rename(filepath.Join(dir, note), filepath.Join(dir, unsaid)); err != nil {
		return err
	}
	seal.SyncDir(dir)
	return clearAway(dir)
}

// clearAway removes what was there before, and what is left of an unpacking.
func clearAway(dir string) error {
	return errors.Join(os.RemoveAll(filepath.Join(dir, before)), os.RemoveAll(filepath.Join(dir, Fresh)))
}

// swapOne moves one name. What stands in its place is put aside once, or noted not to
// have been there: when that has been done, what stands there is new.
func swapOne(dir, name string) error {
	here, aside, fresh := filepath.Join(dir, name), filepath.Join(dir, before, name), filepath.Join(dir, Fresh, name)
	there, err := exists(aside, aside+".none")
	if err != nil {
		return err
	}
	if !there {
		err := os.Rename(here, aside)
		if errors.Is(err, os.ErrNotExist) {
			err = os.WriteFile(aside+".none", nil, 0o600)
		}
		if err != nil {
			return err
		}
		seal.SyncDir(filepath.Join(dir, before))
	}
	if err := os.Rename(fresh, here); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func exists(paths ...string) (bool, error) {
	for _, path := range paths {
		_, err := os.Lstat(path)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return err == nil, err
		}
	}
	return false, nil
}
