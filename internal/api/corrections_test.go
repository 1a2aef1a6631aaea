package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// Corrections are kept beside the import, which may be many; one import shows them
// with what they changed, and a test without a body has the same.
func TestCorrections(t *testing.T) {
	s := newStack(t)
	of := s.doneImport(domain.Test)
	path := "/api/imports/" + of.ID + "/test"
	list := []any{
		object{"column": "City", "from": "", "to": "Bern", "cells": 7.0},
		object{"line": 3.0, "column": "City", "to": ""},
		object{"line": 4.0, "leaveOut": true},
		object{"conflicts": "mine"},
		object{"line": 5.0, "conflict": "theirs"},
		object{"conflicts": "theirs", "column": "[new] GENRE"},
		object{"line": 6.0, "conflict": "mine", "column": "[new] GENRE"},
	}
	id := s.call(operator, "POST", path, object{"corrections": list}).want(201).object()["id"].(string)
	shown := func(id string) []any {
		t.Helper()
		return s.call(viewer, "GET", "/api/imports/"+id, nil).want(200).object()["recipe"].(object)["corrections"].([]any)
	}
	delete(list[0].(object), "cells")
	if d := cmp.Diff(list, shown(id)); d != "" {
		t.Error(d)
	}
	if _, err := s.files.Put(t.Context(), flow.CorrectedKey("aurora", id), strings.NewReader("[2,0,1,4,1,3,1]"), ""); err != nil {
		t.Fatal(err)
	}
	for i, n := range []float64{2, 0, 1, 4, 1, 3, 1} {
		list[i].(object)["cells"] = n
	}
	if d := cmp.Diff(list, shown(id)); d != "" {
		t.Error(d)
	}
	get := func(id string) domain.Import {
		t.Helper()
		i, err := s.jobs.Import(t.Context(), "aurora", id)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	if r := get(id).Corrections; r.Count != 7 || !slices.Equal(r.Tests, []string{of.ID}) {
		t.Errorf("%+v", r)
	}
	// The next test of it, with the recipe as it is shown, and with none.
	s.change(id, func(i *domain.Import) { i.Status = domain.Done })
	next := s.call(operator, "POST", "/api/imports/"+id+"/test", object{"corrections": shown(id)}).want(201).object()["id"].(string)
	if r := get(next).Corrections; !slices.Equal(r.Tests, []string{of.ID, id}) {
		t.Errorf("%+v", r)
	}
	// What settles conflicts is about those of the test that it was first given to.
	s.change(next, func(i *domain.Import) { i.Status = domain.Done })
	last := s.call(operator, "POST", "/api/imports/"+next+"/test", object{"corrections": append([]any{object{"line": 9, "conflict": "mine"}, object{"conflicts": "mine"}}, shown(next)...)}).want(201).object()["id"].(string)
	var since []string
	for _, c := range stored(t, s, last) {
		since = append(since, c.Since)
	}
	if d := cmp.Diff([]string{next, of.ID, "", "", "", next, of.ID, of.ID, of.ID}, since); d != "" {
		t.Error(d)
	}
	same := s.call(operator, "POST", "/api/imports/"+id+"/test", nil).want(201).object()["id"].(string)
	if d := cmp.Diff(get(id).Recipe, get(same).Recipe); d != "" {
		t.Error(d)
	}
	updated := s.call(operator, "POST", "/api/imports/"+id+"/update", nil).want(201).object()["id"].(string)
	if d := cmp.Diff(get(id).Recipe, get(updated).Recipe); d != "" {
		t.Error(d)
	}

	for i, bad := range []object{
		{}, {"column": "City"}, {"column": "City", "to": "x"}, {"column": "City", "from": "a"}, {"column": "City", "from": "a", "to": "b", "line": 3},
		{"line": 3}, {"line": 3, "to": "x"}, {"line": 3, "leaveOut": true, "column": "City"}, {"leaveOut": true}, {"line": 3, "leaveOut": true, "conflict": "mine"},
		{"conflicts": "mine", "line": 3}, {"conflicts": "mine", "conflict": "mine"}, {"conflict": "mine"}, {"column": "City", "from": "a", "to": "b", "leaveOut": true},
		{"conflicts": "mine", "column": "City", "to": "a"}, {"conflicts": "mine", "from": "a"}, {"line": 3, "conflict": "mine", "column": "City", "to": "a"},
	} {
		t.Run(fmt.Sprint("bad ", i), func(t *testing.T) {
			s.t = t
			s.call(operator, "POST", path, object{"corrections": []any{object{"line": 4, "leaveOut": true}, bad}}).problem(422, "invalid", "body.corrections[1]")
		})
	}
	s.t = t
	s.call(operator, "POST", path, object{"corrections": []any{object{"conflicts": "ours"}}}).problem(422, "invalid", "body.corrections[0].conflicts")
	many := make([]any, domain.MostCorrections+1)
	for i := range many {
		many[i] = object{"line": i + 1, "leaveOut": true}
	}
	s.call(operator, "POST", path, object{"corrections": many}).problem(422, "invalid", "body.corrections")
	s.call(operator, "POST", path, object{"corrections": many[1:]}).want(201)

	// A new import has no test before it; its corrections lie where it will look.
	body := object{"dataType": "contacts", "action": "test", "corrections": []any{object{"conflicts": "mine"}}}
	s.call(operator, "POST", "/api/imports", body).problem(422, "invalid", "body.corrections[0]")
	body["corrections"] = []any{object{"line": 2, "leaveOut": true}}
	made := get(s.call(operator, "POST", "/api/imports", body).want(201).object()["id"].(string))
	if kept := stored(t, s, made.ID); len(kept) != 1 || !kept[0].LeaveOut || made.Corrections.Key != flow.CorrectionsKey("aurora", made.ID) {
		t.Errorf("%+v", kept)
	}
}

// stored are the corrections of an import as the step that reads the file finds them.
func stored(t *testing.T, s *stack, id string) []domain.Correction {
	t.Helper()
	b, err := s.files.Get(t.Context(), flow.CorrectionsKey("aurora", id))
	if err != nil {
		t.Fatal(err)
	}
	var list []domain.Correction
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	return list
}
