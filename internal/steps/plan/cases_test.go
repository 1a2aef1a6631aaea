package plan_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/column"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/memory"
)

var update = flag.Bool("update", false, "write what testdata/cases.txt says of its files anew")

// What a file's columns are taken for, what is said of it, and its rows as they go
// on, for each file of testdata/cases.txt. That has a case from each line "=== name":
// the type of data, "recipe" and "before" (what was said of an earlier file with
// these headers) where there are such, the file after an empty line, and after
// "---" what comes of it.
func TestCases(t *testing.T) {
	const name = "testdata/cases.txt"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var anew strings.Builder
	cases := strings.Split(string(b), "=== ")
	anew.WriteString(cases[0])
	for _, c := range cases[1:] {
		title, body, _ := strings.Cut(c, "\n")
		given, want, _ := strings.Cut(body, "---\n")
		t.Run(title, func(t *testing.T) {
			got := comesOf(t, given)
			if d := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); d != "" && !*update {
				t.Errorf("-want +got:\n%s", d)
			}
			fmt.Fprintf(&anew, "=== %s\n%s---\n%s\n", title, given, got)
		})
	}
	if *update {
		if err := os.WriteFile(name, []byte(anew.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func comesOf(t *testing.T, given string) string {
	t.Helper()
	d := newDesk(t)
	d.contact(t, "7", "contact:email", "mia@example.org", "criterion:NOTE", "A-1", "contact:country", "CH")
	d.contact(t, "8", "criterion:NOTE", "A-2")
	d.contact(t, "9", "criterion:NOTE", "A-2", "criterion:HALL", "Zürich")
	for _, f := range []domain.FieldDef{{Code: "SINCE", Label: "Since", Kind: domain.Date}, {Code: "PAID", Label: "Paid", Kind: domain.Number, Decimals: 2}} {
		if err := d.catalogue.PutField(t.Context(), house, f); err != nil {
			t.Fatal(err)
		}
	}
	said, file, ok := strings.Cut(given, "\n\n")
	if !ok {
		t.Fatal("there is no file")
	}
	file = strings.NewReplacer(`\0`, "\x00", `\t`, "\t").Replace(file)
	head := strings.Split(said, "\n")
	imp := domain.Import{}
	for _, line := range head[1:] {
		what, text, _ := strings.Cut(line, " ")
		switch what {
		case "recipe":
			if err := json.Unmarshal([]byte(text), &imp.Recipe); err != nil {
				t.Fatal(err)
			}
		case "kind":
			imp.OfKind = text
		case "before":
			m := domain.Mapping{UsedAt: now().AddDate(0, -1, 0)}
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				t.Fatal(err)
			}
			header, _, _ := strings.Cut(file, "\n")
			key := column.Key(head[0], strings.Split(header, ","))
			m.ID = key
			known := memory.NewRecords[domain.Mapping](now)
			if err := known.Create(t.Context(), house, key, m); err != nil {
				t.Fatal(err)
			}
			d.Mappings = known
		default:
			t.Fatalf("%q is unknown", what)
		}
	}
	p := d.plan(t, domain.DataType(head[0]), file, func(i *domain.Import) {
		i.OfKind = imp.OfKind
		if imp.Recipe.OnConflict == "" {
			imp.Recipe.OnConflict = domain.Skip
		}
		i.Recipe = imp.Recipe
	})
	var out strings.Builder
	for _, h := range p.Headers {
		fmt.Fprintf(&out, "%s → %s (%s)", h.Name, h.Column, h.By)
		if len(h.Suggestions) > 0 {
			fmt.Fprintf(&out, " or %s", strings.Join(h.Suggestions, ", "))
		}
		if len(h.Samples) > 0 {
			fmt.Fprintf(&out, ": %s", strings.Join(h.Samples, " | "))
		}
		out.WriteString("\n")
	}
	for i, c := range p.Columns {
		if p.Problem != nil {
			break
		}
		reads := strings.TrimSpace(strings.Join([]string{c.Order, c.Sign, c.Starts}, " "))
		if c.Found {
			reads += "found"
		}
		fmt.Fprintf(&out, "%d is %s\n", i+1, strings.Join(strings.Fields(string(c.Role)+" "+string(c.Field)+" "+reads), " "))
	}
	because := func(r reason.Reason) string {
		b, err := json.Marshal(r.Params)
		if err != nil {
			t.Fatal(err)
		}
		return string(r.Code) + " " + string(b)
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&out, "W %s\n", because(w.Reason))
	}
	if p.Problem != nil {
		fmt.Fprintf(&out, "F %s\n", because(p.Problem.Reason))
	}
	for n, ref := range p.Chunks {
		same := flow.Duplicates{}
		if ref.Duplicates {
			b, err := d.files.Get(t.Context(), flow.DuplicatesKey(house, id, n))
			if err != nil || json.Unmarshal(b, &same) != nil {
				t.Fatal(err)
			}
		}
		for _, r := range d.rows(t, n) {
			fmt.Fprintf(&out, "%d %s", r.Line, strings.Join(r.Cells, " | "))
			if r.Fault != nil {
				fmt.Fprintf(&out, " R %s %s", r.Fault.Column, because(r.Fault.Reason))
			}
			if s, ok := same[r.Line]; ok {
				fmt.Fprintf(&out, " %+v", s)
			}
			out.WriteString("\n")
		}
	}
	if l := d.job(t).Learnt; l.Mapping != "" {
		b, err := json.Marshal(map[string]any{"columns": l.Columns, "reading": l.Reading})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "learnt %s\n", b)
	}
	return out.String()
}
