package devserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pidFile names the server's process, so that the next start finds it if this
// process is killed on a system where the guard cannot help.
func (s *Server) pidFile() string { return filepath.Join(s.options.DataDir, "temporal.pid") }

func (s *Server) writePID(pid int) error {
	if err := os.WriteFile(s.pidFile(), []byte(strconv.Itoa(pid)+"\n"), 0o600); err != nil {
		return fmt.Errorf("note the workflow server's process: %w", err)
	}
	return nil
}

// takeFolder takes the folder for this process. The lock goes with the process, so a
// folder that can be taken has no living owner.
func takeFolder(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "temporal.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take the folder of the workflow server: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another pika runs a workflow server in %s: stop it, or choose another data folder (--data)", dir)
		}
		return nil, fmt.Errorf("take the folder of the workflow server: %w", err)
	}
	return file, nil
}

// stopOrphan stops the server that a killed process left behind. It is called with
// the folder taken. A process that only bears the same number is left alone: the
// command line must name our database.
func (s *Server) stopOrphan() error {
	content, err := os.ReadFile(s.pidFile())
	if err != nil {
		return nil // no note, no orphan
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil || pid <= 1 || !strings.Contains(commandLine(pid), s.database()) {
		return nil
	}
	s.options.Log.Warn("stopping a workflow server that an earlier pika left behind", "pid", pid)
	_ = syscall.Kill(pid, syscall.SIGTERM)
	if goneWithin(pid, stopTimeout) {
		return nil
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	if goneWithin(pid, stopTimeout) {
		return nil
	}
	return fmt.Errorf("an earlier workflow server (process %d) on %s does not end: stop it by hand", pid, s.database())
}

func goneWithin(pid int, timeout time.Duration) bool {
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if commandLine(pid) == "" {
			return true
		}
	}
	return false
}
