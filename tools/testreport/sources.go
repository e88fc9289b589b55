package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	module     = "github.com/pikamem/pika"
	suitesPath = module + "/pikatest"
)

// A function of a package's tests: the suites it runs and the functions of the same
// package it calls.
type testFunction struct {
	suites, calls []string
}

// suiteNames returns the conformance suites: the exported functions of pikatest that
// take a *testing.T and what to test, in the order of their files.
func suiteNames(repository fs.FS) []string {
	var names []string
	for _, file := range parseFolder(repository, "pikatest", false) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv == nil && f.Name.IsExported() && isSuite(f.Type) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

func isSuite(f *ast.FuncType) bool {
	if f.Results != nil || f.Params.NumFields() != 2 {
		return false
	}
	pointer, ok := f.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	of, ok := pointer.X.(*ast.SelectorExpr)
	return ok && of.Sel.Name == "T"
}

// suitesByTest returns for each test of a folder the suites it runs, itself or through
// functions of its package. What a test is called does not matter.
func suitesByTest(repository fs.FS, folder string, suites []string) map[string][]string {
	functions := map[string]testFunction{}
	for _, file := range parseFolder(repository, folder, true) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Body != nil {
				functions[f.Name.Name] = readFunction(f, suites)
			}
		}
	}
	tests := map[string][]string{}
	for name := range functions {
		if strings.HasPrefix(name, "Test") {
			if run := reached(functions, name, map[string]bool{}); len(run) > 0 {
				tests[name] = run
			}
		}
	}
	return tests
}

func readFunction(f *ast.FuncDecl, suites []string) testFunction {
	var found testFunction
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && of.Name == "pikatest" && slices.Contains(suites, n.Sel.Name) {
				found.suites = append(found.suites, n.Sel.Name)
			}
		case *ast.Ident:
			found.calls = append(found.calls, n.Name)
		}
		return true
	})
	return found
}

// reached walks from one function to the suites it runs, sorted, each once.
func reached(functions map[string]testFunction, name string, seen map[string]bool) []string {
	if seen[name] {
		return nil
	}
	seen[name] = true
	all := slices.Clone(functions[name].suites)
	for _, called := range functions[name].calls {
		all = append(all, reached(functions, called, seen)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// parseFolder returns the Go files of a folder that parse, tests or the others.
func parseFolder(repository fs.FS, folder string, tests bool) []*ast.File {
	names, err := fs.Glob(repository, path.Join(folder, "*.go"))
	if err != nil {
		return nil
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") != tests {
			continue
		}
		text, err := fs.ReadFile(repository, name)
		if err != nil {
			continue
		}
		if file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err == nil {
			files = append(files, file)
		}
	}
	return files
}
