package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/local/emulator"
	"rollbook/internal/mail"
	"rollbook/internal/steps/chunk"
	"rollbook/internal/steps/finish"
	"rollbook/internal/steps/plan"
	"rollbook/internal/testing/memory"
)

//go:embed prices.json
var priceList []byte

type prices struct {
	Region  string
	AsOf    string `json:"as of"`
	Dollars map[string]float64
	Assumed map[string]float64
}

// used is what one import used: counted, but for what prices.json assumes.
type used struct {
	Rows       int
	WriteUnits int
	ReadUnits  float64
	Requests   int     // of DynamoDB
	Stored     int     // bytes that stay in the tables, history and new contacts
	Puts       int     // objects
	ObjectMB   float64 // in all
	CPU        time.Duration

	Plan, Chunk, Finish *used // the steps' own parts, without what is stored
}

func (u *used) add(v used) {
	u.WriteUnits += v.WriteUnits
	u.ReadUnits += v.ReadUnits
	u.Requests += v.Requests
	u.CPU += v.CPU
}

// A meter counts what requests to DynamoDB are charged, by the service's rules:
// a write unit for each started KB of each item, twice in a transaction, and a
// read unit for each started 4 KB. What an update writes is the whole item, of
// which a request does not tell the size: contact is that of a contact's.
type meter struct {
	next http.RoundTripper

	mu      sync.Mutex
	now     used
	contact int
}

type attributes = map[string]map[string]any

func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	res, err := m.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(answer))
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return res, m.count(op, body, answer)
}

func (m *meter) count(op string, body, answer []byte) error {
	var in struct {
		TableName string
		Item      attributes
		// Of a query that asks for a part of each item.
		ProjectionExpression string
		Statements           []struct{ Statement string }
		Parameters           []map[string]any
		RequestItems         map[string]json.RawMessage
		// Of a transaction, each is one kind of write.
		TransactItems []map[string]struct {
			TableName string
			Item      attributes
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	var out struct {
		Item      attributes
		Items     []attributes
		Responses json.RawMessage
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	written := func(table string, it attributes) int {
		if it == nil { // an update or a deletion
			if table == "contacts" {
				return (m.contact + 1023) / 1024
			}
			return 1
		}
		return (itemSize(it) + 1023) / 1024
	}
	read := func(bytes int) float64 { return float64(max(1, (bytes+4095)/4096)) }
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Requests++
	switch op {
	case "GetItem":
		m.now.ReadUnits += read(itemSize(out.Item))
	case "Query":
		all := 0
		for _, it := range out.Items {
			size := itemSize(it)
			if in.ProjectionExpression != "" && in.TableName == "contacts" {
				size = m.contact // what is not sent is charged too
			}
			all += size
		}
		m.now.ReadUnits += read(all)
	case "ExecuteStatement": // a query for each partition
		m.now.ReadUnits += float64(len(in.Parameters))
	case "BatchGetItem":
		for _, t := range in.RequestItems {
			var asked struct {
				Keys           []any
				ConsistentRead bool
			}
			if err := json.Unmarshal(t, &asked); err != nil {
				return err
			}
			each := read(m.contact)
			if !asked.ConsistentRead {
				each /= 2
			}
			m.now.ReadUnits += float64(len(asked.Keys)) * each
		}
	case "PutItem", "UpdateItem", "DeleteItem":
		m.now.WriteUnits += written(in.TableName, in.Item)
	case "BatchExecuteStatement":
		for _, s := range in.Statements {
			table := ""
			if strings.Contains(s.Statement, `"contacts"`) {
				table = "contacts"
			}
			m.now.WriteUnits += written(table, nil)
		}
	case "BatchWriteItem":
		for table, t := range in.RequestItems {
			var ws []struct {
				PutRequest    *struct{ Item attributes }
				DeleteRequest *struct{}
			}
			if err := json.Unmarshal(t, &ws); err != nil {
				return err
			}
			for _, w := range ws {
				if w.PutRequest != nil {
					m.now.WriteUnits += written(table, w.PutRequest.Item)
				} else {
					m.now.WriteUnits += written(table, nil)
				}
			}
		}
	case "TransactWriteItems":
		for _, w := range in.TransactItems {
			for _, one := range w {
				m.now.WriteUnits += 2 * written(one.TableName, one.Item)
			}
		}
	case "Scan", "CreateTable", "DescribeTable":
		m.now.Requests-- // the bench's own
	default:
		return fmt.Errorf("nobody knows what %s costs", op)
	}
	return nil
}

func (m *meter) take() used {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.now
	m.now = used{}
	return u
}

func itemSize(it attributes) int {
	n := 0
	for k, v := range it {
		n += len(k) + jsonSize(v)
	}
	return n
}

// jsonSize is what the service counts for a value, in the JSON of its protocol.
func jsonSize(v map[string]any) int {
	for kind, x := range v {
		switch x := x.(type) {
		case string:
			switch kind {
			case "N":
				return len(x)/2 + 1
			case "B":
				return len(x) / 4 * 3
			}
			return len(x)
		case []any:
			n := 3
			for _, y := range x {
				if o, ok := y.(map[string]any); ok {
					n += 1 + jsonSize(o)
				} else {
					n += len(fmt.Sprint(y))
				}
			}
			return n
		case map[string]any:
			n := 3
			for k, y := range x {
				if o, ok := y.(map[string]any); ok {
					n += 1 + len(k) + jsonSize(o)
				}
			}
			return n
		}
	}
	return 1
}

// shop is an institution with its stores on an emulated DynamoDB, metered, and
// its objects in memory.
type shop struct {
	meter     *meter
	client    *dynamodb.Client
	contacts  *dynamo.Contacts
	catalogue *dynamo.Catalogue
	jobs      *dynamo.Jobs
	files     *memory.Blobs
	next      int
}

var tables = []string{"contacts", "emails", "history", "catalogue", "jobs"}

func openShop(ctx context.Context, endpoint string, contacts int) (*shop, error) {
	conf := emulator.Config(endpoint)
	s := &shop{meter: &meter{next: &http.Transport{MaxIdleConnsPerHost: 64}, contact: 600}, files: memory.NewBlobs("files", time.Now)}
	conf.HTTPClient = &http.Client{Transport: s.meter}
	s.client = dynamodb.NewFromConfig(conf)
	for _, name := range tables {
		if _, err := s.client.CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{
				{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
				{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS}},
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange}},
		}); err != nil {
			return nil, err
		}
	}
	db := dynamo.Open(conf)
	s.contacts, s.catalogue, s.jobs = dynamo.NewContacts(db, "contacts", "emails", "history", "catalogue"), dynamo.NewCatalogue(db, "catalogue"), dynamo.NewJobs(db, "jobs")
	if err := demo.Seed(ctx, s.contacts, s.catalogue, demo.Aurora, 0); err != nil {
		return nil, err
	}
	return s, s.contacts.Load(ctx, demo.Aurora, func(yield func(domain.Contact) bool) {
		for c := range demo.Contacts(demo.Aurora, contacts) {
			c.Fields["criterion:NOTE"] = domain.Value(note(string(c.Number), 0))
			if !yield(c) {
				return
			}
		}
	})
}

// note is a text that differs from contact to contact and from turn to turn, so
// that history cannot pack it as it could a choice's few codes.
func note(number string, turn int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", number, turn))
	return hex.EncodeToString(sum[:6])
}

// stored is how many bytes the tables hold that keep what imports do.
func (s *shop) stored(ctx context.Context) (bytes int, err error) {
	for _, name := range []string{"contacts", "emails", "history"} {
		pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{TableName: aws.String(name)})
		items, all := 0, 0
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, err
			}
			for _, it := range page.Items {
				items++
				for k, v := range it {
					all += len(k) + size(v)
				}
			}
		}
		bytes += all + 100*items // the service's own for each item
		if name == "contacts" && items > 0 {
			s.meter.contact = all / items
		}
	}
	return bytes, nil
}

// measure returns what the work used.
func (s *shop) measure(work func() error) (used, error) {
	s.meter.take()
	at := cpuTime()
	err := work()
	u := s.meter.take()
	u.CPU = cpuTime() - at
	return u, err
}

// through runs one import through its three steps and returns what it used.
func (s *shop) through(ctx context.Context, dt domain.DataType, a domain.Action, file []byte, want func(domain.Counts) int) (u used, err error) {
	s.next++
	before, err := s.stored(ctx)
	if err != nil {
		return used{}, err
	}
	keys := len(s.files.Keys())
	source, err := s.files.Put(ctx, fmt.Sprintf("uploads/%d", s.next), bytes.NewReader(file), "text/csv")
	if err != nil {
		return used{}, err
	}
	imp := domain.Import{ID: fmt.Sprintf("0199f0aa-0000-7000-8000-%012d", s.next), Institution: demo.Aurora, DataType: dt, Action: a, Recipe: domain.Recipe{OnConflict: domain.Skip},
		Language: "en", Source: source, Status: domain.Checking, CreatedAt: time.Now(), StartedAt: time.Now(), ExpiresAt: time.Now().Add(domain.ImportLife)}
	if _, _, err := s.jobs.CreateImport(ctx, imp, domain.Once{}, ""); err != nil {
		return used{}, err
	}
	none := slog.New(slog.DiscardHandler)
	mappings := dynamo.NewRecords[domain.Mapping](s.jobs, "mappings")
	p := &plan.Step{Contacts: s.contacts, Catalogue: s.catalogue, Jobs: s.jobs, Mappings: mappings, Files: s.files, Source: func(string) plan.Opener { return s.files }}
	c := &chunk.Step{Contacts: s.contacts, Late: s.contacts.Late(), Catalogue: s.catalogue, Jobs: s.jobs, Files: s.files, Now: time.Now}
	f := &finish.Step{Contacts: s.contacts, Catalogue: s.catalogue, Jobs: s.jobs, Mappings: mappings, Files: s.files, Mail: &memory.Mails{}, Log: none,
		Count: func(string, int) {}, Now: time.Now, Letter: func(domain.Import, string) mail.Message { return mail.Message{} }}
	run := flow.RunOf(&imp)
	var planned flow.Planned
	for _, step := range []struct {
		part **used
		run  func() error
	}{
		{&u.Plan, func() (err error) {
			planned, err = p.Run(ctx, run)
			return err
		}},
		{&u.Chunk, func() error {
			for n := range planned.Chunks {
				if err := c.Run(ctx, flow.Chunk{Run: run, Chunk: n}); err != nil {
					return err
				}
			}
			return nil
		}},
		{&u.Finish, func() error { return f.Run(ctx, flow.Finish{Run: run}) }},
	} {
		part, err := s.measure(step.run)
		if err != nil {
			return u, err
		}
		*step.part = &part
		u.add(part)
	}
	done, err := s.jobs.Import(ctx, demo.Aurora, imp.ID)
	if err != nil {
		return u, err
	}
	u.Rows = done.Counts.Rows
	if n := want(done.Counts); n != u.Rows || u.Rows == 0 {
		return u, fmt.Errorf("%d rows of %d became what they should: %+v %+v", n, u.Rows, done.Counts, done.Problem)
	}
	after, err := s.stored(ctx)
	if err != nil {
		return u, err
	}
	u.Stored = max(0, after-before)
	made := s.files.Keys()
	u.Puts = len(made) - keys
	for _, k := range made {
		o, _, err := s.files.Head(ctx, k)
		if err != nil {
			return u, err
		}
		if strings.Contains(k, imp.ID) || k == source.Key {
			u.ObjectMB += float64(o.Size) / 1e6
		}
	}
	return u, nil
}

// bill is what a million such rows cost, in dollars, by what for.
func (p prices) bill(u used) map[string]float64 {
	d, a := p.Dollars, p.Assumed
	each := 1e6 / float64(u.Rows)
	chunks := 1e6 / a["rows a chunk"]
	gb := float64(u.Stored) * each / 1e9
	months := a["years of history"] * 12
	// A chunk lasts as long as the table lets it, or as its processor needs.
	atTable := max(float64(u.WriteUnits)/a["writes a second of a new table"], u.ReadUnits/a["reads a second of a new table"]) * a["chunks at once"]
	chunkSeconds := max(atTable, u.Chunk.CPU.Seconds()/(a["GB of chunk"]*a["vCPU of a GB"])) * each
	functions := chunkSeconds*a["GB of chunk"] +
		u.Plan.CPU.Seconds()*each/min(1, a["GB of plan"]*a["vCPU of a GB"])*a["GB of plan"] +
		u.Finish.CPU.Seconds()*each/min(1, a["GB of finish"]*a["vCPU of a GB"])*a["GB of finish"]
	calls := chunks + 4
	return map[string]float64{
		"writes":           float64(u.WriteUnits) * each / 1e6 * d["million write units"],
		"reads":            u.ReadUnits * each / 1e6 * d["million read units"],
		"two years' store": gb * months * (d["GB-month of a table"] + d["GB-month of point-in-time recovery"]),
		"functions":        functions*d["GB-second of a function (arm64)"] + calls/1e6*d["million calls of a function"],
		"transitions":      (6 + chunks) / 1e6 * d["million state transitions"],
		"objects": float64(u.Puts)*each/1e6*(d["million PUT requests"]+2*d["million GET requests"]) +
			u.ObjectMB*each/1e3*d["GB-month of objects"]*a["days of objects"]/30,
		"logs, mail, traces": calls*a["bytes of log a call"]/1e9*d["GB of logs"] + d["thousand mails"]/1e3 + a["traces an execution"]/1e6*d["million traces"],
	}
}

// idle is what a stack costs a month in which nothing happens.
func (p prices) idle() (dollars float64, err error) {
	root, err := emulator.Root()
	if err != nil {
		return 0, err
	}
	template, err := os.ReadFile(root + "/template.yaml")
	if err != nil {
		return 0, err
	}
	alarms := float64(strings.Count(string(template), "Type: AWS::CloudWatch::Alarm"))
	const looks = 2 * 30 * 24 * 12 // reconcile and announce, every five minutes
	d := p.Dollars
	return alarms*d["alarm and month"] + looks/1e6*d["million calls of a function"] + looks*0.1*0.5*d["GB-second of a function (arm64)"] +
		looks*2/1e6*d["million read units"] + looks*p.Assumed["bytes of log a call"]/1e9*d["GB of logs"] + looks/1e6*d["million traces"], nil
}

type cost struct {
	WriteUnits, ReadUnits, Requests float64 // a row
	Bytes                           float64 // a row that stay
	CPU                             float64 // microseconds a row, all steps
	Dollars                         map[string]float64
	Sum                             float64 // a million rows
}

// costs counts what becomes of rows, and then what the other work on the same
// contacts uses.
func costs(ctx context.Context, rows int, r *report) error {
	var p prices
	if err := json.Unmarshal(priceList, &p); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rollbook-bench-")
	if err != nil {
		return err
	}
	e, err := emulator.Start(ctx, emulator.Options{Dir: dir, Remove: true})
	if err != nil {
		return err
	}
	defer e.Stop()
	s, err := openShop(ctx, e.Endpoint, rows)
	if err != nil {
		return err
	}
	edits := func(from, to int) []byte {
		b := bytes.NewBufferString("Contact,[old] NOTE,[new] NOTE\n")
		for i := range rows {
			n := string(demo.Number(i))
			fmt.Fprintf(b, "#%s,%s,%s\n", n, note(n, from), note(n, to))
		}
		return b.Bytes()
	}
	people := bytes.NewBufferString("Email,Last name,First name,City\n")
	for i := range rows {
		fmt.Fprintf(people, "new.%d@example.org,Mustermann %d,Maximiliane,Zürich\n", i, i)
	}
	r.Counted, r.Costs, r.Steps = rows, map[string]cost{}, map[string]step{}
	fmt.Printf("cost of a million rows, counted with %d through plan, chunk and finish; prices of %s, %s\n", rows, p.Region, p.AsOf)
	// A contact's first import leaves its stamp there, once.
	if _, err := s.through(ctx, domain.Criteria, domain.Update, edits(0, 1), func(c domain.Counts) int { return c.Updated }); err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		dt   domain.DataType
		a    domain.Action
		file []byte
		want func(domain.Counts) int
	}{
		{"tested", domain.Criteria, domain.Test, edits(1, 2), func(c domain.Counts) int { return c.Updated }},
		{"changed", domain.Criteria, domain.Update, edits(1, 2), func(c domain.Counts) int { return c.Updated }},
		{"unchanged", domain.Criteria, domain.Update, edits(1, 2), func(c domain.Counts) int { return c.Unchanged }},
		{"created", domain.Contacts, domain.Update, people.Bytes(), func(c domain.Counts) int { return c.Created }},
	} {
		u, err := s.through(ctx, c.dt, c.a, c.file, c.want)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		n := float64(u.Rows)
		got := cost{float64(u.WriteUnits) / n, u.ReadUnits / n, float64(u.Requests) / n, float64(u.Stored) / n, u.CPU.Seconds() / n * 1e6, p.bill(u), 0}
		for _, d := range got.Dollars {
			got.Sum += d
		}
		r.Costs[c.name] = got
		fmt.Printf("  %-10s %6.2f $   %.3f write and %.3f read units, %.3f requests, %.0f bytes that stay, %.0f µs of CPU a row\n", c.name, got.Sum, got.WriteUnits, got.ReadUnits, got.Requests, got.Bytes, got.CPU)
		for _, what := range slices.Sorted(maps.Keys(got.Dollars)) {
			fmt.Printf("    %-20s %7.4f $\n", what, got.Dollars[what])
		}
		r.imported(c.name, u)
	}
	if r.Idle, err = p.idle(); err != nil {
		return err
	}
	fmt.Printf("  idle       %6.2f $ a month\n\n", r.Idle)
	return s.steps(ctx, rows, r)
}
