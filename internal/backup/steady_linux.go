package backup

import (
	"os"
	"syscall"
)

// syncRangeWrite is SYNC_FILE_RANGE_WRITE: begin, and do not wait.
const syncRangeWrite = 2

// beginWriting has the disk begin to write part of a file. It promises nothing: Sync does.
func beginWriting(f *os.File, from, n int64) {
	_ = syscall.SyncFileRange(int(f.Fd()), from, n, syncRangeWrite)
}
