package local

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A function is built again when its source changes, and only then, for whichever stack
// asks; what a stack was built of stays as it was.
func TestFunctionsAreBuiltWhenTheyChange(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example\n\ngo 1.26\n")
	write("functions/api/main.go", "package main\n\nfunc main() { println(\"one\") }\n")
	write("functions/import.asl.json", "{}")
	write("template.yaml", "    Properties:\n      CodeUri: functions/api/\n      DefinitionUri: functions/import.asl.json\n")
	made := func(built string) (string, os.FileInfo) {
		t.Helper()
		if err := build(t.Context(), root, built); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(built, "api.zip")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		return string(sum[:]), info
	}
	first, other := filepath.Join(root, "first"), filepath.Join(root, "other")
	one, file := made(first)
	if again, same := made(other); again != one || !os.SameFile(file, same) {
		t.Error("what did not change was built again")
	}
	write("functions/api/main.go", "package main\n\nfunc main() { println(\"another\") }\n")
	if changed, _ := made(other); changed == one {
		t.Error("what changed was not built again")
	}
	if kept, err := os.Stat(filepath.Join(first, "api.zip")); err != nil || !os.SameFile(file, kept) {
		t.Error("what the first stack was built of changed", err)
	}
	template, err := os.ReadFile(filepath.Join(other, "template.yaml"))
	if err != nil || string(template) != "    Properties:\n      CodeUri: api.zip\n      DefinitionUri: import.asl.json\n" {
		t.Errorf("%v: %s", err, template)
	}
	write("functions/api/main.go", "package main\n\nfunc main() { unknown() }\n")
	if err := build(t.Context(), root, other); err == nil || !strings.Contains(err.Error(), "undefined: unknown") {
		t.Errorf("what does not compile: %v", err)
	}
	write("template.yaml", "      CodeUri: elsewhere/api/\n")
	if err := build(t.Context(), root, other); err == nil {
		t.Error("a function elsewhere is passed over")
	}
}
