package announce_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/announce"
	"rollbook/internal/testing/memory"
	"rollbook/internal/webhook"
)

type bus struct {
	news []webhook.News
	err  error
}

func (b *bus) Put(_ context.Context, _ domain.InstitutionID, n webhook.News) error {
	if b.err == nil {
		b.news = append(b.news, n)
	}
	return b.err
}

type posted struct {
	webhook, id string
	body        []byte
}

// world is a step whose receivers answer as status says.
type world struct {
	*announce.Step
	t          *testing.T
	now        time.Time
	jobs       *memory.Jobs
	files      *memory.Blobs
	hooks      *memory.Records[domain.Webhook]
	deliveries *memory.Records[domain.Delivery]
	bus        *bus
	posted     []posted
	status     int
	err        error
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), bus: &bus{}, status: 204}
	now := func() time.Time { return w.now }
	w.jobs, w.files = memory.NewJobs(now), memory.NewBlobs("files", now)
	w.hooks, w.deliveries = memory.NewRecords[domain.Webhook](now), memory.NewRecords[domain.Delivery](now)
	w.Step = &announce.Step{Jobs: w.jobs, Webhooks: w.hooks, Deliveries: w.deliveries, Bus: w.bus, Files: w.files, URL: "https://rollbook.example",
		Post: func(_ context.Context, to domain.Webhook, d domain.Delivery) (int, error) {
			w.posted = append(w.posted, posted{to.ID, d.ID, d.Body})
			return w.status, w.err
		},
		Show: func(i domain.Import) ([]byte, error) { return json.Marshal(map[string]string{"id": i.ID}) },
		Log:  slog.New(slog.DiscardHandler), Now: now}
	return w
}

func (w *world) hook(in domain.InstitutionID, id string, events ...domain.Event) {
	w.t.Helper()
	if err := w.hooks.Create(w.t.Context(), in, id, domain.Webhook{ID: id, URL: "https://crm.example/" + id, Events: events}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) imported(change ...func(*domain.Import)) domain.Import {
	w.t.Helper()
	i := domain.Import{ID: "i1", Institution: demo.Aurora, DataType: domain.Criteria, Action: domain.Update, Status: domain.Done, FileName: "Anna Meier.csv",
		Email: "ana@aurora.example", Counts: domain.Counts{Rows: 2, Updated: 1, Rejected: 1}, Report: domain.Report{Problems: []domain.Problem{{Value: "Anna"}}},
		CreatedAt: w.now, FinishedAt: w.now.Add(time.Minute), ExpiresAt: w.now.AddDate(0, 0, 30)}
	for _, c := range change {
		c(&i)
	}
	i, _, err := w.jobs.CreateImport(w.t.Context(), i, domain.Once{}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w *world) ended(i domain.Import) {
	w.t.Helper()
	if err := w.Ended(w.t.Context(), domain.Job{Institution: i.Institution, Kind: domain.ImportJob, ID: i.ID}); err != nil {
		w.t.Fatal(err)
	}
	w.sweep()
}

func (w *world) sweep() {
	w.t.Helper()
	w.now = w.now.Add(time.Second) // what falls due now is not yet there
	if err := w.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) last(id string) domain.Webhook {
	w.t.Helper()
	h, err := w.hooks.Get(w.t.Context(), demo.Aurora, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func TestTheEndOfAnImport(t *testing.T) {
	w := newWorld(t)
	w.hook(demo.Aurora, "asks", domain.ImportFinished)
	w.hook(demo.Aurora, "asks-both", domain.TemplateFinished, domain.ImportFinished)
	w.hook(demo.Aurora, "asks-another", domain.TemplateFinished)
	w.hook(demo.Borealis, "another-house", domain.ImportFinished)
	i := w.imported()
	w.ended(i)
	w.ended(i) // the stream may tell twice
	var to []string
	for _, p := range w.posted {
		to = append(to, p.webhook)
	}
	slices.Sort(to)
	if !slices.Equal(to, []string{"asks", "asks-both"}) {
		t.Fatalf("posted to %v", to)
	}
	var body struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Institution, ID, URL, DataType, Action, Status string
			Counts                                         domain.Counts
			FinishedAt                                     time.Time
		}
	}
	if err := json.Unmarshal(w.posted[0].body, &body); err != nil {
		t.Fatal(err)
	}
	d := body.Data
	if body.Type != "import.finished" || !body.Timestamp.Equal(i.FinishedAt) || d.Institution != "aurora" || d.ID != "i1" || d.URL != "https://rollbook.example/api/imports/i1" ||
		d.DataType != "criteria" || d.Action != "update" || d.Status != "done" || d.Counts != i.Counts || !d.FinishedAt.Equal(i.FinishedAt) {
		t.Errorf("%s", w.posted[0].body)
	}
	if len(w.bus.news) == 0 || string(w.bus.news[0].Data) == "" || w.bus.news[0].Type != domain.ImportFinished {
		t.Errorf("the bus has %v", w.bus.news)
	}
	for _, text := range []string{string(w.posted[0].body), string(w.bus.news[0].Data)} {
		if strings.Contains(text, "Anna") || strings.Contains(text, "ana@") {
			t.Errorf("a message names somebody: %s", text)
		}
	}
}

func TestTheEndOfATemplate(t *testing.T) {
	w := newWorld(t)
	w.hook(demo.Aurora, "asks", domain.TemplateFinished)
	tpl := domain.Template{ID: "t1", Institution: demo.Aurora, DataType: domain.Authorisations, TargetID: "all", TargetName: "Anna", Email: "ana@aurora.example",
		Status: domain.TemplateFailed, Problem: domain.Because("notStarted.template"), CreatedAt: w.now, FinishedAt: w.now, ExpiresAt: w.now.AddDate(0, 0, 60)}
	if _, _, err := w.jobs.CreateTemplate(t.Context(), tpl, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Ended(t.Context(), domain.Job{Institution: demo.Aurora, Kind: domain.TemplateJob, ID: "t1"}); err != nil {
		t.Fatal(err)
	}
	w.sweep()
	if len(w.posted) != 1 {
		t.Fatalf("posted %d", len(w.posted))
	}
	body := string(w.posted[0].body)
	for _, part := range []string{`"type":"template.finished"`, `"status":"failed"`, `"code":"notStarted"`, `"targetId":"all"`} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	if strings.Contains(body, "Anna") || strings.Contains(body, "ana@") {
		t.Errorf("a message names somebody: %s", body)
	}
}

func TestWhatHasNotEndedIsNotTold(t *testing.T) {
	w := newWorld(t)
	w.hook(demo.Aurora, "asks", domain.ImportFinished)
	w.ended(w.imported(func(i *domain.Import) { i.Status = domain.Running }))
	w.ended(domain.Import{ID: "gone", Institution: demo.Aurora})
	if len(w.posted) != 0 || len(w.bus.news) != 0 {
		t.Errorf("told %v, %v", w.posted, w.bus.news)
	}
}

func TestAnImportThatEndsAgainIsToldAgain(t *testing.T) {
	w := newWorld(t)
	w.hook(demo.Aurora, "asks", domain.ImportFinished)
	i := w.imported()
	w.ended(i)
	if _, err := w.jobs.ChangeImport(t.Context(), demo.Aurora, i.ID, func(i *domain.Import) error {
		i.FinishedAt = i.FinishedAt.Add(time.Hour)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.ended(i)
	if len(w.posted) != 2 || w.posted[0].id == w.posted[1].id {
		t.Errorf("posted %v", w.posted)
	}
}

// What the bus did not take comes again from the stream, and nobody hears of it
// before.
func TestABusThatIsAway(t *testing.T) {
	w := newWorld(t)
	w.hook(demo.Aurora, "asks", domain.ImportFinished)
	i := w.imported()
	w.bus.err = errors.New("away")
	if err := w.Ended(t.Context(), domain.Job{Institution: demo.Aurora, Kind: domain.ImportJob, ID: i.ID}); err == nil {
		t.Fatal("no error")
	}
	w.bus.err = nil
	w.ended(i)
	if len(w.posted) != 1 || len(w.bus.news) != 1 {
		t.Errorf("posted %d, on the bus %d", len(w.posted), len(w.bus.news))
	}
}

func TestTries(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		err    error
		code   string
	}{
		"an error":       {500, nil, "webhookRefused"},
		"a redirection":  {302, nil, "webhookRefused"},
		"no answer":      {0, errors.New("away"), "webhookUnreachable"},
		"a private name": {0, webhook.ErrPrivate, "webhookPrivate"},
	} {
		t.Run(name+" is tried for a day with growing pauses", func(t *testing.T) {
			w := newWorld(t)
			w.hook(demo.Aurora, "asks", domain.ImportFinished)
			w.status, w.err = answer.status, answer.err
			start := w.now
			w.ended(w.imported())
			var pauses []time.Duration
			tried, at := len(w.posted), w.now
			for w.now.Before(start.Add(49 * time.Hour)) {
				w.now = w.now.Add(5 * time.Minute)
				w.sweep()
				if len(w.posted) > tried {
					pauses = append(pauses, w.now.Sub(at))
					tried, at = len(w.posted), w.now
				}
			}
			if got := w.last("asks").Last; got.Code != answer.code || got.Status != answer.status || got.Event != domain.ImportFinished || got.Delivery != w.posted[0].id {
				t.Errorf("the webhook's last is %+v", got)
			}
			if len(pauses) < 8 || pauses[0] > 6*time.Minute || !slices.IsSorted(pauses) {
				t.Errorf("pauses %v", pauses)
			}
			if last := at.Sub(start); last < 24*time.Hour || last > 30*time.Hour {
				t.Errorf("the last try was after %s", last)
			}
			for _, p := range w.posted {
				if p.id != w.posted[0].id || string(p.body) != string(w.posted[0].body) {
					t.Error("another message was sent")
				}
			}
		})
	}
	t.Run("what was taken is not sent again", func(t *testing.T) {
		w := newWorld(t)
		w.hook(demo.Aurora, "asks", domain.ImportFinished)
		w.status = 503
		w.ended(w.imported())
		w.status = 200
		for range 300 {
			w.now = w.now.Add(5 * time.Minute)
			w.sweep()
		}
		if got := w.last("asks").Last; len(w.posted) != 2 || got.Code != "" || got.Status != 200 {
			t.Errorf("posted %d, last %+v", len(w.posted), got)
		}
	})
	t.Run("two copies make one try", func(t *testing.T) {
		w := newWorld(t)
		w.hook(demo.Aurora, "asks", domain.ImportFinished)
		w.status = 500
		w.ended(w.imported())
		key := "asks." + w.posted[0].id
		if err := w.Deliver(t.Context(), demo.Aurora, key); err != nil {
			t.Fatal(err)
		}
		if len(w.posted) != 1 {
			t.Errorf("posted %d", len(w.posted))
		}
	})
	t.Run("410 ends it for the webhook", func(t *testing.T) {
		w := newWorld(t)
		w.hook(demo.Aurora, "asks", domain.ImportFinished)
		w.status = 410
		i := w.imported()
		w.ended(i)
		w.now = w.now.Add(time.Hour)
		w.sweep()
		if h := w.last("asks"); len(w.posted) != 1 || !h.Gone || h.Last.Code != "webhookGone" {
			t.Errorf("posted %d, %+v", len(w.posted), h)
		}
	})
	t.Run("a webhook that is deleted gets nothing more", func(t *testing.T) {
		w := newWorld(t)
		w.hook(demo.Aurora, "asks", domain.ImportFinished)
		w.status = 500
		w.ended(w.imported())
		if err := w.hooks.Delete(t.Context(), demo.Aurora, "asks"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.now = w.now.Add(time.Hour)
			w.sweep()
		}
		if _, err := w.hooks.Get(t.Context(), demo.Aurora, "asks"); len(w.posted) != 1 || err == nil {
			t.Errorf("posted %d, %v", len(w.posted), err)
		}
	})
}

// A receiver that does not answer holds up its own news only: the others have theirs
// while it is still waited for, at the end of the job as at the next try.
func TestASlowReceiverHoldsUpNobodyElse(t *testing.T) {
	hooks := []string{"slow", "quick-1", "quick-2", "quick-3"}
	for name, do := range map[string]func(ctx context.Context, w *world) error{
		"told": func(ctx context.Context, w *world) error {
			var ns []announce.Notice
			for f, err := range w.deliveries.Fallen(ctx, w.now.Add(time.Hour)) {
				if err != nil {
					return err
				}
				ns = append(ns, announce.Notice{Institution: f.Institution, Delivery: f.ID})
			}
			// The slow one's come first.
			slices.SortStableFunc(ns, func(a, b announce.Notice) int { return strings.Compare(b.Delivery, a.Delivery) })
			return errors.Join(w.Tell(ctx, ns)...)
		},
		"tried again": func(ctx context.Context, w *world) error { return w.Sweep(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), time.Minute) // ends what would wait for ever
			defer stop()
			w := newWorld(t)
			for _, id := range hooks {
				w.hook(demo.Aurora, id, domain.ImportFinished)
			}
			for _, id := range []string{"i1", "i2"} {
				i := w.imported(func(i *domain.Import) { i.ID = id })
				if err := w.Ended(ctx, domain.Job{Institution: i.Institution, Kind: domain.ImportJob, ID: i.ID}); err != nil {
					t.Fatal(err)
				}
			}
			w.now = w.now.Add(time.Second)
			var mu sync.Mutex
			asked, others := map[string]int{}, make(chan struct{})
			w.Post = func(ctx context.Context, to domain.Webhook, _ domain.Delivery) (int, error) {
				mu.Lock()
				asked[to.ID]++
				if to.ID != "slow" && asked["quick-1"]+asked["quick-2"]+asked["quick-3"] == 6 {
					close(others)
				}
				mu.Unlock()
				if to.ID != "slow" {
					return 204, nil
				}
				select {
				case <-others:
					return 0, errors.New("no answer in time")
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			}
			if err := do(ctx, w); err != nil {
				t.Error(err)
			}
			if ctx.Err() != nil {
				t.Fatal("the others waited for the slow one")
			}
			// A sweep asks who does not answer once; what is left is tried the next time.
			if name == "tried again" {
				if asked["slow"] != 1 {
					t.Errorf("the slow one was asked %d times", asked["slow"])
				}
				w.Post = func(context.Context, domain.Webhook, domain.Delivery) (int, error) { asked["slow"]++; return 204, nil }
				w.now = w.now.Add(time.Hour)
				w.sweep()
				if asked["slow"] != 3 {
					t.Errorf("then it had %d of 3", asked["slow"])
				}
			}
		})
	}
}

func TestTheOutbox(t *testing.T) {
	dropped := func(name string) func(*domain.Import) {
		return func(i *domain.Import) {
			i.Source = domain.Object{Key: "inbox/aurora/criteria/update/" + name}
			i.Files = []string{flow.Original, "errors", "changes"}
		}
	}
	results := func(w *world) {
		for _, f := range []string{"errors", "changes"} {
			if _, err := w.files.Put(t.Context(), flow.FileKey(demo.Aurora, "i1", f), strings.NewReader(f+" of i1"), "text/csv"); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("answers a dropped file", func(t *testing.T) {
		w := newWorld(t)
		results(w)
		w.ended(w.imported(dropped("crm/May 2026.csv")))
		for name, want := range map[string]string{"import.json": `{"id":"i1"}`, "errors.csv": "errors of i1", "changes.csv": "changes of i1"} {
			b, err := w.files.Get(t.Context(), "outbox/aurora/criteria/update/crm/May 2026.csv/i1/"+name)
			if err != nil || string(b) != want {
				t.Errorf("%s: %q, %v", name, b, err)
			}
		}
	})
	t.Run("a name cannot lead out of it", func(t *testing.T) {
		w := newWorld(t)
		w.ended(w.imported(dropped("../../../../borealis/x.csv"), func(i *domain.Import) { i.Files = nil }))
		if _, err := w.files.Get(t.Context(), "outbox/aurora/criteria/update/../../../../borealis/x.csv/i1/import.json"); err != nil {
			t.Error(err)
		}
	})
	t.Run("a name as long as S3 takes", func(t *testing.T) {
		w := newWorld(t)
		long := strings.Repeat("ü", (1024-len("inbox/aurora/criteria/update/"))/2)
		w.ended(w.imported(dropped(long), func(i *domain.Import) { i.Files = nil }))
		keys := w.files.Keys()
		if len(keys) != 1 || len(keys[0]) > 1024 || !strings.HasSuffix(keys[0], "ü/i1/import.json") {
			t.Errorf("keys %v", keys)
		}
	})
	t.Run("is for the file that was dropped alone", func(t *testing.T) {
		w := newWorld(t)
		i := w.imported(dropped("a.csv"))
		if _, err := w.jobs.ChangeImport(t.Context(), i.Institution, i.ID, func(i *domain.Import) error { i.Of, i.OfKind = "i0", domain.UpdateOf; return nil }); err != nil {
			t.Fatal(err)
		}
		w.ended(i)
		if keys := w.files.Keys(); len(keys) != 0 {
			t.Errorf("keys %v", keys)
		}
	})
	t.Run("is there before anybody is told", func(t *testing.T) {
		w := newWorld(t)
		w.bus.err = errors.New("away")
		results(w)
		i := w.imported(dropped("a.csv"))
		_ = w.Ended(t.Context(), domain.Job{Institution: demo.Aurora, Kind: domain.ImportJob, ID: i.ID})
		if _, err := w.files.Get(t.Context(), "outbox/aurora/criteria/update/a.csv/i1/import.json"); err != nil {
			t.Error(err)
		}
	})
}
