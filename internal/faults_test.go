package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestFaults: docs/faults.md has every fault by its number, and the tests that
// it names exist.
func TestFaults(t *testing.T) {
	doc, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^\| (\d+) \|.*\| ([^|]*) \|$`).FindAllStringSubmatch(string(doc), -1)
	if len(lines) != 45 {
		t.Errorf("%d faults, want 45", len(lines))
	}
	for i, line := range lines {
		if line[1] != strconv.Itoa(i+1) {
			t.Errorf("fault %s stands where %d should", line[1], i+1)
		}
		tests := regexp.MustCompile("`(\\w+)\\.(Test\\w+)`").FindAllStringSubmatch(line[2], -1)
		if len(tests) == 0 && !strings.HasPrefix(line[2], "not tested: ") {
			t.Errorf("fault %s has no test", line[1])
		}
		for _, test := range tests {
			if !hasTest(t, test[1], test[2]) {
				t.Errorf("fault %s: there is no %s.%s", line[1], test[1], test[2])
			}
		}
	}
}

func hasTest(t *testing.T, pkg, name string) bool {
	t.Helper()
	var files []string
	for _, depth := range []string{"", "*"} {
		found, err := filepath.Glob(filepath.Join(depth, pkg, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}
