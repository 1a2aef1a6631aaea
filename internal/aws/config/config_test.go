package config_test

import (
	"context"
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
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/invoke"
	"rollbook/internal/aws/ses"
	"rollbook/internal/aws/stepfunctions"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/mail"
)

// silent returns the settings for a server that takes every request and never
// answers, or begins an answer and never ends it.
func silent(t *testing.T, begins bool) (conf aws.Config, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		io.Copy(io.Discard, r.Body)
		if begins {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "{")
			w.(http.Flusher).Flush()
		}
		select {
		case <-ended:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(ended) })
	conf = config.Limited(aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")},
		config.Limits{Connect: time.Second, Answer: 20 * time.Millisecond, Attempt: 50 * time.Millisecond})
	return conf, requests
}

// Whatever service falls silent, the call ends, and says that it may succeed
// later.
func TestNoCallWaitsForAServerThatNeverAnswers(t *testing.T) {
	for _, begins := range []bool{false, true} {
		for name, test := range map[string]struct {
			call func(context.Context, aws.Config) error
			most int64 // attempts
			code string
		}{
			"dynamo reads": {call: func(ctx context.Context, conf aws.Config) error {
				_, err := dynamo.NewContacts(patient(conf), "contacts", "emails", "history", "catalogue").Get(ctx, "in", "1")
				return err
			}, most: 50},
			"dynamo transacts": {call: func(ctx context.Context, conf aws.Config) error {
				return dynamo.NewCatalogue(patient(conf), "catalogue").DeleteTarget(ctx, "in", "t1")
			}, most: 50},
			"dynamo queries": {call: func(ctx context.Context, conf aws.Config) error {
				_, err := dynamo.NewJobs(patient(conf), "jobs").Progress(ctx, "in", "i1")
				return err
			}, most: 50},
			"blob": {call: func(ctx context.Context, conf aws.Config) error {
				_, _, err := blob.New(blob.Client(conf), "files").Head(ctx, "k")
				return err
			}, most: 10},
			"stepfunctions": {call: func(ctx context.Context, conf aws.Config) error {
				return stepfunctions.New(sfn.NewFromConfig(conf), "arn:aws:states:eu-central-1:1:stateMachine:m").Start(ctx, "i1", []byte("{}"))
			}, most: 3},
			"invoke": {call: func(ctx context.Context, conf aws.Config) error {
				return invoke.New(lambda.NewFromConfig(conf), "f").Later(ctx, "x")
			}, most: 3},
			// Whether the mail was sent is not known: it is not sent again.
			"ses": {call: func(ctx context.Context, conf aws.Config) error {
				return ses.New(sesv2.NewFromConfig(conf), "from@example.org", "").Send(ctx, mail.Message{To: "to@example.org"})
			}, most: 1, code: "mailUnknown"},
		} {
			if begins && name == "blob" {
				continue // a HEAD has no body
			}
			shape := "silent"
			if begins {
				shape = "cut off"
			}
			t.Run(name+", "+shape, func(t *testing.T) {
				t.Parallel()
				conf, requests := silent(t, begins)
				err := test.call(t.Context(), conf)
				f, ok := fault.As(err)
				if !ok || test.code == "" && f.Kind != fault.Busy || test.code != "" && string(f.Code) != test.code {
					t.Errorf("the error is %v", err)
				}
				if n := requests.Load(); n < 1 || n > test.most {
					t.Errorf("%d attempts, want at most %d", n, test.most)
				}
				if strings.Contains(err.Error(), "example.org") {
					t.Errorf("the error says who: %v", err)
				}
			})
		}
	}
}

// patient is a database that is tried for half a second.
func patient(conf aws.Config) *dynamo.DB {
	db := dynamo.Open(conf)
	db.Retry.Patience = 500 * time.Millisecond
	return db
}

// Rows whose answers did not come are in doubt, and none is said to be unwritten.
func TestSilenceLeavesWritesInDoubt(t *testing.T) {
	conf, requests := silent(t, false)
	out, err := dynamo.NewContacts(patient(conf), "contacts", "emails", "history", "catalogue").Write(t.Context(), "in", []domain.Write{
		{Number: "1", Set: map[domain.Field]domain.Value{"criterion:GENRE": "POP"}, Ticket: domain.Ticket{Slot: 1, Order: "0000001"}, Applied: domain.Applied{Import: "i", Line: 2}},
		{Number: "2", Set: map[domain.Field]domain.Value{domain.ContactLastName: "Abel"}, Ticket: domain.Ticket{Slot: 1, Order: "0000001"}, Applied: domain.Applied{Import: "i", Line: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	if w := out[0]; !w.Doubt || w.Done || fault.KindOf(w.Err) != fault.Busy {
		t.Errorf("a statement: %+v", w)
	}
	// The contact could not even be read: nothing was sent.
	if w := out[1]; w.Doubt || w.Done || fault.KindOf(w.Err) != fault.Busy {
		t.Errorf("a transaction: %+v", w)
	}
	if requests.Load() == 0 {
		t.Error("no request")
	}
}

// sent takes a request as net/http does that has the answer's head before it is done
// with the request: it reads the body, and asks once more after the body was closed.
type sent struct{ again error }

func (s *sent) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	r.Body.Close()
	_, s.again = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// A call that was answered is not taken for one that was not, in whatever order the
// client is done with the request and with the answer's head.
func TestAnAnswerIsReadToItsEnd(t *testing.T) {
	s := new(sent)
	conf := config.WholeAnswers(aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), HTTPClient: s})
	for name, call := range map[string]func() error{
		"DynamoDB": func() error {
			_, err := dynamodb.NewFromConfig(conf).ListTables(t.Context(), &dynamodb.ListTablesInput{})
			return err
		},
		"S3": func() error {
			_, err := s3.NewFromConfig(conf).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("text")})
			return err
		},
		"SES": func() error {
			_, err := sesv2.NewFromConfig(conf).SendEmail(t.Context(), &sesv2.SendEmailInput{Content: &types.EmailContent{}})
			return err
		},
	} {
		s.again = nil
		if err := call(); err != nil || s.again != nil {
			t.Errorf("%s: %v, and a body that is read once more after its end says %v", name, err, s.again)
		}
	}
}
