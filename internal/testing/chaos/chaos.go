// Package chaos runs whole imports through a deployed stack in bad weather and
// checks from outside that every account is true.
//
// A round takes some contacts, lets several imports, people and deletions change
// them at once while a Proxy spoils the functions' calls and processes are
// killed, brings everything to an end, and then compares what the stack says
// (status, counts, result files, history, mails) with what the contacts have.
package chaos

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"rollbook/internal/domain"
	"rollbook/internal/local"
)

// Options say how rough it gets.
type Options struct {
	Seed   uint64
	Rounds int
	// Rows of each file.
	Rows   int
	Shares Shares
	// Restarts says that the emulator is restarted now and then; the stack must
	// be one that is kept.
	Restarts bool
	// Log is told what happens, in lines.
	Log io.Writer
}

// Report is what the rounds came to.
type Report struct {
	Rounds, Imports, Kills, Stops, Cancels, News, Edits, Deletions, Restarts, Undos, Resumes int

	Statuses   map[string]int
	Requests   int
	Faults     map[Fault]int
	Services   map[string]int // faults
	Violations []string
}

func (r *Report) String() string {
	faults := 0
	for _, n := range r.Faults {
		faults += n
	}
	return fmt.Sprintf("%d rounds: %d imports %v; %d requests met %d faults %v of %v; %d kills, %d stops, %d cancels, %d events again, %d edits, %d deletions, %d restarts, %d undos, %d resumes; %d violations",
		r.Rounds, r.Imports, r.Statuses, r.Requests, faults, r.Faults, r.Services, r.Kills, r.Stops, r.Cancels, r.News, r.Edits, r.Deletions, r.Restarts, r.Undos, r.Resumes, len(r.Violations))
}

// Codes of the text criteria that the rounds change.
var fields = []string{"CHAOS_A", "CHAOS_B", "CHAOS_C"}

// scarce is a table that admits far less than the imports of a round ask for.
var scarce = Capacity{PerSecond: 100, PartitionPerSecond: 10}

const operator, admin = "operator@aurora.example", "admin@aurora.example"

type run struct {
	ctx    context.Context
	stack  *local.Stack
	proxy  *Proxy
	o      Options
	tokens map[string]signedIn // by address
	random *rand.Rand
	report Report
	target string // id of the target of everybody
	mu     sync.Mutex
}

// Run runs the rounds on a stack whose functions call their services by way of
// the proxy. An error means that it could not be run, not that it went wrong.
func Run(ctx context.Context, stack *local.Stack, proxy *Proxy, o Options) (Report, error) {
	r := &run{ctx: ctx, stack: stack, proxy: proxy, o: o, tokens: map[string]signedIn{}, random: rand.New(rand.NewPCG(o.Seed, 1))}
	r.report.Statuses = map[string]int{}
	proxy.Calm()
	defer proxy.Calm()
	err := r.all()
	r.report.Faults, r.report.Services, r.report.Requests = proxy.Met()
	return r.report, err
}

func (r *run) all() error {
	if err := r.prepare(); err != nil {
		return err
	}
	for n := range r.o.Rounds {
		if err := r.round(n); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		r.report.Rounds++
		r.say("round %d has ended", n)
	}
	return r.checkTables()
}

func (r *run) prepare() error {
	for _, f := range fields {
		if err := r.must("PUT", "/api/criteria/"+f, admin, map[string]any{"code": f, "label": "Field " + f, "kind": "text"}, nil); err != nil {
			return err
		}
	}
	var t struct{ ID string }
	if err := r.must("POST", "/api/targets", admin, map[string]any{"name": "Everybody", "condition": map[string]any{"all": []any{}}}, &t); err != nil {
		return err
	}
	r.target = t.ID
	return nil
}

// world is what the contacts have: by number, then by field.
type world map[string]map[string]string

// snapshot is a template for everybody, as a user orders it.
func (r *run) snapshot() (world, error) {
	var t struct {
		ID, Status string
	}
	if err := r.must("POST", "/api/templates", operator, map[string]any{"dataType": "criteria", "targetId": r.target, "fields": fields}, &t); err != nil {
		return nil, err
	}
	err := r.until("a template", func() (bool, error) {
		err := r.must("GET", "/api/templates/"+t.ID, operator, nil, &t)
		if t.Status == "failed" {
			return false, errors.New("the template of a snapshot failed")
		}
		return t.Status == "ready", err
	})
	if err != nil {
		return nil, err
	}
	b, err := r.file("/api/templates/" + t.ID + "/file")
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	f, err := z.Open("criteria.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if b, err = io.ReadAll(f); err != nil {
		return nil, err
	}
	rows, err := table(b)
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("snapshot: %v", err)
	}
	out := world{}
	for _, row := range rows[1:] {
		c := map[string]string{}
		for i, name := range rows[0] {
			if code, ok := strings.CutPrefix(name, "[old] "); ok {
				c[code] = row[i]
			}
		}
		out[strings.TrimPrefix(row[0], "#")] = c
	}
	return out, nil
}

// table reads one of our CSV files.
func table(b []byte) ([][]string, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	c := csv.NewReader(bytes.NewReader(b))
	c.FieldsPerRecord = -1
	return c.ReadAll()
}

// answered is what GET /api/imports/{id} says.
type answered struct {
	ID     string
	Status string
	// Resumable says that what is left can be done now.
	Resumable bool
	Round     int // how often it was resumed
	Counts    struct{ Rows, Created, Updated, Unchanged, Rejected, Conflicted, Unprocessed int }
	Files     []string
	Mail      struct{ Status string }
}

func (a answered) final() bool {
	switch a.Status {
	case "done", "rejected", "failed", "cancelled", "incomplete":
		return true
	}
	return false
}

// job is one import of a round.
type job struct {
	id, email string
	dataType  string
	header    []string
	lines     map[int]row // what the file asks for, by line

	cancelled, stopped bool // may have been
	resumes            int  // how often it is still resumed if rows are left
	resumed            int  // how often it was
}

type row struct {
	cells         []string
	number, email string
	set           map[string]string
}

func (r *run) round(n int) error {
	before, err := r.snapshot()
	if err != nil {
		return err
	}
	numbers := make([]string, 0, len(before))
	for k := range before {
		numbers = append(numbers, k)
	}
	// Order of a map is not part of a seed.
	slices.Sort(numbers)
	chosen := r.choose(numbers, r.o.Rows)

	var capacity Capacity
	if n%5 == 4 {
		capacity = scarce
	}
	r.proxy.Set(r.o.Seed<<16+uint64(n), r.o.Shares, capacity)
	var jobs []*job
	var deeds sync.WaitGroup
	var failed error
	imports := 2 + r.random.IntN(2)
	for i := range imports {
		j := r.write(n, i, chosen, before)
		j.resumes = r.random.IntN(3)
		if err := r.start(j); err != nil {
			return err
		}
		jobs = append(jobs, j)
	}
	r.report.Imports += imports
	edits := &edits{}
	for _, deed := range r.deeds(n, jobs, chosen, edits) {
		deeds.Go(func() {
			if err := deed(); err != nil {
				r.mu.Lock()
				failed = errors.Join(failed, err)
				r.mu.Unlock()
			}
		})
	}
	deeds.Wait()
	if failed != nil {
		return failed
	}
	// Everything comes to an end, if need be by the sweep that runs every five minutes.
	calm := time.Now().Add(45 * time.Second)
	again := calm.Add(5 * time.Second)
	if err := r.until("the imports' end", func() (bool, error) {
		if time.Now().After(calm) {
			r.proxy.Calm()
		}
		if err := r.reconcile(); err != nil && time.Now().After(calm) {
			return false, err
		}
		redrive := time.Now().After(again)
		ended := true
		for _, j := range jobs {
			var a answered
			if err := r.must("GET", "/api/imports/"+j.id, operator, nil, &a); err != nil {
				return false, err
			}
			// A resume whose answer was lost is done all the same.
			j.resumed = max(j.resumed, a.Round)
			if a.Resumable && j.resumes > 0 {
				status, _, err := r.call("POST", "/api/imports/"+j.id+"/resume", operator, nil)
				if err == nil && status == http.StatusAccepted {
					j.resumes, j.resumed, ended = j.resumes-1, j.resumed+1, false
					r.count(&r.report.Resumes, 1)
					r.say("resumed %s, which was %s", j.id, a.Status)
					continue
				}
				if calmed := time.Now().After(calm); err == nil && (status < 500 || calmed) {
					return false, fmt.Errorf("resume %s: %d", j.id, status)
				}
				ended = false // the weather: again
				continue
			}
			if ended = ended && a.final(); !a.final() && redrive {
				// The weather outlasted the tries of finish: somebody redrives it.
				if err := r.broken(j); err != nil {
					return false, err
				}
				again = time.Now().Add(10 * time.Second)
			}
		}
		return ended, nil
	}); err != nil {
		return err
	}
	r.proxy.Calm()
	after, err := r.snapshot()
	if err != nil {
		return err
	}
	if err := r.check(n, before, after, jobs, edits); err != nil {
		return err
	}
	return r.undo(n, jobs, after)
}

func (r *run) choose(all []string, n int) []string {
	out := append([]string(nil), all...)
	r.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(n, len(out))]
}

// write makes the file of import i of a round: of criteria, about fields that
// overlap with the others' and values that are its own. Every fourth round's
// second file makes contacts.
func (r *run) write(n, i int, chosen []string, before world) *job {
	j := &job{email: fmt.Sprintf("round%d-import%d@aurora.example", n, i), dataType: "criteria", lines: map[int]row{}}
	if i == 1 && n%4 == 3 {
		j.dataType = "contacts"
		j.header = []string{"Email", "Last name", "[new] " + fields[0]}
		for k := range len(chosen) / 4 {
			row := row{email: fmt.Sprintf("made-%d-%d-%d@chaos.example", r.o.Seed, n, k), set: map[string]string{fields[0]: fmt.Sprintf("made %d %d", n, k)}}
			row.cells = []string{row.email, "Made", row.set[fields[0]]}
			j.lines[k+2] = row
		}
		return j
	}
	mine := []string{fields[i%len(fields)], fields[(i+1)%len(fields)]}
	strict := r.random.IntN(3) > 0
	j.header = []string{"Contact"}
	for _, f := range mine {
		if strict {
			j.header = append(j.header, "[old] "+f)
		}
		j.header = append(j.header, "[new] "+f)
	}
	for k, number := range chosen {
		row := row{number: number, set: map[string]string{}, cells: []string{"#" + number}}
		for _, f := range mine {
			v := fmt.Sprintf("r%d i%d k%d %s", n, i, k, f)
			if strict {
				row.cells = append(row.cells, before[number][f])
			}
			row.cells = append(row.cells, v)
			row.set[f] = v
		}
		j.lines[k+2] = row
	}
	return j
}

// file is what is uploaded.
func (j *job) file() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(j.header)
	for line := range len(j.lines) {
		w.Write(j.lines[line+2].cells)
	}
	w.Flush()
	return b.Bytes()
}

func (r *run) start(j *job) error {
	var made struct {
		ID     string
		Upload struct {
			URL    string
			Fields map[string]string
		}
	}
	body := map[string]any{"dataType": j.dataType, "action": "update", "fileName": "chaos.csv", "email": j.email}
	if err := r.must("POST", "/api/imports", operator, body, &made, "Idempotency-Key", fmt.Sprintf("%d-%s", r.o.Seed, j.email)); err != nil {
		return err
	}
	j.id = made.ID
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for k, v := range made.Upload.Fields {
		w.WriteField(k, v)
	}
	part, err := w.CreateFormFile("file", "chaos.csv")
	if err != nil {
		return err
	}
	part.Write(j.file())
	w.Close()
	a, err := http.Post(made.Upload.URL, w.FormDataContentType(), &form)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode/100 != 2 {
		return fmt.Errorf("upload: %s", a.Status)
	}
	return nil
}

// edits are what people did meanwhile.
type edits struct {
	mu      sync.Mutex
	set     map[string][]edit // by number
	deleted map[string]bool
}

// edit is a person's change of one contact: it may have happened if its answer
// never came.
type edit struct {
	values map[string]string
	sure   bool
}

// deeds draws what else happens while the imports run.
func (r *run) deeds(n int, jobs []*job, chosen []string, e *edits) []func() error {
	e.set, e.deleted = map[string][]edit{}, map[string]bool{}
	after := func() time.Duration { return time.Duration(r.random.Int64N(int64(6 * time.Second))) }
	var out []func() error
	for range 2 + r.random.IntN(4) {
		wait, which := after(), []string{"ChunkFunction", "ChunkFunction", "FinishFunction", "PlanFunction", "StartFunction"}[r.random.IntN(5)]
		out = append(out, func() error {
			time.Sleep(wait)
			if killed := r.kill(which); killed > 0 {
				r.count(&r.report.Kills, killed)
				r.say("killed %s", which)
			}
			return nil
		})
	}
	for k := range 3 {
		wait, number, value := after(), chosen[r.random.IntN(len(chosen))], fmt.Sprintf("r%d edit%d", n, k)
		out = append(out, func() error { time.Sleep(wait); return r.edit(number, value, e) })
	}
	if r.random.IntN(2) == 0 {
		wait, number := after(), chosen[r.random.IntN(len(chosen))]
		out = append(out, func() error { time.Sleep(wait); return r.remove(number, e) })
	}
	victim := jobs[r.random.IntN(len(jobs))]
	switch wait := after(); r.random.IntN(5) {
	case 0:
		victim.cancelled = true
		out = append(out, func() error {
			time.Sleep(wait)
			r.count(&r.report.Cancels, 1)
			status, _, err := r.call("POST", "/api/imports/"+victim.id+"/cancel", operator, nil)
			if err == nil && status >= 500 {
				err = fmt.Errorf("cancel: %d", status)
			}
			r.say("cancelled %s", victim.id)
			return ignoreWeather(err)
		})
	case 1:
		victim.stopped = true
		out = append(out, func() error {
			time.Sleep(wait)
			machine := sfn.NewFromConfig(r.stack.Config())
			execution := r.execution(victim)
			if _, err := machine.StopExecution(r.ctx, &sfn.StopExecutionInput{ExecutionArn: &execution}); err == nil {
				r.count(&r.report.Stops, 1)
				r.say("stopped %s", victim.id)
			}
			return nil
		})
	case 2:
		out = append(out, func() error { time.Sleep(wait); return r.newsAgain(victim) })
	case 3:
		if r.o.Restarts {
			for _, j := range jobs {
				j.stopped = true
			}
			out = append(out, func() error { time.Sleep(wait); return r.restart(jobs) })
		}
	}
	return out
}

func (r *run) count(n *int, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n += by
}

// ignoreWeather passes over what the weather did to a deed that need not happen.
func ignoreWeather(error) error { return nil }

// edit changes one field of a contact as a person does: read, then write.
func (r *run) edit(number, value string, e *edits) error {
	var c map[string]any
	if err := r.must("GET", "/api/contacts/"+number, operator, nil, &c); err != nil {
		return nil // deleted meanwhile
	}
	criteria, _ := c["criteria"].(map[string]any)
	if criteria == nil {
		criteria = map[string]any{}
	}
	criteria[fields[0]] = value
	c["criteria"] = criteria
	values := map[string]string{}
	for _, f := range fields {
		values[f], _ = criteria[f].(string)
	}
	status, _, err := r.call("PUT", "/api/contacts/"+number, operator, c)
	if err == nil && status >= 400 && status < 500 {
		return nil
	}
	r.count(&r.report.Edits, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.set[number] = append(e.set[number], edit{values, err == nil && status/100 == 2})
	return nil
}

func (r *run) remove(number string, e *edits) error {
	e.mu.Lock()
	e.deleted[number] = true // it may be, from now on
	e.mu.Unlock()
	_, _, err := r.call("DELETE", "/api/contacts/"+number, operator, nil)
	r.count(&r.report.Deletions, 1)
	r.say("deleted a contact")
	return ignoreWeather(err)
}

// restart ends everything that runs and starts the emulator again. Events on
// their way are not lost on AWS, so the start function is told of all files anew.
func (r *run) restart(jobs []*job) error {
	r.say("restart")
	r.count(&r.report.Restarts, 1)
	if err := r.stack.Restart(r.ctx); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := r.newsAgain(j); err != nil {
			return err
		}
		// The emulator says nothing of executions that its restart ended.
		if err := r.broken(j); err != nil {
			return err
		}
	}
	return nil
}

// broken tells finish of an execution that has failed, as the service does and as
// whoever redrives its dead letter does.
func (r *run) broken(j *job) error {
	arn := r.execution(j)
	d, err := sfn.NewFromConfig(r.stack.Config()).DescribeExecution(r.ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil || d.Status == types.ExecutionStatusRunning || d.Status == types.ExecutionStatusSucceeded {
		return nil
	}
	detail, err := json.Marshal(map[string]string{"executionArn": arn, "name": domain.RunID(j.id, j.resumed), "status": string(d.Status), "input": *d.Input})
	if err != nil {
		return err
	}
	return r.later("FinishFunction", detail)
}

// execution is the ARN of an import's execution.
func (r *run) execution(j *job) string {
	return strings.Replace(r.stack.StateMachineARN, ":stateMachine:", ":execution:", 1) + ":" + domain.RunID(j.id, j.resumed)
}

// mailbox counts the mails to each address.
func (r *run) mailbox() (map[string]int, error) {
	res, err := http.Get(r.stack.Mailbox)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var all []struct{ To []string }
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, m := range all {
		for _, to := range m.To {
			out[to]++
		}
	}
	return out, nil
}

// newsAgain tells the start function of an upload once more.
func (r *run) newsAgain(j *job) error {
	objects := s3.NewFromConfig(r.stack.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	list, err := objects.ListObjectVersions(r.ctx, &s3.ListObjectVersionsInput{Bucket: &r.stack.UploadsBucket, Prefix: aws.String("uploads/aurora/" + j.id)})
	if err != nil {
		return err
	}
	if len(list.Versions) == 0 {
		return nil
	}
	v := list.Versions[0]
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"eventSource": "aws:s3", "eventName": "ObjectCreated:Post", "eventTime": time.Now().UTC().Format(time.RFC3339),
		"s3": map[string]any{"bucket": map[string]any{"name": r.stack.UploadsBucket},
			"object": map[string]any{"key": *v.Key, "size": *v.Size, "versionId": *v.VersionId, "sequencer": "0055AED6DCD90281E5"}}}}})
	if err != nil {
		return err
	}
	_, err = r.invoke("StartFunction", event)
	r.count(&r.report.News, 1)
	return ignoreWeather(err)
}

// reconcile runs the sweep that the stack's schedule runs every five minutes.
func (r *run) reconcile() error {
	_, err := r.invoke("ReconcileFunction", []byte(`{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}`))
	return err
}

func (r *run) invoke(name string, event []byte) ([]byte, error) {
	return r.function(name, lambdatypes.InvocationTypeRequestResponse, event)
}

// later has the service invoke a function, with its own tries if that fails.
func (r *run) later(name string, event []byte) error {
	_, err := r.function(name, lambdatypes.InvocationTypeEvent, event)
	return err
}

// function invokes the stack's function with the name.
func (r *run) function(name string, how lambdatypes.InvocationType, event []byte) ([]byte, error) {
	full, err := r.functionName(name)
	if err != nil {
		return nil, err
	}
	out, err := lambda.NewFromConfig(r.stack.Config()).Invoke(r.ctx, &lambda.InvokeInput{FunctionName: &full, InvocationType: how, Payload: event})
	if err != nil {
		return nil, err
	}
	if out.FunctionError != nil {
		return nil, fmt.Errorf("%s: %s", name, out.Payload)
	}
	return out.Payload, nil
}

// functionName returns what the template's function with the name is called.
func (r *run) functionName(name string) (string, error) {
	list, err := lambda.NewFromConfig(r.stack.Config()).ListFunctions(r.ctx, &lambda.ListFunctionsInput{})
	if err != nil {
		return "", err
	}
	for _, f := range list.Functions {
		if strings.Contains(*f.FunctionName, name) {
			return *f.FunctionName, nil
		}
	}
	return "", fmt.Errorf("no function is called %s", name)
}

// kill ends the processes of the stack's function with the name at once, as a
// sandbox that runs out of memory is ended, and returns how many there were. It
// finds them under /proc and so works on Linux only. No other stack has this
// proxy's address in its functions' environment.
func (r *run) kill(name string) int {
	n := 0
	ours := []byte("AWS_ENDPOINT_URL=" + r.proxy.URL)
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		variables := bytes.Split(b, []byte{0})
		if !slices.ContainsFunc(variables, func(v []byte) bool { return bytes.Equal(v, ours) }) {
			continue
		}
		for _, v := range variables {
			if bytes.HasPrefix(v, []byte("AWS_LAMBDA_FUNCTION_NAME=")) && bytes.Contains(v, []byte(name)) {
				var pid int
				if _, err := fmt.Sscanf(path, "/proc/%d/environ", &pid); err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
					n++
				}
			}
		}
	}
	return n
}

func (r *run) say(format string, args ...any) {
	if r.o.Log != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		fmt.Fprintf(r.o.Log, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05")}, args...)...)
	}
}

// until asks every half second; the limit only ends what hangs.
func (r *run) until(what string, done func() (bool, error)) error {
	for end := time.Now().Add(15 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s does not come", what)
		}
	}
}

var plain = &http.Client{Timeout: 35 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (r *run) call(method, path, as string, body any, header ...string) (int, []byte, error) {
	token, err := r.token(as)
	if err != nil {
		return 0, nil, err
	}
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		in = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(r.ctx, method, r.stack.URL+path, in)
	if err != nil {
		return 0, nil, err
	}
	q.Header.Set("Authorization", "Bearer "+token)
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	a, err := plain.Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if location := a.Header.Get("Location"); a.StatusCode == http.StatusFound {
		return a.StatusCode, []byte(location), err
	}
	return a.StatusCode, b, err
}

// must repeats a call that the weather spoils until it is answered, and wants success.
func (r *run) must(method, path, as string, body, out any, header ...string) error {
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(300 * time.Millisecond) {
		status, b, err := r.call(method, path, as, body, header...)
		switch {
		case r.ctx.Err() != nil:
			return r.ctx.Err()
		case err == nil && status/100 <= 3:
			if out == nil {
				return nil
			}
			return json.Unmarshal(b, out)
		case err == nil && status != 429 && status < 500:
			return fmt.Errorf("%s %s: %d %s", method, path, status, b)
		case time.Now().After(end):
			return fmt.Errorf("%s %s: %d %s %v", method, path, status, b, err)
		}
	}
}

// file follows the redirect of a file's route.
func (r *run) file(path string) ([]byte, error) {
	status, location, err := r.call("GET", path, operator, nil)
	if err != nil || status != http.StatusFound {
		return nil, fmt.Errorf("%s: %d %v", path, status, err)
	}
	a, err := http.Get(string(location))
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, a.Status)
	}
	return io.ReadAll(a.Body)
}

// signedIn is a token and since when it is good.
type signedIn struct {
	token string
	at    time.Time
}

// tokenLife is well below the hour that the user pool's tokens are good for.
const tokenLife = 40 * time.Minute

// token signs a user in, again when the old token nears its end.
func (r *run) token(email string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.tokens[email]; time.Since(s.at) < tokenLife {
		return s.token, nil
	}
	t, err := r.stack.Token(r.ctx, email)
	if err != nil {
		return "", err
	}
	r.tokens[email] = signedIn{t, time.Now()}
	return t, nil
}
