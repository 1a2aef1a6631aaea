package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/memory"
)

// corrected makes an import by corrections.
func (d *desk) corrected(t *testing.T, list []domain.Correction, tests ...string) func(*domain.Import) {
	t.Helper()
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	key := flow.CorrectionsKey(house, id)
	if _, err := d.files.Put(t.Context(), key, strings.NewReader(string(b)), ""); err != nil {
		t.Fatal(err)
	}
	return func(i *domain.Import) { i.Corrections = &domain.Corrections{Key: key, Count: len(list), Tests: tests} }
}

// showed stores what a test showed as conflicts: line, column, and the value that
// was stored.
func (d *desk) showed(t *testing.T, test string, ps ...domain.Problem) {
	t.Helper()
	w := flow.NewProblemWriter(d.files, house, test)
	for _, p := range ps {
		if err := w.Row(t.Context(), flow.Result{Line: p.Line, Outcome: p.Outcome, Problems: []domain.Problem{p}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func conflict(line int, column, live string) domain.Problem {
	return domain.Problem{Line: line, Column: column, Outcome: domain.RowConflicted, Reason: reason.New("conflict", "a", live, "b"), Live: &live}
}

// cells returns the cells of all rows, one row a text.
func cells(rs []flow.Row) []string {
	var out []string
	for _, r := range rs {
		s := strings.Join(r.Cells, ",")
		if r.Fault != nil {
			s += "!" + string(r.Fault.Code)
		}
		out = append(out, s)
	}
	return out
}

func ptr(s string) *string { return &s }

// What corrections make of the cells of a file, how many each has changed, and the
// file as it was read.
func TestCorrections(t *testing.T) {
	file := []string{"Contact,[old] NOTE,[new] NOTE,[new] GENRE", "1,a,b,ROCK", "2,a, b ,JAZZ", "3,a,c,ROCK"}
	one := func(cs ...domain.Correction) []domain.Correction { return cs }
	for _, c := range []struct {
		name  string
		list  []domain.Correction
		file  []string
		rows  []string
		cells []int
	}{
		{"every cell that says so, blanks around it aside", one(domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("x")}), nil,
			[]string{"1,a,x,ROCK", "2,a,x,JAZZ", "3,a,c,ROCK"}, []int{2}},
		{"by the column in other letters", one(domain.Correction{Column: "[NEW] note", From: ptr(" b "), To: ptr("x")}), nil,
			[]string{"1,a,x,ROCK", "2,a,x,JAZZ", "3,a,c,ROCK"}, []int{2}},
		{"one line", one(domain.Correction{Column: "[new] NOTE", Line: 3, To: ptr("x")}), nil,
			[]string{"1,a,b,ROCK", "2,a,x,JAZZ", "3,a,c,ROCK"}, []int{1}},
		{"the first column", one(domain.Correction{Column: "Contact", Line: 4, To: ptr("1")}, domain.Correction{Line: 2, LeaveOut: true}), nil,
			[]string{"!rowsLeftOut", "2,a, b ,JAZZ", "1,a,c,ROCK"}, []int{1, 1}},
		{"one after the other", one(domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("c")}, domain.Correction{Column: "[new] NOTE", From: ptr("c"), To: ptr("d")}), nil,
			[]string{"1,a,d,ROCK", "2,a,d,JAZZ", "3,a,d,ROCK"}, []int{2, 3}},
		{"a later one only", one(domain.Correction{Column: "[new] NOTE", From: ptr("c"), To: ptr("d")}, domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("c")}), nil,
			[]string{"1,a,c,ROCK", "2,a,c,JAZZ", "3,a,d,ROCK"}, []int{1, 2}},
		{"a line before a value", one(domain.Correction{Column: "[new] NOTE", Line: 2, To: ptr("c")}, domain.Correction{Column: "[new] NOTE", From: ptr("c"), To: ptr("d")}), nil,
			[]string{"1,a,d,ROCK", "2,a, b ,JAZZ", "3,a,d,ROCK"}, []int{1, 2}},
		{"a value before a line", one(domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("d")}, domain.Correction{Column: "[new] NOTE", Line: 2, To: ptr("e")}), nil,
			[]string{"1,a,e,ROCK", "2,a,d,JAZZ", "3,a,c,ROCK"}, []int{2, 1}},
		{"one line twice", one(domain.Correction{Column: "[new] NOTE", Line: 2, To: ptr("d")}, domain.Correction{Column: "[new] NOTE", Line: 2, To: ptr("e")}), nil,
			[]string{"1,a,e,ROCK", "2,a, b ,JAZZ", "3,a,c,ROCK"}, []int{1, 1}},
		{"a value twice", one(domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("b")}, domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("e")}), nil,
			[]string{"1,a,e,ROCK", "2,a,e,JAZZ", "3,a,c,ROCK"}, []int{1, 2}},
		{"what is so already is not counted", one(domain.Correction{Column: "[new] NOTE", Line: 2, To: ptr("b")}), nil,
			[]string{"1,a,b,ROCK", "2,a, b ,JAZZ", "3,a,c,ROCK"}, []int{0}},
		{"two columns", one(domain.Correction{Column: "[new] NOTE", From: ptr("c"), To: ptr("x")}, domain.Correction{Column: "[new] GENRE", From: ptr("ROCK"), To: ptr("JAZZ")}), nil,
			[]string{"1,a,b,JAZZ", "2,a, b ,JAZZ", "3,a,x,JAZZ"}, []int{1, 2}},
		{"no such column, and nothing to write", one(domain.Correction{Column: "[new] HALL", From: ptr("b"), To: ptr("x")}, domain.Correction{Column: "[new] NOTE", From: ptr("b")}), nil,
			[]string{"1,a,b,ROCK", "2,a, b ,JAZZ", "3,a,c,ROCK"}, []int{0, 0}},
		{"a row that cannot be read", one(domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("x")}), []string{"Contact,[new] NOTE", "1,b", "2,b,c"},
			[]string{"1,x", "2,b,c!wrongCellCount"}, []int{1}},
		{"left out", one(domain.Correction{Line: 3, LeaveOut: true}, domain.Correction{Column: "[new] NOTE", From: ptr("b"), To: ptr("x")}), nil,
			[]string{"1,a,x,ROCK", "!rowsLeftOut", "3,a,c,ROCK"}, []int{1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			for n := range 4 {
				d.contact(t, domain.ContactNumber(fmt.Sprint(n+1)))
			}
			f := c.file
			if f == nil {
				f = file
			}
			p := d.plan(t, domain.Criteria, lines(f...), d.corrected(t, c.list))
			if p.Problem != nil || !p.Corrected {
				t.Fatalf("%+v, corrected %v", p.Problem, p.Corrected)
			}
			got := cells(d.rows(t, 0))
			if !slices.Equal(got, c.rows) {
				t.Error(cmp.Diff(c.rows, got))
			}
			b, err := d.files.Get(t.Context(), flow.CorrectedKey(house, id))
			var n []int
			if err := errors.Join(err, json.Unmarshal(b, &n)); err != nil || !slices.Equal(n, c.cells) {
				t.Errorf("changed %v, want %v: %v", n, c.cells, err)
			}
			b, err = d.files.Get(t.Context(), flow.FileKey(house, id, flow.Corrected))
			if err != nil {
				t.Fatal(err)
			}
			want := f[0] + "\r\n"
			for _, r := range c.rows {
				if r, _, _ := strings.Cut(r, "!"); r != "" {
					want += r + "\r\n"
				}
			}
			if text := strings.ReplaceAll(strings.TrimPrefix(string(b), "\ufeff"), `"`, ""); text != want {
				t.Errorf("the file is %q, want %q", text, want)
			}
		})
	}
}

// Conflicts that a test showed are settled by what it showed as stored.
func TestCorrectionsOfConflicts(t *testing.T) {
	file := []string{"Contact,[old] NOTE,[new] NOTE,[new] HALL", "1,a,b,h", "2,a,b,h", "3,a,b,h"}
	for _, c := range []struct {
		name string
		list []domain.Correction
		rows []string
	}{
		{"mine everywhere", []domain.Correction{{Conflicts: domain.Mine}}, []string{"1,live1,b,h", "2,live2,b,h", "3,a,b,h"}},
		{"theirs everywhere", []domain.Correction{{Conflicts: domain.Theirs}}, []string{"1,a,,h", "2,a,,", "3,a,b,h"}},
		{"mine in one line", []domain.Correction{{Line: 2, Conflict: domain.Mine}}, []string{"1,live1,b,h", "2,a,b,h", "3,a,b,h"}},
		{"theirs in one column", []domain.Correction{{Column: "[NEW] hall", Conflicts: domain.Theirs}}, []string{"1,a,b,h", "2,a,b,", "3,a,b,h"}},
		{"theirs in one line of one column", []domain.Correction{{Line: 3, Column: "[new] NOTE", Conflict: domain.Theirs}}, []string{"1,a,b,h", "2,a,,h", "3,a,b,h"}},
		{"a line's before everybody's", []domain.Correction{{Line: 2, Conflict: domain.Mine}, {Conflicts: domain.Theirs}}, []string{"1,live1,,h", "2,a,,", "3,a,b,h"}},
		{"and then corrected by hand", []domain.Correction{{Conflicts: domain.Theirs}, {Column: "[new] NOTE", Line: 2, To: ptr("x")}}, []string{"1,a,x,h", "2,a,,", "3,a,b,h"}},
		{"by hand, and then theirs", []domain.Correction{{Column: "[new] NOTE", Line: 2, To: ptr("x")}, {Conflicts: domain.Theirs}}, []string{"1,a,,h", "2,a,,", "3,a,b,h"}},
		{"by value behind it", []domain.Correction{{Conflicts: domain.Mine}, {Column: "[old] NOTE", From: ptr("live1"), To: ptr("x")}}, []string{"1,x,b,h", "2,live2,b,h", "3,a,b,h"}},
		{"only since the later test", []domain.Correction{{Conflicts: domain.Mine, Since: "test2"}}, []string{"1,live1,b,h", "2,a,b,h", "3,a,b,h"}},
		{"a column's since the first, all since the later", []domain.Correction{{Column: "[new] NOTE", Conflicts: domain.Mine, Since: "test1"}, {Conflicts: domain.Theirs, Since: "test2"}}, []string{"1,live1,,h", "2,live2,b,", "3,a,b,h"}},
		{"since a test that is no longer known", []domain.Correction{{Conflicts: domain.Mine, Since: "test0"}}, []string{"1,live1,b,h", "2,live2,b,h", "3,a,b,h"}},
		{"a column without conflicts", []domain.Correction{{Column: "[new] GENRE", Conflicts: domain.Theirs}}, []string{"1,a,b,h", "2,a,b,h", "3,a,b,h"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			for n := range 3 {
				d.contact(t, domain.ContactNumber(fmt.Sprint(n+1)))
			}
			nothing := conflict(4, "[new] NOTE", "")
			nothing.Live, nothing.Reason = nil, reason.New("changedSince")
			d.showed(t, "test1", conflict(2, "[new] NOTE", "old1"), conflict(3, "[new] NOTE", "live2"))
			d.showed(t, "test2", conflict(1, "[new] NOTE", "gone"), conflict(2, "[new] NOTE", "live1"), conflict(3, "[new] HALL", "hall"), conflict(3, "[new] GONE", "x"), nothing)
			p := d.plan(t, domain.Criteria, lines(file...), d.corrected(t, c.list, "test1", "test2"))
			if p.Problem != nil {
				t.Fatalf("%+v", p.Problem)
			}
			if got := cells(d.rows(t, 0)); !slices.Equal(got, c.rows) {
				t.Error(cmp.Diff(c.rows, got))
			}
		})
	}
}

// Conflicts are read in pages as the file is.
func TestCorrectionsOfManyConflicts(t *testing.T) {
	d := newDesk(t)
	file := []string{"Contact,[old] NOTE,[new] NOTE"}
	var ps []domain.Problem
	for i := range 2500 {
		d.contact(t, domain.ContactNumber(fmt.Sprint(i+1)))
		file = append(file, fmt.Sprintf("%d,a,b", i+1))
		ps = append(ps, conflict(i+2, "[new] NOTE", fmt.Sprint("live", i)))
	}
	d.showed(t, "test1", ps...)
	p := d.plan(t, domain.Criteria, lines(file...), d.corrected(t, []domain.Correction{{Conflicts: domain.Mine}}, "test1"))
	if p.Problem != nil {
		t.Fatalf("%+v", p.Problem)
	}
	for i, r := range d.rows(t, 0) {
		if want := fmt.Sprint("live", i); r.Cells[1] != want {
			t.Fatalf("line %d has %q, want %q", r.Line, r.Cells[1], want)
		}
	}
}

// broken cannot keep or give some objects now.
type broken struct {
	*memory.Blobs
	get, put string // how their keys end
}

var errBroken = fault.New(fault.Busy, "busy")

func (b broken) Get(ctx context.Context, key string) ([]byte, error) {
	if b.get != "" && strings.Contains(key, b.get) {
		return nil, errBroken
	}
	return b.Blobs.Get(ctx, key)
}

func (b broken) Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error) {
	if b.put != "" && strings.HasSuffix(key, b.put) {
		return domain.Object{}, errBroken
	}
	return b.Blobs.Put(ctx, key, r, contentType)
}

// Corrections that are gone end the import, those that cannot be read now have the
// step tried again; so has a file that cannot be kept.
func TestCorrectionsAreAway(t *testing.T) {
	file := lines("Contact,[new] NOTE", "1,a", "2,b")
	list := []domain.Correction{{Column: "[new] NOTE", From: ptr("a"), To: ptr("x")}, {Conflicts: domain.Mine}}
	t.Run("gone", func(t *testing.T) {
		d := newDesk(t)
		d.contact(t, "1")
		change := d.corrected(t, list)
		d.files.Remove(flow.CorrectionsKey(house, id))
		if p := d.plan(t, domain.Criteria, file, change); code(p) != "fileGone" {
			t.Errorf("rejected for %q", code(p))
		}
	})
	for name, b := range map[string]broken{
		"the list": {get: "corrections.json"}, "the conflicts": {get: "test1"}, "the file": {put: flow.FileKey(house, id, flow.Corrected)},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.contact(t, "1")
			d.showed(t, "test1", conflict(2, "[new] NOTE", "x"))
			change := d.corrected(t, list, "test1")
			b.Blobs = d.files
			d.Files = b
			if _, err := d.run(t, domain.Criteria, file, change); fault.KindOf(err) != fault.Busy {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("no list", func(t *testing.T) {
		d := newDesk(t)
		d.contact(t, "1")
		change := d.corrected(t, list)
		if _, err := d.files.Put(t.Context(), flow.CorrectionsKey(house, id), strings.NewReader("{"), ""); err != nil {
			t.Fatal(err)
		}
		if _, err := d.run(t, domain.Criteria, file, change); err == nil {
			t.Error("was read")
		}
	})
}
