// Command start is the function that an uploaded object wakes.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/aws/stepfunctions"
	"rollbook/internal/domain"
	"rollbook/internal/steps/start"
)

func main() {
	var c struct {
		Catalogue string `env:"TABLE_CATALOGUE"`
		Jobs      string `env:"TABLE_JOBS"`
		Machine   string `env:"STATE_MACHINE_ARN"`
		Uploads   string `env:"BUCKET_UPLOADS"`
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	db, logger := dynamo.Open(conf), lambdaruntime.Logger()
	step := &start.Step{
		Uploads:   blob.New(blob.Client(conf), c.Uploads),
		Jobs:      dynamo.NewJobs(db, c.Jobs),
		Catalogue: dynamo.NewCatalogue(db, c.Catalogue),
		Machine:   stepfunctions.New(sfn.NewFromConfig(conf), c.Machine),
		Log:       logger,
		Now:       time.Now,
		Keep:      domain.ImportLife,
	}
	one := lambdaruntime.Step(logger, func(ctx context.Context, e start.Event) (struct{}, error) {
		return struct{}{}, step.Run(ctx, e)
	})
	lambda.Start(func(ctx context.Context, e events.S3Event) error {
		for _, r := range e.Records {
			if _, err := one(ctx, start.Event{
				Bucket: r.S3.Bucket.Name, Key: r.S3.Object.Key, Version: r.S3.Object.VersionID,
				Size: r.S3.Object.Size, Time: r.EventTime, Principal: r.PrincipalID.PrincipalID,
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
