package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"kartotek/internal/fault"
)

// lockName is the file a server holds while it serves a folder.
const lockName = "serve.lock"

// Hold takes a data folder for one server, or says who has it. The system lets go
// of it when the process ends, however it ends.
func Hold(dir, listen string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		who, _ := os.ReadFile(f.Name())
		f.Close()
		return nil, fault.New(fault.Conflict, "app.held", "another server has this register: %s; stop it first, or use another folder", strings.TrimSpace(string(who)))
	}
	host, _ := os.Hostname()
	_ = f.Truncate(0)
	fmt.Fprintf(f, "process %d on %s, serving %s\n", os.Getpid(), host, listen)
	return func() { f.Close() }, nil
}
