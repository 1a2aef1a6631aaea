package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/xuri/excelize/v2"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
	"rollbook/internal/file/workbook"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/local/emulator"
	"rollbook/internal/mail"
	"rollbook/internal/steps/chunk"
	"rollbook/internal/steps/finish"
	"rollbook/internal/steps/plan"
	"rollbook/internal/testing/memory"
)

// ours is what this binary does in a process of its own.
var ours = map[string]func(ctx context.Context, args []string) (seen, error){
	"read": func(_ context.Context, a []string) (seen, error) { return read(a[0]) },
	"read-csv": func(_ context.Context, a []string) (seen, error) {
		return readCSV(a[0], func([]string) error { return nil })
	},
	"read-excelize":    func(_ context.Context, a []string) (seen, error) { return readExcelize(a[0]) },
	"write":            func(_ context.Context, a []string) (seen, error) { return write(a[0], a[1]) },
	"write-excelize":   func(_ context.Context, a []string) (seen, error) { return writeExcelize(a[0], a[1]) },
	"import":           func(ctx context.Context, a []string) (seen, error) { return inMemory(ctx, a[0]) },
	"prepare-dynamodb": func(ctx context.Context, a []string) (seen, error) { return prepareDynamoDB(ctx, a[0], a[1]) },
	"import-dynamodb":  func(ctx context.Context, a []string) (seen, error) { return onDynamoDB(ctx, a[0], a[1]) },
	"prepare-batch":    func(ctx context.Context, a []string) (seen, error) { return prepareBatches(ctx, a[0], a[1]) },
	"import-batch":     func(ctx context.Context, a []string) (seen, error) { return batches(ctx, a[0], a[1], batchTable) },
}

func read(path string) (s seen, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	size, err := f.Stat()
	if err != nil {
		return s, err
	}
	r, err := sheet.Open(f, size.Size(), sheet.Options{KnownColumn: func(s string) bool { return s == "Contact" || strings.HasPrefix(s, "[") }})
	if err != nil {
		return s, err
	}
	for ; ; s.Rows++ {
		row, err := r.Read()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if row.Fault != nil {
			return s, fmt.Errorf("line %d: %s", row.Line, row.Fault.Log())
		}
	}
}

// readCSV hands on the header and the rows.
func readCSV(path string, to func([]string) error) (seen, error) {
	s := seen{Rows: -1}
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	for ; ; s.Rows++ {
		row, err := r.Read()
		if err == io.EOF {
			return s, nil
		}
		if err == nil {
			err = to(row)
		}
		if err != nil {
			return s, err
		}
	}
}

func readExcelize(path string) (seen, error) {
	s := seen{Rows: -1}
	f, err := excelize.OpenFile(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return s, err
	}
	for ; rows.Next(); s.Rows++ {
		if _, err := rows.Columns(); err != nil {
			return s, err
		}
	}
	return s, rows.Close()
}

func write(path, to string) (s seen, err error) {
	out, err := os.Create(to)
	if err != nil {
		return s, err
	}
	defer out.Close()
	var w *workbook.Writer
	s, err = readCSV(path, func(row []string) error {
		if w != nil {
			return w.Write(row)
		}
		t := workbook.Table{Name: "Contacts", Language: "en"}
		for _, h := range row {
			t.Columns = append(t.Columns, workbook.Column{Name: h})
		}
		w, err = workbook.New(out, t)
		return err
	})
	if err != nil {
		return s, err
	}
	return s, w.Close()
}

func writeExcelize(path, to string) (s seen, err error) {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return s, err
	}
	n := 0
	s, err = readCSV(path, func(row []string) error {
		n++
		cells := make([]any, len(row))
		for i, c := range row {
			cells[i] = c
		}
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		return w.SetRow(at, cells)
	})
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return s, err
	}
	return s, f.SaveAs(to)
}

// contactStore is what the steps need of the contacts.
type contactStore interface {
	plan.Contacts
	chunk.Contacts
	finish.Contacts
	demo.ContactStore
	All(ctx context.Context, in domain.InstitutionID) iter.Seq2[domain.Contact, error]
}

type catalogueStore interface {
	account.Catalogue
	plan.Catalogue
	demo.CatalogueStore
}

type jobStore interface {
	plan.Jobs
	chunk.Jobs
	finish.Jobs
	CreateImport(ctx context.Context, imp domain.Import, once domain.Once, replaces string) (domain.Import, bool, error)
}

// house is an institution with its steps.
type house struct {
	contacts  contactStore
	catalogue catalogueStore
	jobs      jobStore
	files     *memory.Blobs
}

func inMemoryHouse() house {
	return house{memory.NewContacts(time.Now), memory.NewCatalogue(), memory.NewJobs(time.Now), memory.NewBlobs("files", time.Now)}
}

// through runs a file of criteria through the three steps.
func (h house) through(ctx context.Context, file []byte) (domain.Import, error) {
	source, err := h.files.Put(ctx, "uploads/1", bytes.NewReader(file), "text/csv")
	if err != nil {
		return domain.Import{}, err
	}
	imp := domain.Import{ID: "0199f0aa-0000-7000-8000-000000000001", Institution: demo.Aurora, DataType: domain.Criteria, Action: domain.Update, Recipe: domain.Recipe{OnConflict: domain.Skip},
		Language: "en", Source: source, Status: domain.Checking, CreatedAt: time.Now(), StartedAt: time.Now(), ExpiresAt: time.Now().Add(domain.ImportLife)}
	if _, _, err := h.jobs.CreateImport(ctx, imp, domain.Once{}, ""); err != nil {
		return imp, err
	}
	mappings := memory.NewRecords[domain.Mapping](time.Now)
	p := &plan.Step{Contacts: h.contacts, Catalogue: h.catalogue, Jobs: h.jobs, Mappings: mappings, Files: h.files, Source: func(string) plan.Opener { return h.files }}
	c := &chunk.Step{Contacts: h.contacts, Catalogue: h.catalogue, Jobs: h.jobs, Files: h.files, Now: time.Now}
	f := &finish.Step{Contacts: h.contacts, Catalogue: h.catalogue, Jobs: h.jobs, Mappings: mappings, Files: h.files, Mail: &memory.Mails{}, Log: slog.New(slog.DiscardHandler),
		Count: func(string, int) {}, Now: time.Now, Letter: func(domain.Import, string) mail.Message { return mail.Message{} }}
	run := flow.RunOf(&imp)
	planned, err := p.Run(ctx, run)
	if err != nil {
		return imp, err
	}
	for n := range planned.Chunks {
		if err := c.Run(ctx, flow.Chunk{Run: run, Chunk: n}); err != nil {
			return imp, err
		}
	}
	if err := f.Run(ctx, flow.Finish{Run: run}); err != nil {
		return imp, err
	}
	return h.jobs.Import(ctx, demo.Aurora, imp.ID)
}

// fill gives the institution the contacts of the file of changes, as they were.
func (h house) fill(ctx context.Context, rows int) error {
	if err := demo.Seed(ctx, h.contacts, h.catalogue, demo.Aurora, 0); err != nil {
		return err
	}
	return h.contacts.Load(ctx, demo.Aurora, func(yield func(domain.Contact) bool) {
		for i := range rows {
			if !yield(domain.Contact{Number: demo.Number(i), Fields: map[domain.Field]domain.Value{"criterion:GENRE": "JAZZ", "criterion:NOTE": domain.Value(fmt.Sprintf("old %d", i))}}) {
				return
			}
		}
	})
}

// prepare fills an institution with what the file says was there.
func (h house) prepare(ctx context.Context, path string) (s seen, err error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	s.Rows = bytes.Count(file, []byte("\n")) - 1
	return s, h.fill(ctx, s.Rows)
}

func (h house) change(ctx context.Context, path string) (s seen, err error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	done, err := h.through(ctx, file)
	return seen{Rows: done.Counts.Updated}, err
}

// inMemory fills its stores first, which counts.
func inMemory(ctx context.Context, path string) (seen, error) {
	h := inMemoryHouse()
	if s, err := h.prepare(ctx, path); err != nil {
		return s, err
	}
	return h.change(ctx, path)
}

// counter counts the requests that leave the client.
type counter struct {
	n    atomic.Int64
	next http.RoundTripper
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

func counted(endpoint string) (aws.Config, *counter) {
	conf, count := emulator.Config(endpoint), &counter{next: &http.Transport{MaxIdleConnsPerHost: 64}}
	conf.HTTPClient = &http.Client{Transport: count}
	return conf, count
}

func houseOn(conf aws.Config) house {
	db := dynamo.Open(conf)
	return house{dynamo.NewContacts(db, "contacts", "emails", "history", "catalogue"), dynamo.NewCatalogue(db, "catalogue"), dynamo.NewJobs(db, "jobs"), memory.NewBlobs("files", time.Now)}
}

func prepareDynamoDB(ctx context.Context, path, endpoint string) (seen, error) {
	conf, _ := counted(endpoint)
	for _, name := range []string{"contacts", "emails", "history", "catalogue", "jobs"} {
		if err := table(ctx, dynamodb.NewFromConfig(conf), name, "pk", "sk"); err != nil {
			return seen{}, err
		}
	}
	return houseOn(conf).prepare(ctx, path)
}

func onDynamoDB(ctx context.Context, path, endpoint string) (seen, error) {
	conf, count := counted(endpoint)
	s, err := houseOn(conf).change(ctx, path)
	s.Asked = int(count.n.Load())
	return s, err
}

func table(ctx context.Context, c *dynamodb.Client, name, key, second string) error {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &key, AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: &key, KeyType: types.KeyTypeHash}}}
	if second != "" {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &second, AttributeType: types.ScalarAttributeTypeS})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: &second, KeyType: types.KeyTypeRange})
	}
	_, err := c.CreateTable(ctx, in)
	return err
}

// batches writes a CSV as ddbimport does: each row is a whole item with the columns'
// names, 25 of them a BatchWriteItem, several at once, without a look at what is there.
func batches(ctx context.Context, path, endpoint, name string) (seen, error) {
	conf, count := counted(endpoint)
	client := dynamodb.NewFromConfig(conf)
	var header []string
	var batch []types.WriteRequest
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	send := func() {
		if len(batch) == 0 {
			return
		}
		items := batch
		batch = nil
		g.Go(func() error {
			for len(items) > 0 {
				out, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: items}})
				if err != nil {
					return err
				}
				items = out.UnprocessedItems[name]
			}
			return nil
		})
	}
	s, err := readCSV(path, func(row []string) error {
		if header == nil {
			header = row
			return nil
		}
		item := map[string]types.AttributeValue{}
		for i, c := range row {
			item[header[i]] = &types.AttributeValueMemberS{Value: c}
		}
		if batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}); len(batch) == 25 {
			send()
		}
		return nil
	})
	send()
	if failed := g.Wait(); err == nil {
		err = failed
	}
	s.Asked = int(count.n.Load())
	return s, err
}

func prepareBatches(ctx context.Context, path, endpoint string) (s seen, err error) {
	conf, _ := counted(endpoint)
	s, err = readCSV(path, func([]string) error { return nil })
	if err != nil {
		return s, err
	}
	return s, table(ctx, dynamodb.NewFromConfig(conf), batchTable, "Contact", "")
}

const batchTable = "as-ddbimport"
