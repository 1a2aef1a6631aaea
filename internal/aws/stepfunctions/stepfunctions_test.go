package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/aws/stepfunctions"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/emulator"
)

func machine(t *testing.T) (*sfn.Client, string) {
	t.Helper()
	client := sfn.NewFromConfig(emulator.ForTest(t))
	out, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name:       aws.String(fmt.Sprintf("machine-%d", time.Now().UnixNano())),
		RoleArn:    aws.String("arn:aws:iam::000000000000:role/any"),
		Definition: aws.String(`{"StartAt":"Pass","States":{"Pass":{"Type":"Pass","End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, aws.ToString(out.StateMachineArn)
}

func TestStartIsOnce(t *testing.T) {
	client, arn := machine(t)
	m := stepfunctions.New(client, arn)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := m.Start(t.Context(), "import-1", []byte(`{"import":"import-1"}`)); err != nil {
				t.Errorf("start: %v", err)
			}
		})
	}
	wg.Wait()
	if err := m.Start(t.Context(), "import-1", []byte(`{"import":"another input"}`)); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := m.Start(t.Context(), "import-2", []byte(`{}`)); err != nil {
		t.Errorf("another: %v", err)
	}
	list, err := client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(list.Executions); n != 2 {
		t.Errorf("%d executions, want 2", n)
	}
	for _, e := range list.Executions {
		if aws.ToString(e.Name) != "import-1" {
			continue
		}
		d, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		if got := aws.ToString(d.Input); got != `{"import":"import-1"}` {
			t.Errorf("input %s", got)
		}
	}
}

func TestLook(t *testing.T) {
	client := sfn.NewFromConfig(emulator.ForTest(t))
	out, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name:       aws.String(fmt.Sprintf("machine-%d", time.Now().UnixNano())),
		RoleArn:    aws.String("arn:aws:iam::000000000000:role/any"),
		Definition: aws.String(`{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":600,"End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	m := stepfunctions.New(client, aws.ToString(out.StateMachineArn))
	look := func(id string, known, running bool) {
		t.Helper()
		k, r, err := m.Look(t.Context(), id)
		if err != nil || k != known || r != running {
			t.Errorf("%s: known %v running %v %v", id, k, r, err)
		}
	}
	if err := m.Start(t.Context(), "import-1", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	look("import-1", true, true)
	look("import-2", false, false)
	list, err := client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: out.StateMachineArn})
	if err != nil || len(list.Executions) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	if _, err := client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: list.Executions[0].ExecutionArn}); err != nil {
		t.Fatal(err)
	}
	look("import-1", true, false)
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestFaults(t *testing.T) {
	answer := func(status int, code string) (*http.Response, error) {
		b, err := json.Marshal(map[string]string{"__type": code, "message": "anna@example.org"})
		return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(string(b)))}, err
	}
	for name, test := range map[string]struct {
		do   transport
		kind fault.Kind
		none bool
	}{
		"exists already": {do: func(*http.Request) (*http.Response, error) { return answer(400, "ExecutionAlreadyExists") }, none: true},
		"throttled":      {do: func(*http.Request) (*http.Response, error) { return answer(400, "ThrottlingException") }, kind: fault.Busy},
		"500":            {do: func(*http.Request) (*http.Response, error) { return answer(500, "InternalServerError") }, kind: fault.Busy},
		"too many":       {do: func(*http.Request) (*http.Response, error) { return answer(400, "ExecutionLimitExceeded") }, kind: fault.Busy},
		"no answer":      {do: func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, kind: fault.Busy},
		"no machine":     {do: func(*http.Request) (*http.Response, error) { return answer(400, "StateMachineDoesNotExist") }, kind: fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			m := stepfunctions.New(sfn.New(sfn.Options{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
				Retryer: aws.NopRetryer{}, HTTPClient: test.do}), "arn:aws:states:eu-central-1:000000000000:stateMachine:m")
			err := m.Start(t.Context(), "i", []byte("{}"))
			if test.none != (err == nil) || err != nil && (fault.KindOf(err) != test.kind || strings.Contains(err.Error(), "anna")) {
				t.Errorf("the error is %v, want %v", err, test.kind)
			}
		})
	}
}

// The first answer is lost: the client's own second call finds the execution.
func TestAStartWhoseAnswerIsLost(t *testing.T) {
	client, arn := machine(t)
	calls := 0
	lossy := sfn.New(client.Options(), func(o *sfn.Options) {
		o.HTTPClient = transport(func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultClient.Do(r)
			if calls++; calls == 1 && err == nil {
				resp.Body.Close()
				return nil, io.ErrUnexpectedEOF
			}
			return resp, err
		})
	})
	if err := stepfunctions.New(lossy, arn).Start(t.Context(), "import-1", []byte(`{}`)); err != nil {
		t.Error(err)
	}
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
}
