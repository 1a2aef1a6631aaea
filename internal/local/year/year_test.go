package year

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/local/emulator"
)

var now = time.Date(2026, 11, 29, 20, 15, 0, 0, time.UTC)

// place is what a deployed stack has of an institution, without its functions.
func place(t *testing.T, in domain.InstitutionID) Place {
	t.Helper()
	conf := emulator.ForTest(t)
	p := Place{Config: conf, Contacts: emulator.Table(t, conf), Emails: emulator.Table(t, conf), History: emulator.Table(t, conf), Catalogue: emulator.Table(t, conf),
		Jobs: emulator.Table(t, conf, emulator.Index{Name: "open", Hash: "open", Range: "since"}), Audit: emulator.Table(t, conf),
		Uploads: emulator.Bucket(t, conf, true), Files: emulator.Bucket(t, conf, false), URL: "http://localhost:8080",
		StateMachineARN: "arn:aws:states:eu-central-1:000000000000:stateMachine:year", MailFrom: "year@rollbook.example"}
	if _, err := sesv2.NewFromConfig(conf).CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &p.MailFrom}); err != nil && !errors.As(err, new(*sestypes.AlreadyExistsException)) {
		t.Fatal(err)
	}
	p.Token = func(_ context.Context, email string) (string, error) {
		role, host, _ := strings.Cut(email, "@")
		b, err := json.Marshal(map[string]any{"sub": role, "email": email, "custom:institution": strings.TrimSuffix(host, ".example"), "cognito:groups": []string{role}})
		return "e30." + base64.RawURLEncoding.EncodeToString(b) + ".none", err
	}
	db := dynamo.Open(conf)
	if err := demo.Seed(t.Context(), dynamo.NewContacts(db, p.Contacts, p.Emails, p.History, p.Catalogue), dynamo.NewCatalogue(db, p.Catalogue), in, people); err != nil {
		t.Fatal(err)
	}
	return p
}

// visitor is an administrator who looks at the institution today.
func visitor(t *testing.T, p Place, in domain.InstitutionID) person {
	t.Helper()
	m := &maker{Place: p, in: in, clock: now, claims: map[string]api.Claims{}, tokens: map[string]string{}}
	m.open()
	v, err := m.person(t.Context(), "admin", in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func items(t *testing.T, v person, path string) []object {
	t.Helper()
	var list struct{ Items []object }
	if err := v.ask(t.Context(), "GET", path, nil, &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// Every page of the screen has something to show.
func TestTheYearShowsEverything(t *testing.T) {
	p := place(t, demo.Aurora)
	if err := Make(t.Context(), p, now, demo.Aurora); err != nil {
		t.Fatal(err)
	}
	v := visitor(t, p, demo.Aurora)
	imports := items(t, v, "/api/imports?limit=50")
	has := map[string]string{} // what there is, and in which import
	for _, i := range imports {
		id := i["id"].(string)
		counts := i["counts"].(object)
		has[i["status"].(string)] = id
		has[fmt.Sprint(i["dataType"])] = id
		for _, x := range []string{"created", "updated", "unchanged", "rejected", "conflicted"} {
			if counts[x].(float64) > 0 {
				has[x+" rows"] = id
			}
		}
		if i["undoneBy"] != nil {
			has["undone"] = id
		}
		if i["ofKind"] != nil {
			has["of kind "+i["ofKind"].(string)] = id
		}
		if i["action"] == "test" && i["problemsTotal"].(float64) > 0 && i["updatedBy"] == nil && i["status"] == "done" {
			has["to mend"] = id
		}
		if i["note"] != nil {
			has["a note"] = id
		}
		if mail := i["mail"].(object); mail["status"] == "sent" {
			has["a mail"] = id
		}
		at, err := time.Parse(time.RFC3339, i["createdAt"].(string))
		if err != nil || at.After(now) || now.Sub(at) > kept {
			t.Errorf("import %s is of %v: %v", id, i["createdAt"], err)
		}
	}
	for _, x := range []string{"done", "rejected", "cancelled", "contacts", "criteria", "authorisations", "created rows", "updated rows", "unchanged rows", "rejected rows", "conflicted rows",
		"undone", "of kind undo", "of kind update", "to mend", "a note", "a mail"} {
		if has[x] == "" {
			t.Errorf("no import shows %q", x)
		}
	}
	// What an import changed, with old and new, and what it could not, with its file.
	rows := items(t, v, "/api/imports/"+has["undone"]+"/rows")
	if len(rows) == 0 {
		t.Error("the undone import shows no rows")
	}
	if problems := items(t, v, "/api/imports/"+has["to mend"]+"/problems/groups"); len(problems) == 0 {
		t.Error("the import to mend has no problems")
	}
	done, err := v.m.jobs.Import(t.Context(), demo.Aurora, has["undone"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.m.uploads.Open(t.Context(), done.Source); err != nil {
		t.Errorf("the file of an import that is shown: %v", err)
	}

	templates := items(t, v, "/api/templates")
	if len(templates) < 3 || !slices.ContainsFunc(templates, func(x object) bool { return x["status"] == "ready" && x["format"] == "xlsx" }) {
		t.Errorf("templates %v", templates)
	}
	ages := map[string]bool{}
	for _, target := range items(t, v, "/api/targets") {
		if c, ok := target["counted"].(object); ok {
			ages[c["at"].(string)[:10]] = true
		} else {
			ages["never"] = true
		}
	}
	if len(ages) < 4 || !ages["never"] {
		t.Errorf("targets were counted on %v", ages)
	}
	for path, least := range map[string]int{"/api/users": 3, "/api/keys": 1, "/api/mappings": 1, "/api/webhooks": 1, "/api/contacts/deleted": 1} {
		if got := items(t, v, path); len(got) < least {
			t.Errorf("%s shows %v", path, got)
		}
	}
	audit := items(t, v, "/api/audit?limit=100")
	if len(audit) < 30 {
		t.Fatalf("%d entries of the audit", len(audit))
	}
	if at, err := time.Parse(time.RFC3339, audit[len(audit)-1]["at"].(string)); err != nil || now.Sub(at) < 270*24*time.Hour {
		t.Errorf("the audit begins at %v: %v", at, err)
	}

	// A contact's history goes further back than the imports: those that are gone have
	// no file's name any more.
	var gone, here, hand bool
	for i := range people {
		for _, e := range items(t, v, "/api/contacts/"+string(demo.Number(i))+"/history") {
			switch {
			case e["import"] == nil:
				hand = true
			case e["fileName"] == nil:
				gone = true
			default:
				here = true
			}
		}
		if gone && here && hand {
			break
		}
	}
	if !gone || !here || !hand {
		t.Errorf("histories have changes of imports that are gone: %v, that are there: %v, by hand: %v", gone, here, hand)
	}
	// No file is left of an import that is not shown.
	out, err := s3.NewFromConfig(p.Config, func(o *s3.Options) { o.UsePathStyle = true }).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &p.Uploads})
	if err != nil || len(out.Contents) == 0 {
		t.Fatalf("%d uploads: %v", len(out.Contents), err)
	}
	for _, o := range out.Contents {
		if !slices.ContainsFunc(imports, func(i object) bool { return strings.HasSuffix(*o.Key, "/"+i["id"].(string)) }) {
			t.Errorf("%s is of no import that is shown", *o.Key)
		}
	}
}

// A stack whose past was given up half way is as awake as before: what it holds is kept,
// and so would be its sleep.
func TestAStackWithoutAPastIsAwake(t *testing.T) {
	p := place(t, demo.Aurora)
	objects := s3.NewFromConfig(p.Config, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := objects.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{Bucket: &p.Uploads,
		NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}}}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	p.Token = func(ctx context.Context, _ string) (string, error) {
		stop()
		return "", ctx.Err()
	}
	if err := Make(ctx, p, now, demo.Aurora); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	told, err := objects.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &p.Uploads})
	if err != nil || told.EventBridgeConfiguration == nil {
		t.Errorf("the bucket tells of %+v: %v", told, err)
	}
}

// Borealis is French, the same each time, and its bucket's events are on again.
func TestTheYearIsTheSameEachTime(t *testing.T) {
	var before []object
	for range 2 {
		p := place(t, demo.Borealis)
		objects := s3.NewFromConfig(p.Config, func(o *s3.Options) { o.UsePathStyle = true })
		if _, err := objects.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{Bucket: &p.Uploads,
			NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}}}); err != nil {
			t.Fatal(err)
		}
		if err := Make(t.Context(), p, now, demo.Borealis); err != nil {
			t.Fatal(err)
		}
		told, err := objects.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &p.Uploads})
		if err != nil || told.EventBridgeConfiguration == nil {
			t.Errorf("the bucket tells of %+v: %v", told, err)
		}
		v := visitor(t, p, demo.Borealis)
		shown := items(t, v, "/api/imports?limit=50")
		for i := range 20 {
			shown = append(shown, items(t, v, "/api/contacts/"+string(demo.Number(i))+"/history")...)
		}
		if before == nil {
			before = shown
			french := false
			for _, i := range shown {
				if i["status"] == nil {
					continue
				}
				imp, err := v.m.jobs.Import(t.Context(), demo.Borealis, i["id"].(string))
				if err != nil || imp.Language != "fr" {
					t.Errorf("import %s is in %q: %v", imp.FileName, imp.Language, err)
				}
				french = french || imp.Detected != nil && imp.Detected.Encoding == "Windows-1252" && imp.Counts.Created > 10
			}
			if !french {
				t.Error("no file is as French programs write them")
			}
		} else if d := cmp.Diff(before, shown); d != "" {
			t.Error(d)
		}
	}
}
