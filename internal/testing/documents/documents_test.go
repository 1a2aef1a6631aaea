package documents_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/testing/documents"
)

const page = "# Title\n\nRun `make all` or `./.ci/x`, not `make` nor `a b`.\n\n    one\n      two\n\n    three\n\n## Lists\n\n1. First:\n\n       four\n\n   and `FOO=1 go vet`\n    - `go list`\n\n   ```sh\n   five `git log`\n   ```\n\n```\n  six\n```\n"

func TestCommands(t *testing.T) {
	want := []documents.Command{
		{Heading: "Title", Line: 3, Fence: documents.Inline, Text: "make all\n"},
		{Heading: "Title", Line: 3, Fence: documents.Inline, Text: "./.ci/x\n"},
		{Heading: "Title", Line: 5, Fence: documents.Indented, Text: "one\n  two\n"},
		{Heading: "Title", Line: 8, Fence: documents.Indented, Text: "three\n"},
		{Heading: "Lists", Line: 14, Fence: documents.Indented, Text: "four\n"},
		{Heading: "Lists", Line: 16, Fence: documents.Inline, Text: "FOO=1 go vet\n"},
		{Heading: "Lists", Line: 17, Fence: documents.Inline, Text: "go list\n"},
		{Heading: "Lists", Line: 19, Fence: "sh", Text: "five `git log`\n"},
		{Heading: "Lists", Line: 23, Fence: "", Text: "  six\n"},
	}
	if d := cmp.Diff(want, documents.Commands(page)); d != "" {
		t.Error(d)
	}
}

func TestWords(t *testing.T) {
	const shell = `A=1 B='2 3' make run PORT=9000   # said
for X in $(aws sqs list --query 'a | b' --output text); do
  go test "./a b" | jq -r . > f
done
Q=$(aws x y \
  --z)
until curl -s x; do sleep 1; done
cd 'a b' && .ci/up`
	want := [][]string{{"make", "run", "PORT=9000"}, {"aws", "sqs", "list", "--query", "a | b", "--output", "text"}, {"go", "test", "./a b"}, {"jq", "-r", ".", ">", "f"},
		{"aws", "x", "y", "--z"}, {"curl", "-s", "x"}, {"sleep", "1"}, {"cd", "a b"}, {".ci/up"}}
	if d := cmp.Diff(want, documents.Words(shell)); d != "" {
		t.Error(d)
	}
}
