package importtest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/plan"
	"rollbook/internal/steps/start"
	"rollbook/internal/testing/importtest"
)

// data reads a file of testdata, which tells how they were made.
func data(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// book makes a workbook of one sheet.
func book(t testing.TB, rows [][]any) string {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	return saved(t, f)
}

func saved(t testing.TB, f *excelize.File) string {
	t.Helper()
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipOf packs files, named and filled in turns.
func zipOf(t testing.TB, namesAndTexts ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(namesAndTexts); i += 2 {
		w, err := z.Create(namesAndTexts[i])
		if err == nil {
			_, err = io.WriteString(w, namesAndTexts[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// locked marks the only file of a zip as encrypted.
func locked(z string) string {
	b := []byte(z)
	b[6] |= 1
	b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= 1
	return string(b)
}

func TestInputFiles(t *testing.T) { runAll(t, inputFiles(t)) }

// What kind of file it is.
func inputFiles(t testing.TB) []input {
	people := data(t, "people.csv")
	both := "1 NOTE=x | 2 NOTE=y"
	excel := book(t, [][]any{{"Contact", "[old] GENRE", "[new] GENRE", "[old] SUBSCRIBER", "[new] SUBSCRIBER", "[new] ZONE", "[old] ZONE"},
		{"#0000001", "", "JAZZ", "", true, 3, nil}, {nil, nil, nil, nil, nil, nil, nil}, {"0000002", "", "rock", "", "WAHR", "2", ""}, {3, "", "JAZZ", "", false, 1, ""}})
	sheets := func() string {
		f := excelize.NewFile()
		for i, row := range [][]any{{"Contact", "[old] NOTE", "[new] NOTE"}, {"#0000001", "", "x"}} {
			if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.NewSheet("Notes"); err != nil {
			t.Fatal(err)
		}
		return saved(t, f)
	}()
	return []input{
		{name: "34 authorisations as criteria", file: "Contact,[old] EMAIL,[new] EMAIL\n#0000001,,TRUE\n", code: "wrongDataType", says: []string{"a file of authorisations"}},
		{name: "34 criteria as authorisations", dt: domain.Authorisations, file: "Contact,[old] GENRE,[new] GENRE\n#0000001,,JAZZ\n", code: "wrongDataType", says: []string{"a file of criteria"}},
		{name: "34 both in one file", file: "Contact,[new] GENRE,[new] EMAIL\n#0000001,JAZZ,TRUE\n", code: "wrongDataType", says: []string{"column 3", "[new] EMAIL"}},
		{name: "35 template of another institution", file: "Contact,[info] Email,[old] GENRE,[new] GENRE\n#0000101,c0000101@example.org,,JAZZ\n#0000102,c0000102@example.org,,JAZZ\n#0000103,c0000103@example.org,,ROCK\n",
			code: "noneYours", says: []string{"another institution"}},
		{name: "35 one contact is yours after all", file: "Contact,[old] GENRE,[new] GENRE\n#0000101,,JAZZ\n#0000102,,JAZZ\n#0000103,,ROCK\n#0000060,,ROCK\n", counts: "1 updated, 3 rejected",
			problems: []string{"2 unknownContact Contact “#0000101”", "3 unknownContact Contact “#0000102”", "4 unknownContact Contact “#0000103”"}},
		{name: "36 .xlsx by Excel's rules", file: excel, counts: "2 updated, 1 rejected", detected: "xlsx 7",
			holds:    "1 GENRE=JAZZ | 1 SUBSCRIBER=true | 1 ZONE=3 | 2 GENRE=ROCK | 2 SUBSCRIBER=true | 2 ZONE=2 | 3 GENRE=",
			problems: []string{"5 leadingZeros Contact “3” → #0000003"}},
		{name: "36 .xlsx by LibreOffice", file: data(t, "people.xlsx"), counts: "2 updated", holds: both, detected: "xlsx 3"},
		{name: "36 .xlsx with several sheets", file: sheets, counts: "1 updated", warn: []string{"otherSheets"}},
		{name: "36 .csv renamed .xlsx", file: people, counts: "2 updated", holds: both, detected: "csv UTF-8 , LF 3"},
		{name: "36 .xls", file: data(t, "people.xls"), code: "notATable", says: []string{".xls", "CSV UTF-8"}},
		{name: "36 .ods", file: data(t, "people.ods"), code: "notATable", says: []string{".ods", "CSV UTF-8"}},
		{name: "36 .fods", file: data(t, "people.fods"), code: "notATable", says: []string{"XML", "CSV UTF-8"}},
		{name: "36 .numbers", file: zipOf(t, "Index/Document.iwa", "\x00", "Metadata/Properties.plist", "bplist00"), code: "notATable", says: []string{"Numbers", "CSV UTF-8"}},
		{name: "36 PDF", file: data(t, "people.pdf"), code: "notATable", says: []string{"PDF", "CSV UTF-8"}},
		{name: "36 HTML table saved as .csv", file: data(t, "people.html"), code: "notATable", says: []string{"HTML", "CSV UTF-8"}},
		{name: "36 an image", file: "\x89PNG\r\n\x1a\n" + noise(600), code: "notATable"},
		{name: "37 zip with the CSV", file: zipOf(t, "people.csv", people), counts: "2 updated", holds: both, detected: "zip UTF-8 , LF 3"},
		{name: "37 zip with a workbook", file: zipOf(t, "people.xlsx", data(t, "people.xlsx")), counts: "2 updated", holds: both},
		{name: "37 zip with what a Mac leaves behind", file: zipOf(t, "people/", "", "people/people.csv", people, "__MACOSX/people/._people.csv", "\x00\x05\x16\x07", "people/.DS_Store", "x"), counts: "2 updated", holds: both},
		{name: "37 zip with several CSVs", file: zipOf(t, "a.csv", people, "b.csv", people), code: "oneCSVPlease", says: []string{"2 CSV files", "One CSV please"}},
		{name: "37 zip without a CSV", file: zipOf(t, "a.docx", "x", "b.jpg", "y"), code: "oneCSVPlease"},
		{name: "37 empty zip", file: zipOf(t), code: "oneCSVPlease"},
		{name: "37 zip in a zip", file: zipOf(t, "a.zip", zipOf(t, "a.csv", people)), code: "zipNested"},
		{name: "37 zip bomb", file: zipOf(t, "a.csv", people+strings.Repeat(strings.Repeat(" ", 1000)+"\n", 70_000)), code: "zipBomb"},
		{name: "37 encrypted zip", file: locked(zipOf(t, "a.csv", people)), code: "zipEncrypted", says: []string{"password"}},
		{name: "37 cut zip", file: zipOf(t, "a.csv", people)[:60], code: "zipDamaged"},
		{name: "37 path tricks", file: zipOf(t, "../../../etc/cron.d/people.csv", people), counts: "2 updated", holds: both},
		{name: "37 path tricks of Windows", file: zipOf(t, `C:\..\..\people.csv`, people), counts: "2 updated", holds: both},
		{name: "39 cut in the middle of a row", file: head + "\n#0000001,,x\n#0000002,,y\n#0000003,", counts: "2 updated, 1 rejected", problems: []string{"4 cutOff"},
			warn: []string{"noFinalLineEnd 4"}, says: []string{"sent completely"}},
		{name: "39 cut in the last cell", file: head + "\n#0000001,,x\n#0000002,,y\n#0000003,,z", counts: "3 updated", warn: []string{"noFinalLineEnd 4"}},
		{name: "39 cut in a letter", file: "\ufeff" + head + "\n#0000001,,x\n#0000002,,é\n#0000003,,\xc3", counts: "2 updated, 1 rejected",
			problems: []string{"4 unreadableCharacter [new] NOTE “\ufffd”"}, warn: []string{"noFinalLineEnd 4"}},
		{name: "39 cut in a quoted cell", file: head + "\n#0000001,,x\n#0000002,,y\n#0000003,,\"z", counts: "2 updated, 1 rejected",
			problems: []string{"4 unclosedQuote [new] NOTE “\"z”"}, warn: []string{"noFinalLineEnd 4"}},
		{name: "40 10,000 columns", file: head + strings.Repeat(",x", 10_000) + "\n#0000001,,x\n", code: "tooManyColumns", says: []string{"2,000 columns"}},
		{name: "40 a cell of 5 MB", file: head + "\n#0000001,,x\n#0000002,," + strings.Repeat("x", 5_000_000) + "\n", code: "rowTooLong", says: []string{"Line 3", "1.05 MB"}, holds: "1 NOTE="},
		{name: "40 a cell just below the limit", file: head + "\n#0000001,,x\n#0000002,," + strings.Repeat("x", 1_000_000) + "\n", counts: "1 updated, 1 rejected",
			problems: []string{"3 textTooLong [new] NOTE “" + strings.Repeat("x", 200) + "…”"}},
		{name: "77 ten thousand rows of one cell each", file: "Contact\n" + strings.Repeat("#0000001\n", 10_000), code: "nothingToDo"},
	}
}

// many adds criteria to the catalogue: M000, M001 …, each with a hundred values
// of the longest code.
func many(n int, kind domain.Kind) func(*testing.T, *importtest.World) {
	return func(t *testing.T, w *importtest.World) {
		t.Helper()
		for i := range n {
			d := domain.FieldDef{Code: fmt.Sprintf("M%03d", i), Label: fmt.Sprintf("Criterion %d", i), Kind: kind}
			for v := range 100 {
				d.Values = append(d.Values, domain.Choice{Code: fmt.Sprintf("V%039d", v), Label: "x"})
			}
			if err := w.Catalogue.PutField(t.Context(), demo.Aurora, d); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What a file can make large must not make the import's own record too large to
// be stored: see accounts.
func TestInputManyProblems(t *testing.T) {
	table := func(fields int, cell func(row, field int) string) string {
		var b strings.Builder
		b.WriteString("Contact")
		for f := range fields {
			fmt.Fprintf(&b, ",[new] M%03d", f)
		}
		for r := 1; r <= contacts; r++ {
			fmt.Fprintf(&b, "\n#%07d", r)
			for f := range fields {
				b.WriteString("," + cell(r, f))
			}
		}
		return b.String() + "\n"
	}
	for _, c := range []struct {
		name, file string
		kind       domain.Kind
		fields     int
		want       domain.Counts
	}{
		{"40 problems with cells of 40 kB", table(11, func(int, int) string { return strings.Repeat("\u0628", 20_000) }), domain.Text, 11, domain.Counts{Rows: contacts, Rejected: contacts}},
		{"40 a hundred faults in each row", table(100, func(int, int) string { return "maybe" }), domain.YesNo, 100, domain.Counts{Rows: contacts, Rejected: contacts}},
		{"40 a hundred fields that change in sixty ways", table(100, func(r, f int) string { return fmt.Sprintf("V%039d|V%039d|V%039d", r, f, (r+f)%100) }), domain.MultiChoice, 100,
			domain.Counts{Rows: contacts, Updated: contacts}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := fixture(t)
			many(c.fields, c.kind)(t, w)
			before := stored(t, w, demo.Aurora)
			imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, c.file)
			accounts(t, w, imp, before)
			if imp.Counts != c.want {
				t.Errorf("%+v, want %+v; %+v", imp.Counts, c.want, imp.Problem)
			}
			if len(imp.Fields) != c.fields || len(imp.Warnings) > 30 {
				t.Errorf("%d fields, %d warnings", len(imp.Fields), len(imp.Warnings))
			}
			if c.want.Rejected > 0 {
				for _, row := range records(t, w.File(t, imp, "errors"))[1:] {
					// What one cell of a spreadsheet takes.
					if n := len(row[len(row)-1]); n > 32_767 {
						t.Fatalf("[error] message has %d bytes", n)
					}
				}
			}
		})
	}
}

// made is a file that exists only while it is read: a head and then rows.
type made struct {
	head string
	row  func(i int) string // all of one length
	size int64
}

func (m made) Size() int64 { return m.size }

func (m made) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < m.size {
		s, at := m.head, off
		if off >= int64(len(m.head)) {
			w := int64(len(m.row(0)))
			at = off - int64(len(m.head))
			s = m.row(int(at / w))
			at %= w
		}
		k := copy(p[n:], s[at:min(int64(len(s)), at+m.size-off)])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

type source struct{ domain.File }

func (s source) Open(context.Context, domain.Object) (domain.File, error) { return s.File, nil }

// nowhere takes objects and forgets them, and notes the most memory in use.
type nowhere struct {
	objects int
	peak    uint64
}

func (n *nowhere) Get(context.Context, string) ([]byte, error) { return nil, fault.Missing() }

func (n *nowhere) Open(context.Context, domain.Object) (domain.File, error) {
	return nil, fault.Missing()
}

func (n *nowhere) Put(_ context.Context, key string, r io.Reader, _ string) (domain.Object, error) {
	n.objects++
	if n.objects%4 == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		n.peak = max(n.peak, m.HeapAlloc)
	}
	_, err := io.Copy(io.Discard, r)
	return domain.Object{Key: key}, err
}

// planned runs the plan step alone on a file.
func planned(t *testing.T, f domain.File, limits sheet.Limits, files plan.Files) domain.FileProblem {
	t.Helper()
	w := fixture(t)
	imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Test)
	w.Plan.Source = func(string) plan.Opener { return source{f} }
	w.Plan.Limits = limits
	keep := &keeper{Files: files, problem: domain.FileProblem{}}
	w.Plan.Files = keep
	if _, err := w.Plan.Run(t.Context(), flow.Run{Version: flow.Version, Institution: imp.Institution, Import: imp.ID}); err != nil {
		t.Fatal(err)
	}
	return keep.problem
}

// keeper keeps the problem of the plan that goes by.
type keeper struct {
	plan.Files
	problem domain.FileProblem
}

func (k *keeper) Put(ctx context.Context, key string, r io.Reader, ct string) (domain.Object, error) {
	if strings.HasSuffix(key, "/plan.json") {
		b, err := io.ReadAll(r)
		if err != nil {
			return domain.Object{}, err
		}
		var p flow.Plan
		if err := json.Unmarshal(b, &p); err != nil {
			return domain.Object{}, err
		}
		if p.Problem != nil {
			k.problem = *p.Problem
		}
		r = bytes.NewReader(b)
	}
	return k.Files.Put(ctx, key, r, ct)
}

var errReadFurther = errors.New("read further than needed")

// short is a file that must not be read beyond a place.
type short struct {
	domain.File
	end int64
}

func (s short) ReadAt(p []byte, off int64) (int, error) {
	if off > s.end {
		return 0, errReadFurther
	}
	return s.File.ReadAt(p, off)
}

// What is over a limit is refused as soon as it is seen, and names the limit.
func TestInputLimits(t *testing.T) {
	rows := func(i int) string { return fmt.Sprintf("#%07d,,x\n", i%contacts+1) }
	small := sheet.Limits{FileBytes: 100_000, RowBytes: 1000, Columns: 5, Rows: 50}
	for _, c := range []struct {
		name   string
		file   domain.File
		limits sheet.Limits
		code   string
		says   string
	}{
		{"40 over 5 GB", short{made{head + "\n", rows, 5_000_000_001}, 0}, sheet.Limits{}, "fileTooLarge", "5 GB"},
		{"40 one line of 1 GB", short{made{"Contact,[new] NOTE\n#0000001,", func(int) string { return strings.Repeat("x", 1<<16) }, 1 << 30}, 8 << 20}, sheet.Limits{}, "rowTooLong", "Line 2"},
		{"40 one header of 1 GB", short{made{"Contact", func(int) string { return strings.Repeat(",x", 1<<15) }, 1 << 30}, 8 << 20}, sheet.Limits{}, "tooManyColumns", "2,000"},
		{"40 an open quote above 300 kB of good rows is that row's fault", made{head + "\n#0000001,,\"", rows, 300_000}, sheet.Limits{}, "", ""},
		{"40 one line of 1 GB in a quoted cell", short{made{head + "\n#0000001,,\"", func(int) string { return strings.Repeat("x", 1<<16) }, 1 << 30}, 8 << 20}, sheet.Limits{}, "rowTooLong", "Line 2"},
		{"40 file size, small limits", made{head + "\n", rows, 100_001}, small, "fileTooLarge", "100 kB"},
		{"40 rows, small limits", made{head + "\n", rows, 5000}, small, "tooManyRows", "50"},
		{"40 columns, small limits", made{head + ",a,b,c\n", rows, 500}, small, "tooManyColumns", "5 columns"},
		{"40 row, small limits", made{head + "\n#0000001,," + strings.Repeat("x", 1000) + "\n", rows, 3000}, small, "rowTooLong", "1 kB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := planned(t, c.file, c.limits, &nowhere{})
			if string(got.Code) != c.code || !strings.Contains(got.Message("en"), c.says) {
				t.Errorf("%+v, want %s and %q", got, c.code, c.says)
			}
		})
	}
}

// Rows 40 and 77: the plan step's memory does not grow with the file, but for
// the 24 bytes of each row by which lines of the same contact are found.
func TestInputMemory(t *testing.T) {
	rows := func(i int) string {
		return fmt.Sprintf("#%011d,%02d,,\"a text of some length, as people write\"\n", i, i%100)
	}
	peak := func(n int) uint64 {
		m := made{"Contact,[info] Last name,[old] NOTE,[new] NOTE\n", rows, 0}
		m.size = int64(len(m.head) + n*len(rows(0)))
		files := &nowhere{}
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		if p := planned(t, m, sheet.Limits{}, files); p.Code != "noneYours" {
			t.Fatalf("%+v", p)
		}
		return files.peak - min(before.HeapAlloc, files.peak)
	}
	t.Run("77 memory of the plan step", func(t *testing.T) {
		few, many := peak(100_000), peak(500_000)
		// A growing list is copied to one of 1.25 times its length.
		if allowed := few + uint64(math.Ceil(400_000*24*2.5)); many > allowed {
			t.Errorf("%d bytes for 100,000 rows, %d for 500,000: over %d", few, many, allowed)
		}
	})
}

// A template goes out as a zip; uploaded unopened it asks for nothing.
func TestInputOwnTemplate(t *testing.T) {
	t.Run("38 our own template zip unopened", func(t *testing.T) {
		w := fixture(t)
		has("1 GENRE=JAZZ | 2 SEGMENT=GOLD | 3 NOTE==1+1 | 4 NOTE=Empty")(t, w)
		z := template(t, w, domain.Criteria, `{"all":[]}`)
		for _, a := range []domain.Action{domain.Test, domain.Update} {
			imp := w.Import(t, demo.Aurora, domain.Criteria, a, z)
			if imp.Status != domain.Rejected || imp.Problem.Code != "nothingToDo" || !strings.Contains(imp.Problem.Message("en"), "[new]") || imp.Detected.Format != "zip" {
				t.Errorf("%s: %s %+v %+v", a, imp.Status, imp.Problem, imp.Detected)
			}
		}
		imp := w.Import(t, demo.Aurora, domain.Authorisations, domain.Test, z)
		if imp.Problem == nil || imp.Problem.Code != "wrongDataType" {
			t.Errorf("as authorisations: %+v", imp.Problem)
		}
	})
}

// template makes a template of aurora for the condition and returns its zip.
func template(t testing.TB, w *importtest.World, dt domain.DataType, condition string) string {
	t.Helper()
	_, z := w.Make(t, w.Ask(t, domain.Template{DataType: dt}, condition))
	return string(z)
}

// tableIn returns the first file of a template's zip.
func tableIn(t testing.TB, z string) string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(z), int64(len(z)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A name is shown and nothing else: whatever it is, the file is read by its
// content and no object is stored under it.
func TestInputFileNames(t *testing.T) {
	people := data(t, "people.csv")
	for _, c := range []struct{ what, name, shown string }{
		{"path", "../../../etc/passwd", "passwd"},
		{"path of Windows", `C:\temp\people.csv`, "people.csv"},
		{"quotes", `"people"'s.csv`, `"people"'s.csv`},
		{"unicode", "ünï 名前 😀 \u202efdp.csv", "ünï 名前 😀 fdp.csv"},
		{"line breaks", "a\tb\r\nBcc: c.csv", "abBcc: c.csv"},
		{"300 characters", strings.Repeat("n", 300), strings.Repeat("n", 300)},
		{"900 characters", strings.Repeat("n", 900), strings.Repeat("n", 299) + "…"},
		{".exe", "people.exe", "people.exe"},
		{"none", "", ""},
		{"blanks and signs", "a b+c%20d&e=f.csv", "a b+c%20d&e=f.csv"},
		{".xlsx", "people.xlsx", "people.xlsx"},
	} {
		t.Run("76 "+c.what, func(t *testing.T) {
			name := c.name
			w := fixture(t)
			imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, people, func(i *domain.Import) { i.FileName = name })
			if imp.Counts != (domain.Counts{Rows: 2, Updated: 2}) || imp.FileName != name {
				t.Errorf("%+v %+v, name %q", imp.Counts, imp.Problem, imp.FileName)
			}
			// The drop folder takes the name from the object's key.
			w = fixture(t)
			key := "inbox/aurora/criteria/update/" + name
			o, err := w.Uploads.Put(t.Context(), key, strings.NewReader(people), "text/csv")
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: url.QueryEscape(key), Version: o.Version, Size: o.Size, Time: w.Now()}); err != nil {
				t.Fatal(err)
			}
			want := domain.Value("x")
			if name == "" {
				want = "" // the folder itself
			}
			if v := w.Value(t, demo.Aurora, "0000001", note); v != want {
				t.Errorf("from the drop folder: %q, want %q", v, want)
			}
			is, _, err := w.Jobs.Imports(t.Context(), demo.Aurora, 10, "")
			if err != nil || name != "" && (len(is) != 1 || is[0].FileName != c.shown) {
				t.Errorf("%+v %v, want one import shown as %q", is, err, c.shown)
			}
			for _, key := range w.Files.Keys() {
				if !keyForm(key) || name != "" && strings.Contains(key, name) {
					t.Errorf("object stored as %q", key)
				}
			}
		})
	}
}

// keyForm tells whether a key of the files bucket is made of our own words.
func keyForm(key string) bool {
	parts := strings.Split(key, "/")
	return len(parts) >= 4 && parts[0] == "imports" && parts[1] == "aurora" && !slices.ContainsFunc([]rune(key), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("/-.", r))
	})
}
