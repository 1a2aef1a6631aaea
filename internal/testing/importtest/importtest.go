// Package importtest runs whole imports in memory: the real steps, joined as
// the state machine joins them, on stores that keep everything in memory. Tests
// hold it where they want to interrupt.
package importtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/mail"
	"rollbook/internal/steps/chunk"
	"rollbook/internal/steps/finish"
	"rollbook/internal/steps/plan"
	"rollbook/internal/steps/start"
	"rollbook/internal/steps/template"
	"rollbook/internal/testing/memory"
)

// World is two institutions with stores, steps and a machine.
type World struct {
	Contacts  *memory.Contacts
	Catalogue *memory.Catalogue
	Jobs      *memory.Jobs
	Mappings  *memory.Records[domain.Mapping]
	Uploads   *memory.Blobs
	Files     *memory.Blobs
	Mails     *memory.Mails
	Log       *bytes.Buffer // what the steps logged
	Metrics   map[string]int

	Start    *start.Step
	Plan     *plan.Step
	Chunk    *chunk.Step
	Finish   *finish.Step
	Template *template.Step

	// AfterPlan is called when a round is planned; its error ends the round.
	AfterPlan func(flow.Run) error
	// BeforeChunk is called before each try of a chunk; its error is the try's.
	BeforeChunk func(n, try int) error
	// AfterChunk is called after each try that came to its end; its error is the
	// try's all the same.
	AfterChunk func(n, try int) error
	// Tries is how often a plan and a chunk are tried.
	Tries int
	// WhileQueued is called while an import waits for a slot; with false the machine
	// stands still.
	WhileQueued func() bool
	// OneByOne runs the chunks one after the other, in order.
	OneByOne bool

	mu      sync.Mutex
	started map[string]bool
	next    int
	now     time.Time
}

// New returns a world with the demo catalogues of aurora and borealis and n
// contacts in each.
func New(t testing.TB, n int) *World {
	t.Helper()
	w := &World{Mails: &memory.Mails{}, Log: &bytes.Buffer{}, Tries: 1, Metrics: map[string]int{}, started: map[string]bool{},
		now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	w.Contacts, w.Catalogue, w.Jobs = memory.NewContacts(w.Now), memory.NewCatalogue(), memory.NewJobs(w.Now)
	w.Mappings = memory.NewRecords[domain.Mapping](w.Now)
	w.Uploads, w.Files = memory.NewBlobs("uploads", w.Now), memory.NewBlobs("files", w.Now)
	log := slog.New(slog.NewJSONHandler(w.Log, nil))
	w.Plan = &plan.Step{Contacts: w.Contacts, Catalogue: w.Catalogue, Jobs: w.Jobs, Mappings: w.Mappings, Files: w.Files,
		Source: func(bucket string) plan.Opener {
			if bucket == "files" {
				return w.Files
			}
			return w.Uploads
		}}
	w.Chunk = &chunk.Step{Contacts: w.Contacts, Catalogue: w.Catalogue, Jobs: w.Jobs, Files: w.Files, Now: w.Now}
	w.Finish = &finish.Step{Contacts: w.Contacts, Catalogue: w.Catalogue, Jobs: w.Jobs, Mappings: w.Mappings, Files: w.Files, Mail: w.Mails, Log: log, Count: w.count, Now: w.Now,
		Letter: func(i domain.Import, _ string) mail.Message {
			return mail.Message{Subject: string(i.Status), Text: i.ID}
		}}
	w.Start = &start.Step{Uploads: w.Uploads, Jobs: w.Jobs, Catalogue: w.Catalogue, Machine: machine{w}, Log: log, Now: w.Now, Keep: 30 * 24 * time.Hour}
	w.Template = &template.Step{Contacts: w.Contacts, Catalogue: w.Catalogue, Jobs: w.Jobs, Files: w.Files, Mail: w.Mails, Log: log, Now: w.Now,
		Letter: func(i domain.Template, _ string) mail.Message {
			return mail.Message{Subject: string(i.Status), Text: i.ID}
		},
		Guide: func(lang string, t domain.DataType, format, separator string) string {
			return lang + " " + string(t) + " " + format + " " + separator
		}}
	for _, in := range []domain.InstitutionID{demo.Aurora, demo.Borealis} {
		if err := demo.Seed(t.Context(), w.Contacts, w.Catalogue, in, n); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *World) count(metric string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Metrics[metric] += n
}

// Now is the world's clock; it advances a second at each look.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

type machine struct{ w *World }

// Start runs the machine of an import at once, the first time it is asked to.
func (m machine) Start(ctx context.Context, id string, input []byte) error {
	m.w.mu.Lock()
	again := m.w.started[id]
	m.w.started[id] = true
	m.w.mu.Unlock()
	if again {
		return nil
	}
	var run flow.Run
	if err := json.Unmarshal(input, &run); err != nil {
		return err
	}
	m.w.Run(ctx, run)
	return nil
}

// Executions is how many machines ran.
func (w *World) Executions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.started)
}

// Run does what the state machine does: plan, chunks, finish, and finish too
// when a step failed. The errors of chunks end with their tries, as the map
// tolerates them.
func (w *World) Run(ctx context.Context, run flow.Run) error {
	var p flow.Planned
	var err error
	for range w.Tries {
		p, err = w.Plan.Run(ctx, run)
		if err == nil && w.AfterPlan != nil {
			err = w.AfterPlan(run)
		}
		if err == nil || fault.KindOf(err) == fault.Conflict {
			break
		}
	}
	if err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return err
		}
		return errors.Join(err, w.Finish.Run(ctx, flow.Finish{Run: run, Failed: json.RawMessage(`{"Error":"Unexpected"}`)}))
	}
	for p.Queued && w.WhileQueued != nil && w.WhileQueued() {
		if p, err = w.Plan.Run(ctx, run); err != nil {
			return err
		}
	}
	if p.Queued {
		return nil
	}
	if !p.Rejected && p.Chunks > 0 {
		b, err := w.Files.Get(ctx, p.Manifest)
		if err != nil {
			return err
		}
		var items []flow.Chunk
		if err := json.Unmarshal(b, &items); err != nil {
			return err
		}
		var all sync.WaitGroup
		running := make(chan struct{}, p.AtOnce)
		for _, c := range items {
			run := func() {
				running <- struct{}{}
				defer func() { <-running }()
				for try := range w.Tries {
					if w.BeforeChunk != nil && w.BeforeChunk(c.Chunk, try) != nil {
						continue
					}
					if w.Chunk.Run(ctx, c) == nil && (w.AfterChunk == nil || w.AfterChunk(c.Chunk, try) == nil) {
						return
					}
				}
			}
			if w.OneByOne {
				run()
			} else {
				all.Go(run)
			}
		}
		all.Wait()
	}
	return w.Finish.Run(ctx, flow.Finish{Run: run})
}

// Option changes an import before it is made.
type Option func(*domain.Import)

// Overwrite sets the conflict rule.
func Overwrite(i *domain.Import) { i.OnConflict = domain.Overwrite }

// Encoded says what encoding the file has.
func Encoded(name string) Option { return func(i *domain.Import) { i.Encoding = name } }

// MailTo asks for a mail.
func MailTo(address string) Option { return func(i *domain.Import) { i.Email = address } }

// Create makes an import that waits for its file.
func (w *World) Create(t testing.TB, in domain.InstitutionID, dt domain.DataType, a domain.Action, opts ...Option) domain.Import {
	t.Helper()
	w.mu.Lock()
	w.next++
	id := fmt.Sprintf("0199f0aa-0000-7000-8000-%012d", w.next)
	w.mu.Unlock()
	imp := domain.Import{ID: id, Institution: in, DataType: dt, Action: a, Recipe: domain.Recipe{OnConflict: domain.Skip}, FileName: "file.csv",
		Language: "en", Status: domain.Waiting, CreatedAt: w.Now(), CreatedBy: "operator", ExpiresAt: w.Now().Add(30 * 24 * time.Hour)}
	for _, o := range opts {
		o(&imp)
	}
	made, _, err := w.Jobs.CreateImport(t.Context(), imp, domain.Once{}, w.followed(t, imp))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// followed is the import that already followed the one imp follows, which a
// second one replaces.
func (w *World) followed(t testing.TB, imp domain.Import) string {
	if imp.Of == "" {
		return ""
	}
	of := w.Get(t, domain.Import{Institution: imp.Institution, ID: imp.Of})
	if imp.OfKind == domain.UndoOf {
		return of.UndoneBy
	}
	return of.UpdatedBy
}

// Upload stores an import's file and has the event delivered, and returns how
// it ended.
func (w *World) Upload(t testing.TB, imp domain.Import, file string) domain.Import {
	t.Helper()
	o, err := w.Uploads.Put(t.Context(), flow.UploadKey(imp.Institution, imp.ID), strings.NewReader(file), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: w.Now()}); err != nil {
		t.Fatal(err)
	}
	return w.Get(t, imp)
}

// Import runs one file through everything and returns how it ended.
func (w *World) Import(t testing.TB, in domain.InstitutionID, dt domain.DataType, a domain.Action, file string, opts ...Option) domain.Import {
	t.Helper()
	imp := w.Upload(t, w.Create(t, in, dt, a, opts...), file)
	c := imp.Counts
	if c.Rows != c.Created+c.Updated+c.Unchanged+c.Rejected+c.Conflicted+c.Unprocessed {
		t.Errorf("counts do not add up: %+v", c)
	}
	if !imp.Status.Final() {
		t.Errorf("status is still %s", imp.Status)
	}
	return imp
}

// Follow runs an import of bytes that are there already: the update of a test,
// or an undo.
func (w *World) Follow(t testing.TB, of domain.Import, kind string) domain.Import {
	t.Helper()
	source, recipe := of.Source, of.Recipe
	if kind == domain.UndoOf {
		o, _, err := w.Files.Head(t.Context(), flow.FileOf(of, "undo"))
		if err != nil {
			t.Fatal(err)
		}
		source, recipe = o, domain.Recipe{OnConflict: of.OnConflict, AllowSamePerson: of.AllowSamePerson}
	}
	imp := w.Create(t, of.Institution, of.DataType, domain.Update, func(i *domain.Import) {
		i.Of, i.OfKind, i.Source, i.Status, i.Recipe, i.Learnt = of.ID, kind, source, domain.Checking, recipe, of.Learnt
	})
	if err := (machine{w}).Start(t.Context(), imp.RunID(), flow.NewRun(imp)); err != nil {
		t.Fatal(err)
	}
	return w.Get(t, imp)
}

// Resume has another round do what the import has left, and returns how it ended.
func (w *World) Resume(t testing.TB, imp domain.Import) domain.Import {
	t.Helper()
	now, err := w.Jobs.ChangeImport(t.Context(), imp.Institution, imp.ID, func(i *domain.Import) error {
		if !i.Resumable() {
			return errors.New("not to be resumed: " + string(i.Status))
		}
		i.Resume(w.Now())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := (machine{w}).Start(t.Context(), now.RunID(), flow.NewRun(now)); err != nil {
		t.Fatal(err)
	}
	return w.Get(t, now)
}

// Get reads an import again.
func (w *World) Get(t testing.TB, imp domain.Import) domain.Import {
	t.Helper()
	now, err := w.Jobs.Import(t.Context(), imp.Institution, imp.ID)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// File returns a result file as text without its byte order mark, with its
// lines ended by LF alone; a workbook as it is.
func (w *World) File(t testing.TB, imp domain.Import, name string) string {
	t.Helper()
	f, err := w.Files.Open(t.Context(), domain.Object{Key: flow.FileOf(imp, name)})
	if err != nil {
		t.Fatalf("%s.csv: %v", name, err)
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		t.Fatal(err)
	}
	if name == flow.ErrorsBook {
		return string(b)
	}
	s, ok := strings.CutPrefix(string(b), "\ufeff")
	if !ok {
		t.Errorf("%s.csv has no byte order mark", name)
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

// Value returns what a contact has in a field now.
func (w *World) Value(t testing.TB, in domain.InstitutionID, n domain.ContactNumber, f domain.Field) domain.Value {
	t.Helper()
	c, err := w.Contacts.Get(t.Context(), in, n)
	if err != nil {
		t.Fatal(err)
	}
	return c.Get(f)
}

// Set puts values into a contact as a colleague at the screen does.
func (w *World) Set(t testing.TB, in domain.InstitutionID, n domain.ContactNumber, fields map[domain.Field]domain.Value) {
	t.Helper()
	c, err := w.Contacts.Get(t.Context(), in, n)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		c = domain.Contact{Number: n, Fields: map[domain.Field]domain.Value{}}
	} else if err != nil {
		t.Fatal(err)
	}
	for f, v := range fields {
		if v == domain.Empty {
			delete(c.Fields, f)
		} else {
			c.Fields[f] = v
		}
	}
	if _, err := w.Contacts.Put(t.Context(), in, c, domain.Provenance{At: w.Now(), By: "colleague"}); err != nil {
		t.Fatal(err)
	}
}

var _ compare.Store = (*memory.Contacts)(nil)
