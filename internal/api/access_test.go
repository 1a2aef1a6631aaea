package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
)

// operation is one route with a request that is right.
type operation struct {
	method, path string // {…} stands for a thing of aurora alone
	body         any
	group        string // the least one
	status       int
}

type object = map[string]any

// everybody is the condition that all contacts match.
var everybody = object{"all": []any{}}

// operations are all that the API has, in an order in which each succeeds.
var operations = []operation{
	{"GET", "/api/me", nil, "viewer", 200},
	{"PUT", "/api/me", object{"language": "de"}, "viewer", 200},
	{"GET", "/api/users", nil, "admin", 200},
	{"POST", "/api/users", object{"email": "new@aurora.example", "role": "viewer"}, "admin", 201},
	{"GET", "/api/users/{user}", nil, "admin", 200},
	{"PUT", "/api/users/{user}", object{"role": "operator"}, "admin", 200},
	{"GET", "/api/audit", nil, "admin", 200},
	{"GET", "/api/usage", nil, "viewer", 200},
	{"GET", "/api/keys", nil, "admin", 200},
	{"POST", "/api/keys", object{"name": "Own", "role": "viewer"}, "admin", 201},
	{"GET", "/api/keys/{key}", nil, "admin", 200},
	{"GET", "/api/webhooks", nil, "admin", 200},
	{"POST", "/api/webhooks", object{"url": "https://crm.example/in", "events": []any{"import.finished"}}, "admin", 201},
	{"GET", "/api/webhooks/{webhook}", nil, "admin", 200},
	{"POST", "/api/webhooks/{webhook}/test", nil, "admin", 202},
	{"DELETE", "/api/webhooks/{webhook}", nil, "admin", 204},
	{"POST", "/api/users/{user}/disable", nil, "admin", 200},
	{"POST", "/api/users/{user}/enable", nil, "admin", 200},
	{"GET", "/api/settings", nil, "viewer", 200},
	{"PUT", "/api/settings", object{"name": "Own", "language": "en", "separator": ",", "country": "GB"}, "admin", 200},
	{"GET", "/api/criteria", nil, "viewer", 200},
	{"GET", "/api/criteria/{criterion}", nil, "viewer", 200},
	{"PUT", "/api/criteria/{criterion}", object{"label": "Own", "kind": "yesno"}, "admin", 200},
	{"GET", "/api/authorisations", nil, "viewer", 200},
	{"GET", "/api/authorisations/{authorisation}", nil, "viewer", 200},
	{"PUT", "/api/authorisations/{authorisation}", object{"label": "Own"}, "admin", 200},
	{"GET", "/api/targets", nil, "viewer", 200},
	{"POST", "/api/targets", object{"name": "All", "condition": everybody}, "operator", 201},
	{"POST", "/api/targets/preview", object{"condition": everybody}, "viewer", 200},
	{"GET", "/api/targets/{target}", nil, "viewer", 200},
	{"POST", "/api/targets/{target}/count", nil, "viewer", 200},
	{"PUT", "/api/targets/{target}", object{"name": "All", "condition": everybody}, "operator", 200},
	{"POST", "/api/templates", object{"dataType": "criteria", "targetId": demo.Targets(demo.Aurora)[0].ID}, "operator", 202},
	{"GET", "/api/templates", nil, "viewer", 200},
	{"GET", "/api/templates/{template}", nil, "viewer", 200},
	{"GET", "/api/templates/{template}/changes", nil, "viewer", 200},
	{"GET", "/api/templates/{template}/file", nil, "operator", 302},
	{"POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": "a.csv"}, "operator", 201},
	{"GET", "/api/imports", nil, "viewer", 200},
	{"GET", "/api/imports/{update}", nil, "viewer", 200},
	{"PUT", "/api/imports/{update}", object{"note": "Own"}, "operator", 200},
	{"GET", "/api/imports/{update}/problems", nil, "viewer", 200},
	{"GET", "/api/imports/{update}/problems/groups", nil, "viewer", 200},
	{"GET", "/api/imports/{update}/problems/rows", nil, "viewer", 200},
	{"GET", "/api/imports/{update}/problems/lines", nil, "viewer", 200},
	{"GET", "/api/imports/{update}/changes", nil, "viewer", 200},
	{"POST", "/api/imports/{update}/changes/search", object{"q": "own"}, "viewer", 200},
	{"GET", "/api/imports/{update}/rows", nil, "viewer", 200},
	{"PUT", "/api/imports/{test}/draft", object{"corrections": []any{object{"line": 3, "leaveOut": true}}}, "operator", 200},
	{"GET", "/api/imports/{test}/draft", nil, "viewer", 200},
	{"DELETE", "/api/imports/{test}/draft", nil, "operator", 204},
	{"GET", "/api/imports/{update}/files/errors", nil, "operator", 302},
	{"GET", "/api/imports/{update}/files/changes", nil, "operator", 302},
	{"GET", "/api/imports/{update}/files/undo", nil, "operator", 302},
	{"GET", "/api/imports/{update}/files/original", nil, "operator", 302},
	{"POST", "/api/imports/{test}/test", nil, "operator", 201},
	{"POST", "/api/imports/{test}/update", nil, "operator", 201},
	{"POST", "/api/imports/{update}/undo", nil, "operator", 201},
	{"POST", "/api/imports/{left}/resume", nil, "operator", 202},
	{"POST", "/api/imports/{waiting}/uploaded", nil, "operator", 202},
	{"POST", "/api/imports/{waiting}/cancel", nil, "operator", 200},
	{"GET", "/api/mappings", nil, "viewer", 200},
	{"GET", "/api/mappings/{mapping}", nil, "viewer", 200},
	{"DELETE", "/api/mappings/{mapping}", nil, "operator", 204},
	{"GET", "/api/contacts", nil, "viewer", 200},
	{"POST", "/api/contacts/search", object{"q": "own"}, "viewer", 200},
	{"POST", "/api/contacts/next-number", nil, "operator", 200},
	{"GET", "/api/contacts/{contact}", nil, "viewer", 200},
	{"GET", "/api/contacts/{contact}/history", nil, "viewer", 200},
	{"PUT", "/api/contacts/{contact}", object{"lastName": "Own"}, "operator", 200},
	{"DELETE", "/api/contacts/{contact}", nil, "operator", 204},
	{"GET", "/api/contacts/deleted", nil, "operator", 200},
	{"POST", "/api/contacts/{contact}/restore", nil, "operator", 200},
	{"DELETE", "/api/targets/{target}", nil, "operator", 204},
	{"DELETE", "/api/criteria/{criterion}", nil, "admin", 204},
	{"DELETE", "/api/authorisations/{authorisation}", nil, "admin", 204},
	{"DELETE", "/api/keys/{key}", nil, "admin", 204},
	{"POST", "/api/me/sign-out", nil, "viewer", 204},
}

// things makes one of each in aurora and returns what they are called.
func (s *stack) things() *strings.Replacer {
	s.t.Helper()
	s.call(admin, "PUT", "/api/criteria/OWN", object{"label": "Own", "kind": "yesno"}).want(201)
	s.call(admin, "PUT", "/api/authorisations/OWN_A", object{"label": "Own"}).want(201)
	s.call(operator, "PUT", "/api/contacts/98765", object{"lastName": "Own"}).want(201)
	target := s.call(admin, "POST", "/api/targets", object{"name": "Own", "condition": everybody}).want(201).object()["id"].(string)
	waiting := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}).want(201).object()["id"].(string)
	leaver := api.Claims{Institution: demo.Aurora, User: "u5", Email: "leo@aurora.example", Groups: []string{"viewer"}, Session: "s", SignedIn: s.now}
	s.call(leaver, "GET", "/api/me", nil).want(200)
	key := s.call(admin, "POST", "/api/keys", object{"name": "Own", "role": "viewer"}).want(201).object()["id"].(string)
	if err := s.mappings.Create(s.t.Context(), demo.Aurora, "0123456789abcdef", domain.Mapping{ID: "0123456789abcdef", DataType: domain.Contacts, Columns: map[string]string{"Wohnsitz": "City"}, CreatedAt: s.now, UsedAt: s.now}); err != nil {
		s.t.Fatal(err)
	}
	hook := s.call(admin, "POST", "/api/webhooks", object{"url": "https://crm.example/in", "events": []any{"import.finished"}}).want(201).object()["id"].(string)
	return strings.NewReplacer("{mapping}", "0123456789abcdef", "{key}", key, "{webhook}", hook, "{user}", "u5", "{criterion}", "OWN", "{authorisation}", "OWN_A", "{contact}", "98765", "{target}", target,
		"{template}", s.readyTemplate().ID, "{test}", s.doneImport(domain.Test).ID, "{update}", s.doneImport(domain.Update).ID, "{waiting}", waiting, "{left}", s.leftImport().ID)
}

// readyTemplate stores a template whose file is there.
func (s *stack) readyTemplate() domain.Template {
	s.t.Helper()
	t := domain.Template{ID: fmt.Sprintf("template-%d", s.ids.Add(1)), Institution: demo.Aurora, DataType: domain.Criteria, TargetID: demo.Targets(demo.Aurora)[0].ID, TargetName: "Own", Format: "csv",
		Status: domain.Ready, FileName: "rollbook-criteria-own.zip", CreatedAt: s.now, ExpiresAt: s.now.Add(2 * domain.TemplateLife)}
	o, err := s.files.Put(s.t.Context(), flow.TemplateKey(t.Institution, t.ID, t.FileName), strings.NewReader("zip"), "application/zip")
	if err != nil {
		s.t.Fatal(err)
	}
	t.File = o
	if t, _, err = s.jobs.CreateTemplate(s.t.Context(), t, domain.Once{}); err != nil {
		s.t.Fatal(err)
	}
	return t
}

// doneImport stores an import that is done, with its file and all results.
func (s *stack) doneImport(a domain.Action) domain.Import {
	s.t.Helper()
	i := domain.Import{ID: "done-" + string(a), Institution: demo.Aurora, DataType: domain.Criteria, Action: a, Recipe: domain.Recipe{OnConflict: domain.Overwrite},
		FileName: "criteria.csv", Email: "ana@aurora.example", Language: "fr", Status: domain.Done, Rows: 3, Counts: domain.Counts{Rows: 3, Updated: 1, Unchanged: 1, Rejected: 1},
		Files: []string{"original", "errors", "changes"}, CreatedAt: s.now, ExpiresAt: s.now.AddDate(0, 0, 30)}
	if a == domain.Update {
		i.Files = append(i.Files, "undo")
	}
	o, err := s.uploads.Put(s.t.Context(), flow.UploadKey(i.Institution, i.ID), strings.NewReader("file"), "text/csv")
	if err != nil {
		s.t.Fatal(err)
	}
	i.Source = o
	for _, name := range i.Files[1:] {
		content := name
		if name == "changes" {
			content = changesFile
		}
		if _, err := s.files.Put(s.t.Context(), flow.FileKey(i.Institution, i.ID, name), strings.NewReader(content), "text/csv"); err != nil {
			s.t.Fatal(err)
		}
	}
	if i, _, err = s.jobs.CreateImport(s.t.Context(), i, domain.Once{}, ""); err != nil {
		s.t.Fatal(err)
	}
	return i
}

// changesFile is a file of changes with one.
const changesFile = "\ufeffContact,Line,Field,Before,After\r\n#0000001,2,GENRE,ROCK,JAZZ\r\n"

// leftImport stores an import that ended with rows left.
func (s *stack) leftImport() domain.Import {
	s.t.Helper()
	i := domain.Import{ID: "left", Institution: demo.Aurora, DataType: domain.Criteria, Action: domain.Update, Recipe: domain.Recipe{OnConflict: domain.Skip}, Status: domain.Incomplete,
		Counts: domain.Counts{Rows: 3, Updated: 1, Unprocessed: 2}, CreatedAt: s.now, ExpiresAt: s.now.AddDate(0, 0, 30)}
	o, err := s.uploads.Put(s.t.Context(), flow.UploadKey(i.Institution, i.ID), strings.NewReader("file"), "text/csv")
	if err != nil {
		s.t.Fatal(err)
	}
	i.Source = o
	if i, _, err = s.jobs.CreateImport(s.t.Context(), i, domain.Once{}, ""); err != nil {
		s.t.Fatal(err)
	}
	return i
}

// put replaces the names of things in a body.
func put(names *strings.Replacer, body any) any {
	m, ok := body.(object)
	if !ok {
		return body
	}
	out := object{}
	for k, v := range m {
		if s, ok := v.(string); ok {
			v = names.Replace(s)
		}
		out[k] = v
	}
	return out
}

// describedPath is how the description calls the path of an operation.
func describedPath(path string) string {
	path = strings.NewReplacer("{criterion}", "{code}", "{authorisation}", "{code}", "{target}", "{id}", "{template}", "{id}",
		"{update}", "{id}", "{test}", "{id}", "{waiting}", "{id}", "{left}", "{id}", "{key}", "{id}", "{webhook}", "{id}", "{mapping}", "{id}", "{user}", "{id}", "{contact}", "{number}").Replace(path)
	for _, name := range []string{"errors", "changes", "undo", "original"} {
		path = strings.Replace(path, "/files/"+name, "/files/{name}", 1)
	}
	return path
}

func TestEveryOperationIsListed(t *testing.T) {
	s := newStack(t)
	var spec struct {
		Paths map[string]map[string]any
	}
	s.call(nobody, "GET", "/openapi.json", nil).want(200).into(&spec)
	tested := map[string]bool{}
	for _, o := range operations {
		tested[strings.ToLower(o.method)+" "+describedPath(o.path)] = true
	}
	for path, methods := range spec.Paths {
		for method := range methods {
			if !tested[method+" "+path] {
				t.Errorf("%s %s is not among the operations of these tests", method, path)
			}
		}
	}
}

// exported tells whether the settings say who may do it.
func exported(o operation) bool {
	return strings.HasSuffix(o.path, "/file") || strings.Contains(o.path, "/files/")
}

func TestGroups(t *testing.T) {
	users := map[string]api.Claims{"viewer": viewer, "operator": operator, "admin": admin}
	order := []string{"viewer", "operator", "admin"}
	s := newStack(t)
	names := s.things()
	keys := map[string]string{}
	for _, role := range []string{"viewer", "operator"} {
		keys[role] = s.call(admin, "POST", "/api/keys", object{"name": role, "role": role}).want(201).object()["key"].(string)
	}
	ended := admin
	ended.User, ended.Session = "u8", "ended"
	s.call(ended, "POST", "/api/me/sign-out", nil).want(204)
	for _, o := range operations {
		path, body := names.Replace(o.path), put(names, o.body)
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			s.t = t
			if a := s.call(nobody, o.method, path, body).want(401); a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("no WWW-Authenticate")
			}
			for name, c := range map[string]api.Claims{
				"no institution":    {User: "u", Groups: []string{"admin"}},
				"bad institution":   {Institution: "Aurora/../x", User: "u", Groups: []string{"admin"}},
				"no group":          {Institution: demo.Aurora, User: "u", Groups: []string{}},
				"some other groups": {Institution: demo.Aurora, User: "u", Groups: []string{"administrators", "Admin", "", "other"}},
			} {
				if a := s.call(c, o.method, path, body); a.status != 403 {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
			}
			s.call(nobody, o.method, path, body, "Authorization: Bearer forged").problem(401, "unauthorised")
			s.call(ended, o.method, path, body).problem(401, "unauthorised")
			for _, g := range order {
				if slices.Index(order, g) < slices.Index(order, o.group) {
					code := "forbidden"
					if exported(o) {
						code = "exportNeeded"
					}
					s.call(users[g], o.method, path, body).problem(403, code)
				}
			}
			s.call(users[o.group], o.method, path, body).want(o.status)
			for role, key := range keys {
				a := s.call(nobody, o.method, path, body, "Authorization: Bearer "+key)
				switch {
				case slices.Index(order, role) < slices.Index(order, o.group), strings.HasSuffix(o.path, "/sign-out"):
					if exported(o) {
						a.problem(403, "exportNeeded")
						break
					}
					a.problem(403, "forbidden")
				case o.method == "GET" && a.status != o.status:
					t.Errorf("a %s's key: %d %s", role, a.status, a.body)
				}
				for _, c := range []byte("xX0") { // any other is worth nothing
					if wrong := key[:len(key)-2] + string(c) + string(c); wrong != key {
						s.call(nobody, o.method, path, body, "Authorization: Bearer "+wrong).problem(401, "unauthorised")
					}
				}
			}
			// The higher groups are not stopped, whatever the state is now.
			for _, g := range order[slices.Index(order, o.group)+1:] {
				if a := s.call(users[g], o.method, path, body); a.status == 403 || a.status >= 500 {
					t.Errorf("%s: %d %s", g, a.status, a.body)
				}
			}
		})
	}
}

func TestAnInstitutionThatIsNotSetUp(t *testing.T) {
	s := newStack(t)
	c := api.Claims{Institution: "nowhere", User: "u", Groups: []string{"admin"}}
	for _, o := range []operation{{"GET", "/api/me", nil, "", 0}, {"GET", "/api/criteria", nil, "", 0}, {"GET", "/api/contacts", nil, "", 0},
		{"POST", "/api/imports", object{"dataType": "criteria", "action": "test"}, "", 0}, {"POST", "/api/targets/preview", object{"condition": everybody}, "", 0}} {
		s.call(c, o.method, o.path, o.body).problem(403, "institutionMissing")
	}
}

// What belongs to another institution is answered to the letter as what does
// not exist.
func TestAnotherInstitutionsThingsAreMissing(t *testing.T) {
	s := newStack(t)
	names := s.things()
	missing := strings.NewReplacer("{criterion}", "NONE", "{authorisation}", "NONE", "{contact}", "98766", "{target}", "none",
		"{template}", "none", "{key}", "none", "{user}", "none", "{test}", "none", "{update}", "none", "{waiting}", "none")
	for _, o := range operations {
		if !strings.Contains(o.path, "{") {
			continue
		}
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			s.t = t
			if o.method == "PUT" && !slices.ContainsFunc([]string{"{target}", "{user}", "{update}", "{test}"}, func(of string) bool { return strings.Contains(o.path, of) }) {
				// It makes the stranger's own and leaves the other alone.
				s.call(stranger, o.method, names.Replace(o.path), o.body).want(201)
				return
			}
			theirs := s.call(stranger, o.method, names.Replace(o.path), o.body)
			none := s.call(stranger, o.method, missing.Replace(o.path), o.body)
			theirs.problem(404, "notFound")
			if string(theirs.body) != string(none.body) {
				t.Errorf("%s\n%s", theirs.body, none.body)
			}
			for h := range theirs.header {
				if theirs.header.Get(h) != none.header.Get(h) {
					t.Errorf("header %s differs", h)
				}
			}
		})
		// The stranger's own things of the same names stand in no one's way.
		for _, own := range []string{"/api/criteria/OWN", "/api/authorisations/OWN_A", "/api/contacts/98765?erase=now"} {
			s.call(stranger, "DELETE", own, nil)
		}
	}
	s.t = t
	s.call(stranger, "POST", "/api/templates", object{"dataType": "criteria", "targetId": names.Replace("{target}")}).
		problem(422, "invalid", "body.targetId")
	for _, all := range []string{"/api/targets", "/api/templates", "/api/imports", "/api/criteria?limit=200", "/api/contacts?q=98765"} {
		a := s.call(stranger, "GET", all, nil).want(200)
		if strings.Contains(string(a.body), `"Own`) || strings.Contains(string(a.body), `"done-`) {
			t.Errorf("%s shows another institution's things: %s", all, a.body)
		}
	}
	s.call(viewer, "GET", "/api/contacts/98765", nil).want(200)
	s.call(viewer, "GET", "/api/criteria/OWN", nil).want(200)
	if got := s.call(viewer, "GET", names.Replace("/api/imports/{update}"), nil).want(200).object()["undoneBy"]; got != nil {
		t.Errorf("a stranger undid it: %v", got)
	}
}

func TestMe(t *testing.T) {
	s := newStack(t)
	me := s.call(operator, "GET", "/api/me", nil).want(200).object()
	if me["version"] != api.Version {
		t.Error(me["version"])
	}
	if me["user"] != "u2" || me["email"] != "olga@aurora.example" || me["language"] != "it" || me["institution"].(object)["name"] != "Aurora Theatre" {
		t.Error(me)
	}
	if me := s.call(stranger, "GET", "/api/me", nil).want(200).object(); me["language"] != "fr" || me["institution"].(object)["id"] != "borealis" {
		t.Error(me)
	}
}

func TestClaimsOf(t *testing.T) {
	for _, c := range []struct {
		groups any
		locale string
		want   api.Claims
	}{
		{[]any{"admin", "operator"}, "fr-CH", api.Claims{Language: "fr", Groups: []string{"admin", "operator"}}},
		{[]any{"viewer"}, "de_DE", api.Claims{Language: "de", Groups: []string{"viewer"}}},
		{[]any{"marketing,admin"}, "nl", api.Claims{Groups: []string{"marketing,admin"}}},
		{[]any{"x[admin]", `"admin"`}, "EN", api.Claims{Language: "en", Groups: []string{"x[admin]", `"admin"`}}},
		{[]any{1.0, nil, []any{"admin"}}, "", api.Claims{}},
		{"admin", "", api.Claims{}},
		{"[admin]", "x", api.Claims{}},
		{nil, "", api.Claims{}},
	} {
		c.want.Institution, c.want.User, c.want.Email, c.want.Session = "aurora", "s", "e", "j"
		c.want.SignedIn = time.Unix(1795553550, 0).UTC()
		got := api.ClaimsOf(map[string]any{"cognito:groups": c.groups, "locale": c.locale, "custom:institution": "aurora", "sub": "s", "email": "e",
			"email_verified": true, "cognito:username": "name", "auth_time": 1795553550.0, "iat": 1795557150.0, "origin_jti": "j"}, api.Federation{})
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v: %s", c.groups, d)
		}
	}
	if got := api.ClaimsOf(map[string]any{"sub": "s", "email": "director@aurora.example", "email_verified": false}, api.Federation{}); got.Email != "" {
		t.Error("an address that nobody verified is believed")
	}
}

// Of an institution's own sign-in, the institution is that of the provider and the
// group is what the provider's attribute says as a whole: nothing else in a token
// makes anybody more, and no other token is touched by it.
func TestFederatedClaims(t *testing.T) {
	aurora := api.Federation{Provider: "Aurora", ClientID: "federated", Institution: "aurora", Admin: "admin", Operator: "Rollbook Marketing", Viewer: "7c9e6679"}
	token := func(with map[string]any) map[string]any {
		m := map[string]any{"aud": "federated", "sub": "s", "email": "nora@aurora.example", "email_verified": false, "cognito:username": "Aurora_nora", "custom:role": "admin"}
		maps.Copy(m, with)
		return m
	}
	for name, c := range map[string]struct {
		with        map[string]any
		federation  api.Federation
		institution domain.InstitutionID
		groups      []string
	}{
		"a whole value":                     {nil, aurora, "aurora", []string{"admin"}},
		"a value with a blank":              {map[string]any{"custom:role": "Rollbook Marketing"}, aurora, "aurora", []string{"operator"}},
		"an entry of a list":                {map[string]any{"custom:role": `["staff","7c9e6679"]`}, aurora, "aurora", []string{"viewer"}},
		"the highest of two":                {map[string]any{"custom:role": `["7c9e6679","Rollbook Marketing"]`}, aurora, "aurora", []string{"operator"}},
		"part of a list that is a text":     {map[string]any{"custom:role": "staff,admin"}, aurora, "aurora", nil},
		"part of an entry":                  {map[string]any{"custom:role": `["staff,admin"]`}, aurora, "aurora", nil},
		"part of a name":                    {map[string]any{"custom:role": "x[admin]"}, aurora, "aurora", nil},
		"a list that is none":               {map[string]any{"custom:role": "[admin]"}, aurora, "aurora", nil},
		"another case":                      {map[string]any{"custom:role": "Admin"}, aurora, "aurora", nil},
		"nothing said":                      {map[string]any{"custom:role": nil}, aurora, "aurora", nil},
		"nothing said, and nothing asked":   {map[string]any{"custom:role": ""}, api.Federation{Provider: "Aurora", ClientID: "federated", Institution: "aurora"}, "aurora", nil},
		"groups of the pool":                {map[string]any{"custom:role": "staff", "cognito:groups": []any{"admin", "eu_Aurora"}}, aurora, "aurora", nil},
		"another institution's attribute":   {map[string]any{"custom:institution": "borealis"}, aurora, "aurora", []string{"admin"}},
		"a user of the pool":                {map[string]any{"cognito:username": "s", "cognito:groups": []any{"admin"}, "custom:institution": "aurora"}, aurora, "", nil},
		"a user of another provider":        {map[string]any{"cognito:username": "AuroraToo_nora"}, aurora, "", nil},
		"the pool's own client with a role": {map[string]any{"aud": "client", "custom:institution": "borealis", "cognito:groups": []any{"viewer"}}, aurora, "borealis", []string{"viewer"}},
		"no federation, and no client":      {map[string]any{"aud": "", "cognito:username": "_nora"}, api.Federation{}, "", nil},
	} {
		got := api.ClaimsOf(token(c.with), c.federation)
		if got.Institution != c.institution || !slices.Equal(got.Groups, c.groups) || got.User != "s" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := api.ClaimsOf(token(nil), aurora); got.Email != "nora@aurora.example" {
		t.Errorf("the provider's address is %q", got.Email)
	}
}

// A group counts as a whole only, whatever its name has in it.
func TestGroupsThatContainAnotherAreNone(t *testing.T) {
	s := newStack(t)
	for _, g := range []string{"marketing,admin", "x[admin]", "[admin]", "admin operator", " admin", "ADMIN", "admins"} {
		s.call(api.Claims{Institution: demo.Aurora, User: "u", Groups: []string{g}}, "GET", "/api/me", nil).problem(403, "forbidden")
	}
}

// What is remembered of a person is the id, with the address that went with it.
func TestWhoDidItStaysTheSameWhenTheAddressChanges(t *testing.T) {
	s := newStack(t)
	s.call(operator, "PUT", "/api/contacts/98765", object{"lastName": "One", "criteria": object{"NICKNAME": "N"}}).want(201)
	renamed := operator
	renamed.Email = admin.Email
	s.now = s.now.Add(time.Hour)
	s.call(renamed, "PUT", "/api/contacts/98765", object{"lastName": "Two"}).want(200)
	var history struct {
		Items []struct{ By, ByID, From, To string }
	}
	s.call(viewer, "GET", "/api/contacts/98765/history", nil).want(200).into(&history)
	if len(history.Items) == 0 {
		t.Fatal("no history")
	}
	for _, e := range history.Items {
		if e.ByID != operator.User || e.To == "One" && e.By != operator.Email || e.To == "Two" && e.By != admin.Email {
			t.Errorf("%+v", e)
		}
	}
	id := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}).want(201).object()["id"].(string)
	if i := s.call(viewer, "GET", "/api/imports/"+id, nil).want(200).object(); i["createdBy"] != operator.Email || i["createdById"] != operator.User {
		t.Error(i["createdBy"], i["createdById"])
	}
}

func TestWhatNeedsNoToken(t *testing.T) {
	s := newStack(t)
	for path, kind := range map[string]string{
		"/": "text/plain", "/index.html": "text/plain", "/any/thing.js": "text/plain", "/config.json": "application/json", "/openapi.json": "application/json",
		"/docs": "text/html", "/docs/docs.js": "text/javascript", "/docs/docs.css": "text/css",
	} {
		a := s.call(nobody, "GET", path, nil).want(200)
		if !strings.HasPrefix(a.header.Get("Content-Type"), kind) || len(a.body) == 0 {
			t.Errorf("%s: %s", path, a.header.Get("Content-Type"))
		}
		csp := a.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self' https://uploads.example https://signin.example;", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: policy %q", path, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
	config := s.call(nobody, "GET", "/config.json", nil).object()
	if config["clientId"] != "client" || config["userPoolId"] != "pool" || config["signInUrl"] != "https://signin.example/oauth2" {
		t.Error(config)
	}
	if html := string(s.call(nobody, "GET", "/docs", nil).body); strings.Contains(html, "http:") || strings.Contains(html, "https:") || strings.Contains(html, "style=") {
		t.Error("the docs load from elsewhere or have inline styles")
	}
	for _, path := range []string{"/api", "/api/", "/api/nothing", "/api/criteria/"} {
		s.call(nobody, "GET", path, nil).problem(404, "notFound")
		s.call(viewer, "GET", path, nil).problem(404, "notFound")
	}
	s.call(nobody, "GET", "/docs/none", nil).problem(404, "notFound")
	if a := s.call(nobody, "POST", "/openapi.json", "x").want(405); !strings.Contains(a.header.Get("Allow"), "GET") {
		t.Error(a.header)
	}
	if a := s.call(admin, "PATCH", "/api/contacts/search", "{}").want(405); a.header.Get("Allow") != "POST" {
		t.Errorf("allowed are %s", a.header.Get("Allow"))
	}
	if a := s.call(admin, "PATCH", "/api/criteria/GENRE", "{}").want(405); a.header.Get("Allow") != "DELETE, GET, HEAD, PUT" {
		t.Error(a.header)
	}
	if a := s.call(viewer, "HEAD", "/api/criteria/GENRE", nil); a.status != 200 {
		t.Error(a.status)
	}
	if a := s.call(viewer, "GET", "/api/me", nil); a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Security-Policy") == "" {
		t.Error(a.header)
	}
}

// The link that mails carry.
func TestMailLink(t *testing.T) {
	s := newStack(t)
	link := "/api/templates/" + s.readyTemplate().ID + "/file"
	const browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"

	a := s.call(nobody, "GET", link, nil, browser).want(302)
	if got := a.header.Get("Location"); got != "https://screen.example/#/templates/"+strings.Split(link, "/")[3] {
		t.Error(got)
	}
	if got := s.call(nobody, "GET", "/api/templates/%3Cscript%3E/file", nil, browser).want(302).header.Get("Location"); got != "https://screen.example/" {
		t.Error(got)
	}
	s.call(nobody, "GET", link, nil).problem(401, "unauthorised")
	s.call(nobody, "GET", link, nil, "Accept: application/json").problem(401, "unauthorised")
	for _, bad := range []string{"Bearer bad", "Bearer ", "Basic " + tokenOf(viewer), tokenOf(viewer)} {
		p := s.call(nobody, "GET", link, nil, browser, "Authorization: "+bad).problem(401, "unauthorised")
		if strings.Contains(p.Detail, "secret") {
			t.Error(p)
		}
	}
	a = s.call(nobody, "GET", link, nil, "Authorization: bearer "+tokenOf(operator)).want(302)
	if got := a.header.Get("Location"); !strings.HasPrefix(got, "https://files.example/") {
		t.Error(got)
	}
	a = s.call(nobody, "GET", link+"?redirect=false", nil, "Authorization: Bearer "+tokenOf(operator)).want(200)
	if got := a.object(); a.header.Get("Location") != "" || !strings.HasPrefix(got["url"].(string), "https://files.example/") || got["fileName"] != "rollbook-criteria-own.zip" {
		t.Error(got)
	}
	if a := s.call(nobody, "GET", "/api/templates/none/file", nil, "Authorization: Bearer "+tokenOf(operator)); a.status != http.StatusNotFound {
		t.Error(a.status)
	}
}
