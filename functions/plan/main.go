// Command plan is the function of the step that reads the user's file.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/steps/plan"
)

func main() {
	var c struct {
		Contacts  string `env:"TABLE_CONTACTS"`
		Emails    string `env:"TABLE_EMAILS"`
		Catalogue string `env:"TABLE_CATALOGUE"`
		Jobs      string `env:"TABLE_JOBS"`
		Uploads   string `env:"BUCKET_UPLOADS"`
		Files     string `env:"BUCKET_FILES"`
	}
	if err := lambdaruntime.Read(&c, os.LookupEnv); err != nil {
		log.Fatal(err)
	}
	conf, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	db, objects := dynamodb.NewFromConfig(conf), blob.Client(conf)
	buckets := map[string]*blob.Blobs{c.Uploads: blob.New(objects, c.Uploads), c.Files: blob.New(objects, c.Files)}
	step := &plan.Step{
		Contacts:  dynamo.NewContacts(db, c.Contacts, c.Emails, ""),
		Catalogue: dynamo.NewCatalogue(db, c.Catalogue),
		Jobs:      dynamo.NewJobs(db, c.Jobs, time.Now),
		Source:    func(bucket string) plan.Opener { return buckets[bucket] },
		Files:     buckets[c.Files],
	}
	lambda.Start(lambdaruntime.Step(lambdaruntime.Logger(), step.Run))
}
