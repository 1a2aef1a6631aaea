package tenant_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/tenant"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// wire answers every request that is sent with nothing found, and counts them.
type wire struct{ sent int }

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.sent++
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func settings(w *wire) aws.Config {
	return aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), HTTPClient: w, RetryMaxAttempts: 1}
}

func bound(ctx context.Context, in domain.InstitutionID) context.Context {
	ctx = domain.Unbound(ctx)
	if in != "" {
		domain.Bind(ctx, in)
	}
	return ctx
}

type item = map[string]types.AttributeValue

func key(pk string) item {
	return item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: "x"}}
}

// Every kind of call under a key of the institution is sent; under another's, or where
// nobody can tell, it is not.
func TestItemsOfOneInstitution(t *testing.T) {
	table := aws.String("t")
	query := func(pk string, change func(*dynamodb.QueryInput)) *dynamodb.QueryInput {
		q := &dynamodb.QueryInput{TableName: table, KeyConditionExpression: aws.String("pk = :pk AND sk < :sk"), ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: pk}}}
		if change != nil {
			change(q)
		}
		return q
	}
	put := func(pk string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: table, Item: key(pk)}}
	}
	calls := map[string]func(ctx context.Context, c *dynamodb.Client, pk string) error{
		"GetItem": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key(pk)})
			return err
		},
		"PutItem": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: key(pk)})
			return err
		},
		"UpdateItem": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: key(pk)})
			return err
		},
		"DeleteItem": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key(pk)})
			return err
		},
		"Query": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.Query(ctx, query(pk, nil))
			return err
		},
		"BatchGetItem, the second": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: []item{key("aurora#01"), key(pk)}}}})
			return err
		},
		"BatchWriteItem, what is put": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"t": {{PutRequest: &types.PutRequest{Item: key(pk)}}}}})
			return err
		},
		"BatchWriteItem, what is deleted": func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"t": {{PutRequest: &types.PutRequest{Item: key("aurora")}}, {DeleteRequest: &types.DeleteRequest{Key: key(pk)}}}}})
			return err
		},
	}
	for name, other := range map[string]func(pk string) types.TransactWriteItem{
		"put": put,
		"update": func(pk string) types.TransactWriteItem {
			return types.TransactWriteItem{Update: &types.Update{TableName: table, Key: key(pk), UpdateExpression: aws.String("SET a = :a")}}
		},
		"delete": func(pk string) types.TransactWriteItem {
			return types.TransactWriteItem{Delete: &types.Delete{TableName: table, Key: key(pk)}}
		},
		"condition": func(pk string) types.TransactWriteItem {
			return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: key(pk), ConditionExpression: aws.String("a = :a")}}
		},
	} {
		calls["TransactWriteItems, "+name] = func(ctx context.Context, c *dynamodb.Client, pk string) error {
			_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("aurora"), other(pk)}})
			return err
		}
	}
	for name, call := range calls {
		for _, x := range []struct {
			in   domain.InstitutionID
			pk   string
			sent bool
		}{
			{"aurora", "aurora", true},
			{"aurora", "aurora#imports", true},
			{"aurora", "borealis", false},
			{"aurora", "borealis#imports", false},
			{"aurora", "aurora-2#imports", false},
			{"aurora", "aurora-2", false},
			{"aurora", "", false},
			{"aurora-2", "aurora#imports", false},
			{"", "aurora#imports", false},
			{"", "aurora", false},
			{"", "aurora#keys", name == "GetItem"},
			{"aurora", "borealis#keys", false},
		} {
			w := &wire{}
			err := call(bound(t.Context(), x.in), dynamodb.NewFromConfig(settings(w), tenant.Tables), x.pk)
			if (w.sent > 0) != x.sent || (err == nil) != x.sent || err != nil && fault.KindOf(err) != fault.Internal {
				t.Errorf("%s: %q asks for %q: sent %d, %v", name, x.in, x.pk, w.sent, err)
			}
		}
	}
	// Nor does anything go out of which it cannot be told whose it is.
	for name, call := range map[string]func(ctx context.Context, c *dynamodb.Client) error{
		"an index": func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.Query(ctx, query("aurora", func(q *dynamodb.QueryInput) { q.IndexName = aws.String("open") }))
			return err
		},
		"another key": func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.Query(ctx, query("aurora", func(q *dynamodb.QueryInput) { q.KeyConditionExpression = aws.String("pk = :pk2") }))
			return err
		},
		"a scan": func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.Scan(ctx, &dynamodb.ScanInput{TableName: table})
			return err
		},
		"a statement": func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM "t" WHERE pk = 'aurora'`)})
			return err
		},
		"statements": func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{{Statement: aws.String(`SELECT * FROM "t" WHERE pk = 'aurora'`)}}})
			return err
		},
		"nothing": func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{}})
			return err
		},
		"no context of a request": func(_ context.Context, c *dynamodb.Client) error {
			_, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: key("aurora")})
			return err
		},
	} {
		w := &wire{}
		if err := call(bound(t.Context(), "aurora"), dynamodb.NewFromConfig(settings(w), tenant.Tables)); err == nil || w.sent > 0 {
			t.Errorf("%s: %v, sent %d", name, err, w.sent)
		}
	}
}

// The stores themselves: whoever asks them for another institution's things is refused,
// and told nothing of whose.
func TestStoresKeepToTheInstitution(t *testing.T) {
	w := &wire{}
	db := dynamo.Open(settings(w), tenant.Tables)
	db.Retry.Patience = time.Second
	contacts, catalogue, jobs, audit := dynamo.NewContacts(db, "c", "e", "h", "cat"), dynamo.NewCatalogue(db, "cat"), dynamo.NewJobs(db, "j"), dynamo.NewAudit(db, "a")
	users := dynamo.NewRecords[domain.User](jobs, "users")
	files := blob.New(blob.Client(settings(w), tenant.Objects), "files")
	const other = domain.InstitutionID("borealis")
	ctx := bound(t.Context(), "aurora")
	for name, ask := range map[string]func() error{
		"a contact": func() error { _, err := contacts.Get(ctx, other, "1"); return err },
		"contacts":  func() error { _, err := contacts.GetMany(ctx, other, []domain.ContactNumber{"1", "2"}); return err },
		"a search":  func() error { _, _, err := contacts.Find(ctx, other, "x@y.example", 10, ""); return err },
		"a change": func() error {
			_, err := contacts.Put(ctx, other, domain.Contact{Number: "1"}, domain.Provenance{})
			return err
		},
		"a deletion": func() error { return contacts.Delete(ctx, other, "1") },
		"a history":  func() error { _, err := contacts.History(ctx, other, "1", 10); return err },
		"all": func() error {
			for _, err := range contacts.All(ctx, other) {
				return err
			}
			return nil
		},
		"a catalogue": func() error { _, err := catalogue.Catalogue(ctx, other); return err },
		"settings":    func() error { return catalogue.PutSettings(ctx, other, domain.Settings{}) },
		"an import":   func() error { _, err := jobs.Import(ctx, other, "i"); return err },
		"imports":     func() error { _, _, err := jobs.Imports(ctx, other, 10, ""); return err },
		"a user":      func() error { _, err := users.Get(ctx, other, "u"); return err },
		"the audit":   func() error { _, _, err := audit.Entries(ctx, other, 10, ""); return err },
		"an entry":    func() error { return audit.Append(ctx, other, domain.Audited{ID: "1"}) },
		"a file":      func() error { _, err := files.Get(ctx, "imports/borealis/1/errors.csv"); return err },
		"an upload":   func() error { _, err := files.Put(ctx, "uploads/borealis/1", strings.NewReader("x"), ""); return err },
		"a download": func() error {
			_, err := files.SignGet(ctx, domain.Object{Key: "templates/borealis/1/a.zip"}, "a.zip", time.Minute)
			return err
		},
		"a form": func() error { _, _, err := files.SignPost(ctx, "uploads/borealis/1", 1, time.Minute); return err },
	} {
		err := ask()
		if err == nil || fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), "borealis") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w.sent > 0 {
		t.Errorf("%d requests were sent", w.sent)
	}
	// Its own are.
	if _, err := contacts.Get(ctx, "aurora", "1"); err != nil && fault.KindOf(err) != fault.NotFound || w.sent != 1 {
		t.Errorf("%v, %d sent", err, w.sent)
	}
	if _, _, err := files.SignPost(ctx, "uploads/aurora/1", 1, time.Minute); err != nil {
		t.Error(err)
	}
}

func TestObjectsOfOneInstitution(t *testing.T) {
	for _, x := range []struct {
		in   domain.InstitutionID
		key  string
		sent bool
	}{
		{"aurora", "imports/aurora/1/errors.csv", true},
		{"aurora", "uploads/aurora/1", true},
		{"aurora", "uploads/aurora", false},
		{"aurora", "aurora/1", false},
		{"aurora", "uploads/borealis/1", false},
		{"aurora", "uploads/aurora-2/1", false},
		{"aurora", "uploads//aurora/1", false},
		{"", "uploads/aurora/1", false},
		{"", "uploads//1", false},
	} {
		w := &wire{}
		c := s3.NewFromConfig(settings(w), tenant.Objects)
		_, err := c.PutObject(bound(t.Context(), x.in), &s3.PutObjectInput{Bucket: aws.String("b"), Key: &x.key, Body: bytes.NewReader([]byte("x"))})
		if (w.sent > 0) != x.sent || (err == nil) != x.sent {
			t.Errorf("%q writes %q: sent %d, %v", x.in, x.key, w.sent, err)
		}
	}
	w := &wire{}
	c, ctx := s3.NewFromConfig(settings(w), tenant.Objects), bound(t.Context(), "aurora")
	_, listed := c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("b"), Prefix: aws.String("imports/aurora/")})
	_, copied := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("b"), Key: aws.String("imports/aurora/1"), CopySource: aws.String("b/imports/borealis/1")})
	if listed == nil || copied == nil || w.sent > 0 {
		t.Errorf("%v, %v, sent %d", listed, copied, w.sent)
	}
}

// What is bound stays so, and is seen by whatever comes of the context.
func TestBinding(t *testing.T) {
	ctx := domain.Unbound(t.Context())
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	cancel(errors.New("over"))
	domain.Bind(ctx, "aurora")
	domain.Bind(ctx, "borealis")
	domain.Bind(t.Context(), "borealis") // of nobody
	if a, b, c := domain.BoundTo(ctx), domain.BoundTo(later), domain.BoundTo(t.Context()); a != "aurora" || b != "aurora" || c != "" {
		t.Errorf("%q %q %q", a, b, c)
	}
}

// The function that works for all institutions uses these clients and no others.
func TestTheAPIKeepsToTheInstitution(t *testing.T) {
	b, err := os.ReadFile("../../../functions/api/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, once := range []string{"dynamo.Open(conf, tenant.Tables)", "blob.Client(conf, tenant.Objects)"} {
		if strings.Count(string(b), once) != 1 {
			t.Errorf("functions/api does not have %s", once)
		}
	}
	if strings.Count(string(b), "dynamo.Open(") != 1 || strings.Count(string(b), "blob.Client(") != 1 {
		t.Error("functions/api has other clients")
	}
}
