package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
)

func TestPutCriterion(t *testing.T) {
	s := newStack(t)
	const path = "/api/criteria/COLOUR"
	full := object{"code": "COLOUR", "label": " Colour ", "labels": object{"fr": "Couleur", "de": ""}, "kind": "choice",
		"values": []any{object{"code": "RED", "label": "Red"}, object{"code": "BLUE", "label": "Blue", "retired": true}}}
	want := object{"code": "COLOUR", "label": "Colour", "labels": object{"fr": "Couleur"}, "kind": "choice",
		"values": []any{object{"code": "RED", "label": "Red"}, object{"code": "BLUE", "label": "Blue", "retired": true}}}
	if d := cmp.Diff(want, s.call(admin, "PUT", path, full).want(201).object()); d != "" {
		t.Error(d)
	}
	got := s.call(viewer, "GET", path, nil).want(200).object()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// What a GET shows can be put back.
	if d := cmp.Diff(want, s.call(admin, "PUT", path, got).want(200).object()); d != "" {
		t.Error(d)
	}
	// A value that nobody has may be removed, and others may take its place.
	s.call(admin, "PUT", path, object{"label": "Colour", "kind": "choice", "values": []any{object{"code": "GREEN", "label": "Green"}}}).want(200)
	s.call(admin, "PUT", path, object{"label": "Colour", "kind": "text"}).problem(409, "kindFixed")

	// Now somebody has a value.
	s.call(operator, "PUT", "/api/contacts/555", object{"criteria": object{"COLOUR": "GREEN"}}).want(201)
	p := s.call(admin, "PUT", path, object{"label": "Colour", "kind": "choice", "values": []any{object{"code": "RED", "label": "Red"}}}).problem(409, "valueInUse")
	if !strings.Contains(p.Detail, "GREEN") || !strings.Contains(p.Detail, "retire") {
		t.Error(p.Detail)
	}
	s.call(admin, "DELETE", path, nil).problem(409, "inUse")
	s.call(admin, "PUT", path, object{"label": "Colour", "kind": "choice", "values": []any{object{"code": "GREEN", "label": "Green", "retired": true}}}).want(200)
	s.call(admin, "DELETE", path, nil).problem(409, "inUse")
	s.call(admin, "DELETE", "/api/criteria/NONE", nil).problem(404, "notFound")

	s.call(admin, "PUT", "/api/criteria/SPARE", object{"label": "Spare", "kind": "text", "maxLength": 20}).want(201)
	s.call(admin, "DELETE", "/api/criteria/SPARE", nil).want(204)
	s.call(viewer, "GET", "/api/criteria/SPARE", nil).problem(404, "notFound")
}

func TestCodesAreSharedByCriteriaAndAuthorisations(t *testing.T) {
	s := newStack(t)
	s.call(admin, "PUT", "/api/criteria/EMAIL", object{"label": "E-mail", "kind": "text"}).problem(409, "codeTaken")
	s.call(admin, "PUT", "/api/authorisations/GENRE", object{"label": "Genre"}).problem(409, "codeTaken")
	s.call(viewer, "GET", "/api/criteria/EMAIL", nil).problem(404, "notFound")
	s.call(admin, "DELETE", "/api/criteria/EMAIL", nil).problem(404, "notFound")
	s.call(admin, "DELETE", "/api/authorisations/EMAIL", nil).problem(409, "inUse")
	s.call(admin, "PUT", "/api/authorisations/SMS", object{"label": "Text messages", "code": "SMS"}).want(201)
	if d := cmp.Diff(object{"code": "SMS", "label": "Text messages"}, s.call(viewer, "GET", "/api/authorisations/SMS", nil).want(200).object()); d != "" {
		t.Error(d)
	}
	s.call(admin, "DELETE", "/api/authorisations/SMS", nil).want(204)
}

func TestCriterionIsChecked(t *testing.T) {
	s := newStack(t)
	value := object{"code": "A", "label": "A"}
	long := strings.Repeat("é", 101)
	for name, c := range map[string]struct {
		code string
		body object
		at   []string
	}{
		"small letters in the code": {"colour", object{"label": "L", "kind": "text"}, []string{"path.code"}},
		"long code":                 {strings.Repeat("A", 41), object{"label": "L", "kind": "text"}, []string{"path.code"}},
		"another code":              {"C", object{"code": "D", "label": "L", "kind": "text"}, []string{"body.code"}},
		"no label":                  {"C", object{"kind": "text"}, []string{"body.label"}},
		"empty label":               {"C", object{"label": "", "kind": "text"}, []string{"body.label"}},
		"blank label":               {"C", object{"label": " \u00a0 ", "kind": "text"}, []string{"body.label"}},
		"long label":                {"C", object{"label": long, "kind": "text"}, []string{"body.label"}},
		"control character":         {"C", object{"label": "a\x00b", "kind": "text"}, []string{"body.label"}},
		"line break":                {"C", object{"label": "a\nb", "kind": "text"}, []string{"body.label"}},
		"strange language":          {"C", object{"label": "L", "kind": "text", "labels": object{"nl": "L", "fr": long}}, []string{"body.labels.fr", "body.labels.nl"}},
		"no kind":                   {"C", object{"label": "L"}, []string{"body.kind"}},
		"strange kind":              {"C", object{"label": "L", "kind": "authorisation"}, []string{"body.kind"}},
		"text with values":          {"C", object{"label": "L", "kind": "text", "values": []any{value}}, []string{"body.values"}},
		"choice without values":     {"C", object{"label": "L", "kind": "choice"}, []string{"body.values"}},
		"multichoice without any":   {"C", object{"label": "L", "kind": "multichoice", "values": []any{}}, []string{"body.values"}},
		"bad value code":            {"C", object{"label": "L", "kind": "choice", "values": []any{object{"code": "A|B", "label": "L"}}}, []string{"body.values[0].code"}},
		"value twice":               {"C", object{"label": "L", "kind": "choice", "values": []any{value, value}}, []string{"body.values[1].code"}},
		"value without label":       {"C", object{"label": "L", "kind": "choice", "values": []any{object{"code": "A", "label": ""}}}, []string{"body.values[0].label"}},
		"value without code":        {"C", object{"label": "L", "kind": "choice", "values": []any{object{"label": "L"}}}, []string{"body.values[0].code"}},
		"maxLength of a choice":     {"C", object{"label": "L", "kind": "choice", "maxLength": 5, "values": []any{value}}, []string{"body.maxLength"}},
		"maxLength too big":         {"C", object{"label": "L", "kind": "text", "maxLength": 251}, []string{"body.maxLength"}},
		"maxLength negative":        {"C", object{"label": "L", "kind": "text", "maxLength": -1}, []string{"body.maxLength"}},
		"name in another case":      {"C", object{"label": "L", "Label": "M", "kind": "text"}, []string{"body.Label"}},
		"unknown property":          {"C", object{"label": "L", "kind": "text", "colour": 1}, []string{"body.colour"}},
		"too many values":           {"C", object{"label": "L", "kind": "choice", "values": values(501)}, []string{"body.values"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.call(admin, "PUT", "/api/criteria/"+c.code, c.body).problem(422, "invalid", c.at...)
		})
	}
	s.t = t
	s.call(admin, "PUT", "/api/criteria/C", object{"label": "L", "kind": "choice", "values": values(500)}).want(201)
	s.call(viewer, "GET", "/api/criteria/colour", nil).problem(404, "notFound")
}

func values(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = object{"code": fmt.Sprintf("V%d", i), "label": "Value"}
	}
	return out
}

func TestCatalogueIsPaged(t *testing.T) {
	s := newStack(t)
	var all []string
	cursor := ""
	for range 20 {
		var page struct {
			Items      []struct{ Code, Kind string }
			NextCursor *string
		}
		s.call(viewer, "GET", "/api/criteria?limit=3&cursor="+cursor, nil).want(200).into(&page)
		for _, c := range page.Items {
			all = append(all, c.Code)
		}
		if len(page.Items) > 3 || page.NextCursor == nil {
			t.Fatal(page)
		}
		if cursor = *page.NextCursor; cursor == "" {
			break
		}
	}
	if d := cmp.Diff([]string{"GENRE", "INTERESTS", "LAST_VISIT", "NEWSLETTER_LANGUAGE", "NICKNAME", "NOTE", "SEGMENT", "SERIES", "SPENT", "SUBSCRIBER", "WHEELCHAIR", "ZONE"}, all); d != "" {
		t.Error(d)
	}
	var page struct{ Items []struct{ Code string } }
	s.call(viewer, "GET", "/api/authorisations", nil).want(200).into(&page)
	if len(page.Items) != 4 {
		t.Error(page)
	}
	criteria := s.call(operator, "GET", "/api/criteria?limit=1", nil).object()["nextCursor"].(string)
	for _, all := range []string{"/api/criteria", "/api/authorisations", "/api/targets", "/api/templates", "/api/imports", "/api/contacts"} {
		for _, q := range []string{"limit=0", "limit=201", "limit=-1", "limit=x", "limit=1e2", "limit=99999999999999999999"} {
			s.call(operator, "GET", all+"?"+q, nil).problem(422, "invalid", "query.limit")
		}
		for _, q := range []string{"cursor=x", "cursor=%00", "cursor=%FF", "cursor=" + strings.Repeat("QQ", 100)} {
			s.call(operator, "GET", all+"?"+q, nil).problem(422, "cursorInvalid", "query.cursor")
		}
		s.call(operator, "GET", all+"?cursor="+strings.Repeat("Q", 2001), nil).problem(422, "invalid", "query.cursor")
		if all != "/api/criteria" {
			s.call(operator, "GET", all+"?cursor="+criteria, nil).problem(422, "cursorInvalid", "query.cursor")
		}
	}
}

// Two who write at the same time: the one that comes second reads again.
func TestPutCriterionOutlastsARace(t *testing.T) {
	s := newStack(t)
	racing := &racingCatalogue{store: s.catalogue, times: 2}
	s.config.Catalogue = racing
	s.rebuild()
	s.call(admin, "PUT", "/api/criteria/NOTE", object{"label": "Notes", "kind": "text"}).want(200)
	if racing.times != 0 {
		t.Error("the race did not take place")
	}
	racing.times = 100
	s.call(admin, "PUT", "/api/criteria/NOTE", object{"label": "Notes", "kind": "text"}).problem(409, "changed")
	if d, _ := s.field("NOTE"); d.Label != "Notes" {
		t.Error(d)
	}
}

func (s *stack) field(code string) (domain.FieldDef, bool) {
	cat, err := s.catalogue.Catalogue(s.t.Context(), "aurora")
	if err != nil {
		s.t.Fatal(err)
	}
	return cat.Lookup(domain.Field("criterion:" + code))
}

// Dates and numbers through the API: their definitions, their values, and what
// targets ask about them.
func TestDatesAndNumbers(t *testing.T) {
	s := newStack(t)
	joined := object{"code": "JOINED", "label": "Joined", "kind": "date"}
	points := object{"code": "POINTS", "label": "Points", "kind": "number", "decimals": 3.0}
	for path, body := range map[string]object{"JOINED": joined, "POINTS": points} {
		if d := cmp.Diff(body, s.call(admin, "PUT", "/api/criteria/"+path, body).want(201).object()); d != "" {
			t.Error(d)
		}
	}
	for name, body := range map[string]object{
		"body.decimals":  {"label": "X", "kind": "number", "decimals": 7},
		"body.decimals ": {"label": "X", "kind": "text", "decimals": 1},
		"body.maxLength": {"label": "X", "kind": "date", "maxLength": 9},
		"body.values":    {"label": "X", "kind": "number", "values": []any{object{"code": "A", "label": "A"}}},
		"body.kind":      {"label": "X", "kind": "colour"},
	} {
		s.call(admin, "PUT", "/api/criteria/X", body).problem(422, "invalid", strings.TrimSpace(name))
	}
	s.call(operator, "PUT", "/api/contacts/555", object{"criteria": object{"JOINED": "2019-03-31", "POINTS": 1234.125}}).want(201)
	got := s.call(viewer, "GET", "/api/contacts/555", nil).want(200).object()["criteria"]
	if d := cmp.Diff(object{"JOINED": "2019-03-31", "POINTS": 1234.125}, got); d != "" {
		t.Error(d)
	}
	for code, wrong := range map[string]any{"JOINED": "31.3.2026", "POINTS": "12"} {
		s.call(operator, "PUT", "/api/contacts/555", object{"criteria": object{code: wrong}}).problem(422, "invalid", "body.criteria."+code)
	}
	for _, c := range []struct {
		field, op string
		value     any
		count     int
	}{
		{"JOINED", "between", []any{"2019-03-31", "2019-04-01"}, 1},
		{"JOINED", "between", []any{"2019-04-01", "2019-04-02"}, 0},
		{"JOINED", "before", "2019-04-01", 1},
		{"JOINED", "withinLast", 36500, 1},
		{"POINTS", "atLeast", 1234.125, 1},
		{"POINTS", "moreThan", 1234.125, 0},
		{"POINTS", "lessThan", 1e4, 1},
		{"POINTS", "between", []any{0, 2000}, 1},
	} {
		var found struct{ Count int }
		s.call(viewer, "POST", "/api/targets/preview", object{"condition": object{"field": "criterion:" + c.field, "op": c.op, "value": c.value}}).want(200).into(&found)
		if found.Count != c.count {
			t.Errorf("%s %s %v: %d contacts", c.field, c.op, c.value, found.Count)
		}
	}
	for _, leaf := range []object{
		{"field": "criterion:JOINED", "op": "between", "value": []any{"2019-04-01"}},
		{"field": "criterion:JOINED", "op": "between", "value": []any{"2019-04-02", "2019-04-01"}},
		{"field": "criterion:JOINED", "op": "withinLast", "value": -1},
		{"field": "criterion:JOINED", "op": "withinLast", "value": "30"},
		{"field": "criterion:POINTS", "op": "atLeast", "value": "12"},
	} {
		s.call(viewer, "POST", "/api/targets/preview", object{"condition": leaf}).problem(422, "targetCondition", "body.condition.value")
	}
	s.call(viewer, "POST", "/api/targets/preview", object{"condition": object{"field": "criterion:POINTS", "op": "contains", "value": 1}}).problem(422, "targetCondition", "body.condition.op")

	// Labels of values by language.
	choice := object{"code": "FOOD", "label": "Food", "kind": "choice", "values": []any{object{"code": "BREAD", "label": "Bread", "labels": object{"fr": "Pain"}}}}
	if d := cmp.Diff(choice, s.call(admin, "PUT", "/api/criteria/FOOD", choice).want(201).object()); d != "" {
		t.Error(d)
	}
	choice["values"] = []any{object{"code": "BREAD", "label": "Bread", "labels": object{"xx": "Pain"}}}
	s.call(admin, "PUT", "/api/criteria/FOOD", choice).problem(422, "invalid", "body.values[0].labels.xx")
}
