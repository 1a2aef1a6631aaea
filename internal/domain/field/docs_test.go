package field_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain/field"
)

var update = flag.Bool("update", false, "write the tables of docs/files.md anew")

// tableOf is a table of docs/files.md, by the name of its comment.
func tableOf(name string) string {
	var b strings.Builder
	switch name {
	case "kinds":
		b.WriteString("| kind | taken |\n|---|---|\n" +
			"| any | blank (also blanks, tabs, no-break blanks only): keep what is there |\n" +
			"| any | `Empty`, `Vide`, `Leer`, `Vuoto`, `Vacío` in any case: clear |\n")
		cells := map[string][]string{}
		var order []string
		for _, k := range field.Kinds() {
			if k.Criterion || k.Name == "authorisation" {
				if cells[k.Cell] == nil {
					order = append(order, k.Cell)
				}
				cells[k.Cell] = append(cells[k.Cell], string(k.Name))
			}
		}
		for _, c := range order {
			fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(cells[c], ", "), c)
		}
	case "operators":
		b.WriteString("| kind | JSON | operators |\n|---|---|---|\n")
		for _, k := range field.Kinds() {
			var ops []string
			for _, o := range k.Operators {
				switch o.Takes {
				case field.TakesOne, field.TakesPart, field.TakesNothing:
					ops = append(ops, "`"+o.Name+"`")
				default:
					ops = append(ops, "`"+o.Name+"` ("+string(o.Takes)+")")
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", k.Name, k.JSON, strings.Join(ops, ", "))
		}
	}
	return b.String()
}

// The tables of kinds in docs/files.md are written from the registry.
func TestFilesSayWhatKindsTake(t *testing.T) {
	const file = "../../../docs/files.md"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	for _, name := range []string{"kinds", "operators"} {
		begin := "<!-- " + name + ": go test ./internal/domain/field -update -->\n"
		before, rest, ok := strings.Cut(doc, begin)
		got, after, closed := strings.Cut(rest, "<!-- end -->")
		if !ok || !closed {
			t.Fatalf("docs/files.md has no place for the table of %s", name)
		}
		want := tableOf(name)
		if *update {
			doc, got = before+begin+want+"<!-- end -->"+after, want
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +docs/files.md):\n%s", name, d)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
