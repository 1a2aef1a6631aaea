package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
)

// mappingView is what was said of the columns of a file.
type mappingView struct {
	ID          string            `json:"id"`
	DataType    string            `json:"dataType" enum:"contacts,criteria,authorisations"`
	Columns     map[string]string `json:"columns" example:"{\"Kontakt\":\"Email\",\"Remarks\":\"\"}" doc:"As in a recipe: what the columns that were asked about are for, or nothing for those that are left out."`
	DateOrder   string            `json:"dateOrder,omitempty" enum:"dmy,mdy,ymd" doc:"As in a recipe, likewise the next three."`
	DecimalSign string            `json:"decimalSign,omitempty" enum:"point,comma"`
	Country     string            `json:"country,omitempty"`
	MatchBy     string            `json:"matchBy,omitempty"`
	CreatedAt   time.Time         `json:"createdAt"`
	Import      string            `json:"import" doc:"The last update that was read so."`
	UsedAt      time.Time         `json:"usedAt" doc:"When that was."`
	UsedBy      string            `json:"usedBy" doc:"Who started it: the e-mail address at the time, or the key's name."`
	UsedByID    string            `json:"usedById"`
	ExpiresAt   time.Time         `json:"expiresAt" doc:"When the mapping is forgotten, if nothing is read by it before."`
}

func showMapping(m domain.Mapping) mappingView {
	return mappingView{m.ID, string(m.DataType), m.Columns, m.DateOrder, m.DecimalSign, m.Country, m.MatchBy, m.CreatedAt.UTC(), m.Import, m.UsedAt.UTC(), m.UsedBy.Name(), m.UsedBy.ID(), m.Ends().UTC()}
}

type mappingAnswer struct {
	ETag string `header:"ETag"`
	Body mappingView
}

func (s *server) mappingRoutes() {
	const all, one = "/api/mappings", "/api/mappings/{id}"
	route(s, Viewer, huma.Operation{
		OperationID: "listMappings", Method: http.MethodGet, Path: all, Tags: []string{tagImports},
		Summary:     "List what was said of the columns of files",
		Description: "When a bulk update is done, what its recipe said of the file's columns is remembered, and of the order of day and month, the decimal sign, the country and the criterion by which contacts are found. The next file with the same headers, in whatever order, is read by it.",
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[mappingView], error) {
		return list(in.Limit, func(limit int) ([]domain.Mapping, string, error) {
			return s.Mappings.List(ctx, c.Institution, limit, in.Cursor)
		}, showMapping)
	})
	route(s, Viewer, huma.Operation{
		OperationID: "getMapping", Method: http.MethodGet, Path: one, Tags: []string{tagImports},
		Summary: "Get what was said of the columns of a file", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *IDPath) (*mappingAnswer, error) {
		m, err := get(ctx, s.Mappings, c, in.ID)
		return &mappingAnswer{tag(showMapping(m)), showMapping(m)}, err
	})
	route(s, Operator, huma.Operation{
		OperationID: "deleteMapping", Method: http.MethodDelete, Path: one, Tags: []string{tagImports},
		Summary: "Forget what was said of the columns of a file", Description: "Imports that were read by it stay as they are.",
		Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.deleteMapping)
}

func (s *server) deleteMapping(ctx context.Context, c Claims, in *thingDelete) (*struct{}, error) {
	m, err := get(ctx, s.Mappings, c, in.ID)
	if err == nil {
		err = in.check(true, showMapping(m))
	}
	if err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	if err := s.take(ctx, c, cat.Settings, deletions); err != nil {
		return nil, err
	}
	return nil, s.Mappings.Delete(ctx, c.Institution, in.ID)
}
