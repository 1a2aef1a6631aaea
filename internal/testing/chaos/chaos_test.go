package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/local"
)

// shared is the stack of the tests of whole imports, behind its proxy; the first
// of them starts it.
var shared = sync.OnceValues(func() (*run, error) {
	dir, err := os.MkdirTemp("", "rollbook-chaos-")
	if err != nil {
		return nil, err
	}
	proxy, err := NewProxy()
	if err != nil {
		return nil, err
	}
	stack, err := local.Up(context.Background(), local.Options{Dir: dir, Seed: local.Demo(80), FunctionEndpoint: proxy.URL, Keep: true})
	if err != nil {
		return nil, fmt.Errorf("the stack does not start: %w", err)
	}
	end = func() {
		stack.Down()
		proxy.Close()
		os.RemoveAll(dir)
	}
	proxy.Target(stack.Endpoint)
	return &run{stack: stack, proxy: proxy}, nil
})

// end ends the shared stack.
var end = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	end()
	os.Exit(code)
}

// rounds returns what the tests ask the stack by, in calm weather.
func rounds(t *testing.T) *run {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	s.proxy.Calm()
	t.Cleanup(s.proxy.Calm)
	r := &run{report: Report{Statuses: map[string]int{}}, ctx: t.Context(), stack: s.stack, proxy: s.proxy, o: Options{Seed: 7, Log: t.Output()}, tokens: map[string]signedIn{}, random: rand.New(rand.NewPCG(7, 1))}
	if err := r.prepare(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *run) begun(t *testing.T, email string, numbers []string) *job {
	t.Helper()
	j := &job{email: email, dataType: "criteria", header: []string{"Contact", "[new] " + fields[0]}, lines: map[int]row{}}
	for k, n := range numbers {
		j.lines[k+2] = row{number: n, cells: []string{"#" + n, email}, set: map[string]string{fields[0]: email}}
	}
	if err := r.start(j); err != nil {
		t.Fatal(err)
	}
	return j
}

func (r *run) ended(t *testing.T, j *job) answered {
	t.Helper()
	var a answered
	if err := r.until("the end of "+j.email, func() (bool, error) {
		err := r.must("GET", "/api/imports/"+j.id, operator, nil, &a)
		return a.final(), err
	}); err != nil {
		t.Fatal(err)
	}
	if k := a.Counts; k.Rows != k.Created+k.Updated+k.Unchanged+k.Rejected+k.Conflicted+k.Unprocessed {
		t.Errorf("the counts do not add up: %+v", k)
	}
	return a
}

func (r *run) numbers(t *testing.T) []string {
	t.Helper()
	w, err := r.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for n := range w {
		out = append(out, n)
	}
	return out
}

// The short form of make chaos: a few rounds of whole imports through the
// deployed stack in bad weather, and no account is wrong.
func TestWholeImportsInBadWeather(t *testing.T) {
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), s.stack, s.proxy, Options{Seed: 7, Rounds: 4, Rows: 50, Shares: Rough, Restarts: true, Log: t.Output()})
	t.Log(report.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range report.Violations {
		t.Error(v)
	}
	// Else it would show nothing.
	if report.Imports == 0 || len(report.Faults) < 3 || report.Edits == 0 || report.Undos == 0 {
		t.Error("the weather was fine")
	}
}

// An import whose start fails at each try waits in the queue that the alarm
// watches, and is redriven as docs/operations.md says, twice (faults 8, 43).
func TestWhatCannotBeStartedWaitsInItsQueue(t *testing.T) {
	r := rounds(t)
	numbers := r.numbers(t)
	r.proxy.Break("states")
	j := r.begun(t, "broken-start@aurora.example", numbers[:3])
	var payload json.RawMessage
	if err := r.until("the dead letter", func() (bool, error) {
		body, err := r.deadLetter("StartFailures")
		if err != nil || body == "" {
			return false, err
		}
		var letter struct{ RequestPayload json.RawMessage }
		err = json.Unmarshal([]byte(body), &letter)
		payload = letter.RequestPayload
		return true, err
	}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(payload), j.id) {
		t.Errorf("the dead letter is %s", payload)
	}
	var a answered
	if err := r.must("GET", "/api/imports/"+j.id, operator, nil, &a); err != nil || a.final() {
		t.Errorf("the import is %s, %v", a.Status, err)
	}
	r.proxy.Calm()
	for range 2 {
		if _, err := r.invoke("StartFunction", payload); err != nil {
			t.Fatal(err)
		}
		if a := r.ended(t, j); a.Status != "done" || a.Counts.Updated != 3 {
			t.Errorf("%s %+v", a.Status, a.Counts)
		}
	}
	sent, err := r.mailbox()
	if err != nil || sent[j.email] != 1 {
		t.Errorf("%d mails, %v", sent[j.email], err)
	}
}

// A template whose process is killed half-way is made all the same, with one
// mail (fault 30).
func TestATemplateIsKilledHalfWay(t *testing.T) {
	r := rounds(t)
	r.proxy.Set(1, Shares{Delay: 1000}, Capacity{})
	var made struct{ ID, Status string }
	if err := r.must("POST", "/api/templates", operator, map[string]any{"dataType": "criteria", "targetId": r.target, "email": "operator@aurora.example"}, &made); err != nil {
		t.Fatal(err)
	}
	before, err := r.mailbox()
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	if err := r.until("a process to kill", func() (bool, error) {
		killed += r.kill("TemplateFunction")
		return killed > 0, nil
	}); err != nil {
		t.Fatal(err)
	}
	r.proxy.Calm()
	if err := r.until("the template", func() (bool, error) {
		err := r.must("GET", "/api/templates/"+made.ID, operator, nil, &made)
		return made.Status == "ready" || made.Status == "failed", err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.file("/api/templates/" + made.ID + "/file"); made.Status != "ready" || err != nil {
		t.Errorf("%s %v", made.Status, err)
	}
	after, err := r.mailbox()
	if err != nil || after["operator@aurora.example"] != before["operator@aurora.example"]+1 {
		t.Errorf("%d mails, then %d; %v", before["operator@aurora.example"], after["operator@aurora.example"], err)
	}
}

// An execution that is stopped by hand while its chunk runs is settled by the
// event of its end, and its account agrees with the contacts (fault 33).
func TestAnExecutionIsStoppedByHand(t *testing.T) {
	r := rounds(t)
	before, err := r.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	numbers := r.numbers(t)
	r.proxy.Set(1, Shares{Delay: 1000}, Capacity{})
	j := r.begun(t, "stopped@aurora.example", numbers)
	if err := r.until("a chunk that runs", func() (bool, error) {
		var a answered
		err := r.must("GET", "/api/imports/"+j.id, operator, nil, &a)
		return a.Status == "running", err
	}); err != nil {
		t.Fatal(err)
	}
	arn := r.execution(j)
	if _, err := sfn.NewFromConfig(r.stack.Config()).StopExecution(r.ctx, &sfn.StopExecutionInput{ExecutionArn: &arn}); err != nil {
		t.Fatal(err)
	}
	r.proxy.Calm()
	a := r.ended(t, j)
	j.stopped = true
	if a.Counts.Rows != len(numbers) {
		t.Errorf("%s %+v, want %d rows", a.Status, a.Counts, len(numbers))
	}
	after, err := r.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.check(0, before, after, []*job{j}, &edits{}); err != nil {
		t.Fatal(err)
	}
	// Another round does the rest, and the account is of both.
	if a.Resumable != (a.Counts.Unprocessed > 0) || a.Resumable == (a.Status == "done") {
		t.Errorf("%s %+v, resumable %v", a.Status, a.Counts, a.Resumable)
	}
	if a.Resumable {
		if err := r.must("POST", "/api/imports/"+j.id+"/resume", operator, nil, &a); err != nil {
			t.Fatal(err)
		}
		j.resumed++
		if a = r.ended(t, j); a.Status != "done" || a.Counts.Updated != len(numbers) || a.Counts.Rows != len(numbers) {
			t.Errorf("resumed: %s %+v", a.Status, a.Counts)
		}
		if after, err = r.snapshot(); err != nil {
			t.Fatal(err)
		}
		if err := r.check(0, before, after, []*job{j}, &edits{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range r.report.Violations {
		t.Error(v)
	}
}

// Where no concurrency is left, nothing is given up: a small import of another
// institution and a large one wait, and both are done when some is free again
// (faults 34, 47).
func TestNoConcurrencyIsLeft(t *testing.T) {
	r := rounds(t)
	functions := lambda.NewFromConfig(r.stack.Config())
	name, err := r.functionName("ChunkFunction")
	if err != nil {
		t.Fatal(err)
	}
	allow := func(n int32) {
		t.Helper()
		if _, err := functions.PutFunctionConcurrency(r.ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: &name, ReservedConcurrentExecutions: aws.Int32(n)}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		functions.DeleteFunctionConcurrency(context.WithoutCancel(r.ctx), &lambda.DeleteFunctionConcurrencyInput{FunctionName: &name})
	})
	allow(0)
	numbers := r.numbers(t)
	jobs := []*job{r.begun(t, "waits-1@aurora.example", numbers[:5]), r.begun(t, "waits-2@aurora.example", numbers[5:10])}
	for _, j := range jobs {
		if err := r.until("a map that runs", func() (bool, error) {
			var a answered
			err := r.must("GET", "/api/imports/"+j.id, operator, nil, &a)
			return a.Status == "running", err
		}); err != nil {
			t.Fatal(err)
		}
	}
	// The API is not of that function, and answers.
	if status, _, err := r.call("GET", "/api/imports", operator, nil); status != 200 || err != nil {
		t.Errorf("the API: %d %v", status, err)
	}
	allow(1)
	for _, j := range jobs {
		if a := r.ended(t, j); a.Status != "done" || a.Counts.Updated != 5 {
			t.Errorf("%s: %s %+v", j.email, a.Status, a.Counts)
		}
	}
}

// deadLetter reads a message of the stack's queue with the name, "" for none.
func (r *run) deadLetter(queue string) (string, error) {
	out, err := cloudformation.NewFromConfig(r.stack.Config()).DescribeStacks(r.ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("rollbook")})
	if err != nil || len(out.Stacks) != 1 {
		return "", fmt.Errorf("%d stacks, %v", len(out.Stacks), err)
	}
	for _, o := range out.Stacks[0].Outputs {
		if *o.OutputKey != queue+"Queue" {
			continue
		}
		b, err := json.Marshal(map[string]any{"QueueUrl": *o.OutputValue, "VisibilityTimeout": 60})
		if err != nil {
			return "", err
		}
		q, err := http.NewRequestWithContext(r.ctx, "POST", r.stack.Endpoint, bytes.NewReader(b))
		if err != nil {
			return "", err
		}
		q.Header.Set("X-Amz-Target", "AmazonSQS.ReceiveMessage")
		q.Header.Set("Content-Type", "application/x-amz-json-1.0")
		q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/eu-central-1/sqs/aws4_request")
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			return "", err
		}
		defer a.Body.Close()
		var got struct{ Messages []struct{ Body string } }
		if err := json.NewDecoder(a.Body).Decode(&got); err != nil || len(got.Messages) == 0 {
			return "", err
		}
		return got.Messages[0].Body, nil
	}
	return "", fmt.Errorf("the stack has no output %sQueue", queue)
}
