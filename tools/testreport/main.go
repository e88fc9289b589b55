// Command testreport reads the output of `go test -json` on standard input and
// prints what a person wants of it: a line for each package as it ends, the whole
// output of whatever failed, each skipped test with its reason, the table of conformance
// suites by implementation, the names of the failed tests, and as the last line the count: "N passed, N failed,
// N skipped". Its exit code is 1 if anything failed or no test ran. It runs in the root
// of the repository, whose sources say which test runs which suite.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// report collects the events of one run.
type report struct {
	out                     io.Writer
	output                  map[string]*strings.Builder // by package and test
	passed, failed, skipped int
	failures                []string // "package test", as they ended
	brokenPackages          int
	suites                  *suites
}

func main() {
	r := newReport(os.Stdout, os.DirFS("."))
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport: read go test -json:", err)
		os.Exit(1)
	}
	os.Exit(r.finish())
}

// newReport reports to out on tests of the repository.
func newReport(out io.Writer, repository fs.FS) *report {
	return &report{out: out, output: map[string]*strings.Builder{}, suites: newSuites(repository)}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(r.out, line) // not of go test: a compiler's or a tool's word
		return
	}
	r.suites.event(e)
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		if r.output[key] == nil {
			r.output[key] = &strings.Builder{}
		}
		r.output[key].WriteString(e.Output)
		if e.Action == "build-output" {
			fmt.Fprint(r.out, e.Output)
		}
	case "pass", "fail", "skip":
		r.end(e, key)
	}
}

func (r *report) end(e event, key string) {
	text := ""
	if b := r.output[key]; b != nil {
		text = b.String()
	}
	delete(r.output, key)
	if e.Test == "" {
		r.endPackage(e, text)
		return
	}
	switch e.Action {
	case "pass":
		r.passed++
	case "skip":
		r.skipped++
		fmt.Fprint(r.out, text)
	case "fail":
		r.failed++
		r.failures = append(r.failures, e.Package+" "+e.Test)
		fmt.Fprint(r.out, text)
	}
}

func (r *report) endPackage(e event, text string) {
	switch e.Action {
	case "fail":
		r.brokenPackages++
		fmt.Fprint(r.out, text)
		fmt.Fprintf(r.out, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
	case "pass":
		fmt.Fprintf(r.out, "ok    %s  %.1fs\n", e.Package, e.Elapsed)
	}
}

// finish prints the table of suites, which tests failed and the count, and returns the
// exit code. A package that failed without a failed test (it did not build, or died)
// counts as one failure.
func (r *report) finish() int {
	r.suites.print(r.out)
	for _, f := range r.failures {
		fmt.Fprintln(r.out, "failed:", f)
	}
	failed := max(r.failed, r.brokenPackages)
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, failed, r.skipped)
	if failed > 0 || r.passed == 0 {
		return 1
	}
	return 0
}
