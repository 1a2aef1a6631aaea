package api

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
)

// bearer is the name of the security scheme.
const bearer = "token"

// The groups of operations in the description.
const (
	tagMe        = "Account"
	tagCatalogue = "Catalogue"
	tagTargets   = "Dynamic targets"
	tagTemplates = "Templates"
	tagImports   = "Imports"
	tagContacts  = "Contacts"
	tagMachines  = "Machines"
)

// groupExtension names in the description of an operation the least group that
// reaches it.
const groupExtension = "x-group"

// describe returns the head of the OpenAPI document of the API at the address.
func describe(at string) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "Rollbook",
				Version: Version,
				License: &huma.License{Name: "MIT", Identifier: "MIT"},
				Description: `Imports and bulk updates of contacts by spreadsheet.

Bodies are JSON with camelCase names, times are RFC 3339 in UTC. Answers that are
not a success are application/problem+json (RFC 9457): ` + "`code`" + ` is a stable word,
` + "`errors`" + ` name the parts of the request that are at fault.

Requests carry the id token of the user pool, or a key, as a bearer token. Groups: admin may
do everything, operator works with templates, imports and contacts, viewer reads.
What belongs to another institution is answered as if it did not exist.

Lists are paged: pass ` + "`nextCursor`" + ` as ` + "`cursor`" + ` until it is empty. POSTs can be
repeated safely with an Idempotency-Key. A 429 or 503 says in Retry-After when to
try again. A member of a body that may be absent may
also be null: that is the same.`,
			},
			Servers: []*huma.Server{{URL: at, Description: "This stack."}},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					bearer: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The user pool's id token, or a key."},
				},
			},
			Tags: []*huma.Tag{
				{Name: tagMe, Description: "Who is signed in."},
				{Name: tagCatalogue, Description: "Criteria and authorisations: the internal codes that files use."},
				{Name: tagTargets, Description: "Saved conditions over contacts, evaluated when they are used."},
				{Name: tagTemplates, Description: "Zipped CSV forms for a target and a type of data."},
				{Name: tagImports, Description: "Uploaded files: tested, applied, undone."},
				{Name: tagContacts, Description: "Single contacts."},
				{Name: tagMachines, Description: "Keys for machines, and webhooks that tell them how jobs ended."},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
}

// schemaName names a schema as its type, and the problem as everybody calls it.
func schemaName(t reflect.Type, hint string) string {
	return strings.Replace(huma.DefaultSchemaNamer(t, hint), "HttpProblem", "Problem", 1)
}

//go:embed examples.json
var examplesFile []byte

// example is a request and what it was answered.
type example struct {
	Request any            `json:"request,omitempty"`
	Answers map[string]any `json:"answers,omitempty"` // by status
}

// description is the OpenAPI document as it is served: with examples, with the
// headers of answers that every operation may give, and without words that only
// this program understands.
func (s *server) description() ([]byte, error) {
	b, err := json.Marshal(s.huma.OpenAPI())
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	examples := map[string]example{}
	if err := errors.Join(json.Unmarshal(b, &doc), json.Unmarshal(examplesFile, &examples)); err != nil {
		return nil, err
	}
	forGenerators(doc)
	for _, item := range doc["paths"].(map[string]any) {
		for _, op := range item.(map[string]any) {
			op := op.(map[string]any)
			id, _ := op["operationId"].(string)
			if body, ok := op["requestBody"].(map[string]any); ok && examples[id].Request != nil {
				jsonContent(body)["example"] = examples[id].Request
			}
			op["responses"].(map[string]any)["431"] = map[string]any{"description": "Address and headers are longer than the gateway takes, 10,240 bytes. It answers itself, without a problem in the body."}
			for status, r := range op["responses"].(map[string]any) {
				answered(status, r.(map[string]any), examples[id].Answers[status])
			}
		}
	}
	return json.Marshal(doc)
}

// jsonContent is what is said of a body as JSON, or what nobody looks at.
func jsonContent(of map[string]any) map[string]any {
	content, _ := of["content"].(map[string]any)
	if c, ok := content["application/json"].(map[string]any); ok {
		return c
	}
	return map[string]any{}
}

// answered completes what is said of an answer of a status.
func answered(status string, r map[string]any, body any) {
	if body != nil {
		jsonContent(r)["example"] = body
	}
	code, _ := strconv.Atoi(status)
	if content, _ := r["content"].(map[string]any); code >= 400 && content["application/problem+json"] != nil {
		content["application/problem+json"].(map[string]any)["example"] = newProblem(code).in(reason.English)
	}
	header := map[string]map[string]any{
		"401": {"WWW-Authenticate": map[string]any{"description": "Bearer.", "schema": map[string]any{"type": "string"}}},
		"429": {"Retry-After": retryAfter}, "503": {"Retry-After": retryAfter},
	}[status]
	if header == nil {
		return
	}
	headers, _ := r["headers"].(map[string]any)
	if headers == nil {
		headers = map[string]any{}
		r["headers"] = headers
	}
	maps.Copy(headers, header)
}

var retryAfter = map[string]any{"description": "So many seconds later the request may be taken.", "schema": map[string]any{"type": "integer", "minimum": 1}, "example": 5}

// forGenerators takes out of schemas what only this program understands, and says of
// a word that may be null that it is the word or null: a null among the words makes
// generators call a word null.
func forGenerators(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "patternDescription")
		words, _ := v["enum"].([]any)
		if kinds, ok := v["type"].([]any); ok && slices.Contains(words, nil) {
			v["anyOf"] = []any{map[string]any{"type": kinds[0], "enum": slices.DeleteFunc(words, func(w any) bool { return w == nil })}, map[string]any{"type": "null"}}
			delete(v, "type")
			delete(v, "enum")
		}
		for _, x := range v {
			forGenerators(x)
		}
	case []any:
		for _, x := range v {
			forGenerators(x)
		}
	}
}

// creates documents that an operation answers 201 when it made something new,
// with the same body as its 200.
func creates(op *huma.Operation) {
	ok := op.Responses["200"]
	op.Responses["201"] = &huma.Response{Description: http.StatusText(http.StatusCreated), Content: ok.Content, Headers: ok.Headers}
}

// describeAbsence documents what is the same as absent: an empty parameter of
// the query, and a null for a member that may be absent.
func describeAbsence(op *huma.Operation, r huma.Registry) {
	for _, p := range op.Parameters {
		p.AllowEmptyValue = p.In == "query"
	}
	if op.RequestBody != nil {
		absentIsNull(op.RequestBody.Content["application/json"].Schema, r)
	}
}

func absentIsNull(s *huma.Schema, r huma.Registry) {
	if s.Ref != "" {
		s = r.SchemaFromRef(s.Ref)
	}
	for name, p := range s.Properties {
		absentIsNull(p, r)
		if p.Ref != "" {
			p = r.SchemaFromRef(p.Ref)
		}
		if p.Nullable || p.Type == "" || slices.Contains(s.Required, name) {
			continue
		}
		p.Nullable = true
		if p.Enum != nil {
			p.Enum = append(p.Enum, nil)
		}
	}
	if s.Items != nil {
		absentIsNull(s.Items, r)
	}
}

// operation returns a registered operation of the description.
func (s *server) operation(method, path string) *huma.Operation {
	item := s.huma.OpenAPI().Paths[path]
	return map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPut: item.Put, http.MethodPost: item.Post, http.MethodDelete: item.Delete}[method]
}

// conditionTree is a condition tree as JSON; package condition reads it.
type conditionTree json.RawMessage

func (c conditionTree) MarshalJSON() ([]byte, error) { return json.RawMessage(c).MarshalJSON() }
func (c *conditionTree) UnmarshalJSON(data []byte) error {
	return (*json.RawMessage)(c).UnmarshalJSON(data)
}

// Schema describes the tree without its recursion, which few tools follow.
func (conditionTree) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:                 huma.TypeObject,
		AdditionalProperties: true,
		Description: `A condition tree: {"all":[…]}, {"any":[…]}, {"not":…}, or a leaf {"field", "op", "value"}. ` +
			`field is criterion:CODE, authorisation:CODE or contact:NAME; op is, by the kind of the field: ` + operators() + ` ` +
			`An empty all is everybody.`,
		Examples: []any{map[string]any{"all": []any{
			map[string]any{"field": "criterion:GENRE", "op": "in", "value": []any{"JAZZ", "ROCK"}},
			map[string]any{"field": "authorisation:EMAIL", "op": "is", "value": true},
		}}},
	}
}

// operators lists the ops of each kind.
func operators() string {
	var b strings.Builder
	for _, k := range field.Kinds() {
		fmt.Fprintf(&b, "%s: %s. ", k.Name, strings.Join(k.OperatorNames(), ", "))
	}
	return b.String() + "in takes a list, between a list of two, both included, withinLast a number of days, isEmpty and isNotEmpty nothing. contact:birthDate is asked for as a date."
}

// jsonForms says what JSON has of each kind that a criterion may be, or of the
// others.
func jsonForms(criterion bool) string {
	var out []string
	for _, k := range field.Kinds() {
		if k.Criterion == criterion && (criterion || k.Name == domain.Authorisation) {
			out = append(out, k.JSON+" ("+string(k.Name)+")")
		}
	}
	return strings.Join(out, ", ")
}

// value is what a contact has in a criterion or an authorisation, as JSON.
type value json.RawMessage

func (v value) MarshalJSON() ([]byte, error)     { return json.RawMessage(v).MarshalJSON() }
func (v *value) UnmarshalJSON(data []byte) error { return (*json.RawMessage)(v).UnmarshalJSON(data) }

// Schema describes the values of all kinds.
func (value) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "By the kind: " + jsonForms(true) + ", " + jsonForms(false) + "."}
}
