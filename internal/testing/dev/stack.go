// Package dev serves the Import screen with everything behind it in one
// process: the real API and the real steps on stores in memory, two demo
// institutions, buckets of another origin, and a sign-in page that speaks the
// same protocol as the user pool's. The screen's browser tests run on it, and
// command serve shows it to people.
package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/file/guide"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/mail"
	"rollbook/internal/steps/announce"
	"rollbook/internal/steps/chunk"
	"rollbook/internal/steps/finish"
	"rollbook/internal/steps/plan"
	"rollbook/internal/steps/start"
	"rollbook/internal/steps/template"
	"rollbook/internal/testing/memory"
	"rollbook/internal/web"
	"rollbook/internal/webhook"
)

// Options say how the stack is made; the zero value serves small institutions
// on free ports.
type Options struct {
	Port     int // of the screen; 0 for a free one
	Contacts int // of each institution; 0 for 200
	// Assets serve the screen; nil for the embedded bundle.
	Assets http.Handler
	// Federation is another way to sign in, for the users of its institution; the
	// zero value is none.
	Federation api.Federation
}

// Stack is a running stack. Its stores may be read and changed beside it.
type Stack struct {
	URL       string // of the screen, without a final slash
	Contacts  *memory.Contacts
	Catalogue *memory.Catalogue
	Jobs      *memory.Jobs
	Uploads   *memory.Blobs
	Files     *memory.Blobs
	Mails     *memory.Mails
	SignIn    *SignIn
	Users     *memory.Records[domain.User]
	Keys      *memory.Records[domain.Key]
	Webhooks  *memory.Records[domain.Webhook]
	Removed   *memory.Records[domain.Removed]

	// BeforeChunk, if set, is called before each chunk of an import: a test
	// holds an import there.
	BeforeChunk func()
	// BeforeLetter, if set, is called when an import has ended and its mail is
	// written next.
	BeforeLetter func()
	// BeforeUpload, if set, is called before an upload is taken; with an error
	// it is not.
	BeforeUpload func() error

	plan      *plan.Step
	chunk     *chunk.Step
	finish    *finish.Step
	start     *start.Step
	template  *template.Step
	listeners []net.Listener
	running   sync.WaitGroup
	mu        sync.Mutex
	started   map[string]bool
	log       *slog.Logger
}

// Start serves a stack until Close.
func Start(o Options) (*Stack, error) {
	if o.Contacts == 0 {
		o.Contacts = 200
	}
	s := &Stack{Mails: &memory.Mails{}, started: map[string]bool{}, log: slog.New(slog.DiscardHandler)}
	s.Contacts, s.Catalogue, s.Jobs = memory.NewContacts(time.Now), memory.NewCatalogue(), memory.NewJobs(time.Now)
	s.Uploads, s.Files = memory.NewBlobs("uploads", time.Now), memory.NewBlobs("files", time.Now)
	for _, in := range []domain.InstitutionID{demo.Aurora, demo.Borealis} {
		if err := demo.Seed(context.Background(), s.Contacts, s.Catalogue, in, o.Contacts); err != nil {
			return nil, err
		}
	}
	screen, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", o.Port))
	if err != nil {
		return nil, err
	}
	s.listeners = append(s.listeners, screen)
	s.URL = origin(screen)
	uploads, err := s.serve(http.HandlerFunc(s.uploaded))
	if err != nil {
		return nil, err
	}
	files, err := s.serve(s.Files)
	if err != nil {
		return nil, err
	}
	s.SignIn = newSignIn(s.URL, o.Federation)
	signIn, err := s.serve(s.SignIn)
	if err != nil {
		return nil, err
	}
	s.Uploads.URL, s.Files.URL = uploads, files

	letters := mail.Letters{ScreenURL: s.URL}
	mappings := memory.NewRecords[domain.Mapping](time.Now)
	s.plan = &plan.Step{Contacts: s.Contacts, Catalogue: s.Catalogue, Jobs: s.Jobs, Mappings: mappings, Files: s.Files,
		Source: func(bucket string) plan.Opener {
			if bucket == "files" {
				return s.Files
			}
			return s.Uploads
		}}
	s.chunk = &chunk.Step{Contacts: s.Contacts, Catalogue: s.Catalogue, Jobs: s.Jobs, Files: s.Files, Now: time.Now}
	s.finish = &finish.Step{Contacts: s.Contacts, Catalogue: s.Catalogue, Jobs: s.Jobs, Mappings: mappings, Files: s.Files, Mail: s.Mails, Log: s.log, Count: func(string, int) {}, Now: time.Now, Letter: func(i domain.Import, institution string) mail.Message {
		if f := s.BeforeLetter; f != nil {
			f()
		}
		return letters.Import(i, institution)
	}}
	s.start = &start.Step{Uploads: s.Uploads, Jobs: s.Jobs, Catalogue: s.Catalogue, Machine: machine{s}, Log: s.log, Now: time.Now, Keep: 30 * 24 * time.Hour}
	s.template = &template.Step{Contacts: s.Contacts, Catalogue: s.Catalogue, Jobs: s.Jobs, Files: s.Files, Mail: s.Mails, Log: s.log, Now: time.Now,
		Letter: letters.Template, Guide: guide.README}

	if o.Assets == nil {
		o.Assets = web.Assets()
	}
	s.Users, s.Keys, s.Webhooks = memory.NewRecords[domain.User](time.Now), memory.NewRecords[domain.Key](time.Now), memory.NewRecords[domain.Webhook](time.Now)
	s.Removed = memory.NewRecords[domain.Removed](time.Now)
	handler := api.New(api.Config{
		Contacts: s.Contacts, Catalogue: s.Catalogue, Jobs: s.Jobs, Uploads: uploading{s.Uploads, s}, Files: s.Files,
		Users: s.Users, Directory: s.SignIn.Directory(), Audit: memory.NewAudit(time.Now),
		Usage: memory.NewRecords[domain.Usage](time.Now), Keys: s.Keys,
		Webhooks: s.Webhooks, Deliveries: deliveries{memory.NewRecords[domain.Delivery](time.Now), s}, LoopbackWebhooks: true,
		Removed: s.Removed, Mappings: mappings, Drafts: memory.NewRecords[domain.Draft](time.Now), Machine: machine{s}, Templates: templates{s}, Verify: s.SignIn.verify,
		Now: time.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
		ScreenURL: s.URL, SignInURL: signIn, UserPoolID: "dev", ClientID: clientID, Federation: o.Federation, UploadsOrigin: uploads,
		Assets: o.Assets, Log: s.log,
	})
	go http.Serve(screen, handler)
	return s, nil
}

// Close ends the stack.
func (s *Stack) Close() {
	for _, l := range s.listeners {
		l.Close()
	}
}

func (s *Stack) serve(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.listeners = append(s.listeners, l)
	go http.Serve(l, h)
	return origin(l), nil
}

// origin names the host localhost: to browsers that is a secure context.
func origin(l net.Listener) string {
	return fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
}

// uploaded is the uploads bucket: it takes forms from the screen's origin, and
// tells the start step about what came.
func (s *Stack) uploaded(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", s.URL)
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Methods", "POST")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		return
	}
	if r.Method == http.MethodGet {
		s.Uploads.ServeHTTP(w, r)
		return
	}
	if s.BeforeUpload != nil {
		if err := s.BeforeUpload(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	before := map[string]bool{}
	for _, k := range s.Uploads.Keys() {
		before[k] = true
	}
	s.Uploads.ServeHTTP(w, r)
	for _, k := range s.Uploads.Keys() {
		if before[k] {
			continue
		}
		o, at, err := s.Uploads.Head(r.Context(), k)
		if err != nil {
			continue
		}
		s.running.Go(func() {
			s.start.Run(context.Background(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: at})
		})
	}
}

// uploading tells the start step of what the API puts there, as of what people do.
type uploading struct {
	*memory.Blobs
	s *Stack
}

func (u uploading) Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error) {
	o, err := u.Blobs.Put(ctx, key, r, contentType)
	if err == nil {
		u.s.running.Go(func() {
			u.s.start.Run(context.Background(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: time.Now()})
		})
	}
	return o, err
}

// machine runs an import's steps as the state machine does.
type machine struct{ s *Stack }

func (m machine) Execution(id string) string { return new(memory.Machine).Execution(id) }

func (m machine) Start(_ context.Context, id string, input []byte) error {
	m.s.mu.Lock()
	again := m.s.started[id]
	m.s.started[id] = true
	m.s.mu.Unlock()
	var run flow.Run
	if err := json.Unmarshal(input, &run); err != nil || again {
		return err
	}
	m.s.running.Go(func() { m.s.run(context.Background(), run) })
	return nil
}

func (s *Stack) run(ctx context.Context, run flow.Run) {
	p, err := s.plan.Run(ctx, run)
	if err != nil {
		if fault.KindOf(err) != fault.Conflict {
			s.finish.Run(ctx, flow.Finish{Run: run, Failed: json.RawMessage(`{"Error":"Unexpected"}`)})
		}
		return
	}
	if !p.Rejected {
		b, err := s.Files.Get(ctx, p.Manifest)
		var chunks []flow.Chunk
		if err == nil {
			err = json.Unmarshal(b, &chunks)
		}
		for _, c := range chunks {
			if s.BeforeChunk != nil {
				s.BeforeChunk()
			}
			if err == nil {
				err = s.chunk.Run(ctx, c)
			}
		}
	}
	s.finish.Run(ctx, flow.Finish{Run: run})
}

// deliveries sends what is kept there, as the announce function does.
type deliveries struct {
	*memory.Records[domain.Delivery]
	s *Stack
}

func (d deliveries) Create(ctx context.Context, in domain.InstitutionID, key string, v domain.Delivery) error {
	if err := d.Records.Create(ctx, in, key, v); err != nil {
		return err
	}
	poster := webhook.Poster{Now: time.Now, Loopback: true}
	step := announce.Step{Webhooks: d.s.Webhooks, Deliveries: d.Records, Post: poster.Deliver, Log: d.s.log, Now: time.Now}
	d.s.running.Go(func() { step.Deliver(context.Background(), in, key) })
	return nil
}

type templates struct{ s *Stack }

func (t templates) Prepare(_ context.Context, in domain.InstitutionID, id string) error {
	t.s.running.Go(func() {
		t.s.template.Run(context.Background(), flow.Template{Version: flow.Version, Institution: in, Template: id})
	})
	return nil
}

// Wait returns when nothing is under way.
func (s *Stack) Wait() { s.running.Wait() }

// Import runs a file through the stack without a browser, as the user would,
// and returns how it ended.
func (s *Stack) Import(ctx context.Context, imp domain.Import, file []byte) (domain.Import, error) {
	imp.ID, imp.Status, imp.CreatedAt = uuid.Must(uuid.NewV7()).String(), domain.Waiting, time.Now()
	imp.ExpiresAt = imp.CreatedAt.Add(30 * 24 * time.Hour)
	if _, _, err := s.Jobs.CreateImport(ctx, imp, domain.Once{}, ""); err != nil {
		return imp, err
	}
	o, err := s.Uploads.Put(ctx, flow.UploadKey(imp.Institution, imp.ID), bytes.NewReader(file), "text/csv")
	if err != nil {
		return imp, err
	}
	if err := s.start.Run(ctx, start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: time.Now()}); err != nil {
		return imp, err
	}
	s.Wait()
	return s.Jobs.Import(ctx, imp.Institution, imp.ID)
}

// Prepare makes the file of a template that is stored, as it is.
func (s *Stack) Prepare(ctx context.Context, t domain.Template) error {
	return s.template.Run(ctx, flow.Template{Version: flow.Version, Institution: t.Institution, Template: t.ID})
}

// File returns a result file of an import.
func (s *Stack) File(ctx context.Context, in domain.InstitutionID, id, name string) ([]byte, error) {
	imp, err := s.Jobs.Import(ctx, in, id)
	if err != nil {
		return nil, err
	}
	f, err := s.Files.Open(ctx, domain.Object{Key: flow.FileOf(imp, name)})
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
}
