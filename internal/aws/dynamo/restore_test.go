package dynamo_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/local/emulator"
)

type attributes = map[string]types.AttributeValue

// unexported: the values of the SDK have a field of its own.
var unexported = cmp.Exporter(func(reflect.Type) bool { return true })

func thing(n int, text string) attributes {
	return attributes{"pk": &types.AttributeValueMemberS{Value: fmt.Sprint("p", n%7)}, "sk": &types.AttributeValueMemberS{Value: fmt.Sprint("s", n)},
		"text": &types.AttributeValueMemberS{Value: text}, "list": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: fmt.Sprint(n)}}}}
}

// A table is what its copy is, whatever happened to it since, and also after a
// restoration that broke off; only what differs is written.
func TestRestore(t *testing.T) {
	s := connected(t)
	conf := settings(t)
	from, to := emulator.Table(t, conf), emulator.Table(t, conf)
	put := func(name string, its ...attributes) {
		t.Helper()
		for len(its) > 0 {
			n := min(25, len(its))
			var ws []types.WriteRequest
			for _, it := range its[:n] {
				ws = append(ws, types.WriteRequest{PutRequest: &types.PutRequest{Item: it}})
			}
			_, err := s.client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: ws}})
			must(t, err)
			its = its[n:]
		}
	}
	all := func(name string) map[string]attributes {
		t.Helper()
		out := map[string]attributes{}
		pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{TableName: &name, ConsistentRead: aws.Bool(true)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			must(t, err)
			for _, it := range page.Items {
				out[it["pk"].(*types.AttributeValueMemberS).Value+it["sk"].(*types.AttributeValueMemberS).Value] = it
			}
		}
		return out
	}
	const n = 600
	var before, now []attributes
	var want dynamo.Restored
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		before = append(before, thing(i, "before"))
		switch r.IntN(4) {
		case 0: // it was lost
			want.Put++
		case 1: // it was changed
			now = append(now, thing(i, "changed"))
			want.Put++
		default:
			now = append(now, thing(i, "before"))
			want.Same++
		}
	}
	for i := range 50 {
		now = append(now, thing(n+i, "new"))
		want.Deleted++
	}
	put(from, before...)
	put(to, now...)
	// The first time it breaks off.
	var batches atomic.Int64
	s.net.fail = func(op string, _ []byte, _ int) (*http.Response, error) {
		if op == "BatchWriteItem" && batches.Add(1) > 4 {
			return refusal(400, "AccessDeniedException"), nil
		}
		return nil, nil
	}
	if _, err := dynamo.Restore(t.Context(), s.contacts.DB, from, to); err == nil {
		t.Fatal("it has not noticed")
	}
	s.net.fail = nil
	half := all(to)
	if cmp.Equal(all(from), half, unexported) {
		t.Fatal("nothing was left to do")
	}
	second, err := dynamo.Restore(t.Context(), s.contacts.DB, from, to)
	must(t, err)
	if d := cmp.Diff(all(from), all(to), unexported); d != "" {
		t.Error(d)
	}
	if second.Same+second.Put != n || second.Put >= want.Put || second.Deleted > want.Deleted {
		t.Errorf("the second time: %+v, of %+v in all", second, want)
	}
	third, err := dynamo.Restore(t.Context(), s.contacts.DB, from, to)
	must(t, err)
	if third != (dynamo.Restored{Same: n}) {
		t.Errorf("the third time: %+v", third)
	}
}
