package reconcile_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/reconcile"
	"rollbook/internal/steps/start"
	"rollbook/internal/testing/importtest"
	"rollbook/internal/testing/memory"
)

// late is a world in which nothing starts by itself, a machine that only keeps
// what was started, and the step that is tested.
type late struct {
	*importtest.World
	machine  *memory.Machine
	runs     start.Machine // the world's own, which runs what it is given
	step     *reconcile.Step
	removed  *memory.Records[domain.Removed]
	finished []flow.Finish
	asked    []flow.Template
}

func newLate(t *testing.T) *late {
	l := &late{World: importtest.New(t, 5), machine: &memory.Machine{}}
	l.runs = l.World.Start.Machine
	l.World.Start.Machine = l.machine
	l.removed = memory.NewRecords[domain.Removed](l.Now)
	l.step = &reconcile.Step{
		Jobs: l.Jobs, Removed: l.removed, Contacts: l.Contacts, Uploads: l.Uploads, Start: l.World.Start, Machine: l.machine, Now: l.Now,
		Log: slog.New(slog.NewJSONHandler(l.Log, nil)),
		Finish: func(ctx context.Context, f flow.Finish) error {
			l.finished = append(l.finished, f)
			return l.World.Finish.Run(ctx, f)
		},
		Template: func(ctx context.Context, f flow.Template) error {
			l.asked = append(l.asked, f)
			return nil
		},
	}
	return l
}

func (l *late) sweep(t *testing.T) {
	t.Helper()
	if err := l.step.Sweep(t.Context()); err != nil {
		t.Errorf("sweep: %v", err)
	}
}

// upload puts the import's file where a browser posts it, and tells nobody.
func (l *late) upload(t *testing.T, i domain.Import) {
	t.Helper()
	if _, err := l.Uploads.Put(t.Context(), flow.UploadKey(i.Institution, i.ID), strings.NewReader("Contact,[new] NICKNAME\n#1,x\n"), "text/csv"); err != nil {
		t.Fatal(err)
	}
}

func TestAFileWhoseNewsWasLostIsStarted(t *testing.T) {
	l := newLate(t)
	i := l.Create(t, demo.Aurora, domain.Criteria, domain.Update)
	l.upload(t, i)
	l.Pass(9 * time.Minute)
	l.sweep(t)
	if n := len(l.machine.Started()); n != 0 {
		t.Errorf("started while the news may still come: %d", n)
	}
	l.Pass(2 * time.Minute)
	l.sweep(t)
	l.sweep(t)
	started := l.machine.Started()
	if len(started) != 1 || started[0].ID != i.ID || string(started[0].Input) != string(flow.NewRun(i)) {
		t.Fatalf("started %v", started)
	}
	if got := l.Get(t, i); got.Status != domain.Checking || got.Source.Version == "" {
		t.Errorf("%s of version %q", got.Status, got.Source.Version)
	}
}

// A slot that finish could not give back is given back.
func TestASlotThatIsStillHeldIsFreed(t *testing.T) {
	l := newLate(t)
	i := l.Create(t, demo.Aurora, domain.Criteria, domain.Update)
	ticket, err := l.Jobs.TakeSlot(t.Context(), i.Institution, i.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Jobs.ChangeImport(t.Context(), i.Institution, i.ID, func(i *domain.Import) error {
		i.Status, i.Ticket = domain.Done, ticket
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	l.Pass(11 * time.Minute)
	l.sweep(t)
	held, err := l.Jobs.HeldSlots(t.Context(), i.Institution)
	if now := l.Get(t, i); err != nil || len(held) != 0 || now.Open() {
		t.Errorf("held: %v, the import is open: %v, %v", held, now.Open(), err)
	}
}

// An import that was resumed is started and looked at by the round's name.
func TestARoundWithoutExecutionIsStarted(t *testing.T) {
	l := newLate(t)
	i := l.Create(t, demo.Aurora, domain.Criteria, domain.Update, func(i *domain.Import) { i.Status, i.StartedAt, i.Round = domain.Checking, i.CreatedAt, 2 })
	l.Pass(11 * time.Minute)
	l.sweep(t)
	if started := l.machine.Started(); len(started) != 1 || started[0].ID != i.ID+"-2" {
		t.Errorf("started %v", started)
	}
}

func TestAClaimedImportWithoutExecutionIsStarted(t *testing.T) {
	l := newLate(t)
	i := l.Create(t, demo.Aurora, domain.Criteria, domain.Update, func(i *domain.Import) { i.Status, i.StartedAt = domain.Checking, i.CreatedAt })
	l.Pass(11 * time.Minute)
	l.sweep(t)
	if started := l.machine.Started(); len(started) != 1 || started[0].ID != i.ID {
		t.Errorf("started %v", started)
	}
}

// Fault 8: what can never be started fails, with one mail.
func TestWhatCannotBeStartedFails(t *testing.T) {
	for name, prepare := range map[string]func(*late, domain.Import){
		"its claim too": func(l *late, i domain.Import) { l.upload(t, i) },
		"but claimed": func(l *late, i domain.Import) {
			l.upload(t, i)
			if _, err := l.Jobs.ChangeImport(t.Context(), i.Institution, i.ID, func(i *domain.Import) error {
				i.Status, i.StartedAt = domain.Checking, l.Now()
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		l := newLate(t)
		l.machine.Fail(errors.New("no machine"))
		i := l.Create(t, demo.Aurora, domain.Criteria, domain.Update, importtest.MailTo("ana@example.org"))
		prepare(l, i)
		l.Pass(55 * time.Minute)
		if err := l.step.Sweep(t.Context()); err == nil {
			t.Errorf("%s: a sweep that could do nothing is no success", name)
		}
		if got := l.Get(t, i); got.Status.Final() {
			t.Errorf("%s: %s after 55 minutes", name, got.Status)
		}
		l.Pass(65 * time.Minute)
		l.sweep(t)
		l.sweep(t)
		got := l.Get(t, i)
		if got.Status != domain.Failed || got.Problem == nil || got.Problem.Code != "checkFailed" || got.FinishedAt.IsZero() {
			t.Errorf("%s: %s %+v", name, got.Status, got.Problem)
		}
		if sent := l.Mails.Sent(); len(sent) != 1 || sent[0].To != "ana@example.org" || sent[0].Subject != "failed" {
			t.Errorf("%s: mails %v", name, sent)
		}
		// The news comes after all, or is sent again from the dead letters.
		l.machine.Fail(nil)
		o, _, err := l.Uploads.Head(t.Context(), flow.UploadKey(i.Institution, i.ID))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.World.Start.Uploaded(t.Context(), i.Institution, i.ID, o); err != nil {
			t.Errorf("%s: late news: %v", name, err)
		}
		if n := len(l.machine.Started()); n != 0 {
			t.Errorf("%s: started after its end", name)
		}
	}
}

// Fault 33, when finish failed each time too.
func TestAnExecutionThatEndedWithoutAnAccountIsSettled(t *testing.T) {
	l := newLate(t)
	i := l.Create(t, demo.Aurora, domain.Criteria, domain.Update, func(i *domain.Import) { i.Status, i.StartedAt = domain.Running, i.CreatedAt })
	if err := l.machine.Start(t.Context(), i.ID, nil); err != nil {
		t.Fatal(err)
	}
	l.Pass(12 * time.Hour)
	l.sweep(t)
	if len(l.finished) != 0 {
		t.Error("ended while it runs")
	}
	l.machine.End(i.ID)
	settle := l.step.Finish
	l.step.Finish = func(ctx context.Context, f flow.Finish) error {
		l.finished = append(l.finished, f)
		return nil // and fails later
	}
	for range 12 {
		l.Pass(5 * time.Minute)
		l.sweep(t)
	}
	if n := len(l.finished); n != 1 {
		t.Errorf("asked %d times within an hour, want once", n)
	}
	l.step.Finish = settle
	l.Pass(time.Hour)
	l.sweep(t)
	if got := l.Get(t, i); got.Status != domain.Failed {
		t.Errorf("%s", got.Status)
	}
}

// Fault 41.
func TestAFileThatNeverCame(t *testing.T) {
	l := newLate(t)
	i := l.Create(t, demo.Aurora, domain.Criteria, domain.Test, importtest.MailTo("ana@example.org"))
	l.Pass(74 * time.Minute)
	l.sweep(t)
	if got := l.Get(t, i); got.Status != domain.Waiting {
		t.Errorf("%s after 74 minutes", got.Status)
	}
	l.Pass(2 * time.Minute)
	l.sweep(t)
	if got := l.Get(t, i); got.Status != domain.Cancelled || got.Problem == nil || got.Problem.Code != "uploadNeverCame" || got.FinishedAt.IsZero() {
		t.Errorf("%s %+v after 76 minutes", got.Status, got.Problem)
	}
}

// Fault 30, when each try was killed, or none was ever made.
func TestTemplates(t *testing.T) {
	for name, test := range map[string]struct {
		tries int
		want  domain.TemplateStatus
	}{
		"killed three times": {3, domain.TemplateFailed},
		"never tried":        {0, domain.Ready},
	} {
		l := newLate(t)
		if err := l.Catalogue.PutTarget(t.Context(), demo.Aurora, domain.Target{ID: "all", Name: "Everybody", Condition: []byte(`{"all":[]}`)}); err != nil {
			t.Fatal(err)
		}
		now := l.Now()
		if _, _, err := l.Jobs.CreateTemplate(t.Context(), domain.Template{ID: "t1", Institution: demo.Aurora, DataType: domain.Criteria, TargetID: "all", Email: "ana@example.org",
			Language: "en", Status: domain.Preparing, Tries: test.tries, CreatedAt: now, ExpiresAt: now.AddDate(0, 0, 60)}, domain.Once{}); err != nil {
			t.Fatal(err)
		}
		l.Pass(59 * time.Minute)
		l.sweep(t)
		if len(l.asked) != 0 {
			t.Errorf("%s: asked for while it may be on its way", name)
		}
		l.Pass(2 * time.Minute)
		l.sweep(t)
		l.sweep(t)
		if len(l.asked) != 1 {
			t.Fatalf("%s: asked for %d times", name, len(l.asked))
		}
		if err := l.World.Template.Run(t.Context(), l.asked[0]); err != nil {
			t.Fatal(err)
		}
		got, err := l.Jobs.Template(t.Context(), demo.Aurora, "t1")
		if err != nil || got.Status != test.want {
			t.Errorf("%s: %s %v", name, got.Status, err)
		}
		if sent := l.Mails.Sent(); len(sent) != 1 || sent[0].Subject != string(test.want) {
			t.Errorf("%s: mails %v", name, sent)
		}
	}
}

// Fault 28: the mail service is away for half an hour. The mails of an import and
// of a template wait and go later, one each.
func TestMailsThatWait(t *testing.T) {
	l := newLate(t)
	busy := fault.New(fault.Busy, "busy")
	l.Mails.Fail(busy)
	l.World.Start.Machine = l.runs
	imp := l.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[new] NICKNAME\n#1,x\n", importtest.MailTo("ana@example.org"))
	if err := l.Catalogue.PutTarget(t.Context(), demo.Aurora, domain.Target{ID: "all", Name: "Everybody", Condition: []byte(`{"all":[]}`)}); err != nil {
		t.Fatal(err)
	}
	now := l.Now()
	if _, _, err := l.Jobs.CreateTemplate(t.Context(), domain.Template{ID: "t1", Institution: demo.Aurora, DataType: domain.Criteria, TargetID: "all", Email: "ben@example.org",
		Language: "en", Status: domain.Preparing, CreatedAt: now, ExpiresAt: now.AddDate(0, 0, 60)}, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	l.step.Template = func(ctx context.Context, f flow.Template) error { return l.World.Template.Run(ctx, f) }
	if err := l.World.Template.Run(t.Context(), flow.Template{Version: flow.Version, Institution: demo.Aurora, Template: "t1"}); err != nil {
		t.Fatal(err)
	}
	states := func() (import_, template domain.MailState) {
		tpl, err := l.Jobs.Template(t.Context(), demo.Aurora, "t1")
		if err != nil {
			t.Fatal(err)
		}
		return l.Get(t, imp).Mail, tpl.Mail
	}
	for minute := 0; minute < 60; minute += 5 {
		i, tpl := states()
		want := domain.MailWaiting
		if minute >= 40 {
			want = domain.MailSent
		}
		if i.Status != want || tpl.Status != want {
			t.Errorf("after %d minutes: %+v and %+v", minute, i, tpl)
		}
		if minute == 30 {
			l.Mails.Fail(nil)
		}
		l.Pass(5 * time.Minute)
		l.sweep(t)
	}
	to := map[string]int{}
	for _, m := range l.Mails.Sent() {
		to[m.To]++
	}
	if to["ana@example.org"] != 1 || to["ben@example.org"] != 1 || len(to) != 2 {
		t.Errorf("mails %v", to)
	}
	if strings.Contains(l.Log.String(), "example.org") {
		t.Error("the log has an address")
	}
}

func TestOneThatCannotBeHelpedDoesNotHoldTheOthers(t *testing.T) {
	l := newLate(t)
	first := l.Create(t, demo.Aurora, domain.Criteria, domain.Update)
	second := l.Create(t, demo.Borealis, domain.Criteria, domain.Update)
	l.upload(t, first)
	l.upload(t, second)
	l.Pass(11 * time.Minute)
	l.step.Start = starter(func(ctx context.Context, in domain.InstitutionID, id string, o domain.Object) error {
		if id == first.ID {
			return errors.New("not this one")
		}
		return l.World.Start.Uploaded(ctx, in, id, o)
	})
	err := l.step.Sweep(t.Context())
	if err == nil || !strings.Contains(err.Error(), "1 job could") {
		t.Errorf("%v", err)
	}
	if started := l.machine.Started(); len(started) != 1 || started[0].ID != second.ID {
		t.Errorf("started %v", started)
	}
}

type starter func(context.Context, domain.InstitutionID, string, domain.Object) error

func (f starter) Uploaded(ctx context.Context, in domain.InstitutionID, id string, o domain.Object) error {
	return f(ctx, in, id, o)
}

// What can no longer be taken back is erased, and what was taken back is not.
func TestDeletedContactsAreErasedAfterAWeek(t *testing.T) {
	l := newLate(t)
	for _, n := range []int{1, 2} {
		c, err := l.Contacts.Get(t.Context(), "aurora", demo.Number(n))
		if err != nil {
			t.Fatal(err)
		}
		c.Fields[domain.ContactCity] = "Elsewhere"
		if _, err := l.Contacts.Put(t.Context(), "aurora", c, domain.Provenance{At: l.Now(), By: "anna"}); err != nil {
			t.Fatal(err)
		}
		if c, err = l.Contacts.Get(t.Context(), "aurora", demo.Number(n)); err != nil {
			t.Fatal(err)
		}
		if err := l.removed.Create(t.Context(), "aurora", string(c.Number), domain.Removed{Contact: c, RemovedAt: l.Now()}); err != nil {
			t.Fatal(err)
		}
		if err := l.Contacts.Hide(t.Context(), "aurora", c); err != nil {
			t.Fatal(err)
		}
		if n == 2 { // a call to restore it broke off before its last step
			if err := l.Contacts.Restore(t.Context(), "aurora", c); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func(n int) int {
		t.Helper()
		es, err := l.Contacts.History(t.Context(), "aurora", demo.Number(n), 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(es)
	}
	l.sweep(t)
	if left(1) == 0 || left(2) == 0 {
		t.Fatal("erased at once")
	}
	l.Pass(domain.RestoreDays*24*time.Hour + time.Minute)
	l.sweep(t)
	if left(1) != 0 || left(2) == 0 {
		t.Errorf("%d and %d changes are left", left(1), left(2))
	}
	for _, n := range []int{1, 2} {
		if _, err := l.removed.Get(t.Context(), "aurora", string(demo.Number(n))); fault.KindOf(err) != fault.NotFound {
			t.Errorf("contact %d can still be restored: %v", n, err)
		}
	}
}
