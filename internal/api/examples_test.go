package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is the description as its readers have it.
type document struct {
	raw     map[string]any
	Servers []struct{ URL string }
	Info    struct {
		Title, Version string
		License        struct{ Name, Identifier string }
	}
	Tags  []struct{ Name, Description string }
	Paths map[string]map[string]struct {
		OperationID, Summary, Description string
		Group                             string `json:"x-group"`
		Tags                              []string
		Security                          []map[string][]string
		Parameters                        []struct {
			Name, In, Description string
			Required              bool
			Schema                any
		}
		RequestBody *struct{ Content map[string]media }
		Responses   map[string]struct {
			Description string
			Content     map[string]media
			Headers     map[string]any
		}
	}
	Components struct{ Schemas, SecuritySchemes map[string]any }
}

type media struct {
	Schema  map[string]any
	Example any
}

func readDocument(t *testing.T) (d document) {
	t.Helper()
	a := newStack(t).call(nobody, "GET", "/openapi.json", nil).want(200)
	a.into(&d).into(&d.raw)
	return d
}

// schemas compiles the document's schemas by their places.
func (d document) schema(t *testing.T, place string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("mem:///openapi.json", d.raw); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:///openapi.json#" + place)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pointer(parts ...string) (out string) {
	for _, p := range parts {
		out += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(p)
	}
	return out
}

// What is made by chance, or long, is written in another way.
var unsteady = []struct {
	form *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`rbk_([a-z0-9-]+)_([a-zA-Z0-9-]+)_[A-Za-z0-9_-]+`), "rbk_${1}_5c1d0a9be4f27386_q83hTnV0v1cE9s5kXr2bYwZ7mLd4pA6u"},
	{regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`), "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"},
	{regexp.MustCompile(`"policy":"[^"]*"`), `"policy":"eyJleHBpcmF0aW9uIjoiMjAyNi0wMy0wMVQwOToxNTowMFoifQ=="`},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
	{regexp.MustCompile(`\b[0-9a-f]{16}\b`), "5c1d0a9be4f27386"},
	{regexp.MustCompile(`\?name=[^"]*`), "?X-Amz-Expires=300&X-Amz-Signature=5c1d0a9be4f27386"},
}

func steady(body []byte) []byte {
	for _, u := range unsteady {
		body = u.form.ReplaceAll(body, []byte(u.as))
	}
	return body
}

// shortened keeps two items of each list.
func shortened(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = shortened(v[i])
		}
		return v[:min(len(v), 2)]
	case map[string]any:
		for k := range v {
			v[k] = shortened(v[k])
		}
	}
	return v
}

type example struct {
	Request any            `json:"request,omitempty"`
	Answers map[string]any `json:"answers,omitempty"`
}

// The examples are what the requests of TestGroups are answered.
func TestExamples(t *testing.T) {
	d, got := readDocument(t), map[string]example{}
	s := newStack(t)
	names := s.things()
	for _, o := range operations {
		id := d.Paths[describedPath(o.path)][strings.ToLower(o.method)].OperationID
		if got[id].Answers != nil {
			continue
		}
		s.now = s.now.Add(time.Second) // so that what is sorted by time always is the same
		path := names.Replace(o.path)
		if o.status == http.StatusFound {
			path += "?redirect=false"
		}
		a := s.call(admin, o.method, path, put(names, o.body))
		if a.status >= 300 {
			t.Fatalf("%s %s: %d %s", o.method, path, a.status, a.body)
		}
		e := example{Request: put(names, o.body), Answers: map[string]any{}}
		if len(a.body) > 0 {
			var v any
			if err := json.Unmarshal(steady(a.body), &v); err != nil {
				t.Fatal(err)
			}
			v = shortened(v)
			for status, r := range d.Paths[describedPath(o.path)][strings.ToLower(o.method)].Responses {
				if status < "400" && r.Content["application/json"].Schema != nil {
					e.Answers[status] = v
				}
			}
		}
		got[id] = e
	}
	b, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	const file = "examples.json"
	if *update {
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return // it is embedded from the next build on
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(b)); d != "" {
		t.Errorf("run go test -update -run TestExamples if this is meant:\n%s", d)
	}
}

// Every request and every answer with JSON has an example, which its schema takes.
func TestExamplesFitTheirSchemas(t *testing.T) {
	d := readDocument(t)
	check := func(where string, m media, place string) {
		if m.Example == nil {
			t.Errorf("%s has no example", where)
		} else if err := d.schema(t, place+"/schema").Validate(m.Example); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	n := 0
	for path, methods := range d.Paths {
		for method, op := range methods {
			if op.RequestBody != nil {
				for kind, m := range op.RequestBody.Content {
					if optional(op.OperationID) && m.Example == nil {
						continue
					}
					check(op.OperationID+" request", m, pointer("paths", path, method, "requestBody", "content", kind))
				}
			}
			for status, r := range op.Responses {
				for kind, m := range r.Content {
					if kind == "text/csv" {
						continue
					}
					check(op.OperationID+" "+status, m, pointer("paths", path, method, "responses", status, "content", kind))
					n++
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d answers", n)
	}
	// The check can fail.
	if d.schema(t, "/components/schemas/Contact").Validate(map[string]any{"number": 5}) == nil {
		t.Error("a schema takes anything")
	}
}

// optional are the operations whose body may be left out: the request of their
// example has none.
func optional(id string) bool { return id == "testImport" }

// What linters for OpenAPI ask for by their recommended rules.
func TestTheDescriptionFollowsTheRules(t *testing.T) {
	d := readDocument(t)
	if len(d.Servers) != 1 || d.Servers[0].URL != "https://screen.example" || d.Info.License.Identifier == "" || d.Info.License.Name == "" {
		t.Errorf("servers %v, license %v", d.Servers, d.Info.License)
	}
	tags, ids, shapes := map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, tag := range d.Tags {
		tags[tag.Name] = true
		if tag.Description == "" {
			t.Errorf("the tag %s has no description", tag.Name)
		}
	}
	fine := regexp.MustCompile(`^[a-z][A-Za-z]*$`)
	parameter := regexp.MustCompile(`\{([^}]*)\}`)
	for path, methods := range d.Paths {
		shape := parameter.ReplaceAllString(path, "{}")
		if other := shapes[shape]; other != "" || strings.Contains(path, "?") || path != "/" && strings.HasSuffix(path, "/") {
			t.Errorf("%s is not a fine path, or the same as %s", path, other)
		}
		shapes[shape] = path
		for method, op := range methods {
			where := method + " " + path
			if !fine.MatchString(op.OperationID) || ids[op.OperationID] {
				t.Errorf("%s: the operation's id %q", where, op.OperationID)
			}
			ids[op.OperationID] = true
			if op.Summary == "" || strings.HasSuffix(op.Summary, ".") || op.Description == "" || len(op.Tags) != 1 || !tags[op.Tags[0]] || len(op.Security) == 0 {
				t.Errorf("%s: summary %q, tags %v, security %v", where, op.Summary, op.Tags, op.Security)
			}
			for _, scheme := range op.Security {
				for name := range scheme {
					if d.Components.SecuritySchemes[name] == nil {
						t.Errorf("%s: no scheme %s", where, name)
					}
				}
			}
			inPath, query := map[string]bool{}, len(path)
			seen := map[string]bool{}
			for _, p := range op.Parameters {
				if seen[p.In+p.Name] || p.Schema == nil {
					t.Errorf("%s: the parameter %s", where, p.Name)
				}
				seen[p.In+p.Name] = true
				if longest, ok := p.Schema.(map[string]any)["maxLength"].(float64); ok && p.In != "path" {
					query += len(p.Name) + 2 + int(longest)
				}
				if p.In == "path" {
					inPath[p.Name] = p.Required
				}
			}
			// API Gateway takes 10,240 bytes of address and headers, of which a token may
			// be 2,000.
			if query > 8000 {
				t.Errorf("%s: its parameters may have %d characters together", where, query)
			}
			var named []string
			for _, m := range parameter.FindAllStringSubmatch(path, -1) {
				named = append(named, m[1])
			}
			if got := slices.Sorted(maps.Keys(inPath)); !slices.Equal(got, slices.Sorted(slices.Values(named))) {
				t.Errorf("%s: parameters of the path are %v", where, got)
			}
			good, bad := false, false
			for status, r := range op.Responses {
				good, bad = good || status < "400", bad || status[0] == '4'
				if r.Description == "" {
					t.Errorf("%s %s has no description", where, status)
				}
				if header := map[string]string{"429": "Retry-After", "503": "Retry-After", "401": "WWW-Authenticate"}[status]; header != "" && r.Headers[header] == nil {
					t.Errorf("%s %s does not say %s", where, status, header)
				}
			}
			if !good || !bad || op.Responses["429"].Description == "" || op.Responses["503"].Description == "" {
				t.Errorf("%s has the answers %v", where, slices.Sorted(maps.Keys(op.Responses)))
			}
			// Generated clients make a class of each schema: they all have names.
			if op.RequestBody != nil {
				for _, m := range op.RequestBody.Content {
					if m.Schema["$ref"] == nil {
						t.Errorf("%s: the request's schema has no name", where)
					}
				}
			}
			for status, r := range op.Responses {
				for kind, m := range r.Content {
					if kind != "text/csv" && m.Schema["$ref"] == nil {
						t.Errorf("%s %s: the schema has no name", where, status)
					}
				}
			}
		}
	}
	// Nothing is defined that nobody refers to, and nothing is referred to that is
	// not there.
	used := map[string]bool{}
	walk(d.raw, "", func(at string, m map[string]any) {
		if ref, ok := m["$ref"].(string); ok {
			used[strings.TrimPrefix(ref, "#/components/schemas/")] = true
		}
	})
	if d := cmp.Diff(slices.Sorted(maps.Keys(d.Components.Schemas)), slices.Sorted(maps.Keys(used))); d != "" {
		t.Errorf("schemas (-defined +used): %s", d)
	}
	// Schemas are made of the words of JSON Schema, and are schemas.
	words := strings.Fields("$ref type format description examples default enum items properties required additionalProperties minLength maxLength pattern minimum maximum minItems maxItems uniqueItems title readOnly contentMediaType contentEncoding example deprecated const anyOf oneOf allOf not patternProperties dependentRequired minProperties maxProperties")
	for name, s := range d.Components.Schemas {
		walkSchema(s, func(m map[string]any) {
			for word := range m {
				if !slices.Contains(words, word) {
					t.Errorf("the schema %s has %q", name, word)
				}
			}
		})
		d.schema(t, pointer("components", "schemas", name))
	}
}

func walk(v any, at string, f func(at string, m map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(at, v)
		for k, x := range v {
			walk(x, at+"/"+k, f)
		}
	case []any:
		for _, x := range v {
			walk(x, at, f)
		}
	}
}

// walkSchema visits a schema and those in it.
func walkSchema(v any, f func(m map[string]any)) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	f(m)
	walkSchema(m["items"], f)
	walkSchema(m["additionalProperties"], f)
	properties, _ := m["properties"].(map[string]any)
	for _, p := range properties {
		walkSchema(p, f)
	}
}
