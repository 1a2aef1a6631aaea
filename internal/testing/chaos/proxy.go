package chaos

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"rollbook/internal/local/emulator"
)

// A Fault is what the proxy does to one request.
type Fault string

// The faults.
const (
	none Fault = ""
	// Throttle refuses the request as its service refuses what is too much.
	Throttle Fault = "throttle"
	// ThrottleStatements refuses some statements of a batch and passes the others on.
	ThrottleStatements Fault = "throttleStatements"
	// Unprocessed passes half of a batch's keys or items on and gives the others
	// back as unprocessed.
	Unprocessed Fault = "unprocessed"
	// Error answers 500 and does nothing.
	Error Fault = "error"
	// ErrorAfter passes the request on and answers 500 all the same.
	ErrorAfter Fault = "errorAfter"
	// Lost passes the request on and cuts the connection instead of answering.
	Lost Fault = "lost"
	// Cut passes the request on and cuts the connection in the middle of the answer.
	Cut Fault = "cut"
	// Silence never answers; the request is not passed on.
	Silence Fault = "silence"
	// Late cuts the connection at once and passes the request on seconds later.
	Late Fault = "late"
	// Delay passes the request on after up to two seconds.
	Delay Fault = "delay"
)

// Shares say how many of a thousand requests meet each fault. Mails and starts of
// executions, of which an import makes few, meet them seldomOften times as often.
type Shares map[Fault]int

const seldomOften = 6

// Rough is weather in which every kind of fault is met in a short import.
var Rough = Shares{Throttle: 15, ThrottleStatements: 30, Unprocessed: 30, Error: 15, ErrorAfter: 10, Lost: 10, Cut: 6, Silence: 1, Late: 8, Delay: 40}

// Capacity bounds the writes of contacts: statements beyond it are refused one
// by one, as a table does that has not grown yet. Zero is no bound.
type Capacity struct {
	PerSecond          float64 // of the whole table
	PartitionPerSecond float64 // of one partition
}

// Proxy stands between functions and the services that they call. With no
// shares set it passes everything on.
type Proxy struct {
	// URL is its address.
	URL string

	http   *http.Server
	client *http.Client
	now    func() time.Time
	late   sync.WaitGroup

	mu       sync.Mutex
	target   string
	broken   string // a service
	random   *rand.Rand
	shares   Shares
	capacity Capacity
	tokens   map[string]*tokens
	met      map[Fault]int
	at       map[string]int // faults by service
	denied   map[string]int // mails to each address that went though the answer was 500
	requests int
}

type tokens struct {
	left float64
	at   time.Time
}

// NewProxy listens on a free port of this machine.
func NewProxy() (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		URL:    fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		now:    time.Now,
		tokens: map[string]*tokens{}, met: map[Fault]int{}, at: map[string]int{}, denied: map[string]int{},
	}
	p.http = &http.Server{Handler: p}
	go p.http.Serve(l)
	return p, nil
}

// Close ends it, after what it passes on late has gone.
func (p *Proxy) Close() {
	p.late.Wait()
	p.http.Close()
}

// Target says where requests go, such as http://localhost:4566.
func (p *Proxy) Target(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = url
}

// Set changes the weather. Equal seeds draw equal faults for equal requests in
// equal order; several functions at once make an order of their own.
func (p *Proxy) Set(seed uint64, s Shares, c Capacity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.random, p.shares, p.capacity, p.tokens = rand.New(rand.NewPCG(seed, seed)), s, c, map[string]*tokens{}
}

// Break has every call of the service (dynamodb, s3, states, ses or lambda) answered
// by an error until Calm.
func (p *Proxy) Break(service string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = service
}

// Calm lets everything pass, and waits for what is late.
func (p *Proxy) Calm() {
	p.Set(0, nil, Capacity{})
	p.Break("")
	p.late.Wait()
}

// Met counts the faults since the proxy began, by kind and by service, and all
// requests.
func (p *Proxy) Met() (kinds map[Fault]int, services map[string]int, requests int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.met), maps.Clone(p.at), p.requests
}

func (p *Proxy) draw(c call) (Fault, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	if c.service != "" && c.service == p.broken {
		return Error, 0
	}
	if p.shares == nil || c.service == "" {
		return none, 0
	}
	n := p.random.IntN(1000)
	if c.service == "ses" || c.service == "states" {
		n /= seldomOften
	}
	wait := time.Duration(p.random.Int64N(int64(2 * time.Second)))
	for _, f := range []Fault{Throttle, ThrottleStatements, Unprocessed, Error, ErrorAfter, Lost, Cut, Silence, Late, Delay} {
		if n -= p.shares[f]; n >= 0 {
			continue
		}
		if f == ThrottleStatements && c.action != "BatchExecuteStatement" || f == Unprocessed && !c.keyed() {
			return none, 0
		}
		p.met[f]++
		p.at[c.service]++
		return f, wait
	}
	return none, 0
}

// call is what a request asks for.
type call struct{ service, action string }

// keyed reports whether the service may leave a part of the request undone.
func (c call) keyed() bool { return c.action == "BatchGetItem" || c.action == "BatchWriteItem" }

// callOf reads a request of a function. What a browser sends, with a signature
// in its address or form, is nobody's call and meets no fault.
func callOf(r *http.Request) call {
	if r.Header.Get("Authorization") == "" {
		return call{}
	}
	if service, action, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		switch {
		case strings.HasPrefix(service, "DynamoDB"):
			return call{"dynamodb", action}
		case strings.HasPrefix(service, "AWSStepFunctions"):
			return call{"states", action}
		}
		return call{}
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/v2/email/"):
		return call{"ses", "SendEmail"}
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"):
		return call{"lambda", "Invoke"}
	case strings.Contains(r.Header.Get("Authorization"), "/s3/"):
		return call{"s3", r.Method}
	}
	return call{}
}

// refusal is how a service says that it is asked too much.
func refusal(w http.ResponseWriter, c call) {
	switch c.service {
	case "dynamodb":
		amzJSON(w, 400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "Too many requests.")
	case "states":
		amzJSON(w, 400, "ThrottlingException", "Rate exceeded")
	case "ses":
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		amzJSON(w, 429, "TooManyRequestsException", "Maximum sending rate exceeded.")
	case "lambda":
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		amzJSON(w, 429, "TooManyRequestsException", "Rate Exceeded.")
	default:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(503)
		io.WriteString(w, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
	}
}

func failure(w http.ResponseWriter, c call) {
	switch c.service {
	case "dynamodb":
		amzJSON(w, 500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error")
	case "s3":
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(500)
		io.WriteString(w, "<Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>")
	default:
		w.Header().Set("X-Amzn-Errortype", "InternalFailure")
		amzJSON(w, 500, "InternalFailure", "Internal failure")
	}
}

func amzJSON(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"__type": kind, "message": message})
}

// hangUp cuts the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// longest is how long the proxy is silent: longer than a caller should wait.
const longest = time.Minute

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		hangUp(w)
		return
	}
	c := callOf(r)
	fault, wait := p.draw(c)
	switch fault {
	case Throttle:
		refusal(w, c)
	case Error:
		failure(w, c)
	case Silence:
		select {
		case <-r.Context().Done():
		case <-time.After(longest):
		}
		hangUp(w)
	case Late:
		p.late.Add(1)
		go func() {
			defer p.late.Done()
			time.Sleep(wait * 3)
			if a, err := p.forward(r, body, false); err == nil {
				io.Copy(io.Discard, a.Body)
				a.Body.Close()
			}
		}()
		hangUp(w)
	default:
		if fault == Delay {
			time.Sleep(wait)
		}
		p.pass(w, r, c, body, fault)
	}
}

// sign signs a request whose body is not the one that its sender signed, as
// somebody to whom the emulator allows everything.
func sign(q *http.Request, body []byte) error {
	q.Header.Del("X-Amz-Security-Token")
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(q.Context(), aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, q,
		hex.EncodeToString(sum[:]), "dynamodb", emulator.Region, time.Now())
}

// forward passes a request on; changed says that the body is not the sender's.
func (p *Proxy) forward(r *http.Request, body []byte, changed bool) (*http.Response, error) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	if target == "" {
		return nil, errors.New("the proxy has no target yet")
	}
	// A request that its sender has given up is on its way all the same.
	q, err := http.NewRequest(r.Method, target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header, q.Host, q.ContentLength = r.Header.Clone(), r.Host, int64(len(body))
	if changed {
		if err := sign(q, body); err != nil {
			return nil, err
		}
	}
	return p.client.Do(q)
}

func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, c call, body []byte, fault Fault) {
	var left json.RawMessage
	if fault == Unprocessed {
		body, left = halved(body)
	}
	refused := p.refused(c, body, fault == ThrottleStatements)
	if refused != nil {
		body = refused.rest
	}
	var status int
	var header http.Header
	var answer []byte
	if refused != nil && refused.all {
		status, header, answer = 200, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, []byte(`{"Responses":[]}`)
	} else {
		a, err := p.forward(r, body, refused != nil || left != nil)
		if err != nil {
			hangUp(w)
			return
		}
		defer a.Body.Close()
		status, header = a.StatusCode, a.Header
		if answer, err = io.ReadAll(a.Body); err != nil {
			hangUp(w)
			return
		}
	}
	if refused != nil && status == 200 {
		answer = refused.merge(answer)
	}
	if left != nil && status == 200 {
		if answer = givenBack(c, answer, left); answer == nil {
			failure(w, c)
			return
		}
	}
	switch fault {
	case ErrorAfter:
		if c.service == "ses" {
			p.deny(body)
		}
		failure(w, c)
		return
	case Lost:
		hangUp(w)
		return
	}
	for k, v := range header {
		// Of a changed body neither length nor checksum is that of the service.
		if (refused != nil || left != nil) && (k == "Content-Length" || k == "X-Amz-Crc32") {
			continue
		}
		w.Header()[k] = v
	}
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	}
	w.WriteHeader(status)
	if fault == Cut && len(answer) > 1 && r.Method != http.MethodHead {
		w.Write(answer[:len(answer)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	w.Write(answer)
}

// deny notes whom a mail went to that is said not to have gone.
func (p *Proxy) deny(body []byte) {
	var m struct {
		Destination struct{ ToAddresses []string }
	}
	if json.Unmarshal(body, &m) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, to := range m.Destination.ToAddresses {
		p.denied[to]++
	}
}

// Denied is how many mails to the address went though SES answered 500. Whoever is
// told so sends the mail again, and cannot know better.
func (p *Proxy) Denied(address string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.denied[address]
}

// refusals are the statements of a batch that the table does not admit.
type refusals struct {
	at   []int
	n    int // statements in all
	rest []byte
	all  bool
}

// refused draws or counts which statements of a batch are too much, nil for none.
func (p *Proxy) refused(c call, body []byte, drawn bool) *refusals {
	if c.service != "dynamodb" || c.action != "BatchExecuteStatement" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shares == nil && p.capacity == (Capacity{}) {
		return nil
	}
	var batch map[string]json.RawMessage
	var statements []json.RawMessage
	if json.Unmarshal(body, &batch) != nil || json.Unmarshal(batch["Statements"], &statements) != nil {
		return nil
	}
	out := &refusals{n: len(statements)}
	var rest []json.RawMessage
	for i, s := range statements {
		if drawn && p.random.IntN(3) == 0 || !p.admits(s) {
			out.at = append(out.at, i)
		} else {
			rest = append(rest, s)
		}
	}
	if len(out.at) == 0 {
		return nil
	}
	out.all = len(rest) == 0
	batch["Statements"], _ = json.Marshal(rest)
	out.rest, _ = json.Marshal(batch)
	return out
}

// admits takes a statement's write unit from the table's and its partition's
// capacity. Only writes are counted.
func (p *Proxy) admits(raw json.RawMessage) bool {
	if p.capacity == (Capacity{}) {
		return true
	}
	var s struct {
		Statement  string
		Parameters []struct{ S string }
	}
	if json.Unmarshal(raw, &s) != nil || strings.HasPrefix(strings.TrimSpace(s.Statement), "SELECT") {
		return true
	}
	partition := ""
	for _, v := range s.Parameters {
		if in, bucket, ok := strings.Cut(v.S, "#"); ok && in != "" && len(bucket) == 2 {
			partition = v.S
			break
		}
	}
	now := p.now()
	whole, part := p.bucket("", p.capacity.PerSecond, now), p.bucket(partition, p.capacity.PartitionPerSecond, now)
	if whole.left < 1 || part.left < 1 {
		return false
	}
	whole.left--
	part.left--
	return true
}

// bucket returns a token bucket that holds at most a second's capacity.
func (p *Proxy) bucket(name string, perSecond float64, now time.Time) *tokens {
	b := p.tokens[name]
	if b == nil {
		b = &tokens{left: perSecond, at: now}
		p.tokens[name] = b
	}
	b.left = min(perSecond, b.left+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	return b
}

// merge puts the refused statements' answers among the others'.
func (r *refusals) merge(answer []byte) []byte {
	var a map[string]json.RawMessage
	var responses, out []json.RawMessage
	if json.Unmarshal(answer, &a) != nil || json.Unmarshal(a["Responses"], &responses) != nil {
		return answer
	}
	refusal := json.RawMessage(`{"Error":{"Code":"ThrottlingError","Message":"Throughput exceeds the current capacity of your table or index."}}`)
	for i, next := 0, 0; i < r.n; i++ {
		if next < len(r.at) && r.at[next] == i {
			out = append(out, refusal)
			next++
		} else if len(responses) > 0 {
			out = append(out, responses[0])
			responses = responses[1:]
		}
	}
	a["Responses"], _ = json.Marshal(out)
	b, _ := json.Marshal(a)
	return b
}

// halved takes half of the keys or items out of a batch: body asks for the
// others, left is what goes back. A batch of one stays whole.
func halved(whole []byte) (body []byte, left json.RawMessage) {
	var batch, tables, rest map[string]json.RawMessage
	if json.Unmarshal(whole, &batch) != nil || json.Unmarshal(batch["RequestItems"], &tables) != nil {
		return whole, nil
	}
	rest = map[string]json.RawMessage{}
	for name, table := range tables {
		var items []json.RawMessage // of BatchWriteItem
		if json.Unmarshal(table, &items) == nil {
			if n := len(items) / 2; n > 0 {
				tables[name], rest[name] = encoded(items[n:]), encoded(items[:n])
			}
			continue
		}
		var request map[string]json.RawMessage // of BatchGetItem
		if json.Unmarshal(table, &request) != nil || json.Unmarshal(request["Keys"], &items) != nil || len(items) < 2 {
			continue
		}
		n := len(items) / 2
		request["Keys"] = encoded(items[n:])
		tables[name] = encoded(request)
		request["Keys"] = encoded(items[:n])
		rest[name] = encoded(request)
	}
	if len(rest) == 0 {
		return whole, nil
	}
	batch["RequestItems"] = encoded(tables)
	return encoded(batch), encoded(rest)
}

// givenBack adds what was left out to an answer, nil if the service itself left
// something undone.
func givenBack(c call, answer []byte, left json.RawMessage) []byte {
	name := map[string]string{"BatchGetItem": "UnprocessedKeys", "BatchWriteItem": "UnprocessedItems"}[c.action]
	var a, undone map[string]json.RawMessage
	if json.Unmarshal(answer, &a) != nil || json.Unmarshal(a[name], &undone) == nil && len(undone) > 0 {
		return nil
	}
	a[name] = left
	return encoded(a)
}

func encoded(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // JSON that was just read
	}
	return b
}
