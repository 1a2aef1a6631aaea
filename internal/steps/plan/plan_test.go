package plan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/steps/plan"
	"rollbook/internal/testing/memory"
)

const (
	house = domain.InstitutionID("house")
	id    = "0199f0aa-0000-7000-8000-000000000001"
	genre = domain.Field("criterion:GENRE")
	note  = domain.Field("criterion:NOTE")
)

func now() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// desk is what the step works on: an institution with a few fields, and one
// import that waits to be planned.
type desk struct {
	*plan.Step
	contacts  *memory.Contacts
	catalogue *memory.Catalogue
	jobs      *memory.Jobs
	uploads   *memory.Blobs
	files     *memory.Blobs
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{contacts: memory.NewContacts(now), catalogue: memory.NewCatalogue(), jobs: memory.NewJobs(now),
		uploads: memory.NewBlobs("uploads", now), files: memory.NewBlobs("files", now)}
	d.Step = &plan.Step{Contacts: d.contacts, Catalogue: d.catalogue, Jobs: d.jobs, Mappings: memory.NewRecords[domain.Mapping](now), Files: d.files,
		Source: func(string) plan.Opener { return d.uploads }}
	if err := d.catalogue.PutSettings(t.Context(), house, domain.Settings{Country: "CH"}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []domain.FieldDef{
		{Code: "GENRE", Label: "Genre", Labels: map[string]string{"de": "Gattung"}, Kind: domain.SingleChoice, Values: []domain.Choice{{Code: "ROCK", Label: "Rock"}, {Code: "JAZZ", Label: "Jazz"}}},
		{Code: "NOTE", Label: "Note", Kind: domain.Text},
		{Code: "VIP", Label: "Club", Kind: domain.YesNo},
		{Code: "CLUB", Label: "Member", Kind: domain.YesNo},
		{Code: "HALL", Label: "Room", Kind: domain.Text},
		{Code: "SEAT", Label: "Room", Kind: domain.Text},
		{Code: "EMAIL", Label: "By e-mail", Kind: domain.Authorisation},
		{Code: "POST", Label: "Note", Kind: domain.Authorisation},
	} {
		if err := d.catalogue.PutField(t.Context(), house, f); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// contact puts one into the institution, its fields as pairs of name and value.
func (d *desk) contact(t *testing.T, number domain.ContactNumber, pairs ...string) {
	t.Helper()
	c := domain.Contact{Number: number, Fields: map[domain.Field]domain.Value{}}
	for i := 0; i < len(pairs); i += 2 {
		c.Fields[domain.Field(pairs[i])] = domain.Value(pairs[i+1])
	}
	if _, err := d.contacts.Put(t.Context(), house, c, domain.Provenance{}); err != nil {
		t.Fatal(err)
	}
}

// plan has the step read the file, and returns what it found out.
func (d *desk) plan(t *testing.T, dt domain.DataType, file string, change ...func(*domain.Import)) *flow.Plan {
	t.Helper()
	if _, err := d.run(t, dt, file, change...); err != nil {
		t.Fatal(err)
	}
	b, err := d.files.Get(t.Context(), flow.PlanKey(house, id))
	if err != nil {
		t.Fatal(err)
	}
	p := new(flow.Plan)
	if err := json.Unmarshal(b, p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (d *desk) run(t *testing.T, dt domain.DataType, file string, change ...func(*domain.Import)) (flow.Planned, error) {
	t.Helper()
	o, err := d.uploads.Put(t.Context(), flow.UploadKey(house, id), strings.NewReader(file), "")
	if err != nil {
		t.Fatal(err)
	}
	imp := domain.Import{ID: id, Institution: house, DataType: dt, Action: domain.Test, Status: domain.Checking, Source: o,
		Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedAt: now(), ExpiresAt: now().Add(time.Hour)}
	for _, f := range change {
		f(&imp)
	}
	if _, _, err := d.jobs.CreateImport(t.Context(), imp, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	return d.Run(t.Context(), flow.Run{Version: flow.Version, Institution: house, Import: id})
}

// rows returns the rows of a chunk.
func (d *desk) rows(t *testing.T, n int) []flow.Row {
	t.Helper()
	b, err := d.files.Get(t.Context(), flow.ChunkKey(house, id, n))
	if err != nil {
		t.Fatal(err)
	}
	var out []flow.Row
	if err := flow.ReadRows(bytes.NewReader(b), func(r flow.Row) error { out = append(out, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// lines joins the lines of a file.
func lines(ls ...string) string { return strings.Join(ls, "\n") + "\n" }

// code is why the file was rejected, "" if it was not.
func code(p *flow.Plan) string {
	if p.Problem == nil {
		return ""
	}
	return string(p.Problem.Code)
}
