package seal

import (
	"os"
	"syscall"
)

// lock waits until no other process holds a file, and holds it.
func lock(file string) (release func(), err error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// look tells a file apart from what stood or will stand under its name.
type look struct {
	inode       uint64
	size, mtime int64
	links       uint64
}

// lookAt asks an open file, which costs a fifth of asking for its name: one whose name
// was given to another has no link any more.
func lookAt(fd int) (look, error) {
	var s syscall.Stat_t
	err := syscall.Fstat(fd, &s)
	return look{s.Ino, s.Size, s.Mtim.Nano(), uint64(s.Nlink)}, err
}
