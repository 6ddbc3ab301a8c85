package audit

import (
	"os"
	"syscall"
)

// syncData waits until what was written to f is on the disk, without the time of
// the last change, which nobody reads.
func syncData(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return err
		}
	}
}
