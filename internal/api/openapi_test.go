package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestOpenAPI(t *testing.T) {
	s := newStack(t)
	a := s.call(nobody, "GET", "/openapi.json", nil)
	if a.status != http.StatusOK {
		t.Fatal(a.status)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, a.body, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	// The version has one place, which is not this file.
	description := strings.Replace(got.String(), `"version": "`+api.Version+`"`, `"version": "…"`, 1)
	const golden = "testdata/openapi.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(description), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), description); d != "" {
		t.Errorf("run go test -update if this is meant:\n%s", d)
	}
}

func TestVersionIsInTheChangelog(t *testing.T) {
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+)`).FindSubmatch(changelog)
	if newest == nil || string(newest[1]) != api.Version {
		t.Errorf("the version is %s, the newest in CHANGELOG.md %s", api.Version, newest)
	}
}

// Members that may be absent may be null, as the description says.
func TestNullIsAbsent(t *testing.T) {
	s := newStack(t)
	for _, o := range []operation{
		{"POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": nil, "email": nil, "onConflict": nil, "allowSamePerson": nil}, "", 201},
		{"POST", "/api/templates", object{"dataType": "criteria", "targetId": s.anyTarget(), "email": nil, "fields": nil, "format": nil}, "", 202},
		{"PUT", "/api/criteria/C", object{"code": nil, "label": "L", "labels": nil, "kind": "choice", "values": []any{object{"code": "A", "label": "A", "retired": nil}}, "maxLength": nil}, "", 201},
		{"PUT", "/api/authorisations/A", object{"code": nil, "label": "L", "labels": nil}, "", 201},
		{"PUT", "/api/settings", object{"name": "N", "language": "en", "separator": ",", "country": "GB", "numberDigits": nil, "titles": nil}, "", 200},
		{"PUT", "/api/contacts/1", object{"number": nil, "email": nil, "criteria": nil, "authorisations": nil, "provenance": nil, "proof": nil}, "", 201},
	} {
		s.call(admin, o.method, o.path, o.body).want(o.status)
		for name, v := range o.body.(object) {
			if v == nil {
				continue
			}
			body := maps.Clone(o.body.(object))
			body[name] = nil
			s.call(admin, o.method, o.path, body).problem(422, "invalid", "body."+name)
		}
	}
}
