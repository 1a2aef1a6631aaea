package dynamo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/emulator"
	"rollbook/internal/testing/storetest"
)

const opera domain.InstitutionID = "opera"

// A network passes calls on to the service, or fails as it is told.
type network struct {
	// fail is told the operation and body of each call, and how often the same
	// call came before.
	fail func(op string, body []byte, before int) (*http.Response, error)
	// heard is told what the service answered to a call.
	heard func(op string, answer []byte)
	calls atomic.Int64
	mu    sync.Mutex
	seen  map[string]int
}

func (n *network) Do(r *http.Request) (*http.Response, error) {
	n.calls.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var call any // in one order: the client writes maps in any
	if err := json.Unmarshal(body, &call); err != nil {
		return nil, err
	}
	same, err := json.Marshal(call)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	before := n.seen[op+string(same)]
	n.seen[op+string(same)]++
	n.mu.Unlock()
	if n.fail != nil {
		resp, err := n.fail(op, body, before)
		if errors.Is(err, errLost) { // the service does it, the answer is lost
			if resp, err := http.DefaultClient.Do(r); err == nil {
				resp.Body.Close()
			}
			return nil, err
		}
		if resp != nil || err != nil {
			return resp, err
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil || n.heard == nil {
		return resp, err
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	n.heard(op, answer)
	return resp, err
}

var errLost = fmt.Errorf("connection reset: %w", io.ErrUnexpectedEOF)

func answer(status int, body any) *http.Response {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(bytes.NewReader(b)), ContentLength: int64(len(b))}
}

func refusal(status int, code string) *http.Response {
	return answer(status, map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": "anna@example.org"})
}

// Ways to fail.
var (
	throttled = func(_ string, _ []byte, before int) (*http.Response, error) {
		if before < 2 {
			return refusal(400, "ProvisionedThroughputExceededException"), nil
		}
		return nil, nil
	}
	broken = func(_ string, _ []byte, before int) (*http.Response, error) {
		if before < 2 {
			return refusal(500, "InternalServerError"), nil
		}
		return nil, nil
	}
	lost = func(_ string, _ []byte, before int) (*http.Response, error) {
		if before == 0 {
			return nil, errLost
		}
		return nil, nil
	}
	dead = func(string, []byte, int) (*http.Response, error) {
		return refusal(400, "ThrottlingException"), nil
	}
	denied = func(string, []byte, int) (*http.Response, error) {
		return refusal(400, "AccessDeniedException"), nil
	}
)

type stores struct {
	net       *network
	client    *dynamodb.Client // beside the network
	tables    []string         // of contacts
	contacts  *dynamo.Contacts
	catalogue *dynamo.Catalogue
	jobs      *dynamo.Jobs
	jobsTable string
}

// connected returns stores behind a network that works until fail is set. The
// client does not retry, and nothing waits.
func connected(t *testing.T) stores {
	t.Helper()
	conf := settings(t)
	n := &network{seen: map[string]int{}}
	db := dynamo.Open(conf, func(o *dynamodb.Options) { o.HTTPClient = n })
	// Time passes by waiting only, and each wait is the longest that may be drawn,
	// so that attempts can be counted.
	var waited atomic.Int64
	db.Retry = dynamo.Retry{Patience: 30 * time.Second, Now: func() time.Time { return time.Unix(0, waited.Load()) },
		Sleep: func(ctx context.Context, d time.Duration) error { waited.Add(int64(d)); return ctx.Err() },
		Draw:  func(most time.Duration) time.Duration { return most }}
	tables := []string{emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf)}
	jobs := emulator.Table(t, conf)
	s := stores{net: n, client: dynamodb.NewFromConfig(conf), tables: tables,
		contacts:  dynamo.NewContacts(db, tables[0], tables[1], tables[2], tables[3]),
		catalogue: dynamo.NewCatalogue(db, emulator.Table(t, conf)),
		jobs:      dynamo.NewJobs(db, jobs),
		jobsTable: jobs,
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func number(i int) domain.ContactNumber { return domain.ContactNumber(fmt.Sprintf("%05d", i)) }

// seed makes contacts 0 to n-1 with GENRE ROCK.
func seed(t *testing.T, s stores, n int) {
	t.Helper()
	must(t, s.contacts.Load(t.Context(), opera, func(yield func(domain.Contact) bool) {
		for i := range n {
			if !yield(domain.Contact{Number: number(i), Fields: map[domain.Field]domain.Value{"criterion:GENRE": "ROCK",
				domain.ContactEmail: domain.Value(fmt.Sprintf("c%d@example.org", i)), domain.ContactLastName: "Smith"}}) {
				return
			}
		}
	}))
}

// writes makes n writes of one import, ROCK to POP.
func writes(n int, imp string) []domain.Write {
	var ws []domain.Write
	for i := range n {
		ws = append(ws, domain.Write{Number: number(i), If: map[domain.Field]domain.Value{"criterion:GENRE": "ROCK"},
			Set:    map[domain.Field]domain.Value{"criterion:GENRE": "POP"},
			Ticket: storetest.TicketOf(imp), Strict: true,
			Applied: domain.Applied{Import: imp, Line: i + 2, Before: map[domain.Field]domain.Value{"criterion:GENRE": "ROCK"}}})
	}
	return ws
}

// did counts the writes that are done, by this call or an earlier one.
func did(t *testing.T, ws []domain.Write, out []domain.Written) (now, earlier int) {
	t.Helper()
	for i, w := range out {
		switch {
		case w.Err != nil:
			t.Fatalf("write %d: %v", i, w.Err)
		case w.Done:
			now++
		case w.Own != nil && w.Own.Line == ws[i].Applied.Line:
			earlier++
		default:
			t.Fatalf("write %d: %+v", i, w)
		}
	}
	return now, earlier
}

func TestWriteSurvives(t *testing.T) {
	for name, test := range map[string]struct {
		fail         func(string, []byte, int) (*http.Response, error)
		now, earlier int
	}{
		"throttling":       {throttled, 250, 0},
		"errors 500":       {broken, 250, 0},
		"answers lost":     {lost, 0, 250},
		"statements apart": {statementsPutOff, 250, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := connected(t)
			seed(t, s, 250)
			s.net.fail = test.fail
			ws := writes(250, "import-1")
			out, err := s.contacts.Write(t.Context(), opera, ws)
			must(t, err)
			if now, earlier := did(t, ws, out); now != test.now || earlier != test.earlier {
				t.Errorf("%d done now, %d found done; want %d and %d", now, earlier, test.now, test.earlier)
			}
			s.net.fail = nil
			for c, err := range s.contacts.All(t.Context(), opera) {
				must(t, err)
				if c.Get("criterion:GENRE") != "POP" || c.Mark != storetest.TicketOf("import-1").Order {
					t.Fatalf("contact %s has %q by %v", c.Number, c.Get("criterion:GENRE"), c.Stamps)
				}
			}
		})
	}
}

// statementsPutOff answers some statements of each batch with the faults that
// the service has for one statement, the first times, and the others truly.
func statementsPutOff(op string, body []byte, _ int) (*http.Response, error) {
	if op != "BatchExecuteStatement" {
		return nil, nil
	}
	var in struct{ Statements []json.RawMessage }
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if len(in.Statements) < 5 {
		return nil, nil
	}
	codes := []string{"ThrottlingError", "ProvisionedThroughputExceeded", "InternalServerError", "TransactionConflict", "RequestLimitExceeded"}
	responses := make([]any, len(in.Statements))
	var through []json.RawMessage
	for i, st := range in.Statements {
		if i%2 == 0 {
			responses[i] = map[string]any{"Error": map[string]string{"Code": codes[i%len(codes)], "Message": "later"}}
		} else {
			through = append(through, st)
		}
	}
	b, err := json.Marshal(map[string]any{"Statements": through})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, endpoint, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.BatchExecuteStatement")
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/"+emulator.Region+"/dynamodb/aws4_request, SignedHeaders=host, Signature=x")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var out struct{ Responses []json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || len(out.Responses) != len(through) {
		return nil, fmt.Errorf("passed on %d, got %d: %v", len(through), len(out.Responses), err)
	}
	for i := range responses {
		if responses[i] == nil {
			responses[i], out.Responses = out.Responses[0], out.Responses[1:]
		}
	}
	return answer(200, map[string]any{"Responses": responses}), nil
}

// endpoint is the emulator's address.
var endpoint string

func TestMain(m *testing.M) {
	t := &mainT{}
	endpoint = aws.ToString(settings(t).BaseEndpoint)
	// Each check makes hundreds of requests; -rapid.checks asks for more.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		t.Fatalf("%v", err)
	}
	m.Run()
}

// mainT stands in for a test.
type mainT struct{}

func (*mainT) Helper()                           {}
func (*mainT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (*mainT) Cleanup(func())                    {}

func TestWriteEndsBusy(t *testing.T) {
	s := connected(t)
	seed(t, s, 60)
	// One request after the other: those that run at once would share the clock,
	// and who comes last would find the patience spent.
	s.contacts.Concurrency = 1
	s.net.fail, s.net.calls = dead, atomic.Int64{}
	out, err := s.contacts.Write(t.Context(), opera, writes(60, "import-1"))
	must(t, err)
	for i, w := range out {
		if w.Done || w.Live != nil || fault.KindOf(w.Err) != fault.Busy {
			t.Fatalf("write %d: %+v, want Busy", i, w)
		}
	}
	// Waits of 25 ms, 50 ms … 3.2 s and four times 5 s fit in the 30 s of patience.
	if n := s.net.calls.Load(); n != 3*13 {
		t.Errorf("%d calls of 3 requests, want 39", n)
	}
	// What was put off for ever does not hold up the others.
	s.net.fail = func(op string, body []byte, before int) (*http.Response, error) {
		if op != "BatchExecuteStatement" || !bytes.Contains(body, []byte(number(30))) {
			return nil, nil
		}
		return refusal(400, "RequestLimitExceeded"), nil
	}
	out, err = s.contacts.Write(t.Context(), opera, writes(60, "import-2"))
	must(t, err)
	for i, w := range out {
		if busy := i >= 25 && i < 50; busy != (w.Err != nil) || busy == w.Done {
			t.Fatalf("write %d: %+v", i, w)
		}
	}
}

func TestWriteRefusedIsAnError(t *testing.T) {
	s := connected(t)
	s.net.fail = denied
	_, err := s.contacts.Write(t.Context(), opera, writes(3, "import-1"))
	if err == nil || fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), "anna") {
		t.Errorf("the error is %v", err)
	}
}

func TestReadsSurvive(t *testing.T) {
	half := func(op string, body []byte, before int) (*http.Response, error) {
		if op != "BatchGetItem" {
			return nil, nil
		}
		return unprocessed(body, func(keys []json.RawMessage) (now, later []json.RawMessage) {
			if len(keys) == 1 && before == 0 {
				return nil, keys
			}
			return keys[:(len(keys)+1)/2], keys[(len(keys)+1)/2:]
		})
	}
	for name, fail := range map[string]func(string, []byte, int) (*http.Response, error){
		"throttling": throttled, "errors 500": broken, "answers lost": lost, "keys unprocessed again and again": half,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := connected(t)
			seed(t, s, 450)
			s.net.fail = fail
			var ask []domain.ContactNumber
			for i := range 500 {
				ask = append(ask, number(i))
			}
			got, err := s.contacts.GetMany(t.Context(), opera, ask)
			must(t, err)
			if len(got) != 450 {
				t.Errorf("%d contacts of 450", len(got))
			}
			if c, err := s.contacts.Get(t.Context(), opera, number(7)); err != nil || c.Email() != "c7@example.org" {
				t.Errorf("Get: %v", err)
			}
			n := 0
			for c, err := range s.contacts.All(t.Context(), opera) {
				must(t, err)
				if c.Number != number(n) {
					t.Fatalf("contact %d is %s", n, c.Number)
				}
				n++
			}
			if n != 450 {
				t.Errorf("All gives %d of 450", n)
			}
			by, err := s.contacts.ByEmail(t.Context(), opera, []string{"c3@example.org", "C4@example.org", "none@example.org"})
			must(t, err)
			if diff := cmp.Diff(map[string][]domain.ContactNumber{"c3@example.org": {number(3)}, "C4@example.org": {number(4)}}, by); diff != "" {
				t.Error(diff)
			}
			cs, _, err := s.contacts.Find(t.Context(), opera, "smi", 100, "")
			must(t, err)
			if len(cs) != 100 {
				t.Errorf("Find gives %d", len(cs))
			}
		})
	}
}

// unprocessed passes on a part of a BatchGetItem's keys and gives back the rest.
func unprocessed(body []byte, split func([]json.RawMessage) (now, later []json.RawMessage)) (*http.Response, error) {
	var in struct {
		RequestItems map[string]struct {
			ConsistentRead bool
			Keys           []json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	out := map[string]any{"Responses": map[string]any{}, "UnprocessedKeys": map[string]any{}}
	for table, r := range in.RequestItems {
		now, later := split(r.Keys)
		items := []json.RawMessage{}
		if len(now) > 0 {
			b, err := json.Marshal(map[string]any{"RequestItems": map[string]any{table: map[string]any{"ConsistentRead": true, "Keys": now}}})
			if err != nil {
				return nil, err
			}
			q, err := http.NewRequest(http.MethodPost, endpoint, bytes.NewReader(b))
			if err != nil {
				return nil, err
			}
			q.Header.Set("X-Amz-Target", "DynamoDB_20120810.BatchGetItem")
			q.Header.Set("Content-Type", "application/x-amz-json-1.0")
			q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/"+emulator.Region+"/dynamodb/aws4_request, SignedHeaders=host, Signature=x")
			resp, err := http.DefaultClient.Do(q)
			if err != nil {
				return nil, err
			}
			defer resp.Body.Close()
			var got struct{ Responses map[string][]json.RawMessage }
			if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
				return nil, err
			}
			items = append(items, got.Responses[table]...)
		}
		out["Responses"].(map[string]any)[table] = items
		if len(later) > 0 {
			out["UnprocessedKeys"].(map[string]any)[table] = map[string]any{"ConsistentRead": true, "Keys": later}
		}
	}
	return answer(200, out), nil
}

func TestReadsEndBusyAndNeverAsMissing(t *testing.T) {
	s := connected(t)
	seed(t, s, 100)
	never := func(op string, body []byte, _ int) (*http.Response, error) {
		if op != "BatchGetItem" {
			return refusal(503, "ServiceUnavailable"), nil
		}
		return unprocessed(body, func(keys []json.RawMessage) (now, later []json.RawMessage) {
			if len(keys) > 1 {
				return keys[:1], keys[1:]
			}
			return nil, keys
		})
	}
	s.net.fail, s.net.calls = never, atomic.Int64{}
	var ask []domain.ContactNumber
	for i := range 100 {
		ask = append(ask, number(i))
	}
	got, err := s.contacts.GetMany(t.Context(), opera, ask)
	if fault.KindOf(err) != fault.Busy || err == nil || got != nil {
		t.Errorf("%d contacts, %v; want Busy", len(got), err)
	}
	// 99 that read one contact each, and 12 for the last one, with waits of 25 ms,
	// 50 ms … 3.2 s and four times 5 s before them, until the 30 s of patience end.
	if n := s.net.calls.Load(); n != 99+12 {
		t.Errorf("%d calls, want 111", n)
	}
	if _, err := s.contacts.Get(t.Context(), opera, number(1)); fault.KindOf(err) != fault.Busy {
		t.Errorf("Get: %v; want Busy", err)
	}
	var last error
	for _, err := range s.contacts.All(t.Context(), opera) {
		last = err
	}
	if fault.KindOf(last) != fault.Busy {
		t.Errorf("All: %v; want Busy", last)
	}
	if _, err := s.contacts.ByEmail(t.Context(), opera, []string{"c1@example.org"}); fault.KindOf(err) != fault.Busy {
		t.Errorf("ByEmail: %v; want Busy", err)
	}
	if _, _, err := s.contacts.Find(t.Context(), opera, "", 10, ""); fault.KindOf(err) != fault.Busy {
		t.Errorf("Find: %v; want Busy", err)
	}
	if _, err := s.catalogue.Catalogue(t.Context(), opera); fault.KindOf(err) != fault.Busy {
		t.Errorf("Catalogue: %v; want Busy", err)
	}
	if _, err := s.jobs.Import(t.Context(), opera, "i1"); fault.KindOf(err) != fault.Busy {
		t.Errorf("Import: %v; want Busy", err)
	}
	if _, _, err := s.jobs.CreateImport(t.Context(), domain.Import{ID: "i1", Institution: opera}, domain.Once{}, ""); fault.KindOf(err) != fault.Busy {
		t.Errorf("CreateImport: %v; want Busy", err)
	}
}

func TestLoadSurvivesUnprocessedItems(t *testing.T) {
	s := connected(t)
	s.net.fail = func(op string, body []byte, before int) (*http.Response, error) {
		if op != "BatchWriteItem" || before > 0 {
			return nil, nil
		}
		var in struct{ RequestItems map[string][]json.RawMessage }
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		return answer(200, map[string]any{"UnprocessedItems": in.RequestItems}), nil
	}
	seed(t, s, 100)
	n := 0
	for _, err := range s.contacts.All(t.Context(), opera) {
		must(t, err)
		n++
	}
	if n != 100 {
		t.Errorf("%d contacts of 100", n)
	}
	s.net.fail = dead
	err := s.contacts.Load(t.Context(), opera, slices.Values([]domain.Contact{{Number: "1"}}))
	if fault.KindOf(err) != fault.Busy {
		t.Errorf("Load: %v; want Busy", err)
	}
}

func TestEverythingIsDoneOnce(t *testing.T) {
	for name, fail := range map[string]func(string, []byte, int) (*http.Response, error){
		"throttling": throttled, "errors 500": broken, "answers lost": lost,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := connected(t)
			s.net.fail = fail
			ctx := t.Context()

			created, err := s.contacts.Put(ctx, opera, domain.Contact{Number: "1", Fields: map[domain.Field]domain.Value{domain.ContactEmail: "a@example.org"}}, domain.Provenance{})
			must(t, err)
			if !created {
				t.Error("Put: not created")
			}
			c, err := s.contacts.Get(ctx, opera, "1")
			must(t, err)
			c.Fields["criterion:GENRE"] = "ROCK"
			_, err = s.contacts.Put(ctx, opera, c, domain.Provenance{})
			must(t, err)
			out, err := s.contacts.Write(ctx, opera, []domain.Write{{Number: "1", Set: map[domain.Field]domain.Value{domain.ContactEmail: "b@example.org"}, Ticket: storetest.TicketOf("import-1"), Applied: domain.Applied{Import: "i", Line: 2}}})
			must(t, err)
			if !out[0].Done {
				t.Errorf("Write: %+v", out[0])
			}
			c, err = s.contacts.Get(ctx, opera, "1")
			must(t, err)
			if c.Version != 2 || c.Email() != "b@example.org" {
				t.Errorf("contact is %+v", c)
			}
			must(t, s.contacts.Delete(ctx, opera, "1"))

			must(t, s.catalogue.PutSettings(ctx, opera, domain.Settings{Name: "Opera"}))
			must(t, s.catalogue.PutField(ctx, opera, domain.FieldDef{Code: "GENRE", Kind: domain.Text}))
			must(t, s.catalogue.PutField(ctx, opera, domain.FieldDef{Code: "GENRE", Kind: domain.Text, Version: 1}))
			must(t, s.catalogue.MarkUsed(ctx, opera, map[domain.Field][]string{"criterion:GENRE": nil}))
			must(t, s.catalogue.PutField(ctx, opera, domain.FieldDef{Code: "OTHER", Kind: domain.Text}))
			must(t, s.catalogue.DeleteField(ctx, opera, "criterion:OTHER"))
			must(t, s.catalogue.PutTarget(ctx, opera, domain.Target{ID: "t1", Condition: []byte("{}")}))
			must(t, s.catalogue.PutTarget(ctx, opera, domain.Target{ID: "t1", Condition: []byte("{}"), Version: 1}))
			must(t, s.catalogue.DeleteTarget(ctx, opera, "t1"))
			cat, err := s.catalogue.Catalogue(ctx, opera)
			must(t, err)
			if len(cat.Fields) != 1 || !cat.Fields[0].Used {
				t.Errorf("catalogue is %+v", cat)
			}

			imp, created, err := s.jobs.CreateImport(ctx, domain.Import{ID: "i1", Institution: opera}, domain.Once{Key: "k", Digest: "d"}, "")
			must(t, err)
			if !created || imp.ID != "i1" {
				t.Errorf("CreateImport: %v %v", created, imp.ID)
			}
			_, created, err = s.jobs.CreateImport(ctx, domain.Import{ID: "i2", Institution: opera, Of: "i1", OfKind: "undo"}, domain.Once{}, "")
			must(t, err)
			if !created {
				t.Error("follow-up: not created")
			}
			for range 3 {
				_, err = s.jobs.ChangeImport(ctx, opera, "i1", func(i *domain.Import) error { i.Rows++; return nil })
				must(t, err)
			}
			imp, err = s.jobs.Import(ctx, opera, "i1")
			must(t, err)
			if imp.Rows != 3 || imp.Version != 5 || imp.UndoneBy != "i2" {
				t.Errorf("%d rows, version %d, undone by %q; want 3, 5, i2", imp.Rows, imp.Version, imp.UndoneBy)
			}
			must(t, s.jobs.SetProgress(ctx, opera, "i1", 0, domain.Counts{Rows: 1, Updated: 1}))
			sum, err := s.jobs.Progress(ctx, opera, "i1")
			must(t, err)
			if diff := cmp.Diff(domain.Counts{Rows: 1, Updated: 1}, sum); diff != "" {
				t.Error(diff)
			}
			_, created, err = s.jobs.CreateTemplate(ctx, domain.Template{ID: "t1", Institution: opera}, domain.Once{Key: "k", Digest: "d"})
			must(t, err)
			if !created {
				t.Error("CreateTemplate: not created")
			}
		})
	}
}

func TestTransactionsThatConflictAreTriedAgain(t *testing.T) {
	s := connected(t)
	s.net.fail = func(op string, _ []byte, _ int) (*http.Response, error) {
		if op != "TransactWriteItems" || s.net.calls.Load()%4 != 0 {
			return nil, nil
		}
		return answer(400, map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "cancelled",
			"CancellationReasons": []map[string]string{{"Code": "TransactionConflict"}, {"Code": "None"}}}), nil
	}
	for i := range 6 {
		_, err := s.contacts.Put(t.Context(), opera, domain.Contact{Number: number(i), Fields: map[domain.Field]domain.Value{domain.ContactEmail: "a@example.org"}}, domain.Provenance{})
		must(t, err)
	}
	by, err := s.contacts.ByEmail(t.Context(), opera, []string{"a@example.org"})
	must(t, err)
	if len(by["a@example.org"]) != 6 {
		t.Errorf("%d contacts of 6", len(by["a@example.org"]))
	}
}

func TestALookUpThatNoLongerFitsIsSkipped(t *testing.T) {
	s := connected(t)
	seed(t, s, 3)
	// Load does not remove the look-ups of what it replaces.
	must(t, s.contacts.Load(t.Context(), opera, slices.Values([]domain.Contact{{Number: number(1), Fields: map[domain.Field]domain.Value{
		domain.ContactEmail: "new@example.org", domain.ContactLastName: "Smithers"}}})))
	by, err := s.contacts.ByEmail(t.Context(), opera, []string{"c1@example.org", "new@example.org"})
	must(t, err)
	if diff := cmp.Diff(map[string][]domain.ContactNumber{"new@example.org": {number(1)}}, by); diff != "" {
		t.Error(diff)
	}
	for q, want := range map[string]int{"c1@example.org": 0, "new@example.org": 1, "smith": 3, "smithe": 1} {
		cs, _, err := s.contacts.Find(t.Context(), opera, q, 10, "")
		must(t, err)
		if len(cs) != want {
			t.Errorf("Find(%q) gives %d, want %d", q, len(cs), want)
		}
	}
}

func TestAnOrdinaryContactCostsOneWriteUnit(t *testing.T) {
	// All own fields, 8 criteria and 3 authorisations, all with provenance of an
	// import, and the stamps of eight imports.
	s := connected(t)
	c := domain.Contact{Number: "0012345678", Fields: map[domain.Field]domain.Value{
		domain.ContactEmail: "maximiliane.mustermann@example.org", domain.ContactTitle: "Frau", domain.ContactFirstName: "Maximiliane", domain.ContactLastName: "Mustermann",
		domain.ContactLanguage: "de", domain.ContactBirthDate: "1980-01-31", domain.ContactPhone: "+41791234567", domain.ContactStreet: "Bahnhofstrasse 12",
		domain.ContactPostcode: "8001", domain.ContactCity: "Zürich", domain.ContactCountry: "CH",
	}, Provenance: map[domain.Field]domain.Provenance{},
		Origin: domain.Origin{Import: "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6072", Line: 654321},
		Mark:   "t8z1k0d", Stamps: map[int]domain.Stamp{}}
	for slot := range 8 {
		c.Stamps[slot] = domain.Stamp{Order: "t8z1k0d", Line: 123456, Kind: domain.Strict}
	}
	p := domain.Provenance{At: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), Import: "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6071"}
	for i := range 11 {
		f := domain.Field(fmt.Sprintf("criterion:GENRE%d", i))
		c.Fields[f] = "ROCK"
		if i >= 8 {
			delete(c.Fields, f)
			f = domain.Field(fmt.Sprintf("authorisation:MAIL%d", i))
			c.Fields[f] = "true"
		}
		c.Provenance[f] = p
	}
	var sizes []int
	s.net.fail = func(op string, body []byte, _ int) (*http.Response, error) {
		if op == "BatchWriteItem" {
			sizes = itemSizes(body)
		}
		return nil, nil
	}
	must(t, s.contacts.Load(t.Context(), opera, slices.Values([]domain.Contact{c})))
	t.Logf("contact and look-ups have %v bytes", sizes)
	if len(sizes) != 3 || slices.Max(sizes) > 1024 {
		t.Errorf("contact and look-ups have %v bytes, want 3 of at most 1024", sizes)
	}
	got, err := s.contacts.Get(t.Context(), opera, c.Number)
	must(t, err)
	c.Version = 1
	if diff := cmp.Diff(c, got); diff != "" {
		t.Error(diff)
	}
}

// itemSizes returns the sizes of the items in a BatchWriteItem as the service
// counts them: names and values, 3 bytes for a map and 1 for each entry.
func itemSizes(body []byte) []int {
	var in struct {
		RequestItems map[string][]struct {
			PutRequest struct{ Item map[string]map[string]any }
		}
	}
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	var sizes []int
	for _, rs := range in.RequestItems {
		for _, r := range rs {
			n := 0
			for k, v := range r.PutRequest.Item {
				n += len(k) + valueSize(v)
			}
			sizes = append(sizes, n)
		}
	}
	return sizes
}
