package api

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// strict refuses what an operation does not take, and names it: query
// parameters that it does not know or that come twice, and members of a body
// where there is none. A misspelt option must not be taken for its absence.
// Members of bodies that an operation does take are refused by its schema.
func strict(op *huma.Operation, r *http.Request) error {
	var f faults
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		f.add("query", "badRequest")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch {
		case !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }):
			f.add(location("query."+name), "unknownParameter")
		case len(query[name]) > 1:
			f.add("query."+name, "parameterTwice")
		}
	}
	if op.RequestBody == nil {
		f = append(f, noBody(r)...)
	}
	return f.err()
}

// maxNoBody is how much is read of a body where there should be none.
const maxNoBody = 64 << 10

func noBody(r *http.Request) (f faults) {
	if r.Body == nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxNoBody+1))
	var v any
	switch {
	case err != nil || len(b) > maxNoBody:
		f.add("body", "unknownMember.noBody")
	case len(b) == 0:
	case json.Unmarshal(b, &v) != nil:
		f.add("body", "unknownMember.noBody")
	default:
		members, ok := v.(map[string]any)
		if !ok && v != nil {
			f.add("body", "unknownMember.noBody")
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			f.add(location("body."+name), "unknownMember")
		}
	}
	return f
}
