package pika_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/pikamem/pika"

// room is a folder of the house and everything below it. The first room in the table
// whose name fits a package is its room.
type room struct {
	name     string   // relative to the module; "." is the root package alone
	may      []string // rooms it may import; its own packages always
	outside  []string // modules it may import; nil: any that none of the other rules forbid
	isolated bool     // packages directly below it never import each other
	temporal bool     // it may link Temporal, directly or not
}

var stdlibOnly = []string{}

// rooms is section 1 of the architecture as a table.
var rooms = []room{
	{name: ".", outside: stdlibOnly},
	{name: "text", may: nil, outside: []string{"golang.org/x/text", "github.com/abadojack/whatlanggo", "github.com/blevesearch/snowballstem", "github.com/clipperhouse/uax29/v2"}},
	{name: "lexicon", may: []string{"text"}, outside: []string{"golang.org/x/text"}},
	{name: "paraphrase", may: []string{"text", "lexicon"}, outside: []string{"golang.org/x/text"}},
	{name: "keyword", may: []string{".", "text", "lexicon"}, outside: stdlibOnly},
	{name: "truth", may: []string{".", "text", "keyword"}, outside: stdlibOnly},
	{name: "parameter", may: nil, outside: stdlibOnly},
	{name: "store", may: []string{".", "text", "keyword", "truth", "parameter"}, isolated: true},
	// The contract of pika.Extractor names extract.Check, so the one model that parses
	// answers may ask package extract; package extract knows no model.
	{name: "model/openai", may: []string{".", "text", "extract"}},
	{name: "model", may: []string{".", "text", "keyword"}, isolated: true},
	{name: "pikatest", may: []string{".", "text", "keyword", "extract"}},
	{name: "extract", may: []string{".", "text"}},
	{name: "projection", may: []string{".", "text", "extract"}},
	{name: "search", may: []string{".", "text", "lexicon", "keyword"}},
	{name: "cache", may: []string{".", "text", "lexicon", "paraphrase", "search"}},
	{name: "cachewarm", may: []string{".", "text", "cache", "search"}},
	{name: "gateway", may: []string{".", "text", "extract", "projection", "search", "cache"}},
	{name: "console", may: []string{"."}},
	{name: "activities", may: []string{".", "text", "extract", "projection", "search", "cache", "cachewarm"}, temporal: true},
	{name: "workflows", may: []string{".", "text", "extract", "projection", "cachewarm", "activities"}, temporal: true},
	{name: "workers", may: []string{".", "activities", "workflows"}, temporal: true},
	{name: "devserver/devservertest", may: []string{".", "devserver", "workflows", "workers"}, temporal: true},
	{name: "devserver", may: []string{"."}, temporal: true},
	{name: "deploy/local/localtest", may: []string{".", "pikatest"}},
	{name: "cmd", may: everything, temporal: true},
	{name: "bench", may: everything, temporal: true},
	{name: "deploy", may: []string{".", "pikatest"}},
	{name: "tools", may: nil},
}

var everything = []string{
	".", "text", "lexicon", "paraphrase", "keyword", "truth", "parameter", "store", "model", "model/openai", "pikatest", "extract", "projection", "search", "cache", "cachewarm",
	"gateway", "console", "activities", "workflows", "workers", "devserver", "devserver/devservertest",
}

type listedPackage struct {
	ImportPath, Dir, Name, Doc string
	GoFiles                    []string
	Imports, Deps              []string
	TestImports, XTestImports  []string
}

// TestArrows holds which package may import which.
func TestArrows(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		name := relative(p.ImportPath)
		r, ok := roomOf(name)
		if !ok {
			t.Errorf("%s is in no room: add it to the table in arrows_test.go, with what it may import", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if why := r.forbids(name, imported); why != "" {
				t.Errorf("%s imports %s: %s", filesImporting(t, p, imported), imported, why)
			}
		}
		if i := slices.IndexFunc(p.Deps, isTemporal); i >= 0 && !r.temporal {
			t.Errorf("%s links %s, through one of %v: it must not", p.ImportPath, p.Deps[i], p.Imports)
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if inside(relative(imported), "cmd") {
				t.Errorf("a test of %s imports %s: nothing may import cmd", p.ImportPath, imported)
			}
		}
	}
}

// TestPackageComments: a newcomer finds in every package what it is for.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		if strings.TrimSpace(p.Doc) == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment", p.Dir)
		}
	}
}

// TestArrowsRefuse: the rules find what they are there to find.
func TestArrowsRefuse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{".", "time", true},
		{".", "golang.org/x/text/unicode/norm", false},
		{".", module + "/text", false},
		{"text", "golang.org/x/text/unicode/norm", true},
		{"text", module, false},
		{"keyword", module + "/text", true},
		{"keyword", module + "/lexicon", true},
		{"keyword", module + "/extract", false},
		{"lexicon", module + "/text", true},
		{"lexicon", module, false},
		{"search", module + "/lexicon", true},
		{"store/sqlite", "modernc.org/sqlite", true},
		{"store/sqlite", module + "/keyword", true},
		{"store/sqlite", module + "/truth", true},
		{"truth", module + "/store/sqlite", false},
		{"truth", "github.com/jackc/pgx/v5", false},
		{"store/sqlite", module + "/store/memory", false},
		{"store/sqlite/migrations", module + "/store/sqlite", true},
		{"store/sqlite", module + "/search", false},
		{"model/local", module + "/model/rules", false},
		{"model/local", module + "/extract", false},
		{"model/openai", module + "/extract", true},
		{"model/openai", module + "/model/local", false},
		{"search", "go.temporal.io/sdk/client", false},
		{"gateway", module + "/workflows", false},
		{"gateway", module + "/cmd/pika", false},
		{"workflows", module + "/activities", true},
		{"activities", module + "/workflows", false},
		{"workers", "go.temporal.io/sdk/worker", true},
		{"bench", module + "/cmd/pika", false},
		{"cmd/pika", module + "/store/sqlite", true},
		{"nowhere", module, false},
	}
	for _, tt := range tests {
		r, ok := roomOf(tt.from)
		if got := ok && r.forbids(tt.from, tt.to) == ""; got != tt.allowed {
			t.Errorf("%s imports %s: allowed %v; want %v", tt.from, tt.to, got, tt.allowed)
		}
	}
}

// forbids says why a package of the room may not import another; empty: it may.
func (r room) forbids(name, imported string) string {
	target := relative(imported)
	switch {
	case !isModule(imported):
		return r.forbidsOutside(imported)
	case inside(target, "cmd") && !inside(name, "cmd"):
		return "nothing may import cmd"
	}
	other, ok := roomOf(target)
	switch {
	case !ok:
		return "it is in no room"
	case other.name == r.name && r.isolated && below(r.name, name) != below(r.name, target):
		return "packages of " + r.name + " never import each other"
	case other.name != r.name && !slices.Contains(r.may, other.name):
		return r.name + " may import only " + strings.Join(r.may, ", ")
	}
	return ""
}

func (r room) forbidsOutside(imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case !strings.Contains(first, "."):
		return "" // the standard library
	case isTemporal(imported) && !r.temporal:
		return r.name + " must not know Temporal"
	case r.outside != nil && !slices.ContainsFunc(r.outside, func(m string) bool { return inside(imported, m) }):
		return r.name + " may import no such module"
	}
	return ""
}

func roomOf(name string) (room, bool) {
	i := slices.IndexFunc(rooms, func(r room) bool {
		return name == r.name || (r.name != "." && inside(name, r.name))
	})
	if i < 0 {
		return room{}, false
	}
	return rooms[i], true
}

func inside(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// below returns the folder directly below a room that a package is in.
func below(room, name string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(name, room+"/"), "/")
	return first
}

func isModule(path string) bool { return inside(path, module) }

func isTemporal(path string) bool { return inside(path, "go.temporal.io") }

// relative returns a package's path inside the module, "." for the root.
func relative(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// filesImporting names the files of p that have the import.
func filesImporting(t *testing.T, p listedPackage, imported string) string {
	t.Helper()
	var files []string
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && path == imported {
				files = append(files, filepath.Join(relative(p.ImportPath), name))
			}
		}
	}
	return strings.Join(files, ", ")
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports,Deps,TestImports,XTestImports", "./...")
	var message strings.Builder
	command.Stderr = &message
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, message.String())
	}
	var packages []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p listedPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
