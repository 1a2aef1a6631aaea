package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
)

// Clock is the time that a suite gives an implementation.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now returns the suite's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *Clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// TestJobs checks an implementation; new returns an empty store that asks now
// for the time.
func TestJobs(t *testing.T, new func(t *testing.T, now func() time.Time) Jobs) {
	for name, test := range map[string]func(*testing.T, Jobs, *Clock){
		"Import":           jobsImport,
		"ImportOnce":       jobsImportOnce,
		"ImportOnceRaces":  jobsImportOnceRaces,
		"FollowUp":         jobsFollowUp,
		"FollowUpRaces":    jobsFollowUpRaces,
		"ChangeImport":     jobsChangeImport,
		"ChangeRaces":      jobsChangeRaces,
		"ChangeAndFollow":  jobsChangeAndFollow,
		"Imports":          jobsImports,
		"ImportsBig":       jobsImportsBig,
		"Progress":         jobsProgress,
		"Template":         jobsTemplate,
		"TemplateOnce":     jobsTemplateOnce,
		"Templates":        jobsTemplates,
		"Expiry":           jobsExpiry,
		"ExpiredIsNoEntry": jobsExpiredFollow,
		"Institutions":     jobsInstitutions,
		"Open":             jobsOpen,
		"Returned":         jobsReturned,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &Clock{at: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
			test(t, new(t, clock.Now), clock)
		})
	}
}

func job(id string) domain.Import {
	text := func(s string) *string { return &s }
	return domain.Import{
		ID: id, Institution: opera, DataType: domain.Criteria, Action: domain.Test, Recipe: domain.Recipe{OnConflict: domain.Skip},
		FileName: "Größen \"2026\".csv", Email: "anna@example.org", Language: "fr", Status: domain.Waiting,
		Source: domain.Object{Bucket: "b", Key: "k", Version: "v", Size: 1 << 40}, Rows: 3, Counts: domain.Counts{Rows: 3, Updated: 2, Rejected: 1},
		Problem: domain.Because("noKeyColumn", 1, "Contact"), Detected: &domain.Detected{Format: "csv", Rows: 3},
		ProblemsAll: 12, Report: domain.Report{
			Headers:  []domain.Header{{Name: "Genre", Samples: []string{"ROCK"}, Column: "[new] GENRE", By: domain.BySynonym}},
			Warnings: []domain.Warning{{Reason: reason.New("encodingGuessed", "Windows-1252", []string{"Müller"}), Line: 1}},
			Problems: []domain.Problem{{Line: 2, Column: "[new] GENRE", Value: "ROK", Outcome: domain.RowConflicted, Reason: reason.New("conflict", "A", "", "ROK"), Old: text("A"), Live: text(""), OtherLines: []int{4, 5}}},
			Fields:   []domain.FieldReport{{Field: "GENRE", Kind: domain.SingleChoice, Changes: []domain.Transition{{From: "", To: "ROCK", Count: 2}}}},
		},
		Files: []string{"errors", "original"}, Mail: domain.NewMailState("failed", "mailRefused"),
		CreatedAt: time.Date(2026, 11, 24, 9, 0, 0, 123456789, time.UTC), CreatedBy: "anna",
		ExpiresAt: time.Date(2026, 12, 24, 9, 0, 0, 0, time.UTC),
	}
}

func unreported(imp domain.Import) domain.Import {
	imp.Report = domain.Report{}
	return imp
}

func create(t *testing.T, s Jobs, imp domain.Import) domain.Import {
	t.Helper()
	made, created, err := s.CreateImport(t.Context(), imp, Once{}, "")
	must(t, err)
	if !created {
		t.Fatal("not created")
	}
	return made
}

func theImport(t *testing.T, s Jobs, id string) domain.Import {
	t.Helper()
	imp, err := s.Import(t.Context(), opera, id)
	must(t, err)
	return imp
}

func jobsImport(t *testing.T, s Jobs, _ *Clock) {
	_, err := s.Import(t.Context(), opera, "i1")
	refused(t, "missing", err, fault.NotFound, "notFound")
	want := job("i1")
	made := create(t, s, want)
	want.Version, want.Reported = 1, 1
	same(t, "made", made, want)
	same(t, "stored", theImport(t, s, "i1"), want)
	brief, err := s.BriefImport(t.Context(), opera, "i1")
	must(t, err)
	same(t, "without its report", brief, unreported(want))
	_, err = s.BriefImport(t.Context(), opera, "none")
	refused(t, "missing", err, fault.NotFound, "notFound")
	_, _, err = s.CreateImport(t.Context(), job("i1"), Once{}, "")
	refused(t, "the same id", err, fault.Conflict, "exists")
}

func jobsImportOnce(t *testing.T, s Jobs, clock *Clock) {
	first, created, err := s.CreateImport(t.Context(), job("i1"), Once{Key: "k", Digest: "d"}, "")
	must(t, err)
	if !created {
		t.Error("not created")
	}
	for _, id := range []string{"i1", "i2"} {
		again, created, err := s.CreateImport(t.Context(), job(id), Once{Key: "k", Digest: "d"}, "")
		must(t, err)
		if created {
			t.Errorf("created again as %s", id)
		}
		same(t, "what was made", again, first)
	}
	_, err = s.Import(t.Context(), opera, "i2")
	refused(t, "no second import", err, fault.NotFound, "notFound")
	_, _, err = s.CreateImport(t.Context(), job("i3"), Once{Key: "k", Digest: "another"}, "")
	refused(t, "another request", err, fault.Conflict, "idempotencyKeyReused")

	// What was made is answered as it is now.
	_, err = s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Status = domain.Done; return nil })
	must(t, err)
	again, _, err := s.CreateImport(t.Context(), job("i4"), Once{Key: "k", Digest: "d"}, "")
	must(t, err)
	if again.ID != "i1" || again.Status != domain.Done {
		t.Errorf("answered %s %s", again.ID, again.Status)
	}

	// Keys are the institution's and the kind's own.
	other := job("i5")
	other.Institution = club
	if made, created, err := s.CreateImport(t.Context(), other, Once{Key: "k", Digest: "d"}, ""); err != nil || !created || made.ID != "i5" {
		t.Errorf("another institution's key: %v %v", created, err)
	}
	if _, created, err := s.CreateTemplate(t.Context(), form("t1"), Once{Key: "k", Digest: "x"}); err != nil || !created {
		t.Errorf("a template's key: %v %v", created, err)
	}

	clock.pass(24*time.Hour - time.Second)
	again, created, err = s.CreateImport(t.Context(), job("i6"), Once{Key: "k", Digest: "d"}, "")
	must(t, err)
	if created || again.ID != "i1" {
		t.Error("forgotten within 24 hours")
	}
	clock.pass(time.Second)
	made, created, err := s.CreateImport(t.Context(), job("i7"), Once{Key: "k", Digest: "another"}, "")
	must(t, err)
	if !created || made.ID != "i7" {
		t.Error("remembered after 24 hours")
	}
}

func jobsImportOnceRaces(t *testing.T, s Jobs, _ *Clock) {
	var created counter
	ids := make(chan string, 10)
	together(10, func(i int) {
		made, c, err := s.CreateImport(t.Context(), job(fmt.Sprintf("i%d", i)), Once{Key: "k", Digest: "d"}, "")
		if err != nil {
			t.Errorf("create: %v", err)
			return
		}
		created.add(c)
		ids <- made.ID
	})
	close(ids)
	var all []string
	for id := range ids {
		all = append(all, id)
	}
	if slices.Sort(all); created.n != 1 || len(slices.Compact(all)) != 1 {
		t.Errorf("%d created, answers %v", created.n, all)
	}
	if is, _, err := s.Imports(t.Context(), opera, 50, ""); err != nil || len(is) != 1 {
		t.Errorf("%d imports, %v", len(is), err)
	}
}

func follow(id, kind, of string) domain.Import {
	imp := job(id)
	imp.Of, imp.OfKind, imp.Action = of, kind, domain.Update
	return imp
}

func jobsFollowUp(t *testing.T, s Jobs, _ *Clock) {
	create(t, s, job("i1"))
	create(t, s, follow("i2", "update", "i1"))
	imp := theImport(t, s, "i1")
	if imp.UpdatedBy != "i2" || imp.UndoneBy != "" {
		t.Errorf("updated by %q, undone by %q", imp.UpdatedBy, imp.UndoneBy)
	}
	_, _, err := s.CreateImport(t.Context(), follow("i3", "update", "i1"), Once{}, "")
	refused(t, "updated twice", err, fault.Conflict, "alreadyDone")
	if e, _ := fault.As(err); e.ID != "i2" {
		t.Errorf("the error names %q", e.ID)
	}
	_, err = s.Import(t.Context(), opera, "i3")
	refused(t, "nothing was made", err, fault.NotFound, "notFound")

	create(t, s, follow("i4", "undo", "i1")) // the other kind
	if imp := theImport(t, s, "i1"); imp.UpdatedBy != "i2" || imp.UndoneBy != "i4" {
		t.Errorf("updated by %q, undone by %q", imp.UpdatedBy, imp.UndoneBy)
	}
	// A follow-up that failed may be replaced, once.
	_, _, err = s.CreateImport(t.Context(), follow("i5", "update", "i1"), Once{}, "i2")
	must(t, err)
	_, _, err = s.CreateImport(t.Context(), follow("i6", "update", "i1"), Once{}, "i2")
	refused(t, "replaced twice", err, fault.Conflict, "alreadyDone")
	if e, _ := fault.As(err); e.ID != "i5" {
		t.Errorf("the error names %q", e.ID)
	}
	// The same key again is the first answer, not a conflict.
	first, created, err := s.CreateImport(t.Context(), follow("i7", "update", "i2"), Once{Key: "k", Digest: "d"}, "")
	must(t, err)
	again, createdAgain, err := s.CreateImport(t.Context(), follow("i8", "update", "i2"), Once{Key: "k", Digest: "d"}, "")
	must(t, err)
	if !created || createdAgain || first.ID != "i7" || again.ID != "i7" {
		t.Errorf("%v %v %s %s", created, createdAgain, first.ID, again.ID)
	}
	// While an update is resumed it cannot be undone.
	resumed := func(status domain.Status, round int) {
		_, err := s.ChangeImport(t.Context(), opera, "i5", func(i *domain.Import) error { i.Status, i.Round = status, round; return nil })
		must(t, err)
	}
	resumed(domain.Running, 1)
	_, _, err = s.CreateImport(t.Context(), follow("i10", "undo", "i5"), Once{}, "")
	refused(t, "undone while it is resumed", err, fault.Conflict, "notDone")
	resumed(domain.Done, 1)
	create(t, s, follow("i10", "undo", "i5"))
	_, _, err = s.CreateImport(t.Context(), follow("i9", "update", "none"), Once{}, "")
	refused(t, "of a missing import", err, fault.NotFound, "notFound")
	_, _, err = s.CreateImport(t.Context(), follow("i9", "other", "i1"), Once{}, "")
	refused(t, "of an unknown kind", err, fault.Internal, "")
	// A refused follow-up leaves its key free.
	_, _, err = s.CreateImport(t.Context(), follow("i9", "update", "i1"), Once{Key: "free", Digest: "d"}, "")
	refused(t, "updated already", err, fault.Conflict, "alreadyDone")
	if _, created, err := s.CreateImport(t.Context(), job("i9"), Once{Key: "free", Digest: "other"}, ""); err != nil || !created {
		t.Errorf("the key is taken: %v %v", created, err)
	}
}

func jobsFollowUpRaces(t *testing.T, s Jobs, _ *Clock) {
	create(t, s, job("i0"))
	var created, conflicts counter
	together(10, func(i int) {
		_, c, err := s.CreateImport(t.Context(), follow(fmt.Sprintf("u%d", i), "update", "i0"), Once{Key: fmt.Sprint(i), Digest: "d"}, "")
		if e, ok := fault.As(err); err != nil && (!ok || e.Code != "alreadyDone" || e.ID == "") {
			t.Errorf("create: %v", err)
		}
		created.add(c)
		conflicts.add(err != nil)
	})
	if created.n != 1 || conflicts.n != 9 {
		t.Errorf("%d created, %d conflicts", created.n, conflicts.n)
	}
	is, _, err := s.Imports(t.Context(), opera, 50, "")
	must(t, err)
	if len(is) != 2 || is[0].ID != theImport(t, s, "i0").UpdatedBy {
		t.Errorf("%d imports", len(is))
	}
}

func jobsChangeImport(t *testing.T, s Jobs, _ *Clock) {
	create(t, s, job("i1"))
	got, err := s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error {
		i.Status, i.Counts.Updated, i.Problems, i.UndoneBy = domain.Done, 7, nil, "x"
		i.ID, i.Institution, i.Version = "other", club, 99 // not f's to change
		return nil
	})
	must(t, err)
	want := job("i1")
	want.Status, want.Counts.Updated, want.Problems, want.UndoneBy, want.Version, want.Reported = domain.Done, 7, nil, "x", 2, 2
	same(t, "answer", got, want)
	same(t, "stored", theImport(t, s, "i1"), want)

	stop := errors.New("stop")
	_, err = s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Status = domain.Failed; return stop })
	if err != stop {
		t.Errorf("the error is %v, want f's own", err)
	}
	same(t, "unchanged", theImport(t, s, "i1"), want)

	// The report stays where nothing of it is changed, can come later and can go.
	for version, report := range []domain.Report{want.Report, {Fields: []domain.FieldReport{{Field: "GENRE", Kind: domain.SingleChoice, Changes: []domain.Transition{}}}}, {}, {}, job("i1").Report} {
		want.Version = 3 + version
		if version > 0 && version != 3 {
			want.Reported = want.Version
		}
		want.Report, want.Rows = report, version
		got, err := s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Report, i.Rows, i.Reported = report, version, 99; return nil })
		must(t, err)
		same(t, "answer with a report", got, want)
		same(t, "stored with a report", theImport(t, s, "i1"), want)
	}
	_, err = s.ChangeImport(t.Context(), opera, "none", func(*domain.Import) error { t.Error("called"); return nil })
	refused(t, "missing", err, fault.NotFound, "notFound")
}

func jobsChangeRaces(t *testing.T, s Jobs, _ *Clock) {
	imp := job("i1")
	imp.Counts = domain.Counts{}
	create(t, s, imp)
	together(20, func(int) {
		if _, err := s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Counts.Add(domain.Updated); return nil }); err != nil {
			t.Errorf("change: %v", err)
		}
	})
	if got := theImport(t, s, "i1"); got.Counts.Updated != 20 || got.Version != 21 {
		t.Errorf("%d of 20 changes, version %d", got.Counts.Updated, got.Version)
	}
}

func jobsChangeAndFollow(t *testing.T, s Jobs, _ *Clock) {
	// A follow-up that comes while an import is changed is not overwritten.
	create(t, s, job("i1"))
	_, err := s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error {
		i.Counts.Updated++
		return nil
	})
	must(t, err)
	together(6, func(n int) {
		if n == 0 {
			if _, _, err := s.CreateImport(t.Context(), follow("i2", "update", "i1"), Once{}, ""); err != nil {
				t.Errorf("follow: %v", err)
			}
			return
		}
		if _, err := s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Counts.Updated++; return nil }); err != nil {
			t.Errorf("change: %v", err)
		}
	})
	if got := theImport(t, s, "i1"); got.UpdatedBy != "i2" || got.Counts.Updated != 2+6 {
		t.Errorf("updated by %q, %d changes", got.UpdatedBy, got.Counts.Updated-2)
	}
}

func jobsImports(t *testing.T, s Jobs, _ *Clock) {
	var want []string
	for i := range 23 {
		id := fmt.Sprintf("i%02d", i*7%23)
		create(t, s, job(id))
		want = append(want, id)
	}
	slices.Sort(want)
	slices.Reverse(want)
	for _, limit := range []int{1, 10, 22, 23, 50} {
		var got []string
		for _, i := range paged(t, limit, func(limit int, cursor string) ([]domain.Import, string, error) {
			return s.Imports(t.Context(), opera, limit, cursor)
		}) {
			got = append(got, i.ID)
		}
		same(t, fmt.Sprintf("imports by %d", limit), got, want)
	}
	is, _, err := s.Imports(t.Context(), opera, 1, "")
	must(t, err)
	made := job("i22")
	made.Version, made.Reported = 1, 1
	same(t, "the newest", is, []domain.Import{unreported(made)})
	must(t, s.Reports(t.Context(), opera, is))
	same(t, "the newest with its report", is, []domain.Import{made})
	is, next, err := s.Imports(t.Context(), "nobody", 10, "")
	must(t, err)
	if len(is) != 0 || next != "" {
		t.Errorf("%d imports of nobody, next %q", len(is), next)
	}
}

func jobsImportsBig(t *testing.T, s Jobs, _ *Clock) {
	// Jobs with all their problems: over 1 MB in a page.
	for i := range 20 {
		imp := job(fmt.Sprintf("i%02d", i))
		imp.Problems = nil
		for line := range 100 {
			imp.Problems = append(imp.Problems, domain.Problem{Line: line, Column: "[new] GENRE", Value: fmt.Sprintf("%0250d", line), Reason: reason.Reason{Code: "ofTomorrow", Params: reason.Params{"filler": fmt.Sprintf("%0400d", line)}}})
		}
		if i == 7 {
			imp.Report = domain.Report{}
		}
		create(t, s, imp)
	}
	n := 0
	for _, i := range paged(t, 15, func(limit int, cursor string) ([]domain.Import, string, error) {
		is, next, err := s.Imports(t.Context(), opera, limit, cursor)
		if err == nil {
			// What is changed meanwhile is told as it is then.
			_, err = s.ChangeImport(t.Context(), opera, "i03", func(i *domain.Import) error {
				i.Headers = append(i.Headers, domain.Header{Name: "More"})
				return nil
			})
			must(t, err)
			err = s.Reports(t.Context(), opera, is)
		}
		return is, next, err
	}) {
		want := 100
		if i.ID == "i07" {
			want = 0
		}
		if n++; len(i.Problems) != want {
			t.Fatalf("%s has %d problems", i.ID, len(i.Problems))
		}
		if i.ID == "i03" && len(i.Headers) != 3 {
			t.Errorf("%s is told with %d headers", i.ID, len(i.Headers))
		}
	}
	if n != 20 {
		t.Errorf("%d imports of 20", n)
	}
}

func jobsProgress(t *testing.T, s Jobs, _ *Clock) {
	got, err := s.Progress(t.Context(), opera, "i1")
	must(t, err)
	same(t, "no progress", got, domain.Counts{})
	for chunk := range 30 {
		must(t, s.SetProgress(t.Context(), opera, "i1", chunk, domain.Counts{Rows: 1, Unchanged: 1}))
	}
	must(t, s.SetProgress(t.Context(), opera, "i1", 7, domain.Counts{Rows: 100, Updated: 90, Rejected: 10}))
	must(t, s.SetProgress(t.Context(), opera, "i1", 7, domain.Counts{Rows: 100, Updated: 90, Rejected: 10}))
	must(t, s.SetProgress(t.Context(), opera, "i10", 0, domain.Counts{Rows: 5, Updated: 5}))
	must(t, s.SetProgress(t.Context(), club, "i1", 0, domain.Counts{Rows: 5, Updated: 5}))
	got, err = s.Progress(t.Context(), opera, "i1")
	must(t, err)
	same(t, "sum", got, domain.Counts{Rows: 129, Updated: 90, Rejected: 10, Unchanged: 29})
}

func form(id string) domain.Template {
	return domain.Template{ID: id, Institution: opera, DataType: domain.Authorisations, TargetID: "t", TargetName: "Fans", Fields: []string{"A", "B"},
		Format: "csv", Email: "a@example.org", Language: "de", Status: domain.Preparing, Contacts: 5, Bytes: 1 << 33,
		File: domain.Object{Bucket: "b", Key: "k"}, FileName: "f.zip", CreatedAt: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), CreatedBy: "anna",
		ExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
}

func jobsTemplate(t *testing.T, s Jobs, _ *Clock) {
	_, err := s.Template(t.Context(), opera, "t1")
	refused(t, "missing", err, fault.NotFound, "notFound")
	made, created, err := s.CreateTemplate(t.Context(), form("t1"), Once{})
	must(t, err)
	want := form("t1")
	want.Version = 1
	same(t, "made", made, want)
	if !created {
		t.Error("not said to be created")
	}
	_, _, err = s.CreateTemplate(t.Context(), form("t1"), Once{})
	refused(t, "the same id", err, fault.Conflict, "exists")
	got, err := s.ChangeTemplate(t.Context(), opera, "t1", func(f *domain.Template) error {
		f.Status, f.Problem, f.ID = domain.TemplateFailed, domain.Because("targetGone"), "other"
		return nil
	})
	must(t, err)
	want.Status, want.Problem, want.Version = domain.TemplateFailed, domain.Because("targetGone"), 2
	same(t, "changed", got, want)
	got, err = s.Template(t.Context(), opera, "t1")
	must(t, err)
	same(t, "stored", got, want)
	stop := errors.New("stop")
	if _, err := s.ChangeTemplate(t.Context(), opera, "t1", func(*domain.Template) error { return stop }); err != stop {
		t.Errorf("the error is %v, want f's own", err)
	}
	_, err = s.ChangeTemplate(t.Context(), opera, "none", func(*domain.Template) error { return nil })
	refused(t, "missing", err, fault.NotFound, "notFound")
	together(10, func(int) {
		if _, err := s.ChangeTemplate(t.Context(), opera, "t1", func(f *domain.Template) error { f.Contacts++; return nil }); err != nil {
			t.Errorf("change: %v", err)
		}
	})
	got, err = s.Template(t.Context(), opera, "t1")
	must(t, err)
	if got.Contacts != 15 {
		t.Errorf("%d of 10 changes", got.Contacts-5)
	}
}

func jobsTemplateOnce(t *testing.T, s Jobs, _ *Clock) {
	var created counter
	together(6, func(i int) {
		_, c, err := s.CreateTemplate(t.Context(), form(fmt.Sprintf("t%d", i)), Once{Key: "k", Digest: "d"})
		if err != nil {
			t.Errorf("create: %v", err)
		}
		created.add(c)
	})
	if created.n != 1 {
		t.Errorf("%d of 6 created", created.n)
	}
	_, _, err := s.CreateTemplate(t.Context(), form("t9"), Once{Key: "k", Digest: "another"})
	refused(t, "another request", err, fault.Conflict, "idempotencyKeyReused")
}

func jobsTemplates(t *testing.T, s Jobs, _ *Clock) {
	for _, id := range []string{"t2", "t1", "t3"} {
		_, _, err := s.CreateTemplate(t.Context(), form(id), Once{})
		must(t, err)
	}
	create(t, s, job("i1"))
	var got []string
	for _, f := range paged(t, 2, func(limit int, cursor string) ([]domain.Template, string, error) {
		return s.Templates(t.Context(), opera, limit, cursor)
	}) {
		got = append(got, f.ID)
	}
	same(t, "templates", got, []string{"t3", "t2", "t1"})
}

func jobsExpiry(t *testing.T, s Jobs, clock *Clock) {
	for i := range 10 {
		imp := job(fmt.Sprintf("i%d", i))
		switch {
		case i == 9:
			imp.ExpiresAt = time.Time{} // never
		case i%2 == 0:
			imp.ExpiresAt = clock.Now().Add(time.Hour)
		default:
			imp.ExpiresAt = clock.Now().Add(48 * time.Hour)
		}
		create(t, s, imp)
	}
	f := form("t1")
	f.ExpiresAt = clock.Now().Add(time.Hour)
	_, _, err := s.CreateTemplate(t.Context(), f, Once{})
	must(t, err)
	clock.pass(time.Hour - time.Second)
	theImport(t, s, "i0")
	clock.pass(time.Second)

	_, err = s.Import(t.Context(), opera, "i0")
	refused(t, "expired", err, fault.NotFound, "notFound")
	_, err = s.ChangeImport(t.Context(), opera, "i0", func(*domain.Import) error { return nil })
	refused(t, "change what expired", err, fault.NotFound, "notFound")
	_, err = s.Template(t.Context(), opera, "t1")
	refused(t, "expired template", err, fault.NotFound, "notFound")
	_, err = s.ChangeTemplate(t.Context(), opera, "t1", func(*domain.Template) error { return nil })
	refused(t, "change an expired template", err, fault.NotFound, "notFound")
	var got []string
	for _, i := range paged(t, 2, func(limit int, cursor string) ([]domain.Import, string, error) {
		return s.Imports(t.Context(), opera, limit, cursor)
	}) {
		got = append(got, i.ID)
	}
	same(t, "what is left", got, []string{"i9", "i7", "i5", "i3", "i1"})
	if fs, _, err := s.Templates(t.Context(), opera, 10, ""); err != nil || len(fs) != 0 {
		t.Errorf("%d templates, %v", len(fs), err)
	}
	// The id is free again, and a change may put off the expiry.
	create(t, s, job("i0"))
	_, err = s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.ExpiresAt = clock.Now().Add(100 * time.Hour); return nil })
	must(t, err)
	clock.pass(99 * time.Hour)
	theImport(t, s, "i1")
}

func jobsExpiredFollow(t *testing.T, s Jobs, clock *Clock) {
	imp := job("i1")
	imp.ExpiresAt = clock.Now().Add(time.Hour)
	create(t, s, imp)
	clock.pass(2 * time.Hour)
	_, _, err := s.CreateImport(t.Context(), follow("i2", "update", "i1"), Once{}, "")
	refused(t, "follow what expired", err, fault.NotFound, "notFound")
	_, err = s.Import(t.Context(), opera, "i2")
	refused(t, "nothing was made", err, fault.NotFound, "notFound")
}

func jobsInstitutions(t *testing.T, s Jobs, _ *Clock) {
	create(t, s, job("i1"))
	_, err := s.Import(t.Context(), club, "i1")
	refused(t, "another's import", err, fault.NotFound, "notFound")
	_, err = s.ChangeImport(t.Context(), club, "i1", func(*domain.Import) error { return nil })
	refused(t, "change another's import", err, fault.NotFound, "notFound")
	other := follow("i2", "update", "i1")
	other.Institution = club
	_, _, err = s.CreateImport(t.Context(), other, Once{}, "")
	refused(t, "follow another's import", err, fault.NotFound, "notFound")
	other = job("i1")
	other.Institution = club
	create(t, s, other)
	if is, _, err := s.Imports(t.Context(), club, 10, ""); err != nil || len(is) != 1 {
		t.Errorf("%d imports, %v", len(is), err)
	}
	_, _, err = s.CreateTemplate(t.Context(), form("t1"), Once{})
	must(t, err)
	_, err = s.Template(t.Context(), club, "t1")
	refused(t, "another's template", err, fault.NotFound, "notFound")
}

func jobsOpen(t *testing.T, s Jobs, clock *Clock) {
	start := clock.Now()
	made := func(id string, in domain.InstitutionID, st domain.Status, age time.Duration) {
		imp := job(id)
		imp.Institution, imp.Status, imp.CreatedAt = in, st, start.Add(-age)
		create(t, s, imp)
	}
	made("i1", opera, domain.Waiting, 10*time.Minute)
	made("i2", club, domain.Checking, 30*time.Minute)
	made("i3", opera, domain.Running, 20*time.Minute)
	made("i4", opera, domain.Done, 20*time.Minute)
	made("i5", opera, domain.Running, 15*time.Minute)
	made("i6", opera, domain.Waiting, 5*time.Minute)
	made("i7", opera, domain.Done, 12*time.Minute)
	made("i8", opera, domain.Done, 11*time.Minute)
	mailed := func(id, status string) func() error {
		return func() error {
			_, err := s.ChangeImport(t.Context(), opera, id, func(i *domain.Import) error { i.Mail.Status = status; return nil })
			return err
		}
	}
	for id, st := range map[string]domain.TemplateStatus{"t1": domain.Preparing, "t2": domain.Ready, "t3": domain.Preparing} {
		tpl := form(id)
		tpl.Status, tpl.CreatedAt = st, start.Add(-10*time.Minute)
		_, _, err := s.CreateTemplate(t.Context(), tpl, Once{})
		must(t, err)
	}
	for _, end := range []func() error{
		mailed("i4", domain.MailSent), mailed("i7", domain.MailWaiting), mailed("i8", domain.MailSending),
		func() error {
			_, err := s.ChangeImport(t.Context(), opera, "i5", func(i *domain.Import) error { i.Status = domain.Failed; return nil })
			return err
		},
		func() error {
			_, err := s.ChangeTemplate(t.Context(), opera, "t3", func(f *domain.Template) error { f.Status = domain.TemplateFailed; return nil })
			return err
		},
		func() error {
			_, err := s.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Status = domain.Checking; return nil })
			return err
		},
	} {
		must(t, end())
	}
	open := func(before time.Time) (out []string) {
		for i, err := range s.OpenImports(t.Context(), before) {
			must(t, err)
			if !i.Report.None() {
				t.Errorf("%s comes with its report", i.ID)
			}
			out = append(out, string(i.Institution)+" "+i.ID+" "+string(i.Status))
		}
		for f, err := range s.OpenTemplates(t.Context(), before) {
			must(t, err)
			out = append(out, string(f.Institution)+" "+f.ID+" "+string(f.Status))
		}
		return out
	}
	same(t, "older than 8 minutes", open(start.Add(-8*time.Minute)),
		[]string{string(club) + " i2 checking", string(opera) + " i3 running", string(opera) + " i7 done", string(opera) + " i8 done", string(opera) + " i1 checking", string(opera) + " t1 preparing"})
	same(t, "older than 25 minutes", open(start.Add(-25*time.Minute)), []string{string(club) + " i2 checking"})
	clock.pass(60 * 24 * time.Hour)
	same(t, "when all have expired", open(clock.Now()), []string(nil))
}

func jobsReturned(t *testing.T, s Jobs, clock *Clock) {
	must(t, s.NoteReturned(t.Context(), opera, "Anna.Meier@Example.org"))
	is := func(what string, in domain.InstitutionID, email string, want bool) {
		t.Helper()
		got, err := s.Returned(t.Context(), in, email)
		must(t, err)
		if got != want {
			t.Errorf("%s: %v", what, got)
		}
	}
	is("the address in other case", opera, " anna.meier@example.org", true)
	is("another address", opera, "anna@example.org", false)
	is("another institution's", club, "anna.meier@example.org", false)
	clock.pass(179 * 24 * time.Hour)
	is("after 179 days", opera, "anna.meier@example.org", true)
	clock.pass(25 * time.Hour)
	is("after 180 days", opera, "anna.meier@example.org", false)
}
