package api_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/testing/memory"
)

var unnamed = regexp.MustCompile(`\{\w+\}`)

// Whoever has an answer with a tag is told that it is the same, without a body, and
// the description says of which.
func TestWhatSomebodyHasIsNotSentAgain(t *testing.T) {
	s := newStack(t)
	names := s.things()
	paths := s.described()
	tagged := 0
	for _, o := range operations {
		if o.method != "GET" {
			continue
		}
		path := names.Replace(o.path)
		first := s.call(admin, "GET", path, nil)
		takes := false
		for described, methods := range paths {
			for _, p := range methods["get"].Parameters {
				takes = takes || unnamed.ReplaceAllString(described, "{}") == unnamed.ReplaceAllString(o.path, "{}") && p.In == "header" && p.Name == "If-None-Match"
			}
		}
		tag := first.header.Get("ETag")
		if takes != (tag != "") {
			t.Errorf("GET %s: the tag is %q, If-None-Match is described: %v", o.path, tag, takes)
		}
		if tag == "" {
			continue
		}
		tagged++
		for header, want := range map[string]int{tag: 304, "W/" + tag: 304, `"other", ` + tag: 304, "*": 304, `"other"`: 200, strings.Trim(tag, `"`): 200} {
			a := s.call(admin, "GET", path, nil, "If-None-Match: "+header).want(want)
			if a.header.Get("ETag") != tag || want == 304 && (len(a.body) > 0 || a.header.Get("Content-Type") != "") || want == 200 && string(a.body) != string(first.body) {
				t.Errorf("GET %s with %s: %q %q", o.path, header, a.header, a.body)
			}
		}
	}
	if tagged < 15 {
		t.Errorf("%d answers have a tag", tagged)
	}
	s.call(viewer, "GET", "/api/imports/none", nil, "If-None-Match: *").problem(404, "notFound")
	s.call(nobody, "GET", "/api/imports", nil, "If-None-Match: *").want(401)
}

// counting counts what the API reads of the imports.
type counting struct {
	*memory.Jobs
	brief, reports int
}

func (c *counting) BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	c.brief++
	return c.Jobs.BriefImport(ctx, in, id)
}

func (c *counting) Import(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	c.reports++
	return c.Jobs.Import(ctx, in, id)
}

func (c *counting) Reports(ctx context.Context, in domain.InstitutionID, is []domain.Import) error {
	c.reports++
	return c.Jobs.Reports(ctx, in, is)
}

// catalogues counts how often the catalogue is read.
type catalogues struct {
	definitions
	read int
}

type definitions = api.Catalogue

func (c *catalogues) Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error) {
	c.read++
	return c.definitions.Catalogue(ctx, in)
}

// Whoever says no language gets the institution's, which is looked up once for all
// that is listed.
func TestTheLanguageOfAListIsReadOnce(t *testing.T) {
	s := newStack(t)
	read := &catalogues{definitions: s.catalogue}
	s.config.Catalogue = read
	s.handler = api.New(s.config)
	for range 20 {
		s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": "spring.csv"}).want(201)
	}
	for _, path := range []string{"/api/imports", "/api/imports?brief=true", "/api/imports?q=spring", "/api/templates", "/api/webhooks"} {
		read.read = 0
		s.call(admin, "GET", path, nil).want(200)
		if read.read > 1 {
			t.Errorf("GET %s read the catalogue %d times", path, read.read)
		}
	}
}

// A page that asks again and again how an import stands costs one small reading while
// nothing changes, and sees every change.
func TestAskingAgainReadsNoReport(t *testing.T) {
	s := newStack(t)
	jobs := &counting{Jobs: s.jobs}
	s.config.Jobs = jobs
	s.handler = api.New(s.config)
	var made struct{ ID string }
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": "spring.csv"}).want(201).into(&made)
	path := "/api/imports/" + made.ID
	asked := s.call(viewer, "GET", path, nil).want(200)
	again := func(headers ...string) answer {
		t.Helper()
		tag := asked.header.Get("ETag")
		*jobs = counting{Jobs: s.jobs}
		a := s.call(viewer, "GET", path, nil, append(headers, "If-None-Match: "+tag)...)
		if a.status == http.StatusNotModified && (jobs.brief != 1 || jobs.reports != 0) {
			t.Errorf("the same again cost %d readings and %d of reports", jobs.brief, jobs.reports)
		}
		return a
	}
	again().want(304)
	again("Accept-Language: fr").want(200) // other sentences

	list := s.call(viewer, "GET", "/api/imports?brief=true", nil).want(200).header.Get("ETag")
	sameList := func() int {
		return s.call(viewer, "GET", "/api/imports?brief=true", nil, "If-None-Match: "+list).status
	}
	for _, c := range []struct {
		name   string
		listed bool // the list tells of it too
		change func(*domain.Import)
	}{
		{"its file came", true, func(i *domain.Import) { i.Status, i.StartedAt = domain.Checking, s.now }},
		{"it was read", true, func(i *domain.Import) {
			i.Status, i.Rows, i.Headers = domain.Running, 10, []domain.Header{{Name: "Genre"}}
		}},
		{"other headers", false, func(i *domain.Import) { i.Headers = []domain.Header{{Name: "Genres"}} }},
		{"it ended", true, func(i *domain.Import) {
			i.Status, i.Counts, i.FinishedAt = domain.Done, domain.Counts{Rows: 10, Updated: 10}, s.now
			i.Problems = []domain.Problem{{Line: 2, Outcome: domain.RowRejected, Reason: reason.New("rowsPadded", 1)}}
		}},
		{"a note", true, func(i *domain.Import) { i.Note = "Gala" }},
	} {
		if _, err := s.jobs.ChangeImport(t.Context(), "aurora", made.ID, func(i *domain.Import) error { c.change(i); return nil }); err != nil {
			t.Fatal(err)
		}
		a := again()
		if a.status != 200 || a.header.Get("ETag") == asked.header.Get("ETag") {
			t.Errorf("%s: %d %s", c.name, a.status, a.header.Get("ETag"))
		}
		asked = a
		again().want(304)
		if got := sameList(); (got == 200) != c.listed {
			t.Errorf("%s: the list is %d", c.name, got)
		}
		list = s.call(viewer, "GET", "/api/imports?brief=true", nil).want(200).header.Get("ETag")
		if got := sameList(); got != 304 {
			t.Errorf("%s: the same list is %d", c.name, got)
		}
	}
	// How far it has come is a change, and what is nobody's business is none.
	set := func(f func(*domain.Import)) {
		t.Helper()
		if _, err := s.jobs.ChangeImport(t.Context(), "aurora", made.ID, func(i *domain.Import) error { f(i); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	set(func(i *domain.Import) { i.RetriedAt, i.Ticket = s.now, domain.Ticket{Slot: 1, Order: "0000001"} })
	again().want(304)
	set(func(i *domain.Import) { i.Status, i.Counts = domain.Running, domain.Counts{} })
	asked = again().want(200)
	for done := range 3 {
		if err := s.jobs.SetProgress(t.Context(), "aurora", made.ID, 0, domain.Counts{Rows: done + 1, Updated: done + 1}); err != nil {
			t.Fatal(err)
		}
		if got := sameList(); got != 200 {
			t.Errorf("the list with %d rows done is %d", done+1, got)
		}
		asked = again().want(200)
		if got := fmt.Sprint(asked.object()["counts"].(map[string]any)["updated"]); got != fmt.Sprint(done+1) {
			t.Errorf("%s of %d rows", got, done+1)
		}
	}
	// The tag is good for a write too, whoever read it in whatever language.
	s.call(operator, "PUT", path, object{"note": "mine"}, "If-Match: "+asked.header.Get("ETag")).want(200)
	again().want(200)
}
