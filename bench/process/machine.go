package process

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
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

// MachineCPU returns how long all cores of the machine have worked, for whomever, read from
// /proc; 0 where there is none.
func MachineCPU() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return 0
	}
	var ticks int64
	for i, field := range fields[1:9] {
		const idle, waiting = 3, 4
		if n, err := strconv.ParseInt(field, 10, 64); err == nil && i != idle && i != waiting {
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}
