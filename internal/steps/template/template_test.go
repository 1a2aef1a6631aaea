package template_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/file/sheet"
	"rollbook/internal/file/workbook"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

var asked = time.Date(2026, 11, 24, 12, 0, 30, 0, time.UTC)

// ask asks for a template of everybody in aurora and returns its message.
func ask(t testing.TB, w *importtest.World, dt domain.DataType, format string) flow.Template {
	t.Helper()
	return w.Ask(t, domain.Template{DataType: dt, Format: format, TargetName: "Everybody", CreatedAt: asked}, `{"all":[]}`)
}

func job(t testing.TB, w *importtest.World, in flow.Template) domain.Template {
	t.Helper()
	j, err := w.Jobs.Template(t.Context(), in.Institution, in.Template)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// made makes the template and returns its zip.
func made(t testing.TB, w *importtest.World, dt domain.DataType, format string) ([]byte, *zip.Reader) {
	t.Helper()
	j, b := w.Make(t, ask(t, w, dt, format))
	if j.Bytes != int64(len(b)) {
		t.Errorf("%d bytes, said to be %d", len(b), j.Bytes)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return b, z
}

func content(t testing.TB, z *zip.Reader, name string) []byte {
	t.Helper()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rows are all rows of a table, header first, without guards.
func rows(t testing.TB, file []byte) [][]string {
	t.Helper()
	r, err := sheet.Open(bytes.NewReader(file), int64(len(file)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := [][]string{r.Header()}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out
		}
		if err != nil || row.Fault != nil {
			t.Fatal(err, row.Fault)
		}
		for i, c := range row.Cells {
			row.Cells[i] = sheet.Unguard(c)
		}
		out = append(out, row.Cells)
	}
}

func TestFormats(t *testing.T) {
	w := importtest.New(t, 200)
	for _, dt := range []domain.DataType{domain.Contacts, domain.Criteria, domain.Authorisations} {
		_, z := made(t, w, dt, "csv")
		want := rows(t, content(t, z, string(dt)+".csv"))
		if len(want) != 201 {
			t.Fatalf("%d rows", len(want))
		}
		for format, files := range map[string][]string{
			"":     {".csv", "values.csv", "README.txt"},
			"csv":  {".csv", "values.csv", "README.txt"},
			"xlsx": {".xlsx", "values.csv", "README.txt"},
			"both": {".csv", ".xlsx", "values.csv", "README.txt"},
		} {
			b, z := made(t, w, dt, format)
			again, _ := made(t, w, dt, format)
			if !bytes.Equal(b, again) {
				t.Errorf("%s %s: the same template is other bytes", dt, format)
			}
			var names []string
			for _, f := range z.File {
				names = append(names, strings.TrimPrefix(f.Name, string(dt)))
				if !f.Modified.Equal(asked) {
					t.Errorf("%s was modified at %v", f.Name, f.Modified)
				}
				if strings.HasPrefix(f.Name, string(dt)) {
					if d := cmp.Diff(want, rows(t, content(t, z, f.Name))); d != "" {
						t.Errorf("%s %s: %s says something else:\n%s", dt, format, f.Name, d)
					}
				}
				// What a zip's reader must know before it may look into the workbook.
				if strings.HasSuffix(f.Name, ".xlsx") && (f.Method != zip.Store || f.Flags&8 != 0 || f.CRC32 == 0 || f.UncompressedSize64 == 0) {
					t.Errorf("%+v", f.FileHeader)
				}
			}
			if d := cmp.Diff(files, names); d != "" {
				t.Errorf("%s %s has other files:\n%s", dt, format, d)
			}
			if format == "" {
				format = "csv"
			}
			if readme := string(content(t, z, "README.txt")); readme != fmt.Sprintf("en %s %s ,", dt, format) {
				t.Errorf("the guide is about %q", readme)
			}
		}
	}
}

// A contact's title and language are chosen from lists; other texts may be
// written.
func TestContactsWorkbook(t *testing.T) {
	_, z := made(t, importtest.New(t, 3), domain.Contacts, "xlsx")
	x, err := excelize.OpenReader(bytes.NewReader(content(t, z, "contacts.xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	dvs, err := x.GetDataValidations("contacts")
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string]string{}
	for _, v := range dvs {
		lists[*v.PromptTitle] = strings.TrimSpace(v.Type + " " + v.Formula1)
		if v.ShowErrorMessage {
			t.Errorf("%s: only the import can check it", *v.PromptTitle)
		}
	}
	if len(dvs) != len(domain.ContactFields) || lists["Title"] != "list Values!$A$2:$A$7" || lists["Language"] != "list Values!$B$2:$B$7" || lists["Email"] != "none" {
		t.Errorf("%v", lists)
	}
	cols, err := x.GetCols("Values")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{{"title", "Mr", "Ms", "Mx", "Dr", "Company", "Empty"}, {"language", "en", "fr", "de", "it", "es", "Empty"}}, cols); d != "" {
		t.Error(d)
	}
}

// many are so many contacts that differ by their number.
type many int

func (n many) ChangedSince(ctx context.Context, in domain.InstitutionID, _ time.Time) iter.Seq2[domain.Contact, error] {
	return n.Values(ctx, in, domain.Part{})
}

func (n many) Values(context.Context, domain.InstitutionID, domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		c := domain.Contact{Fields: map[domain.Field]domain.Value{"criterion:GENRE": "ROCK", domain.ContactLastName: "Lovelace"}}
		for i := range int(n) {
			c.Number = domain.ContactNumber(fmt.Sprintf("%07d", i))
			if !yield(c, nil) {
				return
			}
		}
	}
}

// discard takes files and keeps none.
type discard struct{ most uint64 }

func (d *discard) Put(_ context.Context, key string, r io.Reader, _ string) (domain.Object, error) {
	buf := make([]byte, 64<<10)
	for n := 0; ; n++ {
		_, err := r.Read(buf)
		if err == io.EOF {
			return domain.Object{Key: key}, nil
		}
		if err != nil {
			return domain.Object{}, fmt.Errorf("upload: %w", err)
		}
		if n%500 == 0 {
			d.most = max(d.most, held())
		}
	}
}

func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// left counts what is in the folder of passing files.
func left(t testing.TB, dir string) int {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestMoreContactsThanASheetHasRows(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	w := importtest.New(t, 1)
	w.Template.Contacts = many(workbook.MaxRows + 1)
	for _, format := range []string{"xlsx", "both"} {
		files := &discard{}
		w.Template.Files = files
		in := ask(t, w, domain.Criteria, format)
		if err := w.Template.Run(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		j := job(t, w, in)
		if j.Status != domain.TemplateFailed || j.Problem.Code != "tooManyContacts" || !strings.Contains(j.Problem.Message("en"), "1,048,575") || j.File.Key != "" {
			t.Errorf("%s: %+v %+v", format, j, j.Problem)
		}
		if n := left(t, dir); n != 0 {
			t.Errorf("%s left %d files", format, n)
		}
	}
}

// A full workbook and the CSV beside it are made in the memory of a small one.
func TestMemoryStaysFlat(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	w := importtest.New(t, 1)
	files := &discard{}
	w.Template.Contacts, w.Template.Files = many(workbook.MaxRows), files
	in := ask(t, w, domain.Criteria, "both")
	before := held()
	if err := w.Template.Run(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if j := job(t, w, in); j.Status != domain.Ready || j.Contacts != workbook.MaxRows {
		t.Errorf("%+v", j)
	}
	if grown := int64(files.most) - int64(before); files.most == 0 || grown > 8<<20 {
		t.Errorf("%d bytes in use", grown)
	}
	if n := left(t, dir); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// broken yields some contacts and then an error.
type broken struct{ many }

func (broken) Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		for c := range many(1000).Values(ctx, in, of) {
			if !yield(c, nil) {
				return
			}
		}
		yield(domain.Contact{}, errors.New("table is away"))
	}
}

// endless yields contacts until it is told to stop.
type endless struct{ many }

func (endless) Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		for ctx.Err() == nil {
			for c := range many(1000).Values(ctx, in, of) {
				if !yield(c, nil) {
					return
				}
			}
		}
		yield(domain.Contact{}, ctx.Err())
	}
}

// away is a store that takes nothing.
type away struct{}

func (away) Put(context.Context, string, io.Reader, string) (domain.Object, error) {
	return domain.Object{}, fault.New(fault.Busy, "busy")
}

// A workbook that cannot be made is tried again, and given up at the third try.
func TestWorkbookThatCannotBeMade(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for name, c := range map[string]func(w *importtest.World){
		"the contacts end early":  func(w *importtest.World) { w.Template.Contacts = broken{} },
		"the store takes nothing": func(w *importtest.World) { w.Template.Contacts, w.Template.Files = endless{}, away{} },
		"there is no disk":        func(*importtest.World) { t.Setenv("TMPDIR", dir+"/none") },
	} {
		for _, format := range []string{"xlsx", "both"} {
			w := importtest.New(t, 5)
			c(w)
			in := ask(t, w, domain.Criteria, format)
			for try := 1; try <= 3; try++ {
				if err := w.Template.Run(t.Context(), in); (err == nil) != (try == 3) {
					t.Errorf("%s: %s: try %d: %v", name, format, try, err)
				}
			}
			if j := job(t, w, in); j.Status != domain.TemplateFailed || j.Problem.Code != "templateFailed" {
				t.Errorf("%s: %+v", name, j)
			}
		}
		t.Setenv("TMPDIR", dir)
		if n := left(t, dir); n != 0 {
			t.Errorf("%s: %d files are left", name, n)
		}
	}
}

// A form of contacts with all that is known of those that changed comes in again.
func TestWhatChanged(t *testing.T) {
	w := importtest.New(t, 20)
	since := w.Now()
	w.Set(t, demo.Aurora, "0012349", map[domain.Field]domain.Value{domain.ContactCity: "Bath", "authorisation:EMAIL": "true"})
	if imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[new] GENRE\n0012347,CIRCUS\n0012348,CIRCUS\n"); imp.Counts.Updated != 2 {
		t.Fatalf("%+v", imp.Counts)
	}
	ask := func(tpl domain.Template, cond string) [][]string {
		t.Helper()
		tpl.DataType, tpl.TargetName, tpl.CreatedAt = domain.Contacts, "Everybody", asked
		_, b := w.Make(t, w.Ask(t, tpl, cond))
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		return rows(t, content(t, z, "contacts.csv"))
	}
	both := []domain.DataType{domain.Criteria, domain.Authorisations}
	form := ask(domain.Template{Include: both, UpdatedSince: since}, `{"all":[]}`)
	var numbers []string
	for _, r := range form[1:] {
		numbers = append(numbers, r[0])
	}
	if d := cmp.Diff([]string{"#0012347", "#0012348", "#0012349"}, numbers); d != "" {
		t.Error(d)
	}
	if all := ask(domain.Template{Include: both}, `{"all":[]}`); len(all) != 21 {
		t.Errorf("%d rows without a time", len(all))
	}
	if some := ask(domain.Template{UpdatedSince: since}, `{"field":"contact:city","op":"is","value":"Bath"}`); len(some) != 2 || len(some[0]) >= len(form[0]) {
		t.Errorf("of the target alone, with own data alone: %v", some)
	}
	at := func(name string) int {
		i := slices.Index(form[0], name)
		if i < 0 {
			t.Fatalf("no %s in %v", name, form[0])
		}
		return i
	}
	// A code that is the name of a column stands with its room.
	city, genre, mail := at("[new] City"), at("[new] GENRE"), at("[new] authorisation:EMAIL")
	edited := slices.Clone(form[len(form)-1])
	edited[city], edited[genre], edited[mail] = "York", "CIRCUS", "FALSE"
	var file bytes.Buffer
	out := sheet.NewWriter(&file, ',')
	for _, r := range [][]string{form[0], edited} {
		if err := out.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file.String()); imp.Counts.Updated != 1 {
		t.Fatalf("%s %+v %+v", imp.Status, imp.Counts, imp.Problem)
	}
	for f, v := range map[domain.Field]domain.Value{domain.ContactCity: "York", "criterion:GENRE": "CIRCUS", "authorisation:EMAIL": "false"} {
		if got := w.Value(t, demo.Aurora, "0012349", f); got != v {
			t.Errorf("%s is %q", f, got)
		}
	}
}
