package importtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
	"rollbook/internal/testing/memory"
)

// stage is the stores of the chunk step with an instant before each look and
// before and after each single change. What happens at an instant is next; its
// error ends the call there, as a kill or a lost answer does.
type stage struct {
	*memory.Contacts
	next  func() error
	mu    sync.Mutex         // of what follows: objects are stored side by side
	wrote map[string][]wrote // what was really done, by import
	// withhold says that the request that is sent now gets no answer and is on
	// its way until late is called: its sender tries again at once.
	withhold bool
	late     []func()
}

type wrote struct {
	Line          int
	Number        domain.ContactNumber
	Before, After map[domain.Field]domain.Value
}

// errLast ends a call whose sender dies with this request on its way: it arrives
// later, and nobody waits for its answer. Where nothing is sent it is a kill.
var errLast = errors.New("killed, and its last request is on its way")

// noted does one change and writes down what it did, the service's own view.
func (s *stage) noted(ctx context.Context, in domain.InstitutionID, imp string, line int, do func() (domain.ContactNumber, error)) error {
	if err := s.next(); err != nil {
		return err
	}
	before := map[domain.ContactNumber]domain.Contact{}
	for c, err := range s.Contacts.All(ctx, in) {
		if err != nil {
			return err
		}
		before[c.Number] = c
	}
	n, err := do()
	if err != nil {
		return err
	}
	now, err := s.Contacts.Get(ctx, in, n)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if !maps.Equal(before[n].Fields, now.Fields) {
		s.did(imp, wrote{line, n, before[n].Fields, now.Fields})
	}
	return s.next()
}

func (s *stage) did(imp string, what wrote) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrote[imp] = append(s.wrote[imp], what)
}

func (s *stage) comesLate(request func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, request)
}

func (s *stage) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	seen := map[domain.ContactNumber]bool{}
	var out []domain.Written
	for _, w := range ws {
		if seen[w.Number] {
			return nil, fault.New(fault.Internal, "aws")
		}
		seen[w.Number] = true
		doubt := false
		send := func() error {
			return s.noted(ctx, in, w.Applied.Import, w.Applied.Line, func() (domain.ContactNumber, error) {
				doubt = doubt || s.held(func() { s.apply(ctx, in, w) })
				done, err := s.Contacts.Write(ctx, in, []domain.Write{w})
				out = append(out, done...)
				return w.Number, err
			})
		}
		if err := send(); err != nil {
			if err == errLast {
				s.comesLate(func() { s.apply(ctx, in, w) })
			}
			return nil, err
		}
		out[len(out)-1].Doubt = doubt
	}
	return out, nil
}

// held keeps a request back if it is to be late.
func (s *stage) held(request func()) bool {
	s.mu.Lock()
	is := s.withhold
	s.withhold = false
	s.mu.Unlock()
	if is {
		s.comesLate(request)
	}
	return is
}

// arrive lets all requests that are on their way be applied.
func (s *stage) arrive() {
	for {
		s.mu.Lock()
		if len(s.late) == 0 {
			s.mu.Unlock()
			return
		}
		request := s.late[0]
		s.late = s.late[1:]
		s.mu.Unlock()
		request()
	}
}

// apply does a write that nobody waits for any more.
func (s *stage) apply(ctx context.Context, in domain.InstitutionID, w domain.Write) {
	before, _ := s.Contacts.Get(ctx, in, w.Number)
	done, err := s.Contacts.Write(ctx, in, []domain.Write{w})
	if err == nil && done[0].Done {
		now, _ := s.Contacts.Get(ctx, in, w.Number)
		s.did(w.Applied.Import, wrote{w.Applied.Line, w.Number, before.Fields, now.Fields})
	}
}

func (s *stage) Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error) {
	var out []domain.Made
	for _, c := range cs {
		if err := s.noted(ctx, in, c.Applied.Import, c.Applied.Line, func() (domain.ContactNumber, error) {
			made, err := s.Contacts.Create(ctx, in, []domain.Creation{c})
			if err != nil {
				return "", err
			}
			out = append(out, made...)
			return made[0].Number, nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *stage) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	var out []domain.Written
	for _, w := range ws {
		if err := s.noted(ctx, in, w.Provenance.Import, 0, func() (domain.ContactNumber, error) {
			done, err := s.Contacts.Remove(ctx, in, []domain.Write{w})
			out = append(out, done...)
			return w.Number, err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *stage) GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error) {
	if err := s.next(); err != nil {
		return nil, err
	}
	return s.Contacts.GetMany(ctx, in, ns)
}

func (s *stage) ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error) {
	if err := s.next(); err != nil {
		return nil, err
	}
	return s.Contacts.ByEmail(ctx, in, emails)
}

func (s *stage) Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error) {
	var out []domain.Burned
	for _, b := range bs {
		if err := s.next(); err != nil {
			return nil, err
		}
		done, err := s.Contacts.Burn(ctx, in, []domain.Burn{b})
		if err != nil {
			return nil, err
		}
		out = append(out, done...)
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *stage) PutHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, es []domain.HistoryEntry) error {
	if err := s.next(); err != nil {
		return err
	}
	if err := s.Contacts.PutHistory(ctx, in, imp, round, chunk, es); err != nil {
		return err
	}
	return s.next()
}

func (s *stage) NoteChanged(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) error {
	if err := s.next(); err != nil {
		return err
	}
	if err := s.Contacts.NoteChanged(ctx, in, ns); err != nil {
		return err
	}
	return s.next()
}

// stageJobs is the imports with instants between the states of chunks.
type stageJobs struct {
	*memory.Jobs
	next func() error
}

func (s *stageJobs) BeginTry(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (int, error) {
	if err := s.next(); err != nil {
		return 0, err
	}
	try, err := s.Jobs.BeginTry(ctx, in, imp, round, chunk)
	if err == nil {
		err = s.next()
	}
	return try, err
}

func (s *stageJobs) Seal(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, seal domain.Seal) (domain.ChunkState, error) {
	if err := s.next(); err != nil {
		return domain.ChunkState{}, err
	}
	st, err := s.Jobs.Seal(ctx, in, imp, round, chunk, seal)
	if err == nil {
		err = s.next()
	}
	return st, err
}

type stageFiles struct {
	*memory.Blobs
	stage *stage
	next  func() error
}

func (s *stageFiles) Put(ctx context.Context, key string, r io.Reader, ct string) (domain.Object, error) {
	if err := s.next(); err != nil {
		if b, rerr := io.ReadAll(r); err == errLast && rerr == nil {
			s.stage.comesLate(func() { _, _ = s.Blobs.Put(ctx, key, bytes.NewReader(b), ct) })
		}
		return domain.Object{}, err
	}
	o, err := s.Blobs.Put(ctx, key, r, ct)
	if err == nil {
		err = s.next()
	}
	return o, err
}

// play is one import with what happens while its chunks run.
type play struct {
	dt      domain.DataType
	file    string
	options []importtest.Option
	rows    int // of a chunk
	tries   int
	resumes int            // how often it is resumed at most
	events  map[int]string // by instant
	// others does one of a colleague's acts and tells which contact it was
	// about.
	others func(w *importtest.World, what string) domain.ContactNumber
}

type ending struct {
	world  *importtest.World
	imp    domain.Import
	before map[string]domain.Value
	wrote  []wrote
	began  time.Time
	rounds int                           // that it was resumed for
	others map[domain.ContactNumber]bool // contacts that somebody else wrote
	// deleted are contacts that were deleted while the import ran: what they had
	// before may be erased.
	deleted map[domain.ContactNumber]bool
}

func (p play) run(tb testing.TB, w *importtest.World) ending {
	tb.Helper()
	e := ending{world: w, began: w.Now(), before: stored(tb, w, demo.Aurora), others: map[domain.ContactNumber]bool{}, deleted: map[domain.ContactNumber]bool{}}
	w.Plan.ChunkRows, w.Tries, w.OneByOne = p.rows, p.tries, true
	instant, busy := 0, false
	s := &stage{Contacts: w.Contacts, wrote: map[string][]wrote{}}
	var chunk int
	var imp domain.Import
	var run flow.Run
	planning := false
	next := func() error {
		s.mu.Lock()
		if busy || imp.ID == "" {
			s.mu.Unlock()
			return nil
		}
		what := p.events[instant]
		instant++
		busy = true
		s.mu.Unlock()
		free := func() {
			s.mu.Lock()
			busy = false
			s.mu.Unlock()
		}
		defer free()
		switch what {
		case "":
		case "kill":
			return errKilled
		case "last":
			return errLast
		case "throttle":
			return fault.New(fault.Busy, "busy")
		case "late":
			s.mu.Lock()
			s.withhold = true
			s.mu.Unlock()
		case "arrive":
			s.arrive()
		case "finish":
			// Asked for by hand, while the machine runs.
			free()
			_ = w.Finish.Run(tb.Context(), flow.Finish{Run: run})
		case "lose":
			for _, key := range w.Files.Keys() {
				if strings.Contains(key, fmt.Sprintf("%s/results/%d/", imp.ID, run.Round)) {
					w.Files.Remove(key)
				}
			}
		case "twin":
			free() // what happens to the twin is also in the events
			if planning {
				_, _ = w.Plan.Run(tb.Context(), run)
				break
			}
			_ = w.Chunk.Run(tb.Context(), flow.Chunk{Run: run, Chunk: chunk})
		case "cancel":
			if _, err := w.Jobs.ChangeImport(tb.Context(), demo.Aurora, imp.ID, func(i *domain.Import) error { i.Cancel = true; return nil }); err != nil {
				tb.Fatal(err)
			}
		default:
			saved := w.BeforeChunk
			w.BeforeChunk = nil
			n := p.others(w, what)
			w.BeforeChunk = saved
			e.others[n] = true
			if what == "delete" {
				e.deleted[n] = true
			}
		}
		return nil
	}
	s.next = next
	w.Chunk.Contacts, w.Chunk.Files, w.Chunk.Jobs = s, &stageFiles{w.Files, s, next}, &stageJobs{w.Jobs, next}
	w.Finish.Contacts, w.Finish.Files, w.Finish.Jobs = s, &stageFiles{w.Files, s, next}, &stageJobs{w.Jobs, next}
	w.Plan.Files = &stageFiles{w.Files, s, func() error {
		planning = true
		defer func() { planning = false }()
		return next()
	}}
	w.BeforeChunk = func(n, _ int) error { chunk = n; return nil }
	imp = w.Create(tb, demo.Aurora, p.dt, domain.Update, p.options...)
	run = flow.RunOf(&imp)
	e.imp = w.Upload(tb, imp, p.file)
	ended := func() {
		// Whatever kept finish from its end, it is asked again, as reconcile does.
		for range len(p.events) + 1 {
			if e.imp.Status.Final() {
				break
			}
			_ = w.Finish.Run(tb.Context(), flow.Finish{Run: run})
			e.imp = w.Get(tb, e.imp)
		}
	}
	ended()
	for range p.resumes {
		if !e.imp.Resumable() {
			break
		}
		run.Round++
		e.imp = w.Resume(tb, e.imp)
		ended()
		e.rounds++
	}
	// What is still on its way comes when the account is closed.
	busy = true
	s.arrive()
	w.BeforeChunk, w.Plan.Files, w.Chunk.Contacts, w.Chunk.Files, w.Chunk.Jobs = nil, w.Files, w.Contacts, w.Files, w.Jobs
	w.Finish.Contacts, w.Finish.Files, w.Finish.Jobs = w.Contacts, w.Files, w.Jobs
	e.wrote = s.wrote[imp.ID]
	return e
}

// said are the changes that changes.csv lists, and did those that were done, as
// "line contact field: before → after".
func (e ending) said(tb testing.TB) []string {
	var out []string
	if slices.Contains(e.imp.Files, "changes") {
		for _, rec := range records(tb, e.world.File(tb, e.imp, "changes"))[1:] {
			out = append(out, fmt.Sprintf("%s %s %s: %s → %s", rec[1], rec[0], rec[2], rec[3], rec[4]))
		}
	}
	slices.Sort(out)
	return out
}

func (e ending) did(cat *domain.Catalogue) []string {
	var out []string
	for _, x := range e.wrote {
		for f := range union(x.Before, x.After) {
			if x.Before[f] == x.After[f] {
				continue
			}
			d, _ := cat.Lookup(f)
			out = append(out, fmt.Sprintf("%d #%s %s: %s → %s", x.Line, x.Number, d.Name(), sheet.Guard(field.Format(x.Before[f], d)), sheet.Guard(field.Format(x.After[f], d))))
		}
	}
	slices.Sort(out)
	return out
}

func union(a, b map[domain.Field]domain.Value) map[domain.Field]domain.Value {
	out := maps.Clone(a)
	if out == nil {
		out = map[domain.Field]domain.Value{}
	}
	maps.Copy(out, b)
	return out
}

// without leaves out what is about some contacts.
func without(lines []string, of map[domain.ContactNumber]bool) []string {
	var out []string
	for _, l := range lines {
		if _, rest, _ := strings.Cut(l, " #"); !of[domain.ContactNumber(strings.SplitN(rest, " ", 2)[0])] {
			out = append(out, l)
		}
	}
	return out
}

// seen is all that an import shows.
func (e ending) seen(tb testing.TB) map[string]any {
	out := map[string]any{"status": e.imp.Status, "counts": e.imp.Counts, "problem": e.imp.Problem, "problems": e.imp.Problems,
		"warnings": e.imp.Warnings, "fields": e.imp.Fields, "stored": stored(tb, e.world, demo.Aurora)}
	for _, f := range e.imp.Files {
		if f != "original" {
			// The undo of a creation names the import.
			out[f] = strings.ReplaceAll(e.world.File(tb, e.imp, f), e.imp.ID, "ID")
		}
	}
	return out
}

// messy draws a file of any type of data: with and without [old], with values
// that were changed since, lines twice, contacts that are not there, and wishes
// that are none.
func messy(r *rapid.T, tb testing.TB, w *importtest.World, cat *domain.Catalogue, dt domain.DataType) [][]string {
	if dt == domain.Contacts {
		return messyContacts(r)
	}
	defs, want := anyWishes(r, cat, dt, "file")
	rows := wishes(tb, w, defs, want)
	for _, d := range defs {
		old := slices.Index(rows[0], "[old] "+d.Code)
		for _, row := range rows[1:] {
			switch rapid.IntRange(0, 11).Draw(r, "cell of "+d.Code) {
			case 0:
				row[old] = sheet.Guard(field.Format(anyValue(d).Draw(r, "another old"), d))
			case 1:
				row[old+1] = ""
			case 2:
				row[old+1] = "no such value"
			case 3:
				if d.Kind == domain.MultiChoice {
					row[old+1] = rapid.SampledFrom([]string{"add: ", "remove: "}).Draw(r, "how") + d.Values[rapid.IntRange(0, len(d.Values)-1).Draw(r, "which")].Code
				}
			}
		}
		if rapid.IntRange(0, 3).Draw(r, "no old "+d.Code) == 0 {
			for i, row := range rows {
				rows[i] = slices.Delete(row, old, old+1)
			}
		}
	}
	for range rapid.IntRange(0, 3).Draw(r, "edits") {
		i := rapid.IntRange(1, len(rows)-1).Draw(r, "row")
		switch rapid.SampledFrom([]string{"twice", "unknown", "zeros", "email", "delete"}).Draw(r, "edit") {
		case "twice":
			rows = slices.Insert(rows, rapid.IntRange(1, len(rows)).Draw(r, "to"), slices.Clone(rows[i]))
		case "unknown":
			rows[i][0] = "#0000099"
		case "zeros":
			rows[i][0] = strings.TrimLeft(rows[i][0], "#0")
		case "email":
			rows[i][1] = rapid.SampledFrom([]string{"", "c0000001@example.org", "nobody@example.org", "C0000002@EXAMPLE.org"}).Draw(r, "address")
		case "delete":
			if len(rows) > 3 {
				rows = slices.Delete(rows, i, i+1)
			}
		}
	}
	return rows
}

func messyContacts(r *rapid.T) [][]string {
	rows := [][]string{{"Contact", "Email", "Last name", "First name", "[old] City", "[new] City", "[new] INTERESTS", "[new] authorisation:EMAIL"}}
	of := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(r, name) }
	for range rapid.IntRange(1, 8).Draw(r, "rows") {
		row := []string{
			of("contact", "", "", "", "#0000001", "#0000002", "#0000003", "#0000004", "0000005", "#00000901", "#00000902", "1"),
			of("email", "", "", "c0000001@example.org", "c0000002@example.org", "C0000003@example.org", "shared@example.org", "new1@example.org", "new2@example.org", "new3@example.org", "Empty", "wrong@"),
			of("last name", "", "", "A", "B", "Empty"),
			of("first name", "", "", "Ann"),
			of("old city", "", "", "", "Bath"),
			of("new city", "", "", "Oslo", "Rome", "Empty"),
			of("interests", "", "", "PLAYS", "add: OPERA", "add: PLAYS", "remove: PLAYS", "PLAYS|OPERA", "no such value"),
			of("authorisation", "", "", "T", "F", "Empty"),
		}
		rows = append(rows, row)
		if rapid.IntRange(0, 9).Draw(r, "twice") == 0 {
			rows = append(rows, slices.Clone(row))
		}
	}
	return rows
}

// stageWorld is eight contacts that hold some values; two of them share an
// address.
func stageWorld(tb testing.TB, values []map[domain.Field]domain.Value) *importtest.World {
	w, _ := crowded(tb)
	for i, v := range values {
		w.Set(tb, demo.Aurora, domain.ContactNumber(number(i+1)), v)
	}
	for _, n := range []domain.ContactNumber{"0000007", "0000008"} {
		w.Set(tb, demo.Aurora, n, map[domain.Field]domain.Value{domain.ContactEmail: "shared@example.org"})
	}
	w.Set(tb, demo.Aurora, "0000001", map[domain.Field]domain.Value{domain.ContactCity: "Bath"})
	w.Set(tb, demo.Aurora, "0000002", map[domain.Field]domain.Value{"criterion:INTERESTS": "PLAYS"})
	return w
}

// Whatever befalls the chunks of an import, its account is that of one clean
// run, and says what was done to the database; its undo takes back exactly that.
func TestAnySchedule(t *testing.T) {
	kinds := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		tb := both{t, r}
		_, cat := crowded(tb)
		dt := rapid.SampledFrom([]domain.DataType{domain.Criteria, domain.Authorisations, domain.Contacts}).Draw(r, "type of data")
		of := dt
		if dt == domain.Contacts {
			of = domain.Criteria
		}
		_, values := anyWishes(r, cat, of, "stored")
		p := play{dt: dt, rows: rapid.SampledFrom([]int{0, 1, 3}).Draw(r, "rows of a chunk")}
		p.file = asFile(r, tb, messy(r, tb, stageWorld(tb, values), cat, dt))
		if rapid.Bool().Draw(r, "overwrite") {
			p.options = append(p.options, importtest.Overwrite)
		}
		if rapid.Bool().Draw(r, "same person") {
			p.options = append(p.options, func(i *domain.Import) { i.AllowSamePerson = true })
		}

		// What a clean run does, as its test said.
		w := stageWorld(tb, values)
		test := ending{world: w, imp: w.Import(tb, demo.Aurora, dt, domain.Test, p.file, p.options...)}
		p.tries = 1
		clean := p.run(tb, w)
		if d := cmp.Diff([]any{test.imp.Status, test.imp.Counts, test.imp.Problem, test.imp.Problems, test.imp.Warnings, test.imp.Fields},
			[]any{clean.imp.Status, clean.imp.Counts, clean.imp.Problem, clean.imp.Problems, clean.imp.Warnings, clean.imp.Fields}); d != "" {
			r.Fatalf("the test did not predict the update: %s", d)
		}
		if d := cmp.Diff(clean.did(cat), clean.said(tb)); d != "" {
			r.Fatalf("clean run (-did +said): %s", d)
		}

		// Only what a retry mends.
		p.events = map[int]string{}
		for range rapid.IntRange(1, 5).Draw(r, "faults") {
			p.events[rapid.IntRange(0, 60).Draw(r, "instant")] = rapid.SampledFrom([]string{"kill", "last", "throttle", "twin"}).Draw(r, "fault")
		}
		p.tries = len(p.events) + 1
		again := p.run(tb, stageWorld(tb, values))
		if d := cmp.Diff(clean.seen(tb), again.seen(tb)); d != "" {
			r.Fatalf("%v (-clean +retried): %s", p.events, d)
		}

		// Chunks that never come through, colleagues, a cancel.
		for range rapid.IntRange(0, 4).Draw(r, "acts") {
			what := rapid.SampledFrom([]string{"put", "put email", "import", "delete", "retire", "cancel", "kill", "last", "late", "late", "arrive", "finish", "lose"}).Draw(r, "act")
			p.events[rapid.IntRange(0, 60).Draw(r, "instant of "+what)] = what
			kinds[what]++
		}
		p.tries = rapid.IntRange(1, 3).Draw(r, "tries")
		p.resumes = rapid.IntRange(0, 3).Draw(r, "resumes")
		fields := cat.Of(of)
		p.others = func(w *importtest.World, what string) domain.ContactNumber {
			n := domain.ContactNumber(number(rapid.IntRange(1, crowd).Draw(r, "colleague's contact")))
			d := rapid.SampledFrom(fields).Draw(r, "colleague's field")
			v := anyValue(d).Draw(r, "colleague's value")
			if _, err := w.Contacts.Get(tb.Context(), demo.Aurora, n); err != nil {
				return n // deleted already
			}
			switch what {
			case "retire":
				// What the first try wrote stays written.
				now, err := w.Catalogue.Catalogue(tb.Context(), demo.Aurora)
				if err != nil {
					tb.Fatal(err)
				}
				for _, d := range now.Of(of) {
					for i := range d.Values {
						d.Values[i].Retired = true
					}
					if err := w.Catalogue.PutField(tb.Context(), demo.Aurora, d); err != nil {
						tb.Fatal(err)
					}
				}
				return ""
			case "put":
				w.Set(tb, demo.Aurora, n, map[domain.Field]domain.Value{d.Field(): v})
			case "put email":
				w.Set(tb, demo.Aurora, n, map[domain.Field]domain.Value{domain.ContactEmail: rapid.SampledFrom([]domain.Value{"new1@example.org", "c0000001@example.org", "elsewhere@example.org", ""}).Draw(r, "colleague's address")})
			case "import":
				defer func(n int) { w.Plan.ChunkRows = n }(w.Plan.ChunkRows)
				w.Plan.ChunkRows = 0
				w.Import(tb, demo.Aurora, of, domain.Update, "Contact,[new] "+d.Code+"\n#"+string(n)+","+quoted(field.FormatNew(v, d))+"\n")
			case "delete":
				if err := w.Contacts.Delete(tb.Context(), demo.Aurora, n); err != nil {
					tb.Fatal(err)
				}
			}
			return n
		}
		end := p.run(tb, stageWorld(tb, values))
		if end.rounds > 0 {
			kinds["resume"]++
		}
		if len(end.others) == 0 && dt != domain.Contacts && slices.Contains(end.imp.Files, "errors") {
			// The error file does what is left to do.
			rest := end.world.Import(tb, demo.Aurora, dt, domain.Update, end.world.File(tb, end.imp, "errors"), p.options...)
			if d := cmp.Diff(stored(tb, clean.world, demo.Aurora), stored(tb, end.world, demo.Aurora)); d != "" {
				r.Fatalf("%v, then the error file: %s %+v %+v (-clean +now): %s", p.events, rest.Status, rest.Counts, rest.Problem, d)
			}
			if rest.Status == domain.Done && rest.Counts.Rows != end.imp.Counts.Rejected+end.imp.Counts.Conflicted+end.imp.Counts.Unprocessed {
				r.Fatalf("the error file has %d rows: %+v", rest.Counts.Rows, end.imp.Counts)
			}
			if slices.Contains(rest.Files, "undo") {
				if undo := end.world.Follow(tb, rest, domain.UndoOf); undo.Counts.Updated != undo.Counts.Rows {
					r.Fatalf("the undo of the error file: %+v %v", undo.Counts, problems(undo))
				}
			}
		}
		checkAccount(r, tb, cat, p, end)
	})
	if len(kinds) < 13 {
		t.Errorf("only %v happened", kinds)
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(sheet.Guard(s), `"`, `""`) + `"` }

func checkAccount(r *rapid.T, tb testing.TB, cat *domain.Catalogue, p play, e ending) {
	w, imp, c := e.world, e.imp, e.imp.Counts
	if !imp.Status.Final() || c.Rows != c.Created+c.Updated+c.Unchanged+c.Rejected+c.Conflicted+c.Unprocessed {
		r.Fatalf("%s %+v", imp.Status, c)
	}
	failed := 0
	if slices.Contains(imp.Files, "errors") {
		failed = len(records(tb, w.File(tb, imp, "errors"))) - 1
	}
	if failed != c.Rejected+c.Conflicted+c.Unprocessed {
		r.Fatalf("errors.csv has %d rows, the counts are %+v", failed, c)
	}
	if d := cmp.Diff(without(e.did(cat), e.deleted), without(e.said(tb), e.deleted)); d != "" {
		r.Fatalf("%v (-did +said): %s", p.events, d)
	}
	for _, l := range e.said(tb) { // also of those: nothing that was not done
		if !slices.Contains(e.did(cat), l) {
			r.Fatalf("%v: said, but not done: %s; done: %v", p.events, l, e.did(cat))
		}
	}
	lines := map[int]bool{}
	for _, x := range e.wrote {
		lines[x.Line] = true
	}
	if len(lines) != c.Created+c.Updated {
		r.Fatalf("%v: %d lines were written, the account says %+v", p.events, len(lines), c)
	}
	if d := cmp.Diff(e.said(tb), slices.Compact(e.said(tb))); d != "" {
		r.Fatalf("changes.csv says twice: %s", d)
	}
	changed, err := w.Contacts.Changed(tb.Context(), demo.Aurora, e.began, 1000, "")
	if err != nil {
		r.Fatal(err)
	}
	for _, x := range e.wrote { // whoever keeps a copy hears of it
		if !slices.ContainsFunc(changed.Items, func(c domain.Change) bool { return c.Number == x.Number }) {
			r.Fatalf("%v: contact %s was written and not noted as changed", p.events, x.Number)
		}
	}
	if !slices.Contains(imp.Files, "undo") {
		return
	}
	now := stored(tb, w, demo.Aurora)
	undo := w.Follow(tb, imp, domain.UndoOf)
	if u := undo.Counts; u.Rejected+u.Unprocessed > 0 && len(e.others) == 0 || u.Rows > c.Created+c.Updated {
		r.Fatalf("undo: %+v %v of %+v", u, problems(undo), c)
	}
	last := stored(tb, w, demo.Aurora)
	for key := range merged(merged(e.before, now), last) {
		n, f, _ := strings.Cut(key, " ")
		found := func(x wrote) bool { // what the import found there and the undo may put back
			return string(x.Number) == n && x.Before[domain.Field(f)] == last[key]
		}
		switch {
		case !e.others[domain.ContactNumber(n)]:
			if last[key] != e.before[key] {
				r.Fatalf("%v: %s was %q, became %q, and is %q after the undo %v", p.events, key, e.before[key], now[key], last[key], problems(undo))
			}
		case last[key] != now[key] && !slices.ContainsFunc(e.wrote, found):
			r.Fatalf("%v: %s was %q, became %q, and the undo made %q of it", p.events, key, e.before[key], now[key], last[key])
		}
	}
}
