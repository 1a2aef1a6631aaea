package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go"
)

// behind starts a service that answers every statement of a batch with its
// place, and a proxy before it.
func behind(t *testing.T, seed uint64, s Shares, c Capacity) (p *Proxy, reached *atomic.Int64) {
	t.Helper()
	reached = &atomic.Int64{}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		var in struct{ Statements []struct{ Statement string } }
		json.NewDecoder(r.Body).Decode(&in)
		var out struct{ Responses []map[string]string }
		for _, s := range in.Statements {
			out.Responses = append(out.Responses, map[string]string{"TableName": s.Statement})
		}
		json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(service.Close)
	p, err := NewProxy()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Target(service.URL)
	p.Set(seed, s, c)
	return p, reached
}

func batch(ctx context.Context, t *testing.T, p *Proxy, statements int) (*http.Response, string, error) {
	t.Helper()
	var in struct{ Statements []any }
	for i := range statements {
		in.Statements = append(in.Statements, map[string]any{"Statement": fmt.Sprintf("UPDATE %d", i), "Parameters": []any{map[string]string{"S": "aurora#07"}}})
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(ctx, "POST", p.URL, strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("X-Amz-Target", "DynamoDB_20120810.BatchExecuteStatement")
	q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/dynamodb/aws4_request")
	a, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		return nil, "", err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	return a, string(body), err
}

// Each fault does what it says, to the caller and to the service.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault   Fault
		status  int    // 0 for no answer
		says    string // of the answer
		reached int64
		cut     bool // the body ends early
	}{
		{Throttle, 400, "ProvisionedThroughputExceeded", 0, false},
		{Error, 500, "InternalServerError", 0, false},
		{ErrorAfter, 500, "InternalServerError", 1, false},
		{Lost, 0, "", 1, false},
		{Cut, 200, "Respo", 1, true},
		{Late, 0, "", 1, false},
		{Silence, 0, "", 0, false},
		{Delay, 200, "UPDATE 1", 1, false},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			t.Parallel()
			p, reached := behind(t, 7, Shares{c.fault: 1000}, Capacity{})
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			if c.fault == Silence {
				go func() {
					for _, _, n := p.Met(); n == 0 && ctx.Err() == nil; _, _, n = p.Met() {
						time.Sleep(time.Millisecond)
					}
					giveUp()
				}()
			}
			a, body, err := batch(ctx, t, p, 2)
			p.Calm()
			if got := reached.Load(); got != c.reached {
				t.Errorf("%d requests reached the service, want %d", got, c.reached)
			}
			if met, _, n := p.Met(); met[c.fault] != 1 || n != 1 {
				t.Errorf("counted %v of %d", met, n)
			}
			if c.status == 0 {
				if err == nil {
					t.Errorf("answered %d %s", a.StatusCode, body)
				}
				return
			}
			if c.cut != errors.Is(err, io.ErrUnexpectedEOF) || a == nil || a.StatusCode != c.status || !strings.Contains(body, c.says) {
				t.Errorf("%v %q, %v", a, body, err)
			}
		})
	}
}

// places reads which statements a batch's answer says were done.
func places(t *testing.T, body string) (done, refused []int) {
	t.Helper()
	var out struct {
		Responses []struct {
			TableName string
			Error     *struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for i, r := range out.Responses {
		switch {
		case r.Error != nil && r.Error.Code == "ThrottlingError":
			refused = append(refused, i)
		case r.TableName == fmt.Sprintf("UPDATE %d", i):
			done = append(done, i)
		default:
			t.Errorf("place %d has the answer %+v", i, r)
		}
	}
	return done, refused
}

// Refused statements have their error in their place, the others their answers.
func TestStatementsAreRefusedInTheirPlaces(t *testing.T) {
	p, _ := behind(t, 3, Shares{ThrottleStatements: 1000}, Capacity{})
	done, refused := 0, 0
	for range 20 {
		_, body, err := batch(t.Context(), t, p, 25)
		if err != nil {
			t.Fatal(err)
		}
		d, r := places(t, body)
		if len(d)+len(r) != 25 {
			t.Fatalf("%d answers, want 25", len(d)+len(r))
		}
		done, refused = done+len(d), refused+len(r)
	}
	if done == 0 || refused == 0 {
		t.Errorf("%d done, %d refused", done, refused)
	}
}

// A partition admits its capacity and no more, and more when time has passed.
func TestCapacity(t *testing.T) {
	p, _ := behind(t, 1, nil, Capacity{PerSecond: 1000, PartitionPerSecond: 10})
	now := time.Now()
	p.now = func() time.Time { return now }
	for _, want := range []int{10, 0, 5} {
		_, body, err := batch(t.Context(), t, p, 25)
		if err != nil {
			t.Fatal(err)
		}
		if done, refused := places(t, body); len(done) != want || len(refused) != 25-want {
			t.Errorf("%d done and %d refused, want %d", len(done), len(refused), want)
		}
		if want == 0 {
			now = now.Add(time.Second / 2)
		}
	}
}

// What is given back as unprocessed and what the service was asked for are the
// whole batch.
func TestUnprocessed(t *testing.T) {
	for action, c := range map[string]struct{ in, asked, back string }{
		"BatchGetItem": {`{"RequestItems":{"t":{"ConsistentRead":true,"Keys":[1,2,3]}}}`,
			`{"t":{"ConsistentRead":true,"Keys":[2,3]}}`, `"UnprocessedKeys":{"t":{"ConsistentRead":true,"Keys":[1]}}`},
		"BatchWriteItem": {`{"RequestItems":{"t":[1,2],"u":[3]}}`, `{"t":[2],"u":[3]}`, `"UnprocessedItems":{"t":[1]}`},
		"GetItem":        {`{"RequestItems":{"t":[1,2]}}`, `{"t":[1,2]}`, ``},
	} {
		t.Run(action, func(t *testing.T) {
			var asked, signed string
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var in map[string]json.RawMessage
				json.NewDecoder(r.Body).Decode(&in)
				signed = r.Header.Get("Authorization")
				asked = string(in["RequestItems"])
				io.WriteString(w, `{"Responses":{}}`)
			}))
			defer service.Close()
			p, err := NewProxy()
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			p.Target(service.URL)
			p.Set(1, Shares{Unprocessed: 1000}, Capacity{})
			q, err := http.NewRequestWithContext(t.Context(), "POST", p.URL, strings.NewReader(c.in))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("X-Amz-Target", "DynamoDB_20120810."+action)
			q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/dynamodb/aws4_request")
			a, err := http.DefaultTransport.RoundTrip(q)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			body, err := io.ReadAll(a.Body)
			if err != nil || asked != c.asked || !strings.Contains(string(body), c.back) {
				t.Errorf("asked for %s, answered %s, %v", asked, body, err)
			}
			// A body that was changed is signed anew, or the service refuses it.
			if anew := strings.Contains(signed, "Credential=test/"); anew != (c.back != "") {
				t.Errorf("signed by %s", signed)
			}
		})
	}
}

// Each service refuses and fails as the SDK expects it to, so that what the
// functions meet is what they would meet on AWS.
func TestEachServiceSpeaksForItself(t *testing.T) {
	p, reached := behind(t, 1, nil, Capacity{})
	conf := aws.Config{Region: "eu-central-1", BaseEndpoint: &p.URL, Credentials: credentials.NewStaticCredentialsProvider("x", "y", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
	any, body := aws.String("any"), strings.NewReader("x")
	for service, c := range map[string]struct {
		call             func() error
		refused, failing string
	}{
		"dynamodb": {func() error {
			_, err := dynamodb.NewFromConfig(conf).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: any, Key: map[string]dynamodbtypes.AttributeValue{}})
			return err
		}, "ProvisionedThroughputExceededException", "InternalServerError"},
		"s3": {func() error {
			_, err := s3.NewFromConfig(conf, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{Bucket: any, Key: any, Body: body})
			return err
		}, "SlowDown", "InternalError"},
		"states": {func() error {
			_, err := sfn.NewFromConfig(conf).StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: any})
			return err
		}, "ThrottlingException", "InternalFailure"},
		"ses": {func() error {
			_, err := sesv2.NewFromConfig(conf).SendEmail(t.Context(), &sesv2.SendEmailInput{Content: &sestypes.EmailContent{}})
			return err
		}, "TooManyRequestsException", "InternalFailure"},
		"lambda": {func() error {
			_, err := lambda.NewFromConfig(conf).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: any})
			return err
		}, "TooManyRequestsException", "InternalFailure"},
	} {
		t.Run(service, func(t *testing.T) {
			code := func() string {
				if api, ok := errors.AsType[smithy.APIError](c.call()); ok {
					return api.ErrorCode()
				}
				return ""
			}
			p.Set(1, Shares{Throttle: 1000}, Capacity{})
			if got := code(); got != c.refused {
				t.Errorf("refused by %q, want %s", got, c.refused)
			}
			p.Set(1, nil, Capacity{})
			p.Break(service)
			if got := code(); got != c.failing {
				t.Errorf("fails by %q, want %s", got, c.failing)
			}
			p.Break("another")
		})
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached the service", n)
	}
}

// A browser's upload and what people ask meet no fault.
func TestNobodysRequestsPass(t *testing.T) {
	p, reached := behind(t, 1, Shares{Error: 1000}, Capacity{})
	a, err := http.Post(p.URL+"/bucket/key?X-Amz-Signature=abc", "text/plain", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != 200 || reached.Load() != 1 {
		t.Errorf("%s, %d reached", a.Status, reached.Load())
	}
}

func TestExplained(t *testing.T) {
	sure := func(before, after string) step { return step{before: before, after: after, sure: true} }
	for _, c := range []struct {
		name     string
		from, to string
		there    bool
		steps    []step
		want     bool
	}{
		{"nothing happened", "a", "a", true, nil, true},
		{"a change nobody reports", "a", "b", true, nil, false},
		{"a chain in any order", "a", "c", true, []step{sure("b", "c"), sure("a", "b")}, true},
		{"a change that is not there", "a", "a", true, []step{sure("a", "b")}, false},
		{"a gap", "a", "c", true, []step{sure("b", "c")}, false},
		{"what may have happened", "a", "c", true, []step{sure("b", "c"), {any: true, after: "b"}}, true},
		{"what may not have happened", "a", "c", true, []step{sure("a", "c"), {any: true, after: "b"}}, true},
		{"a deleted contact", "a", "", false, []step{sure("a", "b")}, true},
		{"a deleted contact with a gap", "a", "", false, []step{sure("x", "b")}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := explained(c.from, c.to, c.there, c.steps); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// A mail that went though its sender is told otherwise is counted, and no other one.
func TestDenied(t *testing.T) {
	p, reached := behind(t, 1, nil, Capacity{})
	mailer := sesv2.NewFromConfig(aws.Config{Region: "eu-central-1", BaseEndpoint: &p.URL, Credentials: credentials.NewStaticCredentialsProvider("x", "y", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }})
	send := func(to string) error {
		_, err := mailer.SendEmail(t.Context(), &sesv2.SendEmailInput{Content: &sestypes.EmailContent{}, Destination: &sestypes.Destination{ToAddresses: []string{to}}})
		return err
	}
	p.Set(1, Shares{ErrorAfter: 1000}, Capacity{})
	if err := send("ann@example.org"); err == nil || reached.Load() != 1 {
		t.Errorf("%v, %d reached", err, reached.Load())
	}
	p.Set(1, Shares{Error: 1000}, Capacity{})
	if err := send("bob@example.org"); err == nil {
		t.Error("sent")
	}
	p.Calm()
	if err := send("eve@example.org"); err != nil {
		t.Error(err)
	}
	for to, want := range map[string]int{"ann@example.org": 1, "bob@example.org": 0, "eve@example.org": 0} {
		if got := p.Denied(to); got != want {
			t.Errorf("%s: %d, want %d", to, got, want)
		}
	}
}
