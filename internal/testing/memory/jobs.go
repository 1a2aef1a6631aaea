package memory

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// onceFor is how long an idempotency key is remembered.
const onceFor = 24 * time.Hour

// Jobs keeps imports and templates.
type Jobs struct {
	now       func() time.Time
	mu        sync.Mutex
	imports   map[jobID]domain.Import
	templates map[jobID]domain.Template
	progress  map[jobID]map[int]domain.Counts
	once      map[onceID]made
	returned  map[returnedID]time.Time // until when it is remembered
	chunks    map[chunkID]domain.ChunkState
	slots     map[domain.InstitutionID]*slots
}

type returnedID struct {
	in    domain.InstitutionID
	email string
}

type jobID struct {
	in domain.InstitutionID
	id string
}

type onceID struct {
	in        domain.InstitutionID
	kind, key string
}

type made struct {
	id, digest string
	until      time.Time
}

// NewJobs returns an empty store. What has expired by now is gone.
func NewJobs(now func() time.Time) *Jobs {
	return &Jobs{now: now, imports: map[jobID]domain.Import{}, templates: map[jobID]domain.Template{},
		progress: map[jobID]map[int]domain.Counts{}, once: map[onceID]made{}, returned: map[returnedID]time.Time{},
		chunks: map[chunkID]domain.ChunkState{}, slots: map[domain.InstitutionID]*slots{}}
}

// CreateImport stores a new import, or returns what the same key made before.
func (s *Jobs) CreateImport(_ context.Context, imp domain.Import, once domain.Once, replaces string) (domain.Import, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := onceID{imp.Institution, "import", once.Key}
	if id, err := s.before(key, once.Digest); err != nil || id != "" {
		if err != nil {
			return domain.Import{}, false, err
		}
		earlier, err := s.theImport(imp.Institution, id)
		return earlier, false, err
	}
	if _, err := s.theImport(imp.Institution, imp.ID); err == nil {
		return domain.Import{}, false, exists(imp.ID)
	}
	if imp.Of != "" && imp.Action != domain.Test { // a test takes nobody's place
		of, err := s.theImport(imp.Institution, imp.Of)
		if err != nil {
			return domain.Import{}, false, err
		}
		holds := &of.UpdatedBy
		switch imp.OfKind {
		case "update":
		case "undo":
			holds = &of.UndoneBy
		default:
			return domain.Import{}, false, fault.New(fault.Internal, "ofKindUnknown")
		}
		if *holds != replaces {
			e := fault.New(fault.Conflict, "alreadyDone")
			e.ID = *holds
			return domain.Import{}, false, e
		}
		if of.Round > 0 && !of.Status.Final() {
			return domain.Import{}, false, fault.New(fault.Conflict, "notDone.update", of.Status)
		}
		*holds = imp.ID
		of.Version++
		s.imports[jobID{imp.Institution, imp.Of}] = of
	}
	imp = copied(imp)
	imp.Version, imp.Reported = 1, 0
	if !imp.Report.None() {
		imp.Reported = 1
	}
	s.imports[jobID{imp.Institution, imp.ID}] = imp
	s.remember(key, imp.ID, once.Digest)
	return copied(imp), true, nil
}

// Import returns one import, or kind NotFound.
func (s *Jobs) Import(_ context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.theImport(in, id)
}

// ChangeImport applies f to the import and keeps the result.
func (s *Jobs) ChangeImport(_ context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	imp, err := s.theImport(in, id)
	if err != nil {
		return domain.Import{}, err
	}
	version, reported, before := imp.Version, imp.Reported, copied(imp.Report)
	if err := f(&imp); err != nil {
		return domain.Import{}, err
	}
	imp = copied(imp)
	imp.Institution, imp.ID, imp.Version, imp.Reported = in, id, version+1, reported
	if !reflect.DeepEqual(before, imp.Report) {
		imp.Reported = imp.Version
	}
	s.imports[jobID{in, id}] = imp
	return copied(imp), nil
}

// BriefImport returns one import without its report, or kind NotFound.
func (s *Jobs) BriefImport(_ context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.theImport(in, id)
	i.Report = domain.Report{}
	return i, err
}

// Imports lists newest first, without reports.
func (s *Jobs) Imports(_ context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Import, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	is, next, err := list(s.imports, in, s.now(), func(i domain.Import) time.Time { return i.ExpiresAt }, "imports", limit, from)
	for i := range is {
		is[i].Report = domain.Report{}
	}
	return is, next, err
}

// Reports reads what a page of Imports left out.
func (s *Jobs) Reports(_ context.Context, in domain.InstitutionID, is []domain.Import) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range is {
		if i, err := s.theImport(in, is[n].ID); err == nil {
			is[n] = i
		}
	}
	return nil
}

// SetProgress remembers the account of one chunk so far.
func (s *Jobs) SetProgress(_ context.Context, in domain.InstitutionID, id string, chunk int, c domain.Counts) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := jobID{in, id}
	if s.progress[key] == nil {
		s.progress[key] = map[int]domain.Counts{}
	}
	s.progress[key][chunk] = c
	return nil
}

// Progress returns the sum over all chunks.
func (s *Jobs) Progress(_ context.Context, in domain.InstitutionID, id string) (domain.Counts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum domain.Counts
	for _, c := range s.progress[jobID{in, id}] {
		sum = sum.Plus(c)
	}
	return sum, nil
}

// CreateTemplate stores a new template, or returns what the same key made before.
func (s *Jobs) CreateTemplate(_ context.Context, t domain.Template, once domain.Once) (domain.Template, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := onceID{t.Institution, "template", once.Key}
	if id, err := s.before(key, once.Digest); err != nil || id != "" {
		if err != nil {
			return domain.Template{}, false, err
		}
		earlier, err := s.theTemplate(t.Institution, id)
		return earlier, false, err
	}
	if _, err := s.theTemplate(t.Institution, t.ID); err == nil {
		return domain.Template{}, false, exists(t.ID)
	}
	t = copied(t)
	t.Version = 1
	s.templates[jobID{t.Institution, t.ID}] = t
	s.remember(key, t.ID, once.Digest)
	return copied(t), true, nil
}

// Template returns one template, or kind NotFound.
func (s *Jobs) Template(_ context.Context, in domain.InstitutionID, id string) (domain.Template, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.theTemplate(in, id)
}

// ChangeTemplate applies f to the template and keeps the result.
func (s *Jobs) ChangeTemplate(_ context.Context, in domain.InstitutionID, id string, f func(*domain.Template) error) (domain.Template, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.theTemplate(in, id)
	if err != nil {
		return domain.Template{}, err
	}
	version := t.Version
	if err := f(&t); err != nil {
		return domain.Template{}, err
	}
	t = copied(t)
	t.Institution, t.ID, t.Version = in, id, version+1
	s.templates[jobID{in, id}] = t
	return copied(t), nil
}

// Templates lists newest first.
func (s *Jobs) Templates(_ context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Template, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return list(s.templates, in, s.now(), func(t domain.Template) time.Time { return t.ExpiresAt }, "templates", limit, from)
}

// OpenImports yields the imports of all institutions that were made before the
// time and are open, oldest first, without reports.
func (s *Jobs) OpenImports(_ context.Context, before time.Time) iter.Seq2[domain.Import, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	brief := maps.Clone(s.imports)
	for key, i := range brief {
		i.Report = domain.Report{}
		brief[key] = i
	}
	return opened(brief, func(i domain.Import) (time.Time, bool) {
		return i.CreatedAt, i.Open() && i.CreatedAt.Unix() < before.Unix() && !expired(i.ExpiresAt, s.now())
	})
}

// OpenTemplates does so for templates.
func (s *Jobs) OpenTemplates(_ context.Context, before time.Time) iter.Seq2[domain.Template, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return opened(s.templates, func(t domain.Template) (time.Time, bool) {
		return t.CreatedAt, t.Open() && t.CreatedAt.Unix() < before.Unix() && !expired(t.ExpiresAt, s.now())
	})
}

func opened[T any](all map[jobID]T, is func(T) (since time.Time, open bool)) iter.Seq2[T, error] {
	var found []T
	for _, v := range all {
		if _, ok := is(v); ok {
			found = append(found, copied(v))
		}
	}
	slices.SortFunc(found, func(a, b T) int {
		at, _ := is(a)
		bt, _ := is(b)
		return at.Compare(bt)
	})
	return func(yield func(T, error) bool) {
		for _, v := range found {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// NoteReturned remembers for half a year that a mail to the address came back.
func (s *Jobs) NoteReturned(_ context.Context, in domain.InstitutionID, email string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.returned[returnedID{in, text.NormaliseEmail(email)}] = s.now().Add(domain.ReturnedLife)
	return nil
}

// Returned tells whether a mail to the address came back.
func (s *Jobs) Returned(_ context.Context, in domain.InstitutionID, email string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.returned[returnedID{in, text.NormaliseEmail(email)}]
	return ok && !expired(until, s.now()), nil
}

func (s *Jobs) theImport(in domain.InstitutionID, id string) (domain.Import, error) {
	i, ok := s.imports[jobID{in, id}]
	if !ok || expired(i.ExpiresAt, s.now()) {
		return domain.Import{}, fault.Missing()
	}
	return copied(i), nil
}

func (s *Jobs) theTemplate(in domain.InstitutionID, id string) (domain.Template, error) {
	t, ok := s.templates[jobID{in, id}]
	if !ok || expired(t.ExpiresAt, s.now()) {
		return domain.Template{}, fault.Missing()
	}
	return copied(t), nil
}

// before returns the id of the job that the key made, if it still counts.
func (s *Jobs) before(key onceID, digest string) (string, error) {
	m, ok := s.once[key]
	switch {
	case key.key == "" || !ok || expired(m.until, s.now()):
		return "", nil
	case m.digest != digest:
		return "", fault.New(fault.Conflict, "idempotencyKeyReused")
	}
	return m.id, nil
}

func (s *Jobs) remember(key onceID, id, digest string) {
	if key.key != "" {
		s.once[key] = made{id, digest, s.now().Add(onceFor)}
	}
}

// expired compares in whole seconds, as the database keeps them.
func expired(at, now time.Time) bool {
	return !at.IsZero() && at.Unix() <= now.Unix()
}

func exists(id string) error {
	e := fault.New(fault.Conflict, "exists")
	e.ID = id
	return e
}

func list[T any](all map[jobID]T, in domain.InstitutionID, now time.Time, expires func(T) time.Time, name string, limit int, from string) ([]T, string, error) {
	last, err := after(name, from)
	if err != nil {
		return nil, "", err
	}
	if limit <= 0 {
		limit = 50
	}
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(all)), func(k jobID) bool {
		return k.in != in || expired(expires(all[k]), now) || last != "" && k.id >= last
	})
	slices.SortFunc(keys, func(a, b jobID) int { return strings.Compare(b.id, a.id) })
	next := ""
	if len(keys) > limit {
		keys = keys[:limit]
		next = cursor(name, keys[limit-1].id)
	}
	var out []T
	for _, k := range keys {
		out = append(out, copied(all[k]))
	}
	return out, next, nil
}

// copied copies a job as writing and reading it would.
func copied[T any](v T) T {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // jobs are plain data
	}
	var out T
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}
