package shell

import (
	"io"
	"os"

	"kartotek/internal/fault"
)

// MaxFile bounds the files a command reads whole.
const MaxFile = 4 << 20

// ReadFile reads a file named on the command line, of at most 4 MB.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fault.New(fault.NotFound, "cli.no_file", "%s cannot be read", name).Because(err)
	}
	if info.Size() > MaxFile {
		return nil, fault.New(fault.TooLarge, "cli.large_file", "%s is larger than 4 MB", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.New(fault.NotFound, "cli.no_file", "%s cannot be read", name).Because(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1)) // a pipe or a device has no size to look at
	if err == nil && len(data) > MaxFile {
		err = fault.New(fault.TooLarge, "cli.large_file", "%s is larger than 4 MB", name)
	}
	return data, err
}
