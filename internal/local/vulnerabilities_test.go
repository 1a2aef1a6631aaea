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
	for _, c := range []struct {
		name, check, download, ci string
		fails                     bool
		says                      string
	}{
		{"no data in CI", noDatabase, noModule, "true", true, "nothing was checked"},
		{"no data elsewhere", noDatabase, noModule, "", false, "nothing was checked"},
		{"found by the public database", found, noModule, "", true, "GO-2026-6600"},
		{"found by the module", noDatabase, "printf '{\\n\\t\"Dir\": \"/module\",\\n}\\n'", "", true, "GO-2026-6601"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			stand := `#!/bin/bash
case "$*" in
"mod download"*) ` + c.download + ` ;;
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
