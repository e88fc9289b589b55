package sqlite

import (
	"errors"
	"os"

	"github.com/pikamem/pika"
)

// fileLock keeps a second process from opening the same database. It is held on a
// file of its own: SQLite's own locks allow several processes, which the writer
// queue and the in-process indexes do not.
type fileLock struct{ file *os.File }

// acquireLock takes the lock of the database at path, or says who should give way.
// The lock file stays behind; the lock itself dies with the process.
func acquireLock(path string) (*fileLock, error) {
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, folderError(path, err)
	}
	taken, err := tryLock(file)
	if err != nil || !taken {
		_ = file.Close()
	}
	switch {
	case err != nil:
		return nil, pika.Wrap(pika.Unavailable, err, "%s cannot be locked: its file system must support file locks", path)
	case !taken:
		return nil, pika.Errorf(pika.Unavailable, "%s is in use by another process: stop that process, or choose another data folder (--data)", path)
	}
	return &fileLock{file: file}, nil
}

// release gives the lock up at once: a process that is being started at this moment
// holds a copy of the file until it runs its own program, and closing alone would
// leave the lock to it.
func (l *fileLock) release() error { return errors.Join(unlock(l.file), l.file.Close()) }
