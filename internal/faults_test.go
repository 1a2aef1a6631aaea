package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	var got, want []string
	for n := range 54 {
		// A deployment that fails half-way and a restoration word for word take an
		// account.
		if n+1 != 51 && n+1 != 52 {
			want = append(want, strconv.Itoa(n+1))
		}
	}
	for _, line := range lines {
		got = append(got, line[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
	for _, line := range lines {
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
