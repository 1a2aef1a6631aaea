// Package year gives the demo institutions a past: some months of imports,
// conflicts, undos, problems and edits by hand, made by the real API and the real
// steps with their clock set back. Everything depends on the day alone: the same
// day has the same ids, files and values.
//
// Nothing is kept that the product would have deleted by now. Of what is older
// than 30 days, contacts, their history and the audit tell; its imports, templates
// and files are gone.
package year

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/api"
	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/cognito"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/ses"
	"rollbook/internal/aws/stepfunctions"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/file/guide"
	"rollbook/internal/importing/flow"
	"rollbook/internal/mail"
	"rollbook/internal/steps/chunk"
	"rollbook/internal/steps/finish"
	"rollbook/internal/steps/plan"
	"rollbook/internal/steps/start"
	"rollbook/internal/steps/template"
)

// Place is the deployed stack whose institutions get a past.
type Place struct {
	Config                                            aws.Config
	Contacts, Emails, History, Catalogue, Jobs, Audit string // tables
	Uploads, Files                                    string // buckets
	URL, StateMachineARN, UserPoolID, MailFrom        string
	Token                                             func(ctx context.Context, email string) (string, error)
}

// kept is how long imports, templates and their files are.
const kept = domain.ImportLife

// maker is what makes the past: the API and the steps in this process, on the
// stack's stores, at the time on its clock.
type maker struct {
	Place
	in    domain.InstitutionID
	today time.Time // the day, at midnight
	clock time.Time
	last  time.Time // of an id
	ids   int

	api      http.Handler
	jobs     *dynamo.Jobs
	uploads  *blob.Blobs
	files    *blob.Blobs
	start    *start.Step
	plan     *plan.Step
	chunk    *chunk.Step
	finish   *finish.Step
	template *template.Step
	claims   map[string]api.Claims // by token
	tokens   map[string]string     // by address
	failed   error                 // of a step that the API started
}

// Make makes the past of the institutions on the day that now is in.
func Make(ctx context.Context, p Place, now time.Time, of ...domain.InstitutionID) error {
	awake, err := p.quiet(ctx)
	if err != nil {
		return err
	}
	for _, in := range of {
		m := &maker{Place: p, in: in, today: now.UTC().Truncate(24 * time.Hour), claims: map[string]api.Claims{}, tokens: map[string]string{}}
		m.open()
		if failed := m.story(ctx); failed != nil {
			err = errors.Join(err, fmt.Errorf("the past of %s: %w", in, failed))
		}
	}
	return errors.Join(err, awake())
}

// open wires what the functions wire, but for the clock and the machine, which runs
// its steps at once.
func (m *maker) open() {
	now, none := func() time.Time { return m.clock }, slog.New(slog.DiscardHandler)
	db := dynamo.Open(m.Config)
	db.Now = now
	contacts, catalogue, jobs := dynamo.NewContacts(db, m.Contacts, m.Emails, m.History, m.Catalogue), dynamo.NewCatalogue(db, m.Catalogue), dynamo.NewJobs(db, m.Jobs)
	m.jobs, m.uploads, m.files = jobs, blob.New(blob.Client(m.Config), m.Uploads), blob.New(blob.Client(m.Config), m.Files)
	mappings := dynamo.NewRecords[domain.Mapping](jobs, "mappings")
	letters, letterbox := mail.Letters{ScreenURL: m.URL}, ses.New(sesv2.NewFromConfig(m.Config), m.MailFrom, "")
	m.plan = &plan.Step{Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Mappings: mappings, Files: m.files, Source: func(bucket string) plan.Opener {
		if bucket == m.Files {
			return m.files
		}
		return m.uploads
	}}
	m.chunk = &chunk.Step{Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Files: m.files, Now: now}
	m.finish = &finish.Step{Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Mappings: mappings, Files: m.files, Mail: letterbox, Letter: letters.Import, Log: none, Count: func(string, int) {}, Now: now}
	m.template = &template.Step{Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Files: m.files, Mail: letterbox, Letter: letters.Template, Guide: guide.README, Log: none, Now: now}
	machine := atOnce{m, stepfunctions.New(sfn.NewFromConfig(m.Config), m.StateMachineARN)}
	m.start = &start.Step{Uploads: m.uploads, Jobs: jobs, Catalogue: catalogue, Machine: machine, Log: none, Now: now, Keep: kept}
	m.api = api.New(api.Config{
		Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Audit: dynamo.NewAudit(db, m.Audit), Uploads: m.uploads, Files: m.files,
		Users: dynamo.NewRecords[domain.User](jobs, "users"), Directory: cognito.New(cognitoidentityprovider.NewFromConfig(m.Config), m.UserPoolID),
		Usage: dynamo.NewRecords[domain.Usage](jobs, "usage"), Keys: dynamo.NewRecords[domain.Key](jobs, "keys"),
		Webhooks: dynamo.NewRecords[domain.Webhook](jobs, "webhooks"), Deliveries: dynamo.NewRecords[domain.Delivery](jobs, dynamo.DeliveriesKind), LoopbackWebhooks: true,
		Mappings: mappings, Drafts: dynamo.NewRecords[domain.Draft](jobs, "drafts"), Removed: dynamo.NewRecords[domain.Removed](jobs, "removed"),
		Machine: machine, Templates: prepared{m}, Now: now, NewID: m.id, ScreenURL: m.URL, SignInURL: m.URL, UploadsOrigin: m.URL, PreviewFor: time.Minute, Log: none,
		// The tokens are the stack's own, asked for here.
		Verify: func(_ context.Context, bearer string) (api.Claims, error) {
			c, ok := m.claims[bearer]
			if !ok {
				return c, fault.New(fault.Forbidden, "unauthorised")
			}
			c.SignedIn = m.clock.Truncate(24 * time.Hour).Add(7 * time.Hour)
			return c, nil
		},
	})
}

// atOnce runs an import's steps before Start returns.
type atOnce struct {
	m *maker
	*stepfunctions.Machine
}

func (a atOnce) Start(ctx context.Context, _ string, input []byte) error {
	var run flow.Run
	if err := json.Unmarshal(input, &run); err != nil {
		return err
	}
	if err := a.m.run(ctx, run); err != nil {
		a.m.failed = err
		return err
	}
	return nil
}

func (m *maker) run(ctx context.Context, run flow.Run) error {
	m.tick()
	planned, err := m.plan.Run(ctx, run)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	m.tick()
	for n := range planned.Chunks {
		if err := m.chunk.Run(ctx, flow.Chunk{Run: run, Chunk: n}); err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
	}
	m.tick()
	if err := m.finish.Run(ctx, flow.Finish{Run: run}); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

type prepared struct{ m *maker }

func (p prepared) Prepare(ctx context.Context, in domain.InstitutionID, id string) error {
	p.m.tick()
	return p.m.template.Run(ctx, flow.Template{Version: flow.Version, Institution: in, Template: id})
}

// at sets the clock to a day and an hour; it never goes back.
func (m *maker) at(days int, hour, minute int) error {
	t := m.today.AddDate(0, 0, -days).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	if t.Before(m.clock) {
		return fmt.Errorf("%s comes after %s", m.clock, t)
	}
	m.clock = t
	return nil
}

// tick is the time that things take.
func (m *maker) tick() { m.clock = m.clock.Add(3 * time.Second) }

// id is a UUID of version 7 of the time on the clock. Those of one day are counted.
func (m *maker) id() string {
	if m.clock.Equal(m.last) {
		m.ids++
	} else {
		m.last, m.ids = m.clock, 1
	}
	ms := m.clock.UnixMilli()
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", ms>>16, ms&0xffff, m.ids, len(m.in), ms)
}

// quiet keeps the deployed stack out of it until the function that it returns is
// called: no upload of the past starts an import, and nothing that had its time by
// now is deleted before it has happened. That works when ctx has ended, too.
func (p Place) quiet(ctx context.Context) (awake func() error, err error) {
	objects, tables := s3.NewFromConfig(p.Config, func(o *s3.Options) { o.UsePathStyle = true }), dynamodb.NewFromConfig(p.Config)
	was, err := objects.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &p.Uploads})
	if err != nil {
		return nil, err
	}
	told := func(ctx context.Context, c *s3types.NotificationConfiguration) error {
		_, err := objects.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{Bucket: &p.Uploads, NotificationConfiguration: c, SkipDestinationValidation: aws.Bool(true)})
		return err
	}
	life, err := tables.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &p.Jobs})
	if err != nil {
		return nil, err
	}
	lives := func(ctx context.Context, yes bool) error {
		if life.TimeToLiveDescription == nil || life.TimeToLiveDescription.TimeToLiveStatus != dynamotypes.TimeToLiveStatusEnabled {
			return nil // this emulator does not know of it, and what has expired is not read
		}
		_, err := tables.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &p.Jobs,
			TimeToLiveSpecification: &dynamotypes.TimeToLiveSpecification{AttributeName: life.TimeToLiveDescription.AttributeName, Enabled: &yes}})
		return err
	}
	awake = func() error {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer stop()
		return errors.Join(told(ctx, &s3types.NotificationConfiguration{EventBridgeConfiguration: was.EventBridgeConfiguration, LambdaFunctionConfigurations: was.LambdaFunctionConfigurations,
			QueueConfigurations: was.QueueConfigurations, TopicConfigurations: was.TopicConfigurations}), lives(ctx, true))
	}
	if err := errors.Join(told(ctx, &s3types.NotificationConfiguration{}), lives(ctx, false)); err != nil {
		return nil, errors.Join(err, awake())
	}
	return awake, nil
}

// forget deletes the institution's files, as the buckets' rules do with those that are too old.
func (m *maker) forget(ctx context.Context) error {
	objects := s3.NewFromConfig(m.Config, func(o *s3.Options) { o.UsePathStyle = true })
	for _, bucket := range []string{m.Uploads, m.Files} {
		pages := s3.NewListObjectVersionsPaginator(objects, &s3.ListObjectVersionsInput{Bucket: &bucket})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, v := range page.Versions {
				if !strings.Contains(aws.ToString(v.Key), "/"+string(m.in)+"/") {
					continue
				}
				if _, err := objects.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: v.Key, VersionId: v.VersionId}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// person is a user of an institution, by its address.
type person struct {
	m     *maker
	email string
}

func (m *maker) person(ctx context.Context, role string, in domain.InstitutionID) (person, error) {
	p := person{m, role + "@" + string(in) + ".example"}
	token, err := m.Token(ctx, p.email)
	if err != nil {
		return p, err
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return p, errors.New("the stack's token is none")
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return p, err
	}
	var claims map[string]any
	if err := json.Unmarshal(b, &claims); err != nil {
		return p, err
	}
	m.tokens[p.email], m.claims[token] = token, api.ClaimsOf(claims, api.Federation{})
	return p, nil
}

// ask sends a request of theirs, and reads the answer into what it is given.
func (p person) ask(ctx context.Context, method, path string, body, into any) error {
	p.m.tick()
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r := httptest.NewRequestWithContext(ctx, method, path, bytes.NewReader(b))
	r.Header.Set("Authorization", "Bearer "+p.m.tokens[p.email])
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	p.m.api.ServeHTTP(w, r)
	if err := p.m.failed; err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if w.Code >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(w.Body.Bytes(), into)
}

type object = map[string]any

type made struct{ ID string }

// imports sends a file, as the screen does, and sets the import's id when it has
// ended.
func (p person) imports(ctx context.Context, id *string, body object, file []byte) error {
	var i made
	if err := p.ask(ctx, http.MethodPost, "/api/imports", body, &i); err != nil {
		return err
	}
	p.m.tick()
	o, err := p.m.uploads.Put(ctx, flow.UploadKey(p.m.in, i.ID), bytes.NewReader(file), "application/octet-stream")
	if err != nil {
		return err
	}
	if err := p.m.start.Uploaded(ctx, p.m.in, i.ID, o); err != nil {
		return fmt.Errorf("import of %v: %w", body["fileName"], err)
	}
	*id = i.ID
	return nil
}

// does updates by a test, or undoes an update, and sets the id of what that made.
func (p person) does(ctx context.Context, id *string, what, of string) error {
	var i made
	err := p.ask(ctx, http.MethodPost, "/api/imports/"+of+"/"+what, nil, &i)
	*id = i.ID
	return err
}

// form asks for a template and returns what lies in it: the table of its CSV.
func (p person) form(ctx context.Context, body object) ([][]string, error) {
	var t made
	if err := p.ask(ctx, http.MethodPost, "/api/templates", body, &t); err != nil {
		return nil, err
	}
	done, err := p.m.jobs.Template(ctx, p.m.in, t.ID)
	if err != nil {
		return nil, err
	}
	if done.Status != domain.Ready {
		return nil, fmt.Errorf("template of %s is %s", done.TargetName, done.Status)
	}
	f, err := p.m.files.Open(ctx, done.File)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	for _, entry := range z.File {
		if !strings.HasSuffix(entry.Name, ".csv") || strings.HasPrefix(entry.Name, "values") {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		lines := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
		if head, _, _ := bytes.Cut(text, []byte("\n")); bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
			lines.Comma = ';'
		}
		return lines.ReadAll()
	}
	return nil, nil // a workbook
}

// fill writes into the [new] cells of a form's first rows, and returns the file.
func fill(form [][]string, comma rune, rows int, values map[string]func(row int) string) ([]byte, error) {
	if len(form) < 2 {
		return nil, errors.New("the form is empty")
	}
	form = form[:min(len(form), rows+1)]
	for column, value := range values {
		k := slices.Index(form[0], column)
		if k < 0 {
			return nil, fmt.Errorf("the form has no %s: %q", column, form[0])
		}
		for n, row := range form[1:] {
			row[k] = value(n)
		}
	}
	return table(form, comma)
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return b
}

func table(rows [][]string, comma rune) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = comma, true
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// edits changes values of a contact by hand, as its page does.
func (p person) edits(ctx context.Context, number domain.ContactNumber, change func(contact object)) error {
	var c object
	if err := p.ask(ctx, http.MethodGet, "/api/contacts/"+string(number), nil, &c); err != nil {
		return err
	}
	change(c)
	return p.ask(ctx, http.MethodPut, "/api/contacts/"+string(number), c, nil)
}
