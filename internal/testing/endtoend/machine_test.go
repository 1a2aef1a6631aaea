package endtoend_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

func objects() *s3.Client {
	return s3.NewFromConfig(stack.Config(), func(o *s3.Options) { o.UsePathStyle = true })
}

// executions lists the machine's executions with the name.
func executions(t *testing.T, name string) int {
	t.Helper()
	n := 0
	pages := sfn.NewListExecutionsPaginator(sfn.NewFromConfig(stack.Config()), &sfn.ListExecutionsInput{StateMachineArn: &stack.StateMachineARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Executions {
			if *e.Name == name {
				n++
			}
		}
	}
	return n
}

// startFunction is the name of the function that uploads wake.
func startFunction(t *testing.T) string {
	t.Helper()
	c, err := objects().GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &stack.UploadsBucket})
	if err != nil || len(c.LambdaFunctionConfigurations) == 0 {
		t.Fatalf("the uploads bucket wakes nothing: %v", err)
	}
	arn := *c.LambdaFunctionConfigurations[0].LambdaFunctionArn
	return arn[strings.LastIndex(arn, ":")+1:]
}

// The same event delivered three times more: one execution, one result, one mail.
func TestEventAgain(t *testing.T) {
	c := as(t, "operator@aurora.example")
	file := "Contact,[new] NICKNAME\n#0000999999999,x\n"
	var made created
	c.call(http.StatusCreated, "POST", "/api/imports", map[string]any{"dataType": "criteria", "action": "update", "fileName": "again.csv", "email": "again@aurora.example"}, &made)
	post(t, made, []byte(file))
	first := c.wait(made.ID)
	key := made.Upload.Fields["key"]
	head, err := objects().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &stack.UploadsBucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"eventSource": "aws:s3", "eventName": "ObjectCreated:Post", "eventTime": time.Now().UTC().Format(time.RFC3339),
		"s3": map[string]any{"bucket": map[string]any{"name": stack.UploadsBucket},
			"object": map[string]any{"key": key, "size": len(file), "versionId": *head.VersionId, "sequencer": "0055AED6DCD90281E5"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		out, err := lambda.NewFromConfig(stack.Config()).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(startFunction(t)), Payload: event})
		if err != nil || out.FunctionError != nil {
			t.Fatalf("%v %s", err, out.Payload)
		}
	}
	if n := executions(t, made.ID); n != 1 {
		t.Errorf("%d executions, want 1", n)
	}
	again := c.wait(made.ID)
	if again.Counts != first.Counts || again.FinishedAt != first.FinishedAt {
		t.Errorf("the result changed: %+v, then %+v", first, again)
	}
	if n := len(mails(t, "again@aurora.example")); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

// An object put into the drop folder becomes an import, without the API.
func TestDropFolder(t *testing.T) {
	c := as(t, "viewer@aurora.example")
	name := "tägliche Datei + 100 %.csv"
	key := "inbox/aurora/criteria/test/" + name
	if _, err := objects().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &stack.UploadsBucket, Key: &key,
		Body: strings.NewReader("Contact;[new] NICKNAME\n#" + string(demo.Number(0)) + ";Zoë\n")}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		var list struct{ Items []imported }
		c.call(http.StatusOK, "GET", "/api/imports?limit=20", nil, &list)
		for _, i := range list.Items {
			if i.FileName == name {
				got := c.wait(i.ID)
				if want := (domain.Counts{Rows: 1, Updated: 1}); got.Status != domain.Done || got.Counts != want {
					t.Errorf("%s %+v %+v", got.Status, got.Counts, got.Problem)
				}
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("no import of the dropped file")
		}
	}
}

// No file leaves an import running, and a rejected one says why.
func TestBadFiles(t *testing.T) {
	c := as(t, "operator@aurora.example")
	for what, file := range map[string]string{
		"empty":          "",
		"only BOM":       "\ufeff",
		"zeros":          strings.Repeat("\x00", 5000),
		"PDF":            "%PDF-1.7\n1 0 obj\n",
		"half a zip":     "PK\x03\x04\x14\x00\x00\x00",
		"no header":      "#1,JAZZ\n#2,ROCK\n",
		"unknown field":  "Contact,[new] COLOUR\n#1,x\n",
		"unclosed quote": "Contact,[new] GENRE\n#1,\"JAZZ\n",
		"nothing to do":  "Contact,[new] GENRE\n#1,\n",
	} {
		got := c.run(domain.Criteria, domain.Update, []byte(file))
		if got.Status != domain.Rejected && (got.Status != domain.Done || got.Counts.Rejected != got.Counts.Rows) {
			t.Errorf("%s: %s %+v", what, got.Status, got.Counts)
		}
		if got.Status == domain.Rejected && (got.Problem == nil || got.Problem.Message("en") == "" || got.Problem.Code == "") {
			t.Errorf("%s: rejected without a reason: %+v", what, got.Problem)
		}
	}
}

// What comes to the upload address but is not allowed there is refused there.
func TestUploadForm(t *testing.T) {
	c := as(t, "operator@aurora.example")
	var made created
	c.call(http.StatusCreated, "POST", "/api/imports", map[string]any{"dataType": "criteria", "action": "test", "fileName": "a.csv"}, &made)
	made.Upload.Fields["key"] = strings.Replace(made.Upload.Fields["key"], "aurora", "borealis", 1)
	var form bytes.Buffer
	form.WriteString("--x\r\n")
	for k, v := range made.Upload.Fields {
		fmt.Fprintf(&form, "Content-Disposition: form-data; name=%q\r\n\r\n%s\r\n--x\r\n", k, v)
	}
	form.WriteString("Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n")
	res, err := http.Post(made.Upload.URL, "multipart/form-data; boundary=x", &form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusForbidden {
		t.Errorf("another institution's key: %d %s", res.StatusCode, b)
	}
	// Cancelled while it waits: the file that comes after is not imported.
	c.call(http.StatusOK, "POST", "/api/imports/"+made.ID+"/cancel", nil, nil)
	if got := c.wait(made.ID); got.Status != domain.Cancelled {
		t.Errorf("%s", got.Status)
	}
}

// logged returns the lines in the stack's log group that have the words.
func logged(t *testing.T, words string) (lines []string) {
	t.Helper()
	for next := ""; ; {
		in := map[string]any{"logGroupName": "/rollbook/rollbook"}
		if next != "" {
			in["nextToken"] = next
		}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		q, err := http.NewRequestWithContext(t.Context(), "POST", stack.Endpoint, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("X-Amz-Target", "Logs_20140328.FilterLogEvents")
		q.Header.Set("Content-Type", "application/x-amz-json-1.1")
		q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/eu-central-1/logs/aws4_request")
		res, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Events    []struct{ Message string }
			NextToken string
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			if strings.Contains(e.Message, words) {
				lines = append(lines, e.Message)
			}
		}
		if next = page.NextToken; next == "" {
			return lines
		}
	}
}

// Whoever looks for one import in the log finds all that its steps said: each
// line has the function, institution, import and, of a chunk, its number.
func TestLogLinesSayWhoseTheyAre(t *testing.T) {
	c := as(t, "admin@aurora.example")
	id := c.begin(map[string]any{"dataType": "criteria", "action": "update"}, []byte("Contact,[new] NICKNAME\n#"+string(demo.Number(1))+",x\n"))
	c.wait(id)
	var shown struct{ Execution string }
	c.call(http.StatusOK, "GET", "/api/imports/"+id, nil, &shown)
	if _, err := sfn.NewFromConfig(stack.Config()).DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &shown.Execution}); err != nil {
		t.Errorf("the import names the execution %q: %v", shown.Execution, err)
	}
	// A file for an import that has ended is logged as well.
	key := "uploads/aurora/" + id
	if _, err := objects().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &stack.UploadsBucket, Key: &key, Body: strings.NewReader("again")}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"StartFunction": 5, "PlanFunction": 2, "ChunkFunction": 2, "FinishFunction": 2}
	asked := time.Now()
	for deadline := asked.Add(5 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		// A line that the busy emulator read too late comes with the function's next call.
		if time.Since(asked) > 10*time.Second {
			asked = time.Now()
			c.wait(c.begin(map[string]any{"dataType": "criteria", "action": "test"}, []byte("Contact,[new] NICKNAME\n#"+string(demo.Number(1))+",x\n")))
		}
		got, all := map[string]int{}, logged(t, id)
		for _, line := range all {
			var l struct {
				Function, Institution, Import string
				Chunk                         *int
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			for name := range want {
				if strings.Contains(l.Function, name) {
					got[name]++
					if l.Institution != "aurora" || l.Import != id || (l.Chunk != nil) != (name == "ChunkFunction") {
						t.Errorf("a line that does not say what it is about: %s", line)
					}
				}
			}
		}
		if maps.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("lines %v, want %v:\n%s", got, want, strings.Join(all, ""))
		}
	}
}
