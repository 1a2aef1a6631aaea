package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
)

// What is decided about the next test is kept with the import: everybody sees it,
// and nobody writes over what another has kept meanwhile.
func TestDraft(t *testing.T) {
	s := newStack(t)
	of := s.doneImport(domain.Test)
	path := "/api/imports/" + of.ID + "/draft"
	first := s.call(viewer, "GET", path, nil).want(200)
	if d := cmp.Diff(object{}, first.object()); d != "" {
		t.Error(d)
	}
	mine := object{"corrections": []any{object{"column": "City", "from": "Brn", "to": "Bern"}, object{"conflicts": "mine"}}, "persons": object{"12": "same"}, "onConflict": "skip"}
	kept := s.call(operator, "PUT", path, mine, "If-Match: "+first.header.Get("ETag")).want(200)
	got := s.call(admin, "GET", path, nil).want(200)
	if d := cmp.Diff(mine, got.object()["recipe"]); d != "" {
		t.Error(d)
	}
	if got.object()["savedBy"] != operator.Email || got.header.Get("ETag") != kept.header.Get("ETag") || kept.header.Get("ETag") == first.header.Get("ETag") {
		t.Errorf("%v %s", got.object(), got.header.Get("ETag"))
	}
	// A colleague who read it before is told so, and nothing is lost.
	s.call(admin, "PUT", path, object{}, "If-Match: "+first.header.Get("ETag")).want(412)
	s.call(admin, "DELETE", path, nil, "If-Match: "+first.header.Get("ETag")).want(412)
	if d := cmp.Diff(mine, s.call(viewer, "GET", path, nil).want(200).object()["recipe"]); d != "" {
		t.Error(d)
	}
	s.call(operator, "PUT", path, object{"corrections": []any{object{"line": 3, "column": "City"}}}).want(422)
	s.call(admin, "DELETE", path, nil, "If-Match: "+kept.header.Get("ETag")).want(204)
	if d := cmp.Diff(object{}, s.call(viewer, "GET", path, nil).want(200).object()); d != "" {
		t.Error(d)
	}
	s.call(operator, "GET", "/api/imports/nowhere/draft", nil).want(404)
}
