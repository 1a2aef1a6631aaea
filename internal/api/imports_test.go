package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// A form takes no larger file than the institution's settings allow, and the user's.
func TestTheSizeOfAnUploadIsBounded(t *testing.T) {
	s := newStack(t)
	for _, c := range []struct {
		limits, userLimits object
		want               float64
	}{
		{nil, nil, sheet.MaxFileBytes},
		{object{"fileMegabytes": 20}, nil, 20_000_000},
		{object{"fileMegabytes": 20}, object{"fileMegabytes": 3}, 3_000_000},
		{object{"fileMegabytes": 2}, object{"fileMegabytes": 3}, 2_000_000},
	} {
		settings := object{"name": "Own", "language": "en", "separator": ",", "country": "GB"}
		if c.limits != nil {
			settings["limits"] = c.limits
		}
		if c.userLimits != nil {
			settings["userLimits"] = c.userLimits
		}
		s.call(admin, "PUT", "/api/settings", settings).want(200)
		made := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}).want(201).object()
		if got := made["upload"].(object)["maxBytes"]; got != c.want {
			t.Errorf("%v and %v: %v bytes, want %v", c.limits, c.userLimits, got, c.want)
		}
	}
	s.call(admin, "PUT", "/api/settings", object{"name": "Own", "language": "en", "separator": ",", "country": "GB", "limits": object{"fileMegabytes": 5001}}).problem(422, "invalid", "body.limits.fileMegabytes")
}

func TestCreateImport(t *testing.T) {
	s := newStack(t)
	a := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "update", "fileName": `C:\Users\Ana\été "1".csv`, "email": "olga@aurora.example", "onConflict": "overwrite"}).want(201)
	made := a.object()
	id := made["id"].(string)
	upload := made["upload"].(object)
	if made["status"] != "waiting" || upload["url"] != "https://uploads.example/" || upload["maxBytes"] != float64(sheet.MaxFileBytes) ||
		upload["fields"].(object)["key"] != "uploads/aurora/"+id || a.header.Get("Location") != "/api/imports/"+id {
		t.Error(made)
	}
	got := s.call(viewer, "GET", "/api/imports/"+id, nil).want(200).object()
	if d := cmp.Diff(object{
		"id": id, "dataType": "criteria", "action": "update", "onConflict": "overwrite", "fileName": `été "1".csv`, "email": "olga@aurora.example",
		"status": "waiting", "progress": 0.0, "counts": object{"rows": 0.0, "created": 0.0, "updated": 0.0, "unchanged": 0.0, "rejected": 0.0, "conflicted": 0.0, "unprocessed": 0.0},
		"warnings": []any{}, "problems": []any{}, "problemsTotal": 0.0, "fields": []any{}, "files": []any{}, "mail": object{},
		"recipe": object{"onConflict": "overwrite"}, "headers": []any{},
		"createdAt": "2026-03-01T09:00:00Z", "createdBy": "olga@aurora.example", "createdById": "u2", "expiresAt": "2026-03-31T09:00:00Z",
	}, got); d != "" {
		t.Error(d)
	}
	// Where it runs is for those who look after it, once it does.
	if _, err := s.jobs.ChangeImport(t.Context(), "aurora", id, func(i *domain.Import) error {
		i.Status, i.StartedAt = domain.Running, i.CreatedAt
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  api.Claims
		want any
	}{{viewer, nil}, {operator, nil}, {admin, "arn:aws:states:eu-central-1:123456789012:execution:rollbook-import:" + id}} {
		if got := s.call(c.who, "GET", "/api/imports/"+id, nil).want(200).object()["execution"]; got != c.want {
			t.Errorf("%s sees the execution %v, want %v", c.who.Email, got, c.want)
		}
	}
	// The least that a request has.
	made = s.call(admin, "POST", "/api/imports", object{"dataType": "authorisations", "action": "test"}).want(201).object()
	got = s.call(viewer, "GET", "/api/imports/"+made["id"].(string), nil).want(200).object()
	if got["onConflict"] != "skip" || got["fileName"] != "upload" || got["email"] != nil {
		t.Error(got)
	}
	var page struct {
		Items []struct{ ID string }
	}
	s.call(viewer, "GET", "/api/imports", nil).want(200).into(&page)
	if len(page.Items) != 2 || page.Items[0].ID != made["id"] {
		t.Error("not the newest first")
	}
	if len(s.machine.Started()) != 0 {
		t.Error("started without a file")
	}
}

func TestImportIsChecked(t *testing.T) {
	s := newStack(t)
	for name, c := range map[string]struct {
		body object
		at   []string
	}{
		"strange type":    {object{"dataType": "x", "action": "test"}, []string{"body.dataType"}},
		"no action":       {object{"dataType": "criteria"}, []string{"body.action"}},
		"strange action":  {object{"dataType": "criteria", "action": "delete"}, []string{"body.action"}},
		"bad e-mail":      {object{"dataType": "criteria", "action": "test", "email": "x"}, []string{"body.email"}},
		"bad rule":        {object{"dataType": "criteria", "action": "test", "onConflict": "x"}, []string{"body.onConflict"}},
		"an institution":  {object{"dataType": "criteria", "action": "test", "institution": "borealis"}, []string{"body.institution"}},
		"wrong types":     {object{"dataType": "criteria", "action": "test", "fileName": 5, "email": []any{}}, []string{"body.email", "body.fileName"}},
		"several at once": {object{"dataType": "x", "action": "x", "onConflict": "x"}, []string{"body.action", "body.dataType", "body.onConflict"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.call(operator, "POST", "/api/imports", c.body).problem(422, "invalid", c.at...)
		})
	}
}

func TestFileNamesAreShownSafely(t *testing.T) {
	s := newStack(t)
	for name, want := range map[string]string{
		"": "upload", "a.csv": "a.csv", "../../etc/passwd": "passwd", `..\..\x.csv`: "x.csv", "/": "upload", "..": "upload", ".": "upload",
		"a\x00b\r\nc.csv": "abc.csv", "\u202egpj.exe": "gpj.exe", " x ": "x", `"quoted'.csv`: `"quoted'.csv`, "no extension": "no extension",
		"日本語🎭.csv": "日本語🎭.csv", "a\u2028b": "ab",
		strings.Repeat("ü", 400) + ".csv":                 strings.Repeat("ü", 295) + "….csv",
		strings.Repeat("x", 299) + "." + "extension-long": strings.Repeat("x", 299) + "…",
	} {
		id := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": name}).want(201).object()["id"].(string)
		if got := s.call(viewer, "GET", "/api/imports/"+id, nil).object()["fileName"]; got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}

func TestImportIdempotency(t *testing.T) {
	s := newStack(t)
	body := object{"dataType": "criteria", "action": "test", "fileName": "a.csv"}
	const key = "Idempotency-Key: k"
	first := s.call(operator, "POST", "/api/imports", body, key).want(201).object()
	s.now = s.now.Add(10 * time.Minute)
	second := s.call(operator, "POST", "/api/imports", body, key).want(201).object()
	if first["id"] != second["id"] || second["upload"] == nil {
		t.Error(first, second)
	}
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "update", "fileName": "a.csv"}, key).problem(409, "idempotencyKeyReused")
	// A file that came needs no form.
	s.change(first["id"].(string), func(i *domain.Import) { i.Status = domain.Running })
	if got := s.call(operator, "POST", "/api/imports", body, key).want(201).object(); got["upload"] != nil || got["status"] != "running" {
		t.Error(got)
	}
	if theirs := s.call(stranger, "POST", "/api/imports", body, key).want(201).object(); theirs["id"] == first["id"] {
		t.Error("another institution, the same import")
	}
}

// change changes a stored import of aurora.
func (s *stack) change(id string, f func(*domain.Import)) domain.Import {
	s.t.Helper()
	i, err := s.jobs.ChangeImport(s.t.Context(), "aurora", id, func(i *domain.Import) error {
		f(i)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

// Fault 29: an address that mails came back from is warned of, and used all the same.
func TestAnAddressThatMailsCameBackFrom(t *testing.T) {
	s := newStack(t)
	if err := s.jobs.NoteReturned(t.Context(), "aurora", "ana@example.org"); err != nil {
		t.Fatal(err)
	}
	goal := s.call(admin, "POST", "/api/targets", object{"name": "N", "condition": everybody}).want(201).object()["id"].(string)
	for email, want := range map[string]any{"Ana@example.org": "addressReturned", "bea@example.org": nil} {
		for path, body := range map[string]object{
			"/api/imports":   {"dataType": "criteria", "action": "test", "email": email},
			"/api/templates": {"dataType": "criteria", "targetId": goal, "email": email},
		} {
			made := s.call(operator, "POST", path, body).object()
			mail := s.call(viewer, "GET", path+"/"+made["id"].(string), nil).want(200).object()["mail"].(object)
			if mail["code"] != want || (mail["reason"] != nil) != (want != nil) || mail["status"] != nil {
				t.Errorf("%s %s: %v, want %v", path, email, mail, want)
			}
		}
	}
}

func TestProgress(t *testing.T) {
	s := newStack(t)
	id := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "update"}).want(201).object()["id"].(string)
	type view struct {
		Status   string
		Progress float64
		Counts   domain.Counts
		Problem  *domain.FileProblem
	}
	look := func() (v view) {
		t.Helper()
		s.call(viewer, "GET", "/api/imports/"+id, nil).want(200).into(&v)
		if c := v.Counts; c.Rows != c.Created+c.Updated+c.Unchanged+c.Rejected+c.Conflicted+c.Unprocessed {
			t.Errorf("%+v", c)
		}
		return v
	}
	s.change(id, func(i *domain.Import) { i.Status = domain.Checking })
	if v := look(); v.Progress <= 0 || v.Progress > 0.05 {
		t.Error(v)
	}
	s.change(id, func(i *domain.Import) { i.Status, i.Rows = domain.Running, 200 })
	if v := look(); v.Progress <= 0 || v.Progress > 0.05 || v.Counts.Rows != 0 {
		t.Error(v)
	}
	for chunk, c := range []domain.Counts{{Rows: 60, Updated: 50, Rejected: 10}, {Rows: 40, Unchanged: 40}} {
		if err := s.jobs.SetProgress(t.Context(), "aurora", id, chunk, c); err != nil {
			t.Fatal(err)
		}
	}
	if v := look(); v.Progress != 0.5 || v.Counts != (domain.Counts{Rows: 100, Updated: 50, Rejected: 10, Unchanged: 40}) {
		t.Error(v)
	}
	if err := s.jobs.SetProgress(t.Context(), "aurora", id, 2, domain.Counts{Rows: 100, Updated: 100}); err != nil {
		t.Fatal(err)
	}
	if v := look(); v.Progress >= 1 {
		t.Error("1 before the results are there")
	}
	for _, status := range []domain.Status{domain.Done, domain.Rejected, domain.Failed, domain.Cancelled} {
		s.change(id, func(i *domain.Import) {
			i.Status, i.Counts, i.Problem = status, domain.Counts{Rows: 1, Updated: 1}, domain.Because("fileGone")
		})
		if v := look(); v.Progress != 1 || v.Status != string(status) || v.Counts.Rows != 1 || v.Problem.Code != "fileGone" {
			t.Error(v)
		}
	}
}

// An import shows all that was found out.
func TestImportView(t *testing.T) {
	s := newStack(t)
	old, live, wish := "A", "B", "C"
	i := s.doneImport(domain.Update)
	i = s.change(i.ID, func(i *domain.Import) {
		i.Detected = &domain.Detected{Format: "csv", Encoding: "UTF-8", Separator: ";", LineEnds: "CRLF", Rows: 3, Columns: 5}
		i.Warnings = []domain.Warning{{Reason: reason.New("otherLabel", "A – B", "A", "GENRE"), Line: 2, Column: "[new] GENRE", Times: 3}}
		i.Problems = []domain.Problem{{Line: 3, Column: "[new] GENRE", Field: "GENRE", Value: "C", Outcome: domain.RowConflicted, Reason: reason.New("conflict", old, live, wish), Old: &old, Live: &live, New: &wish, OtherLines: []int{7}}}
		i.ProblemsAll = 1
		i.Fields = []domain.FieldReport{{Field: "GENRE", Label: "Genre", Kind: domain.SingleChoice, Changes: []domain.Transition{{From: "A", To: "B", Count: 2}}}, {Field: "NOTE", Kind: domain.Text, NotCompared: 4}}
		i.Mail = domain.MailState{Status: "sent"}
		i.Of, i.OfKind, i.UndoneBy, i.StartedAt, i.FinishedAt = "t", "update", "u", s.now, s.now
	})
	got := s.call(viewer, "GET", "/api/imports/"+i.ID, nil).want(200).object()
	want := object{
		"detected": object{"format": "csv", "encoding": "UTF-8", "separator": ";", "lineEnds": "CRLF", "rows": 3.0, "columns": 5.0},
		"warnings": []any{object{"code": "otherLabel", "params": object{"value": "A – B", "code": "A", "field": "GENRE"}, "line": 2.0, "column": "[new] GENRE", "times": 3.0,
			"message": `[new] GENRE: "A – B" was read as the value A of GENRE, whose label is now another. (3 times)`}},
		"problems": []any{object{"line": 3.0, "column": "[new] GENRE", "field": "GENRE", "value": "C", "outcome": "conflicted", "code": "conflict", "params": object{"old": "A", "live": "B", "new": "C"},
			"message":    `Somebody changed this since the export: it was "A", is now "B", and the file wants "C". Nothing of this row was written.`,
			"suggestion": "Look at the contact, then correct [old] to what is there now, or empty [new].", "old": "A", "live": "B", "new": "C", "otherLines": []any{7.0}}},
		"problemsTotal": 1.0,
		"fields": []any{object{"field": "GENRE", "label": "Genre", "kind": "choice", "changes": []any{object{"from": "A", "to": "B", "count": 2.0}}},
			object{"field": "NOTE", "label": "", "kind": "text", "changes": []any{}, "notCompared": 4.0}},
		"mail": object{"status": "sent"}, "of": "t", "ofKind": "update", "undoneBy": "u", "startedAt": "2026-03-01T09:00:00Z", "finishedAt": "2026-03-01T09:00:00Z",
		"files": []any{"original", "errors", "changes", "undo"},
	}
	for k, w := range want {
		if d := cmp.Diff(w, got[k]); d != "" {
			t.Errorf("%s: %s", k, d)
		}
	}
}

func TestUpdateRunsTheTestedBytes(t *testing.T) {
	s := newStack(t)
	test := s.doneImport(domain.Test)
	// A later upload to the same key changes nothing.
	if _, err := s.uploads.Put(t.Context(), test.Source.Key, strings.NewReader("other"), ""); err != nil {
		t.Fatal(err)
	}
	path := "/api/imports/" + test.ID + "/update"
	a := s.call(operator, "POST", path, nil).want(201)
	id := a.object()["id"].(string)
	if d := cmp.Diff(object{"id": id, "status": "checking"}, a.object()); d != "" || a.header.Get("Location") != "/api/imports/"+id {
		t.Error(d, a.header)
	}
	got, err := s.jobs.Import(t.Context(), "aurora", id)
	if err != nil {
		t.Fatal(err)
	}
	want := domain.Import{ID: id, Institution: "aurora", DataType: domain.Criteria, Action: domain.Update, Recipe: domain.Recipe{OnConflict: domain.Overwrite}, FileName: "criteria.csv",
		Email: "ana@aurora.example", Language: "fr", Status: domain.Checking, Of: test.ID, OfKind: "update", Source: test.Source,
		CreatedAt: s.now, CreatedBy: "u2 olga@aurora.example", StartedAt: s.now, ExpiresAt: s.now.AddDate(0, 0, 30), Version: 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	started := s.machine.Started()
	if len(started) != 1 || started[0].ID != id || string(started[0].Input) != string(flow.NewRun(domain.Import{Institution: "aurora", ID: id})) {
		t.Errorf("started %v", started)
	}
	if got := s.call(viewer, "GET", "/api/imports/"+test.ID, nil).object()["updatedBy"]; got != id {
		t.Error(got)
	}

	// Once only, whoever asks, and the answer names the first.
	for _, headers := range [][]string{nil, {"Idempotency-Key: other"}} {
		if p := s.call(admin, "POST", path, nil, headers...).problem(409, "alreadyDone"); p.ID != id {
			t.Errorf("%+v", p)
		}
	}
	s.change(id, func(i *domain.Import) { i.Status = domain.Done })
	if p := s.call(operator, "POST", path, nil).problem(409, "alreadyDone"); p.ID != id {
		t.Errorf("%+v", p)
	}
	if len(s.machine.Started()) != 1 {
		t.Error("a second execution")
	}
	// One that came to nothing may be followed by another.
	for _, status := range []domain.Status{domain.Failed, domain.Cancelled, domain.Rejected} {
		s.change(id, func(i *domain.Import) { i.Status = status })
		next := s.call(operator, "POST", path, nil).want(201).object()["id"].(string)
		if next == id {
			t.Error("the same import")
		}
		id = next
	}
	if got := s.call(viewer, "GET", "/api/imports/"+test.ID, nil).object()["updatedBy"]; got != id {
		t.Error(got)
	}
	// The test's update and its undo file are things apart.
	s.call(operator, "POST", "/api/imports/"+test.ID+"/undo", nil).problem(409, "notAnUpdate")
}

// Pressed by many at the same moment, one import comes of it and all others
// name it.
func TestUpdatePressedAtTheSameTime(t *testing.T) {
	s := newStack(t)
	path := "/api/imports/" + s.doneImport(domain.Test).ID + "/update"
	answers := make([]answer, 16)
	var wg sync.WaitGroup
	for n := range answers {
		wg.Go(func() { answers[n] = s.call(operator, "POST", path, nil) })
	}
	wg.Wait()
	made, named := []string{}, map[string]bool{}
	for _, a := range answers {
		if a.status == 201 {
			made = append(made, a.object()["id"].(string))
			continue
		}
		named[a.problem(409, "alreadyDone").ID] = true
	}
	if len(made) != 1 || len(named) != 1 || !named[made[0]] || len(s.machine.Started()) != 1 {
		t.Errorf("made %v, named %v, started %v", made, named, s.machine.Started())
	}
}

func TestUpdateIsRefused(t *testing.T) {
	s := newStack(t)
	test := s.doneImport(domain.Test)
	path := "/api/imports/" + test.ID + "/update"
	for status, code := range map[domain.Status]string{domain.Waiting: "notDone", domain.Checking: "notDone", domain.Running: "notDone", domain.Failed: "notDone", domain.Cancelled: "notDone", domain.Rejected: "fileRejected"} {
		s.change(test.ID, func(i *domain.Import) { i.Status = status })
		s.call(operator, "POST", path, nil).problem(409, code)
	}
	s.change(test.ID, func(i *domain.Import) { i.Status = domain.Done })
	s.call(operator, "POST", "/api/imports/"+s.doneImport(domain.Update).ID+"/update", nil).problem(409, "notATest")
	s.uploads.Remove(test.Source.Key)
	s.call(operator, "POST", path, nil).problem(410, "expired")
	if len(s.machine.Started()) != 0 {
		t.Error("started")
	}
}

func TestUpdateIdempotency(t *testing.T) {
	s := newStack(t)
	path := "/api/imports/" + s.doneImport(domain.Test).ID + "/update"
	const key = "Idempotency-Key: k"
	first := s.call(operator, "POST", path, nil, key).want(201)
	second := s.call(operator, "POST", path, nil, key).want(201)
	if string(first.body) != string(second.body) || len(s.machine.Started()) != 1 {
		t.Errorf("%s\n%s", first.body, second.body)
	}
	s.call(operator, "POST", "/api/imports/"+s.doneImport(domain.Update).ID+"/undo", nil, key).problem(409, "idempotencyKeyReused")
}

func TestUndo(t *testing.T) {
	s := newStack(t)
	update := s.doneImport(domain.Update)
	path := "/api/imports/" + update.ID + "/undo"
	for _, status := range []domain.Status{domain.Checking, domain.Running} {
		s.change(update.ID, func(i *domain.Import) { i.Status = status })
		s.call(operator, "POST", path, nil).problem(409, "notDone")
	}
	// What was done before an update stopped can be undone too.
	s.change(update.ID, func(i *domain.Import) { i.Status = domain.Cancelled })
	id := s.call(operator, "POST", path, nil).want(201).object()["id"].(string)
	got, err := s.jobs.Import(t.Context(), "aurora", id)
	if err != nil {
		t.Fatal(err)
	}
	o, _, err := s.files.Head(t.Context(), "imports/aurora/"+update.ID+"/undo.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := domain.Import{ID: id, Institution: "aurora", DataType: domain.Criteria, Action: domain.Update, Recipe: domain.Recipe{OnConflict: domain.Skip}, FileName: "criteria-undo.csv",
		Email: "ana@aurora.example", Language: "fr", Status: domain.Checking, Of: update.ID, OfKind: "undo", Source: o,
		CreatedAt: s.now, CreatedBy: "u2 olga@aurora.example", StartedAt: s.now, ExpiresAt: s.now.AddDate(0, 0, 30), Version: 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if started := s.machine.Started(); len(started) != 1 || started[0].ID != id {
		t.Errorf("started %v", started)
	}
	if p := s.call(admin, "POST", path, nil).problem(409, "alreadyDone"); p.ID != id {
		t.Errorf("%+v", p)
	}
	// The undo's own file is the undo file.
	u := s.call(operator, "GET", "/api/imports/"+id+"/files/original", nil).want(302).header.Get("Location")
	if !strings.HasPrefix(u, "https://files.example/") {
		t.Error(u)
	}

	// The undo of an undo is another one.
	if _, err := s.files.Put(t.Context(), flow.FileKey("aurora", id, "undo"), strings.NewReader("undo"), ""); err != nil {
		t.Fatal(err)
	}
	s.change(id, func(i *domain.Import) { i.Status, i.Files = domain.Done, []string{"original", "undo"} })
	again := s.call(operator, "POST", "/api/imports/"+id+"/undo", nil).want(201).object()["id"].(string)
	if p := s.call(operator, "POST", "/api/imports/"+id+"/undo", nil).problem(409, "alreadyDone"); p.ID != again {
		t.Errorf("%+v", p)
	}
	s.files.Remove("imports/aurora/" + id + "/undo.csv")
	s.change(again, func(i *domain.Import) { i.Status = domain.Failed })
	s.call(operator, "POST", "/api/imports/"+id+"/undo", nil).problem(410, "expired")
	s.change(id, func(i *domain.Import) { i.Files = []string{"original"} })
	s.call(operator, "POST", "/api/imports/"+id+"/undo", nil).problem(409, "nothingToUndo")
}

func TestImportThatCannotBeStarted(t *testing.T) {
	s := newStack(t)
	test := s.doneImport(domain.Test)
	path := "/api/imports/" + test.ID + "/update"
	s.machine.Fail(errors.New("secret cause"))
	a := s.call(operator, "POST", path, nil)
	a.problem(503, "notStarted")
	if strings.Contains(string(a.body), "secret") || a.header.Get("Retry-After") == "" {
		t.Errorf("%s", a.body)
	}
	failed := s.call(viewer, "GET", "/api/imports/"+test.ID, nil).object()["updatedBy"].(string)
	got := s.call(viewer, "GET", "/api/imports/"+failed, nil).want(200).object()
	if got["status"] != "failed" || got["problem"].(object)["code"] != "notStarted" || got["progress"] != 1.0 {
		t.Error(got)
	}
	// Trying again makes another one.
	s.machine.Fail(nil)
	if id := s.call(operator, "POST", path, nil).want(201).object()["id"]; id == failed {
		t.Error("the failed one again")
	}
}

// Whoever made an import may have stopped before starting it: the next press
// starts it, and names it.
func TestImportThatWasMadeButNotStarted(t *testing.T) {
	s := newStack(t)
	test := s.doneImport(domain.Test)
	lost := domain.Import{ID: "lost", Institution: "aurora", DataType: domain.Criteria, Action: domain.Update, Status: domain.Checking, Of: test.ID, OfKind: "update", CreatedAt: s.now, ExpiresAt: s.now.AddDate(0, 0, 30)}
	if _, _, err := s.jobs.CreateImport(t.Context(), lost, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	if p := s.call(operator, "POST", "/api/imports/"+test.ID+"/update", nil).problem(409, "alreadyDone"); p.ID != "lost" {
		t.Error(p)
	}
	if started := s.machine.Started(); len(started) != 1 || started[0].ID != "lost" {
		t.Error(started)
	}
}

func (s *stack) stored(id string) domain.Import {
	s.t.Helper()
	i, err := s.jobs.Import(s.t.Context(), "aurora", id)
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

// Whoever sent the file can have it start before the news of it comes; nobody has
// to, and asking too early or twice changes nothing.
func TestUploaded(t *testing.T) {
	s := newStack(t)
	id := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": "a.csv"}).want(201).object()["id"].(string)
	path := "/api/imports/" + id + "/uploaded"
	if got := s.call(operator, "POST", path, nil).want(202).object(); got["status"] != "waiting" || len(s.machine.Started()) != 0 {
		t.Errorf("without a file: %v, %d started", got["status"], len(s.machine.Started()))
	}
	o, err := s.uploads.Put(t.Context(), flow.UploadKey("aurora", id), strings.NewReader("Contact\n"), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	s.machine.Fail(errors.New("away"))
	if a := s.call(operator, "POST", path, nil); a.status < 500 {
		t.Errorf("the machine is away: %d", a.status)
	}
	s.machine.Fail(nil)
	for range 2 { // the first one goes on where that one stopped
		if got := s.call(operator, "POST", path, nil).want(202).object(); got["status"] != "checking" || s.stored(id).Source != o {
			t.Errorf("%v of %+v", got["status"], s.stored(id).Source)
		}
	}
	if got := s.machine.Started(); len(got) != 1 || got[0].ID != id || string(got[0].Input) != string(flow.NewRun(s.stored(id))) {
		t.Errorf("started %+v", got)
	}
	// Another file under the same name is another object, and not this import's.
	if _, err := s.uploads.Put(t.Context(), o.Key, strings.NewReader("Contact\n#1\n"), "text/csv"); err != nil {
		t.Fatal(err)
	}
	s.call(operator, "POST", path, nil).want(202)
	if s.stored(id).Source != o {
		t.Error("a later file took the place of the first")
	}
	s.change(id, func(i *domain.Import) { i.Status = domain.Cancelled })
	if got := s.call(operator, "POST", path, nil).want(202).object(); got["status"] != "cancelled" || len(s.machine.Started()) != 1 {
		t.Errorf("after its end: %v", got["status"])
	}
}

// Resuming begins another round of the same import.
func TestResume(t *testing.T) {
	s := newStack(t)
	i := s.doneImport(domain.Update)
	path := "/api/imports/" + i.ID + "/resume"
	s.call(operator, "POST", path, nil).problem(409, "nothingToResume")
	counts := domain.Counts{Rows: 10, Updated: 6, Rejected: 1, Unprocessed: 3}
	left := func(status domain.Status) {
		s.change(i.ID, func(i *domain.Import) {
			i.Status, i.Counts, i.Cancel, i.UndoneBy = status, counts, status == domain.Cancelled, ""
			i.FinishedAt, i.Problem, i.Mail = s.now, domain.Because("unprocessedRows", 3, 10), domain.MailState{Status: domain.MailSent}
		})
	}
	for round, status := range []domain.Status{domain.Incomplete, domain.Failed, domain.Cancelled} {
		left(status)
		if got := s.call(viewer, "GET", "/api/imports/"+i.ID, nil).object(); got["resumable"] != true || got["status"] != string(status) {
			t.Errorf("%s: resumable is %v", got["status"], got["resumable"])
		}
		if a := s.call(viewer, "POST", path, nil); a.status != 403 {
			t.Errorf("a viewer gets %d", a.status)
		}
		for range 2 { // the second one changes nothing
			got := s.call(operator, "POST", path, nil).want(202).object()
			if got["id"] != i.ID || got["status"] != "checking" || got["problem"] != nil || got["finishedAt"] != nil || got["round"] != float64(round+1) || got["cancelling"] != nil {
				t.Errorf("%s: %v", status, got)
			}
		}
		name := domain.RunID(i.ID, round+1)
		started := s.machine.Started()
		if last := started[len(started)-1]; last.ID != name || string(last.Input) != string(flow.NewRun(domain.Import{Institution: "aurora", ID: i.ID, Round: round + 1})) {
			t.Errorf("started %s with %s", last.ID, last.Input)
		}
		// What was done stays counted while the rest is.
		s.change(i.ID, func(i *domain.Import) { i.Status, i.Rows = domain.Running, 10 })
		if err := s.jobs.SetProgress(t.Context(), "aurora", name, 0, domain.Counts{Rows: 1, Updated: 1}); err != nil {
			t.Fatal(err)
		}
		got := s.call(viewer, "GET", "/api/imports/"+i.ID, nil).object()
		if c := got["counts"].(object); c["rows"] != 8.0 || c["updated"] != 7.0 || c["unprocessed"] != 0.0 || got["progress"] != 0.8 {
			t.Errorf("%v of %v", got["progress"], c)
		}
		s.call(operator, "POST", "/api/imports/"+i.ID+"/undo", nil).problem(409, "notDone")
	}
	for name, c := range map[string]struct {
		change func(*domain.Import)
		status int
		code   string
	}{
		"undone":              {func(i *domain.Import) { i.UndoneBy = "other" }, 409, "nothingToResume"},
		"nothing left":        {func(i *domain.Import) { i.Counts = domain.Counts{Rows: 7, Updated: 6, Rejected: 1} }, 409, "nothingToResume"},
		"its file never came": {func(i *domain.Import) { i.Source = domain.Object{} }, 409, "nothingToResume"},
		"rejected":            {func(i *domain.Import) { i.Status = domain.Rejected }, 409, "nothingToResume"},
		"it still runs":       {func(i *domain.Import) { i.Status, i.Round = domain.Running, 0 }, 409, "notDone"},
		"too old":             {func(i *domain.Import) { i.ExpiresAt = s.now.Add(time.Hour) }, 410, "resumeTooLate"},
	} {
		t.Run(name, func(t *testing.T) {
			left(domain.Incomplete)
			was := s.stored(i.ID)
			s.change(i.ID, c.change)
			s.call(operator, "POST", path, nil).problem(c.status, c.code)
			s.change(i.ID, func(i *domain.Import) { v := i.Version; *i = was; i.Version = v })
		})
	}
	t.Run("the machine cannot be started", func(t *testing.T) {
		left(domain.Incomplete)
		was := s.stored(i.ID)
		s.machine.Fail(errors.New("secret cause"))
		s.call(operator, "POST", path, nil).problem(503, "notStarted")
		s.machine.Fail(nil)
		now := s.stored(i.ID)
		was.Round, was.Version, now.Version = was.Round+1, 0, 0
		if d := cmp.Diff(was, now); d != "" {
			t.Error(d)
		}
		if got := s.call(operator, "POST", path, nil).want(202).object(); got["round"] != float64(was.Round+1) {
			t.Errorf("round %v", got["round"])
		}
	})
	t.Run("of another institution", func(t *testing.T) {
		left(domain.Incomplete)
		s.call(stranger, "POST", path, nil).problem(404, "notFound")
	})
	t.Run("the file has expired", func(t *testing.T) {
		left(domain.Incomplete)
		s.uploads.Remove(i.Source.Key)
		s.call(operator, "POST", path, nil).problem(410, "expired")
	})
}

func TestCancel(t *testing.T) {
	s := newStack(t)
	id := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "update"}).want(201).object()["id"].(string)
	path := "/api/imports/" + id + "/cancel"
	for range 2 {
		if got := s.call(operator, "POST", path, nil).want(200).object(); got["status"] != "cancelled" || got["finishedAt"] == nil || got["problem"].(object)["code"] != "cancelled" {
			t.Error(got)
		}
	}
	for _, status := range []domain.Status{domain.Checking, domain.Running} {
		s.change(id, func(i *domain.Import) { i.Status, i.Cancel = status, false })
		for range 2 {
			if got := s.call(operator, "POST", path, nil).want(200).object(); got["status"] != string(status) || got["cancelling"] != true {
				t.Error(got)
			}
		}
		if i := s.change(id, func(*domain.Import) {}); !i.Cancel {
			t.Error("not asked for")
		}
	}
	for _, status := range []domain.Status{domain.Done, domain.Rejected, domain.Failed} {
		s.change(id, func(i *domain.Import) { i.Status = status })
		if p := s.call(operator, "POST", path, nil, "Accept-Language: en").problem(409, "alreadyFinal"); !strings.Contains(p.Detail, string(status)) {
			t.Error(p)
		}
	}
}

func TestImportFiles(t *testing.T) {
	s := newStack(t)
	i := s.doneImport(domain.Update)
	path := "/api/imports/" + i.ID + "/files/"
	for name, want := range map[string][2]string{ // origin and file name
		"errors": {"https://files.example", "criteria-errors.csv"}, "changes": {"https://files.example", "criteria-changes.csv"},
		"undo": {"https://files.example", "criteria-undo.csv"}, "original": {"https://uploads.example", "criteria.csv"},
	} {
		u, err := url.Parse(s.call(operator, "GET", path+name, nil).want(302).header.Get("Location"))
		if err != nil || u.Scheme+"://"+u.Host != want[0] || u.Query().Get("name") != want[1] {
			t.Errorf("%s: %s %v", name, u, err)
		}
		if ends := fmt.Sprint(s.now.Add(5 * time.Minute).Unix()); u.Query().Get("until") != ends {
			t.Errorf("%s: ends at %s, want %s", name, u.Query().Get("until"), ends)
		}
		if got := s.call(operator, "GET", path+name+"?redirect=false", nil).want(200).object(); got["url"] != u.String() || got["fileName"] != want[1] {
			t.Error(got)
		}
	}
	for _, none := range []string{"plan", "ERRORS", "..%2Fplan", "%00", "undo.csv"} {
		s.call(operator, "GET", path+none, nil).problem(404, "notFound")
	}
	s.files.Remove(flow.FileKey(i.Institution, i.ID, "errors"))
	s.uploads.Remove(i.Source.Key)
	s.call(operator, "GET", path+"errors", nil).problem(410, "expired")
	s.call(operator, "GET", path+"original", nil).problem(410, "expired")
	s.change(i.ID, func(i *domain.Import) { i.Files, i.Source = nil, domain.Object{} })
	for _, name := range []string{"errors", "original"} {
		s.call(operator, "GET", path+name, nil).problem(404, "notFound")
	}
	s.now = s.now.AddDate(0, 0, 31)
	s.call(operator, "GET", path+"changes", nil).problem(404, "notFound")
}

func TestProblems(t *testing.T) {
	s := newStack(t)
	i := s.doneImport(domain.Update)
	path := "/api/imports/" + i.ID + "/problems"
	if got := s.call(operator, "GET", path, nil).want(200).object(); len(got["items"].([]any)) != 0 || got["nextCursor"] != "" {
		t.Error(got)
	}
	w := flow.NewProblemWriter(s.files, i.Institution, i.ID)
	for n := range 2500 {
		p := domain.Problem{Line: n + 2, Field: "GENRE", Outcome: domain.RowRejected, Reason: reason.New("unknownValue", "x", "GENRE", nil, nil, nil, nil)}
		if n%5 == 0 {
			p.Field, p.Outcome = "NOTE", domain.RowConflicted
		} else if n%5 == 1 {
			p.Field, p.Column = "", "Contact"
		}
		if err := w.Add(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func(q string) int {
		t.Helper()
		n, last, cursor := 0, 0, ""
		for {
			var page struct {
				Items      []domain.Problem
				NextCursor string
			}
			s.call(operator, "GET", path+"?limit=200&"+q+"&cursor="+cursor, nil).want(200).into(&page)
			for _, p := range page.Items {
				if p.Line <= last {
					t.Fatalf("line %d after %d", p.Line, last)
				}
				last, n = p.Line, n+1
			}
			if cursor = page.NextCursor; cursor == "" {
				return n
			}
		}
	}
	for q, want := range map[string]int{"": 2500, "outcome=rejected": 2000, "field=NOTE": 500, "field=Contact": 500, "outcome=rejected&field=NOTE": 0, "field=NONE": 0, "outcome=unprocessed": 0} {
		if got := count(q); got != want {
			t.Errorf("%q: %d, want %d", q, got, want)
		}
	}
	s.call(operator, "GET", path+"?outcome=bad", nil).problem(422, "invalid", "query.outcome")
	s.call(operator, "GET", path+"?cursor=bad", nil).problem(422, "cursorInvalid", "query.cursor")
	s.call(operator, "GET", "/api/imports/none/problems", nil).problem(404, "notFound")
	s.call(stranger, "GET", path, nil).problem(404, "notFound")
}

// Sizes of lists and numbers that no user has still give an answer.
func TestListOfManyImports(t *testing.T) {
	s := newStack(t)
	for range 120 {
		s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}).want(201)
	}
	var seen []string
	cursor := ""
	for {
		var page struct {
			Items      []struct{ ID string }
			NextCursor string
		}
		a := s.call(viewer, "GET", "/api/imports?cursor="+cursor, nil).want(200).into(&page)
		if !json.Valid(a.body) || len(page.Items) > 50 {
			t.Fatal(len(page.Items))
		}
		for _, i := range page.Items {
			if len(seen) > 0 && seen[len(seen)-1] <= i.ID {
				t.Fatal("not the newest first")
			}
			seen = append(seen, i.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if len(seen) != 120 {
		t.Errorf("%d imports", len(seen))
	}
}

// The encoding that is said of a file holds for its update too, but not for the
// undo file, which is ours.
func TestEncodingIsChosen(t *testing.T) {
	s := newStack(t)
	id := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "encoding": "CP850"}).want(201).object()["id"].(string)
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "encoding": "EBCDIC"}).problem(422, "invalid", "body.encoding")
	source, err := s.uploads.Put(t.Context(), flow.UploadKey("aurora", id), strings.NewReader("x"), "")
	if err != nil {
		t.Fatal(err)
	}
	s.change(id, func(i *domain.Import) { i.Status, i.Source = domain.Done, source })
	update := s.call(operator, "POST", "/api/imports/"+id+"/update", nil).want(201).object()["id"].(string)
	if _, err := s.files.Put(t.Context(), flow.FileKey("aurora", update, "undo"), strings.NewReader("x"), ""); err != nil {
		t.Fatal(err)
	}
	s.change(update, func(i *domain.Import) { i.Status, i.Files = domain.Done, []string{"original", "undo"} })
	undo := s.call(operator, "POST", "/api/imports/"+update+"/undo", nil).want(201).object()["id"].(string)
	for id, want := range map[string]any{id: "CP850", update: "CP850", undo: nil} {
		if got := s.call(viewer, "GET", "/api/imports/"+id, nil).want(200).object()["encoding"]; got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}

	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ AnyOf []struct{ Enum []string } }
			}
		}
	}
	s.call(nobody, "GET", "/openapi.json", nil).want(200).into(&doc)
	var config struct{ Encodings []string }
	s.call(nobody, "GET", "/config.json", nil).want(200).into(&config)
	known := slices.Sorted(slices.Values(sheet.Encodings()))
	for name, list := range map[string][]string{"openapi.json": doc.Components.Schemas["ImportBody"].Properties["encoding"].AnyOf[0].Enum, "config.json": config.Encodings} {
		if d := cmp.Diff(known, slices.Sorted(slices.Values(list))); d != "" {
			t.Errorf("%s (-read +listed): %s", name, d)
		}
	}
}

// The API takes for a recipe what a file of the drop folder may be given, and refuses
// the same.
func TestRecipesAreThoseOfTheDropFolder(t *testing.T) {
	s := newStack(t)
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ AnyOf []struct{ Enum []string } }
			}
		}
	}
	s.call(nobody, "GET", "/openapi.json", nil).want(200).into(&doc)
	body := doc.Components.Schemas["RecipeBody"].Properties
	for name, of := range map[string]any{"dateOrder": domain.DateOrders, "decimalSign": domain.DecimalSigns, "onConflict": domain.ConflictWays, "mode": domain.Modes, "refusals": domain.RefusalWays} {
		if got := strings.Join(body[name].AnyOf[0].Enum, " "); "["+got+"]" != fmt.Sprint(of) {
			t.Errorf("%s takes %s, want %v", name, got, of)
		}
	}
	many := map[int]domain.Same{}
	for i := range domain.MaxPersons + 1 {
		many[i+2] = domain.SamePerson
	}
	for _, x := range []struct {
		name, at string
		recipe   domain.Recipe
	}{
		{"columns", "body.columns", domain.Recipe{Columns: map[string]string{"x": strings.Repeat("y", domain.MaxColumnBytes)}}},
		{"dateOrder", "body.dateOrder", domain.Recipe{DateOrder: "dym"}},
		{"decimalSign", "body.decimalSign", domain.Recipe{DecimalSign: ","}},
		{"matchBy", "body.matchBy", domain.Recipe{MatchBy: strings.Repeat("X", domain.MaxCode+1)}},
		{"mode", "body.mode", domain.Recipe{Mode: "replace"}},
		{"onConflict", "body.onConflict", domain.Recipe{OnConflict: "force"}},
		{"persons", "body.persons", domain.Recipe{Persons: many}},
		{"persons", "body.persons.2", domain.Recipe{Persons: map[int]domain.Same{2: "perhaps"}}},
		{"proof", "body.proof", domain.Recipe{Proof: strings.Repeat("é", domain.MaxText+1)}},
		{"refusals", "body.refusals", domain.Recipe{Refusals: "drop"}},
	} {
		t.Run(x.at, func(t *testing.T) {
			if got := x.recipe.Wrong(); !slices.Equal(got, []string{x.name}) {
				t.Errorf("%v is wrong", got)
			}
			b, err := json.Marshal(x.recipe)
			if err != nil {
				t.Fatal(err)
			}
			sent := object{"dataType": "contacts", "action": "test"}
			if err := json.Unmarshal(b, &sent); err != nil {
				t.Fatal(err)
			}
			s.call(operator, "POST", "/api/imports", sent).problem(422, "invalid", x.at)
		})
	}
	good := domain.Recipe{Proof: strings.Repeat("é", domain.MaxText), MatchBy: strings.Repeat("X", domain.MaxCode), DateOrder: "ymd", Mode: domain.UpdateOnly, Persons: map[int]domain.Same{2: domain.AnotherPerson}}
	if got := good.Wrong(); got != nil {
		t.Errorf("%v of a good recipe is wrong", got)
	}
}

// A test with another recipe runs the very same bytes.
func TestTestRunsTheBytesByAnotherRecipe(t *testing.T) {
	s := newStack(t)
	of := s.doneImport(domain.Test)
	path := "/api/imports/" + of.ID + "/test"
	made := func(body any) domain.Import {
		t.Helper()
		id := s.call(operator, "POST", path, body).want(201).object()["id"].(string)
		i, err := s.jobs.Import(t.Context(), "aurora", id)
		if err != nil {
			t.Fatal(err)
		}
		if i.Source != of.Source || i.Of != of.ID || i.OfKind != "test" || i.Action != domain.Test {
			t.Errorf("%+v", i)
		}
		return i
	}
	t.Run("no body is the same recipe", func(t *testing.T) {
		if d := cmp.Diff(of.Recipe, made(nil).Recipe); d != "" {
			t.Error(d)
		}
	})
	t.Run("a body is the whole recipe", func(t *testing.T) {
		i := made(object{"columns": object{"Nom": "Last name", "Notes": ""}, "allowSamePerson": true, "dateOrder": "mdy", "mode": "create", "fill": true, "refusals": "override", "proof": "fair"})
		if d := cmp.Diff(domain.Recipe{Columns: map[string]string{"Nom": "Last name", "Notes": ""}, OnConflict: domain.Skip, AllowSamePerson: true, DateOrder: "mdy", Mode: "create", Fill: true, Refusals: "override", Proof: "fair"}, i.Recipe); d != "" {
			t.Error(d)
		}
		s.change(i.ID, func(i *domain.Import) { i.Status = domain.Done })
		s.call(operator, "POST", "/api/imports/"+i.ID+"/update", object{"columns": object{}}).want(422)
		update := s.call(operator, "POST", "/api/imports/"+i.ID+"/update", nil).want(201).object()["id"].(string)
		u, err := s.jobs.Import(t.Context(), "aurora", update)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(i.Recipe, u.Recipe); d != "" || u.Source != of.Source {
			t.Error(d)
		}
	})
	t.Run("an import that runs is not tested", func(t *testing.T) {
		s.change(of.ID, func(i *domain.Import) { i.Status = domain.Running })
		s.call(operator, "POST", path, nil).problem(409, "notDone")
	})
}

// What was said of columns is listed, and forgotten by who may import, within the
// limit of deletions.
func TestMappings(t *testing.T) {
	s := newStack(t)
	for _, id := range []string{"a1", "b2", "c3"} {
		m := domain.Mapping{ID: id, DataType: domain.Contacts, Columns: map[string]string{"Kontakt": "Email", "Remarks": ""}, CreatedAt: s.now, Import: "i", UsedAt: s.now, UsedBy: "u2 olga@aurora.example"}
		if err := s.mappings.Create(t.Context(), "aurora", id, m); err != nil {
			t.Fatal(err)
		}
	}
	page := s.call(viewer, "GET", "/api/mappings?limit=2", nil).want(200).object()
	if items := page["items"].([]any); len(items) != 2 || page["nextCursor"] == nil {
		t.Errorf("%+v", page)
	}
	got := s.call(viewer, "GET", "/api/mappings/a1", nil).want(200).object()
	if d := cmp.Diff(object{"id": "a1", "dataType": "contacts", "columns": object{"Kontakt": "Email", "Remarks": ""}, "createdAt": "2026-03-01T09:00:00Z", "import": "i",
		"usedAt": "2026-03-01T09:00:00Z", "usedBy": "olga@aurora.example", "usedById": "u2", "expiresAt": "2028-05-09T09:00:00Z"}, got); d != "" {
		t.Error(d)
	}
	s.limit(nil, object{"deletionsAnHour": 1})
	s.call(operator, "DELETE", "/api/mappings/a1", nil).want(204)
	s.call(viewer, "GET", "/api/mappings/a1", nil).problem(404, "notFound")
	s.call(operator, "DELETE", "/api/mappings/b2", nil).past("tooManyDeletions")
	s.call(viewer, "GET", "/api/mappings/b2", nil).want(200)
}

// A recipe says no more of columns than an import can remember.
func TestRecipesAreBounded(t *testing.T) {
	s := newStack(t)
	many, long := object{}, object{}
	for i := range 2001 {
		many[strings.Repeat("x", 1+i%9)+string(rune('a'+i%26))+string(rune(0x4e00+i))] = ""
	}
	long["x"] = strings.Repeat("y", 64<<10)
	for _, columns := range []object{many, long} {
		s.call(operator, "POST", "/api/imports", object{"dataType": "contacts", "action": "test", "columns": columns}).problem(422, "invalid", "body.columns")
		s.call(operator, "POST", "/api/imports/"+s.doneImport(domain.Test).ID+"/test", object{"columns": columns}).problem(422, "invalid", "body.columns")
		s = newStack(t)
	}
}

// A brief list has what is short of each import; the other list and the import itself
// have its report.
func TestBriefListsHaveNoReports(t *testing.T) {
	s := newStack(t)
	var made struct{ ID string }
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": "spring.csv"}).want(201).into(&made)
	if _, err := s.jobs.ChangeImport(t.Context(), "aurora", made.ID, func(i *domain.Import) error {
		i.Headers = []domain.Header{{Name: "Genre"}}
		i.Warnings = []domain.Warning{{Reason: reason.New("rowsPadded", 3), Line: 2}}
		i.Problems, i.ProblemsAll = []domain.Problem{{Line: 2, Outcome: domain.RowRejected, Reason: reason.New("rowsPadded", 1)}}, 7
		i.Fields = []domain.FieldReport{{Field: "GENRE", Kind: domain.SingleChoice}}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	type shown struct {
		ID                                  string
		Headers, Warnings, Problems, Fields []any
		ProblemsTotal                       int
	}
	parts := func(i shown) string {
		return fmt.Sprint(i.ID == made.ID, len(i.Headers), len(i.Warnings), len(i.Problems), len(i.Fields), i.ProblemsTotal, i.Headers != nil && i.Warnings != nil && i.Problems != nil && i.Fields != nil)
	}
	var one shown
	s.call(viewer, "GET", "/api/imports/"+made.ID, nil).want(200).into(&one)
	if got := parts(one); got != "true 1 1 1 1 7 true" {
		t.Errorf("the import: %s", got)
	}
	for _, c := range [][2]string{{"", "1 1 1 1"}, {"?limit=1", "1 1 1 1"}, {"?q=spring", "1 1 1 1"}, {"?brief=true", "0 0 0 0"}, {"?brief=true&q=spring", "0 0 0 0"}} {
		query, want := c[0], c[1]
		var page struct{ Items []shown }
		s.call(viewer, "GET", "/api/imports"+query, nil).want(200).into(&page)
		if len(page.Items) != 1 || parts(page.Items[0]) != "true "+want+" 7 true" {
			t.Errorf("%q: %+v", query, page.Items)
		}
	}
}
