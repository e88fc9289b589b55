//go:build !unix || solaris || aix

package sqlite

import "os"

// tryLock cannot lock here; SQLite's own locks still keep the file whole.
func tryLock(*os.File) (taken bool, err error) { return true, nil }

func unlock(*os.File) error { return nil }
