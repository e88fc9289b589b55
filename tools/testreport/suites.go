package main

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"text/tabwriter"
)

// implementations are the columns: what implements the ports, the embedded ones first.
var implementations = []string{"sqlite", "memory", "postgres", "milvus", "neo4j", "redis"}

// suites counts the cases of the conformance suites by implementation. A case is a test
// without subtests below a test that runs a suite in a package store/IMPLEMENTATION.
type suites struct {
	repository fs.FS
	names      []string
	tests      map[string]map[string][]string // implementation → test → suites
	parents    map[string]bool                // tests that have subtests
	cells      map[cell]*count
}

// cell is one place of the table.
type cell struct{ suite, implementation string }

// count is what became of the cases of one cell.
type count struct{ passed, failed, skipped int }

// newSuites reads which suites there are from the repository's sources.
func newSuites(repository fs.FS) *suites {
	return &suites{
		repository: repository,
		names:      suiteNames(repository),
		tests:      map[string]map[string][]string{},
		parents:    map[string]bool{},
		cells:      map[cell]*count{},
	}
}

// event takes one event of the run.
func (s *suites) event(e event) {
	implementation, ok := strings.CutPrefix(e.Package, module+"/store/")
	if !ok || e.Test == "" || !slices.Contains(implementations, implementation) {
		return
	}
	switch e.Action {
	case "run":
		if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
			s.parents[e.Package+" "+e.Test[:i]] = true
		}
	case "pass", "fail", "skip":
		if !s.parents[e.Package+" "+e.Test] {
			s.add(implementation, e)
		}
	}
}

func (s *suites) add(implementation string, e event) {
	for _, suite := range s.suitesOf(implementation, e.Test) {
		c := s.cells[cell{suite, implementation}]
		if c == nil {
			c = &count{}
			s.cells[cell{suite, implementation}] = c
		}
		switch e.Action {
		case "pass":
			c.passed++
		case "fail":
			c.failed++
		case "skip":
			c.skipped++
		}
	}
}

// suitesOf returns the suites a test's case belongs to: the one that a part of its name
// names, where its test runs several.
func (s *suites) suitesOf(implementation, test string) []string {
	if s.tests[implementation] == nil {
		s.tests[implementation] = suitesByTest(s.repository, "store/"+implementation, s.names)
	}
	parts := strings.Split(test, "/")
	run := s.tests[implementation][parts[0]]
	if len(run) > 1 {
		for _, part := range parts[1:] {
			if i := slices.IndexFunc(run, func(suite string) bool { return strings.EqualFold(suite, part) }); i >= 0 {
				return run[i : i+1]
			}
		}
	}
	return run
}

// print writes the table, if any suite ran.
func (s *suites) print(out io.Writer) {
	if len(s.cells) == 0 {
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nSUITE\t%s\n", strings.Join(implementations, "\t"))
	for _, suite := range s.names {
		var row []string
		ran := false
		for _, implementation := range implementations {
			c := s.cells[cell{suite, implementation}]
			ran = ran || c != nil
			row = append(row, c.String())
		}
		if ran {
			fmt.Fprintf(table, "%s\t%s\n", suite, strings.Join(row, "\t"))
		}
	}
	table.Flush()
	fmt.Fprintln(out)
}

// String returns "41 passed", with what failed or was skipped after it; "–" for a
// suite that the implementation does not run.
func (c *count) String() string {
	if c == nil {
		return "–"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{c.failed, "FAILED"}, {c.passed, "passed"}, {c.skipped, "skipped"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}
