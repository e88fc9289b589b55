package process

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Conditions says when and on which machine something is measured, for the head of a table.
func Conditions() string {
	return fmt.Sprintf("%s, %d cores of %s, %s %s/%s", time.Now().UTC().Format("2006-01-02 15:04 MST"),
		runtime.NumCPU(), cpuModel(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unnamed CPU"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unnamed CPU"
}
