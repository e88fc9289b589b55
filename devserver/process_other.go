//go:build unix && !linux

package devserver

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// childAttributes puts the server into its own process group.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func newGuard(pid int) (*guard, error) { return startGuard(pid) }

// commandLine returns the command line of a running process, "" if there is none.
func commandLine(pid int) string {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
