// Package announce tells machines that an import or a template has ended: the
// stack's event bus, the institution's webhooks, and for a file of the drop
// folder the outbox. It works from what the jobs table says has changed, so that
// nothing is told that is not stored, and nothing stored is left untold.
package announce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/webhook"
)

// Jobs is what the step needs of imports and templates.
type Jobs interface {
	Import(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	Template(ctx context.Context, in domain.InstitutionID, id string) (domain.Template, error)
}

// Webhooks are those of all institutions.
type Webhooks interface {
	List(ctx context.Context, in domain.InstitutionID, limit int, cursor string) ([]domain.Webhook, string, error)
	Get(ctx context.Context, in domain.InstitutionID, id string) (domain.Webhook, error)
	Change(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Webhook) error) (domain.Webhook, error)
}

// Deliveries are the messages on their way.
type Deliveries interface {
	Create(ctx context.Context, in domain.InstitutionID, id string, d domain.Delivery) error
	Change(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Delivery) error) (domain.Delivery, error)
	Fallen(ctx context.Context, before time.Time) iter.Seq2[domain.Fallen[domain.Delivery], error]
}

// Bus takes events for whoever in the account listens.
type Bus interface {
	Put(ctx context.Context, in domain.InstitutionID, n webhook.News) error
}

// Files holds result files and the outbox.
type Files interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
	Open(ctx context.Context, o domain.Object) (domain.File, error)
}

// Step announces.
type Step struct {
	Jobs       Jobs
	Webhooks   Webhooks
	Deliveries Deliveries
	Bus        Bus
	Files      Files
	// Post sends one message and returns the answer's status; an error means that
	// none came.
	Post func(ctx context.Context, to domain.Webhook, d domain.Delivery) (status int, err error)
	// Show writes an import as the API shows it.
	Show func(domain.Import) ([]byte, error)
	// URL is the address of the API, without a final slash.
	URL string
	Log *slog.Logger
	Now func() time.Time
}

type importData struct {
	Institution domain.InstitutionID `json:"institution"`
	ID          string               `json:"id"`
	URL         string               `json:"url"`
	DataType    domain.DataType      `json:"dataType,omitempty"`
	Action      domain.Action        `json:"action,omitempty"`
	OfKind      string               `json:"ofKind,omitempty"`
	Status      domain.Status        `json:"status"`
	Code        string               `json:"code,omitempty"`
	Counts      domain.Counts        `json:"counts"`
	CreatedAt   time.Time            `json:"createdAt"`
	FinishedAt  time.Time            `json:"finishedAt"`
}

type templateData struct {
	Institution domain.InstitutionID  `json:"institution"`
	ID          string                `json:"id"`
	URL         string                `json:"url"`
	DataType    domain.DataType       `json:"dataType"`
	TargetID    string                `json:"targetId"`
	Status      domain.TemplateStatus `json:"status"`
	Code        string                `json:"code,omitempty"`
	Contacts    int                   `json:"contacts"`
	CreatedAt   time.Time             `json:"createdAt"`
	FinishedAt  time.Time             `json:"finishedAt"`
}

func codeOf(p *domain.FileProblem) string {
	if p == nil {
		return ""
	}
	return string(p.Code)
}

// Ended tells everybody that a job has ended. A job that is gone, or open again,
// has nothing to tell. Doing it again tells nobody twice but the bus.
func (s *Step) Ended(ctx context.Context, j domain.Job) error {
	n, err := s.news(ctx, j)
	if err != nil || n.ID == "" {
		return err
	}
	if err := s.Bus.Put(ctx, j.Institution, n); err != nil {
		return err
	}
	for cursor := ""; ; {
		hooks, next, err := s.Webhooks.List(ctx, j.Institution, domain.MostWebhooks, cursor)
		if err != nil {
			return err
		}
		for _, w := range hooks {
			if w.Wants(n.Type) {
				if err := s.deliverable(ctx, j.Institution, w, n); err != nil {
					return err
				}
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// news returns what is to be told of a job, and puts into the outbox what is
// there for a file of the drop folder.
func (s *Step) news(ctx context.Context, j domain.Job) (n webhook.News, err error) {
	var data any
	switch j.Kind {
	case domain.ImportJob:
		i, err := s.Jobs.Import(ctx, j.Institution, j.ID)
		if err != nil || !i.Status.Final() {
			return n, there(err)
		}
		if err := s.outbox(ctx, i); err != nil {
			return n, err
		}
		n.Type, n.Timestamp = domain.ImportFinished, i.FinishedAt.UTC()
		data = importData{i.Institution, i.ID, s.URL + "/api/imports/" + i.ID, i.DataType, i.Action, i.OfKind, i.Status, codeOf(i.Problem), i.Counts, i.CreatedAt.UTC(), n.Timestamp}
	case domain.TemplateJob:
		t, err := s.Jobs.Template(ctx, j.Institution, j.ID)
		if err != nil || t.Status == domain.Preparing {
			return n, there(err)
		}
		n.Type, n.Timestamp = domain.TemplateFinished, t.FinishedAt.UTC()
		data = templateData{t.Institution, t.ID, s.URL + "/api/templates/" + t.ID, t.DataType, t.TargetID, t.Status, codeOf(t.Problem), t.Contacts, t.CreatedAt.UTC(), n.Timestamp}
	default:
		return n, fmt.Errorf("no job is a %q", j.Kind)
	}
	// A job that was resumed ends once more, at another time.
	n.ID = fmt.Sprintf("%s_%d", j.ID, n.Timestamp.UnixMilli())
	n.Data, err = json.Marshal(data)
	return n, err
}

// there forgives that a job is gone.
func there(err error) error {
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// deliverable keeps the message for the webhook; that it is there starts the
// first try.
func (s *Step) deliverable(ctx context.Context, in domain.InstitutionID, w domain.Webhook, n webhook.News) error {
	key, d, err := n.For(w, s.Now().UTC())
	if err != nil {
		return err
	}
	err = s.Deliveries.Create(ctx, in, key, d)
	if err != nil && fault.KindOf(err) == fault.Conflict {
		return nil // told already
	}
	return err
}

// Deliver makes one try if it is due: two copies of the step make one.
func (s *Step) Deliver(ctx context.Context, in domain.InstitutionID, key string) error {
	_, err := s.deliver(ctx, in, key)
	return err
}

// deliver also reports whether the receiver answered, whatever it said, or was not
// asked.
func (s *Step) deliver(ctx context.Context, in domain.InstitutionID, key string) (answered bool, _ error) {
	due := false
	d, err := s.Deliveries.Change(ctx, in, key, func(d *domain.Delivery) error {
		now := s.Now().UTC()
		if due = !d.NextAt.IsZero() && !now.Before(d.NextAt); !due {
			return nil
		}
		d.Begin(now)
		return nil
	})
	if err != nil || !due {
		return true, there(err)
	}
	w, err := s.Webhooks.Get(ctx, in, d.Webhook)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return true, err
	}
	if err != nil || !w.Wants(d.Event) {
		return true, s.done(ctx, in, key)
	}
	try := domain.Attempt{At: s.Now().UTC(), Event: d.Event, Delivery: d.ID}
	try.Status, err = s.Post(ctx, w, d)
	switch {
	case errors.Is(err, webhook.ErrPrivate):
		try.Code = "webhookPrivate"
	case err != nil:
		try.Code = "webhookUnreachable"
	case try.Status == http.StatusGone:
		try.Code = "webhookGone"
	case try.Status < 200 || try.Status > 299:
		try.Code = "webhookRefused"
	}
	if try.Code != "" {
		s.Log.WarnContext(ctx, "webhook did not take a message", "institution", in, "webhook", w.ID, "delivery", d.ID, "try", d.Tries, "status", try.Status, "error", err)
	}
	if _, err := s.Webhooks.Change(ctx, in, w.ID, func(w *domain.Webhook) error {
		if w.ID == "" {
			return fault.Missing() // it was deleted meanwhile
		}
		w.Last = try
		w.Gone = w.Gone || try.Status == http.StatusGone
		return nil
	}); there(err) != nil {
		return true, err
	}
	if try.Code == "" || try.Status == http.StatusGone {
		return true, s.done(ctx, in, key)
	}
	return try.Status != 0, nil
}

func (s *Step) done(ctx context.Context, in domain.InstitutionID, key string) error {
	_, err := s.Deliveries.Change(ctx, in, key, func(d *domain.Delivery) error { d.Done(); return nil })
	return err
}

// Notice is one thing to see to: a job that ended, or a message that is kept.
type Notice struct {
	Ended       *domain.Job
	Institution domain.InstitutionID
	Delivery    string // its key
}

// atOnce is how many receivers are waited for at the same time, and mostDue how many
// messages one sweep takes up.
const (
	atOnce  = 32
	mostDue = 2000
)

// Tell sees to notices side by side, so that a receiver that keeps us waiting holds
// up none of the others. It returns the error of each, nil for what was seen to.
func (s *Step) Tell(ctx context.Context, ns []Notice) []error {
	errs := make([]error, len(ns))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, n := range ns {
		g.Go(func() error {
			switch {
			case n.Ended != nil:
				errs[i] = s.Ended(ctx, *n.Ended)
			case n.Delivery != "":
				_, errs[i] = s.deliver(ctx, n.Institution, n.Delivery)
			}
			return nil
		})
	}
	_ = g.Wait() // there is no error of all
	return errs
}

// Sweep makes the tries that have fallen due: those of one webhook one after the
// other, of several side by side. One that fails does not keep the others, and who
// does not answer at all is asked once.
func (s *Step) Sweep(ctx context.Context) error {
	type receiver struct {
		in domain.InstitutionID
		id string
	}
	due, seen := map[receiver][]domain.Fallen[domain.Delivery]{}, 0
	for f, err := range s.Deliveries.Fallen(ctx, s.Now()) {
		if err != nil {
			return err
		}
		to := receiver{f.Institution, f.Record.Webhook}
		due[to] = append(due[to], f)
		if seen++; seen == mostDue {
			break
		}
	}
	var failed atomic.Int64
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, of := range due {
		g.Go(func() error {
			for _, f := range of {
				answered, err := s.deliver(ctx, f.Institution, f.ID)
				if err != nil {
					failed.Add(1)
					s.Log.ErrorContext(ctx, "delivery not tried", "institution", f.Institution, "delivery", f.Record.ID, "error", err)
				} else if !answered {
					return nil
				}
			}
			return nil
		})
	}
	_ = g.Wait() // there is no error of all
	if n := failed.Load(); n > 0 {
		return fault.New(fault.Internal, "notReconciled", int(n))
	}
	return nil
}

// outbox answers a file of the drop folder where its machine can look: the
// import as the API shows it, and its result files.
func (s *Step) outbox(ctx context.Context, i domain.Import) error {
	name, dropped := strings.CutPrefix(i.Source.Key, "inbox/")
	if !dropped || i.Of != "" {
		return nil
	}
	folder := outboxFolder(name, i.ID)
	for _, f := range i.Files {
		if f == flow.Original {
			continue // it lies in the inbox
		}
		if err := s.copy(ctx, flow.FileOf(i, f), folder+flow.FileName(f), flow.FileType(f)); there(err) != nil {
			return err
		}
	}
	shown, err := s.Show(i)
	if err != nil {
		return err
	}
	// Last: who waits for import.json finds everything.
	_, err = s.Files.Put(ctx, folder+"import.json", bytes.NewReader(shown), "application/json")
	return err
}

// outboxFolder is where the answer to a file of the drop folder lies. A name that
// would make keys longer than S3 takes, 1,024 bytes, is cut.
func outboxFolder(name, id string) string {
	most := 1024 - len("outbox//"+id+"/import.json")
	for len(name) > most {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return "outbox/" + name + "/" + id + "/"
}

func (s *Step) copy(ctx context.Context, from, to, mediaType string) error {
	f, err := s.Files.Open(ctx, domain.Object{Key: from})
	if err != nil {
		return err
	}
	_, err = s.Files.Put(ctx, to, io.NewSectionReader(f, 0, f.Size()), mediaType)
	return err
}
