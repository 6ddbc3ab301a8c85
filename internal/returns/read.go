package returns

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kartotek/internal/bounce"
)

// Read gives fn each mail of a place in the file system: a mail, a mailbox (mbox),
// or a folder of either (Maildir too).
func Read(ctx context.Context, place string, fn func(*Mail) error) error {
	info, err := os.Stat(place)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return readFile(ctx, place, fn)
	}
	return filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != place && skipped(path, d) && d.IsDir():
			return filepath.SkipDir
		case !d.Type().IsRegular() || skipped(path, d):
			return nil
		}
		return readFile(ctx, path, fn)
	})
}

// skipped reports whether a file or folder is none of the mails of the folder it
// is in: hidden, or the tmp of a Maildir.
func skipped(path string, d fs.DirEntry) bool {
	if strings.HasPrefix(d.Name(), ".") {
		return !d.IsDir() || !isMaildir(path)
	}
	return d.IsDir() && d.Name() == "tmp" && isMaildir(filepath.Dir(path))
}

// isMaildir reports whether a folder is a mailbox of one file a mail. Its tmp
// holds mails still being delivered; folders in it begin with a dot.
func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

func readFile(ctx context.Context, name string, fn func(*Mail) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return ReadMailbox(ctx, f, fn)
}

// ReadMailbox gives fn one mail, or several parted by "From " lines as mbox has them.
func ReadMailbox(ctx context.Context, in io.Reader, fn func(*Mail) error) error {
	box := bounce.OpenMailbox(in)
	for ctx.Err() == nil {
		raw, err := box.Next(bounce.Usual.Bytes + 1)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(raw)) == 0 {
			continue // an empty file is no mail
		}
		rep, err := bounce.Parse(bytes.NewReader(raw), bounce.Usual)
		if err == nil {
			err = fn(&Mail{Report: rep})
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
