package endtoend_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// receiver is a machine that takes messages, or refuses all.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	refuses bool
	got     []message
}

func (r *receiver) refuse(all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = all
}

type message struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.refuses {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		r.got = append(r.got, message{q.Header, body})
	}))
	t.Cleanup(r.Close)
	return r
}

// await waits for a message with the text in its body.
func (r *receiver) await(t *testing.T, text string) message {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		r.mu.Lock()
		got := r.got
		r.mu.Unlock()
		for _, m := range got {
			if strings.Contains(string(m.body), text) {
				return m
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no message with %s", text)
		}
	}
}

type hook struct {
	ID, Secret string
	Last       *struct {
		ID     string
		Status int
		Why    *struct{ Code string }
	}
}

// A machine with a key imports, and is told of the end by a signed message; one
// that was away is told again.
func TestAMachineIsToldOfTheEnd(t *testing.T) {
	admin := as(t, "admin@aurora.example")
	var key struct{ Key string }
	admin.call(http.StatusCreated, "POST", "/api/keys", map[string]any{"name": "CRM", "role": "operator"}, &key)
	listens, late := newReceiver(t), newReceiver(t)
	late.refuse(true)
	register := func(url string) hook {
		t.Helper()
		var h hook
		admin.call(http.StatusCreated, "POST", "/api/webhooks", map[string]any{"url": url, "events": []string{"import.finished"}}, &h)
		return h
	}
	h, lateHook := register(listens.URL+"/in"), register(late.URL)
	admin.call(http.StatusUnprocessableEntity, "POST", "/api/webhooks", map[string]any{"url": "http://10.0.0.1/", "events": []string{"import.finished"}}, nil)

	machine := &client{t, key.Key}
	id := machine.begin(map[string]any{"dataType": "criteria", "action": "test"}, []byte("Contact,[new] NICKNAME\n#"+string(demo.Number(3))+",Zoe\n"))
	ended := machine.wait(id)
	m := listens.await(t, id)
	verifier, err := standardwebhooks.NewWebhook(h.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(m.body, m.header); err != nil {
		t.Errorf("the signature: %v", err)
	}
	var told struct {
		Type string
		Data struct {
			Institution, ID, Status, FinishedAt string
			Counts                              domain.Counts
		}
	}
	if err := json.Unmarshal(m.body, &told); err != nil {
		t.Fatal(err)
	}
	if told.Type != "import.finished" || told.Data.Institution != "aurora" || told.Data.Status != "done" || told.Data.Counts != ended.Counts || told.Data.FinishedAt != ended.FinishedAt {
		t.Errorf("%s, of %+v", m.body, ended)
	}

	// A message of its own shows that the second is there again. Imports of other tests
	// may end meanwhile and be told as well.
	last := func(id string, status int) hook {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
			var got hook
			admin.call(http.StatusOK, "GET", "/api/webhooks/"+id, nil, &got)
			if got.Last != nil && got.Last.Status == status {
				return got
			}
			if time.Now().After(deadline) {
				t.Fatalf("the webhook's last is %+v", got.Last)
			}
		}
	}
	refused := last(lateHook.ID, http.StatusInternalServerError)
	if refused.Last.Why == nil || refused.Last.Why.Code != "webhookRefused" {
		t.Errorf("%+v", refused.Last)
	}
	late.refuse(false)
	var sent struct{ ID string }
	admin.call(http.StatusAccepted, "POST", "/api/webhooks/"+lateHook.ID+"/test", nil, &sent)
	if taken := last(lateHook.ID, http.StatusOK); taken.Last.Why != nil {
		t.Errorf("%+v", taken.Last)
	}
	if m := late.await(t, "webhook.test"); m.header.Get("webhook-id") != sent.ID {
		t.Errorf("webhook-id %s, want %s", m.header.Get("webhook-id"), sent.ID)
	}
	// What the second refused is tried again in five minutes. The test does not wait
	// for them, but makes the message due and has the sweep come by.
	db := dynamo.Open(stack.Config())
	deliveries := dynamo.NewRecords[domain.Delivery](dynamo.NewJobs(db, stack.Tables.Jobs), dynamo.DeliveriesKind)
	again := ""
	for f, err := range deliveries.Fallen(t.Context(), time.Now().Add(time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Record.Webhook != lateHook.ID || !strings.Contains(string(f.Record.Body), id) {
			continue
		}
		again = f.Record.ID
		if _, err := deliveries.Change(t.Context(), f.Institution, f.ID, func(d *domain.Delivery) error {
			d.NextAt = time.Now().UTC().Add(-time.Minute)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if again == "" {
		t.Fatal("what was refused is not kept for another try")
	}
	functions, err := lambda.NewFromConfig(stack.Config()).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	swept := false
	for _, f := range functions.Functions {
		if strings.Contains(*f.FunctionName, "AnnounceFunction") {
			out, err := lambda.NewFromConfig(stack.Config()).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: f.FunctionName, Payload: []byte(`{"source": "aws.events", "detail": {}}`)})
			if swept = err == nil && out.FunctionError == nil; !swept {
				t.Errorf("the sweep: %v, %s", err, out.Payload)
			}
		}
	}
	if !swept {
		t.Error("nothing was swept")
	}
	repeated := late.await(t, id)
	if got := repeated.header.Get("webhook-id"); got != again || got != m.header.Get("webhook-id") {
		t.Errorf("tried again as %s, want %s", got, again)
	}
	if verifier, err = standardwebhooks.NewWebhook(lateHook.Secret); err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(repeated.body, repeated.header); err != nil {
		t.Errorf("the signature of the second try: %v", err)
	}
	for _, id := range []string{h.ID, lateHook.ID} {
		admin.call(http.StatusNoContent, "DELETE", "/api/webhooks/"+id, nil, nil)
	}
}

// What a machine drops is answered in the outbox, also where it was wrong.
func TestTheDropFolderIsAnswered(t *testing.T) {
	drop := func(key, body string) {
		t.Helper()
		if _, err := objects().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &stack.UploadsBucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}
	// answer returns the objects below the prefix by the last part of their names.
	answer := func(prefix string) map[string]string {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
			list, err := objects().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &stack.FilesBucket, Prefix: &prefix})
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]string{}
			for _, o := range list.Contents {
				got, err := objects().GetObject(t.Context(), &s3.GetObjectInput{Bucket: &stack.FilesBucket, Key: o.Key})
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(got.Body)
				got.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				found[(*o.Key)[strings.LastIndex(*o.Key, "/")+1:]] = string(b)
			}
			if found["import.json"] != "" {
				return found
			}
			if time.Now().After(deadline) {
				t.Fatalf("no answer under %s", prefix)
			}
		}
	}
	type shown struct {
		ID, Status, FileName string
		Counts               domain.Counts
		Problem              *struct{ Code, Message string }
	}
	read := func(body string) (i shown) {
		t.Helper()
		if err := json.Unmarshal([]byte(body), &i); err != nil {
			t.Fatal(err)
		}
		return i
	}

	name := "answered für alle.csv"
	drop("inbox/aurora/criteria/test/crm/"+name, "Contact,[new] NICKNAME,[new] GENRE\n#"+string(demo.Number(4))+",Zoe,\n#"+string(demo.Number(5))+",,NO SUCH GENRE\n")
	found := answer("outbox/aurora/criteria/test/crm/" + name + "/")
	i := read(found["import.json"])
	if i.Status != "done" || i.Counts != (domain.Counts{Rows: 2, Updated: 1, Rejected: 1}) || i.FileName != name {
		t.Errorf("%+v", i)
	}
	viewer, operator := as(t, "viewer@aurora.example"), as(t, "operator@aurora.example")
	if want := string(operator.download("/api/imports/" + i.ID + "/files/errors")); found["errors.csv"] != want || want == "" {
		t.Errorf("the outbox has %q, the API %q", found["errors.csv"], want)
	}

	// A recipe comes with the file, or lies in its folder.
	spitznamen := "Contact;Spitzname\n#" + string(demo.Number(6)) + ";Zoe\n"
	key := "inbox/aurora/criteria/test/recipe/mine.csv"
	if _, err := objects().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &stack.UploadsBucket, Key: &key, Body: strings.NewReader(spitznamen),
		Metadata: map[string]string{"recipe": `{"columns": {"Spitzname": "[new] NICKNAME"}}`}}); err != nil {
		t.Fatal(err)
	}
	if i := read(answer("outbox/aurora/criteria/test/recipe/mine.csv/")["import.json"]); i.Status != "done" || i.Counts.Updated != 1 {
		t.Errorf("by the recipe in the metadata: %+v", i)
	}
	drop("inbox/aurora/criteria/test/recipe.json", `{"columns": {"Spitzname": "[new] NICKNAME"}}`)
	drop("inbox/aurora/criteria/test/recipe/folder.csv", spitznamen)
	if i := read(answer("outbox/aurora/criteria/test/recipe/folder.csv/")["import.json"]); i.Status != "done" || i.Counts.Updated != 1 {
		t.Errorf("by the recipe in the folder: %+v", i)
	}
	drop("inbox/aurora/criteria/test/recipe.json", `{"colums": {}}`)
	drop("inbox/aurora/criteria/test/recipe/bad.csv", spitznamen)
	if i := read(answer("outbox/aurora/criteria/test/recipe/bad.csv/")["import.json"]); i.Status != "rejected" || i.Problem == nil || i.Problem.Code != "badRecipe" {
		t.Errorf("by a bad recipe: %+v", i)
	}
	recipe := "inbox/aurora/criteria/test/recipe.json"
	if _, err := objects().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &stack.UploadsBucket, Key: &recipe}); err != nil {
		t.Fatal(err)
	}

	drop("inbox/aurora/criterias/test/wrong.csv", "Contact\n")
	i = read(answer("outbox/aurora/criterias/test/wrong.csv/")["import.json"])
	if i.Status != "rejected" || i.Problem == nil || i.Problem.Code != "badInboxPath" || i.Problem.Message == "" {
		t.Errorf("%+v", i)
	}
	viewer.call(http.StatusOK, "GET", "/api/imports/"+i.ID, nil, nil)
	stranger := as(t, "admin@borealis.example")
	stranger.call(http.StatusNotFound, "GET", "/api/imports/"+i.ID, nil, nil)
}
