package importtest_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

const (
	genre = domain.Field("criterion:GENRE")
	note  = domain.Field("criterion:NOTE")
)

// world returns an institution without demo contacts, with those named.
func world(t *testing.T, contacts ...string) *importtest.World {
	t.Helper()
	w := importtest.New(t, 0)
	for _, n := range contacts {
		w.Set(t, demo.Aurora, domain.ContactNumber(n), map[domain.Field]domain.Value{
			domain.ContactEmail: domain.Value("c" + n + "@example.org"), domain.ContactLastName: "Name" + domain.Value(n)})
	}
	return w
}

func lines(ls ...string) string { return strings.Join(ls, "\n") + "\n" }

// problems shows an import's problems, a line each.
func problems(imp domain.Import) []string {
	var out []string
	for _, p := range imp.Problems {
		out = append(out, fmt.Sprintf("%d %s %s %s", p.Line, p.Outcome, string(p.Code), p.Column))
	}
	return out
}

func TestUpdateAndUndo(t *testing.T) {
	w := world(t, "0000001", "0000002", "0000003", "0000004")
	w.Set(t, demo.Aurora, "0000002", map[domain.Field]domain.Value{genre: "JAZZ", note: "=1+1"})
	w.Set(t, demo.Aurora, "0000003", map[domain.Field]domain.Value{genre: "FOLK"}) // changed since the export
	file := lines(
		"Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE",
		"#0000001,,rock,,\\Empty",
		"#0000002,JAZZ,Empty,'=1+1,",
		"#0000003,ROCK,JAZZ,,",
		"#0000004,,Juzz,,",
		"#0000009,,JAZZ,,",
	)
	test := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file)
	want := domain.Counts{Rows: 5, Updated: 2, Rejected: 2, Conflicted: 1}
	if test.Status != domain.Done || test.Counts != want {
		t.Fatalf("test: %s %+v, problem %+v, want %+v", test.Status, test.Counts, test.Problem, want)
	}
	if v := w.Value(t, demo.Aurora, "0000001", genre); v != "" {
		t.Fatalf("the test wrote %q", v)
	}
	up := w.Follow(t, test, "update")
	if up.Status != domain.Done || up.Counts != want {
		t.Fatalf("update: %s %+v %+v", up.Status, up.Counts, up.Problem)
	}
	if d := cmp.Diff(test.Problems, up.Problems); d != "" {
		t.Errorf("problems of test and update differ: %s", d)
	}
	if d := cmp.Diff([]string{
		"4 conflicted conflict [new] GENRE",
		"5 rejected unknownValue [new] GENRE",
		"6 rejected unknownContact Contact",
	}, problems(up)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(lines(
		"Contact,Line,Field,Before,After",
		"#0000001,2,GENRE,,ROCK",
		"#0000001,2,NOTE,,\\Empty",
		"#0000002,3,GENRE,JAZZ,",
	), w.File(t, up, "changes")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(lines(
		"Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE",
		"#0000001,ROCK,Empty,\\Empty,Empty",
		"#0000002,,JAZZ,,",
	), w.File(t, up, "undo")); d != "" {
		t.Error(d)
	}
	errs := w.File(t, up, "errors")
	for _, row := range []string{
		"Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE,[error] line,[error] outcome,[error] column,[error] message\n",
		"#0000003,ROCK,JAZZ,,,4,conflicted,[new] GENRE,",
		"#0000004,,Juzz,,,5,rejected,[new] GENRE,\"\"\"Juzz\"\" is not a value of GENRE. Did you mean JAZZ?\"\n",
		"#0000009,,JAZZ,,,6,rejected,Contact,",
	} {
		if !strings.Contains(errs, row) {
			t.Errorf("errors.csv lacks %q:\n%s", row, errs)
		}
	}
	if got := w.Value(t, demo.Aurora, "0000001", note); got != "Empty" {
		t.Errorf("the word Empty became %q", got)
	}

	// The corrected error file goes in as it is.
	fixed := strings.Replace(strings.Replace(errs, "#0000004,,Juzz", "#0000004,,JAZZ", 1), "#0000003,ROCK", "#0000003,FOLK", 1)
	again := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, fixed)
	if want := (domain.Counts{Rows: 3, Updated: 2, Rejected: 1}); again.Counts != want {
		t.Errorf("corrected errors: %+v %+v", again.Counts, again.Problem)
	}

	undo := w.Follow(t, up, "undo")
	if want := (domain.Counts{Rows: 2, Updated: 2}); undo.Status != domain.Done || undo.Counts != want {
		t.Fatalf("undo: %s %+v %+v %v", undo.Status, undo.Counts, undo.Problem, problems(undo))
	}
	if g, n := w.Value(t, demo.Aurora, "0000001", genre), w.Value(t, demo.Aurora, "0000001", note); g != "" || n != "" {
		t.Errorf("after undo: %q, %q", g, n)
	}
	if g := w.Value(t, demo.Aurora, "0000002", genre); g != "JAZZ" {
		t.Errorf("after undo: %q", g)
	}
	// Applied twice: nothing is left to do.
	if twice := w.Follow(t, up, "undo"); twice.Counts != (domain.Counts{Rows: 2, Unchanged: 2}) {
		t.Errorf("undo again: %+v", twice.Counts)
	}
}

// A template that nobody touched asks for nothing; one whose every [new] copies
// [old] changes nothing.
func TestTemplateRoundTrip(t *testing.T) {
	w := importtest.New(t, 500)
	for _, dt := range []domain.DataType{domain.Criteria, domain.Authorisations} {
		for _, in := range []domain.InstitutionID{demo.Aurora, demo.Borealis} {
			tpl := domain.Template{ID: string(in) + string(dt), Institution: in, DataType: dt, TargetID: "all", Language: "fr",
				Status: domain.Preparing, Email: "staff@example.org", CreatedAt: w.Now(), ExpiresAt: w.Now().AddDate(0, 0, 7)}
			if err := w.Catalogue.PutTarget(t.Context(), in, domain.Target{ID: "all", Name: "Tout le monde", Condition: []byte(`{"all":[]}`)}); err != nil && dt == domain.Criteria {
				t.Fatal(err)
			}
			if _, _, err := w.Jobs.CreateTemplate(t.Context(), tpl, domain.Once{}); err != nil {
				t.Fatal(err)
			}
			sent := len(w.Mails.Sent())
			for range 2 { // delivered twice: one zip, one mail
				if err := w.Template.Run(t.Context(), flow.Template{Version: flow.Version, Institution: in, Template: tpl.ID}); err != nil {
					t.Fatal(err)
				}
			}
			made, err := w.Jobs.Template(t.Context(), in, tpl.ID)
			if err != nil {
				t.Fatal(err)
			}
			if made.Status != domain.Ready || made.Contacts != 500 || made.Mail.Status != "sent" || len(w.Mails.Sent()) != sent+1 {
				t.Fatalf("%+v, %d mails", made, len(w.Mails.Sent())-sent)
			}
			f, err := w.Files.Open(t.Context(), made.File)
			if err != nil {
				t.Fatal(err)
			}
			if f.Size() != made.Bytes {
				t.Errorf("zip has %d bytes, the job says %d", f.Size(), made.Bytes)
			}
			raw, _ := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
			z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, e := range z.File {
				names = append(names, e.Name)
			}
			if d := cmp.Diff([]string{string(dt) + ".csv", "values.csv", "README.txt"}, names); d != "" {
				t.Error(d)
			}

			same := w.Import(t, in, dt, domain.Update, string(raw))
			if same.Status != domain.Rejected || same.Problem.Code != "nothingToDo" || same.Counts != (domain.Counts{}) {
				t.Errorf("untouched template: %s %+v %+v", same.Status, same.Problem, same.Counts)
			}

			e, err := z.File[0].Open()
			if err != nil {
				t.Fatal(err)
			}
			r := csv.NewReader(e)
			r.Comma = []rune{',', ';'}[slices.Index([]domain.InstitutionID{demo.Aurora, demo.Borealis}, in)]
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			var copied bytes.Buffer
			sw := sheet.NewWriter(&copied, ';')
			for _, row := range rows {
				for i := range row {
					if strings.HasPrefix(rows[0][i], "[new] ") && !strings.HasPrefix(row[i], "[") {
						row[i] = row[i-1]
					}
				}
				if err := sw.WriteRaw(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := sw.Flush(); err != nil {
				t.Fatal(err)
			}
			copies := w.Import(t, in, dt, domain.Update, copied.String())
			if copies.Counts.Unchanged+copies.Counts.Rejected != 500 || copies.Counts.Updated != 0 || copies.Counts.Conflicted != 0 {
				t.Errorf("copied template: %s %+v %+v %v", copies.Status, copies.Counts, copies.Problem, problems(copies))
			}
			for _, p := range copies.Problems {
				if p.Code != "retiredValue" {
					t.Errorf("copying %s from [old] to [new]: %+v", p.Column, p)
				}
			}
		}
	}
}

// What is found out about whole files rejects them before anything is written.
func TestFileFaults(t *testing.T) {
	w := world(t, "0000001", "0000002", "0000003", "0000004")
	w.Set(t, demo.Borealis, "0000101", nil)
	for _, c := range []struct {
		what, file, code string
		in               domain.InstitutionID
		dt               domain.DataType
	}{
		{"22 duplicate column", "Contact,[new] GENRE,[new] genre\n#0000001,JAZZ,JAZZ\n", "duplicateColumn", "", ""},
		{"31 duplicate after resolution", "Contact,[new] GENRE,[new] Favourite genre\n#0000001,JAZZ,JAZZ\n", "duplicateColumn", "", ""},
		{"30 unknown field", "Contact,[new] GENER\n#0000001,JAZZ\n", "unknownColumn", "", ""},
		{"30 unknown column", "Contact,Colour,[new] GENRE\n#0000001,x,JAZZ\n", "unknownColumn", "", ""},
		{"5 UTF-8 taken for Windows-1252", "ï»¿Contact,[new] NOTE\n#0000001,dÃ©jÃ\u00a0\n", "encodingMixedUp", "", ""},
		{"32 no key column", "[old] GENRE,[new] GENRE\n,JAZZ\n", "noKeyColumn", "", ""},
		{"34 authorisations as criteria", "Contact,[new] EMAIL\n#0000001,T\n", "wrongDataType", "", ""},
		{"34 criteria as authorisations", "Contact,[new] GENRE\n#0000001,JAZZ\n", "wrongDataType", "", domain.Authorisations},
		{"35 another institution's", "Contact,[new] GENRE\n#0000001,JAZZ\n#0000002,JAZZ\n#0000003,JAZZ\n", "noneYours", demo.Borealis, ""},
		{"50 columns sorted apart", "Contact,[info] Email,[new] GENRE\n#0000001,c0000002@example.org,JAZZ\n#0000002,c0000003@example.org,JAZZ\n#0000003,c0000004@example.org,JAZZ\n", "columnsSorted", "", ""},
		{"52 edited [old]", "Contact,[old] GENRE,[new] GENRE\n#0000001,JAZZ,\n", "oldEdited", "", ""},
		{"73 kind changed", "Contact,[old] GENRE,[new] GENRE\n#0000001,12.5,JAZZ\n#0000002,13,JAZZ\n#0000003,14,JAZZ\n", "kindChanged", "", ""},
		{"78 nothing to do", "Contact,[old] GENRE,[new] GENRE\n#0000001,,\n", "nothingToDo", "", ""},
		{"no new column", "Contact,[old] GENRE\n#0000001,\n", "nothingToDo", "", ""},
		{"25 only the header", "Contact,[new] GENRE\n", "noRows", "", ""},
		{"25 empty", "", "noRows", "", ""},
	} {
		in, dt := demo.Aurora, domain.Criteria
		if c.in != "" {
			in = c.in
		}
		if c.dt != "" {
			dt = c.dt
		}
		for _, a := range []domain.Action{domain.Test, domain.Update} {
			imp := w.Import(t, in, dt, a, c.file)
			if imp.Status != domain.Rejected || imp.Problem == nil || string(imp.Problem.Code) != c.code || imp.Counts != (domain.Counts{}) {
				t.Errorf("%s: %s %+v %+v, want %s", c.what, imp.Status, imp.Problem, imp.Counts, c.code)
			}
		}
	}
	if v := w.Value(t, demo.Aurora, "0000001", genre); v != "" {
		t.Errorf("a rejected file wrote %q", v)
	}
}

// The same contact on several lines.
func TestSameContactTwice(t *testing.T) {
	w := world(t, "0000001", "0000002", "0000003")
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines(
		"Contact,[old] GENRE,[new] GENRE",
		"#0000001,,JAZZ", // 2
		"#0000002,,JAZZ", // 3
		"#0000001,,JAZZ", // 4: as line 2
		"0000002,,ROCK",  // 5: not as line 3
		"#0000003,,JAZZ", // 6
		"#0000002,,JAZZ", // 7
	))
	if want := (domain.Counts{Rows: 6, Updated: 2, Unchanged: 1, Rejected: 3}); imp.Counts != want {
		t.Errorf("%+v, want %+v: %v", imp.Counts, want, problems(imp))
	}
	var others [][]int
	for _, p := range imp.Problems {
		others = append(others, p.OtherLines)
	}
	if d := cmp.Diff([][]int{{5, 7}, {3, 7}, {3, 5}}, others); d != "" {
		t.Error(d)
	}
	if v := w.Value(t, demo.Aurora, "0000002", genre); v != "" {
		t.Errorf("a contradicted contact became %q", v)
	}
	var codes []string
	for _, w := range imp.Warnings {
		codes = append(codes, fmt.Sprint(string(w.Code), " ", w.Line))
	}
	if d := cmp.Diff([]string{"identicalLines 4", "differentLines 3"}, codes); d != "" {
		t.Error(d)
	}
}

// However rows are cut into chunks, the result is the same.
func TestChunksDoNotShow(t *testing.T) {
	var file strings.Builder
	file.WriteString("Contact,[old] GENRE,[new] GENRE\n")
	for i := range 60 {
		fmt.Fprintf(&file, "#%07d,,%s\n", i%50, []string{"JAZZ", "ROCK", "bad", ""}[i%4])
	}
	type result struct {
		Counts                domain.Counts
		Problems              []domain.Problem
		Changes, Errors, Undo string
	}
	var want result
	for _, rows := range []int{0, 1, 7, 59} {
		w := importtest.New(t, 0)
		for i := range 45 {
			w.Set(t, demo.Aurora, domain.ContactNumber(fmt.Sprintf("%07d", i)), nil)
		}
		w.Plan.ChunkRows = rows
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file.String())
		got := result{imp.Counts, imp.Problems, w.File(t, imp, "changes"), w.File(t, imp, "errors"), w.File(t, imp, "undo")}
		if rows == 0 {
			want = got
			if got.Counts.Updated == 0 || got.Counts.Rejected == 0 || got.Counts.Unchanged == 0 {
				t.Fatalf("%+v %v", got.Counts, problems(imp))
			}
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("chunks of %d rows: %s", rows, d)
		}
	}
}

// What was retired since can be put back, though not chosen.
func TestUndoToRetired(t *testing.T) {
	w := world(t, "0000001")
	w.Set(t, demo.Aurora, "0000001", map[domain.Field]domain.Value{"criterion:SEGMENT": "GOLD"})
	up := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[old] SEGMENT,[new] SEGMENT\n#0000001,GOLD,PATRON\n")
	undo := w.Follow(t, up, domain.UndoOf)
	if v := w.Value(t, demo.Aurora, "0000001", "criterion:SEGMENT"); undo.Counts != (domain.Counts{Rows: 1, Updated: 1}) || v != "GOLD" {
		t.Errorf("%+v, now %q: %v", undo.Counts, v, problems(undo))
	}
	chosen := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[new] SEGMENT\n#0000001,GOLD\n")
	if chosen.Counts.Rejected != 1 {
		t.Errorf("a retired value was taken: %+v", chosen.Counts)
	}
}

// A chunk is bounded by its rows and by its bytes, whichever comes first.
func TestChunksAreBounded(t *testing.T) {
	wide := strings.Repeat("x", 100)
	for _, c := range []struct {
		rows, bytes int
		want        []int // rows of each chunk
	}{
		{0, 0, []int{5}},
		{2, 0, []int{2, 2, 1}},
		{0, 250, []int{3, 2}}, // about 108 bytes a row
		{2, 250, []int{2, 2, 1}},
		{0, 1, []int{1, 1, 1, 1, 1}},
	} {
		w := world(t, "0000001", "0000002", "0000003", "0000004", "0000005")
		w.Plan.ChunkRows, w.Plan.ChunkBytes = c.rows, c.bytes
		file := "Contact,[new] NOTE\n"
		for i := 1; i <= 5; i++ {
			file += fmt.Sprintf("#%07d,%s\n", i, wide)
		}
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
		plan, err := flow.LoadPlan(t.Context(), w.Files, imp.Institution, imp.RunID())
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, ref := range plan.Chunks {
			got = append(got, ref.Rows)
		}
		if d := cmp.Diff(c.want, got); d != "" || imp.Counts.Updated != 5 {
			t.Errorf("%d rows, %d bytes: %+v %s", c.rows, c.bytes, imp.Counts, d)
		}
	}
}

// Rows whose addresses are others' reject the whole file only if they are most
// rows: an address of nobody may just be a new one.
func TestFewColumnsSorted(t *testing.T) {
	w := world(t, "0000001", "0000002", "0000003", "0000004", "0000005", "0000006", "0000007")
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines(
		"Contact,[info] Email,[new] GENRE",
		"#0000001,c0000002@example.org,JAZZ",
		"#0000002,c0000003@example.org,JAZZ",
		"#0000003,c0000001@example.org,JAZZ",
		"#0000004,new4@example.org,JAZZ",
		"#0000005,new5@example.org,JAZZ",
		"#0000006,c0000006@example.org,JAZZ",
		"#0000007,c0000007@example.org,JAZZ",
	))
	if want := (domain.Counts{Rows: 7, Updated: 4, Rejected: 3}); imp.Counts != want {
		t.Errorf("%s %+v %+v, want %+v", imp.Status, imp.Problem, imp.Counts, want)
	}
}

// A row with more problems than a spreadsheet's cell holds says that there are
// more.
func TestManyProblemsOfOneRow(t *testing.T) {
	w := world(t, "0000001")
	head, row := "Contact", "#0000001"
	for i := range 55 {
		code := fmt.Sprintf("FLAG_%d", i)
		if err := w.Catalogue.PutField(t.Context(), demo.Aurora, domain.FieldDef{Code: code, Label: code, Kind: domain.YesNo}); err != nil {
			t.Fatal(err)
		}
		head, row = head+",[new] "+code, row+",perhaps"
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines(head, row))
	if n := len(imp.Problems); n != 50 || imp.Counts.Rejected != 1 {
		t.Fatalf("%d problems, %+v %+v", n, imp.Counts, imp.Problem)
	}
	for i, p := range imp.Problems {
		if more := strings.HasSuffix(p.Message("en"), "More cells of this row are at fault."); more != (i == 49) {
			t.Errorf("problem %d: %s", i, p.Message("en"))
		}
	}
}
