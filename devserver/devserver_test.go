package devserver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/devserver"
	"github.com/pikamem/pika/devserver/devservertest"
)

// parentVariable makes the test binary play a process that starts a server and is
// then killed.
const parentVariable = "PIKA_TEST_DEVSERVER_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentVariable); dir != "" {
		playParent(dir)
		return
	}
	os.Exit(m.Run())
}

func playParent(dir string) {
	server, err := devserver.Start(context.Background(), devserver.Options{Binary: os.Getenv("PIKA_TEST_TEMPORAL"), DataDir: dir, UIPort: -1})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("pid", server.PID())
	select {}
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	options := devservertest.Options(t)
	options.UIPort = 0
	begun := time.Now()
	server, err := devserver.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("healthy after %v", time.Since(begun))
	t.Cleanup(server.Stop)
	if err := server.Healthy(); err != nil {
		t.Errorf("Healthy() = %v, want nil", err)
	}
	if server.UIAddress() == "" {
		t.Error("no address of the web page")
	}
	if got := retention(t, server.Address()); got != 7*24*time.Hour {
		t.Errorf("retention = %v, want 7 days", got)
	}
	pid := server.PID()
	begun = time.Now()
	server.Stop()
	t.Logf("stopped after %v", time.Since(begun))
	server.Stop() // harmless
	if alive(pid) {
		t.Errorf("process %d lives after Stop", pid)
	}
	if err := server.Healthy(); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Healthy() after Stop = %v, want Unavailable", err)
	}
}

func TestKilledServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	server := devservertest.Start(t)
	pid := server.PID()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	eventually(t, "the server runs again", func() bool {
		return server.Restarts() == 1 && server.Healthy() == nil && server.PID() != pid
	})
	t.Logf("healthy again after %v", time.Since(begun))
	if got := retention(t, server.Address()); got != 7*24*time.Hour {
		t.Errorf("retention = %v, want 7 days", got)
	}
}

func TestKilledParentLeavesNoServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	parent, pid := startParent(t, dir)
	if !alive(pid) {
		t.Fatalf("server %d does not run", pid)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	eventually(t, "the server is gone", func() bool { return !alive(pid) })
}

// TestOrphanIsStopped covers systems where nothing ends the server of a killed
// process: a server left behind is stopped by the next start.
func TestOrphanIsStopped(t *testing.T) {
	t.Parallel()
	options := devservertest.Options(t)
	database := filepath.Join(options.DataDir, "temporal.db")
	port := freePort(t)
	orphan := exec.Command(options.Binary, "server", "start-dev", "--headless", "--ip", "127.0.0.1",
		"--port", strconv.Itoa(port), "--db-filename", database, "--log-level", "error")
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- orphan.Wait() }()
	write(t, filepath.Join(options.DataDir, "temporal.pid"), strconv.Itoa(orphan.Process.Pid))
	eventually(t, "the orphan listens", func() bool { return listens(port) })

	server, err := devserver.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the orphan still runs")
	}
}

func TestAnotherProcessWithTheNotedNumberIsLeftAlone(t *testing.T) {
	t.Parallel()
	options := devservertest.Options(t)
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	write(t, filepath.Join(options.DataDir, "temporal.pid"), strconv.Itoa(other.Process.Pid))
	server, err := devserver.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if !alive(other.Process.Pid) {
		t.Error("a process that is no workflow server was stopped")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { busy.Close() })
	taken := busy.Addr().(*net.TCPAddr).Port

	for _, c := range []struct {
		name   string
		change func(*devserver.Options)
		want   string
	}{
		{"port in use", func(o *devserver.Options) { o.Port = taken }, fmt.Sprintf("port %d on 127.0.0.1 is in use", taken)},
		{"no such binary", func(o *devserver.Options) { o.Binary = "/nowhere/temporal" }, "must name the temporal CLI"},
		{"a binary that is none", func(o *devserver.Options) { o.Binary = "/bin/false" }, "start the local workflow server"},
		{"a flag the server does not know", func(o *devserver.Options) { o.Args = []string{"--no-such-flag"} }, "unknown flag"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			options := devservertest.Options(t)
			c.change(&options)
			server, err := devserver.Start(t.Context(), options)
			if err == nil {
				server.Stop()
				t.Fatal("the server started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %q, want it to contain %q", err, c.want)
			}
		})
	}
}

func TestTakenUIPortGivesAnother(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { busy.Close() })
	options := devservertest.Options(t)
	options.UIPort = busy.Addr().(*net.TCPAddr).Port
	server, err := devserver.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if strings.HasSuffix(server.UIAddress(), fmt.Sprint(options.UIPort)) {
		t.Errorf("UIAddress() = %s, which is taken", server.UIAddress())
	}
}

// TestPortTakenMeanwhile: the first process finds a port taken, as when another program
// took it after it was found free; the server starts with others.
func TestPortTakenMeanwhile(t *testing.T) {
	t.Parallel()
	options := devservertest.Options(t)
	real, err := devserver.FindBinary(options.Binary)
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "temporal")
	body := fmt.Sprintf("#!/bin/sh\nif mkdir %q; then echo 'panic: listen tcp: bind: address already in use'; seq 2000; exit 2; fi\nexec %q \"$@\"\n", script+".tried", real)
	if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	options.Binary = script
	server, err := devserver.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if _, err := os.Stat(script + ".tried"); err != nil || server.Healthy() != nil {
		t.Errorf("after a taken port: %v, %v", err, server.Healthy())
	}
}

func TestOneFolderBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	options := devservertest.Options(t)
	parent, _ := startParent(t, options.DataDir)
	_, err := devserver.Start(t.Context(), options)
	if err == nil || !strings.Contains(err.Error(), "another pika runs a workflow server") {
		t.Errorf("error = %v, want that the folder is taken", err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
}

func startParent(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+dir, "PIKA_TEST_TEMPORAL="+devservertest.Binary(t))
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = parent.Process.Kill() })
	var word, pid string
	if _, err := fmt.Fscan(out, &word, &pid); err != nil || word != "pid" {
		t.Fatalf("the parent said %q %q (%v)", word, pid, err)
	}
	number, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	return parent, number
}

// alive reports whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist) || syscall.Kill(pid, 0) == nil
	}
	return !strings.Contains(string(state), ") Z ")
}

func retention(t *testing.T, address string) time.Duration {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: address})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	described, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	return described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func listens(port int) bool {
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return c.Close() == nil
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
