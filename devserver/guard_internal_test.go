package devserver

import (
	"os/exec"
	"testing"
	"time"
)

// The guard is what other systems than Linux rely on; it works on every one.
func TestGuard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		end      func(*guard)
		survives bool
	}{
		{"kills when this process dies, which closes the pipe", func(g *guard) { _ = g.pipe.Close(); _ = g.cmd.Wait() }, false},
		{"does nothing once released", (*guard).release, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			victim := exec.Command("sleep", "60")
			if err := victim.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() { _ = victim.Wait(); close(ended) }()
			g, err := startGuard(victim.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			c.end(g)
			select {
			case <-ended:
				if c.survives {
					t.Error("the process was killed")
				}
			case <-time.After(300 * time.Millisecond):
				if !c.survives {
					t.Error("the process still runs")
				}
				_ = victim.Process.Kill()
				<-ended
			}
		})
	}
}
