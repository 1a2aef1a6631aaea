package importtest_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/asl"
	"rollbook/internal/testing/importtest"
)

// task runs a step as the state machine sees it: JSON in and out, errors by name.
func task[In, Out any](run func(context.Context, In) (Out, error)) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, input []byte) ([]byte, error) {
		var in In
		if err := json.Unmarshal(input, &in); err != nil {
			return nil, err
		}
		out, err := run(ctx, in)
		if err != nil {
			return nil, asl.Failed{Name: lambdaruntime.ErrorName(err), Cause: "of a test"}
		}
		return json.Marshal(out)
	}
}

// theMachine is functions/import.asl.json over the world's steps.
func theMachine(t *testing.T, w *importtest.World) *asl.Machine {
	t.Helper()
	definition, err := os.ReadFile("../../../functions/import.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := asl.New(definition)
	if err != nil {
		t.Fatal(err)
	}
	m.Tasks = map[string]func(context.Context, []byte) ([]byte, error){
		"${PlanFunction}": task(w.Plan.Run),
		"${ChunkFunction}": task(func(ctx context.Context, in flow.Chunk) (struct{}, error) {
			if w.BeforeChunk != nil {
				if err := w.BeforeChunk(in.Chunk, 0); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, w.Chunk.Run(ctx, in)
		}),
		"${FinishFunction}": task(func(ctx context.Context, in flow.Finish) (struct{}, error) { return struct{}{}, w.Finish.Run(ctx, in) }),
	}
	m.Read = func(ctx context.Context, bucket, key string) ([]byte, error) { return w.Files.Get(ctx, key) }
	return m
}

// through runs a file through the machine itself.
func through(t *testing.T, w *importtest.World, m *asl.Machine, file string) (domain.Import, error) {
	t.Helper()
	imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
	o, err := w.Uploads.Put(t.Context(), flow.UploadKey(imp.Institution, imp.ID), strings.NewReader(file), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	if imp, err = w.Jobs.ChangeImport(t.Context(), imp.Institution, imp.ID, func(i *domain.Import) error { i.Take(o, w.Now()); return nil }); err != nil {
		t.Fatal(err)
	}
	ended := m.Run(t.Context(), flow.NewRun(imp))
	return w.Get(t, imp), ended
}

// What an import costs of the machine: three functions and six states for a file
// of one chunk, without a map, and for each chunk of a larger one a function and
// a state more.
func TestWhatTheMachineDoes(t *testing.T) {
	const rows = 30
	for _, c := range []struct {
		name      string
		chunkRows int
		file      string
		want      asl.Counted
		status    domain.Status
	}{
		{"one chunk", 30, leftFile(rows), asl.Counted{Transitions: 6, Invocations: 3}, domain.Done},
		{"ten chunks", 3, leftFile(rows), asl.Counted{Transitions: 6 + 10, Invocations: 2 + 10, Children: 10}, domain.Done},
		{"no row", 30, "Contact,[new] NOTE\n", asl.Counted{Transitions: 5, Invocations: 2}, domain.Rejected},
		{"rejected", 30, "Contact,[new] NOWHERE\n#1,x\n", asl.Counted{Transitions: 5, Invocations: 2}, domain.Rejected},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := importtest.New(t, rows)
			w.Plan.ChunkRows = c.chunkRows
			m := theMachine(t, w)
			imp, err := through(t, w, m, c.file)
			if err != nil || imp.Status != c.status {
				t.Fatalf("%s, %v", imp.Status, err)
			}
			if got := m.Counted(); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if same := importtest.New(t, rows).Import(t, demo.Aurora, domain.Criteria, domain.Update, c.file); imp.Counts != same.Counts {
				t.Errorf("%+v, want %+v", imp.Counts, same.Counts)
			}
		})
	}
}

// A chunk that fails for good leaves its rows to finish and to another round,
// whether it is the only one or one of several; a round of a single chunk of a
// larger file has that chunk's number.
func TestAFailedChunkIsLeftToFinish(t *testing.T) {
	const rows = 30
	for name, chunkRows := range map[string]int{"the only one": 30, "one of ten": 3} {
		t.Run(name, func(t *testing.T) {
			w := importtest.New(t, rows)
			w.Plan.ChunkRows = chunkRows
			last := rows/chunkRows - 1
			w.BeforeChunk = func(n, _ int) error {
				if n == last {
					return errKilled
				}
				return nil
			}
			m := theMachine(t, w)
			m.MostTries = 2
			imp, err := through(t, w, m, leftFile(rows))
			if err != nil || !imp.Resumable() || imp.Counts.Unprocessed != chunkRows/3 {
				t.Fatalf("%s %+v, %v", imp.Status, imp.Counts, err)
			}
			w.BeforeChunk = nil
			before := m.Counted()
			imp, err = w.Jobs.ChangeImport(t.Context(), imp.Institution, imp.ID, func(i *domain.Import) error { i.Resume(w.Now()); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Run(t.Context(), flow.NewRun(imp)); err != nil {
				t.Fatal(err)
			}
			imp = w.Get(t, imp)
			if imp.Status != domain.Done || imp.Counts.Unprocessed != 0 || imp.Counts.Rows != rows {
				t.Errorf("resumed: %s %+v", imp.Status, imp.Counts)
			}
			if after := m.Counted(); after.Children != before.Children || after.Invocations != before.Invocations+3 {
				t.Errorf("a round of one chunk took %+v after %+v", after, before)
			}
		})
	}
}

// Whatever step fails for good, the execution says so and the import has ended.
func TestAFailedPlanFails(t *testing.T) {
	w := importtest.New(t, 3)
	m := theMachine(t, w)
	m.MostTries = 1
	m.Tasks["${PlanFunction}"] = func(context.Context, []byte) ([]byte, error) { return nil, asl.Failed{Name: "Lambda.Unknown"} }
	imp, err := through(t, w, m, leftFile(3))
	if f, ok := err.(asl.Failed); !ok || f.Name != "Lambda.Unknown" || imp.Status != domain.Failed {
		t.Errorf("%s, %v", imp.Status, err)
	}
}
