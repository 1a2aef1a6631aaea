package dynamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/emulator"
)

// A post keeps requests that write contacts back, as a network may, and delivers
// them when it is told.
type post struct {
	mu   sync.Mutex
	kept []held
}

type held struct {
	op   string
	body []byte
}

func (p *post) keep(table string) func(op string, body []byte, before int) (*http.Response, error) {
	return func(op string, body []byte, _ int) (*http.Response, error) {
		if op != "BatchExecuteStatement" && op != "TransactWriteItems" || !bytes.Contains(body, []byte(table)) {
			return nil, nil
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.kept = append(p.kept, held{op, bytes.Clone(body)})
		return nil, fmt.Errorf("no answer")
	}
}

// deliver sends all that was kept, oldest last, and returns how many there were.
func (p *post) deliver(t *testing.T) int {
	t.Helper()
	for _, h := range slices.Backward(p.kept) {
		r, err := http.NewRequest(http.MethodPost, endpoint, bytes.NewReader(h.body))
		must(t, err)
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+h.op)
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/"+emulator.Region+"/dynamodb/aws4_request, SignedHeaders=host, Signature=x")
		resp, err := http.DefaultClient.Do(r)
		must(t, err)
		resp.Body.Close()
	}
	return len(p.kept)
}

// table returns all items of a table, as text.
func table(t *testing.T, s stores, name string) []string {
	t.Helper()
	var out []string
	pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{TableName: aws.String(name), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, it := range page.Items {
			b, err := json.Marshal(it)
			must(t, err)
			out = append(out, string(b))
		}
	}
	slices.Sort(out)
	return out
}

// Requests of an import that come when its account is closed and its slot is
// another's change nothing: what it did not write, it burnt.
func TestLateRequestsChangeNothing(t *testing.T) {
	s := connected(t)
	ctx := t.Context()
	seed(t, s, 40)
	a, b, c := domain.Ticket{Slot: 0, Order: "t000001"}, domain.Ticket{Slot: 0, Order: "t000002"}, domain.Ticket{Slot: 1, Order: "t000003"}
	of := func(line int) domain.Applied { return domain.Applied{Import: "import-1", Line: line} }
	var ws []domain.Write
	for i := range 20 {
		w := domain.Write{Number: number(i), If: map[domain.Field]domain.Value{"criterion:GENRE": "ROCK"}, Set: map[domain.Field]domain.Value{"criterion:GENRE": "POP"},
			Ticket: a, Strict: i%2 == 0, Applied: of(i)}
		if i%3 == 0 {
			w.Set[domain.ContactLastName] = "Late"
		}
		w.Applied.Before = w.If
		ws = append(ws, w)
	}
	var crs []domain.Creation
	for i := range 12 {
		cr := domain.Creation{Ticket: a, Applied: of(100 + i), Fields: map[domain.Field]domain.Value{domain.ContactLastName: domain.Value(fmt.Sprint("Late", i)),
			domain.ContactEmail: domain.Value(fmt.Sprintf("late%d@example.org", i))}}
		if i%2 == 0 {
			cr.Number = number(1000 + i)
		}
		if i%3 > 0 {
			cr.Identity = domain.EmailIdentity + fmt.Sprintf("late%d@example.org", i)
		}
		crs = append(crs, cr)
	}
	// Two of the numbers are held already: those creations are replacements.
	_, err := s.contacts.Burn(ctx, opera, []domain.Burn{{Number: number(1000), Ticket: c, Line: 1}, {Number: number(1004), Ticket: c, Line: 2}})
	must(t, err)
	// And some contacts another import made, which this one is to remove.
	var removals []domain.Write
	for i := range 6 {
		out, err := s.contacts.Create(ctx, opera, []domain.Creation{{Number: number(2000 + i), Ticket: c, Applied: domain.Applied{Import: "import-0", Line: i}, Fields: map[domain.Field]domain.Value{domain.ContactLastName: "Stays"}}})
		must(t, err)
		removals = append(removals, domain.Write{Number: out[0].Number, Ticket: a, Applied: domain.Applied{Import: "import-0", Line: 200 + i}, Provenance: domain.Provenance{Import: "import-1"}})
	}

	// Nothing of it arrives.
	p := &post{}
	s.net.fail = p.keep(s.tables[0])
	written, err := s.contacts.Write(ctx, opera, ws)
	must(t, err)
	for i, w := range written {
		if !w.Doubt || w.Done || fault.KindOf(w.Err) != fault.Busy {
			t.Fatalf("write %d: %+v", i, w)
		}
	}
	if made, err := s.contacts.Create(ctx, opera, crs); err == nil && slices.ContainsFunc(made, func(m domain.Made) bool { return m.Done }) {
		t.Fatalf("%+v", made)
	}
	if out, err := s.contacts.Remove(ctx, opera, removals); err == nil && slices.ContainsFunc(out, func(w domain.Written) bool { return w.Done }) {
		t.Fatalf("%+v", out)
	}
	s.net.fail = nil

	// The rest of its account: everything is burnt. Then another import has the slot.
	var bs []domain.Burn
	for _, w := range slices.Concat(ws, removals) {
		bs = append(bs, domain.Burn{Number: w.Number, Import: "import-1", Ticket: a, Line: w.Applied.Line})
	}
	for _, cr := range crs {
		bs = append(bs, domain.Burn{Number: cr.Number, Import: "import-1", Ticket: a, Line: cr.Applied.Line})
	}
	burned, err := s.contacts.Burn(ctx, opera, bs)
	must(t, err)
	for i, d := range burned {
		if d.Err != nil || d.Own.Kind != domain.Burnt {
			t.Fatalf("burn %d: %+v", i, d)
		}
	}
	for i := range ws {
		if i%2 == 0 {
			ws[i].Ticket, ws[i].Set = b, map[domain.Field]domain.Value{"criterion:GENRE": "ROCK", "criterion:NOTE": "x"}
		}
	}
	if _, err := s.contacts.Write(ctx, opera, slices.DeleteFunc(slices.Clone(ws), func(w domain.Write) bool { return w.Ticket != b })); err != nil {
		t.Fatal(err)
	}
	must(t, s.contacts.Delete(ctx, opera, number(1)))
	before := table(t, s, s.tables[0])
	if n := p.deliver(t); n < 20 {
		t.Errorf("only %d requests were kept back", n)
	}
	if diff := cmp.Diff(before, table(t, s, s.tables[0])); diff != "" {
		t.Errorf("late requests changed contacts:\n%s", diff)
	}
	if late := slices.ContainsFunc(before, func(s string) bool { return strings.Contains(s, "Late") }); late {
		t.Error("something arrived early")
	}
}

// A copy of an import's plan that is overtaken by another, between its look at
// the slots and its taking one, takes none: the import would hold two.
func TestAnOvertakenCopyTakesNoSecondSlot(t *testing.T) {
	s := connected(t)
	ctx := t.Context()
	old, err := s.jobs.TakeSlot(ctx, opera, "old")
	must(t, err)
	var want domain.Ticket
	s.net.fail = func(op string, body []byte, _ int) (*http.Response, error) {
		if op == "UpdateItem" && bytes.Contains(body, []byte("i1:")) {
			s.net.fail = nil // the rest is done at once
			must(t, s.jobs.FreeSlot(ctx, opera, "old", old))
			var err error
			want, err = s.jobs.TakeSlot(ctx, opera, "i1")
			must(t, err)
		}
		return nil, nil
	}
	got, err := s.jobs.TakeSlot(ctx, opera, "i1")
	must(t, err)
	held, err := s.jobs.HeldSlots(ctx, opera)
	must(t, err)
	if diff := cmp.Diff(map[string]domain.Ticket{"i1": want}, held); diff != "" || got != want {
		t.Errorf("got %+v; held (-want +got):\n%s", got, diff)
	}
}

// Of a late store the batches of contacts alone are read eventually consistent; it
// finds and writes as the other does.
func TestLateReads(t *testing.T) {
	s := connected(t)
	seed(t, s, 150)
	late := s.contacts.Late()
	var mu sync.Mutex
	consistent := map[string][]bool{}
	s.net.fail = func(op string, body []byte, _ int) (*http.Response, error) {
		var in struct {
			ConsistentRead bool
			RequestItems   map[string]struct{ ConsistentRead bool }
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		consistent[op] = append(consistent[op], in.ConsistentRead || in.RequestItems[s.tables[0]].ConsistentRead)
		return nil, nil
	}
	var ns []domain.ContactNumber
	for i := range 150 {
		ns = append(ns, number(i))
	}
	for _, c := range []struct {
		contacts *dynamo.Contacts
		want     bool
	}{{late, false}, {s.contacts, true}} {
		clear(consistent)
		found, err := c.contacts.GetMany(t.Context(), opera, ns)
		must(t, err)
		if len(found) != 150 || !slices.Equal(consistent["BatchGetItem"], []bool{c.want, c.want}) {
			t.Errorf("%d contacts by %v", len(found), consistent)
		}
		_, err = c.contacts.Get(t.Context(), opera, ns[0])
		must(t, err)
		_, _, err = c.contacts.Find(t.Context(), opera, "smith", 10, "")
		must(t, err)
		for _, op := range []string{"GetItem", "Query"} {
			if len(consistent[op]) == 0 || slices.Contains(consistent[op], false) {
				t.Errorf("%s: %v", op, consistent[op])
			}
		}
	}
}
