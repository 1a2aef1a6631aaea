package importtest_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

const (
	visit = domain.Field("criterion:LAST_VISIT")
	spent = domain.Field("criterion:SPENT")
)

// dayAndNumber are one day and one number as people of five languages write them.
var dayAndNumber = map[string][2]string{
	"en": {"March 7, 2026", "1,234.50"},
	"fr": {"7 mars 2026", "1\u202f234,50"},
	"de": {"7. März 2026", "1.234,50"},
	"it": {"7 mar. 2026", "1.234,5"},
	"es": {"7 de marzo de 2026", "1234,50"},
}

// Dates and numbers go all the way: a target chooses by them, its template shows
// them, what five languages write is tested, updated and undone, and a value that
// somebody else changed is a conflict.
func TestDatesAndNumbersGoAllTheWay(t *testing.T) {
	for _, lang := range slices.Sorted(maps.Keys(dayAndNumber)) {
		for _, form := range []string{"csv", "xlsx"} {
			t.Run(lang+" "+form, func(t *testing.T) {
				w := importtest.New(t, 0)
				var all []domain.Contact
				for i := range 5 {
					c := named(number(i + 1))
					c.Fields[visit], c.Fields[spent] = domain.Value(fmt.Sprintf("2026-02-%02d", i+1)), domain.Value(fmt.Sprint(100*i))
					all = append(all, c)
				}
				if err := w.Contacts.Load(t.Context(), demo.Aurora, slices.Values(all)); err != nil {
					t.Fatal(err)
				}
				// The contacts 3 and 4.
				_, z := w.Make(t, w.Ask(t, domain.Template{DataType: domain.Criteria, Language: lang, Fields: []string{"LAST_VISIT", "SPENT"}},
					`{"all":[{"field":"criterion:LAST_VISIT","op":"between","value":["2026-02-02","2026-02-04"]},{"field":"criterion:SPENT","op":"moreThan","value":100.0}]}`))
				rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(tableIn(t, string(z)), "\ufeff"))).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				at := func(column string) int { return slices.Index(rows[0], column) }
				if len(rows) != 3 || rows[1][at("[old] LAST_VISIT")] != "2026-02-03" || rows[1][at("[old] SPENT")] != "200" {
					t.Fatalf("template: %q", rows)
				}
				for _, r := range rows[1:] {
					r[at("[new] LAST_VISIT")], r[at("[new] SPENT")] = dayAndNumber[lang][0], dayAndNumber[lang][1]
				}
				file := asCSV(rows)
				if form == "xlsx" {
					cells := make([][]any, len(rows))
					for i, r := range rows {
						for _, c := range r {
							cells[i] = append(cells[i], c)
						}
					}
					file = book(t, cells)
				}
				want := domain.Counts{Rows: 2, Updated: 2}
				test := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file)
				if test.Counts != want || w.Value(t, demo.Aurora, "0000003", visit) != "2026-02-03" {
					t.Fatalf("test: %+v %+v", test.Counts, test.Problems)
				}
				if d := cmp.Diff([]domain.Transition{{From: "(date)", To: "(date)", Count: 2}}, test.Fields[0].Changes); d != "" {
					t.Errorf("changes of the date (-want +got):\n%s", d)
				}
				// In between somebody spends.
				w.Set(t, demo.Aurora, "0000004", map[domain.Field]domain.Value{visit: "2026-02-04", spent: "301.25"})
				update := w.Follow(t, test, domain.UpdateOf)
				want = domain.Counts{Rows: 2, Updated: 1, Conflicted: 1}
				if update.Counts != want {
					t.Fatalf("update: %+v %+v", update.Counts, update.Problems)
				}
				if p := update.Problems[0]; p.Code != "conflict" || *p.Old != "300" || *p.Live != "301.25" || *p.New != "1234.5" {
					t.Errorf("conflict: %+v", p)
				}
				if v, s := w.Value(t, demo.Aurora, "0000003", visit), w.Value(t, demo.Aurora, "0000003", spent); v != "2026-03-07" || s != "1234.5" {
					t.Errorf("stored %q, %q", v, s)
				}
				if c := w.File(t, update, "changes"); !strings.Contains(c, "SPENT,200,1234.5") || !strings.Contains(c, "LAST_VISIT,2026-02-03,2026-03-07") {
					t.Errorf("changes.csv: %s", c)
				}
				undo := w.Follow(t, update, domain.UndoOf)
				if undo.Counts != (domain.Counts{Rows: 1, Updated: 1}) || w.Value(t, demo.Aurora, "0000003", spent) != "200" || w.Value(t, demo.Aurora, "0000003", visit) != "2026-02-03" {
					t.Errorf("undo: %+v %+v", undo.Counts, undo.Problems)
				}
			})
		}
	}
}

// asCSV writes rows as our files have them.
func asCSV(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.WriteAll(rows)
	return b.String()
}

// A spreadsheet's own dates and numbers are taken as what they are.
func TestDatesAndNumbersOfAWorkbook(t *testing.T) {
	w := importtest.New(t, 2)
	file := book(t, [][]any{
		{"Contact", "[new] LAST_VISIT", "[new] SPENT"},
		{"#" + string(demo.Number(0)), time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), 1234.5},
		{"#" + string(demo.Number(1)), "7.3.2026", "1 234,5"},
	})
	got := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if got.Counts != (domain.Counts{Rows: 2, Updated: 2}) {
		t.Fatalf("%+v %+v", got.Counts, got.Problems)
	}
	for i := range 2 {
		if v, s := w.Value(t, demo.Aurora, demo.Number(i), visit), w.Value(t, demo.Aurora, demo.Number(i), spent); v != "2026-03-07" || s != "1234.5" {
			t.Errorf("%d: stored %q, %q", i, v, s)
		}
	}
}
