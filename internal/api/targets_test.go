package api_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/memory"
)

func TestTargets(t *testing.T) {
	s := newStack(t)
	jazz := object{"all": []any{object{"field": "criterion:GENRE", "op": "in", "value": []any{"JAZZ", "ROCK"}}, object{"not": object{"field": "authorisation:EMAIL", "op": "is", "value": false}}}}
	a := s.call(admin, "POST", "/api/targets", object{"name": " Jazz ", "condition": jazz}).want(201)
	made := a.object()
	id := made["id"].(string)
	want := object{"id": id, "name": "Jazz", "condition": jazz, "createdAt": "2026-03-01T09:00:00Z", "createdBy": "ada@aurora.example", "createdById": "u1"}
	if d := cmp.Diff(want, made); d != "" {
		t.Error(d)
	}
	if a.header.Get("Location") != "/api/targets/"+id {
		t.Error(a.header)
	}
	if d := cmp.Diff(want, s.call(viewer, "GET", "/api/targets/"+id, nil).want(200).object()); d != "" {
		t.Error(d)
	}
	want["name"], want["condition"] = "All", everybody
	if d := cmp.Diff(want, s.call(admin, "PUT", "/api/targets/"+id, object{"name": "All", "condition": everybody}).want(200).object()); d != "" {
		t.Error(d)
	}
	// What a GET shows can be put back.
	if d := cmp.Diff(want, s.call(admin, "PUT", "/api/targets/"+id, want).want(200).object()); d != "" {
		t.Error(d)
	}
	s.call(admin, "PUT", "/api/targets/"+id, object{"id": "another", "name": "All", "condition": everybody}).problem(422, "invalid", "body.id")
	var page struct{ Items []struct{ ID, Name string } }
	s.call(viewer, "GET", "/api/targets", nil).want(200).into(&page)
	if len(page.Items) != 8 || page.Items[0].Name != "All" {
		t.Error(page)
	}
	s.call(admin, "DELETE", "/api/targets/"+id, nil).want(204)
	s.call(admin, "DELETE", "/api/targets/"+id, nil).problem(404, "notFound")
	s.call(viewer, "GET", "/api/targets/"+id, nil).problem(404, "notFound")
	s.call(admin, "PUT", "/api/targets/"+id, object{"name": "All", "condition": everybody}).problem(404, "notFound")
	for _, bad := range []string{"%00", "a%20b", "..%2F..", strings.Repeat("x", 100), "%FF"} {
		s.call(viewer, "GET", "/api/targets/"+bad, nil).problem(404, "notFound")
		s.call(admin, "DELETE", "/api/targets/"+bad, nil).problem(404, "notFound")
	}
}

// A target shows what it came to when somebody last counted it, as long as its
// condition is that; counting is no change that others have to look at.
func TestTargetsShowTheirCount(t *testing.T) {
	s := newStack(t)
	const one = "/api/targets/"
	made := s.call(operator, "POST", "/api/targets", object{"name": "All", "condition": everybody}).want(201)
	id := made.object()["id"].(string)
	s.now = s.now.Add(time.Hour)
	var p struct {
		Count    int
		Complete bool
		Sample   []any
		At       time.Time
	}
	s.call(viewer, "POST", one+id+"/count", nil).want(200).into(&p)
	if p.Count == 0 || len(p.Sample) == 0 || !p.Complete || !p.At.Equal(s.now) {
		t.Errorf("%+v", p)
	}
	want := object{"contacts": float64(p.Count), "complete": true, "at": s.now.UTC().Format(time.RFC3339)}
	s.now = s.now.Add(time.Hour)
	got := s.call(admin, "GET", one+id, nil).want(200)
	if d := cmp.Diff(want, got.object()["counted"]); d != "" {
		t.Error(d)
	}
	if got.header.Get("ETag") != made.header.Get("ETag") {
		t.Error("counting has changed the tag")
	}
	body := got.object()
	body["name"] = "Everybody here"
	if d := cmp.Diff(want, s.call(operator, "PUT", one+id, body, "If-Match: "+made.header.Get("ETag")).want(200).object()["counted"]); d != "" {
		t.Error(d)
	}
	s.call(operator, "PUT", one+id, object{"name": "Some", "condition": object{"field": "contact:city", "op": "is", "value": "Bern"}}).want(200)
	if _, there := s.call(viewer, "GET", one+id, nil).want(200).object()["counted"]; there {
		t.Error("the count of another condition is shown")
	}
	s.call(viewer, "POST", one+"nowhere/count", nil).problem(404, "notFound")
}

// An answer of more than 6 MB would not leave the function.
func TestPagesOfLargeThings(t *testing.T) {
	s := newStack(t)
	names := make([]any, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("%0200d", i)
	}
	large := object{"field": "contact:lastName", "op": "in", "value": names}
	var all, seen []string
	for i := range 40 {
		all = append(all, fmt.Sprintf("%02d", i))
		s.call(admin, "POST", "/api/targets", object{"name": all[i], "condition": large}).want(201)
	}
	for cursor := ""; ; {
		var page struct {
			Items      []struct{ Name string }
			NextCursor string
		}
		a := s.call(viewer, "GET", "/api/targets?limit=200&cursor="+cursor, nil).want(200).into(&page)
		if len(a.body) > 3<<20+1 || len(page.Items) == 0 {
			t.Fatalf("%d targets in %d bytes", len(page.Items), len(a.body))
		}
		for _, v := range page.Items {
			seen = append(seen, v.Name)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if d := cmp.Diff(all, seen[:len(all)]); d != "" || len(seen) != len(all)+7 {
		t.Error(d, len(seen))
	}
}

func TestTargetIsChecked(t *testing.T) {
	s := newStack(t)
	for name, c := range map[string]struct {
		name      any
		condition any
		code      string
		at        []string
	}{
		"no field":         {"N", object{"all": []any{object{"field": "criterion:NONE", "op": "is", "value": "x"}}}, "targetField", []string{"body.condition.all[0].field"}},
		"bad op and value": {"N", object{"any": []any{object{"field": "criterion:GENRE", "op": "before", "value": "x"}, object{"field": "criterion:GENRE", "op": "is", "value": "x"}}}, "targetCondition", []string{"body.condition.any[0].op", "body.condition.any[1].value"}},
		"empty":            {"N", object{}, "targetCondition", []string{"body.condition"}},
		"blank name":       {" ", everybody, "invalid", []string{"body.name"}},
		"long name":        {strings.Repeat("x", 101), everybody, "invalid", []string{"body.name"}},
		"both":             {"a\tb\x01", object{"x": 1}, "invalid", []string{"body.name", "body.condition.x"}},
		"no object":        {"N", "all", "invalid", []string{"body.condition"}},
		"null":             {"N", nil, "invalid", []string{"body.condition"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			for _, o := range []operation{{"POST", "/api/targets", nil, "", 0}, {"PUT", "/api/targets/" + s.anyTarget(), nil, "", 0}} {
				s.call(admin, o.method, o.path, object{"name": c.name, "condition": c.condition}).problem(422, c.code, c.at...)
			}
		})
	}
	s.t = t
	s.call(viewer, "POST", "/api/targets/preview", object{"condition": object{"not": 1}}).problem(422, "targetCondition", "body.condition.not")
	s.call(viewer, "POST", "/api/targets/preview", object{"condition": everybody, "name": "x"}).problem(422, "invalid", "body.name")
	s.call(viewer, "POST", "/api/targets/preview", object{}).problem(422, "invalid", "body.condition")
}

func (s *stack) anyTarget() string {
	s.t.Helper()
	var page struct{ Items []struct{ ID string } }
	s.call(viewer, "GET", "/api/targets?limit=1", nil).want(200).into(&page)
	return page.Items[0].ID
}

func TestPreview(t *testing.T) {
	s := newStack(t)
	type preview struct {
		Count    int
		Complete bool
		Sample   []struct{ Number, Email, FirstName, LastName string }
	}
	ask := func(condition any) (p preview) {
		t.Helper()
		s.call(viewer, "POST", "/api/targets/preview", object{"condition": condition}).want(200).into(&p)
		return p
	}
	all := ask(everybody)
	if all.Count != seeded || !all.Complete || len(all.Sample) != 10 || all.Sample[0].Number == "" || all.Sample[0].LastName == "" {
		t.Errorf("%+v", all)
	}
	none := s.call(viewer, "POST", "/api/targets/preview", object{"condition": object{"any": []any{}}}).want(200).object()
	if d := cmp.Diff(object{"count": 0.0, "complete": true, "sample": []any{}, "at": "2026-03-01T09:00:00Z"}, none); d != "" {
		t.Error(d)
	}
	some, others := ask(object{"field": "criterion:SUBSCRIBER", "op": "is", "value": true}), ask(object{"field": "criterion:SUBSCRIBER", "op": "isNot", "value": true})
	if some.Count == 0 || some.Count+others.Count != seeded {
		t.Errorf("%d and %d", some.Count, others.Count)
	}
}

// A big institution gets the count so far before the request must end.
func TestPreviewEndsInTime(t *testing.T) {
	s := newStack(t)
	s.config.Contacts = slowContacts{s.contacts, func() { s.now = s.now.Add(time.Second) }, 1000}
	s.rebuild()
	var p struct {
		Count    int
		Complete bool
	}
	s.call(viewer, "POST", "/api/targets/preview", object{"condition": everybody}).want(200).into(&p)
	if p.Complete || p.Count < 200 || p.Count >= 1000 {
		t.Errorf("%+v", p)
	}
	// A read that hangs ends as well.
	s.config.Contacts, s.config.PreviewFor = hangingContacts{s.contacts}, time.Nanosecond
	s.rebuild()
	s.call(viewer, "POST", "/api/targets/preview", object{"condition": everybody}).want(200).into(&p)
	if p.Complete || p.Count != 0 {
		t.Errorf("%+v", p)
	}
}

// ticking are contacts of which each takes its time.
type ticking struct {
	*memory.Contacts
	tick func()
}

func (c ticking) Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		for contact, err := range c.Contacts.Values(ctx, in, of) {
			if c.tick(); !yield(contact, err) {
				return
			}
		}
	}
}

// However many contacts there are, a count that goes on comes to the number that
// there is, and grows until then.
func TestACountGoesOn(t *testing.T) {
	s := newStack(t)
	if err := s.contacts.Load(t.Context(), demo.Aurora, func(yield func(domain.Contact) bool) {
		for i := range 4000 {
			if !yield(domain.Contact{Number: domain.ContactNumber(fmt.Sprintf("9%05d", i)), Fields: map[domain.Field]domain.Value{domain.ContactLastName: "Abel", domain.ContactCity: []domain.Value{"Bern", "Rome", "Oslo"}[i%3]}}) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	whole := s.config.Contacts
	s.config.Contacts = ticking{s.contacts, func() { s.now = s.now.Add(10 * time.Millisecond) }}
	type shown struct {
		Count      int
		Complete   bool
		NextCursor string
		Sample     []struct{ Number, LastName string }
	}
	rome := object{"field": "contact:city", "op": "is", "value": "Rome"}
	for name, condition := range map[string]any{"some": rome, "everybody": everybody, "nobody": object{"any": []any{}}} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.config.Contacts = whole
			s.rebuild()
			var want, got shown
			s.call(viewer, "POST", "/api/targets/preview", object{"condition": condition}).want(200).into(&want)
			if !want.Complete || want.NextCursor != "" || name == "some" && want.Count < 1333 {
				t.Fatalf("%+v", want)
			}
			s.config.Contacts = ticking{s.contacts, func() { s.now = s.now.Add(10 * time.Millisecond) }}
			s.rebuild()
			sample := got.Sample
			calls := 0
			for body := (object{"condition": condition, "seconds": 3}); ; {
				began, before := s.now, got.Count
				got = shown{}
				s.call(viewer, "POST", "/api/targets/preview", body).want(200).into(&got)
				sample = append(sample, got.Sample...)
				if calls++; s.now.Sub(began) > 6*time.Second || got.Count < before || got.Complete != (got.NextCursor == "") {
					t.Fatalf("%+v after %s and %d", got, s.now.Sub(began), before)
				}
				if got.Complete || calls > 50 {
					break
				}
				body = object{"condition": condition, "cursor": got.NextCursor, "seconds": 3}
			}
			if got.Count != want.Count || calls < 5 || calls > 20 || fmt.Sprint(sample) != fmt.Sprint(want.Sample) {
				t.Errorf("%d in %d calls, want %d; %v, want %v", got.Count, calls, want.Count, sample, want.Sample)
			}

			// A target keeps how far it came, whoever asks for more.
			id := s.call(operator, "POST", "/api/targets", object{"name": name, "condition": condition}).want(201).object()["id"].(string)
			kept := func() (n int, complete bool) {
				of := s.call(viewer, "GET", "/api/targets/"+id, nil).object()["counted"].(map[string]any)
				return int(of["contacts"].(float64)), of["complete"].(bool)
			}
			for calls = 1; ; calls++ {
				got = shown{}
				s.call([]api.Claims{viewer, admin}[calls%2], "POST", "/api/targets/"+id+"/count?more=true&seconds=4", nil).want(200).into(&got)
				if n, complete := kept(); n != got.Count || complete != got.Complete {
					t.Errorf("%d, %v are kept of %+v", n, complete, got)
				}
				if got.Complete || calls > 50 {
					break
				}
			}
			if got.Count != want.Count || calls < 5 || calls > 20 {
				t.Errorf("the target: %d in %d calls, want %d", got.Count, calls, want.Count)
			}
			// Without more it begins anew, and so does a complete one.
			s.call(viewer, "POST", "/api/targets/"+id+"/count?seconds=4", nil).want(200).into(&got)
			if again, _ := kept(); got.Complete || again != got.Count {
				t.Errorf("counted anew: %+v, %d kept", got, again)
			}
			s.call(operator, "PUT", "/api/targets/"+id, object{"name": name, "condition": object{"all": []any{condition, rome}}}).want(200)
			s.call(viewer, "POST", "/api/targets/"+id+"/count?more=true&seconds=1", nil).want(200).into(&got)
			if got.Count > 300 {
				t.Errorf("another condition went on from %+v", got)
			}
		})
	}
	s.t = t
	var got shown
	s.call(viewer, "POST", "/api/targets/preview", object{"condition": rome, "seconds": 3}).want(200).into(&got)
	for _, bad := range []object{
		{"condition": everybody, "cursor": got.NextCursor}, // of another one
		{"condition": rome, "cursor": "x"},
		{"condition": rome, "cursor": base64.RawURLEncoding.EncodeToString([]byte(`{"n":-1}`))},
	} {
		s.call(viewer, "POST", "/api/targets/preview", bad).problem(422, "cursorInvalid", "body.cursor")
	}
	for _, seconds := range []int{0, 21, -1} {
		s.call(viewer, "POST", "/api/targets/preview", object{"condition": rome, "seconds": seconds}).problem(422, "invalid", "body.seconds")
	}
}

func TestTargetIdempotency(t *testing.T) {
	s := newStack(t)
	const key = "Idempotency-Key: k1"
	body := object{"name": "N", "condition": everybody}
	first := s.call(admin, "POST", "/api/targets", body, key).want(201)
	second := s.call(admin, "POST", "/api/targets", body, key).want(201)
	if string(first.body) != string(second.body) || first.header.Get("Location") != second.header.Get("Location") {
		t.Errorf("%s\n%s", first.body, second.body)
	}
	s.call(admin, "POST", "/api/targets", object{"name": "M", "condition": everybody}, key).problem(409, "idempotencyKeyReused")
	// It is that target still when it has another name.
	path := first.header.Get("Location")
	s.call(admin, "PUT", path, object{"name": "M", "condition": everybody}).want(200)
	if third := s.call(admin, "POST", "/api/targets", body, key).want(201); third.header.Get("Location") != path {
		t.Errorf("%s", third.body)
	}
	s.call(admin, "POST", "/api/targets", object{"name": "M", "condition": everybody}, key).problem(409, "idempotencyKeyReused")
	if other := s.call(admin, "POST", "/api/targets", body, "Idempotency-Key: k2").want(201); string(other.body) == string(first.body) {
		t.Error("another key, the same target")
	}
	if theirs := s.call(stranger, "POST", "/api/targets", body, key).want(201).object(); theirs["id"] == first.object()["id"] {
		t.Error("another institution, the same target")
	}
}

func TestPutTargetOutlastsARace(t *testing.T) {
	s := newStack(t)
	path := "/api/targets/" + s.anyTarget()
	s.config.Catalogue = &racingCatalogue{store: s.catalogue, times: 3}
	s.rebuild()
	s.call(admin, "PUT", path, object{"name": "N", "condition": everybody}).want(200)
}
