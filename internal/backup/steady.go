package backup

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"kartotek/internal/seal"
)

// steady writes to a file and has the disk begin with each piece when it is written.
// Otherwise the disk rests while the processor works, and the processor while Sync waits.
type steady struct {
	f         *os.File
	at, begun int64
}

// piece is what the disk is given to do at a time.
const piece = 8 << 20

func (s *steady) Write(b []byte) (int, error) {
	n, err := s.f.Write(b)
	s.at += int64(n)
	if s.at-s.begun >= piece {
		beginWriting(s.f, s.begun, s.at-s.begun)
		s.begun = s.at
	}
	return n, err
}

// Put writes a file beside the one named and puts it in its place when it is whole and
// on the disk.
func Put(name string, write func(io.Writer) error) error {
	part, err := os.OpenFile(name+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	err = write(&steady{f: part})
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), name); err != nil {
		return err
	}
	seal.SyncDir(filepath.Dir(name))
	return nil
}

// extract writes a file that is not there yet; it is on the disk afterwards.
func extract(in io.Reader, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(&steady{f: f}, in, make([]byte, buffer))
	return errors.Join(err, f.Sync(), f.Close())
}
