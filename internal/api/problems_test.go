package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// badGenres are the problems of an import whose rows say one of several wrong
// genres: 2,069 of them the first.
func (s *stack) badGenres(i domain.Import) {
	s.t.Helper()
	w := flow.NewProblemWriter(s.files, i.Institution, i.ID)
	add := func(line int, o domain.Outcome, p domain.Problem) {
		s.t.Helper()
		p.Line, p.Outcome = line, o
		cells := []string{fmt.Sprintf("#%d", line), p.Value, ""}
		if line == 2 {
			cells[2] = strings.Repeat("é", 3000)
		}
		if err := w.Row(s.t.Context(), flow.Result{Line: line, Number: "0000001", Outcome: o, Cells: cells, Problems: []domain.Problem{p}}); err != nil {
			s.t.Fatal(err)
		}
	}
	genre := func(value, fix string) domain.Problem {
		return domain.Problem{Column: "[new] GENRE", Field: "GENRE", Value: value, Reason: reason.New("unknownValue", value, "GENRE", nil, nil, nil, nil).WithFix(fix)}
	}
	was, is, wants := "ROCK", "FOLK", "JAZZ"
	add(2, domain.RowConflicted, domain.Problem{Column: "[new] GENRE", Field: "GENRE", Value: "JAZZ", Contact: "0000001", Reason: reason.New("conflict", was, is, wants), Old: &was, Live: &is, New: &wants})
	for n := range 2072 {
		value, fix := "Jaz", "JAZZ"
		if n == 7 || n == 1500 {
			value, fix = "Opra", "OPERA"
		} else if n == 3 {
			value, fix = "?", ""
		}
		add(n+3, domain.RowRejected, genre(value, fix))
	}
	add(2100, domain.RowConflicted, domain.Problem{Column: "[new] GENRE", Field: "GENRE", Value: "JAZZ", Contact: "0000002", Reason: reason.New("conflict", was, is, wants), Old: &was, Live: &is, New: &wants})
	// A row that is taken all the same is no problem row.
	if err := w.Row(s.t.Context(), flow.Result{Line: 2101, Outcome: domain.Updated}); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	plan, err := json.Marshal(flow.Plan{Version: flow.Version, Columns: []flow.Column{{Name: "Contact", Role: flow.KeyRole}, {Name: "[new] GENRE", Role: flow.NewRole}, {Name: "Remark"}}})
	if err == nil {
		_, err = s.files.Put(s.t.Context(), flow.PlanKey(i.Institution, i.ID), bytes.NewReader(plan), "")
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

type groupPage struct {
	Items []struct {
		Group, Column, Field, Value, Outcome, Code, Message, Suggestion string
		Contact                                                         *string
		Old, Live, New                                                  *string
		Count                                                           int
		Lines                                                           []int
	}
	NextCursor string
}

// Equal problems of the whole import are one, the most frequent first, and lead to
// each of them.
func TestProblemGroups(t *testing.T) {
	for _, stored := range []bool{true, false} {
		t.Run(fmt.Sprintf("stored %v", stored), func(t *testing.T) {
			s := newStack(t)
			i := s.doneImport(domain.Test)
			path := "/api/imports/" + i.ID + "/problems"
			if got := s.call(operator, "GET", path+"/groups", nil).want(200).object(); len(got["items"].([]any)) != 0 {
				t.Error(got)
			}
			s.badGenres(i)
			if !stored {
				for _, k := range s.files.Keys() {
					if strings.Contains(k, "problems/groups/") {
						s.files.Remove(k)
					}
				}
			}
			var all, page groupPage
			for cursor, n := "", 0; n == 0 || cursor != ""; n++ {
				page = groupPage{}
				s.call(operator, "GET", path+"/groups?limit=3&cursor="+cursor, nil, "Accept-Language: en").want(200).into(&page)
				all.Items = append(all.Items, page.Items...)
				cursor = page.NextCursor
			}
			var got []string
			for _, g := range all.Items {
				got = append(got, fmt.Sprint(g.Count, " ", g.Value, " ", g.Suggestion))
			}
			if d := cmp.Diff([]string{"2069 Jaz JAZZ", "2 JAZZ " + all.Items[1].Suggestion, "2 Opra OPERA", "1 ? " + all.Items[3].Suggestion}, got); d != "" {
				t.Fatal(d)
			}
			jaz, conflict := all.Items[0], all.Items[1]
			if len(jaz.Lines) != 20 || jaz.Lines[0] != 3 || jaz.Lines[3] != 7 || jaz.Column != "[new] GENRE" || jaz.Outcome != "rejected" || jaz.Code != "unknownValue" || !strings.Contains(jaz.Message, "Jaz") {
				t.Errorf("%+v", jaz)
			}
			if !slices.Equal(conflict.Lines, []int{2, 2100}) || *conflict.Old != "ROCK" || *conflict.Live != "FOLK" || *conflict.New != "JAZZ" {
				t.Errorf("%+v", conflict)
			}
			lines := 0
			for cursor, n := "", 0; n == 0 || cursor != ""; n++ {
				var ps struct {
					Items      []domain.Problem
					NextCursor string
				}
				s.call(operator, "GET", path+"?limit=200&group="+jaz.Group+"&cursor="+cursor, nil).want(200).into(&ps)
				lines += len(ps.Items)
				cursor = ps.NextCursor
			}
			if lines != 2069 {
				t.Errorf("%d of the group", lines)
			}
			for q, want := range map[string]int{"outcome=rejected": 3, "outcome=conflicted&field=GENRE": 1, "field=NOTE": 0} {
				page = groupPage{}
				if s.call(operator, "GET", path+"/groups?"+q, nil).want(200).into(&page); len(page.Items) != want {
					t.Errorf("%s: %d, want %d", q, len(page.Items), want)
				}
			}
			s.call(operator, "GET", path+"/groups?cursor=bad", nil).problem(422, "cursorInvalid", "query.cursor")
			s.call(stranger, "GET", path+"/groups", nil).problem(404, "notFound")
			s.call(stranger, "GET", path+"/rows", nil).problem(404, "notFound")
		})
	}
}

// Rows that were not taken are shown with what their cells say and what is wrong.
func TestProblemRows(t *testing.T) {
	s := newStack(t)
	i := s.doneImport(domain.Test)
	s.badGenres(i)
	path := "/api/imports/" + i.ID + "/problems/rows"
	type row struct {
		Line     int
		Outcome  string
		Contact  string
		Cells    map[string]string
		Cut      []string
		Problems []struct{ Column, Message string }
	}
	var rows []row
	for cursor, n := "", 0; n == 0 || cursor != ""; n++ {
		var page struct {
			Items      []row
			NextCursor string
		}
		s.call(operator, "GET", path+"?limit=200&cursor="+cursor, nil).want(200).into(&page)
		rows = append(rows, page.Items...)
		cursor = page.NextCursor
	}
	if len(rows) != 2074 || rows[0].Line != 2 || rows[2073].Line != 2100 {
		t.Fatalf("%d rows", len(rows))
	}
	if r := rows[0]; len([]rune(r.Cells["Remark"])) != 2001 || !slices.Equal(r.Cut, []string{"Remark"}) || r.Outcome != "conflicted" || r.Contact != "0000001" {
		t.Errorf("%+v", r)
	}
	if r := rows[8]; r.Cells["Contact"] != "#10" || r.Cells["[new] GENRE"] != "Opra" || r.Cut != nil || len(r.Problems) != 1 || r.Problems[0].Column != "[new] GENRE" || r.Problems[0].Message == "" {
		t.Errorf("%+v", r)
	}
}

// The contacts behind a change are found by field, values and words, on every page
// and across what one request reads.
func TestChanges(t *testing.T) {
	s := newStack(t)
	i := s.doneImport(domain.Update)
	path := "/api/imports/" + i.ID + "/changes"
	s.call(admin, "PUT", "/api/contacts/0777", object{"firstName": "Zoë", "lastName": "Quint", "criteria": object{"GENRE": "ROCK"}}).want(201)
	var b bytes.Buffer
	w := sheet.NewWriter(&b, ';')
	write := func(cells ...string) {
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	write("Contact", "Line", "Field", "Before", "After")
	for n := range 300 {
		write("#0777", fmt.Sprint(2*n+2), "GENRE", []string{"ROCK", "JAZZ"}[n%2], []string{"OPERA", ""}[n%2])
		write("#1", fmt.Sprint(2*n+3), "City", "", "=Bern;\nOst")
	}
	write("", "700", "EMAIL", "", "TRUE")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.files.Put(t.Context(), flow.FileKey(i.Institution, i.ID, "changes"), &b, ""); err != nil {
		t.Fatal(err)
	}
	type change struct {
		Line                                int
		Contact, Name, Field, Before, After string
	}
	type changes struct {
		Items      []change
		NextCursor string
	}
	every := func(q string) []change {
		t.Helper()
		var out []change
		for cursor, n := "", 0; n == 0 || cursor != ""; n++ {
			var page changes
			s.call(operator, "GET", path+"?limit=70&"+q+"&cursor="+cursor, nil).want(200).into(&page)
			if len(page.Items) > 70 {
				t.Fatalf("%d on a page", len(page.Items))
			}
			out = append(out, page.Items...)
			cursor = page.NextCursor
		}
		return out
	}
	for q, want := range map[string]int{
		"": 601, "field=GENRE": 300, "field=GENRE&from=ROCK": 150, "field=GENRE&from=ROCK&to=OPERA": 150, "field=GENRE&to=Empty": 150, "from=ROCK&to=Empty": 0,
		"field=City&from=Empty&to=(text)": 300, "field=City&from=(text)": 0, "q=zoe%20quint": 300, "q=%230777": 300, "q=bern": 300, "q=nobody": 0, "field=EMAIL&to=true": 1, "q=zoe&from=JAZZ": 150,
	} {
		if got := every(q); len(got) != want {
			t.Errorf("%q: %d, want %d", q, len(got), want)
		}
	}
	all := every("")
	for k, want := range map[int]change{0: {2, "0777", "Zoë Quint", "GENRE", "ROCK", "OPERA"}, 1: {3, "1", "", "City", "", "=Bern;\nOst"}, 2: {4, "0777", "Zoë Quint", "GENRE", "JAZZ", ""}, 600: {700, "", "", "EMAIL", "", "true"}} {
		if d := cmp.Diff(want, all[k]); d != "" {
			t.Error(d)
		}
	}
	var found changes
	s.call(operator, "POST", path+"/search", object{"q": "QUINT", "from": "ROCK", "limit": 5}).want(200).into(&found)
	if len(found.Items) != 5 || found.NextCursor == "" {
		t.Errorf("%+v", found)
	}
	var next changes
	s.call(operator, "POST", path+"/search", object{"q": "QUINT", "from": "ROCK", "limit": 5, "cursor": found.NextCursor}).want(200).into(&next)
	if len(next.Items) != 5 || next.Items[0].Line <= found.Items[4].Line {
		t.Errorf("%+v", next)
	}
	s.call(operator, "GET", path+"?cursor=bad", nil).problem(422, "cursorInvalid", "query.cursor")
	s.call(operator, "POST", path+"/search", object{"q": "a\x01"}).problem(422, "invalid", "body.q")
	s.call(stranger, "GET", path, nil).problem(404, "notFound")
	s.files.Remove(flow.FileKey(i.Institution, i.ID, "changes"))
	s.call(operator, "GET", path, nil).problem(410, "expired")
	s.change(i.ID, func(i *domain.Import) { i.Files = nil })
	if got := every(""); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// The lines of a large group come in one answer, to those too who may not export.
func TestProblemLines(t *testing.T) {
	s := newStack(t)
	i := s.doneImport(domain.Test)
	s.badGenres(i)
	at := "/api/imports/" + i.ID + "/problems"
	groups := s.call(operator, "GET", at+"/groups?outcome=rejected", nil).want(200).object()["items"].([]any)
	first := groups[0].(object)
	got := s.call(viewer, "GET", at+"/lines?group="+first["group"].(string), nil).want(200).object()
	var want []any
	for n := range 2072 {
		if n != 3 && n != 7 && n != 1500 {
			want = append(want, float64(n+3))
		}
	}
	if d := cmp.Diff(want, got["items"]); d != "" || got["nextCursor"] != "" && got["nextCursor"] != nil {
		t.Errorf("%v %s", got["nextCursor"], d)
	}
	conflicts := s.call(viewer, "GET", at+"/lines?outcome=conflicted", nil).want(200).object()["items"]
	if d := cmp.Diff([]any{2.0, 2100.0}, conflicts); d != "" {
		t.Error(d)
	}
	if none := s.call(viewer, "GET", at+"/lines?group=none", nil).want(200).object()["items"].([]any); len(none) != 0 {
		t.Error(none)
	}
	s.call(viewer, "GET", at+"/lines?cursor=x", nil).want(422)
}
