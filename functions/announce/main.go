// Command announce is the function that tells machines how jobs ended. It reads
// the jobs table's stream, and comes by every few minutes for what has to be tried
// again.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"rollbook/internal/api"
	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/eventbridge"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/domain"
	"rollbook/internal/steps/announce"
	"rollbook/internal/webhook"
)

func main() {
	var c struct {
		Jobs     string `env:"TABLE_JOBS"`
		Files    string `env:"BUCKET_FILES"`
		Bus      string `env:"EVENT_BUS"`
		Screen   string `env:"SCREEN_URL"`
		Loopback string `env:"WEBHOOKS_TO_LOOPBACK"` // true or false
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	db, logger := dynamo.Open(conf), lambdaruntime.Logger()
	jobs := dynamo.NewJobs(db, c.Jobs)
	poster := &webhook.Poster{Now: time.Now, Loopback: c.Loopback == "true"}
	step := &announce.Step{
		Jobs:       jobs,
		Webhooks:   dynamo.NewRecords[domain.Webhook](jobs, "webhooks"),
		Deliveries: dynamo.NewRecords[domain.Delivery](jobs, dynamo.DeliveriesKind),
		Bus:        eventbridge.New(eb.NewFromConfig(conf), c.Bus),
		Files:      blob.New(blob.Client(conf), c.Files),
		Post:       poster.Deliver,
		Show:       api.ShowImport,
		URL:        c.Screen,
		Log:        logger,
		Now:        time.Now,
	}
	lambda.Start(lambdaruntime.Step(logger, func(ctx context.Context, raw json.RawMessage) (events.DynamoDBEventResponse, error) {
		var out events.DynamoDBEventResponse
		var e events.DynamoDBEvent
		if err := json.Unmarshal(raw, &e); err != nil {
			return out, err
		}
		if len(e.Records) == 0 {
			return out, step.Sweep(ctx)
		}
		notices := make([]announce.Notice, len(e.Records))
		for i, r := range e.Records {
			c := dynamo.Change(r)
			notices[i] = announce.Notice{Ended: c.Ended, Institution: c.Institution, Delivery: c.Delivery}
		}
		for i, err := range step.Tell(ctx, notices) {
			if err != nil {
				logger.ErrorContext(ctx, "not announced", "error", err)
				if out.BatchItemFailures == nil { // the records from the first one on come again
					out.BatchItemFailures = []events.DynamoDBBatchItemFailure{{ItemIdentifier: e.Records[i].Change.SequenceNumber}}
				}
			}
		}
		return out, nil
	}))
}
