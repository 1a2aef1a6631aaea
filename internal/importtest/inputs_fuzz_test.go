package importtest_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/demo"
	"rollbook/internal/roll"
	"rollbook/internal/sheet"
)

// FuzzImport takes any bytes as a file through test, update and undo. The seeds
// are the files of the table of inputs.
func FuzzImport(f *testing.F) {
	for _, ins := range [][]input{inputEncodings(), inputForms(), inputFiles(f), inputKeys(), inputValues(), inputCompares()} {
		for _, in := range ins {
			if len(in.file) < 8<<10 {
				f.Add([]byte(in.file), in.dt == roll.Authorisations)
			}
		}
	}
	f.Fuzz(func(t *testing.T, file []byte, authorisations bool) {
		w := fixture(t)
		has("1 GENRE=JAZZ | 2 INTERESTS=PLAYS | 3 NOTE==1+1 | 4 SUBSCRIBER=true | 5 EMAIL=false | 6 SEGMENT=GOLD")(t, w)
		w.Plan.Limits = sheet.Limits{FileBytes: 1 << 20, RowBytes: 4 << 10, Columns: 60, Rows: 200}
		w.Plan.ChunkRows = 3
		dt := roll.Criteria
		if authorisations {
			dt = roll.Authorisations
		}
		before, others := stored(t, w, demo.Aurora), stored(t, w, demo.Borealis)
		test := w.Import(t, demo.Aurora, dt, roll.Test, string(file))
		accounts(t, w, test, before)
		up := w.Follow(t, test, roll.UpdateOf)
		if utf8.Valid(file) && !strings.HasPrefix(string(file), "PK") && up.Detected != nil && up.Detected.Encoding == "UTF-8" && up.Detected.Format == "csv" {
			harmless(t, w, up, string(file), before)
		} else {
			accounts(t, w, up, before)
		}
		if d := cmp.Diff([]any{test.Status, test.Counts, test.Problem, test.Problems, test.Warnings, test.Fields}, []any{up.Status, up.Counts, up.Problem, up.Problems, up.Warnings, up.Fields}); d != "" {
			t.Errorf("the test did not predict the update: %s", d)
		}
		if len(up.Files) > 1 && up.Counts.Updated > 0 {
			now := stored(t, w, demo.Aurora)
			undo := w.Follow(t, up, roll.UndoOf)
			accounts(t, w, undo, now)
			if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
				t.Errorf("after the undo: %+v %s", undo.Counts, d)
			}
		}
		for _, p := range append(test.Problems, up.Problems...) {
			if !utf8.ValidString(p.Value) || !utf8.ValidString(p.Message) || p.Code == "" || p.Message == "" || p.Line < 2 && !strings.HasPrefix(string(file), "PK") {
				t.Errorf("%+v", p)
			}
		}
		if d := cmp.Diff(others, stored(t, w, demo.Borealis)); d != "" {
			t.Errorf("the other institution changed: %s", d)
		}
		if strings.Contains(w.Log.String(), "example.org") {
			t.Errorf("the log has an address: %s", w.Log)
		}
	})
}
