package erasure

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kartotek/internal/party"
	"kartotek/internal/seal"
)

// strike takes the lines that name any of a person's addresses out of the files of rows
// that imports refused. A file is written anew in one step. Case does not matter, nor
// how a number is spaced.
func strike(folder string, addresses []party.Point) error {
	if folder == "" || len(addresses) == 0 {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "*-rejects.csv"))
	for _, file := range files {
		err = errors.Join(err, strikeFile(file, addresses))
	}
	return err
}

func strikeFile(file string, addresses []party.Point) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !tells(text, addresses) {
		return err
	}
	var rest []byte
	for line := range bytes.Lines(text) {
		if !tells(line, addresses) {
			rest = append(rest, line...)
		}
	}
	return seal.WriteFile(file, rest)
}

// tells reports whether a text names any of some addresses.
func tells(text []byte, addresses []party.Point) bool {
	low := bytes.ToLower(text)
	var close []byte
	for _, a := range addresses {
		in, what := low, strings.ToLower(a.Norm())
		if a.Kind == party.KindPhone {
			if close == nil {
				close = unspaced(low)
			}
			in, what = close, strings.TrimPrefix(what, "+")
		}
		if bytes.Contains(in, []byte(what)) {
			return true
		}
	}
	return false
}

// unspaced leaves out what numbers are written with.
func unspaced(text []byte) []byte {
	return bytes.Map(func(c rune) rune {
		if strings.ContainsRune(" -()/", c) {
			return -1
		}
		return c
	}, text)
}
