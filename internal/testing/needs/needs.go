// Package needs finds the programs that tests need beside Go.
package needs

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Program returns the path of the first of the programs that is there. The kind,
// browser, office or shell, is what make test calls them: the test is skipped if its
// WITHOUT names the kind, and fails if it does not and no program is there, so
// that nothing is left out by chance.
func Program(t testing.TB, kind string, names ...string) string {
	t.Helper()
	if slices.Contains(strings.Fields(os.Getenv("ROLLBOOK_WITHOUT")), kind) {
		t.Skipf("left out, as WITHOUT has %s", kind)
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("This test needs %s, which is not there. make test gets it, or leaves it out: make test WITHOUT=%s", names[0], kind)
	return ""
}
