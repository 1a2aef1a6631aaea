package importtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/start"
	"rollbook/internal/testing/importtest"
	"rollbook/internal/testing/memory"
)

// thirty is a file that changes thirty contacts, in chunks of ten, with one bad
// row in each chunk.
func thirty(t *testing.T) (*importtest.World, string) {
	t.Helper()
	w := importtest.New(t, 0)
	w.Plan.ChunkRows = 11
	var file strings.Builder
	file.WriteString("Contact,[old] GENRE,[new] GENRE\n")
	for i := range 33 {
		n := fmt.Sprintf("%07d", i)
		w.Set(t, demo.Aurora, domain.ContactNumber(n), map[domain.Field]domain.Value{genre: "FOLK"})
		value := "JAZZ"
		if i%11 == 5 {
			value = "bad"
		}
		fmt.Fprintf(&file, "#%s,FOLK,%s\n", n, value)
	}
	return w, file.String()
}

type outcome struct {
	Status                domain.Status
	Counts                domain.Counts
	Problems              []domain.Problem
	Changes, Undo, Errors string
}

func ended(t *testing.T, w *importtest.World, imp domain.Import) outcome {
	t.Helper()
	o := outcome{Status: imp.Status, Counts: imp.Counts, Problems: imp.Problems}
	for _, f := range imp.Files {
		switch f {
		case "changes":
			o.Changes = w.File(t, imp, f)
		case "undo":
			o.Undo = w.File(t, imp, f)
		case "errors":
			o.Errors = w.File(t, imp, f)
		}
	}
	return o
}

// agrees checks that the database is what changes.csv says, for thirty's file.
func agrees(t *testing.T, w *importtest.World, o outcome) {
	t.Helper()
	for i := range 33 {
		n := domain.ContactNumber(fmt.Sprintf("%07d", i))
		want := domain.Value("FOLK")
		if strings.Contains(o.Changes, "#"+string(n)+",") {
			want = "JAZZ"
		}
		if got := w.Value(t, demo.Aurora, n, genre); got != want {
			t.Errorf("contact %s has %q, changes.csv says %q", n, got, want)
		}
		if in := strings.Contains(o.Errors, "#"+string(n)+","); in == (want == "JAZZ") {
			t.Errorf("contact %s: in errors.csv is %t, updated is %t", n, in, want == "JAZZ")
		}
	}
}

var errKilled = errors.New("killed")

// killer lets a store do its work until it is killed: before the write with the
// number, or right after it.
type killer struct {
	*memory.Contacts
	mu    sync.Mutex
	after bool
	at    int
}

func (k *killer) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []domain.Written
	for _, w := range ws {
		if k.at == 0 && !k.after {
			k.at--
			return nil, errKilled
		}
		done, err := k.Contacts.Write(ctx, in, []domain.Write{w})
		if err != nil {
			return nil, err
		}
		if out = append(out, done...); k.at == 0 {
			k.at--
			return nil, errKilled
		}
		k.at--
	}
	return out, nil
}

// blobs fails or loses what a test tells it to.
type blobs struct {
	*memory.Blobs
	put  func(key string) error // before storing
	done func(key string) error // after storing
	open func(key string, f domain.File) domain.File
}

func (b *blobs) Open(ctx context.Context, o domain.Object) (domain.File, error) {
	f, err := b.Blobs.Open(ctx, o)
	if err == nil && b.open != nil {
		f = b.open(o.Key, f)
	}
	return f, err
}

func (b *blobs) Put(ctx context.Context, key string, r io.Reader, ct string) (domain.Object, error) {
	if b.put != nil {
		if err := b.put(key); err != nil {
			return domain.Object{}, err
		}
	}
	o, err := b.Blobs.Put(ctx, key, r, ct)
	if err == nil && b.done != nil {
		err = b.done(key)
	}
	return o, err
}

// once returns an error the first time a key has the part.
func once(part string) func(string) error {
	var mu sync.Mutex
	done := false
	return func(key string) error {
		mu.Lock()
		defer mu.Unlock()
		if done || !strings.Contains(key, part) {
			return nil
		}
		done = true
		return errKilled
	}
}

// Faults 12 and 13: a chunk killed anywhere and tried again ends as one clean run.
func TestChunkKilled(t *testing.T) {
	w, file := thirty(t)
	want := ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))
	if want.Counts != (domain.Counts{Rows: 33, Updated: 30, Rejected: 3}) {
		t.Fatalf("clean run: %+v", want.Counts)
	}
	agrees(t, w, want)
	check := func(what string, prepare func(w *importtest.World)) {
		t.Helper()
		w, file := thirty(t)
		w.Tries = 2
		prepare(w)
		got := ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-clean +killed): %s", what, d)
		}
		agrees(t, w, got)
	}
	for at := range 30 {
		for _, after := range []bool{false, true} {
			check(fmt.Sprintf("killed at write %d, after it %t", at, after), func(w *importtest.World) {
				w.Chunk.Contacts = &killer{Contacts: w.Contacts, at: at, after: after}
			})
		}
	}
	check("killed before its result", func(w *importtest.World) {
		w.Chunk.Files = &blobs{Blobs: w.Files, put: once("results/")}
	})
	check("killed after its result, before its answer", func(w *importtest.World) {
		w.AfterChunk = func(n, try int) error {
			if try == 0 {
				return errKilled
			}
			return nil
		}
	})
	check("26: result stored, answer lost", func(w *importtest.World) {
		w.Chunk.Files = &blobs{Blobs: w.Files, done: once("results/")}
	})
	check("9: plan's copy of the chunks written twice", func(w *importtest.World) {
		w.Plan.Files = &blobs{Blobs: w.Files}
		w.BeforeChunk = func(n, try int) error {
			if try == 0 {
				return errKilled
			}
			return nil
		}
	})
}

// Faults 11, 15 and 16: chunks that never come through are unprocessed, save
// what they wrote before they died.
func TestChunkLost(t *testing.T) {
	w, file := thirty(t)
	w.BeforeChunk = func(n, try int) error {
		if n == 1 {
			return errKilled
		}
		return nil
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file, importtest.MailTo("staff@example.org"))
	o := ended(t, w, imp)
	if w.Metrics["UnprocessedRows"] != 10 || w.Metrics["SettledChunks"] != 1 {
		t.Errorf("counted %v", w.Metrics)
	}
	if want := (domain.Counts{Rows: 33, Updated: 20, Rejected: 3, Unprocessed: 10}); o.Counts != want || o.Status != domain.Incomplete {
		t.Errorf("one chunk lost: %s %+v, want %+v", o.Status, o.Counts, want)
	}
	agrees(t, w, o)

	// The error file is all that is left to do.
	w.BeforeChunk = nil
	rest := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, o.Errors)
	if want := (domain.Counts{Rows: 13, Updated: 10, Rejected: 3}); rest.Counts != want {
		t.Errorf("the error file: %+v, want %+v", rest.Counts, want)
	}

	// Killed after four writes, for ever: those four are updated and undoable.
	w, file = thirty(t)
	w.Plan.ChunkRows = 0
	w.Chunk.Contacts = &killer{Contacts: w.Contacts, at: 4}
	imp = w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	o = ended(t, w, imp)
	if want := (domain.Counts{Rows: 33, Updated: 4, Rejected: 3, Unprocessed: 26}); o.Counts != want {
		t.Errorf("killed after four writes: %s %+v, want %+v", o.Status, o.Counts, want)
	}
	agrees(t, w, o)
	if undo := w.Follow(t, imp, "undo"); undo.Counts != (domain.Counts{Rows: 4, Updated: 4}) {
		t.Errorf("undo of four: %+v", undo.Counts)
	}

	// All chunks fail.
	w, file = thirty(t)
	w.BeforeChunk = func(int, int) error { return errKilled }
	imp = w.Import(t, demo.Aurora, domain.Criteria, domain.Update, strings.ReplaceAll(file, "bad", "JAZZ"))
	if want := (domain.Counts{Rows: 33, Unprocessed: 33}); imp.Status != domain.Failed || imp.Counts != want {
		t.Errorf("all failed: %s %+v", imp.Status, imp.Counts)
	}

	// An object of a chunk is missing, or cut. Line 30 stands in the file twice.
	for _, c := range []struct {
		key func(domain.InstitutionID, string, int) string
		cut bool
	}{{flow.ChunkKey, false}, {flow.ChunkKey, true}, {flow.DuplicatesKey, false}, {flow.DuplicatesKey, true}} {
		w, file = thirty(t)
		file += strings.Split(file, "\n")[29] + "\n"
		w.Plan.ChunkRows = 12
		w.BeforeChunk = func(n, try int) error {
			if n != 2 {
				return nil
			}
			imps, _, err := w.Jobs.Imports(t.Context(), demo.Aurora, 1, "")
			if err != nil {
				return err
			}
			key := c.key(demo.Aurora, imps[0].ID, 2)
			b, err := w.Files.Get(t.Context(), key)
			if err != nil {
				t.Error(err)
			}
			w.Files.Remove(key)
			if c.cut {
				_, err = w.Files.Put(t.Context(), key, strings.NewReader(string(b[:len(b)/2])), "")
			}
			return err
		}
		imp = w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
		lost := slices.ContainsFunc(imp.Warnings, func(w domain.Warning) bool { return w.Code == "chunkLost" && w.Line == 26 })
		if want := (domain.Counts{Rows: 34, Updated: 22, Rejected: 2, Unprocessed: 10}); imp.Status != domain.Incomplete || imp.Counts != want || !lost {
			t.Errorf("%s, cut %t: %s %+v, want %+v; %+v", c.key("", "", 2), c.cut, imp.Status, imp.Counts, want, imp.Warnings)
		}
	}
}

// badly is a file that cannot be read on after some bytes, as when S3 answers
// 503 for longer than the client tries.
type badly struct {
	domain.File
	from int64
}

func (f badly) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) <= f.from {
		return f.File.ReadAt(p, off)
	}
	return 0, fault.New(fault.Busy, "busy")
}

// Fault 25: a chunk object that cannot be read just now is read again, not given
// up as damaged.
func TestChunkReadAgain(t *testing.T) {
	for _, from := range []int64{0, 1} {
		w, file := thirty(t)
		want := ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))
		w, file = thirty(t)
		w.Tries = 2
		again := once("chunks/")
		w.Chunk.Files = &blobs{Blobs: w.Files, open: func(key string, f domain.File) domain.File {
			if again(key) != nil {
				return badly{f, from * f.Size() / 2}
			}
			return f
		}}
		if d := cmp.Diff(want, ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))); d != "" {
			t.Errorf("(-clean +read again): %s", d)
		}
	}
}

// A chunk whose import is gone ends there: that is not a chunk object that is
// missing, whose other rows go on.
func TestChunkOfNoImport(t *testing.T) {
	w, file := thirty(t)
	for i := range 1000 { // more than one batch
		file += fmt.Sprintf("#99%05d,FOLK,JAZZ\n", i)
	}
	w.Plan.ChunkRows = 0
	w.Chunk.Jobs = &forgetful{Jobs: w.Jobs}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if want := (domain.Counts{Rows: 1033, Updated: 30, Rejected: 3, Unprocessed: 1000}); imp.Counts != want {
		t.Errorf("%+v, want %+v", imp.Counts, want)
	}
	if slices.ContainsFunc(imp.Warnings, func(w domain.Warning) bool { return w.Code == "chunkLost" }) {
		t.Errorf("%+v", imp.Warnings)
	}
}

// forgetful has an import at the first look and not afterwards.
type forgetful struct {
	*memory.Jobs
	looks int
}

func (f *forgetful) BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	if f.looks++; f.looks > 2 {
		return domain.Import{}, fault.Missing()
	}
	return f.Jobs.BriefImport(ctx, in, id)
}

// Faults 1, 2, 3, 4, 5 and 41: events more than once, late, out of order.
func TestEvents(t *testing.T) {
	w, file := thirty(t)
	imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update, importtest.MailTo("staff@example.org"))
	o, err := w.Uploads.Put(t.Context(), flow.UploadKey(imp.Institution, imp.ID), strings.NewReader(file), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Uploads.Put(t.Context(), o.Key, strings.NewReader("Contact,[new] GENRE\n#0000001,ROCK\n"), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	event := start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := w.Start.Run(context.Background(), event); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, e := range []start.Event{event, {Bucket: second.Bucket, Key: second.Key, Version: second.Version, Size: second.Size}} {
		if err := w.Start.Run(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got := w.Get(t, imp)
	if want := (domain.Counts{Rows: 33, Updated: 30, Rejected: 3}); got.Status != domain.Done || got.Counts != want {
		t.Errorf("%s %+v", got.Status, got.Counts)
	}
	if w.Executions() != 1 || len(w.Mails.Sent()) != 1 {
		t.Errorf("%d executions and %d mails, want 1 and 1", w.Executions(), len(w.Mails.Sent()))
	}
}

// Fault 6: events that are nobody's are dropped, not tried for ever.
func TestStrayEvents(t *testing.T) {
	w := importtest.New(t, 0)
	cancelled := w.Create(t, demo.Aurora, domain.Criteria, domain.Test)
	if _, err := w.Jobs.ChangeImport(t.Context(), demo.Aurora, cancelled.ID, func(i *domain.Import) error { i.Status = domain.Cancelled; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"uploads/aurora/no-such-import", "uploads/borealis/" + cancelled.ID, "uploads/aurora/" + cancelled.ID, "uploads/aurora",
		"uploads/%zz/x", "uploads/../x", "inbox/nowhere/criteria/test/a.csv", "inbox/nowhere/a.csv", "inbox/a.csv",
		"inbox/../criteria/test/a.csv", "inbox/aurora/criteria/test/", "inbox/aurora/", "elsewhere/a.csv", "",
	} {
		if err := w.Start.Run(t.Context(), start.Event{Bucket: "uploads", Key: key, Version: "1"}); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	if n := w.Executions(); n != 0 {
		t.Errorf("%d executions, want none", n)
	}
}

// Fault 5 and the drop folder: an object under inbox/ becomes one import.
func TestDropFolder(t *testing.T) {
	w, file := thirty(t)
	o, err := w.Uploads.Put(t.Context(), "inbox/aurora/criteria/update/été 50+1 %.csv", strings.NewReader(file), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: "inbox/aurora/criteria/update/%C3%A9t%C3%A9+50%2B1+%25.csv", Version: o.Version, Size: o.Size, Time: w.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	imps, _, err := w.Jobs.Imports(t.Context(), demo.Aurora, 10, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(imps) != 1 || imps[0].FileName != "été 50+1 %.csv" || imps[0].Status != domain.Done || imps[0].Counts.Updated != 30 {
		t.Errorf("%+v", imps)
	}
	if imps, _, _ := w.Jobs.Imports(t.Context(), demo.Borealis, 10, ""); len(imps) != 0 {
		t.Errorf("the other institution has %d imports", len(imps))
	}
	if imps[0].Email != "" || imps[0].CreatedBy != domain.Inbox {
		t.Errorf("mailed to %q, made by %q", imps[0].Email, imps[0].CreatedBy)
	}
}

// Who drops a file at a path that names no import is told, as for any other file.
func TestDropFolderAtAPathThatIsNone(t *testing.T) {
	for _, path := range []string{"a.csv", "criteria/a.csv", "criteria/test", "colours/test/a.csv", "criteria/delete/a.csv", "Criteria/test/a.csv", "test/criteria/a.csv"} {
		t.Run(path, func(t *testing.T) {
			w, file := thirty(t)
			cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
			if err != nil {
				t.Fatal(err)
			}
			cat.Settings.DropEmail = "drops@aurora.example"
			if err := w.Catalogue.PutSettings(t.Context(), demo.Aurora, cat.Settings); err != nil {
				t.Fatal(err)
			}
			o, err := w.Uploads.Put(t.Context(), "inbox/aurora/"+path, strings.NewReader(file), "text/csv")
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: w.Now()}); err != nil {
					t.Fatal(err)
				}
			}
			imps, _, err := w.Jobs.Imports(t.Context(), demo.Aurora, 10, "")
			if err != nil {
				t.Fatal(err)
			}
			if len(imps) != 1 || imps[0].Status != domain.Rejected || imps[0].Problem == nil || imps[0].Problem.Code != "badInboxPath" || imps[0].DataType != "" || imps[0].Action != "" {
				t.Fatalf("%+v", imps)
			}
			if sent := w.Mails.Sent(); len(sent) != 1 || sent[0].To != "drops@aurora.example" {
				t.Errorf("mails %+v", sent)
			}
		})
	}
}

// A file of the drop folder is no larger than the institution's settings allow; one
// byte more is an answer, and nothing is read of it.
func TestDropFolderTakesNoLargerFiles(t *testing.T) {
	for size, want := range map[int]domain.Status{1_000_000: domain.Done, 1_000_001: domain.Rejected} {
		w, file := thirty(t)
		cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
		if err != nil {
			t.Fatal(err)
		}
		cat.Settings.Limits.FileMegabytes = 1
		if err := w.Catalogue.PutSettings(t.Context(), demo.Aurora, cat.Settings); err != nil {
			t.Fatal(err)
		}
		file += strings.Repeat("\n", size-len(file))
		o, err := w.Uploads.Put(t.Context(), "inbox/aurora/criteria/test/a.csv", strings.NewReader(file), "text/csv")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: w.Now()}); err != nil {
			t.Fatal(err)
		}
		imps, _, err := w.Jobs.Imports(t.Context(), demo.Aurora, 10, "")
		if err != nil || len(imps) != 1 || imps[0].Status != want {
			t.Fatalf("%d bytes: %+v, %v", size, imps, err)
		}
		if p := imps[0].Problem; want == domain.Rejected && (p == nil || p.Code != "fileTooLarge" || fmt.Sprint(p.Params["most"]) != "1000000") {
			t.Errorf("%+v", p)
		}
	}
}

// The end of an import from the drop folder is mailed where the settings say.
func TestDropFolderIsAnswered(t *testing.T) {
	w, file := thirty(t)
	cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
	if err != nil {
		t.Fatal(err)
	}
	cat.Settings.DropEmail = "drops@aurora.example"
	if err := w.Catalogue.PutSettings(t.Context(), demo.Aurora, cat.Settings); err != nil {
		t.Fatal(err)
	}
	o, err := w.Uploads.Put(t.Context(), "inbox/aurora/criteria/test/a.csv", strings.NewReader(file), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: w.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if sent := w.Mails.Sent(); len(sent) != 1 || sent[0].To != "drops@aurora.example" {
		t.Errorf("%+v", sent)
	}
}

// Fault 35: a cancel in each phase.
func TestCancel(t *testing.T) {
	cancel := func(w *importtest.World) {
		imps, _, err := w.Jobs.Imports(context.Background(), demo.Aurora, 1, "")
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := w.Jobs.ChangeImport(context.Background(), demo.Aurora, imps[0].ID, func(i *domain.Import) error { i.Cancel = true; return nil }); err != nil {
			t.Error(err)
		}
	}
	// While it runs: what is done stays, and can be undone.
	w, file := thirty(t)
	var once sync.Once
	first := make(chan struct{}) // closed when chunk 0 is done and the cancel pressed
	w.Chunk.Files = &blobs{Blobs: w.Files, done: func(key string) error {
		if strings.Contains(key, "results/0/00000") {
			once.Do(func() {
				cancel(w)
				close(first)
			})
		}
		return nil
	}}
	w.BeforeChunk = func(n, try int) error {
		if n > 0 {
			<-first
		}
		return nil
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	o := ended(t, w, imp)
	if w.Metrics["UnprocessedRows"] != 0 {
		t.Errorf("what people cancel is counted: %v", w.Metrics)
	}
	if want := (domain.Counts{Rows: 33, Updated: 10, Rejected: 3, Unprocessed: 20}); o.Status != domain.Cancelled || o.Counts != want {
		t.Errorf("%s %+v, want %+v", o.Status, o.Counts, want)
	}
	agrees(t, w, o)
	if undo := w.Follow(t, imp, "undo"); undo.Counts != (domain.Counts{Rows: 10, Updated: 10}) {
		t.Errorf("undo: %+v", undo.Counts)
	}

	// Killed after some writes, then cancelled before its second try.
	w, file = thirty(t)
	w.Plan.ChunkRows, w.Tries = 0, 2
	w.Chunk.Contacts = &killer{Contacts: w.Contacts, at: 4}
	w.BeforeChunk = func(n, try int) error {
		if try == 1 {
			cancel(w)
		}
		return nil
	}
	o = ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))
	if want := (domain.Counts{Rows: 33, Updated: 4, Rejected: 3, Unprocessed: 26}); o.Status != domain.Cancelled || o.Counts != want {
		t.Errorf("%s %+v, want %+v", o.Status, o.Counts, want)
	}
	agrees(t, w, o)
}

// Two of them finish at once and results are lost in between: what one of them
// settles is no longer what the other has read. The counts and the files that can
// be fetched are one's.
func TestFinishTwiceOverLostResults(t *testing.T) {
	for _, part := range []string{"errors.csv", "changes.csv", "undo.csv", "problems/index"} {
		w, file := thirty(t)
		// There is nothing to do for this one, which can no longer be told from not
		// written once its results are lost.
		file += "#9999999,FOLK,JAZZ\n"
		w.Set(t, demo.Aurora, "9999999", map[domain.Field]domain.Value{genre: "JAZZ"})
		imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
		again := flow.Finish{Run: flow.RunOf(&imp)}
		other := once(part)
		w.Finish.Files = &blobs{Blobs: w.Files, put: func(key string) error {
			if other(key) == nil {
				return nil
			}
			for _, key := range w.Files.Keys() {
				if strings.Contains(key, imp.ID+"/results/") {
					w.Files.Remove(key)
				}
			}
			return w.Finish.Run(t.Context(), again)
		}}
		imp = w.Upload(t, imp, file)
		if !imp.Status.Final() {
			imp = w.Get(t, imp)
		}
		failed := 0
		if slices.Contains(imp.Files, "errors") {
			failed = len(records(t, w.File(t, imp, "errors"))) - 1
		}
		if c := imp.Counts; c.Rows != 34 || c.Unprocessed != 1 || failed != c.Rejected+c.Conflicted+c.Unprocessed {
			t.Errorf("%s: errors.csv has %d rows, the counts are %+v", part, failed, c)
		}
	}
}

// Faults 27 and 28: finish twice, finish killed, mail refused.
func TestFinishAgain(t *testing.T) {
	for _, part := range []string{"errors.csv", "undo.csv", "problems/index"} {
		w, file := thirty(t)
		want := ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))

		w, file = thirty(t)
		w.Finish.Files = &blobs{Blobs: w.Files, put: once(part)}
		imp := w.Upload(t, w.Create(t, demo.Aurora, domain.Criteria, domain.Update, importtest.MailTo("staff@example.org")), file)
		if imp.Status.Final() {
			t.Fatalf("%s: finish was not killed", part)
		}
		for range 2 {
			if err := w.Finish.Run(t.Context(), flow.Finish{Run: flow.Run{Version: flow.Version, Institution: imp.Institution, Import: imp.ID}}); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(want, ended(t, w, w.Get(t, imp))); d != "" {
			t.Errorf("%s: %s", part, d)
		}
		if n := len(w.Mails.Sent()); n != 1 {
			t.Errorf("%s: %d mails", part, n)
		}
	}
	w, file := thirty(t)
	w.Mails.Fail(fault.New(fault.Invalid, "mailRefused"))
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file, importtest.MailTo("nobody@example.org"))
	if imp.Status != domain.Done || imp.Mail.Status != domain.MailFailed || imp.Mail.Code() != "mailRefused" || imp.Mail.Tries != 1 {
		t.Errorf("%s %+v", imp.Status, imp.Mail)
	}
	if strings.Contains(w.Log.String(), "nobody@example.org") {
		t.Error("the log has the address")
	}
}

// Faults 4 and 10: the file is gone, or plan can never read it.
func TestPlanFails(t *testing.T) {
	w, file := thirty(t)
	imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
	o, err := w.Uploads.Put(t.Context(), flow.UploadKey(imp.Institution, imp.ID), strings.NewReader(file), "")
	if err != nil {
		t.Fatal(err)
	}
	w.Uploads.Remove(o.Key)
	if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version}); err != nil {
		t.Fatal(err)
	}
	if got := w.Get(t, imp); got.Status != domain.Rejected && got.Status != domain.Failed || got.Problem == nil || got.Problem.Code != "fileGone" {
		t.Errorf("%s %+v", got.Status, got.Problem)
	}

	w, file = thirty(t)
	w.Plan.Files = &blobs{Blobs: w.Files, put: func(string) error { return errKilled }}
	got := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if got.Status != domain.Failed || got.Problem == nil || got.Problem.Code != "checkFailed" {
		t.Errorf("%s %+v", got.Status, got.Problem)
	}
}

// Faults 22 and 23: what changes between plan and chunk.
func TestChangesInBetween(t *testing.T) {
	w, file := thirty(t)
	w.BeforeChunk = func(n, try int) error {
		if n != 0 {
			return nil
		}
		return errors.Join(w.Contacts.Delete(t.Context(), demo.Aurora, "0000001"))
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if want := (domain.Counts{Rows: 33, Updated: 29, Rejected: 4}); imp.Counts != want {
		t.Errorf("deleted: %+v, want %+v", imp.Counts, want)
	}
	if _, err := w.Contacts.Get(t.Context(), demo.Aurora, "0000001"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the deleted contact is back: %v", err)
	}

	w, file = thirty(t)
	w.Plan.ChunkRows = 0
	w.BeforeChunk = func(n, try int) error {
		cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
		if err != nil {
			return err
		}
		d, _ := cat.Lookup(genre)
		for i := range d.Values {
			d.Values[i].Retired = d.Values[i].Retired || d.Values[i].Code == "JAZZ"
		}
		return w.Catalogue.PutField(t.Context(), demo.Aurora, d)
	}
	imp = w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if want := (domain.Counts{Rows: 33, Rejected: 33}); imp.Counts != want || imp.Problems[0].Code != "retiredValue" {
		t.Errorf("retired: %+v %+v", imp.Counts, imp.Problems)
	}
}

// Fault 14: another import between two tries of a chunk. Nothing is overwritten,
// and what the first try wrote is in the account, though the other import has
// changed the same contacts since.
func TestAnotherImportInBetween(t *testing.T) {
	w, file := thirty(t)
	w.Plan.ChunkRows, w.Tries = 0, 2
	w.Chunk.Contacts = &killer{Contacts: w.Contacts, at: 4}
	w.BeforeChunk = func(n, try int) error {
		if try == 1 {
			w.BeforeChunk = nil
			w.Chunk.Contacts = w.Contacts
			w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[old] GENRE,[new] GENRE\n#0000001,JAZZ,ROCK\n#0000002,JAZZ,Empty\n#0000030,FOLK,ROCK\n")
		}
		return nil
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if want := (domain.Counts{Rows: 33, Updated: 29, Rejected: 3, Conflicted: 1}); imp.Counts != want {
		t.Errorf("%+v, want %+v", imp.Counts, want)
	}
	if changes := w.File(t, imp, "changes"); !strings.Contains(changes, "#0000001,3,GENRE,FOLK,JAZZ") {
		t.Errorf("what the first try wrote is not in changes.csv:\n%s", changes)
	}
	for n, want := range map[domain.ContactNumber]domain.Value{"0000001": "ROCK", "0000002": "", "0000030": "ROCK", "0000000": "JAZZ"} {
		if got := w.Value(t, demo.Aurora, n, genre); got != want {
			t.Errorf("contact %s has %q, want %q", n, got, want)
		}
	}
}

// Fault 30: a template that cannot be stored fails after the last try, with a
// mail, and not before.
func TestTemplateFails(t *testing.T) {
	w := importtest.New(t, 5)
	w.Template.Files = &blobs{Blobs: w.Files, put: func(string) error { return errKilled }}
	if err := w.Catalogue.PutTarget(t.Context(), demo.Aurora, domain.Target{ID: "all", Name: "All", Condition: []byte(`{"all":[]}`)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Jobs.CreateTemplate(t.Context(), domain.Template{ID: "t", Institution: demo.Aurora, DataType: domain.Criteria, TargetID: "all",
		Status: domain.Preparing, Email: "staff@example.org", ExpiresAt: w.Now().AddDate(0, 0, 7)}, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	in := flow.Template{Version: flow.Version, Institution: demo.Aurora, Template: "t"}
	for try := 1; try <= 3; try++ {
		err := w.Template.Run(t.Context(), in)
		got, jerr := w.Jobs.Template(t.Context(), demo.Aurora, "t")
		if jerr != nil {
			t.Fatal(jerr)
		}
		last := try == 3
		if (err != nil) == last || (got.Status == domain.TemplateFailed) != last || len(w.Mails.Sent()) != map[bool]int{true: 1}[last] {
			t.Errorf("try %d: %v, %s, %d mails", try, err, got.Status, len(w.Mails.Sent()))
		}
	}
}

// Faults 12 and 23: a value that is retired after a chunk was killed and before
// it is tried again. What the first try wrote is in the account all the same.
func TestRetiredBetweenTries(t *testing.T) {
	for _, tries := range []int{2, 1} { // tried again, or settled by its marks
		w, file := thirty(t)
		w.Plan.ChunkRows, w.Tries = 0, 2
		w.Chunk.Contacts = &killer{Contacts: w.Contacts, at: 4}
		w.BeforeChunk = func(n, try int) error {
			if try == 0 {
				return nil
			}
			cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
			if err != nil {
				return err
			}
			d, _ := cat.Lookup(genre)
			for i := range d.Values {
				d.Values[i].Retired = true
			}
			if err := w.Catalogue.PutField(t.Context(), demo.Aurora, d); err != nil {
				return err
			}
			if tries == 1 {
				return errKilled
			}
			return nil
		}
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
		o := ended(t, w, imp)
		if want := (domain.Counts{Rows: 33, Updated: 4, Rejected: 29}); o.Counts != want {
			t.Errorf("%d tries: %+v, want %+v", tries, o.Counts, want)
		}
		agrees(t, w, o)
		if undo := w.Follow(t, imp, domain.UndoOf); undo.Counts != (domain.Counts{Rows: 4, Updated: 4}) {
			t.Errorf("%d tries, undo: %+v", tries, undo.Counts)
		}
	}
}

// Fault 9: a plan that was killed anywhere and tried again ends as one clean run.
func TestPlanKilled(t *testing.T) {
	w, file := thirty(t)
	file += strings.Split(file, "\n")[29] + "\n" // twice, so that there are duplicates
	want := ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))
	for _, part := range []string{"chunks/00000.rows", "chunks/00002.rows", "chunks/00003.rows", "duplicates", "manifest", "plan.json"} {
		for _, after := range []bool{false, true} {
			w, _ := thirty(t)
			files := &blobs{Blobs: w.Files}
			if files.put = once(part); after {
				files.put, files.done = nil, files.put
			}
			w.Plan.Files = files
			imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
			source, err := w.Uploads.Put(t.Context(), flow.UploadKey(imp.Institution, imp.ID), strings.NewReader(file), "text/csv")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Jobs.ChangeImport(t.Context(), imp.Institution, imp.ID, func(i *domain.Import) error { i.Source, i.Status = source, domain.Checking; return nil }); err != nil {
				t.Fatal(err)
			}
			run := flow.Run{Version: flow.Version, Institution: imp.Institution, Import: imp.ID}
			if _, err := w.Plan.Run(t.Context(), run); err != errKilled {
				t.Fatalf("%s: plan was not killed: %v", part, err)
			}
			if err := w.Run(t.Context(), run); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, ended(t, w, w.Get(t, imp))); d != "" {
				t.Errorf("killed at %s, after it %t: %s", part, after, d)
			}
		}
	}
}

// Fault 23: a criterion that is deleted between plan and chunk. A row that asks
// nothing of it goes in.
func TestFieldDeletedInBetween(t *testing.T) {
	w := world(t, "0000001", "0000002", "0000003")
	if err := w.Catalogue.PutField(t.Context(), demo.Aurora, domain.FieldDef{Code: "SHORT", Label: "Short-lived", Kind: domain.Text}); err != nil {
		t.Fatal(err)
	}
	w.BeforeChunk = func(int, int) error { return w.Catalogue.DeleteField(t.Context(), demo.Aurora, "criterion:SHORT") }
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines(
		"Contact,[new] SHORT,[new] GENRE",
		"#0000001,x,JAZZ",
		"#0000002,,JAZZ",
		"#0000003,y,",
	))
	if want := (domain.Counts{Rows: 3, Updated: 1, Rejected: 2}); imp.Counts != want {
		t.Errorf("%s %+v, want %+v", imp.Status, imp.Counts, want)
	}
	if d := cmp.Diff([]string{"2 rejected fieldGone [new] SHORT", "4 rejected fieldGone [new] SHORT"}, problems(imp)); d != "" {
		t.Error(d)
	}
}

// Fault 24: a contact that would be over the database's limit.
func TestContactTooLarge(t *testing.T) {
	w := world(t, "0000001", "0000002")
	big := domain.Contact{Number: "0000001", Fields: map[domain.Field]domain.Value{}}
	for i := 0; ; i++ { // as much as goes in
		f := domain.Field(fmt.Sprintf("criterion:OLD_%d", i))
		big.Fields[f] = domain.Value(strings.Repeat("x", 250))
		if _, err := w.Contacts.Put(t.Context(), demo.Aurora, big, domain.Provenance{}); fault.KindOf(err) == fault.TooLarge && err != nil {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines("Contact,[new] NOTE",
		"#0000001,"+strings.Repeat("y", 250), "#0000002,"+strings.Repeat("y", 250)))
	if d := cmp.Diff([]string{"2 rejected contactTooLarge Contact"}, problems(imp)); d != "" || imp.Counts != (domain.Counts{Rows: 2, Updated: 1, Rejected: 1}) {
		t.Errorf("%+v %s", imp.Counts, d)
	}
}

// Fault 32: as many chunks as no import will have.
func TestTwoThousandChunks(t *testing.T) {
	w, _ := thirty(t)
	var file strings.Builder
	file.WriteString("Contact,[old] GENRE,[new] GENRE\n")
	for i := range 2000 {
		fmt.Fprintf(&file, "#%07d,FOLK,JAZZ\n", i)
	}
	w.Plan.ChunkRows = 1
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file.String())
	if want := (domain.Counts{Rows: 2000, Updated: 33, Rejected: 1967}); imp.Status != domain.Done || imp.Counts != want {
		t.Errorf("%s %+v, want %+v", imp.Status, imp.Counts, want)
	}
	for i, p := range imp.Problems {
		if p.Line != 35+i {
			t.Fatalf("problem %d is about line %d, want %d: they are not in the file's order", i, p.Line, 35+i)
		}
	}
}

// Fault 38: clocks that differ by hours, and one that goes back.
func TestClocks(t *testing.T) {
	w, file := thirty(t)
	want := ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))
	w, _ = thirty(t)
	w.Tries = 2
	w.Chunk.Contacts = &killer{Contacts: w.Contacts, at: 12, after: true}
	var back atomic.Int64
	w.Chunk.Now = func() time.Time { return w.Now().Add(-time.Duration(back.Add(1)) * time.Hour) }
	w.Finish.Now = func() time.Time { return w.Now().Add(5 * time.Hour) }
	if d := cmp.Diff(want, ended(t, w, w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file))); d != "" {
		t.Errorf("(-right +wrong clocks): %s", d)
	}
}

// Fault 39: a step does nothing with a message of another version, or by a plan
// of one.
func TestAnotherVersion(t *testing.T) {
	w, file := thirty(t)
	imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
	run := flow.Run{Version: flow.Version + 1, Institution: imp.Institution, Import: imp.ID}
	refused := func(what string, err error) {
		t.Helper()
		if f, ok := fault.As(err); !ok || f.Code != "messageVersion" {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := w.Plan.Run(t.Context(), run)
	refused("plan", err)
	refused("chunk", w.Chunk.Run(t.Context(), flow.Chunk{Run: run}))
	refused("finish", w.Finish.Run(t.Context(), flow.Finish{Run: run}))
	w.Template.Log = slog.New(slog.DiscardHandler)
	if err := w.Template.Run(t.Context(), flow.Template{Version: flow.Version + 1, Institution: imp.Institution, Template: "t"}); err == nil {
		t.Error("template takes it")
	}
	if got := w.Get(t, imp); got.Status != domain.Waiting {
		t.Errorf("the import is %s", got.Status)
	}

	w.BeforeChunk = func(n, _ int) error {
		key := flow.PlanKey(demo.Aurora, "0199f0aa-0000-7000-8000-000000000002")
		b, err := w.Files.Get(t.Context(), key)
		if err != nil || n > 0 {
			return err
		}
		_, err = w.Files.Put(t.Context(), key, strings.NewReader(strings.Replace(string(b), fmt.Sprintf(`"version":%d`, flow.Version), fmt.Sprintf(`"version":%d`, flow.Version+1), 1)), "")
		refused("chunk", w.Chunk.Run(t.Context(), flow.Chunk{Run: flow.Run{Version: flow.Version, Institution: demo.Aurora, Import: "0199f0aa-0000-7000-8000-000000000002"}}))
		_, perr := w.Files.Put(t.Context(), key, strings.NewReader(string(b)), "")
		return errors.Join(err, perr)
	}
	w.OneByOne = true
	if got := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file); got.Counts.Updated != 30 {
		t.Errorf("%s %+v", got.Status, got.Counts)
	}
}

// finishing is an import that is settled without its chunks after some looks.
type finishing struct {
	*memory.Jobs
	after int
}

func (f *finishing) BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	imp, err := f.Jobs.BriefImport(ctx, in, id)
	if f.after--; f.after < 0 {
		imp.Status = domain.Failed
	}
	return imp, err
}

// Fault 33: a chunk that runs on when its import has been settled writes nothing
// that would be in nobody's account.
func TestStraggler(t *testing.T) {
	for after, written := range map[int]int{0: 0, 1: 0, 2: 1000, 3: 1500} { // looks: at the start, and before each thousand rows
		w, _ := thirty(t)
		var file strings.Builder
		file.WriteString("Contact,[old] GENRE,[new] GENRE\n")
		if err := w.Contacts.Load(t.Context(), demo.Aurora, func(yield func(domain.Contact) bool) {
			for i := range 1500 {
				fmt.Fprintf(&file, "#%07d,FOLK,JAZZ\n", i)
				if !yield(domain.Contact{Number: domain.ContactNumber(fmt.Sprintf("%07d", i)), Fields: map[domain.Field]domain.Value{genre: "FOLK"}}) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		w.Plan.ChunkRows = 0
		w.Chunk.Jobs = &finishing{w.Jobs, after}
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file.String())
		changed := 0
		for _, v := range stored(t, w, demo.Aurora) {
			if v == "JAZZ" {
				changed++
			}
		}
		if changed != written || imp.Counts.Updated != written {
			t.Errorf("settled after %d looks: %d written, %d in the account, want %d", after, changed, imp.Counts.Updated, written)
		}
		w.Chunk.Jobs = w.Jobs
		if err := w.Chunk.Run(t.Context(), flow.Chunk{Run: flow.Run{Version: flow.Version, Institution: imp.Institution, Import: imp.ID}}); err != nil {
			t.Errorf("a chunk of an import that has ended: %v, which would be tried again", err)
		}
	}
}

// A dropped file past a limit ends as rejected, changes nothing, and whoever reads
// the drop folder's mails hears why.
func TestADropPastALimitIsAnswered(t *testing.T) {
	w, file := thirty(t)
	cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
	if err != nil {
		t.Fatal(err)
	}
	cat.Settings.DropEmail, cat.Settings.Limits.RowsADay = "drops@aurora.example", 40
	if err := w.Catalogue.PutSettings(t.Context(), demo.Aurora, cat.Settings); err != nil {
		t.Fatal(err)
	}
	for n, want := range []domain.Status{domain.Done, domain.Rejected} {
		o, err := w.Uploads.Put(t.Context(), fmt.Sprintf("inbox/aurora/criteria/test/%d.csv", n), strings.NewReader(file), "text/csv")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: w.Now()}); err != nil {
			t.Fatal(err)
		}
		is, _, err := w.Jobs.Imports(t.Context(), demo.Aurora, 10, "")
		if err != nil || len(is) != n+1 {
			t.Fatalf("%d imports, %v", len(is), err)
		}
		if is[0].Status != want || want == domain.Rejected && (is[0].Problem == nil || is[0].Problem.Code != "pastLimit" || is[0].Rows != 0) {
			t.Errorf("%d: %s, %+v, %d rows", n, is[0].Status, is[0].Problem, is[0].Rows)
		}
	}
	sent := w.Mails.Sent()
	if len(sent) != 2 || sent[1].To != cat.Settings.DropEmail || sent[1].Subject != "rejected" {
		t.Errorf("mails %+v", sent)
	}
}
