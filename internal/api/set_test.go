package api_test

import (
	"io"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// Without a file, the form of a target comes with the values, at the place where
// people's files come.
func TestValuesAreSetForATarget(t *testing.T) {
	s := newStack(t)
	for n, f := range []map[domain.Field]domain.Value{
		{"contact:city": "Zzyzx", "criterion:GENRE": "ROCK", "contact:email": "=cmd@zz.example"},
		{"contact:city": "Zzyzx", "authorisation:EMAIL": domain.True},
		{"contact:city": "Zzyz"},
	} {
		c := domain.Contact{Number: domain.ContactNumber([]string{"0099001", "0099002", "0099003"}[n]), Fields: f}
		if _, err := s.contacts.Put(t.Context(), "aurora", c, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	target := func(name string, city string) string {
		return s.call(operator, "POST", "/api/targets", object{"name": name, "condition": object{"field": "contact:city", "op": "is", "value": city}}).want(201).object()["id"].(string)
	}
	zz, none := target("Town / Zzyzx", "Zzyzx"), target("Nobody", "Nowhere at all")
	read := func(id string) (domain.Import, string) {
		t.Helper()
		i, err := s.jobs.Import(t.Context(), "aurora", id)
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.uploads.Open(t.Context(), domain.Object{Key: flow.UploadKey("aurora", id)})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		if err != nil {
			t.Fatal(err)
		}
		return i, string(b)
	}
	body := object{"dataType": "criteria", "action": "test", "targetId": zz, "set": object{"GENRE": "jazz", "INTERESTS": "add: TALKS"}}
	made := s.call(operator, "POST", "/api/imports", body, "Idempotency-Key: once").want(201).object()
	if made["upload"] != nil {
		t.Errorf("%v", made)
	}
	i, file := read(made["id"].(string))
	if want := "\ufeffContact,[old] GENRE,[new] GENRE,[old] INTERESTS,[new] INTERESTS\r\n#0099001,ROCK,jazz,,add: TALKS\r\n#0099002,,jazz,,add: TALKS\r\n"; file != want {
		t.Errorf("%q", file)
	}
	if i.Action != domain.Test || i.FileName != "Town - Zzyzx 2026-03-01.csv" || i.Status != domain.Waiting {
		t.Errorf("%+v", i)
	}
	if again := s.call(operator, "POST", "/api/imports", body, "Idempotency-Key: once").want(201).object(); again["id"] != made["id"] {
		t.Errorf("another import: %v", again)
	}
	_, file = read(s.call(operator, "POST", "/api/imports", object{"dataType": "authorisations", "action": "update", "targetId": zz, "set": object{"EMAIL": "FALSE"}}).want(201).object()["id"].(string))
	if !strings.Contains(file, "#0099001,,FALSE\r\n#0099002,true,FALSE\r\n") {
		t.Errorf("%q", file)
	}

	for at, wrong := range map[string]object{
		"body.set.GENRE":  {"dataType": "criteria", "targetId": zz, "set": object{"GENRE": "Polka"}},
		"body.set.EMAIL":  {"dataType": "criteria", "targetId": zz, "set": object{"EMAIL": "TRUE"}},
		"body.set":        {"dataType": "criteria", "targetId": zz},
		"body.targetId":   {"dataType": "criteria", "targetId": none, "set": object{"GENRE": "JAZZ"}},
		"body.dataType":   {"dataType": "contacts", "targetId": zz, "set": object{"City": "Bern"}},
		"body.set.NOTE_X": {"dataType": "criteria", "targetId": zz, "set": object{"NOTE_X": "a"}},
	} {
		wrong["action"] = "test"
		s.call(operator, "POST", "/api/imports", wrong).problem(422, "invalid", at)
	}
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "targetId": "elsewhere", "set": object{"GENRE": "JAZZ"}}).problem(422, "invalid", "body.targetId")
	s.call(viewer, "POST", "/api/imports", body).problem(403, "forbidden")
}
