package devserver

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// guard is a tiny shell that waits for the end of a pipe and then kills the server.
// The pipe's other end is in this process only, so it ends with this process,
// however that dies. Systems whose kernel can do this need none.
type guard struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

// startGuard starts the guard of a process.
func startGuard(pid int) (*guard, error) {
	cmd := exec.Command("/bin/sh", "-c", `read -r _; kill -KILL "$1" 2>/dev/null`, "guard", strconv.Itoa(pid))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("make the pipe of the workflow server's guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the workflow server's guard: %w", err)
	}
	return &guard{cmd: cmd, pipe: pipe}, nil
}

// release ends the guard of a process that is gone, before its number can be used
// again.
func (g *guard) release() {
	if g.cmd == nil {
		return
	}
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
	_ = g.pipe.Close()
}
