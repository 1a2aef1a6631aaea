package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// ended stores the sealed results of chunk n of a round, with how many rows it left
// besides those, and counts them in the import, which is then resumed.
func (d *desk) ended(t *testing.T, round, n, lost int, rs ...flow.Result) {
	t.Helper()
	var b bytes.Buffer
	w, err := flow.NewResultWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	var sum flow.Summary
	for _, r := range rs {
		sum.Counts.Add(r.Outcome)
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	for range lost {
		sum.Counts.Add(domain.Unprocessed)
	}
	if err := w.Close(sum); err != nil {
		t.Fatal(err)
	}
	key := flow.ResultKey(house, id, round, n, "1")
	if _, err := d.files.Put(t.Context(), key, &b, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := d.jobs.Seal(t.Context(), house, id, round, n, domain.Seal{Key: key, Tries: -1}); err != nil {
		t.Fatal(err)
	}
}

// resume begins the next round and plans it.
func (d *desk) resume(t *testing.T) (flow.Planned, *flow.Plan, error) {
	t.Helper()
	imp, err := d.jobs.ChangeImport(t.Context(), house, id, func(i *domain.Import) error {
		i.Accounted, i.Counts = i.Round, domain.Counts{Rows: 6, Unprocessed: 3}
		i.Resume(now())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := d.Run(t.Context(), flow.Run{Version: flow.Version, Institution: house, Import: id, Round: imp.Round})
	if err != nil {
		return out, nil, err
	}
	b, err := d.files.Get(t.Context(), flow.PlanKey(house, imp.RunID()))
	if err != nil {
		t.Fatal(err)
	}
	p := new(flow.Plan)
	if err := json.Unmarshal(b, p); err != nil {
		t.Fatal(err)
	}
	return out, p, nil
}

// chunkOf returns the cells of a chunk's rows in a round.
func (d *desk) chunkOf(t *testing.T, round, n int) []string {
	t.Helper()
	b, err := d.files.Get(t.Context(), flow.ChunkKey(house, domain.RunID(id, round), n))
	if err != nil {
		return nil
	}
	var rs []flow.Row
	if err := flow.ReadRows(bytes.NewReader(b), func(r flow.Row) error { rs = append(rs, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return cells(rs)
}

// A round has the rows that the one before left, in the chunks that they were in;
// of a chunk that was lost whole the file is read again, if it still says the same.
func TestResumed(t *testing.T) {
	left := func(line int, cs ...string) flow.Result {
		return flow.Result{Line: line, Outcome: domain.Unprocessed, Cells: cs, Problems: []domain.Problem{{Reason: reason.New("notProcessed")}}}
	}
	start := func(t *testing.T) *desk {
		t.Helper()
		d := newDesk(t)
		d.ChunkRows = 2
		d.contact(t, "1")
		if err := d.catalogue.PutField(t.Context(), house, domain.FieldDef{Code: "REM", Label: "Remark", Kind: domain.Text}); err != nil {
			t.Fatal(err)
		}
		if p := d.plan(t, domain.Criteria, lines("Contact,[new] Remark", "1,a", "2,b", "3,c", "4,d", "5,e", "6,f")); len(p.Chunks) != 3 || p.Read != 0 || len(p.After) > 0 {
			t.Fatalf("%+v", p)
		}
		d.ended(t, 0, 0, 0, flow.Result{Line: 2, Number: "1", Outcome: domain.Updated}, left(3, "2", "b"))
		d.ended(t, 0, 1, 0)
		d.ended(t, 0, 2, 2)
		return d
	}
	refs := func(p *flow.Plan) string {
		s := ""
		for _, c := range p.Chunks {
			s += fmt.Sprintf("%d:%d-%d ", c.Rows, c.FirstLine, c.LastLine)
		}
		return s + fmt.Sprint(p.After, p.Read)
	}
	t.Run("what is left", func(t *testing.T) {
		d := start(t)
		out, p, err := d.resume(t)
		if err != nil || out.Chunks != 2 || out.Only != nil || refs(p) != "1:3-3 0:4-5 2:6-7 [0] 0" {
			t.Fatalf("%+v, %v", out, err)
		}
		if got := d.chunkOf(t, 1, 0); !slices.Equal(got, []string{"2,b"}) {
			t.Errorf("chunk 0: %q", got)
		}
		if got := d.chunkOf(t, 1, 2); !slices.Equal(got, []string{"5,e", "6,f"}) {
			t.Errorf("chunk 2: %q", got)
		}
		b, err := d.files.Get(t.Context(), out.Manifest)
		var items []flow.Chunk
		if err != nil || json.Unmarshal(b, &items) != nil || len(items) != 2 || items[0].Chunk != 0 || items[1].Chunk != 2 || items[0].Round != 1 {
			t.Errorf("manifest %s: %v", b, err)
		}
		// The next round: what the second one lost is not read again, as its chunks
		// are not those of the file.
		d.ended(t, 1, 0, 0, left(3, "2", "b"))
		d.ended(t, 1, 2, 2)
		out, p, err = d.resume(t)
		if err != nil || out.Chunks != 1 || out.Only == nil || out.Only.Chunk != 0 || refs(p) != "1:3-3 0:4-5 0:6-7 [0 1] 0" {
			t.Errorf("%+v, %v", out, err)
		}
	})
	for name, change := range map[string]func(t *testing.T, d *desk){
		"the file is gone": func(_ *testing.T, d *desk) { d.uploads.Remove(flow.UploadKey(house, id)) },
		"its columns are others by now": func(t *testing.T, d *desk) {
			cat, err := d.catalogue.Catalogue(t.Context(), house)
			if err != nil {
				t.Fatal(err)
			}
			was, _ := cat.Lookup("criterion:REM")
			was.Label = "Other"
			hall, _ := cat.Lookup("criterion:HALL")
			hall.Label = "Remark"
			for _, f := range []domain.FieldDef{was, hall} {
				if err := d.catalogue.PutField(t.Context(), house, f); err != nil {
					t.Fatal(err)
				}
			}
		},
		"its chunks are others by now": func(_ *testing.T, d *desk) { d.ChunkRows = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			change(t, d)
			out, p, err := d.resume(t)
			if err != nil || out.Chunks != 1 || out.Only == nil || out.Only.Chunk != 0 || p.Chunks[2].Rows != 0 {
				t.Errorf("%+v, %v", out, err)
			}
			if got := d.chunkOf(t, 1, 0); !slices.Equal(got, []string{"2,b"}) {
				t.Errorf("chunk 0: %q", got)
			}
		})
	}
	// Rows whose cells are known are done again, the others stay as they are.
	t.Run("a part was lost", func(t *testing.T) {
		d := newDesk(t)
		d.contact(t, "1")
		d.plan(t, domain.Criteria, lines("Contact,[new] Note", "1,a", "2,b", "3,c"))
		d.ended(t, 0, 0, 1, left(2, "1", "a"), left(3, "2", "b"))
		out, p, err := d.resume(t)
		if err != nil || out.Chunks != 1 || refs(p) != "2:2-3 [0] 0" {
			t.Errorf("%+v %s, %v", out, refs(p), err)
		}
	})
	t.Run("results that are lost", func(t *testing.T) {
		d := start(t)
		d.files.Remove(flow.ResultKey(house, id, 0, 0, "1"))
		if _, _, err := d.resume(t); fault.KindOf(err) != fault.NotFound {
			t.Errorf("got %v", err)
		}
	})
	for name, b := range map[string]broken{"rows that cannot be kept": {put: flow.ChunkKey(house, domain.RunID(id, 1), 0)}, "a plan that cannot be read": {get: flow.PlanKey(house, id)}} {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			b.Blobs = d.files
			d.Files = b
			if _, _, err := d.resume(t); fault.KindOf(err) != fault.Busy {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a catalogue that is away", func(t *testing.T) {
		d := start(t)
		d.Step.Catalogue = away{d}
		if _, _, err := d.resume(t); err != errAway {
			t.Errorf("got %v", err)
		}
	})
}
