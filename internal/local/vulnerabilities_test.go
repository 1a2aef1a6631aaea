package local_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A check that had no data has checked nothing: that fails where CI is set, and is
// said in one line elsewhere. What was found fails everywhere.
func TestVulnerabilityCheckWithoutItsData(t *testing.T) {
	if _, err := os.Stat("/bin/bash"); err != nil {
		t.Fatal("the check is a script for bash: ", err)
	}
	const noDatabase, noModule, found = `govulncheck: fetching vulnerabilities: dial tcp: no route`, `exit 1`, `Vulnerability #1: GO-2026-6600`
	const (
		library = `Vulnerability #1: GO-2026-6600
Your code is affected by 2 vulnerabilities from the Go standard library.`
		both = `Vulnerability #1: GO-2026-6600
Your code is affected by 2 vulnerabilities from 1 module and the Go standard library.`
	)
	for _, c := range []struct {
		name, check, download, ci, version string
		fails                              bool
		says                               string
	}{
		{"no data in CI", noDatabase, noModule, "true", "go1.99.9", true, "nothing was checked"},
		{"no data elsewhere", noDatabase, noModule, "", "go1.99.9", false, "nothing was checked"},
		{"found by the public database", found, noModule, "", "go1.26.0", true, "GO-2026-6600"},
		{"found by the module", noDatabase, "printf '{\\n\\t\"Dir\": \"/module\",\\n}\\n'", "", "go1.26.0", true, "GO-2026-6601"},
		{"in the standard library of a Go that is old", library, noModule, "true", "go1.26.0", false, "Do not deploy from it"},
		{"in the standard library of the Go that go.mod names", library, noModule, "", "go1.99.9", true, "GO-2026-6600"},
		{"in a module as well", both, noModule, "", "go1.26.0", true, "GO-2026-6600"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			stand := `#!/bin/bash
case "$*" in
"mod download"*) ` + c.download + ` ;;
"env GOVERSION") echo ` + c.version + ` ;;
"env GOTOOLCHAIN") echo local ;;
*"-db file:///module/data/osv"*) echo "Vulnerability #1: GO-2026-6601"; exit 3 ;;
*) echo "` + c.check + `"; exit 3 ;;
esac
`
			if err := os.WriteFile(filepath.Join(dir, "go"), []byte(stand), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("/bin/bash", "../../.ci/vulnerabilities")
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "CI="+c.ci)
			out, err := cmd.CombinedOutput()
			if (err != nil) != c.fails || !strings.Contains(string(out), c.says) {
				t.Errorf("got %v and %q", err, out)
			}
		})
	}
}
