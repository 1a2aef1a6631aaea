package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
	"rollbook/internal/domain"
)

// An admin sets a new institution up; before that nothing works for it.
func TestSettings(t *testing.T) {
	s := newStack(t)
	in := domain.InstitutionID("new-house")
	as := func(group string) api.Claims {
		return api.Claims{Institution: in, User: "u9", Email: "nina@new-house.example", Groups: []string{group}}
	}
	s.call(as("admin"), "GET", "/api/criteria", nil).problem(http.StatusForbidden, "institutionMissing")
	body := `{"name":" New House ","language":"de","separator":";","country":"CH","titles":["Frau","Herr"]}`
	s.call(as("operator"), "PUT", "/api/settings", body).problem(http.StatusForbidden, "forbidden")
	s.call(as("admin"), "PUT", "/api/settings", body).want(http.StatusOK)
	cat, err := s.catalogue.Catalogue(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := domain.Settings{Name: "New House", Language: "de", Separator: ";", Country: "CH", Titles: []string{"Frau", "Herr"}}
	if d := cmp.Diff(want, cat.Settings); d != "" {
		t.Error(d)
	}
	if got := s.call(as("viewer"), "GET", "/api/settings", nil).want(http.StatusOK).object(); got["separator"] != ";" || got["name"] != "New House" {
		t.Errorf("%v", got)
	}
	for part, body := range map[string]string{
		"body.name":      `{"name":" ","language":"de","separator":";","country":"CH"}`,
		"body.language":  `{"name":"a","language":"xx","separator":";","country":"CH"}`,
		"body.separator": `{"name":"a","language":"de","separator":"x","country":"CH"}`,
		"body.country":   `{"name":"a","language":"de","separator":";","country":"Schweiz"}`,
		"body.titles":    `{"name":"a","language":"de","separator":";","country":"CH","titles":["A","A"]}`,
	} {
		got := s.call(as("admin"), "PUT", "/api/settings", body).want(http.StatusUnprocessableEntity)
		if !strings.Contains(string(got.body), `"location":"`+part+`"`) {
			t.Errorf("%s: %s", part, got.body)
		}
	}
}
