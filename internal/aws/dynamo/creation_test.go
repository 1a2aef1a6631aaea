package dynamo_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/testing/storetest"
)

var errKilled = errors.New("the function was killed")

// killedAfter ends the process, as it were, after n requests. With midway the
// next one is still done, but nobody hears of it.
func killedAfter(n int, midway bool) (fail func(string, []byte, int) (*http.Response, error), killed *atomic.Bool) {
	var made atomic.Int64
	killed = new(atomic.Bool)
	return func(string, []byte, int) (*http.Response, error) {
		switch k := made.Add(1); {
		case k <= int64(n):
			return nil, nil
		case k == int64(n)+1 && midway:
			killed.Store(true)
			return nil, fmt.Errorf("%w: %w", errKilled, errLost)
		}
		killed.Store(true)
		return refusal(400, "AccessDeniedException"), nil
	}, killed
}

// people makes creations of every sort: with an address, with a number, with
// both, with neither. group tells them from others.
func people(imp string, group int) []domain.Creation {
	var crs []domain.Creation
	for i := range 12 {
		who := fmt.Sprintf("%s%d", mark(group), i)
		f := map[domain.Field]domain.Value{domain.ContactLastName: domain.Value(who), "criterion:GENRE": "ROCK"}
		cr := domain.Creation{Fields: f, Ticket: storetest.TicketOf(imp), Applied: domain.Applied{Import: imp, Line: 95 + i}}
		if i%4 < 2 {
			f[domain.ContactEmail] = domain.Value(who + "@example.org")
			cr.Identity = "email:" + who + "@Example.org"
		}
		if i%4 == 1 || i%4 == 2 {
			cr.Number = domain.ContactNumber(fmt.Sprintf("9%03d%02d", group, i))
		}
		crs = append(crs, cr)
	}
	return crs
}

// mark is in every text about a group of people.
func mark(group int) string { return fmt.Sprintf("abel%dx", group) }

// everybody returns the contacts by last name, and fails if one is there twice.
func everybody(t *testing.T, s stores) map[string]domain.Contact {
	t.Helper()
	out := map[string]domain.Contact{}
	for c, err := range s.contacts.All(t.Context(), opera) {
		must(t, err)
		name := string(c.Get(domain.ContactLastName))
		if other, twice := out[name]; twice {
			t.Errorf("%s is there twice: %s and %s", name, other.Number, c.Number)
		}
		out[name] = c
	}
	return out
}

// settled checks that the creations are done, and the contacts as they ask.
func settled(t *testing.T, s stores, crs []domain.Creation, out []domain.Made) {
	t.Helper()
	var ns []domain.ContactNumber
	for _, m := range out {
		ns = append(ns, m.Number)
	}
	cs, err := s.contacts.GetMany(t.Context(), opera, ns)
	must(t, err)
	if len(cs) != len(crs) {
		t.Fatalf("%d contacts of %d", len(cs), len(crs))
	}
	for i, m := range out {
		if !m.Done || crs[i].Number != "" && m.Number != crs[i].Number {
			t.Fatalf("creation %d: %+v", i, m)
		}
		if diff := cmp.Diff(crs[i].Fields, cs[m.Number].Fields); diff != "" {
			t.Fatalf("creation %d: %s", i, diff)
		}
	}
}

// consistent checks that the contacts are as many, each person once, and their
// look-ups, claims and histories theirs. Look-ups of contacts that another
// import made first may be left over.
func consistent(t *testing.T, s stores, contacts int, stale bool) {
	t.Helper()
	if n := len(everybody(t, s)); n != contacts {
		t.Errorf("%d people, want %d", n, contacts)
	}
	r, err := s.contacts.CheckLookups(t.Context(), opera, false)
	must(t, err)
	if r.Contacts != contacts || r.Missing+r.StaleClaims+r.StaleHistories > 0 || r.Stale > 0 && !stale {
		t.Errorf("want %d contacts and what fits them: %+v", contacts, r)
	}
}

// atEachRequest runs f for new people for each point at which it may be killed,
// until it comes through, and returns how often. f prepares and returns what is
// killed and what comes then.
func atEachRequest(t *testing.T, s stores, midway bool, f func(group int) (call func() error, after func())) (groups int) {
	t.Helper()
	s.contacts.Concurrency = 1
	for n := 0; ; n++ {
		call, after := f(n)
		fail, killed := killedAfter(n, midway)
		s.net.fail = fail
		call()
		s.net.fail = nil
		after()
		if t.Failed() {
			t.Fatalf("killed after request %d", n)
		}
		if !killed.Load() {
			if n < 3 {
				t.Errorf("only %d requests", n)
			}
			return n + 1
		}
	}
}

func midway(t *testing.T, test func(t *testing.T, midway bool)) {
	for _, b := range []bool{false, true} {
		t.Run(fmt.Sprintf("midway %v", b), func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

func TestCreateKilledAtEachRequestAndRunAgain(t *testing.T) {
	midway(t, func(t *testing.T, midway bool) {
		s := connected(t)
		groups := atEachRequest(t, s, midway, func(group int) (func() error, func()) {
			crs := people(fmt.Sprintf("import-%d", group), group)
			return func() error { _, err := s.contacts.Create(t.Context(), opera, crs); return err },
				func() {
					first, err := s.contacts.Create(t.Context(), opera, crs)
					must(t, err)
					settled(t, s, crs, first)
					again, err := s.contacts.Create(t.Context(), opera, crs)
					must(t, err)
					if diff := cmp.Diff(first, again); diff != "" {
						t.Fatal(diff)
					}
				}
		})
		consistent(t, s, 12*groups, false)
	})
}

func TestTheFirstNumberKilledAtEachRequestAndRunAgain(t *testing.T) {
	// Until there is a counter, each try looks for the highest number.
	s := connected(t)
	s.contacts.Concurrency = 1
	cr := []domain.Creation{{Fields: map[domain.Field]domain.Value{domain.ContactCity: "Bern"}, Ticket: storetest.TicketOf("import-1"), Applied: domain.Applied{Import: "import-1", Line: 2}}}
	for n := 0; ; n += 7 {
		fail, killed := killedAfter(n, false)
		s.net.fail = fail
		out, err := s.contacts.Create(t.Context(), opera, cr)
		s.net.fail = nil
		if killed.Load() && err == nil || n > 500 {
			t.Fatalf("killed after request %d: %+v", n, out)
		}
		if !killed.Load() {
			must(t, err)
			settled(t, s, cr, out)
			if out[0].Number != "0000001" || n < dynamo.Buckets {
				t.Errorf("number %s after %d requests", out[0].Number, n)
			}
			return
		}
	}
}

func TestCreateKilledWhileAnotherImportHasTheSamePeople(t *testing.T) {
	// The other import comes to its end in between: whoever made a person, there
	// is one, and the other import is told.
	midway(t, func(t *testing.T, midway bool) {
		s := connected(t)
		groups := atEachRequest(t, s, midway, func(group int) (func() error, func()) {
			crs, others := people(fmt.Sprintf("import-%d", group), group), people(fmt.Sprintf("other-%d", group), group)
			for i := range others {
				if others[i].Identity != "" { // it asks for no numbers
					others[i].Number = ""
				}
				if crs[i].Identity == "" && crs[i].Number == "" {
					others[i].Fields[domain.ContactLastName] += "-other" // nothing tells who they are
				}
			}
			return func() error { _, err := s.contacts.Create(t.Context(), opera, crs); return err },
				func() {
					second, err := s.contacts.Create(t.Context(), opera, others)
					must(t, err)
					first, err := s.contacts.Create(t.Context(), opera, crs)
					must(t, err)
					for i := range crs {
						a, b := first[i], second[i]
						anybody := crs[i].Identity == "" && crs[i].Number == ""
						if a.Err != nil || b.Err != nil || a.Gone || b.Gone || (a.Done && b.Done) != anybody || (a.Number == b.Number) == anybody {
							t.Fatalf("creation %d: %+v, %+v", i, a, b)
						}
					}
				}
		})
		consistent(t, s, 15*groups, true)
	})
}

func TestRemoveKilledAtEachRequestAndRunAgain(t *testing.T) {
	midway(t, func(t *testing.T, midway bool) {
		s := connected(t)
		atEachRequest(t, s, midway, func(group int) (func() error, func()) {
			imp := fmt.Sprintf("import-%d", group)
			ws := undo(t, s, imp, people(imp, group))
			return func() error { _, err := s.contacts.Remove(t.Context(), opera, ws); return err },
				func() {
					for range 2 {
						got, err := s.contacts.Remove(t.Context(), opera, ws)
						must(t, err)
						allDone(t, got)
					}
					nothingAbout(t, s, mark(group))
				}
		})
		consistent(t, s, 0, false)
	})
}

// undo makes contacts with a history and returns the writes that remove them.
func undo(t *testing.T, s stores, imp string, crs []domain.Creation) []domain.Write {
	t.Helper()
	out, err := s.contacts.Create(t.Context(), opera, crs)
	must(t, err)
	var ws []domain.Write
	var es []domain.HistoryEntry
	for i, m := range out {
		ws = append(ws, domain.Write{Number: m.Number, If: crs[i].Fields, Ticket: storetest.TicketOf("undo-1"), Applied: domain.Applied{Import: imp}})
		for f, v := range crs[i].Fields {
			es = append(es, domain.HistoryEntry{Number: m.Number, Import: imp, Line: crs[i].Applied.Line, Field: f, After: v})
		}
	}
	must(t, s.contacts.AddHistory(t.Context(), opera, es))
	return ws
}

func allDone(t *testing.T, ws []domain.Written) {
	t.Helper()
	for i, w := range ws {
		if !w.Done {
			t.Fatalf("write %d: %+v", i, w)
		}
	}
}

func TestDeleteKilledAtEachRequestAndRunAgain(t *testing.T) {
	midway(t, func(t *testing.T, midway bool) {
		s := connected(t)
		atEachRequest(t, s, midway, func(group int) (func() error, func()) {
			out, err := s.contacts.Create(t.Context(), opera, people(fmt.Sprintf("import-%d", group), group)[:1])
			must(t, err)
			n := out[0].Number
			c, err := s.contacts.Get(t.Context(), opera, n)
			must(t, err)
			c.Fields[domain.ContactFirstName] = "Anna"
			_, err = s.contacts.Put(t.Context(), opera, c, domain.Provenance{By: "bob"})
			must(t, err)
			return func() error { return s.contacts.Delete(t.Context(), opera, n) },
				func() {
					if err := s.contacts.Delete(t.Context(), opera, n); err != nil && fault.KindOf(err) != fault.NotFound {
						t.Fatal(err)
					}
					nothingAbout(t, s, mark(group))
					gone, err := s.contacts.Gone(t.Context(), opera, []domain.ContactNumber{n})
					must(t, err)
					if _, was := gone[n]; !was {
						t.Error("the number may be used again")
					}
				}
		})
		consistent(t, s, 0, false)
	})
}

// nothingAbout checks that no table says anything with the mark.
func nothingAbout(t *testing.T, s stores, mark string) {
	t.Helper()
	for _, table := range s.tables {
		var from map[string]types.AttributeValue
		for {
			out, err := s.client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ExclusiveStartKey: from})
			must(t, err)
			for _, it := range out.Items {
				if text := describe(it); strings.Contains(strings.ToLower(text), mark) {
					t.Errorf("something is left: %s", text)
				}
			}
			if from = out.LastEvaluatedKey; from == nil {
				break
			}
		}
	}
}

// describe writes an item's texts.
func describe(it map[string]types.AttributeValue) string {
	var b strings.Builder
	var value func(types.AttributeValue)
	value = func(v types.AttributeValue) {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			b.WriteString(v.Value + " ")
		case *types.AttributeValueMemberM:
			for k, v := range v.Value {
				b.WriteString(k + " ")
				value(v)
			}
		case *types.AttributeValueMemberL:
			for _, v := range v.Value {
				value(v)
			}
		}
	}
	value(&types.AttributeValueMemberM{Value: it})
	return b.String()
}

func TestCreateAndRemoveSurvive(t *testing.T) {
	for name, fail := range map[string]func(string, []byte, int) (*http.Response, error){
		"throttling": throttled, "errors 500": broken, "answers lost": lost, "statements apart": statementsPutOff,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := connected(t)
			crs := people("import-1", 0)
			for i := range 60 {
				f := map[domain.Field]domain.Value{domain.ContactEmail: domain.Value(fmt.Sprintf("abel0x0%d@example.org", i)), domain.ContactLastName: domain.Value(fmt.Sprintf("abel0x0%d", i))}
				crs = append(crs, domain.Creation{Fields: f, Identity: "email:" + string(f[domain.ContactEmail]), Ticket: storetest.TicketOf("import-1"), Applied: domain.Applied{Import: "import-1", Line: 500 + i}})
			}
			s.net.fail = fail
			ws := undo(t, s, "import-1", crs)
			out, err := s.contacts.Create(t.Context(), opera, crs)
			must(t, err)
			s.net.fail = nil
			settled(t, s, crs, out)
			consistent(t, s, len(crs), false)
			s.net.fail = fail
			got, err := s.contacts.Remove(t.Context(), opera, ws)
			must(t, err)
			allDone(t, got)
			s.net.fail = nil
			consistent(t, s, 0, false)
			nothingAbout(t, s, mark(0))
		})
	}
}

func TestCreateEndsBusy(t *testing.T) {
	s := connected(t)
	crs := people("import-1", 0)
	s.net.fail, s.net.calls = dead, atomic.Int64{}
	_, err := s.contacts.Create(t.Context(), opera, crs)
	if fault.KindOf(err) != fault.Busy || err == nil {
		t.Errorf("Create: %v; want Busy", err)
	}
	if n := s.net.calls.Load(); n != 13 { // so many fit in the 30 s of patience
		t.Errorf("%d calls, want 13", n)
	}
	// What was put off for ever does not hold up the others.
	s.net.fail = func(op string, body []byte, _ int) (*http.Response, error) {
		if op == "BatchExecuteStatement" && bytes.Contains(body, []byte(`'criteria'`)) {
			return refusal(400, "RequestLimitExceeded"), nil
		}
		return nil, nil
	}
	out, err := s.contacts.Create(t.Context(), opera, crs)
	must(t, err)
	for i, m := range out {
		if both := crs[i].Number != "" && crs[i].Identity != ""; both != m.Done || both == (m.Err != nil) || m.Err != nil && fault.KindOf(m.Err) != fault.Busy {
			t.Errorf("creation %d: %+v", i, m)
		}
	}
	s.net.fail = nil
	out, err = s.contacts.Create(t.Context(), opera, crs)
	must(t, err)
	settled(t, s, crs, out)
}

// tally counts requests and the units that they write.
type tally struct {
	mu       sync.Mutex
	requests map[string]int
	units    int
}

func (c *tally) count(op string, body []byte, _ int) (*http.Response, error) {
	var in struct {
		Statements []struct {
			Statement  string
			Parameters []map[string]any
		}
		RequestItems  map[string]json.RawMessage
		TransactItems []json.RawMessage
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[op]++
	switch op {
	case "BatchExecuteStatement":
		for _, st := range in.Statements {
			bytes := 0
			for _, p := range st.Parameters {
				bytes += valueSize(p)
			}
			c.units += (bytes + len("criteriaauthorisationsprovbeforemarkmadevpksk") + 1023) / 1024
		}
	case "BatchWriteItem":
		for _, size := range itemSizes(body) {
			c.units += (size + 1023) / 1024
		}
	case "UpdateItem":
		c.units += 3 // a hundred numbers have under 2 KB
	case "TransactWriteItems":
		c.units += 2 * len(in.TransactItems)
	}
	return nil, nil
}

func TestWhatACreatedContactCosts(t *testing.T) {
	const n = 10_000
	s := connected(t)
	var crs []domain.Creation
	for i := range n {
		f := map[domain.Field]domain.Value{
			domain.ContactEmail: domain.Value(fmt.Sprintf("maximiliane.mustermann.%d@example.org", i)), domain.ContactTitle: "Frau", domain.ContactFirstName: "Maximiliane",
			domain.ContactLastName: domain.Value(fmt.Sprintf("Mustermann %d", i)), domain.ContactLanguage: "de", domain.ContactBirthDate: "1980-01-31", domain.ContactPhone: "+41791234567",
			domain.ContactStreet: "Bahnhofstrasse 12", domain.ContactPostcode: "8001", domain.ContactCity: "Zürich", domain.ContactCountry: "CH"}
		crs = append(crs, domain.Creation{Fields: f, Identity: "email:" + string(f[domain.ContactEmail]), Ticket: domain.Ticket{Slot: 1, Order: "0000001"},
			Applied: domain.Applied{Import: "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6071", Line: i}})
	}
	// The institution's key is made once, and read once by each process.
	if _, err := s.contacts.ByEmail(t.Context(), opera, []string{"nobody@example.org"}); err != nil {
		t.Fatal(err)
	}
	first := &tally{requests: map[string]int{}}
	s.net.fail = first.count
	out, err := s.contacts.Create(t.Context(), opera, crs)
	must(t, err)
	for i, m := range out {
		if want := domain.ContactNumber(fmt.Sprintf("%07d", i+1)); !m.Done || m.Number != want {
			t.Fatalf("creation %d: %+v", i, m)
		}
	}
	want := map[string]int{
		"BatchGetItem":          n / 100 / 100,                            // numbers given before
		"UpdateItem":            n/100 + 3,                                // numbers of a hundred lines; the counter, which begins
		"Query":                 dynamo.Buckets,                           // at the highest number
		"BatchExecuteStatement": n / 25 * 2, "BatchWriteItem": n * 2 / 25, // claims and contacts; look-ups
	}
	if diff := cmp.Diff(want, first.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if units := float64(first.units) / n; units > 4.05 {
		t.Errorf("%.2f write units for a contact, want 4 and a little", units)
	}
	// Again, nothing is written.
	again := &tally{requests: map[string]int{}}
	s.net.fail = again.count
	same, err := s.contacts.Create(t.Context(), opera, crs)
	must(t, err)
	if diff := cmp.Diff(out, same); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"BatchGetItem": n/100/100 + n/100}, again.requests); diff != "" {
		t.Errorf("requests again (-want +got):\n%s", diff)
	}
	if again.units > 0 {
		t.Errorf("%d write units for nothing", again.units)
	}
	// Another import of the same people is told who they are, and leaves only that
	// its lines are about these: a hundred in one request.
	others := crs[:100]
	for i := range others {
		others[i].Applied.Import, others[i].Ticket = "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6072", domain.Ticket{Slot: 2, Order: "0000002"}
	}
	told := &tally{requests: map[string]int{}}
	s.net.fail = told.count
	out, err = s.contacts.Create(t.Context(), opera, others)
	must(t, err)
	for i, m := range out {
		if m.Live == nil || m.Number != domain.ContactNumber(fmt.Sprintf("%07d", i+1)) {
			t.Fatalf("creation %d: %+v", i, m)
		}
	}
	if diff := cmp.Diff(map[string]int{"BatchGetItem": 3, "UpdateItem": 3, "BatchExecuteStatement": 4}, told.requests); diff != "" {
		t.Errorf("requests of the other import (-want +got):\n%s", diff)
	}
}

// Who has an address is asked fifty at a time. The service answers ten items a
// page, so an address that somebody has costs a tenth of a request and its
// contact a hundredth, and one that nobody has a fiftieth.
func TestWhatAnAddressCosts(t *testing.T) {
	const n = 1000
	s := connected(t)
	address := func(i int) string { return fmt.Sprintf("p%d@example.org", i) }
	must(t, s.contacts.Load(t.Context(), opera, func(yield func(domain.Contact) bool) {
		for i := range n {
			c := domain.Contact{Number: domain.ContactNumber(fmt.Sprintf("%07d", i+1)), Fields: map[domain.Field]domain.Value{domain.ContactEmail: domain.Value(address(i))}}
			if !yield(c) {
				return
			}
		}
	}))
	for _, c := range []struct {
		name  string
		first int // of the n addresses that are asked for
		there int
		most  float64 // requests an address
	}{
		{"all there", 0, n, 0.11}, {"one in ten there", n * 9 / 10, n / 10, 0.1}, {"none there", n, 0, 0.02},
	} {
		var asked []string
		for i := range n {
			asked = append(asked, address(c.first+i))
		}
		told := &tally{requests: map[string]int{}}
		s.net.fail = told.count
		by, err := s.contacts.ByEmail(t.Context(), opera, asked)
		must(t, err)
		if len(by) != c.there {
			t.Errorf("%s: %d found", c.name, len(by))
		}
		for i := range c.there {
			if d := cmp.Diff([]domain.ContactNumber{domain.ContactNumber(fmt.Sprintf("%07d", c.first+i+1))}, by[address(c.first+i)]); d != "" {
				t.Fatalf("%s: %s", c.name, d)
			}
		}
		all := 0
		for _, k := range told.requests {
			all += k
		}
		if got := float64(all) / n; got > c.most {
			t.Errorf("%s: %.3f requests an address, more than %v: %v", c.name, got, c.most, told.requests)
		} else {
			t.Logf("%s: %.3f requests an address: %v", c.name, got, told.requests)
		}
		s.net.fail = nil
	}
}

func TestCheckLookups(t *testing.T) {
	s := connected(t)
	ctx := t.Context()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	s.contacts.Now = func() time.Time { return now }
	seed(t, s, 500)
	crs := people("import-1", 0)
	out, err := s.contacts.Create(ctx, opera, crs)
	must(t, err)
	check := func(repair bool) dynamo.LookupReport {
		t.Helper()
		r, err := s.contacts.CheckLookups(ctx, opera, repair)
		must(t, err)
		return r
	}
	want := dynamo.LookupReport{Contacts: 512, Lookups: 2*500 + 12 + 6, Claims: 6}
	if diff := cmp.Diff(want, check(false)); diff != "" {
		t.Fatal(diff)
	}
	// Load takes no care of look-ups that were there; others are lost, left over,
	// or of another institution.
	must(t, s.contacts.Load(ctx, opera, slices.Values([]domain.Contact{
		{Number: number(1), Fields: map[domain.Field]domain.Value{domain.ContactEmail: "new@example.org", domain.ContactLastName: "Smith"}},
		{Number: out[0].Number, Fields: map[domain.Field]domain.Value{domain.ContactLastName: "abel0x0"}}})))
	must(t, s.contacts.AddHistory(ctx, opera, []domain.HistoryEntry{
		{Number: "404", Import: "i", Field: "criterion:GENRE", After: "ROCK"}, {Number: number(2), Import: "i", Field: "criterion:GENRE", After: "ROCK"}}))
	emails := s.tables[1]
	raw := func(pk, sk string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
	}
	put := func(it map[string]types.AttributeValue) {
		t.Helper()
		_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &emails, Item: it})
		must(t, err)
	}
	del := func(kind string, n domain.ContactNumber) {
		t.Helper()
		for _, it := range lookupsOf(t, s.client, emails) {
			pk, sk := stringOf(it["pk"]), stringOf(it["sk"])
			if strings.HasPrefix(pk, kind) && (sk == string(n) || strings.HasSuffix(sk, "\t"+string(n))) {
				_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &emails, Key: raw(pk, sk)})
				must(t, err)
			}
		}
	}
	del("opera#email#", number(3))
	del("opera#name#", number(4))
	put(raw("opera#email#nobody", "999"))
	put(raw("opera-club#email#nobody", "999"))
	young := raw("opera#email#soon", "998")
	young["at"] = &types.AttributeValueMemberN{Value: fmt.Sprint(now.Add(-time.Hour).Unix())}
	put(young)

	want = dynamo.LookupReport{Contacts: 512, Lookups: want.Lookups + 1, Claims: 6, Histories: 2, Missing: 2,
		Stale: 3, StaleClaims: 1, StaleHistories: 1}
	if diff := cmp.Diff(want, check(false)); diff != "" {
		t.Fatal(diff)
	}
	repaired := want
	repaired.Repaired, repaired.Lookups = 7, want.Lookups+2
	if diff := cmp.Diff(repaired, check(true)); diff != "" {
		t.Fatal(diff)
	}
	want = dynamo.LookupReport{Contacts: 512, Lookups: want.Lookups - 1, Claims: 5, Histories: 1}
	if diff := cmp.Diff(want, check(true)); diff != "" {
		t.Fatal(diff)
	}
	now = now.Add(48 * time.Hour) // nobody comes any more
	if r := check(true); r.Stale != 1 || r.Repaired != 1 {
		t.Errorf("%+v", r)
	}
	for email, n := range map[string]domain.ContactNumber{"c3@example.org": number(3), "new@example.org": number(1)} {
		by, err := s.contacts.ByEmail(ctx, opera, []string{email})
		must(t, err)
		if diff := cmp.Diff(map[string][]domain.ContactNumber{email: {n}}, by); diff != "" {
			t.Error(diff)
		}
	}
	_, err = s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &emails, Key: raw("opera-club#email#nobody", "999")})
	must(t, err)
}

// valueSize is what the service counts for a value.
func valueSize(v map[string]any) int {
	for kind, x := range v {
		switch kind {
		case "S":
			return len(x.(string))
		case "N":
			return len(x.(string))/2 + 1
		case "B":
			return len(x.(string)) / 4 * 3 // base64
		case "M":
			n := 3
			for k, y := range x.(map[string]any) {
				n += 1 + len(k) + valueSize(y.(map[string]any))
			}
			return n
		}
	}
	return 1
}
