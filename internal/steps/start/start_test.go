package start_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/steps/start"
	"rollbook/internal/testing/memory"
)

const (
	house = domain.InstitutionID("house")
	id    = "0199f0aa-0000-7000-8000-000000000001"
)

func now() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// desk is the step with what it works on. Once fails is set, what it names fails.
type desk struct {
	*start.Step
	jobs    *memory.Jobs
	started []string // the ids that the machine was asked to start
	inputs  [][]byte
	log     bytes.Buffer
	fails   string // "jobs", "catalogue", "machine", "uploads", or "" for nothing

	discarded []domain.Object
}

var errAway = errors.New("away")

func (d *desk) CreateImport(ctx context.Context, imp domain.Import, once domain.Once, replaces string) (domain.Import, bool, error) {
	if d.fails == "jobs" {
		return domain.Import{}, false, errAway
	}
	return d.jobs.CreateImport(ctx, imp, once, replaces)
}

func (d *desk) ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error) {
	if d.fails == "jobs" {
		return domain.Import{}, errAway
	}
	return d.jobs.ChangeImport(ctx, in, id, f)
}

func (d *desk) Catalogue(_ context.Context, in domain.InstitutionID) (*domain.Catalogue, error) {
	switch {
	case d.fails == "catalogue":
		return nil, errAway
	case in != house:
		return nil, fault.Missing()
	}
	return &domain.Catalogue{Settings: domain.Settings{Language: "fr", DropEmail: "drop@house.example"}}, nil
}

func (d *desk) Discard(_ context.Context, o domain.Object) error {
	if d.fails == "uploads" {
		return errAway
	}
	d.discarded = append(d.discarded, o)
	return nil
}

func (d *desk) Start(_ context.Context, id string, input []byte) error {
	if d.fails == "machine" {
		return errAway
	}
	d.started, d.inputs = append(d.started, id), append(d.inputs, input)
	return nil
}

// newDesk has one import that waits for its file.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{jobs: memory.NewJobs(now)}
	d.Step = &start.Step{Uploads: d, Jobs: d, Catalogue: d, Machine: d, Log: slog.New(slog.NewJSONHandler(&d.log, nil)), Now: now, Keep: 24 * time.Hour}
	imp := domain.Import{ID: id, Institution: house, DataType: domain.Criteria, Action: domain.Test, Status: domain.Waiting, CreatedAt: now(), ExpiresAt: now().Add(time.Hour)}
	if _, _, err := d.jobs.CreateImport(t.Context(), imp, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) change(t *testing.T, f func(*domain.Import)) {
	t.Helper()
	if _, err := d.jobs.ChangeImport(t.Context(), house, id, func(i *domain.Import) error { f(i); return nil }); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) job(t *testing.T, id string) domain.Import {
	t.Helper()
	i, err := d.jobs.Import(t.Context(), house, id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

var object = domain.Object{Bucket: "uploads", Key: "uploads/house/" + id, Version: "v1", Size: 10}

// An uploaded object starts its import if the import waits for it, or was claimed
// for it before and may not have been started.
func TestUploaded(t *testing.T) {
	other := object
	other.Version = "v0"
	for _, c := range []struct {
		name    string
		change  func(*domain.Import)
		status  domain.Status // afterwards
		source  domain.Object
		started bool
		logged  string // and then the object is of no use to anybody
	}{
		{"it waits", func(*domain.Import) {}, domain.Checking, object, true, ""},
		{"the same event again", func(i *domain.Import) { i.Status, i.Source = domain.Checking, object }, domain.Checking, object, true, ""},
		{"the same event while it runs", func(i *domain.Import) { i.Status, i.Source = domain.Running, object }, domain.Running, object, true, ""},
		{"the same event after the end", func(i *domain.Import) { i.Status, i.Source = domain.Done, object }, domain.Done, object, false, ""},
		{"claimed for another version", func(i *domain.Import) { i.Status, i.Source = domain.Checking, other }, domain.Checking, other, false, "notWaiting"},
		{"cancelled while it waited", func(i *domain.Import) { i.Cancel = true }, domain.Waiting, domain.Object{}, false, "notWaiting"},
		{"at its end without a file", func(i *domain.Import) { i.Status = domain.Cancelled }, domain.Cancelled, domain.Object{}, false, "notWaiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.change(t, c.change)
			if err := d.Run(t.Context(), start.Event{Bucket: "uploads", Key: object.Key, Version: "v1", Size: 10, Time: now()}); err != nil {
				t.Fatal(err)
			}
			if i := d.job(t, id); i.Status != c.status || i.Source != c.source {
				t.Errorf("is %s of %+v, want %s of %+v", i.Status, i.Source, c.status, c.source)
			}
			if discarded := len(d.discarded) > 0; discarded != (c.logged != "") || discarded && d.discarded[0] != object {
				t.Errorf("deleted %v", d.discarded)
			}
			if c.started != (len(d.started) == 1 && d.started[0] == id) || len(d.started) > 1 {
				t.Errorf("started %v", d.started)
			}
			if c.logged == "" && d.log.Len() > 0 || !strings.Contains(d.log.String(), c.logged) {
				t.Errorf("logged %s, want %q", &d.log, c.logged)
			}
		})
	}
	t.Run("the machine is told the import, and since when it runs is noted", func(t *testing.T) {
		d := newDesk(t)
		if err := d.Uploaded(t.Context(), house, id, object); err != nil {
			t.Fatal(err)
		}
		var run flow.Run
		if err := json.Unmarshal(d.inputs[0], &run); err != nil || run != (flow.Run{Version: flow.Version, Institution: house, Import: id}) {
			t.Errorf("the machine got %s", d.inputs[0])
		}
		if i := d.job(t, id); !i.StartedAt.Equal(now()) {
			t.Errorf("started at %v", i.StartedAt)
		}
	})
}

// What is nobody's is logged and dropped.
func TestStrayObjects(t *testing.T) {
	for _, c := range []struct{ name, key, logged string }{ // noSuchImport alone is deleted
		{"a key that cannot be decoded", "uploads/house/%zz", "badKey"},
		{"outside the folders", "other/house/" + id, "strayObject"},
		{"uploads without an import", "uploads/house", "strayObject"},
		{"deeper than an upload", "uploads/house/" + id + "/x", "strayObject"},
		{"the drop folder itself", "inbox/a.csv", "strayObject"},
		{"an institution that cannot be", "uploads/The+House/" + id, "badInstitution"},
		{"no such import", "uploads/house/0199f0aa-0000-7000-8000-000000000002", "noSuchImport"},
		{"another institution's import", "uploads/home/" + id, "noSuchImport"},
		{"a folder of the console", "inbox/house/criteria/test/", ""},
		{"a folder in the drop folder", "inbox/house/criteria/test/november/", ""},
		{"dropped for an institution that cannot be", "inbox/House/criteria/test/a.csv", "badInstitution"},
		{"dropped for an institution that is not", "inbox/home/criteria/test/a.csv", "noSuchInstitution"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			if err := d.Run(t.Context(), start.Event{Bucket: "uploads", Key: c.key, Version: "v1", Time: now()}); err != nil {
				t.Fatal(err)
			}
			if c.logged == "" && d.log.Len() > 0 || !strings.Contains(d.log.String(), c.logged) {
				t.Errorf("logged %s, want %q", &d.log, c.logged)
			}
			// Of these an upload's form was made by us, and its import is gone.
			if (len(d.discarded) == 1) != (c.logged == "noSuchImport") {
				t.Errorf("deleted %v", d.discarded)
			}
			if all, _, err := d.jobs.Imports(t.Context(), house, 10, ""); err != nil || len(all) != 1 || len(d.started) != 0 {
				t.Errorf("%d imports, started %v, %v", len(all), d.started, err)
			}
		})
	}
}

// A file in the drop folder becomes an import, once for each version of it.
func TestDropped(t *testing.T) {
	drop := func(key, version string) start.Event {
		return start.Event{Bucket: "uploads", Key: key, Version: version, Size: 7, Time: now().Add(-time.Minute)}
	}
	// plan rejects it, so that who dropped it is told.
	for name, key := range map[string]string{
		"at no path": "inbox/house/a.csv", "at half a path": "inbox/house/criteria/a.csv", "as the action": "inbox/house/criteria/test",
		"as another type of data": "inbox/house/values/test/a.csv", "for another action": "inbox/house/criteria/delete/a.csv",
	} {
		t.Run(name+" its import has no type and no action", func(t *testing.T) {
			d := newDesk(t)
			if err := d.Run(t.Context(), drop(key, "v1")); err != nil || len(d.started) != 1 {
				t.Fatalf("%v, started %v", err, d.started)
			}
			if i := d.job(t, d.started[0]); i.DataType != "" || i.Action != "" || i.Source.Key != key || i.Status != domain.Checking {
				t.Errorf("%+v", i)
			}
		})
	}
	t.Run("a folder's recipe is no import", func(t *testing.T) {
		d := newDesk(t)
		if err := d.Run(t.Context(), drop("inbox/house/criteria/test/recipe.json", "v1")); err != nil || len(d.started) != 0 {
			t.Errorf("%v, started %v", err, d.started)
		}
		if err := d.Run(t.Context(), drop("inbox/house/recipe.json", "v1")); err != nil || len(d.started) != 1 {
			t.Errorf("%v, started %v", err, d.started)
		}
	})
	t.Run("who dropped it is remembered", func(t *testing.T) {
		d := newDesk(t)
		e := drop("inbox/house/criteria/test/a.csv", "v1")
		e.Principal = "AWS:AROAEXAMPLE:nightly"
		for range 2 { // told of twice
			if err := d.Run(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if i := d.job(t, d.started[0]); i.CreatedBy.ID() != "inbox" || i.CreatedBy.Name() != e.Principal {
			t.Errorf("made by %q", i.CreatedBy)
		}
	})
	t.Run("what its import is", func(t *testing.T) {
		for _, dt := range domain.DataTypes {
			for _, a := range []domain.Action{domain.Test, domain.Update} {
				d := newDesk(t)
				if err := d.Run(t.Context(), drop("inbox/house/"+string(dt)+"/"+string(a)+"/2026/No%C3%ABl+list.csv", "v1")); err != nil || len(d.started) != 1 {
					t.Fatalf("%s %s: started %v, %v", dt, a, d.started, err)
				}
				i := d.job(t, d.started[0])
				if i.DataType != dt || i.Action != a || i.Status != domain.Checking || i.OnConflict != domain.Skip || i.CreatedBy != domain.Inbox {
					t.Errorf("%s %s: %+v", dt, a, i)
				}
				if i.FileName != "Noël list.csv" || i.Email != "drop@house.example" || i.Language != "fr" || !i.ExpiresAt.Equal(now().Add(24*time.Hour)) || !i.StartedAt.Equal(now()) {
					t.Errorf("%s %s: %+v", dt, a, i)
				}
				if i.Source != (domain.Object{Bucket: "uploads", Key: "inbox/house/" + string(dt) + "/" + string(a) + "/2026/Noël list.csv", Version: "v1", Size: 7}) {
					t.Errorf("%+v", i.Source)
				}
				u, err := uuid.Parse(i.ID)
				if s, ns := u.Time().UnixTime(); err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 || !time.Unix(s, ns).Equal(now().Add(-time.Minute)) {
					t.Errorf("id %s of version %d and time %v: %v", i.ID, u.Version(), time.Unix(s, ns), err)
				}
			}
		}
	})
	const key = "inbox/house/criteria/update/a.csv"
	for _, c := range []struct {
		name    string
		events  []start.Event
		between func(t *testing.T, d *desk)
		imports int // with the one that waits
		starts  int
	}{
		{"the same event twice", []start.Event{drop(key, "v1"), drop(key, "v1")}, nil, 2, 2},
		{"the next version", []start.Event{drop(key, "v1"), drop(key, "v2")}, nil, 3, 2},
		{"the same file elsewhere", []start.Event{drop(key, "v1"), drop("inbox/house/criteria/update/b.csv", "v1")}, nil, 3, 2},
		{"again after its end", []start.Event{drop(key, "v1"), drop(key, "v1")}, func(t *testing.T, d *desk) {
			if _, err := d.jobs.ChangeImport(t.Context(), house, d.started[0], func(i *domain.Import) error { i.Status = domain.Done; return nil }); err != nil {
				t.Fatal(err)
			}
		}, 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			for i, e := range c.events {
				if i > 0 && c.between != nil {
					c.between(t, d)
				}
				if err := d.Run(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			if all, _, err := d.jobs.Imports(t.Context(), house, 10, ""); err != nil || len(all) != c.imports || len(d.started) != c.starts {
				t.Errorf("%d imports, started %v, %v", len(all), d.started, err)
			}
		})
	}
	t.Run("the id is the same in every version of Rollbook", func(t *testing.T) {
		d := newDesk(t)
		if err := d.Run(t.Context(), drop(key, "v1")); err != nil || d.started[0] != "01a20d6c-6fa0-783b-a041-cfd05d31ffb1" {
			t.Errorf("started %v, %v", d.started, err)
		}
	})
	t.Run("again after the key was forgotten", func(t *testing.T) {
		at := now()
		d := newDesk(t)
		d.jobs = memory.NewJobs(func() time.Time { return at })
		d.Keep = 30 * 24 * time.Hour
		for range 2 {
			if err := d.Run(t.Context(), drop(key, "v1")); err != nil {
				t.Fatal(err)
			}
			at = at.Add(25 * time.Hour)
		}
		if len(d.started) != 2 || d.started[0] != d.started[1] {
			t.Errorf("started %v", d.started)
		}
	})
}

// What is away now may be there when the event comes again, so it is an error.
func TestAway(t *testing.T) {
	for _, c := range []struct{ name, key, fails string }{
		{"the jobs, of an upload", object.Key, "jobs"},
		{"the machine, of an upload", object.Key, "machine"},
		{"the catalogue, of the drop folder", "inbox/house/criteria/test/a.csv", "catalogue"},
		{"the jobs, of the drop folder", "inbox/house/criteria/test/a.csv", "jobs"},
		{"the machine, of the drop folder", "inbox/house/criteria/test/a.csv", "machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.fails = c.fails
			e := start.Event{Bucket: "uploads", Key: c.key, Version: "v1", Time: now()}
			if err := d.Run(t.Context(), e); !errors.Is(err, errAway) {
				t.Errorf("got %v", err)
			}
			d.fails = ""
			if err := d.Run(t.Context(), e); err != nil || len(d.started) != 1 {
				t.Errorf("the second time: started %v, %v", d.started, err)
			}
		})
	}
}

// What could not be deleted is told of again by the event's next delivery.
func TestDiscardingIsTriedAgain(t *testing.T) {
	d := newDesk(t)
	d.fails = "uploads"
	e := start.Event{Bucket: "uploads", Key: "uploads/house/0199f0aa-0000-7000-8000-000000000002", Version: "v1", Time: now()}
	if err := d.Run(t.Context(), e); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
	d.fails = ""
	if err := d.Run(t.Context(), e); err != nil || len(d.discarded) != 1 {
		t.Errorf("deleted %v, %v", d.discarded, err)
	}
}

// Every log line of an event says which import it is about, as far as the key does.
func TestLogAttributes(t *testing.T) {
	for _, c := range []struct {
		name, key string
		want      []slog.Attr
	}{
		{"an upload", "uploads/house/" + id, []slog.Attr{slog.String("institution", "house"), slog.String("import", id)}},
		{"a key that is encoded", "uploads%2Fhouse%2F" + id, []slog.Attr{slog.String("institution", "house"), slog.String("import", id)}},
		{"a dropped file", "inbox/house/criteria/test/a.csv", []slog.Attr{slog.String("institution", "house")}},
		{"an institution that cannot be", "uploads/The+House/" + id, nil},
		{"too short", "uploads/house", nil},
		{"a key that cannot be decoded", "uploads/house/%zz", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (start.Event{Key: c.key}).LogAttributes(); !slices.EqualFunc(got, c.want, slog.Attr.Equal) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
