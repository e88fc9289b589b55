package devserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// FindBinary returns the path of the temporal CLI: the one given, else the one that
// PIKA_TEMPORAL_BINARY names, else the one beside the running executable, else
// ./bin/temporal, else the one on PATH.
func FindBinary(given string) (string, error) {
	for _, named := range []string{given, os.Getenv("PIKA_TEMPORAL_BINARY")} {
		if named == "" {
			continue
		}
		if !executable(named) {
			return "", fmt.Errorf("%s is no program that can be run: PIKA_TEMPORAL_BINARY must name the temporal CLI", named)
		}
		return filepath.Abs(named)
	}
	if self, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(self), "temporal"); executable(beside) {
			return beside, nil
		}
	}
	if local := filepath.Join("bin", "temporal"); executable(local) {
		return filepath.Abs(local)
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return filepath.Abs(path)
	}
	return "", errors.New("the Temporal CLI is not here: run `make build`, which puts it at bin/temporal, or set TEMPORAL_ADDRESS to use a running cluster")
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
