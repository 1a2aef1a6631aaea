package api_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
)

func TestCreateTemplate(t *testing.T) {
	s := newStack(t)
	target := s.anyTarget()
	a := s.call(operator, "POST", "/api/templates", object{"dataType": "authorisations", "targetId": target, "email": " olga@aurora.example ", "fields": []any{"EMAIL", "POST"}, "format": "csv"}).want(202)
	made := a.object()
	id := made["id"].(string)
	if d := cmp.Diff(object{"id": id, "status": "preparing"}, made); d != "" || a.header.Get("Location") != "/api/templates/"+id {
		t.Error(d, a.header)
	}
	if d := cmp.Diff([]string{id}, s.templates.ids); d != "" {
		t.Error(d)
	}
	got := s.call(operator, "GET", "/api/templates/"+id, nil).want(200).object()
	if d := cmp.Diff(object{
		"id": id, "status": "preparing", "dataType": "authorisations", "targetId": target, "targetName": got["targetName"], "fields": []any{"EMAIL", "POST"}, "format": "csv",
		"email": "olga@aurora.example", "contacts": 0.0, "bytes": 0.0, "mail": object{}, "createdAt": "2026-03-01T09:00:00Z", "createdBy": "olga@aurora.example", "createdById": "u2", "expiresAt": "2026-03-31T09:00:00Z",
	}, got); d != "" || got["targetName"] == "" {
		t.Error(d)
	}
	job, err := s.jobs.Template(t.Context(), "aurora", id)
	if err != nil || job.Language != "it" || !job.ExpiresAt.After(job.FileEnds()) {
		t.Errorf("%+v %v", job, err)
	}
	s.call(operator, "GET", "/api/templates/"+id+"/file", nil).problem(409, "notReady")
	if got := s.call(operator, "GET", "/api/templates", nil).want(200).object()["items"].([]any); len(got) != 1 {
		t.Error(got)
	}
	// All fields, no mail, the institution's language.
	made = s.call(admin, "POST", "/api/templates", object{"dataType": "criteria", "targetId": target}).want(202).object()
	job, err = s.jobs.Template(t.Context(), "aurora", made["id"].(string))
	if err != nil || job.Language != "en" || job.Email != "" || len(job.Fields) != 0 || job.Format != "csv" {
		t.Errorf("%+v %v", job, err)
	}
	for _, format := range []string{"csv", "xlsx", "both"} {
		id := s.call(operator, "POST", "/api/templates", object{"dataType": "criteria", "targetId": target, "format": format}).want(202).object()["id"].(string)
		if got := s.call(operator, "GET", "/api/templates/"+id, nil).want(200).object()["format"]; got != format {
			t.Errorf("asked for %s, got %v", format, got)
		}
	}
}

func TestTemplateIsChecked(t *testing.T) {
	s := newStack(t)
	target := s.anyTarget()
	for name, c := range map[string]struct {
		body object
		at   []string
	}{
		"criteria of contacts": {object{"dataType": "contacts", "targetId": target, "fields": []any{"email", "GENRE"}}, []string{"body.fields[1]"}},
		"strange type":         {object{"dataType": "x", "targetId": target}, []string{"body.dataType"}},
		"no target":            {object{"dataType": "criteria"}, []string{"body.targetId"}},
		"unknown target":       {object{"dataType": "criteria", "targetId": "none"}, []string{"body.targetId"}},
		"hostile target":       {object{"dataType": "criteria", "targetId": "../x\x00"}, []string{"body.targetId"}},
		"bad e-mail":           {object{"dataType": "criteria", "targetId": target, "email": "a@b@c"}, []string{"body.email"}},
		"field of other type":  {object{"dataType": "criteria", "targetId": target, "fields": []any{"GENRE", "EMAIL"}}, []string{"body.fields[1]"}},
		"field twice":          {object{"dataType": "criteria", "targetId": target, "fields": []any{"GENRE", "GENRE"}}, []string{"body.fields[1]"}},
		"small letters":        {object{"dataType": "criteria", "targetId": target, "fields": []any{"genre"}}, []string{"body.fields[0]"}},
		"format":               {object{"dataType": "criteria", "targetId": target, "format": "ods"}, []string{"body.format"}},
		"several":              {object{"dataType": "criteria", "targetId": "none", "email": "x", "fields": []any{"X"}}, []string{"body.email", "body.fields[0]", "body.targetId"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.call(operator, "POST", "/api/templates", c.body).problem(422, "invalid", c.at...)
		})
	}
	s.t = t
	// A target whose field is gone.
	s.call(admin, "PUT", "/api/criteria/GOING", object{"label": "L", "kind": "yesno"}).want(201)
	id := s.call(admin, "POST", "/api/targets", object{"name": "N", "condition": object{"field": "criterion:GOING", "op": "is", "value": true}}).want(201).object()["id"]
	s.call(admin, "DELETE", "/api/criteria/GOING", nil).want(204)
	s.call(operator, "POST", "/api/templates", object{"dataType": "criteria", "targetId": id}).problem(422, "invalid", "body.targetId")
	if len(s.templates.ids) != 0 {
		t.Error("something was prepared")
	}
}

func TestTemplateThatCannotBeStarted(t *testing.T) {
	s := newStack(t)
	s.templates.err = errors.New("secret cause")
	a := s.call(operator, "POST", "/api/templates", object{"dataType": "criteria", "targetId": s.anyTarget()}, "Idempotency-Key: k")
	a.problem(503, "notStarted")
	if strings.Contains(string(a.body), "secret") || a.header.Get("Retry-After") == "" || !strings.Contains(s.log.String(), "secret cause") {
		t.Errorf("%s", a.body)
	}
	var page struct {
		Items []struct {
			Status  string
			Problem struct{ Code string }
		}
	}
	s.call(viewer, "GET", "/api/templates", nil).want(200).into(&page)
	if len(page.Items) != 1 || page.Items[0].Status != "failed" || page.Items[0].Problem.Code != "notStarted" {
		t.Errorf("%+v", page)
	}
}

func TestTemplateIdempotency(t *testing.T) {
	s := newStack(t)
	body := object{"dataType": "criteria", "targetId": s.anyTarget()}
	first := s.call(operator, "POST", "/api/templates", body, "Idempotency-Key: k").want(202)
	second := s.call(operator, "POST", "/api/templates", body, "Idempotency-Key: k").want(202)
	if string(first.body) != string(second.body) {
		t.Errorf("%s\n%s", first.body, second.body)
	}
	body["dataType"] = "authorisations"
	s.call(operator, "POST", "/api/templates", body, "Idempotency-Key: k").problem(409, "idempotencyKeyReused")
	if got := s.call(viewer, "GET", "/api/templates", nil).object()["items"].([]any); len(got) != 1 {
		t.Errorf("%d templates", len(got))
	}
}

func TestTemplateFile(t *testing.T) {
	s := newStack(t)
	ready := s.readyTemplate()
	path := "/api/templates/" + ready.ID
	u, err := url.Parse(s.call(operator, "GET", path+"/file", nil).want(302).header.Get("Location"))
	if err != nil || u.Host != "files.example" || u.Query().Get("name") != ready.FileName {
		t.Error(u, err)
	}
	s.call(operator, "GET", path+"/file?redirect=maybe", nil).problem(422, "invalid", "query.redirect")
	if got := s.call(operator, "GET", path, nil).object()["status"]; got != "ready" {
		t.Error(got)
	}

	// The file's life ends before the job's.
	now := s.now
	s.now = now.Add(domain.TemplateLife)
	if got := s.call(operator, "GET", path, nil).object()["status"]; got != "expired" {
		t.Error(got)
	}
	s.call(operator, "GET", path+"/file", nil).problem(410, "expired")
	s.now = now.Add(3 * domain.TemplateLife)
	s.call(operator, "GET", path+"/file", nil).problem(404, "notFound")
	s.now = now

	// The file is gone before its time.
	s.files.Remove(ready.File.Key)
	s.call(operator, "GET", path+"/file", nil).problem(410, "expired")
	if got := s.call(operator, "GET", path, nil).object()["status"]; got != "expired" {
		t.Error(got)
	}

	failed := s.readyTemplate()
	if _, err := s.jobs.ChangeTemplate(t.Context(), "aurora", failed.ID, func(t *domain.Template) error {
		t.Status, t.Problem, t.Mail = domain.TemplateFailed, domain.Because("targetGone"), domain.NewMailState("failed", "mailRefused")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.call(operator, "GET", "/api/templates/"+failed.ID+"/file", nil).problem(409, "templateFailed")
	got := s.call(viewer, "GET", "/api/templates/"+failed.ID, nil).object()
	if d := cmp.Diff(object{"code": "targetGone", "params": object{}, "message": "The target was deleted before the template was made."}, got["problem"]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(object{"status": "failed", "code": "mailRefused", "reason": "The mail service refused the mail to this address."}, got["mail"]); d != "" {
		t.Error(d)
	}
}

// How old a template is shows in what changed since.
func TestTemplateChanges(t *testing.T) {
	s := newStack(t)
	s.call(operator, "PUT", "/api/contacts/0000777", object{"lastName": "A", "criteria": object{"GENRE": "JAZZ"}}).want(201)
	s.now = s.now.Add(time.Hour)
	made := s.call(operator, "POST", "/api/templates", object{"dataType": "criteria", "targetId": s.call(admin, "POST", "/api/targets", object{"name": "Everybody", "condition": everybody}).want(201).object()["id"]}).want(202).object()
	path := "/api/templates/" + made["id"].(string) + "/changes"
	if got := s.call(viewer, "GET", path, nil).want(200).object(); got["count"] != 0.0 || got["complete"] != true {
		t.Errorf("at once: %v", got)
	}
	s.now = s.now.Add(time.Hour)
	s.call(operator, "PUT", "/api/contacts/0000777", object{"lastName": "A", "criteria": object{"GENRE": "ROCK"}}).want(200)
	s.call(operator, "PUT", "/api/contacts/0000778", object{"lastName": "B", "authorisations": object{"EMAIL": true}}).want(201)
	if got := s.call(viewer, "GET", path, nil).want(200).object(); got["count"] != 1.0 {
		t.Errorf("one criterion and one authorisation changed: %v", got)
	}
	s.call(stranger, "GET", path, nil).problem(404, "notFound")
}

// A target is not deleted under a template that is being made of it.
func TestTargetInUse(t *testing.T) {
	s := newStack(t)
	goal := s.call(admin, "POST", "/api/targets", object{"name": "N", "condition": everybody}).want(201).object()["id"].(string)
	made := s.call(operator, "POST", "/api/templates", object{"dataType": "criteria", "targetId": goal}).want(202).object()
	s.call(admin, "DELETE", "/api/targets/"+goal, nil).problem(409, "inUse")
	if _, err := s.jobs.ChangeTemplate(t.Context(), "aurora", made["id"].(string), func(f *domain.Template) error { f.Status = domain.Ready; return nil }); err != nil {
		t.Fatal(err)
	}
	s.call(admin, "DELETE", "/api/targets/"+goal, nil).want(204)
}
