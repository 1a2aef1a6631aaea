package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/compare"
	"rollbook/internal/local/demo"
	"rollbook/internal/local/emulator"
)

// counter counts the requests that leave the client.
type counter struct {
	n    atomic.Int64
	next http.RoundTripper
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

// writing measures how rows are written: the engine of the chunk step on the
// same contacts, from JAZZ to ROCK and back, three turns each.
func writing(ctx context.Context, rows int) error {
	dir, err := os.MkdirTemp("", "rollbook-bench-")
	if err != nil {
		return err
	}
	e, err := emulator.Start(ctx, emulator.Options{Dir: dir, Remove: true})
	if err != nil {
		return err
	}
	defer e.Stop()
	conf := emulator.Config(e.Endpoint)
	count := &counter{next: &http.Transport{MaxIdleConnsPerHost: 64}}
	conf.HTTPClient = &http.Client{Transport: count}
	client := dynamodb.NewFromConfig(conf)
	for _, name := range []string{"contacts", "emails", "catalogue"} {
		if _, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{
				{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
				{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS}},
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange}},
		}); err != nil {
			return err
		}
	}
	store := dynamo.NewContacts(dynamo.Open(conf), "contacts", "emails", "", "catalogue")
	genre := domain.FieldDef{Code: "GENRE", Kind: domain.SingleChoice, Values: []domain.Choice{{Code: "JAZZ"}, {Code: "ROCK"}}}
	var numbers []domain.ContactNumber
	if err := store.Load(ctx, demo.Aurora, func(yield func(domain.Contact) bool) {
		for c := range demo.Contacts(demo.Aurora, rows) {
			c.Fields[genre.Field()] = "JAZZ"
			numbers = append(numbers, c.Number)
			if !yield(c) {
				return
			}
		}
	}); err != nil {
		return err
	}
	var took, cpu []time.Duration
	var requests int64
	from, to := "JAZZ", "ROCK"
	for turn := range 6 {
		engine := &compare.Engine{Store: store, Institution: demo.Aurora, Import: fmt.Sprintf("bench-%d", turn), Mode: compare.Update, OnConflict: domain.Skip, Now: time.Now}
		all := make([]compare.Row, 0, rows)
		for i, n := range numbers {
			edit, _, _ := field.ParseNew(to, genre)
			all = append(all, compare.Row{Line: i + 2, Number: n, Cells: []compare.Cell{{Def: genre, Column: "[new] GENRE", Text: to, Edit: edit, Compared: true, Old: domain.Value(from), Known: true}}})
		}
		count.n.Store(0)
		at, used := time.Now(), cpuTime()
		for i := 0; i < len(all); i += 1000 {
			results, err := engine.Run(ctx, all[i:min(i+1000, len(all))])
			if err != nil {
				return err
			}
			for _, r := range results {
				if r.Outcome != domain.Updated {
					return fmt.Errorf("a row is %s", r.Outcome)
				}
			}
		}
		took = append(took, time.Since(at))
		cpu = append(cpu, cpuTime()-used)
		requests = count.n.Load()
		from, to = to, from
	}
	units, err := writeUnits(ctx, client)
	if err != nil {
		return err
	}
	fmt.Printf("writing %d rows through the chunk step's engine, one changed cell each, emulated DynamoDB\n", rows)
	fmt.Printf("  %8.0f rows/s  %7.1f CPU s of the client per million rows  %6.3f requests a row\n",
		float64(rows)/median(took).Seconds(), median(cpu).Seconds()*1e6/float64(rows), float64(requests)/float64(rows))
	fmt.Printf("  write units a changed row    %8.3f (mean item size %d bytes)\n", units.perRow, units.mean)
	return nil
}

type sizes struct {
	perRow float64
	mean   int
}

// writeUnits counts what a write of each stored contact costs by the service's
// rule: a unit for each started KB of the item, names and values in UTF-8 and
// three bytes for a map and one for each of its entries.
func writeUnits(ctx context.Context, client *dynamodb.Client) (sizes, error) {
	var items, units, total int
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: aws.String("contacts")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return sizes{}, err
		}
		for _, it := range page.Items {
			n := 0
			for k, v := range it {
				n += len(k) + size(v)
			}
			items++
			total += n
			units += (n + 1023) / 1024
		}
	}
	return sizes{float64(units) / float64(items), total / items}, nil
}

func size(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberM:
		n := 3
		for k, e := range v.Value {
			n += len(k) + size(e) + 1
		}
		return n
	}
	return 1
}

// cpuTime is what this process has used, the emulator not counted.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it has no other failure than a bad argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
