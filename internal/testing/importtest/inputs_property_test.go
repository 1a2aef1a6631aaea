package importtest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// both lets helpers of tests report to a property, which then finds a smaller
// case.
type both struct {
	testing.TB
	r *rapid.T
}

func (b both) Helper()                      {}
func (b both) Context() context.Context     { return b.TB.Context() }
func (b both) Error(args ...any)            { b.r.Error(args...) }
func (b both) Errorf(f string, args ...any) { b.r.Errorf(f, args...) }
func (b both) Fatal(args ...any)            { b.r.Fatal(args...) }
func (b both) Fatalf(f string, args ...any) { b.r.Fatalf(f, args...) }
func (b both) Log(args ...any)              { b.r.Log(args...) }
func (b both) Logf(format string, a ...any) { b.r.Logf(format, a...) }

// crowd is how many contacts the properties have.
const crowd = 8

func crowded(t testing.TB) (*importtest.World, *domain.Catalogue) {
	t.Helper()
	w := importtest.New(t, 0)
	if err := w.Contacts.Load(t.Context(), demo.Aurora, func(yield func(domain.Contact) bool) {
		for i := 1; i <= crowd && yield(named(number(i))); i++ {
		}
	}); err != nil {
		t.Fatal(err)
	}
	cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
	if err != nil {
		t.Fatal(err)
	}
	return w, cat
}

func number(i int) string { return fmt.Sprintf("%07d", i) }

// anyValue draws a value that a field may have.
func anyValue(d domain.FieldDef) *rapid.Generator[domain.Value] {
	codes := []domain.Value{domain.Empty}
	for _, c := range d.Values {
		if !c.Retired {
			codes = append(codes, domain.Value(c.Code))
		}
	}
	switch d.Kind {
	case domain.YesNo, domain.Authorisation:
		return rapid.SampledFrom([]domain.Value{domain.Empty, domain.True, domain.False})
	case domain.SingleChoice:
		return rapid.SampledFrom(codes)
	case domain.MultiChoice:
		return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(codes[1:]), 0, 3), func(vs []domain.Value) domain.Value {
			var out []string
			for _, v := range vs {
				out = append(out, string(v))
			}
			return d.Order(out)
		})
	}
	switch d.Kind {
	case domain.Date:
		return rapid.Map(rapid.IntRange(0, 3287181), func(n int) domain.Value {
			return domain.Value(time.Date(1000, 1, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
		})
	case domain.Number:
		return rapid.Map(rapid.Float64Range(-1e7, 1e7), func(n float64) domain.Value {
			s := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.*f", max(d.Decimals, 1), math.Trunc(n*100)/100), "0"), ".")
			if s == "-0" {
				s = "0"
			}
			return domain.Value(s)
		})
	}
	most := d.MaxLength
	if most == 0 {
		most = domain.MaxText
	}
	return rapid.Custom(func(t *rapid.T) domain.Value {
		s := strings.Join(rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{"=", "+", "-", "@", "'", "''", `"`, `""`, ",", ";", "|", `\`, `\\`, "#", "Empty", "Leer", "NULL", "#N/A", "TRUE", "sep=;", "Contact", "[new] NOTE", "1,5", " ", "é", "ü", "€", "😀", "\u200d", "e\u0301", "שלום"}),
			rapid.StringMatching(`[a-zA-Z0-9 .,;'"=-]{0,6}`)), 0, 5).Draw(t, "parts"), "")
		v, p := field.Text(s, most)
		if p != nil {
			return domain.Empty
		}
		return v
	})
}

// anyWishes draws for some fields and each contact what it is to have.
func anyWishes(t *rapid.T, cat *domain.Catalogue, dt domain.DataType, label string) ([]domain.FieldDef, []map[domain.Field]domain.Value) {
	defs := rapid.SliceOfNDistinct(rapid.SampledFrom(cat.Of(dt)), 1, 4, func(d domain.FieldDef) string { return d.Code }).Draw(t, label+": fields")
	out := make([]map[domain.Field]domain.Value, crowd)
	for i := range out {
		out[i] = map[domain.Field]domain.Value{}
		for _, d := range defs {
			out[i][d.Field()] = anyValue(d).Draw(t, fmt.Sprintf("%s: %s of %d", label, d.Code, i+1))
		}
	}
	return defs, out
}

// asFile writes rows as some program would save them.
func asFile(t *rapid.T, tb testing.TB, rows [][]string) string {
	switch form := rapid.SampledFrom([]string{"ours", "UTF-16LE", "UTF-16BE", "xlsx", "zip", "plain"}).Draw(t, "form"); form {
	case "xlsx":
		cells := make([][]any, len(rows))
		for i, r := range rows {
			for _, c := range r {
				cells[i] = append(cells[i], c)
			}
		}
		return book(tb, cells)
	default:
		var b bytes.Buffer
		w := sheet.NewWriter(&b, rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "separator"))
		for _, r := range rows {
			if err := w.WriteRaw(r); err != nil {
				tb.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		text := strings.TrimPrefix(b.String(), "\ufeff")
		text = strings.ReplaceAll(text, "\r\n", rapid.SampledFrom([]string{"\r\n", "\n", "\r"}).Draw(t, "line end"))
		switch form {
		case "UTF-16LE":
			return utf16Bytes(text, binary.LittleEndian, true)
		case "UTF-16BE":
			return utf16Bytes(text, binary.BigEndian, true)
		case "zip":
			return zipOf(tb, "table.csv", text)
		case "ours":
			return "\ufeff" + text
		}
		return text
	}
}

// wishes writes a file that asks for the values, with what the contacts hold
// now as [old].
func wishes(t testing.TB, w *importtest.World, defs []domain.FieldDef, want []map[domain.Field]domain.Value) [][]string {
	t.Helper()
	head := []string{"Contact", "[info] Email"}
	for _, d := range defs {
		head = append(head, "[old] "+d.Code, "[new] "+d.Code)
	}
	rows := [][]string{head}
	for i := range want {
		n := number(i + 1)
		row := []string{"#" + n, "c" + n + "@example.org"}
		for _, d := range defs {
			row = append(row, sheet.Guard(field.Format(w.Value(t, demo.Aurora, domain.ContactNumber(n), d.Field()), d)), sheet.Guard(field.FormatNew(want[i][d.Field()], d)))
		}
		rows = append(rows, row)
	}
	return rows
}

// Whatever values contacts shall have: a file that says so, however it is saved,
// gives them exactly these, a second file others, and the two undos in reverse
// order bring everything back.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tb := both{t, r}
		w, cat := crowded(tb)
		dt := rapid.SampledFrom([]domain.DataType{domain.Criteria, domain.Authorisations}).Draw(r, "type of data")
		states := []map[string]domain.Value{stored(tb, w, demo.Aurora)}
		var ups []domain.Import
		for _, label := range []string{"first", "second"} {
			defs, want := anyWishes(r, cat, dt, label)
			before := states[len(states)-1]
			after := maps.Clone(before)
			for i := range want {
				for f, v := range want[i] {
					key := number(i+1) + " " + string(f)
					if after[key] = v; v == domain.Empty {
						delete(after, key)
					}
				}
			}
			up := w.Import(tb, demo.Aurora, dt, domain.Update, asFile(r, tb, wishes(tb, w, defs, want)))
			accounts(tb, w, up, before)
			if d := cmp.Diff(after, stored(tb, w, demo.Aurora)); d != "" || up.Counts.Updated+up.Counts.Unchanged != crowd {
				r.Fatalf("%+v %+v %v (-wanted +stored): %s", up.Counts, up.Problem, problems(up), d)
			}
			states, ups = append(states, after), append(ups, up)
		}
		for i := len(ups) - 1; i >= 0; i-- {
			if !slices.Contains(ups[i].Files, "undo") {
				continue
			}
			undo := w.Follow(tb, ups[i], domain.UndoOf)
			accounts(tb, w, undo, states[i+1])
			if d := cmp.Diff(states[i], stored(tb, w, demo.Aurora)); d != "" {
				r.Fatalf("undo %+v %v (-before +after): %s", undo.Counts, problems(undo), d)
			}
		}
	})
}

// A template brings every value out and in again: copied into [new] nothing
// changes, and what [old] says is what is stored.
func TestTemplateBringsEveryValueBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tb := both{t, r}
		w, cat := crowded(tb)
		dt := rapid.SampledFrom([]domain.DataType{domain.Criteria, domain.Authorisations}).Draw(r, "type of data")
		_, want := anyWishes(r, cat, dt, "values")
		for i := range want {
			w.Set(tb, demo.Aurora, domain.ContactNumber(number(i+1)), want[i])
		}
		before := stored(tb, w, demo.Aurora)
		file := tableIn(tb, template(tb, w, dt, `{"all":[]}`))
		rows := records(tb, strings.TrimPrefix(file, "\ufeff"))
		filled := false
		for i, row := range rows {
			for k, name := range rows[0] {
				if _, ok := strings.CutPrefix(name, "[new] "); ok && i > 0 {
					row[k] = row[k-1]
					filled = filled || row[k] != ""
				}
			}
		}
		imp := w.Import(tb, demo.Aurora, dt, domain.Update, asFile(r, tb, rows))
		accounts(tb, w, imp, before)
		if filled && imp.Counts != (domain.Counts{Rows: crowd, Unchanged: crowd}) || !filled && (imp.Problem == nil || imp.Problem.Code != "nothingToDo") {
			r.Fatalf("%+v %+v %v", imp.Counts, imp.Problem, problems(imp))
		}
	})
}

// damaged draws a file that was a good one once: some edits in cells, then what
// programs, people and networks do to files.
func damaged(r *rapid.T, tb testing.TB, w *importtest.World, cat *domain.Catalogue, dt domain.DataType, label string) string {
	defs, want := anyWishes(r, cat, dt, label)
	rows := wishes(tb, w, defs, want)
	pick := func(what string, n int) int { return rapid.IntRange(0, n-1).Draw(r, label+": "+what) }
	for range rapid.IntRange(0, 4).Draw(r, label+": edits") {
		i := pick("row", len(rows))
		row := rows[i]
		switch rapid.SampledFrom([]string{"swap cells", "swap rows", "double", "word", "delete cell", "old", "sort column"}).Draw(r, label+": edit") {
		case "swap cells":
			if len(row) > 1 {
				a, b := pick("cell", len(row)), pick("other cell", len(row))
				row[a], row[b] = row[b], row[a]
			}
		case "swap rows":
			k := pick("other row", len(rows))
			rows[i], rows[k] = rows[k], rows[i]
		case "double":
			rows = slices.Insert(rows, pick("to", len(rows)+1), slices.Clone(row))
		case "word":
			if len(row) > 0 {
				row[pick("cell", len(row))] = rapid.SampledFrom([]string{"", "Empty", "NULL", "TRUE", "JAZZ", "#0000001", "0000002", "3", "#0000099", "1-Mar", "add: PLAYS", "remove: PLAYS", "\x00", "\xff", `a"b`, "Contact", "[new] GENRE", "a\nb"}).Draw(r, label+": word")
			}
		case "delete cell":
			if len(row) > 0 {
				k := pick("cell", len(row))
				rows[i] = slices.Delete(slices.Clone(row), k, k+1)
			}
		case "old":
			for k, name := range rows[0] {
				if strings.HasPrefix(name, "[old] ") && k < len(row) && i > 0 {
					row[k] = rapid.SampledFrom([]string{"", "JAZZ", "true", "PLAYS", "x"}).Draw(r, label+": old")
				}
			}
		case "sort column":
			k := pick("cell", len(rows[0]))
			for a, b := 1, len(rows)-1; a < b; a, b = a+1, b-1 {
				if k < len(rows[a]) && k < len(rows[b]) {
					rows[a][k], rows[b][k] = rows[b][k], rows[a][k]
				}
			}
		}
	}
	var b bytes.Buffer
	sw := sheet.NewWriter(&b, rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(r, label+": separator"))
	for _, row := range rows {
		if err := sw.WriteRaw(row); err != nil {
			tb.Fatal(err)
		}
	}
	if err := sw.Flush(); err != nil {
		tb.Fatal(err)
	}
	return spoiled(r, b.Bytes(), label)
}

// spoiled flips bytes and cuts.
func spoiled(r *rapid.T, file []byte, label string) string {
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 2, 5}).Draw(r, label+": flips") {
		if len(file) == 0 {
			break
		}
		i := rapid.IntRange(0, len(file)-1).Draw(r, label+": at")
		switch rapid.SampledFrom([]string{"flip", "set", "drop", "double"}).Draw(r, label+": how") {
		case "flip":
			file[i] ^= 1 << rapid.IntRange(0, 7).Draw(r, label+": bit")
		case "set":
			file[i] = rapid.SampledFrom([]byte(",;\"\n\r'#\\ 0\x00\xe9|")).Draw(r, label+": byte")
		case "drop":
			file = slices.Delete(file, i, i+1)
		case "double":
			file = slices.Insert(file, i, file[i])
		}
	}
	if rapid.IntRange(0, 4).Draw(r, label+": cut") == 0 {
		file = file[:rapid.IntRange(0, len(file)).Draw(r, label+": cut at")]
	}
	return string(file)
}

// names tells whether a file has the digits of a contact's number anywhere, if
// blanks and the widths of digits do not count.
func names(file, n string) bool {
	return strings.Contains(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, width.Fold.String(file)), n)
}

var knownColumn = regexp.MustCompile(`(?i)^(contact$|\[\s*(old|new|info|error|undo)\s*\]\s*(.*)$)`)

// harmless checks what an update has done with a file of doubtful form: no
// contact changed that it does not name, and no cell whose [old] it does not
// have. The file is UTF-8 or ASCII.
func harmless(t testing.TB, w *importtest.World, imp domain.Import, file string, before map[string]domain.Value) {
	t.Helper()
	accounts(t, w, imp, before)
	after := stored(t, w, demo.Aurora)
	for key := range maps.Keys(merged(before, after)) {
		n, f, _ := strings.Cut(key, " ")
		email, known := before[n+" "+string(domain.ContactEmail)]
		named := names(file, n)
		if imp.DataType == domain.Contacts {
			// By its address, or it was created.
			_, there := before[n+" "+string(domain.ContactLastName)]
			named = named || !there && !known || known && names(strings.ToLower(file), strings.ToLower(string(email)))
		}
		if before[key] != after[key] && !named {
			t.Errorf("%s of contact %s changed from %q to %q, though the file does not name it", f, n, before[key], after[key])
		}
	}
	if imp.Status != domain.Done || !slices.Contains(imp.Files, "changes") {
		return
	}
	// What the reader makes of the file.
	in, err := sheet.Open(strings.NewReader(file), int64(len(file)), sheet.Options{KnownColumn: func(name string) bool {
		return knownColumn.MatchString(name) || imp.DataType == domain.Contacts && slices.ContainsFunc(domain.ContactFields, func(c domain.ContactField) bool { return text.Normalise(c.Column) == text.Normalise(name) })
	}})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
	if err != nil {
		t.Fatal(err)
	}
	column := func(role string, d domain.FieldDef) int {
		return slices.IndexFunc(in.Header(), func(name string) bool {
			m := knownColumn.FindStringSubmatch(name)
			if d.Kind == domain.ContactText && m == nil {
				return role == "new" && text.Normalise(name) == text.Normalise(d.Label)
			}
			if d.Kind != domain.ContactText && m != nil {
				m[3] = strings.TrimPrefix(m[3], strings.Split(string(d.Field()), ":")[0]+":")
			}
			return m != nil && strings.EqualFold(m[2], role) && slices.ContainsFunc(append(slices.Collect(maps.Values(d.Labels)), d.Code, d.Label),
				func(s string) bool { return text.Normalise(s) == text.Normalise(m[3]) })
		})
	}
	lines := map[string][]string{}
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if f := row.Fault; f != nil && f.Code == sheet.CodeWrongCellCount && len(row.Cells) < len(in.Header()) {
			// Its last cells are blank, or it is rejected, and then nothing speaks of it.
			row.Cells, row.Fault = append(row.Cells, make([]string, len(in.Header())-len(row.Cells))...), nil
		}
		if row.Fault == nil {
			lines[fmt.Sprint(row.Line)] = slices.Clone(row.Cells)
		}
	}
	for _, rec := range records(t, w.File(t, imp, "changes"))[1:] {
		d, _ := fieldNamed(cat, rec[2])
		row, ok := lines[rec[1]]
		if !ok {
			t.Fatalf("changes.csv speaks of line %s, which is no row", rec[1])
		}
		old, new := column("old", d), column("new", d)
		if new < 0 || field.Blank(row[new]) {
			t.Errorf("line %s: %s changed, though [new] asks for nothing", rec[1], d.Code)
		}
		if old < 0 {
			continue // not compared, as the warning says
		}
		was, _ := field.ParseOld(unguard(rec[3]), d)
		if v, known := field.ParseOld(sheet.Unguard(row[old]), d); !known || !v.SameAs(was, d.Kind) {
			t.Errorf("line %s: %s was %q and [old] says %q, but it was overwritten", rec[1], d.Code, rec[3], row[old])
		}
	}
}

func merged(a, b map[string]domain.Value) map[string]domain.Value {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// Whatever happens to files, they do no harm; and what two of them did can be
// undone but for what somebody else changed since, which stays.
func TestDamagedFilesDoNoHarm(t *testing.T) {
	var done, rejected, changed int
	rapid.Check(t, func(r *rapid.T) {
		tb := both{t, r}
		w, cat := crowded(tb)
		dt := rapid.SampledFrom([]domain.DataType{domain.Criteria, domain.Authorisations}).Draw(r, "type of data")
		first := stored(tb, w, demo.Aurora)
		w.Plan.ChunkRows = rapid.SampledFrom([]int{0, 1, 3}).Draw(r, "rows of a chunk")
		var ups []domain.Import
		for _, label := range []string{"first", "second"} {
			before := stored(tb, w, demo.Aurora)
			file := damaged(r, tb, w, cat, dt, label)
			test := w.Import(tb, demo.Aurora, dt, domain.Test, file)
			accounts(tb, w, test, before)
			up := w.Follow(tb, test, domain.UpdateOf)
			harmless(tb, w, up, file, before)
			if d := cmp.Diff([]any{test.Counts, test.Problem, test.Problems, test.Warnings}, []any{up.Counts, up.Problem, up.Problems, up.Warnings}); d != "" {
				r.Errorf("the test did not predict the update: %s", d)
			}
			ups = append(ups, up)
			if up.Status == domain.Done {
				done++
			} else {
				rejected++
			}
			changed += up.Counts.Updated
		}
		now := stored(tb, w, demo.Aurora)
		others := map[string]domain.Value{} // what somebody else writes in between
		for range rapid.IntRange(0, 2).Draw(r, "others") {
			d := rapid.SampledFrom(cat.Of(dt)).Draw(r, "other's field")
			n := number(rapid.IntRange(1, crowd).Draw(r, "other's contact"))
			v := anyValue(d).Draw(r, "other's value")
			key := n + " " + string(d.Field())
			if v == now[key] {
				continue
			}
			w.Set(tb, demo.Aurora, domain.ContactNumber(n), map[domain.Field]domain.Value{d.Field(): v})
			others[key] = v
		}
		for i := len(ups) - 1; i >= 0; i-- {
			if slices.Contains(ups[i].Files, "undo") {
				before := stored(tb, w, demo.Aurora)
				undo := w.Follow(tb, ups[i], domain.UndoOf)
				accounts(tb, w, undo, before)
				if undo.Counts.Rejected+undo.Counts.Unprocessed > 0 || undo.Counts.Conflicted > 0 && len(others) == 0 {
					r.Errorf("undo: %+v %v", undo.Counts, problems(undo))
				}
			}
		}
		touched := map[string]bool{} // contacts of others
		for key := range others {
			touched[key[:7]] = true
		}
		last := stored(tb, w, demo.Aurora)
		for key := range merged(merged(first, last), others) {
			v, theirs := others[key]
			switch {
			case theirs && last[key] != v && last[key] != first[key]:
				r.Errorf("%s: somebody else's %q became %q, which was %q at first", key, v, last[key], first[key])
			case !touched[key[:7]] && last[key] != first[key]:
				r.Errorf("%s: was %q, is %q after the undos", key, first[key], last[key])
			}
		}
	})
	if done == 0 || rejected == 0 || changed == 0 {
		t.Errorf("%d files done, %d rejected, %d rows updated: the property says nothing", done, rejected, changed)
	}
}

// However the rows of a file are cut into chunks, everything that can be seen
// is the same.
func TestChunksNeverShow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tb := both{t, r}
		w, cat := crowded(tb)
		file := damaged(r, tb, w, cat, domain.Criteria, "file")
		type seen struct {
			Import  domain.Import
			Files   map[string]string
			Stored  map[string]domain.Value
			Problem *domain.FileProblem
		}
		look := func(rows, size int) seen {
			w, _ := crowded(tb)
			w.Plan.ChunkRows, w.Plan.ChunkBytes = rows, size
			imp := w.Import(tb, demo.Aurora, domain.Criteria, domain.Update, file)
			s := seen{Import: imp, Files: map[string]string{}, Stored: stored(tb, w, demo.Aurora)}
			for _, f := range imp.Files {
				if f != "original" {
					s.Files[f] = w.File(tb, imp, f)
				}
			}
			// Each look at the clock is a second later.
			s.Import.StartedAt, s.Import.FinishedAt, s.Import.Version, s.Import.Account = imp.CreatedAt, imp.CreatedAt, 0, ""
			s.Import.Chunks = 0 // how many there are is what differs
			return s
		}
		want := look(0, 0)
		for _, c := range [][2]int{{1, 0}, {3, 0}, {0, 1}, {0, 100}} {
			if d := cmp.Diff(want, look(c[0], c[1])); d != "" {
				r.Fatalf("chunks of %d rows, %d bytes (0: no bound): %s", c[0], c[1], d)
			}
		}
	})
}
