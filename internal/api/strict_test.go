package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// described is one operation of the description.
type described struct {
	Parameters  []struct{ Name, In string }
	RequestBody any
	Responses   map[string]struct{ Headers map[string]any }
}

func (s *stack) described() map[string]map[string]described {
	s.t.Helper()
	var spec struct {
		Paths map[string]map[string]described
	}
	s.call(nobody, "GET", "/openapi.json", nil).want(200).into(&spec)
	return spec.Paths
}

// A misspelt parameter or member is refused by name, on every operation.
func TestWhatIsUnknownIsNamed(t *testing.T) {
	s := newStack(t)
	names := s.things()
	for _, o := range operations {
		path := names.Replace(o.path)
		joined := path + "?"
		if strings.Contains(path, "?") {
			joined = path + "&"
		}
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			s.t = t
			body := put(names, o.body)
			p := s.call(admin, o.method, joined+"limits=3", body).problem(422, "invalid", "query.limits")
			if p.Errors[0].Code != "unknownParameter" {
				t.Errorf("code %q", p.Errors[0].Code)
			}
			if o.method == "GET" {
				return
			}
			more := object{"colour": 1}
			if o.body != nil {
				maps.Copy(more, body.(object))
			}
			s.call(admin, o.method, path, more).problem(422, "invalid", "body.colour")
		})
	}
	s.t = t
	s.call(viewer, "GET", "/api/imports?limit=1&limit=2", nil).problem(422, "invalid", "query.limit")
	s.call(viewer, "GET", "/api/imports?a%zz=1", nil).want(422)
	s.call(operator, "POST", names.Replace("/api/imports/{waiting}/cancel"), object{}).want(200)
}

// Every single thing has a tag, every PUT and DELETE takes it.
func TestEveryThingHasATagAndEveryWriteTakesIt(t *testing.T) {
	s := newStack(t)
	names := s.things()
	paths := s.described()
	for _, o := range operations {
		path := names.Replace(o.path)
		switch {
		case o.method == "GET" && o.status == 200 && s.call(admin, "GET", path, nil).object()["items"] == nil && !strings.HasSuffix(path, "/changes"):
			a := s.call(admin, "GET", path, nil)
			if tag := a.header.Get("ETag"); !strings.HasPrefix(tag, `"`) || tag != s.call(admin, "GET", path, nil).header.Get("ETag") {
				t.Errorf("GET %s has the tag %q", o.path, tag)
			}
		case o.method == "PUT" || o.method == "DELETE":
			t.Run(o.method+" "+o.path, func(t *testing.T) {
				s.t = t
				body := put(names, o.body)
				before := s.call(admin, "GET", path, nil).want(200)
				s.call(admin, o.method, path, body, `If-Match: "old"`).problem(412, "changedSince")
				if after := s.call(admin, "GET", path, nil); string(after.body) != string(before.body) {
					t.Errorf("a write that was refused changed %s into %s", before.body, after.body)
				}
				s.call(admin, o.method, path, body, "If-Match: "+before.header.Get("ETag")).want(o.status)
			})
		}
	}
	for path, methods := range paths {
		for method, o := range methods {
			takes := false
			for _, p := range o.Parameters {
				takes = takes || p.In == "header" && p.Name == "If-Match"
			}
			if takes != (method == "put" || method == "delete") {
				t.Errorf("%s %s: takes If-Match is %v", method, path, takes)
			}
		}
	}
}

func TestAWriteOverAnothersIsRefused(t *testing.T) {
	s := newStack(t)
	names := s.things()
	for path, change := range map[string]object{
		"/api/settings":                       {"name": "Other", "language": "en", "separator": ",", "country": "GB"},
		"/api/criteria/{criterion}":           {"label": "Other", "kind": "yesno"},
		"/api/authorisations/{authorisation}": {"label": "Other"},
		"/api/targets/{target}":               {"name": "Other", "condition": everybody},
		"/api/contacts/{contact}":             {"lastName": "Other"},
	} {
		path = names.Replace(path)
		read := s.call(viewer, "GET", path, nil).want(200).header.Get("ETag")
		wrote := s.call(admin, "PUT", path, change, "If-Match: "+read).want(200).header.Get("ETag")
		s.call(admin, "PUT", path, change, "If-Match: "+read).problem(412, "changedSince")
		if path != "/api/settings" {
			s.call(admin, "DELETE", path, nil, "If-Match: "+read).problem(412, "changedSince")
			s.call(admin, "DELETE", path, nil, "If-Match: "+wrote).want(204)
		}
	}
	s.call(admin, "PUT", "/api/criteria/NOT_YET", object{"label": "L", "kind": "yesno"}, "If-Match: *").problem(412, "changedSince")
}

// So is a member inside of others, wherever the description of a body has an
// object.
func TestWhatIsUnknownInsideIsNamed(t *testing.T) {
	s, d := newStack(t), readDocument(t)
	names := s.things()
	resolve := func(v any) object {
		m, _ := v.(object)
		if ref, ok := m["$ref"].(string); ok {
			m, _ = d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(object)
		}
		return m
	}
	// place is where an object may stand: how it is put into a body, and its name.
	type place struct {
		put func(inner object) object
		at  string
	}
	var places func(schema object, outer place, depth int) []place
	places = func(schema object, outer place, depth int) (out []place) {
		properties, _ := schema["properties"].(object)
		for name, p := range properties {
			p := resolve(p)
			if depth > 3 {
				continue
			}
			if list := resolve(p["items"]); list["properties"] != nil {
				inner := place{func(o object) object { return outer.put(object{name: []any{o}}) }, outer.at + "." + name + "[0]"}
				out = append(append(out, inner), places(list, inner, depth+1)...)
			}
			if p["properties"] != nil {
				inner := place{func(o object) object { return outer.put(object{name: o}) }, outer.at + "." + name}
				out = append(append(out, inner), places(p, inner, depth+1)...)
			}
		}
		return out
	}
	n := 0
	for _, o := range operations {
		op := d.Paths[describedPath(o.path)][strings.ToLower(o.method)]
		if op.RequestBody == nil {
			continue
		}
		body, _ := put(names, o.body).(object)
		top := place{func(o object) object {
			out := maps.Clone(body)
			if out == nil {
				out = object{}
			}
			maps.Copy(out, o)
			return out
		}, "body"}
		for _, p := range places(resolve(op.RequestBody.Content["application/json"].Schema), top, 0) {
			n++
			a := s.call(admin, o.method, names.Replace(o.path), p.put(object{"colour": 1}))
			var got problem
			a.want(422).into(&got)
			if !slices.ContainsFunc(got.Errors, func(e struct{ Location, Message, Code string }) bool {
				return e.Location == p.at+".colour" && e.Code == "unknownMember"
			}) {
				t.Errorf("%s: %s.colour is not named: %s", op.OperationID, p.at, a.body)
			}
		}
	}
	if n < 5 {
		t.Errorf("only %d objects inside of bodies", n)
	}
}
