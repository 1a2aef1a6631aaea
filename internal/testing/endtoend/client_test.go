package endtoend_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local"
	"rollbook/internal/local/demo"
)

var stack *local.Stack

// How many contacts the two institutions have.
const (
	contacts         = 2000
	borealisContacts = 50
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "rollbook-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	noted := filepath.Join(dir, "rights")
	stack, err = local.Up(context.Background(), local.Options{Dir: dir, Environment: []string{"ROLLBOOK_RIGHTS=" + noted}, Seed: func(ctx context.Context, s *local.Stack) error {
		db := dynamo.Open(s.Config())
		cs, cat := dynamo.NewContacts(db, s.Tables.Contacts, s.Tables.Emails, s.Tables.History, s.Tables.Catalogue), dynamo.NewCatalogue(db, s.Tables.Catalogue)
		if err := demo.Seed(ctx, cs, cat, demo.Aurora, contacts); err != nil {
			return err
		}
		return demo.Seed(ctx, cs, cat, demo.Borealis, borealisContacts)
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "the stack does not start:", err)
		return 1
	}
	defer stack.Down()
	if code := m.Run(); code != 0 || flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" {
		return code
	}
	unused, err := unusedRights(noted)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, right := range unused {
		fmt.Fprintln(os.Stderr, "no call of these tests needed the right", right)
	}
	return min(len(unused), 1)
}

// client is a person with a token and a way to send requests.
type client struct {
	t     *testing.T
	token string
}

// as signs in, "operator@aurora.example" for instance.
func as(t *testing.T, email string) *client {
	t.Helper()
	token, err := stack.Token(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t, token}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// noRedirect returns what the API says, not what it points at.
var noRedirect = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       2 * time.Minute,
}

func (c *client) do(method, path string, body any, header ...string) answer {
	c.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	q, err := http.NewRequestWithContext(c.t.Context(), method, stack.URL+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	if r != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	a, err := noRedirect.Do(q)
	if err != nil {
		c.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, b}
}

// call wants the status and decodes the answer into out.
func (c *client) call(want int, method, path string, body, out any) answer {
	c.t.Helper()
	a := c.do(method, path, body)
	if a.status != want {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, a.status, want, a.body)
	}
	if out != nil {
		if err := json.Unmarshal(a.body, out); err != nil {
			c.t.Fatalf("%s %s: %v: %s", method, path, err, a.body)
		}
	}
	return a
}

// download follows the redirect of a file's route.
func (c *client) download(path string) []byte {
	c.t.Helper()
	a := c.call(http.StatusFound, "GET", path, nil, nil)
	res, err := http.Get(a.header.Get("Location"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %d %v", path, res.StatusCode, err)
	}
	return b
}

// erase takes away the contacts with the addresses: others count on those that were
// there at first. c is an administrator.
func (c *client) erase(addresses ...string) {
	c.t.Helper()
	for _, address := range addresses {
		var found struct{ Items []struct{ Number string } }
		c.call(http.StatusOK, "POST", "/api/contacts/search", map[string]any{"q": address}, &found)
		if len(found.Items) != 1 {
			c.t.Errorf("%d contacts have the address %s", len(found.Items), address)
		}
		for _, x := range found.Items {
			c.call(http.StatusNoContent, "DELETE", "/api/contacts/"+x.Number+"?erase=now", nil, nil)
		}
	}
}

// imported is what GET /api/imports/{id} answers.
type imported struct {
	ID         string              `json:"id"`
	Status     domain.Status       `json:"status"`
	Progress   float64             `json:"progress"`
	FileName   string              `json:"fileName"`
	Counts     domain.Counts       `json:"counts"`
	Problem    *domain.FileProblem `json:"problem"`
	Detected   *domain.Detected    `json:"detected"`
	Warnings   []domain.Warning    `json:"warnings"`
	Problems   []domain.Problem    `json:"problems"`
	Fields     []domain.FieldReport
	Files      []string `json:"files"`
	Of         string   `json:"of"`
	CreatedBy  string   `json:"createdBy"`
	FinishedAt string   `json:"finishedAt"`
}

type created struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Upload struct {
		URL      string            `json:"url"`
		Fields   map[string]string `json:"fields"`
		MaxBytes int64             `json:"maxBytes"`
	} `json:"upload"`
}

// begin makes an import and posts its file as a browser does.
func (c *client) begin(body map[string]any, file []byte) string {
	c.t.Helper()
	if body["fileName"] == nil {
		body["fileName"] = "file.csv"
	}
	var made created
	c.call(http.StatusCreated, "POST", "/api/imports", body, &made)
	post(c.t, made, file)
	return made.ID
}

func post(t *testing.T, made created, file []byte) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for k, v := range made.Upload.Fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "file.csv")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(file)
	w.Close()
	res, err := http.Post(made.Upload.URL, w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("upload: %d %s", res.StatusCode, b)
	}
}

// wait polls an import until it has ended, and checks its account.
func (c *client) wait(id string) imported {
	c.t.Helper()
	// Far more than any import here takes: it only ends a test that hangs.
	for deadline := time.Now().Add(20 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var i imported
		// The emulator is one process: while it is busy the API says so, as it may.
		if a := c.do("GET", "/api/imports/"+id, nil); a.status == http.StatusServiceUnavailable {
			continue
		} else if err := json.Unmarshal(a.body, &i); a.status != http.StatusOK || err != nil {
			c.t.Fatalf("GET /api/imports/%s: %d %s", id, a.status, a.body)
		}
		if i.Status.Final() {
			if k := i.Counts; k.Rows != k.Created+k.Updated+k.Unchanged+k.Rejected+k.Conflicted+k.Unprocessed {
				c.t.Errorf("counts do not add up: %+v", k)
			}
			if i.Progress != 1 {
				c.t.Errorf("%s with progress %v", i.Status, i.Progress)
			}
			return i
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("the import is still %s: %+v", i.Status, i)
		}
	}
}

// run imports a file and waits for its end.
func (c *client) run(dataType domain.DataType, action domain.Action, file []byte) imported {
	c.t.Helper()
	return c.wait(c.begin(map[string]any{"dataType": dataType, "action": action}, file))
}

// follow presses "update" or "undo" and waits for its end.
func (c *client) follow(id, what string) imported {
	c.t.Helper()
	var made created
	c.call(http.StatusCreated, "POST", "/api/imports/"+id+"/"+what, nil, &made)
	return c.wait(made.ID)
}

type mailed struct {
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
	SentAt  string   `json:"sentAt"`
}

// mails returns what was sent to the address, oldest first.
func mails(t *testing.T, to string) []mailed {
	t.Helper()
	res, err := http.Get(stack.Mailbox)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all, out []mailed
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if strings.Contains(strings.Join(m.To, " "), to) {
			out = append(out, m)
		}
	}
	return out
}

var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// template orders a template, waits for its mail, follows the link in it and
// returns the files in the zip.
func (c *client) template(dataType domain.DataType, targetID, email string) map[string][]byte {
	c.t.Helper()
	before := len(mails(c.t, email))
	var made struct{ ID, Status string }
	c.call(http.StatusAccepted, "POST", "/api/templates", map[string]any{"dataType": dataType, "targetId": targetID, "email": email}, &made)
	var got []mailed
	for deadline := time.Now().Add(20 * time.Minute); len(got) <= before; time.Sleep(100 * time.Millisecond) {
		if got = mails(c.t, email); time.Now().After(deadline) {
			c.t.Fatal("no mail came")
		}
		var is struct {
			Status string
			Mail   domain.MailState
		}
		if c.call(http.StatusOK, "GET", "/api/templates/"+made.ID, nil, &is); is.Status == "failed" || is.Mail.Status == "failed" {
			c.t.Fatalf("%+v", is)
		}
	}
	address := link.FindString(got[len(got)-1].Text)
	path, ours := strings.CutPrefix(address, stack.URL)
	if !ours || path != "/api/templates/"+made.ID+"/file" {
		c.t.Fatalf("the mail's link is %q", address)
	}
	return unzip(c.t, c.download(path))
}

func unzip(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// table reads one of our CSV files, as a program does that knows RFC 4180.
func table(t *testing.T, b []byte) [][]string {
	t.Helper()
	b, bom := bytes.CutPrefix(b, []byte("\ufeff"))
	if !bom {
		t.Error("no byte order mark")
	}
	r := csv.NewReader(bytes.NewReader(b))
	if first, _, _ := bytes.Cut(b, []byte("\n")); bytes.Contains(first, []byte(";")) {
		r.Comma = ';'
	}
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// written writes a table as CSV.
func written(t *testing.T, rows [][]string, comma rune) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = comma
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// column returns the place of the column with the name.
func column(t *testing.T, rows [][]string, name string) int {
	t.Helper()
	for i, n := range rows[0] {
		if n == name {
			return i
		}
	}
	t.Fatalf("no column %q in %q", name, rows[0])
	return -1
}

func save(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
