package internal_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each threat of docs/security.md has what stands in its way and a test, which
// TestDocumentsLeadSomewhere looks for; each question has an answer.
func TestEachThreatHasATest(t *testing.T) {
	b, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := func(heading string) (out [][]string) {
		_, part, found := strings.Cut(string(b), "\n## "+heading+"\n")
		if !found {
			t.Fatalf("there is no part %q", heading)
		}
		part, _, _ = strings.Cut(part, "\n## ")
		for line := range strings.Lines(part) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "| ") {
				line = strings.ReplaceAll(line, `\|`, "/")
				out = append(out, strings.Split(strings.Trim(line, "| "), " | "))
			}
		}
		return out[1:] // without the head
	}
	named := regexp.MustCompile("`Test[A-Z]\\w*(/\\w+)?`|`\\w+_test\\.go`")
	threats := rows("Threats")
	for _, r := range threats {
		if len(r) != 3 || !named.MatchString(r[2]) {
			t.Errorf("no test is named: %s", r)
		}
	}
	questions := 0
	for _, r := range rows("Questions that are asked") {
		if strings.HasPrefix(r[0], "**") {
			continue
		}
		if questions++; len(r) != 2 || len(r[1]) < 3 || !strings.HasSuffix(r[0], "?") {
			t.Errorf("no answer: %s", r)
		}
	}
	if len(threats) < 40 || questions < 40 {
		t.Errorf("only %d threats and %d questions were found", len(threats), questions)
	}
}
