package local_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What Python installs is pinned to its bytes: each package has a version and the
// hashes of its files, and pip is told to take nothing else.
func TestPythonPackagesArePinnedByHash(t *testing.T) {
	lists, err := filepath.Glob("requirements-*.txt")
	if err != nil || len(lists) < 3 {
		t.Fatal(lists, err)
	}
	pinned := regexp.MustCompile(`^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[A-Za-z0-9.+]+( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+$`)
	for _, list := range lists {
		b, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		whole := regexp.MustCompile(` *\\\n *`).ReplaceAllString(string(b), " ")
		n := 0
		for line := range strings.Lines(whole) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if n++; !pinned.MatchString(line) {
				t.Errorf("%s: %.60s has no version or no hash", list, line)
			}
		}
		if n == 0 {
			t.Errorf("%s lists nothing", list)
		}
	}
	b, err := os.ReadFile("../../.ci/environment")
	if err != nil || !strings.Contains(string(b), "pip install") || !strings.Contains(string(b), "--require-hashes") {
		t.Errorf("pip takes packages without hashes: %v", err)
	}
}
