// Command chunk is the function of the step that applies one chunk of rows.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"rollbook/internal/blob"
	"rollbook/internal/boot"
	"rollbook/internal/chunk"
	"rollbook/internal/dynamo"
	"rollbook/internal/flow"
)

func main() {
	var c struct {
		Contacts  string `env:"TABLE_CONTACTS"`
		Emails    string `env:"TABLE_EMAILS"`
		History   string `env:"TABLE_HISTORY"`
		Catalogue string `env:"TABLE_CATALOGUE"`
		Jobs      string `env:"TABLE_JOBS"`
		Files     string `env:"BUCKET_FILES"`
	}
	if err := boot.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	db := dynamodb.NewFromConfig(conf)
	step := &chunk.Step{
		Contacts:  dynamo.NewContacts(db, c.Contacts, c.Emails, c.History),
		Catalogue: dynamo.NewCatalogue(db, c.Catalogue),
		Jobs:      dynamo.NewJobs(db, c.Jobs, time.Now),
		Files:     blob.New(blob.Client(conf), c.Files),
		Now:       time.Now,
	}
	lambda.Start(boot.Step(boot.Logger(), func(ctx context.Context, in flow.Chunk) (struct{}, error) {
		return struct{}{}, step.Run(ctx, in)
	}))
}
