package endtoend_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
)

// reconcile hands the event to the deployed function.
func reconcile(t *testing.T, event string) {
	t.Helper()
	functions := lambda.NewFromConfig(stack.Config())
	list, err := functions.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list.Functions {
		if strings.Contains(*f.FunctionName, "ReconcileFunction") {
			out, err := functions.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: f.FunctionName, Payload: []byte(event)})
			if err != nil || out.FunctionError != nil {
				t.Fatalf("%v %s", err, out.Payload)
			}
			return
		}
	}
	t.Fatal("no function is deployed that reconciles")
}

// Imports that nothing else would bring on: one whose file never came, one that
// was claimed but not started.
func TestReconcile(t *testing.T) {
	c := as(t, "operator@aurora.example")
	key := "uploads/aurora/none/" + uuid.NewString() // the news of it is nobody's
	put, err := objects().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &stack.UploadsBucket, Key: &key,
		Body: strings.NewReader("Contact,[new] NICKNAME\n#0000999999999,x\n")})
	if err != nil {
		t.Fatal(err)
	}
	jobs := dynamo.NewJobs(dynamo.Open(stack.Config()), stack.Tables.Jobs)
	old := time.Now().Add(-2 * time.Hour).UTC()
	made := map[domain.Status]string{}
	for _, st := range []domain.Status{domain.Waiting, domain.Checking} {
		id := uuid.Must(uuid.NewV7()).String()
		i := domain.Import{ID: id, Institution: "aurora", DataType: domain.Criteria, Action: domain.Test, Recipe: domain.Recipe{OnConflict: domain.Skip}, FileName: "lost.csv", Language: "en",
			Status: st, CreatedAt: old, ExpiresAt: time.Now().Add(time.Hour)}
		if st == domain.Checking {
			i.StartedAt = old
			i.Source = domain.Object{Bucket: stack.UploadsBucket, Key: key, Version: aws.ToString(put.VersionId), Size: 40}
		}
		if _, _, err := jobs.CreateImport(t.Context(), i, domain.Once{}, ""); err != nil {
			t.Fatal(err)
		}
		made[st] = id
	}
	reconcile(t, `{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}`)
	if got := c.wait(made[domain.Waiting]); got.Status != domain.Cancelled || got.Problem == nil || got.Problem.Code != "uploadNeverCame" {
		t.Errorf("a file that never came: %s %+v", got.Status, got.Problem)
	}
	if got := c.wait(made[domain.Checking]); got.Status != domain.Done || got.Counts != (domain.Counts{Rows: 1, Rejected: 1}) {
		t.Errorf("an import that was not started: %s %+v %+v", got.Status, got.Problem, got.Counts)
	}
	if n := executions(t, made[domain.Checking]); n != 1 {
		t.Errorf("%d executions, want 1", n)
	}
}

func TestAMailThatComesBack(t *testing.T) {
	c := as(t, "operator@aurora.example")
	event, err := os.ReadFile("../../../events/mail-bounced.json")
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"dataType": "criteria", "action": "test", "fileName": "returned.csv", "email": "returned@aurora.example"}
	var first, second created
	c.call(http.StatusCreated, "POST", "/api/imports", body, &first)
	post(t, first, []byte("Contact,[new] NICKNAME\n#0000999999999,x\n"))
	c.wait(first.ID)
	reconcile(t, strings.NewReplacer("0199f0aa-0000-7000-8000-000000000001", first.ID, "bounce@simulator.amazonses.com", "returned@aurora.example").Replace(string(event)))
	var got struct{ Mail struct{ Status, Code string } }
	c.call(http.StatusOK, "GET", "/api/imports/"+first.ID, nil, &got)
	if got.Mail.Status != domain.MailBounced || got.Mail.Code != "mailBounced" {
		t.Errorf("the import's mail is %+v", got.Mail)
	}
	c.call(http.StatusCreated, "POST", "/api/imports", body, &second)
	got.Mail.Status, got.Mail.Code = "", ""
	c.call(http.StatusOK, "GET", "/api/imports/"+second.ID, nil, &got)
	if got.Mail.Code != "addressReturned" {
		t.Errorf("the next import's mail is %+v", got.Mail)
	}
}
