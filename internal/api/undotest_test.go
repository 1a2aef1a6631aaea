package api_test

import (
	"fmt"
	"testing"

	"rollbook/internal/domain"
)

func TestUndoCanBeTested(t *testing.T) {
	s := newStack(t)
	update := s.doneImport(domain.Update)
	path := "/api/imports/" + update.ID + "/undo"
	id := s.call(operator, "POST", path+"?test=true", nil, "Idempotency-Key: k").want(201).object()["id"].(string)
	got, err := s.jobs.Import(t.Context(), "aurora", id)
	if err != nil {
		t.Fatal(err)
	}
	if got.Action != domain.Test || got.Of != update.ID || got.OfKind != "undo" || got.Email != "" || got.Source.Key != "imports/aurora/"+update.ID+"/undo.csv" {
		t.Errorf("%+v", got)
	}
	if started := s.machine.Started(); len(started) != 1 || started[0].ID != id {
		t.Errorf("started %v", started)
	}
	if again := s.call(operator, "POST", path+"?test=true", nil, "Idempotency-Key: k").want(201).object()["id"]; again != id {
		t.Errorf("the same request made %v and %v", id, again)
	}
	// It takes nobody's place: it can be tested again, and undone.
	s.call(operator, "POST", path+"?test=true", nil).want(201)
	s.change(id, func(i *domain.Import) { i.Status = domain.Done })
	s.call(operator, "POST", "/api/imports/"+id+"/update", nil).problem(409, "notATest")
	s.call(operator, "POST", path, nil).want(201)
	s.call(viewer, "POST", path+"?test=true", nil).problem(403, "forbidden")
}

func TestImportsAreFoundByFileName(t *testing.T) {
	s := newStack(t)
	for n := range 130 {
		name := fmt.Sprintf("list-%d.csv", n)
		if n%26 == 0 {
			name = "Été Spécial.csv"
		}
		s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": name}).want(201)
	}
	var pages []int
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				FileName string
				Fields   []any
			}
			NextCursor string
		}
		s.call(viewer, "GET", "/api/imports?limit=2&brief=true&q=ete+special&cursor="+cursor, nil).want(200).into(&page)
		for _, i := range page.Items {
			if i.FileName != "Été Spécial.csv" {
				t.Error(i.FileName)
			}
		}
		pages = append(pages, len(page.Items))
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if fmt.Sprint(pages) != "[2 2 1]" {
		t.Errorf("pages of %v", pages)
	}
}
