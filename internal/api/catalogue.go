package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
)

// criterion is what an institution knows about contacts.
type criterion struct {
	Code      string            `json:"code,omitempty" example:"GENRE" doc:"1 to 40 of A-Z, 0-9 and _; unique over criteria and authorisations. In a PUT it may be left out, else it is the path's."`
	Label     string            `json:"label" minLength:"1" example:"Favourite genre"`
	Labels    map[string]string `json:"labels,omitempty" example:"{\"fr\":\"Genre préféré\"}" doc:"By language: en, fr, de, it, es."`
	Kind      string            `json:"kind" doc:"It cannot be changed."`
	Values    []choice          `json:"values,omitempty" maxItems:"500" doc:"Of choice and multichoice, in their order; at least one."`
	MaxLength int               `json:"maxLength,omitempty" minimum:"0" maximum:"250" doc:"Of a text, in characters; absent or 0 is 250."`
	Decimals  int               `json:"decimals,omitempty" minimum:"0" maximum:"6" doc:"Of a number: how many decimals it has at most."`
}

// TransformSchema lists the kinds that there are.
func (criterion) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	kind := s.Properties["kind"]
	for _, k := range field.Kinds() {
		if k.Criterion {
			kind.Enum = append(kind.Enum, string(k.Name))
		}
	}
	return s
}

type choice struct {
	Code    string            `json:"code" example:"JAZZ"`
	Label   string            `json:"label" example:"Jazz"`
	Labels  map[string]string `json:"labels,omitempty" doc:"By language: en, fr, de, it, es."`
	Retired bool              `json:"retired,omitempty" doc:"It can no longer be set; contacts that have it keep it."`
}

// authorisation is what a contact allows.
type authorisation struct {
	Code   string            `json:"code,omitempty" example:"EMAIL" doc:"As of a criterion."`
	Label  string            `json:"label" minLength:"1" example:"Contact by e-mail"`
	Labels map[string]string `json:"labels,omitempty" doc:"By language: en, fr, de, it, es."`
}

func showCriterion(d domain.FieldDef) criterion {
	c := criterion{Code: d.Code, Label: d.Label, Labels: d.Labels, Kind: string(d.Kind), MaxLength: d.MaxLength, Decimals: d.Decimals}
	for _, v := range d.Values {
		c.Values = append(c.Values, choice{v.Code, v.Label, v.Labels, v.Retired})
	}
	return c
}

func showAuthorisation(d domain.FieldDef) authorisation {
	return authorisation{Code: d.Code, Label: d.Label, Labels: d.Labels}
}

func (c criterion) def(code string) (domain.FieldDef, []fault.Field) {
	d := domain.FieldDef{Code: code, Kind: domain.Kind(c.Kind), MaxLength: c.MaxLength, Decimals: c.Decimals}
	var f faults
	d.Label, d.Labels = f.labels(code, c.Code, c.Label, c.Labels)
	kind := field.Of(d.Kind)
	if kind.HasValues && len(c.Values) == 0 {
		f.add("body.values", "invalid.valuesMissing", c.Kind)
	}
	if !kind.HasValues && len(c.Values) > 0 {
		f.add("body.values", "invalid.noValues", c.Kind)
	}
	if !kind.MaxLength && c.MaxLength != 0 {
		f.add("body.maxLength", "invalid.noMaxLength")
	}
	if !kind.Decimals && c.Decimals != 0 {
		f.add("body.decimals", "invalid.noDecimals")
	}
	seen := map[string]int{}
	for i, v := range c.Values {
		at := fmt.Sprintf("body.values[%d]", i)
		if !domain.ValidCode(v.Code) {
			f.add(at+".code", "invalid.code")
		} else if first, ok := seen[v.Code]; ok {
			f.add(at+".code", "invalid.codeTwice", first)
		} else {
			seen[v.Code] = i
		}
		d.Values = append(d.Values, domain.Choice{Code: v.Code, Label: f.text(at+".label", v.Label, 1, domain.MaxLabel), Labels: f.inLanguages(at+".labels", v.Labels), Retired: v.Retired})
	}
	return d, f
}

func (a authorisation) def(code string) (domain.FieldDef, []fault.Field) {
	d := domain.FieldDef{Code: code, Kind: domain.Authorisation}
	var f faults
	d.Label, d.Labels = f.labels(code, a.Code, a.Label, a.Labels)
	return d, f
}

// faults collects the parts of a request that are at fault.
type faults []fault.Field

func (f *faults) add(at, key string, values ...any) { f.because(at, reason.New(key, values...)) }

// because reports a value for the reason that a file's row would be rejected.
func (f *faults) because(at string, why reason.Reason) {
	if len(*f) < maxFaults {
		*f = append(*f, fault.Field{Location: at, Reason: why})
	}
}

// text checks a line of text and returns its canonical form.
func (f *faults) text(at, s string, least, most int) string {
	v, p := field.Text(s, most)
	switch {
	case p != nil:
		f.because(at, *p)
	case least > 0 && v == domain.Empty:
		f.add(at, "invalid.empty")
	}
	return string(v)
}

func (f *faults) labels(code, inBody, label string, labels map[string]string) (string, map[string]string) {
	if !domain.ValidCode(code) {
		f.add("path.code", "invalid.code")
	}
	if inBody != "" && inBody != code {
		f.add("body.code", "invalid.otherCode")
	}
	return f.text("body.label", label, 1, domain.MaxLabel), f.inLanguages("body.labels", labels)
}

// inLanguages checks the labels of a field or a value by language.
func (f *faults) inLanguages(at string, labels map[string]string) map[string]string {
	var out map[string]string
	for _, lang := range slices.Sorted(maps.Keys(labels)) {
		if !slices.Contains(domain.Languages, lang) {
			f.add(at+"."+lang, "invalid.language", domain.Languages)
			continue
		}
		if l := f.text(at+"."+lang, labels[lang], 0, domain.MaxLabel); l != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[lang] = l
		}
	}
	return out
}

// err returns what was collected as one error.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, "invalid.part", f[0].Reason)
	if len(f) > 1 {
		e = fault.New(fault.Invalid, "invalid.parts", len(f))
	}
	e.Fields = f
	return e
}

// CodePath names a criterion or an authorisation.
type CodePath struct {
	Code string `path:"code" maxLength:"200" example:"GENRE"`
}

type criterionInput struct {
	CodePath
	Conditional
	Body criterion
}

type criterionAnswer struct {
	Status int
	ETag   string `header:"ETag"`
	Body   criterion
}

type authorisationInput struct {
	CodePath
	Conditional
	Body authorisation
}

type authorisationAnswer struct {
	Status int
	ETag   string `header:"ETag"`
	Body   authorisation
}

type fieldDelete struct {
	CodePath
	Conditional
}

// showField shows a definition as its room does.
func showField(d domain.FieldDef) any {
	if d.Kind == domain.Authorisation {
		return showAuthorisation(d)
	}
	return showCriterion(d)
}

func (s *server) criterionRoutes() {
	const one, all = "/api/criteria/{code}", "/api/criteria"
	route(s, Viewer, huma.Operation{
		OperationID: "listCriteria", Method: http.MethodGet, Path: all, Tags: []string{tagCatalogue},
		Summary: "List criteria with their values, by code", Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[criterion], error) {
		return list(in.Limit, func(limit int) ([]domain.FieldDef, string, error) {
			return s.fields(ctx, c, domain.Criteria, limit, in.Cursor)
		}, showCriterion)
	})
	route(s, Viewer, huma.Operation{
		OperationID: "getCriterion", Method: http.MethodGet, Path: one, Tags: []string{tagCatalogue},
		Summary: "Get a criterion", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *CodePath) (*criterionAnswer, error) {
		d, err := s.field(ctx, c, domain.CriterionRoom, in.Code)
		return &criterionAnswer{http.StatusOK, tag(showField(d)), showCriterion(d)}, err
	})
	route(s, Admin, huma.Operation{
		OperationID: "putCriterion", Method: http.MethodPut, Path: one, Tags: []string{tagCatalogue},
		Summary:      "Create or replace a criterion",
		Description:  "The kind cannot be changed, and a value that contacts have or had can be retired but not removed.",
		Errors:       []int{http.StatusConflict, http.StatusPreconditionFailed},
		MaxBodyBytes: 256 << 10,
	}, func(ctx context.Context, c Claims, in *criterionInput) (*criterionAnswer, error) {
		d, fs := in.Body.def(in.Code)
		d, status, err := s.putField(ctx, c, d, fs, in.Conditional)
		return &criterionAnswer{status, tag(showField(d)), showCriterion(d)}, err
	})
	creates(s.operation(http.MethodPut, one))
	route(s, Admin, huma.Operation{
		OperationID: "deleteCriterion", Method: http.MethodDelete, Path: one, Tags: []string{tagCatalogue},
		Summary: "Delete a criterion that was never used", Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *fieldDelete) (*struct{}, error) {
		return nil, s.deleteField(ctx, c, domain.CriterionRoom, in)
	})
}

func (s *server) authorisationRoutes() {
	const one, all = "/api/authorisations/{code}", "/api/authorisations"
	route(s, Viewer, huma.Operation{
		OperationID: "listAuthorisations", Method: http.MethodGet, Path: all, Tags: []string{tagCatalogue},
		Summary: "List authorisations, by code", Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[authorisation], error) {
		return list(in.Limit, func(limit int) ([]domain.FieldDef, string, error) {
			return s.fields(ctx, c, domain.Authorisations, limit, in.Cursor)
		}, showAuthorisation)
	})
	route(s, Viewer, huma.Operation{
		OperationID: "getAuthorisation", Method: http.MethodGet, Path: one, Tags: []string{tagCatalogue},
		Summary: "Get an authorisation", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *CodePath) (*authorisationAnswer, error) {
		d, err := s.field(ctx, c, domain.AuthorisationRoom, in.Code)
		return &authorisationAnswer{http.StatusOK, tag(showField(d)), showAuthorisation(d)}, err
	})
	route(s, Admin, huma.Operation{
		OperationID: "putAuthorisation", Method: http.MethodPut, Path: one, Tags: []string{tagCatalogue},
		Summary: "Create or replace an authorisation", Errors: []int{http.StatusConflict, http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *authorisationInput) (*authorisationAnswer, error) {
		d, fs := in.Body.def(in.Code)
		d, status, err := s.putField(ctx, c, d, fs, in.Conditional)
		return &authorisationAnswer{status, tag(showField(d)), showAuthorisation(d)}, err
	})
	creates(s.operation(http.MethodPut, one))
	route(s, Admin, huma.Operation{
		OperationID: "deleteAuthorisation", Method: http.MethodDelete, Path: one, Tags: []string{tagCatalogue},
		Summary: "Delete an authorisation that was never used", Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *fieldDelete) (*struct{}, error) {
		return nil, s.deleteField(ctx, c, domain.AuthorisationRoom, in)
	})
}

// fields returns one page of the definitions that the type of data has.
func (s *server) fields(ctx context.Context, c Claims, t domain.DataType, limit int, from string) ([]domain.FieldDef, string, error) {
	cursor, err := base64.RawURLEncoding.DecodeString(from)
	after, ok := strings.CutPrefix(string(cursor), string(t)+":")
	if err != nil || from != "" && !(ok && domain.ValidCode(after)) {
		return nil, "", fault.At("query.cursor", "cursorInvalid")
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, "", err
	}
	ds := slices.DeleteFunc(cat.Of(t), func(d domain.FieldDef) bool { return d.Code <= after })
	if len(ds) <= limit {
		return ds, "", nil
	}
	return ds[:limit], base64.RawURLEncoding.EncodeToString([]byte(string(t) + ":" + ds[limit-1].Code)), nil
}

func (s *server) field(ctx context.Context, c Claims, room, code string) (domain.FieldDef, error) {
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return domain.FieldDef{}, err
	}
	d, ok := cat.Lookup(domain.Field(room + ":" + code))
	if !ok {
		return d, fault.Missing()
	}
	return d, nil
}

// races is how often a write that takes the place of whatever is there is
// tried again when something else wrote in between.
const races = 5

// putField creates or replaces a definition. It returns the stored form and the
// status to answer.
func (s *server) putField(ctx context.Context, c Claims, d domain.FieldDef, fs faults, since Conditional) (domain.FieldDef, int, error) {
	if err := fs.err(); err != nil {
		return d, 0, err
	}
	for try := 0; ; try++ {
		cat, err := s.catalogue(ctx, c.Institution)
		if err != nil {
			return d, 0, err
		}
		old, exists := cat.Lookup(d.Field())
		if err := since.check(exists, showField(old)); err != nil {
			return d, 0, err
		}
		if exists {
			if err := mayReplace(old, d); err != nil {
				return d, 0, err
			}
		}
		d.Version = old.Version
		err = s.Catalogue.PutField(ctx, c.Institution, d)
		if f, ok := fault.As(err); ok && f.Kind == fault.Conflict && f.Code != "codeTaken" && try < races {
			continue
		}
		if err != nil {
			return d, 0, err
		}
		if exists {
			return d, http.StatusOK, nil
		}
		return d, http.StatusCreated, nil
	}
}

// mayReplace checks that what contacts have keeps its meaning.
func mayReplace(old, d domain.FieldDef) error {
	if old.Kind != d.Kind {
		return fault.New(fault.Conflict, "kindFixed", d.Code, old.Kind)
	}
	var gone []string
	for _, code := range old.UsedValues {
		_, was := old.Choice(code)
		if _, ok := d.Choice(code); was && !ok {
			gone = append(gone, code)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return fault.New(fault.Conflict, "valueInUse", gone, d.Code)
}

func (s *server) deleteField(ctx context.Context, c Claims, room string, in *fieldDelete) error {
	d, err := s.field(ctx, c, room, in.Code)
	if err != nil {
		return err
	}
	if err := in.check(true, showField(d)); err != nil {
		return err
	}
	return s.Catalogue.DeleteField(ctx, c.Institution, d.Field())
}
