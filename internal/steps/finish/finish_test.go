package finish_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
	"rollbook/internal/mail"
	"rollbook/internal/steps/finish"
	"rollbook/internal/testing/memory"
)

const (
	house = domain.InstitutionID("house")
	id    = "0199f0aa-0000-7000-8000-000000000001"
	genre = domain.Field("criterion:GENRE")
)

var run = flow.Finish{Run: flow.Run{Version: flow.Version, Institution: house, Import: id}}

// desk is a finish step with its stores.
type desk struct {
	*finish.Step
	jobs  *memory.Jobs
	files *memory.Blobs
	mails *memory.Mails
	count map[string]int // what the metrics say

	catalogue *memory.Catalogue
	mappings  *memory.Records[domain.Mapping]
}

func newDesk(t *testing.T, change ...func(*domain.Import)) *desk {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }
	d := &desk{jobs: memory.NewJobs(now), files: memory.NewBlobs("files", now), mails: &memory.Mails{}, count: map[string]int{}}
	cat := memory.NewCatalogue()
	if err := cat.PutSettings(t.Context(), house, domain.Settings{}); err != nil {
		t.Fatal(err)
	}
	if err := cat.PutField(t.Context(), house, domain.FieldDef{Code: "GENRE", Label: "Genre", Kind: domain.SingleChoice,
		Values: []domain.Choice{{Code: "ROCK", Label: "Rock"}, {Code: "JAZZ", Label: "Jazz"}}}); err != nil {
		t.Fatal(err)
	}
	d.catalogue, d.mappings = cat, memory.NewRecords[domain.Mapping](now)
	d.Step = &finish.Step{Contacts: memory.NewContacts(now), Catalogue: cat, Jobs: d.jobs, Mappings: d.mappings, Files: d.files, Mail: d.mails, Now: now,
		Count:  func(metric string, n int) { d.count[metric] += n },
		Log:    slog.New(slog.DiscardHandler),
		Letter: func(i domain.Import, _ string) mail.Message { return mail.Message{Subject: string(i.Status)} }}
	imp := domain.Import{ID: id, Institution: house, DataType: domain.Criteria, Action: domain.Update, Status: domain.Running,
		Ticket: domain.Ticket{Order: "0000007"}, CreatedAt: now(), ExpiresAt: now().Add(time.Hour)}
	for _, f := range change {
		f(&imp)
	}
	if _, _, err := d.jobs.CreateImport(t.Context(), imp, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	return d
}

// chunks stores a plan and the results of its chunks.
func (d *desk) chunks(t *testing.T, columns []flow.Column, chunks ...[]flow.Result) {
	t.Helper()
	d.chunksWith(t, columns, flow.Summary{}, chunks...)
}

// chunksWith does so with what else the summary of each chunk says.
func (d *desk) chunksWith(t *testing.T, columns []flow.Column, says flow.Summary, chunks ...[]flow.Result) {
	t.Helper()
	d.round(t, 0, flow.Plan{Version: flow.Version, Columns: columns}, says, chunks...)
}

// round stores the plan of a round, with the results of its chunks. A chunk without
// results has no rows.
func (d *desk) round(t *testing.T, round int, p flow.Plan, says flow.Summary, chunks ...[]flow.Result) {
	t.Helper()
	for n, rs := range chunks {
		var b bytes.Buffer
		w, err := flow.NewResultWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		sum := says
		for _, r := range rs {
			sum.Counts.Add(r.Outcome)
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(sum); err != nil {
			t.Fatal(err)
		}
		key := flow.ResultKey(house, id, round, n, fmt.Sprint(len(d.files.Keys())))
		d.put(t, key, b.Bytes())
		if _, err := d.jobs.BeginTry(t.Context(), house, id, round, n); err != nil {
			t.Fatal(err)
		}
		if _, err := d.jobs.Seal(t.Context(), house, id, round, n, domain.Seal{Key: key, By: 1, Tries: 1}); err != nil {
			t.Fatal(err)
		}
		p.Chunks = append(p.Chunks, flow.ChunkRef{Rows: len(rs), FirstLine: 2, LastLine: 9})
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	d.put(t, flow.PlanKey(house, domain.RunID(id, round)), b)
}

func (d *desk) put(t *testing.T, key string, b []byte) {
	t.Helper()
	if _, err := d.files.Put(t.Context(), key, bytes.NewReader(b), ""); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) run(t *testing.T, in flow.Finish) domain.Import {
	t.Helper()
	if err := d.Run(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	imp, err := d.jobs.Import(t.Context(), house, id)
	if err != nil {
		t.Fatal(err)
	}
	return imp
}

// file returns a result file's lines, nil if it is not there.
func (d *desk) file(t *testing.T, name string) []string {
	t.Helper()
	imp, err := d.jobs.Import(t.Context(), house, id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.files.Get(t.Context(), flow.FileOf(imp, name))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(b), "\ufeff"), "\r\n"), "\r\n")
}

var columns = []flow.Column{
	{Name: "Contact", Role: flow.KeyRole},
	{Name: "[old] GENRE", Role: flow.OldRole, Field: genre},
	{Name: "[error] message", Role: flow.ErrorRole},
	{Name: "[new] GENRE", Role: flow.NewRole, Field: genre},
}

func changed(line int, n domain.ContactNumber, before, after domain.Value) flow.Result {
	return flow.Result{Line: line, Number: n, Outcome: domain.Updated, Changes: []flow.Change{{Field: genre, Before: before, After: after}}}
}

func not(line int, o domain.Outcome) flow.Result {
	return flow.Result{Line: line, Number: "7", Outcome: o, Cells: []string{"#7", "ROCK", "old news", "JAZZ"},
		Problems: []domain.Problem{{Line: line, Column: "[new] GENRE", Outcome: o, Reason: reason.New("fieldGone")}}}
}

// How an import ends, by what became of its rows.
func TestEnds(t *testing.T) {
	up, left, bad := changed(2, "1", "ROCK", "JAZZ"), not(3, domain.Unprocessed), not(3, domain.RowRejected)
	cancelled := func(i *domain.Import) { i.Cancel = true }
	for _, c := range []struct {
		name    string
		rows    []flow.Result
		failed  bool
		cancel  bool
		want    domain.Status
		problem string
	}{
		{"all written", []flow.Result{up}, false, false, domain.Done, ""},
		{"some rejected", []flow.Result{up, bad}, false, false, domain.Done, ""},
		{"a step failed, nothing is left", []flow.Result{up, bad}, true, false, domain.Done, ""},
		{"a step failed, rows are left", []flow.Result{up, left}, true, false, domain.Incomplete, "unprocessedRows"},
		{"rows are left", []flow.Result{up, left}, false, false, domain.Incomplete, "unprocessedRows"},
		{"all are left", []flow.Result{left}, false, false, domain.Failed, "importFailed"},
		{"cancelled, rows are left", []flow.Result{up, left}, false, true, domain.Cancelled, "cancelled"},
		{"cancelled too late", []flow.Result{up}, false, true, domain.Done, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			if c.cancel {
				d = newDesk(t, cancelled)
			}
			d.chunks(t, columns, c.rows)
			in := run
			if c.failed {
				in.Failed = json.RawMessage(`{"Error":"Unexpected"}`)
			}
			imp := d.run(t, in)
			problem := ""
			if imp.Problem != nil {
				problem = string(imp.Problem.Code)
			}
			if want := imp.Counts.Unprocessed; !c.cancel && d.count["UnprocessedRows"] != want {
				t.Errorf("the metric says %d rows, want %d", d.count["UnprocessedRows"], want)
			}
			if imp.Status != c.want || problem != c.problem {
				t.Errorf("%s %q, want %s %q", imp.Status, problem, c.want, c.problem)
			}
		})
	}
	t.Run("never checked", func(t *testing.T) {
		if imp := newDesk(t).run(t, run); imp.Status != domain.Failed || imp.Problem.Code != "checkFailed" {
			t.Errorf("%s %+v", imp.Status, imp.Problem)
		}
	})
	t.Run("never checked and cancelled", func(t *testing.T) {
		if imp := newDesk(t, cancelled).run(t, run); imp.Status != domain.Cancelled || imp.Problem.Code != "cancelled" {
			t.Errorf("%s %+v", imp.Status, imp.Problem)
		}
	})
	t.Run("rejected by the check", func(t *testing.T) {
		d := newDesk(t)
		d.put(t, flow.PlanKey(house, id), []byte(`{"version":2,"problem":{"code":"fileEmpty"}}`))
		if imp := d.run(t, run); imp.Status != domain.Rejected || imp.Problem.Code != "fileEmpty" {
			t.Errorf("%s %+v", imp.Status, imp.Problem)
		}
	})
}

// The result files have the rows of all chunks in the order of the file, and a
// file without rows is not there.
func TestFiles(t *testing.T) {
	d := newDesk(t)
	d.chunks(t, columns,
		[]flow.Result{changed(2, "1", "ROCK", "JAZZ"), not(3, domain.RowConflicted)},
		[]flow.Result{not(4, domain.RowRejected), changed(5, "2", "", "ROCK")})
	imp := d.run(t, run)
	if got := strings.Join(imp.Files, " "); got != "original errors changes undo" {
		t.Errorf("files %s", got)
	}
	for name, want := range map[string][]string{
		"errors": {
			"Contact,[old] GENRE,[new] GENRE,[error] line,[error] outcome,[error] column,[error] message",
			"#7,ROCK,JAZZ,3,conflicted,[new] GENRE,This field is no longer in the catalogue. Leave the cell empty.",
			"#7,ROCK,JAZZ,4,rejected,[new] GENRE,This field is no longer in the catalogue. Leave the cell empty."},
		"changes": {"Contact,Line,Field,Before,After", "#1,2,GENRE,ROCK,JAZZ", "#2,5,GENRE,,ROCK"},
		"undo":    {"Contact,[old] GENRE,[new] GENRE", "#1,JAZZ,ROCK", "#2,ROCK,Empty"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(d.file(t, name), "\n"); got != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
		})
	}
	if imp.Counts != (domain.Counts{Rows: 4, Updated: 2, Rejected: 1, Conflicted: 1}) || imp.ProblemsAll != 2 || imp.Problems[0].Line != 3 {
		t.Errorf("%+v, %d problems, %+v", imp.Counts, imp.ProblemsAll, imp.Problems)
	}
	t.Run("of a row with too many cells", func(t *testing.T) {
		d := newDesk(t)
		r := not(2, domain.RowRejected)
		r.Cells = append(r.Cells, "one more")
		d.chunks(t, columns, []flow.Result{r})
		d.run(t, run)
		if got := d.file(t, "errors"); !strings.HasSuffix(got[1], "This field is no longer in the catalogue. Leave the cell empty.,one more") {
			t.Errorf("got %q", got)
		}
		if d.file(t, "undo") != nil || d.file(t, "changes") != nil {
			t.Error("there are files without rows")
		}
	})
	t.Run("of a test", func(t *testing.T) {
		d := newDesk(t, func(i *domain.Import) { i.Action = domain.Test })
		d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
		if got := strings.Join(d.run(t, run).Files, " "); got != "original changes" {
			t.Errorf("files %s", got)
		}
	})
}

// What an undo deleted cannot be put back: a number is never used again.
func TestUndoOfContacts(t *testing.T) {
	d := newDesk(t, func(i *domain.Import) { i.DataType = domain.Contacts })
	made, removed := changed(2, "1", "", "JAZZ"), changed(3, "2", "JAZZ", "")
	made.Outcome, removed.Removed = domain.Created, true
	d.chunks(t, columns, []flow.Result{made, removed, changed(4, "3", "ROCK", "JAZZ")})
	d.run(t, run)
	want := "Contact,[undo] created,[old] GENRE,[new] GENRE\n#1," + id + ",JAZZ,\n#3,,JAZZ,ROCK"
	if got := strings.Join(d.file(t, "undo"), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Finishing again sends no second mail and leaves the account as it is.
func TestAgain(t *testing.T) {
	d := newDesk(t, func(i *domain.Import) { i.Email = "olga@example.org" })
	d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	first := d.run(t, run)
	again := d.run(t, run)
	if len(d.mails.Sent()) != 1 || again.Mail.Status != "sent" {
		t.Errorf("%d mails, %+v", len(d.mails.Sent()), again.Mail)
	}
	if again.Status != first.Status || again.Counts != first.Counts {
		t.Errorf("%s %+v became %s %+v", first.Status, first.Counts, again.Status, again.Counts)
	}
}

// bouncing has a mail come back before its sender has noted that it went.
type bouncing struct {
	jobs *memory.Jobs
	err  error
}

func (b bouncing) Send(ctx context.Context, _ mail.Message) error {
	_, err := b.jobs.ChangeImport(ctx, house, id, func(i *domain.Import) error {
		i.Mail = domain.MailState{Status: domain.MailBounced}
		return nil
	})
	return errors.Join(err, b.err)
}

func TestMailComesBackAtOnce(t *testing.T) {
	for name, err := range map[string]error{"sent": nil, "its answer was lost": errors.New("no answer")} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(i *domain.Import) { i.Email = "olga@example.org" })
			d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
			d.Mail = bouncing{d.jobs, err}
			if imp := d.run(t, run); imp.Mail.Status != domain.MailBounced {
				t.Errorf("the mail is %q, though it came back", imp.Mail.Status)
			}
		})
	}
}
