package endtoend_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"rollbook/internal/testing/documents"
	"rollbook/internal/testing/needs"
)

// What the README has people paste works as it is, but for where the stack is and
// who signs in there.
func TestReadme(t *testing.T) {
	shell := needs.Program(t, "shell", "bash")
	for _, tool := range []string{"curl", "jq", "unzip"} {
		needs.Program(t, "shell", tool)
	}
	script := []string{"set -eu"}
	for _, block := range documents.Blocks(t, "README.md", "The round trip with curl") {
		for line := range strings.Lines(block.Text) {
			switch {
			case strings.HasPrefix(line, "URL="):
				line = "URL=" + stack.URL
			case strings.HasPrefix(line, "TOKEN="):
				line = "TOKEN=" + as(t, "operator@aurora.example").token
			}
			script = append(script, strings.TrimSuffix(line, "\n"))
		}
	}
	cmd := exec.CommandContext(t.Context(), shell, "-c", strings.Join(script, "\n"))
	cmd.Dir = t.TempDir()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	rest := out.String()
	for _, want := range []string{"inflating: criteria.csv", "[new] GENRE", `"done"`, `"updated":100,`, `"rejected":1,`, "Did you mean OPERA?",
		`"done"`, "100", `["original","errors","changes","undo"]`, `is not a value of GENRE`, `"done"`, "100"} {
		var found bool
		if _, rest, found = strings.Cut(rest, want); !found {
			t.Fatalf("it does not say %s there:\n%s", want, out.String())
		}
	}
}
