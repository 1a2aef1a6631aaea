package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// The first rows are read from the file at each request, also those of columns that
// are left out, and as a cell, not as a formula.
func TestFirstRows(t *testing.T) {
	s := newStack(t)
	with := func(file string, names ...string) string {
		t.Helper()
		i := s.doneImport(domain.Test)
		o, err := s.uploads.Put(t.Context(), flow.UploadKey(i.Institution, i.ID), strings.NewReader(file), "text/csv")
		if err != nil {
			t.Fatal(err)
		}
		s.change(i.ID, func(i *domain.Import) {
			i.Source, i.Headers = o, nil
			for _, n := range names {
				i.Headers = append(i.Headers, domain.Header{Name: n})
			}
		})
		return "/api/imports/" + i.ID + "/rows"
	}
	path := with("Nom;Notes\nXaver;'=1+1\n\"open;\nzu;viele;Zellen\nWeiß;"+strings.Repeat("x", 300)+"\n"+strings.Repeat("a;b\n", 20), "Nom", "Notes")
	rows := s.call(viewer, "GET", path, nil).want(200).object()["items"].([]any)
	if len(rows) != 10 {
		t.Fatalf("%d rows", len(rows))
	}
	if d := cmp.Diff([]any{object{"line": 2.0, "cells": []any{"Xaver", "=1+1"}}, object{"line": 5.0, "cells": []any{"Weiß", strings.Repeat("x", 200) + "…"}}}, rows[:2]); d != "" {
		t.Error(d)
	}
	s = newStack(t)
	path = with("Name;Mail\nRomy de Haas;r@haus.example\n", "Name", "Mail")
	s.change("done-test", func(i *domain.Import) { i.Headers[0].Suggestions = []string{"First name + Last name", "Last name"} })
	row := s.call(viewer, "GET", path, nil).want(200).object()["items"].([]any)[0].(object)
	if d := cmp.Diff([]any{object{"header": 0.0, "column": "First name + Last name", "first": "Romy", "last": "de Haas", "sure": true},
		object{"header": 0.0, "column": "Last name + First name", "first": "de Haas", "last": "Romy", "sure": false}}, row["names"]); d != "" {
		t.Error(d)
	}
	s = newStack(t)
	if rows := s.call(viewer, "GET", with("%PDF-1.7"), nil).want(200).object()["items"].([]any); len(rows) != 0 {
		t.Error(rows)
	}
	s = newStack(t)
	path = with("Nom\nX\n", "Nom")
	s.change("done-test", func(i *domain.Import) { i.Source.Key = "gone" })
	s.call(viewer, "GET", path, nil).problem(410, "expired")
}
