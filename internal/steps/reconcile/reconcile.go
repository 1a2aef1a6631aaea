// Package reconcile brings those jobs to their end that nothing else will: an
// import whose file came but was never started, an execution that ended without
// an account, a template whose making was killed each time, a file that never
// came, a mail that waits to be tried again, a slot that was not given
// back. It looks at all open jobs every few minutes and does what the step that is
// missing would have done; every such step may be done twice.
package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
)

// Jobs is what it needs of imports and templates.
type Jobs interface {
	OpenImports(ctx context.Context, before time.Time) iter.Seq2[domain.Import, error]
	OpenTemplates(ctx context.Context, before time.Time) iter.Seq2[domain.Template, error]
	ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error)
	ChangeTemplate(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Template) error) (domain.Template, error)
	NoteReturned(ctx context.Context, in domain.InstitutionID, email string) error
}

// Removed knows contacts that were deleted and can still be brought back.
type Removed interface {
	Fallen(ctx context.Context, before time.Time) iter.Seq2[domain.Fallen[domain.Removed], error]
	Delete(ctx context.Context, in domain.InstitutionID, id string) error
}

// Contacts is what it needs of contacts that were deleted.
type Contacts interface {
	Get(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (domain.Contact, error)
	Forget(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error
}

// Uploads tells whether an object is there, and since when.
type Uploads interface {
	Head(ctx context.Context, key string) (domain.Object, time.Time, error)
}

// Starter does what the news of an uploaded file should have done.
type Starter interface {
	Uploaded(ctx context.Context, in domain.InstitutionID, id string, o domain.Object) error
}

// Machine knows executions by the ids of their imports.
type Machine interface {
	Start(ctx context.Context, id string, input []byte) error
	Look(ctx context.Context, id string) (known, running bool, err error)
}

// Step reconciles.
type Step struct {
	Jobs     Jobs
	Removed  Removed
	Contacts Contacts
	Uploads  Uploads
	Start    Starter
	Machine  Machine
	Finish   func(context.Context, flow.Finish) error   // asks for the end of an import, some time later
	Template func(context.Context, flow.Template) error // asks for a template, some time later
	Log      *slog.Logger
	Now      func() time.Time
}

const (
	// patience is how long a job is left to the steps: their first retries take
	// about three minutes.
	patience = 10 * time.Minute
	// giveUp is after how long an import that cannot be started fails.
	giveUp = time.Hour
	// templatePatience is longer than three tries of 15 minutes and their pauses.
	templatePatience = time.Hour
	// lateness is how long after its form's end a file may still arrive.
	lateness = 15 * time.Minute
	// pause is between two requests to end the same job.
	pause = time.Hour
)

// Sweep looks at all jobs that are open. One that cannot be helped does not
// keep the others from being looked at; the error then says how many there were.
func (s *Step) Sweep(ctx context.Context) error {
	failed := 0
	look := func(kind domain.JobKind, in domain.InstitutionID, id string, err error) {
		if err != nil {
			failed++
			s.Log.ErrorContext(ctx, "not reconciled", "institution", in, string(kind), id, "error", err)
		}
	}
	for i, err := range s.Jobs.OpenImports(ctx, s.Now().Add(-patience)) {
		if err != nil {
			return err
		}
		look(domain.ImportJob, i.Institution, i.ID, s.reconcileImport(ctx, i))
	}
	for t, err := range s.Jobs.OpenTemplates(ctx, s.Now().Add(-patience)) {
		if err != nil {
			return err
		}
		look(domain.TemplateJob, t.Institution, t.ID, s.reconcileTemplate(ctx, t))
	}
	for r, err := range s.Removed.Fallen(ctx, s.Now()) {
		if err != nil {
			return err
		}
		look("contact", r.Institution, r.ID, s.erase(ctx, r))
	}
	if failed > 0 {
		return fault.New(fault.Internal, "notReconciled", failed)
	}
	return nil
}

// erase removes what is left of a contact whose deletion can no longer be taken
// back. One that was brought back is there, and keeps its history.
func (s *Step) erase(ctx context.Context, r domain.Fallen[domain.Removed]) error {
	_, err := s.Contacts.Get(ctx, r.Institution, r.Record.Contact.Number)
	switch {
	case err == nil:
	case fault.KindOf(err) == fault.NotFound:
		if err := s.Contacts.Forget(ctx, r.Institution, r.Record.Contact.Number); err != nil {
			return err
		}
	default:
		return err
	}
	err = s.Removed.Delete(ctx, r.Institution, r.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func (s *Step) reconcileImport(ctx context.Context, i domain.Import) error {
	switch {
	case i.Status.Final():
		// finish does nothing more for it than to give back its slot and to send
		// its mail.
		if i.Mail.Due(s.Now()) || !i.Ticket.None() {
			return s.Finish(ctx, flow.Finish{Run: flow.RunOf(&i)})
		}
		return nil
	case i.Status == domain.Waiting:
		return s.waiting(ctx, i)
	}
	known, running, err := s.Machine.Look(ctx, i.RunID())
	switch {
	case err != nil || running:
		return err
	case known:
		return s.end(ctx, i, "ExecutionEnded")
	}
	return s.startOrEnd(ctx, i, i.StartedAt, s.Machine.Start(ctx, i.RunID(), flow.NewRun(i)))
}

// waiting starts an import whose file is there, and cancels one whose file can
// no longer come.
func (s *Step) waiting(ctx context.Context, i domain.Import) error {
	o, came, err := s.Uploads.Head(ctx, flow.UploadKey(i.Institution, i.ID))
	switch {
	case err == nil && s.Now().Sub(came) < patience:
		return nil // the news of it is on its way
	case err == nil:
		return s.startOrEnd(ctx, i, came, s.Start.Uploaded(ctx, i.Institution, i.ID, o))
	case fault.KindOf(err) != fault.NotFound:
		return err
	}
	late := func(i domain.Import) bool {
		return i.Status == domain.Waiting && s.Now().After(i.CreatedAt.Add(flow.UploadLife+lateness))
	}
	if !late(i) {
		return nil
	}
	_, err = s.Jobs.ChangeImport(ctx, i.Institution, i.ID, func(i *domain.Import) error {
		if late(*i) {
			i.Status, i.FinishedAt = domain.Cancelled, s.Now().UTC()
			i.Problem = domain.Because("uploadNeverCame")
		}
		return nil
	})
	return err
}

// startOrEnd gives an import up that could have been started long ago.
func (s *Step) startOrEnd(ctx context.Context, i domain.Import, since time.Time, err error) error {
	if err == nil || s.Now().Sub(since) < giveUp {
		return err
	}
	s.Log.ErrorContext(ctx, "import given up", "institution", i.Institution, "import", i.ID, "error", err)
	return s.end(ctx, i, "NotStarted")
}

// end asks finish to account for the import as it is.
func (s *Step) end(ctx context.Context, i domain.Import, why string) error {
	now := s.Now().UTC()
	if now.Sub(i.RetriedAt) < pause {
		return nil
	}
	if _, err := s.Jobs.ChangeImport(ctx, i.Institution, i.ID, func(i *domain.Import) error { i.RetriedAt = now; return nil }); err != nil {
		return err
	}
	failed, err := json.Marshal(map[string]string{"Error": why})
	if err != nil {
		return err
	}
	return s.Finish(ctx, flow.Finish{Run: flow.RunOf(&i), Failed: failed})
}

func (s *Step) reconcileTemplate(ctx context.Context, t domain.Template) error {
	now := s.Now().UTC()
	again := flow.Template{Version: flow.Version, Institution: t.Institution, Template: t.ID}
	switch {
	case t.Status != domain.Preparing && t.Mail.Due(now):
		return s.Template(ctx, again)
	case t.Status != domain.Preparing || now.Sub(t.CreatedAt) < templatePatience || now.Sub(t.RetriedAt) < pause:
		return nil
	}
	if _, err := s.Jobs.ChangeTemplate(ctx, t.Institution, t.ID, func(t *domain.Template) error { t.RetriedAt = now; return nil }); err != nil {
		return err
	}
	return s.Template(ctx, again)
}

// MailEvent is what SES tells EventBridge about a mail that was sent, with the
// tags that it was sent with.
type MailEvent struct {
	EventType string `json:"eventType"` // Bounce, Complaint
	Mail      struct {
		Tags map[string][]string `json:"tags"`
	} `json:"mail"`
	Bounce struct {
		Recipients []recipient `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Recipients []recipient `json:"complainedRecipients"`
	} `json:"complaint"`
}

type recipient struct {
	Address string `json:"emailAddress"`
}

// Returned notes at its job that a mail came back, and remembers the address.
// An event of a mail that no job sent, or of a job that is gone, is dropped.
func (s *Step) Returned(ctx context.Context, e MailEvent) error {
	tag := func(name string) string {
		if v := e.Mail.Tags[name]; len(v) == 1 {
			return v[0]
		}
		return ""
	}
	in, id := domain.InstitutionID(tag("institution")), tag("id")
	state, who := domain.NewMailState(domain.MailBounced, "mailBounced"), e.Bounce.Recipients
	switch {
	case !in.Valid() || id == "":
		s.Log.WarnContext(ctx, "news of a mail that no job sent")
		return nil
	case e.EventType == "Complaint":
		state, who = domain.NewMailState(domain.MailComplained, "mailComplained"), e.Complaint.Recipients
	case e.EventType != "Bounce":
		return fmt.Errorf("no mail comes back by an event %q", e.EventType)
	}
	var err error
	switch domain.JobKind(tag("job")) {
	case domain.ImportJob:
		_, err = s.Jobs.ChangeImport(ctx, in, id, func(i *domain.Import) error { i.Mail = state; return nil })
	case domain.TemplateJob:
		_, err = s.Jobs.ChangeTemplate(ctx, in, id, func(t *domain.Template) error { t.Mail = state; return nil })
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	for _, r := range who {
		if err := s.Jobs.NoteReturned(ctx, in, r.Address); err != nil {
			return err
		}
	}
	return nil
}
