package backup

import (
	"errors"
	"os"
	"path/filepath"

	"kartotek/internal/db"
	"kartotek/internal/seal"
)

// Names in the register's folder while a backup is put back.
const (
	Fresh  = "restored"       // folder: what is to come
	before = "restored.old"   // folder: what was there
	note   = "restored.begun" // file: the moving has begun and is to be finished
)

// moved are what Swap moves. The keys stay where they are.
func moved() []string {
	return append([]string{db.FileName, logName, db.FileName + "-shm"}, folders...)
}

// Swap puts the content of the folder Fresh, which is complete and on the disk, in the
// place of the register's. Nobody may have the register open.
func Swap(dir string) error {
	if err := seal.WriteFile(filepath.Join(dir, note), []byte("a backup is being put back\n")); err != nil {
		return err
	}
	return Finish(dir)
}

// Resume goes on with a Swap that was begun in a folder, if any; "" is none. Of one
// that has come through it clears away what was there before.
func Resume(dir string) error {
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
	return Finish(dir)
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
	// The note goes first: while it stands, what is not aside is taken for old.
	if err := os.Remove(filepath.Join(dir, note)); err != nil {
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
