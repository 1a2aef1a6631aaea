package reason_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain/reason"
)

var update = flag.Bool("update", false, "write docs/codes.md anew")

var sections = []struct {
	kind                 reason.Kind
	title, says, columns string
}{
	{reason.File, "The file is rejected", "`problem.code` of an import with the status `rejected`. Nothing was written.", "code it_means what_to_do parameters"},
	{reason.Job, "The import did not run to its end", "`problem.code` of an import with the status `failed` or `cancelled`.", "code it_means what_to_do parameters"},
	{reason.Row, "A row did not go in", "`code` of a problem; its `outcome` is `rejected`, `conflicted` or `unprocessed`. The other rows went on.", "code it_means what_to_do parameters"},
	{reason.Person, "A row of a contacts file", "", "code it_means what_to_do parameters"},
	{reason.Warning, "Warnings", "`warnings[].code`: the file is taken all the same.", "code it_means parameters"},
	{reason.Template, "A template could not be made", "`problem.code` of a template with the status `failed`; also those marked so of the API.", "code it_means what_to_do parameters"},
	{reason.API, "The API", "`code` of an `application/problem+json` body, and of its `errors[]`. 404 says the same for what is missing and for what belongs to another institution.", "code status it_means parameters"},
	{reason.Mail, "Mails", "They are in `mail.code`, and in `mail.reason` as a sentence.", "code it_means parameters"},
	{reason.Webhook, "Webhooks", "`last.code` of a webhook: what became of the last message.", "code it_means parameters"},
	{reason.Log, "In the log only", "", "code it_means"},
}

// docs/codes.md is written from the registry.
func TestDocumentation(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Codes\n\nEvery problem and warning has a `code`, a stable word in English for programs, and `params`: what its sentence names. The sentence, `message` (with `suggestion`, what to do), is made of both where it is shown, in English, French, German, Italian or Spanish. A message may be worded better from one version to the next; a code keeps its meaning. New codes may come, so treat one that you do not know by where it stands: a file's problem, a row's problem, a warning, or the HTTP status.\n\n" +
		"A code with several sentences has the parameter `case`, which tells them apart; what each has is listed after it. A parameter with ? may be absent. `suggestion` is what the cell should say.\n\n" +
		"This page is written from the registry by `go test ./internal/domain/reason -update`.\n")
	cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n", s.title)
		if s.says != "" {
			b.WriteString(s.says + "\n\n")
		}
		columns := strings.Fields(s.columns)
		b.WriteString("| " + strings.ReplaceAll(strings.Join(columns, " | "), "_", " ") + " |\n|" + strings.Repeat("---|", len(columns)) + "\n")
		for _, e := range reason.Registry() {
			if e.Kind != s.kind {
				continue
			}
			for _, c := range columns {
				text := map[string]string{"code": "`" + string(e.Code) + "`", "status": e.Status, "it_means": cell(e.Means), "what_to_do": cell(e.Do), "parameters": cell(e.Parameters())}[c]
				b.WriteString("| " + text + " ")
			}
			b.WriteString("|\n")
		}
	}
	const path = "../../../docs/codes.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(have), b.String()); d != "" {
		t.Errorf("run go test ./internal/domain/reason -update if this is meant (-docs/codes.md +registry):\n%s", d)
	}
}
