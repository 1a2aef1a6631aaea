// Command reconcile is the function that looks after open jobs every few
// minutes, and hears of mails that came back.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	lambdaservice "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/invoke"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/aws/stepfunctions"
	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/steps/reconcile"
	"rollbook/internal/steps/start"
)

func main() {
	var c struct {
		Jobs     string `env:"TABLE_JOBS"`
		Contacts string `env:"TABLE_CONTACTS"`
		History  string `env:"TABLE_HISTORY"`
		Uploads  string `env:"BUCKET_UPLOADS"`
		Machine  string `env:"STATE_MACHINE_ARN"`
		Template string `env:"TEMPLATE_FUNCTION"`
		Finish   string `env:"FINISH_FUNCTION"`
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	logger, functions := lambdaruntime.Logger(), lambdaservice.NewFromConfig(conf)
	db := dynamo.Open(conf)
	jobs := dynamo.NewJobs(db, c.Jobs)
	machine := stepfunctions.New(sfn.NewFromConfig(conf), c.Machine)
	finish, template := invoke.New(functions, c.Finish), invoke.New(functions, c.Template)
	step := &reconcile.Step{
		Jobs:     jobs,
		Removed:  dynamo.NewRecords[domain.Removed](jobs, "removed"),
		Contacts: dynamo.NewContacts(db, c.Contacts, "", c.History, ""),
		Uploads:  blob.New(blob.Client(conf), c.Uploads),
		Start:    &start.Step{Jobs: jobs, Machine: machine, Log: logger, Now: time.Now},
		Machine:  machine,
		Finish:   func(ctx context.Context, f flow.Finish) error { return finish.Later(ctx, f) },
		Template: func(ctx context.Context, t flow.Template) error { return template.Later(ctx, t) },
		Log:      logger,
		Now:      time.Now,
	}
	lambda.Start(lambdaruntime.Step(logger, func(ctx context.Context, e events.EventBridgeEvent) (struct{}, error) {
		if e.Source == "aws.ses" {
			var m reconcile.MailEvent
			if err := json.Unmarshal(e.Detail, &m); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, step.Returned(ctx, m)
		}
		return struct{}{}, step.Sweep(ctx)
	}))
}
