package endtoend_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"rollbook/internal/testing/needs"
)

// What the README has people paste works as it is, but for where the stack is and
// who signs in there.
func TestReadme(t *testing.T) {
	shell := needs.Program(t, "shell", "bash")
	for _, tool := range []string{"curl", "jq", "unzip"} {
		needs.Program(t, "shell", tool)
	}
	b, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, there := strings.Cut(string(b), "\n## The round trip with curl\n")
	if !there {
		t.Fatal("the README has no round trip")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	text, _, _ = strings.Cut(text, "\nContacts themselves ")
	script := []string{"set -eu"}
	for line := range strings.Lines(text) {
		code, ok := strings.CutPrefix(line, "    ")
		switch {
		case !ok:
		case strings.HasPrefix(code, "URL="):
			script = append(script, "URL="+stack.URL)
		case strings.HasPrefix(code, "TOKEN="):
			script = append(script, "TOKEN="+as(t, "operator@aurora.example").token)
		default:
			script = append(script, strings.TrimSuffix(code, "\n"))
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
