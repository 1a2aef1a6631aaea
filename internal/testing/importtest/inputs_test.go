package importtest_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// input is one file as it comes in, and the right answer. Its name begins with
// the number of the table in docs/files.md.
//
// It goes through the whole pipeline, first as a test, then as the update of
// that test, then the undo of the update (see whole for what must hold of every
// file).
type input struct {
	name  string
	file  string          // as uploaded, byte by byte
	dt    domain.DataType // criteria, if not said
	setup func(t *testing.T, w *importtest.World)
	as    string // the encoding that the user chose
	// recipe is what else the user chose, nil for nothing.
	recipe func(r *domain.Recipe)

	code     string   // the file is rejected with this code; else it is done
	counts   string   // "2 updated, 1 rejected": the rest is none
	problems []string // "line code column “value” → suggestion", as far as there are
	says     []string // each of them is in some message
	warn     []string // "code" or "code line"
	news     bool     // the file is without [old], of which warn says nothing
	detected string   // "format encoding separator line-ends columns"
	holds    string   // "1 GENRE=JAZZ | 2 Last name=x": what these contacts hold afterwards
}

// contacts is how many contacts the institution has in these tests: 0000001 …
const contacts = 60

// fixture is an institution with contacts c0000001@example.org and so on that
// hold nothing yet, beside another institution.
func fixture(t testing.TB) *importtest.World {
	t.Helper()
	w := importtest.New(t, 0)
	load := func(yield func(domain.Contact) bool) {
		for i := 1; i <= contacts; i++ {
			if !yield(named(fmt.Sprintf("%07d", i))) {
				return
			}
		}
	}
	if err := w.Contacts.Load(t.Context(), demo.Aurora, load); err != nil {
		t.Fatal(err)
	}
	other := func(yield func(domain.Contact) bool) {
		_ = yield(named("0000101")) && yield(named("0000102")) && yield(named("0000103"))
	}
	if err := w.Contacts.Load(t.Context(), demo.Borealis, other); err != nil {
		t.Fatal(err)
	}
	return w
}

func named(n string) domain.Contact {
	return domain.Contact{Number: domain.ContactNumber(n), Fields: map[domain.Field]domain.Value{
		domain.ContactEmail: domain.Value("c" + n + "@example.org"), domain.ContactLastName: domain.Value("Name " + n)}}
}

// has is a setup that gives contacts values, written as in holds.
func has(what string) func(*testing.T, *importtest.World) {
	return func(t *testing.T, w *importtest.World) {
		t.Helper()
		for _, h := range held(t, w, what) {
			w.Set(t, demo.Aurora, h.number, map[domain.Field]domain.Value{h.field: h.value})
		}
	}
}

type holding struct {
	number domain.ContactNumber
	field  domain.Field
	value  domain.Value
}

var holdingForm = regexp.MustCompile(`^(\d+) ([A-Za-z_ ]+)=(?s:(.*))$`)

func held(t testing.TB, w *importtest.World, what string) []holding {
	t.Helper()
	if what == "" {
		return nil
	}
	cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
	if err != nil {
		t.Fatal(err)
	}
	var out []holding
	for part := range strings.SplitSeq(what, " | ") {
		m := holdingForm.FindStringSubmatch(part)
		if m == nil {
			t.Fatalf("%q does not say what a contact holds", part)
		}
		d, ok := fieldNamed(cat, m[2])
		if !ok {
			t.Fatalf("there is no field %s", m[2])
		}
		n, _ := strconv.Atoi(m[1])
		out = append(out, holding{domain.ContactNumber(fmt.Sprintf("%07d", n)), d.Field(), domain.Value(m[3])})
	}
	return out
}

// stored is all that an institution's contacts hold, by contact and field.
func stored(t testing.TB, w *importtest.World, in domain.InstitutionID) map[string]domain.Value {
	t.Helper()
	out := map[string]domain.Value{}
	for c, err := range w.Contacts.All(t.Context(), in) {
		if err != nil {
			t.Fatal(err)
		}
		for f, v := range c.Fields {
			out[string(c.Number)+" "+string(f)] = v
		}
	}
	return out
}

// records reads one of our result files as a spreadsheet does: without guards
// taken off, for the tests to see them.
func records(t testing.TB, text string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	out, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return out
}

// applied is the database that changes.csv speaks of.
func applied(t testing.TB, w *importtest.World, imp domain.Import, before map[string]domain.Value) map[string]domain.Value {
	t.Helper()
	after := maps.Clone(before)
	if !slices.Contains(imp.Files, "changes") {
		return after
	}
	cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
	if err != nil {
		t.Fatal(err)
	}
	touched := map[string]bool{}
	for _, rec := range records(t, w.File(t, imp, "changes"))[1:] {
		d, ok := fieldNamed(cat, rec[2])
		if !ok {
			t.Fatalf("changes.csv names the field %q", rec[2])
		}
		key := strings.TrimPrefix(rec[0], "#") + " " + string(d.Field())
		if touched[key] {
			t.Errorf("changes.csv has %s twice", key)
		}
		touched[key] = true
		was, known := field.ParseOld(unguard(rec[3]), d)
		if !known || !was.SameAs(before[key], d.Kind) {
			t.Errorf("changes.csv: %s was %q, but the database had %q", key, rec[3], before[key])
		}
		is, known := field.ParseOld(unguard(rec[4]), d)
		if !known {
			t.Errorf("changes.csv: %s became %q, which is no value", key, rec[4])
		}
		if after[key] = is; is == domain.Empty {
			delete(after, key)
		}
	}
	return after
}

// fieldNamed finds a field by the name that changes.csv has.
func fieldNamed(cat *domain.Catalogue, name string) (domain.FieldDef, bool) {
	defs := slices.Clone(cat.Fields)
	for _, c := range domain.ContactFields {
		d, _ := domain.ContactDef(c.Field)
		defs = append(defs, d)
	}
	if i := slices.IndexFunc(defs, func(d domain.FieldDef) bool { return d.Name() == name }); i >= 0 {
		return defs[i], true
	}
	return domain.FieldDef{}, false
}

// unguard does what a person's macro would do to our guard.
func unguard(s string) string { return ourGuard.ReplaceAllString(s, "$1$2") }

var ourGuard = regexp.MustCompile(`(^|[,;\t|])'([=+\-@\t\r\n'])`)

// accounts checks what must be true of any import that has ended, whatever was
// in its file: counts that add up, a final status, a database that is what
// changes.csv says, and every row that did not go in in errors.csv.
func accounts(t testing.TB, w *importtest.World, imp domain.Import, before map[string]domain.Value) {
	t.Helper()
	c := imp.Counts
	if !imp.Status.Final() {
		t.Errorf("the status is %s", imp.Status)
	}
	if c.Rows != c.Created+c.Updated+c.Unchanged+c.Rejected+c.Conflicted+c.Unprocessed {
		t.Errorf("the counts do not add up: %+v", c)
	}
	if (imp.Status == domain.Rejected) != (imp.Status != domain.Done) || (imp.Problem != nil) != (imp.Status == domain.Rejected) {
		t.Errorf("%s with the problem %+v", imp.Status, imp.Problem)
	}
	if imp.Status == domain.Rejected && (c != domain.Counts{} || len(imp.Files) != 1) {
		t.Errorf("a rejected file has the counts %+v and the files %q", c, imp.Files)
	}
	// The database takes items of up to 400 KB.
	if b, err := json.Marshal(imp); err != nil || len(b) > 380<<10 {
		t.Errorf("the import's record has %d bytes (%v)", len(b), err)
	}
	want := before
	if imp.Action == domain.Update {
		want = applied(t, w, imp, before)
	}
	if d := cmp.Diff(want, stored(t, w, demo.Aurora)); d != "" {
		t.Errorf("%s: the database is not what changes.csv says (-says +is): %s", imp.Action, d)
	}
	failed := 0
	if slices.Contains(imp.Files, "errors") {
		failed = len(records(t, w.File(t, imp, "errors"))) - 1
	}
	if failed != c.Rejected+c.Conflicted+c.Unprocessed {
		t.Errorf("errors.csv has %d rows, the counts are %+v", failed, c)
	}
	if imp.Status == domain.Done && imp.Detected.Rows != c.Rows {
		t.Errorf("%d rows detected, %d counted", imp.Detected.Rows, c.Rows)
	}
}

// run takes the input through test, update and undo.
func (in input) run(t *testing.T) {
	w := fixture(t)
	if in.setup != nil {
		in.setup(t, w)
	}
	if in.dt == "" {
		in.dt = domain.Criteria
	}
	others := stored(t, w, demo.Borealis)
	whole(t, w, in.dt, in.file, func(_, up domain.Import) { in.check(t, w, up) }, importtest.Encoded(in.as), func(i *domain.Import) {
		if in.recipe != nil {
			in.recipe(&i.Recipe)
		}
	})
	if d := cmp.Diff(others, stored(t, w, demo.Borealis)); d != "" {
		t.Errorf("the other institution changed: %s", d)
	}
}

// check compares what an update said and did with the right answer.
func (in input) check(t *testing.T, w *importtest.World, up domain.Import) {
	t.Helper()
	var got input
	if up.Problem != nil {
		got.code = string(up.Problem.Code)
	}
	if got.code != in.code {
		t.Errorf("%s %+v, want code %q; %v", up.Status, up.Problem, in.code, problems(up))
	}
	c := up.Counts
	for _, n := range []struct {
		n    int
		what string
	}{{c.Created, "created"}, {c.Updated, "updated"}, {c.Unchanged, "unchanged"}, {c.Rejected, "rejected"}, {c.Conflicted, "conflicted"}, {c.Unprocessed, "unprocessed"}} {
		if n.n > 0 {
			got.counts += fmt.Sprintf(", %d %s", n.n, n.what)
		}
	}
	if got.counts = strings.TrimPrefix(got.counts, ", "); got.counts != in.counts {
		t.Errorf("counts %q, want %q", got.counts, in.counts)
	}
	text := ""
	if up.Problem != nil {
		text = up.Problem.Message("en")
	}
	for _, p := range up.Problems {
		s := strconv.Itoa(p.Line) + " " + string(p.Code)
		if p.Column != "" {
			s += " " + p.Column
		}
		if p.Value != "" {
			s += " “" + p.Value + "”"
		}
		if p.Code != "conflict" && p.Fix() != "" && !strings.Contains(p.Fix(), " row") && !strings.HasSuffix(p.Fix(), ".") {
			s += " → " + p.Fix()
		}
		got.problems = append(got.problems, s)
		text += "\n" + p.Message("en")
	}
	if d := cmp.Diff(in.problems, got.problems); d != "" {
		t.Errorf("problems (-want +got): %s", d)
	}
	for _, x := range up.Warnings {
		s := string(x.Code)
		if in.news && (s == "notCompared" || s == "cellsNotCompared") {
			continue
		}
		if x.Line > 0 {
			s += " " + strconv.Itoa(x.Line)
		}
		got.warn = append(got.warn, s)
		text += "\n" + x.Message("en")
	}
	if d := cmp.Diff(in.warn, got.warn); d != "" {
		t.Errorf("warnings (-want +got): %s", d)
	}
	for _, s := range in.says {
		if !strings.Contains(text, s) {
			t.Errorf("nothing says %q: %s", s, text)
		}
	}
	if x := up.Detected; in.detected != "" {
		got := strings.ReplaceAll(strings.Join(strings.Fields(strings.ReplaceAll(fmt.Sprintf("%s %s %s %s %d", x.Format, x.Encoding, x.Separator, x.LineEnds, x.Columns), "\t", "TAB")), " "), "TAB", "tab")
		if got != in.detected {
			t.Errorf("detected %q, want %q", got, in.detected)
		}
	}
	for _, h := range held(t, w, in.holds) {
		if v := w.Value(t, demo.Aurora, h.number, h.field); v != h.value {
			t.Errorf("contact %s has %q in %s, want %q", h.number, v, h.field.Code(), h.value)
		}
	}
}

func runAll(t *testing.T, ins []input) {
	t.Helper()
	for _, in := range ins {
		t.Run(in.name, in.run)
	}
}

// column is a file that asks for the values in [new] of one field, for the
// contacts 0000001 and so on, and compares with an empty [old].
func column(code string, news ...string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	rows := [][]string{{"Contact", "[old] " + code, "[new] " + code}}
	for i, v := range news {
		rows = append(rows, []string{fmt.Sprintf("#%07d", i+1), "", v})
	}
	if err := w.WriteAll(rows); err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return b.String()
}

// holding says in the form of holds that the contacts 0000001 and so on have
// the values.
func holdingAll(code string, values ...string) string {
	var out []string
	for i, v := range values {
		out = append(out, fmt.Sprintf("%d %s=%s", i+1, code, v))
	}
	return strings.Join(out, " | ")
}

// Every line of the table of inputs in docs/files.md is tested here by its
// number.
func TestEveryInputHasATest(t *testing.T) {
	files, err := filepath.Glob("inputs_*test.go")
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`(?:name: |t\.Run\(|words\(|cleared\(|refused\()"(\d+)[" ]`)
	tested := map[int]bool{}
	for _, f := range append(files, "inputs_test.go") {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range number.FindAllStringSubmatch(string(b), -1) {
			n, _ := strconv.Atoi(m[1])
			tested[n] = true
		}
	}
	doc, err := os.ReadFile("../../../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[int]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(string(doc), -1) {
		n, _ := strconv.Atoi(m[1])
		listed[n] = true
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(listed)), slices.Sorted(maps.Keys(tested))); d != "" || len(listed) < 78 {
		t.Errorf("inputs (-in docs/files.md +tested): %s", d)
	}
}
