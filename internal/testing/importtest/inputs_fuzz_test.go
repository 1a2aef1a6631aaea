package importtest_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
	"rollbook/internal/local/demo"
)

// FuzzImport takes any bytes as a file through test, update and undo. The seeds
// are the files of the table of inputs.
func FuzzImport(f *testing.F) {
	for _, ins := range [][]input{inputEncodings(), inputForms(), inputFiles(f), inputKeys(), inputValues(), inputCompares()} {
		for _, in := range ins {
			if len(in.file) < 8<<10 {
				kind := byte(0)
				if in.dt == domain.Authorisations {
					kind = 1
				}
				f.Add([]byte(in.file), kind)
			}
		}
	}
	for _, s := range []string{
		"Contact,Email,Last name,First name,Language,Birth date,Phone,City,Country,[new] GENRE,[new] EMAIL\n,new@example.org,Müller,Zoë,German,12.04.1985,020 7946 0018,Zürich,Schweiz,jazz,T\n,c0000003@example.org,,,fr,,,Empty,,,\n#0000008,,,,,,,Leeds,,,F\n0044001,given@example.org,Given,Gia,,,,,,,\n",
		"Email;Last name;Phone\r\nsame@example.org;Same;+44 20 7946 0018\r\nsame@example.org;Other;\r\n;;0\r\n;Nemo;12\r\n",
		"Contact,[old] Email,[new] Email,[new] criterion:NOTE\n#0000001,c0000001@example.org,other@example.org,x\n#0000002,,c0000003@example.org,\n",
		"Contact,[undo] created,[old] Last name,[new] Last name\n#0000001,0199f0aa-0000-7000-8000-000000000001,Name 0000001,\n",
	} {
		f.Add([]byte(s), byte(2))
	}
	f.Fuzz(func(t *testing.T, file []byte, kind byte) {
		w := fixture(t)
		has("1 GENRE=JAZZ | 2 INTERESTS=PLAYS | 3 NOTE==1+1 | 4 SUBSCRIBER=true | 5 EMAIL=false | 6 SEGMENT=GOLD")(t, w)
		w.Plan.Limits = sheet.Limits{FileBytes: 1 << 20, RowBytes: 4 << 10, Columns: 60, Rows: 200}
		w.Plan.ChunkRows = 3
		dt := []domain.DataType{domain.Criteria, domain.Authorisations, domain.Contacts}[kind%3]
		before, others := stored(t, w, demo.Aurora), stored(t, w, demo.Borealis)
		test := w.Import(t, demo.Aurora, dt, domain.Test, string(file))
		accounts(t, w, test, before)
		up := w.Follow(t, test, domain.UpdateOf)
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
			undo := w.Follow(t, up, domain.UndoOf)
			accounts(t, w, undo, now)
			if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
				t.Errorf("after the undo: %+v %s", undo.Counts, d)
			}
		}
		for _, p := range append(test.Problems, up.Problems...) {
			if !utf8.ValidString(p.Value) || !utf8.ValidString(p.Message("en")) || p.Code == "" || p.Message("en") == "" || p.Line < 2 && !strings.HasPrefix(string(file), "PK") {
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
