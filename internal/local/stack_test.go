package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/local"
	"rollbook/internal/local/emulator"
)

func TestUpSaysThatThePortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	_, err = local.Up(t.Context(), local.Options{Dir: t.TempDir(), Port: port})
	if want := fmt.Sprintf("port %d is taken: choose another with make run PORT=…", port); err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestDownLeavesTheProcessOfAStaleLockAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer stranger.Process.Kill()
	lock := filepath.Join(dir, "state", "lock")
	if err := os.WriteFile(lock, []byte(strconv.Itoa(stranger.Process.Pid)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := local.Down(dir); err != nil {
		t.Fatal(err)
	}
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger's process: %v", err)
	}
	if _, err := local.Load(dir); err == nil {
		t.Error("a stack is said to run")
	}
}

// A stack that was never ready, because filling it failed, does not stand in the way
// of the next one.
func TestWhatWasNeverReadyIsForgotten(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	services := filepath.Join(dir, "state", "kept", "services")
	if err := os.MkdirAll(services, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(services, "dynamodb.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The port is looked at next, so that nothing is built here.
	if _, err := local.Up(t.Context(), local.Options{Dir: dir, Port: l.Addr().(*net.TCPAddr).Port, Keep: true}); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Fatalf("a taken port: %v", err)
	}
	if _, err := os.Stat(services); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was left is there: %v", err)
	}
}

func TestStack(t *testing.T) {
	dir := t.TempDir()
	seeded := false
	s, err := local.Up(t.Context(), local.Options{Dir: dir, Seed: func(context.Context, *local.Stack) error {
		seeded = true
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Down() })
	if !seeded {
		t.Error("the seed did not run")
	}
	if _, err := local.Up(t.Context(), local.Options{Dir: dir}); !errors.Is(err, local.ErrRunning) {
		t.Errorf("a second stack in the folder: %v", err)
	}

	t.Run("stack.json", func(t *testing.T) {
		b, err := os.ReadFile(filepath.Join(dir, "stack.json"))
		if err != nil {
			t.Fatal(err)
		}
		var file map[string]any
		if err := json.Unmarshal(b, &file); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"url", "endpoint", "region", "uploadsBucket", "filesBucket", "stateMachineArn", "mailbox", "tokenCommand"} {
			if v, _ := file[key].(string); v == "" {
				t.Errorf("%s is %v", key, file[key])
			}
		}
		for _, role := range []string{"contacts", "emails", "history", "catalogue", "jobs"} {
			if v, _ := at(file, "tables."+role).(string); v == "" {
				t.Errorf("no name of the table %s", role)
			}
		}
		groups := map[string]string{}
		for _, u := range s.Users {
			groups[u.Institution] += " " + strings.Join(u.Groups, "+")
		}
		if d := cmp.Diff(map[string]string{"aurora": " admin operator viewer", "borealis": " admin operator viewer"}, groups); d != "" {
			t.Error(d)
		}
	})

	t.Run("tokens carry institution and groups", func(t *testing.T) {
		for _, u := range s.Users {
			token, err := s.Token(t.Context(), u.Email)
			if err != nil {
				t.Fatal(err)
			}
			claims := jwt.MapClaims{}
			if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
				t.Fatal(err)
			}
			if claims["custom:institution"] != u.Institution || fmt.Sprint(claims["cognito:groups"]) != fmt.Sprint(u.Groups) {
				t.Errorf("%s: claims are %v", u.Email, claims)
			}
		}
		if _, err := s.Token(t.Context(), "nobody@aurora.example"); err == nil {
			t.Error("a stranger has a token")
		}
	})

	t.Run("the API needs a token", func(t *testing.T) {
		for _, authorization := range []string{"", "Bearer x.y.z"} {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/me", nil)
			r.Header.Set("Authorization", authorization)
			if status, body := get(t, r); status != http.StatusUnauthorized {
				t.Errorf("%q: %d %s", authorization, status, body)
			}
		}
	})

	t.Run("the screen is at localhost only", func(t *testing.T) {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(s.URL, "localhost", "127.0.0.1", 1)+"/", nil)
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusFound || got != s.URL+"/" {
			t.Errorf("%s: %d to %q", r.URL, resp.StatusCode, got)
		}
	})

	t.Run("uploads come from the screen only", func(t *testing.T) {
		for origin, want := range map[string]int{s.URL: http.StatusOK, "https://evil.example": http.StatusForbidden} {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.Endpoint+"/"+s.UploadsBucket, nil)
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", http.MethodPost)
			if status, body := get(t, r); status != want {
				t.Errorf("%s: %d %s", origin, status, body)
			}
		}
	})

	t.Run("nobody reads files without a key", func(t *testing.T) {
		client := s3.NewFromConfig(s.Config(), func(o *s3.Options) { o.UsePathStyle = true })
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &s.FilesBucket, Key: aws.String("k"), Body: strings.NewReader("x"),
		}); err != nil {
			t.Fatal(err)
		}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint+"/"+s.FilesBucket+"/k", nil)
		if status, body := get(t, r); status != http.StatusForbidden {
			t.Errorf("%d %s", status, body)
		}
	})

	t.Run("mailbox", func(t *testing.T) {
		client := sesv2.NewFromConfig(s.Config())
		for _, subject := range []string{"First", "Second <b>"} {
			content := func(v string) *types.Content { return &types.Content{Data: &v} }
			if _, err := client.SendEmail(t.Context(), &sesv2.SendEmailInput{
				FromEmailAddress: aws.String("rollbook@rollbook.example"),
				Destination:      &types.Destination{ToAddresses: []string{"jo@example.org"}},
				Content: &types.EmailContent{Simple: &types.Message{
					Subject: content(subject), Body: &types.Body{Text: content("Hello"), Html: content("<p>Hello</p>")},
				}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Mailbox, nil)
		_, body := get(t, r)
		var mails []local.Mail
		if err := json.Unmarshal(body, &mails); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		for i := range mails {
			if _, err := time.Parse(time.RFC3339, mails[i].SentAt); err != nil {
				t.Error(err)
			}
			mails[i].SentAt = ""
		}
		to := []string{"jo@example.org"}
		want := []local.Mail{
			{To: to, Subject: "First", Text: "Hello", HTML: "<p>Hello</p>"},
			{To: to, Subject: "Second <b>", Text: "Hello", HTML: "<p>Hello</p>"},
		}
		if d := cmp.Diff(want, mails); d != "" {
			t.Error(d)
		}
		r, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/_local/mail", nil)
		_, page := get(t, r)
		if !strings.Contains(string(page), "Second &lt;b&gt;") || strings.Contains(string(page), "Second <b>") {
			t.Errorf("the page shows %s", page)
		}
	})

	if err := s.Down(); err != nil {
		t.Fatal(err)
	}
	if emulator.Healthy(t.Context(), s.Endpoint) {
		t.Error("the emulator answers after Down")
	}
	if _, err := os.Stat(filepath.Join(dir, "stack.json")); !os.IsNotExist(err) {
		t.Errorf("stack.json is there after Down: %v", err)
	}
}

// TestCommand starts a stack that outlives the command, kills it in the rudest
// way, and sees that nothing is left and that the commands know.
func TestCommand(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir, binary := t.TempDir(), filepath.Join(t.TempDir(), "rollbook-local")
	run := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("go", "build", "-o", binary, "./internal/local/rollbook-local"); err != nil {
		t.Fatal(out)
	}
	t.Cleanup(func() { run(binary, "down", "--dir", dir) })
	if out, err := run(binary, "up", "--dir", dir, "--port", "0", "--contacts", "150"); err != nil {
		t.Fatal(out)
	}
	s, err := local.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	token, err := run(binary, "token", "--dir", dir, s.Users[0].Email)
	if err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("token: %v: %s", err, token)
	}
	// It has a past (package year).
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/imports?limit=50", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
	if code, body := get(t, r); code != http.StatusOK || !strings.Contains(string(body), `"undoneBy"`) {
		t.Errorf("the imports of before: %d %s", code, body)
	}
	if out, err := run(binary, "up", "--dir", dir); err != nil || !strings.Contains(out, "running already") || !strings.Contains(out, s.URL) {
		t.Errorf("a second up: %v: %s", err, out)
	}

	pid, err := os.ReadFile(filepath.Join(dir, "state", "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run("kill", "-9", string(pid)); err != nil {
		t.Fatal(out)
	}
	for emulator.Healthy(t.Context(), s.Endpoint) {
		time.Sleep(20 * time.Millisecond)
	}
	if out, err := run(binary, "token", "--dir", dir, s.Users[0].Email); err == nil || !strings.Contains(out, "no stack is running") {
		t.Errorf("token of a killed stack: %v: %s", err, out)
	}
	if out, err := run(binary, "down", "--dir", dir); err != nil {
		t.Errorf("down of a killed stack: %s", out)
	}
}

func get(t *testing.T, r *http.Request) (int, []byte) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// What a kept stack holds is there again when it is started again, also at
// another port, and after the emulator alone was restarted; until it is emptied
// (fault 54).
func TestWhatAStackHoldsIsKept(t *testing.T) {
	dir, seeds := t.TempDir(), 0
	var progress bytes.Buffer
	up := func(port int) *local.Stack {
		t.Helper()
		s, err := local.Up(t.Context(), local.Options{Dir: dir, Port: port, Keep: true, Progress: &progress, Seed: func(ctx context.Context, s *local.Stack) error {
			seeds++
			return local.Demo(10)(ctx, s)
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Down() })
		return s
	}
	ask := func(s *local.Stack, method, path, body string) (int, string) {
		t.Helper()
		token, err := s.Token(t.Context(), "admin@aurora.example")
		if err != nil {
			t.Fatal(err)
		}
		q, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Authorization", "Bearer "+token)
		q.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	s := up(0)
	if status, said := ask(s, "PUT", "/api/contacts/42", `{"number": "42", "lastName": "Kept", "criteria": {}, "authorisations": {}}`); status/100 != 2 {
		t.Fatalf("%d %s", status, said)
	}
	status, said := ask(s, "POST", "/api/imports", `{"dataType": "criteria", "action": "test", "fileName": "kept.csv"}`)
	if status != 201 {
		t.Fatalf("%d %s", status, said)
	}
	objects := func(s *local.Stack) *s3.Client {
		return s3.NewFromConfig(s.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	}
	if _, err := objects(s).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.FilesBucket, Key: aws.String("imports/kept"), Body: strings.NewReader("kept")}); err != nil {
		t.Fatal(err)
	}
	if _, err := sesv2.NewFromConfig(s.Config()).SendEmail(t.Context(), &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("rollbook@rollbook.example"), Destination: &types.Destination{ToAddresses: []string{"ann@aurora.example"}},
		Content: &types.EmailContent{Simple: &types.Message{Subject: &types.Content{Data: aws.String("Kept")}, Body: &types.Body{Text: &types.Content{Data: aws.String("kept")}}}},
	}); err != nil {
		t.Fatal(err)
	}
	there := func(s *local.Stack) {
		t.Helper()
		res, err := http.Get(s.Mailbox)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if b, err := io.ReadAll(res.Body); err != nil || strings.Count(string(b), `"subject":"Kept"`) != 1 {
			t.Errorf("the mail: %v %s", err, b)
		}
		if status, said := ask(s, "GET", "/api/contacts/42", ""); !strings.Contains(said, `"Kept"`) {
			t.Errorf("the contact: %d %s", status, said)
		}
		if status, said := ask(s, "GET", "/api/imports", ""); !strings.Contains(said, `"kept.csv"`) {
			t.Errorf("the import: %d %s", status, said)
		}
		if _, err := objects(s).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &s.FilesBucket, Key: aws.String("imports/kept")}); err != nil {
			t.Errorf("the file: %v", err)
		}
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	there(s)
	if err := s.Down(); err != nil {
		t.Fatal(err)
	}
	s = up(0) // another port: it is deployed again
	there(s)
	if seeds != 1 || strings.Contains(progress.String(), "cut short") {
		t.Errorf("seeded %d times: %s", seeds, progress.String())
	}
	if err := s.Down(); err != nil {
		t.Fatal(err)
	}
	// One that was killed before it had written begins anew, and says so.
	if err := os.Remove(filepath.Join(dir, "state", "kept", "services", "dynamodb.json")); err != nil {
		t.Fatal(err)
	}
	s = up(0)
	if seeds != 2 || !strings.Contains(progress.String(), "cut short") {
		t.Errorf("seeded %d times: %s", seeds, progress.String())
	}
	if err := s.Down(); err != nil {
		t.Fatal(err)
	}
	if err := local.Reset(dir); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "state", "kept", "*")); err != nil || len(left) > 0 {
		t.Errorf("left after a reset: %v %v", left, err)
	}
}
